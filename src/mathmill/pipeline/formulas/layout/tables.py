"""Tables that only lay out equations: their rows, the cells that one equation is split over, the number in one.

A table of data with formulas in its cells is none of these. Knows one table at a time and changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from mathmill.pipeline.formulas.layout.parts import (
    EQUATION_CLASS,
    WORD,
    Formulas,
    Row,
    has_class,
    says_number,
    text_of,
)

# Words that may stand beside the formulas of one row of a table.
MOST_WORDS = 5
# Cells and rows of a table that is an equation.
MOST_CELLS, MOST_ROWS = 12, 60


def table_rows(table: Any, formulas: Formulas) -> list[Row]:
    """The rows of a table that shows an equation or several under each other; none for any other table."""
    if table.find(".//table") is not None:
        return []
    classed = has_class(table, EQUATION_CLASS)
    trs = list(islice(table.iter("tr"), MOST_ROWS + 1))
    if len(trs) > MOST_ROWS or (not classed and next(table.iter("th", "caption"), None) is not None):
        return []
    found: list[Row] = []
    for tr in trs:
        row = _row_of(tr, formulas, classed, alone=len(trs) == 1)
        if row is None:
            return []
        if row.number and not row.text and found and not found[-1].number:  # a number in a row of its own
            found[-1] = replace(found[-1], number=row.number)
        elif row.text:
            found.append(row)
    if not any(row.tokens for row in found):
        return []
    # One row with words in other cells and no number is a row of data.
    alone = len(found) == 1 and (bool(found[0].number) or (found[0].formula_cells == 1 and found[0].cells == 1))
    return found if classed or alone or _is_array(found) else []


def _row_of(tr: Any, formulas: Formulas, classed: bool, alone: bool) -> Row | None:
    """What a table's row shows, if it may be one of an equation: formulas, a number at an edge, few words."""
    cells = list(islice(tr.iter("td", "th"), MOST_CELLS + 1))
    texts = [(cell, text_of(cell)) for cell in cells]
    if len(cells) > MOST_CELLS or any(text is None for _, text in texts):
        return None
    filled = [(cell, text) for cell, text in texts if text]
    number = ""
    for at in (-1, 0):
        if number or not filled or len(cells) < 2 or (at == 0 and not (classed or _leads(filled, formulas, alone))):
            continue
        cell, text = filled[at]
        if number := formulas.number(text, classed or says_number(cell)):
            filled.pop(at)
    shown = [text for _, text in filled]
    text = " ".join(shown)
    if not number and len(shown) == 1:
        text, number = formulas.without_number(text, leading=classed)
    tokens = tuple(match.group() for match in formulas.token.finditer(text))
    words = len(WORD.findall(formulas.token.sub(" ", text)))
    if words > (MOST_WORDS if tokens or classed else 0):
        return None
    formula_cells = sum(bool(formulas.token.search(piece)) for piece in shown)
    return Row(text, tokens, number, len(shown), formula_cells, any(map(formulas.is_relation, shown[:-1])))


def _leads(filled: Sequence[tuple[Any, str]], formulas: Formulas, alone: bool) -> bool:
    """Whether a number in the first cell counts in a table that does not say that it is an equation.

    In most it numbers exercises, or the choices of one; not where a row is split around a relation, or is the only
    one and has formulas without a word.
    """
    if any(formulas.is_relation(text) for _, text in filled[1:-1]):
        return True
    return alone and len(filled) == 2 and not WORD.search(formulas.token.sub(" ", filled[1][1]))


def _is_array(rows: Sequence[Row]) -> bool:
    """Whether the rows of a table that does not say so are equations: numbered ones, or sides around a relation."""
    if not all(row.tokens for row in rows):
        return False
    if all(row.number and row.formula_cells == 1 for row in rows):
        return True
    return 2 * sum(row.related for row in rows) >= len(rows)
