"""Completion of the command line in bash and zsh offers what the command itself lists, whatever comes to be there."""

import re
import shlex
import shutil

import pytest
from outside_project import BUILD, ROOT, run
from test_manual import commands_of_help, options_of_help

COMMAND = BUILD / "tools" / "fuseval"
FILES = ROOT / "tools" / "completion"


def in_bash(*words, cwd):
    """What bash would offer for the last word, after splitting at = as it does by itself."""
    split = [piece for word in words for piece in re.split("(=)", word) if piece or not word]
    last = "" if split[-1] == "=" else split[-1]
    script = f"""
        . {FILES}/fuseval.bash
        complete -p fuseval | grep -q -- '-F _fuseval fuseval' || exit 1
        COMP_WORDS=(fuseval {shlex.join(split)} {'""' if split[-1] == "=" else ""}) COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
        _fuseval {COMMAND} {shlex.quote(last)} "${{COMP_WORDS[COMP_CWORD - 1]}}"
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    return set(run("bash", "-c", script, cwd=cwd).split())


def in_zsh(*words, cwd):
    """The same of zsh, with its own functions replaced by some that print."""
    script = f"""
        _describe() {{ print -l -- ${{${{(P)2}}%%:*}} }}
        _files() {{ print -l -- ${{PREFIX}}*(N) }}
        _message() {{ }}
        compset() {{ PREFIX=${{PREFIX#*=}} }}
        words=({COMMAND} {shlex.join(words)}) CURRENT=$#words PREFIX={shlex.quote(words[-1])}
        . {FILES}/_fuseval
    """
    found = set(run("zsh", "-f", "-c", script, cwd=cwd).split())
    return {word for word in found if word.startswith(words[-1].rpartition("=")[2])}


@pytest.fixture(params=["bash", "zsh"])
def offered(request, tmp_path):
    if not shutil.which(request.param):
        pytest.skip(f"{request.param} is not installed")
    for name in ("x.npy", "y.h5", "zebra.txt"):
        (tmp_path / name).touch()
    complete = {"bash": in_bash, "zsh": in_zsh}[request.param]
    return lambda *words: complete(*words, cwd=tmp_path)


def test_commands(offered):
    assert offered("") == commands_of_help()
    assert offered("ex") == {"explain"}


def test_every_option(offered):
    assert offered("-") == options_of_help()
    for command in commands_of_help():
        assert offered(command, "-") == options_of_help(command), command
    assert offered("eval", "a", "--time") == {"--time", "--timeout"}


def test_choices(offered):
    assert offered("eval", "a", "--device", "cuda") == {"cuda", "cudasim"}
    assert offered("explain", "--stage", "a") == {"ast", "asm"}
    assert offered("eval", "--plot-as", "") == {"line", "image", "histogram"}
    assert offered("eval", "--out-dtype", "float") == {"float32", "float64"}
    assert offered("eval", "--threads", "") == set()


def test_files(offered):
    assert offered("eval", "a", "a=x") == {"x.npy"}
    assert offered("eval", "a", "a=") == {"x.npy", "y.h5", "zebra.txt"}
    assert offered("eval", "a", "-o", "z") == {"zebra.txt"}
    assert offered("eval", "a", "--plot", "y") == {"y.h5"}
