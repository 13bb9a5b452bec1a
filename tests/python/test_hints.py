"""Hints are for texts that are likely to be wrong: the project's own texts, in tests, examples and documents, have none."""

import re
from pathlib import Path

import fuseval_ctypes as fv

ROOT = Path(__file__).resolve().parents[2]
# Texts that are written for their hints (those of documents and of the command's tests: EXAMPLES), and random ones.
LEFT_OUT = {"hints_test.cpp", "test_hints.py", "c_abi_information_test.cpp", "header_uses.cpp", "python_corpus.inc"}
EXAMPLES = {"max(a, 3)", "min(i[0], -2)", "(a >= 1) & b > 1", "(a >= 1) & b > 1, max(b, 0)", "where((a >= 1) & b > 1, a, 0)", "max(a, 0)", "a == nan", "x^2", "a^2", "3,5*x"}
PROSE = {"10^6", "10^7", "1,2", "1,5", "1,99999999999999999999"}  # and lists on the command line
LITERAL = re.compile(r'''"((?:[^"\\\n]|\\.)+)"|'((?:[^'\\\n]|\\.)+)'|`([^`\n]+)`|^> (.+)$|^>>> (.+)$''', re.MULTILINE)


def texts():
    """Whatever is quoted somewhere, or typed at a prompt in a document."""
    found = set()
    for folder in ("tests", "examples", "docs", "bench"):
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in (".py", ".cpp", ".hpp", ".c", ".h", ".md", ".txt", ".1", ".inc") and path.name not in LEFT_OUT:
                for match in LITERAL.finditer(path.read_text(errors="ignore")):
                    found.add(next(filter(None, match.groups())))
    found |= {path.read_text() for path in (ROOT / "examples").glob("*.txt")}
    return found


def hints_of(text):
    try:
        return fv.lint(text)
    except fv.FusevalError:
        return None  # a file's name, a message, a text that is wrong on purpose


def test_no_other_text_of_the_project_has_a_hint():
    judged = {text: hints for text in texts() if (hints := hints_of(text)) is not None}
    assert len(judged) > 3000
    assert {text for text, hints in judged.items() if hints} - PROSE == EXAMPLES


def test_dtypes_and_bindings_count():
    import numpy as np
    mask, number = np.array([True]), np.array([1])
    assert [hint[:3] for hint in fv.lint("m & b > 1", {"m": mask, "b": number})] == [(0, 0, 9)]
    assert fv.lint("m & b > 1", {"m": number, "b": number}) == []
    assert fv.lint("a == nan", {"nan": 1.5}) == []
