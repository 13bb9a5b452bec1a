"""./dev gpu-check: the whole suite on a GPU, its bits against the CPU's, and the benchmark, within eight minutes.

Runs from a carried build (build/gpu-check, made by pack.sh): a shared library and small programs. Python's standard library
is enough for all but the oracle (NumPy) and the rivals (CuPy and whatever else is installed). Each step has a limit of time;
what is skipped is said with its reason. The record goes into docs/gpu.md, between its two marks.
"""

import argparse
import datetime
import importlib.util
import json
import math
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import record

ROOT = Path(__file__).resolve().parents[2]
BUDGET = 480  # seconds, of all steps together


def environment(pack):
    """What lets programs run from the carried build."""
    paths = [str(pack)] + [path for path in [os.environ.get("LD_LIBRARY_PATH")] if path]
    return dict(os.environ, LD_LIBRARY_PATH=":".join(paths), FUSEVAL_LIBRARY=str(pack / "libfuseval.so.0"))


class Steps:
    def __init__(self, pack, device, is_patient):
        self.pack = pack
        self.is_patient = is_patient  # steps take what they take
        self.begin = time.monotonic()
        self.results = []  # (title, "passed" | "failed" | "skipped", detail)
        self.environment = environment(pack) | {"FUSEVAL_TEST_DEVICE": device}

    def left(self):
        return math.inf if self.is_patient else BUDGET - (time.monotonic() - self.begin)

    def note(self, title, outcome, detail=""):
        self.results.append((title, outcome, detail))
        print(f"gpu-check: {title}: {outcome}{': ' if detail else ''}{detail}", file=sys.stderr, flush=True)

    def run(self, title, command, limit, skipped=None):
        """The output of a step that passed; otherwise None."""
        if skipped:
            return self.note(title, "skipped", skipped)
        if self.left() < 5:
            return self.note(title, "skipped", "no time left")
        begin = time.monotonic()
        try:
            done = subprocess.run([str(part) for part in command], env=self.environment, cwd=ROOT, text=True,
                                  capture_output=True, timeout=None if self.is_patient else min(limit, self.left()))
        except subprocess.TimeoutExpired as error:
            self.note(title, "failed", f"not done after {error.timeout:.0f} s")
            return error.stdout.decode() if error.stdout else None
        sys.stderr.write(done.stderr[-4000:])
        spent = f"{time.monotonic() - begin:.1f} s"
        if done.returncode != 0:
            sys.stderr.write(done.stdout[-4000:])
            self.note(title, "failed", f"exit status {done.returncode} after {spent}")
        else:
            lines = [line for line in done.stdout.splitlines() if "test cases:" in line or "programs" in line]
            self.note(title, "passed", f"{spent}{'; ' if lines else ''}{lines[-1].strip() if lines else ''}")
        return done.stdout


def has(module):
    return importlib.util.find_spec(module) is not None


def information(pack):
    command = [pack / "fuseval", "info"]
    text = subprocess.run(command, capture_output=True, text=True, check=True, env=environment(pack)).stdout
    return dict(line.split(": ", 1) for line in text.splitlines() if ": " in line)


def suites(steps, arguments):
    steps.run("the tests of runtime/cuda on a real GPU", [steps.pack / "unit_cuda_runtime", "-tc=real GPU*"], 60)
    steps.run("programs, arrays, reductions, rows: the CPU's bits",
              [steps.pack / "gpu_suite", f"-tce={arguments.without}"], 150)
    steps.run("elementary functions: the CPU's bits", [steps.pack / "numerics_devices"], 60)
    steps.run("random programs against NumPy and the CPU's bits",
              [sys.executable, "tests/oracle/run_oracle.py", "--device", arguments.device, "--count",
               str(arguments.programs), "--seed", "3"], 150, None if has("numpy") else "NumPy is not installed")
    sanitizer = shutil.which("compute-sanitizer") or "/usr/local/cuda/bin/compute-sanitizer"
    missing = None if Path(sanitizer).exists() else "compute-sanitizer is not installed"
    missing = "not asked for" if arguments.no_sanitizer else missing
    for tool in ("memcheck", "racecheck", "synccheck", "initcheck"):
        steps.run(f"compute-sanitizer {tool}",
                  [sanitizer, "--tool", tool, "--error-exitcode", "9", steps.pack / "gpu_suite",
                   "-tc=*simulator gives*,*rows of few*,*outputs on*"], 45, missing)


def benchmarks(steps, arguments):
    lines = []
    output = steps.run("benchmark", [steps.pack / "gpu_bench", str(arguments.bytes), str(arguments.rounds), arguments.device],
                       150)
    lines += (output or "").splitlines()
    output = steps.run("rivals", [sys.executable, "bench/gpu/rivals.py", "--bytes", str(arguments.bytes // 2),
                                  "--budget", str(max(20, int(min(steps.left(), BUDGET)) - 20))], 200,
                       None if has("cupy") else "CuPy is not installed")
    lines += (output or "").splitlines()
    return [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--pack", type=Path, default=ROOT / "build" / "gpu-check", help="the carried build")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--bytes", type=int, default=1 << 30, help="of the benchmark's largest arrays")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--programs", type=int, default=2000, help="of the oracle's")
    parser.add_argument("--without", default="", help="test cases to leave out, as doctest's -tce")
    parser.add_argument("--no-sanitizer", action="store_true", help="without compute-sanitizer")
    parser.add_argument("--patient", action="store_true", help="no limits of time, for tests on the fake machine")
    parser.add_argument("--try", action="store_true", dest="trial", help="record nothing")
    arguments = parser.parse_args()
    about = information(arguments.pack)
    if "cuda device 0" not in about:
        print(f"gpu-check: skipped: no GPU: {about.get('cuda driver', 'no driver')}")
        return 0
    steps = Steps(arguments.pack, arguments.device, arguments.patient)
    suites(steps, arguments)
    measured = benchmarks(steps, arguments)
    page = record.page(about, steps.results, measured, datetime.date.today().isoformat())
    print(page)
    (arguments.pack / "record.md").write_text(page)
    if not arguments.trial:
        record.write(ROOT / "docs" / "gpu.md", page)
    return 1 if any(outcome == "failed" for _, outcome, _ in steps.results) else 0


if __name__ == "__main__":
    sys.exit(main())
