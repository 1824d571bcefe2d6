r"""Answers with a whole number in them that may be any: `\frac{\pi}{2}+2k\pi, k\in\mathbb{Z}`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from mathmill.eval.ladder.rungs import Compare, all_of, correct, matched, wrong
from mathmill.eval.syntax import trees as t
from mathmill.eval.values.exact import are_equal, form_of
from mathmill.eval.values.numeric import symbols_of
from mathmill.eval.values.polynomials import Undecided
from mathmill.eval.verdict import Verdict

_INTEGERS = t.Constant("integers")
_KINDS: dict[str, t.Tree] = {
    "integer": _INTEGERS,
    "natural number": t.Constant("naturals"),
    "positive integer": t.Symbol("positive integers"),
    "nonnegative integer": t.Symbol("integers that are not negative"),
    "non negative integer": t.Symbol("integers that are not negative"),
    "- negative integer": t.Symbol("integers that are not negative"),
}
_SAYING = frozenset(
    ["is", "are", "an", "a", "any", "all", "every", "some", "each", "where", "for", "numbers", "number"]
)


@dataclass(frozen=True, slots=True)
class Family:
    """Values, the letter in them that stands for any number of a kind, the kind, and what the values are named."""

    values: tuple[t.Tree, ...]
    letter: str
    kind: t.Tree
    names: frozenset[str] = frozenset()


def compare_families(answer: t.Tree, gold: t.Tree, compare: Compare) -> Verdict | None:
    """Two families of values; None where neither is one.

    The letter may be another, and where what it stands for is left out on one side it is taken from the other.
    """
    left, right = _family(answer), _family(gold)
    if left is None and right is None:
        return None
    left, right = left or _like(answer, right), right or _like(gold, left)
    if left is None or right is None:
        return None
    if left.names and right.names and left.names != right.names:
        return wrong("family", "values of something else")
    if left.kind != right.kind and not compare(left.kind, right.kind).correct:
        return wrong("family", "numbers of another kind")
    if left.letter != right.letter and right.letter in symbols_of(t.Items("list", left.values)):
        return wrong("family", "the letter of one is another unknown of the other")
    values = tuple(t.with_symbol(value, left.letter, t.Symbol(right.letter)) for value in left.values)
    if len(values) != len(right.values):
        return wrong("family", f"{len(values)} values for {len(right.values)}")
    if right.kind == _INTEGERS:
        steps = all_of("family", (_shifted(a, b, right.letter) for a, b in zip(values, right.values, strict=True)))
        if steps.correct:
            return steps
    return matched("family", values, right.values, compare)


def _shifted(answer: t.Tree, gold: t.Tree, letter: str) -> Verdict:
    """Whether two values that change by steps pass through the same numbers."""
    try:
        starts, steps = zip(*(_line(tree, letter) for tree in (answer, gold)), strict=True)
        left, right = (form_of(step) for step in steps)
        if are_equal(left, right) or are_equal(left, -right):
            apart = form_of(t.Quotient(t.Sum((starts[0], t.Negative(starts[1]))), steps[1])).rational()
            if apart is not None and Fraction(apart).denominator == 1:
                return correct("family")
    except Undecided:
        pass
    return wrong("family", "other values")


def _line(tree: t.Tree, letter: str) -> tuple[t.Tree, t.Tree]:
    """Where a value starts that changes by equal steps, and the step.

    Raises:
        Undecided: its steps are not equal.
    """
    tree = _value_of(tree)
    first, second, third = (t.with_symbol(tree, letter, t.Number(Fraction(number))) for number in range(3))
    step = t.Sum((second, t.Negative(first)))
    if not are_equal(form_of(t.Sum((third, t.Negative(second)))), form_of(step)):
        raise Undecided("unequal steps")
    return first, step


def _value_of(tree: t.Tree) -> t.Tree:
    match tree:
        case t.Relation((t.Symbol(), value), ("=",)):
            return value
    return tree


def _family(tree: t.Tree) -> Family | None:
    match tree:
        case t.Items("list" | "either" | "set", (*values, t.Relation((t.Symbol(letter), kind), ("in",)))) if values:
            return _of(tuple(values), letter, kind)
        case t.Items("list" | "either", (*values, t.Labelled(value, condition))) if values:
            inner = _family(t.Labelled(value, condition))
            return inner and _of((*values, *inner.values), inner.letter, inner.kind)
        case t.Labelled(value, t.Relation((t.Symbol(letter), kind), ("in",))):
            return _of(_values(value), letter, kind)
        case t.Labelled(value, t.Words(text)):
            said = _said(text)
            return said and _of(_values(value), *said)
        case t.Builder(t.Symbol(name), t.Items("list", (t.Relation((t.Symbol(first), _), ("=",)), _)) as rule):
            found = _family(rule) if first == name else None
            return found and replace(found, names=frozenset())
        case t.Builder(value, t.Relation((t.Symbol(letter), kind), ("in",))) if not isinstance(value, t.Symbol):
            return _of((value,), letter, kind)
        case t.Relation((t.Symbol(name), inner), ("in" | "=",)) if not isinstance(inner, t.Relation):
            found = _family(inner)
            return found and replace(found, names=frozenset({name}))
    return None


def _of(values: tuple[t.Tree, ...], letter: str, kind: t.Tree) -> Family | None:
    """The family, if its letter is in its values and stands for whole numbers."""
    is_whole = kind in (_INTEGERS, t.Constant("naturals")) or kind in _KINDS.values()
    is_whole = is_whole or (isinstance(kind, t.SetOperation) and _INTEGERS in kind.operands)
    if not is_whole or not all(letter in symbols_of(_value_of(value)) for value in values):
        return None
    named = (value.terms[0] for value in values if isinstance(value, t.Relation))
    names = frozenset(name.name for name in named if isinstance(name, t.Symbol))
    return Family(tuple(map(_value_of, values)), letter, kind, names)


def _values(tree: t.Tree) -> tuple[t.Tree, ...]:
    return tree.items if isinstance(tree, t.Items) and tree.kind in ("list", "either") else (tree,)


def _said(text: str) -> tuple[str, t.Tree] | None:
    """The letter and what it stands for in `n is an integer`, `any integer k`."""
    words = [word for word in text.split() if word not in _SAYING or (len(word) == 1 and word != "a")]
    letters = [word for word in words if len(word) == 1 and word.isalpha()]
    kind = " ".join(word.removesuffix("s") for word in words if word not in letters)
    if len(letters) != 1:
        return None
    known = _KINDS.get(kind) or (_KINDS["natural number"] if kind == "natural" else None)
    return (letters[0], known) if known else None


def _like(tree: t.Tree, other: Family | None) -> Family | None:
    """A value with one letter, read as a family like another one."""
    values = tuple(map(_value_of, _values(tree)))
    letters = symbols_of(t.Items("list", values))
    if other is None or len(letters) != 1 or any(isinstance(value, t.Relation | t.Symbol) for value in values):
        return None
    return _of(values, next(iter(letters)), other.kind)
