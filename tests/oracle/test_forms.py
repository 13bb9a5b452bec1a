"""The random programs know every function that a text can call."""

import re

from fuseval_ctypes import words
from operations import FORMS

FUNCTIONS = 0


def test_every_function_is_in_a_form():
    known = {word for form in FORMS for word in re.findall(r"\w+", form.template + " " + form.name)}
    functions = words(FUNCTIONS)
    assert len(functions) >= 150
    assert sorted(set(functions) - known) == ["matmul"]  # test_products.py has it, with dot and inner of matrices
