"""fuseval repl, as a person at a terminal meets it."""

import os
import re
import stat
import subprocess
import termios

import numpy as np
import PIL.Image
import pytest
from wcwidth import wcswidth

from built_command import COMMAND
from terminal import Terminal

LONG = "sum(sin(arange(4*10**10)))"  # minutes


# ---- reading and printing -------------------------------------------------------------------------------------------


def test_greeting_and_values(repl):
    repl.expect(r"^fuseval \d+\.\d+\.\d+, \d+ threads?\. :help for help, Ctrl-D to leave\.$")
    assert repl.enter("1 + 1") == "2"
    assert repl.enter("x = arange(5.0)") == ""
    assert repl.enter("x*2") == "[0. 2. 4. 6. 8.]"
    assert repl.enter("_ + 1") == "[1. 3. 5. 7. 9.]"
    assert repl.enter("q, r = divmod(x, 2)") == ""
    assert repl.enter("q; r").startswith("error: ")
    assert repl.enter("q, r") == "[0. 0. 1. 1. 2.]\n[0. 1. 0. 1. 0.]"
    assert repl.enter("_") == "[0. 1. 0. 1. 0.]"  # the last value that was printed
    assert repl.enter("# nothing") == ""
    assert repl.enter("arange(10**6)") == "[     0      1      2 ... 999997 999998 999999]"


def test_numbers_stay_python_like(repl):
    repl.enter("k = 1/2")
    repl.enter("h = float64(1/2)")
    assert repl.enter(":type float32(arange(3))*k").startswith("float32 ")
    assert repl.enter(":type float32(arange(3))*h").startswith("float64 ")


def test_a_name_alone_is_no_copy(repl):
    repl.enter("a = ones(10**7)")
    repl.enter("b = a")
    repl.enter(":set memory 1M")
    assert repl.enter("b") == "[1. 1. 1. ... 1. 1. 1.]"
    assert "more than the 1048576 bytes" in repl.enter("b + 1")


def test_errors_have_a_caret_below_the_place(repl):
    for text in ("1 + foo", "b = 1 + foo", "a, b = foo", ":type 2*foo", ":plot 2*foo", ":plot foo x.png", ":save foo x.npy", ":explain graph foo", "α = 1 + foo",
                 "变 = foo"):
        lines = repl.enter(text).split("\n")
        assert "unknown name `foo`" in lines[0]
        assert lines[1] == text
        column = wcswidth(lines[1][:lines[1].index("foo")])  # wide letters take two columns
        assert lines[2] == " " * column + "^~~"


def test_every_name_can_be_bound_and_shadows(repl):
    for name in ("e", "mean", "gamma", "float32", "np", "newaxis"):
        repl.enter(f"{name} = arange(3.0)")
        assert repl.enter(name) == "[0. 1. 2.]"
        assert repl.enter(f"{name}*2") == "[0. 2. 4.]"
    assert repl.enter("mean(mean) + e") == "[1. 2. 3.]"
    repl.enter(":del e")
    assert repl.enter("e") == "2.718281828459045"


def test_what_cannot_be_bound(repl):
    assert repl.enter("None = 3") == "error: cannot bind `None`: it is a word of the language"
    assert repl.enter("a[0] = 3") == "error: cannot bind `a[0]`: only names can be bound"
    assert repl.enter("if = 3").startswith("error: 'if' begins a statement")
    assert repl.enter("a = 1, 2") == "error: the value is a tuple of 2; bind each to a name: a, b = …"
    assert repl.enter("a, b, c = 1, 2") == "error: a tuple of 2 cannot be bound to 3 names"
    assert repl.enter("a, b = 1") == "error: one value cannot be bound to several names"
    assert repl.enter("a += 1").startswith("error: '+=' assigns")
    assert repl.enter(":vars") == ""
    repl.enter("a, = 7,")
    assert repl.enter("a") == "7"


def test_colour_where_it_is_wanted(start):
    coloured = start(environment={"NO_COLOR": ""})
    coloured.enter("foo")
    assert b"\x1b[1;31merror:" in coloured.output and b"\x1b[1;32m> " in coloured.output
    plain = start()
    plain.enter("foo")
    assert b"\x1b[1;3" not in plain.output


# ---- several lines --------------------------------------------------------------------------------------------------


def test_open_brackets_continue(repl):
    repl.expect_prompt()
    repl.send("sum((1,\r")
    repl.expect_line(".")
    repl.send("  2)[0] + \\\r")
    repl.expect_line(".")
    repl.send("3)\r")
    repl.expect_prompt()
    repl.key("up")
    repl.expect_line("3)")  # the entry is one, whose lines are edited together
    repl.key("up", "up", "home")
    repl.send("10 * ")
    repl.key("enter")
    repl.expect("^40$")


def test_an_empty_line_ends_what_is_open(repl):
    repl.expect_prompt()
    repl.send("sum((1\r")
    repl.expect_line(".")
    repl.send("\r")
    repl.expect("^error: .*never closed")
    assert repl.enter("2") == "2"


def test_pasted_lines_are_run_one_by_one(repl):
    repl.expect_prompt()
    repl.send("a = 1\rb = (a +\r 1)\ra + b\r")  # all at once, as from a terminal that does not mark what is pasted
    repl.expect("^3$")
    repl.expect_prompt()
    repl.send("\x1b[200~c = 10\r\td = (c +\r1)\rc + d\r\x1b[201~")
    repl.expect_line("c + d")  # marked: one entry, which waits for the Enter key
    repl.key("enter")
    repl.expect("^21$")
    repl.expect_prompt()
    repl.key("up")
    repl.expect_line("c + d")
    repl.key("up")
    repl.expect_line("1)")
    repl.key("up", "up", "up")
    repl.expect_line("> a + b")


# ---- keys -----------------------------------------------------------------------------------------------------------


def test_emacs_keys(repl):
    repl.expect_prompt()
    repl.send("2 + 3 + 4")
    repl.key("ctrl-a", "ctrl-k")
    repl.expect_prompt()
    repl.send("10 - 3 junk")
    repl.key("ctrl-w", "home")
    repl.send("1")
    repl.key("ctrl-e", "backspace", "left", "delete")
    repl.send("4")
    repl.expect_line("> 110 - 4")
    repl.key("enter")
    repl.expect("^106$")


def test_letters_beyond_ascii_are_edited_whole(start):
    for locale in ("C.UTF-8", "C"):
        repl = start(environment={"LC_ALL": locale})
        repl.expect_prompt()
        repl.send("äöα")
        repl.key("left", "backspace")
        repl.send("变")
        repl.expect_line("> ä变α")


def test_history_lasts_and_holds_no_entry_twice(start, state):
    first = start()
    for text in ("a = 1", "b = 2", "a = 1", "sum((1,\r2)[0])", "b"):
        first.expect_prompt()
        first.send(text + "\r")
    first.expect_prompt()
    first.wait(lambda: first.shown().endswith("b\n2\n>"), "the last answer")
    first.key("ctrl-d")
    assert first.finish() == 0
    assert stat.S_IMODE(os.stat(state / "fuseval").st_mode) == 0o700
    assert stat.S_IMODE(os.stat(state / "fuseval" / "history").st_mode) == 0o600

    second = start()
    second.expect_prompt()
    for line in ("> b", "2)[0])", "> a = 1", "> b = 2"):
        second.key("up")
        if line == "> a = 1":
            second.expect_line("> sum((1,")  # up to the first line of the entry
            second.key("up")
        second.expect_line(line)
    second.key("up")  # there is no older one
    second.key("down")
    second.expect_line("> a = 1")
    second.key("ctrl-u")
    assert second.enter(":history 2") == "b\n:history 2"  # nothing was printed in this run
    assert second.enter(":history 4") == "sum((1,\n2)[0])\nb\n:history 2\n:history 4"


def test_up_finds_what_begins_alike(repl):
    for text in ("alpha = 1", "beta = 2", "alpha + 1"):
        repl.enter(text)
    repl.send("al")
    repl.key("up")
    repl.expect_line("> alpha + 1")
    repl.key("up")
    repl.expect_line("> alpha = 1")
    repl.key("down", "down")
    repl.expect_line("> al")


def test_search_backwards(repl):
    for text in ("alpha = 1", "beta = 2", "3"):
        repl.enter(text)
    repl.key("ctrl-r")
    repl.send("ph")
    repl.expect("alpha = 1")
    repl.key("enter")
    repl.expect_prompt()
    assert repl.enter(":history 1") == ":history 1"


def test_history_that_cannot_be_written(start, tmp_path):
    (tmp_path / "file").write_text("")
    terminal = start(environment={"XDG_STATE_HOME": str(tmp_path / "file")}, columns=250)
    terminal.expect("^fuseval: warning: cannot make the folder of the history .*: Not a directory$")
    assert terminal.enter("1") == "1"
    assert "history: not kept" in terminal.enter(":info")
    assert terminal.enter(":history") == "_1  1\n    :info\n    :history"


def test_history_in_the_home_folder(start, tmp_path):
    terminal = start(environment={"XDG_STATE_HOME": "relative/is/ignored"})
    terminal.enter("1")
    assert (tmp_path / ".local/state/fuseval/history").read_text() == "1\n"


# ---- completion -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed, completed", [
    ("argma", "argmax"), ("my", "my_array"), ("2*my_array.asty", "2*my_array.astype"), ("np.lins", "np.linspace"), ("euler", "euler_gamma"),
    (":he", ":help"), (":lo", ":load"), (":load da", ":load data.npy"), (":load ot", ":load other/"), (":load other/", ":load other/deep.npy"),
    (":save my_a", ":save my_array"), (":save my_array d", ":save my_array data.npy"), (":type argma", ":type argmax"),
    (":explain gra", ":explain graph"), (":set thresh", ":set threshold"), (":help nan_", ":help nan_to_num"), (":del my", ":del my_array"),
    ("αβ", "αβγ"), ("1.", "1."), ("zzz", "zzz"), (":plot argma", ":plot argmax"), (":plot sty", ":plot sty"), (":plot my_array, sty", ":plot my_array, style="),
    (":plot my_array style=po", ":plot my_array style=points"), (":plot my_array, colormap=bl", ":plot my_array, colormap=blue-white-red"),
    (":plot my_array x=my_a", ":plot my_array x=my_array"), (":plot my_array xl", ":plot my_array xlabel="), (":plot my_array lo", ":plot my_array log"),
    (":plot my_array pict", ":plot my_array picture.svg"), (":plot my_array style=points other/", ":plot my_array style=points other/deep.png"),
    (":plot my_array title=my_", ":plot my_array title=my_"), (":plot! my_array pict", ":plot! my_array picture.svg")])
def test_completion(repl, tmp_path, typed, completed):
    np.save(tmp_path / "data.npy", np.ones(3))
    (tmp_path / "other").mkdir()
    np.save(tmp_path / "other" / "deep.npy", np.ones(3))
    for name in ("dull.doc", "picture.svg", "other/deep.png"):
        (tmp_path / name).write_text("")
    repl.enter("my_array = ones(3)")
    repl.enter("αβγ = 2")
    repl.send(typed)
    repl.key("tab")
    repl.expect_line("> " + completed)
    repl.send("|")  # nothing else comes after it
    repl.wait(lambda: re.fullmatch(re.escape("> " + completed) + r" ?\|", repl.cursor_line()), "what was typed after the TAB")


def test_completion_shows_the_choices(repl):
    repl.expect_prompt()
    repl.send("arg")
    repl.key("tab")
    repl.expect_line("> argm")
    repl.key("tab")
    repl.expect("^argmax  argmin$")
    repl.expect_line("> argm")
    repl.send("ax(arange(3))\r")
    repl.expect("^2$")


def test_every_word_of_the_language_is_offered(repl):
    repl.resize(200, 100)
    repl.expect_prompt()
    repl.send("s")
    repl.key("tab")
    repl.expect("sum$")
    offered = set(repl.shown().split())
    assert {"select", "sign", "sin", "sqrt", "std", "sum", "swapaxes"} <= offered
    assert "sinh" not in offered  # of a later version


# ---- signals --------------------------------------------------------------------------------------------------------


def test_ctrl_c_stops_an_evaluation_and_nothing_else(repl):
    repl.enter("x = 41")
    repl.send(LONG + "\r")
    repl.expect(r"\d+ %, \d+ s left$")  # it runs
    repl.key("ctrl-c")
    repl.expect("^error: interrupted$")
    repl.expect_prompt()
    assert "%" not in repl.shown()
    assert repl.enter("x + 1") == "42"
    assert repl.enter("y") .startswith("error: unknown name `y`")


def test_ctrl_c_stops_a_benchmark(repl):
    repl.expect_prompt()
    repl.send(f":bench {LONG}\r")
    repl.wait(lambda: repl.cursor_line() == "", "line's end")
    repl.key("ctrl-c")
    repl.expect("^error: interrupted$")
    assert repl.enter("1") == "1"


def test_ctrl_c_at_the_prompt_drops_the_line(repl):
    repl.expect_prompt()
    repl.send("1 + 1")
    repl.expect_line("> 1 + 1")
    repl.key("ctrl-c")
    repl.expect_prompt()
    repl.send("sum((1,\r")
    repl.expect_line(".")
    repl.key("ctrl-c")
    repl.expect_prompt()
    repl.key("ctrl-r")
    repl.expect("bck:")
    repl.key("ctrl-c")
    repl.wait(lambda: repl.shown().endswith("\n>\n>"), "next prompt")
    assert repl.enter("5") == "5"
    assert repl.enter(":history") == "_1  5\n    :history"


def test_ctrl_d_leaves_an_empty_line_only(repl):
    repl.expect_prompt()
    repl.send("12")
    repl.key("ctrl-d")
    repl.key("ctrl-a", "ctrl-d")
    repl.expect_line("> 2")
    repl.key("ctrl-d")
    repl.expect_prompt()
    repl.key("ctrl-d")
    assert repl.finish() == 0


def test_the_terminal_is_left_as_it_was(start):
    terminal = start()
    terminal.enter("1")
    terminal.send(":quit\r")
    assert terminal.finish() == 0
    after = termios.tcgetattr(terminal.file)
    assert after[3] & termios.ECHO and after[3] & termios.ICANON and after[3] & termios.ISIG


def test_a_narrower_window_wraps_earlier(repl):
    repl.expect_prompt()
    repl.resize(40, 30)
    repl.send("1 + " * 9 + "1")
    repl.expect(r"^> 1 \+ 1 \+ 1 \+ 1 \+ 1 \+ 1 \+ 1 \+$")
    repl.expect_line("1 + 1 + 1")
    repl.key("home")
    repl.wait(lambda: repl.screen.cursor.x == 2 and repl.cursor_line().startswith("> 1"), "the cursor at the line's begin")
    repl.key("enter")
    repl.expect("^10$")


# ---- commands -------------------------------------------------------------------------------------------------------


def test_load_and_save(repl, tmp_path):
    np.save(tmp_path / "x.npy", np.arange(6.0).reshape(2, 3))
    np.save(tmp_path / "2 b.npy", np.asfortranarray(np.ones((2, 3), "float32")))
    np.save(tmp_path / "swapped.npy", np.arange(3, dtype=">i4"))
    assert repl.enter(":load x.npy") == "x: float64 array of shape (2, 3), C order, 48 bytes, from x.npy"
    assert repl.enter(":load './2 b.npy' b") == "b: float32 array of shape (2, 3), Fortran order, 24 bytes, from ./2 b.npy"
    assert repl.enter(":load '2 b.npy'") == "error: `2 b` is no name; say which to bind: :load 2 b.npy a"
    assert repl.enter(":load ~/swapped.npy").startswith("swapped: int32 array of shape (3,)")
    assert repl.enter("swapped") == "[0 1 2]"
    assert repl.enter(":save x + b 'out put.npy'") == ""
    np.testing.assert_array_equal(np.load(tmp_path / "out put.npy"), np.arange(6.0).reshape(2, 3) + 1, strict=True)
    assert repl.enter(":save x copy.npy") == ""
    assert np.load(tmp_path / "copy.npy").shape == (2, 3)
    assert repl.enter(":save x") == "error: :save takes a value and a file: :save a + 1 out.npy"
    assert repl.enter(":save x out").startswith('error: "out": a file of this ending cannot be written')
    assert repl.enter(":save x, x out.npy").startswith("error: the value is a tuple of 2, and out.npy holds one array")
    assert repl.enter(":save x /no/such/folder/out.npy").startswith("error: cannot write ")
    assert repl.enter(":load") == "error: :load takes a file, and the name to bind: :load x.npy a"
    assert repl.enter(":load no.npy").startswith("error: cannot read ")
    assert repl.enter(":load x.doc").startswith('error: "x.doc": a file of this ending cannot be read')
    assert repl.enter(":load x.npy None") == "error: cannot bind `None`: it is a word of the language"
    (tmp_path / "bad.npy").write_bytes(b"\x93NUMPY\x01\x00 garbage")
    assert repl.enter(":load bad.npy").startswith("error: ")
    assert repl.enter("x") == "[[0. 1. 2.]\n [3. 4. 5.]]"


def test_type_and_vars_and_del(repl):
    repl.enter("a = ones((2, 3))")
    repl.enter("k = 2")
    assert repl.enter(":type a.T*k, sum(a), k + 1, zeros(10**15)") == (
        "float64 array of shape (3, 2), C order, 48 bytes\nfloat64 scalar\nplain int64 number\n"
        "float64 array of shape (1000000000000000,), C order, 8000000000000000 bytes")
    assert repl.enter(":type a") == "float64 array of shape (2, 3), C order, 48 bytes"
    assert repl.enter(":type (a +\n a)") == ".  a)\nfloat64 array of shape (2, 3), C order, 48 bytes"
    assert repl.enter(":type") == "error: :type takes an expression"
    assert repl.enter(":vars") == "a: float64 array of shape (2, 3), C order, 48 bytes\nk: plain int64 number"
    assert repl.enter(":del a k") == ""
    assert repl.enter(":vars") == ""
    assert repl.enter(":del a") == "error: `a` is not bound"
    repl.enter("alpha = 1")
    assert repl.enter(":del alhpa") == "error: `alhpa` is not bound; did you mean `alpha`?"


def test_explain(repl):
    repl.enter("a = ones(4)")
    assert "1 kernel, " in repl.enter(":explain a + 1")
    assert "add float64 (4,)" in repl.enter(":explain graph a + 1")
    assert repl.enter(":explain types a + 1") == "float64 array of shape (4,), C order, 32 bytes"
    repl.enter("graph = 2")
    assert "1 kernel, " in repl.enter(":explain graph + a")  # a name that is bound is no stage
    assert repl.enter(":explain types") == "error: :explain takes an expression, after the stage if there is one"


def test_time_and_bench(repl):
    duration = r"[\d.e+]+ (s|ms|µs|ns)"
    split = rf"{duration}: front {duration}, compile {duration}, run {duration}"
    repl.enter("a = ones(1000)")
    assert re.fullmatch(rf"first {split}\nagain {split}", repl.enter(":time sum(a*3)"))
    assert "again" in repl.shown() and re.search(r"again .*front 0 ns, compile 0 ns", repl.shown())
    assert repl.enter(":time a") == "error: a name alone is not evaluated: there is nothing to measure"
    assert re.fullmatch(rf"median {duration}, min {duration} of \d+ samples; [\d.e+-]+ ns/element of 1000, [\d.e+-]+ GB/s",
                        repl.enter(":bench a + a"))
    assert "unknown name `zz`" in repl.enter(":bench zz + 1")


def test_settings(repl):
    listed = repl.enter(":set").split("\n")
    assert [line.split()[0] for line in listed] == ["threads", "device", "memory", "timeout", "precision", "threshold", "edgeitems", "linewidth"]
    repl.enter("x = arange(20.0)/3")
    repl.enter(":set threads 1")
    assert "threads: 1\n" in repl.enter(":info")
    repl.enter(":set precision 2")
    repl.enter(":set threshold 10")
    repl.enter(":set edgeitems 2")
    assert repl.enter("x") == "[0.   0.33 ... 6.   6.33]"
    repl.enter(":set threshold none")
    repl.enter(":set linewidth 40")
    assert max(map(len, repl.enter("x").split("\n"))) <= 40
    repl.enter(":set memory 1K")
    assert "more than the 1024 bytes" in repl.enter("ones(10**6) + x[0]")
    assert repl.enter(":set memory").startswith("memory     1K ")
    repl.enter(":set memory auto")
    repl.enter(":set timeout 0.25")
    assert repl.enter(":set timeout").startswith("timeout    0.25 ")
    assert "took longer than its limit of 250 ms" in repl.enter("sum(sin(arange(10**13)*1.5))")
    assert repl.enter(":set timeout soon") == "error: 'soon' is no number of seconds from 0.001 to 1e9"
    repl.enter(":set timeout none")
    assert repl.enter(":set timeout").startswith("timeout    none ")
    assert "more than the" in repl.enter("ones(10**14)")
    assert repl.enter(":set threds 2") == "error: there is no setting 'threds'; did you mean 'threads'?"
    assert repl.enter(":set threads 0") == "error: '0' is no whole number from 1 to 4096"
    assert repl.enter(":set threads two") == "error: 'two' is no whole number from 1 to 4096"
    assert repl.enter(":set device gpu") == "error: 'gpu' is no device: auto, cpu, cuda, cuda:1 and so on, or cudasim"
    assert repl.enter(":set threads 1 2").startswith("error: :set takes a setting and its value")
    assert repl.enter("sum(x)") == "63.333333333333336"  # names and values outlive the session that made them


def test_plot(repl, tmp_path):
    repl.enter("x = linspace(0, 6, 61)")
    drawn = repl.enter(":plot sin(x)")
    assert "sin(x)" in drawn and any("\u2800" < c <= "\u28ff" for c in drawn)
    assert repl.enter(":plot sin(x), cos(x) 'two waves.png'") == ""
    with PIL.Image.open(tmp_path / "two waves.png") as image:
        assert image.size == (800, 500)
    assert repl.enter(":plot x waves.svg") == ""
    assert "<svg" in (tmp_path / "waves.svg").read_text()
    assert repl.enter(":plot") == repl.enter(":plot waves.png") == "error: :plot takes what to draw, and may take settings and a file: :plot sin(a), x=a waves.png"
    assert repl.enter(":plot x /no/such/folder/x.png").startswith("error: cannot write ")
    assert repl.enter(":plot ones((2, 2, 2))").startswith("error: ")


def test_help(repl):
    overview = repl.enter(":help")
    for command in ("load", "save", "run", "cd", "shell", "plot", "functions", "type", "explain", "time", "bench", "vars", "del", "set", "info", "history", "help", "quit"):
        assert re.search(rf"^:{command}\b", overview, re.MULTILINE)
    assert repl.enter(":help hypot") == "hypot(a, b, *, dtype=...)\n  sqrt(a*a + b*b) without overflow"
    assert repl.enter("?argmax").startswith("argmax(a, axis=..., *, keepdims=...)\n  the index of the greatest")
    assert repl.enter(":help :sa") == ":save EXPR FILE\n  write a value to a .npy, .npz, .csv, .tsv, .txt, .bin or .raw file, or .h5:/dataset"
    assert repl.enter(":help summ") == "error: there is no help on `summ`; did you mean `sum`?"


def test_commands_may_be_shortened(repl):
    repl.enter("a = 1")
    assert repl.enter(":v") == "a: plain int64 number"
    assert repl.enter(":t a") == "error: `:t` may be any of :type, :time"
    assert repl.enter(":lod x") == "error: there is no command `:lod`; did you mean `:load`?"
    assert repl.enter(":frobnicate") == "error: there is no command `:frobnicate`; :help lists them"
    assert repl.enter(":") == "error: there is no command `:`; :help lists them"
    assert repl.enter(":h").startswith("EXPR ")
    repl.send(":q\r")
    assert repl.finish() == 0


def test_words_that_leave_other_prompts(start):
    terminal = start()
    terminal.expect_prompt()
    terminal.send("exit\r")
    assert terminal.finish() == 0


def test_the_command_alone_is_the_repl_at_a_terminal(start, run):
    with Terminal(environment={"XDG_STATE_HOME": "/proc/none"}) as terminal:
        assert terminal.enter("1 + 2") == "3"
    assert "a subcommand is required" in run(status=2).stderr
    assert "threads: 1\n" in start("repl", "--threads", "1").enter(":info")


# ---- without a terminal ---------------------------------------------------------------------------------------------


def piped(run, text, status=0, **options):
    return run("repl", status=status, input=text, **options)


def test_piped_lines(run, state):
    done = piped(run, "x = arange(3.0)\n\n# a comment\nsum(x +\n\n  1)\nx\n", env={**os.environ, "XDG_STATE_HOME": str(state)})
    assert (done.stdout, done.stderr) == ("6.0\n[0. 1. 2.]\n", "")
    assert not state.exists()  # no history
    assert piped(run, "1 +\\\n 2").stdout == "3\n"  # no line's end at the end
    assert piped(run, "").stdout == ""


def test_names_mean_the_same_in_every_form(run):
    composed, decomposed = "\u00e9", "e\u0301"
    done = piped(run, f"{decomposed} = 2\n{composed} + {decomposed}\n:vars\n{decomposed}\n:del {decomposed}\n{composed}\n", status=1)
    assert done.stdout.startswith(f"4\n{composed}: plain int64 number\n2\n")
    assert f"unknown name `{composed}`" in done.stderr


def test_piped_errors_say_the_line_and_stop_nothing(run):
    done = piped(run, "1\nfoo\n:lod\nb = (1 +\nfoo)\n2\n", status=1)
    assert done.stdout == "1\n2\n"
    assert done.stderr == ("fuseval: standard input:2: error: unknown name `foo` (line 1, column 1)\nfoo\n^~~\n"
                           "fuseval: standard input:3: error: there is no command `:lod`; did you mean `:load`?\n"
                           "fuseval: standard input:4: error: unknown name `foo` (line 2, column 1)\nfoo)\n^~~\n")
    assert piped(run, "foo\n:quit\n1\n", status=1).stdout == ""
    assert piped(run, "1\n:quit\nfoo\n").stdout == "1\n"


@pytest.mark.parametrize("text", ["(", ")", "]\n[", "'", '"""', "\\", "=", "a=", "=1", ",=1", "a,,b=1,2", ":", "::", ": load", "?", ":load '", ":save '",
                                  ":save ' x.npy", ":del", ":set '", "\x00", "a\x00 = 1", "\x1b[A", "a" * 100_000, "(" * 100_000, "\udcff\udcfe",
                                  "1" * 10_000, ":help " + "x" * 10_000, ":explain \t", "zeros(10**13)", "ones((2**31, 2**31))", "1//0", "_",
                                  "x = _", "a = b = 1", "a == 1", "f(x=1)", "lambda: 1", "a := 1", "{1: 2}", "'=' = '='"])
def test_nonsense_ends_nothing(run, text):
    done = piped(run, text.encode(errors="surrogateescape").decode(errors="surrogateescape") + "\n\n)\n1 + 1\n", status=None,
                 errors="surrogateescape")
    assert done.returncode in (0, 1), done.stderr
    assert "internal" not in done.stderr


# ---- progress -------------------------------------------------------------------------------------------------------


def test_progress_of_a_long_evaluation():
    with Terminal("eval", LONG) as terminal:
        terminal.expect(r"^\[=* *\] +\d+ %, \d+ s left$")
        terminal.key("ctrl-c")
        terminal.finish()


def test_progress_is_gone_at_the_end():
    with Terminal("eval", "sum(sin(arange(3*10**8)))", "--threads", "1") as terminal:
        assert terminal.finish() == 0
        assert re.fullmatch(r"-?\d+\.\d+", terminal.shown())
        if b"%" in terminal.output:  # not on a machine that does it in a second
            assert terminal.output.index(b"\r\x1b[K") > terminal.output.rindex(b"%")


def test_progress_is_not_for_pipes():
    with subprocess.Popen([COMMAND, "eval", LONG], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        with pytest.raises(subprocess.TimeoutExpired):
            process.communicate(timeout=2)
        process.kill()
        assert process.communicate() == (b"", b"")
