"""Python's numbers among themselves and beside arrays, against Python's and NumPy's own: ints have any number of digits."""

import operator
import random

import numpy as np
import pytest

import fuseval_ctypes as fuseval
from prelude import execute

MAX_BITS = 4096  # frontend/integer.hpp
BINARY = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "//": operator.floordiv,
          "%": operator.mod, "**": operator.pow, "<<": operator.lshift, ">>": operator.rshift, "&": operator.and_,
          "|": operator.or_, "^": operator.xor, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
          "==": operator.eq, "!=": operator.ne}
UNARY = {"-": operator.neg, "+": operator.pos, "~": operator.invert}
WRITTEN = [str, hex, oct, bin, lambda n: f"{n:_}"]


class Limit(Exception):
    """An int that fuseval is to refuse for its size."""


def power(base, exponent):
    ints = isinstance(base, int) and isinstance(exponent, int)
    if ints and exponent >= 0 and abs(base) > 1 and (abs(base).bit_length() - 1) * exponent > MAX_BITS:
        raise Limit
    result = operator.pow(base, exponent)
    if isinstance(result, complex):
        raise ArithmeticError("complex")
    return result


def shift(function):
    def value(a, count):
        if function is operator.lshift and isinstance(a, int) and a != 0 and isinstance(count, int) and count > MAX_BITS:
            raise Limit
        return function(a, count)
    return value


EVALUATED = BINARY | {"**": power, "<<": shift(operator.lshift), ">>": shift(operator.rshift)}


def checked(value):
    if isinstance(value, int) and value.bit_length() > MAX_BITS:
        raise Limit
    return value


class Trees:
    """Random expressions: (text, value), where an exception takes the place of a value that there is not."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def integer(self):
        bits = self.random.choice([1, 8, 53, 54, 55, 62, 63, 64, 65, 127, 128, 1023, 1024, 1025, 4095,
                                   self.random.randrange(1, 300), self.random.randrange(1, MAX_BITS)])
        near = (1 << bits) + self.random.choice([-1, 0, 1, 2, 3])
        number = self.random.choice([near, self.random.getrandbits(bits), self.random.randrange(10)])
        return min(number, (1 << MAX_BITS) - 1)

    def float(self):
        return self.random.choice([0.0, 0.5, 1.5, 2.0, 2.0 ** 53, 2.0 ** 63, 2.0 ** 64, 1e22, 1e23, 1e40, 1.7976931348623157e308,
                                   5e-324, self.random.uniform(-10, 10), self.random.uniform(0, 2.0 ** 70)])

    def leaf(self):
        if self.random.random() < 0.1:
            value = self.random.choice([True, False])
            return str(value), value
        if self.random.random() < 0.25:
            value = abs(self.float())
            return repr(value), value
        value = self.integer()
        return self.random.choice(WRITTEN)(value), value

    def tree(self, depth):
        if depth == 0:
            return self.leaf()
        if self.random.random() < 0.2:
            op, (text, value) = self.random.choice(list(UNARY)), self.tree(depth - 1)
            return f"({op}{text})", self.evaluate(UNARY[op], value)
        op = self.random.choice(list(BINARY))
        left, right = self.tree(depth - 1), self.leaf()
        if op in ("**", "<<", ">>") and self.random.random() < 0.8:
            small = self.random.randrange(-2, 70)
            right = f"({small})", small
        if self.random.random() < 0.5 and op not in ("**", "<<", ">>"):
            left, right = right, left
        return f"({left[0]} {op} {right[0]})", self.evaluate(EVALUATED[op], left[1], right[1])

    @staticmethod
    def evaluate(function, *operands):
        for operand in operands:
            if isinstance(operand, Exception):
                return operand
        try:
            return checked(function(*operands))
        except (Limit, ArithmeticError, ValueError, TypeError) as error:
            return error


@pytest.fixture(scope="module")
def session():
    with fuseval.Session(threads=1) as session:
        yield session


def outcome(session, text, inputs=None):
    try:
        return session.evaluate(text, inputs or {})
    except fuseval.FusevalError as error:
        assert error.code != "INTERNAL", f"{text}: {error}"
        return error


def test_expressions_of_numbers_are_pythons(session):
    trees, kinds = Trees(seed=1), {"value": 0, "error": 0, "limit": 0, "large": 0}
    for _ in range(12000):
        text, value = trees.tree(trees.random.choice([1, 1, 2, 3]))
        if isinstance(value, Exception):
            error = outcome(session, text)
            assert isinstance(error, fuseval.FusevalError), f"{text}: {error!r}, Python has {value!r}"
            assert (error.code == "LIMIT") == isinstance(value, Limit), f"{text}: {error}, Python has {value!r}"
            kinds["limit" if isinstance(value, Limit) else "error"] += 1
        elif isinstance(value, float):
            got = outcome(session, text)
            assert isinstance(got, np.ndarray) and got.dtype == np.float64, f"{text}: {got!r}, Python has {value!r}"
            assert got.tobytes() == np.float64(value).tobytes() or value != value, f"{text}: {got!r}, Python has {value!r}"
            kinds["value"] += 1
        else:  # compared in the text, because it may have any number of digits
            got = outcome(session, f"{text} == {value}")
            assert isinstance(got, np.ndarray) and got, f"{text}: {got!r}, Python has {value!r}"
            kinds["large" if value.bit_length() > 64 else "value"] += 1
    assert min(kinds.values()) > 100, kinds


def test_quotients_and_conversions_are_rounded_once(session):
    draw = random.Random(2)
    for _ in range(3000):
        difference = draw.choice([draw.randrange(-1080, -1010), draw.randrange(1015, 1030), draw.randrange(-60, 60)])
        bits = draw.choice([1, 2, 53, 64, 65, 200, 900])
        divisor = draw.getrandbits(bits) | 1 << (bits - 1) if difference > 0 else draw.getrandbits(bits - difference) | 1 << (bits - difference - 1)
        number = max(draw.getrandbits(max(divisor.bit_length() + difference, 1)), 1)
        for text, function in [(f"{number}/-{divisor}", lambda: number / -divisor), (f"float64({number})", lambda: float(number)),
                               (f"{number} * 1.0", lambda: number * 1.0)]:
            try:
                expected = np.float64(function()).tobytes()
            except OverflowError:
                expected = "VALUE"
            got = outcome(session, text)
            got = got.code if isinstance(got, fuseval.FusevalError) else got.tobytes()
            assert got == expected, text


def test_ints_and_floats_compare_exactly(session):
    draw = random.Random(3)
    for _ in range(300):
        real = draw.choice([2.0, -2.0]) ** draw.randrange(60, 1000) * draw.choice([1, 1 + 2.0 ** -52, 1.5])
        numbers = [int(real) + draw.choice([-1, 0, 1, 2 ** 60]) for _ in range(4)] + [10 ** 400, -10 ** 400]
        text = ", ".join(f"({number} {op} {real!r})" for number in numbers for op in ("<", "==", ">="))
        assert [part.item() for part in outcome(session, text)] == list(eval(text)), text
    for special in ("inf", "-inf", "nan"):
        text = ", ".join(f"(10**400 {op} {special}), ({special} {op} -(10**400))" for op in ("<", "==", "!=", ">="))
        assert [part.item() for part in outcome(session, text)] == list(eval(text, {"inf": float("inf"), "nan": float("nan")})), text


BESIDE_ARRAYS = [10 ** 40, -10 ** 40, 10 ** 400, 2 ** 63, 2 ** 64 - 1, 2 ** 64, -2 ** 63, -2 ** 63 - 1, 2 ** 1024 - 2 ** 970, 2 ** 1024 - 1]
FORMS = ["a + ({n})", "({n}) - a", "a * ({n})", "a / ({n})", "({n}) / a", "a // ({n})", "a % ({n})", "a ** ({n})", "({n}) ** a",
         "a < ({n})", "a <= ({n})", "({n}) < a", "a == ({n})", "a != ({n})", "maximum(a, {n})", "fmin({n}, a)", "hypot(a, {n})",
         "copysign(a, {n})", "where(a > 1, a, {n})", "where({n}, a, a)", "clip(a, 0, {n})", "clip(a, {n}, None)",
         "clip(a, -({n}), {n})", "select([a > 1], [{n}], 2)", "select([a > 1], [a], {n})", "nan_to_num(a, nan={n})",
         "full(2, {n}, dtype=a.dtype)", "full_like(a, {n})", "a & ({n})", "a << ({n})", "logical_and(a, {n})",
         "float_power(a, {n})", "arctan2(a, {n})", "sum(a, initial={n})", "max(a, initial={n})", "float64({n}) * a",
         "arange({n}, ({n}) + 3, dtype=float)"]
# fuseval has an answer where NumPy refuses.
MORE = {
    "bool": {"full(2, {n}, dtype=a.dtype)", "full_like(a, {n})", "a < ({n})", "a <= ({n})", "({n}) < a", "a == ({n})", "a != ({n})"},  # comparisons are exact, and full() is bool(n)
}


def same(got, expected):
    """To a unit in the last place for elementary functions of floats."""
    return got.dtype == expected.dtype and got.shape == expected.shape and np.allclose(got, expected, 1e-15, 0, equal_nan=True)


@pytest.mark.parametrize("dtype", ["bool", "int8", "int64", "uint8", "uint64", "float32", "float64"])
def test_large_ints_beside_arrays_are_numpys(session, dtype):
    a = np.array([0, 1, 2, 1], dtype)
    compared = 0
    for form in FORMS:
        for number in BESIDE_ARRAYS:
            text = form.format(n=number)
            got = outcome(session, text, {"a": a})
            try:
                expected = np.asarray(execute(text, {"a": a}))
            except Exception as error:
                expected = error
            if isinstance(got, fuseval.FusevalError) and got.code == "UNSUPPORTED":
                continue
            refused = isinstance(expected, Exception)
            if refused and form in MORE.get(dtype, ()):
                assert got.dtype == np.bool_ and (got == exact(form, number, a.tolist())).all(), text
                continue
            assert isinstance(got, Exception) == refused, f"{dtype}: {text}: {got!r}, NumPy has {expected!r}"
            assert refused or same(got, expected), f"{dtype}: {text}: {got!r}, NumPy has {expected!r}"
            compared += 1
    assert compared > 200


def exact(form, number, elements):
    return bool(number) if form.startswith("full") else [eval(form.format(n=number), {"a": int(x)}) for x in elements]


def test_an_int_is_a_float_where_one_is_needed(session):
    for text, value in [("sqrt(10**40)", 1e20), ("exp(-(10**30))", 0.0), ("hypot(3*10**40, 4*10**40)", 5e40), ("fabs(-(10**40))", 1e40),
                        ("10**40 / full((), 2**63)", 10**40 / 2.0 ** 63), ("float_power(10**40, 2)", 1e80)]:
        assert outcome(session, text) == pytest.approx(value, rel=1e-15), text
    assert outcome(session, "full(2, 2**63)").dtype == np.uint64


def test_slices_and_indices_take_large_ints_as_pythons(session):
    a = np.arange(10)
    for text in ["a[:10**400]", "a[-10**40:7]", "a[::10**40]", "a[::-(10**40)]", "a[10**40 - 10**40 + 3]", "a[10**40:]"]:
        assert (outcome(session, text, {"a": a}) == eval(text)).all(), text
    for text in ["a[10**40]", "a[-(2**64)]", "sum(a, axis=2**64)", "reshape(a, 2**70)", "a[2**63 - 1]"]:
        assert isinstance(outcome(session, text, {"a": a}), fuseval.FusevalError), text


def test_literals_and_results_beyond_the_bound_are_refused_at_once(session):
    for text in ["9" * 1234, "1" + "0" * 1_000_000, "0x" + "f" * 1025, "0b" + "1" * 4097, "2**4096", "10**10**10", "1 << 2**40",
                 "1 << 10**40", "(2**4095)*2", "-(2**4095) - 2**4095 - 1 - 2**4095", "7**(10**400)"]:
        error = outcome(session, text)
        assert isinstance(error, fuseval.FusevalError) and error.code == "LIMIT", f"{text[:40]}: {error!r}"
    for text in [f"{10**1233 - 1} > 0", "0x" + "0" * 5000 + "ff == 255", "0b" + "1" * 4096 + " == 2**4095 - 1 + 2**4095", "0**(10**40) == 0",
                 "(-1)**(10**40 + 1) == -1", "0 << 10**40 == 0", "-5 >> 10**40 == -1", "2**4095 >> 4095 == 1", "-(2**4095)*2 + 2**4095 < 0"]:
        got = outcome(session, text)
        assert isinstance(got, np.ndarray) == (text != "-(2**4095)*2 + 2**4095 < 0"), f"{text[:40]}: {got!r}"
        assert isinstance(got, fuseval.FusevalError) or got, text[:40]


def test_a_text_of_many_large_ints_takes_bounded_work(session):
    text = "+".join(["n*n%m//7 - n*n"] * 3000).replace("n", f"{10**54 + 7}").replace("m", f"{10**99 + 1}") + " < 0"
    assert len(text) < 1 << 20 and outcome(session, text)
    text = "+".join(["(2**2047-1)*(2**2047+1)%(2**2040+1)"] * 3000) + " > 0"
    assert outcome(session, text)


def test_ints_that_change_from_call_to_call_meet_large_ones_exactly(session):
    program = session.compile("n < 10**40, x < 10**22 + 1, x < 10**400, n*10**30 // 10**30, less(n, 10**40), greater(10**40, x)", {"n": 1, "x": 1.0})
    for n, x in [(1, 1.0), (-5, 1e22), (2 ** 62, 1e23), (7, float("inf"))]:
        got = program.run([n, x])
        assert [part.item() for part in got] == [n < 10 ** 40, x < 10 ** 22 + 1, x < 10 ** 400, n, n < 10 ** 40, 10 ** 40 > x], (n, x)


def test_floats_become_elements_of_integer_dtypes_as_pythons_ints(session):
    a = np.array([1, 2, 3])
    program = session.compile("sum(a, initial=x)", {"a": a, "x": 1.0})
    plans = session.counters().plans_made
    for x in [2.7, -2.7, 0.0, 9.2e18, -2.0 ** 63]:
        assert program.run([a, x]) == np.sum(a, initial=x), x
    for x in [float("inf"), float("-inf"), float("nan"), 2.0 ** 63, -2.0 ** 63 - 2048]:
        with pytest.raises(fuseval.FusevalError) as raised:
            program.run([a, x])
        assert raised.value.code == "VALUE", x
    assert session.counters().plans_made <= plans + 1  # one for all values
