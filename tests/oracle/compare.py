"""One program through fuseval and through NumPy, compared: value, dtype, shape, and whether there is an error at all."""

import numpy as np

import fuseval_ctypes as fuseval
from envelope import Envelope
from prelude import execute


class Mismatch(Exception):
    """fuseval and NumPy disagree; the message says where."""


def run_fuseval(program, session):
    """("value", arrays) or ("error", error)."""
    try:
        result = session.evaluate(program.text, program.values)
    except fuseval.FusevalError as error:
        if error.code == "INTERNAL":
            raise Mismatch(f"internal error: {error.message}") from error
        return "error", error
    return "value", result if isinstance(result, tuple) else (result,)


def run_numpy(program):
    """("value", Envelopes) or ("error", error). The plain run decides dtype, shape and errors."""
    try:
        plain = execute(program.text, program.values)
    except Exception as error:
        return "error", error
    result = execute(program.text, program.values, envelopes=True)
    plain, result = (x if isinstance(x, tuple) else (x,) for x in (plain, result))
    envelopes = []
    for expected, part in zip(plain, result, strict=True):
        expected = np.asarray(expected)
        part = part if isinstance(part, Envelope) else Envelope(expected)
        if part.dtype != expected.dtype or part.shape != expected.shape:
            raise AssertionError(f"the oracle's own {part.dtype}{part.shape} is not NumPy's "
                                 f"{expected.dtype}{expected.shape}: {program.text}")
        envelopes.append(part)
    return "value", envelopes


def canonical_bits(array):
    """Bits, every NaN the same one."""
    if array.dtype.kind != "f":
        return array
    unsigned = {4: np.uint32, 8: np.uint64}[array.dtype.itemsize]
    return np.where(np.isnan(array), array.dtype.type(np.nan), array).view(unsigned)


def agrees(envelope, got):
    """Elementwise: may `got` be the answer?"""
    same = canonical_bits(np.ascontiguousarray(envelope.value)) == canonical_bits(np.ascontiguousarray(got))
    same = same.reshape(envelope.shape)
    if envelope.bounds is None:
        return same
    low, high, soft, wild = envelope.bounds
    with np.errstate(invalid="ignore"):
        return np.where(soft, wild | ((low <= got) & (got <= high)), same)


def first_difference(envelope, got, text):
    good = agrees(envelope, got)
    index = tuple(int(k) for k in np.argwhere(~good)[0])
    soft = bool(envelope.soft[index])
    allowed = (f"[{envelope.low[index]!r}, {envelope.high[index]!r}]" if soft else repr(envelope.value[index]))
    return (f"{int((~good).sum())} of {good.size} elements differ; at {index} fuseval has {got[index]!r}, "
            f"allowed is {allowed}")


def check(program, session):
    """Raises Mismatch, or returns ("error" or "value", elements compared, elements left out)."""
    kind, expected = run_numpy(program)
    got_kind, got = run_fuseval(program, session)
    if kind != got_kind:
        raise Mismatch(f"NumPy: {kind} {expected if kind == 'error' else ''}; fuseval: {got_kind} "
                       f"{got if got_kind == 'error' else [x.dtype.name for x in got]}")
    if kind == "error":
        return "error", 0, 0
    if len(got) != len(expected):
        raise Mismatch(f"{len(expected)} results expected, got {len(got)}")
    compared = left_out = 0
    for k, (envelope, array) in enumerate(zip(expected, got)):
        if array.dtype != envelope.dtype:
            raise Mismatch(f"result {k}: dtype {array.dtype}, NumPy has {envelope.dtype}")
        if array.shape != envelope.shape:
            raise Mismatch(f"result {k}: shape {array.shape}, NumPy has {envelope.shape}")
        if not agrees(envelope, array).all():
            raise Mismatch(f"result {k}: " + first_difference(envelope, array, program.text))
        compared += array.size
        left_out += int(envelope.wild.sum())
    return "value", compared, left_out
