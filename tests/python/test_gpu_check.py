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
    command = [sys.executable, ROOT / "tests" / "gpu" / "check.py", "--try", "--pack", pack, "--no-sanitizer", "--patient", *options]
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


@pytest.fixture(scope="module")
def record():
    specification = importlib.util.spec_from_file_location("record", ROOT / "tests" / "gpu" / "record.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_the_record_replaces_the_one_before(record, tmp_path):
    page = tmp_path / "gpu.md"
    page.write_text(f"before\n{record.BEGIN}\nold\n{record.END}\nafter\n")
    record.write(page, "new\n")
    assert page.read_text() == f"before\n{record.BEGIN}\n\nnew\n\n{record.END}\nafter\n"


def test_rates_of_nothing_have_no_share(record):
    """A busy machine that copies some kilobytes may reach any rate, which is 0 once it is rounded."""
    about = {"cuda device 0": "none", "cuda driver": "none", "cuda compiler": "none"}
    measured = [{"kind": "bandwidth", "text": "2*a + 3*b", "dtype": "float64", "bytes": 8, "gbs": 1e-9, "copy_gbs": rate}
                for rate in (0.0, 2e-9)]
    measured += [{"kind": "streaming", "text": text, "gbs": 0.0, "up_gbs": 0.0, "down_gbs": 1.0} for text in ("a", "sum(a)")]
    page = record.page(about, [], measured, "today")
    assert "| `2*a + 3*b` | float64 | 0 | 0 | – | 95 % | – |" in page
    assert "| `2*a + 3*b` | float64 | 0 | 0 | 50 % | 95 % | **no** |" in page
    assert page.count("– of the slower of its copies") == 2
