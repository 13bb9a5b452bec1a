"""The Debian package: what it says of itself and what is in it. packaging/try_on_clean_debian.sh installs it."""

import gzip
import re
import shutil

import pytest
from outside_project import BUILD, ROOT, VERSION, run

pytestmark = pytest.mark.skipif(not shutil.which("dpkg-shlibdeps"), reason="Debian's tools are not installed")


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    folder = tmp_path_factory.mktemp("package")
    # Quicker to pack than what ./dev package makes, and 15 % larger.
    run("cpack", "--config", BUILD / "CPackConfig.cmake", "-G", "DEB", "-B", folder, DPKG_DEB_COMPRESSOR_LEVEL="1")
    (file,) = folder.glob("*.deb")
    return file


@pytest.fixture(scope="module")
def unpacked(package):
    folder = package.with_name("unpacked")
    run("dpkg-deb", "--raw-extract", package, folder)
    return folder


def fields(package):
    return dict(re.findall(r"^([\w-]+): (.*)$", run("dpkg-deb", "--field", package), re.MULTILINE))


def test_control_fields(package, unpacked):
    control = fields(package)
    assert package.name == f"fuseval_{VERSION}_{control['Architecture']}.deb"
    assert (control["Package"], control["Version"], control["Section"]) == ("fuseval", VERSION, "math")
    needed = {re.match(r"[\w.+-]+", item)[0] for item in control["Depends"].split(", ")}
    assert {"libc6", "libstdc++6", "libfmt9", "libedit2"} <= needed
    assert not [name for name in needed if re.search("llvm|fuseval|-dev$", name)]
    size = sum(path.lstat().st_size for path in (unpacked / "usr").rglob("*") if path.is_file() and not path.is_symlink())
    assert size / 1024 <= int(control["Installed-Size"]) < 1.1 * size / 1024


def test_control_files(unpacked):
    control = unpacked / "DEBIAN"
    assert {path.name for path in control.iterdir()} == {"control", "md5sums", "shlibs", "triggers"}
    assert (control / "shlibs").read_text().strip() == f"libfuseval 0 fuseval (>= {VERSION})"
    assert (control / "triggers").read_text() == "activate-noawait ldconfig\n"
    run("md5sum", "--check", "--quiet", control / "md5sums", cwd=unpacked)


def test_everything_belongs_to_root(package):
    assert {line.split()[1] for line in run("dpkg-deb", "--contents", package).splitlines()} == {"root/root"}


def test_command_and_library(unpacked):
    (library,) = unpacked.glob("usr/lib/*/libfuseval.so.0")
    command = unpacked / "usr" / "bin" / "fuseval"
    for binary in (command, library):
        assert "RUNPATH" not in run("readelf", "-d", binary)
        assert ".symtab" not in run("readelf", "-SW", binary)
    # Unpacked and not installed, so the loader has to be told.
    assert run(command, "eval", "2*a + 1", "a=float64:1,2,3", LD_LIBRARY_PATH=str(library.parent)) == "[3. 5. 7.]\n"
    assert f"fuseval: {VERSION}\n" in run(command, "info", LD_LIBRARY_PATH=str(library.parent))


def test_documents(unpacked):
    documents = unpacked / "usr" / "share" / "doc" / "fuseval"
    assert (documents / "copyright").read_bytes() == (ROOT / "packaging" / "copyright").read_bytes()
    with gzip.open(documents / "changelog.gz", "rt") as changelog:
        assert changelog.readline().startswith(f"fuseval ({VERSION}) ")
    with gzip.open(unpacked / "usr" / "share" / "man" / "man1" / "fuseval.1.gz", "rb") as manual:
        assert manual.read() == (ROOT / "docs" / "fuseval.1").read_bytes()


def test_pkg_config_of_a_system_folder(unpacked):
    (file,) = unpacked.glob("usr/lib/*/pkgconfig/fuseval.pc")
    assert file.read_text().startswith("prefix=/usr\n")
    assert run("pkg-config", "--cflags", "--libs", file).strip() == "-lfuseval"
