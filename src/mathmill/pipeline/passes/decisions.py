"""What became of each Document after the cascade: one row in the table `decisions`, and the counts for the funnel."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from mathmill.data.files import Output
from mathmill.data.records import TRACE, Document, Dropped, Reduce
from mathmill.data.shards import publish_table
from mathmill.pipeline.passes.base import TRAIN, Pass, PassTask, Work, judged
from mathmill.pipeline.provenance import DROPPED, KEPT

DECISIONS = "decisions"

#: Column -> (Arrow type, what it holds). `archive` and `offset` say which row of `records` goes on here.
COLUMNS: dict[str, tuple[str, str]] = {
    "archive": ("string", "name of the archive that held the page"),
    "offset": ("int64", "first byte of its record there"),
    "length": ("int64", "bytes of its record there"),
    "url": ("string", "where the page was"),
    "id": ("string", "the Document's id"),
    "outcome": ("string", "kept or dropped"),
    "stage": ("string", "the pass that dropped it"),
    "reason": ("string", "why"),
    "evidence": ("string", "JSON: the values behind the reason"),
    "trace": ("string", "JSON: pass -> what it noted of the Document"),
    "split": ("string", "the part of the corpus it is in: train or validation"),
    "characters": ("int64", "characters of its text at the end"),
    "formulas": ("int32", "formulas in the text that the cascade kept"),
}

#: One row for each pass, reason and outcome, in the columns of the funnel's table.
DECIDED = Reduce(
    name="decided",
    reads=(DECISIONS,),
    query="""
SELECT stage, reason, outcome, count(*) AS records, CAST(sum(length) AS BIGINT) AS bytes
FROM decisions GROUP BY stage, reason, outcome ORDER BY stage, reason, outcome
""",
)

#: What the corpus's files are planned by.
SIZES = Reduce(
    name="sizes",
    reads=(DECISIONS,),
    query="""
SELECT archive, split, count(*) AS documents, CAST(sum(characters) AS BIGINT) AS characters
FROM decisions WHERE outcome = 'kept' GROUP BY archive, split ORDER BY archive, split
""",
)


def decide(work: Work, passes: Sequence[Pass]) -> None:
    """Write the table of decisions: all passes on all Documents."""
    Work(work.run, work.engine, work.shards, tuple(passes), None).map(DECISIONS, write_decisions)


def write_decisions(task: PassTask) -> dict[str, Output]:
    """Write and publish the decisions on one shard."""
    return publish_table(task.folder, f"{DECISIONS}/{task.shard}.parquet", _rows(task), COLUMNS)


def _rows(task: PassTask) -> Iterator[dict[str, Any]]:
    for _, result in judged(task.folder, task.working, task.before):
        dropped = result if isinstance(result, Dropped) else None
        document = dropped.document if dropped else result
        assert isinstance(document, Document)
        meta = document.meta
        yield {
            "archive": meta.get("archive", task.shard),
            "offset": meta.get("offset"),
            "length": meta.get("length"),
            "url": document.url,
            "id": document.id,
            "outcome": DROPPED if dropped else KEPT,
            "stage": dropped.stage if dropped else "",
            "reason": dropped.reason if dropped else "",
            "evidence": _json(dict(dropped.evidence)) if dropped else "",
            "trace": _json(meta.get(TRACE, {})),
            "split": "" if dropped else meta.get("split", TRAIN),
            "characters": len(document.text),
            "formulas": meta.get("formulas", 0),
        }


def _json(value: dict[str, Any]) -> str:
    return orjson.dumps(value).decode() if value else ""
