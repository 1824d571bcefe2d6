"""Elements of a page by their attributes and classes, and the text of those that hold nothing else.

Searches are compiled once; it knows neither formulas nor what the classes mean.
"""

from __future__ import annotations

from functools import cache, lru_cache
from itertools import islice
from typing import Any

from mathmill.pipeline.dom.elements import etree

# What source code is marked up with: its lines, its words.
_CODE = frozenset({"code", "div", "pre", "span"})
MOST_PARTS = 2_000  # elements of one piece of code


@cache
def having(names: tuple[str, ...]) -> Any:
    """A search for the elements with one of these attributes, those within `math` left out.

    MathJax 4 notes on each part of a formula in MathML what it was made of; the whole is for others to read.
    """
    return etree().XPath(f"descendant::*[{' or '.join(f'@{name}' for name in names)}][not(ancestor::math)]")


def classed(tree: Any, wanted: frozenset[str]) -> list[Any]:
    """The elements that have one of the `wanted` classes, in reading order."""
    return [element for element in having(("class",))(tree) if not wanted.isdisjoint(_names(element.get("class")))]


@lru_cache(4096)
def _names(classes: str) -> frozenset[str]:
    return frozenset(classes.split())


def own_text(element: Any) -> str | None:
    """The text of an element that holds no other but scripts; None where it does."""
    parts = [element.text or ""]
    for child in element:
        if child.tag != "script":
            return None
        parts.append(child.tail or "")
    return "".join(parts)


def code_text(element: Any) -> str | None:
    """The text of an element that holds source code, whose lines and words may be elements; None where others are."""
    parts = list(islice(element.iterdescendants(), MOST_PARTS + 1))
    if len(parts) > MOST_PARTS or any(part.tag not in _CODE for part in parts):
        return None
    return "".join(element.itertext())


def holds_only(parent: Any, most: int) -> bool:
    """Whether an element holds at most so many others, and no text between them."""
    children = list(islice(parent, most + 1))
    if len(children) > most or (parent.text or "").strip():
        return False
    return not any((child.tail or "").strip() for child in children)
