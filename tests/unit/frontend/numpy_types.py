"""Writes numpy_types.inc: what NumPy makes of every pair of operand types, for bind_typing_test.cpp.

Run it with NumPy 2 and redirect the output. A row is an expression over a and b and, for each type of a, for each type of
b, the letter of the result's dtype, or 'x' where NumPy raises."""
import warnings

import numpy as np

warnings.simplefilter("ignore")
DTYPES = "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float32 float64".split()
OPERANDS = [np.ones(2, dtype) for dtype in DTYPES] + [True, 3, 2.5]
LETTERS = {"bool": "?", "int8": "b", "int16": "h", "int32": "i", "int64": "l", "uint8": "B", "uint16": "H", "uint32": "I",
           "uint64": "L", "float16": "e", "float32": "f", "float64": "d"}
OPERATORS = "+ - * / // % ** << >> & | ^ == <".split()
BINARY = """hypot arctan2 copysign nextafter maximum fmin fmod gcd lcm ldexp heaviside float_power power remainder
floor_divide divide left_shift bitwise_and logical_xor equal less subtract""".split()
UNARY = """negative positive absolute fabs sign square sqrt reciprocal invert bitwise_count floor ceil trunc rint fix isnan
isfinite signbit spacing exp deg2rad logical_not real imag conj angle isposinf nan_to_num round sum prod min max mean var
any argmax count_nonzero ptp""".split()


def letter(text, **names):
    try:
        return LETTERS[str(np.asarray(eval(text, vars(np), names)).dtype)]
    except Exception:
        return "x"


def row(text, letters):
    print('{"' + text + '", "' + letters.replace("?", "\\?") + '"},')


print("// Written by numpy_types.py with NumPy " + np.__version__ + ".")
for text in [f"a {op} b" for op in OPERATORS] + [f"{name}(a, b)" for name in BINARY]:
    row(text, "".join(letter(text, a=a, b=b) for a in OPERANDS for b in OPERANDS))
for text in [f"{name}(a)" for name in UNARY]:
    row(text, "".join(letter(text, a=a) for a in OPERANDS))
