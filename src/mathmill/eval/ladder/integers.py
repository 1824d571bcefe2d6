"""Sets of whole numbers in words: `all integers n > 1`, `all odd positive integers`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from itertools import groupby

from mathmill.eval.syntax.number_sets import NOT_NEGATIVE, POSITIVE, joined
from mathmill.eval.syntax.trees import Constant, Interval, Negative, Number, Tree

_ADJECTIVES = frozenset([
    "positive", "negative", "nonnegative", "nonzero", "odd", "even", "prime", "composite", "real", "rational",
])  # fmt: skip
_NOUNS = frozenset(["integer", "integers", "number", "numbers"])
_ABOVE = {">": 1, "greater than": 1, "larger than": 1, "more than": 1, ">=": 0, "greater than or equal to": 0,
          "at least": 0}  # fmt: skip
_BELOW = {"<": 1, "less than": 1, "smaller than": 1, "<=": 0, "less than or equal to": 0, "at most": 0}
_ORDERS = "|".join(sorted(_ABOVE | _BELOW, key=len, reverse=True))
_SAID = re.compile(
    r"(?:all |any |every )?(?P<positive>positive )?integers?(?: (?:such that|with|where|for which))?(?: [a-z])?"
    rf"(?: is)? (?P<order>{_ORDERS}) (?P<minus>- )?(?P<bound>[0-9]{{1,20}})"
)
_INFINITY = Constant("infinity")


def integers_said(text: str) -> Tree | None:
    """`integers n >= 2`, `integers greater than 1` as a set, its end one of its numbers; None for other words."""
    said = _SAID.fullmatch(text)
    if said is None:
        return None
    bound = -int(said["bound"]) if said["minus"] else int(said["bound"])
    whole = Constant("integers")
    if said["order"] in _ABOVE:
        least = bound + _ABOVE[said["order"]]
        return joined(whole, _from(max(least, 1) if said["positive"] else least))
    if said["positive"]:
        return None
    return joined(whole, Interval(Negative(_INFINITY), _number(bound - _BELOW[said["order"]]), False, True))


def _from(least: int) -> Interval:
    """All from a number on, where that is 1 or 0 as `positive` and `nonnegative` are read."""
    known = {1: POSITIVE, 0: NOT_NEGATIVE}
    return known.get(least) or Interval(_number(least), _INFINITY, True, False)


def _number(value: int) -> Tree:
    return Negative(Number(Fraction(-value))) if value < 0 else Number(Fraction(value))


def in_order(words: Sequence[str]) -> list[str]:
    """Words with adjectives side by side before `integers` or `numbers` in the order of the alphabet."""
    runs = [(is_one, list(run)) for is_one, run in groupby(words, key=_ADJECTIVES.__contains__)]
    behind = [*(run for _, run in runs[1:]), [""]]
    parts = (
        sorted(run) if is_one and after[0] in _NOUNS else run for (is_one, run), after in zip(runs, behind, strict=True)
    )
    return [word for part in parts for word in part]
