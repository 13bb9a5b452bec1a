"""Data in and out: tables, .npz members, raw elements, pipes, lists; what is refused, and what is never replaced."""

import csv
import io
import os
import subprocess

import numpy as np
import pytest
from built_command import COMMAND

TABLE = "city,price,qty,sold\nBerlin,1.5,2,true\n\"Paris, TX\",2.25,3,false\nRome,-4e2,5,true\n"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "t.csv").write_text(TABLE)
    return tmp_path


def column(name):
    return [row[name] for row in csv.DictReader(io.StringIO(TABLE))]


def shell(line, folder, status=0):
    done = subprocess.run(["bash", "-c", line], cwd=folder, capture_output=True, timeout=300, env={**os.environ, "F": COMMAND})
    assert done.returncode == status, done.stderr
    return done


# ---- tables --------------------------------------------------------------------------------------------------------------


def test_columns_by_name(run, folder):
    price, qty = np.array(column("price"), float), np.array(column("qty"), int)
    done = run("eval", "p*q, where(s, q, 0)", "p=t.csv:price", "q=t.csv:qty", "s=t.csv:sold", "--json", cwd=folder)
    assert f'"value":{(price * qty).tolist()}'.replace(" ", "") in done.stdout
    assert '"dtype":"int64","shape":[3],"value":[2,0,5]' in done.stdout
    assert run("eval", "sum(price*qty)", "--columns", "t.csv", cwd=folder).stdout == f"{(price * qty).sum()}\n"
    assert run("eval", "sum(price*qty)", "--columns", "t.csv", "qty=1", cwd=folder).stdout == f"{price.sum()}\n"
    assert run("eval", "2*qty", "--columns", "t.csv", "qty=1", cwd=folder).stdout == "2\n"  # nothing is read
    done = run("eval", "price, qty", "--columns", "t.csv", "-o", "u.csv", "--json", cwd=folder)
    assert done.stdout.count('"file":"u.csv"') == 2
    assert run("explain", "price*qty", "--columns", "t.csv", "--stage", "types", cwd=folder).stdout.startswith("float64 array of shape (3,)")


def test_faults_of_tables_have_a_place(run, folder):
    done = run("eval", "a", "a=t.csv:city", status=1, cwd=folder)
    assert done.stderr == 'fuseval: error: cannot read "t.csv": row 1 (line 2), column 1 (city): \'Berlin\' is no number\n'
    assert "row 1 (line 2), column 1 (city)" in run("eval", "a", "a=t.csv", status=1, cwd=folder).stderr
    assert "'Berlin' is no number" in run("eval", "city", "--columns", "t.csv", status=1, cwd=folder).stderr
    done = run("eval", "a", "a=t.csv:prices", status=1, cwd=folder)
    assert 'it has no column "prices"; it has city, price, qty, sold' in done.stderr
    assert "unknown name `prices`" in run("eval", "prices", "--columns", "t.csv", status=1, cwd=folder).stderr
    (folder / "ragged.csv").write_text("a,b\n1,2\n3,4,5\n")
    assert "row 2 (line 3), column 3: the row has 3 cells, and the first one 2" in run("eval", "a", "a=ragged.csv:b", status=1, cwd=folder).stderr


@pytest.mark.parametrize("ending,separator", [("csv", ","), ("csv", ";"), ("csv", "\t"), ("tsv", "\t"), ("txt", " "), ("txt", ",")])
def test_what_numpy_writes_is_what_it_reads(run, tmp_path, ending, separator):
    a = np.random.default_rng(1).normal(size=(50, 4)) * 10.0 ** np.random.default_rng(2).integers(-300, 300, (50, 4))
    np.savetxt(tmp_path / f"a.{ending}", a, delimiter=separator, fmt="%.17g")
    run("eval", "a*1", f"a=a.{ending}", "-o", "b.npy", cwd=tmp_path)
    np.testing.assert_array_equal(np.load(tmp_path / "b.npy"), a, strict=True)
    np.savetxt(tmp_path / f"a.{ending}", np.arange(12).reshape(4, 3), delimiter=separator, fmt="%d", header=separator.join("xyz"))
    named = ("y=a.txt:1",) if separator == " " else ("--columns", f"a.{ending}")  # the header is a comment there
    run("eval", "y", *named, "-o", "y.npy", cwd=tmp_path)
    np.testing.assert_array_equal(np.load(tmp_path / "y.npy"), [1, 4, 7, 10], strict=True)


def test_what_it_writes_is_what_numpy_and_csv_read(run, tmp_path):
    rng = np.random.default_rng(3)
    a = rng.normal(size=(20, 3)) * 10.0 ** rng.integers(-300, 300, (20, 3))
    a[0] = np.nan, np.inf, -np.inf
    np.save(tmp_path / "a.npy", a)
    for name, separator in (("b.csv", ","), ("b.tsv", "\t"), ("b.txt", None)):
        run("eval", "a[::-1]", "a=a.npy", "-o", name, cwd=tmp_path)
        np.testing.assert_array_equal(np.loadtxt(tmp_path / name, delimiter=separator), a[::-1], strict=True)
        run("eval", "a + 0.0", f"a={name}", "-o", "c.npy", cwd=tmp_path)
        np.testing.assert_array_equal(np.load(tmp_path / "c.npy"), a[::-1], strict=True)
    run("eval", "arange(3)*1.5, arange(3) > 1, where(arange(3) > 1, 1, 0)", "-o", "t.csv", cwd=tmp_path)
    rows = list(csv.reader((tmp_path / "t.csv").open(newline="")))
    assert rows == [["arange(3)*1.5", "arange(3) > 1", "where(arange(3) > 1, 1, 0)"], ["0.0", "False", "0"], ["1.5", "False", "0"],
                    ["3.0", "True", "1"]]
    assert run("eval", "a", "a=t.csv:where(arange(3) > 1, 1, 0)", cwd=tmp_path).stdout == "[0 0 1]\n"
    run("eval", "float32(0.1)", "-o", "one.csv", cwd=tmp_path)
    assert (tmp_path / "one.csv").read_text() == "0.1\n"
    done = run("eval", "zeros((2, 2, 2))", "-o", "c.csv", status=1, cwd=tmp_path)
    assert "an array of shape (2, 2, 2) is no table" in done.stderr and not (tmp_path / "c.csv").exists()
    run("eval", "sum(arange(3)), 0.5", "-o", "d.csv", cwd=tmp_path)
    assert (tmp_path / "d.csv").read_text() == "sum(arange(3)),0.5\n3,0.5\n"
    assert "are no columns of one table" in run("eval", "arange(2), arange(3)", "-o", "c.csv", status=1, cwd=tmp_path).stderr


# ---- other formats -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_members_of_npz_files(run, tmp_path, save):
    x, y = np.arange(12.0).reshape(3, 4).T, np.arange(3, dtype=">i2")
    save(tmp_path / "a.npz", x=x, y=y, words=np.array(["a"]))
    run("eval", "x*1, y*1", "x=a.npz:x", "--columns", "a.npz", "-o", "x.npy", "-o", "y.npy", cwd=tmp_path)
    np.testing.assert_array_equal(np.load(tmp_path / "x.npy"), x, strict=True)
    np.testing.assert_array_equal(np.load(tmp_path / "y.npy"), y.astype("i2"), strict=True)
    done = run("eval", "x", "x=a.npz", status=2, cwd=tmp_path)
    assert "a.npz has several arrays; say which by a.npz:NAME: x, y, words" in done.stderr
    assert 'it has no member "z"; it has x, y, words' in run("eval", "x", "x=a.npz:z", status=1, cwd=tmp_path).stderr
    assert 'member "words": its dtype' in run("eval", "x", "x=a.npz:words", status=1, cwd=tmp_path).stderr


def test_npz_files_are_written(run, tmp_path):
    a = np.arange(6.0).reshape(2, 3)
    np.save(tmp_path / "a.npy", a)
    run("eval", "a.T, a > 2, sum(a)", "a=a.npy", "-o", "r.npz", cwd=tmp_path)
    with np.load(tmp_path / "r.npz") as made:
        assert made.files == ["a.T", "a > 2", "sum(a)"]
        for name, expected in (("a.T", a.T), ("a > 2", a > 2), ("sum(a)", a.sum())):
            np.testing.assert_array_equal(made[name], expected)
            assert made[name].dtype == expected.dtype
    assert run("eval", "b", "b=r.npz:a > 2", cwd=tmp_path).stdout == f"{a > 2}\n"
    assert shell("$F eval 'arange(3), 1' --format npz | $F eval 'x*2' 'x=-:arange(3)'", tmp_path).stdout == b"[0 2 4]\n"
    run("eval", "a", "a=a.npy", "-o", "one.npz", cwd=tmp_path)
    with np.load(tmp_path / "one.npz") as made:
        np.testing.assert_array_equal(made[made.files[0]], a, strict=True)
    assert "two members of the .npz file would be named" in run("eval", "a, a", "a=a.npy", "-o", "two.npz", status=1, cwd=tmp_path).stderr
    assert not (tmp_path / "two.npz").exists()


def test_raw_elements(run, tmp_path):
    a = np.arange(6, dtype="f4").reshape(2, 3)
    a.tofile(tmp_path / "a.bin")
    assert run("eval", "a", "a=a.bin:float32:2x3", cwd=tmp_path).stdout == f"{a}\n"
    run("eval", "a.T*2", "a=a.bin:float32:2x3", "-o", "b.raw", cwd=tmp_path)
    np.testing.assert_array_equal(np.fromfile(tmp_path / "b.raw", "f4"), (a.T * 2).ravel())
    assert run("eval", "a", "a=b.raw:float32", cwd=tmp_path).stdout == f"{(a.T * 2).ravel()}\n"
    assert "their dtype must be given" in run("eval", "a", "a=a.bin", status=2, cwd=tmp_path).stderr
    assert "it has 24 bytes, and shape (2, 4) of float32 takes 32" in run("eval", "a", "a=a.bin:float32:2x4", status=1, cwd=tmp_path).stderr
    assert "'flaot32' is no dtype" in run("eval", "a", "a=a.bin:flaot32", status=2, cwd=tmp_path).stderr
    assert "'2y3' is no shape like 100x200" in run("eval", "a", "a=a.bin:float32:2y3", status=2, cwd=tmp_path).stderr


def test_pipes(folder):
    np.save(folder / "a.npy", np.arange(3.0))
    for line, shown in (
            ("$F eval 'sum(p)' p=-:price < t.csv", "-396.25\n"),
            ("cat t.csv | $F eval 'sum(p*q)' p=-:price q=-:qty", "-1990.25\n"),
            ("cat t.csv | $F eval 'sum(price*qty)' --columns -", "-1990.25\n"),
            ("cat a.npy | $F eval a+1 a=-", "[1. 2. 3.]\n"),
            ("$F eval a+b a=<(cat a.npy) b=<(printf '1\\n2\\n3\\n')", "[1. 3. 5.]\n"),
            ("printf '\\1\\0\\2\\0' | $F eval a a=-:int16", "[1 2]\n"),
            ("$F eval 'arange(4)' -o - | $F eval a*2 a=-", "[0 2 4 6]\n"),
            ("$F eval 'arange(4).reshape(2, 2)' --format csv", "0,1\n2,3\n"),
            ("$F eval 'arange(2), arange(2)*0.5' --format tsv", "arange(2)\tarange(2)*0.5\n0\t0.0\n1\t0.5\n"),
            ("$F eval 'arange(2)' -o - --format text", "[0 1]\n"),
            ("$F eval 'arange(2)' -o - --format raw | od -An -td8 | tr -d ' \\n'", "01"),
    ):
        assert shell(line, folder).stdout.decode() == shown, line
    assert not (folder / "-").exists()
    assert b"can be read once" in shell("cat t.csv | $F eval a+b a=- b=-:price", folder, 2).stderr
    assert b"the expression is read from standard input already" in shell("echo a | $F eval - a=-", folder, 2).stderr
    assert b'cannot read "standard input": it is empty' in shell("$F eval a a=- < /dev/null", folder, 1).stderr
    assert b"its first bytes are of no format that is known" in shell("printf '\\0\\1' | $F eval a a=-", folder, 1).stderr
    assert b'cannot read "standard input": it is truncated' in shell("head -c 140 a.npy | $F eval a a=-", folder, 1).stderr
    assert b"standard output would be written twice" in shell("$F eval 1,2 -o - -o -", folder, 2).stderr
    assert b"both write to standard output" in shell("$F eval 1 -o - --json", folder, 2).stderr
    assert b"No space left" in shell("$F eval 'arange(9)' -o - > /dev/full", folder, 1).stderr


@pytest.mark.parametrize("text", ["1,2,3", "1,", "[]", "[1, 2.5]", "[[1,2],[3,4]]", "[[[1],[2]],[[3],[4]]]", "True,False", "-1,+2", "[[],[]]", "[1e300,-inf,nan]"])
def test_lists(run, text):
    meant = np.array(eval(text if text.startswith("[") else f"[{text}]", {"inf": np.inf, "nan": np.nan}))
    done = run("eval", "a", f"a={text}", "--json")
    shape = str(list(meant.shape)).replace(" ", "")
    assert f'"dtype":"{meant.dtype}","shape":{shape}' in done.stdout
    if meant.size:
        assert run("eval", "a", f"a={text}").stdout == f"{meant}\n"


def test_what_is_no_list(run):
    for text, reason in (("[[1,2],[3]]", "a list of 1 stands beside one of 2"), ("[1,[2]]", "a list stands where a number does"),
                         ("[[1],2]", "a number stands where a list does"), ("[1,2", "a comma or ] is missing"), ("[1]]", "something behind the list"),
                         ("[1,,2]", "a number is missing"), ("1,x", "'x' is no float64"), ("[" * 70 + "1" + "]" * 70, "nested too deeply"),
                         ("1,99999999999999999999", "beyond int64"), ("int8:[1,300]", "'300' is out of range for int8")):
        assert reason in run("eval", "a", f"a={text}", status=2).stderr, text


# ---- what is printed -----------------------------------------------------------------------------------------------------


def test_pipes_lose_nothing(run):
    a = np.arange(2001) * 0.5
    with np.printoptions(threshold=10**6):
        assert run("eval", "arange(2001)*0.5").stdout == f"{a}\n"
    done = subprocess.run([COMMAND, "repl"], input="arange(2001)*0.5\n", capture_output=True, text=True, timeout=300)
    assert "..." not in done.stdout and len(done.stdout.split()) == 2001


# ---- what is refused, and what is replaced -------------------------------------------------------------------------------


def test_endings_are_honoured_or_refused_before_anything_is_opened(run, folder):
    before = sorted(os.listdir(folder))
    for name in ("x", "x.xlsx", "x.png", "x.parquet"):
        done = run("eval", "unknown", "-o", name, status=2, cwd=folder)
        assert "cannot be written; a file's name ends in one of .npy, .npz, .csv, .tsv, .txt, .bin, .raw" in done.stderr, name
    for name in ("x", "x.xlsx", "x.png"):
        assert "no file that is read" in run("eval", "a", f"a={name}", status=2, cwd=folder).stderr
    assert "--format is that of standard output" in run("eval", "1", "-o", "x.csv", "--format", "csv", status=2, cwd=folder).stderr
    assert sorted(os.listdir(folder)) == before


def test_files_of_another_kind_are_replaced_by_force_alone(run, folder):
    np.save(folder / "x.npy", np.arange(3))
    os.rename(folder / "x.npy", folder / "x.csv")
    (folder / "y.npy").write_text(TABLE)
    (folder / "z.svg").write_text("words")
    for arguments in (("-o", "x.csv"), ("-o", "y.npy"), ("--plot", "z.svg")):
        file = folder / arguments[1]
        before = file.read_bytes()
        done = run("eval", "unknown", *arguments, status=1, cwd=folder)  # found before the text's own error
        assert f'cannot write "{file.name}": what is there is' in done.stderr and done.stderr.endswith("--force replaces it\n")
        assert file.read_bytes() == before
        run("eval", "arange(9)", *arguments, "--force", cwd=folder)
        assert file.read_bytes() != before
        run("eval", "arange(8)", *arguments, cwd=folder)  # what is there now is of its kind
    run("eval", "arange(9)", "-o", "t.csv", cwd=folder)
    assert (folder / "t.csv").read_text() == "".join(f"{k}\n" for k in range(9))
    (folder / "empty.npy").touch()
    run("eval", "arange(9)", "-o", "empty.npy", cwd=folder)


# ---- the prompt ----------------------------------------------------------------------------------------------------------


def repl(folder, *lines):
    done = subprocess.run([COMMAND, "repl"], input="\n".join(lines) + "\n", cwd=folder, capture_output=True, text=True, timeout=300)
    return done.stdout, done.stderr


def test_files_at_the_prompt(folder):
    np.savez(folder / "m.npz", u=np.arange(3.0), v=np.arange(2))
    np.arange(4, dtype="i2").tofile(folder / "r.bin")
    out, err = repl(folder, ":load t.csv:price", ":load t.csv:qty q", "price*q", ":columns m.npz", "sum(u)", ":load r.bin:int16:2x2", "r", ":columns t.csv",
                    ":save price*q, q out.csv", ":load out.csv o", "o[0]", ":save price*q out.bin", ":load out.bin:float64 p", "p")
    assert err == ""
    assert "price: float64 array of shape (3,), C order, 24 bytes, from t.csv:price\n" in out
    assert "q: int64 array of shape (3,), C order, 24 bytes, from t.csv:qty\n" in out
    assert "u: float64 array of shape (3,), C order, 24 bytes, from m.npz:u\nv: int64" in out
    assert "[[0 1]\n [2 3]]\n" in out and "3.0\n" in out
    assert "city: not bound: " in out and "'Berlin' is no number" in out and "sold: bool array" in out
    assert (folder / "out.csv").read_text() == "price*q,q\n3.0,2\n6.75,3\n-2000.0,5\n"
    assert out.endswith("[    3.       6.75 -2000.  ]\n")
    out, err = repl(folder, ":save arange(3) m.doc", "1,2", ":save 1,2 x.npy", ":load x.xlsx", ":load -")
    assert "cannot be written" in err and "holds one array" in err and "cannot be read; a file's name ends in one of" in err


def test_kinds_at_the_prompt(folder):
    (folder / "y.npy").write_text(TABLE)
    (folder / "z.svg").write_text("words")
    out, err = repl(folder, ":save arange(3) y.npy", ":plot arange(3) z.svg")
    assert err.count("what is there is a text, not") == 2 and ":save! replaces it" in err and ":plot! replaces it" in err
    assert (folder / "y.npy").read_text() == TABLE
    out, err = repl(folder, ":save! arange(3) y.npy", ":plot! arange(3) z.svg")
    assert err == "" and np.load(folder / "y.npy").tolist() == [0, 1, 2] and "<svg" in (folder / "z.svg").read_text()
