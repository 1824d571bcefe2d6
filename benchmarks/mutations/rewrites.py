r"""The kinds of equivalent rewrites: `rewritten(kind, gold, draw)` is a text that must be paid for a gold.

Three sorts: `SURFACES` rewrite the text, `INSIDE` and `WHOLE` an expression somewhere in the answer, `ANSWERS` the
answer as a whole, such as the order of a list or an interval as an inequality.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from fractions import Fraction
from random import Random
from typing import Any

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
    Name,
    Neg,
    Num,
    Percent,
    Product,
    Quantity,
    Range,
    Ranges,
    Ratio,
    Single,
    Sum,
    Tuple,
    Words,
    variants,
    with_part,
)
from benchmarks.mutations.number_rules import arithmetic
from benchmarks.mutations.polynomials import number
from benchmarks.mutations.reading import read
from benchmarks.mutations.rules import INSIDE, WHOLE, Rule
from benchmarks.mutations.surface import SURFACES, resurfaced
from benchmarks.mutations.worth import Unsure, names, same_answer
from benchmarks.mutations.writing import latex, write

Form = Callable[[Any, Random], str | None]
# Names of a unit, and others for the same; and how many of another unit one is.
_SYNONYMS = {
    "cm": ["centimeters"], "centimeters": ["cm"], "km": ["kilometers"], "feet": ["ft", "foot"], "meters": ["m"],
    "inches": ["in", "inch"], "miles": ["mile"], "square units": ["units^2", "square unit"], "minutes": ["min"],
    "seconds": ["s", "sec"], "hours": ["hr", "hour"], "square feet": ["ft^2"], "square inches": ["in^2"],
    "cubic inches": ["in^3"], "degrees": ["degree"], "cents": ["cent"], "dollars": ["dollar"],
    "mph": ["miles per hour"],
    "days": ["day"], "gallons": ["gallon"], "pounds": ["lb", "lbs"],
}  # fmt: skip
_CONVERSIONS = {
    "cm": ("mm", 10), "centimeters": ("mm", 10), "km": ("m", 1000), "feet": ("inches", 12), "meters": ("cm", 100),
    "hours": ("minutes", 60), "minutes": ("seconds", 60), "miles": ("feet", 5280), "days": ("hours", 24),
    "dollars": ("cents", 100), "m": ("cm", 100),
}  # fmt: skip
# What is done to a number that has a unit: nobody writes `\ln e^5` inches.
_MEASURED = ("slash", "decimal", "fraction", "unreduced", "mixed", "improper", "zeros_added", "zero_dropped")
# Plain text, whose `pi` our reader would take for two letters.
_PLAIN = re.compile(r"(?<!\\)\b(?:sqrt|pi|sin|cos|tan|sec|csc|cot)|\^\d\d")


def rendered(answer: Answer, draw: Random) -> str | None:
    """The answer written anew by our own writer."""
    return write(answer)


def named(answer: Single | Quantity | Tuple | Many, draw: Random) -> str | None:
    """`x = 5` for 5."""
    if names(answer) or isinstance(answer, Quantity):
        return None
    if isinstance(answer, Many):
        return ", ".join(f"x = {latex(item)}" for item in answer.items)
    left = "(x,y)" if isinstance(answer, Tuple) else draw.choice(["x", "n", "y", "P", r"\theta", "x_1", "AB"])
    if isinstance(answer, Tuple) and len(answer.items) != 2:
        return None
    return f"{left} = {write(answer)}"


def unnamed(answer: Equation, draw: Random) -> str | None:
    return latex(answer.right) if isinstance(answer.left, Name) and not names(answer.right) else None


def chained(answer: Single, draw: Random) -> str | None:
    """`3 + 2 = 5` for 5: every link is true."""
    first = arithmetic(answer.of, draw)
    return f"{latex(first)} = {latex(answer.of)}" if first is not None else None


def flipped(answer: Equation, draw: Random) -> str | None:
    return f"{latex(answer.right)} = {latex(answer.left)}"


def scaled(answer: Equation, draw: Random) -> str | None:
    """Both sides multiplied; not where the equation says what one unknown is."""
    if len(names(answer)) < 2 or not names(answer) <= {"x", "y", "z"}:
        return None
    factor = Num(str(draw.randint(2, 9)))
    return f"{latex(Product((factor, answer.left)))} = {latex(Product((factor, answer.right)))}"


def moved(answer: Equation, draw: Random) -> str | None:
    """All on one side."""
    if len(names(answer)) < 2 or not names(answer) <= {"x", "y", "z"} or answer.right == Num("0"):
        return None
    difference = latex(Sum((answer.left, Neg(answer.right))))
    return draw.choice([f"{difference} = 0", f"0 = {difference}"])


def reordered(answer: Many, draw: Random) -> str | None:
    items = [*answer.items]
    draw.shuffle(items)
    return write(Many(tuple(items), answer.braces)) if items != [*answer.items] else None


def as_set(answer: Many, draw: Random) -> str | None:
    return write(Many(answer.items, braces=not answer.braces))


def with_and(answer: Many, draw: Random) -> str | None:
    items = [latex(item) for item in answer.items]
    return ", ".join(items[:-1]) + draw.choice([" and ", r" \text{ and } "]) + items[-1]


def bare_tuple(answer: Tuple, draw: Random) -> str | None:
    return ", ".join(map(latex, answer.items)) if len(answer.items) > 1 else None


def tuple_spaced(answer: Tuple, draw: Random) -> str | None:
    comma = draw.choice([",", ",  ", r",\ ", r",\,", " , "])
    opening, closing = draw.choice([("(", ")"), (r"\left(", r"\right)"), (r"\bigl(", r"\bigr)"), ("( ", " )")])
    return f"{opening}{comma.join(map(latex, answer.items))}{closing}"


def inequality(answer: Ranges, draw: Random) -> str | None:
    pieces = [_inequality(piece, draw) for piece in answer.pieces]
    return draw.choice([" or ", r" \text{ or } "]).join(pieces) if all(pieces) else None


def _inequality(piece: Range, draw: Random) -> str:
    at_least, at_most = (r" \ge " if piece.low_closed else " > "), (r" \le " if piece.high_closed else " < ")
    if piece.low is None and piece.high is None:
        return ""
    if piece.high is None:
        assert piece.low is not None
        return f"x{at_least}{latex(piece.low)}"
    if piece.low is None:
        return f"x{at_most}{latex(piece.high)}"
    up = r" \le " if piece.low_closed else " < "
    down = r" \ge " if piece.high_closed else " > "
    return draw.choice([f"{latex(piece.low)}{up}x{at_most}{latex(piece.high)}",
                        f"{latex(piece.high)}{down}x{at_least}{latex(piece.low)}"])  # fmt: skip


def member(answer: Ranges, draw: Random) -> str | None:
    return rf"x \in {write(answer)}"


def union_reordered(answer: Ranges, draw: Random) -> str | None:
    return write(Ranges(answer.pieces[::-1])) if len(answer.pieces) > 1 else None


def infinities(answer: Ranges, draw: Random) -> str | None:
    return write(answer).replace(r", \infty", r", +\infty")


def brackets(answer: Matrix, draw: Random) -> str | None:
    body = r" \\ ".join(" & ".join(map(latex, row)) for row in answer.rows)
    form = draw.choice(["bmatrix", "matrix", "array", "tight"])
    if form == "tight":
        return write(answer).replace(" ", "").replace(r"\\", r"\\[1ex]")
    if form == "array":
        return rf"\left( \begin{{array}}{{{'c' * len(answer.rows[0])}}} {body} \end{{array}} \right)"
    whole = rf"\begin{{{form}}} {body} \end{{{form}}}"
    return rf"\left( {whole} \right)" if form == "matrix" else whole


def percent(answer: Percent, draw: Random) -> str | None:
    """50% as 50, 0.5, `50 percent`, one half."""
    assert isinstance(answer.of, Num)
    share = answer.of.value / 100
    text = answer.of.text
    return draw.choice([text, f"{text}%", rf"{text} \%", f"{text} percent", rf"{text}\text{{ percent}}",
                        latex(number(share)), f"{float(share):.10f}".rstrip("0").rstrip(".")])  # fmt: skip


def degrees(answer: Degrees, draw: Random) -> str | None:
    value = latex(answer.of)
    return draw.choice([value, f"{value}°", rf"{value}^{{\circ}}", rf"{value} ^ \circ", f"{value} degrees",
                        rf"{value}\text{{ degrees}}", rf"{value}\degree"])  # fmt: skip


def money(answer: Money, draw: Random) -> str | None:
    assert isinstance(answer.of, Num)
    text = answer.of.text
    cents = answer.of.value * 100
    forms = [text, f"${text}", rf"\$ {text}", f"{text} dollars", rf"{text}\text{{ dollars}}", f"USD {text}"]
    return draw.choice(forms + ([rf"{cents}\text{{ cents}}"] if cents.denominator == 1 else []))


def unit_dropped(answer: Quantity, draw: Random) -> str | None:
    return latex(answer.of)


def unit_written(answer: Quantity, draw: Random) -> str | None:
    value, unit = latex(answer.of), answer.unit
    power = f"^{answer.power}" if answer.power != 1 else ""
    if answer.power == 1 and unit in _SYNONYMS and draw.random() < 0.5:
        unit = draw.choice(_SYNONYMS[unit])
        if "^" in unit:
            return rf"{value}\ \text{{{unit.split('^')[0]}}}^{unit[-1]}"
    bare = [f"{value} {unit}{power}"] if len(unit) > 3 or unit in _SYNONYMS else []
    return draw.choice([*bare, rf"{value}\,\mathrm{{{unit.replace(' ', '~')}}}{power}",
                        rf"{value}\ \text{{{unit}}}{power}", rf"{value}~\mbox{{{unit}}}{power}"])  # fmt: skip


def unit_converted(answer: Quantity, draw: Random) -> str | None:
    if answer.unit not in _CONVERSIONS or not isinstance(answer.of, Num):
        return None
    unit, factor = _CONVERSIONS[answer.unit]
    value: Fraction = answer.of.value * factor**answer.power
    return write(Quantity(number(value), unit, answer.power))


def words(answer: Words, draw: Random) -> str | None:
    text = answer.text
    return draw.choice(
        [text, text.lower(), text.upper(), text.capitalize(), rf"\text{{ {text} }}", rf"\mathrm{{{text}}}"]
    )


def choice(answer: Choice, draw: Random) -> str | None:
    letter = answer.letter
    return draw.choice([letter, f"({letter})", rf"\text{{{letter}}}", rf"\textbf{{({letter})}}", f"{letter}.",
                        f"{letter})", rf"\mathrm{{({letter})}}"])  # fmt: skip


def ratio(answer: Ratio, draw: Random) -> str | None:
    terms = [*map(str, answer.terms)]
    forms = [" : ".join(terms), r"\colon ".join(terms), ":".join(terms)]
    return draw.choice([*forms, " to ".join(terms)]) if len(terms) == 2 else draw.choice(forms)


def clock(answer: Clock, draw: Random) -> str | None:
    time = f"{answer.hour}:{answer.minute:02d}"
    half = answer.half.replace(".", "")
    return draw.choice([f"{time} {half}", f"{time} {half.upper()}", rf"{time}\text{{ {answer.half}}}", f"{time}{half}"])


ANSWERS: Mapping[str, tuple[tuple[type[Any], ...], Form]] = {
    "rendered": ((Single, Tuple, Many, Ranges, Matrix, Equation), rendered),
    "named": ((Single, Tuple, Many), named),
    "unnamed": ((Equation,), unnamed),
    "chained": ((Single,), chained),
    "flipped": ((Equation,), flipped),
    "scaled": ((Equation,), scaled),
    "moved": ((Equation,), moved),
    "reordered": ((Many,), reordered),
    "as a set": ((Many,), as_set),
    "with and": ((Many,), with_and),
    "bare tuple": ((Tuple,), bare_tuple),
    "tuple spaced": ((Tuple,), tuple_spaced),
    "inequality": ((Ranges,), inequality),
    "member": ((Ranges,), member),
    "union reordered": ((Ranges,), union_reordered),
    "infinities": ((Ranges,), infinities),
    "brackets": ((Matrix,), brackets),
    "percent": ((Percent,), percent),
    "degrees": ((Degrees,), degrees),
    "money": ((Money,), money),
    "unit dropped": ((Quantity,), unit_dropped),
    "unit written": ((Quantity,), unit_written),
    "unit converted": ((Quantity,), unit_converted),
    "words": ((Words,), words),
    "choice": ((Choice,), choice),
    "ratio": ((Ratio,), ratio),
    "clock": ((Clock,), clock),
}
REWRITES = (*SURFACES, *(name.replace("_", " ") for name in (*INSIDE, *WHOLE)), *ANSWERS)


def rewritten(kind: str, gold: str, draw: Random) -> str | None:
    """A text that says the same as a gold, by this kind of rewrite; None if it does not apply.

    Raises:
        AssertionError: our own reader reads the text otherwise.
    """
    if kind in SURFACES:
        return resurfaced(kind, gold, draw)
    answer = read(gold)
    if answer is None:
        return None
    if kind in ANSWERS:
        wanted, form = ANSWERS[kind]
        text = form(answer, draw) if isinstance(answer, wanted) else None
    else:
        text = _by_rule(kind.replace(" ", "_"), answer, draw)
    if text is None or re.sub(r"\s", "", text) == re.sub(r"\s", "", gold):
        return None
    _checked(text, answer)
    return text


def _by_rule(name: str, answer: Answer, draw: Random) -> str | None:
    """One of all texts that a rule makes of the answer."""
    if isinstance(answer, Percent | Degrees | Money | Quantity) and name not in _MEASURED:
        return None
    inside = name in INSIDE
    rule: Rule = INSIDE[name] if inside else WHOLE[name]
    apply = variants if inside else with_part
    found = [*apply(answer, lambda expr: _signed(rule, expr, draw, inside))]
    return write(draw.choice(found)) if found else None


def _signed(rule: Rule, expr: Expr, draw: Random, inside: bool) -> Expr | None:
    """A rule for whole expressions is good behind a minus too."""
    if inside or not isinstance(expr, Neg):
        return rule(expr, draw)
    changed = rule(expr.of, draw)
    return Neg(changed) if changed is not None else rule(expr, draw)


def _checked(text: str, answer: Answer) -> None:
    """That our own reader, where it reads a rewritten text as the same kind of answer, reads the same."""
    again = None if _PLAIN.search(text) else read(text)
    if again is None or type(again) is not type(answer) or isinstance(again, Quantity | Based | Words | Choice):
        return
    try:
        assert same_answer(answer, again), f"{text} does not say {answer}"
    except Unsure:
        return
