"""What answers are: expressions, and answers made of them.

It knows only what is needed to be sure that a rewritten answer is the same and a broken one another (`worth`).
Frozen nodes; `Written` is a piece of text with the expression that it says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, TypeAlias

FUNCTIONS = ("sin", "cos", "tan", "sec", "csc", "cot")


@dataclass(frozen=True, slots=True)
class Num:
    """A number without sign, as it is written."""

    text: str

    @property
    def value(self) -> Fraction:
        return Fraction(self.text)

    @property
    def whole(self) -> int | None:
        """Its value if it is written as a whole number."""
        return int(self.text) if self.text.isdecimal() else None


@dataclass(frozen=True, slots=True)
class Name:
    """A variable, or `\\pi` or `i`."""

    text: str


@dataclass(frozen=True, slots=True)
class Sum:
    """Terms, added."""

    terms: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Product:
    """Factors, multiplied."""

    factors: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Neg:
    """With a minus before it."""

    of: Expr


@dataclass(frozen=True, slots=True)
class Quotient:
    """A fraction."""

    over: Expr
    under: Expr


@dataclass(frozen=True, slots=True)
class Power:
    """With an exponent."""

    base: Expr
    exponent: Expr


@dataclass(frozen=True, slots=True)
class Root:
    """A square root, or a higher one."""

    of: Expr
    index: int = 2


@dataclass(frozen=True, slots=True)
class Call:
    """A trigonometric function of something."""

    function: str
    of: Expr


@dataclass(frozen=True, slots=True)
class Mixed:
    """A mixed number."""

    whole: int
    over: int
    under: int


@dataclass(frozen=True, slots=True)
class Written:
    """A piece of text that says an expression; `binds` tells when it needs parentheses, as for `writing.latex`."""

    text: str
    says: Expr
    binds: int = 3


Expr: TypeAlias = Num | Name | Sum | Product | Neg | Quotient | Power | Root | Call | Mixed | Written


@dataclass(frozen=True, slots=True)
class Single:
    """One value."""

    of: Expr


@dataclass(frozen=True, slots=True)
class Percent:
    """A number of hundredths."""

    of: Expr


@dataclass(frozen=True, slots=True)
class Degrees:
    """An angle."""

    of: Expr


@dataclass(frozen=True, slots=True)
class Money:
    """A sum of dollars."""

    of: Expr


@dataclass(frozen=True, slots=True)
class Quantity:
    """A value with a unit, as in `\\text{ cm}^2`."""

    of: Expr
    unit: str
    power: int = 1


@dataclass(frozen=True, slots=True)
class Tuple:
    """Several values in order, in parentheses."""

    items: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Many:
    """Several values in any order, with or without braces around them."""

    items: tuple[Expr, ...]
    braces: bool = False


@dataclass(frozen=True, slots=True)
class Range:
    """An interval; a bound that is None is infinite."""

    low: Expr | None
    high: Expr | None
    low_closed: bool
    high_closed: bool


@dataclass(frozen=True, slots=True)
class Ranges:
    """The union of intervals."""

    pieces: tuple[Range, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """Rows of values."""

    rows: tuple[tuple[Expr, ...], ...]


@dataclass(frozen=True, slots=True)
class Equation:
    """Two sides."""

    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Based:
    """A numeral in a base, as in `204_5`."""

    digits: str
    base: int
    negative: bool = False


@dataclass(frozen=True, slots=True)
class Words:
    """An answer in words."""

    text: str


@dataclass(frozen=True, slots=True)
class Choice:
    """The letter of an option."""

    letter: str


@dataclass(frozen=True, slots=True)
class Ratio:
    """Whole numbers in proportion, as in `3:1`."""

    terms: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Clock:
    """A time with `a.m.` or `p.m.`."""

    hour: int
    minute: int
    half: str


Answer: TypeAlias = (
    Single | Percent | Degrees | Money | Quantity | Tuple | Many | Ranges | Matrix | Equation
    | Based | Words | Choice | Ratio | Clock
)  # fmt: skip

FIELDS: dict[type[Any], tuple[str, ...]] = {
    Sum: ("terms",), Product: ("factors",), Neg: ("of",), Quotient: ("over", "under"), Power: ("base", "exponent"),
    Root: ("of",), Call: ("of",), Single: ("of",), Percent: ("of",), Degrees: ("of",), Money: ("of",),
    Quantity: ("of",), Tuple: ("items",), Many: ("items",), Ranges: ("pieces",), Range: ("low", "high"),
    Matrix: ("rows",), Equation: ("left", "right"),
}  # fmt: skip


def variants(node: Any, rule: Callable[[Expr], Expr | None]) -> Iterator[Any]:
    """The node with one of its expressions replaced by what a rule makes of it, for each that the rule takes."""
    if isinstance(node, tuple):
        for at, item in enumerate(node):
            for other in variants(item, rule):
                yield (*node[:at], other, *node[at + 1 :])
        return
    if isinstance(node, Expr) and (changed := rule(node)) is not None:
        yield changed
    for name in FIELDS.get(type(node), ()):
        for other in variants(getattr(node, name), rule):
            yield replace(node, **{name: other})


def parts(answer: Any) -> Iterator[Expr]:
    """The expressions that an answer is made of, not those inside them."""
    if isinstance(answer, Expr):
        yield answer
    elif isinstance(answer, tuple):
        for item in answer:
            yield from parts(item)
    else:
        for name in FIELDS.get(type(answer), ()):
            yield from parts(getattr(answer, name))


def with_part(answer: Any, rule: Callable[[Expr], Expr | None]) -> Iterator[Any]:
    """The answer with one of its parts as a whole replaced by what a rule makes of it."""
    if isinstance(answer, Expr):
        if (changed := rule(answer)) is not None:
            yield changed
    elif isinstance(answer, tuple):
        for at, item in enumerate(answer):
            for other in with_part(item, rule):
                yield (*answer[:at], other, *answer[at + 1 :])
    else:
        for name in FIELDS.get(type(answer), ()):
            for other in with_part(getattr(answer, name), rule):
                yield replace(answer, **{name: other})
