"""What every pass over a page's tree needs to know of elements, and to do with them."""

from __future__ import annotations

from functools import cache
from itertools import islice
from typing import Any

HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
BLOCK_PARENTS = frozenset({"article", "blockquote", "body", "center", "div", "main", "section"})
INLINE = frozenset([
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "br", "cite", "code", "data", "del", "dfn", "em", "font", "i",
    "img", "ins", "kbd", "label", "mark", "nobr", "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup",
    "time", "tt", "u", "var", "wbr",
])  # fmt: skip


def classes(element: Any) -> set[str]:
    """The names in an element's `class`."""
    return set((element.get("class") or "").split())


def has_one_child(element: Any) -> bool:
    """Whether an element holds exactly one other; lxml's `len` counts all of them each time."""
    return len(list(islice(element, 2))) == 1


def remains_in(tree: Any, element: Any) -> bool:
    """Whether an element is still in the tree, and not in a part that was taken out."""
    while element is not None and element is not tree:
        element = element.getparent()
    return element is not None


def remove(element: Any) -> None:
    """Take an element out; the text that follows it stays."""
    parent, before, text = element.getparent(), element.getprevious(), element.tail or ""
    if before is not None:
        before.tail = (before.tail or "") + text
    else:
        parent.text = (parent.text or "") + text
    parent.remove(element)


def walk(tree: Any) -> Any:
    """lxml's walk over a tree, `("start", element)` and `("end", element)`, not recursive; it has `skip_subtree`."""
    return etree().iterwalk(tree, events=("start", "end"))


@cache
def etree() -> Any:
    """lxml's `etree`, imported when it is first needed: the command line starts without it."""
    from lxml import etree as module

    return module
