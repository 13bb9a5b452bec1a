"""Writes numpy_shapes.inc: dtype and shape of what NumPy makes of texts, for bind_shapes_test.cpp.

Run it with NumPy 2 and redirect the output; the texts are in numpy_shapes.txt, the inputs those of the test."""
import pathlib
import warnings

import numpy as np

warnings.simplefilter("ignore")
INPUTS = {"a": np.ones((2, 3)), "b": np.ones(3, np.float32), "i": np.ones((2, 3), np.int32), "u": np.ones((2, 3), np.uint8),
          "m": np.ones((2, 3), bool), "z": np.ones((0, 3)), "s": np.ones((), np.float32), "t": np.ones((1, 3, 2)),
          "o": np.ones((1, 3, 1)), "k": 3, "x": 2.5}


def described(value):
    array = np.asarray(value)
    return f"{array.dtype}({', '.join(map(str, array.shape))}{',' if array.ndim == 1 else ''})"


print("// Written by numpy_shapes.py with NumPy " + np.__version__ + ".")
for text in pathlib.Path(__file__).with_suffix(".txt").read_text().splitlines():
    try:
        result = eval(text, {"np": np, "numpy": np, **vars(np)}, dict(INPUTS))
        what = " ".join(map(described, result if isinstance(result, tuple) else (result,)))
    except Exception:
        what = "error"
    print('{R"(' + text + ')", "' + what + '"},')
