"""What the library and the command say to users, who may be those of a host without Python."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|R"\((?P<raw>.*?)\)"|"(?P<plain>(?:[^"\\\n]|\\.)*)"|\'(?:[^\'\\]|\\.)\'', re.S)

# Literals that are about Python itself: where NVRTC is searched for, and operators that Python's lists have.
ABOUT_PYTHON = [
    r"Python's packages",
    r"`\{\}` \{\} in Python: .*",
    r"neither \{1\} nor \{2\} is an array, so `\{0\}` means Python's operator: .*",
    r"Python has no `\{\}` of \{\}: .*",
    r".*, as in Python\b.*",
]


def literals(path):
    for match in TOKEN.finditer(path.read_text()):
        text = match.group("raw") or match.group("plain")
        if text is not None:
            yield text


def mentions():
    """The literals that speak of Python, by file."""
    found = {}
    for folder in ("ir", "frontend", "codegen", "runtime", "engine", "include", "tools"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in {".c", ".h", ".cpp", ".hpp", ".inc"}:
                spoken = [text for text in literals(path) if "Python" in text]
                if spoken:
                    found[str(path.relative_to(ROOT))] = spoken
    return found


def test_messages_name_python_only_where_it_is_meant():
    wrong = [f"{path}: {text}" for path, texts in mentions().items() for text in texts
             if not any(re.fullmatch(known, text) for known in ABOUT_PYTHON)]
    assert wrong == []


def test_literals_are_read():
    assert mentions().get("runtime/cuda/library_search.cpp") == ["Python's packages"]
