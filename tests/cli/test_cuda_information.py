"""What `fuseval info` says of CUDA, with the fake driver of tests/fakes in the place of NVIDIA's."""

import os
from pathlib import Path

import pytest

BUILD = Path(__file__).resolve().parents[2] / "build" / "release"
if "FUSEVAL_COMMAND" in os.environ:
    BUILD = Path(os.environ["FUSEVAL_COMMAND"]).resolve().parents[1]
FAKE = BUILD / "tests" / "fakes" / "libcuda-fake.so"
FAKE_COMPILER = BUILD / "tests" / "fakes" / "libnvrtc-fake.so"


@pytest.fixture
def info(run):
    """info(NAME=value, …) -> lines that begin with "cuda", what the fake says at its end."""
    if not FAKE.exists():
        pytest.skip(f"no fake driver: {FAKE} is built with unit_cuda_runtime")

    def info(**variables):
        done = run("info", env=os.environ | {"FUSEVAL_LIBCUDA": str(FAKE), "FUSEVAL_FAKE_REPORT": "1"} | variables)
        return [line for line in done.stdout.splitlines() if line.startswith("cuda")], done.stderr

    return info


def test_driver_devices_and_compiler(info):
    lines, report = info(FUSEVAL_FAKE_DEVICES="2", FUSEVAL_FAKE_VERSION="12040")
    assert lines[0] == f"cuda driver: CUDA 12.4, {FAKE}"
    assert lines[1:3] == [f"cuda device {k}: Fake GPU, sm_90, 8 multiprocessors, 0.1 GiB" for k in range(2)]
    assert lines[3].startswith("cuda compiler: ")
    assert report.splitlines()[1:] == [], "leaks and violations"


def test_fake_compiler(info):
    lines, report = info(FUSEVAL_LIBNVRTC=str(FAKE_COMPILER), FUSEVAL_FAKE_ARCH="86", FUSEVAL_FAKE_MEMORY=str(3 << 30))
    assert lines[1] == "cuda device 0: Fake GPU, sm_86, 8 multiprocessors, 3.0 GiB"
    assert lines[2].startswith(f"cuda compiler: NVRTC 13.0, {FAKE_COMPILER}, for sm_75, sm_80, sm_86, ")
    reports = sorted(line.split(": ")[0] for line in report.splitlines())
    assert reports == ["fake NVRTC", "fake driver"], "leaks and violations"


def test_reasons(info):
    assert "driver too old" in info(FUSEVAL_FAKE_VERSION="11000")[0][0]
    assert "no device" in info(FUSEVAL_FAKE_DEVICES="0")[0][0]
    assert "cannot be loaded" in info(FUSEVAL_LIBCUDA="/nonexistent")[0][0]


def test_every_call_failed_in_turn(info):
    calls = int(info()[1].split()[2])
    assert calls > 10
    for k in range(1, calls + 1):
        lines, report = info(FUSEVAL_FAKE_FAIL_AT=str(k), FUSEVAL_FAKE_FAIL_CODE="999")
        assert any("CUDA_ERROR_UNKNOWN" in line for line in lines), k
        assert report.splitlines()[1:] == [], k
