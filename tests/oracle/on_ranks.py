"""Random programs over ranks: each array of a program is cut along some axis at random places, ranks that are threads
evaluate the text together, and what they hold together must be the bits, or the error, of one process.

A `RankedSession` stands where a Session does, and its device is called "ranks", or "ranks-cudasim" where each rank runs on
the simulated device: half of the programs with their parts there, the others with parts on the host.
"""

import ctypes
import re
from ctypes import POINTER, byref, c_int32, c_int64, c_void_p

import numpy as np

import fuseval_ctypes as fuseval
from devices import Queue as DeviceQueue
from devices import check_on_device
from fuseval_ctypes import _call, _result, _run_options, _Text, _vector, _Views

RANK_FUNCTION = ctypes.CFUNCTYPE(ctypes.c_int, c_void_p, c_void_p)
_handle = POINTER(c_void_p)
PROTOTYPES = {
    "fv_run_ranks": (c_int32, [c_int32, RANK_FUNCTION, c_void_p, _handle]),
    "fv_world_rank": (c_int32, [c_void_p]),
    "fv_distribution_create": (c_int32, [c_void_p, c_int32, POINTER(c_int64), c_int32, POINTER(c_int64), _handle, _handle]),
    "fv_distribution_release": (None, [c_void_p]),
    "fv_results_distribution": (c_int32, [c_void_p, c_int32, _handle, _handle]),
    "fv_gather": (c_int32, [c_void_p, POINTER(fuseval.View), c_void_p, c_int32, _handle, _handle]),
}


def library():
    lib = fuseval.library()
    for name, (result, arguments) in PROTOTYPES.items():
        function = getattr(lib, name)
        function.restype, function.argtypes = result, arguments
    return lib


class Cut:
    """Where an array is cut: an axis and one offset more than there are ranks; no axis: every rank has it."""

    def __init__(self, array, ranks, rng):
        self.shape = np.shape(array)
        self.axis = int(rng.integers(len(self.shape))) if isinstance(array, np.ndarray) and self.shape else -1
        if self.axis >= 0:
            inner = np.sort(rng.integers(0, self.shape[self.axis] + 1, ranks - 1))
            self.offsets = [0, *map(int, inner), self.shape[self.axis]]

    def part(self, array, rank):
        if self.axis < 0:
            return array
        where = [slice(None)] * len(self.shape)
        where[self.axis] = slice(self.offsets[rank], self.offsets[rank + 1])
        return array[tuple(where)]

    def distribution(self, world):
        """Its handle, or None."""
        if self.axis < 0:
            return None
        made = c_void_p()
        _call(library().fv_distribution_create, world, len(self.shape), _vector(self.shape), self.axis,
              _vector(self.offsets), byref(made))
        return made


class _Distributions:
    """Handles for a call."""

    def __init__(self, cuts, world):
        self.handles = [cut.distribution(world) for cut in cuts]
        self.array = (c_void_p * max(len(cuts), 1))(*[handle and handle.value for handle in self.handles])

    def address(self):
        return ctypes.cast(self.array, c_void_p).value

    def close(self):
        for handle in self.handles:
            library().fv_distribution_release(handle)


class RankedSession:
    """Evaluates in one process, or, for its own device, on several."""

    def __init__(self, session, rng, device="ranks"):
        self.session, self.rng = session, rng
        self.place, self.most_ranks = (None, 7) if device == "ranks" else (device.removeprefix("ranks-"), 4)

    def evaluate(self, text, values, out=None, device=None):
        if device is None:
            return self.session.evaluate(text, values, out=out)
        if out:  # a part that one rank writes may not be what another one reads
            values = {name: self._apart(value, out) for name, value in values.items()}
        return _RankedCall(self, text, values, out or [], int(self.rng.integers(1, self.most_ranks + 1))).run()

    @staticmethod
    def _apart(value, out):
        shares = isinstance(value, np.ndarray) and any(np.may_share_memory(value, array) for array in out)
        return value.copy() if shares else value


class _RankedCall:
    def __init__(self, owner, text, values, out, ranks):
        self.session, self.text, self.values, self.out, self.ranks = owner.session, text, values, out, ranks
        self.cuts = {name: Cut(value, ranks, owner.rng) for name, value in values.items()}
        self.out_cuts = [Cut(array, ranks, owner.rng) for array in out]
        self.results = [None] * ranks
        self.place, self.is_there = owner.place, owner.place is not None and bool(owner.rng.integers(2))

    def run(self):
        def function(_, world):
            rank = library().fv_world_rank(world)
            try:
                self.results[rank] = self.on_rank(rank, world)
            except fuseval.FusevalError as error:
                self.results[rank] = error
            except Exception as error:  # nothing may leave through C
                self.results[rank] = error
                return 1
            return 0

        _call(library().fv_run_ranks, self.ranks, RANK_FUNCTION(function), None)
        errors = [result for result in self.results if isinstance(result, Exception)]
        if errors and len(errors) < self.ranks:
            raise AssertionError(f"{len(errors)} of {self.ranks} ranks failed: {errors[0]}")
        if errors:
            raise self.as_of_one(errors[0])
        return self.results[0]

    @staticmethod
    def as_of_one(error):
        """Errors say which rank they are of, which one process has no reason to."""
        error.args = (re.sub(r"(^\w+: )rank \d+: ", r"\1", str(error)),)
        return error

    def on_rank(self, rank, world):
        call = _Text(self.text, {name: self.part(name, value, rank) for name, value in self.values.items()})
        outputs = _Views([cut.part(array, rank) for cut, array in zip(self.out_cuts, self.out)], writable=True)
        inputs, given = _Distributions(self.cuts.values(), world), _Distributions(self.out_cuts, world)
        options = _run_options(0, "same_kind", device=None if self.is_there else self.place, results_on="host")
        results = c_void_p()
        options.world, options.input_distributions, options.output_distributions = world, inputs.address(), given.address()
        try:
            _call(library().fv_evaluate, self.session.handle, *call.arguments, outputs.array if self.out else None,
                  len(self.out), byref(options), byref(results))
            return self.taken(results)
        finally:
            inputs.close()
            given.close()

    def part(self, name, value, rank):
        part = self.cuts[name].part(value, rank)
        return self.session.to_device(part, self.place) if self.is_there and isinstance(part, np.ndarray) else part

    def taken(self, results):
        lib = library()
        try:
            arrays = [self.whole(results, k) for k in range(lib.fv_results_count(results))]
            return tuple(arrays) if lib.fv_results_is_tuple(results) else arrays[0]
        finally:
            lib.fv_results_release(results)

    def whole(self, results, k):
        """Collective."""
        lib, distribution, view = library(), c_void_p(), fuseval.View()
        _call(lib.fv_results_distribution, results, k, byref(distribution))
        if not distribution:
            return _result(results, k, self.session)
        try:
            whole = c_void_p()
            _call(lib.fv_results_view, results, k, byref(view))
            _call(lib.fv_gather, self.session.handle, byref(view), distribution, -1, byref(whole))
            return fuseval.Array(whole, self.session).numpy()
        finally:
            lib.fv_distribution_release(distribution)


class Queue:
    """As devices.Queue, but programs run one after another: their ranks are many enough."""

    def __init__(self, session, seed):
        self.device, self.session, self.seed, self.done = "ranks", session, seed, []

    def check(self, program, number=0):
        check_on_device(program, RankedSession(self.session, np.random.default_rng([self.seed, number, 1])), self.device)

    def add(self, number, program):
        try:
            self.check(program, number)
            self.done.append((number, program, None))
        except Exception as error:
            self.done.append((number, program, error))

    def finished(self, wait=False):
        done, self.done = self.done, []
        yield from done

    def close(self):
        pass


class OnDevice(DeviceQueue):
    """Programs of ranks on devices, many at the same time: see devices.py."""

    def __init__(self, device, session, seed):
        super().__init__(device, session)
        self.seed = seed

    def check(self, program, number=0):
        rng = np.random.default_rng([self.seed, number, 1])
        check_on_device(program, RankedSession(self.session, rng, self.device), self.device)

    def add(self, number, program):
        self.pending.append((number, program, self.pool.submit(self.check, program, number)))
