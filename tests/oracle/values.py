"""Arrays for random programs: values with special ones mixed in, and memory layouts."""

import numpy as np

DTYPES = ["bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float32", "float64"]
LAYOUTS = ["contiguous", "transposed", "stepped", "negative", "broadcast", "unaligned", "window"]
SHAPES = [(), (1,), (3,), (7,), (8,), (17,), (64,), (0,), (2, 3), (5, 4), (1, 6), (6, 1), (3, 0), (0, 4), (8, 9),
          (2, 3, 4), (3, 1, 5), (2, 2, 2, 3), (16, 17), (33, 5), (1, 1)]
LARGE_SHAPES = [(9001,), (70, 133), (3, 5000), (4100, 3), (130, 8, 9)]


def special_floats(dtype):
    info = np.finfo(dtype)
    return np.array([0.0, -0.0, np.inf, -np.inf, np.nan, info.max, -info.max, info.tiny, -info.tiny,
                     info.smallest_subnormal, -info.smallest_subnormal, 1, -1, 0.5, -0.5, 2, 1 + info.eps, np.pi,
                     2**31, 2**53, -(2.0**63), 1.5, 2.5, -2.5], dtype)


def special_integers(dtype):
    info = np.iinfo(dtype)
    numbers = [0, 1, 2, 3, -1, -2, info.max, info.min, info.max - 1, info.min + 1, info.bits - 1, info.bits]
    return np.array([x for x in numbers if info.min <= x <= info.max], dtype)


def random_values(rng, dtype, shape):
    """Elements of one flavour, a tenth of them (sometimes half, sometimes none) special."""
    dtype = np.dtype(dtype)
    if dtype == bool:
        return rng.random(shape) < rng.choice([0.5, 0.1, 0.9])
    if dtype.kind == "f":
        flavour = rng.choice(["near", "unit", "wide", "whole"], p=[0.4, 0.3, 0.1, 0.2])
        values = {"near": lambda: rng.normal(size=shape) * 10, "unit": lambda: rng.uniform(-1, 1, shape),
                  "wide": lambda: rng.choice([-1, 1], shape) * 10.0 ** rng.uniform(
                      np.log10(np.finfo(dtype).tiny), np.log10(np.finfo(dtype).max) - 0.1, shape),
                  "whole": lambda: np.rint(rng.normal(size=shape) * 5)}[flavour]()
        specials = special_floats(dtype)
    else:
        info = np.iinfo(dtype)
        if rng.random() < 0.6:
            values = rng.integers(max(info.min, -6), 7, shape)
        else:
            values = rng.integers(info.min, info.max, shape, dtype, endpoint=True)
        specials = special_integers(dtype)
    values = np.asarray(values).astype(dtype)
    mixed = rng.random(shape) < rng.choice([0.0, 0.1, 0.5], p=[0.5, 0.35, 0.15])
    return np.where(mixed, rng.choice(specials, shape), values).astype(dtype)


def arrange(values, layout):
    """The same values in another memory layout ("broadcast": one axis repeats its first element)."""
    values = np.asarray(values)
    if layout == "unaligned":
        memory = np.zeros(values.nbytes + 1, np.uint8)
        result = np.ndarray(values.shape, values.dtype, memory, 1)
        result[...] = values
        return result
    if values.ndim == 0 or layout == "contiguous":
        return np.array(values, order="C")
    if layout == "transposed":
        return np.array(values, order="F") if values.ndim > 1 else np.repeat(values, 3)[::3]
    if layout == "stepped":
        memory = np.zeros(values.shape[:-1] + (2 * values.shape[-1],), values.dtype)
        memory[..., ::2] = values
        return memory[..., ::2]
    if layout == "negative":
        flips = (slice(None, None, -1),) * values.ndim
        return np.array(values[flips], order="C")[flips]
    if layout == "window":
        memory = np.zeros(tuple(n + 2 for n in values.shape), values.dtype)
        inner = (slice(1, -1),) * values.ndim
        memory[inner] = values
        return memory[inner]
    axis = int(np.argmax(values.shape))
    return np.broadcast_to(np.take(values, [0], axis) if values.shape[axis] else values, values.shape)
