"""The project is configured on a machine that has only what packages.txt lists under [build]."""

import re
from pathlib import Path

from outside_project import ROOT, run

# MPI is looked for, and not there: FindMPI then leaves a target behind.
ABSENT = ["-DMPI_SKIP_COMPILER_WRAPPER=ON", "-DMPI_SKIP_GUESSING=ON", "-DMPI_ASSUME_NO_BUILTIN_MPI=ON",
          *(f"-DCMAKE_DISABLE_FIND_PACKAGE_{name}=ON" for name in ("HDF5", "doctest", "Eigen3", "xtensor", "Python3"))]


def configure(tmp_path, *options, status=0):
    """What CMake says where pkg-config knows neither HDF5 nor an MPI."""
    known = tmp_path / "pkgconfig"
    known.mkdir()
    for folder in run("pkg-config", "--variable", "pc_path", "pkg-config").strip().split(":"):
        for file in Path(folder).glob("*.pc"):
            if not re.match("hdf5|o?mpi|orte", file.name) and not (known / file.name).exists():
                (known / file.name).symlink_to(file)
    return run("cmake", "-G", "Ninja", "-S", ROOT, "-B", tmp_path / "build", *ABSENT, *options, status=status, PKG_CONFIG_LIBDIR=str(known))


def test_what_is_built_without_the_rest(tmp_path):
    configure(tmp_path)
    targets = set(re.findall(r"^(\S+):", run("ninja", "-C", tmp_path / "build", "-t", "targets", "all"), re.MULTILINE))
    assert {"fuseval", "fuseval_command", "fuseval_installed", "great_circle"} <= targets
    assert not [name for name in targets if re.match(r"fuseval_(mpi|hdf5)|unit_", name)]


def test_a_plugin_that_is_asked_for_and_not_there_is_an_error(tmp_path):
    said = configure(tmp_path, "-DFUSEVAL_HDF5=ON", status=1)
    assert "FUSEVAL_HDF5 is ON, but no HDF5 is found (Debian: libhdf5-dev)" in said
