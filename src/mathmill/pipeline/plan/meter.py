"""An engine that notes what each item of a map and each query cost, around one that does the work.

Processor time is that of all processes below a worker, so page processes count. Where there is no `/proc` (elsewhere
than on Linux) wall time stands for it, and memory is not known.
"""

from __future__ import annotations

import contextlib
import os
import resource
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Generic, TypeVar

from mathmill.data.engine import Engine, Failure
from mathmill.data.store.mounts import parts
from mathmill.pipeline.plan.memory import MemoryWatch, processes_below

I = TypeVar("I")  # noqa: E741
R = TypeVar("R")

_SELF = Path("/proc/self")
_CALLED: set[str] = set()  # in this process


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one call in a worker."""

    cpu_seconds: float
    wall_seconds: float
    read_bytes: int
    is_first: bool  # of its function in this process: modules were imported, models loaded


@dataclass(frozen=True, slots=True)
class ItemSpent:
    """What an item of a map cost and wrote."""

    name: str
    cost: Cost
    written: Mapping[str, int]  # file in the run's folder -> bytes


@dataclass(frozen=True, slots=True)
class Moment:
    """A point of time in the driver, by the wall and by its own processor time."""

    wall: float
    cpu: float


@dataclass(slots=True)
class MapSpent:
    """What a map cost, and when it was."""

    name: str  # of the function
    began: Moment
    ended: Moment
    items: list[ItemSpent] = field(default_factory=list)
    driver_seconds: float = 0.0  # wall, while the caller took in results: workers may have waited

    @property
    def wall_seconds(self) -> float:
        return self.ended.wall - self.began.wall

    @property
    def folders(self) -> set[str]:
        """The folders that its items wrote in."""
        return {name.partition("/")[0] for item in self.items for name in item.written}


@dataclass(frozen=True, slots=True)
class QuerySpent:
    """What a query cost; memory is what the process held beyond what it had before."""

    query: str
    tables: Mapping[str, Path]
    out: Path
    began: Moment
    ended: Moment
    peak_mb: float
    read_bytes: int
    written_bytes: int = 0

    @property
    def name(self) -> str:
        """The folder that it makes."""
        return self.out.name

    @property
    def cpu_seconds(self) -> float:
        return self.ended.cpu - self.began.cpu

    @property
    def wall_seconds(self) -> float:
        return self.ended.wall - self.began.wall


class MeteredEngine:
    """Passes work on to `inner` and keeps accounts of it. `watch` looks at the memory of the driver and of workers."""

    def __init__(self, inner: Engine, watch: MemoryWatch) -> None:
        self._inner = inner
        self._watch = watch
        self.cpu_seconds = 0.0  # `work_seconds` when it was closed last: workers take theirs with them
        self.maps: list[MapSpent] = []
        self.queries: list[QuerySpent] = []

    def now(self) -> Moment:
        return Moment(time.perf_counter(), time.process_time() - self._watch.cpu_seconds)

    def map(self, function: Callable[[I], R], items: Iterable[I]) -> Iterator[tuple[I, R | Failure]]:
        """See `Engine.map`."""
        began = self.now()
        spent = MapSpent(name_of(function), began, began)
        self.maps.append(spent)
        for item, result in self._inner.map(Metered(function, spent.name), items):
            if isinstance(result, Failure):
                yield item, result
                continue
            value, cost = result
            spent.items.append(_item_spent(item, value, cost))
            given = time.perf_counter()
            yield item, value
            spent.driver_seconds += time.perf_counter() - given
        spent.ended = self.now()

    def sql(self, query: str, tables: Mapping[str, Path], out: Path) -> None:
        """See `Engine.sql`."""
        before = _reset_peak()
        began = self.now()
        self._inner.sql(query, tables, out)
        ended, held = self.now(), max(_peak_mb() - before, 0.0)
        read = sum(_size(folder) for folder in tables.values())
        self.queries.append(QuerySpent(query, dict(tables), out, began, ended, held, read, _size(out)))

    def close(self) -> None:
        self.cpu_seconds = work_seconds()
        self._inner.close()


@dataclass(frozen=True, slots=True)
class Metered(Generic[I, R]):
    """A function that tells what each call cost beside its result; `called` is what it is known by in its process."""

    function: Callable[[I], R]
    called: str

    def __call__(self, item: I) -> tuple[R, Cost]:
        is_first = self.called not in _CALLED
        _CALLED.add(self.called)
        read, cpu, wall = _bytes_read(), work_seconds(), time.perf_counter()
        result = self.function(item)
        spent = work_seconds() - cpu, time.perf_counter() - wall
        return result, Cost(*spent, _bytes_read() - read, is_first)


def work_seconds() -> float:
    """Processor seconds so far of this process and all below it, those that ended included; wall seconds elsewhere."""
    if not _SELF.exists():
        return time.perf_counter()
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (
        time.process_time()
        + ended.ru_utime
        + ended.ru_stime
        + sum(map(_process_seconds, processes_below(str(os.getpid()))))
    )


def _process_seconds(process: str) -> float:
    """Of a process and those below it that ended; 0 of one that ended just now, whose time its parent has."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        fields = Path("/proc", process, "stat").read_text().rsplit(")", 1)[1].split()
        return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    return 0.0


def _reset_peak() -> float:
    """Forget what this process held at most; what it holds now, in MB."""
    with contextlib.suppress(OSError):
        (_SELF / "clear_refs").write_text("5")
    return _peak_mb()


def _peak_mb() -> float:
    """The most that this process held since the last reset; 0 where it is not known."""
    with contextlib.suppress(FileNotFoundError):
        for line in (_SELF / "status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return 0.0


def _bytes_read() -> int:
    """Bytes that this process asked for; 0 where it is not known."""
    with contextlib.suppress(OSError):
        return int((_SELF / "io").read_text().split()[1])
    return 0


def _size(folder: Path) -> int:
    """Bytes of a table."""
    return sum(path.stat().st_size for path in parts(folder))


def name_of(function: Callable[..., Any]) -> str:
    """What a function is known by, whatever was bound to it."""
    plain = function.func if isinstance(function, partial) else function
    return f"{plain.__module__}.{plain.__qualname__}"


def _item_spent(item: Any, result: Any, cost: Cost) -> ItemSpent:
    """What a task of the pipeline cost: it has a `shard` or an `archive`, its result is the outputs or has them."""
    outputs = getattr(result, "outputs", result)
    name = getattr(item, "shard", None) or item.archive.name
    return ItemSpent(name, cost, {file: output.size for file, output in outputs.items()})
