"""Loading, using and closing libfuseval.so again and again, alone and beside another LLVM in the process."""

import ctypes.util
import json
import subprocess
import sys
from pathlib import Path

import pytest
from test_symbols import library

SCRIPT = Path(__file__).with_name("load_and_unload.py")
OTHERS = ["libLLVM-14.so.1", "libLLVM-19.so.1", "libLLVM.so.22.1"]


def rounds(*arguments):
    done = subprocess.run([sys.executable, SCRIPT, library(), *arguments], capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, f"exit {done.returncode}: {done.stderr}"
    return json.loads(done.stdout)


def check(told):
    assert told["answers"] == [500_000.0] * 20
    assert set(told["threads"]) == {1}, "a released session leaves no thread"
    assert told["memory"][-1] - told["memory"][5] < 4096, f"memory grows: {told['memory']} KiB"


def test_twenty_times():
    check(rounds())


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("other", OTHERS)
def test_beside_another_llvm(other, when):
    try:
        ctypes.CDLL(other, mode=ctypes.DEFAULT_MODE)
    except OSError as error:
        pytest.skip(str(error))
    check(rounds(other, when))
