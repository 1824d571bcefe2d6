"""The provenance table: one row for every record of every archive, and for every span that was lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from mathmill.pipeline.members import HARMLESS

KEPT, DROPPED, ERRORED, LOST = "kept", "dropped", "errored", "lost"

#: Column -> (Arrow type, what it holds).
COLUMNS: dict[str, tuple[str, str]] = {
    "archive": ("string", "name of the archive; the manifest has its full address and hash"),
    "offset": ("int64", "first byte of the record as stored in the archive"),
    "length": ("int64", "bytes of the record as stored"),
    "kind": ("string", "WARC record type; empty for a lost span"),
    "url": ("string", "WARC-Target-URI"),
    "date": ("string", "WARC-Date"),
    "id": ("string", "the Document's id; empty where the record is no page"),
    "digest": ("string", "sha1 of the payload: WARC-Payload-Digest where the record has one"),
    "outcome": ("string", "kept, dropped, errored or lost"),
    "stage": ("string", "the stage that dropped it"),
    "reason": ("string", "why"),
    "evidence": ("string", "JSON: the values behind the reason"),
    "trace": ("string", "JSON: stage -> what it measured, value against threshold"),
    "audit": ("string", "for the sampled rejects of a gate: kept or dropped by the full path; else empty"),
    "language": ("string", "the language that was found"),
    "math_score": ("float64", "the evidence for mathematics, as in the corpus; 0 where it was not asked"),
    "score": ("float64", "the classifier's score, as in the corpus; null where it was not asked"),
    "formulas": ("int32", "formulas in the text"),
    "characters": ("int64", "characters of the text"),
}


@dataclass(slots=True)
class Tally:
    """Counts and costs of one shard, or of a run."""

    records: int = 0
    pages: int = 0  # records that went into the cascade
    outcomes: Counter[str] = field(default_factory=Counter)
    bytes_in: int = 0
    bytes_lost: int = 0
    seconds: dict[str, float] = field(default_factory=dict)  # stage -> processor seconds in page processes
    wall_seconds: float = 0.0
    peak_mb: float = 0.0  # of the largest process

    def count(self, row: Mapping[str, Any], seconds: Mapping[str, float]) -> None:
        """Add one row of the table."""
        self.outcomes[row["outcome"]] += 1
        self.bytes_in += row["length"]
        if row["outcome"] != LOST:
            self.records += 1
        elif row["reason"] not in HARMLESS:
            self.bytes_lost += row["length"]
        self.pages += row["id"] != "" or row["outcome"] == ERRORED
        for stage, spent in seconds.items():
            self.seconds[stage] = self.seconds.get(stage, 0.0) + spent

    def add(self, other: Tally) -> None:
        """Add another shard's; the largest peak stays."""
        self.records += other.records
        self.pages += other.pages
        self.outcomes.update(other.outcomes)
        self.bytes_in += other.bytes_in
        self.bytes_lost += other.bytes_lost
        for stage, spent in other.seconds.items():
            self.seconds[stage] = self.seconds.get(stage, 0.0) + spent
        self.wall_seconds += other.wall_seconds
        self.peak_mb = max(self.peak_mb, other.peak_mb)

    def as_dict(self) -> dict[str, Any]:
        return {each.name: getattr(self, each.name) for each in fields(self)} | {"outcomes": dict(self.outcomes)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Tally:
        return cls(**{**values, "outcomes": Counter(values["outcomes"])})
