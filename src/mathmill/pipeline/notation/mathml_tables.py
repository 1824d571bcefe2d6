r"""Tables of MathML as grids of LaTeX: matrices, systems of equations, numbered lines.

A table does not know its fences; `mathml_rows` gives it its environment. Cells that hold an equation's number
are left out, and found by `mathml.label`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mathmill.pipeline.notation.mathml_letters import concat
from mathmill.pipeline.notation.mathml_rows import EMPTY, ROW, Grid, Piece

Attributes = Mapping[str, str]

# Classes of cells that renderers fill with an equation's number, or with the space beside it.
NUMBER_CLASSES = frozenset({"mml-eqn-num", "tml-tag", "tml-tageqn", "ltx_eqn_eqno", "mtr-glue"})
_LETTERS = {"left": "l", "right": "r", "center": "c"}
_LINES = {"solid": "|", "dashed": ":", "double": "||"}
# With what a line ends that the next one continues.
_GOING_ON = ("+", "-", "=", "*", ",", r"\cdot", r"\times", r"\pm")


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell: its LaTeX, how it is aligned if it says so, whether it is an equation's number."""

    latex: str
    align: str = ""
    number: bool = False
    grid: Grid | None = None


def cell(content: Piece, attributes: Attributes) -> Cell:
    """The cell that an `mtd` is."""
    classes = set(attributes.get("class", "").split())
    align = attributes.get("columnalign", "").split()[:1] or [_styled(attributes.get("style", ""), classes)]
    # Renderers force the size of whatever stands in a cell, which says nothing of a fraction there.
    return Cell(content.latex, align[0].lower(), bool(classes & NUMBER_CLASSES), content.grid)


def _styled(style: str, classes: set[str]) -> str:
    for name in ("right", "left"):
        if f"tml-{name}" in classes or f"text-align:{name}" in style.replace(" ", "").replace("-webkit-", ""):
            return name
    return ""


def table(rows: Sequence[Sequence[Cell]], attributes: Attributes) -> Piece:
    """The piece of an `mtable`; a table of one cell is what it holds."""
    kept = [[one for one in cells if not one.number] for cells in rows]
    if len(kept) == 1 and len(kept[0]) == 4 and attributes.get("width") == "100%":  # KaTeX's numbered equation
        kept = [kept[0][1:2]]
    kept = [cells for cells in kept if any(one.latex for one in cells)]
    columns = max(map(len, kept), default=0)
    if not columns:
        return EMPTY
    lines = _Lines(attributes, columns, len(kept))
    if len(kept) == 1 and columns == 1 and not lines.any:
        return Piece(kept[0][0].latex, ROW, grid=kept[0][0].grid, tall=True)
    if columns == 1 and not lines.any and _is_broken(texts := [cells[0].latex for cells in kept]):
        return Piece(concat(*texts), ROW, tall=True)
    aligns = _aligns(kept, attributes, columns)
    aligned = _is_aligned(aligns, columns) and not lines.any
    body = " \\\\ ".join(
        _protected(text.lstrip(" ")) for text in lines.between([_line(cells, aligned) for cells in kept])
    )
    centred = set(aligns) <= {"c"} and not lines.any
    preamble = "" if centred or aligned else lines.preamble(aligns)
    grid = Grid(body, columns, len(kept), preamble, aligned, attributes.get("displaystyle") == "true")
    return Piece(grid.alone(), grid=grid, tall=True)


def _is_broken(lines: Sequence[str]) -> bool:
    """Whether lines are one expression that did not fit: each but the last goes on with an operator."""
    *first, _ = lines
    if not first or not all(line.endswith(_GOING_ON) for line in first):
        return False
    unbalanced = any(line.count("(") + line.count("[") != line.count(")") + line.count("]") for line in lines)
    return unbalanced or not all(line.endswith(",") for line in first)


def _line(cells: Sequence[Cell], aligned: bool) -> str:
    """The cells of a row; in a system of equations the relation stands at the mark."""
    if not aligned:
        return " & ".join(one.latex for one in cells)
    out = ""
    for at, one in enumerate(cells):
        mark = "" if not at else " &" if at % 2 else " & "
        out += mark + one.latex
    return out


def _protected(line: str) -> str:
    """A row that does not look like the option of the line break before it."""
    return f"{{}}{line}" if line.startswith(("[", "*")) else line


def _aligns(rows: Sequence[Sequence[Cell]], attributes: Attributes, columns: int) -> list[str]:
    """l, c or r by column: what the first cell says that says anything, else the table."""
    said = attributes.get("columnalign", "").lower().split()
    aligns = [said[min(at, len(said) - 1)] if said else "" for at in range(columns)]
    for cells in rows:
        for at, one in enumerate(cells):
            if one.align and (not said):
                aligns[at] = aligns[at] or one.align
    return [_LETTERS.get(align, "c") for align in aligns]


def _is_aligned(aligns: Sequence[str], columns: int) -> bool:
    """Whether columns are right and left in turn, as those of a system of equations are."""
    return columns >= 2 and all(align == "rl"[at % 2] for at, align in enumerate(aligns))


class _Lines:
    """The lines of a table, between columns, between rows and around it."""

    def __init__(self, attributes: Attributes, columns: int, rows: int) -> None:
        self.columns = _spread(attributes.get("columnlines", ""), columns - 1)
        self.rows = _spread(attributes.get("rowlines", ""), rows - 1)
        self.frame = attributes.get("frame", "none") in ("solid", "dashed")
        self.any = self.frame or any(self.columns) or any(self.rows)

    def preamble(self, aligns: Sequence[str]) -> str:
        inner = "".join(align + line for align, line in zip(aligns, [*self.columns, ""], strict=True))
        return f"|{inner}|" if self.frame else inner

    def between(self, lines: list[str]) -> list[str]:
        ruled = [lines[0]] + [
            (r"\hline " if rule else "") + line for rule, line in zip(self.rows, lines[1:], strict=True)
        ]
        if self.frame:
            ruled[0] = r"\hline " + ruled[0]
            ruled.append(r"\hline")
        return ruled


def _spread(said: str, count: int) -> list[str]:
    """The lines of `count` gaps: the last that is named goes on."""
    names = said.lower().split()
    return [_LINES.get(names[min(at, len(names) - 1)], "") if names else "" for at in range(max(count, 0))]
