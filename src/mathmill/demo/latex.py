r"""How the demo's exercises write numbers and polynomials in LaTeX.

The writers use a small subset of LaTeX on purpose; `mathmill.demo.formula` reads exactly that subset
back and writes it in the other ways of the web.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction


def number(value: Fraction | int) -> str:
    r"""An integer as digits, any other rational as `\frac{a}{b}` with the sign in front."""
    value = Fraction(value)
    if value.denominator == 1:
        return str(value.numerator)
    sign = "-" if value < 0 else ""
    return rf"{sign}\frac{{{abs(value.numerator)}}}{{{value.denominator}}}"


def signed(value: Fraction | int) -> str:
    """A further summand with its sign: ` + 3`, ` - 3`; nothing for zero."""
    if value == 0:
        return ""
    return f" + {number(value)}" if value > 0 else f" - {number(-value)}"


def in_parentheses(value: Fraction | int) -> str:
    """A factor: negative numbers in parentheses."""
    return f"({number(value)})" if value < 0 else number(value)


def polynomial(coefficients: Sequence[Fraction | int], variable: str = "x") -> str:
    """A polynomial by falling powers; `coefficients` start with the highest one."""
    text = ""
    for position, coefficient in enumerate(coefficients):
        if coefficient == 0:
            continue
        power = len(coefficients) - 1 - position
        term = _term(abs(Fraction(coefficient)), power, variable)
        if not text:
            text = f"-{term}" if coefficient < 0 else term
        else:
            text += f" - {term}" if coefficient < 0 else f" + {term}"
    return text or "0"


def _term(size: Fraction, power: int, variable: str) -> str:
    if power == 0:
        return number(size)
    factor = "" if size == 1 else number(size)
    return f"{factor}{variable}" if power == 1 else f"{factor}{variable}^{{{power}}}"


def sum_of(values: Sequence[int]) -> str:
    """Integers joined by plus and minus."""
    return number(values[0]) + "".join(signed(value) for value in values[1:])
