"""The oracle's own tests: it must accept what the bounds allow, and nothing more."""

import math
from fractions import Fraction

import numpy as np
import pytest

import canonical
import departures
from compare import agrees
from envelope import Envelope
from prelude import execute, rewrite

RNG = np.random.default_rng(20)
ARRAYS = {"a": RNG.normal(size=(6, 7)), "b": RNG.normal(size=7).astype(np.float32),
          "i": RNG.integers(-9, 9, (6, 7), dtype=np.int32), "m": RNG.random((6, 7)) < 0.5}


def envelope(text, **inputs):
    return execute(text, inputs or ARRAYS, envelopes=True)


def moved(array, steps):
    for _ in range(abs(steps)):
        array = np.nextafter(array, array.dtype.type(math.copysign(np.inf, steps)))
    return array


@pytest.mark.parametrize("text, same", [
    ("0 < a <= 1", "logical_and(0 < a, a <= 1)"),
    ("not a", "logical_not(a)"),
    ("a and m or i", "logical_or(logical_and(a, m), i)"),
    ("a if m else -a", "where(m, a, -a)"),
    ("2 and a", "a"),
    ("0 < 1 < a", "1 < a"),
    ("a and 0", "logical_and(a, 0)"),
])
def test_conditions_of_arrays_are_elementwise(text, same):
    assert rewrite(text) != text
    np.testing.assert_array_equal(execute(text, ARRAYS), execute(same, ARRAYS), strict=True)


@pytest.mark.parametrize("text", ["1/0 if 0 else 3", "0 and 1/0", "2 and 3", "0 or 2.5", "2 or 1/0", "not 2", "not None", "1 < 2 < 3",
                                  "3 < 2 < 1/0", "1 if 0 < 1 == 1 else 1/0", "(0.0 or True) and 7"])
def test_conditions_of_numbers_are_pythons(text):
    expected, value = eval(text), execute(text, ARRAYS)
    assert (type(value), value) == (type(expected), expected)


def test_rewrite_leaves_the_rest_alone():
    assert rewrite("a < b") == "a < b"


@pytest.mark.parametrize("text", ["a + b", "a*b - i", "i // 3", "a[::-2, 1:] % 2", "where(m, a, b)", "i << 3", "sqrt(abs(a))",
                                  "floor(a) == rint(a)", "a.T + 1", "copysign(a, b)", "i**2", "sum(i, axis=0)"])
def test_exact_operations_allow_one_answer(text):
    result = envelope(text)
    plain = np.asarray(execute(text, ARRAYS))
    assert agrees(result, plain).all()
    if plain.dtype.kind == "f":
        assert not agrees(result, moved(plain, 1)).any()


@pytest.mark.parametrize("text", ["exp(a)", "sin(a)", "tanh(b)", "arctan2(a, b)", "log(abs(a))", "hypot(a, b)"])
def test_functions_allow_one_step_and_not_three(text):
    result = envelope(text)
    for steps in (-1, 0, 1):
        assert agrees(result, moved(result.value, steps)).all()
    for steps in (-3, 3):
        assert not agrees(result, moved(result.value, steps)).any()


def test_the_sign_of_an_exact_zero_counts():
    zeros = np.zeros(3)
    result = envelope("a*2", a=zeros)
    assert agrees(result, zeros).all() and not agrees(result, -zeros).any()


def test_a_bound_grows_through_later_operations():
    result = envelope("exp(a) - exp(a.T)", a=np.full((2, 2), 3.0))
    assert agrees(result, np.full((2, 2), np.spacing(np.exp(3.0)))).all()
    assert not agrees(result, np.full((2, 2), 8 * np.spacing(np.exp(3.0)))).any()


def test_a_comparison_is_left_open_only_where_it_is_open():
    a = np.array([0.0, 1.0, 30.0])
    result = envelope("exp(a) > 2.718281828459045", a=a)
    assert result.low.tolist() == [False, False, True] and result.high.tolist() == [False, True, True]


def test_zero_times_infinity_may_be_nan_where_zero_is_between_the_ends():
    result = envelope("exp(a - exp(1)) * a", a=np.array([-np.inf]))
    assert agrees(result, np.array([np.nan])).all()
    assert not envelope("exp(a - exp(1)) * a", a=np.array([2.0])).wild.any()


def test_zero_by_zero_may_be_nan_where_zero_is_between_the_ends():
    result = envelope("var(a) / a", a=np.zeros(3))
    assert agrees(result, np.full(3, np.nan)).all()


def test_log_around_zero_is_unknown_and_elsewhere_known():
    result = envelope("log(sin(a) - s)", a=np.array([1.0, 2.0]), s=np.array([math.sin(1.0), 0.5]))
    assert result.wild.tolist() == [True, False]


@pytest.mark.parametrize("shape, axis", [((10000,), None), ((3, 5000), 1), ((5000, 3), 0), ((7, 90, 11), (0, 2)),
                                         ((1,), 0), ((33, 1), 1), ((0,), None)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_canonical_sums_are_sums(shape, axis, dtype):
    values = RNG.normal(size=shape).astype(dtype)
    rows, _ = canonical.rows_of(values, canonical.normalised_axes(axis, values.ndim))
    result = canonical.reduction("sum", values, axis)
    for row, got in zip(rows, result.reshape(-1)):
        exact = sum(map(Fraction, row.tolist()), Fraction(0))
        depth = 64 + 8 + math.ceil(math.log2(len(row) + 1))
        assert abs(Fraction(float(got)) - exact) <= depth * float(np.finfo(dtype).eps) * float(np.abs(row).sum())


def test_canonical_order_by_hand():
    """Two blocks, lane 3 of the second: one element out of place would round differently."""
    values = np.zeros(4096 + 64 * 2)
    values[[4096 + 3, 4096 + 64 + 3, 3]] = 1.0, 2.0**-53, 2.0**-53
    assert canonical.reduction("sum", values) == (1.0 + 2.0**-53) + 2.0**-53 == 1.0
    values[[4096 + 3, 3]] = values[[3, 4096 + 3]]
    assert canonical.reduction("sum", values) == 1.0 + 2.0**-52


def test_casts_saturate():
    values = np.array([1e10, -1e10, np.nan, 127.9, -128.9, -129, 128])
    assert departures.cast(values, np.int8).tolist() == [127, -128, 0, 127, -128, -128, 127]
    assert departures.cast(np.array([2.0**64, 2.0**63]), np.uint64).tolist() == [2**64 - 1, 2**63]
    assert departures.cast(np.array([2.0**63, -2.0**63]), np.int64).tolist() == [2**63 - 1, -(2**63)]


def test_zeros_are_ranked():
    assert np.signbit(envelope("maximum(a, b)", a=np.array([-0.0]), b=np.array([-0.0])).value).all()
    assert not np.signbit(envelope("maximum(a, b)", a=np.array([-0.0]), b=np.array([0.0])).value).any()
    assert np.signbit(envelope("min(a)", a=np.array([0.0, -0.0])).value)
    assert envelope("argmax(a)", a=np.array([-0.0, 0.0])).value == 1


def test_powers_of_infinities_are_exact():
    base, exponent = np.array([-np.inf, -np.inf, np.inf, -np.inf]), np.array([-(2.0**63), 3, -(2.0**63), 2.0**63])
    result = envelope("a**b", a=base, b=exponent)
    assert agrees(result, np.array([0.0, -np.inf, 0.0, np.inf])).all()
    assert not agrees(result, np.array([np.inf, np.inf, np.inf, 0.0])).any()


def test_python_integers_outside_a_dtype():
    """NumPy's where wraps them, and clip's bounds reach as far as the dtype."""
    small = np.array([0, 9, 255], np.uint8)
    assert agrees(envelope("clip(u, -2, 300)", u=small), small).all()
    assert agrees(envelope("where(exp(b) > 0, -1, u)", b=np.ones(3), u=small), np.full(3, 255, np.uint8)).all()


def test_variance_is_held_to_a_bound():
    result = envelope("var(a, axis=0)")
    exact = np.var(ARRAYS["a"].astype(np.longdouble), axis=0)
    assert agrees(result, exact.astype(float)).all()
    assert not agrees(result, exact.astype(float) * (1 + 1e-12)).any()


def test_an_envelope_is_no_array_by_accident():
    with pytest.raises(TypeError, match="no implementation found for 'numpy.cumsum'"):
        np.cumsum(Envelope(np.ones(3)))
