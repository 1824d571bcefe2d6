"""MathML out of rendered glyphs: pages typeset on a server hold the boxes of MathJax or KaTeX and nothing else.

`read_glyphs` tells the renderer and has its module read the boxes back: `glyphs_mathjax` (CHTML, CommonHTML),
`glyphs_svg` (SVG of MathJax 3 and 4), `glyphs_output` (HTML-CSS), `glyphs_katex`. Faithful or nothing: what
none of them understands is left to the caller. No formulas are sought here, and sources that a page keeps beside
the glyphs (scripts, attributes, assistive MathML) are better and others' work.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mathmill.pipeline.dom.elements import walk
from mathmill.pipeline.notation.glyphs_katex import read_katex
from mathmill.pipeline.notation.glyphs_mathjax import read_boxes
from mathmill.pipeline.notation.glyphs_mathjax_tokens import name
from mathmill.pipeline.notation.glyphs_output import read_output
from mathmill.pipeline.notation.glyphs_parts import Unreadable, classes, element
from mathmill.pipeline.notation.glyphs_svg import read_svg

# Elements nested in each other, and elements in all, beyond which glyphs are no formula.
MAX_DEPTH, MAX_ELEMENTS = 150, 60_000

_DISPLAYS = frozenset({"katex-display", "MJXc-display", "MathJax_Display", "MathJax_SVG_Display"})
# Elements above a container in which its display class may stand.
_NEAR = 2


def read_glyphs(container: Any) -> Any | None:
    """The MathML (an lxml `math` element) that rendered glyphs stand for; None where they cannot be read faithfully.

    `container` is the lxml element that a renderer made of one formula (`mjx-container`, `span.katex`, `span.MathJax`,
    `span.mjx-chtml`, `svg`) or one around it that holds nothing else. The result has `display="block"` where the
    formula stood on its own line. Time is linear in the size of `container`, which is not changed.
    """
    if not _is_bounded(container):
        return None
    try:
        found = _rendered(container)
        if found is None:
            return None
        reader, node = found
        made = reader(node)
    except Unreadable:
        return None
    if not any(part.text and part.text.strip() for part in made.iter()):
        return None
    math = element("math", [made])
    if _is_display(container, node):
        math.set("display", "block")
    return math


def _is_bounded(container: Any) -> bool:
    """Whether `container` is neither too deep nor too large."""
    depth = count = 0
    for event, _ in walk(container):
        depth += 1 if event == "start" else -1
        count += event == "start"
        if depth > MAX_DEPTH or count > MAX_ELEMENTS:
            return False
    return True


def _rendered(container: Any) -> tuple[Callable[[Any], Any], Any] | None:
    """The reader, and the element it reads: the first in document order that a renderer made."""
    for node in container.iter():
        if not isinstance(node.tag, str):
            continue
        reader = _reader(node)
        if reader is not None:
            return reader, node
    return None


def _reader(node: Any) -> Callable[[Any], Any] | None:
    if name(node) == "math":
        return read_boxes
    words = classes(node)
    if "katex-html" in words:
        return read_katex
    if "math" in words and node.tag == "span":
        return read_output
    return read_svg if node.tag.rpartition("}")[2] == "svg" else None


def _is_display(container: Any, node: Any) -> bool:
    """Whether the formula stood on its own line: said by its box, or by a class near it."""
    above = node
    while above is not None and above is not container:
        if _says_display(above):
            return True
        above = above.getparent()
    for _ in range(_NEAR):
        if above is None:
            return False
        if _says_display(above):
            return True
        above = above.getparent()
    return False


def _says_display(node: Any) -> bool:
    return node.get("display") in ("true", "block") or not _DISPLAYS.isdisjoint(classes(node))
