"""Tables as Markdown: which tables are data, their cells as a grid, and the lines that show it.

A table that only lays out a page is none of these; `structure` writes its text in reading order. Time and
output are linear in a table's cells, whatever its spans say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from mathmill.pipeline.dom.elements import walk

# What no cell of a data table holds, and what none holds in a table that does not say that it is one.
_NEVER_IN_CELLS = frozenset({"blockquote", "form", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "listing", "pre", "xmp"})
_SELDOM_IN_CELLS = frozenset({"article", "dl", "figure", "ol", "section", "ul"})
# Words in class names of tables that are data: Sphinx, MediaWiki, pandas, Bootstrap, Doxygen and their like.
_DATA_CLASSES = frozenset(["dataframe", "datatable", "docutils", "doxtable", "sortable", "tabular", "wikitable"])
_LAYOUT_ROLES = frozenset({"none", "presentation"})
_SPACING = frozenset(
    (
        *("address", "article", "blockquote", "br", "center", "dd", "details", "div", "dl", "dt", "figcaption"),
        *("figure", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "option", "p", "pre", "section"),
        *("select", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul"),
    )
)
# Characters of a cell from which on it is text laid out: in a table that says it is data, and in another.
MOST_DECLARED, MOST_UNDECLARED = 2_000, 400
# Columns that a Markdown table may have, and what one cell may span.
MOST_COLUMNS, MOST_SPANNED = 50, 100
# A grid may have this many places for each cell of the page; a sparser one is written as rows of text.
SPARSEST, SPARSE_FLOOR = 8, 400


@dataclass(slots=True)
class _Cell:
    header: bool
    columns: int
    rows: int
    parts: list[str] = field(default_factory=list)
    text: str = ""


@dataclass(slots=True)
class _Table:
    captions: list[str]
    rows: list[list[_Cell]]
    headed: bool  # whether the first row stands in a `thead`


def is_data(table: Any) -> bool:
    """Whether a table shows data, in rows and columns, rather than lays out text.

    Looks at each element of the table, up to what settles it; at those of a table inside it as well, not deeper.
    """
    if table.get("role") in _LAYOUT_ROLES:
        return False
    declared = bool(_DATA_CLASSES.intersection((table.get("class") or "").lower().split()))
    unsettled = False
    rows, cells, widest, in_row, nested = 0, 0, 0, 0, 0
    for element in table.iterdescendants():
        tag = element.tag
        if tag in _NEVER_IN_CELLS:
            return False
        if tag == "table":
            nested += 1
            if nested > 1:
                return False
        elif tag == "tr":
            rows, in_row = rows + 1, 0
        elif tag == "td" or tag == "th":
            cells, in_row = cells + 1, in_row + 1
            widest = max(widest, in_row)
            declared = declared or tag == "th"
        elif tag in _SELDOM_IN_CELLS:
            unsettled = True
    if rows < 2 or widest < 2 or ((unsettled or nested) and not declared):
        return False
    return not _has_long_cell(table, MOST_DECLARED if declared else MOST_UNDECLARED)


def table_lines(table: Any, unseen: frozenset[str]) -> tuple[list[str], list[str]]:
    """A data table's captions, and its lines: Markdown, or rows of text with tabs where it is too wide or too sparse.

    `unseen` are tags that do not count. Every word stands once: a cell's text in the first of the places it spans.
    """
    read = _read(table, unseen)
    by_column, width = _grid(read.rows)
    places, cells = len(by_column) * width, sum(map(len, read.rows))
    if width > MOST_COLUMNS or places > SPARSEST * cells + SPARSE_FLOOR:
        rows = ["\t".join(cell.text for cell in row).strip("\t") for row in read.rows]
        return read.captions, [row for row in rows if row.strip()]
    _fill_empty_under_spans(by_column, read.rows)
    grid = _without_empty(by_column, width)
    while grid and not read.headed and _is_title(grid[0]) and len(grid) > 2:
        read.captions.append("".join(grid.pop(0)))
    if not grid or len(grid[0]) < 2 or len(grid) < 2:
        return read.captions, [" ".join(filter(None, row)) for row in grid]
    lines = [_line(row) for row in grid]
    return read.captions, [lines[0], "|" + " --- |" * len(grid[0]), *lines[1:]]


def _has_long_cell(table: Any, most: int) -> bool:
    return any(_longer(cell, most) for row in table.iter("tr") for cell in row)


def _longer(cell: Any, most: int) -> bool:
    length = 0
    for text in cell.itertext():
        length += len(text) if text.strip() else 1
        if length > most:
            return len(" ".join("".join(cell.itertext()).split())) > most
    return False


def _read(table: Any, unseen: frozenset[str]) -> _Table:
    """The cells of a table and of its rows; tables inside it are text of their cells."""
    found = _Table([], [], headed=False)
    caption: list[str] = []
    outside: list[str] = []  # text between cells, which browsers set before the table
    into, depth = outside, 0
    steps = walk(table)
    for event, element in steps:
        tag, start = element.tag, event == "start"
        if start and tag in unseen:
            steps.skip_subtree()
            continue
        depth += (1 if start else -1) if tag == "table" else 0
        if tag in _SPACING:
            into.append(" ")
        if depth == 1 and tag in ("tr", "td", "th", "caption"):
            into = _enter(found, element, caption, outside) if start else outside
        if start:
            if element.text:
                into.append(element.text)
        elif element.tail and element is not table:
            into.append(element.tail)
    found.captions.extend(filter(None, (_one_line(caption), _one_line(outside))))
    for row in found.rows:
        for cell in row:
            cell.text = _one_line(cell.parts)
    return found


def _enter(found: _Table, element: Any, caption: list[str], outside: list[str]) -> list[str]:
    """Note a row or cell that begins; gives where the text inside it goes."""
    tag = element.tag
    if tag == "caption":
        return caption
    if tag == "tr":
        if not found.rows:
            found.headed = element.getparent().tag == "thead"
        found.rows.append([])
        return outside
    if not found.rows:
        found.rows.append([])
    cell = _Cell(tag == "th", _span(element, "colspan"), _span(element, "rowspan"))
    found.rows[-1].append(cell)
    return cell.parts


def _span(cell: Any, name: str) -> int:
    value = (cell.get(name) or "1").strip()[:9]
    return max(1, min(int(value), MOST_SPANNED)) if value.isascii() and value.isdecimal() else 1


def _grid(rows: Sequence[Sequence[_Cell]]) -> tuple[list[dict[int, str]], int]:
    """The texts of each row by column, and how many columns there are in which a cell begins."""
    grid: list[dict[int, str]] = []
    spanned: dict[int, int] = {}  # for a column, in how many further rows a cell above takes its place
    width = 0
    for row in rows:
        column, placed, above = 0, {}, spanned
        spanned = {place: left - 1 for place, left in above.items() if left > 1}
        for cell in row:
            while column in above:
                column += 1
            placed[column] = cell.text
            width = max(width, column + 1)
            if cell.rows > 1:  # a table with a cell beyond the limit is no grid
                spanned.update(
                    dict.fromkeys(range(column, min(column + cell.columns, MOST_COLUMNS + 1)), cell.rows - 1)
                )
            column += cell.columns
        grid.append(placed)
    return grid, width


def _fill_empty_under_spans(grid: Sequence[dict[int, str]], rows: Sequence[Sequence[_Cell]]) -> None:
    """Move what spans columns, of which only the last has text of its own, into that column.

    So a head over a column of icons and one of words stands over the words.
    """
    own: set[int] = set()  # columns with text that spans no other
    spans: list[tuple[dict[int, str], int, int]] = []
    for placed, row in zip(grid, rows, strict=True):
        for (column, text), cell in zip(placed.items(), row, strict=True):
            if text and cell.columns > 1:
                spans.append((placed, column, min(column + cell.columns, MOST_COLUMNS) - 1))
            elif text:
                own.add(column)
    for placed, first, last in spans:
        if last in own and not own.intersection(range(first, last)):
            placed[last] = placed.pop(first)


def _without_empty(grid: Sequence[dict[int, str]], width: int) -> list[list[str]]:
    """Rows and columns of the grid that hold any text."""
    filled = [column for column in range(width) if any(row.get(column) for row in grid)]
    return [[row.get(column, "") for column in filled] for row in grid if any(row.values())]


def _is_title(row: Sequence[str]) -> bool:
    return len(row) > 1 and bool(row[0]) and not any(row[1:])


def _line(row: Sequence[str]) -> str:
    return "| " + " | ".join(text.replace("|", "\\|") for text in row) + " |"


def _one_line(parts: Sequence[str]) -> str:
    return " ".join("".join(parts).split())
