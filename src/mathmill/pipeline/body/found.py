"""The body of a page as trafilatura finds it, as a tree of HTML that `structure.to_text` writes.

trafilatura decides what is body; its own text is not made. It spoils the indentation of code and takes half of its
time for the colours in it, so that code waits outside: a word as long as the code stands in its place meanwhile.
So do tables of data in lists and definitions, whose cells it would make paragraphs, and those whose cells span others,
which it forgets.
Where it knows no element for the body it gathers a page's paragraphs without the headings and lists between them;
those that stand beside its paragraphs are given back.
Spans that its rules cannot mean are taken out beforehand, which saves a quarter of the rest.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from copy import copy, deepcopy
from functools import cache
from itertools import islice
from typing import Any

from mathmill.pipeline.body.beside import is_link_to_itself
from mathmill.pipeline.body.code_blocks import code_elements, plain_code
from mathmill.pipeline.body.markdown_tables import is_data
from mathmill.pipeline.dom.elements import HEADINGS, etree

# The longest word that stands for code; beyond it length decides nothing.
MOST_LETTERS = 2_000
# The share of a table's text in links from which on it is left to trafilatura's own rules.
MOST_LINKED = 0.5
# Rows from which on a table whose cells span others is taken for data by itself.
LEAST_ROWS = 3
# Ancestors of code, beside its parent, that may be a figure around it, and those of a paragraph below a heading.
MOST_AROUND = 3
MOST_SIGN = 2  # characters of the sign that links a heading to itself
_LISTS = frozenset({"dl", "ol", "ul"})
# What may stand between a paragraph and the heading or list that belongs to it.
_BETWEEN = frozenset({"a", "br", "hr", "img", "link", "script", "style"})
_TAGS = {"cell": "td", "hi": "span", "item": "li", "lb": "br", "quote": "blockquote", "ref": "span", "row": "tr"}
_DEFINITION = re.compile(r"(d[dt])-\d+")
# Spans that carry a look and no meaning: of highlighters, of Sphinx.
_LOOKS = re.compile(r"(?:(?:math|notranslate|nohighlight|pre|[a-z])(?: |\Z))*")
_INSIDE = frozenset({"a", "code"})
# What trafilatura takes out itself, one element after the other, each time joining the text behind it to all the text
# before: a page of thousands of scripts between words costs it the square of their number.
_NO_TEXT = (
    *("applet", "area", "audio", "button", "canvas", "datalist", "embed", "iframe", "input", "link", "map", "object"),
    *("option", "optgroup", "param", "progress", "select", "source", "style", "svg", "textarea", "track", "use"),
    "video",
)
# A script that may hold the article's text, which trafilatura looks for where it finds none in the page.
_ARTICLE_SCRIPT = "application/ld+json"


def find_body(tree: Any, url: str) -> Any | None:
    """trafilatura's body of a page (a tree of lxml, stays as it is) as a new `body` element of HTML.

    `url` is the page's address or empty. None where trafilatura finds no body or fails.
    """
    page = copy(tree)
    aside = _set_aside(page)
    _strip_textless(page)
    _strip_looks(page)
    extract, failures = _extractor()
    try:
        body = extract(page, url)
    except failures:
        return None
    if body is None or not any(map(str.strip, body.itertext())):
        return None
    _to_html(body)
    if not any(element.tag in HEADINGS or element.tag in _LISTS for element in body):
        _give_back(body, tree)
    if aside:
        _put_back(body, aside)
    return body


def _set_aside(page: Any) -> dict[str, Any]:
    """Replace code and tables in lists by paragraphs of one word each; gives what is to stand for each word."""
    waiting = [(element, plain_code(element)) for element in code_elements(page)]
    waiting += [(table, table) for table in _spoilt_tables(page)]
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


def _spoilt_tables(page: Any) -> list[Any]:
    """The tables of data that are not lists of links, in items and definitions or with cells that span others.

    Of tables inside each other only the outermost of each item.
    """
    tables = []
    for table in page.iter("table"):
        inside = next(table.iterancestors("table", "li", "dd"), None)
        spoilt = inside.tag != "table" if inside is not None else _has_spans(table)
        if spoilt and table.find(".//pre") is None and is_data(table):
            linked = sum(len(link.text_content()) for link in table.iter("a"))
            if linked <= MOST_LINKED * len(table.text_content()):
                tables.append(table)
    return tables


def _give_back(body: Any, tree: Any) -> None:
    """Copy the headings and lists that stand in `tree` directly above or below a paragraph of `body` to it."""
    kept: dict[str, list[Any]] = {}
    for child in reversed(body):
        kept.setdefault(_letters(child), []).append(child)
    texts = set(kept)
    given: set[Any] = set()
    for paragraph in tree.iter("p"):
        if not (waiting := kept.get(_letters(paragraph))):
            continue
        child = waiting.pop()
        above = _run_of_blocks(_before(paragraph), given)
        below = _run_of_blocks(paragraph.itersiblings(), given)
        while below and below[-1].tag in HEADINGS:  # it belongs to what follows
            below.pop()
        given.update(above, below)
        for block in reversed([block for block in above if _is_left_out(block, texts)]):
            child.addprevious(_without_tail(block))
        for block in reversed([block for block in below if _is_left_out(block, texts)]):
            child.addnext(_without_tail(block))


def _before(paragraph: Any) -> Iterator[Any]:
    """What stands before a paragraph, nearest first, and before the elements that begin with it, up to a list there."""
    yield from paragraph.itersiblings(preceding=True)
    for element in islice(paragraph.iterancestors(), MOST_AROUND):
        for sibling in element.itersiblings(preceding=True):
            if sibling.tag in _LISTS:
                return
            yield sibling


def _run_of_blocks(siblings: Iterator[Any], given: set[Any]) -> list[Any]:
    """The headings and lists among the first of these, up to what is neither or was given before."""
    run = []
    for sibling in siblings:
        if sibling.tag in HEADINGS or sibling.tag in _LISTS:
            if sibling in given:
                break
            run.append(sibling)
        elif sibling.tag not in _BETWEEN:
            break
    return run


def _is_left_out(block: Any, texts: set[str]) -> bool:
    """Whether a heading or list is none of links and none of whose paragraphs are among the texts kept."""
    if block.tag in HEADINGS:
        return True
    linked = sum(len(link.text_content()) for link in block.iter("a"))
    if linked > MOST_LINKED * len(block.text_content()):
        return False
    return not any(_letters(paragraph) in texts for paragraph in block.iter("p"))


def _letters(element: Any) -> str:
    return "".join("".join(element.itertext()).split())


def _without_tail(element: Any) -> Any:
    copied = deepcopy(element)
    copied.tail = None
    return copied


def _has_spans(table: Any) -> bool:
    """Whether cells of a table span others, in more rows than a bar of links has, and it is no form."""
    rows = sum(1 for _ in table.iter("tr"))
    spans = any(cell.get("colspan") or cell.get("rowspan") for cell in table.iter("td", "th"))
    return spans and rows >= LEAST_ROWS and next(table.iter("input", "select", "textarea"), None) is None


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


def _strip_textless(page: Any) -> None:
    """Take out what shows no text of the page's body; what stands behind it stays."""
    for script in page.iter("script"):
        if script.get("type") != _ARTICLE_SCRIPT:
            script.tag = "style"
    for unseen in page.iter("noscript"):
        if not any(map(str.strip, unseen.itertext())):
            unseen.tag = "style"
    for link in page.iter("a"):
        if link.get("class") and len(link.text_content()) <= MOST_SIGN and is_link_to_itself(link):
            link.tag = "style"
    etree().strip_elements(page, *_NO_TEXT, with_tail=False)


def _strip_looks(page: Any) -> None:
    for span in page.iter("span"):
        if not span.attrib or span.getparent().tag in _INSIDE or _is_look(span.attrib):
            span.tag = "bdo"  # which trafilatura strips as well
    etree().strip_tags(page, "bdo")


def _is_look(attributes: Any) -> bool:
    return len(attributes) == 1 and bool(_LOOKS.fullmatch(attributes.get("class", "-")))


def _to_html(body: Any) -> None:
    """Give trafilatura's elements the names that HTML has for them."""
    for element in body.iter("cell", "code", "head", "hi", "item", "lb", "list", "quote", "ref", "row"):
        tag, rend = element.tag, element.get("rend") or ""
        if tag == "head":
            element.tag = rend if rend in HEADINGS else "h3"
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
