"""The cases of bench/ that fit a GPU, on the same arrays in fuseval, CuPy (plain and fused), JAX, torch.compile and Numba.

Prints a JSON object a line: {"kind": "rivals", "text", "dtype", "seconds": {contender: median}, "missing": {contender: why}}.
CuPy holds the arrays; the others see them by DLPack. A contender that is not installed, or that fails, is reported with its
reason. Every result is compared with CuPy's.
"""

import argparse
import ctypes
import json
import statistics
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "oracle"))
import fuseval_ctypes as fuseval  # noqa: E402

import cupy  # noqa: E402

CUDA = 1  # FV_DEVICE_CUDA

CASES = {  # name: (text, shape of the operands, what a contender computes of them)
    "linear": ("2*a + 3*b", "flat", lambda x, a, b: 2 * a + 3 * b),
    "square": ("a**2 + b**2 + 2*a*b", "flat", lambda x, a, b: a**2 + b**2 + 2 * a * b),
    "waves": ("sin(a)**2 + cos(b)**2", "flat", lambda x, a, b: x.sin(a) ** 2 + x.cos(b) ** 2),
    "sum": ("sum(a*b)", "flat", lambda x, a, b: (a * b).sum()),
    "columns": ("sum(a*b, axis=0)", "plane", lambda x, a, b: (a * b).sum(0)),
    "rows": ("sum(a*b, axis=1)", "plane", lambda x, a, b: (a * b).sum(1)),
    "centred": ("a - mean(a, axis=1, keepdims=True) + 0*b[:, :1]", "plane",
                lambda x, a, b: a - a.mean(1, keepdims=True) + 0 * b[:, :1]),
    "laplacian": ("a[2:, 1:-1] + a[:-2, 1:-1] + a[1:-1, 2:] + a[1:-1, :-2] - 4*b[1:-1, 1:-1]", "plane",
                  lambda x, a, b: a[2:, 1:-1] + a[:-2, 1:-1] + a[1:-1, 2:] + a[1:-1, :-2] - 4 * b[1:-1, 1:-1]),
}


class Fuseval:
    """A program over CuPy's arrays, in place in their memory."""

    def __init__(self, text, arrays, result):
        lib = fuseval.library()
        self.lib, self.views = lib, (fuseval.View * len(arrays))(*map(self.view, arrays))
        self.output = self.view(result)
        names = (ctypes.c_char_p * len(arrays))(*(name.encode() for name in "ab"[: len(arrays)]))
        self.program = ctypes.c_void_p()
        self.check(lib.fv_compile(None, text.encode(), len(text), names, self.views, len(arrays),
                                  ctypes.byref(self.program), self.error()))

    def view(self, array):
        shape = (ctypes.c_int64 * max(array.ndim, 1))(*array.shape)
        strides = (ctypes.c_int64 * max(array.ndim, 1))(*array.strides)
        view = fuseval.View(array.data.ptr, fuseval.CODES[array.dtype], array.ndim, shape, strides, CUDA,
                            array.device.id, 0)
        view.keep = (shape, strides, array)
        return view

    def error(self):
        self.failure = ctypes.c_void_p()
        return ctypes.byref(self.failure)

    def check(self, status):
        if status:
            raise RuntimeError(self.lib.fv_error_message(self.failure).decode())

    def __call__(self):
        self.check(self.lib.fv_run(self.program, self.views, len(self.views), ctypes.byref(self.output), 1, None, None,
                                   self.error()))

    def wait(self):
        self.check(self.lib.fv_synchronize(None, b"cuda", self.error()))


def cupy_plain(function, a, b, out):
    def call():
        call.result = function(cupy, a, b)

    return call, cupy.cuda.runtime.deviceSynchronize


def cupy_fused(function, a, b, out):
    fused = cupy.fuse(lambda a, b: function(cupy, a, b))

    def call():
        call.result = fused(a, b)

    return call, cupy.cuda.runtime.deviceSynchronize


def with_jax(function, a, b, out):
    import jax

    jax.config.update("jax_enable_x64", True)
    compiled = jax.jit(lambda a, b: function(jax.numpy, a, b))
    a, b = jax.dlpack.from_dlpack(a), jax.dlpack.from_dlpack(b)

    def call():
        call.result = compiled(a, b)

    return call, lambda: call.result.block_until_ready()


def with_torch(function, a, b, out):
    import torch

    compiled = torch.compile(lambda a, b: function(torch, a, b), dynamic=False)
    a, b = torch.from_dlpack(a), torch.from_dlpack(b)

    def call():
        call.result = compiled(a, b)

    return call, torch.cuda.synchronize


def with_numba(name):
    """Elementwise cases only: Numba has no array reductions on a GPU."""
    from numba import cuda
    import math

    bodies = {"linear": lambda x, y: 2 * x + 3 * y, "square": lambda x, y: x**2 + y**2 + 2 * x * y,
              "waves": lambda x, y: math.sin(x) ** 2 + math.cos(y) ** 2}

    def prepare(function, a, b, out):
        body = cuda.jit(device=True)(bodies[name])

        @cuda.jit
        def kernel(c, a, b):
            i = cuda.grid(1)
            if i < c.size:
                c[i] = body(a[i], b[i])

        blocks = (a.size + 255) // 256
        views = [cuda.as_cuda_array(array) for array in (out, a, b)]

        def call():
            kernel[blocks, 256](*views)
            call.result = out

        return call, cuda.synchronize

    if name not in bodies:
        raise NotImplementedError("no array reductions or slices")
    return prepare


def contenders(name):
    return {"CuPy": lambda: cupy_plain, "CuPy fuse": lambda: cupy_fused, "JAX": lambda: with_jax,
            "torch.compile": lambda: with_torch, "Numba": lambda: with_numba(name)}


def operands(shape, dtype, nbytes):
    n = nbytes // cupy.dtype(dtype).itemsize
    make = lambda offset: (cupy.arange(n, dtype=dtype) % 1000) * dtype(0.001) + dtype(offset)  # noqa: E731
    a, b = make(0.5), make(0.25)
    return (a, b) if shape == "flat" else (a.reshape(-1, 4096), b.reshape(-1, 4096))


def seconds_of(call, wait):
    count = 1
    while True:
        wait()
        begin = time.perf_counter()
        for _ in range(count):
            call()
        wait()
        seconds = time.perf_counter() - begin
        if seconds > 0.02 or count > 1000:
            return seconds / count
        count *= 4


def measure(name, dtype, nbytes, rounds):
    text, shape, function = CASES[name]
    a, b = operands(shape, dtype, nbytes)
    expected = function(cupy, a, b)
    out = cupy.empty_like(expected)
    cupy.cuda.runtime.deviceSynchronize()  # fuseval's stream does not know CuPy's
    program = Fuseval(text, (a, b), out)
    calls, missing = {"fuseval": (program, program.wait)}, {}
    for label, prepare in contenders(name).items():
        try:
            calls[label] = prepare()(function, a, b, out)
            calls[label][0]()
            calls[label][1]()
            assert cupy.allclose(cupy.from_dlpack(calls[label][0].result), expected, rtol=1e-3), "another result"
        except Exception as error:  # noqa: BLE001 - whatever a rival says is its reason
            calls.pop(label, None)
            missing[label] = f"{type(error).__name__}: {str(error).splitlines()[0][:120] if str(error) else ''}"
    program()
    program.wait()
    assert cupy.allclose(out, expected, rtol=1e-3), f"fuseval: {text}"
    samples = {label: [] for label in calls}
    for _ in range(rounds):
        for label, (call, wait) in calls.items():
            samples[label].append(seconds_of(call, wait))
    return {"kind": "rivals", "text": text, "dtype": cupy.dtype(dtype).name, "bytes": a.nbytes,
            "seconds": {label: statistics.median(values) for label, values in samples.items()}, "missing": missing}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--bytes", type=int, default=1 << 29, help="of an array")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--budget", type=float, default=150, help="seconds; what is left is not begun beyond them")
    arguments = parser.parse_args()
    begin = time.monotonic()
    for dtype in (cupy.float32, cupy.float64):
        for name in CASES:
            if time.monotonic() - begin > arguments.budget:
                print(json.dumps({"kind": "skipped", "text": CASES[name][0], "why": "no time left"}), flush=True)
                continue
            print(json.dumps(measure(name, dtype, arguments.bytes, arguments.rounds)), flush=True)
            cupy.get_default_memory_pool().free_all_blocks()


if __name__ == "__main__":
    main()
