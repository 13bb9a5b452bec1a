"""Every argument of every function, given values of every kind: the result is NumPy's, or there is an error where NumPy has
one. Differences by design are listed with their reasons, and each listed difference must occur."""

import re
from dataclasses import dataclass, field

import numpy as np
import pytest

import fuseval_ctypes as fuseval
from prelude import execute

VALUES = ["True", "0", "1", "-1", "300", "2**63", "10**40", "10**400", "2.0", "1.5", "300.7", "-2.7", "inf", "nan", "None", "'x'", "()", "(0,)",
          "(0, 1)", "[0]", "n", "q", "i8", "f", "m", "float32", "int8"]
ORDERS = ["'C'", "'F'", "'K'", "'f'", "'CF'"]
DTYPES = ["int64", "int8", "float64", "float32", "bool", "uint64"]
# What a required argument gets when another one is tried; all else are arrays.
REQUIRED = {"shape": "(2, 3)", "fill_value": "7", "N": "3", "n": "3", "dimensions": "(2, 3)", "start": "0", "stop": "2", "axis": "0", "axis1": "0",
            "axis2": "1", "source": "0", "destination": "1", "dtype": "float32", "condlist": "[a > 1]", "choicelist": "[a]", "condition": "a > 1",
            "axes": "(1, 0)"}
# Values that become elements: tried beside every dtype.
ELEMENTS = {"initial", "fill_value", "nan", "posinf", "neginf", "default", "a_min", "a_max", "min", "max"}
CREATION = {"zeros", "ones", "full", "arange", "linspace", "eye", "identity", "tri", "indices"}
# Parameters as NumPy has them where the help does not tell which are required, or calls them otherwise.
SIGNATURES = {"arange": "start, stop, step=..., dtype=...", "where": "condition, x, y"}
TOGETHER = {("clip", "a_min"): "a_max=1", ("clip", "a_max"): "a_min=1", ("norm", "ord"): "axis=1"}

SEQUENCES = {"()", "(0,)", "(0, 1)", "[0]"}
TEXTS = {"None", "'x'", "float32", "int8"} | SEQUENCES  # no numbers in a text
LARGE = {"2**63", "10**40", "10**400"}
FLOATS = {"2.0", "1.5", "300.7", "-2.7", "inf", "nan"}
ARRAYS = {"n", "q", "i8", "f", "m"}
FLAGS = {"keepdims", "deg", "copy", "subok", "endpoint", "retstep", "sparse"}
AXES = {"axis", "axis1", "axis2", "source", "destination"}
COUNTS = {"decimals", "ndmin", "offset", "num", "N", "M", "k", "n", "shape", "dimensions"} | AXES


@dataclass
class Departure:
    """Where fuseval refuses what NumPy takes ("refuses"), takes what NumPy refuses ("takes"), or has another result."""

    kind: str
    reason: str
    functions: set = field(default_factory=set)  # empty: any
    parameters: set = field(default_factory=set)
    values: set = field(default_factory=set)

    def covers(self, kind, function, parameter, value):
        wanted = ((self.functions, function), (self.parameters, parameter), (self.values, value))
        return kind == self.kind and all(not names or name in names for names, name in wanted)


DEPARTURES = [
    Departure("refuses", "a flag is a bool or an int; NumPy's Python code takes whatever has a truth value", parameters=FLAGS),
    Departure("refuses", "where= is bool: NumPy asks other values for their truth, and mean() divides by their sum", parameters={"where"}),
    Departure("refuses", "a string, None or a dtype is no operand; NumPy makes arrays of objects of them",
              parameters=ELEMENTS | {"x", "y", "condition", "start", "stop", "ddof", "correction", "ord"}, values=TEXTS - SEQUENCES),
    Departure("refuses", "a tuple or a list is no number", parameters={"initial", "start", "stop", "ddof", "correction", "ord"},
              values=SEQUENCES),
    Departure("refuses", "an initial value is one number; NumPy asks an array of one for its truth", parameters={"initial"}, values={"i8"}),
    Departure("refuses", "counts, extents and axes are known when a text is bound: arrays of rank 0 are not", parameters=COUNTS, values=ARRAYS),
    Departure("refuses", "the same for numbers that decide lengths and powers", functions={"arange", "norm", "var", "std"}, values=ARRAYS),
    Departure("refuses", "NumPy takes an array of rank 0 for its dtype", parameters={"dtype"}, values={"q"}),
    Departure("refuses", "NumPy's functions in Python take True as axis 1, those in C refuse it", parameters=AXES, values={"True"}),
    Departure("refuses", "an axis is an int; NumPy calls int() on norm()'s", functions={"norm"}, parameters={"axis"}, values=FLOATS),
    Departure("refuses", "flip() of a list of axes: lists of axes are refused by all other functions", functions={"flip"}, values={"[0]"}),
    Departure("refuses", "NumPy makes an array of objects of an int beyond uint64", functions={"full"}, parameters={"fill_value"}, values=LARGE),
    Departure("refuses", "diagonals are numbered by ints within int64", functions={"tri", "tril", "triu", "eye"}, parameters={"k", "N", "M"},
              values=FLOATS | LARGE),
    Departure("refuses", "dtype=None is float64 in astype() only", functions={"astype"}, values={"None"}),
    Departure("refuses", "reshape(a, None) is a itself", functions={"reshape"}, parameters={"shape"}, values={"None"}),
    Departure("refuses", "only C order in this version", functions={"ravel", "reshape"}, parameters={"order"}, values={"'F'", "'f'"}),
    Departure("refuses", "std() and var() in an integer dtype: not in this version", functions={"std", "var"}, parameters={"dtype"}, values={"int8"}),
    Departure("refuses", "select() takes a list", functions={"select"}, parameters={"choicelist"}, values=ARRAYS),
    Departure("refuses", "arange() of an int beyond int64 is of floats, of objects, or empty in NumPy", functions={"arange"}, values=LARGE),
    Departure("takes", "bool(n) is True for every int; NumPy's full() goes by way of int64", functions={"full_like"}, parameters={"fill_value"}, values=LARGE),
    Departure("takes", "an int is a float where one is needed; NumPy makes it an object first", functions={"linspace", "norm"}, values={"10**40"}),
    Departure("refuses", "samples lie along axis 0 in this version", functions={"linspace"}, parameters={"axis"}),
    Departure("takes", "fix() is a ufunc as floor() is", functions={"fix"}, parameters={"dtype"}),
    Departure("takes", "the order in memory is nothing that reshape() changes", functions={"reshape"}, parameters={"order"}, values={"'K'"}),
    Departure("differs", "an element or two fit int64; NumPy makes the step's dtype the array's", functions={"arange"}, parameters={"step"}, values=LARGE),
]


def parameters_of(function):
    """[(name, whether it is required)], from the help."""
    signature = SIGNATURES.get(function) or re.fullmatch(r"\w+\((.*)\)", fuseval.help_of(function).splitlines()[0])[1]
    names = [name for name in signature.split(", ") if name and name != "*"]
    return [(name.partition("=")[0], "=" not in name) for name in names]


def texts_of(function, parameters, tried, value):
    arguments = []
    for name, is_required in parameters:
        if is_required:
            arguments.append(value if name == tried else REQUIRED.get(name, "a"))
        elif name == tried:
            arguments.append(f"{name}={value}")
    if (function, tried) in TOGETHER:
        arguments.append(TOGETHER[function, tried])
    return f"{function}({', '.join(arguments)})"


def cases():
    """(function, parameter, value, dtype of a, text)."""
    for function in sorted(set(fuseval.words(0)) - {"fma"}):  # NumPy has none
        parameters = parameters_of(function)
        for name, is_required in parameters:
            is_element = name in ELEMENTS or function == "where" and name != "condition"
            if is_required and name not in REQUIRED and not is_element:
                continue
            for value in VALUES + ORDERS * (name == "order"):
                for dtype in DTYPES if is_element and function not in CREATION else ["int64"]:
                    yield function, name, value, dtype, texts_of(function, parameters, name, value)


def inputs_for(function, dtype):
    a = np.array([[1, 2, 3], [3, 2, 1]]).astype(dtype)
    if function == "nan_to_num" and a.dtype.kind == "f":
        a[0] = np.nan, np.inf, -np.inf
    return {"a": a, "n": np.array(1), "q": np.float64(2.5), "i8": np.array([1], "i1"), "f": np.array([[2.5, 1, 0], [1, 2, 3]]),
            "m": np.array([[True, False, True], [True, True, False]])}


def parts(result):
    return [np.asarray(part) for part in (result if isinstance(result, tuple) else (result,))]


def equal(got, expected):
    got, expected = parts(got), parts(expected)
    return len(got) == len(expected) and all(
        x.dtype == y.dtype and x.shape == y.shape and np.allclose(x, y, 1e-6 if x.dtype == np.float32 else 1e-12, 0, equal_nan=True)
        for x, y in zip(got, expected))


def difference(session, text, inputs):
    """None, or (kind of departure, what fuseval has, what NumPy has); "object" arrays count as refused by fuseval."""
    try:
        got = session.evaluate(text, inputs)
    except fuseval.FusevalError as error:
        assert error.code != "INTERNAL", f"{text}: {error}"
        got = error
    try:
        expected = execute(text, {name: np.array(value) if name == "a" else value for name, value in inputs.items()})
    except Exception as error:
        expected = error
    refused = isinstance(got, Exception), isinstance(expected, Exception)
    if all(refused) or not any(refused) and equal(got, expected):
        return None
    return {(True, False): "refuses", (False, True): "takes", (False, False): "differs"}[refused], got, expected


@pytest.fixture(scope="module")
def session():
    with fuseval.Session(threads=1) as session:
        yield session


def test_every_argument_of_every_function_is_read_as_numpy_does(session):
    used, wrong, count = set(), [], 0
    for function, parameter, value, dtype, text in cases():
        count += 1
        found = difference(session, text, inputs_for(function, dtype))
        if not found:
            continue
        covering = [k for k, departure in enumerate(DEPARTURES) if departure.covers(found[0], function, parameter, value)]
        used.update(covering)
        if not covering:
            wrong.append(f"{dtype}: {text}: {found[0]}: {found[1]!r}; NumPy has {found[2]!r}")
    assert wrong == []
    assert [DEPARTURES[k].reason for k in range(len(DEPARTURES)) if k not in used] == []
    assert count > 5000


@pytest.mark.parametrize("method", ["sum", "prod", "min", "max", "var", "std", "clip", "round", "astype", "reshape", "trace", "diagonal", "copy", "mean"])
def test_methods_read_their_arguments_as_functions_do(session, method):
    for keyword in ["initial", "ddof", "correction", "keepdims", "where", "decimals", "offset", "order", "min", "dtype", "axis"]:
        for value in ["True", "300", "10**40", "2.0", "inf", "nan", "None", "'x'", "i8", "float32"]:
            if (method, keyword) == ("astype", "order"):
                continue  # the function has none
            call = f"{keyword}={value}"
            required = {"astype": "float32, ", "reshape": "(3, 2), "}.get(method, "")
            as_method, as_function = f"a.{method}({required}{call})", f"{method}(a, {required}{call})"
            outcomes = []
            for text in (as_method, as_function):
                try:
                    outcomes.append(session.evaluate(text, inputs_for(method, "int64")))
                except fuseval.FusevalError as error:
                    outcomes.append(error.code)
            codes = [outcome for outcome in outcomes if isinstance(outcome, str)]
            assert codes[0] == codes[-1] and len(codes) == 2 if codes else equal(*outcomes), f"{as_method}: {outcomes}"


def test_what_only_two_arguments_together_show(session):
    a = np.array([[1, 2, 3], [3, 2, 1]])
    for text in ["var(a, ddof=1, correction=0)", "std(a, ddof=1, correction=1)", "var(a, ddof=0, correction=1)", "var(a, ddof=0.0, correction=1)",
                 "var(a, ddof=False, correction=2)", "sum(a, initial=2.9, dtype=float32)", "sum(a > 1, initial=2.9, dtype=bool)",
                 "sum(a, initial=300, dtype=int8)", "prod(a, initial=300.7, dtype=int8)", "max(a, initial=2**62, axis=0)", "max(a[:0], initial=nan, axis=0)",
                 "max(a[:0], initial=7.9, axis=0)", "full(2, 300.7, dtype=float32)", "full(2, 2**63)", "full(2, 2**64 - 1)", "full(2, 2**63, dtype=float64)",
                 "full(2, True)", "full(3, i8, dtype=float32)", "indices((2, 3), dtype=None)", "indices((2, 3), dtype=None, sparse=True)",
                 "clip(a > 1, None, None)", "clip(a, None, None)", "clip(a, 0, 10**400)", "int8(127.9)", "int8(-128.9)", "int8(128.0)", "uint8(-0.9)",
                 "uint8(-1.0)", "int8(nan)", "int64(inf)", "uint64(2.0**63)", "uint64(2.0**64)", "int8(300)", "int8(300.7)", "bool(10**400)"]:
        found = difference(session, text, {"a": a, "i8": np.array([1, 2, 3], "i1")})
        assert found is None, f"{text}: {found}"

