"""Texts of benchmarks in the Documents of a shard: one row a hit, one for what was read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson

from mathmill.data.files import Output, Staging
from mathmill.data.passages import Passage
from mathmill.data.records import Document, Reduce
from mathmill.data.shards import count_parquet, parquet_schema, write_parquet
from mathmill.data.tables import folder_rows
from mathmill.pipeline.decontaminate.segments import merged, segment_of
from mathmill.pipeline.decontaminate.texts import Item, SoughtTexts, sought_texts
from mathmill.pipeline.passes.base import PassTask

HITS, READ, GENERIC = "decontaminate_hits", "decontaminate_read", "decontaminate_generic"
#: Rules by which a text was found.
IN_A_ROW, WHOLE = "in_a_row", "whole_text"

#: Column -> (Arrow type, what it holds).
COLUMNS: dict[str, tuple[str, str]] = {
    "row": ("int64", "shard << 24 | place"),
    "document": ("string", "the Document's id"),
    "url": ("string", "where the page was"),
    "characters": ("int64", "of the Document's text"),
    "benchmark": ("string", "the set of problems"),
    "item": ("string", "the problem's id"),
    "kind": ("string", "what of the problem was found: question, solution or gold"),
    "rule": ("string", "in_a_row: ten words in a row, or as many as are set; whole_text: a short text, all of it"),
    "start": ("int64", "first character in the Document's text"),
    "end": ("int64", "the character after the last"),
    "words": ("int32", "words that were found"),
    "of": ("int32", "words that the text has"),
    "text": ("string", "what stands there, 500 characters of it at most"),
    "before": ("string", "what stands before it"),
    "after": ("string", "what stands behind it"),
    "string": ("string", "the tokens of a short text, by which its Documents are counted; else empty"),
    "segments": ("string", "JSON: the paragraphs that hold it, and others with more of the text, as [start, end]"),
}
READ_COLUMNS: dict[str, tuple[str, str]] = {
    "documents": ("int64", "Documents of the shard that were read"),
    "characters": ("int64", "of their texts"),
}

_SHOWN = 500  # characters of what was found
_IN_FULL = 1_000  # hits of a Document, the longest, of which the surroundings are told
_PLACES = 20  # places of a text that are told


def generic_strings(max_documents: int, per_billion: int) -> Reduce:
    """Short texts that stand in more Documents than a copy of a benchmark's problem would, with how many."""
    return Reduce(
        name=GENERIC,
        reads=(HITS, READ),
        query=f"""
SELECT g.string AS string, g.documents AS documents, g.text AS text, f.benchmark AS benchmark, f.item AS item
FROM (
SELECT string, count(DISTINCT row) AS documents, min(text) AS text FROM {HITS} WHERE string <> '' GROUP BY string
HAVING count(DISTINCT row) > {max_documents}
AND count(DISTINCT row) * 1000000000 > {per_billion} * (SELECT sum(documents) FROM {READ})
) g JOIN (
SELECT string, benchmark, item, row_number() OVER (PARTITION BY string ORDER BY benchmark, item) AS nth
FROM {HITS} WHERE string <> ''
) f ON f.string = g.string AND f.nth = 1
ORDER BY documents DESC, string
""",  # noqa: S608  # whole numbers and names of ours
    )


def write_hits(task: PassTask) -> dict[str, Output]:
    """Look for all texts in one shard; write and publish what was found."""
    sought = sought_texts(task.folder, task.by.fingerprint, task.by.counting, task.by.words)
    staging = Staging(task.folder)
    counts = {"documents": 0, "characters": 0}
    hits, read = (f"{folder}/{task.shard}.parquet" for folder in (HITS, READ))

    def rows() -> Iterator[dict[str, Any]]:
        for place, document in task.documents():
            counts["documents"] += 1
            counts["characters"] += len(document.text)
            for row in hits_in(document, sought, task.by.context):
                yield {"row": task.working.row(place), **row}

    found = write_parquet(staging.stage(hits, count_parquet), rows(), parquet_schema(COLUMNS))
    write_parquet(staging.stage(read, count_parquet), [counts], parquet_schema(READ_COLUMNS))
    return staging.publish({hits: found, read: 1})


def generic_of(run: Path) -> frozenset[str]:
    """The generic strings of a run, as `COLUMNS` has them in `string`; none if it has no such table."""
    return frozenset(row["string"] for row in folder_rows(run / GENERIC, ["string"]))


def is_copied(text: str, sought: SoughtTexts, generic: frozenset[str] = frozenset()) -> Item | None:
    """The problem of the first text that a question, solution or the like holds; None if it holds generic ones alone.

    Drops and cuts are decided by the same rule.
    """
    for passage in sought.passages.found_in(text):
        if not (passage.whole and generic and sought.passages.string_of(passage.text) in generic):
            return sought.items[passage.text]
    return None


def hits_in(document: Document, sought: SoughtTexts, context: int) -> Iterator[dict[str, Any]]:
    """What a Document has of some texts, the longest of each, longest first; rows of `COLUMNS` without `row`.

    Each is a row, since all are counted; behind the first thousand they lack `before`, `after` and `segments`.
    """
    text = document.text
    best: dict[int, Passage] = {}
    for passage in sought.passages.found_in(text):
        known = best.get(passage.text)
        best[passage.text] = passage if known is None else _joined(known, passage)
    longest_first = sorted(best.values(), key=lambda each: (-each.words, each.start, each.text))
    for rank, passage in enumerate(longest_first):
        item = sought.items[passage.text]
        there = text[passage.start : passage.end]
        yield {
            "document": document.id,
            "url": document.url,
            "characters": len(text),
            "benchmark": item.benchmark,
            "item": item.id,
            "kind": item.kind,
            "rule": WHOLE if passage.whole else IN_A_ROW,
            "start": passage.start,
            "end": passage.end,
            "words": passage.words,
            "of": sought.passages.words[passage.text],
            "text": valid(there if len(there) <= _SHOWN else there[: _SHOWN - 3] + "..."),
            "string": sought.passages.string_of(passage.text) if passage.whole else "",
            **(_around(text, passage, context) if rank < _IN_FULL else _NOTHING_AROUND),
        }


_NOTHING_AROUND = {"before": "", "after": "", "segments": "[]"}


def _around(text: str, passage: Passage, context: int) -> dict[str, str]:
    places = ((passage.start, passage.end), *passage.again)
    return {
        "before": valid(text[max(passage.start - context, 0) : passage.start]),
        "after": valid(text[passage.end : passage.end + context]),
        "segments": orjson.dumps(merged(segment_of(text, *each) for each in places)).decode(),
    }


def _joined(one: Passage, other: Passage) -> Passage:
    """What two pieces of a long Document have of a text: the longer one, and where the rest is."""
    if other.words > one.words:
        one, other = other, one
    again = sorted({*one.again, *other.again, (other.start, other.end)} - {(one.start, one.end)})
    return replace(one, again=tuple(again[:_PLACES]))


def valid(text: str) -> str:
    """A text that a table can hold: half characters are none."""
    return text.encode("utf-8", "replace").decode()
