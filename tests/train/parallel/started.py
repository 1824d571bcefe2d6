"""Programs that torchrun starts."""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
#: What its processes find the tests by.
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}


def torchrun(processes: int, *program: str) -> list[str]:
    """The command of a program (a path, or -m and a module) in so many processes of this machine."""
    start = [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"]
    return [*start, *program]
