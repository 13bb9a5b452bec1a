"""fuseval and another library on one GPU: __cuda_array_interface__, DLPack, streams, in any order that streams allow."""

from pathlib import Path

import pytest
from fake_machine import run_on_fake_gpu

SCRIPT = Path(__file__).with_name("gpu_interchange.py")


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
@pytest.mark.parametrize("name", ["used_by_a_program", "on_their_stream", "ours_by_their_interface"])
def test_in_any_order(name, seed):
    run_on_fake_gpu(SCRIPT, name, seed)


@pytest.mark.parametrize("name", ["read_only", "round_trips"])
def test_on_one_stream(name):
    run_on_fake_gpu(SCRIPT, name)
