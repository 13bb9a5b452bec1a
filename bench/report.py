"""The page that docs/benchmarks.md holds: the machine, each goal with what was measured, and every figure."""

import datetime
import os
import platform
import statistics
import sys
from pathlib import Path

import numba
import numexpr
import numpy as np

CONTENDERS = ["fuseval", "C++ strict", "C++ fast", "Numba", "numexpr", "NumPy"]


def progress(row):
    print(f"{row['title']}, {row['threads']} threads: {row['seconds']['fuseval'] * 1e3:.3f} ms", file=sys.stderr)


def machine():
    model, caches = platform.processor(), ""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":")[1].strip()
            break
    last = Path("/sys/devices/system/cpu/cpu0/cache")
    if last.exists():
        levels = [(path / "level", path / "size") for path in sorted(last.glob("index*"))]
        caches = ", ".join(f"L{level.read_text().strip()} {size.read_text().strip()}" for level, size in levels)
    return f"{model}, {len(os.sched_getaffinity(0))} cores; {caches}"


def share(row):
    """fuseval's bandwidth as a fraction of the best STREAM kernel's."""
    return row["bytes"] / row["seconds"]["fuseval"] / row["stream"]


SMALL_CALLS = [("linear_single", "2*a + 3*b", "float32"), ("square_single", "a**2 + b**2 + 2*a*b", "float32"),
               ("linear_double", "2*a + 3*b", "float64"), ("square_double", "a**2 + b**2 + 2*a*b", "float64")]


def goals(rows, delays):
    """(what, measured, goal, met)."""
    result = []

    def goal(what, measured, limit, met):
        result.append((what, measured, limit, "yes" if met else "**no**"))

    for row in rows:
        where = f"{row['title']}, {row['threads']} threads" if row["threads"] > 1 else f"{row['title']}, 1 thread"
        if "sin" in row["text"]:
            if row["threads"] == 1 and "numexpr" in row["seconds"]:
                times = row["seconds"]["numexpr"] / row["seconds"]["fuseval"]
                goal(where, f"{times:.1f} x numexpr", ">= 10 x", times >= 10)
            continue
        if "exp" in row["text"]:
            continue  # bound by arithmetic as well as by memory: no goal was set
        limit = 0.85 if "axis" in row["text"] else 0.9
        goal(where, f"{share(row):.0%} of STREAM", f">= {limit:.0%}", share(row) >= limit)
    for key, text, dtype in SMALL_CALLS:
        value, bare = (statistics.median(delays[name]) * 1e9 for name in (key, f"{key}_bare"))
        goal(f"{text}, 1 000 elements, {dtype}, a call of the C ABI",
             f"{value:.0f} ns (its loop in C++, called directly: {bare:.0f} ns)", "<= 70 ns", value <= 70)
    into, by_c = (statistics.median(delays[name]) * 1e9 for name in ("linear_10_into", "linear_10"))
    goal("2*a + 3*b, 10 elements, float64, `step.into(out)(a, b)` in C++", f"{into - by_c:.0f} ns more than in C", "<= 10 ns", into - by_c <= 10)
    texts = statistics.median(delays["texts"]) * 1e3
    goal("new text of ten operations to its first result", f"{texts:.2f} ms", "<= 1.5 ms", texts <= 1.5)
    process = statistics.median(delays["process"]) * 1e3
    goal("`fuseval eval`, from exec to result", f"{process:.1f} ms", "<= 20 ms", process <= 20)
    return result


def table(heads, lines):
    yield "| " + " | ".join(heads) + " |"
    yield "| " + " | ".join("---" for _ in heads) + " |"
    for line in lines:
        yield "| " + " | ".join(line) + " |"
    yield ""


def figure(row, name):
    if name not in row["seconds"]:
        return ""
    low, high = row["spread"][name]
    return f"{row['seconds'][name] * 1e3:.2f} ({low * 1e3:.2f}–{high * 1e3:.2f})"


def page(rows, delays, rounds):
    lines = ["# Benchmarks", "", "Written by `./dev bench`: one run, every contender once a round in turn, medians. Ratios are "
             "within the run; absolute times drift with the machine.", "", f"- {datetime.date.today()}, {machine()}",
             f"- {rounds} rounds; NumPy {np.__version__}, numexpr {numexpr.__version__} ({'with' if numexpr.use_vml else 'without'} "
             f"Intel's VML), Numba {numba.__version__}; C++ is "
             "GCC -O3 -march=native with -ffp-contract=off (strict) or -ffast-math (fast), with OpenMP",
             "- STREAM is bench/stream.c: copy and triad with ordinary and non-temporal stores, sum and dot; the best of those "
             "that move data the same way, over arrays of the same size", "", "## Goals", ""]
    lines += table(["what", "measured", "goal", "met"], goals(rows, delays))
    lines += ["## Arrays, milliseconds a call: median (fastest–slowest)", ""]
    lines += table(["expression", "threads", *CONTENDERS, "fuseval GB/s", "best STREAM GB/s"], (
        [f"`{row['text']}`{row['title'][len(row['text']):]}", str(row["threads"]),
         *(figure(row, name) for name in CONTENDERS),
         f"{row['bytes'] / row['seconds']['fuseval'] / 1e9:.1f}", f"{row['stream'] / 1e9:.1f}"] for row in rows))
    lines += ["## Times of a call", ""]
    names = {}
    for key, text, dtype in SMALL_CALLS:
        names[key] = f"`{text}`, 1 000 elements, {dtype}"
        names[f"{key}_bare"] = "the same as a C++ loop, called directly"
    names |= {"linear_shifted": "`2*a + 3*b`, 1 000 elements, float64, arrays 16 bytes off a cache line",
              "linear_10": "`2*a + 3*b`, 10 elements, float64",
              "linear_10_into": "the same in C++, `step.into(out)(a, b)`",
              "linear_10_owned": "the same in C++, `step(a, b)`, whose result owns its memory",
              "texts": f"new text to first result ({delays['kernels']} kernels compiled for {len(delays['texts']) + 5} texts)",
              "table": f"a CSV file of {delays['table_rows']:.0e} rows and 3 columns, {delays['table_bytes'] / 1e6:.3g} MB, read by `fuseval::DataFile`",
              "loadtxt": "the same by `numpy.loadtxt`",
              "process": "`fuseval eval` of a small expression, the process", "true": "`/bin/true`, the process"}
    lines += table(["what", "median", "fastest", "slowest"], (
        [text, *(seconds(pick(delays[key])) for pick in (statistics.median, min, max))] for key, text in names.items()))
    return "\n".join(lines)


def seconds(value):
    for unit, scale in (("ns", 1e9), ("µs", 1e6), ("ms", 1e3)):
        if value * scale < 1000:
            return f"{value * scale:.3g} {unit}"
    return f"{value:.3g} s"
