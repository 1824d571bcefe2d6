"""A proof worker as seen by the process that started it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from mathmill.eval.proof.messages import BUSY, Garbled, receive, send

_SOURCE = str(Path(__file__).resolve().parents[3])
# How long after the deadline a worker may be silent: it kills its proofs itself, so one that is later hangs.
_GRACE = 2.0

_KEPT = frozenset({"PYTHONHOME", "PYTHONNOUSERSITE", "PYTHONPLATLIBDIR", "PYTHONUSERBASE"})

OUTCOMES = frozenset({"equal", "unequal", "unknown", "slow", "large", "died"})


class Dead(Exception):
    """A worker ended, hung, or said what no worker says, and is killed."""


class Worker:
    """A running worker. Used by one thread at a time.

    Raises:
        OSError: no process can be started.
    """

    def __init__(self, memory: int, cold: bool) -> None:
        if not sys.executable:
            raise FileNotFoundError("this program does not know its Python interpreter (sys.executable)")
        command = [sys.executable, "-P", "-W", "ignore", "-m", "mathmill.eval.proof.server", str(memory)]
        self._process = subprocess.Popen(
            [*command, "cold"] if cold else command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            start_new_session=True,  # a group of its own, with its proofs; no interrupts from a terminal
            env=_environment(),
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._requests, self._replies = self._process.stdin, self._process.stdout

    @property
    def pid(self) -> int:
        return self._process.pid

    def wait_until_ready(self, seconds: float) -> None:
        """Wait until it has loaded what it needs.

        Raises:
            Dead: it did not get there in time.
        """
        self._reply(time.monotonic() + seconds)

    def ask(self, answer: list[object], gold: list[object], seconds: float) -> dict[str, Any]:
        """Its reply about two packed trees.

        Raises:
            BrokenPipeError: it was dead before, and is cleared away.
            Dead: it died over this or hung.
        """
        try:
            send(self._requests.fileno(), {"answer": answer, "gold": gold, "seconds": seconds})
        except OSError:
            self.kill()
            raise BrokenPipeError("the worker was dead") from None
        reply = self._reply(time.monotonic() + BUSY * seconds + _GRACE)
        if reply.get("outcome") not in OUTCOMES or not isinstance(reply.get("detail"), str):
            self.kill()
            raise Dead("the worker said what no worker says")
        return reply

    def _reply(self, deadline: float) -> dict[str, Any]:
        try:
            reply = receive(self._replies.fileno(), deadline)
        except Garbled:
            reply = None
        except BaseException:  # an interrupt: what comes later must not be taken for the next reply
            self.kill()
            raise
        if reply is None:
            self.kill()
            raise Dead("the worker died" if time.monotonic() < deadline else "the worker hung")
        return reply

    def kill(self) -> None:
        """End it with its proofs, at once. May be called again."""
        if self._process.returncode is None:
            # The group by its leader's number, which is not given to another before the leader is waited for.
            try:
                os.killpg(self._process.pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                self._process.kill()
            self._process.wait()
        self._requests.close()
        self._replies.close()

    def disown(self) -> None:
        """In a forked process: close the copies of its pipes and leave it alone; it is another's child."""
        self._requests.close()
        self._replies.close()
        self._process.returncode = 0


def _environment() -> dict[str, str]:
    """Ours, less what would change sympy or Python; with our own source, wherever we were imported from."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in _KEPT or not name.startswith(("SYMPY_", "PYTHON", "COVERAGE_"))
    }
    paths = [_SOURCE, *filter(None, [os.environ.get("PYTHONPATH")])]
    return kept | {"PYTHONPATH": os.pathsep.join(paths), "PYTHONHASHSEED": "0"}
