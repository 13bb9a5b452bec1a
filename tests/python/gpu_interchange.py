"""Arrays of another library's on a GPU, used by fuseval, and the other way round. Run by test_gpu_interchange.py on the
fake machine, a function a process.

The other library is the driver itself over ctypes: memory, a stream of its own, copies in that stream's order.
"""

import ctypes
import os
import sys
from ctypes import byref, c_int, c_size_t, c_uint, c_uint64, c_void_p

import fuseval_ctypes as fv
import numpy as np

cuda = ctypes.CDLL(os.environ["FUSEVAL_LIBCUDA"])


def call(name, *arguments):
    assert getattr(cuda, name)(*arguments) == 0, name


class Library:
    """The primary context, which CUDA's libraries share, and a stream in it."""

    def __init__(self):
        self.device, context, self.stream = c_int(), c_void_p(), c_void_p()
        call("cuInit", 0)
        call("cuDeviceGet", byref(self.device), 0)
        call("cuDevicePrimaryCtxRetain", byref(context), self.device)
        call("cuCtxPushCurrent_v2", context)
        call("cuStreamCreate", byref(self.stream), c_uint(1))

    def close(self):
        call("cuStreamDestroy_v2", self.stream)
        call("cuDevicePrimaryCtxRelease_v2", self.device)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class ForeignArray:
    """A copy of a NumPy array on the GPU, put into the library's stream, not waited for."""

    def __init__(self, library, array, readonly=False):
        self.library, self.host, self.readonly = library, np.ascontiguousarray(array), readonly
        self.pointer = c_uint64()
        call("cuMemAlloc_v2", byref(self.pointer), c_size_t(max(self.host.nbytes, 1)))
        call("cuMemcpyHtoDAsync_v2", self.pointer, c_void_p(self.host.ctypes.data), c_size_t(self.host.nbytes),
             library.stream)

    def numpy(self):
        """Read in the library's stream."""
        result = np.empty_like(self.host)
        call("cuMemcpyDtoHAsync_v2", c_void_p(result.ctypes.data), self.pointer, c_size_t(result.nbytes),
             self.library.stream)
        call("cuStreamSynchronize", self.library.stream)
        return result

    def close(self):
        call("cuMemFree_v2", self.pointer)

    @property
    def __cuda_array_interface__(self):
        return {"shape": self.host.shape, "typestr": self.host.dtype.str, "strides": None, "version": 3,
                "data": (self.pointer.value, self.readonly), "stream": self.library.stream.value}


class Slice:
    """Part of a ForeignArray, with strides."""

    def __init__(self, array, index):
        whole = array.host[index]
        interface = array.__cuda_array_interface__
        offset = whole.ctypes.data - array.host.ctypes.data
        self.__cuda_array_interface__ = interface | {
            "shape": whole.shape, "strides": whole.strides, "data": (interface["data"][0] + offset, array.readonly)}


def numbers(*shape):
    return np.random.default_rng(7).standard_normal(shape)


def used_by_a_program():
    """Their array is an input, and where they allow it an output; each side waits for the other's stream."""
    a = numbers(12, 20)
    with Library() as library, fv.Session() as session:
        theirs = ForeignArray(library, a)
        view = session.cuda_view(theirs)
        assert (view.device_type, view.flags) == (fv.CUDA, 0)
        total = session.evaluate("sum(a*2, axis=1)", {"a": view})
        assert total.device == "cuda:0"
        assert total.numpy().tobytes() == fv.evaluate("sum(a*2, axis=1)", {"a": a}).tobytes()
        session.evaluate("a*3 - 1", {"a": theirs}, out=[theirs])
        session.let_stream_wait("cuda", library.stream)
        assert theirs.numpy().tobytes() == (a * 3 - 1).tobytes()
        for index in (np.s_[::2, 3:], np.s_[::-1, 5], np.s_[4, ::-2]):
            part = session.cuda_view(Slice(theirs, index))
            assert np.array_equal(session.to_device(part, "cpu").numpy(), (a * 3 - 1)[index])
        session.synchronize("cuda")
        theirs.close()


def read_only():
    with Library() as library, fv.Session() as session:
        theirs = ForeignArray(library, numbers(30), readonly=True)
        view = session.cuda_view(theirs)
        assert view.flags == fv.READONLY
        try:
            session.evaluate("a + 1", {"a": view}, out=[view])
        except fv.FusevalError as error:
            assert error.message == "output 0 is read-only"
        else:
            raise AssertionError("it was written to")
        assert np.array_equal(theirs.numpy(), theirs.host)
        theirs.close()


def on_their_stream():
    """A call that runs in the other library's stream needs no waiting: what that does next comes after it."""
    a = numbers(300)
    with Library() as library, fv.Session() as session:
        theirs = ForeignArray(library, a)
        for _ in range(3):
            session.evaluate("a*2 + 1", {"a": theirs}, out=[theirs], stream=library.stream)
        expected = a
        for _ in range(3):
            expected = expected * 2 + 1
        assert np.array_equal(theirs.numpy(), expected)
        theirs.close()


def ours_by_their_interface():
    """Our arrays tell our stream by __cuda_array_interface__ and __dlpack__."""
    a = numbers(50)
    with fv.Session() as first, fv.Session() as second:
        there = first.to_device(a, "cuda")
        interface = there.__cuda_array_interface__
        assert interface["stream"] == first.stream("cuda") and interface["data"] == (there.view.data, False)
        doubled = first.evaluate("a*2", {"a": there})
        tripled = second.evaluate("b*1.5", {"b": second.cuda_view(doubled)})
        taken = second.from_dlpack(doubled, max_version=(1, 0))
        assert taken.view.data == doubled.view.data and taken.device == "cuda:0"
        doubled.close()
        assert np.array_equal(second.evaluate("c + 1", {"c": taken}).numpy(), a * 2 + 1)
        assert np.array_equal(tripled.numpy(), a * 2 * 1.5)
        first.wait_for_stream("cuda", second.stream("cuda"))
        for array in there, tripled, taken:
            array.close()


def round_trips():
    with fv.Session() as session:
        for dtype in fv.DTYPES:
            array = (np.arange(24) % 5).astype(dtype).reshape(4, 6)
            there = session.to_device(array, "cuda")
            for versioned in False, True:
                back = session.take_dlpack(there.to_dlpack(versioned), versioned)
                assert (back.dtype, back.view.data) == (dtype, there.view.data)
                found = back.numpy()
                assert found.tobytes() == array.tobytes()


if __name__ == "__main__":
    globals()[sys.argv[1]]()
