"""What a run of a size comes to on a cluster: each step's core-hours, wall time, memory, disk and traffic."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from mathmill.pipeline.plan.laws import MapWork, Size, Step


@dataclass(frozen=True, slots=True)
class Cluster:
    """Where it would run."""

    cores: int
    nodes: int
    memory_mb: int  # of a node
    bandwidth: float | None = None  # bytes a second into the whole cluster; None: the download is never waited for
    query_mb: int = 2048  # that a query may hold before it spills

    @property
    def node_cores(self) -> float:
        return self.cores / self.nodes


@dataclass(frozen=True, slots=True)
class StartUp:
    """What it takes until work begins."""

    cpu_a_worker: float = 0.0
    wall_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class StepForecast:
    """A step; seconds, megabytes and bytes."""

    step: str
    core_seconds: float
    wall_seconds: float
    serial_seconds: float  # of the wall time, what more cores would not shorten
    share: float = 0.0  # of all core-seconds
    worker_mb: float = 0.0  # of the largest worker with the processes below it
    query_mb: float = 0.0  # that its largest query would hold if it never spilled
    disk_bytes: float = 0.0
    files: float = 0.0
    in_bytes: float = 0.0  # from the crawl
    between_bytes: float = 0.0  # read of what other steps or workers wrote
    item_bytes: float = 0.0  # of the files that an average item of its largest map reads and writes in the run
    spill_bytes: float = 0.0  # of its largest query, at most: a join may spill what would fit, too
    table_bytes: float = 0.0  # of the largest tables and result of one of its queries


@dataclass(frozen=True, slots=True)
class Forecast:
    """A run."""

    size: Size
    cluster: Cluster
    steps: tuple[StepForecast, ...]
    least_wall_seconds: float  # with any number of cores

    def total(self, name: str) -> float:
        """A sum over the steps, of a field of `StepForecast`."""
        return float(sum(getattr(step, name) for step in self.steps))

    def largest(self, name: str) -> float:
        return float(max((getattr(step, name) for step in self.steps), default=0.0))

    def as_dict(self) -> dict[str, Any]:
        summed = ("core_seconds", "wall_seconds", "serial_seconds", "disk_bytes", "files", "in_bytes", "between_bytes")
        return {
            **asdict(self),
            "total": {name: self.total(name) for name in summed}
            | {
                name: self.largest(name)
                for name in ("worker_mb", "query_mb", "item_bytes", "spill_bytes", "table_bytes")
            },
        }


def forecast(
    steps: Sequence[Step], size: Size, cluster: Cluster, archive_bytes: float, start: StartUp | None = None
) -> Forecast:
    """What the steps come to at a size; `archive_bytes` come from the crawl, while the first map works."""
    begin, maps = start or StartUp(), _maps(steps, size, cluster.cores)
    rows = [
        StepForecast("start", begin.cpu_a_worker * cluster.cores, begin.wall_seconds, begin.wall_seconds),
        _download(maps, archive_bytes, cluster),
        *(_of_step(step, size, cluster, maps) for step in steps),
    ]
    whole = sum(row.core_seconds for row in rows)
    shared = tuple(replace(row, share=row.core_seconds / whole if whole else 0.0) for row in rows)
    unbounded = _maps(steps, size, math.inf)
    least = sum(each.wall for each in unbounded.values()) + _download(unbounded, archive_bytes, cluster).wall_seconds
    alone = sum(_alone(step, size, cluster) for step in steps)
    return Forecast(size, cluster, shared, begin.wall_seconds + least + alone)


@dataclass(frozen=True, slots=True)
class _Map:
    """All works of one group together."""

    cpu: float  # without what workers do before their first item
    workers: float
    wall: float
    serial: float  # of `wall`, what more cores would not shorten


def _maps(steps: Iterable[Step], size: Size, cores: float) -> dict[str, _Map]:
    groups: dict[str, list[MapWork]] = {}
    for step in steps:
        for work in step.maps:
            groups.setdefault(work.group, []).append(work)
    return {group: _map(works, size, cores) for group, works in groups.items()}


def _map(works: Sequence[MapWork], size: Size, cores: float) -> _Map:
    """As many items at a time as there are cores, and none before the driver has taken in those before it.

    At the end cores wait for the last items, half of one on the average.
    """
    cpu, begin = sum(work.cpu_seconds.at(size) for work in works), sum(work.begin for work in works)
    items = max(works[0].items.at(size), 1.0)
    workers = min(cores, items)
    waits = (1 - 1 / cores) / 2 * cpu / items if cores < items else 0.0
    driver = items * works[0].driver_seconds
    return _Map(cpu, workers, begin + max(cpu / workers + waits, driver), begin + max(cpu / items, driver))


def _of_step(step: Step, size: Size, cluster: Cluster, maps: Mapping[str, _Map]) -> StepForecast:
    alone = _alone(step, size, cluster)
    cpu = sum(each.cpu_at(size) for each in step.queries) + step.driver.at(size)
    wall = serial = alone
    for work in step.maps:
        whole = maps[work.group]
        mine = work.cpu_seconds.at(size)
        part = mine / whole.cpu if whole.cpu else 0.0
        cpu += mine + work.begin * whole.workers
        wall += part * whole.wall
        serial += part * min(whole.serial, whole.wall)
    query_mb = max((each.peak_at(size) for each in step.queries), default=0.0)
    return StepForecast(
        step.name,
        cpu,
        wall,
        serial,
        worker_mb=max((work.worker_mb for work in step.maps), default=0.0),
        query_mb=query_mb,
        disk_bytes=step.disk.at(size),
        files=step.files.at(size),
        between_bytes=step.between.at(size),
        item_bytes=max((work.files.at(size) / max(work.items.at(size), 1.0) for work in step.maps), default=0.0),
        spill_bytes=query_mb * (1 << 20) if query_mb > cluster.query_mb else 0.0,
        table_bytes=max((each.files.at(size) for each in step.queries), default=0.0),
    )


def _alone(step: Step, size: Size, cluster: Cluster) -> float:
    """Wall seconds in which one node works, or the driver alone."""
    return step.driver.at(size) + sum(each.wall_at(size, cluster.node_cores) for each in step.queries)


def _download(maps: Mapping[str, _Map], archive_bytes: float, cluster: Cluster) -> StepForecast:
    """What the download takes longer than the work on what came."""
    work = next(iter(maps.values()), None)
    takes = archive_bytes / cluster.bandwidth if cluster.bandwidth else 0.0
    waits = max(takes - (work.wall if work else 0.0), 0.0)
    return StepForecast("download", 0.0, waits, waits, in_bytes=archive_bytes)
