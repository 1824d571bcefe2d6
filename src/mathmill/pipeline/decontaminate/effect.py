"""What becomes of Documents that hold texts of benchmarks: dropped, or left without the paragraphs that hold them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import orjson

from mathmill.classifier.formula_spans import formula_spans
from mathmill.data.files import Output
from mathmill.data.records import Document, Dropped
from mathmill.data.tables import table_rows
from mathmill.pipeline.decontaminate.hits import GENERIC, HITS
from mathmill.pipeline.decontaminate.segments import merged, without
from mathmill.pipeline.passes.base import ROW_BITS, Judge, PassTask, WorkingShard
from mathmill.pipeline.passes.effects import EFFECT, effect_rows, write_effect

CONTAMINATED = "contaminated"
USE = "decontaminate"

COLUMNS = EFFECT | {"cuts": ("string", "JSON: what is cut of the text, as [start, end], in order; empty for nothing")}

_KINDS = ("question", "solution", "answer")
_NEEDED = ("row", "benchmark", "item", "kind", "words", "of", "text", "string", "segments", "characters")
_SHOWN = 200  # characters of what was found, in the evidence


def write_judgement(task: PassTask) -> dict[str, Output]:
    """Write and publish the effect on one shard, from its hits less the generic strings."""
    generic = {
        row["string"]
        for part in sorted((task.folder / GENERIC).glob("*.parquet"))
        for row in table_rows(part, ["string"])
    }
    hits = table_rows(task.folder / HITS / f"{task.shard}.parquet", list(_NEEDED))
    kept = (hit for hit in hits if hit["string"] not in generic or not hit["string"])
    rows = (_row(row, list(group), task.by) for row, group in groupby(kept, lambda hit: int(hit["row"])))
    return write_effect(task.folder, task.working, USE, rows, COLUMNS)


def _row(row: int, hits: Sequence[Mapping[str, Any]], by: Any) -> dict[str, Any]:
    best = min(hits, key=lambda hit: (_KINDS.index(hit["kind"]), -hit["words"], hit["benchmark"], hit["item"]))
    evidence = {name: best[name] for name in ("benchmark", "item", "kind", "words", "of")}
    evidence |= {"text": best["text"][:_SHOWN], "items": len({(hit["benchmark"], hit["item"]) for hit in hits})}
    place = row & ((1 << ROW_BITS) - 1)
    if by.action == "drop":
        return {"place": place, "reason": CONTAMINATED, "evidence": _json(evidence), "cuts": ""}
    cuts = merged(segment for hit in hits for segment in orjson.loads(hit["segments"]))
    cut = sum(end - start for start, end in cuts)
    left = best["characters"] - cut
    evidence |= {"cut": cut, "left": left}
    reason = CONTAMINATED if left < by.min_characters else ""
    return {"place": place, "reason": reason, "evidence": _json(evidence), "cuts": "" if reason else _json(cuts)}


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
    for path in sorted((folder / USE).glob("*.parquet")):
        yield from table_rows(path, list(COLUMNS))
