"""fuseval beside others on the same jobs over the ranks of an mpirun: mpi4py with numexpr, and Heat where it can be imported.

A job is measured in rounds in which the contenders take turns; a call takes as long as its slowest rank. Each contender's
result is checked first. The first rank prints a JSON object: {"absent": {contender: why}, "jobs": {job: {contender: median
seconds}}}. Arguments: elements a rank, side of the stencil's square, rounds. Each rank has one thread.
"""

import json
import os
import statistics
import sys
import time
from pathlib import Path

for variable in ("OMP_NUM_THREADS", "NUMEXPR_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[variable] = "1"  # read when libraries are loaded

import numexpr  # noqa: E402
import numpy as np  # noqa: E402
from mpi4py import MPI  # noqa: E402

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "mpi"))
from fuseval_ranks import Part, World, fuseval  # noqa: E402

try:
    import heat
    import torch

    torch.set_num_threads(1)
    ABSENT = {}
except ImportError as error:
    heat, ABSENT = None, {"Heat": str(error)}

COMM = MPI.COMM_WORLD
NUMEXPR, HEAT = "mpi4py + numexpr", "Heat"
# Heat 1.8 merges the means and variances of ranks in float32.
TOLERANCE = {HEAT: 3e-6}
STEP = "0.1*(a[2:, 1:-1] + a[:-2, 1:-1] + a[1:-1, 2:] + a[1:-1, :-2] - 4*a[1:-1, 1:-1]) + a[1:-1, 1:-1]"


def rows_of(rank, count):
    """As fuseval and Heat cut evenly: the longer parts first."""
    each, more = divmod(count, COMM.size)
    first = rank * each + min(rank, more)
    return first, first + each + (rank < more)


def numbers(first, last, seed):
    """Elements first … last - 1 of a long array that every rank knows how to make."""
    k = np.arange(first, last, dtype="float64")
    return np.sin(k * (0.7 + 0.01 * seed)) + 0.1


class Job:
    """Contenders: functions of no arguments that return this rank's result. `expected`: what that has to be."""

    def __init__(self, name, expected, contenders):
        self.name, self.expected = name, expected
        self.contenders = {who: call for who, call in contenders.items() if call is not None}

    def check(self):
        for who, call in self.contenders.items():
            found = np.asarray(call())
            near = TOLERANCE.get(who, 1e-10)
            right = found.shape == np.shape(self.expected) and np.allclose(found, self.expected, rtol=near, atol=near)
            if not COMM.allreduce(right, MPI.LAND):
                raise SystemExit(f"{self.name}: {who} is wrong on some rank")

    def measure(self, rounds):
        self.check()
        seconds = {who: [] for who in self.contenders}
        for _ in range(rounds):
            for who, call in self.contenders.items():
                COMM.Barrier()
                begin = time.perf_counter()
                call()
                seconds[who].append(COMM.allreduce(time.perf_counter() - begin, MPI.MAX))
        return {who: statistics.median(values) for who, values in seconds.items()}


def local(array):
    """Heat's array of which each rank has these rows: its memory is shared."""
    return heat.array(torch.from_numpy(array), is_split=0, copy=False)


def full_reductions(world, session, count):
    total = count * COMM.size
    a, b = (numbers(COMM.rank * count, (COMM.rank + 1) * count, seed) for seed in (1, 2))
    parts = {"a": Part(world, a), "b": Part(world, b)}
    out = np.empty(())

    def of_fuseval(text, names):
        run = world.runner(session, text, {name: parts[name] for name in names}, [out])
        return lambda: (run(), out)[1]

    def mean_of_squares():
        return COMM.allreduce(float(numexpr.evaluate("sum(a**2 + b**2)", {"a": a, "b": b}))) / total

    def variance():
        mean = COMM.allreduce(float(numexpr.evaluate("sum(a)", {"a": a}))) / total
        return COMM.allreduce(float(numexpr.evaluate("sum((a - mean)**2)", {"a": a, "mean": mean}))) / total

    mean = COMM.allreduce(float(a.sum())) / total
    heats = {} if heat is None else {"a": local(a), "b": local(b)}
    return [
        Job("mean(a**2 + b**2)", COMM.allreduce(float((a**2 + b**2).sum())) / total,
            {"fuseval": of_fuseval("mean(a**2 + b**2)", "ab"), NUMEXPR: mean_of_squares,
             HEAT: heats and (lambda: heat.mean(heats["a"]**2 + heats["b"]**2).item()) or None}),
        Job("var(a)", COMM.allreduce(float(((a - mean)**2).sum())) / total,
            {"fuseval": of_fuseval("var(a)", "a"), NUMEXPR: variance,
             HEAT: heats and (lambda: heat.var(heats["a"]).item()) or None}),
    ]


def centred(world, session, count, columns=100):
    rows = count // columns
    first = COMM.rank * rows * columns
    a = numbers(first, first + rows * columns, 3).reshape(rows, columns)
    out, theirs = np.empty_like(a), np.empty_like(a)
    run = world.runner(session, "a - mean(a, axis=0)", {"a": Part(world, a)}, [Part(world, out)])

    def with_numexpr():
        mean = np.asarray(numexpr.evaluate("sum(a, axis=0)", {"a": a}))
        COMM.Allreduce(MPI.IN_PLACE, mean)
        mean /= rows * COMM.size
        return numexpr.evaluate("a - mean", {"a": a, "mean": mean}, out=theirs)

    sums = np.empty(columns)
    COMM.Allreduce(a.sum(axis=0), sums)
    of_heat = None if heat is None else local(a)
    return [Job(f"a - mean(a, axis=0), {columns} columns", a - sums / (rows * COMM.size),
                {"fuseval": lambda: (run(), out)[1], NUMEXPR: with_numexpr,
                 HEAT: of_heat is not None and (lambda: (of_heat - heat.mean(of_heat, axis=0)).larray.numpy()) or None})]


class Ghosts:
    """Rows of a square with one row of each neighbour beside them, by hand."""

    def __init__(self, rows):
        self.above, self.below = COMM.rank > 0, COMM.rank + 1 < COMM.size
        self.array = np.zeros((len(rows) + self.above + self.below, rows.shape[1]))
        self.mine = self.array[int(self.above):len(self.array) - self.below]
        self.mine[...] = rows
        self.out = rows.copy()
        self.inner = self.out[int(not self.above):len(self.out) - (not self.below), 1:-1]

    def step(self):
        requests = []
        for there, neighbour, edge, ghost in ((self.above, COMM.rank - 1, self.mine[0], self.array[0]),
                                              (self.below, COMM.rank + 1, self.mine[-1], self.array[-1])):
            if there:
                requests += [COMM.Irecv(ghost, neighbour), COMM.Isend(edge, neighbour)]
        MPI.Request.Waitall(requests)
        names = {"up": self.array[:-2, 1:-1], "down": self.array[2:, 1:-1], "left": self.array[1:-1, :-2],
                 "right": self.array[1:-1, 2:], "here": self.array[1:-1, 1:-1]}
        numexpr.evaluate("0.1*(down + up + right + left - 4*here) + here", names, out=self.inner)
        return self.out


def heat_step(rows):
    a, b = local(rows.copy()), local(rows.copy())
    above, below = COMM.rank > 0, COMM.rank + 1 < COMM.size

    def step():
        a.get_halo(1)
        h = a.array_with_halos
        inner = b.larray[int(not above):b.larray.shape[0] - (not below), 1:-1]
        inner[...] = 0.1*(h[2:, 1:-1] + h[:-2, 1:-1] + h[1:-1, 2:] + h[1:-1, :-2] - 4*h[1:-1, 1:-1]) + h[1:-1, 1:-1]
        return b.larray.numpy()

    return step


def diffusion(world, session, side):
    first, last = rows_of(COMM.rank, side)
    low, high = max(first - 1, 0), min(last + 1, side)
    near = numbers(low * side, high * side, 4).reshape(high - low, side)
    a = near[first - low:last - low].copy()
    expected = a.copy()
    expected[int(first == 0):len(a) - (last == side), 1:-1] = eval(STEP, {"a": near})
    b = a.copy()
    inner = b[int(first == 0):len(b) - (last == side), 1:-1]
    run = world.runner(session, STEP, {"a": Part(world, a)}, [Part(world, inner)])
    return [Job(f"diffusion, {side}² cells", expected,
                {"fuseval": lambda: (run(), b)[1], NUMEXPR: Ghosts(a).step, HEAT: heat and heat_step(a)})]


def main():
    count, side, rounds = map(int, sys.argv[1:])
    numexpr.set_num_threads(1)
    world = World(COMM)
    jobs = {}
    with fuseval.Session(threads=1) as session:
        for make in (lambda: full_reductions(world, session, count), lambda: centred(world, session, count),
                     lambda: diffusion(world, session, side)):
            for job in make():  # one group's arrays at a time
                jobs[job.name] = job.measure(rounds)
    if COMM.rank == 0:
        print(json.dumps({"absent": ABSENT, "jobs": jobs}))


main()
