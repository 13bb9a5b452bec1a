"""The record of a run of ./dev gpu-check: what docs/gpu.md holds between its marks."""

BEGIN, END = "<!-- gpu-check: begin -->", "<!-- gpu-check: end -->"
CONTENDERS = ["fuseval", "CuPy", "CuPy fuse", "JAX", "torch.compile", "Numba"]


def share_goal(text):
    """The share of a copy's bandwidth that the text is to reach, in percent."""
    if any(word in text for word in ("sum(", "mean(", "var(", "argmax(")) and " - mean" not in text and "exp(" not in text:
        return 90
    return None if "sin(" in text or "exp(" in text else 95


def percent_of(rate, whole):
    """None where the whole is 0: a rate that was rounded away."""
    return 100 * rate / whole if whole > 0 else None


def shown(percent):
    return "–" if percent is None else f"{percent:.0f} %"


def verdict(percent, goal):
    if goal is None:
        return ""
    return "–" if percent is None else "yes" if percent >= goal else "**no**"


def bandwidth(rows):
    yield "| text | dtype | MB | GB/s | of a copy | goal | met |"
    yield "| --- | --- | ---: | ---: | ---: | ---: | --- |"
    for row in rows:
        share, goal = percent_of(row["gbs"], row["copy_gbs"]), share_goal(row["text"])
        yield (f"| `{row['text']}` | {row['dtype']} | {row['bytes'] / 1e6:.0f} | {row['gbs']:.0f} | {shown(share)} | "
               f"{'' if goal is None else f'{goal} %'} | {verdict(share, goal)} |")


def latency(rows):
    for row in rows:
        yield f"- A warm call of `{row['text']}`, 1 000 elements: {row['seconds'] * 1e6:.2f} µs to enqueue (goal 3)."


def compiling(rows):
    yield "| text | NVRTC and loading, ms | from disk, ms |"
    yield "| --- | ---: | ---: |"
    for row in rows:
        yield f"| `{row['text']}` | {row['seconds'] * 1e3:.1f} | {row['from_disk'] * 1e3:.2f} |"


def streaming(rows):
    for row in rows:
        slower = row["up_gbs"] if "sum" in row["text"] else min(row["up_gbs"], row["down_gbs"])
        yield (f"- `{row['text']}` over pinned arrays of the host: {row['gbs']:.1f} GB/s, "
               f"{shown(percent_of(row['gbs'], slower))} of the slower of its copies (goal 90 %; up {row['up_gbs']:.1f}, down "
               f"{row['down_gbs']:.1f} GB/s).")


def rivals(rows):
    yield "| text | dtype | " + " | ".join(f"{name}, ms" for name in CONTENDERS) + " |"
    yield "| --- | --- |" + " ---: |" * len(CONTENDERS)
    reasons = []
    for row in rows:
        cells = [f"{row['seconds'][name] * 1e3:.3f}" if name in row["seconds"] else "–" for name in CONTENDERS]
        yield f"| `{row['text']}` | {row['dtype']} | " + " | ".join(cells) + " |"
        reasons += [f"{name}: {why}" for name, why in row["missing"].items()]
    for reason in sorted(set(reasons)):
        yield f"\n{reason}"


SECTIONS = [("bandwidth", "Arrays on the device, against a device-to-device copy of the same run", bandwidth),
            ("latency", "Launching", latency), ("compile", "Compiling", compiling),
            ("streaming", "Arrays on the host", streaming), ("rivals", "Other libraries, on the same arrays", rivals)]


def page(about, results, measured, date):
    lines = [f"{date}; {about['cuda device 0']}; driver: {about['cuda driver']}; {about['cuda compiler']}.", "",
             "| step | outcome | |", "| --- | --- | --- |"]
    lines += [f"| {title} | {outcome} | {detail} |" for title, outcome, detail in results]
    for kind, title, table in SECTIONS:
        rows = [row for row in measured if row["kind"] == kind]
        if rows:
            lines += ["", f"*{title}*", "", *table(rows)]
    return "\n".join(lines) + "\n"


def write(path, text):
    """Puts the page between the marks of a file that has them."""
    whole = path.read_text()
    before, rest = whole.split(BEGIN)
    path.write_text(before + BEGIN + "\n\n" + text + "\n" + END + rest.split(END)[1])
