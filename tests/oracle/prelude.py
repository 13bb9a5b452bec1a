"""The text of a program under NumPy 2: the same text, but for the forms that fuseval makes elementwise.

rewrite() changes exactly docs/language.md's departures: chained comparisons, and / or / not, and conditionals, where Python would
ask for an array's truth value; conditions that are Python's numbers are left to Python. execute() runs the result over NumPy
arrays or Envelopes.
"""

import ast
import math
import operator
import warnings

import numpy as np

import departures
from envelope import Cast, Envelope
from shapes import CREATION, created, full_like

FUNCTIONS = """
    absolute abs fabs sign square sqrt reciprocal floor ceil trunc rint isnan isinf isfinite signbit spacing exp log sin
    cos tan arcsin arccos arctan tanh asin acos atan arctan2 atan2 hypot degrees radians deg2rad rad2deg positive negative
    add subtract multiply divide true_divide floor_divide remainder mod fmod divmod power pow float_power copysign
    nextafter ldexp frexp modf heaviside maximum minimum fmax fmin gcd lcm equal not_equal less less_equal greater
    greater_equal logical_and logical_or logical_xor logical_not bitwise_and bitwise_or bitwise_xor invert bitwise_not
    bitwise_invert left_shift right_shift bitwise_left_shift bitwise_right_shift bitwise_count conjugate conj
    where clip round fix nan_to_num isposinf isneginf select real imag
    sum prod min max amin amax mean var std any all argmin argmax count_nonzero ptp
    transpose reshape ravel swapaxes moveaxis expand_dims squeeze broadcast_to flip copy diagonal
    fliplr flipud permute_dims matrix_transpose atleast_1d atleast_2d atleast_3d tril triu trace dot vdot inner
    ones_like zeros_like full_like around angle astype array asarray
""".split()
DTYPES = "int8 int16 int32 int64 uint8 uint16 uint32 uint64 float32 float64".split()
CONSTANTS = {"pi": math.pi, "e": math.e, "inf": math.inf, "nan": math.nan, "euler_gamma": np.euler_gamma,
             "newaxis": None}

warnings.filterwarnings("ignore", category=RuntimeWarning)  # fuseval has none


class _Elementwise(ast.NodeTransformer):
    """and, or, not, chained comparisons and conditionals become calls whose operands are functions: Python would evaluate
    only some of them, and _and and its kin below decide which."""

    def _call(self, name, *arguments):
        return ast.Call(ast.Name(name, ast.Load()), list(arguments), [])

    def _later(self, node):
        nothing = ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
        return ast.Lambda(nothing, node)

    def visit_BoolOp(self, node):
        self.generic_visit(node)
        name = "_and" if isinstance(node.op, ast.And) else "_or"
        return self._call(name, *map(self._later, node.values))

    def visit_UnaryOp(self, node):
        self.generic_visit(node)
        return self._call("_not", node.operand) if isinstance(node.op, ast.Not) else node

    def visit_IfExp(self, node):
        self.generic_visit(node)
        return self._call("_if", self._later(node.test), self._later(node.body), self._later(node.orelse))

    def visit_Compare(self, node):
        self.generic_visit(node)
        if len(node.ops) == 1:
            return node
        operators = [ast.Constant(COMPARISONS[type(op)]) for op in node.ops]
        return self._call("_compare", ast.List(operators, ast.Load()), *map(self._later, [node.left, *node.comparators]))


COMPARISONS = {ast.Eq: "eq", ast.NotEq: "ne", ast.Lt: "lt", ast.LtE: "le", ast.Gt: "gt", ast.GtE: "ge"}


def _is_array(value):
    """Its truth is not known before a program runs; NumPy's scalars are arrays of rank 0 here."""
    return isinstance(value, (np.ndarray, np.generic, Envelope))


def _chain(operands, stops, combine):
    """Python's `and` or `or` up to the first array, then element by element."""
    result = next(operands)
    for operand in operands:
        if _is_array(result):
            result = combine(result, operand())
        elif stops(result):
            return result
        else:
            result = operand()
    return result


def _and(first, *others):
    return _chain(iter([first(), *others]), lambda value: not value, np.logical_and)


def _or(first, *others):
    return _chain(iter([first(), *others]), bool, np.logical_or)


def _not(value):
    return np.logical_not(value) if _is_array(value) else not value


def _if(test, body, orelse):
    condition = test()
    if _is_array(condition):
        return np.where(condition, body(), orelse())
    return body() if condition else orelse()


def _compare(names, *operands):
    """Each operand is evaluated once, and not before the comparison that asks for it."""
    values = [operands[0]()]

    def pair(name, operand):
        def compare():
            values.append(operand())
            return getattr(operator, name)(*values[-2:])
        return compare

    return _and(*map(pair, names, operands[1:]))


def rewrite(text):
    tree = _Elementwise().visit(ast.parse(text, mode="eval"))
    return ast.unparse(ast.fix_missing_locations(tree))


def lifted(function):
    """Of Python numbers alone: gives an Envelope too, since a function's value may be soft."""

    def call(*arguments, **options):
        if arguments and all(isinstance(x, (bool, int, float)) for x in arguments):
            arguments = (Envelope(arguments[0]), *arguments[1:])
        return function(*arguments, **options)

    return call


def _namespace(envelopes):
    names = {name: lifted(getattr(np, name)) if envelopes else getattr(np, name) for name in FUNCTIONS} | CONSTANTS
    names["np"] = np
    names["norm"] = np.linalg.norm
    for name in DTYPES + ["bool_"]:
        names[name] = Cast(getattr(np, name)) if envelopes else getattr(np, name)
    for name in CREATION:
        names[name] = created(getattr(np, name)) if envelopes else getattr(np, name)
    if envelopes:  # NumPy's dispatch does not look at the fill value
        names["full_like"] = full_like
        names["array"] = names["asarray"] = names["copy"]
    names["full_like"] = departures.refusing_fills(names["full_like"])
    names["fma"] = _fused if envelopes else departures.fma
    return names | {"_and": _and, "_or": _or, "_not": _not, "_if": _if, "_compare": _compare}


def _fused(a, b, c):
    from elementwise import enclose, points, value_of
    return enclose(departures.fma(*map(value_of, (a, b, c))), *points(None, (a, b, c)), (a, b, c))


_PLAIN, _ENVELOPES = _namespace(False), _namespace(True)


def execute(text, inputs, envelopes=False):
    """The value of the text: Python scalars stay scalars, arrays become Envelopes if asked for."""
    bound = {name: Envelope(value) if envelopes and isinstance(value, (np.ndarray, np.generic)) else value
             for name, value in inputs.items()}
    with np.errstate(all="ignore"):
        return eval(compile(rewrite(text), "<program>", "eval"), {**(_ENVELOPES if envelopes else _PLAIN), **bound})
