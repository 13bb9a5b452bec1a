"""A processor without AVX2: one sentence, in the README, in the manual, and in the error of whoever evaluates."""

import re
import shutil

import pytest
from outside_project import BUILD, ROOT, run

(SENTENCE,) = re.findall(r'"(fuseval needs a processor [^"]*)"', (ROOT / "codegen" / "llvm" / "target.cpp").read_text())


@pytest.mark.parametrize("page", ["README.md", "docs/installation.md"])
def test_said(page):
    assert SENTENCE in " ".join((ROOT / page).read_text().split())


def test_the_command_says_so():
    """Under an emulated processor; tests/unit/llvm/target_test.cpp has the error for processors that are only named."""
    emulator = shutil.which("qemu-x86_64") or shutil.which("qemu-x86_64-static")
    if not emulator:
        pytest.skip("qemu-x86_64 is not installed")
    said = run(emulator, "-cpu", "Nehalem", BUILD / "tools" / "fuseval", "eval", "2*a", "a=float64:1,2", status=1)
    assert said == f"fuseval: error: {SENTENCE}; 'nehalem' is not one\n"
    assert "fuseval " in run(emulator, "-cpu", "Nehalem", BUILD / "tools" / "fuseval", "--version")
