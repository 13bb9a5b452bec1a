"""What was installed, for all tests of installation."""

import shutil

import pytest
from outside_project import BUILD, ROOT, run


@pytest.fixture(scope="session")
def prefix(tmp_path_factory):
    """Where the build was installed, and then moved to: nobody was told of the new place."""
    assert (BUILD / "packaging" / "cmake_install.cmake").exists(), f"{BUILD} is not built"
    first = tmp_path_factory.mktemp("prefix") / "first"
    run("cmake", "--install", BUILD, "--prefix", first)
    return first.rename(first.with_name("moved"))


@pytest.fixture(scope="session")
def packages(tmp_path_factory):
    """{name: file} of the Debian packages, as ./dev package makes them, but for how well they are compressed."""
    if not shutil.which("dpkg-shlibdeps"):
        pytest.skip("Debian's tools are not installed")
    if BUILD.resolve() == (ROOT / "build" / "release").resolve():
        folder = ROOT / "build" / "package"
        run("./dev", "package", cwd=ROOT, DPKG_DEB_COMPRESSOR_LEVEL="1")
    else:
        folder = tmp_path_factory.mktemp("package")
        run("cpack", "--config", BUILD / "CPackConfig.cmake", "-G", "DEB", "-B", folder, DPKG_DEB_COMPRESSOR_LEVEL="1")
    return {file.stem.partition("_")[0]: file for file in folder.glob("*.deb")}
