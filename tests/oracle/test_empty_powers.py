"""A negative integer exponent is an error only where it meets an element, as in NumPy."""

import numpy as np
import pytest

import fuseval_ctypes as fuseval
from prelude import execute

INPUTS = {"none": np.zeros(0, int), "rows": np.zeros((0, 3), int), "k": np.array([-1]), "three": np.array([-1, 2, 3]), "i": np.array([1, 2, 3]), "w": -1}
EMPTY = ["none**k", "power(none, k)", "none**none", "k**none", "rows**three", "rows**k", "power(none, k, dtype=int64)",
         "none**-1", "rows**-2", "power(none, -1)", "none**w", "power(rows, w, dtype=int64)"]


@pytest.mark.parametrize("text", EMPTY)
def test_no_element_meets_the_exponent(text):
    ours, theirs = np.asarray(fuseval.Session().evaluate(text, INPUTS)), np.asarray(execute(text, INPUTS))
    assert ours.dtype == theirs.dtype and ours.shape == theirs.shape


@pytest.mark.parametrize("text", ["i**k", "i**-1", "i**w", "i**three", "power(i, k)", "power(i, three, dtype=int64)"])
def test_an_element_meets_the_exponent(text):
    with pytest.raises(ValueError):
        execute(text, INPUTS)
    with pytest.raises(fuseval.FusevalError, match="negative integer powers"):
        fuseval.Session().evaluate(text, INPUTS)
