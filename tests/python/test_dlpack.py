"""DLPack with NumPy: our arrays in numpy.from_dlpack, NumPy's in fv_array_from_dlpack, over the capsules of Python's protocol."""

import gc
import sys

import dlpack
import fuseval_ctypes as fv
import numpy as np
import pytest

OLD = {}  # what __dlpack__ is given for a tensor of version 0
NEW = {"max_version": (1, 0)}
COMPUTED = [dtype for dtype in fv.DTYPES if dtype.kind != "c" and dtype != np.float16]
LAYOUTS = {
    "contiguous": lambda a: a,
    "transposed": lambda a: a.T,
    "slice": lambda a: a[1::2, ::3],
    "reversed": lambda a: a[::-1, ::-1],
    "broadcast": lambda a: np.broadcast_to(a[0], (3, a.shape[1])),
    "scalar": lambda a: a[1, 2, ...],
    "empty": lambda a: a[:0],
}


@pytest.fixture
def session():
    with fv.Session() as made:
        yield made


def numbers(dtype, shape=(4, 6)):
    return (np.arange(np.prod(shape)) % 7 - (0 if np.dtype(dtype).kind in "ub" else 3)).reshape(shape).astype(dtype)


class Protocol:
    """An array as libraries before version 1 give it."""

    def __init__(self, array):
        self.array = array

    def __dlpack__(self, **_):
        return self.array.__dlpack__()

    def __dlpack_device__(self):
        return self.array.__dlpack_device__()


def same(found, expected):
    assert found.dtype == expected.dtype and found.shape == expected.shape
    assert found.tobytes() == expected.tobytes()


@pytest.mark.parametrize("form", [OLD, NEW], ids=["dltensor", "dltensor_versioned"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_numpy_arrays_come_in_as_they_lie(session, form, layout):
    array = LAYOUTS[layout](numbers(float))
    if layout == "broadcast":
        if form is OLD:
            pytest.skip("NumPy gives read-only arrays in version 1 alone")
        assert not array.flags.writeable
    taken = session.from_dlpack(array, **form)
    assert taken.device == "cpu" and taken.shape == array.shape
    assert bool(taken.view.flags & fv.READONLY) == (not array.flags.writeable)
    if array.size:
        assert taken.view.data == array.ctypes.data
        assert all(ours == theirs for ours, theirs, n in zip(taken.strides, array.strides, array.shape) if n > 1)
    same(taken.numpy(), array)
    same(session.evaluate("a*2 + 1", {"a": taken}), array * 2 + 1)


@pytest.mark.parametrize("form", [OLD, NEW], ids=["dltensor", "dltensor_versioned"])
def test_memory_is_shared_and_given_back(session, form):
    array = numbers(float)
    before = sys.getrefcount(array)
    taken = session.from_dlpack(array, **form)
    assert sys.getrefcount(array) == before + 1
    session.evaluate("a + 100", {"a": taken}, out=[taken])
    same(array, numbers(float) + 100)
    taken.close()
    assert sys.getrefcount(array) == before


def test_read_only_arrays_are_no_outputs(session):
    array = numbers(float)
    array.flags.writeable = False
    with pytest.raises(BufferError):
        session.from_dlpack(array, **OLD)  # NumPy's: version 0 cannot say so
    taken = session.from_dlpack(array, **NEW)
    with pytest.raises(fv.FusevalError, match="output 0 is read-only"):
        session.evaluate("a + 1", {"a": taken}, out=[taken])
    same(array, numbers(float))
    with pytest.raises(ValueError):
        np.from_dlpack(taken)[0, 0] = 1


def test_capsules_that_nobody_takes_give_their_tensors_back(session):
    array = session.to_device(numbers(float), "cpu")
    taken = session.take_dlpack(array.to_dlpack(), True)
    for form in OLD, NEW:
        capsule = taken.__dlpack__(**form)
        assert dlpack.tensor_of(capsule)[1] == bool(form)
        del capsule
    dlpack.take(capsule := array.__dlpack__())
    with pytest.raises(ValueError):
        dlpack.tensor_of(capsule)


@pytest.mark.parametrize("dtype", fv.DTYPES, ids=str)
@pytest.mark.parametrize("form", [OLD, NEW], ids=["dltensor", "dltensor_versioned"])
def test_every_dtype_goes_round(session, dtype, form):
    array = numbers(dtype)
    taken = session.from_dlpack(array, **form)
    assert taken.dtype == dtype
    back = np.from_dlpack(taken if form is NEW else Protocol(taken))
    same(back, array)
    assert back.ctypes.data == array.ctypes.data
    assert back.flags.writeable == (form is NEW)  # NumPy takes what version 0 gives for read-only


@pytest.mark.parametrize("dtype", COMPUTED, ids=str)
def test_results_go_to_numpy_and_outlive_everything(dtype):
    with fv.Session() as session:
        array = numbers(dtype)
        result = session.evaluate_arrays("where(a > 0, a, a), a[1]", {"a": array})
        views = [np.from_dlpack(one) for one in result]
    del result
    gc.collect()
    same(views[0], array)
    same(views[1], array[1])


def test_numpy_refuses_what_is_not_on_the_host(session):
    there = session.to_device(numbers(float), "cudasim")
    with pytest.raises(fv.FusevalError, match="the simulator's memory is not for other libraries"):
        there.__dlpack__()


def test_failure_leaves_the_capsule_as_it_was(session):
    array = numbers(float)
    before = sys.getrefcount(array)
    capsule = array.__dlpack__(**NEW)
    managed, versioned = dlpack.tensor_of(capsule)
    dlpack.structure(managed, versioned).tensor.dtype.lanes = 4
    with pytest.raises(fv.FusevalError, match="4 lanes"):
        session.take_dlpack(managed, versioned)
    assert dlpack.tensor_of(capsule) == (managed, versioned)
    del capsule
    assert sys.getrefcount(array) == before
