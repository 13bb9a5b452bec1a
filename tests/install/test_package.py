"""The Debian packages: what they say of themselves and what is in them. packaging/try_on_clean_debian.sh installs them."""

import gzip
import re

import pytest
from outside_project import BUILD, ROOT, VERSION, run

NAMES = ("fuseval", "fuseval-dev", "fuseval-mpi")


@pytest.fixture(scope="module")
def unpacked(packages, tmp_path_factory):
    """{name: folder}"""
    folders = {name: tmp_path_factory.mktemp("unpacked") / name for name in packages}
    for name, folder in folders.items():
        run("dpkg-deb", "--raw-extract", packages[name], folder)
    return folders


def fields(package):
    return dict(re.findall(r"^([\w-]+): (.*)$", run("dpkg-deb", "--field", package), re.MULTILINE))


def names_in(relation):
    return {re.match(r"[\w.+-]+", item)[0] for item in relation.split(", ")}


def bytes_below(folder):
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def test_there_are_three(packages):
    has_mpi = (BUILD / "engine" / "libfuseval_mpi.so").exists()
    assert set(packages) == {name for name in NAMES if has_mpi or name != "fuseval-mpi"}


def test_control_fields(packages, unpacked):
    for name, package in packages.items():
        control = fields(package)
        assert (control["Package"], control["Version"]) == (name, VERSION)
        size = bytes_below(unpacked[name] / "usr")
        assert size / 1024 <= int(control["Installed-Size"]) < 1.1 * size / 1024 + 100
    lines = {fields(package)["Description"] for package in packages.values()}
    assert len(lines) == len(packages) and not [line for line in lines if len(line) > 60]


def test_what_packages_need(packages):
    control = fields(packages["fuseval"])
    needed = names_in(control["Depends"])
    assert {"libc6", "libstdc++6", "libfmt9", "libedit2"} <= needed
    assert not [name for name in needed if re.search("llvm|fuseval|hdf5|mpi|-dev$", name)]
    if (BUILD / "engine" / "libfuseval_hdf5.so").exists():
        assert names_in(control["Recommends"]) == {"libhdf5-103-1"}
    assert fields(packages["fuseval-dev"])["Depends"] == f"fuseval (= {VERSION})"
    if "fuseval-mpi" in packages:
        control = fields(packages["fuseval-mpi"])
        needed = names_in(control["Depends"])
        assert f"fuseval (= {VERSION})" in control["Depends"] and needed & {"libopenmpi3", "libmpich12"}
        assert names_in(control["Recommends"]) <= {"openmpi-bin", "mpich"}
        with_hdf5 = (BUILD / "engine" / "libfuseval_hdf5_mpi.so").exists()
        assert bool(needed & {"libhdf5-openmpi-103-1", "libhdf5-mpich-103-1"}) == with_hdf5


def test_sizes_are_those_that_the_manual_states(packages):
    rows = re.findall(r"^\| `([\w-]+)\.deb` .* \| ([\d.]+) \|$", (ROOT / "docs" / "installation.md").read_text(), re.MULTILINE)
    assert sorted(name for name, _ in rows) == sorted(NAMES)
    for name, most in rows:
        if name in packages:
            size = int(fields(packages[name])["Installed-Size"]) * 1024 / 1e6
            assert 0.6 * float(most) < size <= float(most), name


def test_names_of_packages_agree(packages):
    """The README, the manual, the man page and the errors of plugins that are missing name packages that there are."""
    library = (BUILD / "engine" / "libfuseval.so").read_bytes().decode("latin-1")
    pages = [(ROOT / name).read_text() for name in ("README.md", "docs/installation.md", "docs/distributed.md", "docs/fuseval.1")]
    named = {name for text in pages for name in re.findall(r"\b(fuseval(?:-\w+)?)\.deb", text)}
    named |= {name.rstrip(",") for text in (library, *pages) for name in re.findall(r"the package (fuseval\S*?)[\s,;.]", text)}
    assert named == set(NAMES)


def test_control_files(unpacked):
    for name, folder in unpacked.items():
        control = folder / "DEBIAN"
        own = {"shlibs", "triggers"} if name == "fuseval" else set()
        assert {path.name for path in control.iterdir()} == {"control", "md5sums"} | own
        run("md5sum", "--check", "--quiet", control / "md5sums", cwd=folder)
    control = unpacked["fuseval"] / "DEBIAN"
    assert (control / "shlibs").read_text().strip() == f"libfuseval 0 fuseval (>= {VERSION})"
    assert (control / "triggers").read_text() == "activate-noawait ldconfig\n"


def test_no_file_is_in_two(unpacked):
    files = [str(path.relative_to(folder)) for folder in unpacked.values() for path in (folder / "usr").rglob("*") if not path.is_dir()]
    assert len(files) == len(set(files))


def test_everything_belongs_to_root(packages):
    for package in packages.values():
        assert {line.split()[1] for line in run("dpkg-deb", "--contents", package).splitlines()} == {"root/root"}


def test_command_and_library(unpacked):
    root = unpacked["fuseval"]
    (library,) = root.glob("usr/lib/*/libfuseval.so.0")
    command = root / "usr" / "bin" / "fuseval"
    plugins = [path for folder in unpacked.values() for path in folder.glob("usr/lib/*/libfuseval_*.so")]
    assert {path.name for path in plugins} == {path.name for path in (BUILD / "engine").glob("libfuseval_*.so")}
    for binary in (command, library, *plugins):
        assert "RUNPATH" not in run("readelf", "-d", binary)
        assert ".symtab" not in run("readelf", "-SW", binary)
    # Unpacked and not installed, so the loader has to be told.
    assert run(command, "eval", "2*a + 1", "a=float64:1,2,3", LD_LIBRARY_PATH=str(library.parent)) == "[3. 5. 7.]\n"
    assert f"fuseval: {VERSION}\n" in run(command, "info", LD_LIBRARY_PATH=str(library.parent))


def test_documents(unpacked):
    for name, folder in unpacked.items():
        documents = folder / "usr" / "share" / "doc" / name
        assert (documents / "copyright").read_bytes() == (ROOT / "packaging" / "copyright").read_bytes()
        with gzip.open(documents / "changelog.gz", "rt") as changelog:
            assert changelog.readline().startswith(f"fuseval ({VERSION}) ")
    share = unpacked["fuseval"] / "usr" / "share"
    with gzip.open(share / "man" / "man1" / "fuseval.1.gz", "rb") as manual:
        assert manual.read() == (ROOT / "docs" / "fuseval.1").read_bytes()
    assert [path.name for path in (share / "zsh").iterdir()] == ["vendor-completions"]


def test_pkg_config_of_a_system_folder(unpacked):
    (file,) = unpacked["fuseval-dev"].glob("usr/lib/*/pkgconfig/fuseval.pc")
    assert file.read_text().startswith("prefix=/usr\n")
    run("pkg-config", "--exists", file)
    assert run("pkg-config", "--cflags", "--libs", file).strip() == "-lfuseval"
