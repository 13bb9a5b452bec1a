"""Measures what ranks cost (bench/ranks/ranks_bench.cpp, two ranks on this machine), counts what many ranks would send, and
writes docs/scaling.md: measured, counted and modelled figures, each named as what it is. --quick is for trying: small arrays, one run,
and the page is printed instead."""

import datetime
import json
import math
import pathlib
import re
import statistics
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import report  # noqa: E402 - the page about one machine

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "release"
DIFFUSION = "0.1*(a[2:, 1:-1] + a[:-2, 1:-1] + a[1:-1, 2:] + a[1:-1, :-2] - 4*a[1:-1, 1:-1]) + a[1:-1, 1:-1]"


def launched(ranks, *command):
    """The output of a command under mpirun, with the environment that Open MPI needs on a small machine."""
    script = f'. {ROOT}/tests/mpi/environment.sh; exec mpirun -n {ranks} "$@"'
    done = subprocess.run(["bash", "-c", script, "bash", *map(str, command)], capture_output=True, text=True, check=True)
    return done.stdout


def rivals(ranks, count, side, rounds):
    """bench/ranks/rivals.py's medians by job and contender, and which contenders are absent."""
    return json.loads(launched(ranks, sys.executable, ROOT / "bench" / "ranks" / "rivals.py", count, side, rounds).splitlines()[-1])


def measured(ranks, threads):
    lines = launched(ranks, BUILD / "bench" / "bench_ranks", threads).splitlines()
    return {name: float(seconds) for name, seconds in (line.split() for line in lines)}


def counted(text, arrays, ranks):
    """Messages and bytes of one call, of all ranks together and of the rank that sends most."""
    command = [BUILD / "tools" / "fuseval", "explain", text, *arrays, "--stage", "distributed", "--ranks", str(ranks)]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.search(r"exchange of boxes: (\d+) messages, (\d+) bytes; of a rank at most (\d+), (\d+) bytes", shown)
    boxes = tuple(map(int, found.groups())) if found else (0, 0, 0, 0)
    return boxes, int(re.search(r"exchanges? of boxes, (\d+) of partial results", shown)[1])


class Machine:
    """LogGP with two parameters: a message of n bytes takes latency + n / bandwidth."""

    def __init__(self, latency, bandwidth):
        self.latency, self.bandwidth = latency, bandwidth

    def message(self, size):
        return self.latency + size / self.bandwidth

    def allgather(self, ranks, size):
        """Bruck: round k sends 2^k blocks."""
        rounds = math.ceil(math.log2(ranks)) if ranks > 1 else 0
        return sum(self.message(min(2**k, ranks - 2**k) * size) for k in range(rounds))


def microseconds(seconds):
    return f"{seconds * 1e6:.2f}"


def reduction(run):
    return run["allreduce_8"] + run["sum_of_one_block"]


def over(runs, figure, shown):
    """The median of a figure over the runs, and between what it lay."""
    values = sorted(map(figure, runs))
    return f"{shown(statistics.median(values))} ({shown(values[0])} … {shown(values[-1])})"


def measured_section(twos, ones):
    def microseconds_of(figure):
        return over(twos, figure, lambda seconds: f"{microseconds(seconds)} µs")

    def beyond(name, base):
        return over(twos, lambda run: run[name] / run[base] - 1, lambda ratio: f"{ratio:+.1%}")

    threads = over(list(zip(twos, ones)), lambda pair: pair[0]["compute_bound"] / pair[1]["compute_bound"] - 1, lambda ratio: f"{ratio:+.1%}")
    return [
        f"| median of {len(twos)} runs (least … most) | measured | goal |",
        "| --- | --- | --- |",
        f"| a message of 8 bytes there and back, MPI alone | {microseconds_of(lambda run: run['message_there_and_back_8'])} | |",
        f"| MPI_Allreduce of 8 bytes | {microseconds_of(lambda run: run['allreduce_8'])} | |",
        "| `sum(a)` of 4 096 elements a rank, beyond the sum on one rank and one MPI_Allreduce: parts end where blocks do | "
        f"{microseconds_of(lambda run: run['sum_on_blocks'] - reduction(run))} | ≤ 2 µs |",
        f"| the same, parts begin 1 000 elements before blocks | {microseconds_of(lambda run: run['sum_off_blocks'] - reduction(run))} | ≤ 5 µs |",
        f"| diffusion, 4 096² cells: a step against the same computation without messages | {beyond('diffusion_4096', 'diffusion_4096_alone')} | ≤ +5 % |",
        f"| diffusion, 512² cells (in the caches) | {beyond('diffusion_512', 'diffusion_512_alone')} | |",
        f"| `sum(exp(-a)*sin(a)**2 + tanh(a)*cos(a))`, 2 ranks x 1 thread against 1 rank x 2 threads | {threads} | within 5 % |",
    ]


def rivals_section(found, count, rounds):
    lines = [
        f"Two ranks of one thread, {count:,} float64 a rank (the stencil says its own size); one run, in which the contenders take turns in {rounds} rounds; medians, of the "
        "slowest rank. bench/ranks/rivals.py checks each contender's result first; Heat 1.8 merges the means and variances of ranks in float32. mpi4py with numexpr is written "
        "by hand, with the halo sent by Isend and Irecv; Heat's halo is its `get_halo` and `array_with_halos`.", "",
        "| job | fuseval | mpi4py + numexpr | Heat |", "| --- | --- | --- | --- |"]
    for job, seconds in found["jobs"].items():
        ours = seconds["fuseval"]
        cells = [f"{seconds[who] * 1e3:.2f} ms: {seconds[who] / ours:.1f} x" if who in seconds else "absent" for who in ("mpi4py + numexpr", "Heat")]
        lines.append(f"| `{job}` | {ours * 1e3:.2f} ms | " + " | ".join(cells) + " |")
    for who, why in found["absent"].items():
        lines += ["", f"{who} is absent: {why}. `.venv-bench/bin/python -m pip install heat` brings it, with 5 GB of PyTorch."]
    return lines


def empty_npy(folder, shape):
    """A file of zeros that takes no room: what is explained is not read."""
    text = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}"
    header = b"\x93NUMPY\x01\x00" + struct.pack("<H", 118) + text.ljust(117).encode() + b"\n"
    path = pathlib.Path(folder) / "a.npy"
    with path.open("wb") as file:
        file.write(header)
        file.truncate(len(header) + 8 * math.prod(shape))
    return f"a={path}"


def counted_section():
    lines = ["| ranks | messages of a step, all ranks | of one rank at most | its bytes | exchanges of `mean(a), var(a), max(a)` |",
             "| --- | --- | --- | --- | --- |"]
    with tempfile.TemporaryDirectory() as folder:
        for ranks in (2, 4, 64, 256, 1024):
            array = empty_npy(folder, (8 * ranks, 4096))
            (messages, _, most, most_bytes), _ = counted(DIFFUSION, [array], ranks)
            _, exchanges = counted("mean(a), var(a), max(a)", [array], ranks)
            lines.append(f"| {ranks} | {messages} | {most} | {most_bytes:,} | {exchanges} |")
    return lines


def step_seconds(machine, ranks, rows, row_seconds):
    """A step of `rows` rows a rank: the interior while the halo is on its way, then the two edges."""
    if ranks == 1:
        return rows * row_seconds
    interior = max(0, rows - 2) * row_seconds
    return max(interior, machine.message(4096 * 8 + 8)) + min(rows, 2) * row_seconds


def modelled_section(row_seconds, machine):
    lines = ["| ranks | strong: speed-up with 4 096² cells | weak: efficiency with 4 096² cells a rank | exchange of a sum's partial results |",
             "| --- | --- | --- | --- |"]
    alone = 4096 * row_seconds
    for ranks in (2, 4, 16, 64, 256, 1024, 4096):
        strong = alone / step_seconds(machine, ranks, 4096 / ranks, row_seconds)
        weak = alone / step_seconds(machine, ranks, 4096, row_seconds)
        lines.append(f"| {ranks} | {strong:.1f} | {weak:.2%} | {microseconds(machine.allgather(ranks, 16))} µs |")
    return lines


def page(twos, ones, others):
    two = {name: statistics.median(run[name] for run in twos) for name in twos[0]}
    here = Machine(two["message_there_and_back_8"] / 2,
                   8 * 2**20 / (two[f"message_there_and_back_{8 * 2**20}"] / 2))
    network = Machine(1.5e-6, 12e9)
    row_seconds = two["diffusion_4096_alone"] / 2048  # a rank of two has half of the rows
    return "\n".join([
        "# Scaling", "",
        f"Written by `./dev bench-ranks` on {datetime.date.today()}, {report.machine()}, Open MPI over shared memory. Nothing here was measured on more than "
        "two ranks: what many ranks *send* is counted, what they would *take* is a model, and each table says which it is.", "",
        "## Measured: two ranks on this machine", "", *measured_section(twos, ones), "",
        "## Measured: against others", "", *others, "",
        "## Counted: messages", "",
        "From the plans that all ranks make (`explain --stage distributed --ranks N`), which tests hold against what MPI is given (tests/mpi), and "
        "against what 64, 256 and 1 024 ranks that are threads really send. Diffusion "
        "over (8 N, 4 096) cells on N ranks; an exchange of partial results takes each rank ceil(log2 N) messages.", "",
        *counted_section(), "",
        "## Modelled", "",
        "A message of n bytes takes latency + n/bandwidth (LogGP with o = g = 0), the interior of a stencil runs while its halo is on its way, and a row of "
        f"4 096 cells takes {row_seconds * 1e6:.1f} µs, as measured with two ranks at the same memory. Noise, contention and topology are not in it.", "",
        f"With this machine's messages: {here.latency * 1e6:.2f} µs, {here.bandwidth / 1e9:.1f} GB/s (measured above).", "",
        *modelled_section(row_seconds, here), "",
        "With messages of 1.5 µs and 12 GB/s, which is an assumption about a network and not a measurement.", "",
        *modelled_section(row_seconds, network), ""])


def main():
    quick = sys.argv[1:] == ["--quick"]
    count, side, rounds = (100_000, 256, 3) if quick else (10_000_000, 4096, 15)
    others = rivals_section(rivals(2, count, side, rounds), count, rounds)
    runs = [(measured(2, 1), measured(1, 2)) for _ in range(1 if quick else 7)]
    text = page(*map(list, zip(*runs)), others)
    if quick:
        print(text)
    else:
        (ROOT / "docs" / "scaling.md").write_text(text)


if __name__ == "__main__":
    main()
