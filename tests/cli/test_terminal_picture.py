"""fuseval eval --plot -: what is printed for which terminal, decoded into dots and pixels."""

import errno
import os
import pty
import re
import select
import signal
import termios
import time

import numpy as np
import pytest

from built_command import COMMAND
from picture_reading import braille, png, sixels

PLAIN = {name: value for name, value in os.environ.items()
         if name not in ("LC_ALL", "LC_CTYPE", "COLUMNS", "NO_COLOR", "COLORTERM", "FUSEVAL_TERMINAL")}
UTF8 = {**PLAIN, "LANG": "C.UTF-8", "TERM": "xterm-256color"}


@pytest.fixture
def show(run, tmp_path):
    """show(array, *options, word="rgb") -> what is printed for the array on such a terminal."""

    def show(array, *options, word="", environment=UTF8):
        np.save(tmp_path / "x.npy", array)
        done = run("eval", "x", f"x={tmp_path}/x.npy", "--plot", "-", *options, env={**environment, "FUSEVAL_TERMINAL": word})
        assert done.stderr == ""
        return done.stdout

    return show


def without_colours(text):
    return re.sub(r"\x1b\[[\d;]*m", "", text)


# ---- characters -----------------------------------------------------------------------------------------------------


def test_a_diagonal_in_braille(show):
    text = show(np.arange(1000.0), "--plot-size", "60x20")
    lines = text.splitlines()
    assert len(lines) == 20 and max(map(len, lines)) <= 60 and lines[0].strip() == "x" and "\x1b" not in text
    dots = braille(text)
    rows, columns = np.nonzero(dots)
    assert len(set(columns)) > 100  # two to a character
    fit = np.polyfit(columns, rows, 1)
    assert fit[0] < 0 and np.abs(np.polyval(fit, columns) - rows).max() < 1.5
    assert rows.min() <= 4 * 2 and rows.max() >= 4 * 16


def test_a_spike_is_seen(show):
    x = np.zeros(1_000_000)
    x[700_000] = 1
    dots = braille(show(x, "--plot-size", "60x20"))
    heights = dots.sum(axis=0)
    (column,) = np.flatnonzero(heights > 40)
    first, *_, last = np.flatnonzero(heights > 0)
    assert (column - first) / (last - first) == pytest.approx(0.7, abs=0.02)


def test_ticks_stand_where_the_values_are(show):
    lines = show(np.linspace(-100, 100, 201), "--plot-size", "70x24").splitlines()
    dots = braille("\n".join(lines))
    for row, line in enumerate(lines):
        if match := re.match(r" *(-?\d+) ┤", line):
            at = np.flatnonzero(dots[4 * row:4 * row + 4].any(axis=0))
            left, right = np.flatnonzero(dots.any(axis=0))[[0, -1]]
            shown = -100 + 200 * (at.mean() - left) / (right - left)
            assert shown == pytest.approx(int(match[1]), abs=7)
    labels = [int(match) for match in lines[-1].split()]
    assert labels == list(range(0, 201, 50)) or labels == list(range(0, 201, 20))


def test_plain_characters(show):
    for environment, word in ((UTF8, "ascii"), ({**PLAIN, "LANG": "C"}, ""), ({**UTF8, "LC_ALL": "C"}, "")):
        for array, options in ((np.arange(50.0), ()), (np.arange(50.0), ("--plot-as", "histogram")), (np.eye(5), ())):
            text = show(array, *options, word=word, environment=environment)
            assert text.isascii() and "\x1b" not in text and len(text.splitlines()) > 10
    rows = show(np.arange(100.0), "--plot-size", "40x12", word="ascii").splitlines()
    stars = [row.index("*") for row in rows if "*" in row]
    assert stars == sorted(stars, reverse=True) and len(stars) >= 8


def test_lines_are_told_apart_with_and_without_colours(run):
    for word, wanted in (("mono", "*o"), ("ascii", "*o"), ("rgb", "\x1b[38;2;0;114;178m\x1b[38;2;213;94;0m")):
        text = run("eval", "arange(30), 30 - arange(30)", "--plot", "-", env={**UTF8, "FUSEVAL_TERMINAL": word}).stdout
        assert "arange(30)" in text.splitlines()[1] and "30 - arange(30)" in text.splitlines()[1]
        plot = "\n".join(text.splitlines()[2:-2])
        marks = re.findall(r"\x1b\[38;2[\d;]*m", plot) if word == "rgb" else re.findall(r"[*o]", plot)
        assert set(marks) == set(re.findall(r"\x1b\[[\d;]*m|[*o]", wanted))


@pytest.mark.parametrize("word", ["mono", "ascii"])
def test_bars_are_as_high_as_the_counts(show, word):
    x = np.repeat([0, 1, 2, 3], [100, 50, 0, 25]).astype(np.int8)
    text = show(x, "--plot-as", "histogram", "--plot-size", "70x30", word=word)
    dots = braille(text) if word == "mono" else np.array([[c == "#" for c in line.ljust(70)] for line in text.splitlines()])
    heights = dots.sum(axis=0)
    used = np.flatnonzero(heights)
    places = used[0] + (used[-1] + 1 - used[0]) * (np.arange(4) + 0.5) / 4
    np.testing.assert_allclose(heights[places.astype(int)] / heights.max(), [1, 0.5, 0, 0.25], atol=0.03)


def cells(text):
    """[[(glyph, foreground, background)]] of a text with 24-bit colours."""
    rows = []
    for line in text.splitlines():
        row, colour, ground = [], None, None
        for code, glyph in re.findall(r"\x1b\[([\d;]*)m|(.)", line):
            numbers = [int(n) for n in code.split(";")] if code else []
            if numbers[:2] == [38, 2]:
                colour = tuple(numbers[2:])
            elif numbers[:2] == [48, 2]:
                ground = tuple(numbers[2:])
            elif numbers:
                colour, ground = (colour if numbers == [49] else None), (ground if numbers == [39] else None)
            if glyph:
                row.append((glyph, colour, ground))
        rows.append(row)
    return rows


def test_half_blocks_are_the_pixels_of_an_image(show):
    x = np.zeros((8, 8, 3), np.uint8)
    x[..., 0], x[..., 1], x[..., 2] = np.arange(8)[:, None] * 30, np.arange(8) * 20, 7
    blocks = [[cell for cell in row if cell[0] == "▀"] for row in cells(show(x, "--plot-size", "30x10", word="rgb"))]
    blocks = [row for row in blocks if row]
    image = np.array([half for row in blocks for half in ([cell[1] for cell in row], [cell[2] for cell in row])])
    rows, columns = image.shape[:2]
    assert rows == columns >= 8
    at = (np.arange(rows) + 0.5) / rows * 8
    np.testing.assert_array_equal(image, x[at.astype(int)][:, at.astype(int)])


def test_colours_of_values(show):
    x = np.array([[0, 1.0], [np.nan, 0.5]])
    text = show(x, word="rgb")
    assert "\x1b[38;2;68;1;84m" in text and "48;2;190;190;190" in text and "NaN" in text
    assert "1 of 4 elements not finite" in text
    text = show(x, word="256")
    assert set(re.findall(r"\x1b\[[34]8;(\d)", text)) == {"5"} and "48;5;250" in text  # the grey nearest to NaN's
    for word, shades in (("mono", " ░▒▓█"), ("ascii", " .:-=+*#%@")):
        text = show(np.arange(256.0).reshape(16, 16), "--plot-size", "60x30", word=word)
        body = [re.match(r"[ \d]*[│┤|+](.*)$", line)[1] for line in text.splitlines()[1:-3]]
        levels = [shades.index((line or " ")[0]) for line in body]
        assert levels == sorted(levels) and levels[0] == 0 and levels[-1] == len(shades) - 1 and "?" in show(x, word=word)


def test_pages(show):
    x = np.arange(500.0)
    for size in ("20x6", "33x7", "200x60"):
        columns, rows = map(int, size.split("x"))
        for array, kind in ((x, "line"), (x, "histogram"), (x.reshape(5, 100), "image"), (x.reshape(100, 5), "image")):
            lines = show(array, "--plot-as", kind, "--plot-size", size, "--plot-title", "t" * 300).splitlines()
            assert len(lines) <= rows and max(map(len, lines)) <= columns and lines[0].endswith("...")
    wide = show(x, environment={**UTF8, "COLUMNS": "47"}).splitlines()
    assert max(map(len, wide)) == 47
    strip = show(np.arange(100.0)[np.newaxis])
    assert 6 <= len(strip.splitlines()) <= 12


@pytest.mark.parametrize("size, status", [("19x10", 1), ("80x5", 1), ("1001x10", 1), ("80x1001", 1)])
def test_sizes_out_of_range(run, size, status):
    done = run("eval", "arange(9)", "--plot", "-", "--plot-size", size, status=status)
    assert f"a picture of {size} characters is not between 20x6 and 1000x1000" in done.stderr and done.stdout == ""


def test_a_word_that_is_no_terminal(run):
    done = run("eval", "arange(9)", "--plot", "-", env={**UTF8, "FUSEVAL_TERMINAL": "vt52"}, status=1)
    assert "FUSEVAL_TERMINAL is 'vt52', and not ascii, mono, 256, rgb or sixel" in done.stderr


# ---- sixels ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(300,), (30, 40), (20, 30, 3)])
def test_sixels_are_the_pixels_of_a_png(show, run, tmp_path, shape):
    x = np.random.default_rng(3).random(shape)
    drawn = sixels(show(x, "--plot-size", "60x20", word="sixel"))
    run("eval", "x", f"x={tmp_path}/x.npy", "--plot", tmp_path / "a.png", "--plot-size", "600x400")
    pixels = png(tmp_path / "a.png")
    assert drawn.shape == pixels.shape
    difference = np.abs(drawn.astype(int) - pixels)
    # Of 600 colours 256 are left for a picture of random ones; the others' are all there but for the last bits.
    assert difference.max() <= (60 if len(shape) == 3 else 12) and difference.mean() < 6


# ---- real terminals -------------------------------------------------------------------------------------------------


class Terminal:
    """The command in a pseudo-terminal of 90 x 33, whose answers are given here."""

    def __init__(self, *arguments, answer=None, keys=None, **environment):
        self.process, self.controller = pty.fork()
        if self.process == 0:
            os.execve(COMMAND, [COMMAND, *arguments], {**UTF8, **environment})
        termios.tcsetwinsize(self.controller, (33, 90))
        self.before = termios.tcgetattr(self.controller)
        self.output, self.asked_at, self.seconds = b"", None, None
        begin = time.monotonic()
        while chunk := self.read():
            self.output += chunk
            if b"\x1b[c" in self.output and self.asked_at is None:
                self.asked_at = time.monotonic()
                self.raw = termios.tcgetattr(self.controller)
                os.write(self.controller, answer or keys or b"")
        self.seconds = time.monotonic() - begin
        self.text = self.output.decode().replace("\r\n", "\n")
        self.after = termios.tcgetattr(self.controller)
        _, status = os.waitpid(self.process, 0)
        self.status = os.waitstatus_to_exitcode(status)
        os.close(self.controller)

    def read(self):
        """b"" when the command has ended."""
        ready, _, _ = select.select([self.controller], [], [], 30)
        assert ready, "nothing came for 30 seconds"
        try:
            return os.read(self.controller, 65536)
        except OSError as error:
            assert error.errno == errno.EIO
            return b""


ARGUMENTS = ("eval", "sin(arange(300)/20)", "--plot", "-")


def test_a_terminal_with_sixels_gets_them():
    terminal = Terminal(*ARGUMENTS, answer=b"\x1b[?62;1;4;22c")
    assert terminal.status == 0 and sixels(terminal.text.removeprefix("\x1b[c")).shape[1] == 800
    assert terminal.raw[3] & (termios.ICANON | termios.ECHO) == 0 and terminal.after[3] == terminal.before[3]


@pytest.mark.parametrize("answer", [b"\x1b[?62;1;22c", b"\x1b[?6c", b"\x1b[?44;14;41c", b"4c", b"\x1b[?62;4", b"c", None])
def test_other_terminals_get_coloured_braille(answer):
    """Also those whose answer never ends, or never comes: then it takes half a second."""
    terminal = Terminal(*ARGUMENTS, answer=answer)
    text = terminal.text.removeprefix("\x1b[c")
    assert terminal.status == 0 and "\x1bP" not in text and "38;5;" in text and braille(without_colours(text)).sum() > 200
    assert len(text.splitlines()) == 30 and 80 < max(map(len, without_colours(text).splitlines())) <= 90
    assert terminal.after[3] == terminal.before[3] and terminal.seconds < 10


@pytest.mark.parametrize("environment, colours", [
    ({"COLORTERM": "truecolor", "FUSEVAL_TERMINAL": "rgb"}, "38;2;"), ({"FUSEVAL_TERMINAL": "mono"}, None),
    ({"NO_COLOR": "1"}, None), ({"TERM": "dumb"}, None)])
def test_terminals_that_are_not_asked(environment, colours):
    terminal = Terminal(*ARGUMENTS, **environment)
    assert terminal.asked_at is None and terminal.status == 0 and braille(without_colours(terminal.text)).sum() > 200
    assert colours in terminal.text if colours else "\x1b" not in terminal.text


def test_true_colours():
    assert "38;2;0;114;178" in Terminal(*ARGUMENTS, answer=b"\x1b[?1;2c", COLORTERM="truecolor").text


def test_interrupting_while_the_terminal_is_asked():
    terminal = Terminal(*ARGUMENTS, keys=b"\x03")
    assert terminal.status == -signal.SIGINT and terminal.after[3] == terminal.before[3]


def test_a_file_or_a_pipe_is_not_asked(run):
    text = run(*ARGUMENTS, env=UTF8).stdout
    assert "\x1b" not in text and braille(text).sum() > 200
