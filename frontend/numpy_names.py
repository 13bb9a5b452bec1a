"""Writes numpy_names.inc from the installed NumPy:  python numpy_names.py > numpy_names.inc

What this version lacks of these names is refused by that reason. tests/python/test_numpy_names.py says when the file is old.
"""

import sys

import numpy

from c_table import emit


def public(names):
    return sorted(name for name in names if not name.startswith("_"))


def emit_names(table, names):
    emit("std::string_view", table, (f'"{name}"' for name in names))


def main():
    print(f"// Made by numpy_names.py from NumPy {numpy.__version__}; not edited by hand.")
    emit_names("numpy_names", public(dir(numpy)))
    emit_names("numpy_linalg_names", public(dir(numpy.linalg)))
    emit_names("ndarray_names", sorted(dir(numpy.ndarray)))


if __name__ == "__main__":
    sys.exit(main())
