r"""The grammar below relations: sums, products, powers.

    sum     = ["+" | "-" | "\pm"] product {("+" | "-" | "\pm" | "\mp") product}
    product = power {["*" | "/"] unary | measure}      a missing sign multiplies
    unary   = {"+" | "-"} power
    power   = postfix ["^" unary]                      right to left
    postfix = primary {"!" | "%" | "'" | "_" argument}

`1/2x` is half of x, `-x^2` is -(x^2), `\sin 2x` is sin(2x), `\sin x + 1` is sin(x) + 1.
"""

from __future__ import annotations

from abc import abstractmethod
from fractions import Fraction

from mathmill.eval.limits import MAX_DEPTH, TooLarge
from mathmill.eval.syntax.cursor import Wordy
from mathmill.eval.syntax.measures import Measures
from mathmill.eval.syntax.number_sets import part_of
from mathmill.eval.syntax.numerals import base_written, in_base, numeral
from mathmill.eval.syntax.trees import (
    Call,
    Constant,
    InBase,
    Mixed,
    Negative,
    Number,
    Percent,
    PlusMinus,
    Power,
    Product,
    Quantity,
    Quotient,
    Sum,
    Symbol,
    Tree,
)
from mathmill.eval.syntax.vocabulary import APPROXIMATE, CONDITIONS, FUNCTIONS, JOINS

_NO_FACTORS = frozenset(["end", "pmod", "bmod", "mod", "over", "choose"])
_NO_FACTOR_WORDS = JOINS | CONDITIONS | {"mod", "to"}
_MINUS_ONE = Negative(Number(Fraction(1)))
_PRIMED_UNITS = {1: "ft", 2: "in"}
_STARS = frozenset(["*", "star", "\\star"])
_INVERTIBLE = frozenset("fghFGH")


class Terms(Measures):
    """Reads sums and what they are made of, but for their single terms."""

    bars = 0  # open absolute values
    differentials = 0  # open integrals

    @abstractmethod
    def primary(self) -> Tree:
        """A single term: a numeral, a name, a function of something, a bracket."""

    @abstractmethod
    def digits(self) -> Tree:
        """A numeral with the base below it; no mixed number."""

    def sum(self) -> Tree:
        with self.inside():
            return self.rest_of_sum(self.signed_product())

    def rest_of_sum(self, first: Tree) -> Tree:
        """A sum whose first term has been taken."""
        terms = [first]
        while self.sees("+", "-", "pm", "mp"):
            terms.append(self.signed_product())
        value: Tree = terms[0] if len(terms) == 1 else Sum(tuple(terms))
        if self.sees_command("over", "choose"):
            name = self.take().text
            return Quotient(value, self.sum()) if name == "over" else Call("binomial", (value, self.sum()))
        return value

    def signed_product(self) -> Tree:
        if self.accept("pm"):
            return PlusMinus(self.product())
        if self.accept("mp"):
            return PlusMinus(self.product(), "minus")
        if self.accept("+"):
            return self.product()
        if self.accept("-"):
            with self.inside():
                return Negative(self.signed_product() if self.sees("+", "-", "pm") else self.product())
        return self.product()

    def product(self) -> Tree:
        value, divided = self.power(), 0
        while True:
            if self.accept("*"):
                value = times(value, self.unary())
            elif self.accept("/"):
                value, divided = Quotient(value, self.unary()), divided + 1
                if divided > MAX_DEPTH:
                    raise TooLarge(f"more than {MAX_DEPTH} divisions in a row")
            elif (measured := self.measured(value)) is not None:
                value = measured
            elif isinstance(value, Quantity) and (self.next.kind == "number" or self.joined_by_word(value)):
                value = self.compound(value)
            elif not self.begins_factor():
                return value
            elif self.next.kind == "number" == self.tokens[self.at - 1].kind and not self.behind_index(value):
                value = self.mixed(value)
            else:
                value = times(value, self.power())

    def behind_index(self, value: Tree) -> bool:
        """Whether the number right before is the index of a name, as in `c_1 2^n`."""
        last = value.factors[-1] if isinstance(value, Product) else value
        return isinstance(last, Symbol) and self.tokens[self.at - 2].text == "_"

    def mixed(self, whole: Tree) -> Tree:
        """`3 1/2`: a fraction of whole numbers apart from the number before it."""
        over, slash, under = self.next, self.ahead(1), self.ahead(2)
        is_whole = isinstance(whole, Number) and whole.places is None
        if (
            not isinstance(whole, Number)
            or not is_whole
            or not over.spaced
            or slash.text != "/"
            or under.kind != "number"
        ):
            raise self.stuck("two numbers side by side")
        fraction = Quotient(numeral(over.text), numeral(under.text))
        if not is_proper(fraction):
            raise self.stuck("an improper fraction behind a number")
        self.at += 3
        return Mixed(whole, fraction)

    def unary(self) -> Tree:
        if self.accept("-"):
            with self.inside():
                return Negative(self.unary())
        self.accept("+")
        return self.power()

    def power(self) -> Tree:
        base = self.postfix()
        if self.degree_sign(base):
            return self.arc(base)
        if isinstance(base, Symbol | Constant) and (starred := self.starred(base)) is not None:
            return starred
        if not self.accept("^"):
            return base
        with self.inside():
            exponent = self.exponent()
        if isinstance(base, Symbol) and base.name in _INVERTIBLE and exponent == _MINUS_ONE and self.sees("("):
            return Symbol(f"{base.name}^-1")
        if self.sees("^"):
            raise self.stuck("two exponents side by side")
        return Power(base, exponent)

    def starred(self, base: Symbol | Constant) -> Tree | None:
        r"""Take the sign of `x^*`, `\mathbb{R}^+` or `\mathbb{Z}_{\ge 0}`; the name or the set that it makes."""
        start = self.at
        if isinstance(base, Constant) and base.name in ("pi", "e", "i"):
            return None
        if isinstance(base, Constant):
            part = part_of(base, self.next.text, self.written_mark())
            if part is not None:
                return part
        elif self.accept("^") and self.written_argument() in _STARS and not self.begins_factor():
            return Symbol(f"{base.name}^*")
        self.at = start
        return None

    def written_mark(self) -> str:
        """Take what is written above or below; nothing where neither stands here."""
        return self.written_argument() if self.accept("^", "_") else ""

    def degree_sign(self, base: Tree) -> bool:
        r"""Take `^\circ`, `^{\circ}` or `\degree`; behind a numeral also `^o`, a letter for the little circle."""
        if self.accept("degree"):
            return True
        if not self.sees("^"):
            return False
        is_braced = self.ahead(1).text == "{"
        sign = self.ahead(1 + is_braced)
        if sign.text != "circ" and not (sign.text == "o" and isinstance(base, Number)):
            return False
        if is_braced and self.ahead(3).text != "}":
            return False
        self.at += 4 if is_braced else 2
        return True

    def arc(self, degrees: Tree) -> Tree:
        """Degrees with the minutes and seconds behind them, or those of a thermometer."""
        parts: list[Tree] = [degrees]
        for marks, part in ((1, 60), (2, 3600)):
            start = self.at
            if self.next.kind != "number":
                break
            value = numeral(self.take().text)
            if self.primes() == marks:
                parts.append(Quotient(value, Number(Fraction(part))))
            else:
                self.at = start
        unit = self.scale("degree") if len(parts) == 1 else "degree"
        return Quantity(degrees if len(parts) == 1 else Sum(tuple(parts)), unit)

    def exponent(self) -> Tree:
        if self.sees("{"):
            return self.braced()
        if self.accept("-"):
            with self.inside():
                return Negative(self.exponent())
        self.accept("+")
        base = self.postfix(self.digits() if self.next.kind == "number" else None)
        if self.accept("^"):  # towers are read from the right
            with self.inside():
                return Power(base, self.exponent())
        return base

    def postfix(self, value: Tree | None = None) -> Tree:
        """A term with the signs behind it; `value` if the term itself has been taken."""
        value = self.primary() if value is None else value
        while True:
            if self.accept("!"):
                value = Call("double_factorial" if self.accept("!") else "factorial", (value,))
                if self.sees("!"):
                    raise self.stuck("more than two factorial signs")
            elif self.sees("%") and not isinstance(value, Percent):
                self.at += 1
                value = Percent(value)
            elif (marks := self.primes()) > 0:
                value = self.primed(value, marks)
            elif self.sees("_"):
                value = self.subscripted(value)
            else:
                return value

    def primed(self, value: Tree, marks: int) -> Tree:
        """A name with primes, or so many feet or inches.

        Raises:
            Unparsable: it is neither a name nor a number.
        """
        if isinstance(value, Symbol):
            return Symbol(value.name + "'" * marks)
        if isinstance(value, Number) and marks in _PRIMED_UNITS:
            return Quantity(value, _PRIMED_UNITS[marks])
        raise self.stuck("a prime behind what is no name")

    def primes(self) -> int:
        """Take primes, raised by `^` or not; how many."""
        start, marks = self.at, 0
        is_raised = self.accept("^")
        is_braced = is_raised and self.accept("{")
        while self.sees("'", '"'):
            marks += 1 + (self.take().text == '"')
        if marks and (not is_braced or self.accept("}")):
            return marks
        self.at = start
        return 0

    def subscripted(self, value: Tree) -> Tree:
        self.expect("_")
        below = self.written_argument()
        if isinstance(value, Number) and value.places is None and value.value.denominator == 1:
            return self.with_base(str(value.value.numerator), below)
        if isinstance(value, Symbol):
            return Symbol(f"{value.name}_{below}")
        if isinstance(value, Constant) and value.name in ("e", "i"):
            return Symbol(f"{value.name}_{below}")
        if isinstance(value, Constant) and (part := part_of(value, "_", below)) is not None:
            return part
        raise self.stuck("an index behind what is no name")

    def with_base(self, digits: str, written: str) -> InBase | Number:
        base = base_written(written)
        if base == 10 and digits.replace(".", "", 1).isdecimal():
            return numeral(digits)
        made = in_base(digits, base)
        if made is None:
            raise self.stuck(f"no digits of the base {written}")
        return made

    def braced(self) -> Tree:
        self.expect("{")
        bars, self.bars = self.bars, 0
        value = self.sum()
        self.bars = bars
        self.expect("}")
        return value

    def begins_factor(self) -> bool:
        """Whether the next token begins a factor that only stands beside the one before."""
        token = self.next
        if token.kind in ("number", "letter", "word"):
            return not self.at_differential() and token.text.lower() not in _NO_FACTOR_WORDS
        if token.kind == "command":
            return token.text not in _NO_FACTORS and not self.at_differential()
        if token.kind == "open":
            is_other = self.at_modulus() or self.at_reversed_bracket() or self.at_domain()
            return token.text != r"\{" and not is_other and not self.at_approximation()
        return (token.text in ("|", "||") and not self.bars) or token.text == "..."

    def at_modulus(self) -> bool:
        """Whether `(\\bmod 5)` stands here, or `(mod 5)`."""
        return self.sees("(") and self.ahead(1).text in ("mod", "bmod", "pmod")

    def at_domain(self) -> bool:
        r"""Whether `(n \in` stands here, which says of what kind the numbers are that a letter before stands for."""
        return self.sees("(") and self.ahead(1).kind == "letter" and self.ahead(2).text == "in"

    def at_approximation(self) -> bool:
        """Whether `(approximately 2.65)` stands here, or `(\\approx 2.65)`."""
        is_said = self.sees("(") and (self.ahead(1).text.lower() in APPROXIMATE or self.ahead(1).text == "~")
        return is_said and "number" in (self.ahead(2).kind, self.ahead(3).kind)

    def at_reversed_bracket(self) -> bool:
        """Whether the bracket here closes an interval that is open there, as in `]1,2[`."""
        behind = self.ahead(1)
        return self.sees("[") and (
            behind.kind in ("end", "close") or behind.text in ("union", "intersection", ",", ";")
        )

    def at_differential(self) -> bool:
        token = self.next
        if not self.differentials or token.kind not in ("word", "letter") or token.text[0] != "d":
            return False
        behind = self.ahead(1)
        is_named = behind.kind == "letter" or (behind.kind == "command" and behind.text not in FUNCTIONS)
        return len(token.text) == 2 or (len(token.text) == 1 and is_named)

    def wordy(self, name: str) -> Wordy:
        return Wordy(f"{name!r} is a word")


def times(left: Tree, right: Tree) -> Tree:
    """A product with one factor more."""
    return Product((*left.factors, right)) if isinstance(left, Product) else Product((left, right))


def is_proper(fraction: Tree) -> bool:
    """Whether a fraction is one of whole numbers, the lower the larger."""
    if not isinstance(fraction, Quotient):
        return False
    over, under = fraction.numerator, fraction.denominator
    if not isinstance(over, Number) or not isinstance(under, Number):
        return False
    return over.value.denominator == under.value.denominator == 1 and 0 <= over.value < under.value
