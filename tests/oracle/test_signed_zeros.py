"""Sums over no elements and over -0.0 alone have NumPy's sign where `where=` or `initial=` decides it."""

import numpy as np
import pytest

import fuseval_ctypes as fuseval
from prelude import execute

INPUTS = {"a": np.array([-0.0, -0.0]), "none": np.array([False, False]), "one": np.array([True, False]), "m": np.full((2, 2), -0.0),
          "empty": np.zeros(0)}


@pytest.mark.parametrize("text", [
    "sum(a, where=none)", "sum(a, where=one)", "sum(a, where=a < 1)", "sum(m, axis=0, where=none)", "sum(m, axis=1, where=one)",
    "mean(a, where=one)", "sum(a, initial=-0.0)", "sum(a, initial=0.0)", "sum(a, initial=0)", "sum(empty)", "sum(empty, initial=-0.0)",
    "sum(empty, initial=0.0)", "sum(a, where=none, initial=-0.0)", "sum(a, where=none, initial=0.0)", "sum(a, where=one, initial=-0.0)",
    "sum(m, axis=0, where=none, initial=-0.0)", "sum(zeros((2, 0)), axis=1, initial=-0.0)", "prod(empty, initial=-0.0)",
    "prod(a, where=none, initial=-0.0)", "sum(float32(a), where=none)", "sum(float32(empty), initial=-0.0)"])
def test_the_sign_is_numpys(text):
    ours, theirs = np.asarray(fuseval.Session().evaluate(text, INPUTS)), np.asarray(execute(text, INPUTS))
    assert ours.dtype == theirs.dtype and ours.shape == theirs.shape
    assert np.array_equal(np.signbit(ours), np.signbit(theirs)) and np.array_equal(ours, theirs)
