"""fuseval eval --plot: files are read back and compared with the data. What is said of pictures: docs/pictures.md."""

import base64
import io
import os
import re
import resource
import signal
import subprocess
from pathlib import Path

import numpy as np
import pytest

from built_command import COMMAND
from picture_reading import Figure, SVG, XLINK, cielab, lightness, number, pixel_size, png

BLUE = (0, 114, 178)  # of the first line
DARK, LIGHT, NAN = (68, 1, 84), (253, 231, 37), (190, 190, 190)  # viridis' ends; elements that are NaN


@pytest.fixture
def plot(run, tmp_path):
    """plot(array, *options, to="svg") -> the picture of `x` as Figure or, to="png", as pixels."""

    def plot(array, *options, to="svg"):
        np.save(tmp_path / "x.npy", array)
        path = tmp_path / f"picture.{to}"
        assert run("eval", "x", f"x={tmp_path}/x.npy", "--plot", path, *options).stdout == ""
        return Figure(path) if to == "svg" else png(path)

    return plot


@pytest.fixture
def plot_inside(plot):
    """plot_inside(array, *options) -> the pixels within the plot's frame, of a PNG."""

    def plot_inside(array, *options):
        left, top, right, bottom = map(round, plot(array, *options).frame())
        return plot(array, *options, to="png")[top:bottom, left:right]

    return plot_inside


# ---- lines ----------------------------------------------------------------------------------------------------------


def test_a_line_goes_through_its_points(plot, tmp_path):
    x = np.random.default_rng(1).uniform(-3, 5, 40)
    figure = plot(x)
    ((colour, (piece,)),) = figure.lines()
    assert colour == "#%02x%02x%02x" % BLUE and len(piece) == 40
    across, up = pixel_size(figure.horizontal_ticks()), pixel_size(figure.vertical_ticks())
    for k, (at, height) in enumerate(piece):
        assert figure.index_at(at) == pytest.approx(k, abs=1.5 * across)
        assert figure.value_at(height) == pytest.approx(x[k], abs=1.5 * up)
    pixels = plot(x, to="png")
    assert pixels.shape == (figure.height, figure.width, 3) == (500, 800, 3)
    for at, height in piece:
        around = pixels[int(height) - 1:int(height) + 2, int(at) - 1:int(at) + 2].reshape(-1, 3)
        assert (np.abs(around.astype(int) - BLUE).max(axis=1) < 30).any()
    assert len(x) - 1 == figure.index_at(piece[-1][0]).__round__()


def test_what_is_not_on_the_line_is_not_blue(plot_inside):
    inside = plot_inside(np.array([0.0, 1.0]))
    y, x = np.nonzero((np.abs(inside.astype(int) - BLUE) < 30).all(axis=2))
    place = 1 - (y + 0.5) / inside.shape[0], (x + 0.5) / inside.shape[1]
    value, index = place[0] * 1.1 - 0.05, place[1] * 1.04 - 0.02  # margins: 5 and 2 %
    assert len(x) > 500
    np.testing.assert_allclose(value, index, atol=0.006)


@pytest.mark.parametrize("dtype", ["float32", "float64", "int16"])
def test_a_spike_in_ten_million_elements_is_seen(plot, dtype):
    x = np.zeros(10**7, dtype)
    x[6_543_210], x[1_234_567] = 1000, -500
    figure = plot(x)
    ((_, (piece,)),) = figure.lines()
    assert len(piece) <= 4 * 800
    high, low = min(piece, key=lambda p: p[1]), max(piece, key=lambda p: p[1])
    assert figure.value_at(high[1]) == pytest.approx(1000, abs=5) and figure.value_at(low[1]) == pytest.approx(-500, abs=5)
    assert figure.index_at(high[0]) == pytest.approx(6_543_210, rel=0.01)
    assert figure.index_at(low[0]) == pytest.approx(1_234_567, rel=0.01)
    pixels = plot(x, to="png")
    column = pixels[:, int(high[0]) - 1:int(high[0]) + 2]
    blue = (np.abs(column.astype(int) - BLUE) < 80).all(axis=2).any(axis=1)
    assert blue[int(high[1]) + 2:int(figure.height / 2)].all()


def test_reduced_lines_keep_first_lowest_highest_and_last(plot):
    x = np.cumsum(np.random.default_rng(2).standard_normal(200_000))
    figure = plot(x, "--plot-size", "400x300")
    ((_, (piece,)),) = figure.lines()
    values = np.array([figure.value_at(y) for _, y in piece])
    indices = np.array([figure.index_at(at) for at, _ in piece])
    assert (np.diff([at for at, _ in piece]) >= 0).all()
    tolerance = 2 * pixel_size(figure.vertical_ticks())
    edges = [len(x) * k // 400 for k in range(401)]
    for begin, end in zip(edges, edges[1:]):
        near = (indices > begin - 800) & (indices < end + 800)
        for wanted in (x[begin], x[begin:end].min(), x[begin:end].max(), x[end - 1]):
            assert np.abs(values[near] - wanted).min() < tolerance


@pytest.mark.parametrize("height", [1e13, 1e14, 1e15, 1e200])
def test_nearly_level_lines(run, tmp_path, height):
    """Lines that cross the middle of a row of pixels more than 2^31 columns away."""
    path = tmp_path / "a.png"
    run("eval", "cos(arange(1000)/70)*0.6, h", f"h={height}", "--plot", path)
    assert (np.abs(png(path).astype(int) - BLUE) < 30).all(axis=2).sum() > 600


def test_gaps_and_dots(plot):
    x = np.array([1, 2, np.nan, 3, np.inf, 4, 5, -np.inf])
    figure = plot(x)
    ((_, pieces),) = figure.lines()
    assert [len(piece) for piece in pieces] == [2, 2] and len(figure.dots()) == 1
    assert figure.index_at(figure.dots()[0][0]) == pytest.approx(3, abs=0.05)
    assert "3 of 8 elements not finite" in figure.words()
    long = np.where(np.arange(100_000) // 10_000 % 2 == 0, 1.0, np.nan)
    ((_, pieces),) = plot(long).lines()
    assert len(pieces) == 5


def test_results_of_a_tuple_are_lines_with_a_legend(run, tmp_path):
    text = "((sin(a)[:, newaxis]*1)[:,0], # the first, one (\n a*2, 0.5)"
    path = tmp_path / "a.svg"
    np.save(tmp_path / "a.npy", np.arange(50.0))
    run("eval", text, f"a={tmp_path}/a.npy", "--plot", path)
    figure = Figure(path)
    assert {"(sin(a)[:, newaxis]*1)[:,0]", "a*2", "0.5"} <= set(figure.words())
    colours = [colour for colour, _ in figure.lines()]
    assert len(set(colours)) == 3
    marks = [colour for *_, width, height, colour in figure.boxes() if (width, height) == (20, 3)]
    assert marks == colours
    level = figure.lines()[2][1][0]
    assert [round(figure.index_at(x)) for x, _ in level] == [0, 49]
    assert all(figure.value_at(y) == pytest.approx(0.5, abs=0.5) for _, y in level)
    run("eval", "((a, a + 1,))", f"a={tmp_path}/a.npy", "--plot", path)
    assert {"a", "a + 1"} <= set(Figure(path).words())


def test_forty_lines_look_different(run, tmp_path):
    names = ", ".join(f"arange(10) + {k}" for k in range(40))
    run("eval", names, "--plot", tmp_path / "a.svg", "--plot-style", "both")
    figure = Figure(tmp_path / "a.svg")
    looks = [(path.get("stroke"), path.get("stroke-dasharray")) for path in figure.line_paths()]
    assert len(set(looks)) == 40 and looks[0][0] == "#%02x%02x%02x" % BLUE and figure.words()[0].endswith("…")
    assert len({colour for colour, _ in looks[:10]}) == 10 and {dashes for _, dashes in looks[:10]} == {None}
    (more,) = [word for word in figure.words() if re.fullmatch(r"and \d+ more", word)]
    assert int(more.split()[1]) + len([word for word in figure.words() if word.startswith("arange(10) + ")]) - 1 == 40
    outlines = [outline for (outline, _), _ in figure.markers()]
    assert len(set(outlines[:8])) == 8  # beyond colours


def test_colours_of_lines_are_told_apart(run, tmp_path):
    """In CIELAB, also as people see them who lack red or green receptors (Machado et al., 2009), and against white."""
    run("eval", ", ".join(["arange(9)"] * 10), "--plot", tmp_path / "a.svg")
    colours = [[int(colour[k:k + 2], 16) for k in (1, 3, 5)] for colour, _ in Figure(tmp_path / "a.svg").lines()]
    seen = {"all": np.eye(3),
            "no green": np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]]),
            "no red": np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]])}
    for receptors in seen.values():
        lab = cielab(np.array([*colours, [255, 255, 255]]), receptors)
        distances = np.linalg.norm(lab[:, None] - lab, axis=2)[np.triu_indices(11, 1)]
        assert distances.min() > 17


def test_dashes_are_drawn(run, tmp_path):
    """The eleventh line is dashed in a PNG as well."""
    run("eval", ", ".join(f"arange(9)*0 + {k}" for k in range(11)), "--plot", tmp_path / "a.png")
    run("eval", ", ".join(f"arange(9)*0 + {k}" for k in range(11)), "--plot", tmp_path / "a.svg")
    figure, pixels = Figure(tmp_path / "a.svg"), png(tmp_path / "a.png")
    shares = []
    for start, end in ((piece[0], piece[-1]) for _, (piece,) in (figure.lines()[0], figure.lines()[10])):
        row = pixels[int(start[1]), int(start[0]):int(end[0])]
        shares.append((np.abs(row.astype(int) - BLUE).max(axis=1) < 60).mean())
    assert shares[0] == 1 and 0.5 < shares[1] < 0.85


# ---- ticks ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("low, high", [
    (0, 1), (-1, 1), (0.1, 0.7), (-3e-5, 7e-5), (1e10, 3e10), (1e15, 1e15 + 300), (1.7e308, -1.7e308), (1e-290, 3e-290),
    (-2.5e-7, 0), (123456.7, 123457.1), (0, 999_999), (0, 1_000_001), (5e-324, 1e-320), (7, 7), (0, 0), (-1e-17, -1e-17),
    (1e17, 1e17 + 16), (1.7976931348623157e308, 1.7976931348623157e308)])
def test_ticks_are_round_numbers_that_label_themselves(plot, low, high):
    figure = plot(np.array([low, high, low], np.float64))
    values = [value for value, _ in figure.vertical_ticks()]
    assert 2 <= len(values) <= 12
    steps = np.diff(np.array(values) / max(map(abs, values)))
    assert (steps > 0).all() and np.allclose(steps, steps[0], rtol=0.02)
    if max(abs(low), abs(high)) < 1e300 and low != high and values[1] - values[0] > 1e-300:
        mantissa = (values[1] - values[0]) / 10 ** np.floor(np.log10((values[1] - values[0]) * 1.001))
        assert np.isclose(mantissa, [1, 2, 5], rtol=1e-2 if low > 1e14 else 1e-6).any()
    places = [y for _, y in figure.vertical_ticks()]
    assert np.allclose(np.diff(places), places[1] - places[0], atol=1.01)


def test_labels_are_exact_decimals(plot):
    labels = [word for word in plot(np.array([0, 0.9])).words() if word.startswith("0.")]
    assert labels == [f"{k / 10:.1f}" for k in range(10)]
    figure = plot(np.array([0, 9e5]))
    assert {"0", "200000"} <= set(figure.words()) and figure.vertical_common() == ""


@pytest.mark.parametrize("low, high, common", [
    (0, 5e6, "×10⁶"), (-0.6e8, 1.6e8, "×10⁸"), (2e-7, 8e-7, "×10⁻⁷"), (1.0000001e6, 1.0000005e6, "+10⁶"),
    (999_999.9, 1_000_000.1, "+10⁶"), (1e17, 1e17 + 1e5, "+10¹⁷"), (3 + 1e-9, 3 + 5e-9, "×10⁻⁹ +3"),
    (-123456.7, -123456.2, "−123456"), (123456.27, 123456.28, "+123456.2"), (12340, 12352, ""), (1990, 2024, ""), (0, 9e5, ""),
    (1e300, 3e300, "×10³⁰⁰")])
def test_what_labels_have_in_common_is_written_once(plot, low, high, common):
    """As matplotlib does: an offset that spares four digits or more, one exponent for the axis."""
    figure = plot(np.array([low, high]))
    assert figure.vertical_common() == common
    labels = [text for text, x, _, anchor in figure.texts() if anchor == "end" and x < figure.frame()[0]]
    assert max(map(len, labels)) <= 6 and not any("×" in label for label in labels)
    for value, wanted in ((figure.value_at(y), wanted) for (_, y), wanted in zip(figure.lines()[0][1][0], (low, high))):
        assert value == pytest.approx(wanted, abs=2 * pixel_size(figure.vertical_ticks()), rel=0)


def test_the_exponent_of_indices_is_written_once(plot):
    figure = plot(np.zeros(3_000_001, np.int8))
    assert figure.horizontal_common() == "×10⁶" and figure.horizontal_ticks()[-1][0] == 3e6


# ---- images ---------------------------------------------------------------------------------------------------------


def test_row_0_is_at_the_top_and_the_ends_of_the_scale_are_the_ends_of_the_map(plot):
    x = np.arange(6.0 * 8).reshape(6, 8)
    pixels = plot(x, to="png")
    figure = plot(x)
    left, top, right, bottom = map(round, figure.frame())
    assert (right - left) / (bottom - top) == pytest.approx(8 / 6, rel=0.01)
    cells = pixels[top:bottom, left:right]
    assert tuple(cells[0, 0]) == DARK and tuple(cells[-1, -1]) == LIGHT
    rows, columns = cells.shape[0] / 6, cells.shape[1] / 8
    middles = cells[((np.arange(6) + 0.5) * rows).astype(int)][:, ((np.arange(8) + 0.5) * columns).astype(int)]
    assert (np.diff(lightness(middles.reshape(-1, 3))) > 0).all()
    scale = pixels[top:bottom, right + 20 + 9]  # in the middle of the colour scale
    assert tuple(scale[0]) == LIGHT and tuple(scale[-1]) == DARK
    height = (bottom - top) / 6
    for row, (value, y) in enumerate(figure.vertical_ticks()):
        assert value == row and y == pytest.approx(top + (row + 0.5) * height, abs=1)
    assert row == 5
    assert [value for value, _ in figure.horizontal_ticks()] == list(range(8))


def test_the_scale_tells_the_values(plot):
    x = np.linspace(-2, 7, 120).reshape(10, 12)
    figure, pixels = plot(x), plot(x, to="png")
    left, top, right, bottom = map(round, figure.frame())
    marks = [(at, y) for at, y, width, height, _ in figure.boxes() if (width, height) == (4, 1) and at > right]
    labels = [number(text) for text, at, _, anchor in figure.texts() if anchor == "start" and at > right]
    assert labels == [-6, -4, -2, 0, 2, 4, 6]  # both ways as far as the largest
    for value, (_, y) in list(zip(labels, marks, strict=True))[2:]:  # values there are
        row, column = np.unravel_index(np.abs(x - value).argmin(), x.shape)
        cell = pixels[top + int((row + 0.5) * (bottom - top) / 10), left + int((column + 0.5) * (right - left) / 12)]
        shown = pixels[min(max(int(y), top), bottom - 1), right + 29]
        assert np.abs(cell.astype(int) - shown).max() <= 8


def test_lightness_rises_evenly_along_the_map(plot_inside):
    colours = plot_inside(np.arange(256.0)[np.newaxis], "--plot-size", "1200x400")[5]
    colours = colours[np.append(True, (np.diff(colours.astype(int), axis=0) != 0).any(axis=1))]
    light = lightness(colours)
    assert len(colours) == 254  # 2 of viridis' 256 are their neighbours in 8 bits
    assert (np.diff(light) > -0.04).all() and (light[2:] > light[:-2]).all()  # in 8 bits, one step is down by 0.03
    assert np.abs(np.diff(light) - (light[-1] - light[0]) / 255).max() < 0.35
    assert np.abs(colours.astype(int) - NAN).max(axis=1).min() > 60


def test_nan_has_a_colour_of_its_own_and_infinities_are_ends(plot, plot_inside):
    x = np.array([[0, 1, np.nan], [np.inf, 0.5, -np.inf]])
    inside = plot_inside(x)
    height, width, _ = inside.shape
    cells = inside[height // 4::height // 2, width // 6::width // 3][:2, :3]
    assert [[tuple(map(int, cell)) for cell in row] for row in cells[:, [0, 2]]] == [[DARK, NAN], [LIGHT, DARK]]
    assert {"NaN", "3 of 6 elements not finite"} <= set(plot(x).words())
    assert "NaN" not in plot(np.ones((3, 3))).words()


def test_large_images_are_averages(plot_inside):
    x = (np.add.outer(np.arange(3000), np.arange(2000)) % 2).astype(np.float32)  # every second element is 1
    x[:1500] *= 0.5
    x[-1, -1] = np.nan
    inside = plot_inside(x)
    assert inside.shape[0] < 700
    wanted = {0.25: (59, 82, 139), 0.5: (33, 145, 140)}
    middle = inside.shape[0] // 2
    assert np.abs(inside[:middle - 5].astype(int) - wanted[0.25]).max() < 25
    assert np.abs(inside[middle + 5:].astype(int) - wanted[0.5]).max() < 25


def test_colours_are_shown_as_they_are(plot_inside):
    x = np.zeros((2, 2, 3), np.uint8)
    x[0, 0], x[0, 1], x[1, 0], x[1, 1] = (255, 0, 0), (0, 128, 0), (10, 20, 30), (255, 255, 255)
    for array in (x, x / 255.0, np.concatenate([x, np.full((2, 2, 1), 255, np.uint8)], axis=2)):
        inside = plot_inside(array)
        np.testing.assert_array_equal(inside[[0, -1]][:, [0, -1]], x)
    half = np.concatenate([x / 255.0, np.full((2, 2, 1), 0.5)], axis=2)
    assert tuple(map(int, plot_inside(half)[0, 0])) == (255, 128, 128)


def test_strips_and_constants_and_bools(plot_inside):
    for shape in ((1, 500), (500, 1), (1, 100_000), (3, 3)):
        height, width, _ = plot_inside(np.arange(np.prod(shape)).reshape(shape)).shape
        assert min(height, width) == pytest.approx(max(height, width) / (1 if shape == (3, 3) else 8), abs=2)
    inside = plot_inside(np.full((3, 3), 2**62))
    assert (inside == inside[0, 0]).all() and tuple(inside[0, 0]) not in (DARK, LIGHT)
    inside = plot_inside(np.array([[True, False]]))
    assert tuple(inside[0, 0]) == LIGHT and tuple(inside[0, -1]) == DARK


# ---- histograms -----------------------------------------------------------------------------------------------------


def bars(figure):
    """[(left edge, right edge, count)] by the axes' ticks."""
    found = [box for box in figure.boxes() if box[4] == "#%02x%02x%02x" % BLUE]
    return [(figure.index_at(left), figure.index_at(left + width), height) for left, _, width, height, _ in found]


def auto_bins(x):
    """NumPy's rule 'auto', written out: how many bins."""
    length, n = np.ptp(x), x.size
    quartiles = np.subtract(*np.percentile(x, [75, 25]))
    width = min(max(2 * quartiles / np.cbrt(n), length / np.sqrt(n) / 2), length / (np.log2(n) + 1))
    return min(int(np.ceil(length / width)), 200)


@pytest.mark.parametrize("kind", ["normal", "uniform", "tailed", "few", "cut"])
def test_bars_are_as_high_as_the_counts(plot, kind):
    rng = np.random.default_rng(5)
    x = {"normal": rng.standard_normal((30, 40)), "uniform": rng.uniform(-1e-9, 1e-9, 5000), "few": np.array([1.0, 1.5, 4]),
         "tailed": rng.standard_cauchy(700), "cut": np.round(rng.standard_normal(900), 1)}[kind]
    figure = plot(x, "--plot-as", "histogram")
    counts, _ = np.histogram(x, bins=auto_bins(x.ravel()))
    heights = np.array([height for *_, height in bars(figure)])
    assert len(heights) == (counts > 0).sum()
    counts = counts[counts > 0]
    per_count = heights.max() / counts.max()
    np.testing.assert_allclose(heights, np.maximum(counts * per_count, 1), atol=0.01)
    ticks = figure.vertical_ticks()
    assert per_count == pytest.approx(1 / pixel_size(ticks), rel=0.02)
    assert bars(figure)[0][0] == pytest.approx(x.min(), abs=2 * pixel_size(figure.horizontal_ticks()))
    assert bars(figure)[-1][1] == pytest.approx(x.max(), abs=3 * pixel_size(figure.horizontal_ticks()))


def test_elements_on_edges_are_in_the_bin_above(plot):
    """Where the product that finds a bin is rounded across an edge, as it is in some of these arrays, either way."""
    rng, rounded = np.random.default_rng(0), {-1: 0, 1: 0}
    while min(rounded.values()) < 3:
        x = rng.integers(0, 30, 60) * 0.1 * rng.integers(1, 9)
        bins = auto_bins(x)
        edges = np.histogram_bin_edges(x, bins)
        found = ((x - x.min()) * (bins / np.ptp(x))).astype(int).clip(0, bins - 1)
        wanted = np.searchsorted(edges, x, side="right").clip(1, bins) - 1
        directions = set(found - wanted) - {0}
        if not directions:
            continue
        for direction in directions:
            rounded[int(direction)] += 1
        counts = np.bincount(wanted)
        heights = np.array([height for *_, height in bars(plot(x, "--plot-as", "histogram"))])
        np.testing.assert_allclose(heights, counts[counts > 0] * heights.max() / counts.max(), atol=0.01)


@pytest.mark.parametrize("dtype", ["int8", "uint64", "bool"])
def test_whole_numbers_are_in_the_middle_of_their_bars(plot, dtype):
    x = np.random.default_rng(6).integers(0, 2 if dtype == "bool" else 9, 3000).astype(dtype)
    found = bars(plot(x, "--plot-as", "histogram"))
    values, counts = np.unique(x, return_counts=True)
    assert len(found) == len(values)
    np.testing.assert_allclose([(left + right) / 2 for left, right, _ in found], values.astype(float), atol=0.05)
    heights = np.array([height for *_, height in found])
    np.testing.assert_allclose(heights / heights.max(), counts / counts.max(), atol=1e-3)


def test_histograms_of_extremes(plot):
    for x in (np.array([-2**63, 2**63 - 1, 0]), np.array([0, 2**64 - 1], np.uint64), np.array([-1.7e308, 1.7e308, 0])):
        assert len(bars(plot(x, "--plot-as", "histogram"))) == len(x)
    for x in (np.full(7, 3.5), np.full(7, 1e300), np.zeros((2, 2, 2)), np.float64(4), np.full(5, 2**63 - 1)):
        assert len(bars(plot(x, "--plot-as", "histogram"))) == 1
    figure = plot(np.array([1.0, np.nan, np.inf, 2.0]), "--plot-as", "histogram")
    assert len(bars(figure)) == 2 and "2 of 4 elements not finite" in figure.words()


def test_histogram_of_many(plot):
    x = np.random.default_rng(7).standard_normal(3_000_000)  # quartiles are estimated
    heights = np.array([height for *_, height in bars(plot(x, "--plot-as", "histogram"))])
    counts, _ = np.histogram(x, bins=200)
    counts = counts[counts > 0]
    np.testing.assert_allclose(heights, np.maximum(counts * heights.max() / counts.max(), 1), atol=0.01)


# ---- anything -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["line", "image", "histogram"])
@pytest.mark.parametrize("values", [[np.nan] * 4, [np.inf, -np.inf, np.nan, np.inf], [5e-324] * 4, [0] * 4, [1e308, -1e308, 1e-308, 0]])
@pytest.mark.parametrize("to", ["svg", "png"])
def test_odd_values_have_pictures(plot, kind, values, to):
    x = np.array(values, np.float64)
    picture = plot(x.reshape(2, 2) if kind == "image" else x, "--plot-as", kind, to=to)
    if to == "svg" and not np.isfinite(x).any():
        assert "no finite elements" in picture.words()


@pytest.mark.parametrize("size", ["160x120", "2000x150", "161x900"])
@pytest.mark.parametrize("kind", ["line", "image", "histogram"])
def test_sizes(plot, size, kind):
    x = np.array([[1e17, 1e17 + 256], [np.nan, 1e17 + 512]])
    options = ("--plot-as", kind, "--plot-size", size, "--plot-title", "a long title " * 20)
    pixels = plot(x if kind == "image" else x.ravel(), *options, to="png")
    assert "{1}x{0}".format(*pixels.shape) == size
    figure = plot(x if kind == "image" else x.ravel(), *options)
    assert all(width >= 0 and height >= 0 for _, _, width, height, _ in figure.boxes())


def test_titles(plot, run, tmp_path):
    assert plot(np.arange(3.0)).title == "x" and "x" in plot(np.arange(3.0)).words()
    odd = 'a < b & "c" > \u03b1\u00df\u2026\u65e5 ]]>\x01\n  z'
    figure = plot(np.arange(3.0), "--plot-title", odd)
    assert figure.title == 'a < b & "c" > \u03b1\u00df\u2026\u65e5 ]]> z' and figure.title in figure.words()
    figure = plot(np.arange(3.0), "--plot-title", b"a\xff\xc3b".decode(errors="surrogateescape"))
    assert figure.title == "a\ufffd\ufffdb"
    np.save(tmp_path / "x.npy", np.arange(3.0))
    run("eval", "\u03b1 +\\\n 1", f"\u03b1={tmp_path}/x.npy", "--plot", tmp_path / "a.svg")
    assert Figure(tmp_path / "a.svg").title == "\u03b1 +\\ 1"


@pytest.mark.parametrize("letter, advance", [("m", 0.974), ("i", 0.278), ("\u03b1", 0.659), ("@", 1.0)])
def test_letters_are_drawn(plot, letter, advance):
    """A title of n letters is n advances of the font wide, in the middle, and dark."""

    def extent(count):
        title = (plot(np.arange(3.0), "--plot-title", letter * count, to="png")[:36] < 140).all(axis=2)
        columns = np.flatnonzero(title.any(axis=0))
        assert abs((columns[0] + columns[-1] + 1) / 2 - 400) < 3 and title.sum() > 8 * count
        return columns[-1] - columns[0]

    assert extent(14) - extent(4) == pytest.approx(10 * advance * 16, abs=2)


def test_pictures_need_nothing_from_elsewhere(plot):
    figure = plot(np.ones((3, 3)))
    links = [image.get(XLINK + "href") for image in figure.root.iter(SVG + "image")]
    assert len(links) == 2 and all(link.startswith("data:image/png;base64,") for link in links)


def test_files_are_the_same_every_time(plot, tmp_path):
    x = np.random.default_rng(8).standard_normal((50, 60))
    for to in ("png", "svg"):
        plot(x, to=to)
        before = (tmp_path / f"picture.{to}").read_bytes()
        plot(x, to=to)
        assert (tmp_path / f"picture.{to}").read_bytes() == before


def test_svg_and_png_show_the_same(plot):
    """The same lines in both: where the SVG's line is, the PNG is coloured."""
    x = np.sin(np.arange(300) / 20)
    ((_, (piece,)),), pixels = plot(x).lines(), plot(x, to="png")
    blueness = [np.abs(pixels[int(y), int(at)].astype(int) - BLUE).max() for at, y in piece]
    assert np.mean(np.array(blueness) < 120) > 0.95


@pytest.mark.parametrize("shape", [(6, 8), (1, 3), (900, 1000)])
def test_svg_and_png_show_the_same_image(plot, plot_inside, shape):
    x = np.random.default_rng(9).random(shape)
    figure, inside = plot(x), plot_inside(x)
    image = next(figure.root.iter(SVG + "image")).get(XLINK + "href").removeprefix("data:image/png;base64,")
    embedded = png(io.BytesIO(base64.b64decode(image, validate=True)))
    height, width = embedded.shape[:2]
    assert height >= inside.shape[0] and width >= inside.shape[1]
    rows = ((np.arange(inside.shape[0]) + 0.5) / inside.shape[0] * height).astype(int)
    columns = ((np.arange(inside.shape[1]) + 0.5) / inside.shape[1] * width).astype(int)
    np.testing.assert_array_equal(embedded[rows][:, columns], inside)


# ---- files and errors -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text, options, message", [
    ("x", (), "a number alone is no line"),
    ("x, x", (), "a number alone is no line"),
    ("ones((2, 3, 5))", (), "this one is of shape (2, 3, 5)"),
    ("ones((2, 3, 3), dtype='int32')", ("--plot-as", "image"), "colours are uint8 or floats; this result is int32"),
    ("ones((2, 3, 3), dtype='int32')", (), "of shape (2, 3, 3)"),
    ("ones((2, 3))", ("--plot-as", "line"), "lines are 1-D results; this one is of shape (2, 3)"),
    ("ones(3), ones((2, 2))", (), "an image shows one result, and there are 2"),
    ("ones(3), ones(3)", ("--plot-as", "histogram"), "a histogram shows one result, and there are 2"),
    ("ones(3)", ("--plot-as", "image"), "images are 2-D results"),
    ("x", ("--plot-as", "line"), "this one is a number"),
    ("ones(0)", (), "the result of shape (0,) has no elements"),
    ("ones(3), ones((0, 2))[:, 0]", (), "the result of shape (0,) has no elements"),
    ("ones((4, 0))", ("--plot-as", "histogram"), "the result of shape (4, 0) has no elements")])
def test_results_without_a_picture(run, tmp_path, text, options, message):
    path = tmp_path / "a.png"
    before = b"\x89PNG\r\n\x1a\nbefore"
    path.write_bytes(before)
    for target in (path, "-"):
        done = run("eval", text, "x=2", "--plot", target, *options, status=1)
        assert done.stdout == "" and "no picture: " in done.stderr and message in done.stderr
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


def test_bad_options(run, tmp_path):
    def refused(*options):
        done = run("eval", "unknown_name", *options, status=2)
        assert done.stdout == "" and "unknown_name" not in done.stderr
        return done.stderr

    for name in ("a.gif", "a", ".png", "a.png.gz", ""):
        assert ".png or .svg" in refused("--plot", name) or name == ""
    png_file = tmp_path / "a.png"
    for size in ("800", "800x", "x500", "axb", "800x500x3", "0x0", "-8x10", "800X500", "99999999999x5", "8e2x500"):
        assert "--plot-size" in refused("--plot", png_file, "--plot-size", size)
    assert "pie" in refused("--plot", png_file, "--plot-as", "pie")
    for option in (("--plot-as", "line"), ("--plot-size", "800x500"), ("--plot-title", "t")):
        assert "--plot" in refused(*option)
    assert "--plot - and --json both" in refused("--plot", "-", "--json")
    assert list(tmp_path.iterdir()) == []


def test_the_largest_picture(plot):
    assert plot(np.arange(4.0), "--plot-size", "8192x8192", to="png").shape == (8192, 8192, 3)


@pytest.mark.parametrize("size", ["159x500", "800x119", "8193x500", "800x8193"])
def test_sizes_out_of_range(run, tmp_path, size):
    done = run("eval", "unknown_name", "--plot", tmp_path / "a.png", "--plot-size", size, status=1)
    assert f"a picture of {size} pixels is not between 160x120 and 8192x8192" in done.stderr


def test_places_that_cannot_be_written_are_told_before_evaluating(run, tmp_path):
    (tmp_path / "folder.png").mkdir()
    os.mkfifo(tmp_path / "pipe.svg")
    reasons = {tmp_path / "none" / "a.png": "No such file or directory", tmp_path / "folder.png": "it is a folder",
               tmp_path / "pipe.svg": "it is not a regular file", "/proc/a.png": ""}
    for path, reason in reasons.items():
        done = run("eval", "unknown_name", "--plot", path, status=1)
        assert f'cannot write "{path}": {reason}' in done.stderr and "unknown_name" not in done.stderr
    assert "unknown_name" in run("eval", "unknown_name", "--plot", tmp_path / "a.png", status=1).stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder.png", "pipe.svg"]


@pytest.mark.parametrize("to", ["png", "svg"])
def test_a_file_is_written_wholly_or_not_at_all(run, tmp_path, to):
    path = tmp_path / f"a.{to}"

    def draw(limit):
        def set_limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

        return subprocess.run([COMMAND, "eval", "arange(10)", "--plot", path], preexec_fn=set_limit, capture_output=True, text=True)

    done = draw(1000)
    assert done.returncode == 1 and "File too large" in done.stderr and list(tmp_path.iterdir()) == []
    before = {"png": b"\x89PNG\r\n\x1a\nbefore", "svg": b"<svg>before</svg>"}[to]
    path.write_bytes(before)
    assert draw(1000).returncode == 1 and path.read_bytes() == before and list(tmp_path.iterdir()) == [path]
    assert draw(resource.RLIM_INFINITY).returncode == 0 and path.read_bytes() != before
    assert list(tmp_path.iterdir()) == [path]


def test_files_keep_links_and_follow_the_mask(run, tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.svg").write_text("")
    (tmp_path / "link.svg").symlink_to("real/a.svg")
    run("eval", "arange(9)", "--plot", tmp_path / "link.svg")
    assert (tmp_path / "link.svg").is_symlink() and Figure(tmp_path / "real" / "a.svg").title == "arange(9)"
    before = os.umask(0o027)
    try:
        run("eval", "arange(9)", "--plot", "b.svg", cwd=tmp_path)
    finally:
        os.umask(before)
    assert (tmp_path / "b.svg").stat().st_mode & 0o777 == 0o640


def test_values_are_printed_or_drawn(run, tmp_path):
    path, numbers = tmp_path / "a.svg", tmp_path / "a.npy"
    assert run("eval", "arange(3)", "--plot", path, "-o", numbers).stdout == ""
    assert np.load(numbers).tolist() == [0, 1, 2] and path.exists()
    assert '"value":[0,1,2]' in run("eval", "arange(3)", "--plot", path, "--json").stdout


def test_the_library_does_not_need_libpng():
    library = Path(COMMAND).parents[1] / "engine" / "libfuseval.so"
    needed = subprocess.run(["readelf", "-d", library], capture_output=True, text=True, check=True).stdout
    assert "libfmt" in needed and "png" not in needed
