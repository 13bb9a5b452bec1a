"""`cmake --install` into a prefix, and outside projects that find it there by CMake and by pkg-config."""

import re

from outside_project import BUILD, ROOT, VERSION, check_program, configure, make_project, run, snippets_of_manual


def files_below(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()}


def plugins_built():
    return {path.name for path in (BUILD / "engine").glob("libfuseval_*.so")}


def library_folder(prefix):
    (library,) = prefix.glob("lib*/**/libfuseval.so")
    return library.parent


def test_what_is_installed(prefix):
    libraries = library_folder(prefix).relative_to(prefix)
    headers = {f"include/fuseval/{path.name}" for path in (ROOT / "include" / "fuseval").iterdir()}
    pages = {str(path.relative_to(ROOT)) for path in (ROOT / "docs").glob("*.md")} | {"README.md", "SECURITY.md", "CHANGELOG.md"}
    examples = {name for name in files_below(ROOT / "examples") if name != "CMakeLists.txt"}
    documents = {f"share/doc/fuseval/{name}" for name in pages | {"copyright"} | {f"examples/{name}" for name in examples}}
    names = (f"libfuseval.so.{VERSION}", "libfuseval.so.0", "libfuseval.so", "pkgconfig/fuseval.pc", "cmake/fuseval/fusevalConfig.cmake",
             "cmake/fuseval/fusevalConfigVersion.cmake", "cmake/fuseval/fusevalConfig-release.cmake")
    assert files_below(prefix) == headers | documents | {f"{libraries}/{name}" for name in (*names, *plugins_built())} | {
        "bin/fuseval", "share/man/man1/fuseval.1", "share/bash-completion/completions/fuseval", "share/zsh/site-functions/_fuseval"}


def test_links_between_installed_pages_lead_somewhere(prefix):
    documents = prefix / "share" / "doc" / "fuseval"
    links = [(page, link) for page in documents.rglob("*.md")
             for link in re.findall(r"\]\((?!https?:|#)([^)\s#]+)[^)\s]*\)", re.sub(r"```.*?```|`[^`]*`", "", page.read_text(), flags=re.DOTALL))]
    assert len(links) > 30
    assert [f"{page.relative_to(documents)}: {link}" for page, link in links if not (page.parent / link).exists()] == []
    assert [link for page, link in links if not (page.parent / link).resolve().is_relative_to(documents)] == []


def test_nothing_installed_knows_where_it_came_from(prefix):
    places = [str(place).encode() for place in (ROOT, BUILD, prefix.with_name("first"))]
    for name in files_below(prefix):
        text = (prefix / name).read_bytes()
        assert not [place for place in places if place in text], name


def test_command_finds_its_library(prefix):
    assert run(prefix / "bin" / "fuseval", "eval", "2*a + 1", "a=float64:1,2,3") == "[3. 5. 7.]\n"
    assert f"[$ORIGIN/../{library_folder(prefix).relative_to(prefix)}]" in run("readelf", "-d", prefix / "bin" / "fuseval")


def test_components(prefix, tmp_path):
    parts = {}
    for part in ("runtime", "mpi", "development"):
        run("cmake", "--install", BUILD, "--prefix", tmp_path / part, "--component", f"fuseval_{part}")
        parts[part] = files_below(tmp_path / part)
    assert sorted(name for part in parts.values() for name in part) == sorted(files_below(prefix))
    assert {name.rpartition("/")[2] for name in parts["mpi"]} == plugins_built() - {"libfuseval_hdf5.so"}
    assert not [name for name in parts["runtime"] if re.search(r"\.(h|hpp|cmake|pc)$|libfuseval\.so$", name)]
    assert run(tmp_path / "runtime" / "bin" / "fuseval", "eval", "6*7") == "42\n"


def test_notices_have_the_licence():
    flat = " ".join((ROOT / "packaging" / "copyright").read_text().replace("\n .\n", "\n").split())
    notice, terms = (ROOT / "LICENSE").read_text().split("\n\n", 2)[1:]
    assert " ".join(terms.split()) in flat
    assert notice.replace("(c) ", "").strip() in flat.replace("Copyright: ", "Copyright ")


def test_find_package(prefix, tmp_path):
    project = make_project(tmp_path / "project", snippets_of_manual("cmake")[0])
    configure(project, f"-DCMAKE_PREFIX_PATH={prefix}")
    run("cmake", "--build", project / "build")
    check_program(project / "build" / "main")
    (command,) = [line for line in run("ninja", "-C", project / "build", "-t", "commands", "main").splitlines() if " -c " in line]
    assert re.findall(r" (-I ?\S+|-isystem \S+|-D\S+|-f\S+|-W\S+|-std\S+)", command) == [f"-isystem {prefix}/include"]


def test_find_package_from_c_alone(prefix, tmp_path):
    text = snippets_of_manual("cmake")[0].replace("CXX C", "C").replace("main.cpp", "main.c")
    project = make_project(tmp_path / "project", text + "set_target_properties(main PROPERTIES C_STANDARD 11 C_EXTENSIONS OFF)\n")
    configure(project, f"-DCMAKE_PREFIX_PATH={prefix}")
    run("cmake", "--build", project / "build")
    assert run(project / "build" / "main").split() == ["5", "13"]


def test_find_package_wants_the_minor_version(prefix, tmp_path):
    major, minor, _ = VERSION.split(".")
    asked = f"fuseval {major}.{minor}"
    snippet = snippets_of_manual("cmake")[0]
    assert f"find_package({asked} REQUIRED)" in snippet
    others = (f"{major}.{int(minor) + 1}", f"{major}.{int(minor) - 1}", f"{int(major) + 1}.{minor}", f"{VERSION}.1")
    for number, version in enumerate(version for version in others if "-" not in version):
        project = make_project(tmp_path / f"project{number}", snippet.replace(asked, f"fuseval {version}"))
        assert f"version: {VERSION}" in configure(project, f"-DCMAKE_PREFIX_PATH={prefix}", status=1)


def test_pkg_config(prefix, tmp_path):
    project = make_project(tmp_path / "project", "")
    libraries = library_folder(prefix)
    found = {"PKG_CONFIG_PATH": str(libraries / "pkgconfig")}
    assert run("pkg-config", "--modversion", "fuseval", **found).strip() == VERSION
    (commands,) = snippets_of_manual("shell")
    run("bash", "-ec", commands, cwd=project, **found)
    check_program(project / "main", LD_LIBRARY_PATH=str(libraries))
    strict = "-Wall -Wextra -Werror -pedantic-errors"
    run("bash", "-ec", f"gcc -std=c11 {strict} main.c $(pkg-config --cflags --libs fuseval) -Wl,-rpath,{libraries} -o c_program",
        cwd=project, **found)
    assert run(project / "c_program").split() == ["5", "13"]


def test_headers_in_other_standards(prefix, tmp_path):
    """fuseval.h is C99 and C++11; fuseval.hpp says that it needs C++17."""
    include = f"-I{prefix}/include"
    for compiler, standard, header in (("gcc", "c99", "fuseval.h"), ("g++", "c++11", "fuseval.h"), ("g++", "c++17", "fuseval.hpp"),
                                       ("g++", "c++20", "fuseval.hpp"), ("g++", "c++23", "fuseval.hpp")):
        source = tmp_path / ("use.c" if compiler == "gcc" else "use.cpp")
        source.write_text(f"#include <fuseval/{header}>\n")
        run(compiler, f"-std={standard}", "-Wall", "-Wextra", "-Wshadow", "-Werror", "-pedantic-errors", "-fsyntax-only", include, source)
    assert 'error: #error "fuseval.hpp needs C++17' in run("g++", "-std=c++14", "-fsyntax-only", include, source, status=1)
