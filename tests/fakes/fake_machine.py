"""Programs on the fake NVIDIA machine (docs/gpu.md, "Tests without a GPU"), each in a process of its own.

    run_on_fake_gpu(script, "name", seed=3): runs the function `name` of a script beside the tests; asserts that it
    passes, and that the machine saw no leak and no violation.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("FUSEVAL_BUILD_DIR", ROOT / "build" / "release"))
if "FUSEVAL_COMMAND" in os.environ:
    BUILD = Path(os.environ["FUSEVAL_COMMAND"]).resolve().parents[1]
FAKES = BUILD / "tests" / "fakes"


def environment(**variables):
    """Of a process that sees the fake machine; its last words go to standard error."""
    driver = FAKES / "libcuda-fake.so"
    if not driver.exists():
        pytest.skip(f"no fake driver: {driver} is built with unit_engine")
    path = os.pathsep.join([str(ROOT / "tests" / "oracle"), os.environ.get("PYTHONPATH", "")])
    return os.environ | {"FUSEVAL_LIBCUDA": str(driver), "FUSEVAL_LIBNVRTC": str(FAKES / "libnvrtc-fake.so"),
                         "FUSEVAL_CACHE_DIR": "", "FUSEVAL_FAKE_REPORT": "1", "PYTHONPATH": path} | variables


def complaints(report):
    """What the fakes reported besides their counts. A process that used the default session leaks: it has no end."""
    return [line for line in report.splitlines() if ": leak: " in line or ": violation: " in line]


def violations(report):
    """The complaints but for leaks."""
    return [line for line in complaints(report) if ": violation: " in line]


def run_on_fake_gpu(script, name, seed=1, **variables):
    done = subprocess.run([sys.executable, script, name], capture_output=True, text=True, timeout=300,
                          env=environment(FUSEVAL_FAKE_SEED=str(seed), **variables))
    assert done.returncode == 0, done.stderr
    assert "fake driver: " in done.stderr
    assert not complaints(done.stderr), done.stderr
