"""A failing program made smaller, and written down as a script of its own."""

import numpy as np

from compare import Mismatch
from generator import Input, Node, Program
from values import arrange


def fails(program, check, kind):
    """The message, if the program fails in the same way."""
    try:
        check(program)
    except Mismatch as mismatch:
        return str(mismatch) if mismatch.kind == kind else None
    except Exception:
        return None  # a smaller program that the oracle cannot judge is no witness
    return None


def replaced(node, target, replacement):
    if node is target:
        return replacement
    children = [replaced(child, target, replacement) for child in node.children]
    return Node(node.form, node.template, children, node.strength, node.dtype)


def smaller_trees(program):
    for root in program.roots:
        if len(program.roots) > 1:
            yield Program([root], program.inputs)
    for k, root in enumerate(program.roots):
        for node in root.walk():
            leaves = [Node(None, name) for name in program.inputs] if node.form is not None else []
            for smaller in node.children + leaves + ([Node(None, "1")] if node is not root else []):
                roots = list(program.roots)
                roots[k] = replaced(root, node, smaller)
                if roots[k].render() != root.render():
                    yield Program(roots, program.inputs)


def with_inputs(program, change):
    """The program with each array input changed alike; `change` gives None for no change."""
    inputs = {}
    for name, item in program.inputs.items():
        if isinstance(item.value, np.ndarray):
            values, layout = change(np.array(item.value), item.layout)
            item = Input(arrange(values, layout), layout)
        inputs[name] = item
    return Program(program.roots, inputs)


def smaller_inputs(program):
    arrays = [item.value for item in program.used.values() if isinstance(item.value, np.ndarray)]
    for axis in range(1, 1 + max((a.ndim for a in arrays), default=0)):
        extent = max(a.shape[-axis] for a in arrays if a.ndim >= axis)
        for part in (slice(0, extent // 2), slice(extent // 2, None), slice(0, -1), slice(1, None)):
            if extent > 1:
                yield with_inputs(program, lambda a, layout: (
                    (a[(..., part) + (slice(None),) * (axis - 1)], layout)
                    if a.ndim >= axis and a.shape[-axis] == extent else (a, layout)))
    for name, item in program.used.items():
        if not isinstance(item.value, np.ndarray):
            continue
        choices = [(item.value, "contiguous")] if item.layout != "contiguous" else []
        if item.value.size and not np.all(item.value == 1):
            choices.append((np.ones_like(item.value), item.layout))
        for values, layout in choices:
            yield Program(program.roots, {**program.inputs, name: Input(arrange(values, layout), layout)})


def shrink(program, check, mismatch, attempts=400):
    """(program, message): the smallest that check(program) still refuses."""
    message = str(mismatch)
    progress = True
    while progress and attempts > 0:
        progress = False
        for candidates in (smaller_trees, smaller_inputs):
            for candidate in candidates(program):
                attempts -= 1
                found = fails(candidate, check, mismatch.kind)
                if found:
                    program, message, progress = candidate, found, True
                    break
                if attempts <= 0:
                    break
    return program, message


def literal(value):
    if isinstance(value, np.ndarray):
        return f"np.array({value.tolist()!r}, '{value.dtype}').reshape({value.shape})"
    return repr(value)


def reproducer(program, device="cpu"):
    """A script for tests/oracle that prints the answers of NumPy, of the CPU, and of the device if it is another."""
    lines = ["import numpy as np", "from numpy import inf, nan", "import fuseval_ctypes as fuseval",
             "from prelude import execute", "from values import arrange", "", f"text = {program.text!r}", "inputs = {}"]
    for name, item in program.used.items():
        value = literal(item.value)
        if isinstance(item.value, np.ndarray):
            value = f"arrange({value}, {item.layout!r})"
        lines.append(f"inputs[{name!r}] = {value}")
    lines += ["print('numpy  ', execute(text, inputs))", "print('fuseval', fuseval.evaluate(text, inputs))"]
    if device != "cpu":
        lines.append(f"print({device!r}, fuseval.evaluate(text, inputs, device={device!r}))")
    return "\n".join(lines)
