"""Every snippet of README.md and docs/*.md does what it shows: commands print it, programs compile and run.

Programs that name "cuda" run on the fake machine of tests/fakes.

What a block is, is told by its language: `console` ("$ command" and what it prints), `repl` (what is typed, after "> " or ". ", and what
is printed; the blocks of a page are one session; "…" stands for what differs from run to run), `cpp` and `c` (the body of a main, or all of it), `python` (over tests/oracle),
`sh` (commands of ./dev, which must exist). docs/installation.md also has `cmake` and `shell`, which tests/install runs.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from fake_machine import environment, violations

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("FUSEVAL_BUILD_DIR", ROOT / "build" / "release"))
COMMAND = BUILD / "tools" / "fuseval"
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
MAIN = {
    "cpp": '#include <cstdio>\n#include <vector>\n#include "fuseval/fuseval.hpp"\nint main() {{\n{}return 0;\n}}\n',
    "c": '#include <stdio.h>\n#include <string.h>\n#include "fuseval/fuseval.h"\nint main(void) {{\n{}return 0;\n}}\n',
}


class Snippet:
    def __init__(self, path, line, language, text):
        self.path, self.line, self.language, self.text = str(path.relative_to(ROOT)), line, language, text

    def __str__(self):
        return f"{self.path}:{self.line}"


def snippets():
    for path in PAGES:
        text = path.read_text()
        for match in re.finditer(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
            yield Snippet(path, text.count("\n", 0, match.start()) + 1, match.group(1), match.group(2))


SNIPPETS = list(snippets())


def of(*languages):
    chosen = [snippet for snippet in SNIPPETS if snippet.language in languages]
    return pytest.mark.parametrize("snippet", chosen, ids=str)


@pytest.fixture
def folder(tmp_path):
    """Where commands run: with the files that they name."""
    np.save(tmp_path / "x.npy", np.arange(4.0))
    np.save(tmp_path / "y.npy", np.arange(3.0))
    np.save(tmp_path / "t.npy", np.arange(3.0))
    np.save(tmp_path / "lon.npy", np.arange(4.0))
    np.save(tmp_path / "lat.npy", np.arange(3.0))
    np.save(tmp_path / "z.npy", np.ones((3, 4)))
    (tmp_path / "session.txt").write_text("x = arange(3.0)\nx + y\nsum(x)\n")
    (tmp_path / "steps.fv").write_text("y = x*2\nz = y + q\nsum(y)\n")
    return tmp_path


@of("console")
def test_console(snippet, folder):
    steps = re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", snippet.text, re.MULTILINE)
    assert steps
    for command, expected in steps:
        if command.startswith("mpirun ") and snippet.path == "README.md":
            continue  # tests/install/test_newcomer.py types it
        assert re.match(r"(fuseval|\./dev run|printf) ", command), f"{snippet}: what is {command}?"
        done = subprocess.run(["bash", "-c", re.sub(r"^\./dev run", "fuseval", command)], cwd=folder, capture_output=True, text=True, timeout=300,
                              env={**os.environ, "LC_ALL": "C.UTF-8", "PATH": f"{COMMAND.parent}:{os.environ['PATH']}"})
        assert done.returncode == (1 if "error:" in expected else 0), done.stderr
        assert not expected or done.stdout + done.stderr == expected


def entries(text):
    """(what is typed, what is printed) of a REPL's session."""
    for typed, printed in re.findall(r"^> (.*\n(?:\. .*\n)*)((?:(?!> ).*\n)*)", text, re.MULTILINE):
        yield typed.replace("\n. ", "\n"), printed


@pytest.mark.parametrize("page", sorted({snippet.path for snippet in SNIPPETS if snippet.language == "repl"}))
def test_repl_session(page, folder):
    """Every entry prints what the page says: a line that nothing else prints tells where its output ends."""
    session = [entry for snippet in SNIPPETS if (snippet.path, snippet.language) == (page, "repl") for entry in entries(snippet.text)]
    assert len(session) > 2
    end = "----"
    text = ":set threshold 1000\n" + "".join(f"{typed}:help {end}\n" for typed, _ in session)  # as at a terminal
    done = subprocess.run([COMMAND, "repl"], cwd=folder, input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300)
    said = re.sub(r"^fuseval: (standard input:\d+: )?", "", done.stdout, flags=re.MULTILINE)
    answers = re.split(rf"^error: there is no help on `{end}`\n", said, flags=re.MULTILINE)
    assert len(answers) == len(session) + 1
    for (typed, expected), answer in zip(session, answers):
        pattern = re.escape(expected).replace("…", "[^\n]*")
        assert re.fullmatch(pattern, answer), f"{page}: {typed}prints\n{answer}and not\n{expected}"


@of("cpp", "c")
def test_program(snippet, tmp_path):
    source, program = tmp_path / f"snippet.{snippet.language}", tmp_path / "snippet"
    is_whole = "int main(" in snippet.text
    source.write_text(snippet.text if is_whole else MAIN[snippet.language].format(snippet.text))
    compiler = ["g++", "-std=c++20"] if snippet.language == "cpp" else ["gcc", "-std=c11"]
    engine = BUILD / "engine"
    subprocess.run([*compiler, "-Wall", "-Wextra", "-Werror", f"-I{ROOT / 'include'}", source, "-o", program,
                    f"-L{engine}", "-lfuseval", f"-Wl,-rpath,{engine}"], check=True, timeout=300)
    done = subprocess.run([program], cwd=tmp_path, capture_output=True, text=True, timeout=300, env=machine_of(snippet))
    assert done.returncode == 0, done.stderr
    assert not violations(done.stderr)
    assert is_whole or not done.stdout


def machine_of(snippet):
    """The environment: with a GPU for what uses one."""
    return environment() if '"cuda"' in snippet.text else None


@of("python")
def test_python(snippet, tmp_path):
    script = tmp_path / "snippet.py"
    script.write_text(snippet.text)
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=300, env=machine_of(snippet))
    assert done.returncode == 0 and not violations(done.stderr), done.stderr


def commands_of_dev():
    usage = subprocess.run([ROOT / "dev", "help"], capture_output=True, text=True, check=True).stdout
    return set(re.findall(r"^\./dev (\w+)", usage, re.MULTILINE))


@of("sh")
def test_commands_in_snippets_exist(snippet):
    used = set(re.findall(r"^\./dev (\w+)", snippet.text, re.MULTILINE))
    assert used and used <= commands_of_dev()


def test_every_snippet_is_tested():
    other = {(snippet.path, snippet.language) for snippet in SNIPPETS} - {
        (snippet.path, language) for snippet in SNIPPETS for language in ("console", "repl", "cpp", "c", "python", "sh")}
    assert other == {("docs/architecture.md", ""), ("docs/language.md", "ebnf"),  # a drawing and the grammar
                     ("docs/gpu.md", ""),  # what machines with a GPU, and kernels that go wrong, print
                     ("docs/installation.md", "cmake"), ("docs/installation.md", "shell")}


def test_commands_in_the_text_exist():
    used = {word for path in PAGES for word in re.findall(r"`\./dev (\w+)", path.read_text())}
    assert used and used <= commands_of_dev() | {"help"}


def test_paths_in_the_text_exist():
    """`tests/…`, `docs/…` and their like, and the targets of links."""
    missing = []
    for path in PAGES:
        text = path.read_text()
        prose = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)  # [](int k) is no link
        links = [path.parent / target for target in re.findall(r"\]\(([^):#]+)\)", prose)]
        folders = "bench|codegen|docs|engine|examples|frontend|include|ir|packaging|runtime|tests|tools"
        named = [ROOT / name for name in re.findall(rf"`((?:{folders})/[\w/.-]*)", text)]
        for target in links + named:
            # ir/simplify stands for ir/simplify.hpp and ir/simplify.cpp
            if not target.exists() and not list(target.parent.glob(target.name + ".*")):
                missing.append(f"{path.relative_to(ROOT)}: {target.relative_to(ROOT)}")
    assert missing == []
