r"""Answers as LaTeX, and expressions as plain text such as `3*sqrt(2)/2`."""

from __future__ import annotations

import re

from benchmarks.mutations.model import (
    Answer,
    Based,
    Call,
    Choice,
    Clock,
    Degrees,
    Equation,
    Expr,
    Many,
    Matrix,
    Mixed,
    Money,
    Name,
    Neg,
    Num,
    Percent,
    Power,
    Product,
    Quantity,
    Quotient,
    Range,
    Ranges,
    Ratio,
    Root,
    Single,
    Sum,
    Tuple,
    Words,
    Written,
)

_SUM, _PRODUCT, _POWER, _ATOM = range(4)


def latex(expr: Expr, least: int = _SUM) -> str:
    """An expression as LaTeX, in parentheses where it binds less than asked for."""
    match expr:
        case Num(text):
            return text
        case Name(text):
            return text
        case Written(text, _, binds):
            return _bracketed(text, binds < least)
        case Sum(terms):
            return _bracketed(_sum([latex(term, _SUM if at == 0 else _PRODUCT) if not isinstance(term, Neg)
                                    else f"-{latex(term.of, _PRODUCT)}" for at, term in enumerate(terms)]),
                              least > _SUM)  # fmt: skip
        case Neg(of):
            return _bracketed(f"-{latex(of, _PRODUCT)}", least > _SUM)
        case Product(factors):
            return _bracketed(_product(factors), least > _PRODUCT)
        case Quotient(over, under):
            return _bracketed(rf"\frac{{{latex(over)}}}{{{latex(under)}}}", least > _PRODUCT)
        case Power(base, exponent):
            return _bracketed(f"{latex(base, _ATOM)}^{{{latex(exponent)}}}", least > _POWER)
        case Root(of, index):
            return rf"\sqrt{'' if index == 2 else f'[{index}]'}{{{latex(of)}}}"
        case Call(function, of):
            return _bracketed(rf"\{function}({latex(of)})", least > _POWER)
        case Mixed(whole, over, under):
            return _bracketed(rf"{whole}\frac{{{over}}}{{{under}}}", least > _SUM)


def _bracketed(text: str, wanted: bool) -> str:
    return f"({text})" if wanted else text


def _sum(terms: list[str]) -> str:
    return "".join(term if at == 0 or term.startswith("-") else f"+{term}" for at, term in enumerate(terms))


def _product(factors: tuple[Expr, ...]) -> str:
    texts = [latex(factor, _ATOM if isinstance(factor, Written) else _PRODUCT) for factor in factors]
    text = texts[0]
    for previous, factor, following in zip(factors, factors[1:], texts[1:], strict=False):
        number = isinstance(previous, Num | Mixed | Written | Quotient | Power)
        if following[0].isdigit() or following.startswith(r"\frac") or (number and isinstance(factor, Mixed | Written)):
            text += rf" \cdot {following}"
        elif re.search(r"\\[a-zA-Z]+\Z", text) and following[0].isalpha():
            text += f" {following}"
        else:
            text += following
    return text


def plain(expr: Expr, least: int = _SUM) -> str:
    """An expression as plain text, every multiplication written."""
    match expr:
        case Num(text):
            return text
        case Name(text):
            return text.removeprefix("\\")
        case Written():
            return plain(expr.says, least)
        case Sum(terms):
            return _bracketed(_sum([plain(term, _PRODUCT) if not isinstance(term, Neg)
                                    else f"-{plain(term.of, _PRODUCT)}" for term in terms]), least > _SUM)  # fmt: skip
        case Neg(of):
            return _bracketed(f"-{plain(of, _PRODUCT)}", least > _SUM)
        case Product(factors):
            return _bracketed("*".join(plain(factor, _POWER) for factor in factors), least > _PRODUCT)
        case Quotient(over, under):
            return _bracketed(f"{plain(over, _PRODUCT)}/{plain(under, _POWER)}", least > _PRODUCT)
        case Power(base, exponent):
            return _bracketed(f"{plain(base, _ATOM)}^{_exponent(exponent)}", least > _POWER)
        case Root(of, 2):
            return f"sqrt({plain(of)})"
        case Root(of, index):
            return _bracketed(f"({plain(of)})^(1/{index})", least > _POWER)
        case Call(function, of):
            return f"{function}({plain(of)})"
        case Mixed(whole, over, under):
            return _bracketed(f"{whole * under + over}/{under}", least > _PRODUCT)


def _exponent(exponent: Expr) -> str:
    return plain(exponent) if isinstance(exponent, Num | Name) else f"({plain(exponent)})"


def write(answer: Answer) -> str:
    """An answer as LaTeX."""
    match answer:
        case Single(of):
            return latex(of)
        case Percent(of):
            return rf"{_measured(of)}\%"
        case Degrees(of):
            return rf"{_measured(of)}^\circ"
        case Money(of):
            return rf"\${latex(of)}"
        case Quantity(of, unit, power):
            return rf"{_measured(of)}\text{{ {unit}}}" + (f"^{power}" if power != 1 else "")
        case Tuple(items):
            return f"({_listed(items)})"
        case Many(items, braces):
            return rf"\{{{_listed(items)}\}}" if braces else _listed(items)
        case Ranges(pieces):
            return r" \cup ".join(map(interval, pieces))
        case Matrix(rows):
            body = r" \\ ".join(" & ".join(map(latex, row)) for row in rows)
            return rf"\begin{{pmatrix}} {body} \end{{pmatrix}}"
        case Equation(left, right):
            return f"{latex(left)} = {latex(right)}"
        case Based(digits, base, negative):
            return f"{'-' if negative else ''}{digits}_{{{base}}}"
        case Words(text):
            return rf"\text{{{text}}}"
        case Choice(letter):
            return rf"\text{{({letter})}}"
        case Ratio(terms):
            return ":".join(map(str, terms))
        case Clock(hour, minute, half):
            return rf"{hour}:{minute:02d} \text{{ {half}}}"


def _measured(of: Expr) -> str:
    """An expression with a unit or a sign behind it."""
    size = of.of if isinstance(of, Neg) else of
    return latex(of) if isinstance(size, Num | Mixed | Quotient) else latex(of, _ATOM)


def _listed(items: tuple[Expr, ...]) -> str:
    return ", ".join(map(latex, items))


def interval(piece: Range) -> str:
    """An interval with its brackets."""
    low = latex(piece.low) if piece.low is not None else r"-\infty"
    high = latex(piece.high) if piece.high is not None else r"\infty"
    return f"{'[' if piece.low_closed else '('}{low}, {high}{']' if piece.high_closed else ')'}"
