"""What was installed, for all tests of installation."""

import pytest
from outside_project import BUILD, run


@pytest.fixture(scope="session")
def prefix(tmp_path_factory):
    """Where the build was installed, and then moved to: nobody was told of the new place."""
    assert (BUILD / "packaging" / "cmake_install.cmake").exists(), f"{BUILD} is not built"
    first = tmp_path_factory.mktemp("prefix") / "first"
    run("cmake", "--install", BUILD, "--prefix", first)
    return first.rename(first.with_name("moved"))
