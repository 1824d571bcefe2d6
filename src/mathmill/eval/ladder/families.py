r"""Answers with a whole number in them that may be any: `\frac{\pi}{2}+2k\pi, k\in\mathbb{Z}`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from mathmill.eval.ladder.rungs import Compare, all_of, correct, matched, wrong
from mathmill.eval.syntax import trees as t
from mathmill.eval.values.exact import are_equal, form_of
from mathmill.eval.values.numeric import symbols_of
from mathmill.eval.values.polynomials import ONE, Atom, Form, Undecided
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
# Letters that whole numbers go by, where it is not said what a letter stands for.
_COUNTERS = frozenset({"j", "k", "l", "m", "n", "t", "K", "N"})
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

    The letter may be another. Where an answer leaves out what it stands for it stands for what it does in the gold.
    Of a gold that leaves it out nothing is known but its value, which the answer has to have as it is written.
    """
    stated, wanted = _family(answer), _family(gold)
    if stated is None and wanted is None:
        return None
    left, right = stated or _like(answer, wanted), wanted or _like(gold, stated)
    if left is None or right is None:
        return None
    if left.names and right.names and left.names != right.names:
        return wrong("family", "values of something else")
    if left.kind != right.kind and not compare(left.kind, right.kind).correct:
        return wrong("family", "numbers of another kind")
    if left.letter != right.letter and right.letter in symbols_of(t.Items("list", left.values)):
        return wrong("family", "the letter of one is another unknown of the other")
    if left.letter != right.letter and None in (stated, wanted) and not _may_count(left, right, wanted):
        return wrong("family", "a letter that is not said to stand for the same numbers")
    values = tuple(t.with_symbol(value, left.letter, t.Symbol(right.letter)) for value in left.values)
    if len(values) != len(right.values):
        return wrong("family", f"{len(values)} values for {len(right.values)}")
    if wanted is not None and right.kind == _INTEGERS:
        steps = all_of("family", (_shifted(a, b, right.letter) for a, b in zip(values, right.values, strict=True)))
        if steps.correct:
            return steps
    return matched("family", values, right.values, compare)


def _may_count(left: Family, right: Family, wanted: Family | None) -> bool:
    """Whether another letter may stand for whole numbers where one side alone says so, as for turns of an angle."""
    of_turns = all(_turns(value) for value in right.values)
    return {left.letter, right.letter} <= _COUNTERS and (wanted is not None or of_turns)


def _turns(tree: t.Tree) -> bool:
    """Whether pi or a degree is in a value."""
    is_angle = tree == t.Constant("pi") or (isinstance(tree, t.Quantity) and tree.unit.startswith("deg"))
    return is_angle or any(map(_turns, t.children(tree)))


def _shifted(answer: t.Tree, gold: t.Tree, letter: str) -> Verdict:
    """Whether two values that change by steps pass through the same numbers."""
    try:
        (start, step), (other, wanted) = _line(answer, letter), _line(gold, letter)
        if are_equal(step, wanted) or are_equal(step, -wanted):
            apart = ((start - other) * wanted.inverse()).rational()
            if apart is not None and Fraction(apart).denominator == 1:
                return correct("family")
    except Undecided:
        pass
    return wrong("family", "other values")


def _line(tree: t.Tree, letter: str) -> tuple[Form, Form]:
    """Where a value starts that changes by equal steps as its letter does, and the step.

    Raises:
        Undecided: it is no polynomial of degree one in the letter.
    """
    tree = _value_of(tree)
    form = form_of(tree)
    if not _is_polynomial(tree, letter) or form.under != ONE:
        raise Undecided("no polynomial")
    counter, start, step = Atom("symbol", (letter,)), {}, {}
    for product, coefficient in form.over.items():
        power = dict(product).get(counter, 0)
        if power == 0:
            start[product] = coefficient
        elif power == 1:
            step[tuple(each for each in product if each[0] != counter)] = coefficient
        else:
            raise Undecided("unequal steps")
    return Form(start), Form(step)


def _is_polynomial(tree: t.Tree, letter: str) -> bool:
    """Whether a letter is only added, multiplied, divided by what it is not in, and taken to whole powers."""
    if letter not in symbols_of(tree):
        return True
    match tree:
        case t.Symbol():
            return True
        case t.Quotient(value, under):
            return letter not in symbols_of(under) and _is_polynomial(value, letter)
        case t.Power(base, t.Number(power)):
            return power > 0 and power.denominator == 1 and _is_polynomial(base, letter)
        case t.Sum() | t.Negative() | t.Product() | t.Mixed() | t.Quantity() | t.Percent():
            return all(_is_polynomial(child, letter) for child in t.children(tree))
    return False


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
    """A value with one letter, named or not, read as a family like another one."""
    named = _values(tree)
    values = tuple(map(_value_of, named))
    letters = symbols_of(t.Items("list", values))
    if other is None or len(letters) != 1 or any(isinstance(value, t.Relation | t.Symbol) for value in values):
        return None
    return _of(named, next(iter(letters)), other.kind)
