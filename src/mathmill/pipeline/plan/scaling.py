"""The same run on clusters of other sizes: where more machines stop to pay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mathmill.pipeline.plan.forecast import Cluster, StartUp, forecast
from mathmill.pipeline.plan.laws import Size, Step

_TIMES = (0.25, 0.5, 1, 2, 4)


@dataclass(frozen=True, slots=True)
class CoreCount:
    """What a run takes on a cluster."""

    cores: int
    nodes: int
    wall_seconds: float
    core_seconds: float  # worked
    held_core_seconds: float  # of all cores for as long as the run takes, those that wait too
    alone_share: float  # of the wall time, what more cores would not shorten


def at_core_counts(
    steps: Sequence[Step], size: Size, cluster: Cluster, archive_bytes: float, start: StartUp
) -> tuple[CoreCount, ...]:
    """The run on a quarter of the cores to four times as many, nodes alike; the bandwidth is what it is."""
    found: dict[int, CoreCount] = {}
    for times in _TIMES:
        cores = max(round(cluster.cores * times), 1)
        nodes = min(max(round(cluster.nodes * times), 1), cores)
        made = forecast(steps, size, replace(cluster, cores=cores, nodes=nodes), archive_bytes, start)
        wall = made.total("wall_seconds")
        alone = made.total("serial_seconds") / wall if wall else 0.0
        found[cores] = CoreCount(cores, nodes, wall, made.total("core_seconds"), cores * wall, alone)
    return tuple(found.values())
