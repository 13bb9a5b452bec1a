"""`--device` and `:set device` on the fake NVIDIA machine and where there is none; the simulator."""

import os

import numpy as np
import pytest
from fake_machine import complaints, environment, violations

NO_DRIVER = {"FUSEVAL_LIBCUDA": "/nowhere/libcuda.so.1"}
TEXT = "a - mean(a, axis=1, keepdims=True), sum(a*a), argmax(a, axis=0)"


@pytest.fixture
def on_gpu(run):
    """on_gpu("eval", …) -> what is printed; the machine has two devices, ran something, and saw no violation."""

    def on_gpu(*arguments, **options):
        done = run(*arguments, env=environment(FUSEVAL_FAKE_DEVICES="2"), **options)
        assert "fake driver: " in done.stderr and not violations(done.stderr)
        assert ", 0 launches" not in done.stderr
        if "--threads" in arguments:  # a session of its own
            assert not complaints(done.stderr)
        return done.stdout

    return on_gpu


@pytest.fixture
def array(tmp_path):
    np.save(tmp_path / "a.npy", np.random.default_rng(3).standard_normal((30, 50)))
    return f"a={tmp_path}/a.npy"


@pytest.mark.parametrize("device", ["cuda", "cuda:0", "cuda:1"])
def test_the_cpu_s_bits(run, on_gpu, array, device, tmp_path):
    outputs = [word for name in "xyz" for word in ("-o", tmp_path / f"{name}.npy")]
    expected = run("eval", TEXT, array, *outputs).stdout
    results = [np.load(tmp_path / f"{name}.npy") for name in "xyz"]
    assert on_gpu("eval", TEXT, array, *outputs, "--device", device, "--threads", "2") == expected
    for name, result in zip("xyz", results):
        found = np.load(tmp_path / f"{name}.npy")
        assert (found.dtype, found.tobytes()) == (result.dtype, result.tobytes())


def test_options_together_with_a_device(on_gpu, array):
    assert '"dtype":"float32"' in on_gpu("eval", "sum(a)*0", array, "--device", "cuda", "--out-dtype", "float32", "--json").replace(" ", "")
    assert on_gpu("eval", "arange(3) + 1", "--device", "cuda:1") == "[1 2 3]\n"


def test_repl(on_gpu, array, tmp_path):
    text = f""":load {array[2:]} a
:set device cuda:1
sum(a*0) + 1
b = a[:2, :2]*0 + 2
:set device cuda
b + 1
:set device cpu
b
"""
    assert on_gpu("repl", input=text).splitlines()[1:] == ["1.0", "[[3. 3.]", " [3. 3.]]", "[[2. 2.]", " [2. 2.]]"]


def test_no_driver(run, array):
    env = os.environ | NO_DRIVER
    said = run("eval", "a + 1", array, "--device", "cuda", status=1, env=env).stderr
    assert said.startswith("fuseval: error: CUDA is not available: no driver: FUSEVAL_LIBCUDA=/nowhere/libcuda.so.1 cannot be loaded")
    assert said.endswith("; the CPU is (device=\"cpu\")\n")


def test_a_setting_that_cannot_be_is_refused_at_once(run):
    def said(name, env):
        done = run("repl", status=1, env=env, input=f":set device {name}\n1 + 1\n:set device\n")
        assert done.stdout.splitlines()[0] == "2" and done.stdout.splitlines()[1].startswith("device     auto ")
        (error,) = [line for line in done.stderr.splitlines() if "error: " in line]
        return error.removeprefix("fuseval: standard input:1: error: ")

    assert said("cuda", os.environ | NO_DRIVER).startswith("CUDA is not available: no driver: FUSEVAL_LIBCUDA=/nowhere/libcuda.so.1")
    assert "NVRTC" in said("cuda", environment(FUSEVAL_LIBNVRTC="/nowhere/libnvrtc.so"))
    assert said("cuda:7", environment()).startswith("there is no CUDA device 7")
    no_compiler = os.environ | {"FUSEVAL_CXX": "/nowhere/c++"}
    assert said("cudasim", no_compiler) == 'cudasim: FUSEVAL_CXX names "/nowhere/c++", which cannot be run'
    assert 'cudasim: FUSEVAL_CXX names' in run("eval", "arange(3) + 1", "--device", "cudasim", status=1, env=no_compiler).stderr
    assert run("repl", input=":set device cudasim\narange(3) + 1\n").stdout == "[1 2 3]\n"


def test_no_compiler_and_no_such_device(run, array):
    env = environment(FUSEVAL_LIBNVRTC="/nowhere/libnvrtc.so")
    assert "NVRTC" in run("eval", "a + 1", array, "--device", "cuda", status=1, env=env).stderr
    assert "there is no CUDA device 1" in run("eval", "a + 1", array, "--device", "cuda:1", status=1, env=environment()).stderr
    for name in "cuda:", "cuda:x", "gpu":
        said = run("eval", "a + 1", array, "--device", name, status=1).stderr
        assert said == f"fuseval: error: there is no device '{name}'; use auto, cpu, cuda, cuda:1 … or cudasim\n"


def test_the_device_s_failures(run, array):
    """Each says what was being done, and nothing is printed."""
    env = environment(FUSEVAL_FAKE_DEVICES="1")
    calls = int(run("eval", "sum(a)", array, "--device", "cuda", env=env).stderr.split("fake driver: ")[1].split()[0])
    assert calls > 20
    for k in range(1, calls + 1, 7):
        done = run("eval", "sum(a)", array, "--device", "cuda", status=None, env=env | {"FUSEVAL_FAKE_FAIL_AT": str(k)})
        assert done.returncode in (0, 1) and not violations(done.stderr)
        assert done.returncode == 0 or (done.stdout == "" and done.stderr.startswith("fuseval: error: ")), k
