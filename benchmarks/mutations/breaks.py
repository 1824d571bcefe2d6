r"""The kinds of minimal breaks: `broken(kind, gold, draw)` is a text that must never be paid for a gold.

`RULES` break one expression somewhere in the answer; that the answer is another one then is checked with numbers.
`ANSWERS` break the answer as a whole: an order, a bracket, a unit, a base.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from random import Random
from typing import Any

from benchmarks.mutations.broken_expressions import OF_WHOLES, RULES
from benchmarks.mutations.model import (
    Answer,
    Based,
    Choice,
    Clock,
    Degrees,
    Equation,
    Expr,
    Many,
    Matrix,
    Money,
    Num,
    Percent,
    Quantity,
    Ranges,
    Ratio,
    Single,
    Sum,
    Tuple,
    Words,
    variants,
    with_part,
)
from benchmarks.mutations.reading import read
from benchmarks.mutations.worth import Unsure, names, same, same_answer, same_set
from benchmarks.mutations.writing import latex, write

Form = Callable[[Any, Random], str | None]
_WORDS = ("Friday", "Sunday", "even", "hyperbola", "Carla", "neither", "Monday", "parabola", "Evelyn", "yes")


def order_changed(answer: Tuple, draw: Random) -> str | None:
    items = [*answer.items]
    draw.shuffle(items)
    return (
        write(Tuple(tuple(items))) if any(not same(*pair) for pair in zip(items, answer.items, strict=True)) else None
    )


def element_dropped(answer: Tuple | Many, draw: Random) -> str | None:
    at = draw.randrange(len(answer.items))
    return write(replace(answer, items=(*answer.items[:at], *answer.items[at + 1 :])))


def element_doubled(answer: Many, draw: Random) -> str | None:
    return write(replace(answer, items=(*answer.items, draw.choice(answer.items))))


def element_twice(answer: Many, draw: Random) -> str | None:
    """One element in place of another: `1, 1` for `1, 2`."""
    items = [*answer.items]
    one, other = draw.sample(range(len(items)), 2)
    items[one] = items[other]
    return write(replace(answer, items=tuple(items))) if not same_set(items, answer.items) else None


def element_added(answer: Single | Many, draw: Random) -> str | None:
    """A list of the answer and something else."""
    items = answer.items if isinstance(answer, Many) else (answer.of,)
    more = Num(str(draw.randint(11, 99)))
    if any(same(more, item) for item in items):
        return None
    return write(Many((*items, more) if draw.random() < 0.5 else (more, *items), getattr(answer, "braces", False)))


def one_or_other(answer: Single, draw: Random) -> str | None:
    """An answer that leaves the choice."""
    more = Sum((answer.of, Num("1")))
    other = Num(str(answer.of.whole + 1)) if isinstance(answer.of, Num) and answer.of.whole is not None else more
    return rf"{latex(answer.of)} \text{{ or }} {latex(other)}"


def chain_untrue(answer: Single, draw: Random) -> str | None:
    """`41 = 42` for 42."""
    if not isinstance(answer.of, Num) or answer.of.whole is None:
        return None
    value = answer.of.whole
    other = value + draw.choice([-1, 1, 2])
    return draw.choice([f"{other} = {value}", f"{value} = {other}", f"x = {other} = {value}", f"x = {value} = {other}",
                        f"{value} = {other} = {value}"])  # fmt: skip


def bracket_changed(answer: Ranges, draw: Random) -> str | None:
    at = draw.randrange(len(answer.pieces))
    piece = answer.pieces[at]
    ends = [name for name in ("low", "high") if getattr(piece, name) is not None]
    if not ends:
        return None
    closed = draw.choice(ends)
    changed = (
        replace(piece, low_closed=not piece.low_closed)
        if closed == "low"
        else replace(piece, high_closed=not piece.high_closed)
    )
    return write(Ranges((*answer.pieces[:at], changed, *answer.pieces[at + 1 :])))


def piece_dropped(answer: Ranges, draw: Random) -> str | None:
    if len(answer.pieces) < 2:
        return None
    at = draw.randrange(len(answer.pieces))
    return write(Ranges((*answer.pieces[:at], *answer.pieces[at + 1 :])))


def bound_infinite(answer: Ranges, draw: Random) -> str | None:
    if len(answer.pieces) != 1 or answer.pieces[0].low is None:
        return None
    return write(Ranges((replace(answer.pieces[0], low=None, low_closed=False),)))


def complement(answer: Ranges, draw: Random) -> str | None:
    """`x < 2` for `(2, oo)`."""
    match answer.pieces:
        case [piece] if piece.high is None and piece.low is not None:
            return f"x < {latex(piece.low)}"
        case [piece] if piece.low is None and piece.high is not None:
            return f"x > {latex(piece.high)}"
    return None


def transposed(answer: Matrix, draw: Random) -> str | None:
    rows = tuple(zip(*answer.rows, strict=True))
    return write(Matrix(rows)) if _other_rows(rows, answer.rows) else None


def rows_swapped(answer: Matrix, draw: Random) -> str | None:
    rows = answer.rows[::-1]
    return write(Matrix(rows)) if _other_rows(rows, answer.rows) else None


def row_dropped(answer: Matrix, draw: Random) -> str | None:
    return write(Matrix(answer.rows[:-1])) if len(answer.rows) > 1 else None


def _other_rows(one: tuple[tuple[Expr, ...], ...], other: tuple[tuple[Expr, ...], ...]) -> bool:
    if len(one) != len(other) or len(one[0]) != len(other[0]):
        return True
    return any(not same(*pair) for rows in zip(one, other, strict=True) for pair in zip(*rows, strict=True))


def side_dropped(answer: Equation, draw: Random) -> str | None:
    """Zero, or the other variable, for a side that is something else."""
    if len(names(answer)) < 2 or answer.right == Num("0"):
        return None
    return f"{latex(answer.left)} = 0"


def percent_sign(answer: Single, draw: Random) -> str | None:
    """50% for 50."""
    return rf"{latex(answer.of)}\%" if isinstance(answer.of, Num) and answer.of.value else None


def percent_factor(answer: Percent, draw: Random) -> str | None:
    """0.5% or 5000% for 50%."""
    assert isinstance(answer.of, Num)
    share = answer.of.value / 100
    text = f"{float(share):.10f}".rstrip("0").rstrip(".")
    return draw.choice([rf"{text}\%", rf"{write(Percent(Num(answer.of.text.replace('.', '') + '00')))}"])


_OTHERS = {
    "cm": "m", "centimeters": "inches", "km": "m", "feet": "inches", "meters": "km", "inches": "feet", "miles": "feet",
    "hours": "minutes", "minutes": "seconds", "seconds": "hours", "days": "weeks", "dollars": "cents",
    "cents": "dollars",
    "square feet": "feet", "square units": "cubic units", "square inches": "inches", "degrees": "radians",
    "pounds": "ounces", "units": "degrees",
}  # fmt: skip


def unit_changed(answer: Quantity, draw: Random) -> str | None:
    return write(replace(answer, unit=_OTHERS.get(answer.unit, "elephants")))


def unit_power(answer: Quantity, draw: Random) -> str | None:
    known = answer.unit in ("cm", "m", "km", "feet", "inches", "meters", "centimeters", "miles", "ft", "in")
    return write(replace(answer, power=answer.power + 1)) if known else None


def unit_other(answer: Degrees | Money, draw: Random) -> str | None:
    """A length or an area for an angle or a sum of money."""
    return rf"{latex(answer.of)}\text{{ {draw.choice(['cm', 'square feet', 'hours', 'kg'])}}}"


def base_changed(answer: Based, draw: Random) -> str | None:
    if _worth(answer) == _worth(other := replace(answer, base=answer.base + 1)):
        return None
    return write(other)


def base_dropped(answer: Based, draw: Random) -> str | None:
    """A numeral that says another number without its base."""
    return answer.digits if _worth(answer) != int(answer.digits) else None


def based_digit(answer: Based, draw: Random) -> str | None:
    at = draw.randrange(len(answer.digits))
    digit = (int(answer.digits[at]) + 1) % answer.base
    return write(replace(answer, digits=f"{answer.digits[:at]}{digit}{answer.digits[at + 1 :]}"))


def _worth(answer: Based) -> int:
    worth = 0
    for digit in answer.digits:
        worth = worth * answer.base + int(digit)
    return worth


def word_changed(answer: Words, draw: Random) -> str | None:
    other = draw.choice(_WORDS)
    return write(Words(other)) if other.lower() != answer.text.lower() else None


def letter_changed(answer: Choice, draw: Random) -> str | None:
    return write(Choice(draw.choice([letter for letter in "ABCDE" if letter != answer.letter])))


def ratio_changed(answer: Ratio, draw: Random) -> str | None:
    terms = list(answer.terms)
    changed = draw.choice([terms[::-1], [terms[0] + 1, *terms[1:]]])
    proportional = all(a * terms[0] == b * changed[0] for a, b in zip(changed, terms, strict=True))
    return write(Ratio(tuple(changed))) if not proportional else None


def clock_changed(answer: Clock, draw: Random) -> str | None:
    half = answer.half.replace("p", "a") if "p" in answer.half else answer.half.replace("a", "p")
    return write(draw.choice([replace(answer, half=half), replace(answer, minute=(answer.minute + 1) % 60)]))


def sent_infinite(answer: Single, draw: Random) -> str | None:
    return draw.choice([r"\infty", r"-\infty", r"\text{undefined}", r"\emptyset", r"\text{no solution}"])


ANSWERS: Mapping[str, tuple[tuple[type[Any], ...], Form]] = {
    "order changed": ((Tuple,), order_changed),
    "element dropped": ((Tuple, Many), element_dropped),
    "element doubled": ((Many,), element_doubled),
    "element twice": ((Many,), element_twice),
    "element added": ((Single, Many), element_added),
    "one or other": ((Single,), one_or_other),
    "chain untrue": ((Single,), chain_untrue),
    "bracket changed": ((Ranges,), bracket_changed),
    "piece dropped": ((Ranges,), piece_dropped),
    "bound infinite": ((Ranges,), bound_infinite),
    "complement": ((Ranges,), complement),
    "transposed": ((Matrix,), transposed),
    "rows swapped": ((Matrix,), rows_swapped),
    "row dropped": ((Matrix,), row_dropped),
    "side dropped": ((Equation,), side_dropped),
    "percent sign": ((Single,), percent_sign),
    "percent factor": ((Percent,), percent_factor),
    "unit changed": ((Quantity,), unit_changed),
    "unit power": ((Quantity,), unit_power),
    "unit other": ((Degrees, Money), unit_other),
    "base changed": ((Based,), base_changed),
    "base dropped": ((Based,), base_dropped),
    "based digit": ((Based,), based_digit),
    "word changed": ((Words,), word_changed),
    "letter changed": ((Choice,), letter_changed),
    "ratio changed": ((Ratio,), ratio_changed),
    "clock changed": ((Clock,), clock_changed),
    "no number": ((Single,), sent_infinite),
}
BREAKS = (*(name.replace("_", " ") for name in RULES), *ANSWERS)


def broken(kind: str, gold: str, draw: Random) -> str | None:
    """A text that says something else than a gold, by this kind of break; None if it does not apply."""
    answer = read(gold)
    if answer is None:
        return None
    try:
        if kind in ANSWERS:
            wanted, form = ANSWERS[kind]
            return form(answer, draw) if isinstance(answer, wanted) else None
        return _by_rule(kind.replace(" ", "_"), answer, draw)
    except Unsure:
        return None


def _by_rule(name: str, answer: Answer, draw: Random) -> str | None:
    apply = with_part if name in OF_WHOLES else variants
    found = [*apply(answer, lambda expr: RULES[name](expr, draw))]
    draw.shuffle(found)
    return next((write(other) for other in found if _surely_other(answer, other)), None)


def _surely_other(answer: Answer, other: Answer) -> bool:
    """Whether the answers differ; for a rounded gold, by more than it was rounded, and not by a hundred for percent."""
    try:
        if same_answer(answer, other):
            return False
    except Unsure:
        return False
    if isinstance(answer, Percent) and isinstance(other, Percent):
        return _ratio(answer.of, other.of) not in (100, Fraction(1, 100))
    return True


def _ratio(one: Expr, other: Expr) -> Fraction | None:
    return one.value / other.value if isinstance(one, Num) and isinstance(other, Num) and other.value else None
