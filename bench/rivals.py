"""What is measured: STREAM, and each case in fuseval, compiled C++, Numba, numexpr and NumPy, as functions of no arguments."""

import ctypes
import sys
from ctypes import c_double, c_int, c_size_t, c_void_p
from dataclasses import dataclass, field
from pathlib import Path

import numba
import numexpr
import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "oracle"))
import fuseval_ctypes as fuseval  # noqa: E402

BUILD = ROOT / "build" / "release" / "bench"


@dataclass
class Case:
    """One expression over one set of arrays; run[name](threads) gives a call to be timed."""

    title: str
    text: str
    elements: int
    bytes: int  # read and written, each array once
    ceiling: str  # the STREAM figures that bound it: "write" or "read"
    run: dict = field(default_factory=dict)
    expected: np.ndarray | None = None
    result: np.ndarray | None = None


def pointer(array):
    return array.ctypes.data_as(c_void_p)


class Stream:
    """The bandwidth of this machine in this run, over arrays of a given size, with verified results."""

    KINDS = {"copy": 2, "triad": 3, "copy_nt": 2, "triad_nt": 3, "sum": 1, "dot": 2}
    CEILINGS = {"write": ("copy", "triad", "copy_nt", "triad_nt"), "read": ("sum", "dot")}

    def __init__(self, nbytes):
        self.n = nbytes // 8
        self.a, self.b, self.c = (np.full(self.n, value) for value in (1.0, 2.0, 0.0))
        self.library = ctypes.CDLL(str(BUILD / "libbench_stream.so"))
        self.library.stream_sum.restype = self.library.stream_dot.restype = c_double

    def bytes(self, kind):
        return self.KINDS[kind] * self.n * 8

    def call(self, kind, threads):
        a, b, c = map(pointer, (self.a, self.b, self.c))
        n, s, t = c_size_t(self.n), c_double(3.0), c_int(threads)
        function = getattr(self.library, f"stream_{kind}")
        arguments = {"copy": (c, a, n, t), "copy_nt": (c, a, n, t), "triad": (c, a, b, s, n, t),
                     "triad_nt": (c, a, b, s, n, t), "sum": (a, n, t), "dot": (a, b, n, t)}[kind]
        return lambda: function(*arguments)

    def verify(self):
        for kind in self.KINDS:
            self.c[:] = 0
            got = self.call(kind, 2)()
            expected = {"copy": 1.0, "copy_nt": 1.0, "triad": 7.0, "triad_nt": 7.0}.get(kind)
            if expected is not None:
                assert (self.c == expected).all(), kind
            else:
                assert got == {"sum": self.n, "dot": 2 * self.n}[kind], kind


def fuseval_run(text, inputs, out):
    program = fuseval.Session(default=True).compile(text, inputs)

    def prepare(threads):
        return program.runner(list(inputs.values()), [out], threads)

    return prepare


def compiled(flavour, name, out, *inputs, extents=()):
    library = ctypes.CDLL(str(BUILD / f"libbench_{flavour}.so"))
    function = getattr(library, f"{name}_{out.dtype.name}")
    sizes = [c_size_t(n) for n in extents or (inputs[0].size,)]

    def prepare(threads):
        if name == "dot":
            function.restype = np.ctypeslib.as_ctypes_type(out.dtype)

            def call():
                out[()] = function(*map(pointer, inputs), *sizes, c_int(threads))

            return call
        arguments = (pointer(out), *map(pointer, inputs), *sizes, c_int(threads))
        return lambda: function(*arguments)

    return prepare


def with_numexpr(text, inputs, out):
    def prepare(threads):
        def call():
            numexpr.evaluate(text, inputs, out=out)

        return lambda: call()

    prepare.before = numexpr.set_num_threads
    return prepare


def with_numba(function, *arguments):
    def prepare(threads):
        return lambda: function(*arguments)

    prepare.before = numba.set_num_threads
    return prepare


def with_numpy(function, out):
    def call():
        out[...] = function()

    return lambda threads: call


@numba.njit(parallel=True)
def numba_linear(c, a, b):
    for i in numba.prange(a.size):
        c[i] = 2 * a[i] + 3 * b[i]


@numba.njit(parallel=True)
def numba_square(c, a, b):
    for i in numba.prange(a.size):
        c[i] = a[i] * a[i] + b[i] * b[i] + 2 * a[i] * b[i]


@numba.njit(parallel=True)
def numba_waves(c, a, b):
    for i in numba.prange(a.size):
        c[i] = np.sin(a[i]) ** 2 + np.cos(b[i]) ** 2


@numba.njit(parallel=True)
def numba_dot(c, a, b):
    total = 0.0
    for i in numba.prange(a.size):
        total += a[i] * b[i]
    c[0] = total


@numba.njit(parallel=True)
def numba_centred(c, a):
    for i in numba.prange(a.shape[0]):
        mean = np.mean(a[i])
        for j in range(a.shape[1]):
            c[i, j] = a[i, j] - mean


@numba.njit(parallel=True)
def numba_softmax(c, a):
    for i in numba.prange(a.shape[0]):
        largest, total = np.max(a[i]), 0.0
        for j in range(a.shape[1]):
            c[i, j] = np.exp(a[i, j] - largest)
            total += c[i, j]
        for j in range(a.shape[1]):
            c[i, j] /= total


ELEMENTWISE = {
    "linear": ("2*a + 3*b", lambda a, b: 2 * a + 3 * b, numba_linear),
    "square": ("a**2 + b**2 + 2*a*b", lambda a, b: a**2 + b**2 + 2 * a * b, numba_square),
    "waves": ("sin(a)**2 + cos(b)**2", lambda a, b: np.sin(a) ** 2 + np.cos(b) ** 2, numba_waves),
}


def elementwise(name, dtype, n, label, everyone):
    text, formula, jitted = ELEMENTWISE[name]
    rng = np.random.default_rng(1)
    a, b, c = (rng.random(n, np.float32).astype(dtype) for _ in range(3))
    case = Case(f"{text}, {a.dtype.name}, {label}", text, n, 3 * a.nbytes, "write", expected=formula(a, b), result=c)
    case.run["fuseval"] = fuseval_run(text, {"a": a, "b": b}, c)
    case.run["C++ strict"] = compiled("strict", name, c, a, b)
    case.run["C++ fast"] = compiled("fast", name, c, a, b)
    if everyone:
        case.run["Numba"] = with_numba(jitted, c, a, b)
        case.run["numexpr"] = with_numexpr(text, {"a": a, "b": b}, c)
        case.run["NumPy"] = with_numpy(lambda: formula(a, b), c)
    return case


def reduction(axis, n, m, label, everyone):
    """sum(a*b), whole or along an axis of a C-order matrix."""
    rng = np.random.default_rng(2)
    a, b = (rng.random((n, m) if axis is not None else n * m) for _ in range(2))
    text = "sum(a*b)" if axis is None else f"sum(a*b, axis={axis})"
    expected = np.sum(a * b, axis=axis)
    c = np.zeros_like(expected)
    case = Case(f"{text}, float64, {label}", text, n * m, 2 * a.nbytes + c.nbytes, "read", expected=expected, result=c)
    case.run["fuseval"] = fuseval_run(text, {"a": a, "b": b}, c)
    name = {None: "dot", 0: "columns", 1: "rows"}[axis]
    extents = () if axis is None else (n, m)
    case.run["C++ strict"] = compiled("strict", name, c, a, b, extents=extents)
    case.run["C++ fast"] = compiled("fast", name, c, a, b, extents=extents)
    if everyone:
        if axis is None:
            case.run["Numba"] = with_numba(numba_dot, c.reshape(1), a, b)
        case.run["numexpr"] = with_numexpr(text, {"a": a, "b": b}, c)
        case.run["NumPy"] = with_numpy(lambda: np.sum(a * b, axis=axis), c)
    return case


def numpy_softmax(a):
    e = np.exp(a - np.max(a, axis=1, keepdims=True))
    return e / np.sum(e, axis=1, keepdims=True)


# Each row with something reduced from it: one pass over memory, if the row is still in the cache.
ROWS = {
    "centred": ("a - mean(a, axis=1, keepdims=True)", lambda a: a - np.mean(a, axis=1, keepdims=True), numba_centred),
    "softmax": ("exp(a - max(a, axis=1, keepdims=True)) / sum(exp(a - max(a, axis=1, keepdims=True)), axis=1, "
                "keepdims=True)", numpy_softmax, numba_softmax),
}


def rebroadcast(name, n, m, label, everyone):
    """numexpr is left out: it reduces whole expressions only."""
    text, formula, jitted = ROWS[name]
    a = np.random.default_rng(3).random((n, m))
    c = np.empty_like(a)
    case = Case(f"{text}, float64, {n} x {m}, {label}", text, n * m, 2 * a.nbytes, "write", expected=formula(a), result=c)
    case.run["fuseval"] = fuseval_run(text, {"a": a}, c)
    case.run["C++ strict"] = compiled("strict", name, c, a, extents=(n, m))
    case.run["C++ fast"] = compiled("fast", name, c, a, extents=(n, m))
    if everyone:
        case.run["Numba"] = with_numba(jitted, c, a)
        case.run["NumPy"] = with_numpy(lambda: formula(a), c)
    return case
