"""Loads what every page process needs, once, in the server that the processes are forked from.

Nothing here may start a thread: a fork copies only the thread that forks.
"""

from __future__ import annotations

import lxml.html
import trafilatura

import mathmill.pipeline.extraction
import mathmill.pipeline.page_work
from mathmill.pipeline.language import identifier

identifier(None)  # 30 MB that the page processes share

__all__ = ["lxml", "mathmill", "trafilatura"]
