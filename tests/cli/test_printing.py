"""Arrays are printed as NumPy prints them: compared with str() over many arrays, some dozens a process."""

import numpy as np
import pytest

SEED = 20261121
FLOATS = ("float32", "float64")
INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")


def check(run, folder, arrays):
    """Prints the arrays as one tuple and compares the whole text."""
    for k, array in enumerate(arrays):
        np.save(folder / f"a{k}.npy", array)
    names = ", ".join(f"a{k}" for k in range(len(arrays))) + ("," if len(arrays) == 1 else "")
    printed = run("eval", names, *(f"a{k}={folder}/a{k}.npy" for k in range(len(arrays))), "--threshold", 1000).stdout
    expected = "".join(str(array) + "\n" for array in arrays)
    if printed != expected:
        at = next((i for i, (a, b) in enumerate(zip(printed, expected)) if a != b), min(len(printed), len(expected)))
        pytest.fail(f"printed …{printed[max(at - 200, 0):at + 80]!r}\nexpected …{expected[max(at - 200, 0):at + 80]!r}")


def shape_of(rng):
    rank = rng.integers(1, 5)
    return tuple(rng.integers(1, {1: 60, 2: 12, 3: 6, 4: 4}[int(rank)], rank))


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("kind", ["units", "scales", "decimals", "whole", "bits", "special"])
def test_floats(run, tmp_path, dtype, kind):
    rng = np.random.default_rng([SEED, FLOATS.index(dtype), len(kind)])
    arrays = []
    for _ in range(60):
        shape = shape_of(rng)
        with np.errstate(all="ignore"):
            match kind:
                case "units":
                    array = rng.standard_normal(shape)
                case "scales":
                    array = rng.standard_normal(shape) * 10.0 ** rng.integers(-12, 12)
                case "decimals":
                    array = np.round(rng.uniform(-100, 100, shape), rng.integers(0, 9))
                case "whole":
                    array = np.trunc(rng.uniform(-1, 1, shape) * 10.0 ** rng.integers(0, 12))
                case "bits":
                    bits = rng.integers(0, 2**63, shape).astype(np.uint64) * 2 + rng.integers(0, 2, shape).astype(np.uint64)
                    array = bits.view("float64") if dtype == "float64" else bits.astype("uint32").view("float32")
                case "special":
                    pool = [0.0, -0.0, np.nan, np.inf, -np.inf, 1.0, -1.5, 1e-4, 9.9e-5, 1e8, 999999.0, 1e6, 0.1, 1e3, 1000.5]
                    array = rng.choice(rng.choice(pool, rng.integers(1, 5)), shape)
            arrays.append(array.astype(dtype))
    check(run, tmp_path, arrays)


def test_integers_and_bools(run, tmp_path):
    rng = np.random.default_rng(SEED)
    arrays = [rng.integers(0, 2, shape_of(rng)).astype(bool) for _ in range(10)]
    for dtype in INTEGERS:
        limits = np.iinfo(dtype)
        for _ in range(5):
            arrays.append(rng.integers(limits.min, limits.max, shape_of(rng), dtype=dtype, endpoint=True))
            arrays.append(rng.integers(0, 12, shape_of(rng)).astype(dtype))
    check(run, tmp_path, arrays)


def test_more_than_a_thousand_elements_are_summarised(run, tmp_path):
    rng = np.random.default_rng(SEED)
    shapes = [(1000,), (1001,), (40, 30), (7, 200), (6, 200), (1, 2000), (2000, 1), (11, 11, 11), (3, 400, 2), (2, 3, 4, 5, 10)]
    arrays = [rng.standard_normal(shape) for shape in shapes]
    arrays += [rng.integers(-9, 10**6, shape) for shape in shapes]
    hidden = np.zeros(3000)
    hidden[1500] = 1e100  # what is not shown does not decide the format
    check(run, tmp_path, arrays + [hidden, np.arange(1200) % 2 == 0])


def test_empty_arrays_long_lines_and_deep_ones(run, tmp_path):
    deep = np.arange(4.0).reshape((1,) * 18 + (4,))
    check(run, tmp_path, [
        np.empty(0), np.empty((3, 0)), np.empty((0, 2), "int32"), np.arange(200), np.arange(200) / 7, deep,
        np.full(30, -1.2345678901234567), np.full((2, 2, 40), 1e-300), np.array([[[7]]], "int8"),
        np.array([1e100, 1e-100]), np.array([1e5, 1e-310]), np.arange(24.0).reshape(2, 3, 4).T])


@pytest.mark.parametrize("dtype", FLOATS)
def test_scalars(run, tmp_path, dtype):
    rng = np.random.default_rng(SEED)
    values = [0.0, -0.0, 1.0, 0.1, 1e16, 1e15, 123456789.0, 9.9e-5, 1e-4, np.nan, np.inf, -np.inf, 1 / 3, 5e-324, 1e-45]
    with np.errstate(all="ignore"):
        scalars = [np.dtype(dtype).type(v) for v in values + list(rng.standard_normal(20) * 10.0 ** rng.integers(-20, 20, 20))]
    check(run, tmp_path, scalars)


def test_other_scalars(run, tmp_path):
    check(run, tmp_path, [np.True_, np.False_, np.int8(-5), np.uint64(2**64 - 1), np.int64(-(2**63))])
    assert run("eval", "1/3").stdout == "0.3333333333333333\n"
    assert run("eval", "3").stdout == "3\n"
