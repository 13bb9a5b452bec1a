"""Ctrl-Z and fg: the terminal is the shell's meanwhile, and the prompt's again afterwards."""

import os
import signal
import sys
from pathlib import Path

import pytest

from built_command import COMMAND
from terminal import Terminal

SUPERVISOR = (sys.executable, str(Path(__file__).with_name("supervisor.py")), COMMAND)
LONG = "sum(sin(arange(4*10**10)))"  # minutes


@pytest.fixture
def job(tmp_path):
    with Terminal("repl", environment={"XDG_STATE_HOME": str(tmp_path), "HOME": str(tmp_path)}, command=SUPERVISOR) as terminal:
        yield terminal
        terminal.key("ctrl-c", "ctrl-d")  # nobody is left behind
        terminal.finish()


def test_at_the_prompt(job):
    job.expect_prompt()
    job.send("1 + 20")
    job.expect_line("> 1 + 20")
    job.key("left", "left")
    job.wait(lambda: job.screen.cursor.x == 6, "the cursor's place")  # Ctrl-Z drops keys that nobody has read
    job.key("ctrl-z")
    job.expect("^stopped: ECHO ICANON ISIG$")
    assert job.output.rindex(b"\x1b[?2004l") > job.output.rindex(b"\x1b[?2004h")  # no marks around what is pasted in the shell
    job.send("\r")
    job.wait(lambda: job.cursor_line() == "> 1 + 20" and job.screen.cursor.x == 6, "the line, drawn anew")
    assert job.output.rindex(b"\x1b[?2004h") > job.output.rindex(b"\x1b[?2004l")
    job.send("3")  # a key, not a line: the terminal's modes are the editor's again
    job.expect_line("> 1 + 320")
    job.key("backspace", "enter")
    job.expect("^21$")
    job.expect_prompt()
    assert job.enter("1 + 2") == "3"


def test_within_an_entry_of_several_lines(job):
    job.expect_prompt()
    job.send("\x1b[200~sum((1,\r  2)[0])\x1b[201~")
    job.expect_line("  2)[0])")
    job.key("up")
    job.expect_line("> sum((1,")
    job.key("ctrl-z")
    job.expect(r"^  2\)\[0\]\)\nstopped: ECHO ICANON ISIG$")  # below the whole text
    job.screen.reset()
    job.send("\r")
    job.expect(r"^> sum\(\(1,\n  2\)\[0\]\)$")
    job.expect_line("> sum((1,")
    job.key("enter")
    job.expect("^1$")


def test_twice(job):
    for _ in range(2):
        job.expect_prompt()
        job.screen.reset()
        job.key("ctrl-z")
        job.expect("^stopped: ECHO ICANON ISIG$")
        job.send("\r")
    assert job.enter("1 + 2") == "3"


def test_within_an_evaluation(job):
    job.expect_prompt()
    job.send(LONG + "\r")
    job.expect(r"\d+ %, \d+ s left$")
    job.key("ctrl-z")
    job.expect("stopped: ECHO ICANON ISIG$")
    job.send("\r")
    job.screen.reset()
    job.expect(r"\d+ %, \d+ s left$")  # it goes on
    job.key("ctrl-c")
    job.expect("^error: interrupted$")
    job.expect_prompt()
    assert job.enter("1 + 2") == "3"
    assert job.output.count(b"> ") == 3  # the prompts, each once


def test_stopped_by_somebody_else(job):
    job.expect_prompt()
    job.send("1 + 1")
    job.expect_line("> 1 + 1")
    pid = int(Path(f"/proc/{job.process.pid}/task/{job.process.pid}/children").read_text().split()[0])
    os.kill(pid, signal.SIGSTOP)
    job.expect("stopped: ")
    job.screen.reset()
    job.send("\r")
    job.expect(r"^> 1 \+ 1$")
    job.key("enter")
    job.expect("^2$")
