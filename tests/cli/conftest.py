"""The fuseval command as a fixture."""

import signal
import subprocess

import pytest
from built_command import COMMAND

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
