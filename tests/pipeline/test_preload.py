"""The server that page processes are forked from."""

from __future__ import annotations

import subprocess
import sys

# What a worker does that is killed between asking for a process and saying what it is to do.
_ASKER = """
import os, time
from multiprocessing import forkserver, get_context
get_context("forkserver").set_forkserver_preload(["mathmill.pipeline.preload"])
parent_r, child_w = forkserver.connect_to_new_process([])
os.close(child_w)
os.read(parent_r, 100)  # ends when the process does
"""


def test_a_process_whose_asker_was_killed_says_nothing() -> None:
    done = subprocess.run([sys.executable, "-c", _ASKER], capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr == ""
