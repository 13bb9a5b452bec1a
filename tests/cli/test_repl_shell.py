"""The REPL and the world around it: folders, scripts, the shell, and text that was copied from other prompts."""


import pytest


def test_cd(repl, tmp_path):
    (tmp_path / "sub folder").mkdir()
    assert repl.enter(":cd 'sub folder'") == str(tmp_path / "sub folder")
    repl.enter(":save ones(2) x.npy")
    assert (tmp_path / "sub folder" / "x.npy").exists()
    assert repl.enter(":cd ..") == str(tmp_path)
    assert repl.enter(":cd no") == 'error: cannot change to "no": No such file or directory'
    assert repl.enter(":cd a b") == "error: :cd takes a folder"
    repl.enter(":cd /")
    assert repl.enter(":cd") == str(tmp_path)  # $HOME


def test_shell_commands(repl, tmp_path):
    (tmp_path / "data.npy").touch()
    assert repl.enter("!ls *.npy") == "data.npy"
    assert repl.enter(":shell echo $((6*7)) | tr 4 5") == "52"
    assert repl.enter("!exit 3") == "error: the command ended with status 3"
    assert repl.enter("!kill -TERM $$") == "error: the command was ended: Terminated"
    assert repl.enter("!") == "error: ! and :shell take a command of the shell: !ls"
    repl.send("!read line; echo got $line\r")
    repl.wait(lambda: repl.cursor_line() == "", "command that waits")
    repl.send("some text\r")
    repl.expect("^some text$")  # the terminal echoes what is typed for the command
    repl.expect("^got some text$")
    assert repl.enter("1 + 1") == "2"


def test_ctrl_c_ends_the_shell_s_command_alone(repl):
    repl.expect_prompt()
    repl.send("!echo waits; sleep 300\r")
    repl.expect("^waits$")
    repl.key("ctrl-c")
    repl.expect("^error: the command (was ended: Interrupt|ended with status 130)$")
    assert repl.enter("1 + 1") == "2"


def test_shell_commands_read_no_statements(run):
    done = run("repl", input="!cat; echo done\n1 + 1\n")
    assert done.stdout == "done\n2\n"
    assert run("repl", input="!false\n2\n", status=1).stderr == "fuseval: standard input:1: error: the command ended with status 1\n"


def test_run(repl, tmp_path):
    (tmp_path / "set up.fv").write_text("# a comment\nx = arange(4.0)\nsum(x *\n    2)\n:type x\n")
    assert repl.enter(":run 'set up.fv'") == "12.0\nfloat64 array of shape (4,), C order, 32 bytes"
    assert repl.enter("x") == "[0. 1. 2. 3.]"
    assert repl.enter(":history 2") == "_2  x\n    :history 2"  # not the file's lines
    (tmp_path / "wrong.fv").write_text("y = 1\n\nz = (y +\n  foo)\ny = 2\n")
    assert repl.enter(":run wrong.fv") == ("wrong.fv:3: error: unknown name `foo` (line 2, column 3)\n  foo)\n  ^~~")
    assert repl.enter("y") == "1"  # nothing is run after an error
    assert repl.enter(":run no.fv") == 'error: cannot read "no.fv": No such file or directory'
    assert repl.enter(":run .") == 'error: cannot read ".": it is a folder'
    assert repl.enter(":run") == "error: :run takes the file whose lines are to be run"
    (tmp_path / "outer.fv").write_text("1\n:run wrong.fv\n2\n")
    assert repl.enter(":run outer.fv").split("\n")[:2] == ["1", "wrong.fv:3: error: unknown name `foo` (line 2, column 3)"]
    (tmp_path / "itself.fv").write_text("7\n:run ./itself.fv\n")
    assert repl.enter(":run itself.fv") == '7\nitself.fv:2: error: "./itself.fv" is being run already'
    (tmp_path / "leave.fv").write_text(":quit\n1\n")
    repl.send(":run leave.fv\r")
    assert repl.finish() == 0


def test_run_can_be_interrupted(repl, tmp_path):
    (tmp_path / "long.fv").write_text("1\nsum(sin(arange(4*10**10)))\n2\n")
    repl.expect_prompt()
    repl.send(":run long.fv\r")
    repl.expect(r"\d+ %, \d+ s left$")
    repl.key("ctrl-c")
    repl.expect("^long.fv:2: error: interrupted$")
    repl.expect_prompt()
    assert "\n2\n" not in repl.shown()


def test_run_without_a_terminal(run, tmp_path):
    script = tmp_path / "script.fv"
    script.write_text("\ufeffa = 2\r\na*3\r\nb\r\n")
    done = run("repl", input=f":run {script}\na\n", status=1)
    assert done.stdout == "6\n2\n"
    assert done.stderr == f"fuseval: {script}:3: error: unknown name `b` (line 1, column 1)\nb\n^\n"


PASTED = {
    "python": (">>> import_free = arange(3)\n>>> sum((1,\n...      2)[0]) + \\\n... 1\n2\n>>> import_free\narray([0, 1, 2])\n"),
    "ipython": ("In [3]: import_free = arange(3)\n\nIn [4]: sum((1,\n   ...:      2)[0]) + \\\n   ...: 1\nOut[4]: 2\n\nIn [12]: import_free\n"
                "Out[12]: array([0, 1, 2])\n"),
    "own": "> import_free = arange(3)\n> sum((1,\n.      2)[0]) + \\\n. 1\n2\n> import_free\n[0 1 2]\n",
    "indented": "    >>> import_free = arange(3)\n    >>> sum((1,\n    ...     2)[0]) + \\\n    ... 1\n    2\n    >>> import_free\n    [0 1 2]\n",
}


@pytest.mark.parametrize("kind", PASTED)
def test_prompts_in_pasted_text_are_left_out(repl, kind):
    repl.expect_prompt()
    repl.send("\x1b[200~" + PASTED[kind].replace("\n", "\r") + "\x1b[201~")
    repl.wait(lambda: "import_free" in repl.shown(), "the pasted text")
    repl.screen.reset()
    repl.key("enter")
    repl.expect(r"^2\n\[0 1 2\]\n>$")
    assert "error" not in repl.shown()


@pytest.mark.parametrize("kind", ["python", "ipython", "own"])
def test_lines_with_prompts_come_one_by_one(run, kind):
    typed = [line for line in PASTED[kind].split("\n") if not line.startswith(("Out", "array", "2", "[", "\n"))]
    assert run("repl", input="\n".join(typed) + "\n").stdout == "2\n[0 1 2]\n"


def test_what_is_no_prompt(run):
    assert run("repl", input="a = arange(3)\na[\n... \n]\n").stdout == "[0 1 2]\n"
    done = run("repl", input=">>>1\n>= 2\n>> 3\nIn [x]: 4\n", status=1)
    assert done.stdout == "" and done.stderr.count("error: ") == 4


def test_history_of_pasted_text_has_no_prompts(start, state):
    repl = start()
    assert repl.enter(">>> 1 + 1") == "2"
    assert (state / "fuseval/history").read_text() == "1 + 1\n"


def test_completion_of_files_and_folders(repl, tmp_path):
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / "long name.fv").touch()
    (tmp_path / "other.txt").touch()
    for typed, completed in (("!cat oth", "!cat other.txt"), (":run oth", ":run other.txt"), (":cd scr", ":cd scripts/"), (":functions arcs", ":functions arcsin")):
        repl.expect_prompt()
        repl.send(typed)
        repl.key("tab")
        repl.expect_line("> " + completed)
        repl.key("ctrl-u")


def test_tab_on_an_empty_line_shows_names_and_commands(repl):
    repl.enter("alpha = 1")
    repl.enter("beta = 2")
    repl.key("tab")
    repl.expect(":quit")
    repl.expect_prompt()
    words = repl.shown().split()
    assert {"alpha", "beta", ":load", ":functions", ":help"} <= set(words)
    repl.send("sum((alpha,\r")
    repl.expect_line(".")
    repl.key("tab")
    repl.send("beta)[0])")
    repl.expect_line(".   beta)[0])")  # in further lines it indents
