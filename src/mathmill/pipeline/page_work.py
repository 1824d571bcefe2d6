"""The work of a page process: read an archive, judge each page, say what became of each record."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from mathmill.data.records import TRACE, TRANSIENT, Document, Dropped
from mathmill.pipeline.archives import read_archive
from mathmill.pipeline.cascade import Cascade, Judgement
from mathmill.pipeline.pages import page
from mathmill.pipeline.provenance import DROPPED, ERRORED, KEPT, LOST
from mathmill.pipeline.recipe import PipelineRecipe
from mathmill.pipeline.warc import LostSpan, Record


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one record: its row of the provenance table, and the Document if it was kept."""

    row: dict[str, Any]
    document: Document | None
    record: Record | None  # of an errored page, to be set aside
    seconds: dict[str, float]  # stage -> processor seconds


@dataclass(frozen=True, slots=True)
class ArchiveSource:
    """The outcomes of one archive's records, in order; a source for `mathmill.pipeline.isolate`."""

    uri: str
    name: str
    recipe: PipelineRecipe

    def __call__(self, skip: int, count: int | None) -> Iterator[Outcome]:
        for stage in self.recipe.stages:
            list(stage([]))  # what a stage loads is not on the first page's account
        records = read_archive(self.uri)
        for _ in itertools.islice(records, skip):
            pass
        return self._judge_all(itertools.islice(records, count))

    def _judge_all(self, records: Iterator[Record | LostSpan]) -> Iterator[Outcome]:
        cascade = Cascade(self.recipe.stages, self.recipe.audit.rate, self.recipe.seed)
        for record in records:
            if isinstance(record, LostSpan):
                yield Outcome(lost_row(record, self.name), None, None, {})
                continue
            found = page(record, self.name)
            if isinstance(found, Dropped):
                yield Outcome(dropped_row(record, found, self.name), None, None, {})
            else:
                yield judged(record, cascade.judge(found), self.name)

    def condemned(self, index: int, reason: str, evidence: dict[str, Any]) -> Outcome:
        """The outcome of the item at `index`, which killed its process: read, but not judged."""
        (item,) = itertools.islice(read_archive(self.uri), index, index + 1)
        if isinstance(item, LostSpan):  # it took too long to see that nothing is in it
            return Outcome(lost_row(item, self.name), None, None, {})
        return Outcome(errored_row(item, self.name, reason, evidence), None, item, {})


def judged(record: Record, judgement: Judgement, archive: str) -> Outcome:
    """The outcome of a page that went through the cascade."""
    document = judgement.document
    row = record_row(record, archive) | {
        "id": document.id,
        "outcome": judgement.outcome,
        "stage": judgement.stage,
        "reason": judgement.reason,
        "evidence": _json(judgement.evidence),
        "trace": _json(judgement.trace),
        "audit": judgement.audit,
        "digest": document.meta.get("digest", ""),
        "language": document.meta.get("language", ""),
        "math_score": document.meta.get("math_score", 0.0),
        "score": document.meta.get("score"),
        "formulas": document.meta.get("formulas", 0),
        "characters": len(document.text),
    }
    kept = document.without_meta(*TRANSIENT, TRACE) if judgement.outcome == KEPT else None
    return Outcome(row, kept, record if judgement.outcome == ERRORED else None, judgement.seconds)


def dropped_row(record: Record, dropped: Dropped, archive: str) -> dict[str, Any]:
    """The row of a record that is no page."""
    return record_row(record, archive) | {
        "outcome": DROPPED,
        "stage": dropped.stage,
        "reason": dropped.reason,
        "evidence": _json(dict(dropped.evidence)),
    }


def errored_row(record: Record, archive: str, reason: str, evidence: dict[str, Any]) -> dict[str, Any]:
    """The row of a page that killed its process."""
    return record_row(record, archive) | {
        "outcome": ERRORED,
        "stage": "page",
        "reason": reason,
        "evidence": _json(evidence),
    }


def lost_row(span: LostSpan, archive: str) -> dict[str, Any]:
    """The row of a span of bytes that held no readable record."""
    return _EMPTY_ROW | {
        "archive": archive,
        "offset": span.offset,
        "length": span.length,
        "outcome": LOST,
        "stage": "archive",
        "reason": span.reason,
    }


def record_row(record: Record, archive: str) -> dict[str, Any]:
    """The part of a row that any record has."""
    return _EMPTY_ROW | {
        "archive": archive,
        "offset": record.offset,
        "length": record.length,
        "kind": record.kind,
        "url": record.url,
        "date": record.date,
    }


_EMPTY_ROW: dict[str, Any] = {
    "kind": "",
    "url": "",
    "date": "",
    "id": "",
    "digest": "",
    "stage": "",
    "reason": "",
    "evidence": "",
    "trace": "",
    "audit": "",
    "language": "",
    "math_score": 0.0,
    "score": None,
    "formulas": 0,
    "characters": 0,
}


def _json(value: dict[str, Any]) -> str:
    """JSON with keys in their own order: that of a trace is the order of the stages."""
    return orjson.dumps(value).decode() if value else ""
