"""Whatever NumPy has is there, or is said to be missing from this version: never taken for a name that nobody knows."""

import re
from pathlib import Path

import numpy as np
import pytest

import fuseval_ctypes as fv

TABLE = Path(__file__).resolve().parents[2] / "frontend" / "numpy_names.inc"
ARRAY = np.arange(6.0).reshape(2, 3)
FUNCTIONS = [name for name in dir(np) if not name.startswith("_")]
LINALG = [name for name in dir(np.linalg) if not name.startswith("_")]
TEXTS = ([text for name in FUNCTIONS for text in (f"{name}(a)", f"np.{name}(a)", f"np.{name}")] +
         [f"np.linalg.{name}(a)" for name in LINALG] +
         [text for name in dir(np.ndarray) for text in (f"a.{name}()", f"a.{name}", f"(a + 1).{name}")])


def error_of(text):
    try:
        fv.evaluate(text, {"a": ARRAY})
    except fv.FusevalError as error:
        return error
    return None


@pytest.fixture(scope="module")
def errors():
    return {text: error for text in TEXTS if (error := error_of(text))}


def test_the_table_is_of_this_numpy():
    """After a release of NumPy: .venv/bin/python frontend/numpy_names.py > frontend/numpy_names.inc"""
    known = set(re.findall(r'"(\w+)"', TABLE.read_text()))
    assert {*FUNCTIONS, *LINALG, *dir(np.ndarray)} <= known


def test_no_name_of_numpys_is_unknown(errors):
    wrong = {text: error.message for text, error in errors.items()
             if re.search(r"unknown|has no attribute|did you mean", error.message)}
    assert wrong == {}


def test_what_is_missing_is_marked_where_it_stands(errors):
    missing = {text: error for text, error in errors.items() if "not available in this version" in error.message}
    assert {"cumsum(a)", "np.sort(a)", "np.linalg.inv(a)", "np.fft", "a.cumsum()", "a.flat", "a.__array__", "np.int_(a)"} <= set(missing)
    functions, methods, attributes, constants, dtypes = ({*fv.words(kind)} for kind in range(5))
    for text, error in missing.items():
        begin, end = error.span
        name = text[begin:end]
        assert error.code == "UNSUPPORTED", text
        if not error.message.startswith("dtype"):
            part_of = "the language" if "language" in error.message else "NumPy"
            assert re.fullmatch(rf"`{re.escape(name)}` is part of {part_of} but not available in this version(; .+)?", error.message)
            assert name not in (methods | attributes if re.match(r"a\.|\(a", text) else functions | constants | dtypes), text


def test_what_numpy_has_not_is_unknown():
    for text in ("frobnicate(a)", "np.frobnicate(a)", "a.frobnicate()", "a.sin()", "np.linalg.frobnicate(a)", "(1 + 2).cumsum()"):
        assert error_of(text).code == "UNKNOWN_FUNCTION", text
    assert error_of("sort + a").code == "UNKNOWN_NAME"  # something that nobody has bound, and no call
    assert "did you mean `mean`" in error_of("a.maen()").message
