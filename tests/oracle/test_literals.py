"""Lists in texts are NumPy's arrays of them: here, on the simulated device, and over ranks."""

import numpy as np
import pytest

import fuseval_ctypes as fuseval
from devices import difference
from on_ranks import RankedSession
from prelude import execute

INPUTS = {"a": np.array([[1.5, -2.0, 3.25], [0.0, 7.0, -1.0]]), "b": np.array([1, 2, 3], "f4"), "i": np.array([7, -8, 9], "i1"),
          "c": np.array([True, False, True]), "u": np.array([1, 2, 3], "u8"), "k": 3, "x": 2.5, "q": True, "s": np.float32(1.25), "t": np.int8(5)}
TEXTS = """
    [1, 2, 3]
    [[1, 2], [3, 4]]
    [1, 2.5, True]
    [True, False]
    [-1, +2, -3.5]
    [[[1], [2]], [[3], [4]]]
    [9223372036854775808]
    [9223372036854775808, 1]
    [18446744073709551615, 9223372036854775808]
    []
    [[], []]
    [(1, 2), (3, 4)]
    array([1, 2, 3])
    array((1, 2, 3))
    array(((1, 2), [3, 4.0]))
    asarray([1, 2, 3], dtype=float32)
    np.array([1, 2.7, -3.9], dtype=int8)
    array([9007199254740993, 1], dtype=float32)
    array([16777217, 1], dtype='float32')
    array([0, 2, -1], dtype=bool)
    array([0.5, 0.0], dtype=bool_)
    array([1, 2, 3], uint8)
    array([True, False], dtype=float64)
    array([10**30, 1], dtype=float64)
    array(2.5)
    array(k)
    array(b)
    array(b, dtype=int64)
    array([1, 2], ndmin=3)
    array(x, ndmin=1)
    float32([1, 2])
    a + [1, 2, 3]
    [1, 2, 3] + a
    a * [[10], [20]]
    i + [1, 2, 3]
    i + [True, False, True]
    b * [0.5, 1.5, 2.5]
    b + [1, 2, 3]
    i + (1, 2, 3)
    a > [0, 1, 2]
    [2, 2, 2] <= i
    i // [2, -3, 4]
    i ** [1, 2, 3]
    a[:, :2] - [1, 2]
    t * array([100, 200])
    sum([1, 2, 3])
    sum([[1, 2], [3, 4]], axis=0)
    mean([1, 2, 4])
    sum(a * [1, 2, 3], axis=1)
    a - mean(a * [1, 2, 3], axis=1, keepdims=True)
    max([3, 9, 2])
    argmax([3, 9, 2])
    any([False, True])
    dot(b, [1, 2, 3])
    norm([3, 4])
    where(c, [1, 2, 3], 0)
    where([True, False, True], b, -1)
    where(c, [1, 2, 3], [0.5, 1.5, 2.5])
    maximum(a, [1, 2, 3])
    clip(a, [0, 0, 1], [1, 2, 3])
    clip(a, min=[0, 0, 1])
    sum(a, where=[True, False, True])
    sum(a, axis=0, where=[[True, False, True], [True, True, False]])
    sum(a, where=(True, False, True))
    sum(a, axis=1, where=[q, False, not q])
    prod(a, where=[True, False, True])
    mean(a, where=[True, False, True])
    var(a, where=[True, False, True])
    std(a, axis=1, where=[True, False, True])
    max(a, where=[True, False, True], initial=-9)
    min(a, where=[[True], [False]], initial=9)
    any(a, where=[False, True, False])
    all(a, where=[True, False, True])
    a.sum(where=[True, False, True])
    a.mean(axis=1, where=[True, False, True])
    nan_to_num(a / 0 * 0, nan=[1, 2, 3])
    nan_to_num(a / 0, posinf=[1, 2, 3], neginf=(4, 5, 6))
    select([c, [True, True, False]], [b, [1, 2, 3]], [0.5, 1.5, 2.5])
    select([[True, False, True], [False, True, False]], [[1, 2, 3], [4, 5, 6]])
    select([c], [[1, 2, 3]], default=(7, 8, 9))
    select([c, i > 0], [u, u], -7)
    select([c, i > 0], [u, True], 2**63)
    select([c, i > 0], [u, 2**63], u)
    select([c, i > 0], [i, 300], -300)
    select([c, i > 0], [i, 2**63], i)
    ldexp(b, 2147483647)
    ldexp(a, -2147483648)
    ldexp(x, 2147483648)
    ldexp(2.5, k * 2**40)
    ldexp(a, True)
    full((2, 2), [1, 2])
    full_like(a, [1, 2, 3])
    reshape([1, 2, 3, 4], (2, 2))
    reshape([1, 2, 3, 4], [2, 2])
    transpose([[1, 2], [3, 4]])
    broadcast_to([1, 2], (2, 2))
    array([[1, 2], [3, 4]]).T
    array([1, 2, 3])[1:]
    array([1, 2, 3])[::-1] * b
    flip([1, 2, 3])
    copysign(b, [1, -1, 1])
    sin([0.5, 1.0])
    tril([[1, 2], [3, 4]])
    [x, 2*x, k]
    [[x, 1], [2, k]]
    [[1, 2, 3], [k, k, k]]
    [k, q]
    [s, 1]
    [s, t]
    [t, True]
    [pi, -pi/2, inf]
    array([x, k], dtype=int8)
    array([b, b + 1])
    array([b, [1, 2, 3]])
    array([a, -a, a*2])
    array([a[0], a[1]]).sum(axis=0)
    sum(array([a, a*a]), axis=0)
    array([sum(a), max(a)])
    [1, 2, 3], [4.5]
    [1, 2][0]
    [[1, 2], [3, 4]][1][0] + a
    b if k > 5 else [1, 2, 3]
    b + ([1, 2, 3] if q else [4, 5, 6])
    c and [True, True, False]
    b if array(False) else [7, 8, 9]
""".strip().split("\n")
REFUSED = """
    array([[1, 2], [3]])
    array([1, [2]])
    array([1, 300], dtype=int8)
    array([-1], dtype=uint8)
    array([300.7], dtype=int8)
    array([inf], dtype=int8)
    a + [1, 2]
    a + [[1, 2], [3]]
    2.5 * [1, 2]
    [1, 2] + 3
    -[1, 2]
    [1, 2] < 3
    array([1, 2], ndmin=100)
    sum(a, where=[True, False])
    sum(a, where=[[[True]], [[False]]])
    select([c, i > 0], [u, -7], u)
    select([c, i > 0], [u, 7], u)
    select([c, i > 0], [u, k], u)
    select([c, i > 0], [u, 2**64], u)
    select([c, i > 0], [u, u], 2**64)
    select([[1, 0, 1]], [b])
    ldexp(b, 2147483648)
    ldexp(a, -2147483649)
    ldexp(u, 2**31)
    ldexp(a, k * 2**40)
    ldexp(a, 2**63)
    ldexp(a, 10**40)
""".strip().split("\n")


@pytest.fixture(scope="module")
def session():
    with fuseval.Session(threads=2) as session:
        yield session


def same(got, expected):
    got, expected = (part if isinstance(part, tuple) else (part,) for part in (got, expected))
    for one, other in zip(got, expected, strict=True):
        one, other = np.asarray(one), np.asarray(other)
        assert (one.dtype, one.shape) == (other.dtype, other.shape)
        assert np.allclose(one, other, 1e-12 if one.dtype == np.float64 else 1e-6, 0)


@pytest.mark.parametrize("text", [text.strip() for text in TEXTS])
def test_lists_are_numpys_arrays(session, text):
    same(session.evaluate(text, INPUTS), execute(text, INPUTS))


@pytest.mark.parametrize("text", [text.strip() for text in REFUSED])
def test_lists_that_numpy_refuses(session, text):
    with pytest.raises(Exception) as expected:
        execute(text, INPUTS)
    assert not isinstance(expected.value, (SyntaxError, NameError))
    with pytest.raises(fuseval.FusevalError) as refused:
        session.evaluate(text, INPUTS)
    assert refused.value.code != "INTERNAL"


def answer(evaluate):
    result = evaluate()
    return [np.array(part) for part in (result if isinstance(result, tuple) else (result,))]


@pytest.mark.parametrize("device", ["cudasim", "ranks"])
def test_devices_and_ranks_have_the_same_bits(session, device):
    other = session if device == "cudasim" else RankedSession(session, np.random.default_rng(5))
    for text in ("a + [1, 2, 3]", "sum(a * [1, 2, 3], axis=1)", "[[x, 1], [2, k]]", "array([a, -a])", "[1, 2, 3], a*[[10], [20]]",
                 "i ** [1, 2, 3]"):
        expected = answer(lambda: session.evaluate(text, INPUTS))
        assert difference(expected, answer(lambda: other.evaluate(text, INPUTS, device=device))) == "", text


def test_lists_of_other_numbers_share_their_code():
    with fuseval.Session(threads=1) as session:
        session.evaluate("a * [1.5, 2, 3] + [4, 5, 6]", INPUTS)
        compiled = session.counters().kernels_compiled
        got = session.evaluate("a * [7, 8.5, 9] + [1, 2, 0]", INPUTS)
        assert session.counters().kernels_compiled == compiled
        assert np.array_equal(got, INPUTS["a"] * [7, 8.5, 9] + [1, 2, 0])


def test_a_long_list_is_one_operand():
    numbers = [k * 0.5 for k in range(5000)]
    text = f"sum({numbers} * b) + {numbers[7]}"
    with fuseval.Session(threads=1) as session:
        assert session.evaluate(text, {"b": np.ones(5000)}) == sum(numbers) + 3.5
        assert session.counters().kernels_compiled <= 3
