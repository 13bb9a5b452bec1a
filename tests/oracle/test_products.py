"""Products of vectors and matrices, norms of matrices, `.mT`, and slices of tuples, by NumPy itself.

Numbers are small integers, so that sums are exact in every dtype and order.
"""

import itertools

import fuseval_ctypes as fuseval
import numpy as np
import pytest

SESSION = fuseval.Session()
DTYPES = ["bool", "int8", "uint8", "int64", "uint64", "float32", "float64"]
SHAPES = [(3,), (2, 3), (3, 2), (4, 2, 3), (4, 3, 2), (0,), (0, 3), (3, 0), (2,), ()]
TEXTS = ["x @ y", "matmul(x, y)", "dot(x, y)", "inner(x, y)"]


def numbers(shape, dtype, salt):
    return np.random.default_rng(salt).integers(0, 4, shape).astype(dtype)


def outcome(text, arrays):
    try:
        return np.asarray(eval(text, {name: getattr(np, name) for name in ("matmul", "dot", "inner")}, dict(arrays)))
    except ValueError:
        return None


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("dtypes", [(a, a) for a in DTYPES] + [("bool", "int8"), ("int8", "float32"), ("int64", "uint64")])
def test_products_of_a_vector(text, dtypes):
    compared = refused = 0
    for left, right in itertools.product(SHAPES, SHAPES):
        if min(len(left), len(right)) > 1:
            continue
        arrays = {"x": numbers(left, dtypes[0], 1), "y": numbers(right, dtypes[1], 2)}
        expected = outcome(text, arrays)
        if expected is None:
            with pytest.raises(fuseval.FusevalError, match="not aligned|at least one dimension"):
                SESSION.evaluate(text, arrays)
            refused += 1
            continue
        result = np.asarray(SESSION.evaluate(text, arrays))
        assert result.dtype == expected.dtype and result.shape == expected.shape
        assert np.array_equal(result, expected), (text, left, right)
        compared += 1
    assert compared > 10 and refused > 10


@pytest.mark.parametrize("order", ["'fro'", "1", "-1", "inf", "-inf", "None"])
@pytest.mark.parametrize("shape, axis", [((3, 4), ""), ((4, 3), ""), ((2, 3, 4), ", axis=(0, 2)"), ((2, 3, 4), ", axis=(2, 0)"),
                                         ((2, 3, 4), ", axis=(-1, 1), keepdims=True"), ((3, 4), ", axis=(1, 0), keepdims=True")])
@pytest.mark.parametrize("dtype", ["int64", "float32", "float64"])
def test_norms_of_matrices(order, shape, axis, dtype):
    a = numbers(shape, dtype, 3) - np.asarray(1, dtype)
    text = f"norm(a, {order}{axis})"
    expected = eval(text, {"norm": np.linalg.norm, "inf": np.inf}, {"a": a})
    result = np.asarray(SESSION.evaluate(text, {"a": a}))
    assert result.dtype == expected.dtype and result.shape == expected.shape
    assert np.allclose(result, expected, rtol=4 * np.finfo(expected.dtype).eps, atol=0)


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (0, 0), (2, 0, 3)])
@pytest.mark.parametrize("order", ["'fro'", "1", "-1", "inf", "-inf"])
def test_norms_of_empty_matrices(shape, order):
    text, a = f"norm(a, {order}, axis=(-2, -1))", np.zeros(shape)
    try:
        expected = eval(text, {"norm": np.linalg.norm, "inf": np.inf}, {"a": a})
    except ValueError:
        with pytest.raises(fuseval.FusevalError, match="zero-size array"):
            SESSION.evaluate(text, {"a": a})
        return
    assert np.array_equal(SESSION.evaluate(text, {"a": a}), expected)


@pytest.mark.parametrize("text", ["a.mT", "a.mT @ v", "b.mT", "sum(b, axis=-1).mT"])
def test_matrix_transpose(text):
    arrays = {"a": numbers((2, 3), "float64", 4), "b": numbers((2, 3, 4), "int8", 5), "v": numbers((2,), "float64", 6)}
    expected = eval(text, {"sum": np.sum}, dict(arrays))
    assert np.array_equal(SESSION.evaluate(text, arrays), expected)


@pytest.mark.parametrize("text", ["zeros(a.shape[:2])", "zeros(a.shape[1:])", "zeros(a.shape[::-1])", "zeros(a.shape[-2:])",
                                  "sum(a, axis=(0, 1, 2)[1:])", "zeros((2, 3, 4)[k:])", "zeros(a.shape[5:])"])
def test_slices_of_tuples(text):
    a = numbers((2, 3, 4), "float64", 7)
    expected = np.asarray(eval(text, {"zeros": np.zeros, "sum": np.sum}, {"a": a, "k": 1}))
    result = np.asarray(SESSION.evaluate(text, {"a": a, "k": 1}))
    assert result.shape == expected.shape and np.array_equal(result, expected)
