"""Judges in processes of their own, for `benchmarks.verifier`: one hang or crash costs one verdict."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any

OURS, PEER = "mathmill", "math-verify"
# Seconds after which a judge is killed, and those that its start may take.
PATIENCE = 10.0
_START = 120.0


@dataclass(frozen=True, slots=True)
class Item:
    """A pred or a completion to be judged by a gold; whether it should be paid, and of what kind it is."""

    gold: str
    text: str
    pays: bool = True
    kind: str = ""
    completion: bool = False

    @property
    def line(self) -> dict[str, str]:
        return {"gold": self.gold, "completion" if self.completion else "pred": self.text}


@dataclass(frozen=True, slots=True)
class Judged:
    """What a judge said of an item, and the milliseconds that it took; killed, after all that it was given."""

    item: Item
    pays: bool
    method: str
    milliseconds: float

    @property
    def right(self) -> bool:
        return self.pays == self.item.pays

    @property
    def crashed(self) -> bool:
        """Whether the judge raised something, or its process died."""
        return self.method == "died" or self.method.startswith("raised")


@dataclass(slots=True)
class Judge:
    """A judge; started when it is first asked, and again after an item that it did not survive.

    At each start it is warmed up with a proof; `first` is the milliseconds that this took.
    """

    name: str
    first: float = 0.0
    process: subprocess.Popen[str] | None = None
    reader: threading.Thread | None = None
    answers: queue.SimpleQueue[str] = field(default_factory=queue.SimpleQueue)

    def judged(self, item: Item) -> Judged:
        """The verdict on an item."""
        if self.process is None:
            self._start()
        began = time.perf_counter()
        reply = self._asked(item.line, PATIENCE)
        if reply is None:
            seconds = time.perf_counter() - began
            self.close()
            return Judged(item, False, "killed" if seconds >= PATIENCE else "died", 1_000 * seconds)
        return Judged(item, reply["pays"], reply["method"], reply["ms"])

    def all(self, items: Sequence[Item], progress: str = "") -> list[Judged]:
        """The verdicts on all, in order; how far it is stands on standard error."""
        found = []
        for number, item in enumerate(items, 1):
            found.append(self.judged(item))
            if progress and sys.stderr.isatty() and (number % 200 == 0 or number == len(items)):
                print(f"\r{self.name}: {progress}, {number} of {len(items)} ", end="", file=sys.stderr, flush=True)
        if progress and sys.stderr.isatty():
            print(file=sys.stderr)
        return found

    def used(self) -> float:
        """Processor seconds so far, of this process of it and those that it started."""
        if self.process is None:
            self._start()
        reply = self._asked({"used": True}, PATIENCE)
        return reply["used"] if reply is not None else 0.0

    def close(self) -> None:
        """Kill it and what it started."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            if self.reader is not None:
                self.reader.join()
            for pipe in filter(None, (self.process.stdin, self.process.stdout)):
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()
            self.process = None

    def _start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.verifier_worker", self.name.replace("-", "_")],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True,
        )  # fmt: skip
        self.answers = queue.SimpleQueue()
        self.reader = threading.Thread(target=_forward, args=(self.process, self.answers), daemon=True)
        self.reader.start()
        if self._reply(_START) is None:
            raise RuntimeError(f"{self.name} does not start: see python -m benchmarks.verifier_worker")
        reply = self._asked({"warm": True}, _START)
        if reply is None:
            raise RuntimeError(f"{self.name} does not prove anything in {_START:.0f} seconds")
        self.first = reply["ms"]

    def _asked(self, line: dict[str, Any], seconds: float) -> dict[str, Any] | None:
        assert self.process is not None
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(json.dumps(line) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            return None
        return self._reply(seconds)

    def _reply(self, seconds: float) -> dict[str, Any] | None:
        try:
            line = self.answers.get(timeout=seconds)
        except queue.Empty:
            return None
        return json.loads(line) if line else None


def _forward(process: subprocess.Popen[str], answers: queue.SimpleQueue[str]) -> None:
    """Put each line that a process writes into the queue, and an empty one when it ends."""
    assert process.stdout is not None
    for line in process.stdout:
        answers.put(line)
    answers.put("")


def has_peer() -> bool:
    """Whether math-verify is installed; if not, that is said on standard error."""
    if find_spec("math_verify") is None:
        print("math-verify is left out, it is not installed: see the extra `bench`", file=sys.stderr)
        return False
    return True
