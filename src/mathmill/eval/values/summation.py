"""Sums and products between bounds as forms, where they have a closed one.

A sum of polynomials times powers `r^k` by its antidifference, of fractions by partial fractions, of fractions with
factorials or binomial coefficients by falling powers; few rational terms one by one. An infinite sum with unknowns
stands for its value where it converges.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise

from mathmill.eval.syntax import trees as t
from mathmill.eval.values import fractions
from mathmill.eval.values.algebraic import sign_of
from mathmill.eval.values.functions import FUNCTIONS
from mathmill.eval.values.polynomials import (
    ONE,
    Atom,
    Form,
    Key,
    Monomial,
    Rational,
    TooMuch,
    Undecided,
    bits,
    normal,
    spend,
    times,
)
from mathmill.eval.values.powers import exponential, from_key, raised
from mathmill.eval.values.rational import rational_at, symbols_of
from mathmill.eval.values.settled import Known, settled

_MOST_TERMS = 200  # that are rational
_MOST_FORMS = 40
_MOST_BITS = 20_000
_HIGHEST = 8  # power of the variable
_SHARED = frozenset({"symbol", "factorial", "exp"})
_LATEST = 60  # start of an infinite sum


@dataclass
class Group:
    """What is multiplied by the same powers and factorials: coefficients of the powers of the variable."""

    ratio: Form
    along: Form  # of which the ratio is the exponential
    factorials: tuple[tuple[Key, Rational], ...]
    powers: dict[int, Form] = field(default_factory=dict)


def form_between_bounds(tree: t.Bound, make: Callable[[t.Tree], Form]) -> Form:
    """The form of a sum or product; `make` makes those of trees.

    Raises:
        Undecided: it has none that is found here, or diverges.
    """
    if tree.operator not in ("sum", "prod") or tree.low is None or tree.high is None:
        raise Undecided(f"a {tree.operator} without bounds")
    low = make(tree.low).rational()
    if low is None or low.denominator != 1:
        raise Undecided("a lower bound that is no whole number")
    name = tree.variable.name
    if name in symbols_of(tree.high) or any(
        isinstance(node, t.Bound) and node.variable.name == name for node in _nodes(tree.body)
    ):
        raise Undecided("a variable bound twice")
    index, body = Atom("symbol", (name,)), tree.body
    if tree.high == t.Constant("infinity"):
        from mathmill.eval.values.defined import converges_nowhere  # which needs forms itself

        if tree.operator == "sum" and converges_nowhere(tree):
            raise Undecided("a sum that diverges")
        form = _at_wholes(without_shared(make(body)), name)
        return (
            _endless(form, index, int(low))
            if tree.operator == "sum"
            else fractions.endless_product(_split(form, index), int(low))
        )
    high = make(tree.high)
    last = high.rational()
    if last is not None:
        if last.denominator != 1 or last < low - 1:
            raise Undecided("bounds that are not in order")
        few = last - low < _MOST_TERMS
        found = _term_by_term(tree.operator, body, range(int(low), int(last) + 1), name, make) if few else None
        if found is not None:
            return found
    form = _at_wholes(without_shared(make(body)), name)
    return (
        _sum(form, index, int(low), high)
        if tree.operator == "sum"
        else fractions.product(_split(form, index), int(low), high)
    )


def _at_wholes(body: Form, name: str) -> Form:
    return Form(settled(body.over, Known(whole=frozenset({name}))), body.under)


def _nodes(tree: t.Tree) -> Iterator[t.Tree]:
    yield tree
    for child in t.children(tree):
        yield from _nodes(child)


def _term_by_term(operator: str, body: t.Tree, places: range, name: str, make: Callable[[t.Tree], Form]) -> Form | None:
    """A sum or product of few terms; None where they are too many for forms."""
    found = _rational_terms(operator, body, places, name)
    if found is not None or len(places) > _MOST_FORMS:
        return found
    total = Form.of(operator == "prod")
    for k in places:
        spend(20)
        term = make(t.with_symbol(body, name, t.Number(Fraction(k))))
        total = total + term if operator == "sum" else total * term
    return total


def _rational_terms(operator: str, body: t.Tree, places: range, name: str) -> Form | None:
    total = Fraction(operator == "prod")
    for k in places:
        spend(5)
        value = rational_at(body, {name: Fraction(k)})
        if value is None:
            return None
        total = total + value if operator == "sum" else total * value
        spend(bits(total) // 256)
        if bits(total) > _MOST_BITS:
            raise TooMuch("too many digits")
    return Form.of(total)


def _sum(body: Form, index: Atom, low: int, high: Form) -> Form:
    total = Form.of(0)
    for group in groups(body, index):
        if group.factorials == ((Form.atom(index).key, 1),) and body.under == ONE and _is_one(group.ratio):
            total = total + _factorials(group, low, high)
        elif group.factorials:
            total = total + _binomial(group, body, index, low, high)
        elif body.under == ONE and min(group.powers) >= 0:
            before = _antidifference(group)
            total = total + _at(before, high + Form.of(1), group) - _at(before, Form.of(low), group)
        elif _is_one(group.ratio):
            total = total + _fraction(group, body, index, low, high)
        else:
            raise Undecided("a sum of powers over polynomials")
    return total


def _endless(body: Form, index: Atom, low: int) -> Form:
    if abs(low) > _LATEST:
        raise TooMuch("a late start")
    total = Form.of(0)
    for group in groups(body, index):
        if group.factorials:
            total = total + _exponential_series(group, body, index, low)
        elif body.under == ONE and min(group.powers) >= 0:
            _refuse_divergence(group.ratio)
            total = total - _at(_antidifference(group), Form.of(low), group)
        else:
            if not _is_one(group.ratio):
                _refuse_divergence(group.ratio, allowed=-1)
            total = total + _fraction(group, body, index, low, None)
    return total


def _is_one(form: Form) -> bool:
    return form.rational() == 1


def _refuse_divergence(ratio: Form, allowed: int = 0) -> None:
    """Undecided where the powers of a constant do not become small; `allowed` is one that may stay what it is."""
    if allowed and ratio.rational() == allowed:
        return
    if not ratio.is_real or ratio.rational() in (0, 1, -1):
        raise Undecided("a sum that diverges")
    if any(mentions(atom) for part in (ratio.over, ratio.under) for product in part for atom, _ in product):
        return
    if sign_of(Form.of(1) - ratio.power(2)) != 1:
        raise Undecided("a sum that diverges")


def mentions(part: object, wanted: Atom | None = None) -> bool:
    """Whether an unknown, or this one, is anywhere in an atom or a form."""
    if isinstance(part, Atom):
        if part.kind == "symbol":
            return wanted is None or part == wanted
        return any(mentions(each, wanted) for each in part.parts)
    if isinstance(part, Form):
        return any(mentions(tuple(each.items()), wanted) for each in (part.over, part.under))
    return isinstance(part, tuple | frozenset) and any(mentions(each, wanted) for each in part)


def without_shared(body: Form) -> Form:
    """The same quotient without what all terms below share."""
    if body.under == ONE:
        return body
    shared = set.intersection(*({atom for atom, _ in product} for product in body.under))
    least = {atom: min(dict(product)[atom] for product in body.under) for atom in shared if atom.kind in _SHARED}
    under = {
        tuple((atom, exponent - least.get(atom, 0)) for atom, exponent in product if exponent != least.get(atom)): c
        for product, c in body.under.items()
    }
    return Form(times(body.over, normal({atom: -exponent for atom, exponent in least.items()})), under)


def groups(body: Form, index: Atom) -> list[Group]:
    """The terms of a sum by the powers and factorials that they are multiplied by.

    Raises:
        Undecided: a term is of no known kind.
    """
    found: dict[object, Group] = {}
    for product, coefficient in body.over.items():
        spend(5)
        kept: dict[Atom, Rational] = {}
        power, along, factorials = 0, [], []
        for atom, exponent in product:
            if atom == index and exponent.denominator == 1:
                power = int(exponent)
            elif not mentions(atom, index):
                kept[atom] = exponent
            elif atom.kind == "factorial":
                factorials.append((atom.parts[0], exponent))
            elif atom.kind == "exp" and (index, 1) in atom.parts[0]:  # type: ignore[operator]
                along.append((atom, exponent))
            else:
                raise Undecided("a sum of no known kind")
        power_of = _along(along, index)
        key = tuple(along), tuple(factorials)
        group = found.setdefault(key, Group(exponential(power_of), power_of, tuple(factorials)))  # type: ignore[arg-type]
        term = Form({tuple((a, e) for a, e in product if a in kept): coefficient})
        group.powers[power] = group.powers.get(power, Form.of(0)) + term
        if abs(power) > _HIGHEST:
            raise TooMuch("a sum of high powers")
    return list(found.values())


def _along(along: list[tuple[Atom, Rational]], index: Atom) -> Form:
    """The logarithm of the `r` of the powers `r^k`: what each is `e` to, without the variable."""
    total = Form.of(0)
    for atom, exponent in along:
        product: Monomial = atom.parts[0]  # type: ignore[assignment]
        rest = tuple(power for power in product if power != (index, 1))
        if any(mentions(inner, index) for inner, _ in rest):
            raise Undecided("a sum of powers of powers")
        total = total + Form({rest: exponent})
    return total


def _antidifference(group: Group) -> list[Form]:
    """The polynomial that, times `r^k`, grows from each k to the next by the group's value at k."""
    highest = max(group.powers)
    wanted = [group.powers.get(power, Form.of(0)) for power in range(highest + 1)]
    if _is_one(group.ratio):
        found = [Form.of(0)] * (highest + 2)
        for power in range(highest, -1, -1):
            rest = wanted[power]
            for above in range(power + 2, highest + 2):
                rest = rest - found[above].scaled(math.comb(above, power))
            found[power + 1] = rest.scaled(Fraction(1, power + 1))
        return found
    found = [Form.of(0)] * (highest + 1)
    under = (group.ratio - Form.of(1)).inverse()
    for power in range(highest, -1, -1):
        rest = wanted[power]
        for above in range(power + 1, highest + 1):
            rest = rest - (group.ratio * found[above]).scaled(math.comb(above, power))
        found[power] = rest * under
    return found


def _at(coefficients: list[Form], point: Form, group: Group | None = None) -> Form:
    """The value of a polynomial, times `r^k` of a group."""
    total = Form.of(0)
    for coefficient in reversed(coefficients):
        total = total * point + coefficient
    return total if group is None or _is_one(group.ratio) else total * exponential(group.along * point)


def _fraction(group: Group, body: Form, index: Atom, low: int, high: Form | None) -> Form:
    """A sum of quotients of polynomials: the common factor of its coefficients times one with rational numbers."""
    scale = next(iter(group.powers.values()))
    ratios = {power: (form * scale.inverse()).rational() for power, form in group.powers.items()}
    ratio = group.ratio.rational()
    if ratio is None or any(value is None for value in ratios.values()):
        raise Undecided("a sum of fractions with other coefficients than numbers")
    lowest = min(0, *ratios)
    over = [Fraction(ratios.get(power) or 0) for power in range(lowest, max(ratios) + 1)]
    under = [Fraction(0)] * -lowest + numbers(Form(body.under), index)
    return fractions.total(over, under, ratio, low, high) * scale


def numbers(form: Form, index: Atom) -> list[Fraction]:
    """The coefficients of a polynomial in the variable alone.

    Raises:
        Undecided: it has other unknowns, or a high degree.
    """
    found: dict[int, Fraction] = {}
    for product, coefficient in form.over.items():
        match product:
            case ():
                found[0] = Fraction(coefficient)
            case ((atom, int(power)),) if atom == index and 0 < power <= _HIGHEST:
                found[power] = Fraction(coefficient)
            case _:
                raise Undecided("a polynomial with other unknowns")
    return [found.get(power, Fraction(0)) for power in range(max(found, default=0) + 1)]


def _split(body: Form, index: Atom) -> tuple[list[Fraction], list[Fraction]]:
    """Numerator and denominator of a quotient of polynomials in the variable alone."""
    powers = [int(e) for product in body.over for atom, e in product if atom == index and e.denominator == 1]
    lowest = min(0, *powers) if powers else 0
    over = body * Form({((index, -lowest),): 1}) if lowest else body
    return numbers(Form(over.over), index), [Fraction(0)] * -lowest + numbers(Form(body.under), index)


def _exponential_series(group: Group, body: Form, index: Atom, low: int) -> Form:
    """`sum P(k) r^k / (k + s)!`, where the factorial is written as `k! (k + 1) ... (k + s)`."""
    if (
        len(group.factorials) != 1
        or group.factorials[0][1] != -1
        or from_key(group.factorials[0][0]) != Form.atom(index)
    ):
        raise Undecided("a sum of factorials of no known kind")
    shift, scale = fractions.rising(numbers(Form(body.under), index))
    start = low + shift
    if start < 0:
        raise Undecided("a factorial of a negative number")
    polynomial = [group.powers.get(power, Form.of(0)) for power in range(max(group.powers) + 1)]
    values = {k: _at(polynomial, Form.of(k - shift)) for k in range(max(start, len(polynomial)))}
    moved = _falling([values[k] for k in range(len(polynomial))])
    total = Form.of(0)
    for order, coefficient in enumerate(moved):
        total = total + coefficient * group.ratio.power(order)
    total = total * exponential(group.ratio)
    for k in range(start):
        total = total - values[k] * group.ratio.power(k).scaled(Fraction(1, math.factorial(k)))
    return total * group.ratio.power(-shift).scaled(1 / scale)


def _falling(values: list[Form]) -> list[Form]:
    """The coefficients of falling powers in the polynomial with these values at 0, 1, ..."""
    found = []
    for order in range(len(values)):
        found.append(values[0].scaled(Fraction(1, math.factorial(order))))
        values = [after - before for before, after in pairwise(values)]
    return found


def _factorials(group: Group, low: int, high: Form) -> Form:
    """`sum P(k) k!`, where it is `Q(k) k!` from its end to its begin: `Q(k + 1) (k + 1) - Q(k) = P(k)`."""
    if not 0 <= low <= _LATEST or min(group.powers) < 0:
        raise Undecided("a fraction with factorials")
    rest = [group.powers.get(power, Form.of(0)) for power in range(max(group.powers) + 1)]
    found = [Form.of(0)] * (len(rest) - 1)
    for power in range(len(rest) - 2, -1, -1):
        found[power] = leading = rest[power + 1]
        for below in range(power + 2):
            rest[below] = rest[below] - leading.scaled(math.comb(power + 1, below))
        rest[power] = rest[power] + leading
    if not rest[0].is_zero:
        raise Undecided("a sum of factorials of no known kind")
    after, factorial = high + Form.of(1), FUNCTIONS["factorial"]
    start = _at(found, Form.of(low)).scaled(math.factorial(low))
    return _at(found, after) * factorial(after) - start


def _binomial(group: Group, body: Form, index: Atom, low: int, high: Form) -> Form:
    """`sum P(k) r^k binomial(n, k)` from 0 to n, and the sum of the squares."""
    chosen = Form.atom(index)
    wanted = {chosen.key, (high - chosen).key}
    exponents = {exponent for _, exponent in group.factorials}
    if {key for key, _ in group.factorials} != wanted or len(exponents) != 1 or body.under != ONE or low not in (0, 1):
        raise Undecided("a sum of factorials of no known kind")
    if min(group.powers) < 0:
        raise Undecided("a fraction with factorials")
    outside = FUNCTIONS["factorial"](high).inverse()  # which is among the coefficients
    if exponents == {-2} and list(group.powers) == [0] and _is_one(group.ratio) and low == 0:
        return group.powers[0] * outside.power(2) * FUNCTIONS["binomial"](high.scaled(2), high)
    if exponents != {-1}:
        raise Undecided("a sum of powers of binomial coefficients")
    polynomial = [group.powers.get(power, Form.of(0)) for power in range(max(group.powers) + 1)]
    total, falling = Form.of(0), Form.of(1)
    base = Form.of(1) + group.ratio
    if base.is_zero:
        raise Undecided("a sum of binomial coefficients that may be zero")
    for order, coefficient in enumerate(_falling([_at(polynomial, Form.of(k)) for k in range(len(polynomial))])):
        total = total + coefficient * falling * group.ratio.power(order) * raised(base, high - Form.of(order))
        falling = falling * (high - Form.of(order))
    return (total - (polynomial[0] if low else Form.of(0))) * outside
