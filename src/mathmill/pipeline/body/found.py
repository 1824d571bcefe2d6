"""The body of a page as trafilatura finds it, as a tree of HTML that `structure.to_text` writes.

trafilatura decides what is body; its own text is not made. It spoils the indentation of code and takes half of its
time for the colours in it, so that code waits outside: a word as long as the code stands in its place meanwhile.
So do tables of data in lists and definitions, whose cells it would make paragraphs.
Spans that its rules cannot mean are taken out beforehand, which saves a quarter of the rest.
"""

from __future__ import annotations

import logging
import re
from copy import copy
from functools import cache
from itertools import islice
from typing import Any

from mathmill.pipeline.body.code_blocks import code_elements, plain_code
from mathmill.pipeline.body.markdown_tables import is_data

# The longest word that stands for code; beyond it length decides nothing.
MOST_LETTERS = 2_000
# The share of a table's text in links from which on it is left to trafilatura's own rules.
MOST_LINKED = 0.5
# Ancestors of code, beside its parent, that may be a figure around it.
MOST_AROUND = 3
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_TAGS = {"cell": "td", "hi": "span", "item": "li", "lb": "br", "quote": "blockquote", "ref": "span", "row": "tr"}
_DEFINITION = re.compile(r"(d[dt])-\d+")
# Spans that carry a look and no meaning: of highlighters, of Sphinx.
_LOOKS = re.compile(r"(?:(?:math|notranslate|nohighlight|pre|[a-z])(?: |\Z))*")
_INSIDE = frozenset({"a", "code"})


def find_body(tree: Any, url: str) -> Any | None:
    """trafilatura's body of a page (a tree of lxml, stays as it is) as a new `body` element of HTML.

    `url` is the page's address or empty. None where trafilatura finds no body or fails.
    """
    page = copy(tree)
    aside = _set_aside(page)
    _strip_looks(page)
    extract, failures = _extractor()
    try:
        body = extract(page, url)
    except failures:
        return None
    if body is None or not any(map(str.strip, body.itertext())):
        return None
    _to_html(body)
    if aside:
        _put_back(body, aside)
    return body


def _set_aside(page: Any) -> dict[str, Any]:
    """Replace code and tables in lists by paragraphs of one word each; gives what is to stand for each word."""
    waiting = [(element, plain_code(element)) for element in code_elements(page)]
    waiting += [(table, table) for table in _listed_tables(page)]
    if not waiting:
        return {}
    stem, text = "zqc", page.text_content()
    while stem in text:
        stem += "q"
    aside: dict[str, Any] = {}
    for number, (element, stand_in) in enumerate(waiting):
        parent = element.getparent()
        if parent is None:
            continue
        word = f"{stem}{number}z" + "y" * min(len(stand_in.text_content()), MOST_LETTERS)
        aside[word] = stand_in
        paragraph = element.makeelement("p")
        paragraph.text, paragraph.tail = word, element.tail
        parent.replace(element, paragraph)
        # Figures are dropped, but for those around a table, which the code may have been.
        for around in (parent, *islice(parent.iterancestors(), MOST_AROUND)):
            if around.tag == "figure":
                around.tag = "div"
    return aside


def _listed_tables(page: Any) -> list[Any]:
    """The tables of data in items and definitions that are not lists of links, for each item but the outermost."""
    tables = []
    for table in page.iter("table"):
        inside = next(table.iterancestors("table", "li", "dd"), None)
        if inside is not None and inside.tag != "table" and table.find(".//pre") is None and is_data(table):
            linked = sum(len(link.text_content()) for link in table.iter("a"))
            if linked <= MOST_LINKED * len(table.text_content()):
                tables.append(table)
    return tables


def _put_back(body: Any, aside: dict[str, Any]) -> None:
    """Put what waited where its word stands; a word that occurs again gives nothing."""
    stem = next(iter(aside)).rstrip("y").rstrip("z").rstrip("0123456789")
    word = re.compile(rf"({stem}\d+zy*)")
    for element in list(body.iter()):
        parent = element.getparent()
        if element.tail and stem in element.tail and parent is not None:
            pieces = word.split(element.tail)
            element.tail = pieces[0]
            _insert(parent, parent.index(element) + 1, pieces[1:], aside)
        if element.text and stem in element.text:
            pieces = word.split(element.text)
            element.text = pieces[0]
            _insert(element, 0, pieces[1:], aside)
            if element.tag == "p" and len(element) == 1 and len(pieces) == 3 and not "".join(pieces[::2]).strip():
                element[0].tail = element.tail
                parent.replace(element, element[0])


def _insert(parent: Any, at: int, pieces: list[str], aside: dict[str, Any]) -> None:
    """Insert what waited for each word, with the text behind it, as children of `parent` from `at` on."""
    for word, text in zip(pieces[::2], pieces[1::2], strict=True):
        element = aside.pop(word, None)
        if element is None:
            element = parent.makeelement("span")
        element.tail = text
        parent.insert(at, element)
        at += 1


def _strip_looks(page: Any) -> None:
    etree = _etree()
    for span in page.iter("span"):
        if not span.attrib or span.getparent().tag in _INSIDE or _is_look(span.attrib):
            span.tag = "bdo"  # which trafilatura strips as well
    etree.strip_tags(page, "bdo")


def _is_look(attributes: Any) -> bool:
    return len(attributes) == 1 and bool(_LOOKS.fullmatch(attributes.get("class", "-")))


def _to_html(body: Any) -> None:
    """Give trafilatura's elements the names that HTML has for them."""
    for element in body.iter("cell", "code", "head", "hi", "item", "lb", "list", "quote", "ref", "row"):
        tag, rend = element.tag, element.get("rend") or ""
        if tag == "head":
            element.tag = rend if rend in _HEADINGS else "h3"
        elif tag == "list":
            element.tag = rend if rend in ("dl", "ol") else "ul"
        elif tag == "item" and (definition := _DEFINITION.fullmatch(rend)):
            element.tag = definition.group(1)
        elif tag == "cell" and element.get("role") == "head":
            element.tag = "th"
        elif tag == "code":
            element.tag = "pre" if element.getparent() is body else "code"
        else:
            element.tag = _TAGS[tag]


@cache
def _extractor() -> tuple[Any, tuple[type[Exception], ...]]:
    import trafilatura
    from lxml import etree

    # It warns of every page it gives up on; ours are counted.
    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)

    def extract(tree: Any, url: str) -> Any | None:
        # fast: no readability and justext beside its own rules; against the hand-made articles they cost 0.018 of F1
        # and a fifth of the time. Comments of readers are left out. With `txt` it makes no text of its own here.
        found = trafilatura.bare_extraction(
            tree, url=url or None, output_format="txt", include_comments=False, deduplicate=False, fast=True
        )
        return getattr(found, "body", None)

    return extract, (
        etree.LxmlError,
        ValueError,
        TypeError,
        LookupError,
        AttributeError,
        AssertionError,
        RecursionError,
    )


@cache
def _etree() -> Any:
    from lxml import etree

    return etree
