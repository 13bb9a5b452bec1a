"""fuseval eval --plot-x, --plot-log and the like, and the same settings behind :plot: pictures are read back and compared with
the data. What is said of them: docs/pictures.md."""

import re
import subprocess

import numpy as np
import pytest

from built_command import COMMAND
from picture_reading import Figure, braille, cielab, lightness, pixel_size, png

BLUE = (0, 114, 178)  # of the first line
NAN = (190, 190, 190)


@pytest.fixture
def plot(run, tmp_path):
    """plot(text, *options, to="svg", **arrays) -> the picture of the text as Figure or, to="png", as pixels."""

    def plot(text, *options, to="svg", **arrays):
        for name, array in arrays.items():
            np.save(tmp_path / f"{name}.npy", array)
        path = tmp_path / f"picture.{to}"
        run("eval", text, *(f"{name}={tmp_path}/{name}.npy" for name in arrays), "--plot", path, *options)
        return Figure(path) if to == "svg" else png(path)

    return plot


@pytest.fixture
def refused(run, tmp_path):
    """refused(text, *options) -> the error of a picture that cannot be; nothing is written."""

    def refused(text, *options, status=1, to=None):
        done = run("eval", text, "--plot", to or tmp_path / "a.svg", *options, status=status)
        assert done.stdout == "" and list(tmp_path.iterdir()) == []
        return done.stderr

    return refused


def points_of(figure, places, x_log=False, y_log=False):
    """Pixels in the axes' numbers: an array of shape (n, 2)."""
    places = np.array(places, float).reshape(-1, 2)
    return np.stack([value_at(ticks, places[:, axis], log) for axis, (ticks, log) in
                     enumerate(((figure.horizontal_ticks(), x_log), (figure.vertical_ticks(), y_log)))], axis=1)


def value_at(ticks, at, log):
    (first, begin), (last, end) = ticks[0], ticks[-1]
    share = (at - begin) / (end - begin)
    return first * (last / first) ** share if log else first + share * (last - first)


def assert_points(figure, places, x, y, x_log=False, y_log=False):
    found = points_of(figure, places, x_log, y_log)
    assert len(found) == len(x)
    for values, wanted, ticks, log in ((found[:, 0], x, figure.horizontal_ticks(), x_log), (found[:, 1], y, figure.vertical_ticks(), y_log)):
        if log:
            np.testing.assert_allclose(np.log(values), np.log(wanted), atol=3 * abs(np.log(ticks[-1][0] / ticks[0][0]) / (ticks[-1][1] - ticks[0][1])))
        else:
            np.testing.assert_allclose(values, wanted, atol=2 * pixel_size(ticks))


# ---- x of lines ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float64", "float32", "int16"])
def test_lines_over_x(plot, dtype):
    x = np.array([3, 1, 4, 1, 5, 9, 2, 6]).astype(dtype)  # to and fro
    y = np.random.default_rng(0).uniform(-5, 2, 8)
    figure = plot("y, 0.5", "--plot-x", "2*x", x=x, y=y)
    (_, (piece,)), (_, (level,)) = figure.lines()
    assert_points(figure, piece, 2.0 * x, y)
    assert_points(figure, level, [2, 18], [0.5, 0.5])
    assert "2*x" in figure.words()


def test_points_without_a_place_are_gaps(plot):
    x = np.array([0, 1, np.nan, 3, 4, np.inf, 6, 7.0])
    y = np.array([1, 2, 3, np.nan, 5, 6, 7, 8.0])
    figure = plot("y", "--plot-x", "x", x=x, y=y)
    ((_, pieces),) = figure.lines()
    assert [len(piece) for piece in pieces] == [2, 2] and len(figure.dots()) == 1
    assert "3 of 8 elements not finite" in figure.words()
    figure = plot("y", "--plot-x", "x", "--plot-style", "points", x=x, y=y)
    (((_, colour), places),) = figure.markers()
    assert_points(figure, places, [0, 1, 4, 6, 7], [1, 2, 5, 7, 8])
    assert figure.line_paths() == [] and colour == "#%02x%02x%02x" % BLUE


def test_long_lines_over_x_keep_spikes_and_the_shape(plot):
    rng = np.random.default_rng(3)
    x = np.sort(rng.standard_cauchy(300_000).clip(-50, 50))  # dense in the middle
    y = np.sin(x)
    y[200_000] = 7
    figure = plot("y", "--plot-x", "x", x=x, y=y)
    ((_, (piece,)),) = figure.lines()
    assert len(piece) < 4 * 801
    found = points_of(figure, piece)
    assert found[:, 1].max() == pytest.approx(7, abs=0.05)
    spike = found[found[:, 1].argmax()]
    assert spike[0] == pytest.approx(x[200_000], abs=0.3)
    rest = np.delete(found, found[:, 1].argmax(), axis=0)
    across = pixel_size(figure.horizontal_ticks())
    assert np.abs(rest[:, 1] - np.sin(rest[:, 0])).max() < 3 * across + 0.05


def test_a_cloud_of_many_points_is_drawn_once_a_pixel(plot, refused):
    rng = np.random.default_rng(4)
    x, y = rng.standard_normal((2, 400_000))
    figure = plot("y", "--plot-x", "x", "--plot-style", "points", "--plot-size", "400x300", x=x, y=y)
    ((_, places),) = figure.markers()
    assert len(places) <= 401 * 301
    found = points_of(figure, places)
    assert np.abs(found).max() < 6
    some = rng.choice(len(x), 300)  # each has a marker within a pixel or two
    reach = 2.5 * np.array([pixel_size(figure.horizontal_ticks()), pixel_size(figure.vertical_ticks())])
    for point in np.stack([x, y], axis=1)[some]:
        assert (np.abs(found - point) < reach).all(axis=1).any()


def test_a_line_that_fills_the_page_is_refused(refused):
    message = refused("arange(3000000) % 7", "--plot-x", "arange(3000000) * 12345 % 1009")
    assert "more than a million points" in message


@pytest.mark.parametrize("text, options, message", [
    ("arange(3)", ("--plot-x", "arange(4)"), "x has 4 elements, and a line 3"),
    ("arange(3)", ("--plot-x", "ones((3, 1))"), "x is 1-D as the lines are, and has 2 dimensions"),
    ("arange(3)", ("--plot-x", "arange(3), arange(3)"), "--plot-x has one result, not 2"),
    ("arange(3)", ("--plot-x", "nowhere"), "nowhere"),
    ("arange(3)", ("--plot-y", "arange(3)"), "y is an image's"),
    ("arange(3)", ("--plot-colormap", "magma"), "a line has no colours for values"),
    ("arange(3)", ("--plot-zrange", "0:1"), "a line has no colours for values"),
    ("arange(3)", ("--plot-xrange", "5:"), "the range of x, 5 to 2, does not ascend"),
    ("arange(3)", ("--plot-log", "y", "--plot-yrange", "-1:5"), "the range of y, -1 to 5, is not positive"),
    ("ones((2, 3))", ("--plot-log", "x"), "an image's axes are linear"),
    ("ones((2, 3))", ("--plot-style", "points"), "points are a line's"),
    ("ones((2, 3))", ("--plot-x", "arange(2)"), "x has 2 elements, and the image 3 columns"),
    ("ones((2, 3))", ("--plot-y", "arange(3)"), "y has 3 elements, and the image 2 rows"),
    ("ones((2, 3))", ("--plot-y", "ones(2)"), "y of an image is evenly spaced"),
    ("ones((2, 3))", ("--plot-x", "arange(3)**2"), "element 1 is 1, and not 2"),
    ("ones((2, 3))", ("--plot-x", "2.0"), "x of an image is 1-D"),
    ("ones((2, 3))", ("--plot-xrange", "5:7"), "nothing of the image lies within the range of x"),
    ("ones((2, 3, 3))", ("--plot-colormap", "gray"), "an image that holds colours itself has no colours for values"),
    ("ones(4)", ("--plot-as", "histogram", "--plot-x", "arange(4)"), "a histogram's axes are its values and their counts"),
    ("ones(4)", ("--plot-as", "histogram", "--plot-log", "x"), "bins are equally wide")])
def test_what_has_no_such_picture(refused, text, options, message):
    status = 2 if "one result" in message else 1
    assert message in refused(text, *options, status=status)
    assert message in refused(text, *options, status=status, to="-")


def test_values_that_settings_do_not_have(refused):
    for option, value, message in (
            ("style", "dots", "'dots' is not lines, points or both"), ("log", "w", "'w' is not x, y, xy or z"), ("log", "xx", "is not x, y"),
            ("log", "", "is not x, y"), ("xrange", "3", "'3' is no range like 0:10, 0: or :10"), ("xrange", ":", "is no range"),
            ("xrange", "1:2:3", "is no range"), ("xrange", "a:2", "is no range"), ("yrange", "nan:2", "is no range"),
            ("yrange", "0:inf", "is no range"), ("zrange", "2:2", "'2:2' does not ascend"), ("zrange", "2:-2", "does not ascend"),
            ("colormap", "jet", "'jet' is not viridis, magma, gray or blue-white-red"), ("as", "pie", "'pie' is not line, image or histogram")):
        error = refused("unknown_name", f"--plot-{option}", value, status=2)
        assert f"--plot-{option}: " in error and message in error and "unknown_name" not in error


# ---- logarithmic axes and ranges ------------------------------------------------------------------------------------


def test_logarithmic_axes(plot):
    x, y = np.geomspace(0.02, 3e4, 50), np.geomspace(1e-9, 2e12, 50)
    figure = plot("y", "--plot-x", "x", "--plot-log", "xy", x=x, y=y)
    ((_, (piece,)),) = figure.lines()
    assert [value for value, _ in figure.horizontal_ticks()] == [0.1, 1, 10, 100, 1000, 10000]
    assert {"0.1", "10000", "10⁻⁶", "10⁸"} <= set(figure.words())
    assert_points(figure, piece, x, y, x_log=True, y_log=True)
    minor = [left + 0.5 for left, _, *size, _ in figure.boxes() if size == [1, 2]]
    wanted = [m * 10.0**k for k in range(-2, 5) for m in range(2, 10) if 0.016 < m * 10.0**k < 38000]
    np.testing.assert_allclose(np.log(value_at(figure.horizontal_ticks(), np.array(minor), True)), np.log(wanted), atol=0.03)


def test_a_logarithmic_axis_of_less_than_a_decade(plot):
    figure = plot("y", "--plot-log", "y", y=np.array([2.2, 3.1, 7.9]))
    values = [value for value, _ in figure.vertical_ticks()]
    assert len(values) >= 2 and min(values) > 1.9 and max(values) < 9
    ((_, (piece,)),) = figure.lines()
    assert_points(figure, piece, [0, 1, 2], [2.2, 3.1, 7.9], y_log=True)


@pytest.mark.parametrize("to", ["svg", "png"])
@pytest.mark.parametrize("values", [[0, -1, 2, 4], [0, -1, -2, 0], [3, 3, 3, 3], [5e-324, 1e308, 1, 1], [np.nan, np.inf, 0, 1], [1, 1 + 1e-12, 1, 1]])
def test_odd_values_on_logarithmic_axes(plot, to, values):
    x = np.array(values, float)
    picture = plot("x", "--plot-log", "xy", "--plot-style", "both", x=x, to=to)
    if to == "svg":
        shown = (x > 0) & np.isfinite(x) & (np.arange(4) > 0)
        assert sum(len(places) for _, places in picture.markers()) == shown.sum()
        note = next(word for word in picture.words() if "positive" in word)
        assert note == "no positive elements" if not shown.any() else re.fullmatch(r"(1 of 4 elements not finite, )?\d of 4 elements not positive", note)


def test_what_is_not_positive_is_left_out_and_counted(plot):
    figure = plot("y", "--plot-log", "y", y=np.array([1, 10, 0, 100, -5, 1000, 1e4]))
    ((_, pieces),) = figure.lines()
    assert [len(piece) for piece in pieces] == [2, 2] and len(figure.dots()) == 1
    assert "2 of 7 elements not positive" in figure.words()


def test_ranges_cut_lines_off_at_the_frame(plot):
    x = np.linspace(0, 10, 11)
    figure = plot("x**2", "--plot-x", "x", "--plot-xrange", "-2:4.5", "--plot-yrange", "2.5:60", x=x)
    left, top, right, bottom = figure.frame()
    assert value_at(figure.horizontal_ticks(), left, False) == pytest.approx(-2, abs=0.02)
    assert value_at(figure.horizontal_ticks(), right, False) == pytest.approx(4.5, abs=0.02)
    assert value_at(figure.vertical_ticks(), bottom, False) == pytest.approx(2.5, abs=0.3)
    ((_, (piece,)),) = figure.lines()
    assert all(left - 3 < at < right + 3 and top - 3 < height < bottom + 3 for at, height in piece)
    assert_points(figure, piece[1:-1], [2, 3, 4], [4, 9, 16])
    figure = plot("x**2", "--plot-x", "x", "--plot-xrange", ":4.5", "--plot-style", "both", x=x)  # y is that of what is seen
    assert figure.vertical_ticks()[-1][0] <= 17
    ((_, places),) = figure.markers()
    assert_points(figure, places, x[:5], x[:5] ** 2)


def test_numbers_far_outside_of_a_range(plot):
    y = np.array([1e300, -1e300, 0, 1e308, -1.7e308, 0.5, 0.2])
    figure = plot("y", "--plot-yrange", "0:1", y=y)
    assert figure.vertical_ticks()[-1][0] == 1
    pixels = plot("y", "--plot-yrange", "0:1", y=y, to="png")
    assert (np.abs(pixels.astype(int) - BLUE) < 30).all(axis=2).sum() > 300


def test_histograms_with_logarithmic_counts_and_ranges(plot):
    x = np.repeat([0, 1, 2], [1, 10, 1000]).astype(np.int16)
    figure = plot("x", "--plot-as", "histogram", "--plot-log", "y", x=x)
    heights = [(top, height) for _, top, _, height, colour in figure.boxes() if colour == "#%02x%02x%02x" % BLUE]
    ticks = figure.vertical_ticks()
    for (top, _), count in zip(heights, (1, 10, 1000), strict=True):
        assert value_at(ticks, top, True) == pytest.approx(count, rel=0.03)
    assert len({round(top + height) for top, height in heights}) == 1 and heights[0][1] > 10
    figure = plot("x", "--plot-as", "histogram", "--plot-xrange", "0.5:2.5", "--plot-yrange", ":20", x=x)
    left, top, right, bottom = figure.frame()
    bars = [box for box in figure.boxes() if box[4] == "#%02x%02x%02x" % BLUE]
    assert len(bars) == 2 and all(box[0] >= left and box[0] + box[2] <= right and box[1] >= top for box in bars)
    assert bars[1][1] == top and bars[0][3] == pytest.approx((bottom - top) / 2, abs=1)


# ---- images ---------------------------------------------------------------------------------------------------------


def inside(figure, pixels):
    left, top, right, bottom = map(round, figure.frame())
    return pixels[top:bottom, left:right]


@pytest.mark.parametrize("x_step, y_step", [(1, 1), (-1, 1), (1, -1), (-1, -1)])
def test_places_of_rows_and_columns(plot, x_step, y_step):
    """y ascends upwards and x to the right, whichever way the arrays run."""
    z = np.arange(12.0).reshape(3, 4)
    x, y = (10 + 2 * np.arange(4.0))[::x_step], (0.25 * np.arange(3.0))[::y_step]
    options = ("--plot-x", "x", "--plot-y", "y", "--plot-xlabel", "longitude", "--plot-ylabel", "latitude")
    figure, pixels = plot("z", *options, x=x, y=y, z=z), plot("z", *options, x=x, y=y, z=z, to="png")
    assert {"longitude", "latitude"} <= set(figure.words())
    left, top, right, bottom = figure.frame()
    assert value_at(figure.horizontal_ticks(), left, False) == pytest.approx(9, abs=0.03)
    assert value_at(figure.horizontal_ticks(), right, False) == pytest.approx(17, abs=0.03)
    assert value_at(figure.vertical_ticks(), bottom, False) == pytest.approx(-0.125, abs=0.01)
    assert value_at(figure.vertical_ticks(), top, False) == pytest.approx(0.625, abs=0.01)
    plain = inside(plot("z", z=z), plot("z", z=z, to="png"))
    assert (inside(figure, pixels)[5, 5] == plain[5 if y[0] > y[-1] else -5, 5 if x[0] < x[-1] else -5]).all()


def test_a_range_of_an_image_shows_whole_pixels(plot):
    z = np.arange(100.0).reshape(10, 10)
    figure = plot("z", "--plot-xrange", "2.5:7", "--plot-yrange", ":3", z=z)
    assert [value for value, _ in figure.horizontal_ticks()] == [3, 4, 5, 6, 7]
    assert [value for value, _ in figure.vertical_ticks()] == [0, 1, 2, 3]
    cut, whole = plot("z", "--plot-xrange", "2.5:7", "--plot-yrange", ":3", z=z, to="png"), plot("z", z=z[:4, 3:8], to="png")
    np.testing.assert_array_equal(inside(figure, cut), inside(plot("z", z=z[:4, 3:8]), whole))


def colours_along(plot, values, *options):
    pixels = plot("z", "--plot-size", "1400x300", *options, z=np.array([values]), to="png")
    cells = inside(plot("z", "--plot-size", "1400x300", *options, z=np.array([values])), pixels)
    return cells[5, ((np.arange(len(values)) + 0.5) / len(values) * cells.shape[1]).astype(int)]


def test_values_of_both_signs_diverge_from_white_at_0(plot):
    colours = colours_along(plot, np.linspace(-5, 2, 141))
    light = lightness(colours)
    assert light.argmax() == 100 and light.max() > 94 and np.ptp(colours[100].astype(int)) < 6
    assert (np.diff(light[:101]) > -0.5).all() and (np.diff(light[100:]) < 0.5).all()
    np.testing.assert_allclose(light[100:141], light[60:101][::-1], atol=1.5)  # both sides alike
    assert light[0] == pytest.approx(32, abs=2)
    assert colours[0][2] > colours[0][0] + 60 and colours[-1][0] > colours[-1][2] + 40  # blue below, red above
    assert np.linalg.norm(cielab(colours) - cielab(np.array([NAN])), axis=1).min() > 6


def test_colour_maps_by_name(plot):
    values = np.linspace(0, 1, 60)
    for name, ends in (("viridis", ((68, 1, 84), (253, 231, 37))), ("gray", ((0, 0, 0), (255, 255, 255))), ("magma", ((0, 0, 4), (252, 253, 191)))):
        for signed in (0, -0.5):  # one that is asked for is not centred
            colours = colours_along(plot, values + signed, "--plot-colormap", name)
            assert tuple(map(int, colours[0])) == ends[0] and tuple(map(int, colours[-1])) == ends[1]
            assert (np.diff(lightness(colours)) > 0).all()
    colours = colours_along(plot, values, "--plot-colormap", "blue-white-red")
    assert np.ptp(colours[0].astype(int)) < 8 and colours[-1][0] > colours[-1][1] + 100


def test_ranges_and_logarithms_of_colours(plot):
    colours = colours_along(plot, np.array([-3, 0, 1, 2, 9.0]), "--plot-zrange", "0:2")
    assert (colours[0] == colours[1]).all() and (colours[3] == colours[4]).all() and (colours[1] != colours[3]).any()
    steps = lightness(colours_along(plot, np.geomspace(1e-3, 1e3, 61), "--plot-log", "z"))
    assert np.abs(np.diff(steps) - np.diff(steps).mean()).max() < 1
    figure = plot("z", "--plot-log", "z", z=np.array([[1, 10, 0], [100, np.nan, 1000]]))
    assert {"not > 0", "1 of 6 elements not finite, 1 of 6 elements not positive"} <= set(figure.words())
    assert {"1", "10", "100", "1000"} <= set(figure.words())
    assert (colours_along(plot, np.array([1, 10, -1.0]), "--plot-log", "z")[2] == NAN).all()


# ---- in the terminal and in the prompt ------------------------------------------------------------------------------

UTF8 = {"LANG": "C.UTF-8", "FUSEVAL_TERMINAL": "mono"}


def test_settings_in_the_terminal(run):
    def show(text, *options):
        return run("eval", text, "--plot", "-", "--plot-size", "60x20", *options, env=UTF8).stdout

    text = show("10**linspace(0, 4, 50)", "--plot-log", "y", "--plot-x", "linspace(2, 3, 50)*1e-7", "--plot-xlabel", "time")
    rows, columns = np.nonzero(braille(text))
    fit = np.polyfit(columns, rows, 1)
    assert np.abs(np.polyval(fit, columns) - rows).max() < 1.6
    assert all(re.search(rf"^ *{label} ┤", text, re.M) for label in (1, 10, 100, 1000, 10000))
    assert text.splitlines()[-1].strip() == "time [x1e-7]" and len(text.splitlines()) <= 20
    dots = braille(show("arange(5)", "--plot-style", "points"))
    assert dots.sum() == 5
    text = show("1e6 + arange(9)*1e-3", "--plot-style", "both")
    assert text.count("*") == 9 + 1 and "[+1e6]" in text.splitlines()[1]
    text = show("arange(12).reshape(3, 4)", "--plot-y", "arange(3)*10", "--plot-ylabel", "height")
    assert text.splitlines()[1] == "height" and re.search(r"^ *20 ┤.*\n(.*\n)+ *0 ┤", text, re.M)
    assert len(show("arange(3)", "--plot-yrange", "1.5:").splitlines()) <= 20


def plot_in_repl(tmp_path, *lines):
    done = subprocess.run([COMMAND, "repl"], input="\n".join(lines), capture_output=True, text=True, cwd=tmp_path)
    return done.stdout + done.stderr


def test_the_same_settings_in_the_prompt(plot, tmp_path):
    lines = ("t = linspace(0.5, 3, 40)", "y = exp(t)",
             ':plot y, t, x=2*t + 1 log=y style=both, xrange = 1: title="a = b, c.png" ylabel=volts per metre  picture.svg')
    assert plot_in_repl(tmp_path, *lines) == ""
    by_prompt = (tmp_path / "picture.svg").read_text()
    plot("y, t", "--plot-x", "2*t + 1", "--plot-log", "y", "--plot-style", "both", "--plot-xrange", "1:", "--plot-title", "a = b, c.png",
         "--plot-ylabel", "volts per metre", t=np.linspace(0.5, 3, 40), y=np.exp(np.linspace(0.5, 3, 40)))
    figure = Figure(tmp_path / "picture.svg")
    assert figure.title == "a = b, c.png" and {"2*t + 1", "volts per metre", "y", "t"} <= set(figure.words())
    assert by_prompt == (tmp_path / "picture.svg").read_text()


def test_comparisons_and_arguments_are_no_settings(tmp_path):
    assert plot_in_repl(tmp_path, "y = arange(5)", ":plot y == 3 a.svg", ":plot where(y <= 2, sum(y, axis=0), 1) b.svg", ":plot y x=y!=2 c.svg",
                        ":plot y 'x=1.png'") == ""
    assert [Figure(tmp_path / f"{name}.svg").title for name in "abc"] == ["y == 3", "where(y <= 2, sum(y, axis=0), 1)", "y"]
    assert (tmp_path / "x=1.png").exists()


@pytest.mark.parametrize("line, message", [
    (":plot y, colour=red", "error: :plot has no setting `colour`; it has as, x, y, style"),
    (":plot y, stile=points", "did you mean `style`?"), (":plot y, log=w", "error: `log`: 'w' is not x, y, xy or z"),
    (":plot y x= log=y", "error: `x=` has no value: the x of lines"), (":plot x=y", "error: :plot takes what to draw"),
    (":plot y y.pdf", "error: 'y.pdf' does not end in .png or .svg: an SVG can be converted to PDF, by rsvg-convert for example"),
    (":plot y, log=y 'a b.jpeg'", "error: 'a b.jpeg' does not end in .png or .svg"),
    (":plot y x=y[:2]", "x has 2 elements, and a line 5"), (":plot y x=foo log=y", "foo")])
def test_errors_in_the_prompt(tmp_path, line, message):
    assert message in plot_in_repl(tmp_path, "y = arange(5)", line)


def test_an_error_in_x_points_at_it(tmp_path):
    text = plot_in_repl(tmp_path, "y = arange(5)", ":plot y, x=2*foo log=y")
    source, caret = next((a, b) for a, b in zip(text.splitlines(), text.splitlines()[1:]) if "^" in b)
    assert source[caret.index("^"):].startswith("foo")
