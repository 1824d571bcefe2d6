"""How many pages each stage took and let through, why it dropped the others, and what its gates cost.

The counts are Reduces: one query over the provenance tables of all shards, one over the decisions of the passes. The
loss of a gate is estimated from the seeded sample of its rejects that went through the full path.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mathmill.data.records import Reduce
from mathmill.data.stats import wilson_interval
from mathmill.data.store.mounts import parts
from mathmill.pipeline.members import HARMLESS
from mathmill.pipeline.passes.decisions import DECIDED
from mathmill.pipeline.provenance import DROPPED, ERRORED, KEPT, LOST

#: One row for each stage, reason and outcome.
FUNNEL = Reduce(
    name="funnel",
    reads=("records",),
    query=f"""
SELECT stage, reason, outcome, count(*) AS records, CAST(sum(length) AS BIGINT) AS bytes,
       count(CASE WHEN audit <> '' THEN 1 END) AS sampled,
       count(CASE WHEN audit = '{KEPT}' THEN 1 END) AS sampled_kept
FROM records GROUP BY stage, reason, outcome ORDER BY stage, reason, outcome
""",  # noqa: S608
)


@dataclass(frozen=True, slots=True)
class GateLoss:
    """What a gate is estimated to have cost, by the sample of its rejects; the interval is a 95 % one."""

    gate: str
    rejected: int
    sampled: int
    sampled_kept: int  # of the sample, how many the full path keeps
    lost: float | None  # documents; None where nothing was sampled
    share: float | None  # of all documents worth keeping: those kept and those lost here
    share_low: float
    share_high: float


@dataclass(frozen=True, slots=True)
class Step:
    """One stage or pass of the funnel, in pages."""

    stage: str  # or a pass
    entered: int
    dropped: dict[str, int]  # reason -> pages
    errored: dict[str, int]
    left: int


@dataclass(frozen=True, slots=True)
class Funnel:
    """What became of all records of a run."""

    records: int
    lost_spans: int
    lost_bytes: int
    passed: int  # the cascade
    kept: int
    steps: tuple[Step, ...]
    gates: tuple[GateLoss, ...]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


STEP_COLUMNS = ("stage", "in", "dropped", "out", "reasons")
LOSS_COLUMNS = ("gate", "rejected", "sampled", "worth keeping", "share of the corpus lost (95 % interval)")


def step_cells(step: Mapping[str, Any]) -> tuple[str, int, int, int, str]:
    """A row under `STEP_COLUMNS`, from the fields of a `Step`."""
    gone = {**step["dropped"], **step["errored"]}
    ordered = sorted(gone.items(), key=lambda item: (-item[1], item[0]))
    reasons = ", ".join(f"{reason} {count:,}" for reason, count in ordered)
    return step["stage"], step["entered"], sum(gone.values()), step["left"], reasons


def loss_cells(loss: Mapping[str, Any]) -> tuple[str, int, int, int, str]:
    """A row under `LOSS_COLUMNS`, from the fields of a `GateLoss`."""
    share = "unknown: nothing was sampled, raise audit.rate"
    if loss["share"] is not None:
        share = f"{loss['share']:.2%} ({loss['share_low']:.2%} to {loss['share_high']:.2%})"
    return loss["gate"], loss["rejected"], loss["sampled"], loss["sampled_kept"], share


def read_funnel(folder: Path, stages: Sequence[str], gates: Sequence[str], passes: Sequence[str]) -> Funnel:
    """The funnel from the tables that `FUNNEL` and `DECIDED` wrote below a run's folder; all names in order."""
    import pyarrow.parquet as pq

    rows, decided = (pq.read_table(parts(folder / name)).to_pylist() for name in (FUNNEL.name, DECIDED.name))
    return make_funnel(rows, stages, gates, decided, passes)


def make_funnel(
    rows: Iterable[Mapping[str, Any]],
    stages: Sequence[str],
    gates: Sequence[str],
    decided: Iterable[Mapping[str, Any]],
    passes: Sequence[str],
) -> Funnel:
    """The funnel from the rows of `FUNNEL` and of `DECIDED`."""
    table, later = list(rows), list(decided)
    passed = sum(row["records"] for row in table if row["outcome"] == KEPT)
    lost = [row for row in table if row["outcome"] == LOST and row["reason"] not in HARMLESS]
    records = sum(row["records"] for row in table if row["outcome"] != LOST)
    steps = list(_steps(table, ("archive", "page", *stages), records))
    return Funnel(
        records=records,
        lost_spans=sum(row["records"] for row in lost),
        lost_bytes=sum(row["bytes"] for row in lost),
        passed=passed,
        kept=sum(row["records"] for row in later if row["outcome"] == KEPT),
        steps=(*steps, *_steps(later, passes, steps[-1].left)),
        gates=tuple(_gate_loss(table, gate, passed) for gate in gates),
    )


def _steps(table: Sequence[Mapping[str, Any]], stages: Sequence[str], entered: int) -> Iterator[Step]:
    for stage in stages:
        dropped = _by_reason(table, stage, DROPPED)
        errored = _by_reason(table, stage, ERRORED)
        left = entered - sum(dropped.values()) - sum(errored.values())
        if stage != "page" or errored:  # "page" stands for pages that killed their process
            yield Step(stage, entered, dropped, errored, left)
        entered = left


def _by_reason(table: Sequence[Mapping[str, Any]], stage: str, outcome: str) -> dict[str, int]:
    found = {row["reason"]: row["records"] for row in table if row["stage"] == stage and row["outcome"] == outcome}
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def _gate_loss(table: Sequence[Mapping[str, Any]], gate: str, kept: int) -> GateLoss:
    rows = [row for row in table if row["stage"] == gate and row["outcome"] == DROPPED]
    rejected, sampled, sampled_kept = (
        sum(row[column] for row in rows) for column in ("records", "sampled", "sampled_kept")
    )
    low, high = wilson_interval(sampled_kept, sampled)
    if rejected == sampled:  # every reject was looked at: nothing is estimated
        low = high = sampled_kept / sampled if sampled else 0.0
    lost = rejected * sampled_kept / sampled if sampled else None if rejected else 0.0

    def share(rate: float) -> float:
        return rejected * rate / (kept + rejected * rate) if rejected * rate else 0.0

    return GateLoss(
        gate=gate,
        rejected=rejected,
        sampled=sampled,
        sampled_kept=sampled_kept,
        lost=lost,
        share=None if lost is None else share(lost / rejected if rejected else 0.0),
        share_low=share(low),
        share_high=share(high),
    )
