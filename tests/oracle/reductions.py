"""Reductions of Envelopes. Float sums and products follow the canonical order bit for bit; it is made of additions, so
it is monotone, and the ends of an interval go the same way. var and std are held to an error bound."""

import numpy as np

import canonical
from elementwise import convert, elementwise, is_exact, truth, value_of
from envelope import Envelope, implements, method, unwrap_dtype

LONG = np.longdouble


def native(function, a, options):
    """NumPy's own answer: the shape, the dtype, and the errors."""
    plain = {key: unwrap_dtype(value) if key == "dtype" and value is not None else value_of(value)
             for key, value in options.items()}
    return np.asarray(function(value_of(a), **plain))


def spread(function, a, options):
    return {key: options[key] for key in ("axis", "keepdims") if key in options}


def mask_of(a, options):
    """where= as a plain boolean array; an inexact mask makes everything wild, which the callers see from None."""
    where = options.get("where", True)
    if where is True:
        return True
    if not is_exact(where):
        return None
    return np.broadcast_to(value_of(where), a.shape).astype(bool)


def unknown(value):
    everywhere = np.ones(value.shape, bool)
    return Envelope(value, (value, value, everywhere, everywhere))


def group_any(part, options):
    axes = {key: options[key] for key in ("axis", "keepdims") if key in options}
    where = options.get("where", True)
    return np.any(part & value_of(where), **axes) if where is not True else np.any(part, **axes)


def assemble(value, low, high, a, options):
    """The ends of a reduction whose every part is monotone."""
    soft, wild = group_any(a.soft, options), group_any(a.wild, options)
    value, low, high = (np.asarray(part) for part in (value, low, high))
    if value.dtype.kind == "f":
        certain = np.isnan(value) & np.isnan(low) & np.isnan(high)
        wild = wild | (soft & ~certain & (np.isnan(low) | np.isnan(high)))
        soft = soft & ~certain
    soft = soft | wild
    return Envelope(value, (np.where(soft, low, value), np.where(soft, high, value), soft, wild))


def arranged(a, axis, options):
    """Positional axis and the options that were given, as keywords."""
    return {**({} if axis is None else {"axis": axis}), **options}


# ---- sum, prod, mean ----------------------------------------------------------------------------------------------------
def accumulated(kind, function, a, options):
    where = mask_of(a, options)
    value = native(function, a, options)
    if where is None:
        return unknown(value)
    if a.dtype.kind == "f" and value.dtype.kind in "iu":  # dtype=: a cast, with fuseval's saturation
        return accumulated(kind, function, convert(a, value.dtype), options)
    keywords = {key: options[key] for key in ("axis", "keepdims") if key in options}
    if value.dtype.kind != "f":
        if is_exact(a):
            return Envelope(value)
        low, high = (native(function, end, options) for end in (a.low, a.high))
        result = assemble(value, low, high, a, options)
        if a.dtype == bool and kind == "sum":
            return result
        moving = group_any(a.soft & (a.low != a.high), options)
        return Envelope(value, (result.low, result.high, result.soft, result.wild | moving))
    a = convert(a, value.dtype)
    initial = options.get("initial")
    ends = [canonical.reduction(kind, part, where=where, initial=initial, **keywords)
            for part in ([a.value] if is_exact(a) else [a.value, a.low, a.high])]
    if is_exact(a):
        return Envelope(ends[0])
    if kind == "prod" and initial is not None and initial < 0:
        ends[1:] = ends[:0:-1]
    result = assemble(*ends, a, options)
    if kind == "prod":
        moving = group_any(a.soft & ((a.low != a.high) | (a.value == 0)), options)
        nonnegative = ~group_any(~(a.low >= 0), options)
        return Envelope(result.value, (result.low, result.high, result.soft, result.wild | (moving & ~nonnegative)))
    return result


@implements(np.sum)
def total(a, axis=None, **options):
    return accumulated("sum", np.sum, a, arranged(a, axis, options))


@implements(np.prod)
def product(a, axis=None, **options):
    return accumulated("prod", np.prod, a, arranged(a, axis, options))


def counts(a, options):
    """Elements reduced into each output."""
    options = {key: value for key, value in options.items() if key in ("axis", "keepdims", "where")}
    return native(np.sum, np.ones(a.shape, np.int64), options)


@implements(np.mean)
def mean(a, axis=None, **options):
    options = arranged(a, axis, options)
    value = native(np.mean, a, options)
    if mask_of(a, options) is None:
        return unknown(value)
    result = total(convert(a, value.dtype), **options)
    return elementwise(np.divide, [result, Envelope(counts(a, options).astype(value.dtype))])


@implements(np.trace)
def trace(a):
    native(np.trace, a, {})
    return total(a.view(np.diagonal), axis=-1)


@implements(np.dot, np.vdot, np.inner)
def inner(a, b):
    """Of vectors: the sum of the products, in their own dtype."""
    value = np.asarray(np.dot(value_of(a), value_of(b)))
    products = elementwise(np.multiply, [a, b])
    if value.dtype == bool:
        from envelope import FUNCTIONS
        return FUNCTIONS[np.any](products)
    return total(products, dtype=value.dtype)


@implements(np.linalg.norm)
def norm(x, ord=None, axis=None, keepdims=False):
    """Of vectors, by the operations that NumPy's text has."""
    from envelope import FUNCTIONS
    native(np.linalg.norm, x, {"ord": ord, "axis": axis, "keepdims": keepdims})
    x = x if x.dtype.kind == "f" else convert(x, np.dtype(float))
    size, options = elementwise(np.absolute, [x]), arranged(x, axis, {"keepdims": keepdims})
    if ord is None or ord == 2:
        return elementwise(np.sqrt, [total(elementwise(np.square, [x]), **options)])
    if np.isinf(ord):
        return FUNCTIONS[np.max](size, initial=0, **options) if ord > 0 else FUNCTIONS[np.min](size, **options)
    if ord == 0:
        return total(convert(elementwise(np.not_equal, [x, 0]), x.dtype), **options)
    if ord == 1:
        return total(size, **options)
    return total(size**ord, **options) ** np.reciprocal(ord, dtype=x.dtype)


# ---- min, max, and where they are ---------------------------------------------------------------------------------------
def extreme(function, alias, sign):
    """-0 ranks below +0: NumPy's answer depends on the order, so a zero's sign is put right here."""

    def apply(a, options):
        options = {key: value for key, value in options.items() if value is not None or key == "axis"}
        result = native(function, a, options)
        if result.dtype.kind == "f" and isinstance(a, np.ndarray):
            signs = np.signbit(a) if sign < 0 else ~np.signbit(a)
            found = group_any((a == 0) & signs, options)
            initial = options.get("initial")
            if initial is not None and initial == 0:
                found = found | (np.signbit(float(initial)) == (sign < 0))
            zero = np.where(found, sign * 0.0, -sign * 0.0).astype(result.dtype)
            result = np.where(result == 0, zero, result)
        return result

    def reduce(a, axis=None, **options):
        options = arranged(a, axis, options)
        if mask_of(a, options) is None:
            return unknown(native(function, a, options))
        options = {key: value_of(value) for key, value in options.items()}
        if is_exact(a):
            return Envelope(apply(a.value, options))
        return assemble(*(apply(part, options) for part in (a.value, a.low, a.high)), a, options)

    return implements(function, alias)(reduce)


extreme(np.max, np.amax, 1)
extreme(np.min, np.amin, -1)


@implements(np.ptp)
def peak_to_peak(a, axis=None, **options):
    from envelope import FUNCTIONS
    native(np.ptp, a, arranged(a, axis, options))
    high, low = (FUNCTIONS[function](a, axis=axis, **options) for function in (np.max, np.min))
    return elementwise(np.subtract, [high, low])


def place(function, better):
    """argmax, argmin: NaN wins, then the extreme value with +0 above -0; the first of equals."""

    def reduce(a, axis=None, **options):
        options = arranged(a, axis, options)
        result = native(function, a, options)
        if is_exact(a) and a.dtype.kind != "f":
            return Envelope(result)
        options["keepdims"] = True
        ranked = [rank(part, better) for part in (a.value, a.low, a.high)]
        result = native(np.argmax, ranked[0], arranged(a, axis, {key: value for key, value in options.items()
                                                                  if key == "keepdims"})).reshape(result.shape)
        if is_exact(a):
            return Envelope(result)
        unsure = group_any(a.soft, {"axis": axis} if axis is not None else {}) if a.ndim else a.soft
        unsure = np.broadcast_to(np.reshape(unsure, result.shape), result.shape)
        return Envelope(result, (result, result, unsure, unsure))

    return implements(function)(reduce)


def rank(values, better):
    """A strictly ordered stand-in: larger is better, NaN best, and a zero's sign counts."""
    if values.dtype.kind != "f":
        return values if better > 0 else ~values if values.dtype != bool else ~values
    bits = values.astype(np.float64).view(np.int64)
    ordered = np.where(bits < 0, np.int64(-2**63) - bits, bits * 1)
    ordered = np.where(bits < 0, ordered - 1, ordered)
    return np.where(np.isnan(values), np.int64(2**63 - 1), ordered if better > 0 else ~ordered)


place(np.argmax, 1)
place(np.argmin, -1)


# ---- any, all, count ----------------------------------------------------------------------------------------------------
def monotone(function):
    def reduce(a, axis=None, **options):
        options = arranged(a, axis, options)
        value = native(function, a, options)
        if mask_of(a, options) is None:
            return unknown(value)
        if is_exact(a):
            return Envelope(value)
        a = truth(a)
        return assemble(value, *(native(function, end, options) for end in (a.low, a.high)), a, options)

    return implements(function)(reduce)


monotone(np.any)
monotone(np.all)
monotone(np.count_nonzero)


# ---- var, std: an error bound -------------------------------------------------------------------------------------------
def variance_bounds(a, dtype, options):
    """Ends of var, from the error of leaves of 16 rows merged by Chan's formula: see the terms below."""
    where = mask_of(a, options)
    ddof = options.get("ddof", 0)
    axes = canonical.normalised_axes(options.get("axis"), a.ndim)
    keep = {"axis": axes, "keepdims": True}
    x = a.value.astype(dtype).astype(LONG)
    x = np.where(where, x, 0) if where is not True else x
    present = np.broadcast_to(np.asarray(where), a.shape)
    n = np.sum(present, **keep)
    middle = np.sum(x, **keep) / n
    squares = np.sum(np.where(present, (x - middle) ** 2, 0), **keep)
    largest = np.max(np.abs(x), initial=0, **keep)
    # u: unit roundoff. Every deviation and square is rounded a few times, once more a merge; a mean that is wrong by
    # e = steps * u * largest moves a squared deviation d*d by 2*d*e + e*e.
    u, steps = LONG(np.finfo(dtype).eps) / 2, 24 + 2 * np.log2(np.maximum(n, 1) + LONG(1))
    e = steps * u * largest
    error = steps * u * squares + 4 * e * np.sqrt(n * squares) + 4 * n * e * e + n * LONG(np.finfo(dtype).tiny)
    # An inexact input that is off by at most r moves the root of the sum of squares by at most sqrt(n) * r.
    reach = np.sqrt(LONG(1) * n) * np.max(np.where(present & a.soft, _reach(a, dtype), 0), initial=0, **keep)
    roots = np.sqrt(squares)
    low = np.maximum(roots - reach, 0) ** 2 - error
    high = (roots + reach) ** 2 + error
    divisor = np.maximum(n - ddof, 0).astype(LONG)
    overflow = 4 * n * (largest + reach) ** 2 >= LONG(np.finfo(dtype).max) / 4
    wild = overflow | ((divisor <= 0) & (n > 0)) & ~(squares > 2 * error)
    return [part / divisor for part in (squares, np.maximum(low, 0), high)], wild


def _reach(a, dtype):
    return np.maximum(a.high.astype(LONG) - a.value.astype(LONG), a.value.astype(LONG) - a.low.astype(LONG))


def deviation(function, root):
    def reduce(a, axis=None, **options):
        options = arranged(a, axis, options)
        value = native(function, a, options)
        if mask_of(a, options) is None:
            return unknown(value)
        options["where"] = mask_of(a, options)
        parts, wild = variance_bounds(a, value.dtype, options)
        if root:
            parts = [np.sqrt(part) for part in parts]
        slack = 4 * LONG(np.finfo(value.dtype).eps)
        tiny = LONG(np.finfo(value.dtype).smallest_subnormal)
        middle, low, high = (np.reshape(part, value.shape) for part in parts)
        low, high = (low * (1 - slack) - tiny).astype(value.dtype), (high * (1 + slack) + tiny).astype(value.dtype)
        middle = middle.astype(value.dtype)
        wild = np.reshape(wild, value.shape) | group_any(a.wild, options)
        certain = np.isnan(middle) & ~group_any(a.soft, options)
        soft = ~certain
        wild = (wild | np.isnan(low) | np.isnan(high)) & ~certain
        return Envelope(middle, (np.where(soft, low, middle), np.where(soft, high, middle), soft, wild))

    return implements(function)(reduce)


deviation(np.var, False)
deviation(np.std, True)

for _name in ("sum", "prod", "min", "max", "mean", "var", "std", "any", "all", "argmin", "argmax", "clip", "round"):
    method(_name, getattr(np, _name))
