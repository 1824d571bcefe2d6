"""MathJax 2's HTML-CSS, read back: boxes named after their MathML elements around boxes that only place them.

A part of a stack is `position: absolute`; its `top` and the height of the strut that ends it say how far it is shifted.
Lines in tables and enclosures are drawn with borders of nameless boxes: the former are left out, the latter not read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mathmill.pipeline.notation.glyphs_parts import (
    Unreadable,
    assembled,
    checked_size,
    element,
    length,
    nearest,
    row,
    row_places,
    space,
    styles,
    table,
    token,
)

_TOKENS = frozenset({"mi", "mn", "mo", "mtext", "ms"})
_ROWS = frozenset({"math", "mrow", "texatom", "mstyle", "mpadded", "TeXmathchoice", "semantics", "mtd"})
_SCRIPTS = frozenset({"msub", "msup", "msubsup"})
_LIMITS = frozenset({"munder", "mover", "munderover"})
_FONTS = {
    "MathJax_Math-italic": "italic", "MathJax_Math-bold-italic": "bold-italic", "MathJax_Main-italic": "italic",
    "MathJax_Main-bold": "bold", "MathJax_AMS": "double-struck", "MathJax_Caligraphic": "-tex-calligraphic",
    "MathJax_Caligraphic-bold": "-tex-bold-calligraphic", "MathJax_Fraktur": "fraktur",
    "MathJax_Fraktur-bold": "bold-fraktur", "MathJax_Script": "script", "MathJax_SansSerif": "sans-serif",
    "MathJax_SansSerif-bold": "bold-sans-serif", "MathJax_SansSerif-italic": "sans-serif-italic",
    "MathJax_Typewriter": "monospace",
}  # fmt: skip
# Shifts in em: of what stands under a base at least, and by which rows of two columns may differ.
_UNDER, _TOLERANCE = 0.06, 0.05
_PIECES = frozenset("⎛⎜⎝⎞⎟⎠⎡⎢⎣⎤⎥⎦⎧⎨⎩⎪⎫⎬⎭⎷⏐\ue150\ue151\ue152\ue153\ue154")


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a stack: how far below the line it is set in em, its style, the named boxes in it."""

    shift: float
    style: Mapping[str, str]
    box: Any
    named: tuple[Any, ...]


def read_output(node: Any) -> Any:
    """The MathML of a `span.math`; raises `Unreadable` where a box in it is none that MathJax makes."""
    return row(_inside(node))


def _name(node: Any) -> str:
    """The MathML element that a box is; '' for one that only places things."""
    first = (node.get("class") or "").split()[:1]
    return first[0] if first else ""


def _named(node: Any) -> Iterator[Any]:
    """The nearest boxes in `node` that are elements; raises `Unreadable` for characters that stand in none."""
    waiting = [child for child in node if isinstance(child.tag, str)][::-1]
    if node.text and node.text.strip():
        raise Unreadable("characters")
    while waiting:
        child = waiting.pop()
        if _name(child):
            yield child
            continue
        if child.text and child.text.strip():
            raise Unreadable("characters")
        waiting.extend([part for part in child if isinstance(part.tag, str)][::-1])


def _inside(node: Any) -> list[Any]:
    return [made for child in _named(node) if (made := _one(child)) is not None]


def _one(node: Any) -> Any | None:
    name = _name(node)
    if name in _TOKENS:
        return _token(node, name)
    if name in _ROWS:
        return row(_inside(node))
    reader = _READERS.get(name)
    if reader is None:
        raise Unreadable(name)
    return reader(node)


def _token(node: Any, tag: str) -> Any:
    text: list[str] = []
    fonts: set[str] = set()
    placed = False
    for part in node.iter():
        if not isinstance(part.tag, str) or (part is not node and _name(part)):
            raise Unreadable("token")
        said = styles(part)
        placed = placed or said.get("position") == "absolute"
        words = part.text or ""
        if words:
            text.append(words)
            fonts.add(_font(said, words))
        if part is not node and part.tail:
            text.append(part.tail)
    words = "".join(text)
    if placed or (tag == "mo" and set(words) & _PIECES):
        words = assembled("".join(words.split()))
    known = {font for font in fonts if font}
    return token(tag, words, known.pop() if len(known) == 1 else "") if words or tag != "mo" else element("mrow")


def _font(said: Mapping[str, str], words: str) -> str:
    family = said.get("font-family", "").split(",")[0].strip(" \"'").removesuffix("-Web")
    font = _FONTS.get(family, "")
    return "" if font == "double-struck" and not words.isalpha() else font


def _parts(node: Any) -> list[_Part]:
    """The parts of the stack that `node` is."""
    outer = node
    for _ in range(3):
        inner = [child for child in outer if isinstance(child.tag, str)]
        if any(styles(child).get("position") == "absolute" for child in inner):
            return [_part(child) for child in inner if styles(child).get("position") == "absolute"]
        if not inner or _name(inner[0]):
            break
        outer = inner[0]
    raise Unreadable("no stack")


def _part(box: Any) -> _Part:
    said = styles(box)
    inside = [child for child in box if isinstance(child.tag, str)]
    strut = inside[-1] if inside and not len(inside[-1]) and not _name(inside[-1]) else None
    height = length(styles(strut).get("height", "0")) if strut is not None else 0.0
    named: list[Any] = []
    waiting = inside[::-1]
    while waiting:  # characters that only draw something stand in nameless boxes
        child = waiting.pop()
        if _name(child):
            named.append(child)
        else:
            waiting.extend([part for part in child if isinstance(part.tag, str)][::-1])
    return _Part(length(said.get("top", "0")) + height, said, box, tuple(named))


def _content(part: _Part) -> Any:
    return row([made for box in part.named if (made := _one(box)) is not None])


def _scripts(node: Any) -> Any:
    base, *scripts = _parts(node)
    low = [part for part in scripts if part.shift > 0]
    high = [part for part in scripts if part.shift <= 0]
    if not scripts or len(low) > 1 or len(high) > 1:
        raise Unreadable("scripts")
    tag = "msubsup" if low and high else "msub" if low else "msup"
    return element(tag, [_content(part) for part in (base, *low, *high)])


def _limits(node: Any) -> Any:
    base, *others = _parts(node)
    low = [part for part in others if part.shift > _UNDER]
    high = [part for part in others if part.shift <= _UNDER]
    if not others or len(low) > 1 or len(high) > 1:
        raise Unreadable("limits")
    tag = "munderover" if low and high else "munder" if low else "mover"
    return element(tag, [_content(part) for part in (base, *low, *high)])


def _fraction(node: Any) -> Any:
    parts = _parts(node)
    shown = [part for part in parts if part.named]
    if len(shown) != 2:
        raise Unreadable("fraction")
    shown.sort(key=lambda part: part.shift)
    return element("mfrac", [_content(part) for part in shown], linethickness="" if len(parts) > 2 else "0")


def _root(node: Any) -> Any:
    shown = [part for part in _parts(node) if part.named]
    if len(shown) == 1:
        return element("msqrt", [_content(shown[0])])
    if len(shown) == 2:
        return element("mroot", [_content(part) for part in shown])
    raise Unreadable("root")


def _table(node: Any) -> Any:
    """Columns side by side, in each its cells; a number is a cell with a name to link to."""
    columns = [_parts(part.box) for part in _parts(node) if part.named]
    cells = [[part for part in column if part.named] for column in columns]
    if not all(_name(part.named[0]) == "mtd" and len(part.named) == 1 for column in cells for part in column):
        raise Unreadable("table")
    numbers = [part for column in cells for part in column if _is_number(part)]
    bodies = [column for column in cells if not any(map(_is_number, column))]
    shifts = row_places([part.shift for column in bodies for part in column], _TOLERANCE)
    checked_size(len(shifts), len(bodies))
    found = [{nearest(shifts, part.shift): part for part in column} for column in bodies]
    labels = {nearest(shifts, part.shift): _cell(part) for part in numbers}
    rows = [[_cell(column.get(at)) for column in found] for at in range(len(shifts))]
    return table(rows, [labels.get(at) for at in range(len(shifts))])


def _is_number(part: _Part) -> bool:
    return (part.named[0].get("id") or "").startswith("mjx-eqn-")


def _cell(part: _Part | None) -> Any:
    if part is None:
        return element("mtd")
    said = part.style
    align = "right" if "right" in said else "left" if said.get("left", "").strip() in ("0em", "0px", "0") else ""
    return element("mtd", _inside(part.named[0]), columnalign=align)


def _space(node: Any) -> Any:
    said = styles(node)
    return space(length(said.get("width", "0")) or length(said.get("margin-left", "0")))


def _phantom(node: Any) -> Any:
    return element("mphantom", _inside(node))


_READERS: Mapping[str, Callable[[Any], Any]] = {
    **dict.fromkeys(_SCRIPTS, _scripts), **dict.fromkeys(_LIMITS, _limits), "mfrac": _fraction, "msqrt": _root,
    "mroot": _root, "mtable": _table, "mspace": _space, "mphantom": _phantom,
}  # fmt: skip
