"""How many Documents are candidates for near-duplicates, and how that grows with the number of Documents.

Two Documents meet only where a run has both, so among twice as many Documents up to four times as many meet another,
and never more than there are. The power in between is that by which their number grows in the sample, from half of its
shards to all of them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np

from mathmill.data.columns import int64s
from mathmill.data.rows import ROW_BITS
from mathmill.data.tables import ask
from mathmill.pipeline.dedup.components import Rows
from mathmill.pipeline.dedup.near_tables import BANDS, COMPONENTS, batches

_LEAST, _MOST = 1.0, 2.0
_DRAWS = 20


@dataclass(frozen=True, slots=True)
class Meeting:
    """Candidates of a run, and the power of the number of Documents by which they become more."""

    candidates: int
    power: float

    def at(self, times: float, documents: float) -> float:
        """Candidates among `documents`, which are so many times those of the run."""
        return min(self.candidates * math.pow(times, self.power), documents)


def find_meeting(run: Path) -> Meeting:
    """The Meeting of a finished run whose recipe looks for near-duplicates."""
    rows, components = _candidates(run)
    counted = f"SELECT row >> {ROW_BITS} AS shard, count(*) AS documents FROM {BANDS} GROUP BY shard ORDER BY shard"  # noqa: S608
    documents = {row["shard"]: row["documents"] for row in ask(run, BANDS, counted, {})}
    return Meeting(len(rows), power(rows >> ROW_BITS, components, documents))


def power(shards: Rows, components: Rows, documents: Mapping[int, int]) -> float:
    """The power, from the shard and the component of each candidate, and the number of Documents in each shard.

    It is 2, the most that there can be, where the sample is too small to tell: it has one shard, or none meet in half.
    """
    names = list(documents)
    found: list[tuple[int, int]] = []
    half = len(names) // 2
    for _ in range(_DRAWS if half else 0):
        drawn = Random(f"{len(found)}").sample(names, half)
        found.append((_meet(shards, components, drawn), sum(documents[name] for name in drawn)))
    met, among = (sum(column) / _DRAWS for column in zip((0, 0), *found, strict=True))
    if not met or not len(shards):
        return _MOST
    whole = sum(documents.values())
    return min(max(math.log(len(shards) / met) / math.log(whole / among), _LEAST), _MOST)


def _meet(shards: Rows, components: Rows, drawn: Sequence[int]) -> int:
    """Candidates that would be some if only the drawn shards were there."""
    _, members = np.unique(components[np.isin(shards, drawn)], return_counts=True)
    return int(members[members > 1].sum())


def _candidates(run: Path) -> tuple[Rows, Rows]:
    columns: tuple[list[Rows], list[Rows]] = ([np.empty(0, np.int64)], [np.empty(0, np.int64)])
    for batch in batches(run / COMPONENTS, ("row", "component")):
        for found, column in zip(columns, batch.columns, strict=True):
            found.append(int64s(column))
    return np.concatenate(columns[0]), np.concatenate(columns[1])
