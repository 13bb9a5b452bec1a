"""The benchmark: one run, every contender in turn in every round, medians; `./dev bench` writes docs/benchmarks.md.

A machine's speed drifts by tens of percent within minutes, so only ratios inside one run mean anything: bandwidth is a
fraction of the best STREAM kernel of the same rounds. --quick is for trying; it prints and writes nothing.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # idle OpenMP threads would spin into the others' time

import numpy as np  # noqa: E402

import report  # noqa: E402
from rivals import ROOT, Stream, elementwise, rebroadcast, reduction  # noqa: E402

SIZES = {"10^7": 10**7, "256 MB": None}
QUICK = {"10^6": 10**6}


def extent(label, dtype):
    return (SIZES | QUICK)[label] or 256 * 10**6 // np.dtype(dtype).itemsize


def groups(quick):
    """(size label, array bytes for STREAM, builders of cases): one group is in memory at a time."""
    for label in QUICK if quick else SIZES:
        everyone = label != "256 MB"
        n = extent(label, "float64")
        builders = []
        for dtype in ("float64", "float32"):
            for name in ("linear", "square"):
                builders.append(lambda name=name, dtype=dtype: elementwise(name, dtype, extent(label, dtype), label,
                                                                           everyone))
        if everyone:
            builders.append(lambda: elementwise("waves", "float64", n, label, True))
        for axis in (None, 0, 1):
            builders.append(lambda axis=axis: reduction(axis, 2000, n // 2000, label, everyone))
        for name in ("centred", "softmax"):
            for columns in (64, 4096):
                builders.append(lambda name=name, columns=columns: rebroadcast(name, n // columns, columns, label,
                                                                               everyone))
        yield label, 8 * n, builders


def timed(call):
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


def verify(case, name):
    case.result[...] = 0
    case.run[name](1)()
    scale = np.max(np.abs(case.expected))
    np.testing.assert_allclose(case.result, case.expected, rtol=1e-5, atol=1e-5 * scale, err_msg=f"{name}: {case.title}")


def measure(case, stream, threads, rounds):
    """{contender or STREAM kind: seconds, one a round}, in turns."""
    calls = {name: (prepare(threads), getattr(prepare, "before", None)) for name, prepare in case.run.items()}
    if stream:
        for kind in Stream.CEILINGS[case.ceiling]:
            calls[f"stream {kind}"] = stream.call(kind, threads), None
    samples = defaultdict(list)
    for number in range(rounds + 1):
        for name, (call, before) in calls.items():
            if before:
                before(threads)
            seconds = timed(call)
            if number:  # the first round warms up
                samples[name].append(seconds)
    return samples


def row(case, stream, threads, samples):
    """One line of the report."""
    medians = {name: statistics.median(values) for name, values in samples.items()}
    best = max((stream.bytes(name.split()[1]) / seconds for name, seconds in medians.items()
                if name.startswith("stream ")), default=None)
    return {"title": case.title, "text": case.text, "threads": threads, "bytes": case.bytes, "elements": case.elements,
            "seconds": {name: medians[name] for name in case.run},
            "spread": {name: (min(samples[name]), max(samples[name])) for name in case.run}, "stream": best}


def arrays(quick, rounds):
    rows = []
    counts = [t for t in (1, 2) if t <= len(os.sched_getaffinity(0))]
    for _, nbytes, builders in groups(quick):
        stream = Stream(nbytes)
        stream.verify()
        for build in builders:
            case = build()
            for name in case.run:
                verify(case, name)
            for threads in counts:
                rows.append(row(case, stream, threads, measure(case, stream, threads, rounds)))
                report.progress(rows[-1])
    return rows


def write_table(path, rows):
    """A header and three columns: times, small integers, measurements of 17 digits."""
    random = np.random.default_rng(1)
    columns = np.arange(rows) / 100, random.integers(0, 1000, rows), random.normal(size=rows)
    np.savetxt(path, np.column_stack(columns), delimiter=",", header="time,count,value", comments="", fmt=["%.2f", "%d", "%.17g"])


def latency(quick):
    """Samples of bench_latency, of numpy.loadtxt, and of whole processes."""
    binary = ROOT / "build" / "release" / "bench" / "bench_latency"
    rows = 10**4 if quick else 10**6
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder) / "table.csv"
        write_table(table, rows)
        samples = json.loads(subprocess.run([binary, "8" if quick else "40", table], check=True, capture_output=True).stdout)
        samples["loadtxt"] = [timed(lambda: np.loadtxt(table, delimiter=",", skiprows=1)) for _ in samples["table"]]
        samples["table_rows"], samples["table_bytes"] = rows, table.stat().st_size
    command = [ROOT / "build" / "release" / "tools" / "fuseval", "eval", "2*a + 1", "a=float64:1,2,3"]
    samples["process"], samples["true"] = [], []
    for _ in range(5 if quick else 40):
        for name, argv in (("process", command), ("true", ["/bin/true"])):
            samples[name].append(timed(lambda: subprocess.run(argv, stdout=subprocess.DEVNULL, check=True)))
    return samples


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="small arrays, few rounds, nothing written")
    parser.add_argument("--rounds", type=int, default=None)
    arguments = parser.parse_args()
    rounds = arguments.rounds or (3 if arguments.quick else 15)
    delays = latency(arguments.quick)
    rows = arrays(arguments.quick, rounds)
    text = report.page(rows, delays, rounds)
    print(text)
    if not arguments.quick:
        (ROOT / "docs" / "benchmarks.md").write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
