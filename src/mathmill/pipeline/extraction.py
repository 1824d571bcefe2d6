"""A page's body as text, with its mathematics: protect, extract, restore.

Formulas become placeholders (`protect`), the body is found, the formulas go back. Where the placeholders
themselves tell what element is the body (`body.marked_body`) it is that; else trafilatura finds it
(`found_body`). Every formula found is accounted for: restored, of these some rescued or put back at their neighbours
(`anchors`), or left in dropped boilerplate. Where trafilatura gives up, or keeps next to nothing of a page, the visible
text stands in. Notebooks, TeX, Markdown and plain text are read as what they are (`manuscripts`).
This module does not decide whether a text is worth keeping; the gates do. `extract` is its Stage.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import chain
from typing import Any, Literal

from mathmill.pipeline.body.anchors import reanchor
from mathmill.pipeline.body.beside import BOILERPLATE, marks_beside
from mathmill.pipeline.body.found import find_body
from mathmill.pipeline.body.marked import marked_body, marked_root
from mathmill.pipeline.body.regions import Part, Region, marked_parts, may_be_marked, regions_in, stated_parts
from mathmill.pipeline.body.small_scripts import write_small_scripts
from mathmill.pipeline.body.structure import to_text
from mathmill.pipeline.decode import decode_html
from mathmill.pipeline.dom.parse import forbidden_replaced, parse
from mathmill.pipeline.extract import PAGE_CHARS
from mathmill.pipeline.formulas.delimited import Formula
from mathmill.pipeline.formulas.protect import Protected, Restored, may_hold_formulas, protect, restore
from mathmill.pipeline.formulas.raw_less import escape_raw_less
from mathmill.pipeline.formulas.renderers import Renderer, renderer_of
from mathmill.pipeline.formulas.word import reveal_equations
from mathmill.pipeline.manuscripts.kinds import Kind, kind_of
from mathmill.pipeline.manuscripts.read import read_manuscript

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

Method = Literal["formulas", "trafilatura", "plain"] | Kind  # how the body was found, or what else the record is


@dataclass(frozen=True, slots=True)
class Extraction:
    """A page's text and title, its formulas in the order in which they stand in it, and what became of the others.

    `found = len(formulas) + in_boilerplate`; `rescued` of `formulas` were lost on trafilatura's way and came
    back with the visible text around the formulas, `reanchored` between their neighbours. `cut` tells that the page
    was over the limit. `regions` are parts of the text that the markup marks, as exercises and their solutions.
    """

    text: str
    title: str
    formulas: tuple[Formula, ...]
    method: Method
    found: int
    in_boilerplate: int = 0
    rescued: int = 0
    reanchored: int = 0
    cut: bool = False
    regions: tuple[Region, ...] = ()

    def sources(self) -> dict[str, int]:
        """How many formulas came from each source."""
        return dict(Counter(formula.source for formula in self.formulas))

    def unbalanced(self) -> dict[str, int]:
        """How many of these have braces, fences or environments that do not match, by source."""
        return dict(Counter(formula.source for formula in self.formulas if not formula.balanced))


def extract(html: bytes | str, url: str | None = None, content_type: str | None = None) -> Extraction:
    """The body of a page as text, with every formula in its place as `$..$` or `$$..$$`.

    `html` are a page's bytes, whose charset is found as a browser does (`content_type` is the HTTP header, if there is
    one), or its characters. Notebooks, TeX, Markdown and plain text are told by `content_type`, the ending of `url` and
    their first characters. Never raises on what a page holds; its text is empty only if the page shows none.
    TypeError for anything but bytes and characters.
    """
    if not isinstance(html, bytes | str):
        raise TypeError(
            f"mathmill.extract takes a page's bytes or characters, not {type(html).__name__}: "
            "read the page first, such as with Path(..).read_bytes() or response.content"
        )
    for name, value in (("url", url), ("content_type", content_type)):
        if value is not None and not isinstance(value, str):
            raise TypeError(
                f"mathmill.extract takes {name} as characters or None, not {type(value).__name__}: "
                f"give str({name}), or leave it out"
            )
    text = decode_html(html, content_type or "").html if isinstance(html, bytes) else html
    kind = kind_of(content_type, url or "", text)
    if kind == "html":
        return extract_html(text, url or "")
    return extract_manuscript(text, kind)


def extract_html(html: str, url: str = "", page_chars: int = PAGE_CHARS) -> Extraction:
    """The body of a page as text with its formulas as `$..$` and `$$..$$`.

    A page of more than `page_chars` characters is cut there. The text is empty only if the page
    shows none.
    """
    cut = len(html) > page_chars
    if cut:
        html = html[:page_chars]
        html = html[: html.rfind("<")] if html.rfind("<") > html.rfind(">") else html  # not half a tag
    mathematical = may_hold_formulas(html)
    renderer = renderer_of(html) if mathematical else Renderer()
    tree = parse(reveal_equations(escape_raw_less(html, renderer)) if mathematical else html)
    if tree is None:
        return Extraction("", "", (), "plain", 0, cut=cut)
    title = _title(tree)
    marked = may_be_marked(html)
    stated = stated_parts(tree) if marked else []
    protected = protect(tree, renderer, html) if mathematical else Protected.none(tree)
    if "<su" in html or "<SU" in html:
        write_small_scripts(tree)
    parts = marked_parts(tree) if marked else []
    restored, method, rescued, reanchored = _body(protected, url, html.count("<"))
    found = len(protected.formulas)
    lost = found - len(restored.formulas)
    text = restored.text.strip()
    regions = _regions(text, [each for each in (parts, stated) if each], protected)
    return Extraction(text, title, restored.formulas, method, found, lost, rescued, reanchored, cut, regions)


def _regions(text: str, orders: list[list[Part]], protected: Protected) -> tuple[Region, ...]:
    """Regions of parts, of which there may be several orders."""
    number = {token: i for i, token in enumerate(protected.tokens)}

    def put_back(match: re.Match[str]) -> str:
        index = number.get(match.group())
        return f" {protected.formulas[index].delimited()} " if index is not None else ""

    found = [regions_in(text, parts, lambda part: protected.token.sub(put_back, part)) for parts in orders]
    return (
        found[0] if len(found) == 1 else tuple(sorted({*chain(*found)}, key=lambda region: (region.start, -region.end)))
    )


def extract_manuscript(text: str, kind: Kind, page_chars: int = PAGE_CHARS) -> Extraction:
    """The text of a notebook, a TeX or Markdown file or plain text, its formulas where they stand."""
    # Half a notebook is none; it bounds its own text.
    cut = len(text) > page_chars and kind != "notebook"
    manuscript = read_manuscript(forbidden_replaced(text[:page_chars] if cut else text), kind)
    formulas = manuscript.formulas
    return Extraction(manuscript.text, manuscript.title, formulas, kind, len(formulas), cut=cut)


def _title(tree: Any) -> str:
    found = tree.find(".//title")
    return " ".join(found.text_content().split())[:500] if found is not None else ""


def _body(protected: Protected, url: str, tags: int) -> tuple[Restored, Method, int, int]:
    """The body with its formulas, how it was found, how many formulas were rescued and how many put back."""
    text, method = _body_text(protected, url, tags)
    if _count(protected, text) == len(protected.tokens):
        return restore(text, protected), method, 0, 0
    # Those in menus and the like stay behind with them.
    beside = marks_beside(protected.tree, protected.token, protected.stem).marks
    tokens = [token for token in protected.tokens if token not in beside]
    there = _count(protected, text, beside)
    if there == len(tokens):
        return restore(text, protected), method, 0, 0
    lost = len(tokens) - there
    if method == "trafilatura" and lost >= MOST_LOST * len(tokens) and not (lost < 2 and there):
        # Body finders take one article of a page that shows several; the mathematics tells where they are.
        wider = to_text(marked_root(protected.tree, protected.token, beside), BOILERPLATE)
        if (found := _count(protected, wider, beside)) > there and len(wider) > LEAST_KEPT * len(text):
            return restore(wider, protected), "plain", found - there, 0
    text = reanchor(text, to_text(protected.tree), tokens)
    return restore(text, protected), method, 0, _count(protected, text, beside) - there


def _count(protected: Protected, text: str, beside: frozenset[str] = frozenset()) -> int:
    """How many of a page's placeholders that are not `beside` its body stand in a text."""
    return len({match.group() for match in protected.token.finditer(text)} - beside)


def _body_text(protected: Protected, url: str, tags: int) -> tuple[str, Method]:
    """The body with placeholders, and how it was found."""
    tree = protected.tree
    if protected.formulas and tags <= MOST_TAGS:
        body = marked_body(tree, protected.token, protected.stem)
        if body is not None:
            return to_text(body), "formulas"
    found = find_body(tree, url) if tags <= MOST_TAGS else None
    text = to_text(found) if found is not None else ""
    if len(text) < LEAST_CHARS and len(text) < LEAST_SHARE * len(visible := to_text(tree)):
        return visible, "plain"
    if len(text) < SHORT_CHARS and len(small := to_text(tree, BOILERPLATE)) <= SHORT_SHARE * len(text):
        return small, "plain"
    return text, "trafilatura"
