"""A host that has its communicator from mpi4py: run under mpirun by tests/python/test_mpi4py.py. Lends it by address and as a
Fortran handle, evaluates over NumPy arrays of which each rank has a part, and goes on using it."""

import numpy as np
from mpi4py import MPI

from fuseval_ranks import BY_ADDRESS, BY_FORTRAN_HANDLE, Part, World, fuseval


def main():
    whole = MPI.COMM_WORLD
    mine = whole.Split(whole.rank % 2, -whole.rank)  # two halves, in an order of their own
    numbers = np.sin(np.arange(10_007.0))
    first, last = (len(numbers) * (mine.rank + k) // mine.size for k in (0, 1))
    handler = mine.Get_errhandler()
    with fuseval.Session(threads=1) as session:
        expected = session.evaluate("sum(a*a)", {"a": numbers})
        for kind in (BY_ADDRESS, BY_FORTRAN_HANDLE):
            world = World(mine, kind)
            assert world.place == (mine.rank, mine.size)
            part = Part(world, numbers[first:last])
            assert world.evaluate(session, "sum(a*a)", {"a": part}).tobytes() == expected.tobytes()
            del part
            world.close()
            assert mine.allreduce(1) == mine.size and mine.Get_errhandler() == handler
    print(f"rank {whole.rank} of {whole.size}: the bits of one process, and the communicator as it was")


main()
