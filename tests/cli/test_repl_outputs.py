"""Values that were printed have names, and values that are no arrays are printed as Python prints them."""

import numpy as np
import pytest


def test_the_last_values(repl):
    repl.enter("1 + 1")
    repl.enter("x = 10")  # prints nothing, and is no output
    repl.enter("x + 1")
    repl.enter("arange(3)")
    assert repl.enter("_, __, ___") == "[0 1 2]\n11\n2"
    assert repl.enter("_3*_2 + _1") == "[ 2 13 24]"
    assert repl.enter("_1").startswith("2")
    assert repl.enter("_20 + 1").startswith("error: unknown name `_20`")
    assert repl.enter("foo").startswith("error: ")
    assert repl.enter("_") == "2"  # an error prints no value


def test_values_of_a_tuple_count_one_by_one(repl):
    assert repl.enter("divmod(arange(3.0), 2)") == "[0. 0. 1.]\n[0. 1. 0.]"
    assert repl.enter("_ - __") == "[ 0.  1. -1.]"
    assert repl.enter("_1 + _2") == "[0. 1. 1.]"


def test_history_shows_the_numbers(repl):
    repl.enter("x = 3")
    repl.enter("x + 1")
    repl.enter("ones(2), 5")
    repl.enter("sum((1,\n2)[0])")
    assert repl.enter(":history") == ("          x = 3\n_1        x + 1\n_2 to _3  ones(2), 5\n_4        sum((1,\n          2)[0])\n"
                                      "          :history")
    repl.enter("x + 1")  # its newer value
    assert repl.enter(":history 2") == "_5  x + 1\n    :history 2"


def test_bound_names_come_first(repl):
    repl.enter("_ = 7")
    repl.enter("5")
    assert repl.enter("_") == "7"
    repl.enter(":del _")
    assert repl.enter("_ + 1") == "8"  # of the value 7, which was printed last
    repl.enter("__ = 9")
    assert repl.enter(":vars") == "__: plain int64 number"  # names that the user has bound


def test_large_values_are_not_kept_for_ever(run):
    lines = "".join("ones(10**7)*%d\n" % k for k in range(1, 6)) + "_3[0]\n_1[0]\n"
    done = run("repl", input=lines, status=1)
    assert done.stdout.splitlines()[-1] == "3.0"
    assert "unknown name `_1`" in done.stderr
    kept = run("repl", input="".join("%d\n" % k for k in range(1, 2001)) + "_1 + _2000\n").stdout
    assert kept.splitlines()[-1] == "2001"


def test_values_can_be_removed(run):
    done = run("repl", input="7\n8\n:del _1\n_2\n_1\n:del _9\n", status=1)
    assert done.stdout == "7\n8\n8\n" and "unknown name `_1`" in done.stderr and "`_9` is not bound" in done.stderr


@pytest.mark.parametrize("shape", [(3,), (2, 3), (1000, 1000), (1, 0, 7)])
def test_shapes_are_python_s_tuples(run, tmp_path, shape):
    a = np.zeros(shape, "int8")
    np.save(tmp_path / "a.npy", a)
    expected = f"{a.shape}\n"
    assert run("repl", input=f":load {tmp_path}/a.npy\na.shape\n").stdout.splitlines()[1:] == expected.splitlines()
    assert run("eval", "a.shape", f"a={tmp_path}/a.npy").stdout == expected
    assert run("eval", "a.T.shape", f"a={tmp_path}/a.npy").stdout == f"{a.T.shape}\n"


def test_tuples_of_python_numbers(run):
    for text in ("1, 2.5, True", "(1,)", "2**0.5, 10**16, 1e16, -3"):
        assert run("eval", text).stdout == f"{eval(text)}\n"
    assert run("eval", "1, float64(2)").stdout == "1\n2.0\n"  # a NumPy scalar is none


@pytest.mark.parametrize("dtype", ["bool", "int16", "uint64", "float32", "float64"])
def test_dtypes(run, dtype):
    a = np.ones(3, dtype)
    assert run("eval", "a.dtype", f"a={dtype}:1,1,1").stdout == f"{a.dtype}\n"
    assert run("eval", "(a/2).dtype", f"a={dtype}:1,1,1").stdout == f"{(a / 2).dtype}\n"
    done = run("repl", input=f"a = ones(3, dtype={dtype})\na.dtype\n_ + 1\n", status=1)
    assert done.stdout == f"{a.dtype!r}\n"
    assert "unknown name `_`" in done.stderr  # a dtype is no value


def test_what_a_dtype_cannot_be_used_for(run, tmp_path):
    assert "is not an array or a number" in run("eval", "a + a.dtype", "a=float64:1,2", status=1).stderr
    assert "is not an array or a number" in run("eval", "a.dtype", "a=float64:1,2", "-o", tmp_path / "x.npy", status=1).stderr
    assert "is not an array or a number" in run("eval", "a.dtype", "a=float64:1,2", "--json", status=1).stderr
    assert not list(tmp_path.iterdir())


def test_counted_things_are_singular_or_plural(run):
    done = run("repl", input="a = ones(1, dtype=bool)\n:type a\n:type a, ones(2)\n:explain ~a\n")
    assert done.stdout.splitlines()[:3] == ["bool array of shape (1,), C order, 1 byte", "bool array of shape (1,), C order, 1 byte",
                                            "float64 array of shape (2,), C order, 16 bytes"]
    assert "  1 operation, loads 1, stores 1, 2 bytes\n1 kernel, 2 bytes moved, 0 bytes of temporaries\n" in done.stdout
    assert "a tuple of 2 cannot be bound to 1 name\n" in run("repl", input="a, = 1, 2\n", status=1).stderr


def test_arrays_fill_the_terminal(start):
    for columns in (40, 132):
        repl = start(columns=columns)
        printed = repl.enter("arange(60)").split("\n")
        assert printed == np.array2string(np.arange(60), max_line_width=columns).split("\n")
        assert max(map(len, printed)) > columns - 4
    repl.resize(40, 60)
    assert repl.enter("arange(60)").split("\n") == np.array2string(np.arange(60), max_line_width=60).split("\n")
    repl.enter(":set linewidth 30")
    assert repl.enter("arange(60)").split("\n") == np.array2string(np.arange(60), max_line_width=30).split("\n")
    assert repl.enter(":set linewidth").startswith("linewidth  30 ")
    repl.enter(":set linewidth auto")
    assert repl.enter(":set linewidth").startswith("linewidth  auto ")
    assert repl.enter("arange(60)").split("\n") == np.array2string(np.arange(60), max_line_width=60).split("\n")


def test_without_a_terminal_lines_are_numpy_s(run):
    assert run("repl", input="arange(60)\n").stdout == f"{np.arange(60)}\n"
