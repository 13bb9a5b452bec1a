"""The build that is installed, and small projects outside it that use what was installed."""

import os
import re
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("FUSEVAL_BUILD_DIR", ROOT / "build" / "release"))
VERSION = re.search(r"^project\(fuseval VERSION ([\d.]+)", (ROOT / "CMakeLists.txt").read_text(), re.MULTILINE)[1]
# What would find a library, package or compiler that the test did not mean.
OUTSIDE = ("LD_LIBRARY_PATH", "CMAKE_PREFIX_PATH", "PKG_CONFIG_PATH", "CPATH", "LIBRARY_PATH", "CFLAGS", "CXXFLAGS", "LDFLAGS")


def run(*command, status=0, **environment):
    """The command's output; fails with all that it said unless it exits with `status`."""
    given = {name: value for name, value in os.environ.items() if name not in OUTSIDE}
    folder = environment.pop("cwd", None)
    done = subprocess.run([str(word) for word in command], cwd=folder, env=given | environment, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=3000)
    assert done.returncode == status, f"{command} exits with {done.returncode}:\n{done.stdout[-4000:]}"
    return done.stdout


def snippets_of_manual(language):
    """The code blocks of docs/installation.md in that language."""
    text = (ROOT / "docs" / "installation.md").read_text()
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def make_project(folder, text):
    """An outside project: that CMakeLists.txt, the README's program as main.cpp, and main.c."""
    folder.mkdir()
    (folder / "CMakeLists.txt").write_text(text)
    shutil.copy(ROOT / "examples" / "hello.cpp", folder / "main.cpp")
    shutil.copy(ROOT / "tests" / "install" / "main.c", folder)
    return folder


def configure(project, *options, **arguments):
    return run("cmake", "-G", "Ninja", "-S", project, "-B", project / "build", *options, **arguments)


def check_program(program, **environment):
    """It is hello.cpp, and works."""
    assert run(program, **environment).split() == ["5", "4.0625", "3.25", "2.5625", "2"]
    assert run(program, "sqrt(x) * (y > 1)", **environment).split() == ["0", "0.5", "0.707107", "0.866025", "0"]
    assert "^" in run(program, "x + z", status=1, **environment)
