"""Trees as forms: arithmetic, radicals, logarithms, angles, done exactly and without a computer algebra system.

Sound, not complete: two trees with equal forms are equal wherever both are defined over the reals; what is not known is
`Undecided`. A letter in an exponent or below a logarithm or an even root says where its tree is defined.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import lru_cache
from itertools import combinations, permutations
from typing import cast

from mathmill.eval.syntax import trees as t
from mathmill.eval.values import proofs
from mathmill.eval.values.functions import ARITIES, FUNCTIONS
from mathmill.eval.values.integrals import form_between_ends
from mathmill.eval.values.polynomials import (
    ONE,
    PI,
    Atom,
    Form,
    Monomial,
    Rational,
    Undecided,
    fresh_work,
    times,
)
from mathmill.eval.values.powers import I, absolute, exponential, raised
from mathmill.eval.values.settled import Known, presupposed, settled_form
from mathmill.eval.values.summation import form_between_bounds

MAX_ORDER = 4  # of a matrix whose determinant is looked for
_NOWHERE = t.Number(Fraction(0))  # a tree that presupposes nothing
_CONSTANTS = {"pi": Form.atom(PI), "e": exponential(Form.of(1)), "i": I}


def form_of(tree: t.Tree, known: Known | None = None) -> Form:
    """The form of a tree where its unknowns are as is known, which is that letters that count are whole if not given.

    Raises:
        Undecided: it is no single value, too large, or of a kind not known here.
    """
    if type(tree) is t.Number:
        return Form.of(tree.value)
    found = _form_or_reason(tree, presupposed(tree, _NOWHERE) if known is None else known)
    if isinstance(found, Form):
        return found
    kind, reason = found
    raise kind(reason)


@lru_cache(maxsize=1_024)
def _form_or_reason(tree: t.Tree, known: Known) -> Form | tuple[type[Undecided], str]:
    fresh_work()
    try:
        return settled_form(_form(tree), known)
    except Undecided as reason:
        return type(reason), str(reason)


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
        return Form.of(based_value(tree))
    except ValueError:
        raise Undecided(f"{tree.digits} in base {tree.base}") from None


def based_value(tree: t.InBase) -> Fraction:
    """The worth of a numeral with its base, digits behind a point too.

    Raises:
        ValueError: a digit is none of its base.
    """
    whole, _, places = tree.digits.partition(".")
    return Fraction(int(whole + places, tree.base), tree.base ** len(places))


def is_determinant(tree: t.Tree) -> bool:
    """Whether a tree is the determinant of a square matrix, and of no larger one than is looked at."""
    match tree:
        case t.Call("det", (t.Matrix(rows),)):
            return len(rows) == len(rows[0]) <= MAX_ORDER
    return False


def signed_diagonals(rows: tuple[tuple[t.Tree, ...], ...]) -> Iterator[tuple[bool, list[t.Tree]]]:
    """The products that a determinant is the sum of: whether each is taken away, and its factors, one of each row."""
    for order in permutations(range(len(rows))):
        swaps = sum(left > right for left, right in combinations(order, 2))
        yield swaps % 2 == 1, [row[column] for row, column in zip(rows, order, strict=True)]


def _determinant(matrix: t.Matrix) -> Form:
    made = {id(entry): _form(entry) for row in matrix.rows for entry in row}
    total = Form.of(0)
    for is_negative, entries in signed_diagonals(matrix.rows):
        product = Form.of(1)
        for entry in entries:
            product = product * made[id(entry)]
        total = total - product if is_negative else total + product
    return total


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


def _remainder(value: Form, modulus: Form) -> Form:
    r"""`7 \bmod 3`."""
    left, right = (Fraction(part) for part in (value.rational() or 0, modulus.rational() or 0))
    if value.rational() is None or left.denominator != 1 or right.denominator != 1 or right <= 0:
        raise Undecided("a remainder of no whole numbers")
    return Form.of(left % right)


def _call(tree: t.Call) -> Form:
    if is_determinant(tree):
        return _determinant(cast(t.Matrix, tree.arguments[0]))
    maker = FUNCTIONS.get(tree.function)
    arguments = tuple(map(_form, tree.arguments))
    if tree.function == "mod":
        return _remainder(*arguments)
    if maker is None:
        if tree.function not in ("det", "dim", "trace", "rank", "arg"):
            raise Undecided(f"the function {tree.function}")
        return Form.atom(Atom(tree.function, tuple(argument.key for argument in arguments)))
    if len(arguments) not in ARITIES.get(tree.function, (1,)):
        raise Undecided(f"{tree.function} of {len(arguments)} arguments")
    return maker(*arguments)


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
    t.Bound: lambda tree: (form_between_ends if tree.operator == "int" else form_between_bounds)(tree, _form),
    t.Percent: lambda tree: _form(tree.value).scaled(Fraction(1, 100)),
    t.Quantity: _quantity,
}
