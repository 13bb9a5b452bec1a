"""Folders depend on each other one way only: ir <- frontend, codegen, runtime <- engine <- tools, examples.

frontend, codegen and runtime do not know each other; LLVM is named in codegen/llvm only; tools, examples and bench see
nothing of the project but include/fuseval. Read from the #include lines, so that no build can hide a wrong arrow.
"""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SUFFIXES = {".c", ".h", ".cpp", ".hpp", ".def", ".inc", ".cu", ".cuh"}
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)

# What a folder may include, itself apart. "include" stands for include/fuseval.
ALLOWED = {
    "ir": set(),
    "frontend": {"ir"},
    "codegen": {"ir"},
    "runtime": {"ir"},
    "engine": {"ir", "frontend", "codegen", "runtime", "include"},
    "include": set(),
    "tools": {"include"},
    "examples": {"include"},
    "bench": {"include"},
}


def sources(folder):
    return sorted(path for path in (ROOT / folder).rglob("*") if path.suffix in SUFFIXES)


def includes(path):
    return [match.group(2) for match in INCLUDE.finditer(path.read_text())]


def folder_of(include, path):
    """The project folder that an include names, or None for a system header."""
    first = include.split("/")[0]
    if first == "fuseval":
        return "include"
    if first in ALLOWED:
        return first
    neighbour = (path.parent / include).resolve()
    if neighbour.is_relative_to(ROOT) and neighbour.exists():
        return neighbour.relative_to(ROOT).parts[0]
    return None


@pytest.mark.parametrize("folder", ALLOWED)
def test_arrows_point_one_way(folder):
    wrong = []
    for path in sources(folder):
        for include in includes(path):
            target = folder_of(include, path)
            if target is not None and target != folder and target not in ALLOWED[folder]:
                wrong.append(f"{path.relative_to(ROOT)} includes {include}")
    assert not wrong, "\n".join(wrong)


# The rooms of engine/, from the bottom to the top: each may include those before it.
ROOMS = ["base", "cpu", "device", "plan", "run", "dispatch", "world", "ranks", "arrays", "call", "abi"]


def test_rooms_of_the_engine_include_only_rooms_below():
    wrong = []
    for level, room in enumerate(ROOMS):
        for path in sources(f"engine/{room}"):
            for include in includes(path):
                parts = include.split("/")
                if parts[0] == "engine" and (len(parts) < 3 or parts[1] not in ROOMS[:level + 1]):
                    wrong.append(f"{path.relative_to(ROOT)} includes {include}")
    assert not wrong, "\n".join(wrong)


def test_every_source_of_the_engine_is_in_a_room_of_moderate_size():
    outside = {str(path.relative_to(ROOT)) for path in sources("engine") if path.relative_to(ROOT).parts[1] not in ROOMS}
    assert outside == {"engine/static_destructors.c", "engine/without_cuda/devices.cpp"}
    sizes = {room: len(sources(f"engine/{room}")) for room in ROOMS}
    assert all(0 < size <= 25 for size in sizes.values()), sizes


@pytest.mark.parametrize("folder", ["ir", "frontend", "codegen", "runtime", "engine", "include"])
def test_folder_has_sources(folder):
    assert sources(folder), f"{folder} has no sources: the test above would check nothing"


def test_locks_are_those_that_a_forked_child_finds_free():
    """runtime/mutex.hpp; ranks are not forked, and what calls codegen/llvm is in a section."""
    exempt = ["runtime/mutex.hpp", "runtime/distributed/thread_team", "runtime/distributed/thread_transport", "runtime/distributed/mpi/",
              "runtime/distributed/hdf5/", "codegen/llvm/machine.cpp", "codegen/llvm/set_up.hpp"]
    own = re.compile(r"std::(recursive_|shared_|timed_)*mutex|std::condition_variable|std::call_once|std::once_flag|pthread_mutex|std::(counting_|binary_)semaphore")
    named = [str(path.relative_to(ROOT)) for folder in ("ir", "frontend", "codegen", "runtime", "engine") for path in sources(folder)
             if own.search(re.sub(r"//.*", "", path.read_text()))]
    assert "runtime/mutex.hpp" in named
    assert [name for name in named if not any(name.startswith(one) for one in exempt)] == []


def test_llvm_is_named_in_one_folder():
    wrong = [
        f"{path.relative_to(ROOT)} includes {include}"
        for folder in ALLOWED
        for path in sources(folder)
        for include in includes(path)
        if re.match(r"(llvm|llvm-c|clang)/", include) and not path.is_relative_to(ROOT / "codegen" / "llvm")
    ]
    assert not wrong, "\n".join(wrong)


def test_mpi_is_named_in_one_folder():
    named = [path.relative_to(ROOT) for folder in ALLOWED for path in sources(folder) if "mpi.h" in includes(path)]
    assert named, "nobody includes mpi.h: the test below would check nothing"
    measured = "bench/ranks"  # what fuseval is measured against
    wrong = [str(path) for path in named if not path.is_relative_to("runtime/distributed/mpi") and not path.is_relative_to(measured)]
    assert not wrong, "\n".join(wrong)


def test_the_mpi_plugin_knows_nothing_of_the_core():
    """It may be built by another compiler: a table of C functions is all that the two share."""
    folder = ROOT / "runtime" / "distributed" / "mpi"
    found = {include for path in sources("runtime/distributed/mpi") for include in includes(path) if "/" in include}
    assert found == {"runtime/distributed/mpi/plugin_abi.hpp"}, folder


def test_no_cuda_header_is_needed():
    """The driver and NVRTC are found at run time, by declarations of our own."""
    wrong = [
        f"{path.relative_to(ROOT)} includes {include}"
        for folder in ALLOWED
        for path in sources(folder)
        for include in includes(path)
        if re.match(r"(cuda|nvrtc|cupti|nvtx|cooperative_groups|cub/|thrust/)", include)
    ]
    assert not wrong, "\n".join(wrong)


ADAPTERS = {"Eigen/": "eigen.hpp", "xtensor/": "xtensor.hpp"}  # headers for hosts that have these libraries, which nothing includes


def test_public_headers_need_only_the_standard_library():
    wrong = [
        f"{path.relative_to(ROOT)} includes {include}"
        for path in sources("include")
        for include in includes(path)
        if "/" in include and not include.startswith("fuseval/") and ADAPTERS.get(include[:include.index("/") + 1]) != path.name
    ]
    wrong += [
        f"{path.relative_to(ROOT)} includes {include}"
        for path in sources("include")
        for include in includes(path)
        if include.removeprefix("fuseval/") in ADAPTERS.values()
    ]
    assert not wrong, "\n".join(wrong)


def test_headers_have_one_way_in():
    """Every header is included once: #pragma once, or the C header's guard."""
    missing = [
        str(path.relative_to(ROOT))
        for folder in ALLOWED
        for path in sources(folder)
        if path.suffix in {".h", ".hpp"} and not re.search(r"#pragma once|#ifndef \w+_H\b", path.read_text())
    ]
    assert not missing, "\n".join(missing)
