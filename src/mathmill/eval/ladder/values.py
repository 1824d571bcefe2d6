"""Single values: exact numbers, decimals, forms, refutation at points, proof."""

from __future__ import annotations

from fractions import Fraction

from mathmill.eval.ladder.rounding import rounds_to
from mathmill.eval.ladder.rungs import Compare, Effort, all_of, correct, wrong
from mathmill.eval.syntax import trees as t
from mathmill.eval.values.defined import converges_nowhere, divides_by_nought
from mathmill.eval.values.exact import are_equal, form_of, is_determinant
from mathmill.eval.values.identities import is_identity
from mathmill.eval.values.numeric import differ
from mathmill.eval.values.polynomials import Form, TooMuch, Undecided
from mathmill.eval.values.settled import presupposed
from mathmill.eval.verdict import Verdict

_NO_VALUES = (
    t.Words, t.Choice, t.Items, t.Interval, t.Matrix, t.Relation, t.SetOperation, t.Builder, t.Labelled, t.PlusMinus,
    t.Dots,
)  # fmt: skip
_NUMBERS = frozenset({"pi", "e", "i"})
_INDEPENDENT = frozenset({"symbol", "pi", "prime"})
# What no rule here evaluates, so that only a proof can tell.
_UNTRIED = frozenset({"int", "lim"})


def equal_values(answer: t.Tree, gold: t.Tree, compare: Compare, effort: Effort) -> Verdict:
    """Whether two single values are equal; what is no single value is compared part by part."""
    if not (_is_value(answer) and _is_value(gold)):
        return _part_by_part(answer, gold, compare)
    if (diverging := effort.ask("convergence", _diverging, answer, gold)) is not None:
        return diverging
    try:
        known = presupposed(answer, gold)
        left, right = form_of(answer, known), form_of(gold, known)
        first, second = left.rational(), right.rational()
        if first is not None and second is not None:
            return equal_numbers(answer, gold, first, second)
        if are_equal(left, right):
            return correct("exact")
        if _is_told_apart(left) and _is_told_apart(right):
            return rounds_to(answer, gold) or wrong("exact", "other values")
    except Undecided:
        pass
    return (
        _refuted(answer, gold, effort)
        or effort.ask("identity", _identical, answer, gold)
        or effort.ask("proof", effort.prove, answer, gold)
    )


def _diverging(answer: t.Tree, gold: t.Tree) -> Verdict | None:
    return wrong("numeric", "sums that converge nowhere together") if converges_nowhere(answer, gold) else None


def _identical(answer: t.Tree, gold: t.Tree) -> Verdict | None:
    return correct("identity") if is_identity(answer, gold) else None


def _is_told_apart(form: Form) -> bool:
    """Whether a form is of such atoms alone that unequal sums of them are worth different things.

    Letters and pi are independent over what is algebraic, and so are different products of roots of primes over the
    rationals.
    """
    return all(atom.kind in _INDEPENDENT for part in (form.over, form.under) for product in part for atom, _ in product)


def equal_numbers(answer: t.Tree, gold: t.Tree, left: Fraction, right: Fraction) -> Verdict:
    """The verdict on trees that are worth these numbers."""
    if left == right:
        return correct("number")
    return rounds_to(answer, gold) or wrong("number", f"{_shown(left)} is not {_shown(right)}")


def _shown(value: Fraction) -> str:
    if value.numerator.bit_length() + value.denominator.bit_length() > 200:
        return "a long number"
    return str(value)


def _refuted(answer: t.Tree, gold: t.Tree, effort: Effort) -> Verdict | None:
    """Wrong where the two differ at some point, or one has no value; None where only a proof can tell."""
    effort.evaluate(_size(answer) + _size(gold))
    try:
        apart = differ(answer, gold)
    except TooMuch as reason:
        return Verdict("too_large", "numeric", str(reason))
    except Undecided:
        return wrong("numeric", "no finite value") if divides_by_nought(answer, gold) else None
    if apart:
        return rounds_to(answer, gold) or wrong("numeric", "other values at the same points")
    if apart is None:
        return wrong("numeric", "no finite value")
    return None


def _is_value(tree: t.Tree) -> bool:
    if isinstance(tree, t.Number | t.Symbol):
        return True
    if is_determinant(tree):
        return all(_is_value(entry) for matrix in t.children(tree) for entry in t.children(matrix))
    if isinstance(tree, _NO_VALUES):
        return False
    if isinstance(tree, t.Constant):
        return tree.name in _NUMBERS
    if isinstance(tree, t.Quantity) and tree.unit not in ("degree", "degrees"):
        return False
    if isinstance(tree, t.Bound) and tree.high == t.Constant("infinity"):
        return _is_value(tree.body)
    if isinstance(tree, t.Bound) and tree.operator in _UNTRIED:
        return _is_value(tree.body)
    return all(map(_is_value, t.children(tree)))


def _size(tree: t.Tree) -> int:
    return 1 + sum(map(_size, t.children(tree)))


def _part_by_part(answer: t.Tree, gold: t.Tree, compare: Compare) -> Verdict:
    """What holds sets, tuples or words inside is equal if it is built alike of equal parts."""
    left, right = list(t.children(answer)), list(t.children(gold))
    if type(answer) is not type(gold) or len(left) != len(right) or not left or _sign_of(answer) != _sign_of(gold):
        return wrong("kind", f"{_article(answer)} is not {_article(gold)}")
    return all_of("structure", (compare(a, b) for a, b in zip(left, right, strict=True)))


def _sign_of(tree: t.Tree) -> object:
    """What a node says beside its children."""
    match tree:
        case t.Call(name, _) | t.Bound(name) | t.SetOperation(name, _) | t.Items(name, _):
            return name
        case t.Quantity(_, unit):
            return unit
        case t.Relation(_, relations):
            return relations
        case t.Interval(_, _, closed_low, closed_high):
            return closed_low, closed_high
        case t.PlusMinus(_, upper):
            return upper
    return None


def _article(tree: t.Tree) -> str:
    name = tree.name.replace("_", " ") if isinstance(tree, t.Constant) else type(tree).__name__.lower()
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"
