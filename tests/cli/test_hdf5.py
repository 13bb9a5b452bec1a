"""Files of HDF5 under mpirun: written by h5py and read by ranks, and the other way round."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from built_command import COMMAND
from ranks import run_ranks

h5py = pytest.importorskip("h5py")
ENGINE = Path(COMMAND).resolve().parents[1] / "engine"
PLUGINS = ["libfuseval_hdf5.so", "libfuseval_hdf5_mpi.so"]  # for a process by itself; for ranks under MPI
for name in PLUGINS:
    if not (ENGINE / name).exists():
        pytest.skip(f"{name} is not built: its HDF5 was not found, or FUSEVAL_HDF5=OFF", allow_module_level=True)

RANKS = [0, 1, 2, 3, 5]  # 0: without mpirun
COMPUTED = ["bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float32", "float64"]


def values(dtype, shape=(37, 5)):
    return (np.random.default_rng(7).integers(0, 100, shape) > 50) if dtype == "bool" else \
        np.random.default_rng(7).integers(0, 100, shape).astype(dtype)


def evaluate(ranks, *arguments, folder):
    return run_ranks(ranks, COMMAND, "eval", *arguments, "--distributed", cwd=folder)


def written(ranks, *arguments, folder):
    done = evaluate(ranks, *arguments, folder=folder)
    assert done.returncode == 0, done.stderr


def failure(ranks, *arguments, folder):
    """The one error of a command that has to fail."""
    done = evaluate(ranks, *arguments, folder=folder)
    lines = [line for line in done.stderr.splitlines() if line.startswith("fuseval: error:")]
    assert done.returncode != 0 and len(lines) == 1, done.stderr
    return lines[0]


@pytest.mark.parametrize("ranks", RANKS)
def test_every_dtype_there_and_back(tmp_path, ranks):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        for dtype in COMPUTED:
            file[f"of/{dtype}"] = values(dtype)
    texts = ", ".join(f"x{k}[::-1]" for k in range(len(COMPUTED)))
    names = [f"x{k}=a.h5:/of/{dtype}" for k, dtype in enumerate(COMPUTED)]
    outputs = [word for dtype in COMPUTED for word in ("-o", f"{dtype}.h5:/back/{dtype}")]
    written(ranks, texts, *names, *outputs, folder=tmp_path)
    for dtype in COMPUTED:
        with h5py.File(tmp_path / f"{dtype}.h5") as file:
            assert list(file) == ["back"] and list(file["back"]) == [dtype]
            np.testing.assert_array_equal(file["back"][dtype][()], values(dtype)[::-1], strict=True)
    assert len(list(tmp_path.iterdir())) == len(COMPUTED) + 1


@pytest.mark.parametrize("ranks", [0, 3])
def test_kinds_of_datasets(tmp_path, ranks):
    a = np.random.default_rng(3).normal(size=(101, 7))
    with h5py.File(tmp_path / "a.hdf5", "w") as file:
        file.create_dataset("chunked", data=a, chunks=(13, 3))
        file.create_dataset("packed", data=a, chunks=(10, 7), compression="gzip", shuffle=True)
        file.create_dataset("grows", data=a, maxshape=(None, 7))
        file["big"] = a.astype(">f8")
        file["one"] = 2.5
        file["empty"] = np.zeros((0, 7))
        file.create_dataset("unwritten", (101, 7), "float64", fillvalue=4.5)
        file["link"] = h5py.SoftLink("/chunked")
    names = [f"{name}=a.hdf5:/{name}" for name in ("chunked", "packed", "grows", "big", "one", "unwritten", "link")]
    text = "chunked + packed*2 - grows*link + big*one + unwritten"
    written(ranks, text, *names, "-o", "b.h5:b", folder=tmp_path)
    with h5py.File(tmp_path / "b.h5") as file:
        np.testing.assert_array_equal(file["b"][()], a + a * 2 - a * a + a * 2.5 + 4.5, strict=True)
        assert file["b"].chunks is None
    written(ranks, "empty*2, sum(chunked)", "empty=a.hdf5:empty", names[0], "-o", "c.h5:c", "-o", "d.h5:d", folder=tmp_path)
    with h5py.File(tmp_path / "c.h5") as c, h5py.File(tmp_path / "d.h5") as d:
        assert c["c"].shape == (0, 7) and d["d"].shape == ()
        np.testing.assert_allclose(d["d"][()], a.sum())


@pytest.mark.parametrize("ranks", [0, 2])
def test_the_only_dataset_of_a_file_needs_no_name(tmp_path, ranks):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["deep/inside"] = np.arange(10.0)
        file["notes"] = h5py.Empty("f")
        del file["notes"]
    assert evaluate(ranks, "sum(a)", "a=a.h5", folder=tmp_path).stdout == "45.0\n"
    with h5py.File(tmp_path / "a.h5", "a") as file:
        file["second"] = 1.0
    assert failure(ranks, "a", "a=a.h5", folder=tmp_path).endswith(
        'cannot read "a.h5": it has several datasets, so say which by FILE:/NAME: /deep/inside, /second')


@pytest.mark.parametrize("ranks", [0, 3])
def test_what_cannot_be_read_is_said_once(tmp_path, ranks):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["text"] = "words"
        file["records"] = np.zeros(3, dtype=[("x", "f8"), ("y", "i4")])
        file["colour"] = np.zeros(3, dtype=h5py.enum_dtype({"red": 0, "green": 1}, basetype="i4"))
        file["nothing"] = h5py.Empty("f")
        file["group/x"] = np.arange(3.0)
        file["half"] = np.arange(3.0, dtype="float16")
        file["complex"] = np.arange(3.0, dtype="complex64")
        file.create_dataset("broken", data=np.arange(1000.0), chunks=(100,), compression="gzip", fletcher32=True)
        chunk = file["broken"].id.get_chunk_info(5)
    with open(tmp_path / "a.h5", "r+b") as file:
        file.seek(chunk.byte_offset + 3)
        file.write(b"????")
    reasons = {
        "text": "its elements are strings, which no dtype is for", "records": "its elements are records, which no dtype is for",
        "colour": "its elements are an enumeration, which no dtype is for", "nothing": "the dataset is empty: it has no shape",
        "group": "/group is no dataset", "nowhere/x": "it has no dataset /nowhere/x; it has /broken, /colour, /complex",
        "broken": "HDF5: ", "half": "dtype float16, which this version does not compute with", "complex": "dtype complex64",
    }
    for name in reasons if ranks == 0 else ("records", "broken"):
        reason = reasons[name]
        assert reason in failure(ranks, "a + 1", f"a=a.h5:/{name}", folder=tmp_path), name
    assert "No such file" in failure(ranks, "a", "a=b.h5:/a", folder=tmp_path)


def test_without_ranks(run, tmp_path):
    """The command and the prompt read and write datasets by themselves."""
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["g/x"] = np.arange(6.0).reshape(2, 3)
    run("eval", "x.T + 1, sum(x)", "x=a.h5:/g/x", "-o", "b.h5:/y", "-o", "c.h5:/s", cwd=tmp_path)
    with h5py.File(tmp_path / "b.h5") as b, h5py.File(tmp_path / "c.h5") as c:
        np.testing.assert_array_equal(b["y"][()], np.arange(6.0).reshape(2, 3).T + 1, strict=True)
        assert c["s"][()] == 15
    done = subprocess.run([COMMAND, "repl"], input=":load a.h5:/g/x\nx[1]\n:save x*2 d.h5:/z\n", cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout.endswith(", from a.h5:/g/x\n[3. 4. 5.]\n") and done.stderr == ""
    with h5py.File(tmp_path / "d.h5") as d:
        np.testing.assert_array_equal(d["z"][()], np.arange(6.0).reshape(2, 3) * 2, strict=True)
    (tmp_path / "e.h5").write_text("words")
    done = run("eval", "1", "-o", "e.h5:/z", status=1, cwd=tmp_path)
    assert "what is there is a text, not a file of HDF5; --force replaces it" in done.stderr


@pytest.mark.parametrize("ranks", [0, 3])
def test_a_file_is_replaced_only_if_nothing_else_is_in_it(tmp_path, ranks):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["x"] = np.arange(3.0)
    written(ranks, "arange(5)*a[1]", "a=a.h5:x", "-o", "a.h5:/x", folder=tmp_path)
    with h5py.File(tmp_path / "a.h5", "a") as file:
        np.testing.assert_array_equal(file["x"][()], np.arange(5.0), strict=True)
        file["g/y"] = 1.0
    before = (tmp_path / "a.h5").read_bytes()
    assert failure(ranks, "a", "a=a.h5:x", "-o", "a.h5:/x", folder=tmp_path).endswith(
        'cannot write "a.h5": it would be replaced, and it has more in it, which would be lost: /g/y, /g')
    assert (tmp_path / "a.h5").read_bytes() == before and len(list(tmp_path.iterdir())) == 1


@pytest.fixture
def alone(tmp_path):
    """Runs the command by itself, with a file a.h5 of one dataset, and these variables; CompletedProcess."""
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["x"] = np.arange(3.0)
    return lambda *arguments, **variables: subprocess.run([COMMAND, *arguments, "--distributed"], cwd=tmp_path, env=os.environ | variables,
                                                          capture_output=True, text=True, timeout=300)


def test_a_process_by_itself_loads_no_mpi(alone):
    done = alone("eval", "a", "a=a.h5:x", "-o", "b.h5:y", LD_DEBUG="files", FUSEVAL_MPI_PLUGIN="/nowhere.so")
    assert done.returncode == 0 and "libfuseval_hdf5.so" in done.stderr
    assert not [line for line in done.stderr.splitlines() if "libmpi" in line or "libhdf5_openmpi" in line or "libfuseval_hdf5_mpi" in line]


@pytest.mark.parametrize("plugin", PLUGINS)
def test_either_plugin_serves_a_process_by_itself(alone, plugin):
    done = alone("eval", "2*a", "a=a.h5:x", FUSEVAL_HDF5_PLUGIN=str(ENGINE / plugin))
    assert (done.returncode, done.stdout) == (0, "[0. 2. 4.]\n"), done.stderr


def test_without_plugins_the_error_names_the_package_and_the_switch(alone, tmp_path):
    """A copy of the library that has no plugins beside it."""
    shutil.copy(ENGINE / "libfuseval.so.0", tmp_path / "libfuseval.so.0")
    where = {"LD_LIBRARY_PATH": str(tmp_path), "LD_PRELOAD": str(tmp_path / "libfuseval.so.0")}
    for words in ("libfuseval_hdf5.so: cannot open", "in the package fuseval, needs libhdf5-103-1", "libhdf5-dev; FUSEVAL_HDF5=ON insists"):
        assert words in alone("eval", "a", "a=a.h5:x", **where).stderr
    said = subprocess.run([COMMAND, "info"], env=os.environ | where, capture_output=True, text=True, timeout=300).stdout
    assert "mpi: none: MPI cannot be used: " in said and "in the package fuseval-mpi" in said and "FUSEVAL_MPI=ON insists" in said
    assert "hdf5: none: HDF5 cannot be used: " in said


def test_info_tells_which_hdf5_there_is(run):
    assert re.search(r"^hdf5: [\d.]+, for .*MPI.* as well$", run("info").stdout, re.MULTILINE)
    only_serial = run("info", env=os.environ | {"FUSEVAL_HDF5_PLUGIN": str(ENGINE / "libfuseval_hdf5.so")}).stdout
    assert re.search(r"^hdf5: [\d.]+, not for ranks under MPI$", only_serial, re.MULTILINE)


def test_plugins_export_their_entry_alone_and_only_they_need_hdf5():
    def needed_by(file):
        return subprocess.run(["readelf", "-dW", file], check=True, capture_output=True, text=True).stdout

    for name in PLUGINS:
        text = subprocess.run(["nm", "-D", "--defined-only", ENGINE / name], check=True, capture_output=True, text=True).stdout
        assert [line.split()[-1] for line in text.splitlines() if line.split()[1] in "TDBR"] == ["fuseval_hdf5_plugin"]
        assert "hdf5" in needed_by(ENGINE / name)
    assert "libmpi" not in needed_by(ENGINE / "libfuseval_hdf5.so")
    for file in (COMMAND, ENGINE / "libfuseval.so", ENGINE / "libfuseval_mpi.so"):
        assert "NEEDED" in needed_by(file) and "hdf5" not in needed_by(file)
