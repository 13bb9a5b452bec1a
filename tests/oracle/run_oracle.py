"""Random programs against NumPy 2: `./dev oracle --count N --seed S`.

The programs run in a child process, so that a crash of the library is a failure with a reproducer too. Ends with the
coverage table (operation x dtype, operation x layout; "later": the result would be float16) and one closing line; an
empty cell fails once there were enough programs to fill it.
"""

import argparse
import pickle
import secrets
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

import numpy as np

import fuseval_ctypes as fuseval
from compare import Later, Mismatch, check
from generator import Generator
from operations import FORMS
from shrink import reproducer, shrink
from values import DTYPES, LAYOUTS

COLUMNS = {"dtype": DTYPES, "layout": LAYOUTS}
FULL_COUNT = 5000  # from here on an empty cell is a failure


def record(hits, program, outcome):
    """Counts the cells that a compared program has covered."""
    if outcome == "error":
        name, dtype, layout = program.cell
        hits["dtype"][name, dtype] += 1
        hits["layout"][name, layout] += 1
        hits["error"][name] += 1
        return
    for root in program.roots:
        for node in root.walk():
            if node.form is None:
                continue
            hits["any"][node.form.name] += 1
            typed = [child for child in node.children if child.dtype]
            if typed:
                hits["dtype"][node.form.name, typed[0].dtype] += 1
                if typed[0].form is None:
                    hits["layout"][node.form.name, program.inputs[typed[0].template].layout] += 1


def table(hits):
    """The text of the coverage tables, and the empty cells."""
    heads = [name.replace("float", "f").replace("uint", "u").replace("int", "i") for name in DTYPES]
    heads += [name[:5] for name in LAYOUTS] + ["error"]
    lines = [f"{'hits':18s}" + "".join(f"{head:>6s}" for head in heads)]
    empty = []
    for form in FORMS:
        if not form.needs:
            lines.append(f"{form.name:18s}{hits['any'][form.name]:6d}")
            empty += [form.name] if not hits["any"][form.name] else []
            continue
        shown = []
        for kind, columns in COLUMNS.items():
            for column in columns:
                count = hits[kind][form.name, column]
                later = not count and hits["later"][form.name, column]
                shown.append("later" if later else str(count))
                empty += [f"{form.name} / {column}"] if not count and not later else []
        lines.append(f"{form.name:18s}" + "".join(f"{text:>6s}" for text in shown + [str(hits["error"][form.name])]))
    return "\n".join(lines), empty


def worker(arguments, note):
    hits = {kind: Counter() for kind in ("dtype", "layout", "later", "any", "error")}
    session = fuseval.Session()
    failures = errors = later = compared = left_out = 0
    started = time.monotonic()
    for number in range(arguments.count):
        rng = np.random.default_rng([arguments.seed, number])
        program = Generator(rng, hits).program()
        note.write_bytes(pickle.dumps((number, program)))
        try:
            outcome, elements, skipped = check(program, session)
        except Later:
            later += 1
            continue
        except Mismatch as mismatch:
            failures += 1
            print(f"\n---- program {number} of seed {arguments.seed}: {mismatch}\n     {program.text}", flush=True)
            smaller, message = shrink(program, session, mismatch)
            print(f"shrunk: {message}\n{reproducer(smaller)}", flush=True)
            if failures >= arguments.failures:
                print(f"stopping after {failures} failures", flush=True)
                break
            continue
        except Exception:
            failures += 1
            print(f"\n---- program {number} of seed {arguments.seed}: the oracle itself fails\n{traceback.format_exc()}"
                  f"{reproducer(program)}", flush=True)
            continue
        record(hits, program, outcome)
        errors += outcome == "error"
        compared, left_out = compared + elements, left_out + skipped
    text, empty = table(hits)
    if not arguments.quiet:
        print(text)
    if number + 1 >= FULL_COUNT and empty:
        failures += 1
        print("never hit: " + ", ".join(empty))
    print(f"oracle: seed {arguments.seed}, {number + 1} programs, {failures} failures, {errors} with an error in both, "
          f"{later} with float16 on the way, "
          f"{compared} elements compared, {left_out} of them undecidable, {time.monotonic() - started:.0f} s")
    return 1 if failures else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--count", type=int, default=FULL_COUNT)
    parser.add_argument("--seed", type=int, default=None, help="default: a new one, printed")
    parser.add_argument("--failures", type=int, default=10, help="stop after this many")
    parser.add_argument("--quiet", action="store_true", help="no coverage tables")
    parser.add_argument("--worker", type=Path, default=None, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.seed is None:
        arguments.seed = secrets.randbelow(2**31)
    if arguments.worker:
        return worker(arguments, arguments.worker)
    with tempfile.TemporaryDirectory() as folder:
        note = Path(folder) / "program"
        command = [sys.executable, __file__, *sys.argv[1:], "--seed", str(arguments.seed), "--worker", str(note)]
        status = subprocess.run(command).returncode
        if status < 0:
            number, program = pickle.loads(note.read_bytes())
            print(f"\n---- program {number} of seed {arguments.seed}: the process died of signal {-status}\n"
                  f"{reproducer(program)}")
        return 0 if status == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
