"""Delimited formulas in the text between a page's tags, each replaced in place.

A run is the text that MathJax and KaTeX read in one go: it goes on over line breaks and stops at
every other tag. What the renderers skip is skipped: code, scripts, classes that say so.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from mathmill.pipeline.dom.elements import BLOCK_PARENTS, INLINE, classes, etree
from mathmill.pipeline.formulas.delimited import (
    ASCIIMATH,
    BRACKET,
    DOLLAR,
    DOUBLE_DOLLAR,
    MOST_BESIDE,
    PAREN,
    TEX_TAG,
    Formula,
    Grammar,
    Span,
    find_spans,
    formula,
    grammar,
)
from mathmill.pipeline.formulas.plausible import hashed, is_strong, is_sure_hashed
from mathmill.pipeline.formulas.renderers import EVERY_CLASS, NEVER, Pair, Renderer
from mathmill.pipeline.notation.asciimath import to_latex as asciimath_to_latex

# Notes a formula and the element whose own text it is part of; gives its placeholder.
TokenFor = Callable[[Formula, Any], str]

MARKS = ("$", "\\")  # a piece of every standard opening delimiter but words in brackets
_TAG = re.compile(r"\[(?:i?tex|latex|math)\]|\{eq\}", re.IGNORECASE)
_ESCAPED_MATH = re.compile(r"&(?:lt|#0{0,4}60|#x3c);math[\s>&]", re.IGNORECASE)
# Sure formulas between hashes from which on hashes are delimiters.
LEAST_HASHED = 2
# Classes of elements whose formula stands in the line whatever is written around it, and how far up they are sought.
_SAID_INLINE = frozenset({"InlineEquation", "inline-equation"})
_MOST_UP = 3
# Elements whose only line may be a displayed formula, others than those of tables, lists and headings.
_PARAGRAPHS = BLOCK_PARENTS | {"dd", "p", "td"}
# Codeforces and its kin: `$$$x$$$` in a line, `$$$$$$x$$$$$$` displayed. One that can only be TeX shows it.
_TRIPLE = re.compile(r"(?<!\$)\${3}(?:\${3})?([^$]{1,2000})\${3}(?:\${3})?(?!\$)")
TRIPLE_DOLLARS = (Pair("$$$", "$$$", False), Pair("$" * 6, "$" * 6, True))
_BREAKS = frozenset({"br", "wbr"})
# Formulas in `\(..\)` that can only be TeX, from which on a page's others need not look like it; of those in dollars
# as many are asked for as show that dollars are delimiters at all.
LEAST_PARENS = 2
# What these others may be: short, and at most so many words.
SIBLING_CHARS, SIBLING_WORDS = 80, 1
_WORD = re.compile(r"[^\W\d_]{3,}")
_INLINE_TAG = re.compile(r"\[itex\]", re.IGNORECASE)


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
    hashes = _may_hash(renderer, page)
    runs = list(_runs(tree, renderer, page, hashes))
    read = _in_asciimath(tree, renderer, runs)
    texts = [run.text for run in runs]
    found = _spans(renderer, texts, read)
    if hashes:
        found = _with_hashed(texts, found)
    has_inline_tags = _INLINE_TAG.search(page) is not None
    for run, spans in zip(runs, found, strict=True):
        if spans:
            _write(run, [_placed(span, run, has_inline_tags) for span in spans], token_for)


def _in_asciimath(tree: Any, renderer: Renderer, runs: Sequence[_Run]) -> Sequence[bool] | None:
    """Whether AsciiMath is read in each of `runs`, on a page that names the one element for it; None: in all."""
    if not renderer.asciimath or not renderer.asciimath_within:
        return None
    named = _with_id()(tree, id=renderer.asciimath_within)
    if not named:
        return None
    inside = set(named[0].iter())
    return [(run.first.getparent() if run.tail else run.first) in inside for run in runs]


def _may_hash(renderer: Renderer, page: str) -> bool:
    """Whether a page may write AsciiMath between hashes, which are no other delimiter of its own."""
    if any("#" in pair.left or "#" in pair.right for pair in (*renderer.pairs, *renderer.asciimath)):
        return False
    return page.count("#") >= 2 * LEAST_HASHED and any(is_sure_hashed(found[1]) for found in hashed(page))


def _with_hashed(texts: Sequence[str], found: list[list[Span]]) -> list[list[Span]]:
    """The spans of each text and what stands between hashes, if a page has several that can only be formulas."""
    between = [list(hashed(text)) for text in texts]
    if sum(is_sure_hashed(match[1]) for matches in between for match in matches) < LEAST_HASHED:
        return found
    return [_with_more(spans, map(_hashed_span, matches)) for spans, matches in zip(found, between, strict=True)]


def _hashed_span(match: re.Match[str]) -> Span:
    return Span(match.start(), match.end(), formula(asciimath_to_latex(match[1]), False, ASCIIMATH))


def _with_more(spans: list[Span], others: Iterable[Span]) -> list[Span]:
    """`spans` and what is found of `others` between them, in order."""
    starts = [span.start for span in spans]
    more = []
    for span in others:
        at = bisect(starts, span.start)
        free = (not at or spans[at - 1].end <= span.start) and (at == len(spans) or span.end <= starts[at])
        if free and span.formula:
            more.append(span)
    return sorted([*spans, *more], key=lambda span: span.start) if more else spans


def _placed(span: Span, run: _Run, has_inline_tags: bool) -> Span:
    """A displayed formula as what it is in its page: inline where its elements say so, or others stand beside it.

    Where pages have `[itex]` for what is inline, `[tex]` is displayed wherever it stands.
    """
    if span.formula is None or not span.formula.display:
        return span
    source = span.formula.source
    if source in (DOUBLE_DOLLAR, BRACKET):
        inline = _is_said_inline(run.first.getparent() if run.tail else run.first)
    elif source == TEX_TAG and not has_inline_tags:
        inline = "\\begin{" not in span.formula.latex and not _has_own_line(span, run)
    else:
        inline = False
    return replace(span, formula=replace(span.formula, display=False)) if inline else span


def _is_said_inline(element: Any) -> bool:
    for _ in range(_MOST_UP):
        if element is None:
            return False
        if classes(element) & _SAID_INLINE:
            return True
        element = element.getparent()
    return False


def _has_own_line(span: Span, run: _Run) -> bool:
    """Whether a formula stands between line breaks or the ends of a paragraph; the source's own lines are none."""
    places = [place for place, _ in run.breaks]
    at = bisect(places, span.start)
    begin = places[at - 1] + 1 if at else 0
    end = places[at_end] if (at_end := bisect(places, span.end - 1)) < len(places) else len(run.text)
    if span.start - begin > MOST_BESIDE or end - span.end > MOST_BESIDE or run.text[begin : span.start].strip():
        return False
    return (at > 0 or _begins_line(run)) and (at_end < len(places) or _ends_line(run))


def _begins_line(run: _Run) -> bool:
    return run.first.tag not in INLINE if run.tail else run.first.tag in _PARAGRAPHS


def _ends_line(run: _Run) -> bool:
    last = run.breaks[-1][1] if run.breaks else run.first
    within = not run.tail and not run.breaks
    after = next(iter(last), None) if within else last.getnext()
    if after is not None:
        return after.tag not in INLINE
    return (last if within else last.getparent()).tag in _PARAGRAPHS


@cache
def _with_id() -> Any:
    return etree().XPath("descendant-or-self::*[@id = $id]")


def _spans(renderer: Renderer, texts: Sequence[str], read: Sequence[bool] | None = None) -> list[list[Span]]:
    """The formulas of each of a page's texts; `read` says of each whether AsciiMath counts there, if not in all."""
    pairs = renderer.pairs
    if any("$$$" in text and any(is_strong(triple[1]) for triple in _TRIPLE.finditer(text)) for text in texts):
        pairs += tuple(pair for pair in TRIPLE_DOLLARS if all(pair.left != own.left for own in pairs))
    ours = grammar(pairs, renderer.asciimath, renderer.doubted, renderer.environments)
    plain = grammar(pairs, (), renderer.doubted, renderer.environments)
    delimiters = [ours] * len(texts) if read is None else [ours if reads else plain for reads in read]
    dollar, said = _judge(renderer, texts)
    trusted = renderer.loaded
    found = [
        find_spans(text, dollar, trusted, own, dollar_trusted=said) for text, own in zip(texts, delimiters, strict=True)
    ]
    if trusted and (said or not dollar):
        return found
    parens = (span.formula.latex for spans in found for span in spans if span.formula and span.formula.source == PAREN)
    believed = {DOLLAR} if dollar else set[str]()
    if sum(map(is_strong, parens)) >= LEAST_PARENS:
        believed.add(PAREN)
    if not believed:
        return found
    return [
        _with_siblings(text, spans, own, believed) if "$" in text or "\\(" in text else spans
        for text, spans, own in zip(texts, found, delimiters, strict=True)
    ]


def _with_siblings(text: str, spans: list[Span], delimiters: Grammar, believed: set[str]) -> list[Span]:
    """`spans` and between them what stands between the `believed` delimiters, on a page that writes its formulas so."""
    others = find_spans(text, dollar=DOLLAR in believed, trusted=True, delimiters=delimiters)
    more = (span for span in others if span.formula and span.formula.source in believed)
    return _with_more(spans, (span for span in more if _may_be_sibling(span, text)))


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
    strong, environments = map(sum, zip((0, 0), *map(_sure_dollars, texts), strict=True))
    return strong >= (1 if renderer.loaded else 2) or environments > 0, False


def _sure_dollars(text: str) -> tuple[int, int]:
    """How many formulas between dollars can only be TeX, and how many hold an environment."""
    if "$" not in text:
        return 0, 0
    spans = find_spans(text, dollar=True, trusted=False)
    found = [span.formula.latex for span in spans if span.formula and span.formula.source == DOLLAR]
    return sum(map(is_strong, found)), sum("\\begin{" in latex for latex in found)


def _runs(tree: Any, renderer: Renderer, page: str, hashes: bool) -> Iterator[_Run]:
    """Every run that holds a mark of a formula, in reading order."""
    behind: set[Any] = set()  # line breaks of the runs met so far
    for text in _marked_texts(tree, renderer, page, hashes):
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


def _marked_texts(tree: Any, renderer: Renderer, page: str, hashes: bool) -> Any:
    """The texts of a tree in which a formula may begin."""
    # A reference such as `&#36;` is no mark in the source, so that the common ones are always asked for.
    asked = {
        *MARKS,
        *_TAG.findall(page),
        *["<math"] * (_ESCAPED_MATH.search(page) is not None),
        *["#"] * hashes,
        *(pair.left for pair in (*renderer.pairs, *renderer.asciimath)),
    }
    marks = sorted(mark for mark in asked if not any(other in mark for other in asked if other != mark))
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
        classes = set(names.split()) if (names := node.get("class")) else set[str]()
        # A class that says so has a renderer look even into code.
        processed = bool(classes & renderer.processed)
        if node.tag in renderer.skipped and (not processed or node.tag in NEVER):
            return True
        if ignored is None and classes:
            if processed:
                ignored = False
            elif classes & renderer.ignored or EVERY_CLASS in renderer.ignored:
                ignored = True
        node = node.getparent()
    return EVERY_CLASS in renderer.ignored if ignored is None else ignored
