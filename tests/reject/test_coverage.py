"""Every sentence that the sources can say in an error stands in some expectation, as often as the sources say it.

Read from the sources, so that a new diagnostic without a case fails here: each string literal with a blank in it is taken
for (a part of) a message, unless a rule below says what else it is. Its fixed parts, around the {} of fmt, must occur in
order in the messages of the cases.
"""

import re
from collections import Counter
from pathlib import Path

import pytest

from cases import all_cases

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ["frontend", "ir", "engine", "runtime"]
TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|R"\((?P<raw>.*?)\)"|"(?P<plain>(?:[^"\\\n]|\\.)*)"|\'(?:[^\'\\]|\\.)\'', re.S)

# Files whose literals are printed, also by debug builds alone, or are broken invariants (Error(internal)), not diagnostics.
NO_DIAGNOSTICS = {
    "frontend/ast.cpp", "frontend/hints.cpp", "frontend/operator_help.cpp", "frontend/unicode.cpp", "ir/print.cpp", "ir/verify_graph.cpp", "ir/verify_loops.cpp",
    "runtime/cpu_limits.cpp", "engine/abi/handle_book.cpp", "engine/device/simulated_device.cpp",
    "engine/dispatch/explain_choice.cpp"}

# What no text can provoke, as it takes a driver, a compiler, a kernel or another rank that goes wrong: these have tests of their
# own, which make every call of the driver fail in turn (cuda_runtime) and plant every fault (cudasim).
TESTED_APART = {"runtime/cuda/": "tests/unit/cuda_runtime", "runtime/cudasim/": "tests/unit/cudasim",
                "runtime/disk_cache.cpp": "tests/unit/runtime/disk_cache_test.cpp",
                "runtime/shared_library.cpp": "tests/unit/cuda_runtime/search_test.cpp",
                "runtime/distributed/mpi": "tests/mpi", "runtime/distributed/hdf5": "tests/unit/engine/distributed_hdf5_test.cpp", "runtime/distributed/": "tests/unit/distributed",
                "engine/arrays/hdf5": "tests/unit/engine/distributed_hdf5_test.cpp",
                "engine/arrays/box_pieces": "tests/unit/engine/distributed_hdf5_test.cpp",
                "engine/arrays/movement": "tests/unit/engine/distributed_movement_test.cpp",
                "engine/arrays/slabs": "tests/unit/engine/distributed_movement_test.cpp",
                "engine/world/": "tests/unit/engine/distributed_movement_test.cpp",
                "engine/ranks/": "tests/unit/engine/distributed_movement_test.cpp",
                "engine/abi/c_api_world.cpp": "tests/unit/engine/c_abi_ranks_test.cpp",
                "engine/abi/c_api_distributed.cpp": "tests/unit/engine/c_abi_ranks_test.cpp"}
CODES_APART = {"device", "communication"}

# Diagnostics that a file of cases cannot provoke, and the test that does; or one for each place that says it.
ELSEWHERE = {
    "input {} ('{}')": "tests/unit/engine/pipeline_test.cpp",  # printed by explain
    "a tile in each thread": "tests/unit/engine/c_abi_information_test.cpp",
    "temporary memory, from byte {} on": "tests/unit/engine/pipeline_test.cpp",
    "the mapped file that it is written from shrank": "tests/unit/runtime/npy_write_test.cpp",
    "the mapped file {} {}": "tests/unit/engine/mapped_test.cpp",
    "has become shorter since it was opened": "tests/unit/engine/mapped_test.cpp",
    "has changed since it was opened": "tests/unit/engine/mapped_test.cpp",
    "a weak scalar is a number of the caller's, not a mapped file": "tests/unit/engine/mapped_test.cpp",
    "it is an open file, not a name of one": "tests/unit/runtime/temporary_file_test.cpp",
    "it is read-only": "tests/unit/runtime/temporary_file_test.cpp",
    "it belongs to user {}, who would lose it": "tests/unit/runtime/temporary_file_test.cpp",
    "it belongs to group {}, which would lose it": "tests/unit/runtime/temporary_file_test.cpp",
    "the evaluation was cancelled{}": "tests/unit/engine/c_abi_cancel_test.cpp",
    "the evaluation took longer than its limit of {} ms{}": "tests/unit/engine/call_limits_test.cpp",
    " before it began": "tests/unit/engine/call_limits_test.cpp",
    "the call would evaluate {} elements; its limit is {}": "tests/unit/engine/call_limits_test.cpp",
    "2**63 or more": "tests/unit/engine/call_limits_test.cpp",
    "FUSEVAL_THREADS is '{}'; it must be a whole number from 1 to {}": "tests/cli/test_command.py",
    "compiling the expression took longer than the limit of {} ms; what has been compiled is kept": "tests/unit/engine/compile_time_test.cpp",
    # A call that is stopped, one whose mapped file shrinks, and a streamed one whose device fails.
    "; outputs may be partly written": (
        "tests/unit/engine/c_abi_cancel_test.cpp", "tests/reject/calls.txt", "tests/unit/engine/cuda_stream_test.cpp"),
    "the {} hook threw an exception: {}": "tests/unit/runtime/host_hooks_test.cpp",
    "the {} hook threw an exception": "tests/unit/runtime/host_hooks_test.cpp",
    "axis is {}; it is one of the array's from 0, or -1: replicated": "tests/unit/engine/c_abi_ranks_test.cpp",
    "a call is made by one world; a distribution is of another": "tests/unit/engine/c_abi_ranks_test.cpp",
    "was released, or never made": "tests/unit/engine/c_abi_handles_test.cpp",
    "there is no array to write": "tests/unit/runtime/data_file_test.cpp",
    "this fuseval is built without CUDA and its simulator (FUSEVAL_CUDA=OFF)": "tests/install/test_subproject.py",
    '; the CPU is there (device="cpu")': "tests/install/test_subproject.py",
}

# The header of .npy files, lines of the log, a static_assert, lines of fv_info, what a device is, a key.
NOT_MESSAGES = {
    "{{'descr': '{}{}{}', 'fortran_order': {}, 'shape': {}, }}", "planned '{}': {}, {} of temporaries",
    "{}, sm_{}, driver of CUDA {}", "; the CPU takes over", "calibration 1\nfuseval {}.{}.{}\n{}\nthreads {}\n",
    "a signal handler may not wait for a lock", "device cuda: not available: see cuda driver",
    "device cuda: not available: ",
    "not available: see cuda compiler", "not available: sm_{} is older than what the cuda compiler knows",
    "not available: {}", "device cuda:{}: {}"}

# Diagnostics that a test cannot provoke at all, and why.
UNPROVOKED = {
    "out of memory": "an allocation of the C++ library that fails: it depends on the machine",
    "the archive cannot be made: out of memory": "an allocation of the zip library that fails: it depends on the machine",
    "it shrank while it was read": "a race with another process between fstat and pread",
    "cannot be looked at any more": "fstat fails on an open file",
    "a weak scalar changed while the call began": "a race of the host's own threads",
    "its attribute {} would be lost": "a file system that has an attribute refuses it to a file of the same folder",
}


def literals(path):
    """(line, text) of each string literal of a C++ file, neighbours joined as the compiler does."""
    source = path.read_text()
    joined, end = [], None
    for match in TOKEN.finditer(source):
        text = match.group("raw") or match.group("plain")
        if text is None:
            continue
        if joined and source[end:match.start()].strip() == "":
            joined[-1] = (joined[-1][0], joined[-1][1] + text)
        else:
            joined.append((source.count("\n", 0, match.start()), text))
        end = match.end()
    return source.split("\n"), joined


def is_message(name, lines, number, text):
    line = lines[number]
    without_escapes = re.sub(r"\\.", "", text)
    if not re.search(r"[A-Za-z]", without_escapes) or " " not in text or "\\n" in text:
        return False
    # Tables of the language: names, parameters, and a line of help that may be the row's second line.
    is_row = re.match(r'\s*\{"\w+", ', line) or re.fullmatch(r'\s*"[^"]*"\},', line)
    is_row_of_parameters = is_row or ("* where= dtype=" in text and name.endswith("functions.cpp"))
    is_internal = "ErrorCode::internal" in line
    return not is_row_of_parameters and not is_internal and text not in NOT_MESSAGES


def sentences():
    """How often each template occurs in the sources, and where."""
    places = {}
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.?pp")):
            name = str(path.relative_to(ROOT))
            if name in NO_DIAGNOSTICS or name.startswith(tuple(TESTED_APART)):
                continue
            lines, found = literals(path)
            for number, text in found:
                if is_message(name, lines, number, text):
                    places.setdefault(text.replace("\\\\", "\\").replace('\\"', '"'), []).append(f"{name}:{number + 1}")
    return places


def pattern(template):
    """What a message made from the template matches."""
    parts = re.split(r"\{[^{}]*\}", template.replace("{{", "\0").replace("}}", "\1"))
    return re.compile(".*".join(re.escape(part.replace("\0", "{").replace("\1", "}")) for part in parts), re.S)


def messages():
    return [case.expected.split("\n")[0] for case in all_cases() if case.expected]


def expecting_files(template):
    """The files of ELSEWHERE."""
    tests = ELSEWHERE[template]
    return [tests] if isinstance(tests, str) else tests


SENTENCES = sentences()
MESSAGES = messages()


@pytest.mark.parametrize("template", SENTENCES, ids=lambda template: SENTENCES[template][0])
def test_sentence_is_expected(template):
    if template in UNPROVOKED:
        return
    if template in ELSEWHERE:
        for test in expecting_files(template):
            assert pattern(template).search((ROOT / test).read_text()), f"{test} does not expect it"
        return
    hits = sum(1 for message in MESSAGES if pattern(template).search(message))
    assert hits >= len(SENTENCES[template]), (
        f"{len(SENTENCES[template])} places say it, {hits} cases expect it: {template!r} at {SENTENCES[template]}")


def test_exceptions_are_still_said():
    assert {*ELSEWHERE, *UNPROVOKED} <= set(SENTENCES)


def test_every_file_of_sources_is_read():
    """The rules above do not hide everything: these are about 300 today."""
    assert sum(map(len, SENTENCES.values())) > 250


def test_every_code_is_expected():
    header = (ROOT / "include" / "fuseval" / "fuseval.h").read_text()
    codes = {name.lower() for name in re.findall(r"FV_ERROR_(\w+) = \d+", header)}
    thrown = Counter()
    for folder in FOLDERS:
        for path in (ROOT / folder).rglob("*.?pp"):
            thrown.update(re.findall(r"ErrorCode::(\w+)", path.read_text()))
    reserved = codes - set(thrown)
    assert reserved == set()
    expected = {re.match(r"error (\w+):", message).group(1) for message in MESSAGES}
    assert expected == codes - reserved - CODES_APART - {"internal"}


def test_what_is_tested_apart_is_there():
    assert all((ROOT / tests).exists() for tests in TESTED_APART.values())
