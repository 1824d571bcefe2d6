"""What becomes of Documents that hold texts of benchmarks: dropped, or left without the paragraphs that hold them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

import orjson

from mathmill.classifier.formula_spans import formula_spans
from mathmill.data.files import Output
from mathmill.data.problem_texts import KINDS
from mathmill.data.records import Document, Dropped
from mathmill.data.rows import ROW_BITS
from mathmill.data.shards import publish_table
from mathmill.data.tables import folder_rows, table_rows
from mathmill.pipeline.decontaminate.hits import HITS, generic_of, valid
from mathmill.pipeline.decontaminate.segments import cuts_of, merged, without
from mathmill.pipeline.decontaminate.texts import sought_texts
from mathmill.pipeline.passes.base import Judge, PassTask, WorkingShard
from mathmill.pipeline.passes.effects import EFFECT, effect_rows, write_effect

CONTAMINATED = "contaminated"
USE = "decontaminate"
CUT = "decontaminate_cut"

COLUMNS = EFFECT | {"cuts": ("string", "JSON: what is cut of the text, as [start, end], in order; empty for nothing")}

#: What was cut of a shard's Documents, to be read: column -> (Arrow type, what it holds).
CUT_COLUMNS: dict[str, tuple[str, str]] = {
    "document": ("string", "the Document's id"),
    "url": ("string", "where the page was"),
    "start": ("int64", "first character in the Document's text, before anything was cut"),
    "end": ("int64", "the character after the last"),
    "text": ("string", "what stood there, all of it"),
}
_NEEDED = ("row", "benchmark", "item", "kind", "words", "of", "text", "string")
_SHOWN = 200  # characters of what was found, in the evidence


def write_judgement(task: PassTask) -> dict[str, Output]:
    """Write and publish the effect on one shard, from its hits less the generic strings.

    Cuts are made in the Documents that have hits, of all that stands there: hits tell the longest of each text alone.
    """
    generic = generic_of(task.folder)
    hits = table_rows(task.folder / HITS / f"{task.shard}.parquet", list(_NEEDED))
    kept = (hit for hit in hits if hit["string"] not in generic or not hit["string"])
    places = groupby(kept, lambda hit: int(hit["row"]) & ((1 << ROW_BITS) - 1))
    told = ((place, _evidence(group)) for place, group in places)
    cut: list[dict[str, Any]] = []
    rows = _dropped(told) if task.by.action == "drop" else _cuts(task, generic, told, cut)
    outputs = write_effect(task.folder, task.working, USE, rows, COLUMNS)
    return outputs | publish_table(task.folder, f"{CUT}/{task.shard}.parquet", cut, CUT_COLUMNS)


def _evidence(hits: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """What there is to tell of a Document's hits: the one that tells most, and of how many problems there are."""
    items = set()
    best: Mapping[str, Any] | None = None
    for hit in hits:
        items.add((hit["benchmark"], hit["item"]))
        best = hit if best is None else min(best, hit, key=_rank)
    assert best is not None  # groups are of one hit at least
    evidence = {name: best[name] for name in ("benchmark", "item", "kind", "words", "of")}
    return evidence | {"text": best["text"][:_SHOWN], "items": len(items)}


def _rank(hit: Mapping[str, Any]) -> tuple[int, int, str, str]:
    return KINDS.index(hit["kind"]), -hit["words"], hit["benchmark"], hit["item"]


def _dropped(told: Iterable[tuple[int, dict[str, Any]]]) -> Iterator[dict[str, Any]]:
    for place, evidence in told:
        yield {"place": place, "reason": CONTAMINATED, "evidence": _json(evidence), "cuts": ""}


def _cuts(
    task: PassTask,
    generic: frozenset[str],
    told: Iterable[tuple[int, dict[str, Any]]],
    gone: list[dict[str, Any]],
) -> Iterator[dict[str, Any]]:
    """Rows of the effect; adds to `gone` those of what is cut of Documents that stay."""
    sought = sought_texts(task.folder, task.by.fingerprint, task.by.counting, task.by.words)
    find = partial(sought.passages.places_in, apart_from=generic)
    documents = task.documents()
    for place, evidence in told:
        document = next(document for at, document in documents if at == place)
        text = document.text
        cuts = cuts_of(text, find)
        cut = sum(end - start for start, end in cuts)
        evidence |= {"cut": cut, "left": len(text) - cut}
        reason = CONTAMINATED if evidence["left"] < task.by.min_characters else ""
        if not reason:
            gone += (_cut_row(document, *each) for each in cuts)
        yield {"place": place, "reason": reason, "evidence": _json(evidence), "cuts": "" if reason else _json(cuts)}


def _cut_row(document: Document, start: int, end: int) -> dict[str, Any]:
    there = valid(document.text[start:end])
    return {"document": document.id, "url": document.url, "start": start, "end": end, "text": there}


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()


def judge_of(folder: Path, shard: WorkingShard) -> Judge:
    """The Judge that drops or cuts what the effect says."""
    said = {row["place"]: row for row in effect_rows(folder, shard, USE, COLUMNS)}

    def judge(place: int, document: Document) -> Document | Dropped:
        if place not in said:
            return document
        row = said[place]
        evidence = orjson.loads(row["evidence"])
        if row["reason"]:
            return Dropped(document, USE, row["reason"], evidence)
        return _cut(document, orjson.loads(row["cuts"])).noting(USE, **evidence)

    return judge


def _cut(document: Document, cuts: list[list[int]]) -> Document:
    segments = merged(cuts)
    gone = sum(_formulas(document.text[start:end]) for start, end in segments)
    formulas = max(int(document.meta.get("formulas") or 0) - gone, 0)
    return document.with_text(without(document.text, segments), formulas=formulas)


def _formulas(text: str) -> int:
    return sum(1 for _ in formula_spans(text))


def effects(folder: Path) -> Iterator[dict[str, Any]]:
    """The rows of the effects on all shards."""
    return folder_rows(folder / USE, list(COLUMNS))
