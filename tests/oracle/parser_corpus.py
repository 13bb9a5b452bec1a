"""Writes tests/unit/frontend/python_corpus.inc: random expressions, and what CPython's own parser makes of them.

    python3 tests/oracle/parser_corpus.py > tests/unit/frontend/python_corpus.inc

The unit test parses the same texts with fuseval's parser and compares the trees, written as S-expressions; texts that
CPython refuses must be refused. Constructs that fuseval leaves out on purpose are not in the corpus.
"""

import ast
import random
import sys
import warnings

SEED = 20261121
BINARY = {"Add": "+", "Sub": "-", "Mult": "*", "Div": "/", "FloorDiv": "//", "Mod": "%", "Pow": "**", "MatMult": "@",
          "LShift": "<<", "RShift": ">>", "BitAnd": "&", "BitOr": "|", "BitXor": "^"}
UNARY = {"UAdd": "+", "USub": "-", "Invert": "~"}
COMPARE = {"Eq": "==", "NotEq": "!=", "Lt": "<", "LtE": "<=", "Gt": ">", "GtE": ">="}


class LeftOut(Exception):
    """The text uses something that fuseval does not have."""


def name_of(node):
    return type(node).__name__


def constant(value):
    if value is None or value is Ellipsis or isinstance(value, bool):
        return {None: "None", True: "True", False: "False"}.get(value, "...")
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return "%.17g" % value + "f"
    if isinstance(value, complex):
        return "%.17g" % value.imag + "j"
    if isinstance(value, str):
        return "s" + value.encode().hex()
    raise LeftOut


def items_of(index):
    return index.elts if isinstance(index, ast.Tuple) else [index]


def sexpr(node):
    join = lambda nodes: "".join(" " + sexpr(n) for n in nodes)
    match node:
        case None:
            return "_"
        case ast.Constant(value=value):
            return constant(value)
        case ast.Name(id=name):
            return name
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return f"(not {sexpr(operand)})"
        case ast.UnaryOp(op=op, operand=operand):
            return f"({UNARY[name_of(op)]} {sexpr(operand)})"
        case ast.BinOp(left=left, op=op, right=right):
            return f"({BINARY[name_of(op)]} {sexpr(left)} {sexpr(right)})"
        case ast.BoolOp(op=op, values=values):
            return f"({name_of(op).lower()}{join(values)})"
        case ast.Compare(left=left, ops=ops, comparators=others):
            if any(name_of(op) not in COMPARE for op in ops):
                raise LeftOut
            links = "".join(f" {COMPARE[name_of(op)]} {sexpr(other)}" for op, other in zip(ops, others))
            return f"(compare {sexpr(left)}{links})"
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return f"(if {sexpr(body)} {sexpr(test)} {sexpr(orelse)})"
        case ast.Call(func=func, args=args, keywords=keywords):
            if any(k.arg is None for k in keywords):
                raise LeftOut
            named = "".join(f" ({k.arg}= {sexpr(k.value)})" for k in keywords)
            return f"(call {sexpr(func)}{join(args)}{named})"
        case ast.Attribute(value=value, attr=attr):
            return f"(. {sexpr(value)} {attr})"
        case ast.Subscript(value=value, slice=ast.Tuple(elts=[only])) if not isinstance(only, ast.Tuple):
            return f"([] {sexpr(value)} {sexpr(only)})"
        case ast.Subscript(value=value, slice=index):
            return f"([] {sexpr(value)}{join(items_of(index))})"
        case ast.Slice(lower=lower, upper=upper, step=step):
            return f"(: {sexpr(lower)} {sexpr(upper)} {sexpr(step)})"
        case ast.Tuple(elts=elements):
            return f"(,{join(elements)})"
        case ast.List(elts=elements):
            return f"(list{join(elements)})"
    raise LeftOut


class Writer:
    """Writes random expressions, with no care for precedence: the parser under test has to have it."""

    def __init__(self, rng):
        self.rng = rng

    def atom(self):
        return self.rng.choice(["a", "b", "x1", "_c", "np", "αβ", "2", "0", "00", "1_000", "0x1F", "0o17", "0b101",
                                "0xdead_beef", "1.5", ".5", "3.", "1e3", "2E-3", "1_0.5e+1_0", "2j", "1.5J", "012.5",
                                "007j", "1e400", "1e-400", "True", "False", "None", "...", "'s'", '"t\\x41\\n"',
                                "'\\u00e9' r'\\d'", "'''q'r'''"])

    def blank(self):
        return self.rng.choice(["", "", "", " ", "  "])

    def word(self, text):
        return f" {text} "

    def item(self, depth):
        part = lambda: self.expression(depth) if self.rng.random() < 0.5 else ""
        kind = self.rng.randrange(4)
        if kind == 0:
            return f"{part()}:{part()}"
        if kind == 1:
            return f"{part()}:{part()}:{part()}"
        return self.expression(depth)

    def sequence(self, make, depth, least=0):
        parts = [make(depth) for _ in range(self.rng.randint(least, 3))]
        return ("," + self.blank()).join(parts) + (self.rng.choice(["", ","]) if parts else "")

    def arguments(self, depth):
        parts = [self.expression(depth) for _ in range(self.rng.randint(0, 2))]
        parts += [f"{k}={self.expression(depth)}" for k in self.rng.sample(["axis", "k", "dtype"], self.rng.randint(0, 2))]
        return ", ".join(parts) + (self.rng.choice(["", ","]) if parts else "")

    def expression(self, depth):
        if depth <= 0:
            return self.atom()
        kind = self.rng.randrange(16)
        inner = lambda: self.expression(depth - 1)
        if kind < 6:
            op = self.rng.choice([*BINARY.values(), "**", "**"])
            return f"{inner()}{self.blank()}{op}{self.blank()}{inner()}"
        if kind < 8:
            return f"{inner()}{self.blank()}{self.rng.choice(list(COMPARE.values()))}{self.blank()}{inner()}"
        if kind == 8:
            return inner() + self.word(self.rng.choice(["and", "or"])) + inner()
        if kind == 9:
            return self.rng.choice(["-", "+", "~", "not ", "--", "- ~"]) + inner()
        if kind == 10:
            return inner() + " if " + inner() + " else " + inner()
        if kind == 11:
            return self.rng.choice(["(", "(\n  "]) + inner() + self.rng.choice([")", " # why\n)"])
        if kind == 12:
            return f"{self.rng.choice(['f', 'np.sin', 'a.sum', '(f)'])}({self.arguments(depth - 1)})"
        if kind == 13:
            return f"{self.rng.choice(['a', 'b.T', 'f(x)', '(a)'])}[{self.sequence(self.item, depth - 1, 1)}]"
        if kind == 14:
            return f"({self.sequence(self.expression, depth - 1)})"
        return f"[{self.sequence(self.expression, depth - 1)}]" if self.rng.random() < 0.5 else inner() + ".T"


def mutate(rng, text):
    pieces = ["(", ")", "[", "]", ",", ":", "+", "-", "*", "**", "~", "not ", " if ", " else ", " and ", "==", "<", ".",
              " ", "1", "a", "'", "_", "e", "0", "=", "\n", "\\\n", "#"]
    for _ in range(rng.randint(1, 2)):
        at = rng.randrange(len(text) + 1)
        end = min(len(text), at + rng.choice([0, 0, 1, 1, 2, 4]))
        text = text[:at] + (rng.choice(pieces) if rng.random() < 0.7 else "") + text[end:]
    return text


def verdict(text):
    """The tree's S-expression, or "" where CPython has a syntax error; LeftOut for what fuseval does not have."""
    try:
        tree = ast.parse(text, mode="eval")
        compile(text, "<corpus>", "eval")  # finds repeated keywords
    except SyntaxError:
        return ""
    return sexpr(tree.body)


def main():
    warnings.simplefilter("ignore")
    rng = random.Random(SEED)
    writer = Writer(rng)
    found = {}
    accepted = refused = 0
    while accepted < 500 or refused < 250:
        text = writer.expression(rng.randint(1, 4))
        if rng.random() < 0.6:
            text = mutate(rng, text)
        if len(text) > 90 or text in found or text[:1] in (" ", "\n", "\\") or ")x" in text:
            continue
        try:
            found[text] = verdict(text)
        except LeftOut:
            continue
        accepted += found[text] != ""
        refused += found[text] == ""
    print("// Made by tests/oracle/parser_corpus.py, with CPython " + sys.version.split()[0] + "; not edited by hand.")
    for text, tree in found.items():
        print(f'{{R"x({text})x",\n R"x({tree})x"}},')


if __name__ == "__main__":
    main()
