r"""How a table's cell becomes the gold of a Problem: a closed set of named rules, each exact and none of them guessing.

    column    the cell is the gold: a text, a number (18.0 is 18), or a list of such, joined as `1, 2`
    number    the same, and a text that is a number is written plainly: `51.0` is 51, `1,000` is 1000
    unit      a text whose unit stands behind it in parentheses: `9 (apples)` is 9 (ASDiv)
    hash      a solution that ends in `#### 1,000`: 1000, without the commas of thousands (GSM8K)
    last_box  a solution whose last `\boxed{..}` holds the answer; `\boxed 5` goes to the next `$` (MATH)
    phrase    a solution that ends in `The answer is 5.` (chain-of-thought shots)

Nobody looks for a gold anywhere else: what a rule does not find is no gold, and is told as such.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

GoldRule = Literal["column", "number", "unit", "hash", "last_box", "phrase"]

_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_UNIT = re.compile(r"\s*\([^()]*\)\s*\Z")
_BOX = re.compile(r"\\boxed(?![A-Za-z])")
_STEP = re.compile(r"\\.|[{}]", re.DOTALL)  # of a group: an escaped character, or a brace
_SAID = "The answer is "
_LONGEST_NUMBER = 40  # characters of a text that may be a number


def gold_of(cell: Any, rule: GoldRule) -> str:
    """The gold that `rule` finds in a cell, "" where it finds none.

    Raises:
        ValueError: the cell is neither a text, a number nor a list of such.
    """
    text = text_of(cell)
    match rule:
        case "number":
            return plain_number(text)
        case "unit":
            return _UNIT.sub("", text)
        case "hash":
            return _THOUSANDS.sub("", text.rpartition("####")[2].strip()) if "####" in text else ""
        case "last_box":
            return last_box(text)
        case "phrase":
            return text.rpartition(_SAID)[2].strip().removesuffix(".") if _SAID in text else ""
        case "column":
            return text


def rule_for(gold: str) -> GoldRule | None:
    """The rule by which a gold that is a whole solution has to be read; None of one that is an answer."""
    if "####" in gold:
        return "hash"
    boxed = _BOX.search(gold)
    return "last_box" if boxed and gold[: boxed.start()].strip(" $\n") else None


def text_of(cell: Any) -> str:
    """A cell as a text without blanks around it; of a list its items, joined by ", ".

    Raises:
        ValueError: it is of another kind, or a number that is none.
    """
    if hasattr(cell, "tolist"):  # numpy's arrays and numbers
        cell = cell.tolist()
    match cell:
        case None:
            return ""
        case str():
            return cell.strip()
        case list() | tuple():
            return ", ".join(text for item in cell if (text := text_of(item)))
        case int() if not isinstance(cell, bool):
            return str(cell)
        case float() if math.isfinite(cell):
            return str(int(cell)) if cell.is_integer() else repr(cell)
        case Decimal() if cell.is_finite():
            return plain_number(f"{cell:f}")
    raise ValueError(f"a {type(cell).__name__}" if not isinstance(cell, float) else str(cell))


def plain_number(text: str) -> str:
    """A number without the commas of thousands and without zeros behind its point; another text as it is."""
    try:
        number = Decimal(_THOUSANDS.sub("", text)) if len(text) <= _LONGEST_NUMBER else None
    except InvalidOperation:
        return text
    if number is None or not number.is_finite() or abs(number.adjusted()) > _LONGEST_NUMBER:
        return text
    written = f"{number:f}"
    return written.rstrip("0").rstrip(".") if "." in written else written


def last_box(solution: str) -> str:
    r"""What the last `\boxed{..}` holds, braces balanced; of `\boxed 5` what is before the next `$`."""
    ends = [found.end() for found in _BOX.finditer(solution)]
    if not ends:
        return ""
    rest = solution[ends[-1] :].lstrip()
    return _group(rest) if rest.startswith("{") else rest.partition("$")[0].strip()


def _group(text: str) -> str:
    """What the group that `text` starts with holds, "" where it does not end."""
    depth = 0
    for step in _STEP.finditer(text):
        depth += {"{": 1, "}": -1}.get(step[0], 0)
        if depth == 0:
            return text[1 : step.start()].strip()
    return ""
