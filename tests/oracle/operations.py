"""The operations that random programs are made of: how each is written, and what it needs.

A Form is one way to write one operation. `needs` are the binding strengths that the operands must have to stand in the
template without parentheses, `strength` is that of the whole: Python's precedence, from 1 (conditional) to 15 (atom).
"""

from dataclasses import dataclass

UNARY = """
    abs absolute fabs sign square sqrt reciprocal floor ceil trunc rint fix round isnan isinf isfinite isposinf isneginf
    signbit spacing exp log sin cos tan arcsin arccos arctan tanh asin acos atan degrees radians deg2rad rad2deg
    logical_not bitwise_count invert bitwise_not bitwise_invert negative positive nan_to_num real imag conj conjugate
    ones_like zeros_like copy array asarray frexp modf around angle
""".split()
BINARY = """
    add subtract multiply divide true_divide floor_divide remainder mod fmod divmod power pow float_power copysign
    nextafter ldexp arctan2 atan2 hypot heaviside maximum minimum fmax fmin gcd lcm equal not_equal less less_equal greater
    greater_equal logical_and logical_or logical_xor bitwise_and bitwise_or bitwise_xor left_shift right_shift
    bitwise_left_shift bitwise_right_shift full_like
""".split()
INFIX = {"or": 2, "and": 3, "<": 5, "<=": 5, ">": 5, ">=": 5, "==": 5, "!=": 5, "|": 6, "^": 7, "&": 8, "<<": 9,
         ">>": 9, "+": 10, "-": 10, "*": 11, "/": 11, "//": 11, "%": 11}
REDUCTIONS = "sum prod min max amin amax mean var std any all argmin argmax count_nonzero ptp norm".split()
REDUCTION_METHODS = "sum prod min max mean var std any all argmin argmax".split()
CASTS = "int8 int16 int32 int64 uint8 uint16 uint32 uint64 float32 float64 bool_".split()
VIEWS = ("subscript newaxis transpose .T swapaxes moveaxis expand_dims squeeze broadcast_to flip reshape ravel "
         ".reshape .ravel .transpose").split()
PLAIN_VIEWS = ("fliplr flipud permute_dims matrix_transpose atleast_1d atleast_2d atleast_3d diagonal tril triu "
               "trace").split()
CREATION = "arange linspace zeros ones full eye identity tri indices".split()
ATOM, CONDITIONAL = 15, 1


@dataclass(frozen=True)
class Form:
    name: str      # the row of the coverage table
    template: str  # {0}, {1}, …: operands; {x}: options that the generator fills in
    needs: tuple
    strength: int = ATOM
    special: str = ""  # "reduction", "view", "cast", "creation", "condition" …: how the generator completes the template


def _forms():
    for name in UNARY:
        yield Form(name, f"{name}({{0}})", (1,))
    for name in BINARY:
        yield Form(name, f"{name}({{0}}, {{1}})", (1, 1))
    for sign, p in INFIX.items():
        tight = p + 1
        yield Form(sign, f"{{0}} {sign} {{1}}", (tight if p == 5 else p, tight), p)
    yield Form("**", "{0}**{1}", (14, 12), 13)
    for sign in "-+~":
        yield Form(f"{sign}a", f"{sign}{{0}}", (12,), 12)
    yield Form("not", "not {0}", (4,), 4)
    yield Form("a<b<=c", "{0} < {1} <= {2}", (6, 6, 6), 5)
    yield Form("a==b!=c", "{0} == {1} != {2}", (6, 6, 6), 5)
    yield Form("if else", "{1} if {0} else {2}", (2, 2, 1), CONDITIONAL)
    yield Form("if number", "{0} if {x} else {1}", (2, 1), CONDITIONAL, special="condition")
    yield Form("if number else error", "{0} if {x} else 1/0", (2,), CONDITIONAL, special="condition")
    yield Form("number and", "({x}) and {0}", (4,), 3, special="condition")
    yield Form("number or", "({x}) or {0}", (3,), 2, special="condition")
    yield Form("number<a", "{x} < {0}", (6,), 5, special="number")
    yield Form("where", "where({0}, {1}, {2})", (1, 1, 1))
    yield Form("clip", "clip({0}, {1}, {2})", (1, 1, 1))
    yield Form("fma", "fma({0}, {1}, {2})", (1, 1, 1))
    yield Form("select", "select([{0} > 0, {1} != 2], [{2}, {3}], {4})", (6, 6, 1, 1, 1))
    yield Form("round(,n)", "round({0}, {x})", (1,), special="decimals")
    yield Form("np.", "np.add({0}, {1})", (1, 1))
    for name in REDUCTIONS:
        yield Form(name, f"{name}({{0}}{{x}})", (1,), special="reduction")
    for name in REDUCTION_METHODS:
        yield Form(f".{name}", f"{{0}}.{name}({{x}})", (ATOM,), special="reduction")
    for name in CASTS:
        yield Form(name, f"{name}({{0}})", (1,))
    yield Form(".astype", "{0}.astype({x})", (ATOM,), special="cast")
    for name in VIEWS:
        method = name.startswith(".") or name in ("subscript", "newaxis")
        yield Form(name, "{x}", (ATOM if method else 1,), special="view")
    for name in PLAIN_VIEWS:
        yield Form(name, f"{name}({{0}})", (1,))
    yield Form(".flatten", "{0}.flatten()", (ATOM,))
    yield Form("astype", "astype({0}, {x})", (1,), special="cast")
    for name in ("dot", "vdot", "inner"):  # of vectors; matrices come later
        yield Form(name, f"{name}(ravel({{0}}), ravel({{0}}))", (1,))
    for name in CREATION:
        yield Form(name, "{x}", (), special="creation")


FORMS = list(_forms())
