"""mpi4py's communicators are taken as a host's."""

import os
import sys
from pathlib import Path

import pytest
from ranks import run_ranks

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("count", [1, 5])
def test_a_communicator_of_mpi4py(count):
    done = run_ranks(count, sys.executable, ROOT / "tests" / "mpi" / "mpi4py_host.py", env={**os.environ, "OMP_NUM_THREADS": "1"})
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("the communicator as it was") == count
