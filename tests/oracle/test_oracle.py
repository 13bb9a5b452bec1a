"""5 000 random programs, in a process of their own: `./dev oracle` with its default count and a fixed seed."""

import subprocess
import sys
from pathlib import Path

import pytest

RUNNER = Path(__file__).with_name("run_oracle.py")


@pytest.mark.parametrize("seed", [1])
def test_random_programs_agree_with_numpy(seed):
    run = subprocess.run([sys.executable, str(RUNNER), "--seed", str(seed)], capture_output=True, text=True)
    print(run.stdout[-20000:], run.stderr[-4000:])
    assert run.returncode == 0, run.stdout.strip().splitlines()[-1:]
