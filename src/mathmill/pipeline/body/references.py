"""Bibliographies, notes and reading lists, which belong to a body although they stand behind it or are lists of links.

Known are names that makers of pages give to them, lists whose items the body itself points to, and lists under a
heading of their own among paragraphs. No words of a language are looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import Any

from mathmill.pipeline.body.beside import MOST_NAMES, is_beside
from mathmill.pipeline.dom.elements import HEADINGS

_TAGS = frozenset({"d-appendix", "d-citation-list", "d-footnote-list", "dt-appendix"})
_ROLES = frozenset({"doc-bibliography", "doc-endnotes"})
_NAMES = re.compile(
    r"(?:article|ltx|post)?[-_]?(?:bibliography|endnotes|footnotes|references|reflist|ref-?list)"
    r"(?:[-_](?:body|list|section|wrapper))?|csl-bib-body|thebibliography",
    re.IGNORECASE,
)
_OF_ITEMS = frozenset({"div", "dl", "ol", "section", "ul"})
# Places in a list that a body points to, from which on it is the body's list.
LEAST_TARGETS = 2
# Elements behind each element around a body that are looked at.
_MOST_AFTER = 40
# Paragraphs between a heading and its list that introduce the list.
_MOST_BETWEEN = 2
# Elements before a heading among which a paragraph shows that it stands in an article's flow.
_MOST_BEFORE = 20


def is_references(element: Any) -> bool:
    """Whether an element is named as a bibliography or as notes."""
    get = element.get
    if element.tag in _TAGS or get("role") in _ROLES:
        return True
    return _names_references(f"{get('class') or ''} {get('id') or ''}"[:MOST_NAMES])


@lru_cache(4096)
def _names_references(names: str) -> bool:
    return any(map(_NAMES.fullmatch, names.split()))


def references_after(body: Any, outermost: Any) -> list[Any]:
    """The bibliographies and notes that follow `body` in the elements around it up to `outermost`, and their headings.

    They are named so, or hold at least `LEAST_TARGETS` places that links in `body` lead to.
    """
    targets: set[str] | None = None
    found: list[Any] = []
    for element in _outwards(body, outermost):
        before = None
        for sibling in islice(element.itersiblings(), _MOST_AFTER):
            if sibling.tag in _OF_ITEMS or sibling.tag in _TAGS:
                if targets is None:
                    targets = {link.get("href")[1:] for link in body.iter("a") if link.get("href", "").startswith("#")}
                if is_references(sibling) or (not is_beside(sibling) and _has_targets(sibling, targets)):
                    found += [sibling] if before is None else [before, sibling]
            before = sibling if sibling.tag in HEADINGS else None
    return found


def _outwards(element: Any, outermost: Any) -> Iterator[Any]:
    """An element and those around it, up to `outermost`."""
    yield element
    while element is not outermost and (element := element.getparent()) is not None:
        yield element


def _has_targets(block: Any, targets: set[str]) -> bool:
    if len(targets) < LEAST_TARGETS:
        return False
    places = {place for element in block.iter() for place in (element.get("id"), element.get("name")) if place}
    return len(places & targets) >= LEAST_TARGETS


def is_reading_list(block: Any, body: Any) -> bool:
    """Whether a list of links, inside no other, is part of a body's text: it has a heading and follows paragraphs.

    Links to places of the page itself make a table of contents, which is none.
    """
    if block.tag not in ("ol", "ul"):
        return False
    links = [link.get("href") or "" for link in block.iter("a")]
    if 2 * sum(href.startswith("#") for href in links) > len(links):
        return False
    heading = next(
        (each for each in islice(block.itersiblings(preceding=True), _MOST_BETWEEN + 1) if each.tag != "p"), None
    )
    if heading is None or heading.tag not in HEADINGS:
        return False
    parent = block.getparent()
    if heading.getprevious() is None and parent is not body and _is_section(parent):
        heading = parent  # the section's own heading; what stands before the section tells
    return any(_is_prose(each) for each in islice(heading.itersiblings(preceding=True), _MOST_BEFORE))


def outermost_list(block: Any, body: Any) -> Any:
    """The outermost list of `body` that holds an element, or the element."""
    outermost = block
    for element in block.iterancestors():
        if element is body:
            break
        if element.tag in ("ol", "ul"):
            outermost = element
    return outermost


def _is_section(element: Any) -> bool:
    return element.tag == "section" or "section" in (element.get("class") or "")[:MOST_NAMES].split()


def _is_prose(element: Any) -> bool:
    """Whether an element is a paragraph with text beside its links, or a section with one."""
    paragraph = element if element.tag == "p" else element.find("p") if _is_section(element) else None
    if paragraph is None:
        return False
    linked = sum(len(link.text_content()) for link in paragraph.iter("a"))
    return 2 * linked < len(paragraph.text_content().strip())
