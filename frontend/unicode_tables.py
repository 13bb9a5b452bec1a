"""Writes unicode_tables.inc from Python's unicodedata:  python3 unicode_tables.py > unicode_tables.inc

Names are compared byte by byte, where Python compares their NFKC forms. So that a text never means something else than
in Python, code points that NFKC changes, or that may combine with the one before them, are not in the tables: a text
that uses one gets an error. U+00B7 (middle dot) is left out too: who types it means a product.
"""

import sys
import unicodedata

EVERY = [chr(c) for c in range(0x80, 0x110000) if not 0xD800 <= c < 0xE000]


def combining_seconds():
    seconds = set(map(chr, [*range(0x1161, 0x1176), *range(0x11A8, 0x11C3)]))  # Hangul vowels and finals
    for c in EVERY:
        parts = unicodedata.decomposition(c).split()
        if len(parts) == 2 and not parts[0].startswith("<"):
            seconds.add(chr(int(parts[1], 16)))
    return seconds


def ranges(predicate, bridge=lambda c: False):
    """Ranges of code points for which predicate holds; `bridge` ones may be swallowed between two."""
    found, first, last = [], None, None
    for c in EVERY:
        if predicate(c):
            if first is None:
                first = ord(c)
            last = ord(c)
        elif first is not None and not bridge(c):
            found.append((first, last))
            first = None
    if first is not None:
        found.append((first, last))
    return found


def emit(name, table):
    print(f"constexpr CodeRange {name}[] = {{")
    line = "   "
    for first, last in table:
        item = f" {{0x{first:x}, 0x{last:x}}},"
        if len(line) + len(item) > 120:
            print(line)
            line = "   "
        line += item
    print(line)
    print("};")


def main():
    seconds = combining_seconds()
    stable = lambda c: unicodedata.normalize("NFKC", c) == c and c not in seconds and c != "\u00b7"
    start = lambda c: c.isidentifier() and stable(c)
    extra = lambda c: ("a" + c).isidentifier() and not c.isidentifier() and stable(c)
    unassigned = lambda c: unicodedata.category(c) == "Cn"
    print(f"// Made by unicode_tables.py from Unicode {unicodedata.unidata_version}; not edited by hand.")
    emit("name_starts", ranges(start))
    emit("name_extras", ranges(extra))
    emit("wide_characters", ranges(lambda c: unicodedata.east_asian_width(c) in "WF" and not unassigned(c), unassigned))
    emit("zero_width_characters", ranges(lambda c: unicodedata.category(c) in ("Mn", "Me"), unassigned))


if __name__ == "__main__":
    sys.exit(main())
