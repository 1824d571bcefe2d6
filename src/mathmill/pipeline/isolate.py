"""A stream of results from a process that may be killed: by time, by memory, by a crash, page by page.

The work runs in a child process, forked from a server that has the heavy modules loaded already, and
each item has a limit of processor time and of memory, kept by the kernel. When the child dies its
work goes on in a fresh one, item by item, until the item that kills is found; that item runs once
more alone, and only if it kills again is it condemned. Cost: one small message for every few items;
a death costs three re-reads of the source up to that item.

This is not a sandbox: it bounds time and memory, not what code may do.
"""

from __future__ import annotations

import contextlib
import math
import multiprocessing
import os
import resource
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from typing import Any, Generic, TypeVar

R = TypeVar("R")

#: `source(skip, count)` passes over `skip` items at once, then gives an iterator over `count` items (None: all).
#: It must be picklable and give the same items each time.
Source = Callable[[int, int | None], Iterator[R]]

_PRELOAD = ["mathmill.pipeline.preload"]
_START_SECONDS = 900.0  # to start the child and pass over the items that are done: a 1 GB archive takes about 10
_WALL_FACTOR = 10.0  # wall time allowed for each second of processor time, since machines are shared
_FAST_ITEMS, _FAST_SECONDS = 64, 0.05  # how many results, how long, are held back to be sent together


@dataclass(frozen=True, slots=True)
class ItemLimits:
    """What one item may use: processor seconds (whole ones) and megabytes above the idle process."""

    seconds: int
    megabytes: int


@dataclass(slots=True)
class Usage:
    """What the page processes used, as far as they lived to tell."""

    peak_mb: float = 0.0  # resident memory of the largest


@dataclass(frozen=True, slots=True)
class Condemned:
    """The item at `index` of the source killed its process, also when it ran alone."""

    index: int
    reason: str  # page_time, page_memory or page_crash
    evidence: dict[str, Any]


class SourceBroken(Exception):
    """The source itself failed, outside any item."""


class _Mode(Enum):
    """How many items a child is given, and how many results it may hold back."""

    FAST = (None, _FAST_ITEMS)
    CAREFUL = (_FAST_ITEMS, 1)
    ALONE = (1, 1)


class _Signal(Enum):
    READY = "ready"  # the items that were done are passed over
    PAUSE = "pause"  # the count is reached
    END = "end"  # the source has no more
    MEMORY = "memory"  # the next item raised MemoryError


@dataclass(slots=True)
class _Attempt(Generic[R]):
    """What one child came to."""

    usage: Usage
    items: int = 0
    ended: bool = False
    death: tuple[str, dict[str, Any]] | None = None


def isolated(source: Source[R], limits: ItemLimits, usage: Usage | None = None) -> Iterator[R | Condemned]:
    """The items of `source`, in order, each once, with a `Condemned` in the place of each that kills.

    `usage` is kept up to date while items come.

    Raises:
        SourceBroken: the child died or failed while it passed over items that were done already.
        Exception: whatever the source raised, by its own type.
    """
    done, mode = 0, _Mode.FAST
    while True:
        attempt: _Attempt[R] = _Attempt(usage or Usage())
        yield from _attempt(source, done, mode, limits, attempt)
        done += attempt.items
        if attempt.death is None:
            if attempt.ended:
                return
            mode = _Mode.FAST
        elif mode is _Mode.ALONE:
            reason, evidence = attempt.death
            yield Condemned(done, reason, evidence)
            done, mode = done + 1, _Mode.FAST
        else:
            mode = _Mode.CAREFUL if mode is _Mode.FAST else _Mode.ALONE


def _attempt(source: Source[R], skip: int, mode: _Mode, limits: ItemLimits, attempt: _Attempt[R]) -> Iterator[R]:
    context = _forkserver()
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=_work, args=(sender, source, skip, mode.value, limits), daemon=True)
    child.start()
    sender.close()
    try:
        yield from _receive(receiver, limits, attempt)
        if attempt.death == _SILENT:
            child.join(timeout=5)
            attempt.death = _cause(child.exitcode, limits)
    finally:
        child.kill()
        child.join()
        child.close()
        receiver.close()


_SILENT: tuple[str, dict[str, Any]] = ("page_crash", {})  # until the exit code tells more


def _receive(receiver: Connection, limits: ItemLimits, attempt: _Attempt[R]) -> Iterator[R]:
    """Pass on results until the child says it is through, falls silent, or dies."""
    ready = False
    while True:
        patience = limits.seconds * _WALL_FACTOR + _FAST_SECONDS if ready else _START_SECONDS
        if not receiver.poll(patience):
            attempt.death = ("page_time", {"wall_seconds": patience})
            break
        try:
            message = receiver.recv()
        except (EOFError, ConnectionResetError):
            attempt.death = _SILENT
            break
        if isinstance(message, tuple):
            items, peak_mb = message
            attempt.usage.peak_mb = max(attempt.usage.peak_mb, peak_mb)
            attempt.items += len(items)
            yield from items
        elif isinstance(message, Exception):
            raise message
        elif message is _Signal.READY:
            ready = True
        elif message is _Signal.MEMORY:
            attempt.death = ("page_memory", {"megabytes": limits.megabytes})
            break
        else:
            attempt.ended = message is _Signal.END
            return
    if not ready:
        raise SourceBroken("the page process died before it reached its first page: is there enough memory?")


def _cause(exitcode: int | None, limits: ItemLimits) -> tuple[str, dict[str, Any]]:
    if exitcode == -signal.SIGXCPU:
        return "page_time", {"cpu_seconds": limits.seconds}
    if exitcode is not None and exitcode < 0:
        return "page_crash", {"signal": signal.Signals(-exitcode).name}
    return "page_crash", {"exit_code": exitcode}


def _work(sender: Connection, source: Source[R], skip: int, mode: tuple[int | None, int], limits: ItemLimits) -> None:
    """The child: run the source, one item at a time under its limits, and send what comes."""
    count, hold = mode
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with contextlib.suppress(BrokenPipeError):  # the parent is gone: nobody to work for
        try:
            stream = source(skip, count)
            sender.send(_Signal.READY)
            _limit_memory(limits.megabytes)
            _send_items(sender, stream, count, hold, limits)
        except BrokenPipeError:
            raise
        except Exception as error:  # noqa: BLE001  # not a result: the parent raises it
            sender.send(error)


def _send_items(sender: Connection, stream: Iterator[R], count: int | None, hold: int, limits: ItemLimits) -> None:
    held: list[R] = []
    sent_at, sent = time.monotonic(), 0

    def flush() -> None:
        nonlocal held, sent_at, sent
        if held:
            sender.send((held, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))
            sent += len(held)
            held = []
        sent_at = time.monotonic()

    while True:
        _limit_time(limits.seconds)
        try:
            item = next(stream, _Signal.END)
        except MemoryError:
            flush()
            sender.send(_Signal.MEMORY)
            return
        if item is _Signal.END:
            flush()
            sender.send(_Signal.PAUSE if sent == count else _Signal.END)
            return
        held.append(item)  # type: ignore[arg-type]  # END is handled above
        if len(held) >= hold or time.monotonic() - sent_at > _FAST_SECONDS:
            flush()


def _limit_time(seconds: int) -> None:
    """Let the kernel end this process when the next item takes more; an orphan ends by the wall clock."""
    used = math.ceil(time.process_time())
    resource.setrlimit(resource.RLIMIT_CPU, (used + seconds, resource.getrlimit(resource.RLIMIT_CPU)[1]))
    signal.setitimer(signal.ITIMER_REAL, 2 * _WALL_FACTOR * seconds)


def _limit_memory(megabytes: int) -> None:
    """Let allocations fail above what the process has now plus `megabytes`; elsewhere than Linux there is no limit."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123
            pages = int(file.read().split()[0])
    except FileNotFoundError:
        return
    limit = pages * os.sysconf("SC_PAGE_SIZE") + megabytes * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (limit, resource.getrlimit(resource.RLIMIT_AS)[1]))


@lru_cache(maxsize=1)
def _forkserver() -> ForkServerContext:
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # a page process is one of many; threads would also not survive the fork
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOAD)
    return context
