"""One program through fuseval and through NumPy, compared: value, dtype, shape, and whether there is an error at all; and
once more into an output of the caller's, which may be one of the inputs."""

import zlib
from dataclasses import dataclass

import numpy as np

import fuseval_ctypes as fuseval
from envelope import Envelope
from prelude import execute
from values import LAYOUTS, arrange


class Mismatch(Exception):
    """fuseval and NumPy disagree; the message says where, and `kind` in what."""

    def __init__(self, kind, message):
        super().__init__(message)
        self.kind = kind


class Later(Exception):
    """Something on the way is float16 in NumPy, which this version does not compute."""


def run_fuseval(program, session):
    """("value", arrays) or ("error", error)."""
    try:
        result = session.evaluate(program.text, program.values)
    except fuseval.FusevalError as error:
        if error.code == "INTERNAL":
            raise Mismatch("internal error", f"internal error: {error.message}") from error
        if error.code == "UNSUPPORTED" and "float16" in error.message:
            raise Later(error.message) from error
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


def first_difference(envelope, got):
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
        raise Mismatch(kind, f"NumPy: {kind} {expected if kind == 'error' else ''}; fuseval: {got_kind} "
                             f"{got if got_kind == 'error' else [x.dtype.name for x in got]}")
    if kind == "error":
        return "error", 0, 0
    if len(got) != len(expected):
        raise Mismatch("count", f"{len(expected)} results expected, got {len(got)}")
    for k, (envelope, array) in enumerate(zip(expected, got)):
        compare(envelope, array, f"result {k}")
    check_output(program, session, expected)
    return "value", sum(e.size for e in expected), sum(int(e.wild.sum()) for e in expected)


def compare(envelope, array, where):
    if array.dtype != envelope.dtype:
        raise Mismatch("dtype", f"{where}: dtype {array.dtype}, NumPy has {envelope.dtype}")
    if array.shape != envelope.shape:
        raise Mismatch("shape", f"{where}: shape {array.shape}, NumPy has {envelope.shape}")
    if not agrees(envelope, array).all():
        raise Mismatch("elements", f"{where}: " + first_difference(envelope, array))


@dataclass
class Output:
    """Inputs, and an array that the result is to be written into."""

    values: dict
    out: np.ndarray
    what: str


def output_for(program, results):
    """Of every other program of one result, made anew: an array of some layout, or an input, or one reversed; or None."""
    draw = zlib.crc32(program.text.encode())
    if len(results) != 1 or draw % 2:
        return None
    result, values = results[0], dict(program.values)
    out = arrange(np.zeros(result.shape, result.dtype), [x for x in LAYOUTS if x != "broadcast"][draw // 2 % 6])
    what = "a fresh array"
    for name, item in program.used.items():
        same = isinstance(item.value, np.ndarray) and (item.value.dtype, item.value.shape) == (out.dtype, out.shape)
        if same and item.layout != "broadcast" and draw // 16 % 2:
            values[name] = out = arrange(np.array(item.value), item.layout)
            what = f"its input {name}"
            if out.ndim and draw // 32 % 2:
                out, what = out[::-1], what + " reversed"
            break
    return Output(values, out, what)


def check_output(program, session, expected):
    """Once more, into an array of the caller's."""
    case = output_for(program, expected)
    if case is None:
        return
    try:
        session.evaluate(program.text, case.values, out=[case.out])
    except fuseval.FusevalError as error:
        raise Mismatch("output", f"into {case.what}: {error}") from error
    compare(expected[0], np.array(case.out), f"into {case.what}")
