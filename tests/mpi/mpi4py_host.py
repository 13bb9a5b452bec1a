"""A host that has its communicator from mpi4py: run under mpirun by tests/python/test_mpi4py.py. Lends it by address and as a
Fortran handle, evaluates over NumPy arrays of which each rank has a part, and goes on using it."""

import ctypes
import sys
from ctypes import POINTER, byref, c_double, c_int32, c_int64, c_size_t, c_void_p
from pathlib import Path

import numpy as np
from mpi4py import MPI

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "oracle"))
import fuseval_ctypes as fuseval  # noqa: E402
from fuseval_ctypes import _call, _result, _run_options, _Text, _Views  # noqa: E402

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


def world_of(communicator, kind):
    options = WorldOptions(ctypes.sizeof(WorldOptions), kind, communicator.py2f(), MPI._addressof(communicator), 20.0)
    world = c_void_p()
    _call(library().fv_world_create, byref(options), byref(world))
    return world


def over_ranks(world, session, text, part):
    """The replicated result of a text over the array `a` of which this rank has `part`."""
    lib, distribution, results = library(), c_void_p(), c_void_p()
    call = _Text(text, {"a": part})
    _call(lib.fv_distribute, world, call.views.array, 0, byref(distribution))
    options, distributions = _run_options(1, "same_kind"), (c_void_p * 1)(distribution.value)
    options.world, options.input_distributions = world, ctypes.cast(distributions, c_void_p).value
    _call(lib.fv_evaluate, session.handle, *call.arguments, None, 0, byref(options), byref(results))
    value = _result(results, 0, session)
    lib.fv_results_release(results)
    lib.fv_distribution_release(distribution)
    return value


def main():
    whole = MPI.COMM_WORLD
    mine = whole.Split(whole.rank % 2, -whole.rank)  # two halves, in an order of their own
    numbers = np.sin(np.arange(10_007.0))
    first, last = (len(numbers) * (mine.rank + k) // mine.size for k in (0, 1))
    handler = mine.Get_errhandler()
    with fuseval.Session(threads=1) as session:
        expected = session.evaluate("sum(a*a)", {"a": numbers})
        for kind in (BY_ADDRESS, BY_FORTRAN_HANDLE):
            world = world_of(mine, kind)
            assert (library().fv_world_rank(world), library().fv_world_size(world)) == (mine.rank, mine.size)
            assert over_ranks(world, session, "sum(a*a)", numbers[first:last]).tobytes() == expected.tobytes()
            library().fv_world_release(world)
            assert mine.allreduce(1) == mine.size and mine.Get_errhandler() == handler
    print(f"rank {whole.rank} of {whole.size}: the bits of one process, and the communicator as it was")


main()
