"""The last rung: proof of equality by sympy, in worker processes that are killed when their time is over.

Workers are started when the first proof is asked for, as many as are asked at once up to `MATHMILL_PROOF_WORKERS` (the
processors, at most 4), and serve all threads. A forked process starts its own. `MATHMILL_PROOF_SECONDS` (0.15) is the
time of a proof from when a worker is free, on a busy machine up to four times as long on the clock; loading sympy does
not count. What was asked of a worker that dies or hangs is `timed_out`; the next proof has another worker.
"""

from __future__ import annotations

import atexit
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from mathmill.eval.limits import TooLarge
from mathmill.eval.proof.messages import packed
from mathmill.eval.proof.worker import Dead, Worker
from mathmill.eval.syntax.trees import Tree
from mathmill.eval.verdict import Outcome, Verdict

MEMORY = 2**30  # bytes of address space of a worker, and of each of its proofs
_START_SECONDS = 30.0
_MOST_STARTS = 3  # without success, one after the other

_VERDICTS: dict[str, tuple[Outcome, str]] = {
    "equal": ("correct", "sympy"),
    "unequal": ("wrong", "sympy"),
    "unknown": ("wrong", "unproved"),
    "large": ("too_large", "sympy"),
    "slow": ("timed_out", "sympy"),
    "died": ("timed_out", "sympy"),
}


class ProofUnavailable(RuntimeError):
    """No worker can be started here; the message says what to try."""


@dataclass(frozen=True, slots=True)
class Statistics:
    """What was asked of this process's workers since it began.

    `deaths` are workers and proofs that died or hung without being told to; their verdicts are among `timed_out`.
    `seconds` are those of proofs on the clock, waiting for a free worker left out.
    """

    proofs: int = 0
    timed_out: int = 0
    deaths: int = 0
    started: int = 0
    seconds: float = 0.0


class Pool:
    """Workers that several threads share. `cold` ones start in half the time, and their proofs take longer."""

    def __init__(self, size: int, memory: int = MEMORY, cold: bool = False) -> None:
        self._size, self._memory, self._cold = size, memory, cold
        self._changed = threading.Condition()
        self._idle: list[Worker] = []
        self._all: list[Worker] = []
        self._taken = 0
        self._failures = 0
        self._statistics = Statistics()

    def prove(self, answer: Tree, gold: Tree, seconds: float) -> Verdict:
        """Whether two trees are proved equal; see `prove`."""
        try:
            request = packed(answer), packed(gold)
        except TooLarge as reason:
            return Verdict("too_large", "sympy", str(reason))
        with self._place():
            reply, spent = self._asked(*request, seconds)
        outcome, method = _VERDICTS[reply["outcome"]]
        died = reply.get("outcome") == "died"
        self._count(proofs=1, timed_out=int(outcome == "timed_out"), deaths=int(died), seconds=spent)
        return Verdict(outcome, method, str(reply.get("detail", "")))

    def _asked(self, answer: list[object], gold: list[object], seconds: float) -> tuple[dict[str, Any], float]:
        while True:
            try:
                worker = self._worker()
            except Dead as reason:
                return {"outcome": "died", "detail": f"{reason} at its start"}, 0.0
            start = time.monotonic()
            try:
                reply = worker.ask(answer, gold, seconds)
            except BrokenPipeError:  # it was killed while idle, which need not cost a verdict
                self._forget(worker)
                self._count(deaths=1)
            except Dead as reason:
                self._forget(worker)
                return {"outcome": "died", "detail": str(reason)}, time.monotonic() - start
            except BaseException:
                self._forget(worker)
                raise
            else:
                with self._changed:
                    self._idle.append(worker)
                return reply, time.monotonic() - start

    @contextmanager
    def _place(self) -> Iterator[None]:
        """One of as many places as there may be workers."""
        with self._changed:
            self._changed.wait_for(lambda: self._taken < self._size)
            self._taken += 1
        try:
            yield
        finally:
            with self._changed:
                self._taken -= 1
                self._changed.notify()

    def _worker(self) -> Worker:
        with self._changed:
            if self._idle:
                return self._idle.pop()
            if self._failures >= _MOST_STARTS:
                raise ProofUnavailable(
                    f"{self._failures} proof workers in a row did not start; "
                    "see why with: python -m mathmill.eval.proof.server 1073741824 < /dev/null"
                )
        worker = Worker(self._memory, self._cold)
        with self._changed:
            self._all.append(worker)
        try:
            worker.wait_until_ready(_START_SECONDS)
        except BaseException:
            self._forget(worker)
            with self._changed:
                self._failures += 1
            raise
        with self._changed:
            self._failures = 0
        self._count(started=1)
        return worker

    def _forget(self, worker: Worker) -> None:
        worker.kill()
        with self._changed:
            if worker in self._all:
                self._all.remove(worker)

    def _count(self, **more: float) -> None:
        with self._changed:
            now = self._statistics
            self._statistics = replace(now, **{name: getattr(now, name) + value for name, value in more.items()})

    @property
    def statistics(self) -> Statistics:
        return self._statistics

    @property
    def pids(self) -> list[int]:
        """The process numbers of the workers."""
        return [worker.pid for worker in self._all]

    def close(self) -> None:
        """Kill all workers. A later proof starts others."""
        for worker in list(self._all):
            self._forget(worker)
        with self._changed:
            self._idle.clear()

    def disown(self) -> None:
        """In a forked process: leave the workers to the process that started them."""
        for worker in self._all:
            worker.disown()


_pool: Pool | None = None
_creating = threading.Lock()


def prove(answer: Tree, gold: Tree, seconds: float | None = None) -> Verdict:
    """Whether sympy proves two trees equal.

    `correct` if it does. `wrong` by `sympy` if it proves them unequal, by `unproved` if it finds a proof of neither.
    `timed_out` if a proof would take longer than these seconds, `too_large` if more memory or digits than there are.

    Raises:
        ProofUnavailable: workers cannot be started.
    """
    return pool().prove(
        answer, gold, float(os.environ.get("MATHMILL_PROOF_SECONDS", "0.15")) if seconds is None else seconds
    )


def statistics() -> Statistics:
    """What the proofs of this process came to, so that a caller can stop when too many time out."""
    return _pool.statistics if _pool is not None else Statistics()


def pool() -> Pool:
    """This process's workers."""
    global _pool
    with _creating:
        if _pool is None:
            _pool = Pool(int(os.environ.get("MATHMILL_PROOF_WORKERS", "0")) or min(os.cpu_count() or 1, 4))
        return _pool


def shut_down() -> None:
    """Kill this process's workers, as is done when it ends."""
    if _pool is not None:
        _pool.close()


def _after_fork() -> None:
    """A forked process has copies of the pipes and locks, and none of the threads: it begins anew."""
    global _pool, _creating
    if _pool is not None:
        _pool.disown()
    _pool, _creating = None, threading.Lock()


atexit.register(shut_down)
os.register_at_fork(after_in_child=_after_fork)
