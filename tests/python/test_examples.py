"""The examples, run as a user runs them, and checked against NumPy."""

import os
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
from fake_machine import environment, violations
from ranks import run_ranks

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "examples" / "data"
EXAMPLES = ROOT / "build" / "release" / "examples"


def run(name, *arguments, status=0):
    binary = EXAMPLES / name
    if name in ("eigen", "xtensor") and not binary.exists():
        pytest.skip(f"{name} is not installed, so the example was not built")
    done = subprocess.run([binary, *map(str, arguments)], capture_output=True, text=True, timeout=300)
    assert done.returncode == status, f"exit {done.returncode}: {done.stderr}{done.stdout}"
    return done


@pytest.fixture(scope="module")
def great_circle(tmp_path_factory):
    """(what the example printed, its results by name)."""
    folder = tmp_path_factory.mktemp("great_circle")
    binary = EXAMPLES / "great_circle"
    done = subprocess.run([binary, DATA, "--write", folder], capture_output=True, text=True, check=True)
    return done.stdout, {path.stem: np.load(path) for path in folder.glob("*.npy")}


def distances(rows):
    """Kilometres from some airports to all, by the chord between points on the sphere: not the example's formula."""
    lat, lon = (np.radians(np.load(DATA / f"{name}.npy")) for name in ("lat", "lon"))
    points = np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=-1)
    a, b = points[rows, None], points[None]
    return 6371.0088 * np.arctan2(np.linalg.norm(np.cross(a, b), axis=-1), (a * b).sum(-1))


def test_great_circle_agrees_with_numpy(great_circle):
    _, got = great_circle
    n = len(np.load(DATA / "lat.npy"))
    assert {name: (array.dtype.name, array.shape) for name, array in got.items()} == {
        "nearest_km": ("float64", (n,)), "nearest": ("int64", (n,)), "farthest_km": ("float64", (n,)),
        "farthest": ("int64", (n,)), "mean_km": ("float64", (n,))}
    rows = np.arange(0, n, 40)
    d = distances(rows)
    # Near the antipode haversine loses half the digits: a metre of 20 000 km.
    np.testing.assert_allclose(got["farthest_km"][rows], d.max(axis=1), atol=1e-3)
    np.testing.assert_allclose(got["mean_km"][rows], d.mean(axis=1), rtol=1e-9)
    at = np.arange(len(rows))
    np.testing.assert_allclose(d[at, got["farthest"][rows]], d.max(axis=1), atol=1e-3)
    d[at, rows] = np.inf
    np.testing.assert_allclose(got["nearest_km"][rows], d.min(axis=1), rtol=1e-9, atol=1e-7)
    np.testing.assert_allclose(d[at, got["nearest"][rows]], d.min(axis=1), rtol=1e-9, atol=1e-7)
    assert (got["nearest"][rows] != rows).all()


def test_map_of_nearest_airports_agrees_with_numpy(tmp_path):
    """What the demo draws."""
    lat, lon = (np.radians(np.load(DATA / f"{name}.npy")) for name in ("lat", "lon"))
    with open(EXAMPLES.parents[2] / "examples" / "nearest_airport.txt") as text:
        subprocess.run([EXAMPLES.parent / "tools" / "fuseval", "eval", "-", *(f"{name}={DATA / name}.npy" for name in ("lat", "lon")),
                        "-o", tmp_path / "km.npy"], stdin=text, check=True, timeout=300)
    got = np.load(tmp_path / "km.npy")
    assert got.shape == (360, 720)
    for row, column in ((0, 0), (90, 17), (181, 360), (299, 500), (359, 719)):
        phi, gamma = np.radians(89.75 - row / 2), np.radians(column / 2 - 179.75)
        haversine = np.sin((lat - phi) / 2) ** 2 + np.cos(phi) * np.cos(lat) * np.sin((lon - gamma) / 2) ** 2
        assert got[row, column] == pytest.approx(2 * 6371.0088 * np.arcsin(np.sqrt(haversine.min())), abs=1e-3)


def test_great_circle_never_stores_the_pairs(great_circle):
    printed, got = great_circle
    n = len(got["nearest"])
    added = float(re.search(r"([\d.]+) MB of it since before the evaluation", printed).group(1))
    assert added * 1e6 < n * n * 8 / 4
    assert "ns a pair" in printed and "most remote" in printed


def test_hello_is_the_readme_s_program():
    source = (ROOT / "examples" / "hello.cpp").read_text()
    assert f"```cpp\n{source}```" in (ROOT / "README.md").read_text()
    assert run("hello").stdout == "5\n4.0625\n3.25\n2.5625\n2\n"
    assert run("hello", "y - 4*x").stdout.split() == ["5", "3", "1", "-1", "-3"]
    error = run("hello", "x + z", status=1).stderr
    assert error == "unknown name `z` (line 1, column 5)\nx + z\n    ^\n"


@pytest.mark.parametrize("threads", [1, 3])
def test_formulas_in_c_from_many_threads(threads):
    formulas = ["sqrt(x)*y", "where(x > y, x, -y)", "x**2 + 2*x*y + y**2"]
    x = np.arange(1_000_000) / 1_000_000
    y = 1 - x
    scope = {"x": x, "y": y, "sqrt": np.sqrt, "where": np.where}
    for line, formula in zip(run("formulas", threads, *formulas).stdout.splitlines(), formulas, strict=True):
        expected = eval(formula, scope)
        assert line == f"{formula}: " + " … ".join(f"{v:.17g}" for v in expected[[0, 500_000, 999_999]])
    done = run("formulas", threads, "x + z", "x*2", "x +", status=1)
    assert done.stdout == "x*2: 0 … 1 … 1.9999979999999999\n"
    assert "unknown name `z`\nx + z\n    ^\n" in done.stderr
    assert run("formulas", status=2).stderr.startswith("usage")


@pytest.mark.parametrize("threads", [1, 4])
def test_records_of_the_host_from_many_threads(threads):
    k = np.arange(100_000)
    time = k * 0.25
    celsius = (15 + 10 * np.sin(time * 0.01)).astype(np.float32)
    expected = {"max(time)": time.max(), "count_nonzero(celsius > 20)": (celsius > 20).sum(),
                "sum(where(station == 3, time, 0))": time[k % 7 == 3].sum(), "sum(station)": (k % 7).sum(),
                "mean(float64(celsius))": celsius.astype(float).mean()}
    lines = run("records", threads, *expected, *expected).stdout.splitlines()
    for line, (formula, value) in zip(lines, [*expected.items()] * 2, strict=True):
        name, number = line.split(" = ")
        assert name == formula
        assert float(number) == pytest.approx(value, rel=1e-9, abs=1e-6)
    done = run("records", threads, "humid", "mean(", "celsius", status=1).stdout
    assert "humid = error: a record has no field 'humid'" in done
    assert "mean( = error: " in done
    assert "celsius = 100000 values of float32" in done


def numbers_of(line):
    return [float(word.split()[-1]) for word in line.split(": ")[1].split(",")]


def test_particles_keep_angular_momentum_under_any_law():
    for law in ("-1/r**2", "-exp(-r)*(1 + 0.5*sin(t))", "-4*r + 0.1*r**3"):
        start, end, _ = run("particles", law, 100, 1).stdout.splitlines()
        assert numbers_of(end)[1] == pytest.approx(numbers_of(start)[1], rel=1e-11)
        assert numbers_of(start)[1] == pytest.approx(100_000, rel=1e-9)  # sum of radii, at speed 1


def test_particles_on_springs_come_back_after_a_period_and_not_before():
    farthest = [float(run("particles", "-r", 1000, time).stdout.split()[-1]) for time in (2 * np.pi, np.pi)]
    assert farthest[0] < 1e-4
    assert farthest[1] == pytest.approx(3, rel=1e-3)  # the other side of the outer ring
    assert "unknown name `q`" in run("particles", "-r*q", status=1).stderr
    assert run("particles", "-r", 0, status=2).stderr.startswith("usage")


CSV = '''name,x,y
"a, b",1,2
plain,3,
"say ""no""",-1,5
'''


def test_filter_of_a_csv_table(tmp_path):
    table = tmp_path / "table.csv"
    table.write_text(CSV)
    head, first, second, third = CSV.splitlines()
    assert run("filter", "x > 0", table).stdout.splitlines() == [head, first, second]
    assert run("filter", "x + y > 3", table).stdout.splitlines() == [head, third]  # nan is not greater
    assert run("filter", "isnan(y) or x < 0", table).stdout.splitlines() == [head, second, third]
    assert "no column 'z'" in run("filter", "z > 0", table, status=1).stderr
    named = tmp_path / "named.csv"
    named.write_text("e,mean,m\n1,5,2\n3,1,2\n")  # columns before constants, and beside functions
    assert run("filter", "e > m", named).stdout.splitlines() == ["e,mean,m", "3,1,2"]
    assert run("filter", "mean > mean(mean) and m < pi", named).stdout.splitlines() == ["e,mean,m", "1,5,2"]
    assert "true or false for each of the 3 rows" in run("filter", "x", table, status=1).stderr
    assert "\nx >\n   ^" in run("filter", "x >", table, status=1).stderr
    assert "cannot be read" in run("filter", "x > 0", tmp_path / "none.csv", status=1).stderr


@pytest.mark.parametrize("dtype", ["float64", "int16", "bool"])
def test_filter_of_an_npy_array(tmp_path, dtype):
    source, target = tmp_path / "source.npy", tmp_path / "target.npy"
    array = (np.arange(60).reshape(3, 20).T % 7).astype(dtype)
    np.save(source, array)
    for formula, mask in (("x[:, 1] > 0", array[:, 1] > 0), ("any(x == 2, axis=1)", (array == 2).any(axis=1)),
                          ("x[:, 0] > 99", np.zeros(20, bool))):
        assert run("filter", formula, source, target).stdout == f"{mask.sum()} of 20 rows\n"
        np.testing.assert_array_equal(np.load(target), array[mask], strict=True)
    assert "each of the 20 rows" in run("filter", "x > 1", source, target, status=1).stderr
    np.save(source, np.float64(3))
    assert "no rows" in run("filter", "x > 1", source, target, status=1).stderr


def plate_after(side, steps):
    a = np.zeros((side, side))
    a[0] = 100
    for _ in range(steps):
        b = a.copy()
        b[1:-1, 1:-1] = (a[:-2, 1:-1] + a[2:, 1:-1] + a[1:-1, :-2] + a[1:-1, 2:]) / 4
        a = b
    return a


@pytest.mark.parametrize("machine", ["simulator", "fake GPU"])
def test_heat_on_a_device(machine):
    variables = {"FUSEVAL_LIBCUDA": "/nowhere"} if machine == "simulator" else environment(FUSEVAL_FAKE_SEED="5")
    done = subprocess.run([EXAMPLES / "device_arrays", "33", "120"], capture_output=True, text=True, timeout=300,
                          env=os.environ | variables)
    assert done.returncode == 0, done.stderr
    assert not violations(done.stderr) and ("fake driver: " in done.stderr) == (machine != "simulator")
    where, *lines = done.stdout.splitlines()
    assert where == ("on cudasim" if machine == "simulator" else "on cuda")
    for line, steps in zip(lines, (100, 120), strict=True):
        hottest, mean, beside = numbers_of(line)
        plate = plate_after(33, steps)
        assert line.startswith(f"{steps} steps: ")
        assert (hottest, beside) == (plate[1:].max(), plate[1, 16])
        assert mean == pytest.approx(plate.mean(), rel=1e-14)
    assert run("device_arrays", 2, status=2).stderr.startswith("usage")


def on_ranks(ranks, name, *arguments, status=0):
    done = run_ranks(ranks, EXAMPLES / name, *arguments)
    assert (done.returncode != 0) == (status != 0), f"exit {done.returncode}: {done.stderr}{done.stdout}"
    return done


def test_area_under_a_curve_by_ranks():
    def area(ranks, *arguments):
        return on_ranks(ranks, "area_under_a_curve", *arguments).stdout.split(": ")[1].split(",")[0]
    areas = {area(ranks) for ranks in (0, 1, 2, 3, 4)}
    assert len(areas) == 1 and float(areas.pop()) == pytest.approx(8.175, rel=1e-13)
    assert float(area(3, "exp(-x**2)", -8, 8, 1000)) == pytest.approx(np.sqrt(np.pi), rel=1e-14)
    assert float(area(3, "2", 0, 3, 7)) == pytest.approx(6, rel=1e-14)
    assert "unknown name `y`" in on_ranks(2, "area_under_a_curve", "y", 0, 1, status=1).stderr


def test_cosine_integral_by_ranks():
    outputs = {on_ranks(ranks, "cosine_integral", 10000).stdout for ranks in (0, 2, 3)}
    assert len(outputs) == 1
    lines = outputs.pop().splitlines()
    assert [line.split()[0] for line in lines] == ["10", "100", "1000", "10000"]
    errors = [abs(float(line.split("off by ")[1])) for line in lines]
    assert 1e-8 < errors[0] < 1e-6 and errors[1] < 1e-10 and errors[3] < 1e-14  # of fourth order


def diffused(side, steps):
    at = np.abs(np.arange(side) - side // 2) < side // 6
    a = 100.0 * (at[:, None] & at)
    for _ in range(steps):
        b = a.copy()
        b[1:-1, 1:-1] = a[1:-1, 1:-1] + 0.2 * (a[:-2, 1:-1] + a[2:, 1:-1] + a[1:-1, :-2] + a[1:-1, 2:] - 4 * a[1:-1, 1:-1])
        a = b
    return a


@pytest.mark.parametrize("ranks", [0, 1, 2, 3, 5])
def test_diffusion_by_ranks(tmp_path, ranks):
    lines = on_ranks(ranks, "diffusion_2d_distributed", 50, 201, tmp_path / "a.npy").stdout.splitlines()
    plate = diffused(50, 201)
    np.testing.assert_array_equal(np.load(tmp_path / "a.npy"), plate, strict=True)
    assert [int(line.split()[0]) for line in lines] == [0, 100, 200, 201]
    heat, hottest = numbers_of(lines[-1])
    assert hottest == plate.max() and heat == pytest.approx(plate.sum(), rel=1e-13)


def test_mean_and_variance_of_a_file_that_no_rank_can_hold(tmp_path):
    file = np.lib.format.open_memmap(tmp_path / "a.npy", mode="w+", dtype="float64", shape=(1 << 16, 1 << 10))  # 512 MiB, a hole
    file[:, 0] = np.arange(1 << 16)
    mean, var, low, high = file.mean(), file.var(), 0, (1 << 16) - 1
    for ranks in (3, 4):
        done = on_ranks(ranks, "mean_var_of_a_file", tmp_path / "a.npy", 300)
        got = [float(number) for number in re.findall(r"(?:mean|var|from|to) ([-+.e\d]+)", done.stdout)]
        assert got == [pytest.approx(mean, rel=1e-13), pytest.approx(var, rel=1e-13), low, high]
    assert "a.npy" in on_ranks(1, "mean_var_of_a_file", tmp_path / "a.npy", 300, status=1).stderr


def test_eigen():
    points = np.array([[0, 0, 0], [3, 4, 0], [1, 2, 2], [2, 3, 6.0]])
    first, *rest = run("eigen").stdout.splitlines()
    assert np.array_equal(np.fromstring(first, sep=" "), np.linalg.norm(points, axis=1))
    points[1:3, :2] *= 10
    assert np.array_equal([np.fromstring(line, sep=" ") for line in rest], points)


def test_xtensor():
    text = run("xtensor").stdout
    numbers = np.array([float(word) for word in re.findall(r"-?\d+\.\d*", text)]).reshape(2, 2, 3)
    a = np.array([[1, 2, 3], [4, 5, 6.0]])
    np.testing.assert_allclose(numbers[0], (a - a.mean(axis=1, keepdims=True)) / a.std(), atol=1e-5)
    assert np.array_equal(numbers[1], a * [-1, 1, -1])
