"""The fuseval command as a fixture: build/release/tools/fuseval, or $FUSEVAL_COMMAND."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COMMAND = os.environ.get("FUSEVAL_COMMAND", str(ROOT / "build" / "release" / "tools" / "fuseval"))


@pytest.fixture(scope="session")
def run():
    """run("eval", "a + 1", "a=2") -> CompletedProcess with text output; status=None accepts any exit status."""

    def run(*arguments, status=0, **options):
        done = subprocess.run([COMMAND, *map(str, arguments)], capture_output=True, text=True, timeout=60, **options)
        assert status is None or done.returncode == status, f"exit {done.returncode}: {done.stderr}{done.stdout}"
        return done

    return run
