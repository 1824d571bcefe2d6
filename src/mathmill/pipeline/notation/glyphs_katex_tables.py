"""KaTeX's tables: columns side by side, each a stack of cells; lines are boxes of an outer stack; numbers stand apart.

A cell belongs to the row whose shift it has, for a column leaves out the cells that its rows do not have.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable, Sequence
from typing import Any

from mathmill.pipeline.notation.glyphs_parts import (
    Unreadable,
    checked_size,
    children,
    element,
    leaf,
    nearest,
    row,
    row_places,
    styles,
    table,
)
from mathmill.pipeline.notation.glyphs_stacks import Shifted, stack, words

# Reads a box's content as a row of elements.
Reader = Callable[[Any], list[Any]]

_ALIGNS = {"col-align-l": "left", "col-align-r": "right", "col-align-c": "center"}
# Rows of different columns whose shifts differ by less, in em, are one.
_TOLERANCE = 0.02


def read_array(node: Any, read: Reader, rules: Sequence[float] = ()) -> Any:
    """The table in an `mtable` box; `rules` are the shifts of the lines between its rows."""
    columns: list[list[Shifted]] = []
    aligns: list[str] = []
    ruled: list[str] = []
    for child in children(node):
        said = words(child)
        align = next((_ALIGNS[name] for name in said if name in _ALIGNS), "")
        if align:
            columns.append(stack(child) if len(child) else [])
            aligns.append(align)
            ruled.append("none")
        elif "vertical-separator" in said:
            if ruled:
                ruled[-1] = "dashed" if "dashed" in styles(child).get("border-right-style", "") else "solid"
        elif "vlist-t" in said:
            return _outer(node, read)
        elif "arraycolsep" not in said:
            raise Unreadable("table")
    shifts = row_places([one.shift for column in columns for one in column], _TOLERANCE)
    checked_size(len(shifts), len(columns))
    found = [{nearest(shifts, one.shift): one for one in column} for column in columns]
    rows = [[_cell(column.get(at), read) for column in found] for at in range(len(shifts))]
    lines = {bisect(shifts, rule) for rule in rules}
    framed = bool(lines & {0}) and len(shifts) in lines
    between = ["solid" if at in lines else "none" for at in range(1, len(shifts))]
    return table(
        rows,
        [None] * len(rows),
        columnalign="" if set(aligns) == {"center"} else " ".join(aligns),
        columnlines=" ".join(ruled[:-1]) if set(ruled[:-1]) - {"none"} else "",
        rowlines=" ".join(between) if set(between) - {"none"} else "",
        frame="solid" if framed else "",
    )


def _outer(node: Any, read: Reader) -> Any:
    """A table whose columns stand in a stack with its lines."""
    boxes = stack(node)
    lines = [one for one in boxes if one.has("hline", "hdashline")]
    rest = [one for one in boxes if not one.has("hline", "hdashline")]
    if len(rest) != 1:
        raise Unreadable("table")
    return read_ruled(rest[0], lines, read)


def read_ruled(body: Shifted, lines: Sequence[Shifted], read: Reader) -> Any:
    """The table that stands in a stack with the lines between its rows."""
    tables = [one for one in body.boxes if "mtable" in words(one)]
    if len(tables) != 1 or len(body.boxes) != 1:
        raise Unreadable("table")
    return read_array(tables[0], read, [one.shift - body.shift for one in lines])


def _cell(one: Shifted | None, read: Reader) -> Any:
    return element("mtd", [part for box in one.boxes for part in read(box)] if one is not None else [])


def tagged(made: list[Any], numbers: Sequence[Any], read: Reader) -> Any:
    """A formula with the numbers that stand beside it: beside all of it, or beside rows of its one table."""
    shown = [_number(one, read) for one in numbers]
    if not any(label is not None for labels in shown for label in labels):
        return row(made)
    labels = shown[0]
    if len(shown) > 1:
        raise Unreadable("numbers")
    if len(made) == 1 and made[0].tag == "mtable" and len(made[0]) == len(labels):
        for line, label in zip(made[0], labels, strict=True):
            if label is not None:
                line.tag = "mlabeledtr"
                line.insert(0, label)
        return made[0]
    if len(labels) != 1:
        raise Unreadable("numbers")
    return element("mtable", [element("mlabeledtr", [*labels, element("mtd", made)])])


def _number(node: Any, read: Reader) -> list[Any | None]:
    """The numbers in a box, top first; None for a row without one."""
    if any("vlist-t" in words(child) for child in children(node)):
        return [_label([part for box in one.boxes for part in read(box)]) for one in stack(node)]
    return [_label([part for child in children(node) if "strut" not in words(child) for part in read(child)])]


def _label(made: list[Any]) -> Any | None:
    text = "".join(part for one in made for part in one.itertext()).strip()
    return element("mtd", [leaf("mtext", text)]) if text else None
