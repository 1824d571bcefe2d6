r"""Golds as they stand in MATH, read into the model; only what is sure to be read right, None for anything else.

The letter `e`, factorials, logarithms, absolute values, subscripts that are no base, `/` before anything but a number
and the like are left unread.
"""

from __future__ import annotations

import re
from functools import lru_cache

from benchmarks.mutations.model import (
    FUNCTIONS,
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
)

_TOKEN = re.compile(r"\s*(?P<token>\d+(?:\.\d+)?|\.\d+|\\[a-zA-Z]+|[a-zA-Z]|[-+*/^(){}\[\]])")
_GREEK = ("alpha", "beta", "gamma", "theta", "phi", "lambda", "mu", "omega")
_SPACE = re.compile(r"\\(?:left|right)(?![a-z])|(?<!\\)\\[!,;: ]|~|\\displaystyle|\\q?quad")
_THOUSANDS = re.compile(r"(?<=\d)(?:,\\!|\{,\}|\\!,)\\?[ ]?(?=\d{3}(?!\d))")
_QUANTITY = re.compile(
    r"(?P<value>[^a-zA-Z]+?)\\(?:text|mbox)\{\s*(?P<unit>[a-z]+(?: [a-z]+)*)\.?\s*\}(?:\^\{?(?P<power>[23])\}?)?"
)


class _Unread(ValueError):
    pass


@lru_cache(maxsize=20_000)
def read(text: str) -> Answer | None:
    """What a gold says; None if that is not sure."""
    text = _THOUSANDS.sub("", text.strip())
    text = re.sub(r"\\[dtc]frac", r"\\frac", _SPACE.sub(" ", text)).strip().rstrip(".").strip()
    text = text.replace(r"^{\circ}", r"^\circ")
    try:
        return _framed(text) or _grouped(text) or _single(text)
    except _Unread:
        return None


def _framed(text: str) -> Answer | None:
    """Answers that a pattern tells."""
    if found := re.fullmatch(r"\d{1,3}(?:,\d{3})+", text):
        return Single(Num(text.replace(",", "")))
    if found := re.fullmatch(r"(-?)(\d+)_\{?(\d{1,2})\}?", text):
        base = int(found[3])
        sure = 2 <= base <= 10 and all(int(digit) < base for digit in found[2])
        return Based(found[2], base, bool(found[1])) if sure else None
    if found := re.fullmatch(r"\\text\{\s*\(([A-J])\)\s*\}|\\text\{([A-J])\}|\(?([A-E])\)?", text):
        return Choice(next(filter(None, found.groups())))
    if found := re.fullmatch(r"\\text\{([a-zA-Z]{3,})\}", text):
        return Words(found[1])
    if found := re.fullmatch(r"(\d{1,2}) ?: ?([0-5]\d) ?\\text\{ ?([ap]\.?m\.?) ?\}", text):
        return Clock(int(found[1]), int(found[2]), found[3])
    if re.fullmatch(r"\d+(?: ?: ?\d+)+", text) and not re.fullmatch(r"\d{1,2} ?: ?[0-5]\d", text):  # that is a time
        return Ratio(tuple(map(int, text.split(":"))))
    if found := re.fullmatch(r"\\\$ ?(\d[\d,]*(?:\.\d+)?)", text):
        return Money(Num(found[1].replace(",", "")))
    if found := re.fullmatch(r"(-?\d*\.?\d+) ?\\%", text):
        return Percent(_expression(found[1]))
    if found := re.fullmatch(r"(?:[-\d.{} ]|\\frac)+\^\\circ", text):
        return Degrees(_expression(text.removesuffix(r"^\circ")))
    if found := _QUANTITY.fullmatch(text):
        return Quantity(_expression(found["value"].replace(",", "")), found["unit"], int(found["power"] or 1))
    return None


def _grouped(text: str) -> Answer | None:
    """Answers made of several expressions."""
    if found := re.fullmatch(r"\\begin\{pmatrix\}(.*)\\end\{pmatrix\}", text):
        rows = [row for row in re.split(r"\\\\(?:\[[^\]]*\])?", found[1]) if row.strip()]
        cells = tuple(tuple(_expression(cell) for cell in row.split("&")) for row in rows)
        return Matrix(cells) if len({len(row) for row in cells}) == 1 else None
    if "infty" in text or r"\cup" in text or re.fullmatch(r"[\[(][^\[\]]*,[^\[\]]*\]|\[[^\[\]]*,[^\[\]]*\)", text):
        return Ranges(tuple(map(_range, re.split(r"\\cup", text))))
    if text.count("=") == 1 and not re.search(r"\\text|,|\\le|\\ge|<|>|\\ne", text):
        left, right = text.split("=")
        return Equation(_expression(left), _expression(right))
    if "," not in text:
        return None
    if found := re.fullmatch(r"\\\{(.*)\\\}", text):
        return Many(_items(found[1]), braces=True)
    if text[0] == "(" and text[-1] == ")" and _shuts_at_end(text):
        return Tuple(_items(text[1:-1]))
    return Many(_items(text))


def _shuts_at_end(text: str) -> bool:
    depth = 0
    for at, char in enumerate(text):
        depth += (char == "(") - (char == ")")
        if depth == 0:
            return at == len(text) - 1
    return False


def _items(text: str) -> tuple[Expr, ...]:
    items = text.split(",")
    if len(items) < 2 or re.search(r"\d,\d{3}(?!\d)", text):
        raise _Unread(text)
    return tuple(_expression(item) for item in items)


def _range(text: str) -> Range:
    found = re.fullmatch(r"\s*([\[(])([^,\[\]]*),([^,\[\]]*)([\])])\s*", text)
    if found is None:
        raise _Unread(text)
    low = None if found[2].strip() == r"-\infty" else _expression(found[2])
    high = None if found[3].strip() in (r"\infty", r"+\infty") else _expression(found[3])
    return Range(low, high, found[1] == "[", found[4] == "]")


def _single(text: str) -> Answer | None:
    if re.fullmatch(r"[A-Z]{2,}", text):  # letters in a row, or a word
        return None
    return Single(_expression(text))


def _expression(text: str) -> Expr:
    tokens, at = [], 0
    text = text.strip()
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise _Unread(text)
        tokens.append(found["token"])
        at = found.end()
    reader = _Reader(tokens)
    expression = reader.sum()
    if reader.tokens:
        raise _Unread(text)
    return expression


class _Reader:
    """Takes tokens from the front."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens

    def next(self) -> str:
        return self.tokens[0] if self.tokens else ""

    def take(self, *wanted: str) -> str:
        if not self.tokens or (wanted and self.tokens[0] not in wanted):
            raise _Unread(f"{wanted} in {self.tokens}")
        return self.tokens.pop(0)

    def sum(self) -> Expr:
        terms: list[Expr] = []
        while True:
            sign = self.take() if self.next() in ("+", "-") else ""
            term = self.product()
            terms.append(Neg(term) if sign == "-" else term)
            if self.next() not in ("+", "-"):
                return terms[0] if len(terms) == 1 else Sum(tuple(terms))

    def product(self) -> Expr:
        factors = [self.power()]
        signed = False
        while (token := self.next()) and token not in ("+", "-", ")", "}", "]"):
            if token == "/":
                self.take()
                under = self.power()
                if len(factors) > 1 or not isinstance(under, Num) or self.next() not in ("", "+", "-", ")", "}"):
                    raise _Unread("a quotient that binds unclearly")
                return Quotient(factors[0], under)
            if token in ("*", r"\cdot", r"\times"):
                self.take()
                signed = True
            factors.append(self.power())
        if not signed:
            factors = _mixed(factors)
        return factors[0] if len(factors) == 1 else Product(tuple(factors))

    def power(self) -> Expr:
        base = self.atom()
        if self.next() != "^":
            return base
        self.take()
        exponent = self.argument()
        if self.next() == "^":
            raise _Unread("two exponents")
        return Power(base, exponent)

    def atom(self) -> Expr:
        token = self.take()
        if token[0].isdigit() or token[0] == ".":
            return Num(token if token[0] != "." else f"0{token}")
        if token in ("(", "{"):
            inner = self.sum()
            self.take(")" if token == "(" else "}")
            return inner
        if token == r"\frac":
            over = self.argument()
            return Quotient(over, self.argument())
        if token == r"\sqrt":
            return self.root()
        if token[1:] in FUNCTIONS:
            return self.call(token[1:])
        if token == r"\pi" or token[1:] in _GREEK or (len(token) == 1 and token.isalpha() and token not in "eEdD"):
            return Name(token)
        raise _Unread(token)

    def root(self) -> Expr:
        index = 2
        if self.next() == "[":
            self.take()
            digits = self.take()
            self.take("]")
            if not digits.isdigit() or not 2 <= int(digits) <= 9:
                raise _Unread(digits)
            index = int(digits)
        return Root(self.argument(), index)

    def call(self, function: str) -> Expr:
        inner = self.atom()
        if self.next() not in ("", "+", "-", ")", "}"):
            raise _Unread("an argument that ends unclearly")
        return Call(function, inner)

    def argument(self) -> Expr:
        r"""What stands in braces, or one sign: `\frac12` is a half."""
        token = self.next()
        if token.isdigit() and len(token) > 1:
            self.tokens[0] = token[1:]
            return Num(token[0])
        if token in ("(", "-", "+", r"\frac", r"\sqrt") or token[1:] in FUNCTIONS or "." in token:
            raise _Unread("an argument without braces")
        return self.atom()


def _mixed(factors: list[Expr]) -> list[Expr]:
    match factors:
        case [Num() as whole, Quotient(Num() as over, Num() as under), *rest]:
            numbers = whole.whole, over.whole, under.whole
            if numbers[0] and numbers[1] and numbers[2] and numbers[1] < numbers[2] and not rest:
                return [Mixed(numbers[0], numbers[1], numbers[2])]
            raise _Unread("a mixed number, or none")
    return factors
