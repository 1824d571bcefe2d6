"""Displayed equations out of what pages lay them out with, tables above all, and the numbers beside them.

Formulas are placeholders here already. What shows one equation becomes a paragraph of its placeholders, so that
no table is seen where none is meant. Three habits: tables of equations (`_table_rows`), blocks that hold a number
in an element of its own or behind the formula (`_block_row`), and definition lists that only indent (`_indented`).
A table of data with formulas in its cells stays a table. Numbers inside a formula (`\\tag`) are its own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from itertools import islice
from typing import Any

from mathmill.pipeline.dom.elements import etree, walk

_DIGITS = r"(?:[A-Z]{1,2}[.\-]?)?\d{1,4}(?:[.\-–:]\d{1,4}){0,4}\s?[a-z]?['′*]{0,3}"
_EQ = r"(?:Eq(?:uation|n)?\.?\s*)?"
_STARS = r"[*†‡§#]{1,3}"
_ROMAN, _LETTERS = r"[ivxIVX]{1,5}", r"[A-Za-z]['′]?"
# A number as pages show it: in a cell of its own, behind a formula, or bare where the page says that it is one.
# Letters alone are the choices of a question, unless the page says that they are a number.
_NUMBER = re.compile(rf"\(\s*{_EQ}(?:{_DIGITS}|{_STARS}|{_ROMAN})\s*\)|\[\s*{_DIGITS}\s*\]")
_BARE_NUMBER = re.compile(rf"{_NUMBER.pattern}|\(\s*(?:{_LETTERS})\s*\)|{_EQ}{_DIGITS}")
_BESIDE = rf"(\(\s*{_EQ}(?:{_DIGITS}|{_STARS})\s*\)|\[\s*{_DIGITS}\s*\])"
_NUMBER_LAST = re.compile(rf"(?:\A|(?<=[\s.,;…])){_BESIDE}\Z")
_NUMBER_FIRST = re.compile(rf"\A{_BESIDE}(?=\s|\Z)")
_PERMALINKS = " ¶§#\u200b\uf0c1\ue157"
# Classes of elements that hold an equation, and of those that hold its number.
_EQUATION_CLASS = re.compile(
    r"(?:ltx_)?(?:eqn?_?(?:table|row|block)?|equation(?:group|array|-array|-star|-wrapper|-container)?)|align(?:ed|-star)?"
    r"|gather(?:-star)?|multline(?:-star)?|eqnarray(?:-star)?|math-?display|display-?(?:math|equation|formula)"
    r"|disp-formula|displayed-?equation|numblk|math-?block|formula",
    re.IGNORECASE,
)
_NUMBER_CLASS = re.compile(
    r"(?:ltx_)?(?:eqn?-?_?(?:no|num|nr|number|tag)|tag_equation|eqn_eqno|equation-?_?(?:number|label|num|no|tag)|eqnumber)",
    re.IGNORECASE,
)
_PERMALINK_CLASSES = frozenset({"headerlink", "anchor-link", "permalink"})
# Elements around which text is apart although it has no blank.
_APART = frozenset({"br", "dd", "div", "p", "td", "th"})
_UNSEEN = frozenset({"script", "style", "template", "svg", "math", "noscript"})
_WORD = re.compile(r"[^\W\d_]{2,}")
_RELATION = re.compile(r"[=<>≤≥≈≡∼~→⇒⇔:≔∈⊂⊆+−-]{1,3}")
_PUNCTUATION = re.compile(r"[\s.,;:!?…()\[\]{}|&'\"–-]*")
_CONTAINERS = frozenset(["center", "dd", "div", "dl", "figure", "p", "span"])
# Words that may stand beside the formulas of one row of a table, and of a block that says it is an equation.
MOST_WORDS, MOST_WORDS_IN_BLOCK = 5, 8
# How far around a placeholder an equation may reach: elements outwards, beginnings and ends of elements and characters.
MOST_OUTWARDS, MOST_STEPS, MOST_CHARS = 6, 300, 600
# Characters of a number, with what brackets it, and of an element's classes that are looked at.
MOST_NUMBER, MOST_CLASSES = 40, 200
# Cells and rows of a table that is an equation.
MOST_CELLS, MOST_ROWS = 12, 60


@dataclass(frozen=True, slots=True)
class _Row:
    """What one row or block shows: its text without the number, its placeholders in order, its number or ''."""

    text: str
    tokens: tuple[str, ...]
    number: str
    cells: int = 1  # that show anything beside the number
    formula_cells: int = 1
    related: bool = False  # whether a cell is a sign such as `=`, with another behind it


def equations(tree: Any, token: re.Pattern[str]) -> dict[str, str]:
    """Make a paragraph of each layout construct of `tree` that shows an equation; the tree is changed.

    `token` matches a formula's placeholder. Gives the placeholders of all equations made so, each with its number
    as the page shows it, such as `(3)` or `2.1a`, or ''. Of several formulas in a row the last has the number.
    Linear in the page: of a table or block no more is looked at than an equation may have.
    """
    tokens = [match.group() for match in token.finditer(tree.xpath("string()"))]
    if not tokens:
        return {}
    numbers: dict[str, str] = {}
    for table in reversed(list(tree.iter("table"))):  # inner ones first
        if rows := _table_rows(table, token):
            _note(rows, numbers)
            _replace(table, rows)
    known = _Blocks(tree, token)
    for holder, first in _holders(tree, token, _shared(min(tokens), max(tokens))):
        if first not in numbers:
            block, equation = _block_around(holder, known)
            if block is not None:
                _note(equation, numbers)
                _replace(block, equation)
    return numbers


def _note(rows: Sequence[_Row], numbers: dict[str, str]) -> None:
    for row in rows:
        numbers.update(dict.fromkeys(row.tokens, ""))
        if row.tokens:
            numbers[row.tokens[-1]] = row.number


def _table_rows(table: Any, token: re.Pattern[str]) -> list[_Row]:
    """The rows of a table that shows an equation or several under each other; none for any other table."""
    if table.find(".//table") is not None:
        return []
    classed = _has_class(table, _EQUATION_CLASS)
    trs = list(islice(table.iter("tr"), MOST_ROWS + 1))
    if len(trs) > MOST_ROWS or (not classed and next(table.iter("th", "caption"), None) is not None):
        return []
    found: list[_Row] = []
    for tr in trs:
        row = _row_of(tr, token, classed)
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


def _row_of(tr: Any, token: re.Pattern[str], classed: bool) -> _Row | None:
    """What a table's row shows, if it may be one of an equation: formulas, a number at an edge, few words.

    A number before the formula counts only in a table that says it is an equation: in others it numbers exercises,
    or the choices of one.
    """
    cells = list(islice(tr.iter("td", "th"), MOST_CELLS + 1))
    texts = [(cell, _text(cell)) for cell in cells]
    if len(cells) > MOST_CELLS or any(text is None for _, text in texts):
        return None
    filled = [(cell, text) for cell, text in texts if text]
    number = ""
    for at in (-1, 0) if classed else (-1,):
        if (
            filled
            and len(cells) > 1
            and not number
            and _is_number(filled[at][1], classed or _says_number(filled[at][0]))
        ):
            number = filled.pop(at)[1].rstrip(_PERMALINKS)
    shown = [text for _, text in filled]
    text = " ".join(shown)
    if not number and len(shown) == 1:
        text, number = _split_number(text, leading=classed)
    tokens = tuple(match.group() for match in token.finditer(text))
    words = len(_WORD.findall(token.sub(" ", text)))
    if words > (MOST_WORDS if tokens or classed else 0):
        return None
    formula_cells = sum(bool(token.search(piece)) for piece in shown)
    return _Row(text, tokens, number, len(shown), formula_cells, any(map(_RELATION.fullmatch, shown[:-1])))


def _is_number(text: str, bare: bool) -> bool:
    return bool((_BARE_NUMBER if bare else _NUMBER).fullmatch(text.rstrip(_PERMALINKS)))


def _is_array(rows: Sequence[_Row]) -> bool:
    """Whether the rows of a table that does not say so are equations: numbered ones, or sides around a relation."""
    if not all(row.tokens for row in rows):
        return False
    if all(row.number and row.formula_cells == 1 for row in rows):
        return True
    return 2 * sum(row.related for row in rows) >= len(rows)


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


def _labels(tree: Any) -> dict[Any, list[Any]]:
    """For the elements close around them, the elements whose class says that they hold a number."""
    around: dict[Any, list[Any]] = {}
    for element in _equation_names()(tree):
        if element.tag in ("div", "p", "span") and _says_number(element):
            for outer in islice(element.iterancestors(), MOST_OUTWARDS):
                around.setdefault(outer, []).append(element)
    return around


def _block_around(holder: Any, known: _Blocks) -> tuple[Any | None, Sequence[_Row]]:
    """The outermost element around a placeholder that shows equations and says so: by class, number or indentation."""
    best: tuple[Any | None, Sequence[_Row]] = (None, ())
    element = holder
    for _ in range(MOST_OUTWARDS):
        if element is None or element.tag not in _CONTAINERS:
            break
        if element.tag not in ("dd", "span") and (rows := known.rows(element)):
            best = element, rows
        element = element.getparent()
    return best


class _Blocks:
    """What blocks of a tree show, each looked at once however many placeholders it holds."""

    def __init__(self, tree: Any, token: re.Pattern[str]) -> None:
        self.token = token
        self.labels = _labels(tree)
        self.known: dict[Any, Sequence[_Row]] = {}

    def rows(self, element: Any) -> Sequence[_Row]:
        """The equations that an element shows and says to be such; none where it holds more."""
        if element not in self.known:
            self.known[element] = self._rows(element)
        return self.known[element]

    def _rows(self, element: Any) -> Sequence[_Row]:
        if element.tag == "dl":
            return _indented(element, self.token)
        said = _has_class(element, _EQUATION_CLASS)
        row = _block_row(element, self.token, said, self.labels.get(element, ()))
        return (row,) if row and (said or row.number) else ()


def _indented(dl: Any, token: re.Pattern[str]) -> list[_Row]:
    """The equations of a definition list that has no terms, which only indents; none where it holds more."""
    if len(dl) > MOST_ROWS or (dl.text or "").strip() or any(child.tag != "dd" for child in dl):
        return []
    rows = [_block_row(child, token, False, ()) for child in dl]
    if not all(rows):
        return []
    return [row for row in rows if row]


def _block_row(element: Any, token: re.Pattern[str], classed: bool, labels: Sequence[Any]) -> _Row | None:
    """What an element shows, if that is formulas and a number and, where something says so, few words."""
    text = _text(element)
    if text is None or not token.search(text):
        return None
    number = ""
    if len(labels) == 1 and _is_number(label := _text(labels[0]) or "", bare=True) and not token.search(label):
        number = label.rstrip(_PERMALINKS)
        text = _text(element, without=labels[0]) or ""
    if len(labels) > 1:
        return None
    if not number:
        text, number = _split_number(text, leading=classed)
    text = text.rstrip(_PERMALINKS)
    rest = token.sub(" ", text)
    most = MOST_WORDS if element.tag == "dd" and token.match(text) else 0
    if classed or (labels and labels[0].getparent() is element):
        most = MOST_WORDS_IN_BLOCK
    if len(_WORD.findall(rest)) > most or (not most and not _PUNCTUATION.fullmatch(rest)):
        return None
    return _Row(text, tuple(match.group() for match in token.finditer(text)), number)


def _split_number(text: str, leading: bool) -> tuple[str, str]:
    """A text without the number at its end, or with `leading` at its beginning, and that number or ''."""
    text = text.rstrip(_PERMALINKS)
    end = text[-MOST_NUMBER:]
    if match := _NUMBER_LAST.search(end):
        return text[: len(text) - len(end) + match.start()].rstrip(), match.group(1)
    if leading and (match := _NUMBER_FIRST.match(text)):
        return text[match.end() :].lstrip(), match.group(1)
    return text, ""


def _says_number(element: Any) -> bool:
    return _has_class(element, _NUMBER_CLASS)


def _has_class(element: Any, pattern: re.Pattern[str]) -> bool:
    classes = element.get("class")
    return bool(classes) and len(classes) <= MOST_CLASSES and _fits(pattern, classes)


@lru_cache(4096)
def _fits(pattern: re.Pattern[str], classes: str) -> bool:
    return any(map(pattern.fullmatch, classes.split()))


def _text(element: Any, without: Any | None = None) -> str | None:
    """An element's visible text on one line, without that of one element inside; None where it is long."""
    parts: list[str] = []
    steps = length = 0
    nodes = walk(element)
    for event, node in nodes:
        if event == "start":
            if node.tag in _UNSEEN or node is without or _is_permalink(node):
                nodes.skip_subtree()
                continue
            piece = node.text
        else:
            piece = node.tail if node is not element else None
        if node is not element and _is_apart(node):
            parts.append(" ")
        if piece:
            parts.append(piece)
            length += len(piece.strip())
        steps += 1
        if steps > MOST_STEPS or length > MOST_CHARS:
            return None
    return " ".join("".join(parts).split())


def _is_apart(element: Any) -> bool:
    return element.tag in _APART or "float" in (element.get("style") or "")


def _is_permalink(element: Any) -> bool:
    return element.tag == "a" and bool(_PERMALINK_CLASSES & set((element.get("class") or "").split()))


def _replace(element: Any, rows: Sequence[_Row]) -> None:
    """Paragraphs of the rows in an element's place: it becomes the first, or what holds them if it is the root."""
    parent, tail = element.getparent(), element.tail
    element.clear()
    if len(rows) == 1 or parent is None:
        element.tag, element.text, element.tail = "p", "\n".join(row.text for row in rows), tail
        return
    element.tag, element.tail = "div", tail
    for row in rows:
        paragraph = element.makeelement("p")
        paragraph.text = row.text
        element.append(paragraph)


@cache
def _equation_names() -> Any:
    """What may have a class for numbers, by the letter that all of these have: found in C, as pages are long."""
    return etree().XPath("descendant::*[contains(@class, 'q')]")
