"""What stands below the sides of an equation, and whether it may be multiplied away."""

from __future__ import annotations

from mathmill.eval.values.polynomials import ONE, Atom, Form, Polynomial, Rational

_NEVER_ZERO = frozenset({"exp", "prime", "pi", "factorial"})


def cleared(form: Form) -> Polynomial:
    """The numerator, times the letters that make all exponents positive: `y = 1/x` says what `xy = 1` says."""
    lowest: dict[Atom, Rational] = {}
    for product in form.over:
        for atom, exponent in product:
            lowest[atom] = min(lowest.get(atom, 0), exponent)
    cleared = Form(form.over)
    for atom, exponent in lowest.items():
        if exponent < 0 and (atom.kind == "symbol" or atom.kind in _NEVER_ZERO):
            cleared = cleared * Form.atom(atom, -exponent)
    return cleared.over


def may_clear(form: Form) -> bool:
    """Whether the sum below is surely never zero together with the one above: `y = 1/(x - 3)` says `xy - 3y = 1`.

    Seen where the sum below is of degree one in a letter: what makes it zero leaves a number above.

    Raises:
        Undecided: it is too large.
    """
    if form.under == ONE:
        return True
    letters = {atom for product in form.under for atom, _ in product if atom.kind == "symbol"}
    return any(_leaves_number(form, letter) for letter in letters)


def _leaves_number(form: Form, letter: Atom) -> bool:
    above, below = _by_powers(form.over, letter), _by_powers(form.under, letter)
    if below is None or above is None or below.keys() - {0, 1} or (slope := below[1].rational()) is None:
        return False
    root = below.get(0, Form.of(0)).scaled(-1 / slope)
    left = Form.of(0)
    for power, part in above.items():
        left = left + part * root.power(power)
    return bool(left.rational())


def _by_powers(polynomial: Polynomial, letter: Atom) -> dict[int, Form] | None:
    """The sums that stand with each power of a letter; None where a power is no whole one, or an atom no letter."""
    parts: dict[int, Form] = {}
    for product, coefficient in polynomial.items():
        power = dict(product).get(letter, 0)
        if any(atom.kind not in ("symbol", *_NEVER_ZERO - {"exp"}) for atom, _ in product):
            return None
        if power < 0 or power.denominator != 1:
            return None
        rest = Form({tuple(each for each in product if each[0] != letter): coefficient})
        parts[int(power)] = parts.get(int(power), Form.of(0)) + rest
    return parts
