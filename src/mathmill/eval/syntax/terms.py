r"""The grammar below relations: sums, products, powers, functions, brackets.

    sum     = ["+" | "-" | "\pm"] product {("+" | "-" | "\pm" | "\mp") product}
    product = unary {["*" | "/"] unary}          a missing sign multiplies
    unary   = {"+" | "-"} power
    power   = postfix ["^" unary]                right to left
    postfix = primary {"!" | "%" | "'" | "_" argument | unit}

`1/2x` is half of x, `-x^2` is -(x^2), `\sin 2x` is sin(2x), `\sin x + 1` is sin(x) + 1.
"""

from __future__ import annotations

from abc import abstractmethod
from fractions import Fraction
from typing import Literal

from mathmill.eval.syntax.cursor import Cursor
from mathmill.eval.syntax.numerals import numeral
from mathmill.eval.syntax.trees import (
    Bound,
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
    Root,
    Sum,
    Symbol,
    Tree,
)
from mathmill.eval.syntax.vocabulary import CONSTANTS, FUNCTIONS, GREEK, INVERSES, POWERED, SHORT_WORDS
from mathmill.eval.units import is_unit

_FRACTIONS = frozenset({"frac", "dfrac", "tfrac", "cfrac", "nicefrac", "sfrac"})
_BINOMIALS = frozenset({"binom", "dbinom", "tbinom"})
_BOUND = {"sum": "sum", "prod": "prod", "int": "int", "lim": "lim"}
_ACCENTS = frozenset(["vec", "overrightarrow", "overline", "bar", "hat", "tilde", "widehat", "dot", "widetilde"])
_BLACKBOARD = {"R": "reals", "Z": "integers", "N": "naturals", "Q": "rationals", "C": "complexes"}
_SPLIT = ("sqrt", "arcsin", "arccos", "arctan", "sin", "cos", "tan", "cot", "sec", "csc", "ln", "log", "pi", "exp")


class Terms(Cursor):
    """Reads sums and what they are made of; what stands in brackets is read by `bracketed`."""

    _bars = 0  # open absolute values
    _differentials = 0  # open integrals

    @abstractmethod
    def bracketed(self) -> Tree:
        """What stands between brackets, from the opening one on."""

    @abstractmethod
    def matrix(self) -> Tree:
        r"""What stands between `\begin` and `\end`, from behind `\begin` on."""

    def sum(self) -> Tree:
        with self.inside():
            terms = [self.signed_product()]
            while self.sees("+", "-", "pm", "mp"):
                terms.append(self.signed_product())
            return terms[0] if len(terms) == 1 else Sum(tuple(terms))

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
        with self.inside():
            value = self.power()
            while True:
                if self.accept("*"):
                    value = _times(value, self.unary())
                elif self.accept("/"):
                    value = Quotient(value, self.unary())
                elif (unit := self.unit()) is not None:
                    value = Quantity(value, unit)
                elif self.begins_factor():
                    if isinstance(value, Number) and self.next.kind == "number" and value.places is None:
                        value = self.mixed(value)
                    else:
                        value = _times(value, self.power())
                else:
                    return value

    def mixed(self, whole: Number) -> Tree:
        """`3 1/2`: a fraction of whole numbers apart from the number before it."""
        over, slash, under = self.next, self.ahead(1), self.ahead(2)
        if not over.spaced or slash.text != "/" or under.kind != "number":
            raise self.stuck("two numbers side by side")
        self.at += 3
        fraction = Quotient(numeral(over.text), numeral(under.text))
        return Mixed(whole, fraction) if _is_proper(fraction) else _refuse("an improper fraction behind a number")

    def unary(self) -> Tree:
        if self.accept("-"):
            with self.inside():
                return Negative(self.unary())
        self.accept("+")
        return self.power()

    def power(self) -> Tree:
        base = self.postfix()
        while self.accept("^"):
            if self.sees("'"):  # x^\prime
                self.at += 1
                continue
            if self.degree_sign():
                base = Quantity(base, "degree")
                continue
            with self.inside():
                base = Power(base, self.exponent())
        return base

    def degree_sign(self) -> bool:
        """Take `\\circ` or `{\\circ}`."""
        for opening, closing in (("", ""), ("{", "}")):
            at = self.at + bool(opening)
            if (not opening or self.sees(opening)) and self.tokens[at].text == "circ":
                if closing and self.tokens[at + 1].text != closing:
                    continue
                self.at = at + 1 + bool(closing)
                return True
        return False

    def exponent(self) -> Tree:
        if self.sees("{"):
            return self.braced()
        return Negative(self.unary_power()) if self.accept("-") else self.unary_power()

    def unary_power(self) -> Tree:
        """The exponent's base and its own exponent: towers are read from the right."""
        self.accept("+")
        base = self.postfix()
        if self.accept("^"):
            with self.inside():
                return Power(base, self.exponent())
        return base

    def postfix(self) -> Tree:
        value = self.primary()
        while True:
            if self.sees("!"):
                count = 0
                while self.accept("!"):
                    count += 1
                value = Call("factorial" if count == 1 else "double_factorial" if count == 2 else "?", (value,))
                if count > 2:
                    raise self.stuck("more than two factorial signs")
            elif self.accept("%"):
                value = Percent(value)
            elif self.accept("'") or (self.sees('"') and self.accept('"')):
                value = _primed(value) or _refuse("a prime behind what is no name")
            elif self.sees("_"):
                value = self.subscripted(value)
            else:
                return value

    def subscripted(self, value: Tree) -> Tree:
        self.expect("_")
        below = self.written_argument()
        if isinstance(value, Number) and value.places is None and value.value.denominator == 1:
            base = _whole(below)
            if base is None:
                raise self.stuck("a number with an index that is no base")
            return InBase(str(value.value.numerator), base)
        if isinstance(value, Symbol):
            return Symbol(f"{value.name}_{below}")
        raise self.stuck("an index behind what is no name")

    def written_argument(self) -> str:
        """The argument of a command or an index, as it is written, without brackets around it."""
        if not self.accept("{"):
            return self.take().text
        depth, written = 1, []
        while True:
            token = self.take()
            if token.kind == "end":
                raise self.stuck("a brace is never closed")
            depth += (token.text == "{") - (token.text == "}")
            if not depth:
                return "".join(written).strip("()")
            written.append(token.text)

    def primary(self) -> Tree:
        token = self.next
        with self.inside():
            if token.kind == "number":
                return self.number()
            if token.kind == "letter":
                return self.letter()
            if token.kind == "word":
                return self.word()
            if token.kind == "command":
                return self.command()
            if token.kind == "open":
                return self.bracketed()
            if token.text in ("|", "||") and not self._bars:
                return self.absolute(token.text)
            if token.text == "$":  # a currency: `$5`
                self.at += 1
                return Quantity(self.power(), "$")
            raise self.stuck("a term expected")

    def number(self) -> Tree:
        token = self.take()
        if (digits := self.digits_in_base(token.text)) is not None:
            return digits
        if self.sees("...") and token.text[-3:] == token.text[-1] * 3 and "." in token.text:
            self.at += 1
            return numeral(f"{token.text[:-3]}({token.text[-1]})")
        value = numeral(token.text)
        fraction = self.next.kind == "command" and self.next.text in _FRACTIONS and value.places is None
        if fraction:
            part = self.primary()
            if isinstance(part, Quotient) and _is_proper(part):
                return Mixed(value, part)
            return Product((value, part))
        return value

    def digits_in_base(self, first: str) -> InBase | None:
        """A numeral with letters for digits, such as `1A3_{16}`; the plain ones are seen to by `subscripted`."""
        at, digits = self.at, first
        while self.tokens[at].kind in ("number", "letter", "word") and not self.tokens[at].spaced:
            digits += self.tokens[at].text
            at += 1
        if at == self.at or self.tokens[at].text != "_" or not digits.isalnum():
            return None
        self.at = at + 1
        base = _whole(self.written_argument())
        if base is None or base < 11:
            raise self.stuck("digits with an index that is no base")
        return InBase(digits.upper(), base)

    def letter(self) -> Tree:
        token = self.take()
        if token.text == "e" and not token.upright:
            return Constant("e")
        if token.text == "i" and not token.upright:
            return Constant("i")
        return Symbol(token.text)

    def word(self) -> Tree:
        """A known name, or letters side by side; any other word says that this is no formula."""
        token = self.take()
        name = token.text
        if name in FUNCTIONS:
            return self.function(FUNCTIONS[name])
        if name in CONSTANTS:
            return Constant(CONSTANTS[name])  # type: ignore[arg-type]
        if name in GREEK:
            return Symbol(f"\\{name}")
        if name == "C" or (token.upright and len(name) > 1) or name.lower() in SHORT_WORDS:
            raise Wordy(f"{name!r} is a word")
        pieces = _pieces(name)
        if pieces is None:
            raise Wordy(f"{name!r} is a word")
        spelt = [type(token)("word" if len(piece) > 1 else "letter", piece) for piece in pieces]
        self.tokens[self.at : self.at] = spelt
        return self.power()

    def command(self) -> Tree:
        name = self.take().text
        if name in _FRACTIONS:
            return Quotient(self.argument(), self.argument())
        if name in _BINOMIALS:
            return Call("binomial", (self.argument(), self.argument()))
        if name == "sqrt":
            degree: Tree = Number(Fraction(2))
            if self.accept("["):
                degree = self.sum()
                self.expect("]")
            return Root(self.argument(), degree)
        if name in _BOUND:
            return self.bound(_BOUND[name])  # type: ignore[arg-type]
        if name in FUNCTIONS:
            return self.function(FUNCTIONS[name])
        if name in CONSTANTS:
            return Constant(CONSTANTS[name])  # type: ignore[arg-type]
        if name == "mathbb":
            letter = self.written_argument()
            return Constant(_BLACKBOARD[letter]) if letter in _BLACKBOARD else Symbol(letter)  # type: ignore[arg-type]
        if name in _ACCENTS:
            return Symbol(f"\\{name}{{{self.written_argument()}}}")
        if name in GREEK:
            return Symbol(f"\\{name}")
        if name == "begin":
            return self.matrix()
        if name in ("pmod", "mod", "bmod"):
            self.at -= 1
        raise self.stuck(f"the command \\{name} is not known")

    def argument(self) -> Tree:
        """The argument of a command: braces, or one sign; of a numeral without braces one digit."""
        if self.sees("{"):
            return self.braced()
        token = self.next
        if token.kind == "number" and len(token.text) > 1 and token.text.isdigit():
            self.tokens[self.at] = type(token)("number", token.text[1:])
            return numeral(token.text[0])
        return self.primary()

    def braced(self) -> Tree:
        self.expect("{")
        bars, self._bars = self._bars, 0
        value = self.sum()
        self._bars = bars
        self.expect("}")
        return value

    def absolute(self, bar: str) -> Tree:
        self.at += 1
        self._bars += 1
        value = self.sum()
        self._bars -= 1
        self.expect(bar)
        return Call("abs" if bar == "|" else "norm", (value,))

    def function(self, name: str) -> Tree:
        base, exponent = None, None
        for _ in range(2):
            if self.sees("_") and base is None:
                self.at += 1
                base = self.argument() if self.sees("{") else self.primary()
            elif self.sees("^") and exponent is None and name in POWERED:
                self.at += 1
                exponent = self.exponent()
        if name in ("min", "max", "gcd", "lcm") and self.sees("(", "{", r"\{"):
            return self.of_several(name)
        if name == "sqrt":
            return Root(self.applied(), Number(Fraction(2)))
        if name == "cbrt":
            return Root(self.applied(), Number(Fraction(3)))
        if exponent == Negative(Number(Fraction(1))) and name in INVERSES:
            name, exponent = INVERSES[name], None
        value: Tree = Call(name, (self.applied(),) if base is None else (self.applied(), base))
        return value if exponent is None else Power(value, exponent)

    def of_several(self, name: str) -> Tree:
        inner = self.bracketed()
        items = getattr(inner, "items", None)
        return Call(name, tuple(items) if items is not None else (inner,))

    def applied(self) -> Tree:
        """The argument of a function: what stands in brackets right behind it, else the factors up to a sign."""
        if self.sees("(", "[", "{"):
            inner = self.bracketed()
            while self.accept("^"):
                inner = Power(inner, self.exponent())
            return inner
        with self.inside():
            if self.accept("-"):
                return Negative(self.applied())
            value = self.power()
            while self.begins_factor() and not self.sees("(", "[", r"\{") and not self.at_function():
                value = _times(value, self.power())
            if self.sees("/") and isinstance(value, (Number, Symbol, Constant)):
                self.at += 1
                value = Quotient(value, self.power())
            return value

    def at_function(self) -> bool:
        token = self.next
        return token.text in FUNCTIONS and token.kind in ("word", "command")

    def bound(self, operator: Literal["sum", "prod", "int", "lim"]) -> Tree:
        """A sum, product, integral or limit with what it binds."""
        variable, low, high = Symbol("x"), None, None
        for _ in range(2):
            if self.accept("_"):
                variable, low = self.lower_end(operator)
            elif self.accept("^"):
                high = self.exponent()
        if operator == "int":
            self._differentials += 1
            body = self.sum()
            self._differentials -= 1
            variable = self.differential()
        else:
            body = self.product()
        return Bound(operator, variable, body, low, high)

    def lower_end(self, operator: str) -> tuple[Symbol, Tree]:
        if operator == "int":
            return Symbol("x"), self.exponent()
        self.expect("{")
        name = self.primary()
        if not isinstance(name, Symbol) and name != Constant("i"):
            raise self.stuck("a variable expected")
        if not self.accept("=", "->"):
            raise self.stuck("the variable's range expected")
        low = self.sum()
        self.expect("}")
        return (name if isinstance(name, Symbol) else Symbol("i")), low

    def differential(self) -> Symbol:
        token = self.take()
        if token.kind == "word" and len(token.text) == 2 and token.text[0] == "d":
            return Symbol(token.text[1])
        if token.text == "d" and self.next.kind in ("letter", "command"):
            name = self.primary()
            if isinstance(name, Symbol):
                return name
        raise self.stuck("an integral without its differential")

    def at_differential(self) -> bool:
        token = self.next
        if not self._differentials or token.kind not in ("word", "letter"):
            return False
        return (len(token.text) == 2 and token.text[0] == "d") or (
            token.text == "d" and self.ahead(1).kind in ("letter", "command")
        )

    def begins_factor(self) -> bool:
        """Whether the next token begins a factor that only stands beside the one before."""
        token = self.next
        if token.kind in ("number", "letter", "word"):
            return not self.at_differential() and token.text.lower() not in ("and", "or")
        if token.kind == "command":
            return token.text not in ("end", "pmod", "bmod", "mod", "to", "quad") and not self.at_differential()
        if token.kind == "open":
            return token.text != r"\{"
        return token.text in ("|", "||") and not self._bars

    def unit(self) -> str | None:
        """Take a unit, as `cm`, `cm^2`, `m/s`, `square feet`, if one stands here upright or apart; its text."""
        start, written = self.at, ""
        while True:
            token = self.next
            square = token.text.lower() in ("square", "sq", "cubic", "cu") and token.kind == "word"
            name = token.text + (f" {self.ahead(1).text}" if square else "")
            apart = token.upright or token.spaced or bool(written)
            enough = len(token.text) > 1 or token.upright
            if token.kind not in ("letter", "word") or not (apart and enough) or not is_unit(name):
                break
            self.at += 1 + square
            if self.sees(".") and self.ahead(1).kind != "number":
                self.at += 1
            written += name
            if self.sees("^") and (power := self.unit_power()):
                written += f"^{power}"
            if not self.sees("/", "*") and self.next.text != "per":
                return written
            join = self.next
            self.at += 1
            written += "*" if join.text == "*" else "/"
        self.at = start
        return None

    def unit_power(self) -> str:
        """Take a small whole power, with its sign."""
        start = self.at
        self.expect("^")
        written = self.written_argument()
        if written.lstrip("-").isdigit() and len(written) < 3:
            return written
        self.at = start
        return ""


class Wordy(Exception):  # noqa: N818  # not an error: it tells that an answer is words
    """An answer holds a word that no formula holds."""


def _times(left: Tree, right: Tree) -> Tree:
    return Product((*left.factors, right)) if isinstance(left, Product) else Product((left, right))


def _is_proper(fraction: Quotient) -> bool:
    over, under = fraction.numerator, fraction.denominator
    if not isinstance(over, Number) or not isinstance(under, Number) or over.places or under.places:
        return False
    return 0 <= over.value < under.value


def _primed(value: Tree) -> Tree | None:
    return Symbol(f"{value.name}'") if isinstance(value, Symbol) else None


def _whole(text: str) -> int | None:
    names = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10}
    if text.isdecimal() and len(text) < 3:
        return int(text)
    return names.get(text)


def _pieces(name: str) -> list[str] | None:
    """A word as known names and single letters, if it is one: `pir` is pi r, `xyz` is x y z, `Monday` is none."""
    pieces: list[str] = []
    at = 0
    while at < len(name):
        known = next((each for each in _SPLIT if name.startswith(each, at)), None)
        pieces.append(known or name[at])
        at += len(pieces[-1])
    letters = sum(len(piece) == 1 for piece in pieces)
    return pieces if letters <= 3 and (letters < 4 or len(pieces) > letters) else None


def _refuse(why: str) -> Tree:
    from mathmill.eval.limits import Unparsable

    raise Unparsable(why)
