"""The figures of README.md are those of docs/benchmarks.md, which `./dev bench` writes."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def rows(path):
    """The cells of every table row of a page."""
    for line in path.read_text().splitlines():
        if line.startswith("| "):
            yield [cell.strip() for cell in line.strip("|").split(" | ")]


def measured():
    """{(expression, contender): milliseconds} of the rows for 10^7 float64 elements and one thread."""
    header, medians = None, {}
    for cells in rows(ROOT / "docs" / "benchmarks.md"):
        if cells[:2] == ["expression", "threads"]:
            header = cells
        elif header and cells[0].endswith("`, float64, 10^7") and cells[1] == "1":
            for contender, figure in zip(header, cells):
                if found := re.match(r"([\d.]+) \(", figure):
                    medians[cells[0].removesuffix(", float64, 10^7"), contender] = float(found[1])
    return medians


def test_the_table_has_the_measured_times():
    medians, header, checked = measured(), None, 0
    for cells in rows(ROOT / "README.md"):
        if cells[:2] == ["expression", "fuseval"]:
            header = cells
        elif header and (cells[0], "fuseval") in medians:
            for contender, figure in zip(header[1:], cells[1:]):
                if figure == "—":
                    assert (cells[0], contender) not in medians
                else:
                    assert figure == f"{medians[cells[0], contender]:.1f} ms", (cells[0], contender)
                    checked += 1
    assert checked >= 15


def test_the_conditions_are_those_of_the_benchmark():
    readme, page = (ROOT / "README.md").read_text(), (ROOT / "docs" / "benchmarks.md").read_text()
    for contender in ("NumPy", "numexpr", "Numba"):
        version = re.search(rf"{contender} (\d[\d.]*\d)", page)[0]
        assert version in readme


def nanoseconds(text):
    value, unit = text.split()
    return float(value) * {"ns": 1, "µs": 1e3, "ms": 1e6}[unit]


def test_the_costs_of_calls_are_the_measured_ones():
    readme = (ROOT / "README.md").read_text()
    medians = [(cells[0], nanoseconds(cells[1])) for cells in rows(ROOT / "docs" / "benchmarks.md")
               if len(cells) == 4 and re.fullmatch(r"[\d.]+ (ns|µs|ms)", cells[1])]
    costs = [call - loop for (_, call), (what, loop) in zip(medians, medians[1:]) if what.startswith("the same as a C++ loop")]
    assert len(costs) == 4 and "a later call costs about 30 ns more than its loop" in readme and all(24 <= cost <= 36 for cost in costs)
    (first,) = [time for what, time in medians if what.startswith("new text to first result")]
    assert "A new text takes about 1 ms to its first result" in readme and 0.7e6 < first < 1.3e6
