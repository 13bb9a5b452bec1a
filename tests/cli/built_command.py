"""Where the fuseval command is: build/release/tools/fuseval, or $FUSEVAL_COMMAND."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COMMAND = os.environ.get("FUSEVAL_COMMAND", str(ROOT / "build" / "release" / "tools" / "fuseval"))
