"""Paragraphs for text with formulas: body finders look for `p`, and drop what stands in a bare `div` or a figure.

Changes a page's tree after its formulas became placeholders, and only around these.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Any

from mathmill.pipeline.dom.elements import BLOCK_PARENTS, INLINE

# Parts of forms, which body finders drop, as what they are where they hold a formula: the questions of a quiz.
_OF_FORMS = {"button": "span", "fieldset": "div", "form": "div", "label": "span", "legend": "p"}
_MOST_AROUND = 8  # elements around a formula that are looked at for these


def make_paragraphs(holders: Iterable[Any]) -> None:
    """Give text with placeholders that stands in a `div` or the like a paragraph: body finders look for those."""
    holders = list(dict.fromkeys(holders))
    for holder in holders:
        for around in (holder, *islice(holder.iterancestors(), _MOST_AROUND)):
            if around.tag in _OF_FORMS:  # a broken page has tags that cannot be set, not even to themselves
                around.tag = _OF_FORMS[around.tag]
    for block in dict.fromkeys(_block_of(holder) for holder in holders):
        _keep_captions(block)
        if block is not None and block.tag in BLOCK_PARENTS:
            _wrap_inline(block)


def _keep_captions(block: Any | None) -> None:
    """A caption with mathematics is text: body finders drop figures whole."""
    node = block
    for _ in range(4):
        if node is None:
            return
        if node.tag in ("figure", "figcaption"):
            node.tag = "div" if node.tag == "figure" else "p"
        if "caption" in (node.get("class") or ""):
            del node.attrib["class"]
        node = node.getparent()


def _block_of(element: Any) -> Any:
    while element is not None and element.tag in INLINE:
        element = element.getparent()
    return element


def _wrap_inline(block: Any) -> None:
    """Put each stretch of text and inline elements among a block's children into a paragraph of its own."""
    children = list(block)
    if block.tag in ("div", "center") and all(child.tag in INLINE for child in children):
        block.tag = "p"
        return
    paragraph = block.makeelement("p")
    paragraph.text, block.text = block.text, None
    block.insert(0, paragraph)
    made = [paragraph]
    for child in children:
        if child.tag in INLINE:
            paragraph.append(child)
            continue
        paragraph = block.makeelement("p")
        paragraph.text, child.tail = child.tail, None
        child.addnext(paragraph)
        made.append(paragraph)
    for empty in made:
        if not len(empty) and not (empty.text or "").strip():
            block.remove(empty)
