"""What the driver does alone: the time between the maps and queries of a run, step by step.

Each stretch of time is known by the calls before and behind it, so that the same one is found in every execution.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from mathmill.pipeline.plan.laws import Law, Size
from mathmill.pipeline.plan.meter import Moment
from mathmill.pipeline.plan.sample import Execution

#: The step of what is in no pass.
DRIVER = "driver"

# A stretch that is longer by less than this is not longer: what the driver loads takes now more, now less.
_NOISE, _NOISE_SECONDS = 0.2, 0.005

Key = tuple[str, str, str]  # step, and the names of the calls before and behind


@dataclass(frozen=True, slots=True)
class Stretch:
    """Of the driver alone; seconds."""

    wall: float = 0.0
    cpu: float = 0.0


def driver_laws(
    executions: Sequence[Execution], size: Size, step_of: Callable[[str], str], unit_of: Callable[[str], str]
) -> dict[str, Law]:
    """How the driver's own time grows, by step: `executions` are those on few, many and on the sample's shards.

    `unit_of` tells by what the work grows that follows on a call.
    """
    few, many, full = (stretches(each, step_of) for each in executions)
    shards = executions[0].shards, executions[1].shards
    laws: defaultdict[str, Law] = defaultdict(Law)
    for key in {**few, **many, **full}:
        ends = few.get(key, Stretch()), many.get(key, Stretch())
        laws[key[0]] += _law(shards, ends, full.get(key, Stretch()), size, unit_of(key[1]))
    return laws


def _law(shards: tuple[int, int], ends: tuple[Stretch, Stretch], full: Stretch, size: Size, unit: str) -> Law:
    """By the wall for each shard, since files are synced; by processor time for each unit, which is less noisy."""
    few, many = ends
    more = shards[1] - shards[0]
    wall = _beyond(many.wall, few.wall) / more
    cpu = _beyond(many.cpu, few.cpu) / more
    rest = _beyond(full.cpu, few.cpu + cpu * (size.shards - shards[0]))
    units = size.units[unit]
    return Law(max(few.wall - wall * shards[0], 0.0), wall, {unit: rest / units} if units else {})


def _beyond(value: float, other: float) -> float:
    excess = value - max(other, 0.0)
    return excess if excess > max(_NOISE * other, _NOISE_SECONDS) else 0.0


def stretches(run: Execution, step_of: Callable[[str], str]) -> dict[Key, Stretch]:
    """The stretches of a run in which the driver was alone. One between two passes is cut where the second began."""
    calls, begins = run.calls, _pass_begins(run, step_of)
    points: list[tuple[str, Moment, Moment]] = [
        ("", run.began, run.began),
        *((call.name, call.began, call.ended) for call in calls),
        ("", run.ended, run.ended),
    ]
    found: dict[Key, Stretch] = {}
    for (before, _, since), (behind, until, _) in pairwise(points):
        cuts = [since.wall, *(at for at in begins.values() if since.wall < at < until.wall), until.wall]
        for start, end in pairwise(cuts):
            key = _step_at(start, end, begins), before, behind
            part = (end - start) / (until.wall - since.wall) if until.wall > since.wall else 0.0
            had = found.get(key, Stretch())
            found[key] = Stretch(had.wall + end - start, had.cpu + part * (until.cpu - since.cpu))
    return found


def _pass_begins(run: Execution, step_of: Callable[[str], str]) -> dict[str, float]:
    """When each pass began, and behind the last the driver's own work: passes end where decisions are made."""
    at = next((call.began.wall for call in run.calls if step_of(call.name) == "decisions"), run.ended.wall)
    begins = {DRIVER: at}
    for name, seconds in reversed(list(run.pass_seconds.items())):
        at -= seconds
        begins[name] = at
    return dict(reversed(list(begins.items())))


def _step_at(start: float, end: float, begins: dict[str, float]) -> str:
    middle = (start + end) / 2
    return next((name for name, at in reversed(list(begins.items())) if at <= middle), DRIVER)
