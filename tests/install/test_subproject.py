"""fuseval's sources inside a host project: it builds the library and nothing else, and the host stays as it was.

The whole library is built once, without optimisation: a minute of two cores, and the only way to know that it builds there.
"""

import re

import pytest
from outside_project import ROOT, check_program, configure, make_project, run, snippets_of_manual

# A host that has none of what tests, command and examples need, and odd settings of its own.
ABSENT = ("CLI11", "nlohmann_json", "doctest", "Eigen3", "xtensor", "OpenMP", "PkgConfig", "Python3")
ODD = ["-DCMAKE_CXX_FLAGS=-ffast-math -Wall", "-DCMAKE_UNITY_BUILD=ON", "-DCMAKE_CXX_STANDARD=17", "-DBUILD_SHARED_LIBS=OFF"]
AT_THE_END = """
get_cmake_property(variables VARIABLES)
foreach(name IN LISTS variables)
  if(name MATCHES "^CMAKE_(CXX_(STANDARD|EXTENSIONS|VISIBILITY)|C_VISIBILITY|POSITION|UNITY|EXPORT|VISIBILITY)|^CMAKE_INSTALL_LIBDIR")
    message(STATUS "host ${name}=${${name}}")
  endif()
endforeach()
install(TARGETS main)
enable_testing()
add_test(NAME main COMMAND main)
"""


@pytest.fixture(scope="module", params=["add_subdirectory", "FetchContent"])
def host(request, tmp_path_factory):
    """(the host project, configured, and what CMake said)."""
    (snippet,) = [text for text in snippets_of_manual("cmake") if f"{request.param}" in text]
    project = make_project(tmp_path_factory.mktemp("host") / "project", snippet + AT_THE_END)
    (project / "fuseval").symlink_to(ROOT)
    said = configure(project, *ODD, *[f"-DCMAKE_DISABLE_FIND_PACKAGE_{name}=ON" for name in ABSENT])
    return project, said


def commands(project, *target):
    return run("ninja", "-C", project / "build", "-t", "commands", *target).splitlines()


def test_only_the_library_is_built(host):
    sources = {re.search(r" -c \S*?/(fuseval/)?([^/ ]+/\S+|main\.cpp)$", line)[2] for line in commands(host[0], "all") if " -c " in line}
    folders = {re.sub(r"^.*?(ir|frontend|codegen|runtime|engine|tools|examples|bench|tests)/.*", r"\1", source) for source in sources}
    assert folders - {"main.cpp"} == {"ir", "frontend", "codegen", "runtime", "engine"}
    targets = re.findall(r"^(\w+): phony$", run("ninja", "-C", host[0] / "build", "-t", "targets", "all"), re.MULTILINE)
    of_llvm = {"intrinsics_gen", "vt_gen", "omp_gen", "acc_gen", "target_parser_gen"}
    of_cmake = {"all", "codegen", "edit_cache", "rebuild_cache", "list_install_components", "install", "test"}
    assert {name for name in targets if not name.startswith("fuseval")} - of_llvm - of_cmake <= {"engine", "frontend", "ir", "runtime"}


def test_the_host_keeps_its_flags_and_settings(host):
    project, said = host
    (compile_main,) = [line for line in commands(project, "main") if line.endswith("main.cpp")]
    flags = [word for word in compile_main.split(" -c ")[0].split() if re.match(r"-[IifDWs]", word)]
    assert flags[:2] == ["-I" + str(flags[0])[2:], "-ffast-math"] and flags[0].endswith("/include")
    assert flags[2:] in (["-Wall", "-std=gnu++17"], ["-Wall"])
    settings = dict(re.findall(r"host (\w+)=(.*)", said))
    assert settings == {"CMAKE_CXX_STANDARD": "17", "CMAKE_UNITY_BUILD": "ON"} | {
        name: value for name, value in settings.items() if name.startswith("CMAKE_CXX_STANDARD_")}
    assert not (project / "build" / "compile_commands.json").exists()


def test_the_library_keeps_its_own(host):
    lines = [line for line in commands(host[0], "fuseval") if " -c " in line]
    assert len(lines) > 80
    for line in lines:
        flags = line.split(" -c ")[0]
        assert flags.rindex("-fno-fast-math") > flags.rindex("-ffast-math") and "-ffp-contract=off" in flags
        assert "-std=c++20" in flags and "-fPIC" in flags and "-Werror" not in flags


def test_build_run_and_install(host, request, tmp_path):
    if "FetchContent" in request.node.name:
        pytest.skip("the same build once more")
    project, _ = host
    run("cmake", "--build", project / "build")
    check_program(project / "build" / "main")
    assert "100% tests passed, 0 tests failed out of 1" in run("ctest", cwd=project / "build")
    run("cmake", "--install", project / "build", "--prefix", tmp_path)
    assert [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()] == ["bin/main"]
