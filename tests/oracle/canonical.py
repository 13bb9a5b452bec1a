"""The canonical order of float sums and products (docs/language.md), written a second time, in NumPy.

The elements that are reduced into one output are numbered in C order of the reduced logical axes. If the last logical axis
is reduced (A), they fill rows of 512 / itemsize lanes, 64 rows a block: a lane adds its column from top to bottom, the
lanes combine by halves, the blocks by a binary tree. If it is kept (B), 16 consecutive elements are added one by one, and
these groups combine by the same tree. Absent elements are -0.0 (sum) or 1 (product).
"""

import numpy as np


def normalised_axes(axis, ndim):
    if axis is None:
        return tuple(range(ndim))
    axes = (axis,) if np.ndim(axis) == 0 else tuple(axis)
    return tuple(sorted(a % ndim for a in axes))


def rows_of(values, axes):
    """(outputs, elements): the elements of each output in C order, and the shape of the kept axes."""
    kept = tuple(a for a in range(values.ndim) if a not in axes)
    moved = np.transpose(values, kept + axes)
    shape = moved.shape[:len(kept)]
    count = int(np.prod([values.shape[a] for a in axes], dtype=np.int64))
    return moved.reshape((int(np.prod(shape, dtype=np.int64)), count)), shape


def tree(combine, items):
    """items[..., k] combined with its neighbour, level by level; an odd last one passes up."""
    while items.shape[-1] > 1:
        even = items.shape[-1] // 2 * 2
        paired = combine(items[..., 0:even:2], items[..., 1:even:2])
        items = np.concatenate([paired, items[..., even:]], axis=-1)
    return items[..., 0]


def padded(rows, multiple, identity):
    missing = -rows.shape[1] % multiple
    return np.pad(rows, ((0, 0), (0, missing)), constant_values=identity) if missing else rows


def serial(combine, items):
    """items[..., k] one after the other along the last axis."""
    result = items[..., 0]
    for k in range(1, items.shape[-1]):
        result = combine(result, items[..., k])
    return result


def reduce_rows(combine, rows, identity, last_axis_reduced):
    """(outputs, elements) -> (outputs,)."""
    if last_axis_reduced:
        lanes = 512 // rows.dtype.itemsize
        height = min(64, max(1, -(-rows.shape[1] // lanes)))  # rows of a block below the last element change nothing
        block = padded(rows, lanes * height, identity).reshape(len(rows), -1, height, lanes)
        partial = serial(combine, np.moveaxis(block, 2, -1))
        while partial.shape[-1] > 1:
            half = partial.shape[-1] // 2
            partial = combine(partial[..., :half], partial[..., half:])
        return tree(combine, partial[..., 0])
    groups = padded(rows, 16, identity).reshape(len(rows), -1, 16)
    return tree(combine, serial(combine, groups))


def reduction(kind, values, axis=None, keepdims=False, where=True, initial=None):
    """sum or prod of float values in canonical order. A sum with where= ends by adding +0.0, or initial."""
    combine, identity, empty = {"sum": (np.add, -0.0, 0.0), "prod": (np.multiply, 1.0, 1.0)}[kind]
    axes = normalised_axes(axis, values.ndim)
    if where is not True:
        values = np.where(where, values, values.dtype.type(identity))
    last = values.ndim > 0 and values.ndim - 1 in axes
    rows, shape = rows_of(values, axes)
    with np.errstate(all="ignore"):
        if rows.size == 0:
            result = np.full(len(rows), empty if initial is None else identity, values.dtype)
        else:
            result = reduce_rows(combine, rows, values.dtype.type(identity), last)
        if initial is not None:
            result = combine(values.dtype.type(initial), result)
        elif kind == "sum" and where is not True:
            result = result + values.dtype.type(0.0)
    if keepdims:
        shape = tuple(1 if a in axes else n for a, n in enumerate(values.shape))
    return result.reshape(shape)
