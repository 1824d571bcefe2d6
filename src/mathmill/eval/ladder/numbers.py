r"""Plain numerals, decided without reading them into trees: most answers are nothing else."""

from __future__ import annotations

import re
from fractions import Fraction

from mathmill.eval.ladder.rounding import MORE_PLACES, SIGNIFICANT
from mathmill.eval.ladder.rungs import correct, wrong
from mathmill.eval.verdict import Verdict

# Longer ones are left to the parser, which knows what is too large.
_PLAIN = re.compile(
    r"(?P<dollars>\$?)\s?(?P<sign>[-+]?)"
    r"(?:(?P<digits>\d{1,60}|[1-9]\d{0,2}(?:,\d{3}){1,9})(?:\.(?P<places>\d{1,60}))?(?:/(?P<under>[1-9]\d{0,30}))?"
    r"|\\[dt]?frac\{(?P<over>\d{1,30})\}\{(?P<below>[1-9]\d{0,30})\})\s?(?P=dollars)",
    re.ASCII,
)


def compare_numerals(answer: str, gold: str) -> Verdict | None:
    """The verdict on two plain numerals; None where one is something else."""
    wanted = _PLAIN.fullmatch(gold.strip())
    if wanted is None or (given := _PLAIN.fullmatch(answer.strip())) is None:
        return None
    left, right = _value(given), _value(wanted)
    if left == right:
        return correct("number")
    if wanted["places"] and not wanted["under"] and _rounds(given, wanted, left, right):
        return correct("rounded", "to the places of the gold")
    return wrong("number", f"{left} is not {right}")


def _value(match: re.Match[str]) -> Fraction | int:
    value: Fraction | int
    if match["digits"] is None:
        value = Fraction(int(match["over"]), int(match["below"]))
    else:
        whole, places = match["digits"].replace(",", ""), match["places"]
        value = Fraction(int(whole + places), 10 ** len(places)) if places else int(whole)
        if match["under"]:
            value = Fraction(value) / int(match["under"])
    return -value if match["sign"] == "-" else value


def _rounds(given: re.Match[str], wanted: re.Match[str], left: Fraction | int, right: Fraction | int) -> bool:
    """Whether a fraction or a longer decimal comes to a gold decimal: the rule of `rounding`."""
    places = len(wanted["places"])
    is_decimal = given["digits"] is not None and not given["under"]
    if len(str(abs(int(right * 10**places)))) < SIGNIFICANT:
        return False
    if is_decimal and len(given["places"] or "") < places + MORE_PLACES:
        return False
    return abs(Fraction(left) - right) <= Fraction(1, 2 * 10**places)
