"""What stands behind a value and says what it counts: units, nouns, currencies, halves of the day."""

from __future__ import annotations

from fractions import Fraction
from itertools import islice

from mathmill.eval.syntax.cursor import Cursor
from mathmill.eval.syntax.numerals import numeral
from mathmill.eval.syntax.trees import (
    Constant,
    InBase,
    Mixed,
    Negative,
    Number,
    Percent,
    Power,
    Product,
    Quantity,
    Quotient,
    Root,
    Sum,
    Tree,
    children,
)
from mathmill.eval.syntax.vocabulary import (
    ATTACHED_UNITS,
    CONSTANTS,
    CURRENCIES,
    FUNCTIONS,
    GREEK,
    JOINS,
    MULTIPLES,
    NO_NOUNS,
)
from mathmill.eval.syntax.words import is_spoken
from mathmill.eval.units import is_unit, unit_of

_SQUARES = frozenset({"square", "sq", "cubic", "cu"})
_SCALES = {"C": "Celsius", "F": "Fahrenheit", "Celsius": "Celsius", "Fahrenheit": "Fahrenheit"}
_MOST_NOUNS = 4
_MOST_PARTS = 12
_NUMERIC = (Number, Constant, Mixed, InBase, Sum, Negative, Product, Quotient, Power, Root, Percent)


def is_numeric(tree: Tree) -> bool:
    """Whether a tree holds no unknown and no unit: what a noun may stand behind. A long sum or product is none."""
    parts = list(islice(children(tree), _MOST_PARTS + 1))
    return isinstance(tree, _NUMERIC) and len(parts) <= _MOST_PARTS and all(map(is_numeric, parts))


class Measures(Cursor):
    """Reads units and nouns."""

    def measured(self, value: Tree) -> Tree | None:
        """`value` with what measures it, if that stands here; else None, and nothing is taken."""
        token = self.next
        if token.kind == "end" or isinstance(value, Quantity):
            return None
        if token.kind == "sign":
            return self.money(value)
        if token.kind in ("open", "command"):
            return self.in_brackets(value)
        if token.kind not in ("letter", "word"):
            return None
        if isinstance(value, Number) and (half := self.half_of_day()):
            return Quantity(value, half)
        if (unit := self.unit(value)) is not None:
            return Quantity(value, self.scale(unit))
        if token.text.lower() == "percent":
            self.at += 1
            return Percent(value)
        if not self.begins_noun() or not is_numeric(value):
            return None
        if token.text.lower() in MULTIPLES:
            self.at += 1
            return Product((value, Number(Fraction(MULTIPLES[token.text.lower()]))))
        noun = self.noun()
        return None if noun is None else Quantity(value, noun)

    def compound(self, first: Quantity) -> Quantity:
        """`5 ft 3 in`: a quantity and what is added to it in a smaller unit, as one in the first unit.

        Raises:
            Unparsable: the two do not measure the same, or the second is not the smaller.
        """
        value = numeral(self.take().text)
        unit = self.unit(value)
        large, small = unit_of(first.unit), unit_of(unit or "")
        if large is None or small is None or large.dimensions != small.dimensions or small.factor >= large.factor:
            raise self.stuck("two quantities side by side")
        terms = first.value.terms if isinstance(first.value, Sum) else (first.value,)
        part = Product((value, Number(small.factor / large.factor)))
        return Quantity(Sum((*terms, part)), first.unit)

    def money(self, value: Tree) -> Tree | None:
        """A currency's sign behind an amount."""
        behind = self.ahead(1)
        if self.next.text not in (*CURRENCIES, "\u00a2") or behind.kind in ("number", "letter", "command", "open"):
            return None
        sign = self.take().text
        return Quantity(value, CURRENCIES.get(sign, "cent"))

    def in_brackets(self, value: Tree) -> Tree | None:
        """A unit or noun in round brackets, as `15 (years old)`, or `\\min` behind a number."""
        if self.sees_command("min") and self.ahead(1).text not in ("(", "{", r"\{", "_") and is_numeric(value):
            self.at += 1
            return Quantity(value, "min")
        start = self.at
        if not self.next.spaced or not self.sees("(") or self.ahead(1).kind != "word" or not is_numeric(value):
            return None
        self.at += 1
        unit = self.unit(value, is_attached=True)
        if unit is None or not self.sees(")"):
            self.at = start + 1
            unit = self.noun() if is_spoken(self.next) else None
        if unit is not None and self.accept(")"):
            return Quantity(value, unit)
        self.at = start
        return None

    def unit(self, value: Tree, is_attached: bool = False) -> str | None:
        """Take a unit, as `cm`, `cm^2`, `m/s`, `square feet`, if one stands here upright or apart; its text."""
        start, written = self.at, ""
        is_short = False  # one letter that is a unit only if nothing else follows
        while self.next.kind in ("letter", "word"):
            token = self.next
            name = self.unit_name()
            apart = token.upright or token.spaced or bool(written) or is_attached
            apart = apart or (isinstance(value, Number) and token.text in ATTACHED_UNITS)
            if not apart or name is None:
                break
            if len(token.text) == 1 and not token.upright and not is_attached:
                is_short = True
                if not self.is_plain or not is_numeric(value):
                    break
            self.take_unit_name()
            written += name
            if self.sees("^") and (power := self.unit_power()):
                written += f"^{power}"
            join = self.unit_join()
            if not join:
                if is_short and self.at < len(self.tokens) - 1:
                    break
                return written
            written += join
        self.at = start
        return None

    def unit_name(self) -> str | None:
        """The unit that the next tokens name."""
        token = self.next
        if token.text.lower() in _SQUARES and token.kind == "word":
            behind = 2 if self.ahead(1).text == "." else 1
            name = f"{token.text} {self.ahead(behind).text}"
        else:
            name = token.text
        return name if is_unit(name) else None

    def take_unit_name(self) -> None:
        if self.take().text.lower() in _SQUARES:
            self.accept(".")
            self.take()
        if self.sees(".") and self.ahead(1).kind != "number":
            self.at += 1

    def unit_join(self) -> str:
        """Take what joins two units: `/`, `per`, a sign of multiplication or a hyphen."""
        if self.ahead(1).kind not in ("letter", "word"):
            return ""
        if self.sees("/") or self.next.text == "per":
            self.at += 1
            return "/"
        if self.sees("*") or (self.sees("-") and self.ahead(1).upright):
            self.at += 1
            return "*"
        return ""

    def unit_power(self) -> str:
        """Take a small whole power, with its sign."""
        start = self.at
        self.expect("^")
        written = self.written_argument()
        if written.lstrip("-").isdecimal() and len(written) < 3:
            return written
        self.at = start
        return ""

    def scale(self, unit: str) -> str:
        """Take what tells degrees of a thermometer from those of an angle; the unit that it is then."""
        token = self.next
        if not unit.startswith("degree") or token.kind not in ("letter", "word") or token.text not in _SCALES:
            return unit
        if self.ahead(1).text in ("_", "^", "'") or self.ahead(1).kind == "open":
            return unit
        self.at += 1
        return _SCALES[token.text]

    def half_of_day(self) -> str:
        """Take `a.m.`, `pm` and the like; `am` or `pm`."""
        token = self.next
        if token.text.lower() in ("am", "pm") and (token.spaced or token.upright or self.follows_clock()):
            self.at += 1
            return token.text.lower()
        if token.text.lower() in ("a", "p") and self.ahead(1).text == "." and self.ahead(2).text.lower() == "m":
            self.at += 3
            self.accept(".")
            return f"{token.text.lower()}m"
        return ""

    def follows_clock(self) -> bool:
        """Whether the number right before is the last of `4:30`."""
        return self.at > 1 and self.tokens[self.at - 2].text == ":"

    def noun(self) -> str | None:
        """Take the words that say what a number counts, as `children tickets`, if nothing but a sign follows."""
        start, nouns = self.at, list[str]()
        while (
            self.next.kind in ("letter", "word") and self.next.text.lower() not in JOINS and len(nouns) <= _MOST_NOUNS
        ):
            token = self.next
            if (
                token.text.lower() in NO_NOUNS
                or token.text in FUNCTIONS
                or token.text in CONSTANTS
                or token.text in GREEK
            ):
                break
            if not nouns and not self.begins_noun():
                break
            nouns.append(self.take().text)
            if self.sees("/") and self.ahead(1).kind == "word":
                self.at += 1
            if self.sees(".") and self.ahead(1).kind not in ("number", "letter", "word"):
                self.at += 1
        is_end = self.next.kind in ("end", "close", "sign") or self.next.text.lower() in JOINS
        if nouns and len(nouns) <= _MOST_NOUNS and is_end:
            return " ".join(nouns).casefold()
        self.at = start
        return None

    def begins_noun(self) -> bool:
        token = self.next
        apart = token.spaced or token.upright or not token.text.isascii() or self.tokens[self.at - 1].text == "("
        return apart and is_spoken(token)
