"""libfuseval.so shows fv_* and nothing else: no symbol of LLVM or of the C++ library clashes with its host's."""
import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def library():
    build = os.environ.get("FUSEVAL_BUILD_DIR")
    folder = Path(build) if build else ROOT / "build" / "release"
    path = folder / "engine" / "libfuseval.so"
    if not path.exists():
        pytest.skip(f"{path} is not built")
    return path


def symbols(*options):
    text = subprocess.run(["nm", "-D", *options, library()], check=True, capture_output=True, text=True).stdout
    return [line.split()[-1].split("@")[0] for line in text.splitlines() if line.split()]


def test_only_the_c_abi_is_exported():
    defined = symbols("--defined-only")
    assert "fv_evaluate" in defined
    assert [name for name in defined if not name.startswith("fv_")] == []


def test_every_declared_function_is_exported():
    header = (ROOT / "include" / "fuseval" / "fuseval.h").read_text()
    declared = {word.split("(")[0].lstrip("*") for word in header.split() if word.lstrip("*").startswith("fv_") and "(" in word}
    assert len(declared) > 25
    assert declared - set(symbols("--defined-only")) == set()
