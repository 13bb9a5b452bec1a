"""libfuseval.so shows fv_* and nothing else: no symbol of LLVM or of the C++ library clashes with its host's."""
import os
import re
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
    defined = set(symbols("--defined-only")) - {"FUSEVAL_0.1"}
    assert "fv_evaluate" in defined
    assert [name for name in defined if not name.startswith("fv_")] == []


def test_the_library_and_its_symbols_have_versions():
    dynamic = subprocess.run(["readelf", "-dW", library()], check=True, capture_output=True, text=True).stdout
    assert "[libfuseval.so.0]" in dynamic
    assert "NODELETE" in dynamic
    lines = subprocess.run(["nm", "-D", "--defined-only", "--with-symbol-versions", library()], check=True,
                           capture_output=True, text=True).stdout.splitlines()
    names = [line.split()[-1] for line in lines if " A " not in line]
    assert "fv_evaluate@@FUSEVAL_0.1" in names
    assert [name for name in names if not name.endswith("@@FUSEVAL_0.1")] == []


def test_nothing_in_the_library_is_destroyed_at_exit():
    """No destructor of a static object is registered (engine/static_destructors.c), LLVM's neither."""
    assert "__cxa_atexit" not in symbols("--undefined-only")


def test_no_static_object_is_made_where_a_fork_may_cut_in():
    """runtime/lasting.hpp instead of function-local statics; LLVM's, and what calls it, are in sections of the engine's."""
    folders = ["ir", "frontend", "codegen", "runtime", "engine"]
    archives = [library().parents[1] / folder / f"libfuseval_{folder}.a" for folder in folders]
    if not all(path.exists() for path in archives):
        pytest.skip("the static libraries are not built")
    text = subprocess.run(["nm", "-A", "-u", *archives], check=True, capture_output=True, text=True).stdout
    assert "pthread_atfork" in text
    names = ("__cxa_guard_acquire", "__cxa_atexit", "__cxa_thread_atexit", "atexit")
    # Boost includes <iostream>, whose object is constructed when the library is loaded, before anybody can fork.
    iostream = ("integer.cpp.o", "__cxa_atexit")
    lines = [line for line in text.splitlines() if line.split()]
    found = [line for line in lines if line.split()[-1] in names]
    assert [line for line in found if not all(word in line for word in iostream)] == []


def test_what_is_declared_is_what_is_exported():
    header = (ROOT / "include" / "fuseval" / "fuseval.h").read_text()
    declared = set(re.findall(r"^FV_API [^(]*?\b(fv_\w+)\(", header, re.MULTILINE))
    assert len(declared) > 40
    assert declared ^ (set(symbols("--defined-only")) - {"FUSEVAL_0.1"}) == set()


def test_the_library_needs_no_mpi():
    needed = subprocess.run(["readelf", "-dW", library()], check=True, capture_output=True, text=True).stdout
    assert "NEEDED" in needed
    assert not re.search(r"lib(mpi|mpich|open-rte|open-pal)", needed)


def test_the_mpi_plugin_exports_its_entry_alone():
    plugin = library().parent / "libfuseval_mpi.so"
    if not plugin.exists():
        pytest.skip("libfuseval_mpi.so is not built: no MPI was found, or FUSEVAL_MPI=OFF")
    text = subprocess.run(["nm", "-D", "--defined-only", plugin], check=True, capture_output=True, text=True).stdout
    own = [line.split()[-1] for line in text.splitlines() if line.split()[1] in "TDBR"]
    assert own == ["fuseval_mpi_plugin"]
