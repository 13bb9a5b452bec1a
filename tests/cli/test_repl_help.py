"""Help: its forms, and what it knows."""

import re

import pytest


@pytest.mark.parametrize("form", [":help hypot", "?hypot", "hypot?", "hypot??", "help(hypot)", "help('hypot')", 'help("hypot")', "np.hypot?", "? hypot",
                                  "help(numpy.hypot)", ":help np.hypot"])
def test_forms(run, form):
    assert run("repl", input=form + "\n").stdout == "hypot(a, b, *, dtype=...)\n  sqrt(a*a + b*b) without overflow\n"


@pytest.mark.parametrize("form", [":help", "?", "help()", "help", ":h"])
def test_overview(run, form):
    text = run("repl", input=form + "\n").stdout
    assert text.startswith("EXPR  ") and "\n:plot EXPR [, x=EXPR ...] [FILE]" in text and ":functions [PATTERN]" in text and "!COMMAND" in text
    assert max(map(len, text.split("\n"))) <= 110


def test_a_name_of_the_user_s(run):
    done = run("repl", input="help = 3\nhelp\nx = ones((2, 3))\nx?\nmax = 1\nmax?\nx.T?\n", status=None)
    lines = done.stdout.splitlines()
    assert lines[:2] == ["3", "x: float64 array of shape (2, 3), C order, 48 bytes"]
    assert lines[2] == "max: plain int64 number" and lines[3].startswith("max(a, ")
    assert lines[-2:] == ["a.T", "  the axes in reverse order"]


@pytest.mark.parametrize("sign, begin", [("+", "a + b, +a\n"), ("**", "a ** b\n"), ("&", "a & b\n"), ("~", "~a\n"), ("<=", "a <= b"), ("and", "a and b\n"),
                                         ("if", "a if c else b\n"), ("[]", "a[i, j]"), ("...", "a[..., i]\n"), (":", "a[start:stop:step]\n"),
                                         ("//", "a // b\n"), ("!=", "a != b\n")])
def test_operators(run, sign, begin):
    assert run("repl", input=f":help {sign}\n").stdout.startswith(begin)
    assert run("repl", input=f"help('{sign}')\n").stdout.startswith(begin)


def test_commands_and_settings(run):
    assert run("repl", input=":help vars\n").stdout == ":vars\n  names that are bound\n"
    assert run("repl", input="plot?\n").stdout == run("repl", input=":help :plot\n").stdout
    assert run("repl", input=":help linewidth\n").stdout.startswith(":set linewidth VALUE\n")
    assert "did you mean `:plot`?" in run("repl", input=":help plott\n", status=1).stderr
    assert "there is no help on `summ`; did you mean `sum`?" in run("repl", input="summ?\n", status=1).stderr
    assert "not available" in run("repl", input="sinh?\n", status=1).stderr


def test_plot_has_its_settings(run):
    """As many as the options --plot-NAME of the command, with the same words."""
    options = re.findall(r"^ *--plot-(\w+) (\S+) Needs: --plot", run("eval", "--help").stdout, re.MULTILINE)
    assert len(options) > 10
    for command in ("plot", "plot!"):
        text = run("repl", input=f":help {command}\n").stdout
        assert text.startswith(f":{command} EXPR [, x=EXPR ...] ")
        assert re.findall(r"^  (\w+)=(\S+)  +\S", text, re.MULTILINE) == options
        assert max(map(len, text.split("\n"))) <= 110
    assert "  style=STYLE    lines, points or both\n" in text


def test_what_is_no_question(run):
    done = run("repl", input="1 # why?\nx?y\na + b?\n", status=1)
    assert done.stdout == "1\n" and done.stderr.count("error: ") == 2


def test_functions(run):
    lines = run("repl", input=":functions\n").stdout.splitlines()
    assert len(lines) > 100 and lines == sorted(lines) and all(len(line.split(None, 1)) == 2 for line in lines)
    found = run("repl", input=":functions arc*\n").stdout.splitlines()
    assert [line.split()[0] for line in found] == ["arccos", "arcsin", "arctan", "arctan2"]
    assert "argmax  the index of the greatest element; the first of equals" in run("repl", input=":functions index\n").stdout.replace("   ", "  ")
    assert [line.split()[0] for line in run("repl", input=":fun hypo?\n").stdout.splitlines()] == ["hypot"]
    assert "no function matches `zzz*`" in run("repl", input=":functions zzz*\n", status=1).stderr


def test_explain_of_arrays_that_are_not_there(run):
    plan = run("explain", "sum(a*b)", "a=float64[1000,1000]", "b=float64[1000]").stdout
    assert "8000000" in plan or "8008008 bytes" in plan
    assert run("repl", input=":explain sum(a*b) a=float64[1000,1000] b=float64[1000]\n").stdout == plan
    assert run("repl", input="b = ones(1000)\n:explain sum(a*b) a=float64[1000, 1000]\n").stdout == plan
    assert run("explain", "sum(a)", "a=float64[10**6]", status=2).stderr.startswith("fuseval: error: argument 'a=float64[10**6]': '10**6' is no extent\n")
    assert "float64 array of shape (1000000000000, 3)" in run("explain", "a + 1", "a=float32[1000000000000,3]", "--stage", "types").stdout.replace("float32", "float64")
    assert run("explain", "a", "a=int8[]", "--stage", "types").stdout == "int8 scalar\n"
    assert "does not fit into 63 bits" in run("explain", "a", "a=int8[4000000000,4000000000]", status=1).stderr
    for stage in ("types", "hints", "ast", "graph", "loops", "llvm", "asm", "cuda", "device", "plan"):
        assert run("explain", "mean(a, axis=0)", "a=float32[100,200]", "--stage", stage).stdout
    assert "2 ranks" in run("explain", "sum(a)", "a=float64[1000,1000]", "--stage", "distributed", "--ranks", "2").stdout
    assert run("eval", "a", "a=float64[3]", status=2).stderr.startswith("fuseval: error: argument 'a': a dtype and a shape without values are for fuseval explain")


def test_types_of_arrays_that_are_not_there(run):
    done = run("repl", input=":type a[:, newaxis]*b a=float32[10] b=float32[20]\n:type a a=int8[2,3]\n:explain graph a a=int8[x]\n"
                             ":explain a a=int8[1] a=int8[2]\n:type f(a=int8[1])\n", status=1)
    assert done.stdout == "float32 array of shape (10, 20), C order, 800 bytes\nint8 array of shape (2, 3), C order, 6 bytes\n"
    errors = [line for line in done.stderr.splitlines() if "error: " in line]
    assert "'x' is no extent" in errors[0] and "described twice" in errors[1] and "unknown function `f`" in errors[2]


def test_long_rows_go_on_in_their_column(start):
    for columns, lines in ((80, 60), (50, 200)):
        repl = start(columns=columns, lines=lines)
        rows = repl.enter(":help").split("\n")
        assert max(map(len, rows)) <= 80 and ":bench EXPR               evaluate for" in "\n".join(rows)
        first = next(k for k, row in enumerate(rows) if row.startswith(":functions"))
        assert rows[first + 1].startswith(" " * 26) and rows[first + 1][26] != " "
