"""Parts of a page that its markup marks as exercise, solution, answer and the like, found again in the page's text.

Classes, ids, microdata, JSON-LD and collapsed blocks are known to the tree alone, and a body finder may leave out parts
of it. So what each marked element shows is written down before the body is found (`marked_parts`), and sought in the
text afterwards by its words (`regions_in`). The text itself does not hang on it. Kinds are those of the markup: what a
problem is and what belongs to it is said elsewhere (`mathmill.pipeline.harvest`).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import unescape
from itertools import islice
from typing import Any, Literal

from mathmill.pipeline.body.structure import to_text

Kind = Literal["problem", "example", "solution", "answer", "hint", "proof", "accepted", "reply", "collapsed"]

#: Elements of a page that are looked at, and characters of them all together: parts stand inside each other.
MOST_PARTS, MOST_CHARACTERS = 2_000, 4_000_000
#: Characters of one JSON-LD script, and how deep its values are looked into.
MOST_SCRIPT, MOST_DEEP = 500_000, 8
# Marked elements around one another, beyond which none is looked at: what each shows is read anew.
_MOST_NESTED = 6
# Parts that are not found in the text, after which the others are not sought: each search reads the rest of it.
_MOST_LOST = 200
# Words at either end by which a part is known of which something was left out, and by how much it may be longer.
_ENDS, _LONGER = 8, 1.5

_SIGNS = (
    *("exercise", "problem", "question", "example", "solution", "answer", "hint", "proof", "<details", "knowl", "task"),
    *("Exercise", "Problem", "Question", "Solution", "Answer", "aufgabe", "loesung", "ejercicio", "corrig"),
)
_TAGS = ("article", "aside", "blockquote", "dd", "details", "div", "dl", "li", "p", "section", "table", "td", "tr")
_WORD = re.compile(r"\w+")
_MARKUP = re.compile(r"<[^<>]{0,2000}>")
# A class or the first part of one, as in `exercise-like`; the first that an element has tells what it is.
_BY_CLASS: tuple[tuple[Kind, frozenset[str]], ...] = (
    ("accepted", frozenset({"accepted-answer", "acceptedanswer", "answer-accepted", "best-answer", "bestanswer"})),
    ("hint", frozenset({"hint", "hint-like", "admonition-hint", "indication"})),
    (
        "solution",
        frozenset(
            (
                *("solution", "solution-like", "admonition-solution", "ltx_theorem_solution", "callout-solution"),
                *("loesung", "corrige", "solucion", "soluce", "exercise-solution", "problem-solution", "sol"),
            )
        ),
    ),
    ("answer", frozenset({"answer", "answer-like", "admonition-answer", "ltx_theorem_answer", "exercise-answer"})),
    ("proof", frozenset({"proof", "proof-like", "ltx_proof", "admonition-proof"})),
    ("example", frozenset({"example", "example-like", "ltx_theorem_example", "admonition-example", "box-example"})),
    (
        "problem",
        frozenset(
            (
                *("exercise", "exercise-like", "exerciselike", "inlineexercise", "admonition-exercise", "exercice"),
                *("problem", "problem-like", "admonition-problem", "ltx_theorem_exercise", "ltx_theorem_problem"),
                *(
                    "callout-exercise",
                    "box-exercise",
                    "aufgabe",
                    "ejercicio",
                    "question",
                    "ltx_theorem_question",
                    "s-question",
                ),
            )
        ),
    ),
)
_POSTS = frozenset({"s-prose", "post-text", "js-post-body", "cooked", "post-body", "answer-body", "question-body"})
_MOST_INNER = 50  # elements in one of a forum that are looked at for what was posted
_BY_TYPE: dict[str, Kind] = {"problem": "problem", "example": "example", "solution": "solution", "answer": "answer"}
_REPLY = re.compile(r"answer-\d+")


@dataclass(frozen=True, slots=True)
class Part:
    """What a marked element shows, in the page's order."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Region:
    """A part in the page's text: whole lines from character `start` to `end`, where it stands on lines of its own."""

    kind: Kind
    start: int
    end: int

    def as_dict(self) -> dict[str, Any]:
        return {"kind": self.kind, "start": self.start, "end": self.end}


def may_be_marked(html: str) -> bool:
    """A cheap test that spares a page without marked parts the search."""
    return any(sign in html for sign in _SIGNS)


def marked_parts(tree: Any) -> list[Part]:
    """The marked elements of a tree (lxml, of HTML) with what they show; the tree stays as it is."""
    parts: list[Part] = []
    left = MOST_CHARACTERS
    marked: set[Any] = set()
    for element in tree.iter(*_TAGS):
        kind = _kind_of(element)
        if kind is None:
            continue
        marked.add(element)
        if sum(outer in marked for outer in element.iterancestors()) >= _MOST_NESTED:
            continue
        text = to_text(_post_of(element, kind))
        left -= len(text)
        if left < 0 or len(marked) > MOST_PARTS:
            break
        if _WORD.search(text):
            parts.append(Part(kind, text))
    return parts


def _kind_of(element: Any) -> Kind | None:
    get = element.get
    kind = _by_microdata(get("itemprop") or "", get("itemtype") or "")
    if kind is not None:
        return kind
    classes = (get("class") or "")[:2_000].lower().split()
    for kind, names in _BY_CLASS:
        if not names.isdisjoint(classes):
            return "reply" if kind == "answer" and _REPLY.fullmatch(get("id") or "") else kind
    if kind := _BY_TYPE.get(get("data-type") or ""):  # as OpenStax has it
        return kind
    return "collapsed" if element.tag == "details" else None


def _post_of(element: Any, kind: Kind) -> Any:
    """What was posted in a forum's element, without votes, tags and comments; other elements as they are."""
    if kind in ("problem", "accepted", "reply"):
        for inner in islice(element.iter("div", "section", "article"), _MOST_INNER):
            classes = (inner.get("class") or "")[:2_000].split()
            if inner.get("itemprop") == "text" or not _POSTS.isdisjoint(classes):
                return inner
    return element


def _by_microdata(itemprop: str, itemtype: str) -> Kind | None:
    """As schema.org's QAPage and Quiz have them."""
    if "acceptedAnswer" in itemprop.split():
        return "accepted"
    if "suggestedAnswer" in itemprop.split():
        return "reply"
    return "problem" if itemtype.rstrip("/").endswith("schema.org/Question") else None


def stated_parts(tree: Any) -> list[Part]:
    """Questions with their accepted answers as a page states them in JSON-LD (schema.org), by their texts."""
    import orjson

    parts: list[Part] = []
    for script in tree.iter("script"):
        text = script.text or ""
        if script.get("type") != "application/ld+json" or "acceptedAnswer" not in text or len(text) > MOST_SCRIPT:
            continue
        try:
            stated = orjson.loads(text)
        except orjson.JSONDecodeError:
            continue
        for question in _questions(stated, MOST_DEEP):
            asked = _shown(question.get("text")) or _shown(question.get("name"))
            answer = question["acceptedAnswer"]
            answer = answer[0] if isinstance(answer, list) and answer else answer
            told = _shown(answer.get("text")) if isinstance(answer, dict) else ""
            if asked and told:
                parts += [Part("problem", asked), Part("accepted", told)]
        if len(parts) > MOST_PARTS:
            break
    return parts


def _questions(value: Any, deep: int) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if value.get("acceptedAnswer"):
            yield value
        value = list(value.values())
    if isinstance(value, list) and deep:
        for each in value:
            yield from _questions(each, deep - 1)


def _shown(value: object) -> str:
    return unescape(_MARKUP.sub(" ", value)) if isinstance(value, str) else ""


def regions_in(text: str, parts: Sequence[Part], written: Callable[[str], str]) -> tuple[Region, ...]:
    """Where parts stand in a page's text, by where they begin; `written` gives a part's text with its formulas back.

    A part that the text does not have, because its body was sought elsewhere, has no region.
    """
    if not parts:
        return ()
    words = _Words(text)
    found: set[tuple[int, int, str]] = set()
    at = lost = 0
    for part in parts:
        span = words.span(_WORD.findall(written(part.text)), at) if lost < _MOST_LOST else None
        if span is None:
            lost += 1
            continue
        at = span[0]
        start, end = words.lines(*span)
        found.add((start, -end, part.kind))
    return tuple(Region(kind, start, -end) for start, end, kind in sorted(found))  # type: ignore[arg-type]


class _Words:
    """The words of a text, as one string in which runs of them are found."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.spans = [match.span() for match in _WORD.finditer(text)]
        self.joined = " ".join(["", *(text[start:end] for start, end in self.spans), ""])
        self.starts: list[int] = []  # of each word in `joined`
        at = 1
        for start, end in self.spans:
            self.starts.append(at)
            at += end - start + 1

    def span(self, words: Sequence[str], first: int) -> tuple[int, int] | None:
        """First and last word of a run of words, sought from word `first` on."""
        if not words or first >= len(self.spans):
            return None
        begin = self.starts[first] - 1
        if (place := self._find(words, begin)) >= 0:
            return place, place + len(words) - 1
        if len(words) < 2 * _ENDS or (place := self._find(words[:_ENDS], begin)) < 0:
            return None
        most = min(len(self.starts) - 1, place + int(_LONGER * len(words)))
        last = self._find(words[-_ENDS:], self.starts[place] - 1, self.starts[most])
        return (place, last + _ENDS - 1) if last >= 0 else None

    def _find(self, words: Sequence[str], begin: int, end: int | None = None) -> int:
        """The number of the word with which a run begins; -1 where there is none."""
        place = self.joined.find(f" {' '.join(words)} ", begin, end)
        return bisect_right(self.starts, place + 1) - 1 if place >= 0 else -1

    def lines(self, first: int, last: int) -> tuple[int, int]:
        """Characters from the first word to the last, with what stands beside them on their lines and is no word."""
        text, (start, _), (_, end) = self.text, self.spans[first], self.spans[last]
        before = self.spans[first - 1][1] if first else 0
        behind = self.spans[last + 1][0] if last + 1 < len(self.spans) else len(text)
        if (line := text.rfind("\n", before, start) + 1) or before == 0:
            start = line
        line = text.find("\n", end, behind)
        return start, line if line >= 0 else (len(text) if behind == len(text) else end)
