"""The last rung: proof of equality, at once where it is short, else by sympy in workers that are killed in time.

Workers are started when the first proof is asked for, as many as are asked at once up to `MATHMILL_PROOF_WORKERS` (the
processors, at most 4; with 0 there are none, and what only they could prove is `unproved`), and serve all threads. A
forked process starts its own. `MATHMILL_PROOF_SECONDS` (0.15) is the processor time of a proof, 20 times that its limit
on the clock of a busy machine; loading sympy does not count. What was asked of a worker that dies or hangs is
`timed_out`; the next proof has another worker. Where none can be started each proof that needs one raises, since a
judge that goes on without them would take right answers for wrong ones.
"""

from __future__ import annotations

import atexit
import math
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from mathmill.data.errors import ConfigError, JudgeInTrouble
from mathmill.eval.limits import TooLarge
from mathmill.eval.proof.messages import packed
from mathmill.eval.proof.worker import Dead, Worker
from mathmill.eval.syntax.trees import Tree
from mathmill.eval.verdict import Outcome, Verdict

MEMORY = 2**30  # bytes of address space of a worker, and of each of its proofs
_START_SECONDS = 120.0  # on the clock; it takes two or three on a machine that does nothing else
_MOST_STARTS = 3  # for one proof, without success
_MOST_WORKERS = 64
_MOST_SECONDS = 600.0

_VERDICTS: dict[str, tuple[Outcome, str]] = {
    "equal": ("correct", "sympy"),
    "unequal": ("wrong", "sympy"),
    "unknown": ("wrong", "unproved"),
    "large": ("too_large", "sympy"),
    "slow": ("timed_out", "sympy"),
    "died": ("timed_out", "sympy"),
}


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
            worker = self._worker()
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
        """An idle worker or a new one.

        Raises:
            JudgeInTrouble: none can be started.
        """
        with self._changed:
            if self._idle:
                return self._idle.pop()
        reasons = []
        for _ in range(_MOST_STARTS):
            try:
                return self._started()
            except (OSError, Dead) as reason:
                reasons.append(str(reason))
        raise JudgeInTrouble(
            f"no proof worker could be started ({reasons[-1]}); see why with: python -m mathmill.eval.proof.server "
            f"{self._memory} < /dev/null, or do without by MATHMILL_PROOF_WORKERS=0"
        )

    def _started(self) -> Worker:
        worker = Worker(self._memory, self._cold)
        with self._changed:
            self._all.append(worker)
        try:
            worker.wait_until_ready(_START_SECONDS)
        except BaseException:
            self._forget(worker)
            raise
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
    def size(self) -> int:
        """How many workers there may be."""
        return self._size

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
    """Whether two trees are proved equal.

    `correct` by `sympy` if it proves them equal, `wrong` if it proves them unequal, and by `unproved` if there is a
    proof of neither. `timed_out` if a proof would take longer than these seconds, `too_large` if more memory or digits
    than there are.

    Raises:
        JudgeInTrouble: workers cannot be started.
        ConfigError: a setting of theirs is wrong.
    """
    if seconds is None:
        seconds = _setting("MATHMILL_PROOF_SECONDS", 0.15, float, 0.001, _MOST_SECONDS)
    workers = pool()
    if not workers.size:
        return Verdict("wrong", "unproved", "equal at the points looked at; MATHMILL_PROOF_WORKERS=0 allows no proof")
    return workers.prove(answer, gold, seconds)


def _setting(name: str, default: float, kind: type[int] | type[float], low: float, high: float) -> float:
    written = os.environ.get(name, "").strip()
    try:
        value = kind(written) if written else default
    except ValueError:
        value = math.nan
    if not low <= value <= high:
        what = "a whole number" if kind is int else "a number"
        raise ConfigError(f"{name} is {written!r}; it has to be {what} from {low:g} to {high:g}")
    return value


def statistics() -> Statistics:
    """What the proofs of this process came to, so that a caller can stop when too many time out."""
    return _pool.statistics if _pool is not None else Statistics()


def pool() -> Pool:
    """This process's workers.

    Raises:
        ConfigError: `MATHMILL_PROOF_WORKERS` is no number of workers.
    """
    global _pool
    with _creating:
        if _pool is None:
            _pool = Pool(int(_setting("MATHMILL_PROOF_WORKERS", min(_processors(), 4), int, 0, _MOST_WORKERS)))
        return _pool


def _processors() -> int:
    """Those that this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


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
