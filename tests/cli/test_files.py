"""The files that the command writes: each result its own, whole or not at all, with owner and mode of what they replace."""

import os
import resource
import signal
import stat
import subprocess

import numpy as np
import pytest
from built_command import COMMAND

# Sends the process a signal when it has written a file and is about to give it its name.
SHIM = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef int Open(const char*, int, ...);
static int opened(const char* name, const char* path, int flags, mode_t mode) {
  if (getenv("SHIM_NAMES") && (flags & O_TMPFILE) == O_TMPFILE) return errno = EOPNOTSUPP, -1;
  return ((Open*)dlsym(RTLD_NEXT, name))(path, flags, mode);
}
int open(const char* path, int flags, ...) {
  va_list more; va_start(more, flags); mode_t mode = va_arg(more, mode_t); va_end(more);
  return opened("open", path, flags, mode);
}
int open64(const char* path, int flags, ...) {
  va_list more; va_start(more, flags); mode_t mode = va_arg(more, mode_t); va_end(more);
  return opened("open64", path, flags, mode);
}
int fsync(int fd) {
  const char* signals = getenv("SHIM_SIGNAL");
  if (signals) kill(getpid(), atoi(signals));
  return ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(fd);
}
"""


@pytest.fixture(scope="module")
def shim(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shim")
    (folder / "shim.c").write_text(SHIM)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", folder / "shim.so", folder / "shim.c", "-ldl"], check=True)
    return folder / "shim.so"


def as_from_a_terminal():
    """In the child: a shell's background jobs and nohup ignore some signals, and children inherit that."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGPIPE, signal.SIGXCPU):
        signal.signal(number, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def under_shim(shim, number, *arguments, named=False, preexec_fn=as_from_a_terminal, **options):
    environment = {**os.environ, "LD_PRELOAD": str(shim), "SHIM_SIGNAL": str(int(number))}
    if named:
        environment["SHIM_NAMES"] = "1"
    return subprocess.run([COMMAND, *map(str, arguments)], env=environment, capture_output=True, text=True, timeout=300,
                          preexec_fn=preexec_fn, **options)


def put_old(folder, name="a.npy"):
    """An array that is there already, and its bytes."""
    np.save(folder / name, np.arange(3))
    return (folder / name).read_bytes()


# ---- one file a result ---------------------------------------------------------------------------------------------------


def test_two_results_need_two_files(run, tmp_path):
    old = put_old(tmp_path)
    (tmp_path / "link.npy").symlink_to("a.npy")
    (tmp_path / "here").symlink_to(".")
    (tmp_path / "new link.npy").symlink_to("new.npy")
    os.link(tmp_path / "a.npy", tmp_path / "hard.npy")
    before = sorted(os.listdir(tmp_path))
    for one, other in (("a.npy", "./a.npy"), ("a.npy", "link.npy"), ("a.npy", "hard.npy"), ("a.npy", "here/link.npy"),
                       ("new.npy", tmp_path / "new.npy"), ("new.npy", "new link.npy"), ("here/new.npy", "new.npy")):
        # The text has an error of its own, which is found when it is evaluated.
        done = run("eval", "unknown, 2", "-o", one, "-o", other, status=2, cwd=tmp_path)
        assert f'-o: "{one}" and "{other}" are one file' in done.stderr and "unknown" not in done.stderr
    assert '-o: "a.npy" would be written twice' in run("eval", "1, 2", "-o", "a.npy", "-o", "a.npy", status=2, cwd=tmp_path).stderr
    done = run("eval", "1, 2", "-o", "a.h5:/one", "-o", "a.h5:/two", "--distributed", status=2, cwd=tmp_path)
    assert '-o: "a.h5" would be written twice' in done.stderr  # a file of HDF5 is written whole
    (tmp_path / "x.svg").symlink_to("new.csv")
    done = run("eval", "arange(9)", "-o", "./new.csv", "--plot", "x.svg", status=2, cwd=tmp_path)
    assert '-o: "./new.csv" and "x.svg" are one file' in done.stderr
    (tmp_path / "x.svg").unlink()
    assert sorted(os.listdir(tmp_path)) == before and (tmp_path / "a.npy").read_bytes() == old
    run("eval", "1, 2", "-o", "new.npy", "-o", "other.npy", cwd=tmp_path)
    assert (np.load(tmp_path / "new.npy"), np.load(tmp_path / "other.npy")) == (1, 2)


def test_what_cannot_be_written_is_said_before_the_evaluation(run, tmp_path):
    old = put_old(tmp_path, "kept.npy")
    (tmp_path / "kept.npy").chmod(0o444)
    (tmp_path / "folder.npy").mkdir()
    (tmp_path / "null.npy").symlink_to("/dev/null")
    (tmp_path / "out.csv").symlink_to("/dev/stdout")
    before = sorted(os.listdir(tmp_path))
    for file, reason in (("kept.npy", "it is read-only"), ("no/such.npy", "No such file or directory"), ("folder.npy", "it is a folder"),
                         ("null.npy", "it is not a regular file")):
        done = run("eval", "unknown", "-o", file, status=1, cwd=tmp_path)
        assert done.stderr == f'fuseval: error: cannot write "{file}": {reason}\n'
    assert (tmp_path / "kept.npy").read_bytes() == old and sorted(os.listdir(tmp_path)) == before
    done = subprocess.run(f"{COMMAND} eval 1 -o out.csv > printed.txt", shell=True, cwd=tmp_path, capture_output=True, text=True)
    assert "it is an open file, not a name of one" in done.stderr and done.returncode == 1


def test_mode_and_owner_stay(run, tmp_path):
    arrays = put_old(tmp_path)
    for name, arguments, old in (("a.npy", ("-o", "a.npy"), arrays), ("x.svg", ("--plot", "x.svg"), b"<svg")):
        file = tmp_path / name
        file.write_bytes(old)
        file.chmod(0o640)
        if os.geteuid() == 0:
            os.chown(file, 12345, 23456)
        before = file.stat()
        run("eval", "arange(9)", *arguments, cwd=tmp_path)
        after = file.stat()
        assert (after.st_uid, after.st_gid, stat.S_IMODE(after.st_mode)) == (before.st_uid, before.st_gid, 0o640)
        assert after.st_size > 3 and after.st_ino != before.st_ino


def test_a_file_that_may_not_become_so_long(run, tmp_path):
    done = run("eval", "arange(100000)", "-o", "a.npy", status=1, cwd=tmp_path,
               preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)))
    assert done.stderr == 'fuseval: error: cannot write "a.npy": File too large\n'
    assert os.listdir(tmp_path) == []


# ---- signals -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("named", [False, True])
@pytest.mark.parametrize("arguments", [("-o", "a.npy"), ("-o", "a.npy", "--distributed"), ("--plot", "x.svg")])
def test_a_signal_leaves_nothing_of_a_file(shim, tmp_path, arguments, named):
    old = put_old(tmp_path)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGPIPE, signal.SIGXCPU):
        done = under_shim(shim, number, "eval", "arange(9)", *arguments, named=named, cwd=tmp_path)
        assert done.returncode == -number
        assert os.listdir(tmp_path) == ["a.npy"] and (tmp_path / "a.npy").read_bytes() == old


def test_a_process_that_is_killed_leaves_nothing_where_files_need_no_name(shim, tmp_path):
    try:
        os.close(os.open(tmp_path, os.O_TMPFILE | os.O_WRONLY))
    except OSError:
        pytest.skip("the file system has no files without a name")
    assert under_shim(shim, signal.SIGKILL, "eval", "arange(9)", "-o", "a.npy", cwd=tmp_path).returncode == -signal.SIGKILL
    assert os.listdir(tmp_path) == []


def test_signals_that_are_ignored_stay_so(shim, tmp_path):
    done = under_shim(shim, signal.SIGHUP, "eval", "arange(9)", "-o", "a.npy", cwd=tmp_path,
                      preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))  # as nohup does it
    assert done.returncode == 0 and np.load(tmp_path / "a.npy").tolist() == list(range(9))


def test_an_interrupted_simulator_leaves_no_folder(tmp_path):
    """The compiler of its kernels is one that never ends."""
    compiler = tmp_path / "compiler"
    compiler.write_text("#!/bin/sh\nkill -TERM $PPID\nexec sleep 3\n")
    compiler.chmod(0o755)
    (tmp_path / "temporary").mkdir()
    environment = {**os.environ, "FUSEVAL_CXX": str(compiler), "TMPDIR": str(tmp_path / "temporary"), "FUSEVAL_CACHE_DIR": ""}
    done = subprocess.run([COMMAND, "eval", "arange(9) + 1", "--device", "cudasim"], env=environment, timeout=300, preexec_fn=as_from_a_terminal,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    assert done.returncode == -signal.SIGTERM
    assert os.listdir(tmp_path / "temporary") == []


# ---- files that change ---------------------------------------------------------------------------------------------------



class Repl:
    """A session by pipes, between whose statements files change."""

    def __init__(self, folder):
        self.process = subprocess.Popen([COMMAND, "repl"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                        text=True, cwd=folder)

    def enter(self, line):
        """What it prints: up to a mark of its own."""
        self.process.stdin.write(line + "\n987654321\n")
        self.process.stdin.flush()
        lines = []
        while (answer := self.process.stdout.readline()) not in ("987654321\n", ""):
            lines.append(answer)
        return "".join(lines)

    def end(self):
        self.process.stdin.close()
        self.process.wait(timeout=60)


def rewrite(path, array):
    """In place, as np.save does it, and at another time."""
    np.save(path, array)
    os.utime(path, (1_000_000_000, 1_000_000_000))


def test_small_files_are_copied(tmp_path):
    np.save(tmp_path / "live.npy", np.arange(3.0))
    repl = Repl(tmp_path)
    repl.enter(":load live.npy a")
    rewrite(tmp_path / "live.npy", np.array([7, 8, 9]))
    assert repl.enter("a") == "[0. 1. 2.]\n"
    assert repl.enter("a + 1") == "[1. 2. 3.]\n"
    repl.enter(":load live.npy b")
    os.truncate(tmp_path / "live.npy", 0)
    assert repl.enter("a*b") == "[ 0.  8. 18.]\n"
    repl.end()


@pytest.fixture
def large(tmp_path):
    """A file of more than 64 MiB, nearly all of it a hole."""
    path = tmp_path / "large.npy"
    np.lib.format.open_memmap(path, "w+", "float64", (9 << 20,))[:3] = 1, 2, 3
    return path


@pytest.mark.parametrize("change", ["rewritten", "shorter"])
def test_large_files_are_mapped_and_must_not_change(tmp_path, large, change):
    repl = Repl(tmp_path)
    repl.enter(":load large.npy a")
    assert repl.enter("a[:3]") == "[1. 2. 3.]\n"
    if change == "rewritten":
        os.utime(large, (1_000_000_000, 1_000_000_000))
    else:
        os.truncate(large, 4096)
    words = 'error: the mapped file "large.npy" ' + ("has changed" if change == "rewritten" else "has become shorter") + " since it was opened"
    for line in ("a", "sum(a[:3])", ":save a[:3] b.npy", ":plot a[:100]", ":plot a x.svg", ":bench a[:3]"):
        assert words in repl.enter(line), line
    answer = repl.enter(":save a b.npy")
    assert 'cannot write "b.npy": the mapped file "large.npy"' in answer
    assert os.listdir(tmp_path) == ["large.npy"]
    assert repl.enter("1 + 1") == "2\n"
    repl.end()


def test_large_files_may_be_replaced(tmp_path, large):
    repl = Repl(tmp_path)
    repl.enter(":load large.npy a")
    repl.enter(":save arange(3) large.npy")
    assert repl.enter("a[:3]") == "[1. 2. 3.]\n"
    repl.enter(":load large.npy a")
    assert repl.enter("a") == "[0 1 2]\n"
    repl.end()
