"""What a worker process of a cluster does with an item; the driver's side is the engine.

Function and item come as bytes, and the answer goes as bytes: what cannot be loaded or sent is an error of this item,
told in our words and not in the cluster's.
"""

from __future__ import annotations

import os
import pickle
import socket
import sys
from functools import lru_cache
from types import ModuleType
from typing import Literal

from mathmill.pipeline.engines.sending import sendable

#: What an answer is: what the function returned, what it raised, or (host, version) of a node that has other code.
Kind = Literal["result", "error", "other_code"]


_NOWHERE = "/proc"  # a folder in which nobody can make a file


def answer(version: str, home: str, work: bytes) -> bytes:
    """The pickled (`Kind`, value) of a pickled (function, item).

    `version` is what `code_version` has to be on this node, "" if it does not matter; `home` is the folder that the
    driver works in, to which its paths may be relative.
    """
    _give_memory_back()
    _forget_the_script()
    _go(home)
    try:
        if version and (mine := _code_version()) != version:
            return pickle.dumps(("other_code", (socket.gethostname(), mine)))
        function, item = pickle.loads(work)  # noqa: S301  # from our own driver
        return pickle.dumps(("result", function(item)))
    except Exception as error:  # noqa: BLE001  # not a result: the driver makes a Failure of it
        return pickle.dumps(("error", sendable(error)))


def _code_version() -> str:
    from mathmill.data.runs import code_version

    return code_version()


@lru_cache(maxsize=1)
def _give_memory_back() -> None:
    """Let Arrow take memory from the system, as the local engine does; a node's own environment goes before."""
    if "ARROW_DEFAULT_MEMORY_POOL" in os.environ:
        return
    os.environ["ARROW_DEFAULT_MEMORY_POOL"] = "system"
    if "pyarrow" in sys.modules:  # Ray loaded it, and it has chosen already
        import pyarrow as pa

        pa.set_memory_pool(pa.system_memory_pool())


def _go(home: str) -> None:
    """Work in the driver's folder; where a node has none, relative paths must fail and not lead to another."""
    try:
        os.chdir(home)
    except OSError:
        os.chdir(_NOWHERE)


@lru_cache(maxsize=1)
def _forget_the_script() -> None:
    """Put a bare module in the place of the cluster's script, which every page process would import, with all of it."""
    sys.modules["__main__"] = ModuleType("__main__")
