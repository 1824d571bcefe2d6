"""What a run would ask of a store that its folder lies in, counted from the files and lines of runs on this machine.

Every file that a run keeps is put once. So is every line of its ledger at most: lines of short units go together. And a
worker asks once for each item of a map, before it puts what it made, whether the driver still has the lock. What is
not counted: HEAD (one to three for each of those, see docs/storage.md), files that one node fetches of another's, and
the archives.
"""

from __future__ import annotations

from dataclasses import dataclass

from mathmill.pipeline.plan.fit import CORPUS
from mathmill.pipeline.plan.laws import DOCUMENTS, Law, Size
from mathmill.pipeline.plan.sample import Execution, Sample


@dataclass(frozen=True, slots=True)
class Requests:
    """How many there are."""

    file_puts: float
    ledger_puts: float  # at most
    gets: float  # at least


def requests_of(sample: Sample, size: Size) -> Requests:
    """Of a run of a size: by the shard from the runs without a page, and the files of the corpus by its Documents."""
    few, many = sample.few, sample.many
    corpus = sample.parts[CORPUS] * size.units[DOCUMENTS] / sample.full.left

    def grown(of_few: int, of_many: int) -> float:
        a_shard = (of_many - of_few) / (many.shards - few.shards)
        return Law(max(of_few - a_shard * few.shards, 0.0), a_shard).at(size) + corpus

    return Requests(
        grown(len(few.outputs), len(many.outputs)), grown(few.units, many.units), grown(_items(few), _items(many))
    )


def _items(run: Execution) -> int:
    return sum(len(spent.items) for spent in run.maps)
