"""Integrals between ends as forms: of polynomials times exponentials and waves, of powers, and of simple fractions.

Only where the function is continuous from end to end, or so near to one that the integral is finite.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from mathmill.eval.syntax import trees as t
from mathmill.eval.values import fractions
from mathmill.eval.values.algebraic import sign_of
from mathmill.eval.values.functions import FUNCTIONS
from mathmill.eval.values.polynomials import ONE, Atom, Form, Monomial, Rational, TooMuch, Undecided
from mathmill.eval.values.powers import absolute, exponential, logarithm, raised, size_of
from mathmill.eval.values.summation import Group, groups, mentions, numbers, without_shared

Antiderivative = Callable[[Form | None], Form]
_HIGHEST = 8


def form_between_ends(tree: t.Bound, make: Callable[[t.Tree], Form]) -> Form:
    """The form of an integral; `make` makes those of trees.

    Raises:
        Undecided: it has none that is found here, or diverges.
    """
    if tree.operator != "int" or tree.low is None or tree.high is None:
        raise Undecided(f"a {tree.operator} without ends")
    if any(isinstance(node, t.Bound) and node.variable == tree.variable for node in t.children(tree)):
        raise Undecided("a variable bound twice")
    index = Atom("symbol", (tree.variable.name,))
    low = make(tree.low)
    high = None if tree.high == t.Constant("infinity") else make(tree.high)
    if any(mentions(end, index) for end in (low, high) if end is not None):
        raise Undecided("a variable that is an end too")
    body = without_shared(make(tree.body))
    if body.under != ONE:
        return _of_fraction(body, index, low, high)
    total = Form.of(0)
    for product, coefficient in body.over.items():
        term = Form({product: coefficient})
        power = _power_alone(product, index)
        if power is not None:
            total = total + _of_power(term, power, index, low, high)
        else:
            total = total + _of_waves(groups(term, index)[0], low, high)
    return total


def _power_alone(product: Monomial, index: Atom) -> Rational | None:
    """The exponent of the variable where the rest of a monomial is free of it."""
    total: Rational = 0
    for atom, exponent in product:
        if atom in (index, size_of(index)):
            total += exponent
        elif mentions(atom, index):
            return None
    return total


def _of_power(term: Form, power: Rational, index: Atom, low: Form, high: Form | None) -> Form:
    """The integral of `c x^q`."""
    ((product, coefficient),) = term.over.items()
    factor = Form({tuple(p for p in product if p[0] not in (index, size_of(index))): coefficient})
    signed = all(atom == index or not mentions(atom, index) for atom, _ in product)
    if power.denominator != 1 or power < 0 or not signed:
        start = sign_of(low)  # of unknown ends it cannot be told
        if start < 0 or (start == 0 and power <= -1) or (high is not None and sign_of(high) < 0):
            raise Undecided("an integral over where its function is not continuous")
    if power == -1:
        if high is None:
            raise Undecided("an integral that diverges")
        return factor * (logarithm(high) - logarithm(low))
    if high is None:
        if power > -1:
            raise Undecided("an integral that diverges")
        after = Form.of(0)
    else:
        after = raised(high, Form.of(power + 1))
    before = Form.of(0) if low.is_zero else raised(low, Form.of(power + 1))
    return factor * (after - before).scaled(1 / Fraction(power + 1))


def _of_waves(group: Group, low: Form, high: Form | None) -> Form:
    """The integral of a polynomial times `e^(a x)`, where a may be i times a number."""
    if group.factorials or min(group.powers) < 0 or group.along.is_zero:
        raise Undecided("an integral of no known kind")
    if max(group.powers) > _HIGHEST:
        raise TooMuch("an integral of high powers")
    rate, found = group.along.inverse(), Form.of(0)
    coefficients: list[Form] = []
    for power in range(max(group.powers), -1, -1):
        found = (group.powers.get(power, Form.of(0)) - found.scaled(power + 1)) * rate
        coefficients.append(found)

    def at(point: Form) -> Form:
        value = Form.of(0)
        for coefficient in coefficients:
            value = value * point + coefficient
        return value * exponential(group.along * point)

    if high is not None:
        return at(high) - at(low)
    if not group.along.is_real or sign_of(group.along) != -1:
        raise Undecided("an integral that diverges")
    return -at(low)


def _of_fraction(body: Form, index: Atom, low: Form, high: Form | None) -> Form:
    """The integral of a quotient of polynomials with rational numbers: of its partial fractions."""
    if high is None:
        raise Undecided("an endless integral of a fraction")
    over, under = numbers(Form(body.over), index), numbers(Form(body.under), index)
    if len(under) == 3 and len(over) < 3 and under[1] ** 2 < 4 * under[0] * under[2]:
        return _of_square(over, under, low, high)
    whole, parts = fractions.decomposed(over, under)
    total = Form.of(0)
    for power, coefficient in enumerate(whole):
        part = high.power(power + 1) - low.power(power + 1)
        total = total + part.scaled(coefficient / (power + 1))
    for root, order, coefficient in parts:
        ends = high - Form.of(root), low - Form.of(root)
        if sign_of(ends[0]) * sign_of(ends[1]) != 1:
            raise Undecided("an integral over a pole")
        if order == 1:
            part = logarithm(absolute(ends[0])) - logarithm(absolute(ends[1]))
        else:
            part = (ends[0].power(1 - order) - ends[1].power(1 - order)).scaled(Fraction(1, 1 - order))
        total = total + part.scaled(coefficient)
    return total


def _of_square(over: list[Fraction], under: list[Fraction], low: Form, high: Form) -> Form:
    """The integral of `(a x + b) / (p x^2 + q x + r)` without a pole: a logarithm and an arc tangent."""
    slope, (r, q, p) = (over[1] if len(over) > 1 else Fraction(0)), under
    middle = q / (2 * p)
    width = raised(Form.of(r / p - middle**2), Form.of(Fraction(1, 2)))

    def at(point: Form) -> Form:
        square = (point.power(2).scaled(p) + point.scaled(q) + Form.of(r)) * Form.of(1 if p > 0 else -1)
        angle = FUNCTIONS["arctan"]((point + Form.of(middle)) * width.inverse()) * width.inverse()
        rest = (over[0] - slope * middle) / p
        return (logarithm(square).scaled(slope / (2 * p)) if slope else Form.of(0)) + angle.scaled(rest)

    return at(high) - at(low)
