"""What one shard's Documents hold of problems: a row for each candidate, with its outcome."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal

import orjson

from mathmill.data.config import Config
from mathmill.data.domains import registered_domain
from mathmill.data.files import Output, Staging
from mathmill.data.records import Document
from mathmill.data.shards import count_parquet, parquet_schema, read_documents, write_parquet
from mathmill.pipeline.body.regions import Part, regions_in
from mathmill.pipeline.decontaminate.texts import SoughtTexts, sought_texts
from mathmill.pipeline.harvest.forum import forum_question
from mathmill.pipeline.harvest.judge import KEPT, Judged, Limits, judge
from mathmill.pipeline.harvest.parts import Candidate, candidates_in
from mathmill.pipeline.passes.base import PassTask
from mathmill.pipeline.passes.effects import EFFECT

FOUND = "harvest_found"
#: Outcomes beyond those of `judge`, which see one candidate at a time.
CONTAMINATED, DUPLICATE = "contaminated", "duplicate"

#: Column -> (Arrow type, what it holds): a row for each candidate. Texts are there for the kept alone.
COLUMNS: dict[str, tuple[str, str]] = {
    "row": ("int64", "shard << 24 | place of the Document"),
    "nth": ("int32", "the candidate's number in the Document, from 0"),
    "grade": ("int32", "0: graded, it has a gold; 1: it has a solution alone; 2: left"),
    "outcome": ("string", "graded, solution, or why it is left"),
    "why": ("string", "more of the outcome: how the gold was found, or why there is none"),
    "id": ("string", "32 hex digits from the question's normal form: copies have the same"),
    "question": ("string", "what is asked"),
    "answer": ("string", "the gold; empty where there is none"),
    "solution": ("string", "the worked solution; empty where there is an answer alone"),
    "hint": ("string", "a hint that the page gives"),
    "found": ("string", "where the gold is from: answer, stated, value, blank, leading or conclusion"),
    "confirmed": ("string", "stated: the solution says it too; worked: it has the value; alone: there is no solution"),
    "verdict": ("string", "what the verifier says of the solution by this gold"),
    "kind": ("string", "exercise, example, keyed (the answer stands apart, by number) or question (of a forum)"),
    "structure": ("string", "what told the parts: marks of the text, or regions of the page's markup"),
    "lang": ("string", "the page's language"),
    "url": ("string", "where the page was"),
    "site": ("string", "its registered domain"),
    "document": ("string", "the Document's id"),
    "date": ("string", "when it was captured; empty where that is not known"),
    "begins": ("int64", "first character in the Document's text"),
    "ends": ("int64", "one behind the last"),
    "characters": ("int64", "of question and solution"),
}

_BLANK = re.compile(r"\s+|\\[,;:! ]|~|\\(?:left|right|displaystyle|dfrac|tfrac|quad|qquad)(?![A-Za-z])")
_MARKS = re.compile(
    r"(?<!\d)[.,](?!\d)|[;:?!\"'`$*_{}()\u2018-\u201f\u3002\uff0c\uff1f\uff1a]|(?<=\d)[.,](?!\d)|(?<!\d)[.,](?=\d)"
)


class Harvesting(Config):
    """What workers are told."""

    question_chars: int
    solution_chars: int
    fingerprint: str  # of the texts that problems must not hold; "" for none
    counting: Literal["words", "tokens"]


def harvest_shard(task: PassTask) -> dict[str, Output]:
    """Find the problems of one shard; write and publish their table and the effect."""
    by: Harvesting = task.by
    sought = sought_texts(task.folder, by.fingerprint, by.counting) if by.fingerprint else None
    staging = Staging(task.folder)
    found, effect = f"{FOUND}/{task.shard}.parquet", task.working.effect("harvest")
    notes: list[dict[str, Any]] = []

    def rows() -> Iterator[dict[str, Any]]:
        for place, document, regions in _with_regions(task):
            mine = list(rows_of(document, regions, Limits(by.question_chars, by.solution_chars), sought))
            if mine:
                notes.append({"place": place, "reason": "", "evidence": _evidence(mine)})
            yield from ({"row": task.working.row(place), **row} for row in mine)

    count = write_parquet(staging.stage(found, count_parquet), rows(), parquet_schema(COLUMNS))
    write_parquet(staging.stage(effect, count_parquet), notes, parquet_schema(EFFECT))
    return staging.publish({found: count, effect: len(notes)})


def _evidence(rows: list[dict[str, Any]]) -> str:
    kept = [row for row in rows if row["outcome"] in KEPT]
    graded = sum(row["grade"] == 0 for row in kept)
    return orjson.dumps({"candidates": len(rows), "problems": len(kept), "graded": graded}).decode()


def _with_regions(task: PassTask) -> Iterator[tuple[int, Document, list[Mapping[str, Any]]]]:
    """Documents with their marked regions, which are sought again where a pass before has edited the text."""
    originals = enumerate(read_documents(task.folder / task.working.documents))
    for place, document in task.documents():
        original = next(each for at, each in originals if at == place)
        regions = document.meta.get("regions") or []
        if regions and original.text != document.text:
            parts = [Part(each["kind"], original.text[each["start"] : each["end"]]) for each in regions]
            regions = [each.as_dict() for each in regions_in(document.text, parts, str)]
        yield place, document, regions


def rows_of(
    document: Document, regions: Sequence[Mapping[str, Any]], limits: Limits, sought: SoughtTexts | None = None
) -> Iterator[dict[str, Any]]:
    """The candidates of a Document as rows of `COLUMNS` without `row`; of equal questions the first is kept."""
    text = _valid(document.text)
    seen: set[str] = set()
    for nth, candidate in enumerate(_candidates(text, regions)):
        found = judge(text, candidate, limits)
        row = _row(document, nth, found)
        if found.outcome in KEPT:
            if row["id"] in seen:
                row |= {"grade": 2, "outcome": DUPLICATE, "why": "page"}
            elif sought is not None and (hit := _hit(found, sought)):
                row |= {"grade": 2, "outcome": CONTAMINATED, "why": hit}
            seen.add(row["id"])
        yield row if row["grade"] < 2 else row | dict.fromkeys(_TEXTS, "")


_TEXTS = ("question", "answer", "solution", "hint", "found", "confirmed", "verdict")


def _candidates(text: str, regions: Sequence[Mapping[str, Any]]) -> list[Candidate]:
    found = candidates_in(text, regions)
    if not any(each.parts for each in found) and (asked := forum_question(text)) is not None:
        found.append(asked)
    return found


def _hit(found: Judged, sought: SoughtTexts) -> str:
    """The benchmark's problem that a found one has something of; "" for none."""
    for text in (found.question, found.solution):
        passage = next(sought.passages.found_in(text), None)
        if passage is not None:
            item = sought.items[passage.text]
            return f"{item.benchmark} {item.id} {item.kind}"
    return ""


def _row(document: Document, nth: int, found: Judged) -> dict[str, Any]:
    candidate = found.candidate
    return {
        "nth": nth,
        "grade": KEPT.index(found.outcome) if found.outcome in KEPT else 2,
        "outcome": found.outcome,
        "why": found.why,
        "id": question_key(found.question),
        "question": found.question,
        "answer": found.gold.text,
        "solution": found.solution,
        "hint": found.hint,
        "found": found.gold.found,
        "confirmed": found.gold.confirmed,
        "verdict": found.gold.verdict,
        "kind": candidate.kind,
        "structure": candidate.structure,
        "lang": str(document.meta.get("language") or "und"),
        "url": _valid(document.url),
        "site": _site(document.url),
        "document": document.id,
        "date": str(document.meta.get("date") or ""),
        "begins": candidate.span.start,
        "ends": candidate.span.end,
        "characters": len(found.question) + len(found.solution),
    }


@lru_cache(1 << 12)
def _site(url: str) -> str:
    return registered_domain(url)


def question_key(question: str) -> str:
    """32 hex digits of a question's words, numbers and operators: blanks, case, punctuation and braces do not count."""
    text = unicodedata.normalize("NFKC", question).casefold()
    text = _MARKS.sub("", _BLANK.sub("", text))
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=16).hexdigest()


def _valid(text: str) -> str:
    """A text that a table can hold, of the same length: half characters are none."""
    return text.encode("utf-8", "replace").decode() if not text.isascii() else text
