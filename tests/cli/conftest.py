"""The fuseval command as a fixture, and its REPL on a terminal."""

import signal
import subprocess

import pytest
from built_command import COMMAND
from terminal import Terminal

# A shell starts background jobs with SIGINT ignored, and what they start inherits that: Ctrl-C is tested all the same.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def run():
    """run("eval", "a + 1", "a=2") -> CompletedProcess with text output; status=None accepts any exit status."""

    def run(*arguments, status=0, **options):
        done = subprocess.run([COMMAND, *map(str, arguments)], capture_output=True, text=True, timeout=300, **options)
        assert status is None or done.returncode == status, f"exit {done.returncode}: {done.stderr}{done.stdout}"
        return done

    return run


@pytest.fixture
def state(tmp_path):
    """Where the history is kept."""
    return tmp_path / "state"


@pytest.fixture
def start(state, tmp_path):
    """start() -> Terminal with a REPL in it, whose working folder is tmp_path."""
    opened = []

    def start(*arguments, environment=None, **options):
        environment = {"XDG_STATE_HOME": str(state), "HOME": str(tmp_path), **(environment or {})}
        opened.append(Terminal(*(arguments or ["repl"]), environment=environment, folder=tmp_path, **options))
        return opened[-1]

    yield start
    for terminal in opened:
        terminal.__exit__()


@pytest.fixture
def repl(start):
    return start()
