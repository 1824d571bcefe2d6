"""The pass `near_duplicates`: of pages that say nearly the same, the best copy stays.

Documents whose signatures meet in a band are candidates; of these, pairs whose sets of shingles have a Jaccard
similarity of `threshold` and in which no quantity was exchanged are copies, and so are copies of copies, as long as
they are no variants of the one that stays. The same clusters come out whatever the order of Documents, the number of
shards and workers, and the engine; and whatever the memory, but for sets of Documents that it cannot hold (`told()`
counts them).

Cost: about 0.2 ms a Document of a thousand words for its bands, and 120 bytes on disk; 14 sorts of 16 bytes a Document;
then, of Documents that met another, 8 bytes a token on disk and some 0.7 ms, 6 ms in the worst sets that are known
(`benchmarks.dedup hard`). Time grows with the number of Documents (the sorts, by a logarithm more).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, PositiveInt, model_validator

from mathmill.data.config import Config
from mathmill.data.markdown import fact_lines
from mathmill.data.records import Reduce
from mathmill.data.rows import ROW_BITS
from mathmill.data.store.mounts import is_there
from mathmill.data.tables import ask
from mathmill.data.units import map_units
from mathmill.pipeline.dedup.banding import HASHES, Banding, bands_for, chance
from mathmill.pipeline.dedup.copies import ORDER, by_copies
from mathmill.pipeline.dedup.near_tables import (
    BANDS,
    COMPONENTS,
    CONFIRMED,
    FOUND,
    MEMBERS,
    STARS,
    STREAM_COLUMNS,
    STREAMS,
    TALLIES,
    TALLY_COLUMNS,
    USE,
    band_names,
    batches,
)  # fmt: skip
from mathmill.pipeline.passes.base import Judge, PassTask, Work, WorkingShard, state
from mathmill.pipeline.passes.effects import share_out

_ABOVE = (0, 0.1)  # similarities above the threshold of which the card tells how many pairs meet
TOKENS_A_PARTITION = 4_000_000  # some 15 s of work, and 32 MB on disk
MEMBERS_A_PARTITION = 20_000  # some 200 bytes in memory each


class NearDuplicates(Config):
    """Drops near-duplicates, but for the best of each cluster; variants that differ in quantities are none."""

    use: Literal["near_duplicates"] = "near_duplicates"
    threshold: float = Field(default=0.8, gt=0, le=1, description="Jaccard similarity from which pages are copies")
    shingle: PositiveInt = Field(default=5, description="tokens in a shingle: words, numbers, operators")
    bands: PositiveInt = Field(default=14, le=HASHES, description="bands; by the threshold if neither these nor rows")
    rows: PositiveInt = Field(default=8, le=HASHES, description="rows in each, as bands")
    keep_variants: bool = Field(default=True, description="keep pages apart that differ in numbers or operators")
    memory_mb: PositiveInt = Field(default=1024, description="megabytes that a process may hold of Documents or edges")

    @model_validator(mode="before")
    @classmethod
    def _bands_by_threshold(cls, given: Any) -> Any:
        """Of 112 functions the bands and rows that find 90 % at the threshold, unless the recipe says others."""
        if not isinstance(given, Mapping):
            return given
        if ("bands" in given) != ("rows" in given):
            raise ValueError("bands and rows are given both or neither; without them the threshold decides")
        threshold = given.get("threshold", cls.model_fields["threshold"].default)
        if isinstance(threshold, str):
            with contextlib.suppress(ValueError):
                threshold = float(threshold)  # as pydantic reads it
        if "bands" in given or not isinstance(threshold, int | float) or not 0 < threshold <= 1:
            return given
        bands, rows = bands_for(threshold, HASHES)
        return {**given, "bands": bands, "rows": rows}

    @property
    def folders(self) -> tuple[str, ...]:
        stars = (f"{STARS}_{band}" for band in band_names(self.bands))
        return USE, BANDS, *stars, COMPONENTS, STREAMS, MEMBERS, CONFIRMED, TALLIES, FOUND

    def identity(self) -> Mapping[str, str]:
        return {}

    def learn(self, work: Work) -> None:
        from mathmill.pipeline.dedup.bands import measure_bands
        from mathmill.pipeline.dedup.candidates import find_candidates

        if not work.shards:
            return
        banding = Banding(shingle=self.shingle, bands=self.bands, rows=self.rows)
        replace(work, by=banding).map(BANDS, measure_bands)
        find_candidates(work, self.bands, self.memory_mb)
        _make_streams(work)
        work.reduce(_MEMBERS)
        _confirm(work, self)
        work.reduce(_FOUND)
        share_out(work, self.use, _rows(work.run.folder))

    def opened(self, folder: Path, shard: WorkingShard) -> Judge:
        return by_copies(folder, shard, self.use)

    def told(self, folder: Path) -> Mapping[str, Any]:
        """Counts over all candidates (`near_tables.TALLY_COLUMNS`)."""
        if not is_there(folder / TALLIES):
            return dict.fromkeys(TALLY_COLUMNS, 0)
        sums = ", ".join(
            f"{'max' if name == 'largest' else 'sum'}({name})::BIGINT AS {name}"  # of 128 bits otherwise
            for name in TALLY_COLUMNS
        )
        (row,) = ask(folder, TALLIES, f"SELECT {sums} FROM {TALLIES}", {})  # noqa: S608
        return {name: int(row[name]) for name in TALLY_COLUMNS}

    def card(self, told: Mapping[str, Any]) -> Iterable[str]:
        found = {
            f"{each:.2f}": f"{chance(each, self.bands, self.rows):.2%}"
            for each in sorted({min(self.threshold + more, 1) for more in _ABOVE})
        }
        return fact_lines({f"{self.bands} bands of {self.rows} rows meet at a similarity of": found, **told})


_FOUND = Reduce(
    name=FOUND,
    reads=(CONFIRMED,),
    query=f"SELECT row, reason, evidence FROM {CONFIRMED} ORDER BY row",  # noqa: S608
)


_OF_MEMBERS = (f"{name}::BIGINT AS {name}" if name == "copies" else name for name in STREAM_COLUMNS)
_MEMBERS = Reduce(
    name=MEMBERS,
    reads=(COMPONENTS, STREAMS),
    query=f"""
SELECT component, row_number() OVER (PARTITION BY component ORDER BY {ORDER}) AS rank, {", ".join(_OF_MEMBERS)}
FROM (SELECT {COMPONENTS}.component AS component, {STREAMS}.* FROM {COMPONENTS}
      JOIN {STREAMS} ON {COMPONENTS}.row = {STREAMS}.row) AS members
ORDER BY component, id, row
""",  # noqa: S608
)


def _make_streams(work: Work) -> None:
    """The tokens of candidates, again only for shards whose Documents or candidates changed."""
    from mathmill.pipeline.dedup.candidates import candidate_rows
    from mathmill.pipeline.dedup.near_streams import write_streams

    def source(task: PassTask) -> str:
        low = task.working.row(0)
        rows = candidate_rows(work.run.folder, low, low + (1 << ROW_BITS))
        earlier = state(work.run, task.working, work.before)
        return work.source(task.working.number, earlier, rows.tobytes().hex())

    tasks = [PassTask(work.run.folder, shard, work.before, work.by) for shard in work.shards]
    map_units(work.run, work.engine, STREAMS, write_streams, tasks, source)


def _confirm(work: Work, by: NearDuplicates) -> None:
    """Have whole components confirmed, many at a time; partitions that are needed no longer are taken out."""
    from mathmill.pipeline.dedup.near_clusters import Partition, confirm_partition

    tasks = [
        Partition(work.run.folder, f"part-{number:05}", first, count, by)
        for number, (first, count) in enumerate(_partitions(work.run.folder / MEMBERS))
    ]
    due = {f"{CONFIRMED}/{task.shard}" for task in tasks}
    for unit in [unit for unit in work.run.ledger.lines if unit.startswith(f"{CONFIRMED}/") and unit not in due]:
        work.run.ledger.retire(unit)
    sources = work.source(work.hashes(MEMBERS), work.hashes(STREAMS), by.model_dump(mode="json"))
    map_units(work.run, work.engine, CONFIRMED, confirm_partition, tasks, sources)


def _partitions(folder: Path) -> Iterator[tuple[int, int]]:
    """First row and number of rows of parts of the members, each of whole components; one at least, if empty."""
    first = place = tokens = 0
    last = None
    for batch in batches(folder, ("component", "count")):
        for component, count in zip(batch.column(0).to_pylist(), batch.column(1).to_pylist(), strict=True):
            full = tokens >= TOKENS_A_PARTITION or place - first >= MEMBERS_A_PARTITION
            if full and component != last:
                yield first, place - first
                first, tokens = place, 0
            last, tokens, place = component, tokens + count, place + 1
    yield first, place - first


def _rows(folder: Path) -> Iterator[dict[str, Any]]:
    for batch in batches(folder / FOUND, ("row", "reason", "evidence")):
        yield from batch.to_pylist()
