"""fuseval.1: well-formed, and complete by what the command itself says of its options."""

import re
import shlex
import shutil

import numpy as np
import pytest
from outside_project import BUILD, ROOT, run

MANUAL = ROOT / "docs" / "fuseval.1"
COMMAND = BUILD / "tools" / "fuseval"


def options_by_command():
    """{command: its options}, and under "" those of fuseval alone, as the page lists them."""
    listed = {}
    block = re.compile(r"^Options (?:of\n((?:\.Cm [^\n]*\n|and\n)+)|without a command:\n)\.Bl[^\n]*\n(.*?)^\.El", re.MULTILINE | re.DOTALL)
    for commands, items in block.findall(MANUAL.read_text()):
        names = re.findall(r"^\.It (.*)$", items, re.MULTILINE)
        options = {"-" + name for item in names for name in re.findall(r"Fl (\S+)", item)}
        for command in re.findall(r"^\.Cm (\w+)", commands, re.MULTILINE) or [""]:
            listed.setdefault(command, set()).update(options)
    return listed


def options_of_help(*command):
    text = run(COMMAND, *command, "--help")
    return {name for names in re.findall(r"^  (-\S+)", text, re.MULTILINE) for name in names.split(",")}


def commands_of_help():
    listed = run(COMMAND, "--help").split("Subcommands:\n")[1]
    return set(re.findall(r"^  (\w+)", listed, re.MULTILINE))


def test_well_formed():
    if not shutil.which("mandoc"):
        pytest.skip("mandoc is not installed")
    assert run("mandoc", "-T", "lint", "-W", "warning", MANUAL) == ""


def test_every_command_is_there():
    described = MANUAL.read_text().split("The commands are:")[1].split(".El")[0]
    assert set(re.findall(r"^\.It Cm (\w+)", described, re.MULTILINE)) == commands_of_help()


@pytest.mark.parametrize("command", ["", *sorted(commands_of_help() if COMMAND.exists() else [])])
def test_every_option_is_there(command):
    of_all = {"-h", "--help"}
    listed = options_by_command()
    assert len(listed) > 2
    assert listed.get(command, set()) | of_all == options_of_help(*command.split())
    used = MANUAL.read_text().split(".Sh SYNOPSIS")[1].split(".Sh")[0]
    (form,) = re.findall(rf"^\.Cm {command}\n((?:(?!\.Nm).*\n)*)", used, re.MULTILINE) if command else [""]
    assert not command or {"-" + name for name in re.findall(r"Fl (\S+)", form)} == listed.get(command, set()) - of_all


def test_examples(tmp_path):
    np.save(tmp_path / "x.npy", np.arange(4.0))
    np.save(tmp_path / "y.npy", np.arange(3.0))
    steps = re.findall(r"^\$ fuseval (.*)\n((?:(?![$.]).*\n)*)", MANUAL.read_text(), re.MULTILINE)
    assert len(steps) > 3
    for command, expected in steps:
        said = run(COMMAND, *shlex.split(command), cwd=tmp_path)
        assert said == expected or (said and not expected) or "-o" in command
