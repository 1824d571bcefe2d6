"""Arithmetic to many digits: mpmath, loaded when first asked for, one context in each thread."""

from __future__ import annotations

import threading
from typing import Any


class _Contexts(threading.local):
    context: Any = None


_CONTEXTS = _Contexts()


def mp() -> Any:
    """This thread's context; its precision is set by whoever uses it, for as long as it does."""
    if _CONTEXTS.context is None:
        from mpmath import MPContext  # 80 ms; plain numbers never wait for it

        _CONTEXTS.context = MPContext()
    return _CONTEXTS.context
