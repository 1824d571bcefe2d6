"""What each dollar of a text is: the edge of a formula, a currency, or nothing."""

from __future__ import annotations

import re
from enum import Enum

_DOLLAR = re.compile(r"\\.|\$\$?", re.DOTALL)
_AMOUNT = re.compile(r"\s?-?\.?\d")


class Dollar(Enum):
    """What a dollar is for."""

    FORMULA = "the edge of a formula"
    CURRENCY = "an amount of money"
    NOTHING = "an edge without its partner"


def dollars_of(source: str) -> dict[int, Dollar]:
    r"""Where unescaped dollars stand, `$$` as one, and what they are.

    Dollars that pair delimit, unless a digit stands behind the second: `$5 to $6` are two amounts, `$5$ to $6$` are two
    formulas.
    """
    if "$" not in source:
        return {}
    places = [match.span() for match in _DOLLAR.finditer(source) if match[0][0] == "$"]
    found: dict[int, Dollar] = {}
    number = 0
    while number < len(places):
        start, end = places[number]
        if number + 1 < len(places) and _closes(source, places[number], places[number + 1]):
            found[start] = found[places[number + 1][0]] = Dollar.FORMULA
            number += 2
            continue
        is_amount = end - start == 1 and (_AMOUNT.match(source, end) or source[:start].rstrip()[-1:].isdigit())
        found[start] = Dollar.CURRENCY if is_amount else Dollar.NOTHING
        number += 1
    return found


def _closes(source: str, opening: tuple[int, int], closing: tuple[int, int]) -> bool:
    if closing[1] - closing[0] != opening[1] - opening[0]:
        return False
    return not source[closing[1] : closing[1] + 1].isdigit() and bool(source[opening[1] : closing[0]].strip())
