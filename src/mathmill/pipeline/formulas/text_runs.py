"""Delimited formulas in the text between a page's tags, each replaced in place.

A run is the text that MathJax and KaTeX read in one go: it goes on over line breaks and stops at
every other tag. What the renderers skip is skipped: code, scripts, classes that say so.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from mathmill.pipeline.dom.elements import etree
from mathmill.pipeline.formulas.delimited import DOLLAR, PAREN, Formula, Grammar, Span, find_spans, grammar
from mathmill.pipeline.formulas.plausible import is_strong
from mathmill.pipeline.formulas.renderers import EVERY_CLASS, Renderer

# Notes a formula and the element whose own text it is part of; gives its placeholder.
TokenFor = Callable[[Formula, Any], str]

MARKS, TAG_MARKS = ("$", "\\"), ("tex]", "[math]")  # a piece of every standard opening delimiter
_BREAKS = frozenset({"br", "wbr"})
# Formulas in `\(..\)` that can only be TeX, from which on a page's others need not look like it; of those in dollars
# as many are asked for as show that dollars are delimiters at all.
LEAST_PARENS = 2
# What these others may be: short, and at most so many words.
SIBLING_CHARS, SIBLING_WORDS = 80, 1
_ENVIRONMENT = re.compile(r"\$[^$]{0,80}\\begin\{[^$]{1,2000}\\end\{[a-zA-Z]{1,20}\*?\}[^$]{0,80}\$(?!\$)")
_WORD = re.compile(r"[^\W\d_]{3,}")


@dataclass(slots=True)
class _Run:
    """Text that a renderer reads in one go: it goes on over line breaks and stops at every other tag."""

    first: Any
    tail: bool  # whether it starts as the tail of `first`, else as its text
    breaks: list[tuple[int, Any]]  # where in `text` each line break stands
    text: str


def text_formulas(text: str) -> tuple[Formula, ...]:
    """The delimited formulas of plain text, in order."""
    (spans,) = _spans(Renderer(), [text])
    return tuple(span.formula for span in spans if span.formula)


def protect_text(tree: Any, renderer: Renderer, page: str, token_for: TokenFor) -> None:
    """Replace every delimited formula in the text of `tree`, which is changed; `page` is its source."""
    runs = list(_runs(tree, renderer, page))
    for run, spans in zip(runs, _spans(renderer, [run.text for run in runs]), strict=True):
        if spans:
            _write(run, spans, token_for)


def _spans(renderer: Renderer, texts: Sequence[str]) -> list[list[Span]]:
    """The formulas of each of a page's texts."""
    delimiters = grammar(renderer.pairs, renderer.asciimath)
    dollar, said = _judge(renderer, texts)
    trusted = renderer.loaded
    found = [find_spans(text, dollar, trusted, delimiters, dollar_trusted=said) for text in texts]
    if trusted and (said or not dollar):
        return found
    parens = (span.formula.latex for spans in found for span in spans if span.formula and span.formula.source == PAREN)
    believed = {DOLLAR} if dollar else set[str]()
    if sum(map(is_strong, parens)) >= LEAST_PARENS:
        believed.add(PAREN)
    if not believed:
        return found
    return [
        _with_siblings(text, spans, delimiters, believed) if "$" in text or "\\(" in text else spans
        for text, spans in zip(texts, found, strict=True)
    ]


def _with_siblings(text: str, spans: list[Span], delimiters: Grammar, believed: set[str]) -> list[Span]:
    """`spans` and between them what stands between the `believed` delimiters, on a page that writes its formulas so."""
    starts = [span.start for span in spans]
    more = []
    for span in find_spans(text, dollar=DOLLAR in believed, trusted=True, delimiters=delimiters):
        at = bisect(starts, span.start)
        free = (not at or spans[at - 1].end <= span.start) and (at == len(spans) or span.end <= starts[at])
        if free and span.formula and span.formula.source in believed and _may_be_sibling(span, text):
            more.append(span)
    return sorted([*spans, *more], key=lambda span: span.start) if more else spans


def _may_be_sibling(span: Span, text: str) -> bool:
    """Whether a formula that need not look like TeX is short, and closed right behind itself if by a dollar."""
    latex = span.formula.latex if span.formula else ""
    if text[span.start] == "$" and (text[span.start + 1].isspace() or text[span.end - 2].isspace()):
        return False
    return len(latex) <= SIBLING_CHARS and len(_WORD.findall(latex)) <= SIBLING_WORDS


def _judge(renderer: Renderer, texts: Sequence[str]) -> tuple[bool, bool]:
    """Whether inline dollars count in these texts, and whether they are believed whatever they hold.

    Without a configuration that turns dollars on, several that can only be TeX show that they are delimiters, or one
    around an environment; then each has to look like TeX, as all delimiters do on a page without a renderer.
    """
    if renderer.dollar is not None:
        return renderer.dollar, renderer.dollar
    dollar = sum(map(_strong_dollars, texts)) >= (1 if renderer.loaded else 2)
    return dollar or any("$" in text and _ENVIRONMENT.search(text) for text in texts), False


def _strong_dollars(text: str) -> int:
    if "$" not in text:
        return 0
    spans = find_spans(text, dollar=True, trusted=False)
    return sum(1 for s in spans if s.formula and s.formula.source == DOLLAR and is_strong(s.formula.latex))


def _runs(tree: Any, renderer: Renderer, page: str) -> Iterator[_Run]:
    """Every run that holds a mark of a formula, in reading order."""
    behind: set[Any] = set()  # line breaks of the runs met so far
    for text in _marked_texts(tree, renderer, page):
        first, tail = text.getparent(), text.is_tail
        if tail and first in behind:
            continue
        while tail and first.tag in _BREAKS:
            before = first.getprevious()
            first, tail = (first.getparent(), False) if before is None else (before, True)
        if _skipped(first.getparent() if tail else first, renderer):
            continue
        run = _gather(first, tail, first.getnext() if tail else next(iter(first), None))
        behind.update(element for _, element in run.breaks)
        yield run


def _marked_texts(tree: Any, renderer: Renderer, page: str) -> Any:
    """The texts of a tree in which a formula may begin."""
    # A reference such as `&#36;` is no mark in the source, so that the common ones are always asked for.
    marks = [
        *MARKS,
        *(mark for mark in TAG_MARKS if mark in page),
        *(pair.left for pair in renderer.pairs),
        *("`" * renderer.asciimath),
    ]
    return _texts_with(len(marks))(tree, **{f"mark{i}": mark for i, mark in enumerate(marks)})


@cache
def _texts_with(marks: int) -> Any:
    """The text nodes that hold one of so many marks; these are variables, since a page may choose them."""
    return etree().XPath(f"descendant::text()[{' or '.join(f'contains(., $mark{i})' for i in range(marks))}]")


def _gather(first: Any, tail: bool, after: Any | None) -> _Run:
    parts = [(first.tail if tail else first.text) or ""]
    breaks, length = [], len(parts[0])
    while after is not None and after.tag in _BREAKS:
        breaks.append((length, after))
        parts += ["\n", after.tail or ""]
        length += 1 + len(parts[-1])
        after = after.getnext()
    return _Run(first, tail, breaks, "".join(parts))


def _write(run: _Run, spans: list[Span], token_for: TokenFor) -> None:
    """Put placeholders where formulas were; a line break inside a formula goes with it."""
    pieces: list[tuple[Any | None, list[str]]] = [(None, [])]
    breaks = [*run.breaks, (len(run.text), None)]
    position, at = 0, 0
    holder = run.first.getparent() if run.tail else run.first

    def copy_until(end: int) -> None:
        nonlocal position, at
        while breaks[at][0] < end:
            pieces[-1][1].append(run.text[position : breaks[at][0]])
            pieces.append((breaks[at][1], []))
            position = breaks[at][0] + 1
            at += 1
        pieces[-1][1].append(run.text[position:end])

    for span in spans:
        copy_until(span.start)
        while breaks[at][0] < span.end and (inner := breaks[at][1]) is not None:
            inner.getparent().remove(_without_tail(inner))
            at += 1
        pieces[-1][1].append(token_for(span.formula, holder) if span.formula else "")
        position = span.end
    copy_until(len(run.text))
    for element, parts in pieces:
        if element is not None:
            element.tail = "".join(parts)
        elif run.tail:
            run.first.tail = "".join(parts)
        else:
            run.first.text = "".join(parts)


def _without_tail(element: Any) -> Any:
    element.tail = None
    return element


def _skipped(element: Any, renderer: Renderer) -> bool:
    """Whether a renderer would not look into this element."""
    node = element
    ignored: bool | None = None
    while node is not None:
        if node.tag in renderer.skipped:
            return True
        if ignored is None and (names := node.get("class")):
            classes = set(names.split())
            if classes & renderer.processed:
                ignored = False
            elif classes & renderer.ignored or EVERY_CLASS in renderer.ignored:
                ignored = True
        node = node.getparent()
    return bool(ignored)
