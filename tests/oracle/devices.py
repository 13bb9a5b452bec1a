"""Random programs on a device: the CPU's bits, and its errors.

Programs run at the same time, each on a thread of its own, while their successors are made: the simulator compiles the
kernels of all that wait in one run of the C++ compiler, at a tenth of what a run for each would take.
"""

import re
from collections import deque
from concurrent.futures import ThreadPoolExecutor

import numpy as np

import fuseval_ctypes as fuseval
from compare import Mismatch, canonical_bits, output_for, run_numpy

AT_ONCE = 100


def answer(program, session, values, out=None, device=None):
    """The arrays, those written into included, or the error."""
    try:
        result = session.evaluate(program.text, values, out=out, device=device)
    except fuseval.FusevalError as error:
        return error
    return [np.array(array) for array in (out or (result if isinstance(result, tuple) else [result]))]


def left_open(program):
    """[result]: the elements that hang on the sign of a NaN, which is outside the promise; None where nothing shows it."""
    if not re.search(r"\b(signbit|copysign)\b", program.text):
        return None
    kind, envelopes = run_numpy(program)
    return [envelope.wild for envelope in envelopes] if kind == "value" else None


def difference(expected, got, open_elements=None):
    """What distinguishes two answers, or ""."""
    if isinstance(expected, Exception) or isinstance(got, Exception):
        return "" if str(expected) == str(got) else f"the CPU: {expected}; the device: {got}"
    for k, (one, other) in enumerate(zip(expected, got, strict=True)):
        if (one.dtype, one.shape) != (other.dtype, other.shape):
            return f"result {k}: {other.dtype}{other.shape}, the CPU has {one.dtype}{one.shape}"
        differ = canonical_bits(one) != canonical_bits(other)
        if open_elements is not None:
            differ = differ & ~open_elements[k]
        if differ.any():
            index = tuple(int(i) for i in np.argwhere(differ)[0])
            return (f"result {k}: {int(differ.sum())} of {one.size} elements differ; at {index} the device has "
                    f"{other[index]!r}, the CPU {one[index]!r}")
    return ""


def check_on_device(program, session, device):
    """Raises Mismatch; with check_output's outputs, of which each device writes one of its own."""
    on_cpu = answer(program, session, program.values)
    open_elements = left_open(program)
    found = difference(on_cpu, answer(program, session, program.values, device=device), open_elements)
    if found:
        raise Mismatch(device, f"on {device}: {found}")
    if isinstance(on_cpu, Exception):
        return
    cases = [output_for(program, on_cpu) for _ in range(2)]
    if cases[0] is None:
        return
    expected, got = (answer(program, session, case.values, [case.out], name)
                     for case, name in zip(cases, (None, device)))
    found = difference(expected, got, open_elements)
    if found:
        raise Mismatch(device, f"on {device}, into {cases[0].what}: {found}")


class Queue:
    """Programs on their way through a device."""

    def __init__(self, device, session):
        self.device, self.session = device, session
        self.pool = ThreadPoolExecutor(AT_ONCE)
        self.pending = deque()

    def check(self, program):
        check_on_device(program, self.session, self.device)

    def add(self, number, program):
        self.pending.append((number, program, self.pool.submit(self.check, program)))

    def finished(self, wait=False):
        """(number, program, exception or None) of those that are done, in their order; all of them, if it may wait."""
        while self.pending and (wait or len(self.pending) > 2 * AT_ONCE or self.pending[0][2].done()):
            number, program, future = self.pending.popleft()
            yield number, program, future.exception()

    def close(self):
        self.pool.shutdown(cancel_futures=True)
