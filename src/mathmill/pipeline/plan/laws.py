"""How the parts of a run grow: what each costs at a size that was never run. Arithmetic alone.

S shards, U units (pages, Documents that the cascade keeps, or candidates for near-duplicates)
a map over shards      cpu = b S + c U            spread over all cores
a query                cpu = a + c U log(r U)     on one node, partly by its cores
the driver             wall = a + b S + c U       by one core
files and traffic      bytes = a + b S + c U
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

PAGES, DOCUMENTS, CANDIDATES = "pages", "documents", "candidates"


@dataclass(frozen=True, slots=True)
class Size:
    """How large a run is: its shards, and how many there are of each unit that something grows with."""

    shards: float
    units: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Law:
    """`fixed` once, `a_shard` for each shard, and so much for each of a unit."""

    fixed: float = 0.0
    a_shard: float = 0.0
    a_unit: Mapping[str, float] = field(default_factory=dict)

    def at(self, size: Size) -> float:
        """What it comes to at a size."""
        return self.fixed + self.a_shard * size.shards + sum(each * size.units[u] for u, each in self.a_unit.items())

    def __add__(self, other: Law) -> Law:
        units = {u: self.a_unit.get(u, 0.0) + other.a_unit.get(u, 0.0) for u in {**self.a_unit, **other.a_unit}}
        return Law(self.fixed + other.fixed, self.a_shard + other.a_shard, units)


def fitted(unit: str, few: tuple[float, float], many: tuple[float, float], full: tuple[float, Size]) -> Law:
    """The Law through three executions: two on shards without a page (shards, value), one on the sample.

    No part of it is negative: what noise would make so is 0.
    """
    a_shard = max((many[1] - few[1]) / (many[0] - few[0]), 0.0)
    fixed = max(few[1] - a_shard * few[0], 0.0)
    value, size = full
    units = size.units[unit]
    more = max(value - fixed - a_shard * size.shards, 0.0)
    return Law(fixed, a_shard, {unit: more / units} if units else {})


@dataclass(frozen=True, slots=True)
class MapWork:
    """Work on shards side by side. Works of one `group` are parts of the same items."""

    step: str
    group: str
    cpu_seconds: Law
    items: Law
    driver_seconds: float  # that the driver takes over each item, while others are worked on
    worker_mb: float  # of a worker with the processes below it, at most
    begin: float = 0.0  # processor seconds of each worker before its first item
    files: Law = Law()  # bytes of the files that its items write and read of the run's


@dataclass(frozen=True, slots=True)
class QueryWork:
    """A query over tables of all shards, on one node.

    `cpu_seconds` are those at `measured` units, where its largest table had `rows` rows; above, n log n is assumed.
    `serial` is the share of its work that a second core does not speed up.
    """

    step: str
    unit: str
    fixed: float  # processor seconds on empty tables
    cpu_seconds: float  # beyond `fixed`
    measured: float
    rows: float
    peak_mb: float  # that it held, at `measured`
    peak_mb_a_unit: float  # by which that grew
    serial: float
    off: float = 0.0  # by how much a forecast of the larger measurement from the smaller one was off, as a share
    files: Law = Law()  # bytes of its tables and of what it makes of them

    def cpu_at(self, size: Size) -> float:
        """Processor seconds at a size."""
        units = size.units[self.unit]
        if not self.measured or not units:
            return self.fixed
        times = units / self.measured
        sorting = max(math.log2(max(self.rows * times, 2)) / math.log2(max(self.rows, 2)), 1.0)
        return self.fixed + self.cpu_seconds * times * sorting

    def peak_at(self, size: Size) -> float:
        """Megabytes that it would hold if it never spilled."""
        return max(self.peak_mb + self.peak_mb_a_unit * (size.units[self.unit] - self.measured), 0.0)

    def wall_at(self, size: Size, cores: float) -> float:
        """Wall seconds on a node of so many cores, by Amdahl's law."""
        return self.cpu_at(size) * (self.serial + (1 - self.serial) / max(cores, 1))


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a run with all that it does."""

    name: str
    maps: tuple[MapWork, ...]
    queries: tuple[QueryWork, ...]
    driver: Law  # wall seconds outside of maps and queries
    disk: Law  # bytes
    files: Law
    between: Law  # bytes read of what other steps or workers wrote


def serial_share(cpu: float, wall: float, cores: int) -> float:
    """The share of a work that only one core does, from the processor and wall time on some cores (Amdahl)."""
    if cores <= 1 or wall <= 0 or cpu <= 0:
        return 1.0 if cores <= 1 else 0.0
    return min(max((cores * wall / cpu - 1) / (cores - 1), 0.0), 1.0)
