"""A page's body as text, with its mathematics: protect, extract, restore.

Formulas become placeholders (`protect`), the body is found, the formulas go back. Where the placeholders
themselves tell what element is the body (`body.marked_body`) it is that; else trafilatura finds it. Every
formula found is accounted for: restored, of these some rescued, or left in what trafilatura dropped.
Where trafilatura gives up, or keeps next to nothing of a page, the visible text stands in (`plain`).
This module does not decide whether a text is worth keeping; the gates do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from pydantic import Field

from mathmill.data.config import Config
from mathmill.data.records import CONTENT_TYPE, HTML, Document, Dropped
from mathmill.pipeline.body import marked_body
from mathmill.pipeline.formulas import Formula, sources
from mathmill.pipeline.plain import BOILERPLATE, forbidden_replaced, parse, visible_text
from mathmill.pipeline.protect import (
    Protected,
    Restored,
    delimiters,
    escape_raw_less,
    formula_root,
    may_hold_formulas,
    protect,
    restore,
)
from mathmill.pipeline.text_runs import text_formulas

PAGE_CHARS = 2_000_000
# Tags beyond which a page is too dear for trafilatura (a millisecond for 50 of them); real ones have up to 66,000.
MOST_TAGS = 100_000
# A text this short against the page's visible text is taken as a page that trafilatura gave up on.
LEAST_SHARE = 0.02
LEAST_CHARS = 200

# A page of so little text, of which trafilatura leaves out so little, is taken whole: what it leaves out
# of short pages are their headings.
SHORT_CHARS = 500
SHORT_SHARE = 1.3
# The share of a page's formulas whose loss is taken as a body found wrongly, and the share of the text
# that the body around the formulas must have to stand in for it.
MOST_LOST = 0.05
LEAST_KEPT = 0.7

Method = Literal["formulas", "trafilatura", "plain"]


@dataclass(frozen=True, slots=True)
class Extraction:
    """A page's text and title, and what became of its formulas.

    `found = len(formulas) + in_boilerplate`; `rescued` of `formulas` were lost on trafilatura's way and came
    back with the visible text around the formulas. `cut` tells that the page was over the limit.
    """

    text: str
    title: str
    formulas: tuple[Formula, ...]
    method: Method
    found: int
    in_boilerplate: int
    rescued: int
    cut: bool = False


class Extract(Config):
    """Stage: a page's characters under meta `HTML` become the Document's text.

    Sets meta `title`, `formulas` (how many were restored), `formula_sources` (source to count) and
    `extraction` (the method). A page that shows no text is Dropped with the reason `no_text`.
    """

    use: Literal["extract"] = "extract"
    page_chars: int = Field(default=PAGE_CHARS, gt=0)

    def __call__(self, documents: Iterable[Document]) -> Iterator[Document | Dropped]:
        for document in documents:
            yield self._one(document)

    def _one(self, document: Document) -> Document | Dropped:
        html: str = document.meta[HTML]
        plain = document.meta.get(CONTENT_TYPE, "").lower().startswith("text/plain")
        extraction = extract_text(html, self.page_chars) if plain else extract_html(html, document.url, self.page_chars)
        document = document.without_meta(HTML).noting(
            "extract",
            method=extraction.method,
            chars=len(extraction.text),
            formulas_found=extraction.found,
            formulas_restored=len(extraction.formulas),
            formulas_rescued=extraction.rescued,
            formulas_in_boilerplate=extraction.in_boilerplate,
            page_cut=extraction.cut,
        )
        if not extraction.text:
            return Dropped(document, "extract", "no_text", {"page_chars": len(html), "page_cut": extraction.cut})
        return document.with_text(
            extraction.text,
            title=extraction.title,
            formulas=len(extraction.formulas),
            formula_sources=dict(sources(extraction.formulas)),
            extraction=extraction.method,
        )


def extract_html(html: str, url: str = "", page_chars: int = PAGE_CHARS) -> Extraction:
    """The body of a page as text with its formulas as `$..$` and `$$..$$`.

    A page of more than `page_chars` characters is cut there. The text is empty only if the page
    shows none.
    """
    cut = len(html) > page_chars
    html = html[:page_chars]
    tree = parse(escape_raw_less(html) if may_hold_formulas(html) else html)
    if tree is None:
        return Extraction("", "", (), "plain", 0, 0, 0, cut)
    title = _title(tree)
    page = html if may_hold_formulas(html) else ""
    protected = protect(tree, delimiters(page), html) if page else Protected.none(tree)
    restored, method, rescued = _body(protected, url, html.count("<"))
    found = len(protected.formulas)
    return Extraction(
        restored.text.strip(), title, restored.formulas, method, found, found - len(restored.formulas), rescued, cut
    )


def extract_text(text: str, page_chars: int = PAGE_CHARS) -> Extraction:
    """Plain text as it is; its formulas are found by their delimiters and stay where they are."""
    cut = len(text) > page_chars
    text = forbidden_replaced(text[:page_chars]).strip()
    formulas = text_formulas(text) if may_hold_formulas(text) else ()
    return Extraction(text, "", formulas, "plain", len(formulas), 0, 0, cut)


def _title(tree: Any) -> str:
    found = tree.find(".//title")
    return " ".join(found.text_content().split())[:500] if found is not None else ""


def _body(protected: Protected, url: str, tags: int) -> tuple[Restored, Method, int]:
    """The body with its formulas, how it was found, and how many formulas plain extraction rescued."""
    tree = protected.tree
    if protected.formulas and tags <= MOST_TAGS:
        body = marked_body(tree, protected.stem)
        if body is not None:
            return restore(visible_text(body), protected), "formulas", 0
    text = _trafilatura(tree, url) if tags <= MOST_TAGS else None
    if text is None or (len(text) < LEAST_CHARS and len(text) < LEAST_SHARE * len(visible_text(tree))):
        return restore(visible_text(tree), protected), "plain", 0
    if len(text) < SHORT_CHARS and len(small := visible_text(tree, BOILERPLATE)) <= SHORT_SHARE * len(text):
        return restore(small, protected), "plain", 0
    restored = restore(text, protected)
    lost = len(protected.formulas) - len(restored.formulas)
    if lost < MOST_LOST * len(protected.formulas) or (lost < 2 and restored.formulas) or not lost:
        return restored, "trafilatura", 0
    # Body finders take one article of a page that shows several; the mathematics tells where they are.
    wider = restore(visible_text(formula_root(protected), BOILERPLATE), protected)
    if len(wider.formulas) > len(restored.formulas) and len(wider.text) > LEAST_KEPT * len(text):
        return wider, "plain", len(wider.formulas) - len(restored.formulas)
    return restored, "trafilatura", 0


def _trafilatura(tree: Any, url: str) -> str | None:
    """trafilatura's body text, None where it finds none or fails."""
    extract, failures = _extractor()
    try:
        text = extract(tree, url)
    except failures:
        return None
    return text or None


@cache
def _extractor() -> tuple[Any, tuple[type[Exception], ...]]:
    import logging

    import trafilatura
    from lxml import etree

    # It warns of every page it gives up on; ours are counted.
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)

    def extract(tree: Any, url: str) -> str | None:
        # fast: no readability and justext beside its own rules; against the hand-made articles they cost 0.018 of F1
        # and a fifth of the time. Comments of readers are left out.
        text: str | None = trafilatura.extract(
            tree, url=url or None, output_format="txt", include_comments=False, deduplicate=False, fast=True
        )
        return text

    return extract, (
        etree.LxmlError,
        ValueError,
        TypeError,
        LookupError,
        AttributeError,
        AssertionError,
        RecursionError,
    )
