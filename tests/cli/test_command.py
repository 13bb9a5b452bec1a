"""The fuseval command: what it prints, writes and refuses, and with which exit status."""

import json
import os
import pty
import subprocess

import numpy as np
import pytest

from built_command import COMMAND


def refused(run, *arguments):
    """Standard error of a command line that is a usage error."""
    done = run(*arguments, status=2)
    assert done.stdout == ""
    return done.stderr


def test_bindings(run, tmp_path):
    np.save(tmp_path / "a.npy", np.arange(6.0).reshape(2, 3))
    assert run("eval", "a*2", f"a={tmp_path}/a.npy").stdout == "[[ 0.  2.  4.]\n [ 6.  8. 10.]]\n"
    assert run("eval", "2*a + 1", "a=float64:1,2,3").stdout == "[3. 5. 7.]\n"
    assert run("eval", "x", "x=int8:1,").stdout == "[1]\n"
    assert run("eval", "x", "x=bool:True, False,1").stdout == "[ True False  True]\n"
    assert run("eval", "x", "x=uint64:18446744073709551615").stdout == "18446744073709551615\n"
    assert run("eval", "e + mean(mean)", "e=float64:1,2", "mean=float64:2,4").stdout == "[4. 5.]\n"
    assert run("eval", "1", "norm=1", "np=2", "float32=3").stdout == "1\n"


@pytest.mark.parametrize("value, dtype, shown", [
    ("3", "int64", 3), ("-3", "int64", -3), ("0x_ff", "int64", 255), ("0b101", "int64", 5), ("1_000", "int64", 1000),
    ("-9223372036854775808", "int64", -2**63), ("2.5", "float64", 2.5), ("1e3", "float64", 1000.0), (".5", "float64", 0.5),
    ("-inf", "float64", "-Infinity"), ("nan", "float64", "NaN"), ("1e400", "float64", "Infinity"), ("True", "bool", True),
    ("float32:0.1", "float32", 0.1), ("int16:-7", "int16", -7), ("float64:", "float64", []), ("int8:5,", "int8", [5])])
def test_values(run, value, dtype, shown):
    (result,) = json.loads(run("eval", "x", f"x={value}", "--json").stdout)["results"]
    assert (result["dtype"], result["value"]) == (dtype, shown)
    assert type(result["value"]) is type(shown)


def test_scalars_are_weak_or_strong(run):
    dtypes = [json.loads(run("eval", "a*k", "a=float32:1,2", k, "--json").stdout)["results"][0]["dtype"]
              for k in ("k=2.5", "k=float64:2.5", "k=float64:2.5,")]
    assert dtypes == ["float32", "float64", "float64"]


@pytest.mark.parametrize("argument, reason", [
    ("x=", "'' is no number, no list like 1,2,3, no dtype:values, and no file that is read: FILE.npy, FILE.npz:NAME"),
    ("x=y", "'y' is no number, no list like 1,2,3, no dtype:values, and no file that is read: FILE.npy, FILE.npz:NAME"),
    ("x=007", "'007' is no number"), ("x=1__0", "'1__0' is no number"), ("x=1e", "'1e' is no number"),
    ("x=9223372036854775808", "the integer 9223372036854775808 is beyond int64"),
    ("x=int8:200", "'200' is out of range for int8"), ("x=uint8:-1", "'-1' is out of range for uint8"),
    ("x=int8:1.5", "'1.5' is no int8"), ("x=float32:1,,2", "'' is no float32"), ("x=bool:2", "'2' is no bool"),
    ("x=complex64:1", "values of dtype complex64 cannot be given"), ("x=foo:1", "'foo:1' is no number"),
    ("x", "a binding is name=value"), ("=3", "'' is no name"), ("1x=3", "'1x' is no name"), ("a b=3", "'a b' is no name"),
    ("None=3", "'None' is no name"), ("if=3", "'if' is no name"),
    ("x²=3", "'x²' is no name"), ("ｉｆ=3", "'ｉｆ' is no name"), ("a\u00b7b=3", "'a·b' is no name")])
def test_bad_bindings_name_the_argument(run, argument, reason):
    message = refused(run, "eval", "x", argument)
    assert f"argument '{argument}'" in message and reason in message


def test_usage_errors(run):
    assert "subcommand" in refused(run)
    assert "EXPR is required" in refused(run, "eval")
    assert "--threds" in refused(run, "eval", "1", "--threds", "2")
    assert "--threads" in refused(run, "eval", "1", "--threads", "0")
    assert "-1" in refused(run, "eval", "1", "--threads", "-1")
    assert "'float7' is no dtype" in refused(run, "eval", "1", "--out-dtype", "float7")
    assert "'x' is bound twice" in refused(run, "eval", "x", "x=1", "x=2")
    assert "--stage" in refused(run, "explain", "1", "--stage", "parrot")
    assert refused(run, "evil", "1") and refused(run, "info", "1")


def test_limits(run):
    done = run("eval", "sum(sin(arange(10**13)*1.5))", "--timeout", "0.2", status=1)
    assert done.stdout == "" and "took longer than its limit of 200 ms" in done.stderr
    assert run("eval", "sum(arange(10))", "--timeout", "3600", "--memory", "1G").stdout == "45\n"
    assert "8192 bytes" in run("eval", "ones(1025)", "--memory", "8K", status=1).stderr
    assert run("eval", "ones(1024).size", "--memory", "8K").stdout == "1024\n"
    for wrong in ("0", "-1", "8Q", "K", "1.5G", "99999999999T", ""):
        assert f"'{wrong}' is no number of bytes" in refused(run, "eval", "1", "--memory", wrong)
    for wrong in ("0", "-1", "nan", "1e300", "soon"):
        assert f"--timeout: '{wrong}' is no number of seconds" in refused(run, "eval", "1", "--timeout", wrong)


def test_number_of_threads(run):
    def threads(variable, *arguments, **options):
        environment = {**os.environ, "FUSEVAL_THREADS": variable}
        return run(*arguments, env=environment, **options)

    assert "threads: 3\n" in threads("3", "info").stdout
    assert "threads: 2" in threads("3", "repl", "--threads", "2", input=":info\n").stdout
    assert "threads: 3" in threads("3", "repl", input=":info\n").stdout
    for wrong in ("0", "many", "5000"):
        done = threads(wrong, "eval", "1", status=1)
        assert f"FUSEVAL_THREADS is '{wrong}'; it must be a whole number from 1 to 4096" in done.stderr
        assert threads(wrong, "eval", "1", "--threads", "1").stdout == "1\n"


def test_expressions_that_look_like_something_else(run):
    assert run("eval", "-a", "a=3").stdout == "-3\n"
    assert run("eval", "-sum(a)", "a=int64:1,2,3").stdout == "-6\n"
    assert run("eval", "info", "info=4").stdout == "4\n"
    assert run("eval", "-", "a=2", input="a +\\\n 1\n").stdout == "3\n"
    assert run("eval", "--", "-1").stdout == "-1\n"


ACCENTED = {"composed": "\u00e9", "decomposed": "e\u0301"}


@pytest.mark.parametrize("bound", ACCENTED)
@pytest.mark.parametrize("used", ACCENTED)
def test_names_mean_the_same_in_every_form(run, bound, used):
    name, word = ACCENTED[bound], ACCENTED[used]
    assert run("eval", f"{word}*2 + ｘ", f"{name}=3", "x=1").stdout == "7\n"
    assert f"'{ACCENTED['composed']}' is bound twice" in refused(run, "eval", "1", f"{name}=1", f"{word}=2")


def test_a_byte_order_mark_is_no_part_of_standard_input(run):
    mark = "\ufeff"
    assert run("eval", "-", "a=2", input=f"{mark}a + 1\n").stdout == "3\n"
    assert "(line 1, column 5)" in run("eval", "-", "a=2", input=f"{mark}a + b", status=1).stderr
    assert run("repl", input=f"{mark}a = 2\na + 1\n").stdout == "3\n"
    assert run("repl", input=f"{mark}:set precision 3\n1/3.0\n").stdout == "0.3333333333333333\n"
    assert "U+FEFF: it is an invisible byte order mark" in run("eval", mark + "1", status=1).stderr
    assert "U+FEFF" in run("eval", "-", input=f"{mark}{mark}1", status=1).stderr


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_other_encodings_are_named(encoding):
    for command in (["eval", "-", "a=2"], ["repl"]):
        done = subprocess.run([COMMAND, *command], input="a + 1\n".encode(encoding), capture_output=True)
        assert done.returncode == 1 and b"UTF-16" in done.stderr and done.stdout == b""


def test_diagnostics(run):
    done = run("eval", "a + unknown_name", "a=1", status=1)
    assert done.stdout == ""
    first, source, carets = done.stderr.splitlines()
    assert first.startswith("fuseval: error: ") and first.endswith("(line 1, column 5)") and "unknown_name" in first
    assert source == "a + unknown_name" and carets.startswith("    ^") and "\x1b" not in done.stderr
    done = run("eval", "a", "a=/no/such.npy", status=1)
    assert done.stderr == 'fuseval: error: cannot read "/no/such.npy": No such file or directory\n'
    assert run("eval", "a", "a=1", "--device", "abacus", status=1).stderr.startswith("fuseval: error: ")


def test_hints(run):
    done = run("eval", "(a >= 1) & b > 1, max(b, 0)", "a=int64:0,1", "b=int64:3,3", "--lint")
    assert done.stdout == run("eval", "(a >= 1) & b > 1, max(b, 0)", "a=int64:0,1", "b=int64:3,3").stdout == "[False False]\n3\n"
    first, source, carets, second, _, more = done.stderr.splitlines()
    assert first.startswith("fuseval: hint: `&` binds tighter than comparisons") and first.endswith("(line 1, column 1)")
    assert (source, carets) == ("(a >= 1) & b > 1, max(b, 0)", "^" + "~" * 15)
    assert "maximum(a, b)" in second and more == " " * 25 + "^"
    assert run("eval", "a > 1", "a=2", "--lint").stderr == ""
    failed = run("eval", "x^2", "x=1.5", "--lint", status=1).stderr  # floats have no exclusive or
    assert failed.index("hint: ") < failed.index("error: ")
    assert run("explain", "x^2", "--stage", "hints").stdout.splitlines()[1:] == ["x^2", " ^"]
    assert run("explain", "x**2", "--stage", "hints").stdout == "no hints\n"
    assert run("repl", input="x = 3\n:explain hints x^2\n").stdout.startswith("`^` is the exclusive or")


def standard_error_on_a_terminal(environment):
    controller, terminal = pty.openpty()
    subprocess.run([COMMAND, "eval", "1 +"], stderr=terminal, env={**os.environ, **environment})
    text = os.read(controller, 10_000).decode()
    os.close(controller), os.close(terminal)
    return text


def test_colour_only_on_a_terminal_that_wants_it():
    assert "\x1b[1;31merror:" in standard_error_on_a_terminal({"TERM": "xterm", "NO_COLOR": ""})
    assert "\x1b" not in standard_error_on_a_terminal({"TERM": "xterm", "NO_COLOR": "1"})
    assert "\x1b" not in standard_error_on_a_terminal({"TERM": "dumb", "NO_COLOR": ""})


def test_json(run):
    text = run("eval", "a, sum(a), a > 1, 7", "a=float64:1,0.1,nan,-inf", "--json").stdout
    assert text.count("\n") == 1
    document = json.loads(text)
    assert set(document) == {"results", "seconds"}
    assert set(document["seconds"]) == {"load", "compile", "run"}
    assert [(r["dtype"], r["shape"]) for r in document["results"]] == [
        ("float64", [4]), ("float64", []), ("bool", [4]), ("int64", [])]
    assert [r["value"] for r in document["results"]] == [[1.0, 0.1, "NaN", "-Infinity"], "NaN", [False, False, False, False], 7]
    assert text.startswith('{"results":[{"dtype":"float64","shape":[4],"value":[1.0,0.1,"NaN","-Infinity"]},')


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64", "uint64"])
def test_json_reads_back_exactly(run, tmp_path, dtype):
    rng = np.random.default_rng(20261121)
    bits = rng.integers(0, 2**64, 3000, dtype=np.uint64)
    array = bits.astype("uint32").view(dtype) if dtype == "float32" else bits.view(dtype)
    array = array.reshape(10, 3, 100)
    np.save(tmp_path / "a.npy", array)
    (result,) = json.loads(run("eval", "a", f"a={tmp_path}/a.npy", "--json").stdout)["results"]
    words = {"NaN": np.nan, "Infinity": np.inf, "-Infinity": -np.inf}
    flat = [words.get(x, x) for row in result["value"] for cell in row for x in cell]
    assert result["shape"] == [10, 3, 100]
    np.testing.assert_array_equal(np.array(flat, dtype=dtype), array.ravel())


def test_json_is_json_whatever_a_file_is_called(run, tmp_path):
    for name, shown in (('a "b"\\\n.npy', 'a "b"\\\n.npy'), (b"\xff.npy".decode(errors="surrogateescape"), "\ufffd.npy")):
        document = json.loads(run("eval", "1.5", "-o", tmp_path / name, "--json").stdout)
        assert document["results"] == [{"dtype": "float64", "shape": [], "file": str(tmp_path / shown)}]


def test_files_are_written(run, tmp_path):
    one, two = tmp_path / "one.npy", tmp_path / "two.npy"
    assert run("eval", "a + 1, sum(a)", "a=int32:1,2", "-o", one, "-o", two).stdout == ""
    np.testing.assert_array_equal(np.load(one), np.array([2, 3], dtype="int32"), strict=True)
    assert np.load(two) == 3 and np.load(two).shape == ()
    assert run("eval", "a*10", f"a={one}", "-o", one).stdout == ""  # onto its own input
    assert np.load(one).tolist() == [20, 30]
    document = json.loads(run("eval", "a", "a=float32:1,2", "-o", one, "--json").stdout)
    assert document["results"] == [{"dtype": "float32", "shape": [2], "file": str(one)}]
    assert "2 results, but 1 file is named" in refused(run, "eval", "1, 2", "-o", one)
    assert "cannot be written" in run("eval", "1", "-o", tmp_path, status=2).stderr
    assert "cannot be written" in run("eval", "1", "-o", "/dev/null", status=2).stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.npy", "two.npy"]


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint16", "float32", "float64"])
def test_out_dtype_casts_as_astype(run, dtype):
    document = json.loads(run("eval", "a, sum(a)", "a=float64:0,1.5,100", "--out-dtype", dtype, "--json").stdout)
    for result, value in zip(document["results"], (np.array([0, 1.5, 100]), np.float64(101.5)), strict=True):
        assert result["dtype"] == dtype
        assert result["value"] == value.astype(dtype).tolist()


def test_time_and_explain_go_to_standard_error(run):
    done = run("eval", "a*2", "a=float64:1,2", "--time", "--explain")
    assert done.stdout == "[2. 4.]\n"
    assert "1 kernel" in done.stderr and "compile" in done.stderr
    document = json.loads(run("eval", "a*2", "a=float64:1,2", "--json", "--explain").stdout)
    assert "1 kernel" in document["plan"]


def test_explain_stages(run):
    stages = {stage: run("explain", "a*b + 1", "a=float64:1,2", "b=2", "--stage", stage).stdout
              for stage in ("ast", "graph", "loops", "llvm", "asm", "cuda", "device", "plan")}
    assert len(set(stages.values())) == len(stages) and all(text.endswith("\n") for text in stages.values())
    assert "define" in stages["llvm"] and "mm" in stages["asm"] and "__global__" in stages["cuda"]
    assert "choice: " in stages["device"]
    assert run("explain", "a*b + 1", "a=float64:1,2", "b=2").stdout == stages["plan"]


def test_threads_do_not_change_results(run, tmp_path):
    np.save(tmp_path / "a.npy", np.random.default_rng(1).standard_normal(300_000))
    sums = {run("eval", "sum(a)", f"a={tmp_path}/a.npy", "--threads", n).stdout for n in (1, 2, 3)}
    assert len(sums) == 1


def test_info_help_and_version(run):
    assert "threads: " in run("info").stdout and "fuseval: 0." in run("info").stdout
    assert "eval" in run("--help").stdout and "name=value" in run("eval", "--help").stdout
    assert run("--version").stdout.startswith("fuseval 0.")


def test_output_that_nobody_takes():
    text = f"{COMMAND} eval 'arange(100000)' --json | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", text], capture_output=True, text=True)
    assert done.stderr == ""
    with open("/dev/full", "w") as full:
        done = subprocess.run([COMMAND, "eval", "1"], stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1 and "cannot write standard output: No space left on device" in done.stderr
