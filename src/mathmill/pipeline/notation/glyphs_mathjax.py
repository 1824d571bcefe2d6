"""The rows of boxes that MathJax makes of a formula, read back: CHTML of versions 3 and 4, CommonHTML of version 2.

Both name each box after its MathML element (`mjx-msup`, as a tag or as a class) and add boxes that only place things.
SVG and the older HTML-CSS are other modules' work.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mathmill.pipeline.notation.glyphs_mathjax_tokens import STRUTS, TOKENS, name, token_of
from mathmill.pipeline.notation.glyphs_parts import (
    Unreadable,
    children,
    element,
    length,
    limited,
    row,
    space,
    styles,
    table,
)

# Boxes that hold what is read as it stands.
_ROWS = frozenset([
    "math", "mrow", "inferredmrow", "texatom", "mstyle", "mpadded", "block", "rbox", "box", "base", "op",
    "num", "den", "numerator", "denominator", "under", "over", "sub", "sup", "texmathchoice", "mathchoice",
    "semantics", "linestack", "linebox", "root", "mtd", "cell", "stack"
])  # fmt: skip
_STRIKES = {
    "ustrike": "updiagonalstrike", "dstrike": "downdiagonalstrike", "hstrike": "horizontalstrike",
    "vstrike": "verticalstrike",
}  # fmt: skip
_SIDES = ("left", "right", "top", "bottom")


def read_boxes(node: Any) -> Any:
    """The MathML of a box; raises `Unreadable` where a box in it is none that MathJax makes."""
    return row(_inside(node))


def _inside(node: Any) -> list[Any]:
    """What the boxes in `node` stand for, side by side."""
    return [made for child in children(node) if (made := _one(child)) is not None]


def _only(node: Any) -> Any:
    """What a box that holds one thing holds."""
    return row(_inside(node))


def _one(node: Any) -> Any | None:
    what = name(node)
    if what in STRUTS:
        return None
    if what in TOKENS:
        return token_of(node, what)
    if what in _ROWS:
        made = _inside(node)
        if what == "texatom" and (node.get("texclass") == "OP"):
            return element("mrow", made, **{"data-mjx-texclass": "OP"})
        return row(made)
    reader = _READERS.get(what)
    if reader is None:
        raise Unreadable(what)
    return reader(node)


def _by_name(node: Any, through: frozenset[str]) -> dict[str, Any]:
    """The first box of each name, with those that only place others opened."""
    found: dict[str, Any] = {}
    waiting = [node]
    while waiting:
        for child in reversed(children(waiting.pop())):
            what = name(child)
            if what in through:
                waiting.append(child)
            elif what not in STRUTS and found.setdefault(what, child) is not child:
                raise Unreadable(f"two {what}")
    return found


def _space(node: Any) -> Any:
    said = styles(node)
    width = length(said.get("width", "0")) or length(said.get("margin-right", "0")) + length(
        said.get("margin-left", "0")
    )
    return space(width)


def _scripts(node: Any) -> Any:
    """Scripts behind a base, upper before lower; of one alone the name or its place says which it is."""
    what = name(node)
    base, scripts = _base_and_scripts(node, what)
    if "sub" in scripts or "sup" in scripts:
        return _scripted(base, scripts.get("sub"), scripts.get("sup"))
    stack = scripts.get("script")
    if stack is None:
        raise Unreadable("no script")
    parts = _inside(stack)
    if what in ("msub", "munder") and len(parts) == 1:
        return _scripted(base, parts[0], None)
    if what in ("msup", "mover") and len(parts) == 1:
        return _scripted(base, None, parts[0])
    if what in ("msubsup", "munderover") and len(parts) == 2:
        return _scripted(base, parts[1], parts[0])
    raise Unreadable("scripts")


def _base_and_scripts(node: Any, what: str) -> tuple[Any, dict[str, Any]]:
    base: list[Any] = []
    scripts: dict[str, Any] = {}
    for child in children(node):
        which = name(child)
        if which == "script":
            scripts[which] = child
        elif which in ("sub", "sup"):
            scripts[which] = _only(child)
        elif which == "stack":
            scripts.update({name(part): _only(part) for part in children(child) if name(part) not in STRUTS})
        elif scripts:
            raise Unreadable("base behind scripts")
        elif (made := _one(child)) is not None:
            base.append(made)
    return row(base), scripts


def _scripted(base: Any, low: Any | None, high: Any | None) -> Any:
    if low is not None and high is not None:
        return element("msubsup", [base, low, high])
    return element("msub", [base, low]) if low is not None else element("msup", [base, high])


_LIMIT_BOXES = frozenset({"row", "cell", "itable", "box", "stack"})


def _limits(node: Any) -> Any:
    """What stands under and over a base."""
    named = {name(child) for child in children(node)}
    if named & {"script", "sub", "sup"} or named >= {"base", "stack"}:
        return _scripts(node)
    found: dict[str, Any] = {}
    waiting = [node]
    while waiting:
        for child in children(waiting.pop()):
            what = name(child)
            if what in _LIMIT_BOXES or (what == "munder" and "base" not in found):
                waiting.append(child)
            elif what in ("over", "under", "base", "op"):
                if found.setdefault("base" if what == "op" else what, child) is not child:
                    raise Unreadable("two of a kind")
            elif what in ("script", "sub", "sup"):
                raise Unreadable("scripts among limits")
            elif what not in STRUTS:
                raise Unreadable(what)
    return limits(*(_only(found[what]) if what in found else None for what in ("base", "under", "over")))


def limits(base: Any | None, low: Any | None, high: Any | None) -> Any:
    """The element for a base with something under it, over it or both; raises `Unreadable` without a base."""
    if base is None or (low is None and high is None):
        raise Unreadable("limits")
    if low is not None and high is not None:
        return limited("munderover", [base, low, high])
    if high is None:
        return limited("munder", [base, low])
    return limited("mover", [base, high])


def _fraction(node: Any) -> Any:
    found = _by_name(node, frozenset({"frac", "dbox", "dtable", "row", "box", "bevelled"}))
    over, under = found.get("num", found.get("numerator")), found.get("den", found.get("denominator"))
    if over is None or under is None or len(found) > 2:
        raise Unreadable("fraction")
    line = _has_line(node)
    return element("mfrac", [_only(over), _only(under)], linethickness="" if line else "0")


def _has_line(node: Any) -> bool:
    """Whether a fraction has its line; looks no deeper than a fraction's own boxes."""
    waiting = [node]
    while waiting:
        for child in children(waiting.pop()):
            what = name(child)
            if what == "line":
                return True
            if what in ("frac", "dbox", "dtable", "row", "box"):
                waiting.append(child)
    return False


def _root(node: Any) -> Any:
    """A root; its degree, where it has one, stands before it."""
    degree: Any | None = None
    inner: list[Any] = []
    waiting = children(node)[::-1]
    surd = False
    while waiting:
        child = waiting.pop()
        what = name(child)
        if what == "root":
            degree = _only(child)
        elif what == "surd":
            surd = True
        elif what == "sqrt" or (what == "box" and not surd and any(name(part) == "surd" for part in children(child))):
            waiting.extend(children(child)[::-1])
        elif (made := _one(child)) is not None:
            inner.append(made)
    if not surd:
        raise Unreadable("root without its sign")
    return element("msqrt", inner) if degree is None else element("mroot", [row(inner), degree])


def _table(node: Any) -> Any:
    rows: list[list[Any]] = []
    numbered: list[bool] = []
    labels: list[Any] = []
    ruled: list[bool] = []
    waiting = [(child, False) for child in children(node)[::-1]]
    while waiting:
        child, in_labels = waiting.pop()
        what = name(child)
        if what in ("table", "itable", "labels"):
            waiting.extend((part, in_labels or what == "labels") for part in children(child)[::-1])
        elif what == "mtr" and in_labels:
            labels.extend(_cells(child))
        elif what in ("mtr", "mlabeledtr"):
            rows.append(_cells(child))
            numbered.append(what == "mlabeledtr")
            ruled.append(
                any("border-top" in styles(part) or "border-bottom" in styles(part) for part in children(child))
            )
        elif what not in STRUTS:
            raise Unreadable(what)
    return _numbered(rows, numbered, labels, _lines(node, rows))


def _numbered(rows: list[list[Any]], numbered: list[bool], labels: list[Any], lines: Mapping[str, str]) -> Any:
    if sum(numbered) != len(labels):
        if any(numbered):
            raise Unreadable("labels")
        labels = []
    rest = iter(labels)
    return table(rows, [next(rest) if said else None for said in numbered], **lines)


def _cells(node: Any) -> list[Any]:
    made = []
    for child in children(node):
        if name(child) == "mtd":
            align = styles(child).get("text-align", "")
            made.append(element("mtd", _inside(child), columnalign=align if align in ("left", "right") else ""))
        elif name(child) not in STRUTS:
            raise Unreadable("row")
    return made


def _lines(node: Any, rows: list[list[Any]]) -> Mapping[str, str]:
    """The lines between columns and rows, where the cells' borders show them, and whether there is a frame."""
    inner: list[list[dict[str, str]]] = []
    frame = False
    waiting = children(node)[::-1]
    while waiting:
        child = waiting.pop()
        what = name(child)
        if what in ("table", "itable"):
            frame = frame or (what == "table" and "border" in styles(child) and "solid" in styles(child)["border"])
            frame = frame or child.get("frame") == "true"
            waiting.extend(children(child)[::-1])
        elif what in ("mtr", "mlabeledtr"):
            inner.append([styles(cell) for cell in children(child) if name(cell) == "mtd"])
    columns = [_line(said.get("border-right", "")) for said in inner[0][:-1]] if inner else []
    between = [_line(cells[0].get("border-bottom", "")) if cells else "none" for cells in inner[:-1]]
    return {
        "columnlines": " ".join(columns) if set(columns) - {"none"} else "",
        "rowlines": " ".join(between) if set(between) - {"none"} else "",
        "frame": "solid" if frame else "",
    }


def _line(border: str) -> str:
    return next((kind for kind in ("solid", "dashed") if kind in border), "none")


def _enclosed(node: Any) -> Any:
    notations: list[str] = []
    inner: list[Any] = []
    for child in children(node):
        what = name(child)
        if what in _STRIKES:
            notations.append(_STRIKES[what])
        elif what == "box":
            said = styles(child)
            notations += ["box"] if "border" in said else [side for side in _SIDES if f"border-{side}" in said]
            inner.extend(_inside(child))
        else:
            raise Unreadable(what)
    if not notations:
        raise Unreadable("notation")
    return element("menclose", inner, notation=" ".join(notations))


def _phantom(node: Any) -> Any:
    return element("mphantom", _inside(node))


def _multiscripts(node: Any) -> Any:
    """Rows of scripts before and behind a base: the upper ones, a row that keeps distance, the lower ones."""
    before: list[Any] = []
    behind: list[Any] = []
    base: list[Any] = []
    for child in children(node):
        what = name(child)
        if what in ("scripts", "prescripts"):
            (before if what == "prescripts" else behind).extend(_script_cells(child))
        elif (made := _one(child)) is not None:
            base.append(made)
    if not base or not (before or behind):
        raise Unreadable("multiscripts")
    return element("mmultiscripts", [row(base), *behind, *([element("mprescripts"), *before] if before else [])])


def _script_cells(node: Any) -> list[Any]:
    rows = [[_only(cell) for cell in children(part)] for part in children(node)]
    if len(rows) != 3 or rows[1] or len(rows[0]) != len(rows[2]):
        raise Unreadable("scripts")
    return [script for pair in zip(rows[2], rows[0], strict=True) for script in pair]


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "mspace": _space, "msub": _scripts, "msup": _scripts, "msubsup": _scripts, "munder": _limits, "mover": _limits,
    "munderover": _limits, "mfrac": _fraction, "msqrt": _root, "mroot": _root, "mtable": _table, "menclose": _enclosed,
    "mphantom": _phantom, "mmultiscripts": _multiscripts,
}  # fmt: skip
