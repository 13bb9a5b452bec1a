"""Where fuseval departs from NumPy by design (docs/language.md, "Departures"): the value that it promises instead."""

import ctypes

import numpy as np

_libm = ctypes.CDLL("libm.so.6")
_libm.fma.restype, _libm.fma.argtypes = ctypes.c_double, [ctypes.c_double] * 3
_libm.fmaf.restype, _libm.fmaf.argtypes = ctypes.c_float, [ctypes.c_float] * 3


def cast(array, dtype):
    """astype; floats beyond an integer's range saturate, and NaN is 0."""
    array, dtype = np.asarray(array), np.dtype(dtype)
    if array.dtype.kind != "f" or dtype.kind not in "iu":
        return array.astype(dtype)
    info = np.iinfo(dtype)
    # The first float at or above 2**bits is out of range; both powers of two are exact in every float dtype.
    top, bottom = array.dtype.type(2.0 ** (dtype.itemsize * 8 - (dtype.kind == "i"))), array.dtype.type(info.min)
    whole = np.trunc(array)
    inside = (whole >= bottom) & (whole < top)
    result = np.where(inside, whole, 0).astype(dtype)
    return np.where(inside, result, np.where(whole >= top, info.max, np.where(whole < bottom, info.min, 0))).astype(dtype)


def _zero_signed(ufunc, both_negative):
    """maximum and its kin rank -0 below +0; NumPy's answer depends on the operands' order."""

    def value(a, b):
        result = np.asarray(ufunc(a, b))
        if result.dtype.kind != "f":
            return result
        zeros = np.equal(a, 0) & np.equal(b, 0)
        signs = np.signbit(np.asarray(a, result.dtype)), np.signbit(np.asarray(b, result.dtype))
        negative = signs[0] & signs[1] if both_negative else signs[0] | signs[1]
        zero = np.where(negative, result.dtype.type(-0.0), result.dtype.type(0.0))
        return np.where(zeros, zero, result)

    return value


def _reciprocal(a):
    """1 / 0 among integers is 0, as every other division; NumPy casts an infinity."""
    result = np.asarray(np.reciprocal(a))
    return np.where(np.equal(a, 0), 0, result).astype(result.dtype) if result.dtype.kind in "iu" else result


def rounded(a, decimals):
    """round(); whole tens of an integer that leave its range saturate, like every cast."""
    a = np.asarray(a)
    if a.dtype.kind not in "iu" or decimals >= 0:
        return np.round(a, decimals)
    scale = 10.0 ** -decimals
    return cast(np.rint(a / scale) * scale, np.round(a, decimals).dtype)


def refusing_fills(full_like):
    """A fill value that is a Python float is an error unless int() of it is one of an integer dtype's values."""

    def filled(a, fill_value, *arguments, **options):
        dtype = options.get("dtype") or np.asarray(getattr(a, "value", a)).dtype
        dtype = np.dtype(getattr(dtype, "wrapped", dtype))
        if type(fill_value) is float and dtype.kind in "iu":
            info = np.iinfo(dtype)
            if not np.isfinite(fill_value) or not info.min <= int(fill_value) <= info.max:
                raise OverflowError(f"{fill_value} is no {dtype}")
        return full_like(a, fill_value, *arguments, **options)

    return filled


VALUES = {
    "reciprocal": _reciprocal,
    "maximum": _zero_signed(np.maximum, True),
    "fmax": _zero_signed(np.fmax, True),
    "minimum": _zero_signed(np.minimum, False),
    "fmin": _zero_signed(np.fmin, False),
}


def fma(a, b, c):
    """NumPy has none: C's, element by element, in the dtype that any float function has for these operands: beside a
    Python scalar that of their common dtype (hypot(int16, 1.0) is float64), else the common one of each operand's."""
    strong = [x for x in (a, b, c) if not isinstance(x, (bool, int, float))]
    common = [np.result_type(a, b, c)] if len(strong) < 3 else [x.dtype for x in strong]
    dtype = np.result_type(*(np.sqrt(np.zeros(0, each)).dtype for each in common))
    if dtype == np.float16:
        return np.zeros(np.broadcast_shapes(*map(np.shape, (a, b, c))), dtype)
    function = _libm.fmaf if dtype == np.float32 else _libm.fma
    arrays = np.broadcast_arrays(*(np.asarray(x, dtype) for x in (a, b, c)))
    result = np.empty(arrays[0].shape, dtype)
    result.flat = [function(float(x), float(y), float(z)) for x, y, z in zip(*(array.flat for array in arrays))]
    return result
