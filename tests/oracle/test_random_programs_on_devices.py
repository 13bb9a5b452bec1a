"""What a device may answer: the CPU's bits and errors, and nothing else."""

import numpy as np
import pytest

import fuseval_ctypes as fuseval
from compare import Mismatch
from devices import Queue, check_on_device, difference
from generator import Input, Node, Program

A = np.array([1.0, -0.0, np.nan])


@pytest.mark.parametrize("other", [
    [np.array([1.0, 0.0, np.nan])], [np.array([np.nextafter(1, 2), -0.0, np.nan])], [A.astype(np.float32)], [A[:2]],
    [A[np.newaxis]], ValueError("no")])
def test_other_answers_differ(other):
    assert difference([A], other) and difference(other, [A])


def test_equal_answers_do_not():
    assert difference([A, A[:1]], [A.copy(), A[:1].copy()]) == ""
    assert difference([A], [np.copysign(A, [1, -1, -1])]) == ""  # the sign of a NaN is outside the promise
    assert difference(ValueError("no"), ValueError("no")) == "" != difference(ValueError("no"), ValueError("yes"))


class Wrong:
    """A session whose device is wrong for one text."""

    def evaluate(self, text, values, out=None, device=None):
        result = values["a"] + (text == "a + b" and device is not None)
        if out:
            out[0][...] = result
        return result


def program(text, a=A):
    return Program([Node(None, text)], {"a": Input(a, "contiguous")})


def test_a_queue_tells_which_program_was_wrong():
    queue = Queue("cudasim", Wrong())
    for number, text in enumerate(["a - b", "a + b", "a * b"]):
        queue.add(number, program(text))
    found = [(number, type(error)) for number, _, error in queue.finished(wait=True)]
    queue.close()
    assert found == [(0, type(None)), (1, Mismatch), (2, type(None))]


def test_results_that_a_device_writes_into_arrays_count():
    class Careless(Wrong):
        def evaluate(self, text, values, out=None, device=None):
            if out:
                out[0][...] = A if device is None else A * 2
            return A

    for k in range(64):  # every other text has an output
        try:
            check_on_device(program(f"a + {k}"), Careless(), "cudasim")
        except Mismatch:
            return
    pytest.fail("never noticed")


@pytest.mark.parametrize("text", ["signbit(a)", "copysign(1.0, a)"])
def test_the_sign_of_a_nan_is_left_open_where_it_shows(text):
    class OtherNans:
        """A session whose device has NaNs of the other sign, and may be wrong about other elements."""

        wrong = 0

        def evaluate(self, text, values, out=None, device=None):
            result = eval(text, {"signbit": np.signbit, "copysign": np.copysign, "a": values["a"]})
            if device is not None:
                nans = np.isnan(values["a"])
                result = np.where(nans, ~result if result.dtype == bool else -result, result + self.wrong).astype(result.dtype)
            if out:
                out[0][...] = result
            return result

    session = OtherNans()
    check_on_device(program(text), session, "cudasim")
    session.wrong = 1
    with pytest.raises(Mismatch):
        check_on_device(program(text), session, "cudasim")


def test_the_simulator_is_asked():
    with fuseval.Session() as session:
        before = session.counters().kernels_compiled
        check_on_device(Program([Node(None, "a*3 + 1")], {"a": Input(A, "contiguous")}), session, "cudasim")
        assert session.counters().kernels_compiled > before + 1
