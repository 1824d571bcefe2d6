"""Loads what every page process needs, once, in the server that the processes are forked from.

Nothing here may start a thread: a fork copies only the thread that forks.
"""

from __future__ import annotations

import sys
from types import TracebackType

import lxml.html
import trafilatura

import mathmill.pipeline.extraction
import mathmill.pipeline.page_work
from mathmill.pipeline.language import identifier

identifier(None)  # 30 MB that the page processes share


def _tell(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Say nothing where the worker that asked for a page process was killed before it said what to do (a full disk ends
    all workers at once): the process that was just forked reads an end of file, and has nothing to report."""
    if not issubclass(kind, EOFError):
        sys.__excepthook__(kind, error, trace)


sys.excepthook = _tell  # only what is not caught in a server's fork comes here

__all__ = ["lxml", "mathmill", "trafilatura"]
