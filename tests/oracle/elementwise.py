"""Elementwise operations on Envelopes: exact values by NumPy, functions by long double, intervals by monotonicity."""

import numpy as np

import departures
from envelope import Envelope, implements

LONG = np.longdouble


# ---- parts of operands: a Python scalar stays one, so that NEP 50 sees it -----------------------------------------------
def value_of(x):
    return x.value if isinstance(x, Envelope) else x


def low_of(x):
    return x.low if isinstance(x, Envelope) else x


def high_of(x):
    return x.high if isinstance(x, Envelope) else x


def is_exact(x):
    return not isinstance(x, Envelope) or x.bounds is None


def any_part(inputs, part, shape):
    result = np.zeros(shape, bool)
    for x in inputs:
        if not is_exact(x):
            result |= np.broadcast_to(getattr(x, part), shape)
    return result


def is_point(x):
    """Elements whose interval is a single value."""
    if is_exact(x):
        return np.True_
    return x.low == x.high


def holds_zero(x):
    return (low_of(x) <= 0) & (high_of(x) >= 0)


def holds_infinity(x):
    return np.isinf(low_of(x)) | np.isinf(high_of(x))


# ---- intervals: each rule gives candidate ends, and where it does not know ---------------------------------------------
def increasing(ufunc, inputs):
    return [ufunc(*map(low_of, inputs)), ufunc(*map(high_of, inputs))], False


def decreasing(ufunc, inputs):
    return [ufunc(*map(high_of, inputs)), ufunc(*map(low_of, inputs))], False


def difference(ufunc, inputs):
    a, b = inputs
    return [ufunc(low_of(a), high_of(b)), ufunc(high_of(a), low_of(b))], False


def corners(ufunc, inputs):
    a, b = inputs
    return [ufunc(x, y) for x in (low_of(a), high_of(a)) for y in (low_of(b), high_of(b))], False


def product(ufunc, inputs):
    """The corners miss 0 times infinity where 0 lies between them."""
    a, b = inputs
    return corners(ufunc, inputs)[0], (holds_zero(a) & holds_infinity(b)) | (holds_infinity(a) & holds_zero(b))


def quotient(ufunc, inputs):
    a, b = inputs
    nan = (holds_zero(a) & holds_zero(b)) | (holds_infinity(a) & holds_infinity(b))
    return corners(ufunc, inputs)[0], nan | ((not is_exact(b)) & holds_zero(b))


def inverse(ufunc, inputs):
    (a,) = inputs
    return decreasing(ufunc, inputs)[0], holds_zero(a)


def magnitude(ufunc, inputs):
    (a,) = inputs
    ends = increasing(ufunc, inputs)[0]
    return [np.where(holds_zero(a), np.zeros_like(ends[0]), ends[0]), *ends], False


def root(ufunc, inputs):
    return increasing(ufunc, inputs)[0], (low_of(inputs[0]) < 0) & (high_of(inputs[0]) >= 0)


def less(ufunc, inputs):
    a, b = inputs
    return [ufunc(high_of(a), low_of(b)), ufunc(low_of(a), high_of(b))], False


def greater(ufunc, inputs):
    a, b = inputs
    return [ufunc(low_of(a), high_of(b)), ufunc(high_of(a), low_of(b))], False


def equal(ufunc, inputs):
    a, b = inputs
    certain = is_point(a) & is_point(b) & np.equal(value_of(a), value_of(b))
    possible = np.less_equal(low_of(a), high_of(b)) & np.less_equal(low_of(b), high_of(a))
    return [certain, possible], False


def not_equal(ufunc, inputs):
    (certain, possible), _ = equal(ufunc, inputs)
    return [~possible, ~certain], False


def parity(ufunc, inputs):
    shape = np.broadcast_shapes(*(np.shape(value_of(x)) for x in inputs))
    certain = np.broadcast_to(is_point(inputs[0]) & is_point(inputs[1]), shape)
    value = ufunc(*map(value_of, inputs))
    return [np.where(certain, value, False), np.where(certain, value, True)], False


def truth_pair(ufunc, inputs):
    return increasing(ufunc, [truth(x) for x in inputs])


def truth_not(ufunc, inputs):
    return decreasing(ufunc, [truth(x) for x in inputs])


def truth_parity(ufunc, inputs):
    return parity(ufunc, [truth(x) for x in inputs])


def finite(ufunc, inputs):
    (a,) = inputs
    ends = [np.isfinite(a.low), np.isfinite(a.high)]
    return [ends[0] & ends[1], ends[0] | ends[1]], False


def infinite(ufunc, inputs):
    (a,) = inputs
    return [np.isinf(a.low) & is_point(a), np.isinf(a.low) | np.isinf(a.high)], False


def never(ufunc, inputs):
    shape = np.shape(value_of(inputs[0]))
    return [np.zeros(shape, bool)] * 2, False


def negative_sign(ufunc, inputs):
    (a,) = inputs
    return [a.high < 0, ~(a.low > 0)], False


def with_sign(ufunc, inputs):
    a, b = inputs
    sizes = magnitude(np.absolute, [a])[0]
    ends = [ufunc(size, sign) for size in sizes for sign in (low_of(b), high_of(b))]
    unsure = (not is_exact(b)) & holds_zero(b)
    return ends + [np.where(unsure, -end, end) for end in ends], False


def points(ufunc, inputs):
    """No rule: known only where each inexact operand is a single value that is not a zero of unknown sign."""
    known = np.True_
    for x in inputs:
        if not is_exact(x):
            known = known & (~x.soft | (is_point(x) & ~holds_zero(x)))
    return None, ~known


def bits(ufunc, inputs):
    """Bit operations: bools are truth values, integers are bit patterns."""
    if all(np.asarray(value_of(x)).dtype == bool for x in inputs):
        return {"bitwise_and": increasing, "bitwise_or": increasing, "bitwise_xor": parity,
                "invert": decreasing}[ufunc.__name__](ufunc, inputs)
    return points(ufunc, inputs)


RULES = {
    "add": increasing, "positive": increasing, "floor": increasing, "ceil": increasing, "trunc": increasing,
    "rint": increasing, "sign": increasing, "conjugate": increasing, "maximum": increasing, "minimum": increasing,
    "fmax": increasing, "fmin": increasing, "logical_and": truth_pair, "logical_or": truth_pair,
    "logical_not": truth_not, "logical_xor": truth_parity, "subtract": difference, "multiply": product,
    "divide": quotient, "reciprocal": inverse, "negative": decreasing, "absolute": magnitude, "fabs": magnitude,
    "square": magnitude, "sqrt": root, "less": less, "less_equal": less, "greater": greater, "greater_equal": greater,
    "equal": equal, "not_equal": not_equal, "isfinite": finite, "isinf": infinite, "isnan": never,
    "signbit": negative_sign, "copysign": with_sign, "bitwise_and": bits, "bitwise_or": bits, "bitwise_xor": bits,
    "invert": bits,
}


# ---- functions with an error bound: (bound in ulps, rule) ---------------------------------------------------------------
def lipschitz(ufunc, inputs):
    """sin and cos of an interval: no further from the middle than the interval is long."""
    (a,) = inputs
    middle, reach = ufunc(a.value), np.maximum(a.high - a.value, a.value - a.low)
    return [np.maximum(middle - reach, LONG(-1)), np.minimum(middle + reach, LONG(1))], False


def one_branch(ufunc, inputs):
    (a,) = inputs
    branch = [np.floor(end / LONG(np.pi) + LONG(0.5)) for end in (a.low, a.high)]
    return increasing(ufunc, inputs)[0], branch[0] != branch[1]


def within(low, high, rule):
    def unit(ufunc, inputs):
        (a,) = inputs
        outside = (low_of(a) < low) | (high_of(a) > high)
        return rule(ufunc, inputs)[0], outside & ~((high_of(a) < low) | (low_of(a) > high))

    return unit


def angle(ufunc, inputs):
    y, x = inputs
    safe = (low_of(x) > 0) | (low_of(y) > 0) | (high_of(y) < 0)
    return corners(ufunc, inputs)[0], ~safe


def lengths(ufunc, inputs):
    parts = [magnitude(np.absolute, [x])[0] for x in inputs]
    return [ufunc(a, b) for a in parts[0] for b in parts[1]], False


def positive_base(ufunc, inputs):
    return corners(ufunc, inputs)[0], ~(low_of(inputs[0]) > 0)


def power(base, exponent):
    """np.power. glibc's powl (2.36, x87) has inf for (-inf)**-2.0**63, so infinite bases go by float64: all exact."""
    exact = np.power(np.float64(base), np.float64(exponent))
    return np.where(np.isinf(base), exact, np.power(base, exponent))


BOUNDED = {
    "exp": (1, increasing), "log": (1, within(0, np.inf, increasing)), "sin": (1, lipschitz), "cos": (1, lipschitz),
    "tan": (1, one_branch), "arcsin": (1, within(-1, 1, increasing)), "arccos": (1, within(-1, 1, decreasing)),
    "arctan": (1, increasing), "tanh": (1, increasing), "arctan2": (1, angle), "hypot": (1, lengths),
    "power": (2, positive_base), "float_power": (2, positive_base), "degrees": (2, increasing),
    "rad2deg": (2, increasing), "radians": (2, increasing), "deg2rad": (2, increasing),
}


def elementwise(ufunc, inputs):
    """A NumPy ufunc over Envelopes and plain scalars."""
    name = ufunc.__name__
    if name == "power":
        return powers(*inputs)
    value = departures.VALUES.get(name, ufunc)(*map(value_of, inputs))
    if name in BOUNDED and value.dtype.kind == "f":
        return bounded(ufunc, inputs, value)
    if name in ("copysign", "signbit"):
        inputs = [*inputs[:-1], nan_of_any_sign(inputs[-1])]
    if all(map(is_exact, inputs)):
        return tuple(map(Envelope, value)) if isinstance(value, tuple) else Envelope(value)
    rule = RULES.get(name, points)
    if isinstance(value, tuple):
        return tuple(enclose(one, *points(ufunc, inputs), inputs) for one in value)
    ends, unknown = rule(ufunc, inputs)
    return enclose(value, ends, unknown, inputs)


def nan_of_any_sign(x):
    """The sign of a NaN is outside the promise: such elements become wild."""
    array = np.asarray(value_of(x))
    nans = np.isnan(array) if array.dtype.kind == "f" else np.zeros(array.shape, bool)
    if not nans.any():
        return x
    x = x if isinstance(x, Envelope) else Envelope(array)
    return Envelope(x.value, (x.low, x.high, x.soft | nans, x.wild | nans))


def enclose(value, ends, unknown, inputs):
    """An Envelope of the smallest interval over `ends` (None: only `value`), wild where unknown."""
    value = np.asarray(value)
    shape = value.shape
    soft = any_part(inputs, "soft", shape)
    wild = any_part(inputs, "wild", shape) | (soft & unknown)
    ends = [value] if ends is None else [np.broadcast_to(np.asarray(end).astype(value.dtype), shape) for end in ends]
    if value.dtype.kind in "iu":
        wild = wild | (soft & wraps(inputs, shape))
    if value.dtype.kind == "f":
        certain = np.isnan(value) & np.logical_and.reduce([np.isnan(end) for end in ends])
        wild = wild | (soft & ~certain & np.logical_or.reduce([np.isnan(end) for end in ends]))
        soft = soft & ~certain
    low, high = np.minimum.reduce(ends), np.maximum.reduce(ends)
    soft = soft | wild
    return Envelope(value, (np.where(soft, low, value), np.where(soft, high, value), soft, wild))


def wraps(inputs, shape):
    """Integer results of operands that are no single value: they may wrap, so no end is the low one."""
    result = np.zeros(shape, bool)
    for x in inputs:
        result |= ~np.broadcast_to(is_point(x), shape)
    return result


def bounded(ufunc, inputs, value):
    """A function within its bound of the true value, which long double gives."""
    ulps, rule = BOUNDED[ufunc.__name__]
    if ufunc in (np.power, np.float_power):
        ufunc = power
    value = np.asarray(value)
    dtype, shape = value.dtype, value.shape
    wide = [widen(x, dtype) for x in inputs]
    reference = np.asarray(ufunc(*map(value_of, wide)))
    rounded = reference.astype(dtype)
    soft = any_part(inputs, "soft", shape)
    wild = any_part(inputs, "wild", shape)
    ends = [reference]
    if soft.any():
        more, unknown = rule(ufunc, wide)
        ends += [np.broadcast_to(end, shape) for end in more]
        wild = wild | (soft & unknown) | (soft & np.logical_or.reduce([np.isnan(end) for end in ends]))
    low = below(np.minimum.reduce(ends), dtype, ulps)
    high = above(np.maximum.reduce(ends), dtype, ulps)
    # NaN, and infinities and zeros that are no overflow or underflow, are specified to the bit.
    given = ~soft & (np.isnan(reference) | np.isinf(reference) | (reference == 0))
    low, high = np.where(given, rounded, low), np.where(given, rounded, high)
    return Envelope(rounded, (low, high, ~given, wild))


def widen(x, dtype):
    """An operand in long double, rounded first to the dtype that the loop computes in."""
    if isinstance(x, Envelope):
        return x.view(lambda part: part if part.dtype == bool and x.dtype != bool else part.astype(dtype).astype(LONG))
    return np.asarray(x, dtype).astype(LONG)


def above(x, dtype, ulps):
    """The largest dtype value that is within ulps of x."""
    rounded = np.asarray(x).astype(dtype)
    limit = np.finfo(dtype).max
    finite_part = np.clip(rounded, -limit, limit)
    step = np.spacing(np.abs(finite_part)).astype(LONG)
    moved = np.where(np.isinf(x), x, finite_part.astype(LONG) + ulps * step)
    # Past the largest number by less than the bound, both that number and infinity are within it.
    return np.where(np.isinf(rounded) & (rounded > 0), rounded, np.where(moved > limit, np.inf, moved)).astype(dtype)


def below(x, dtype, ulps):
    limit = np.finfo(dtype).max
    near = np.isinf(np.asarray(x).astype(dtype)) & np.isfinite(x) & (np.abs(x) < LONG(limit) * (1 + LONG(2) ** -20))
    result = -above(-np.asarray(x), dtype, ulps)
    # An overflow that is within the bound of the largest number.
    overflow = np.isinf(result) & (result > 0) & np.isfinite(x)
    return np.where(overflow | (near & (x > 0)), limit, result).astype(dtype)


# ---- power: the `**` of docs/language.md ------------------------------------------------------------------------------------------
def powers(base, exponent, operator=False):
    """base ** exponent. Integers are exact; a weak exponent 2, 0.5 or -1 is square, sqrt or reciprocal."""
    native = np.asarray(value_of(base) ** value_of(exponent) if operator
                        else np.power(value_of(base), value_of(exponent)))
    inputs = [base, exponent]
    if native.dtype.kind not in "f":
        return enclose(native, *points(np.power, inputs), inputs)
    weak = type(exponent) in (int, float, bool)
    if weak and operator and exponent == 2:
        return elementwise(np.square, [convert(base, native.dtype)])
    if weak and operator and exponent == 0.5:
        return elementwise(np.sqrt, [convert(base, native.dtype)])
    if weak and operator and exponent == -1:
        return elementwise(np.reciprocal, [convert(base, native.dtype)])
    return bounded(np.power, inputs, native)


# ---- casts --------------------------------------------------------------------------------------------------------------
def convert(x, dtype):
    """astype, with fuseval's saturating float to integer."""
    value = departures.cast(value_of(x), dtype)
    if is_exact(x):
        return Envelope(value)
    if dtype == bool:
        return elementwise(np.not_equal, [x, 0])
    ends = [departures.cast(end, dtype) for end in (x.low, x.high)]
    # A narrower integer wraps: the ends bound nothing unless both fit.
    fits = np.True_
    if x.dtype.kind in "iu" and dtype.kind in "iu":
        fits = (ends[0] == x.low) & (ends[1] == x.high)
    soft, wild = x.soft, x.wild | (x.soft & ~fits & (x.low != x.high))
    return Envelope(value, (np.where(soft, ends[0], value), np.where(soft, ends[1], value), soft, wild))


def truth(x):
    if not isinstance(x, Envelope):
        return np.asarray(x).astype(bool)
    return x if x.dtype == bool else elementwise(np.not_equal, [x, 0])


# ---- functions that are no ufunc ----------------------------------------------------------------------------------------
@implements(np.where)
def where(condition, a, b):
    value = np.where(value_of(condition), value_of(a), value_of(b))
    inputs = [condition, a, b]
    if all(map(is_exact, inputs)):
        return Envelope(value)
    condition = truth(condition)
    yes, no = [np.broadcast_to(np.asarray(part(condition)), value.shape) for part in (low_of, high_of)]
    no = ~no
    parts = []
    for x in (a, b):
        x = convert(x, value.dtype) if isinstance(x, Envelope) else Envelope(np.asarray(x).astype(value.dtype))
        parts.append([np.broadcast_to(part, value.shape) for part in (x.low, x.high, x.soft, x.wild)])
    (la, ha, sa, wa), (lb, hb, sb, wb) = parts
    unsure = ~yes & ~no
    if value.dtype.kind == "f":
        both_nan = np.isnan(la) & np.isnan(lb)
        unsure = unsure & ~both_nan
    with np.errstate(all="ignore"):
        low = np.where(yes, la, np.where(no, lb, np.minimum(la, lb)))
        high = np.where(yes, ha, np.where(no, hb, np.maximum(ha, hb)))
    soft = np.where(yes, sa, np.where(no, sb, True))
    wild = np.where(yes, wa, np.where(no, wb, wa | wb | np.isnan(low.astype(float))))
    wild = wild | (any_part([condition], "wild", value.shape) if isinstance(condition, Envelope) else False)
    if value.dtype.kind == "f":
        soft = np.where(~yes & ~no & ~unsure, False, soft)
    return Envelope(value, (np.where(soft, low, value), np.where(soft, high, value), soft | wild, wild))


@implements(np.clip)
def clip(a, a_min=None, a_max=None, **options):
    a_min, a_max = options.get("min", a_min), options.get("max", a_max)
    value = np.clip(value_of(a), value_of(a_min), value_of(a_max))
    result = as_dtype(a, value.dtype)
    both = a_min is not None and a_max is not None
    for ufunc, keeps, bound in ((np.maximum, np.greater_equal, a_min), (np.minimum, np.less_equal, a_max)):
        if bound is None:
            continue
        bound = as_dtype(bound, value.dtype)
        best = elementwise(ufunc, [result, bound])
        # Of two bounds each leaves an element that equals it; one alone is maximum or minimum.
        result = np.where(keeps(result, bound), result, best) if both and value.dtype.kind == "f" else best
    return result


def as_dtype(x, dtype):
    if isinstance(x, Envelope):
        return convert(x, dtype)
    if isinstance(x, float):
        return Envelope(departures.cast(x, dtype))
    if isinstance(x, int) and dtype.kind in "iu":  # clip's bounds may lie outside the dtype
        x = min(max(x, np.iinfo(dtype).min), np.iinfo(dtype).max)
    return Envelope(np.asarray(x, dtype))


@implements(np.round, np.around)
def rounded(a, decimals=0):
    value = departures.rounded(a.value, decimals)
    if is_exact(a):
        return Envelope(value)
    return enclose(value, [departures.rounded(end, decimals) for end in (a.low, a.high)], False, [a])


@implements(np.fix)
def fix(a):
    return elementwise(np.trunc, [a])


@implements(np.nan_to_num)
def nan_to_num(a, **options):
    value = np.nan_to_num(a.value, **options)
    if is_exact(a):
        return Envelope(value)
    return enclose(value, [np.nan_to_num(a.low, **options), np.nan_to_num(a.high, **options)],
                   ~(np.isfinite(a.low) & np.isfinite(a.high)), [a])


@implements(np.isposinf)
def isposinf(a):
    return one_infinity(np.isposinf, a, np.inf)


@implements(np.isneginf)
def isneginf(a):
    return one_infinity(np.isneginf, a, -np.inf)


def one_infinity(function, a, infinity):
    value = function(a.value)
    if is_exact(a):
        return Envelope(value)
    return enclose(value, [(a.low == infinity) & (a.high == infinity), (a.low == infinity) | (a.high == infinity)],
                   False, [a])


@implements(np.select)
def select(condlist, choicelist, default=0):
    value = np.select([value_of(c) for c in condlist], [value_of(c) for c in choicelist], value_of(default))
    result = as_dtype(default, value.dtype)
    for condition, choice in reversed(list(zip(condlist, choicelist))):
        result = where(condition, as_dtype(choice, value.dtype), result)
    return broadcast(result, value.shape)


def broadcast(x, shape):
    return x.view(lambda part: np.broadcast_to(part, shape))


@implements(np.angle)
def angle_of(a):
    return elementwise(np.arctan2, [Envelope(np.zeros((), np.angle(a.value).dtype)), a])


@implements(np.real)
def real(a):
    return a


@implements(np.imag)
def imag(a):
    return a.imag
