"""Figures in docs/ that can change are those of the library and of the build."""

import re
from pathlib import Path

import fuseval_ctypes as fv
import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]


def default_limits():
    """{limit: default} of the table in docs/language.md."""
    table = (ROOT / "docs" / "language.md").read_text().split("## Limits\n")[1]
    return {cells[0]: cells[1] for line in table.splitlines() if len(cells := [cell.strip() for cell in line.strip("|").split("|")]) == 3}


def number(text):
    return eval(re.match(r"[\d ^]+", text)[0].strip().replace(" ", "").replace("^", "**"))


def beyond(limit, count):
    """A text that takes `count`, and its bindings."""
    return {
        "text": lambda: (" " * (count - 1) + "1", {}),
        "depth": lambda: ("(" * count + "1" + ")" * count, {}),
        "nodes": lambda: ("+".join(["a"] * (count // 2)) + "+-a", {"a": 1}),  # an odd number of names and operators, and two more
        "operands": lambda: ("+".join(f"a{k}" for k in range(count)), {f"a{k}": 1.0 for k in range(count)}),
        "dimensions": lambda: ("a[..., None]", {"a": np.zeros((1,) * (count - 1))}),
        "elements": lambda: (f"zeros({count})[0]", {}),
        "integers": lambda: (f"2**{count - 1} > 0", {}),
    }[limit]()


@pytest.mark.parametrize("limit, unit", [("text", 2**20), ("depth", 1), ("nodes", 1), ("operands", 1), ("dimensions", 1), ("elements", 1), ("integers", 1)])
def test_default_limits(limit, unit):
    most = number(default_limits()[limit]) * unit
    text, bindings = beyond(limit, most + 1)
    with pytest.raises(fv.FusevalError) as refused:
        fv.evaluate(text, bindings)
    assert str(refused.value).split(":")[0] in ("LIMIT", "MEMORY")
    if limit != "nodes":  # of which the text above takes a few more or less
        fv.evaluate(*beyond(limit, most))


def test_every_limit_is_tested():
    assert set(default_limits()) - {"limit", "---"} == {"text", "depth", "nodes", "operands", "dimensions", "elements", "integers", "memory, work, time"}


def test_what_a_build_from_sources_needs():
    """The first rows of docs/dependencies.md, as many as docs/installation.md says, are the packages that the library needs."""
    words = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
    count = words.index(re.search(r"what the first (\w+) rows of \[dependencies.md\]", (ROOT / "docs" / "installation.md").read_text())[1])
    rows = re.findall(r"^\| (`.*?) \| ", (ROOT / "docs" / "dependencies.md").read_text(), re.MULTILINE)[:count]
    named = {package for row in rows for package in re.findall(r"`(.*?)`", row)}
    listed = (ROOT / "packages.txt").read_text().split("[build]")[1].split("# the command")[0]
    assert named == {line for line in listed.splitlines() if line and line[0] != "#"} - {"util-linux", "pkgconf"}  # for ./dev and the plugins
