"""Displayed equations out of what pages lay them out with, tables above all, and the numbers beside them.

Formulas are placeholders here already. What shows one equation becomes a paragraph of its placeholders, so that
no table is seen where none is meant. Three habits: tables of equations (`tables`), blocks that hold a number
in an element of its own or behind the formula, or have one beside them (`_Blocks`), and definition lists that only
indent (`_indented`). A table of data with formulas in its cells stays a table. Numbers inside a formula (`\\tag`) are
its own. Several formulas in a row stay several, in their order.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from itertools import islice
from typing import Any

from mathmill.pipeline.dom.elements import BLOCK_PARENTS, classes, etree, has_one_child, remove
from mathmill.pipeline.formulas.layout.parts import (
    EQUATION_CLASS,
    WORD,
    Formulas,
    Row,
    has_class,
    is_at_the_right,
    says_number,
    several_numbers,
    text_of,
    without_permalinks,
)
from mathmill.pipeline.formulas.layout.tables import MOST_ROWS, MOST_WORDS, table_rows

_PUNCTUATION = re.compile(r"[\s.,;:!?…()\[\]{}|&'\"–-]*")
_CONTAINERS = frozenset(["center", "dd", "div", "dl", "figure", "p", "span"])
_LABELS = frozenset(["b", "div", "p", "span"])
# Words that may stand beside the formulas of a block that says it is an equation.
MOST_WORDS_IN_BLOCK = 8
# How far around a placeholder an equation may reach, and inwards what is all of an element, in elements.
MOST_OUTWARDS, MOST_INWARDS = 6, 3


def equations(tree: Any, token: re.Pattern[str], latex_of: Callable[[str], str] | None = None) -> dict[str, str]:
    """Make a paragraph of each layout construct of `tree` that shows an equation; the tree is changed.

    `token` matches a formula's placeholder, `latex_of` gives its LaTeX: a cell that holds `=` or `(3)` as a formula is
    known by it, and a formula that is an equation's number goes. Gives the placeholders of all equations made so,
    each with its number as the page shows it, such as `(3)` or `2.1a`, or ''. Of several formulas in a row the
    last has the number. Linear in the page: of a table or block no more is looked at than an equation may have.
    """
    tokens = [match.group() for match in token.finditer(tree.xpath("string()"))]
    if not tokens:
        return {}
    formulas = Formulas.of(token, tokens, latex_of)
    numbers: dict[str, str] = {}
    for table in reversed(list(tree.iter("table"))):  # inner ones first
        if rows := table_rows(table, formulas):
            _note(rows, numbers)
            _replace(table, rows)
    known = _Blocks(tree, formulas)
    for holder, first in _holders(tree, token, _shared(min(tokens), max(tokens))):
        if first not in numbers:
            block, equation = _block_around(holder, known)
            if block is not None:
                _note(equation, numbers)
                _replace(block, equation)
                known.remove_beside(block)
    return numbers


def _note(rows: Sequence[Row], numbers: dict[str, str]) -> None:
    for row in rows:
        numbers.update(dict.fromkeys(row.tokens, ""))
        if row.tokens:
            numbers[row.tokens[-1]] = row.number


def _holders(tree: Any, token: re.Pattern[str], prefix: str) -> list[tuple[Any, str]]:
    """The elements whose own text has placeholders, each with the first one of a stretch of text, in order.

    All placeholders begin with `prefix`.
    """
    holders = []
    for text in tree.xpath("descendant-or-self::*/text()[contains(., $prefix)]", prefix=prefix):
        if match := token.search(text):
            around = text.getparent()
            holders.append((around.getparent() if text.is_tail else around, match.group()))
    return holders


def _shared(one: str, other: str) -> str:
    """What two words begin with."""
    length = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return one[:length]


def _labels(tree: Any, formulas: Formulas) -> dict[Any, list[tuple[Any, str]]]:
    """For the elements close around them, the elements that say that they hold a number, each with it.

    They say so by their class, or are at the right edge and hold nothing but what looks like one.
    """
    around: dict[Any, list[tuple[Any, str]]] = {}
    for element in _may_be_labels()(tree):
        if element.tag in _LABELS and (number := _label_number(element, formulas)):
            for outer in islice(element.iterancestors(), MOST_OUTWARDS):
                around.setdefault(outer, []).append((element, number))
    return around


def _label_number(element: Any, formulas: Formulas) -> str:
    """The number that an element says to hold, '' where it holds none."""
    said = says_number(element)
    if not said and not is_at_the_right(element):
        return ""
    text = text_of(element) or ""
    return formulas.number(text, bare=said) or (several_numbers(text) if said else "")


def _block_around(holder: Any, known: _Blocks) -> tuple[Any | None, Sequence[Row]]:
    """The outermost element around a placeholder that shows equations and says so: by class, number or indentation."""
    best: tuple[Any | None, Sequence[Row]] = (None, ())
    element = holder
    for _ in range(MOST_OUTWARDS):
        if element is None or element.tag not in _CONTAINERS:
            break
        may_be = element.tag not in ("dd", "span") or _is_displayed_span(element)
        if may_be and (rows := known.rows(element)):
            best = element, rows
        element = element.getparent()
    return best


class _Blocks:
    """What blocks of a tree show, each looked at once however many placeholders it holds."""

    def __init__(self, tree: Any, formulas: Formulas) -> None:
        self.formulas = formulas
        self.labels = _labels(tree, formulas)
        self.known: dict[Any, Sequence[Row]] = {}
        self.beside: dict[Any, Any] = {}  # for blocks the elements beside them that hold their number

    def rows(self, element: Any) -> Sequence[Row]:
        """The equations that an element shows and says to be such; none where it holds more."""
        if element not in self.known:
            self.known[element] = self._rows(element)
        return self.known[element]

    def remove_beside(self, block: Any) -> None:
        """Take out the element beside a block whose number is the block's by now."""
        if (beside := self.beside.pop(block, None)) is not None and beside.getparent() is not None:
            remove(beside)

    def _rows(self, element: Any) -> Sequence[Row]:
        if element.tag == "dl":
            return self._indented(element)
        said = _says_equation(element)
        row = self._row(element, said)
        if row and not row.number:
            beside, number = self._number_beside(element)
            if number:
                self.beside[element] = beside
                row = replace(row, number=number)
        return (row,) if row and (said or row.number) else ()

    def _indented(self, dl: Any) -> list[Row]:
        """The equations of a definition list that has no terms, which only indents; none where it holds more."""
        if len(dl) > MOST_ROWS or (dl.text or "").strip() or any(child.tag != "dd" for child in dl):
            return []
        rows = [self._row(child, said=False) for child in dl]
        if not all(rows):
            return []
        return [row for row in rows if row]

    def _row(self, element: Any, said: bool) -> Row | None:
        """What an element shows, if that is formulas and a number and, where something says so, few words."""
        token, labels = self.formulas.token, self.labels.get(element, ())
        text = text_of(element)
        if text is None or not token.search(text) or len(labels) > 1:
            return None
        number = ""
        for label, shown in labels:
            text, number = text_of(element, without=label) or "", shown
        if not number:
            text, number = self.formulas.without_number(text, leading=said)
        text = without_permalinks(text)
        rest = token.sub(" ", text)
        most = MOST_WORDS if element.tag == "dd" and token.match(text) else 0
        if said or any(_is_line_of(element, label) for label, _ in labels):
            most = MOST_WORDS_IN_BLOCK
        if len(WORD.findall(rest)) > most or (not most and not _PUNCTUATION.fullmatch(rest)):
            return None
        tokens = tuple(match.group() for match in token.finditer(text))
        return Row(text, tokens, number) if tokens else None

    def _number_beside(self, block: Any) -> tuple[Any, str]:
        """The element right before or behind a block that holds nothing but its number, and that; else none, and ''.

        One that is at the right edge without a class that says so is a number behind the block, not before it.
        """
        before, behind = block.getprevious(), block.getnext()
        if before is not None and before.tag in _LABELS and not (before.tail or "").strip() and says_number(before):
            return before, _label_number(before, self.formulas)
        if behind is None or behind.tag not in _LABELS or (block.tail or "").strip() or _is_before_equation(behind):
            return None, ""
        return behind, _label_number(behind, self.formulas)


def _is_before_equation(element: Any) -> bool:
    """Whether an equation follows at once, so that a number is rather that one's."""
    behind = element.getnext()
    return behind is not None and not (element.tail or "").strip() and _says_equation(behind)


def _is_line_of(element: Any, label: Any) -> bool:
    """Whether a label stands in an element itself, and that is no more than a line: it holds no other paragraphs."""
    return label.getparent() is element and all(child is label or child.tag != "p" for child in element)


def _says_equation(element: Any) -> bool:
    """Whether the class of an element says that it is an equation, or that of the one element that it holds."""
    for _ in range(MOST_INWARDS):
        if has_class(element, EQUATION_CLASS):
            return True
        if len(element) != 1 or (element.text or "").strip() or (element[0].tail or "").strip():
            return False
        element = element[0]
    return False


def _is_displayed_span(element: Any) -> bool:
    """Whether a `span` is an equation within a paragraph, as ScienceDirect has it: all it holds is a `formula`."""
    if element.tag != "span" or "display" not in classes(element) or not has_one_child(element):
        return False
    return "formula" in classes(element[0])


def _replace(element: Any, rows: Sequence[Row]) -> None:
    """Paragraphs of the rows in an element's place: it becomes the first, or what holds them if it is the root."""
    parent, tail = element.getparent(), element.tail
    element.clear()
    if len(rows) == 1 or parent is None:
        within = element.tag == "span" and parent is not None and parent.tag not in BLOCK_PARENTS
        element.tag, element.text, element.tail = "span" if within else "p", "\n".join(row.text for row in rows), tail
        return
    element.tag, element.tail = "div", tail
    for row in rows:
        paragraph = element.makeelement("p")
        paragraph.text = row.text
        element.append(paragraph)


@cache
def _may_be_labels() -> Any:
    """What may have a class for numbers, by the letter that all of these have, or be at the right edge: found in C."""
    return etree().XPath("descendant::*[contains(@class, 'q') or contains(@style, 'right') or @align='right']")
