"""The random programs know every function that a text can call: read from the tables that the front end is made of."""

import re
from pathlib import Path

from operations import FORMS

ROOT = Path(__file__).resolve().parents[2]


def operations():
    """Names and aliases in ops.def of the operations that a text can call."""
    rows = re.findall(r'^FUSEVAL_OP\((\w+),\s*"([^"]*)"', (ROOT / "ir" / "ops.def").read_text(), re.MULTILINE)
    return {name for op, aliases in rows if aliases != "." for name in (op, *aliases.split())}


def functions():
    """Names in the tables of functions that are made of several operations."""
    return {name for path in (ROOT / "frontend").glob("functions_*.cpp")
            for name in re.findall(r'^\s*\{"(\w+)", "[^"]*", \w+\},', path.read_text(), re.MULTILINE)}


def test_every_function_is_in_a_form():
    known = {word for form in FORMS for word in re.findall(r"\w+", form.template + " " + form.name)}
    assert len(operations()) > 70 and len(functions()) > 70
    assert sorted((operations() | functions()) - known) == []
