"""Worlds and distributed arrays of the C ABI over ctypes and NumPy, on mpi4py's communicators: beside fuseval_ctypes, for tests
and benchmarks that run under mpirun."""

import ctypes
import sys
from ctypes import POINTER, byref, c_double, c_int32, c_int64, c_size_t, c_void_p
from pathlib import Path

from mpi4py import MPI

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "oracle"))
import fuseval_ctypes as fuseval  # noqa: E402
from fuseval_ctypes import _call, _run_options, _take_results, _Views  # noqa: E402

BY_ADDRESS, BY_FORTRAN_HANDLE = 3, 4


class WorldOptions(ctypes.Structure):
    _fields_ = [("struct_size", c_size_t), ("kind", c_int32), ("fortran_communicator", c_int32), ("communicator", c_void_p),
                ("watchdog_seconds", c_double), ("largest_message", c_int64), ("check_calls", c_int32), ("ranks", c_int32)]


def library():
    lib, handle = fuseval.library(), POINTER(c_void_p)
    lib.fv_world_create.argtypes = [POINTER(WorldOptions), handle, handle]
    lib.fv_world_rank.argtypes = lib.fv_world_size.argtypes = lib.fv_world_release.argtypes = [c_void_p]
    lib.fv_distribute.argtypes = [c_void_p, POINTER(fuseval.View), c_int32, handle, handle]
    lib.fv_distribution_release.argtypes = [c_void_p]
    return lib


class Part:
    """A rank's part of an array, one behind the other along an axis in order of rank. Collective; bound to a world."""

    def __init__(self, world, array, axis=0):
        self.array, self.distribution = array, c_void_p()
        _call(library().fv_distribute, world.handle, _Views([array]).array, axis, byref(self.distribution))

    def __del__(self):
        library().fv_distribution_release(self.distribution)


def _distributions(values):
    return (c_void_p * max(len(values), 1))(*[value.distribution.value if isinstance(value, Part) else None for value in values])


def _arrays(values):
    return [value.array if isinstance(value, Part) else value for value in values]


class World:
    """One rank's end of a world over a communicator."""

    def __init__(self, communicator, kind=BY_ADDRESS):
        options = WorldOptions(ctypes.sizeof(WorldOptions), kind, communicator.py2f(), MPI._addressof(communicator), 20.0)
        self.handle = c_void_p()
        _call(library().fv_world_create, byref(options), byref(self.handle))

    @property
    def place(self):
        """(rank, size)"""
        return library().fv_world_rank(self.handle), library().fv_world_size(self.handle)

    def close(self):
        library().fv_world_release(self.handle)

    def runner(self, session, text, inputs, out):
        """A function of no arguments that runs a text over parts, and arrays that all ranks have, into such ones."""
        program = session.compile(text, dict(zip(inputs, _arrays(inputs.values()))))
        views, outputs = _Views(_arrays(inputs.values())), _Views(_arrays(out), writable=True)
        ins, outs, options, error = _distributions(list(inputs.values())), _distributions(out), _run_options(1, "same_kind"), c_void_p()
        options.world = self.handle
        options.input_distributions, options.output_distributions = (ctypes.cast(each, c_void_p).value for each in (ins, outs))
        keep = (inputs, out, ins, outs)

        def call():
            if library_run(program.handle, views.array, len(inputs), outputs.array, len(out), byref(options), None, byref(error)) != 0:
                raise fuseval.FusevalError(error)

        library_run, call.keep = library().fv_run, keep
        return call

    def evaluate(self, session, text, inputs):
        """The results of a text that all ranks have."""
        call = fuseval._Text(text, dict(zip(inputs, _arrays(inputs.values()))))
        distributions, options, results = _distributions(list(inputs.values())), _run_options(1, "same_kind"), c_void_p()
        options.world, options.input_distributions = self.handle, ctypes.cast(distributions, c_void_p).value
        _call(library().fv_evaluate, session.handle, *call.arguments, None, 0, byref(options), byref(results))
        return _take_results(results, session)
