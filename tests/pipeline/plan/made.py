"""A sample whose costs are known, since they are made up: what is fitted to it has to come out as it was put in."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from mathmill.pipeline.plan.growth import Grown
from mathmill.pipeline.plan.meeting import Meeting
from mathmill.pipeline.plan.memory import Seen
from mathmill.pipeline.plan.meter import Cost, ItemSpent, MapSpent, Moment, QuerySpent
from mathmill.pipeline.plan.sample import FEW, MANY, Execution, Sample

SHARDS, PAGES, KEPT = 8, 1_000, 100  # of the sample, pages and kept Documents a shard
STAGES = ("byte_gate", "extract")
REACHED = {"byte_gate": PAGES, "extract": 200}  # pages of a shard that reach a stage
SHARD_SECONDS, PAGE_SECONDS, STAGE_SECONDS = 0.5, 0.002, {"byte_gate": 0.001, "extract": 0.02}
PASS_SHARD_SECONDS, PASS_DOCUMENT_SECONDS = 0.25, 0.01
QUERY_SECONDS, QUERY_DOCUMENT_SECONDS = 0.02, 0.0005
DRIVER_SECONDS, DRIVER_SHARD_SECONDS = 1.0, 0.01  # in the pass, before its query
FILE_BYTES, DOCUMENT_BYTES = 5_000, 300
WORKERS = 2


class _Clock:
    """Time as the made-up run spends it."""

    def __init__(self) -> None:
        self.at = 0.0

    def spend(self, seconds: float) -> tuple[Moment, Moment]:
        began = Moment(self.at, self.at)
        self.at += seconds
        return began, Moment(self.at, self.at)


def execution(shards: int, pages: int, kept: int, more: float = 0.0) -> Execution:
    """A run of so many shards, of so many pages each, in which archives are read and a pass `near` follows.

    The driver takes `more` seconds.
    """
    clock, names = _Clock(), [f"shard-{number}" for number in range(shards)]
    reached = {stage: round(share * pages / PAGES) for stage, share in REACHED.items()}
    seconds = {stage: each * reached[stage] for stage, each in STAGE_SECONDS.items()}
    first = SHARD_SECONDS + PAGE_SECONDS * pages + sum(seconds.values())
    size = FILE_BYTES + DOCUMENT_BYTES * kept
    reading = _map("run_shard", names, first, clock, "documents")
    began = clock.at
    learning = _map("learn", names, PASS_SHARD_SECONDS + PASS_DOCUMENT_SECONDS * kept, clock, "near")
    clock.spend(DRIVER_SECONDS + DRIVER_SHARD_SECONDS * shards + more)
    asked = clock.spend(QUERY_SECONDS + QUERY_DOCUMENT_SECONDS * kept * shards)
    query = QuerySpent("SELECT 1", {"near": Path("near")}, Path("near_found"), *asked, 10.0, size * shards)
    lasted = clock.at - began
    deciding = _map("write_decisions", names, 0.001, clock, "decisions")
    tally = {"pages": pages, "bytes_in": 10_000 * pages, "seconds": seconds, "outcomes": {"kept": kept}}
    return Execution(
        tallies=dict.fromkeys(names, tally),
        entered={**{stage: each * shards for stage, each in reached.items()}, "near": kept * shards},
        left=kept * shards,
        outputs={f"{folder}/{name}": size for folder in ("documents", "near") for name in names},
        units=2 * shards + 1,
        corpus=dict.fromkeys(names, (kept, 1000 * kept, 4000 * kept)) if kept else {},
        pass_seconds={"near": lasted},
        maps=(reading, learning, deciding),
        queries=(query,),
        began=Moment(0.0, 0.0),
        ended=Moment(clock.at, clock.at),
        cpu_seconds=clock.at,
        memory=(Seen(began / 2, 300.0, 500.0),),
        meeting=None,
    )


def _map(name: str, shards: list[str], seconds: float, clock: _Clock, folder: str) -> MapSpent:
    cost = Cost(seconds, seconds, 0, False)
    items = [ItemSpent(shard, cost, {f"{folder}/{shard}": 1}) for shard in shards]
    return MapSpent(name, *clock.spend(seconds * len(shards) / WORKERS), items)


def sample() -> Sample:
    """Two runs without a page and one with, and the query at 100 times the rows: as long as n log n makes it."""
    documents = SHARDS * KEPT
    grown = Grown(100, 1 << 20, QUERY_SECONDS + 100 * QUERY_DOCUMENT_SECONDS * documents, 25.0, 1_000.0)
    return Sample(
        few=execution(FEW, 0, 0),
        many=execution(MANY, 0, 0),
        full=execution(SHARDS, PAGES, KEPT),
        grown={"near_found": (grown,)},
        workers=WORKERS,
        stages=STAGES,
        parts={"corpus": 0.8},
        folders={"near": "near", "near_found": "near"},
    )


CANDIDATES, CANDIDATE_BYTES, CANDIDATE_SECONDS = 80, 1_000, 0.5  # of the sample that has some
_STREAMS = "near_duplicates_streams"


def sample_with_candidates() -> Sample:
    """The sample, of which some Documents met another, as many as there are pairs; one item is made of them."""
    plain, clock = sample(), _Clock()
    clock.at = plain.full.ended.wall
    confirming = _map("confirm", ["0"], CANDIDATES * CANDIDATE_SECONDS, clock, _STREAMS)
    full = replace(
        plain.full,
        meeting=Meeting(CANDIDATES, 2.0),
        outputs={**plain.full.outputs, f"{_STREAMS}/0.tokens": CANDIDATES * CANDIDATE_BYTES},
        maps=(*plain.full.maps, confirming),
        ended=Moment(clock.at, clock.at),
    )
    return replace(plain, full=full, folders={**plain.folders, _STREAMS: "near"})
