"""Conditions over Python's numbers, one text for many values in one session: a plan that was made for one call serves
another exactly where Python goes the same way."""

import numpy as np

import fuseval_ctypes as fuseval
from generator import Generator
from prelude import execute

VALUES = {bool: [True, False], int: [0, 1, 2, 3, -1, 7, 2**53, 2**53 + 1, -(2**62)],
          float: [0.0, -0.0, 0.5, -2.5, 3.0, 2.0**53, float("inf"), float("nan")]}


def outcome(evaluate, text, values):
    """("value", dtype and bytes), or ("error", "")."""
    try:
        result = np.asarray(evaluate(text, values))
    except Exception as error:
        assert not (isinstance(error, fuseval.FusevalError) and error.code == "INTERNAL"), text
        return "error", ""
    return "value", (result.dtype.name, result.shape, result.tobytes())


def texts_of(rng):
    generator = Generator(rng, {})
    generator.base, generator.inputs, generator.known = (3,), {}, []
    condition, number = generator.condition(3), generator.number(3)
    weak = {name: type(item.value) for name, item in generator.inputs.items()}
    for text in (f"x + 1 if {condition} else x", f"x*({condition} or 2)", f"x*0 + ({number} if {condition} else 3)"):
        yield text, weak


def test_plans_serve_where_python_goes_the_same_way():
    session, errors, calls = fuseval.Session(), 0, 0
    for seed in range(150):
        rng = np.random.default_rng([20270, seed])
        for text, weak in texts_of(rng):
            for _ in range(14):
                values = {name: kind(VALUES[kind][rng.integers(len(VALUES[kind]))]) for name, kind in weak.items()}
                values["x"] = np.array([1.0, 2.0, 3.0])
                expected, got = outcome(execute, text, values), outcome(session.evaluate, text, values)
                assert got == expected, (text, values)
                errors, calls = errors + (expected[0] == "error"), calls + 1
    assert calls > 5000 and 100 < errors < calls / 2
    assert session.counters().plans_made < calls * 0.7
