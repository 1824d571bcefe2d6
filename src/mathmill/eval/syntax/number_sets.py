r"""Parts of the sets of numbers: `\mathbb{R}^+`, `\mathbb{Z}_{\ge 0}`, `\mathbb{N}^*`."""

from __future__ import annotations

from fractions import Fraction

from mathmill.eval.syntax.trees import Constant, Interval, Items, Negative, Number, Relation, SetOperation, Tree, Words

_ZERO = Number(Fraction(0))
_INFINITY = Constant("infinity")
POSITIVE = Interval(_ZERO, _INFINITY, False, False)
NOT_NEGATIVE = Interval(_ZERO, _INFINITY, True, False)
NEGATIVE = Interval(Negative(_INFINITY), _ZERO, False, False)
_PARTS = {"+": POSITIVE, ">0": POSITIVE, ">=0": NOT_NEGATIVE, "-": NEGATIVE, "<0": NEGATIVE}
_WITHOUT_ZERO = frozenset({"*", "star", "\\ast"})
_SETS = frozenset({"reals", "integers", "naturals", "rationals", "complexes"})


def part_of(whole: Constant, side: str, mark: str) -> Tree | None:
    """The part of a set of numbers that a mark above or below it (`side` is `^` or `_`) tells; None for others."""
    if whole.name not in _SETS:
        return None
    if mark in _WITHOUT_ZERO and side == "^":
        if whole.name == "naturals":  # without zero they are the positive integers, whether zero is one or not
            return joined(Constant("integers"), POSITIVE)
        return SetOperation("difference", (whole, Items("set", (_ZERO,))))
    if mark not in _PARTS:
        return None
    return joined(Constant("integers") if whole.name == "naturals" else whole, _PARTS[mark])


def joined(whole: Constant, part: Interval) -> Tree:
    """What a set and a part of the line have in common."""
    return part if whole.name == "reals" else SetOperation("intersection", (whole, part))


def excepting(value: Tree) -> Tree | None:
    """The real numbers without one or several, named or not; None where what is left out is no value."""
    given = value.items if isinstance(value, Items) and value.kind in ("list", "either", "set") else (value,)
    points = tuple(
        item.terms[-1] if isinstance(item, Relation) and item.relations == ("=",) else item for item in given
    )
    if any(isinstance(point, Relation | Items | Words) for point in points):
        return None
    return SetOperation("difference", (Constant("reals"), Items("set", points)))
