"""Trees as forms: arithmetic, radicals, logarithms, angles, done exactly and without a computer algebra system.

Sound, not complete: two trees with equal forms are equal wherever both are defined over the reals; what is not known is
`Undecided`. A letter in an exponent or below a logarithm or an even root says where its tree is defined.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache

from mathmill.eval.limits import MAX_NODES
from mathmill.eval.syntax import trees as t
from mathmill.eval.values import proofs
from mathmill.eval.values.functions import ARITIES, FUNCTIONS
from mathmill.eval.values.polynomials import (
    ONE,
    PI,
    Atom,
    Form,
    Monomial,
    Polynomial,
    Rational,
    Undecided,
    fresh_work,
    times,
)
from mathmill.eval.values.powers import I, absolute, exponential, raised, size_of

_CONSTANTS = {"pi": Form.atom(PI), "e": exponential(Form.of(1)), "i": I}


def form_of(tree: t.Tree) -> Form:
    """The form of a tree.

    Raises:
        Undecided: it is no single value, too large, or of a kind not known here.
    """
    if type(tree) is t.Number:
        return Form.of(tree.value)
    found = _form_or_reason(tree)
    if isinstance(found, str):
        raise Undecided(found)
    return found


@lru_cache(maxsize=1_024)
def _form_or_reason(tree: t.Tree) -> Form | str:
    fresh_work()
    try:
        form = _form(tree)
        letters = _not_negative(tree) if any(atom.kind == "abs" for p in form.over for atom, _ in p) else frozenset()
        return _settled(form, letters) if letters else form
    except Undecided as reason:
        return str(reason)


def are_equal(left: Form, right: Form) -> bool:
    """Whether two forms are proved equal; False says only that they are not.

    Raises:
        Undecided: the proof is too large.
    """
    fresh_work()
    plain = left.under == ONE == right.under
    if plain and left.over == right.over:
        return True
    if plain:
        return proofs.is_zero((left - right).over)
    difference: dict[Monomial, Rational] = dict(times(left.over, right.under))
    for product, coefficient in times(right.over, left.under).items():
        difference[product] = difference.get(product, 0) - coefficient
    rest = {product: coefficient for product, coefficient in difference.items() if coefficient}
    if rest and not proofs.is_zero(rest):
        return False
    return not any(len(part) > 1 and proofs.is_zero(part) for part in (left.under, right.under))


def _form(tree: t.Tree) -> Form:
    maker = _MAKERS.get(type(tree))
    if maker is None:
        raise Undecided(f"a {type(tree).__name__}")
    return maker(tree)


def _constant(tree: t.Constant) -> Form:
    if tree.name not in _CONSTANTS:
        raise Undecided(f"the constant {tree.name}")
    return _CONSTANTS[tree.name]


def _in_base(tree: t.InBase) -> Form:
    try:
        return Form.of(int(tree.digits, tree.base))
    except ValueError:
        raise Undecided(f"{tree.digits} in base {tree.base}") from None


def _sum(tree: t.Sum) -> Form:
    total = Form.of(0)
    for term in tree.terms:
        total = total + _form(term)
    return total


def _product(tree: t.Product) -> Form:
    total = _form(tree.factors[0])
    for factor in tree.factors[1:]:
        total = total * _form(factor)
    return total


def _quotient(tree: t.Quotient) -> Form:
    over, under = tree.numerator, tree.denominator
    if type(over) is t.Number and type(under) is t.Number and under.value:
        return Form.of(over.value / under.value)
    return _form(over) * _form(under).inverse()


def _quantity(tree: t.Quantity) -> Form:
    if tree.unit not in ("degree", "degrees"):
        raise Undecided("a quantity")
    return _form(tree.value) * Form.atom(PI).scaled(Fraction(1, 180))


def _root(tree: t.Root) -> Form:
    degree = _form(tree.degree).rational()
    if degree is None or degree.denominator != 1 or not 1 <= degree <= 100:
        raise Undecided("a root of no whole degree")
    inner = tree.radicand
    if isinstance(inner, t.Power) and degree % 2 == 0:
        power = _form(inner.exponent).rational()
        if power is not None and power.denominator == 1 and power % 2 == 0:
            base = _form(inner.base)
            if base.is_real:
                return raised(absolute(base), Form.of(power / degree))
    return raised(_form(inner), Form.of(1 / degree))


def _call(tree: t.Call) -> Form:
    maker = FUNCTIONS.get(tree.function)
    arguments = tuple(map(_form, tree.arguments))
    if maker is None:
        if tree.function not in ("det", "dim", "trace", "rank", "arg"):
            raise Undecided(f"the function {tree.function}")
        return Form.atom(Atom(tree.function, tuple(argument.key for argument in arguments)))
    if len(arguments) not in ARITIES.get(tree.function, (1,)):
        raise Undecided(f"{tree.function} of {len(arguments)} arguments")
    return maker(*arguments)


def _not_negative(tree: t.Tree) -> frozenset[str]:
    """The unknowns that are not negative wherever a tree is defined over the reals."""
    return frozenset(name for node in _all_nodes(tree) for name in _bounded_below(node))


def _all_nodes(tree: t.Tree) -> Iterator[t.Tree]:
    waiting = [tree]
    for _ in range(MAX_NODES):
        if not waiting:
            return
        node = waiting.pop()
        yield node
        waiting.extend(t.children(node))


def _bounded_below(node: t.Tree) -> Iterator[str]:
    match node:
        case t.Root(t.Symbol(name), t.Number(degree)) if degree % 2 == 0:
            yield name
        case t.Call("ln" | "log" | "log10", (t.Symbol(name), *_)):
            yield name
        case t.Power(t.Symbol(name), exponent):
            value = _form(exponent).rational()
            if value is not None and value.denominator % 2 == 0:
                yield name


def _settled(form: Form, letters: frozenset[str]) -> Form:
    """The form where these unknowns are not negative: there `|x|` is x."""
    under = form.under if form.under == ONE else _settled_poly(form.under, letters)
    return replace(form, over=_settled_poly(form.over, letters), under=under)


def _settled_poly(poly: Polynomial, letters: frozenset[str]) -> Polynomial:
    total = Form.of(0)
    for product, coefficient in poly.items():
        term = Form.of(coefficient)
        for atom, exponent in _without_sizes(product, letters):
            term = term * Form.atom(atom, exponent)
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


_MAKERS: dict[type, Callable[..., Form]] = {
    t.Number: lambda tree: Form.of(tree.value),
    t.InBase: _in_base,
    t.Symbol: lambda tree: Form({((Atom("symbol", (tree.name,)), 1),): 1}),
    t.Constant: _constant,
    t.Sum: _sum,
    t.Negative: lambda tree: -_form(tree.value),
    t.Product: _product,
    t.Quotient: _quotient,
    t.Mixed: lambda tree: _form(tree.whole) + _form(tree.fraction),
    t.Power: lambda tree: raised(_form(tree.base), _form(tree.exponent)),
    t.Root: _root,
    t.Call: _call,
    t.Percent: lambda tree: _form(tree.value).scaled(Fraction(1, 100)),
    t.Quantity: _quantity,
}
