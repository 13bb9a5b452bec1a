"""Writes numpy_names.inc from the installed NumPy:  python numpy_names.py > numpy_names.inc

What this version lacks of these names is refused by that reason. tests/python/test_numpy_names.py says when the file is old.
"""

import sys

import numpy


def public(names):
    return sorted(name for name in names if not name.startswith("_"))


def emit(name, words):
    print(f"constexpr std::string_view {name}[] = {{")
    line = "   "
    for word in words:
        item = f' "{word}",'
        if len(line) + len(item) > 120:
            print(line)
            line = "   "
        line += item
    print(line)
    print("};")


def main():
    print(f"// Made by numpy_names.py from NumPy {numpy.__version__}; not edited by hand.")
    emit("numpy_names", public(dir(numpy)))
    emit("numpy_linalg_names", public(dir(numpy.linalg)))
    emit("ndarray_names", sorted(dir(numpy.ndarray)))


if __name__ == "__main__":
    sys.exit(main())
