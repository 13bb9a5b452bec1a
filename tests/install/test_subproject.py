"""fuseval's sources inside a host project: it builds the library and nothing else, and the host stays as it was.

The whole library is built once, without optimisation, with precompiled headers, and without CUDA and its simulator, which tells as well that
there is such a build. It is the only way to know that it builds there.
"""

import json
import re
import shutil

import pytest
from outside_project import ROOT, check_program, configure, make_project, run, snippets_of_manual

# A host that has none of what tests, command and examples need, and odd settings of its own.
ABSENT = ("CLI11", "nlohmann_json", "PNG", "doctest", "Eigen3", "xtensor", "OpenMP", "Python3")
ODD = ["-DFUSEVAL_PRECOMPILE=ON", "-DCMAKE_CXX_FLAGS=-ffast-math -Wall", "-DCMAKE_UNITY_BUILD=ON", "-DCMAKE_UNITY_BUILD_BATCH_SIZE=1000", "-DCMAKE_CXX_STANDARD=17", "-DBUILD_SHARED_LIBS=OFF"]
# What the host's CMake variables are before fuseval comes, and which of them are others afterwards.
BEFORE = """
get_cmake_property(names VARIABLES)
list(FILTER names INCLUDE REGEX "^(CMAKE|BUILD|CPACK|CTEST)_")
foreach(name IN LISTS names)
  set("before_${name}" "${${name}}")
endforeach()
"""
AFTER = """
get_cmake_property(names VARIABLES)
list(FILTER names INCLUDE REGEX "^(CMAKE|BUILD|CPACK|CTEST)_")
foreach(name IN LISTS names)
  if(NOT "${${name}}" STREQUAL "${before_${name}}")
    message(STATUS "changed: ${name}")
  endif()
endforeach()
install(TARGETS main)
add_executable(on_device on_device.c)
target_link_libraries(on_device PRIVATE fuseval::fuseval)
enable_testing()
add_test(NAME main COMMAND main)
"""


@pytest.fixture(scope="module", params=["add_subdirectory", "FetchContent"])
def host(request, tmp_path_factory):
    """(the host project, configured, and what CMake said)."""
    (snippet,) = [text for text in snippets_of_manual("cmake") if f"{request.param}" in text]
    # CMake itself gives a project without a version that of the first subproject that has one.
    text = snippet.replace("project(main CXX C)\n", "project(main VERSION 3.2.1 LANGUAGES CXX C)\n" + BEFORE) + AFTER
    project = make_project(tmp_path_factory.mktemp("host") / "project", text)
    (project / "fuseval").symlink_to(ROOT)
    shutil.copy(ROOT / "tests" / "install" / "on_device.c", project)
    without_cuda = ["-DFUSEVAL_CUDA=OFF"] if request.param == "add_subdirectory" else []
    (project / "build" / ".cmake" / "api" / "v1" / "query" / "codemodel-v2").mkdir(parents=True)
    said = configure(project, *ODD, *without_cuda, *[f"-DCMAKE_DISABLE_FIND_PACKAGE_{name}=ON" for name in ABSENT])
    return project, said


def targets_of(project):
    """{name: what CMake's file API tells of the target}."""
    replies = project / "build" / ".cmake" / "api" / "v1" / "reply"
    (model,) = replies.glob("codemodel-v2-*.json")
    (configuration,) = json.loads(model.read_text())["configurations"]
    return {target["name"]: json.loads((replies / target["jsonFile"]).read_text()) for target in configuration["targets"]}


def flags_of(group):
    return " ".join(fragment["fragment"] for fragment in group["compileCommandFragments"]).split()


def test_only_the_library_is_built(host):
    targets = targets_of(host[0])
    empty_ones_of_llvm = {"intrinsics_gen", "vt_gen", "omp_gen", "acc_gen", "target_parser_gen"}
    assert not [name for name in empty_ones_of_llvm & set(targets) if targets[name]["type"] != "UTILITY"]
    assert set(targets) - empty_ones_of_llvm == {"main", "on_device", "fuseval"} | {
        f"fuseval_{folder}" for folder in ("ir", "frontend", "codegen", "llvm", "runtime", "engine")}
    assert not [name for name, target in targets.items() if "install" in target and name != "main"]


def test_the_host_keeps_its_flags_and_settings(host):
    project, said = host
    (group,) = targets_of(project)["main"]["compileGroups"]
    assert [include["path"] for include in group["includes"]] == [str(project / "fuseval" / "include")]
    assert set(flags_of(group)) - {"-std=gnu++17"} == {"-ffast-math", "-Wall"}
    assert not group.get("defines")
    of_find_threads = {"CMAKE_HAVE_LIBC_PTHREAD", "CMAKE_THREAD_LIBS_INIT"}
    assert set(re.findall(r"changed: (\w+)", said)) <= of_find_threads
    assert not (project / "build" / "compile_commands.json").exists()


def test_the_library_keeps_its_own(host):
    folders = [target for name, target in targets_of(host[0]).items() if name.startswith("fuseval_")]
    # A thousand files together, as the host has it, would be one of them in each folder.
    together = [source["path"] for target in folders if target["name"] == "fuseval_engine" for source in target["sources"]
                if "/unity_" in source["path"]]
    assert len(together) > 5
    groups = [flags_of(group) for folder in folders for group in folder["compileGroups"]]
    groups = [flags for flags in groups if "c++-header" not in flags]  # those that precompile headers
    assert len(groups) == 6
    for flags in groups:
        assert flags.index("-fno-fast-math") > flags.index("-ffast-math") and "-ffp-contract=off" in flags
        assert {"-std=c++20", "-fPIC", "-fvisibility=hidden"} <= set(flags) and "-Werror" not in flags


@pytest.mark.parametrize("host", ["add_subdirectory"], indirect=True)
def test_build_run_and_install(host, tmp_path):
    project, _ = host
    run("cmake", "--build", project / "build")
    check_program(project / "build" / "main")
    assert "100% tests passed, 0 tests failed out of 1" in run("ctest", cwd=project / "build")
    run("cmake", "--install", project / "build", "--prefix", tmp_path)
    assert [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()] == ["bin/main"]

    on_device = project / "build" / "on_device"
    assert run(on_device, "cpu", "sum(arange(4))") == run(on_device, "auto", "sum(arange(4))") == "\n"
    for device in ("cuda", "cuda:1", "cudasim"):
        said = 'this fuseval is built without CUDA and its simulator (FUSEVAL_CUDA=OFF); the CPU is there (device="cpu")'
        assert said in run(on_device, device, "sum(arange(4))", status=1)
    built = targets_of(project)
    sources = [source["path"] for name in ("fuseval_runtime", "fuseval_codegen", "fuseval_engine") for source in built[name]["sources"]]
    assert len(sources) > 100 and not [path for path in sources if re.search(r"/(cuda|cudasim)/\w+\.cpp$", path)]
