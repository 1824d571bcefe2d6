"""The trees that answers are read into.

Every node is frozen and hashable, so equal trees are equal objects to sets and caches. A tree says what was written,
not what it is worth: `2/4` and `1/2` are different trees.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Number:
    """A numeral in base ten, exact. `places` are its digits behind the point; None where it has no point."""

    value: Fraction
    places: int | None = None


@dataclass(frozen=True, slots=True)
class InBase:
    """A numeral with its base written below, such as `204_5`."""

    digits: str
    base: int


@dataclass(frozen=True, slots=True)
class Symbol:
    """A letter or a name with its subscript and primes, such as `x`, `\\alpha`, `x_1`, `f'`."""

    name: str


@dataclass(frozen=True, slots=True)
class Constant:
    """One of the constants that a letter of its own stands for. Infinity has no sign of its own here."""

    name: Literal["pi", "e", "i", "infinity", "empty_set", "reals", "integers", "naturals", "rationals", "complexes"]


@dataclass(frozen=True, slots=True)
class Sum:
    """Terms added; a term taken away is a `Negative`."""

    terms: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Negative:
    """A term with a minus."""

    value: Tree


@dataclass(frozen=True, slots=True)
class PlusMinus:
    """A term with `\\pm` (`upper` is plus) or `\\mp`."""

    value: Tree
    upper: Literal["plus", "minus"] = "plus"


@dataclass(frozen=True, slots=True)
class Product:
    """Factors multiplied, in their order."""

    factors: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Quotient:
    """A fraction or a division."""

    numerator: Tree
    denominator: Tree


@dataclass(frozen=True, slots=True)
class Mixed:
    """A mixed number: a whole one and a proper fraction of whole numbers beside it."""

    whole: Number
    fraction: Quotient


@dataclass(frozen=True, slots=True)
class Power:
    """A power; `\\sqrt[n]{x}` is a `Root`."""

    base: Tree
    exponent: Tree


@dataclass(frozen=True, slots=True)
class Root:
    """The principal root."""

    radicand: Tree
    degree: Tree


@dataclass(frozen=True, slots=True)
class Call:
    """A known function of its arguments, such as `sin`, `log` (of argument, base), `abs`, `factorial`, `binomial`."""

    function: str
    arguments: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Bound:
    """A sum, product, integral or limit: its body and the variable it binds between two ends.

    A limit has its point as `low`; an indefinite integral has no ends.
    """

    operator: Literal["sum", "prod", "int", "lim"]
    variable: Symbol
    body: Tree
    low: Tree | None = None
    high: Tree | None = None


@dataclass(frozen=True, slots=True)
class Percent:
    """So many hundredths."""

    value: Tree


@dataclass(frozen=True, slots=True)
class Quantity:
    """A value and its unit as it was written, such as `cm`, `m/s`, `degree`, `$`, or a mere noun."""

    value: Tree
    unit: str


@dataclass(frozen=True, slots=True)
class Words:
    """Text that is no mathematics: a name, a weekday, `no solution`; in lower case, one space between words."""

    text: str


@dataclass(frozen=True, slots=True)
class Dots:
    """`\\ldots`: what goes on between or behind the terms of a list, a sum or a product."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A letter of a multiple-choice question, such as `(B)`; a capital."""

    letter: str


@dataclass(frozen=True, slots=True)
class Items:
    """Several answers or values together.

    `kind` is how they stand: `list` bare with commas or `and` (order means nothing), `either` with `or`, `set` in
    braces, `tuple` in round brackets, `vector` in square or angle brackets. Two in round brackets may mean an open
    interval too, which is for the comparison to see.
    """

    kind: Literal["list", "either", "set", "tuple", "vector"]
    items: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Interval:
    """An interval that shows by its brackets that it is one; `[a,b]` is read so as well."""

    low: Tree
    high: Tree
    closed_low: bool
    closed_high: bool


@dataclass(frozen=True, slots=True)
class Matrix:
    """A matrix or a column vector, rows of equal length."""

    rows: tuple[tuple[Tree, ...], ...]


@dataclass(frozen=True, slots=True)
class Relation:
    """Terms with relations between them, one fewer than terms: `=`, `!=`, `<`, `<=`, `>`, `>=`, `in`, `~`, `->`, `mod`.

    The modulus of a congruence stands in its last term, `Call("mod", (term, modulus))`.
    """

    terms: tuple[Tree, ...]
    relations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SetOperation:
    """Sets joined (`union`, `intersection`, `difference`)."""

    operator: Literal["union", "intersection", "difference"]
    operands: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Builder:
    """A set by its rule, `\\{ x : x > 0 \\}`."""

    element: Tree
    rule: Tree


@dataclass(frozen=True, slots=True)
class Labelled:
    """A value and the condition under which it holds: a row of `cases`, or a value `if` or `for` something.

    The content of a multiple-choice option with its letter before it has that `Choice` as condition.
    """

    value: Tree
    condition: Tree


Tree = (
    Number | InBase | Symbol | Constant | Sum | Negative | PlusMinus | Product | Quotient | Mixed | Power | Root | Call
    | Bound | Percent | Quantity | Words | Dots | Choice | Items | Interval | Matrix | Relation | SetOperation | Builder
    | Labelled
)  # fmt: skip


def children(tree: Tree) -> Iterator[Tree]:
    """The nodes right below a node, in order."""
    for field in fields(tree):
        yield from _nodes(getattr(tree, field.name))


def _nodes(value: object) -> Iterator[Tree]:
    if isinstance(value, tuple):
        for each in value:
            yield from _nodes(each)
    elif isinstance(value, Tree):
        yield value


def rebuilt(tree: Tree, change: Callable[[Tree], Tree]) -> Tree:
    """A node of the same kind whose children are what `change` makes of them."""
    return type(tree)(*(_changed(getattr(tree, field.name), change) for field in fields(tree)))


def with_symbol(tree: Tree, name: str, value: Tree) -> Tree:
    """A tree with `value` in place of a symbol, where nothing binds it."""
    if isinstance(tree, Symbol):
        return value if tree.name == name else tree
    if isinstance(tree, Bound):
        low, high = (end and with_symbol(end, name, value) for end in (tree.low, tree.high))
        body = tree.body if tree.variable.name == name else with_symbol(tree.body, name, value)
        return replace(tree, body=body, low=low, high=high)
    return rebuilt(tree, lambda child: with_symbol(child, name, value))


def _changed(value: object, change: Callable[[Tree], Tree]) -> Any:
    if isinstance(value, tuple):
        return tuple(_changed(each, change) for each in value)
    return change(value) if isinstance(value, Tree) else value
