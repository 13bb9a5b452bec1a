"""Random programs against NumPy 2: `./dev oracle --count N --seed S`.

With `--device cudasim` they run there as well, and must have the CPU's bits and errors; with `--device ranks` by 1 to 7 ranks,
and with `--device ranks-cudasim` by ranks that run there.
The programs run in a child process, so that a crash of the library is a failure with a reproducer too. Ends with the
coverage table (operation x dtype, operation x layout; "later": the result would be float16) and one closing line; an
empty cell fails once there were enough programs to fill it.
"""

import argparse
import os
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
import on_ranks
from compare import Later, Mismatch, check
from devices import Queue
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


class Failures:
    """What has failed, said as soon as it is known."""

    def __init__(self, arguments):
        self.seed, self.limit, self.count = arguments.seed, arguments.failures, 0

    @property
    def are_enough(self):
        return self.count >= self.limit

    def mismatch(self, number, program, mismatch, check_again, device="cpu"):
        """Shrunk by check_again(program); on a device each try is a run of a compiler."""
        self.count += 1
        print(f"\n---- program {number} of seed {self.seed}: {mismatch}\n     {program.text}", flush=True)
        smaller, message = shrink(program, check_again, mismatch, attempts=400 if device == "cpu" else 60)
        print(f"shrunk: {message}\n{reproducer(smaller, device)}", flush=True)

    def broken_oracle(self, number, program):
        self.count += 1
        print(f"\n---- program {number} of seed {self.seed}: the oracle itself fails\n{traceback.format_exc()}"
              f"{reproducer(program)}", flush=True)


def collect(queue, failures, wait=False):
    """Takes the results that a device has, or all that it will have; returns how many programs they are of."""
    count = 0
    for number, program, error in queue.finished(wait):
        count += 1
        if isinstance(error, Mismatch):
            failures.mismatch(number, program, error, queue.check, queue.device)
        elif error is not None:
            raise error
        if failures.are_enough:
            break
    return count


def queue_of(arguments, session):
    if arguments.device == "cpu":
        return None
    if arguments.device == "ranks":
        return on_ranks.Queue(session, arguments.seed)
    if arguments.device.startswith("ranks-"):
        return on_ranks.OnDevice(arguments.device, session, arguments.seed)
    return Queue(arguments.device, session)


def worker(arguments, note):
    hits = {kind: Counter() for kind in ("dtype", "layout", "later", "any", "error")}
    session, failures = fuseval.Session(), Failures(arguments)
    queue = queue_of(arguments, session)
    errors = later = compared = left_out = on_device = 0
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
            failures.mismatch(number, program, mismatch, lambda smaller: check(smaller, session))
        except Exception:
            failures.broken_oracle(number, program)
        else:
            record(hits, program, outcome)
            errors += outcome == "error"
            compared, left_out = compared + elements, left_out + skipped
        if queue is not None:
            queue.add(number, program)
            on_device += collect(queue, failures)
        if failures.are_enough:
            print(f"stopping after {failures.count} failures", flush=True)
            break
    if queue is not None:
        on_device += collect(queue, failures, wait=not failures.are_enough)
        queue.close()
    text, empty = table(hits)
    if not arguments.quiet:
        print(text)
    if number + 1 >= FULL_COUNT and empty:
        failures.count += 1
        print("never hit: " + ", ".join(empty))
    print(f"oracle: seed {arguments.seed}, {number + 1} programs, " +
          (f"{on_device} of them on {queue.device} too, " if queue is not None else "") +
          f"{failures.count} failures, {errors} with an error in both, {later} with float16 on the way, "
          f"{compared} elements compared, {left_out} of them undecidable, {time.monotonic() - started:.0f} s")
    return 1 if failures.count else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--count", type=int, default=FULL_COUNT)
    parser.add_argument("--seed", type=int, default=None, help="default: a new one, printed")
    parser.add_argument("--device", default="cpu", help="where the programs run besides the CPU: cudasim, cuda, cuda:1 …, ranks, ranks-cudasim")
    parser.add_argument("--failures", type=int, default=10, help="stop after this many")
    parser.add_argument("--quiet", action="store_true", help="no coverage tables")
    parser.add_argument("--worker", type=Path, default=None, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.seed is None:
        arguments.seed = secrets.randbelow(2**31)
    os.environ.setdefault("FUSEVAL_CUDASIM_SEED", str(arguments.seed))  # the order of threads
    if arguments.worker:
        return worker(arguments, arguments.worker)
    with tempfile.TemporaryDirectory() as folder:
        note = Path(folder) / "program"
        command = [sys.executable, __file__, *sys.argv[1:], "--seed", str(arguments.seed), "--worker", str(note)]
        status = subprocess.run(command).returncode
        if status < 0:
            number, program = pickle.loads(note.read_bytes())
            where = "" if arguments.device == "cpu" else f", unless one of those before it did so on {arguments.device}"
            print(f"\n---- program {number} of seed {arguments.seed}: the process died of signal {-status}{where}\n"
                  f"{reproducer(program)}")
        return 0 if status == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
