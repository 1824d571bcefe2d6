"""The elements that show one formula and nothing else, and how a placeholder takes their place.

Renderers leave a formula several times: glyphs, source, preview, assistive MathML, a fallback image. What they leave is
known by its classes and tags. Here is which elements belong together; what they say is read by `elements`
and `pictures`.
"""

from __future__ import annotations

from itertools import islice
from typing import Any

from mathmill.pipeline.dom.elements import BLOCK_PARENTS, INLINE, classes, remove

# What stands around a formula's source and shows nothing but that formula.
_RENDERED = frozenset([
    "MathJax", "MathJax_CHTML", "MathJax_Display", "MathJax_FullWidth", "MathJax_MathML", "MathJax_Preview",
    "MathJax_SVG", "MathJax_SVG_Display", "MathJax_PHTML", "MathJax_PlainSource", "MJXc-display",
    "MJX_Assistive_MathML", "mjx-chtml", "katex", "katex--display", "katex--inline", "katex-block", "katex-display",
    "katex-html", "katex-inline", "katex-mathml", "mwe-math-element", "mwe-math-element-block",
    "mwe-math-element-inline", "mwe-math-fallback-image-inline", "mwe-math-fallback-image-display",
    "mwe-math-mathml-a11y", "mwe-math-mathml-display", "mwe-math-mathml-inline", "mjpage", "temml", "temml-display",
])  # fmt: skip
DISPLAY_CLASSES = frozenset([
    "MJXc-display", "MathJax_Display", "MathJax_SVG_Display", "block-math", "display-math", "displaymath", "equation",
    "formulaDsp", "katex--display", "katex-block", "katex-display", "math-block", "math-display", "mathdisplay",
    "mjpage__block", "mwe-math-element-block", "mwe-math-mathml-display", "temml-display",
])  # fmt: skip
# What renderers and plugins write a formula's mode into.
_MODES = ("display", "mode", "data-math-style", "data-display", "data-katex-display")
# Elements that MathJax 2 leaves before a script: a preview, the glyphs, and one to spare.
_MOST_RENDERED = 3


def is_rendered(element: Any) -> bool:
    """Whether a renderer made this element out of a formula."""
    return bool(classes(element) & _RENDERED) or str(element.tag).startswith("mjx-")


def outermost(element: Any) -> tuple[Any, set[str]]:
    """The outermost element that shows this formula only, and the classes and tags met on the way."""
    met = {"display"} if is_displayed(element) else set[str]()
    whole, parent = element, element.getparent()
    while parent is not None and is_rendered(parent) and len(list(islice(parent.iter(element.tag), 2))) < 2:
        whole = parent
        met |= classes(parent) | {str(parent.tag)}
        if is_displayed(parent):
            met.add("display")
        parent = parent.getparent()
    return whole, met


def is_displayed(element: Any) -> bool:
    """Whether an element's own attributes say that its formula stands on a line of its own."""
    mode = " ".join(element.get(name) or "" for name in _MODES).lower()
    said = "block" in mode or "display" in mode or "true" in mode or element.get("display-mode") in ("1", "true")
    return said or bool(classes(element) & DISPLAY_CLASSES)


def drop_rendered_before(script: Any) -> bool:
    """Take out what MathJax 2 rendered of a script; whether it had."""
    rendered = False
    for _ in range(_MOST_RENDERED):
        before = script.getprevious()
        if before is None or (before.tail or "").strip() or not is_rendered(before):
            break
        remove(before)
        rendered = True
    return rendered


def stands_alone(element: Any) -> bool:
    """Whether an element is all that the paragraph or division around it shows; cells and items are no such block."""
    while (parent := element.getparent()) is not None:
        siblings = [child for child in islice(parent, 3) if child is not element and child.tag not in ("br", "wbr")]
        if siblings or (parent.text or "").strip() or (element.tail or "").strip(" \t\r\n.,;:"):
            return False
        if parent.tag not in INLINE:
            return parent.tag == "p" or parent.tag in BLOCK_PARENTS
        element = parent
    return False


def replace(element: Any, token: str, display: bool) -> None:
    """A placeholder in an element's place; a paragraph where a display formula stands between blocks."""
    block = display and element.getparent().tag in BLOCK_PARENTS
    element.clear(keep_tail=True)
    element.tag, element.text = "p" if block else "span", token
