"""Random typed programs, grown around the cell of the coverage table that has been hit least.

Every sub-expression is evaluated under NumPy while it is built, so shapes, dtypes and errors are known: most programs are
valid, and a few end at their first error, which fuseval must report too.
"""

import re
from dataclasses import dataclass, field

import numpy as np

from operations import ATOM, CASTS, FORMS, REDUCTIONS, Form
from prelude import execute
from values import DTYPES, LARGE_SHAPES, LAYOUTS, SHAPES, arrange, random_values

COMPUTED = {np.dtype(name) for name in DTYPES}
NAMES = list("abcdfghijklmnopqrstuvwxyz")  # no e: it is a constant
TABLES = ("dtype", "layout")
BY_NAME = {form.name: form for form in FORMS}


@dataclass
class Node:
    """One operation, a bound name or a literal (form None)."""

    form: Form | None
    template: str
    children: list = field(default_factory=list)
    strength: int = ATOM
    dtype: str = ""  # of the value; "" for a Python scalar, a tuple, or what is not known

    def render(self):
        if self.form is None:
            return self.template
        parts = []
        for child, need in zip(self.children, self.form.needs):
            text = child.render()
            parts.append(text if child.strength >= need else f"({text})")
        return self.template.format(*parts)

    def walk(self):
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass
class Input:
    value: object  # an array in its layout, a NumPy scalar, or a Python scalar (weak)
    layout: str


@dataclass
class Program:
    roots: list
    inputs: dict

    cell: tuple = ()  # the (form name, dtype, layout) that it was grown around

    @property
    def text(self):
        return ", ".join(root.render() for root in self.roots)

    @property
    def used(self):
        """The inputs that the text names."""
        names = set(re.findall(r"(?<![\w.])[A-Za-z_]\w*", self.text))
        return {name: item for name, item in self.inputs.items() if name in names}

    @property
    def values(self):
        return {name: item.value for name, item in self.used.items()}


class Invalid(Exception):
    """NumPy rejects the expression."""


class Unwanted(Exception):
    """A dtype of a later version, or too much work."""


class Rejected(Exception):
    """Holds a node that is wrong on purpose: the program ends with it."""

    def __init__(self, node):
        super().__init__(node.render())
        self.node = node


class Generator:
    def __init__(self, rng, hits):
        self.rng = rng
        self.hits = hits  # table -> Counter of (form name, column)

    # -- choices ---------------------------------------------------------------------------------------------------------
    def chance(self, p):
        return self.rng.random() < p

    def pick(self, items):
        return items[int(self.rng.integers(len(items)))]

    def least_hit(self):
        """(form, dtype, layout): a row, and its least hit columns; a random one of the emptiest of some rows."""
        best, score = None, None
        for form in (self.pick(FORMS) for _ in range(12)):
            cells = {}
            for table, columns in zip(TABLES, (DTYPES, LAYOUTS)):
                counts = [self.hits[table][form.name, column] + self.hits["later"][form.name, column] +
                          self.rng.random() * 0.5 for column in columns]
                cells[table] = columns[int(np.argmin(counts))], min(counts)
            emptiest = min(count for _, count in cells.values())
            if score is None or emptiest < score:
                best, score = (form, cells["dtype"][0], cells["layout"][0]), emptiest
        return best

    # -- leaves ----------------------------------------------------------------------------------------------------------
    def shape(self, full):
        """A shape that broadcasts into the program's."""
        base = self.base
        if full or not base or self.chance(0.6):
            return base
        if self.chance(0.3):
            return ()
        kept = base[int(self.rng.integers(len(base))):]
        return tuple(1 if self.chance(0.25) else n for n in kept)

    def leaf(self, dtype=None, layout=None, full=False):
        dtype, layout = dtype or self.pick(DTYPES), layout or self.pick(LAYOUTS)
        value = arrange(random_values(self.rng, dtype, self.shape(full)), layout)
        return self.bind(Input(value, layout), dtype)

    def bind(self, item, dtype=""):
        name = NAMES[len(self.inputs)]
        self.inputs[name] = item
        return Node(None, name, dtype=dtype)

    def scalar(self):
        """A literal, or a weak scalar bound to a name."""
        if self.chance(0.3):
            value = self.pick([True, 2, -1, 0, 3, 0.5, -2.5, 1e300, 7, 100, float("nan"), float("inf")])
            return self.bind(Input(value, "weak"))
        text = self.pick("0 1 2 3 7 -1 -2 0x1F 1_000 300 0.5 2.0 -0.0 1e-3 1.5e3 pi e inf nan True False -0.5 0.3".split())
        strength = 12 if text.startswith("-") else ATOM
        return Node(None, text, strength=strength)

    def operand(self, dtype):
        draw = self.rng.random()
        if draw < 0.15:
            return self.scalar()
        if draw < 0.3 and self.known:
            return self.pick(self.known)
        return self.leaf(dtype if self.chance(0.6) else None)

    def operands(self, form, dtype):
        """All operands but the first."""
        if form.name == "select":  # NumPy's select casts Python scalars in ways of its own
            return [self.leaf() for _ in form.needs[1:]]
        return [self.operand(dtype) for _ in form.needs[1:]]

    # -- values ----------------------------------------------------------------------------------------------------------
    def value(self, node):
        try:
            value = execute(node.render(), {name: item.value for name, item in self.inputs.items()})
        except Exception as error:
            raise Invalid(str(error)) from error
        for part in value if isinstance(value, tuple) else (value,):
            part = np.asarray(part)
            if part.dtype not in COMPUTED:
                raise Unwanted(str(part.dtype))
            if part.size > 40000 or part.ndim > 8:
                raise Unwanted("too large")
        if isinstance(value, (np.ndarray, np.generic)):
            node.dtype = value.dtype.name
        return value

    # -- operations ------------------------------------------------------------------------------------------------------
    def apply(self, form, children):
        node = Node(form, form.template, children, form.strength)
        if form.special:
            node.template = form.template.replace("{x}", self.completion(form, children))
        return node

    def completion(self, form, children):
        if form.special == "cast":
            return self.pick(CASTS)
        if form.special == "decimals":
            return str(self.pick([0, 1, 2, 3, -1]))
        if form.special == "creation":
            return self.creation(form.name)
        if form.special == "condition":
            return self.condition(2)
        if form.special == "number":
            return f"{self.number(1)} {self.pick(['<', '<=', '!='])} {self.number(1)}"
        value = np.asarray(self.value(children[0])) if children else None
        if form.special == "reduction":
            options = self.reduction_options(form.name.lstrip("."), value.ndim)
            return (", " if options and not form.name.startswith(".") else "") + ", ".join(options)
        return self.rearranged(form.name, value.shape)

    # -- conditions over Python's numbers ----------------------------------------------------------------------------------
    def number(self, depth):
        """Arithmetic of weak scalars, literals and what is known of an array, as text."""
        draw = self.rng.random()
        if depth and draw < 0.4:
            operator = self.pick("+ - * / // % & | ^".split())
            return f"({self.number(depth - 1)} {operator} {self.number(depth - 1)})"
        weak = [name for name, item in self.inputs.items() if item.layout == "weak"]
        if draw < 0.5 and weak:
            return self.pick(weak)
        if draw < 0.75 and len(self.inputs) < len(NAMES) - 5:
            return self.bind(Input(self.pick([True, False, 0, 1, 2, 3, -1, 7, 0.0, 0.5, -2.5, 2.0**53]), "weak")).template
        arrays = [name for name, item in self.inputs.items() if isinstance(item.value, np.ndarray)]
        if draw < 0.85 and arrays:
            return self.pick(arrays) + self.pick([".ndim", ".size"])
        return self.pick("0 1 2 3 0.5 True 9007199254740993".split())

    def condition(self, depth):
        draw = self.rng.random()
        if depth and draw < 0.3:
            return f"({self.condition(depth - 1)} {self.pick(['and', 'or'])} {self.condition(depth - 1)})"
        if draw < 0.4:
            return f"(not {self.number(1)})"
        signs = "< <= > >= == !=".split()
        if draw < 0.75:
            return f"{self.number(1)} {self.pick(signs)} {self.number(1)}"
        if draw < 0.85:
            return f"{self.number(0)} {self.pick(signs)} {self.number(0)} {self.pick(signs)} {self.number(1)}"
        return self.number(1) if self.chance(0.9) else "None"

    def axis(self, ndim):
        axis = int(self.rng.integers(ndim))
        return axis - ndim if self.chance(0.4) else axis

    def reduction_options(self, name, ndim):
        options = []
        several = False
        if ndim and self.chance(0.7):
            several = name not in ("argmin", "argmax") and ndim > 1 and self.chance(0.25)
            if several:
                axes = self.rng.permutation(ndim)[:2]
                options.append(f"axis=({int(axes[0])}, {int(axes[1])})")
            else:
                options.append(f"axis={self.axis(ndim)}")
        if self.chance(0.3):
            options.append("keepdims=True")
        if name in ("var", "std") and self.chance(0.4):
            options.append("ddof=1")
        if name in ("sum", "prod", "mean", "any", "all", "var", "std") and self.chance(0.15):
            mask = self.leaf("bool", full=True)
            options.append(f"where={mask.template}")
        if name in ("sum", "prod") and self.chance(0.15):
            options.append(f"dtype={self.pick(['float32', 'float64', 'int64', 'int32'])}")
        if name in ("sum", "prod", "max", "min") and self.chance(0.1):
            options.append(f"initial={self.pick(['0', '1', '2', '-1'])}")
        if name == "norm" and self.chance(0.7) and (ndim == 1 or options and options[0].startswith("axis=") and not several):
            options.insert(0, f"ord={self.pick(['1', '2', '2.0', '3', '0.5', '0', 'inf', '-inf', '-1'])}")
        return options

    def item(self, extent):
        """One subscript for an axis."""
        draw = self.rng.random()
        if draw < 0.15 and extent:
            return str(int(self.rng.integers(-extent, extent)))
        if draw < 0.35:
            return ":"
        bound = lambda: "" if self.chance(0.4) else str(int(self.rng.integers(-extent - 1, extent + 2)))
        step = self.pick(["", "", ":2", ":-1", ":3", ":-2", ":"])
        return f"{bound()}:{bound()}{step}"

    def rearranged(self, name, shape):
        ndim = len(shape)
        if name == "subscript":
            items = [self.item(n) for n in shape[:int(self.rng.integers(1, ndim + 1))]] if ndim else ["..."]
            if ndim > 1 and self.chance(0.2):
                items = ["...", self.item(shape[-1])]
            return "{0}[" + ", ".join(items) + "]"
        if name == "newaxis":
            return "{0}[" + self.pick(["newaxis", "None", "..., newaxis", "newaxis, ...", "newaxis, ..., None"]) + "]"
        if name in (".T", "ravel", ".ravel", "transpose", ".transpose", "squeeze"):
            axes = ", ".join(str(int(a)) for a in self.rng.permutation(ndim))
            return {".T": "{0}.T", "ravel": "ravel({0})", ".ravel": "{0}.ravel()",
                    "transpose": f"transpose({{0}}, ({axes},))" if ndim and self.chance(0.6) else "transpose({0})",
                    ".transpose": f"{{0}}.transpose({axes})", "squeeze": "squeeze({0})"}[name]
        if name in ("swapaxes", "moveaxis"):
            first, second = (self.axis(ndim), self.axis(ndim)) if ndim else (0, 0)
            return f"{name}({{0}}, {first}, {second})"
        if name == "expand_dims":
            return f"expand_dims({{0}}, {self.axis(ndim + 1)})"
        if name == "flip":
            return f"flip({{0}}, {self.axis(ndim)})" if ndim and self.chance(0.6) else "flip({0})"
        if name == "broadcast_to":
            return f"broadcast_to({{0}}, {(2,) + tuple(shape)})"
        target = self.pick(["-1", f"({int(np.prod(shape, dtype=int))},)", f"{tuple(reversed(shape))}", "(1, -1)"])
        return f"reshape({{0}}, {target})" if name == "reshape" else f"{{0}}.reshape({target})"

    def creation(self, name):
        shape = tuple(self.base) if self.chance(0.7) else (3, 2)
        dtype = self.pick(["", "", ", dtype=float32", ", dtype=int32", ", dtype=bool_"])
        number = self.pick(["0", "2.5", "7", "-1"])
        last = shape[-1] if shape else 4
        start, step = int(self.rng.integers(-5, 5)), self.pick([1, 2, 3, -1])
        return {"arange": self.pick([f"arange({last})", f"arange({start}, {start + step * last}, {step})",
                                     f"arange({start}, {start + last * 0.5}, 0.5)", f"arange({last}, dtype=float32)"]),
                "linspace": self.pick([f"linspace({start}, 2, {last})", f"linspace(0, 1, {last}, endpoint=False)"]),
                "zeros": f"zeros({shape}{dtype})", "ones": f"ones({shape}{dtype})",
                "full": f"full({shape}, {number}{dtype})", "eye": self.pick([f"eye({last})", f"eye({last}, 3, 1)"]),
                "tri": f"tri({last})",
                "identity": f"identity({last})", "indices": self.pick([f"indices({shape})", f"indices({shape})[0]"]),
                }[name]

    # -- whole programs --------------------------------------------------------------------------------------------------
    def program(self):
        """A program around the least hit cell."""
        while True:
            cell = self.least_hit()
            try:
                return self.attempt(*cell)
            except Unwanted:
                self.hits["later"][cell[0].name, cell[1]] += 1

    def attempt(self, form, dtype, layout):
        self.base = self.pick(LARGE_SHAPES) if self.chance(0.04) else self.pick(SHAPES)
        self.inputs, self.known = {}, []
        cell = form.name, dtype, layout
        children = [self.leaf(dtype, layout, full=True)] if form.needs else []
        children += self.operands(form, dtype)
        node = self.apply(form, children)
        try:
            value = self.value(node)
        except Invalid:
            return Program([node], self.inputs, cell)
        if isinstance(value, tuple):
            return Program([node], self.inputs, cell)
        try:
            for _ in range(int(self.rng.integers(0, 5))):
                node = self.grown(node)
            roots = [node]
            while self.chance(0.12) and len(roots) < 3:
                roots.append(self.grown(self.grown(self.leaf())))
        except Rejected as rejected:
            roots = [rejected.node]
        return Program(roots, self.inputs, cell)

    def rebroadcast(self, node):
        """node beside a reduction of it that keeps its axes, which the engine runs row by row."""
        form = BY_NAME[self.pick(REDUCTIONS)]
        axis = f"axis={self.axis(np.ndim(self.value(node)))}, " if self.chance(0.9) else ""
        reduced = Node(form, form.template.replace("{x}", f", {axis}keepdims=True"), [node], form.strength)
        children = [node, self.apply(BY_NAME[self.pick(["sqrt", "exp", "-a"])], [reduced]) if self.chance(0.3) else reduced]
        if self.chance(0.3):
            children.reverse()
        return self.apply(BY_NAME[self.pick(["-", "/", "*", "+", "maximum", "<"])], children)

    def growth(self, node):
        """node inside one more operation; None where the pick does not suit it."""
        if self.chance(0.15) and np.ndim(self.value(node)):
            return self.rebroadcast(node)
        form = self.pick(FORMS)
        if not form.needs:
            return None
        children = [node] + self.operands(form, None)
        if self.chance(0.3) and not form.special and form.name != "select":
            children.reverse()
        return self.apply(form, children)

    def grown(self, node):
        """node inside one more operation, or node itself if none of a few tries is valid."""
        self.known.append(node)
        for _ in range(4):
            if len(self.inputs) > len(NAMES) - 6:
                return node
            candidate = None
            try:
                candidate = self.growth(node)
                if candidate is None:
                    continue
                if not isinstance(self.value(candidate), tuple):
                    return candidate
            except Invalid:
                if candidate is not None and self.chance(0.03):
                    raise Rejected(candidate) from None
            except Unwanted:
                pass
        return node
