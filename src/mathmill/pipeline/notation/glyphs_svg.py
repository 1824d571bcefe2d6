"""MathJax's SVG of versions 3 and 4, read back: groups named after their MathML elements, glyphs that tell their codes.

Which script is which is told by where it is drawn. The SVG of version 2 names nothing and is not read.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Callable, Mapping
from typing import Any

from mathmill.pipeline.notation.glyphs_parts import (
    Unreadable,
    assembled,
    code_point,
    element,
    limited,
    row,
    space,
    table,
    token,
)

_TOKENS = frozenset({"mi", "mn", "mo", "mtext", "ms"})
_ROWS = frozenset({"math", "mrow", "inferredMrow", "TeXAtom", "mstyle", "mpadded", "mtd", "semantics", ""})
_TRANSLATE = re.compile(r"translate\(\s*(-?[\d.]{1,20})[\s,]+(-?[\d.]{1,20})\s*\)")
_HREF_FONT = re.compile(r"-(C|CB|MI)-[0-9A-F]{1,6}\Z")
# Fonts whose letters have the codes of upright ones.
_NAMED_FONTS = {"C": "-tex-calligraphic", "CB": "-tex-bold-calligraphic", "MI": "italic"}
_PIECES = re.compile("[\u239b-\u23af\u23b7\ue150-\ue154]")
_SURDS = "√\u23b7"
# Units of SVG in an em, and the width in em from which a gap is a space that someone wrote.
_UNITS, _LEAST_SPACE = 1000.0, 0.9
# How the drawings of calligraphic capitals begin, A to Z: without a shared set of glyphs the letters have only codes.
_CALLIGRAPHIC = dict(zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", (
    "M576 668Q", "M304 342Q", "M201 -25Q", "M37 475Q1", "M144 470Q", "M199 579Q", "M216 68Q1", "M18 487Q1",
    "M174 0H31", "M148 78Q1", "M194 618Q", "M62 -22T4", "M28 9Q28 ", "M343 705Q", "M308 428Q", "M37 475Q1",
    "M114 286Q", "M37 475Q1", "M554 512Q", "M49 475Q3", "M8 592Q8 ", "M25 633Q2", "M25 633Q2", "M324 614Q",
    "M65 599Q6", "M694 220Q",
), strict=True))  # fmt: skip


def read_svg(node: Any) -> Any:
    """The MathML of an `svg` of MathJax; raises `Unreadable` where it is none, or holds what is not known.

    Version 4 draws an inline formula as several `svg` side by side, between which lines may break.
    """
    above = node.getparent()
    parts = [node] if above is None or above.get("jax") != "SVG" else [one for one in above if _is_svg(one)]
    return row([made for part in parts for made in _inside(_math(part))])


def _is_svg(node: Any) -> bool:
    return isinstance(node.tag, str) and _tag(node) == "svg"


def _math(svg: Any) -> Any:
    """The group that holds the formula."""
    root = svg
    for _ in range(6):  # the boxes around the formula
        if root.get("data-mml-node") == "math":
            return root
        groups = [child for child in _elements(root) if _tag(child) in ("g", "svg")]
        if len(groups) != 1:
            break
        root = groups[0]
    raise Unreadable("svg")


def _tag(node: Any) -> str:
    return str(node.tag.rpartition("}")[2])


def _elements(node: Any) -> list[Any]:
    return [child for child in node if isinstance(child.tag, str)]


def _kind(node: Any) -> str:
    """The MathML element that a group is; '' for one that only places things."""
    return str(node.get("data-mml-node") or "")


def _place(node: Any) -> tuple[float, float]:
    """Where a group is drawn, right and up."""
    right = up = 0.0
    for match in _TRANSLATE.finditer((node.get("transform") or "")[:500]):
        right, up = right + _number(match.group(1)), up + _number(match.group(2))
    return right, up


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise Unreadable("number") from None


def _groups(node: Any) -> list[Any]:
    """The groups in `node`; raises `Unreadable` for glyphs that stand in no token."""
    found = []
    for child in _elements(node):
        tag = _tag(child)
        if tag == "g":
            found.append(child)
        elif tag not in ("rect", "line", "title", "defs", "polygon", "ellipse"):
            raise Unreadable(tag)
    return found


def _inside(node: Any) -> list[Any]:
    """What the groups in `node` stand for, side by side."""
    groups = _groups(node)
    made = []
    for at, child in enumerate(groups):
        if _kind(child) == "mspace":
            width = (_place(groups[at + 1])[0] - _place(child)[0]) / _UNITS if at + 1 < len(groups) else 0.0
            made.extend([space(width)] if width >= _LEAST_SPACE else [])
        elif (one := _one(child)) is not None:
            made.append(one)
    return made


def _one(node: Any) -> Any | None:
    kind = _kind(node)
    if kind in _TOKENS:
        return _token(node, kind)
    if kind in _ROWS:
        made = _inside(node)
        operator = node.get("data-mjx-texclass") == "OP"
        return element("mrow", made, **{"data-mjx-texclass": "OP"}) if operator else row(made)
    if kind in ("mspace", "none"):
        return None
    reader = _READERS.get(kind)
    if reader is None:
        raise Unreadable(kind)
    return reader(node)


def _token(node: Any, tag: str) -> Any:
    text, font, stretched = _characters(node)
    if stretched or (tag == "mo" and _PIECES.search(text)):
        text = assembled(text)
    return token(tag, text, font) if text or tag != "mo" else element("mrow")


def _characters(node: Any) -> tuple[str, str, bool]:
    """The characters of a token, the variant where only their font tells it, whether they are pieces of one."""
    text: list[str] = []
    fonts: set[str] = set()
    stretched = False
    waiting = _elements(node)[::-1]
    while waiting:
        child = waiting.pop()
        tag = _tag(child)
        if tag in ("use", "path"):
            ch = _coded(child)
            text.append(ch)
            fonts.add(_font(child, ch))
        elif tag == "text":
            text.append(child.text or "")
        elif tag == "svg" or (tag == "g" and _kind(child) in ("text", "")):
            stretched = stretched or tag == "svg"
            waiting.extend(_elements(child)[::-1])
        elif tag != "rect":
            raise Unreadable(tag)
    return "".join(text), fonts.pop() if len(fonts) == 1 else "", stretched


def _coded(node: Any) -> str:
    code = node.get("data-c")
    if code is None:
        code = next((value.rpartition("-")[2] for name, value in node.attrib.items() if name.endswith("href")), "")
    return code_point(code)


def _font(node: Any, ch: str) -> str:
    reference = next((value for name, value in node.attrib.items() if name.endswith("href")), "")
    match = _HREF_FONT.search(reference[-40:])
    if match:
        return _NAMED_FONTS[match.group(1)]
    start = _CALLIGRAPHIC.get(ch)
    return "-tex-calligraphic" if start and (node.get("d") or "").startswith(start) else ""


def _scripts(node: Any) -> Any:
    """A base, and what is drawn over and under its line."""
    kind = _kind(node)
    made = limited if kind.startswith(("mu", "mo")) else element
    parts = _groups(node)
    if len(parts) == 2 and kind in ("msub", "msup", "munder", "mover"):
        return made(kind, [_whole(part) for part in parts])
    if len(parts) != 3 or kind not in ("msubsup", "munderover"):
        raise Unreadable(kind)
    low, high = sorted(parts[1:], key=lambda part: _place(part)[1])
    return made(kind, [_whole(parts[0]), _whole(low), _whole(high)])


def _whole(node: Any) -> Any:
    made = _one(node)
    return element("mrow") if made is None else made


def _fraction(node: Any) -> Any:
    parts = _groups(node)
    if len(parts) != 2 or _place(parts[0])[1] <= _place(parts[1])[1]:
        raise Unreadable("fraction")
    lined = any(_tag(child) == "rect" for child in _elements(node))
    return element("mfrac", [_whole(part) for part in parts], linethickness="" if lined else "0")


def _root(node: Any) -> Any:
    """A root: what stands under it is in a group without a name, its sign is an operator, the third is its degree."""
    parts = _groups(node)
    under = [part for part in parts if not _kind(part)]
    rest = [part for part in parts if _kind(part)]
    signs = [part for part in rest if _kind(part) == "mo" and set(_characters(part)[0]) & set(_SURDS)]
    if len(under) != 1 or len(signs) != 1 or len(rest) > 2:
        raise Unreadable("root")
    degrees = [part for part in rest if part is not signs[0]]
    inner = _inside(under[0])
    return element("mroot", [row(inner), _whole(degrees[0])]) if degrees else element("msqrt", inner)


def _table(node: Any) -> Any:
    rows: list[Any] = []
    labels: list[Any] = []
    drawn: list[Any] = []
    waiting = [(child, False) for child in _elements(node)[::-1]]
    while waiting:
        child, in_labels = waiting.pop()
        tag, kind = _tag(child), _kind(child)
        if kind in ("mtr", "mlabeledtr"):
            rows.append(child)
        elif kind == "mtd" and in_labels:
            labels.append(child)
        elif tag in ("g", "svg") and not kind:
            labelled = in_labels or child.get("data-labels") == "true"
            waiting.extend((part, labelled) for part in _elements(child)[::-1])
        elif tag in ("line", "rect"):
            drawn.append(child)
        elif tag != "text":
            raise Unreadable("table")
    cells = [[_cell(part) for part in _groups(one)] for one in rows]
    return table(cells, _numbers(rows, labels), **_lines(drawn, rows), columnalign=_alignment(cells))


def _cell(node: Any) -> Any:
    if _kind(node) != "mtd":
        raise Unreadable("row")
    return element("mtd", _inside(node))


def _numbers(rows: list[Any], labels: list[Any]) -> list[Any | None]:
    """The number of each row that has one: they are drawn apart from the rows, in their order."""
    if sum(_kind(one) == "mlabeledtr" for one in rows) != len(labels):
        raise Unreadable("labels")
    rest = iter(labels)
    return [element("mtd", _content(next(rest))) if _kind(one) == "mlabeledtr" else None for one in rows]


def _content(label: Any) -> list[Any]:
    made: list[Any] = []
    for child in _elements(label):
        if _tag(child) == "g":
            made.extend(_inside(child) if not _kind(child) else [_whole(child)])
    return made


def _alignment(rows: list[list[Any]]) -> str:
    """`right left` for a system of equations: its right sides begin with an empty identifier."""
    right_sides = [cells[at] for cells in rows for at in range(1, len(cells), 2) if len(cells[at])]
    if right_sides and all(cell[0].tag == "mi" and not cell[0].text for cell in right_sides):
        return " ".join(["right", "left"] * (max(map(len, rows)) // 2 + 1))
    return ""


def _lines(drawn: list[Any], rows: list[Any]) -> Mapping[str, str]:
    """Which gaps between columns and rows have lines, told by where they are drawn, and whether there is a frame."""
    places = sorted({_number(one.get("x1") or "0") for one in drawn if one.get("data-line") == "v"})
    columns = max((_groups(one) for one in rows), key=len, default=[])
    starts = sorted(_place(part)[0] for part in columns)
    upright = [bisect(starts, place) for place in places]
    heights = sorted(-_place(one)[1] for one in rows)
    level = [_number(one.get("y1") or "0") for one in drawn if one.get("data-line") == "h"]
    lying = [bisect(heights, -place) for place in level]
    framed = any(one.get("data-frame") == "true" for one in drawn)
    return {
        "columnlines": _gaps(upright, len(columns)),
        "rowlines": _gaps(lying, len(rows)),
        "frame": "solid" if framed else "",
    }


def _gaps(ruled: list[int], count: int) -> str:
    said = set(ruled)
    return " ".join("solid" if gap in said else "none" for gap in range(1, count)) if said else ""


def _enclosed(node: Any) -> Any:
    """A box or a strike: other notations are drawn with paths that do not say what they are."""
    notations = []
    for child in _elements(node):
        if _tag(child) == "rect":
            notations.append("box")
        elif _tag(child) == "line":
            rising = _number(child.get("y1") or "0") < _number(child.get("y2") or "0")
            level = child.get("y1") == child.get("y2")
            notations.append("horizontalstrike" if level else "updiagonalstrike" if rising else "downdiagonalstrike")
    if not notations:
        raise Unreadable("notation")
    return element("menclose", _inside(node), notation=" ".join(notations))


def _phantom(node: Any) -> Any:
    return element("mphantom", _inside(node))


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "msub": _scripts, "msup": _scripts, "msubsup": _scripts, "munder": _scripts, "mover": _scripts,
    "munderover": _scripts, "mfrac": _fraction, "msqrt": _root, "mroot": _root, "mtable": _table,
    "menclose": _enclosed, "mphantom": _phantom,
}  # fmt: skip
