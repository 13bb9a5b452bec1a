"""Writes unicode_tables.inc from Python's unicodedata:  python3 unicode_tables.py > unicode_tables.inc

The tables have the code points of Python's identifiers, without U+00B7 (middle dot) and U+0387, which NFKC maps to it: an
author who types a middle dot means a product.
"""

import sys
import unicodedata

from c_table import emit

EVERY = [chr(c) for c in range(0x80, 0x110000) if not 0xD800 <= c < 0xE000]


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


def emit_ranges(table, found):
    emit("CodeRange", table, (f"{{0x{first:x}, 0x{last:x}}}" for first, last in found))


def main():
    extra = lambda c: ("a" + c).isidentifier() and not c.isidentifier() and c not in "\u00b7\u0387"
    unassigned = lambda c: unicodedata.category(c) == "Cn"
    print(f"// Made by unicode_tables.py from Unicode {unicodedata.unidata_version}; not edited by hand.")
    emit_ranges("name_starts", ranges(str.isidentifier))
    emit_ranges("name_extras", ranges(extra))
    emit_ranges("wide_characters", ranges(lambda c: unicodedata.east_asian_width(c) in "WF" and not unassigned(c), unassigned))
    emit_ranges("zero_width_characters", ranges(lambda c: unicodedata.category(c) in ("Mn", "Me"), unassigned))


if __name__ == "__main__":
    sys.exit(main())
