"""Programs under mpirun, as the tests of the command and of the examples start them."""

import shutil
import subprocess
from pathlib import Path

ENVIRONMENT = Path(__file__).resolve().with_name("environment.sh")
MPIRUN = shutil.which("mpirun.openmpi") or shutil.which("mpirun") or "mpirun"


def run_ranks(ranks, *command, **options):
    """CompletedProcess with text output. ranks: their number; 0: no mpirun."""
    launcher = ["bash", "-c", '. "$0"; exec "$@"', ENVIRONMENT, MPIRUN, "-n", ranks] if ranks else []
    return subprocess.run([str(word) for word in [*launcher, *command]], capture_output=True, text=True, timeout=300, **options)
