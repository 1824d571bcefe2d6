r"""MathML to LaTeX: `to_latex` of a `math` element, `read` for MathML given as text, `label` for its number.

Reads the presentation MathML that pages have (of MathJax, KaTeX, Temml, LaTeXML, TeX4ht, Pandoc, word processors
and people), in HTML or XML, whole or broken, and content MathML where there is nothing else. No renderer and no
validator: a wrong number of children gives the best reading. The result is balanced in braces, environments and
`\left..\right`. Elements nested beyond `MAX_DEPTH` are read as if they were a row; time is linear in the size of the
element, nothing is recursive.

The parts: `mathml_elements` one function an element, `mathml_tokens` characters and words, `mathml_rows` rows and
fences, `mathml_scripts`, `mathml_tables`, `mathml_content`, `mathml_letters` and `mathml_operators` characters.
"""

from __future__ import annotations

import html
import re
from dataclasses import replace
from html.entities import html5
from typing import Any

from mathmill.pipeline.dom.elements import etree
from mathmill.pipeline.dom.parse import parse
from mathmill.pipeline.notation import mathml_content as content
from mathmill.pipeline.notation.mathml_elements import ELEMENTS, STYLING, Frame, gather, gather_cell, inferred_row
from mathmill.pipeline.notation.mathml_rows import Piece, row
from mathmill.pipeline.notation.mathml_tables import NUMBER_CLASSES, cell, table
from mathmill.pipeline.notation.mathml_tokens import TOKENS, variant

# Elements open at once beyond which further ones are only looked into.
MAX_DEPTH = 120

_UNSEEN = frozenset(
    {"annotation", "annotation-xml", "script", "style", "template", "mscarries", "maligngroup", "malignmark"}
)
_NAMED = re.compile(r"&([A-Za-z][A-Za-z0-9]{1,40});")
_MARKUP_NAMES = frozenset({"lt", "gt", "amp", "quot", "LT", "GT", "AMP", "QUOT"})
_SHOWN_NUMBERS = 20


def to_latex(math: Any) -> str:
    """LaTeX without delimiters of a `math` element (lxml, from an HTML or XML parse); '' where nothing is typeset."""
    return _Walk().over(math).latex.strip()


def read(markup: str) -> Any | None:
    """The `math` element of MathML given as text, such as a script's or an attribute's; None where there is none."""
    lower = markup[:10_000].lower()
    if "<" not in lower and "&lt;" in lower:
        markup = html.unescape(markup)
    if "math" not in markup.lower():
        return None
    tree = parse(_NAMED.sub(_named, markup))
    if tree is None:
        return None
    return next((element for element in tree.iter() if _local(element) == "math"), None)


def label(math: Any) -> str:
    """The number that stands beside an equation, as shown: `(1.2)`; '' where there is none."""
    found: list[str] = []
    for element in math.iter():
        if len(found) < _SHOWN_NUMBERS and _is_number(element):
            found.append(" ".join("".join(element.itertext()).split()))
    return ", ".join(text for text in found if text)


def _is_number(element: Any) -> bool:
    if _local(element) != "mtd":
        return False
    parent = element.getparent()
    if _local(parent) == "mlabeledtr":
        return parent[0] is element
    if set((element.get("class") or "").split()) & NUMBER_CLASSES:
        return True
    table_ = parent.getparent()
    full = table_ is not None and _local(table_) == "mtable" and table_.get("width") == "100%" and len(table_) == 1
    return full and len(parent) == 4 and parent[3] is element


def _named(match: re.Match[str]) -> str:
    name = match.group(1)
    return match.group() if name in _MARKUP_NAMES else html5.get(f"{name};", match.group())


def _local(element: Any) -> str:
    """An element's name without its namespace, in small letters; '' for comments and the like."""
    tag = element.tag
    if not isinstance(tag, str):
        return ""
    return tag.rpartition("}")[2].rpartition(":")[2].lower()


class _Walk:
    """One walk over a `math` element: pieces are made when elements end, from those of their children."""

    def __init__(self) -> None:
        self.frames = [Frame("", {}, "")]
        # For each element open now: whether it has a frame, is looked into without one, or is passed over.
        self.open: list[str] = []

    def over(self, math: Any) -> Piece:
        """The piece of `math`."""
        walk = etree().iterwalk(math, events=("start", "end", "comment", "pi"))
        for event, element in walk:
            if event == "start":
                how = self._start(element)
                if how == "skip":
                    walk.skip_subtree()
                self.open.append(how)
                continue
            if event == "end" and self.open.pop() == "frame":
                self._end()
            if element is not math:
                self.frames[-1].add_text(element.tail)
        return row(self.frames[0].pieces)

    def _start(self, element: Any) -> str:
        tag, parent = _local(element), self.frames[-1]
        if (
            parent.only is not None
            and element.getparent() is not None
            and self.open[-1:] == ["frame"]
            and element is not parent.only
        ):
            return "skip"
        if tag in _UNSEEN and element is not parent.only:
            return "skip"
        known = tag in ELEMENTS
        if len(self.frames) > MAX_DEPTH or (not known and parent.tag in TOKENS):
            if tag == "br":
                parent.add_text(" ")
            parent.add_text(element.text)
            return "through"
        if parent.tag in TOKENS:
            parent.end_words()
        attributes = element.attrib
        frame = Frame(tag, attributes, variant(attributes, parent.variant) if tag in STYLING else parent.variant)
        frame.only = _shown_child(tag, element)
        if tag == "mglyph":
            frame.add_text(attributes.get("alt"))
        self.frames.append(frame)
        frame.add_text(element.text)
        return "frame"

    def _end(self) -> None:
        frame, parent = self.frames.pop(), self.frames[-1]
        if frame.tag == "mtd":
            self._end_cell(frame, parent)
        elif frame.tag in ("mtr", "mlabeledtr"):
            self._end_row(frame, parent)
        else:
            piece = ELEMENTS.get(frame.tag, inferred_row)(frame)
            parent.pieces.append(piece)

    def _end_cell(self, frame: Frame, parent: Frame) -> None:
        piece = inferred_row(frame)
        made = cell(piece, frame.attributes)
        if parent.tag == "mlabeledtr" and not parent.cells:
            made = replace(made, number=True)
        if parent.tag == "mtable":
            gather(parent)
            parent.rows.append([made])
        elif parent.tag in ("mtr", "mlabeledtr"):
            gather_cell(parent)
            parent.cells.append(made)
        else:
            parent.pieces.append(piece)

    def _end_row(self, frame: Frame, parent: Frame) -> None:
        gather_cell(frame)
        if parent.tag == "mtable":
            gather(parent)
            parent.rows.append(frame.cells)
        else:
            parent.pieces.append(table([frame.cells], {}))


def _shown_child(tag: str, element: Any) -> Any | None:
    """The one child of `semantics` or `maction` that shows."""
    if tag not in ("semantics", "maction"):
        return None
    children = [child for child in element if isinstance(child.tag, str)]
    if tag == "maction":
        said = element.get("selection", "1").strip()
        at = int(said) if said.isdecimal() and len(said) < 6 else 1
        return children[at - 1] if 0 < at <= len(children) else next(iter(children), None)
    shown = [child for child in children if _local(child) not in ("annotation", "annotation-xml")]
    presented = [child for child in children if _is_presentation(child)]
    if presented and (not shown or _local(shown[0]) in content.CONTAINERS or _local(shown[0]) in ("ci", "cn")):
        return presented[0]
    return None


def _is_presentation(element: Any) -> bool:
    return _local(element) == "annotation-xml" and "presentation" in element.get("encoding", "").lower()
