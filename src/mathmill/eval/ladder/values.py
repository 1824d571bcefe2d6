"""Single values: exact numbers, decimals, forms, refutation at points, proof."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from mathmill.eval.ladder.rungs import correct, wrong
from mathmill.eval.syntax.trees import Negative, Number, Tree
from mathmill.eval.values.exact import are_equal, form_of
from mathmill.eval.values.numeric import differ
from mathmill.eval.values.polynomials import Form, Undecided
from mathmill.eval.verdict import Verdict

# Whether a computer algebra system proves two trees equal: a verdict by itself.
Prove = Callable[[Tree, Tree], Verdict]

# A gold that is a decimal of so many significant digits is taken as rounded.
_ROUNDED_DIGITS = 3


def equal_values(answer: Tree, gold: Tree, prove: Prove) -> Verdict:
    """Whether two single values are equal."""
    try:
        left, right = form_of(answer), form_of(gold)
        if (numbers := _as_numbers(left, right)) is not None:
            return _equal_numbers(answer, gold, *numbers)
        if are_equal(left, right):
            return correct("exact")
    except Undecided:
        pass
    try:
        apart = differ(answer, gold)
    except Undecided as reason:
        return Verdict("too_large", "numeric", str(reason))
    if apart:
        return _rounded(answer, gold) or wrong("numeric", "other values at the same points")
    return prove(answer, gold)


def _as_numbers(left: Form, right: Form) -> tuple[Fraction, Fraction] | None:
    first, second = left.rational(), right.rational()
    return None if first is None or second is None else (first, second)


def _equal_numbers(answer: Tree, gold: Tree, left: Fraction, right: Fraction) -> Verdict:
    if left == right:
        return correct("number")
    return _rounded(answer, gold) or wrong("number", f"{_shown(left)} is not {_shown(right)}")


def _shown(value: Fraction) -> str:
    text = str(value)
    return text if len(text) < 40 else f"{text[:37]}..."


def _rounded(answer: Tree, gold: Tree) -> Verdict | None:
    """Whether a gold decimal is the answer, rounded: golds are, exact ones are not decimals."""
    places = _places(gold)
    if places is None or _digits(gold) < _ROUNDED_DIGITS:
        return None
    given = _places(answer)
    if given is not None and given < places + 1:
        return None
    half = Number(Fraction(1, 2 * 10**places))
    try:
        distance = abs(_approximate(answer) - _approximate(gold))
    except Undecided:
        return None
    return correct("rounded", f"to {places} places") if distance <= half.value else None


def _approximate(tree: Tree) -> Fraction:
    from mathmill.eval.values.numeric import real_value

    return real_value(tree)


def _places(tree: Tree) -> int | None:
    if isinstance(tree, Negative):
        return _places(tree.value)
    return tree.places if isinstance(tree, Number) else None


def _digits(tree: Tree) -> int:
    if isinstance(tree, Negative):
        return _digits(tree.value)
    assert isinstance(tree, Number)
    assert tree.places is not None
    return len(str(abs(int(tree.value * 10**tree.places))))
