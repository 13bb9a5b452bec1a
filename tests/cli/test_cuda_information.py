"""What `fuseval info` says of CUDA, with the fake driver of tests/fakes in the place of NVIDIA's."""

import os

import pytest
from fake_machine import FAKES

FAKE = FAKES / "libcuda-fake.so"
FAKE_COMPILER = FAKES / "libnvrtc-fake.so"


@pytest.fixture
def info(run):
    """info(NAME=value, …) -> lines that begin with `begin` ("cuda"), what the fake says at its end."""
    if not FAKE.exists():
        pytest.skip(f"no fake driver: {FAKE} is built with unit_cuda_runtime")

    def info(begin="cuda", **variables):
        done = run("info", env=os.environ | {"FUSEVAL_LIBCUDA": str(FAKE), "FUSEVAL_FAKE_REPORT": "1"} | variables)
        return [line for line in done.stdout.splitlines() if line.startswith(begin)], done.stderr

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


def test_devices_that_evaluations_can_use(info):
    real = {"FUSEVAL_LIBNVRTC": str(FAKE_COMPILER), "begin": "device cuda:"}
    assert info(**real, FUSEVAL_FAKE_DEVICES="2")[0] == ["device cuda:0: available", "device cuda:1: available"]
    assert info(**real, FUSEVAL_LIBCUDA="/nonexistent")[0] == ["device cuda: not available: see cuda driver"]
    assert info(**real, FUSEVAL_FAKE_DEVICES="0")[0] == ["device cuda: not available: see cuda driver"]
    assert info(**real | {"FUSEVAL_LIBNVRTC": "/nonexistent"})[0] == ["device cuda:0: not available: see cuda compiler"]
    old = info(**real, FUSEVAL_FAKE_ARCH="61")[0]
    assert old == ["device cuda:0: not available: sm_61 is older than what the cuda compiler knows"]


def test_every_call_failed_in_turn(info):
    calls = int(info()[1].split()[2])
    assert calls > 10
    for k in range(1, calls + 1):
        lines, report = info(("cuda", "device cuda"), FUSEVAL_FAKE_FAIL_AT=str(k), FUSEVAL_FAKE_FAIL_CODE="999")
        assert any("CUDA_ERROR_UNKNOWN" in line for line in lines), k
        assert report.splitlines()[1:] == [], k
