"""clip() between two numbers keeps an element that equals a bound, its sign included, and a NaN wins, as in NumPy."""

import itertools

import numpy as np
import pytest

import fuseval_ctypes as fuseval
from prelude import execute

BOUNDS = ["0", "0.0", "-0.0", "5", "-1", "1.0", "inf", "-inf", "nan"]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_bits_are_numpys(dtype):
    a = np.array([0.0, -0.0, np.nan, np.inf, -np.inf, 1, -1], dtype)
    with fuseval.Session(threads=1) as session:
        for low, high in itertools.product(BOUNDS, BOUNDS):
            for text in (f"clip(a, {low}, {high})", f"a.clip({low}, {high})"):
                ours, theirs = np.asarray(session.evaluate(text, {"a": a})), execute(text, {"a": a})
                assert ours.dtype == theirs.dtype and np.array_equal(ours, theirs, equal_nan=True), text
                numbers = ~np.isnan(theirs)
                assert np.array_equal(np.signbit(ours[numbers]), np.signbit(theirs[numbers])), text
