"""The files of rejected programs and calls: how they are written, read, run and written again.

A file is blocks of lines with blank lines between. A block is one case:

    >>> a + b[None]                         the program; further lines begin with "... "
    given b = zeros((2, 2))                 inputs of this case, over those of the file
    with out=[zeros(3, int8)]               keywords of Session.evaluate (tests/oracle/fuseval_ctypes.py)
    error shape: shapes (2, 3) and (1, 2, 2) do not broadcast together
    1:1 | a + b[None]
        | ^~~~~~~~~~~

">>= " has a Python expression instead, for texts that cannot be read as they are ("(" * 201), and "call " an expression
that makes another call of the C ABI. Values are Python over NumPy and `tools` of calls.py. A block of `given` lines alone
holds for the rest of its file; lines that begin with # are remarks.
"""

from dataclasses import dataclass, field
from pathlib import Path

FOLDER = Path(__file__).resolve().parent


@dataclass
class Case:
    """One block that expects an error."""

    path: Path
    line: int
    setup: list  # the block's lines up to the expectation
    expected: str  # "" when it is missing
    shared: dict = field(default_factory=dict)  # given at the head of the file

    @property
    def name(self):
        return f"{self.path.stem}:{self.line}"

    def lines_of(self, keyword):
        return [line[len(keyword):] for line in self.setup if line.startswith(keyword)]

    @property
    def given(self):
        return self.shared | dict(pair(line) for line in self.lines_of("given "))


def pair(line):
    name, _, value = line.partition(" = ")
    return name.strip(), value


def is_expectation(line):
    return line.startswith("error ")


def blocks(path):
    """(number of the first line, lines) of each block."""
    block, first = [], 0
    for number, line in enumerate([*path.read_text().split("\n"), ""], 1):
        if line:
            first = first if block else number
            block.append(line)
        elif block:
            yield first, block
            block = []


def split(block):
    """(setup, expectation) of a block's lines."""
    at = next((k for k, line in enumerate(block) if is_expectation(line)), len(block))
    return block[:at], block[at:]


def cases_of(path):
    shared = {}
    for number, block in blocks(path):
        setup, expected = split(block)
        if all(line.startswith(("#", "given ")) for line in block):
            shared |= dict(pair(line[len("given "):]) for line in block if line.startswith("given "))
        else:
            yield Case(path, number, setup, "\n".join(expected), dict(shared))


def files():
    return sorted(FOLDER.glob("*.txt"))


def all_cases():
    return [case for path in files() for case in cases_of(path)]


def picture(error):
    """Code, message, place and carets as the files show them."""
    head = f"error {error.code.lower()}: {error.message}"
    if not error.caret:
        return head
    place = f"{error.line}:{error.column} | "
    source, carets = error.caret.split("\n")
    lines = [head, place + source, " " * (len(place) - 2) + "| " + carets]
    return "\n".join(line.rstrip(" ") for line in lines)


def write(path, expectations):
    """The file again, with what each case gave; expectations: by the number of the block's first line."""
    text = []
    for number, block in blocks(path):
        setup, expected = split(block)
        text.append("\n".join([*setup, expectations.get(number) or "\n".join(expected)]).rstrip("\n"))
    path.write_text("\n\n".join(text) + "\n")
