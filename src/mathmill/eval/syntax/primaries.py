"""Single terms: numerals, names, words, commands with their arguments."""

from __future__ import annotations

import re
from abc import abstractmethod
from dataclasses import replace
from fractions import Fraction
from typing import Literal, cast

from mathmill.eval.syntax.functions import Functions
from mathmill.eval.syntax.numerals import base_written, going_on, in_base, numeral
from mathmill.eval.syntax.terms import is_proper
from mathmill.eval.syntax.tokens import Token
from mathmill.eval.syntax.trees import (
    Call,
    Constant,
    Dots,
    InBase,
    Mixed,
    Number,
    Product,
    Quantity,
    Quotient,
    Root,
    Symbol,
    Tree,
)
from mathmill.eval.syntax.vocabulary import BLACKBOARD, CONSTANTS, CURRENCIES, FUNCTIONS, GREEK
from mathmill.eval.syntax.words import pieces_of

_FRACTIONS = frozenset({"frac", "dfrac", "tfrac", "cfrac", "nicefrac", "sfrac"})
_BINOMIALS = frozenset({"binom", "dbinom", "tbinom"})
_BOUNDS = frozenset({"sum", "prod", "int", "lim"})
_ARROWS = frozenset(["vec", "overrightarrow", "mathbf", "boldsymbol", "bm", "pmb"])
_ACCENTS = frozenset(["overline", "bar", "hat", "tilde", "widehat", "dot", "ddot", "widetilde", "overparen", "widearc"])
_WAYS = frozenset({"vec", "overrightarrow"})
_SHAPES = frozenset({"angle", "triangle"})
_MOST_VERTICES = 6
_UNKNOWN_FUNCTIONS = frozenset("abcjklmnorstuvwxyz")  # of equations that they solve
_BOLD = re.compile(r"\A(?:(?:mathbf|boldsymbol|pmb|vec)\{?|bm\{)(\w)\}?\Z")
_ONE_ACCENT = {"bar": "overline", "widehat": "hat", "widetilde": "tilde", "widearc": "overparen"}
_UNIT_VECTORS = {"i": "i", "j": "j", "k": "k", "imath": "i", "jmath": "j"}
_TEN = 10
_MOST_DIGIT_TOKENS = 40  # of a numeral with letters for digits
_DERIVED = re.compile(r"(d|partial)(?:\^(\d))?([A-Za-z]?)")
_DERIVED_BY = re.compile(r"(d|partial)([A-Za-z])(?:\^(\d))?")
_CURRENCY_WORDS = {"Rs": "rupee", "USD": "$", "EUR": "\u20ac", "GBP": "\u00a3"}
ConstantName = Literal["pi", "infinity", "empty_set"]


class Primaries(Functions):
    """Reads single terms; what stands in brackets is read by `bracketed`."""

    @abstractmethod
    def environment(self) -> Tree:
        r"""What stands between `\begin` and `\end`, from behind `\begin` on."""

    def primary(self) -> Tree:
        token = self.next
        self.count()
        with self.inside():
            if token.kind == "number":
                return self.number()
            if token.kind in ("letter", "word"):
                return self.hexadecimal() or (self.letter() if token.kind == "letter" else self.word())
            if token.kind == "command":
                return self.command()
            if self.at_leading_index():
                return self.combination()
            if (digits := self.bracketed_digits()) is not None:
                return digits
            if token.kind == "open" or self.sees("]"):  # `]0, 1]` is open at 0
                return self.bracketed()
            if self.sees("|", "||"):
                return self.absolute(token.text)
            if token.kind == "sign" and token.text in CURRENCIES:
                self.at += 1
                return Quantity(self.unary(), CURRENCIES[token.text])
            if self.accept("..."):
                return Dots()
            raise self.stuck("a term expected")

    def number(self) -> Tree:
        """A numeral, or a mixed number."""
        value = self.digits()
        if isinstance(value, Number) and value.places is None and self.sees_command(*_FRACTIONS):
            part = self.primary()
            return Mixed(value, part) if isinstance(part, Quotient) and is_proper(part) else Product((value, part))
        return value

    def digits(self) -> Tree:
        token = self.take()
        if (digits := self.with_written_base(token.text)) is not None:
            return digits
        if "." in token.text and "(" not in token.text and self.accept("..."):
            return going_on(token.text)
        return numeral(token.text)

    def with_written_base(self, first: str) -> InBase | Number | None:
        """A numeral with its base below it, such as `0.0011_2`, `204_5` or, with letters for digits, `1A3_{16}`."""
        start, (digits, has_letters) = self.at, self.written_digits(first)
        if self.sees("_"):
            self.at += 1
            written = self.written_argument()
            if not has_letters:
                return self.with_base(digits, written)
            if (made := _lettered(digits, written)) is not None:
                return made
        self.at = start
        return None

    def written_digits(self, first: str) -> tuple[str, bool]:
        """Take what stands right behind the first digits of a numeral; all of them, and whether there was more."""
        start, digits = self.at, first
        while self.next.kind in ("number", "letter", "word") and not self.next.spaced:
            if self.at - start > _MOST_DIGIT_TOKENS:
                break
            digits += self.take().text
        return digits, self.at > start

    def hexadecimal(self) -> Tree | None:
        """A numeral that begins with a capital for a digit, such as `FF_{16}`; nothing is taken where none stands."""
        start = self.at
        if self.next.text.isupper():
            digits, _ = self.written_digits(self.take().text)
            if len(digits) > 1 and self.accept("_") and (made := _lettered(digits, self.written_argument())):
                return made
        self.at = start
        return None

    def bracketed_digits(self) -> Tree | None:
        """`(2E5)_{16}`, with letters for digits; nothing is taken where none stands."""
        start = self.at
        if self.accept("(") and self.next.kind in ("number", "letter", "word"):
            digits, _ = self.written_digits(self.take().text)
            if self.accept(")") and self.accept("_") and (made := _lettered(digits, self.written_argument())):
                return made
        self.at = start
        return None

    def letter(self) -> Tree:
        name = self.take().text
        if (called := self.called(name)) is not None:
            return called
        if self.sees("(") and self.ahead(1).text == "0" and self.ahead(2).text == ")":
            self.at += 3
            return Symbol(f"{name}(0)")  # nobody multiplies by a nought in brackets
        is_constant = name in ("e", "i") and name not in self.bound_names
        return Constant(cast(Literal["e", "i"], name)) if is_constant else Symbol(name)

    def called(self, name: str) -> Symbol | None:
        """Take the argument of `y(x) =`, which is a name and no product; nothing is taken where none stands."""
        inner = self.ahead(1)
        is_called = self.at == 1 and self.sees("(") and self.ahead(2).text == ")" and self.ahead(3).text == "="
        if not is_called or inner.kind != "letter" or inner.text == name or name not in _UNKNOWN_FUNCTIONS:
            return None
        self.at += 3
        return Symbol(f"{name}({inner.text})")

    def word(self) -> Tree:
        """A known name, or letters side by side.

        Raises:
            Wordy: any other word says that this is no formula.
        """
        token = self.take()
        name = token.text
        if name in _CURRENCY_WORDS and (
            self.next.kind == "number" or (self.sees(".") and self.ahead(1).kind == "number")
        ):
            self.accept(".")
            return Quantity(self.power(), _CURRENCY_WORDS[name])
        if name in FUNCTIONS:
            return self.function(FUNCTIONS[name], is_command=False)
        if name in CONSTANTS:
            return Constant(cast(ConstantName, CONSTANTS[name]))
        if name in GREEK:
            return Symbol(f"\\{name}")
        if re.fullmatch("d[a-z]", name) and self.sees("/") and re.fullmatch("d[a-z]", self.ahead(1).text):
            self.at += 1
            return Symbol(f"{name}/{self.take().text}")
        pieces = None if token.upright else pieces_of(name)
        if pieces is None:
            raise self.wordy(name)
        self.split(pieces)
        return self.power()

    def split(self, pieces: list[str]) -> None:
        """Put a word's pieces where the word was taken."""
        self.tokens[self.at : self.at] = [Token("word" if len(piece) > 1 else "letter", piece) for piece in pieces]

    def command(self) -> Tree:
        name = self.take().text
        if name in _FRACTIONS:
            return self.derivative() or self.fraction()
        if name in _BINOMIALS:
            return Call("binomial", (self.argument(), self.argument()))
        if name == "sqrt":
            return self.root()
        if name == "root":
            return self.old_root()
        if name in _BOUNDS:
            return self.bound(cast(Literal["sum", "prod", "int", "lim"], name))
        if name in FUNCTIONS:
            return self.function(FUNCTIONS[name], is_command=True)
        if name in CONSTANTS:
            return Constant(cast(ConstantName, CONSTANTS[name]))
        if name in ("mathbb", "Bbb"):
            letter = self.written_argument()
            known = BLACKBOARD.get(letter)
            return Constant(cast(Literal["reals"], known)) if known else Symbol(letter)
        if name in _ARROWS:
            return self.arrow() or self.vector()
        if name in _ACCENTS:
            below = _BOLD.sub(r"\1", self.written_argument())
            return Symbol(_UNIT_VECTORS.get(below, f"\\{_ONE_ACCENT.get(name, name)}{{{below}}}"))
        if name in _SHAPES:
            return Symbol(f"\\{name}{self.vertices(name)}")
        if name in GREEK:
            return Symbol(f"\\{name}")
        if name == "begin":
            return self.environment()
        raise self.stuck(f"the command \\{name} is not known")

    def root(self) -> Tree:
        degree: Tree = Number(Fraction(2))
        if self.accept("["):
            degree = self.sum()
            self.expect("]")
        return Root(self.argument(is_whole=True), degree)

    def vertices(self, name: str) -> str:
        """Take the capitals behind the sign of an angle or triangle, of an angle from the end that comes first."""
        is_braced = self.sees("{") and self.ahead(2).text == "}"
        start, letters = self.at, ""
        self.at += is_braced
        while self.next.kind in ("letter", "word") and self.next.text.isupper() and len(letters) < _MOST_VERTICES:
            letters += self.take().text
        if is_braced and not self.accept("}"):
            self.at, letters = start, ""
        return min(letters, letters[::-1]) if name == "angle" else letters

    def old_root(self) -> Tree:
        r"""`\root 3 \of 2`."""
        degree = self.argument(is_whole=True)
        if not self.sees_command("of"):
            raise self.stuck("a root of nothing")
        self.at += 1
        return Root(self.argument(is_whole=True), degree)

    def arrow(self) -> Symbol | None:
        r"""The way from one point to another, `\vec{AB}`; nothing is taken where none stands behind the command."""
        is_way = self.tokens[self.at - 1].text in _WAYS and self.sees("{") and self.ahead(1).text.isupper()
        start = self.at
        points = self.written_argument() if is_way else ""
        if len(points) > 1 and points.isalpha() and points.isupper():
            return Symbol(rf"\vec{{{points}}}")
        self.at = start
        return None

    def vector(self) -> Tree:
        """A bold letter, or one with an arrow: its name, also where the letter alone is a constant."""
        is_braced = self.sees("{")
        letter, end = self.ahead(int(is_braced)), self.ahead(2)
        if (is_braced and end.text == "}") or not is_braced:
            name = _UNIT_VECTORS.get(letter.text) or ("e" if letter.text == "e" else None)
            if name is not None:
                self.at += 3 if is_braced else 1
                return Symbol(name)
        return self.bracketed() if is_braced else self.primary()

    def derivative(self) -> Tree | None:
        r"""`\frac{dy}{dx}` is a name."""
        over, end = self.written_group(self.at)
        match = _DERIVED.fullmatch(over)
        if match is None:
            return None
        under, end = self.written_group(end)
        by = _DERIVED_BY.fullmatch(under)
        if by is None or by[1] != match[1] or by[3] != match[2]:
            return None
        if not match[3]:
            raise self.stuck("a derivative of nothing")
        self.at = end
        return Symbol(f"{over}/{under}")

    def written_group(self, at: int) -> tuple[str, int]:
        """What is written in the braces at a token, inner ones left out, and where they end; at most a few tokens."""
        written, depth = "", 0
        for number in range(at, min(at + 12, len(self.tokens))):
            token = self.tokens[number]
            depth += (token.text == "{") - (token.text == "}")
            if not depth:
                return written, number + 1
            written += token.text.strip("{}")
        return "", at

    def argument(self, is_whole: bool = False) -> Tree:
        """The argument of a command: braces, or one sign; of a numeral without braces one digit, unless `is_whole`."""
        if self.sees("{"):
            return self.braced()
        token = self.next
        if token.kind == "number" and len(token.text) > 1 and token.text.isdecimal() and not is_whole:
            self.tokens[self.at] = Token("number", token.text[1:])
            return numeral(token.text[0])
        if (
            token.kind == "word"
            and len(token.text) > 1
            and not token.upright
            and token.text not in FUNCTIONS
            and token.text not in CONSTANTS
        ):
            self.tokens[self.at : self.at + 1] = [
                replace(token, kind="letter", text=token.text[0]),
                Token("letter" if len(token.text) == 2 else "word", token.text[1:]),
            ]
        return self.primary()

    def absolute(self, bar: str) -> Tree:
        self.at += 1
        self.bars += 1
        value = self.sum()
        self.bars -= 1
        self.expect(bar)
        return self.in_bars(bar, value)


def _lettered(digits: str, base: str) -> InBase | None:
    """A numeral with letters for digits, all of them large or all small."""
    if base_written(base) <= _TEN or digits not in (digits.upper(), digits.lower()):
        return None
    return in_base(digits, base_written(base))
