"""./dev gpu-check from end to end on the fake machine: the carried build, the suite, the benchmark, the record."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "release"


@pytest.fixture(scope="module")
def pack(tmp_path_factory):
    folder = tmp_path_factory.mktemp("gpu") / "pack"
    subprocess.run([ROOT / "tests" / "gpu" / "pack.sh", BUILD, folder], check=True)
    return folder


def check(pack, *options, **variables):
    command = [sys.executable, ROOT / "tests" / "gpu" / "check.py", "--try", "--pack", pack, "--no-sanitizer", *options]
    return subprocess.run(command, capture_output=True, text=True, env=dict(os.environ, **variables), cwd=ROOT)


def test_the_carried_build_is_small_enough(pack):
    assert sum(path.stat().st_size for path in pack.iterdir() if not path.is_symlink()) < 60 << 20


def test_without_a_gpu_it_is_skipped_with_the_reason(pack):
    done = check(pack, FUSEVAL_LIBCUDA="/nowhere/libcuda.so.1")
    assert done.returncode == 0
    assert done.stdout.startswith("gpu-check: skipped: no GPU: none: no driver: ")


def test_everything_on_the_fake_machine(pack, tmp_path):
    fakes = BUILD / "tests" / "fakes"
    # Reductions of every dtype and size are many texts, which the fake machine compiles one by one.
    done = check(pack, "--without", "reductions have*", "--bytes", "140000", "--rounds", "1", "--programs", "25", FUSEVAL_LIBCUDA=fakes / "libcuda-fake.so",
                 FUSEVAL_LIBNVRTC=fakes / "libnvrtc-fake.so", FUSEVAL_FAKE_MEMORY="2000000000",
                 FUSEVAL_FAKE_CACHE=tmp_path / "fakes", FUSEVAL_CACHE_DIR="")
    assert done.returncode == 0, done.stderr[-4000:]
    for step in ("the tests of runtime/cuda on a real GPU", "programs, arrays, reductions, rows: the CPU's bits",
                 "elementary functions: the CPU's bits", "random programs against NumPy and the CPU's bits", "benchmark"):
        assert f"| {step} | passed |" in done.stdout
    for part in ("| `2*a + 3*b` | float64 |", "µs to enqueue", "| `var(a)` |", "over pinned arrays of the host"):
        assert part in done.stdout


def test_the_record_replaces_the_one_before(tmp_path):
    specification = importlib.util.spec_from_file_location("record", ROOT / "tests" / "gpu" / "record.py")
    record = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(record)
    page = tmp_path / "gpu.md"
    page.write_text(f"before\n{record.BEGIN}\nold\n{record.END}\nafter\n")
    record.write(page, "new\n")
    assert page.read_text() == f"before\n{record.BEGIN}\n\nnew\n\n{record.END}\nafter\n"
