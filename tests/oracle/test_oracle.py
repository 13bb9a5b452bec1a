"""Random programs, in a process of their own: `./dev oracle` with fixed seeds, and with the fresh seed of this run.

`./dev test` prints its seed; a failure names it, and `./dev oracle --seed S --count N` repeats the programs.
"""

import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

RUNNER = Path(__file__).with_name("run_oracle.py")


def oracle(*options):
    run = subprocess.run([sys.executable, str(RUNNER), *options], capture_output=True, text=True)
    print(run.stdout[-20000:], run.stderr[-4000:])
    assert run.returncode == 0, run.stdout.strip().splitlines()[-1:]
    return run.stdout


def test_fresh_random_programs_agree_with_numpy():
    seed = os.environ.get("FUSEVAL_FRESH_SEED") or str(secrets.randbelow(2**31))
    # Few: about one program in some thousands meets a gap of the oracle's own bounds (ptp of infinities, float16 on the way).
    assert f"oracle: seed {seed}, 100 programs, 0 failures" in oracle("--seed", seed, "--count", "100", "--quiet")


@pytest.mark.parametrize("seed", [1])
def test_random_programs_agree_with_numpy(seed):
    oracle("--seed", str(seed))


@pytest.mark.parametrize("seed", [2])
def test_random_programs_have_the_cpus_bits_on_the_simulator(seed):
    closing = oracle("--seed", str(seed), "--count", "2050", "--device", "cudasim", "--quiet").splitlines()[-1]
    assert int(closing.split(" of them on cudasim")[0].split()[-1]) >= 2000


@pytest.mark.parametrize("seed", [3])
def test_random_programs_have_the_bits_of_one_process_on_ranks(seed):
    closing = oracle("--seed", str(seed), "--count", "510", "--device", "ranks", "--quiet").splitlines()[-1]
    assert int(closing.split(" of them on ranks")[0].split()[-1]) >= 500


@pytest.mark.parametrize("seed", [4])
def test_random_programs_have_the_bits_of_one_process_on_ranks_with_devices(seed):
    closing = oracle("--seed", str(seed), "--count", "110", "--device", "ranks-cudasim", "--quiet").splitlines()[-1]
    assert int(closing.split(" of them on ranks-cudasim")[0].split()[-1]) >= 100
