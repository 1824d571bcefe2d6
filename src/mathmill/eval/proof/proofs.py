"""Ways to prove that an expression is nought, cheap and narrow ones first.

Each returns an expression equal to the given one, or its numerator; the proof is made where that is the integer 0. That
a number is near to nought proves nothing; its size is looked at only to choose between values known to lie apart.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import sympy as sp
from sympy.functions.elementary.hyperbolic import HyperbolicFunction, InverseHyperbolicFunction
from sympy.functions.elementary.trigonometric import InverseTrigonometricFunction, TrigonometricFunction

# Something is evaluated here; what is left of it unevaluated is not known.
LIMITS = (sp.Sum, sp.Product, sp.Integral, sp.Limit)
_CIRCULAR = (TrigonometricFunction, HyperbolicFunction)
_FACTORIALS = (sp.factorial, sp.factorial2, sp.binomial, sp.gamma)
_MAX_ORDER = 1_000  # of the roots of unity that a number is written in


def evaluated(value: Any) -> Any:
    """Sums, products, integrals and limits worked out."""
    return value.doit() if value.has(*LIMITS) else value


def as_fraction(value: Any) -> Any:
    """The numerator over a common denominator, multiplied out."""
    return sp.expand(sp.fraction(sp.together(value))[0])


def with_factored_radicands(value: Any) -> Any:
    """Roots of squares drawn: `sqrt(x^2 + 2 x + 1)` as `|x + 1|`."""
    radicals = [power for power in value.atoms(sp.Pow) if power.exp.is_Rational and not power.exp.is_Integer]
    found = {power: sp.Pow(sp.factor(power.base), power.exp) for power in radicals if power.base.is_Add}
    return as_fraction(value.xreplace(found)) if found else value


def denested(value: Any) -> Any:
    """Roots of sums of roots as sums of roots, denominators free of roots."""
    if not _has_radical(value):
        return value
    value = sp.expand(sp.sqrtdenest(value))
    return sp.expand(sp.radsimp(value, max_terms=6)) if value is not sp.S.Zero else value


def _has_radical(value: Any) -> bool:
    return any(power.exp.is_Rational and not power.exp.is_Integer for power in value.atoms(sp.Pow))


def by_roots_of_unity(value: Any) -> Any:
    """Sines and cosines of parts of a turn, and square roots, as polynomials in one root of unity, in lowest form."""
    value = value.rewrite(sp.exp) if value.has(TrigonometricFunction) else value
    roots = {power for power in value.atoms(sp.Pow) if power.base.is_Integer and power.exp in (sp.S.Half, -sp.S.Half)}
    turns = {e: e.exp / (2 * sp.pi * sp.I) for e in value.atoms(sp.exp) if e.exp.is_number}
    if not turns or not all(turn.is_Rational for turn in turns.values()) or any(r.base < 0 for r in roots):
        return value
    order = math.lcm(4, *(int(turn.q) for turn in turns.values()), *(4 * abs(int(root.base)) for root in roots))
    if order > _MAX_ORDER:
        return value
    z = sp.Dummy("z")
    found: dict[Any, Any] = {e: z ** (int(turn * order) % order) for e, turn in turns.items()}
    found |= {root: _gauss_sum(int(root.base), order, z) ** int(2 * root.exp) for root in roots}
    over = sp.fraction(sp.together(value.xreplace(found).xreplace({sp.I: z ** (order // 4)})))[0]
    if over.free_symbols != {z} or not over.is_polynomial(z):
        return value
    return sp.rem(sp.Poly(over, z), sp.Poly(sp.cyclotomic_poly(order, z), z)).as_expr()


def _gauss_sum(number: int, order: int, z: Any) -> Any:
    """The square root of a positive whole number in powers of a root of unity."""
    total = sp.Integer(1)
    for prime, count in sp.factorint(number).items():
        step = order // (8 if prime == 2 else prime)
        if prime == 2:
            root = z**step + z ** (order - step)
        else:
            root = sp.Add(*(sp.jacobi_symbol(k, prime) * z ** (k * step) for k in range(1, prime)))
            root *= 1 if prime % 4 == 1 else z ** (3 * order // 4)
        total *= root**count
    return total


def by_minimal_polynomial(value: Any) -> Any:
    """Nought, if that is the algebraic number whose minimal polynomial this has."""
    if not value.is_number or value.has(*LIMITS) or (value.has(sp.log, sp.pi) and not value.has(TrigonometricFunction)):
        return value
    if not value.is_algebraic and not value.has(TrigonometricFunction):
        return value
    z = sp.Dummy("z")
    try:
        return sp.S.Zero if sp.minimal_polynomial(value, z) == z else value
    except (sp.polys.polyerrors.NotAlgebraic, NotImplementedError):
        return value


def by_exponentials(value: Any) -> Any:
    """Circular and hyperbolic functions, also of sums, as exponentials, which multiply."""
    return as_fraction(value.rewrite(sp.exp)) if value.has(*_CIRCULAR) else value


def by_sines(value: Any) -> Any:
    """Circular functions of multiples and sums as polynomials in sines and cosines, of which squares are reduced."""
    if not value.has(TrigonometricFunction):
        return value
    inner = value.rewrite(sp.cos) if value.has(sp.sec) else value
    inner = as_fraction(sp.expand_trig(inner.replace(sp.tan, lambda angle: sp.sin(angle) / sp.cos(angle))))
    return sp.expand(inner.replace(_is_power_of_sine, _reduced))


def _is_power_of_sine(value: Any) -> bool:
    return bool(value.is_Pow and isinstance(value.base, sp.sin) and value.exp.is_Integer and value.exp > 1)


def _reduced(value: Any) -> Any:
    angle = value.base.args[0]
    return (1 - sp.cos(angle) ** 2) ** (value.exp // 2) * value.base ** (value.exp % 2)


def by_logarithms(value: Any) -> Any:
    """Logarithms of products taken apart, whole numbers down to primes; powers to unknown exponents as exponentials.

    Where all is real, a logarithm is that of an absolute value, so its argument may be taken apart whatever the signs.
    """
    if value.has(InverseHyperbolicFunction):
        value = value.rewrite(sp.log)
    powers = [p for p in value.atoms(sp.Pow) if not p.exp.is_Rational and p.base.is_positive and p.base != sp.E]
    if not powers and not value.has(sp.log):
        return value
    real = not value.has(sp.I, sp.re, sp.im, sp.arg)
    value = value.xreplace({p: sp.exp(sp.expand(p.exp * _logarithm(p.base, real))) for p in powers})
    return as_fraction(value.replace(sp.log, lambda inner: _logarithm(inner, real)))


def _logarithm(value: Any, real: bool) -> Any:
    inner = sp.factor(value) if value.free_symbols else value
    return sp.expand_log(sp.log(inner), factor=True, force=real and not inner.is_number)


def by_factorials(value: Any) -> Any:
    """Quotients of factorials and binomials of unknowns."""
    return sp.expand(sp.gammasimp(sp.expand_func(value))) if value.has(*_FACTORIALS) else value


def by_inverse_angles(value: Any) -> Any:
    """Nought, if a sum of inverse circular functions lies within a quarter turn of nought and `exp(2 i value)` is 1.

    Or, of a real sum of logarithms, if its exponential is 1. The exponential tells all but the multiple of half a turn,
    which is what the size is looked at for.
    """
    angles = value.has(InverseTrigonometricFunction)
    if not value.is_number:
        return as_fraction(value.replace(sp.acos, lambda x: sp.pi / 2 - sp.asin(x))) if angles else value
    if not (angles or value.has(sp.log)) or value.has(*LIMITS) or not value.is_real or not abs(value.evalf(20)) < 1:
        return value
    exponent = 2 * sp.I * value.rewrite(sp.log) if angles else value
    return sp.S.Zero if zero(sp.exp(sp.expand(exponent)) - 1) else value


def zero(value: Any) -> bool:
    """Whether an algebraic number is proved to be nought."""
    return any(way(value) is sp.S.Zero for way in (sp.expand, as_fraction, denested, by_minimal_polynomial))


def simplified(value: Any) -> Any:
    """What sympy makes of it when left alone."""
    return sp.simplify(value)


# With the greatest part of the time that is left when its turn comes.
WAYS: tuple[tuple[Callable[[Any], Any], float], ...] = (
    (sp.expand, 0.3),
    (as_fraction, 0.3),
    (with_factored_radicands, 0.3),
    (by_exponentials, 0.3),
    (by_sines, 0.3),
    (by_logarithms, 0.4),
    (by_roots_of_unity, 0.4),
    (denested, 0.4),
    (by_factorials, 0.6),
    (by_inverse_angles, 0.6),
    (by_minimal_polynomial, 0.8),
    (simplified, 1.0),
)
