"""The command under mpirun: one job of many processes, which reads its own parts, prints once and fails once."""

import json
import os
import re
import subprocess

import numpy as np
import pytest
from built_command import COMMAND
from ranks import run_ranks

RANKS = [0, 1, 2, 3, 5]  # 0: without mpirun


@pytest.fixture
def files(tmp_path):
    """Arrays whose means depend on the order of summation, of more rows than a block has."""
    random = np.random.default_rng(5)
    for name in "ab":
        np.save(tmp_path / f"{name}.npy", random.normal(size=(1000, 7)) * 2.0 ** random.integers(-30, 30, (1000, 7)))
    np.save(tmp_path / "number.npy", np.float64(2.5))
    return tmp_path


def evaluate(ranks, *arguments, status=0, **options):
    done = run_ranks(ranks, COMMAND, "eval", *arguments, "--distributed", **options)
    assert (done.returncode != 0) == (status != 0), f"exit {done.returncode}: {done.stderr}{done.stdout}"
    return done


def errors(done):
    return [line for line in done.stderr.splitlines() if line.startswith("fuseval: error:")]


def alone(*arguments, **options):
    return subprocess.run([COMMAND, "eval", *map(str, arguments), "--threshold", "1000"], check=True, capture_output=True, text=True, **options).stdout


@pytest.mark.parametrize("ranks", RANKS)
def test_prints_once_what_one_process_prints(files, ranks):
    for text in ("mean(a**2+b**2)", "a[::300] + b[::300]", "sum(a, axis=0), var(a), argmax(b)", "a*2.5 - number"):
        names = [f"{name}={name}.npy" for name in ("a", "b", "number") if re.search(rf"\b{name}\b", text)]
        assert evaluate(ranks, text, *names, cwd=files).stdout == alone(text, *names, cwd=files)


@pytest.mark.parametrize("ranks", [0, 2])
def test_ranks_on_devices_print_what_one_process_prints(files, ranks):
    text, names = "sum(a*b, axis=0), mean(a**2 + b**2), argmax(a)", ("a=a.npy", "b=b.npy")
    assert evaluate(ranks, text, *names, "--device", "cudasim", cwd=files).stdout == alone(text, *names, cwd=files)
    (unknown,) = errors(evaluate(ranks, text, *names, "--device", "cuda:99", cwd=files, status=1))
    assert "rank" not in unknown  # all of them have it


@pytest.mark.parametrize("ranks", [0, 3])
def test_numbers_on_the_command_line_are_everybodys(files, ranks):
    arguments = ("k*a + row", "k=2", "a=a.npy", "row=float64:1,2,3,4,5,6,7", "--json")
    results = [json.loads(text)["results"] for text in (evaluate(ranks, *arguments, cwd=files).stdout, alone(*arguments, cwd=files))]
    assert results[0] == results[1]
    assert evaluate(ranks, "k + 1", "k=2").stdout == "3\n"
    assert evaluate(ranks, "mean(arange(10))").stdout == "4.5\n"


@pytest.mark.parametrize("ranks", [0, 2, 5])
def test_files_are_written_by_all_ranks(files, ranks):
    a, b = (np.load(files / f"{name}.npy") for name in "ab")
    done = evaluate(ranks, "a - b[::-1], mean(a)", "a=a.npy", "b=b.npy", "-o", "c.npy", "-o", "m.npy", "--json", cwd=files)
    assert [result["shape"] for result in json.loads(done.stdout)["results"]] == [[1000, 7], []]
    np.testing.assert_array_equal(np.load(files / "c.npy"), a - b[::-1], strict=True)
    assert np.load(files / "m.npy").shape == ()
    assert sorted(path.name for path in files.iterdir()) == ["a.npy", "b.npy", "c.npy", "m.npy", "number.npy"]


@pytest.mark.parametrize("ranks", [0, 3])
def test_a_picture_is_that_of_one_process(files, ranks):
    arguments = ("a[:, 0]", "a=a.npy", "b=b.npy", "--plot-x", "b[:, 1]", "--plot-style", "points", "--plot")
    evaluate(ranks, *arguments, "ranks.svg", cwd=files)
    alone(*arguments, "alone.svg", cwd=files)
    assert (files / "ranks.svg").read_text() == (files / "alone.svg").read_text()
    assert len(errors(evaluate(ranks, *arguments[:5], "b, a", "--plot", "-", cwd=files, status=2))) == 1


def test_a_rank_reads_its_own_rows_only(tmp_path):
    """A file of 1 GB (a hole), and 700 MB of address space for each process."""
    np.lib.format.open_memmap(tmp_path / "a.npy", mode="w+", dtype="float64", shape=(1 << 17, 1 << 10))[-1, -1] = 1 << 27
    script = 'ulimit -v 700000; exec "$0" eval "mean(a)" a=a.npy --distributed --threads 1'
    done = run_ranks(4, "bash", "-c", script, COMMAND, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "1.0\n"), done.stderr
    assert run_ranks(1, "bash", "-c", script, COMMAND, cwd=tmp_path).returncode != 0


def test_a_result_that_no_rank_could_hold_is_shown_abbreviated(tmp_path):
    """A result of 512 MB, and 900 MB of address space for each process, of which a rank's part of the file takes 256 MB."""
    np.lib.format.open_memmap(tmp_path / "a.npy", mode="w+", dtype="float64", shape=(1 << 17, 1 << 10))[-1, 0] = 7
    script = 'ulimit -v 900000; exec "$0" eval "a[:, :512] + 1" a=a.npy --distributed --threads 1'
    done = run_ranks(4, "bash", "-c", script, COMMAND, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    shown = np.ones((1 << 17, 1 << 9))
    shown[-1, 0] = 8
    assert done.stdout == f"{shown}\n"


@pytest.mark.parametrize("ranks", [0, 3])
def test_an_error_is_said_once(files, ranks):
    done = evaluate(ranks, "a +", "a=a.npy", cwd=files, status=1)
    assert len(errors(done)) == 1 and done.stderr.count("a +\n") == 1 and done.stdout == ""
    (unknown,) = errors(evaluate(ranks, "a + nobody", "a=a.npy", cwd=files, status=1))
    assert unknown.endswith("unknown name `nobody` (line 1, column 5)")
    (missing,) = errors(evaluate(ranks, "a", "a=none.npy", cwd=files, status=1))
    assert missing == 'fuseval: error: cannot read "none.npy": No such file or directory'  # of all ranks alike
    assert len(errors(evaluate(ranks, "a + row", "a=a.npy", "row=float64:1,2", cwd=files, status=1))) == 1
    assert len(errors(evaluate(ranks, "a", "a=a.npy", "-o", "/nowhere/c.npy", cwd=files, status=1))) == 1
    for wrong in (["--threds", 2], ["-o", "c.npy", "-o", "d.npy"], ["a=a.npy"]):
        done = evaluate(ranks, "a", "a=a.npy", *wrong, cwd=files, status=2)
        assert len(errors(done)) == 1 and done.stdout == ""


def test_a_file_that_only_some_ranks_can_read(files):
    script = 'cd "$1"; [ "$OMPI_COMM_WORLD_RANK" != 1 ] || cd /; exec "$0" eval "mean(a)" a=a.npy --distributed'
    done = run_ranks(3, "bash", "-c", script, COMMAND, files)
    assert done.returncode != 0
    (message,) = errors(done)
    assert "a.npy" in message and "rank 1" in message


def test_usage(run):
    assert "--watchdog" in run("eval", "1", "--watchdog", "5", status=2).stderr
    assert "one rank alone has a standard input" in run("eval", "-", "--distributed", status=2, input="1").stderr
    assert "--ranks is for --stage distributed" in run("explain", "1", "--ranks", "2", status=2).stderr
    assert "say by --ranks how many" in run("explain", "1", "--stage", "distributed", status=2).stderr


def test_a_watchdog_ends_the_wait_for_a_rank_that_is_slow(files):
    """Rank 1 has half a million numbers to read first, unless rank 0 has hardly begun by then."""
    script = """cd "$1"; numbers=1
      [ "$OMPI_COMM_WORLD_RANK" != 1 ] || numbers=$(printf '1%.0s,' $(seq 50000))
      exec "$0" eval 'mean(a)' {b,c,d,e,f,g,h,i,j,k}=int8:$numbers a=a.npy --distributed --watchdog 0.001"""
    done = run_ranks(2, "bash", "-c", script, COMMAND, files)
    assert done.returncode != 0 and done.stdout == ""
    assert any(re.search(r"rank (0 waited 0.001 s in .* rank 1|1 waited 0.001 s in .* rank 0)", message) for message in errors(done)), done.stderr


@pytest.mark.parametrize("ranks", [1, 64])
def test_a_plan_for_ranks_that_are_not_there(run, files, ranks):
    text = run("explain", "mean(a[1:] - a[:-1])", "a=a.npy", "--stage", "distributed", "--ranks", ranks, cwd=files).stdout
    lines = text.splitlines()
    assert lines[0] == f"{ranks} rank{'' if ranks == 1 else 's'}"
    assert "a: float64 (1000, 7) Block(axis 0, even)" in lines
    assert ("exchange of boxes" in text) == (ranks > 1)  # the first row of the next rank


def test_the_plan_of_a_distributed_evaluation(files):
    done = evaluate(2, "mean(a)", "a=a.npy", "--explain", cwd=files)
    assert done.stderr.count("a: float64 (1000, 7) Block(axis 0, even)") == 1
    assert done.stdout == alone("mean(a)", "a=a.npy", cwd=files)


def test_info_says_which_mpi_ranks_would_use(run):
    lines = run("info").stdout.splitlines()
    (mpi,) = [line for line in lines if line.startswith("mpi: ")]
    assert re.fullmatch(r"mpi: .*MPI.*, not CUDA-aware", mpi)
    assert len([line for line in lines if line.startswith("hdf5: ")]) == 1
    lines = run("info", env=os.environ | {"FUSEVAL_MPI_PLUGIN": "/nowhere.so"}).stdout.splitlines()
    assert any(line.startswith("mpi: none: MPI cannot be used: /nowhere.so: cannot open") for line in lines)


@pytest.mark.parametrize(
    "arguments", [("sum(a", "a=a.npy"), ("sum(a)", "a=float64:1,x"), ("sum(a)", "a=missing.npy"), ("sum(a)", "b=a.npy"), ("sum(a)", "a=a.npy", "--device", "none")]
)
def test_a_command_line_that_one_rank_has_wrong_ends_all_of_them(files, arguments):
    script = 'if [ "$OMPI_COMM_WORLD_RANK$PMI_RANK" = 2 ]; then exec "$0" eval "$@" --distributed; else exec "$0" eval "sum(a)" a=a.npy --distributed; fi'
    done = run_ranks(4, "bash", "-c", script, COMMAND, *arguments, cwd=files)
    assert done.returncode not in (0, 124) and done.stdout == ""
    (error,) = errors(done)
    assert "rank 2: " in error
