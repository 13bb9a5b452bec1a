"""Tables of constants in C++, for the scripts that make .inc files."""


def emit(kind, name, items):
    """Prints `constexpr kind name[]` of the items, each a C++ initialiser, in lines of at most 120 columns."""
    print(f"constexpr {kind} {name}[] = {{")
    line = "   "
    for item in items:
        if len(line) + len(item) + 2 > 120:
            print(line)
            line = "   "
        line += f" {item},"
    print(line)
    print("};")
