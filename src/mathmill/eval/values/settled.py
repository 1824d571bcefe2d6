"""What a tree presupposes of its unknowns, and what its form is where they are so.

Over the reals `x` is not negative where there is a `sqrt(x)` or `ln(x)`, and whole where there is a `(-1)^x`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from mathmill.eval.limits import MAX_NODES
from mathmill.eval.syntax import trees as t
from mathmill.eval.values.points import COUNTS
from mathmill.eval.values.polynomials import ONE, PI, TURN, Atom, Form, Monomial, Polynomial, Rational
from mathmill.eval.values.powers import exponential, size_of
from mathmill.eval.values.rational import rational_at, symbols_of

_I = (TURN, Fraction(1, 2))


@dataclass(frozen=True)
class Known:
    """The unknowns that are not negative and those that are whole, by name."""

    not_negative: frozenset[str] = frozenset()
    whole: frozenset[str] = frozenset()


NOTHING = Known()


def presupposed(answer: t.Tree, gold: t.Tree) -> Known:
    """What may be taken for granted of the unknowns of an answer: what its gold presupposes.

    What the answer alone does is not, or it would choose where it has to agree: but that a letter that counts is whole.
    """
    known = known_of(gold)
    return Known(known.not_negative, known.whole | (known_of(answer).whole & COUNTS))


def known_of(tree: t.Tree) -> Known:
    """What holds of its unknowns wherever a tree is defined over the reals."""
    nodes = list(_nodes(tree))
    whole = frozenset[str]().union(*(symbols_of(node.exponent) for node in nodes if _alternates(node)))  # type: ignore[union-attr]
    return Known(frozenset(name for node in nodes for name in _bounded_below(node)), whole)


def _nodes(tree: t.Tree) -> Iterator[t.Tree]:
    """All nodes but those below a bound variable, which that of an integral without ends is not."""
    waiting = [tree]
    for _ in range(MAX_NODES):
        if not waiting:
            return
        node = waiting.pop()
        yield node
        if not isinstance(node, t.Bound) or (node.operator == "int" and node.low is None):
            waiting.extend(t.children(node))


def _alternates(node: t.Tree) -> bool:
    """Whether it is a power of what is surely not positive."""
    match node:
        case t.Power(t.Constant("i"), _):
            return True
        case t.Power(base, _):
            value = rational_at(base, {})
            return value is not None and value < 0
    return False


def _bounded_below(node: t.Tree) -> Iterator[str]:
    match node:
        case t.Root(radicand, t.Number(degree)) if degree % 2 == 0:
            yield from _of_its_sign(radicand)
        case t.Call("ln" | "log" | "log10", (argument, *_)):
            yield from _of_its_sign(argument)
        case t.Power(base, exponent):
            value = rational_at(exponent, {})
            if value is not None and value.denominator % 2 == 0:
                yield from _of_its_sign(base)


def _of_its_sign(tree: t.Tree) -> Iterator[str]:
    """The unknown that is not negative where a tree is not, such as that of `4x^3`."""
    match tree:
        case t.Symbol(name):
            yield name
        case t.Power(base, t.Number(exponent)) if exponent.denominator == 1 and exponent % 2:
            yield from _of_its_sign(base)
        case t.Quotient(one, other) | t.Product((one, other)):
            for factor, rest in ((one, other), (other, one)):
                if (rational_at(factor, {}) or 0) > 0:
                    yield from _of_its_sign(rest)


def settled_form(form: Form, known: Known) -> Form:
    """The form of a tree where its unknowns are so.

    Raises:
        Undecided: it is too large.
    """
    if known == NOTHING or not any(
        atom.kind in ("abs", "exp") for part in (form.over, form.under) for p in part for atom, _ in p
    ):
        return form
    over = Form(settled(form.over, known))
    return over if form.under == ONE else over * Form(settled(form.under, known)).inverse()


def settled(poly: Polynomial, known: Known) -> Polynomial:
    """The polynomial where unknowns are so: there `|x|` is x, and `(-1)^(2n)` is 1.

    Raises:
        Undecided: it is too large.
    """
    total = Form.of(0)
    for product, coefficient in poly.items():
        term = Form.of(coefficient)
        for atom, exponent in _without_sizes(product, known.not_negative):
            if atom.kind == "exp" and (sized := _of_sizes(atom, known.not_negative)) is not None:
                term = term * exponential(sized.scaled(exponent))
            else:
                term = term * Form.atom(atom, _once_around(atom, exponent, known.whole))
        total = total + term
    return total.over


def _without_sizes(product: Monomial, letters: frozenset[str]) -> Iterator[tuple[Atom, Rational]]:
    merged: dict[Atom, Rational] = {}
    for atom, exponent in product:
        inner = atom.parts[0] if atom.kind == "abs" else atom
        if isinstance(inner, Atom) and inner.kind == "symbol" and inner.parts[0] in letters:
            merged[inner] = merged.get(inner, 0) + exponent
        else:
            yield atom, exponent
    for symbol, exponent in merged.items():
        yield (symbol if exponent.denominator % 2 else size_of(symbol)), exponent


def _of_sizes(atom: Atom, letters: frozenset[str]) -> Form | None:
    """What `e^(n ln x)` is `e` to, with `ln |x|`; None where there is no such logarithm of these unknowns."""
    logarithms = {
        Atom("ln", (Form.atom(symbol).key,)): symbol for name in letters for symbol in [Atom("symbol", (name,))]
    }
    along: Monomial = atom.parts[0]  # type: ignore[assignment]
    if not any(inner in logarithms for inner, _ in along):
        return None
    total = Form.of(1)
    for inner, exponent in along:
        symbol = logarithms.get(inner)
        sized = inner if symbol is None else Atom("ln", (Form.atom(size_of(symbol)).key,))
        total = total * Form.atom(sized, exponent)
    return total


def _once_around(atom: Atom, exponent: Rational, whole: frozenset[str]) -> Rational:
    """The least exponent from 0 of `e^(i pi m)`, where m is a product of whole unknowns: two are a full turn."""
    if atom.kind != "exp":
        return exponent
    along: Monomial = atom.parts[0]  # type: ignore[assignment]
    rest = [power for power in along if power not in (_I, (PI, 1))]
    turns = len(rest) == len(along) - 2 and all(
        inner.kind == "symbol" and inner.parts[0] in whole and power.denominator == 1 and power > 0
        for inner, power in rest
    )
    return exponent - 2 * math.floor(Fraction(exponent) / 2) if turns else exponent
