"""What stands behind a value and says what it counts: units, nouns, currencies, halves of the day."""

from __future__ import annotations

import re
from abc import abstractmethod
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
_SAID_POWERS = {"squared": "^2", "cubed": "^3"}
_LENGTHS = frozenset(["m", "cm", "mm", "km", "dm", "ft", "in", "yd"])
# Symbols that a gap alone joins to a unit before them: `m s^{-1}`.
_JOINED_BY_GAPS = frozenset([
    "m", "s", "kg", "g", "N", "J", "W", "K", "mol", "A", "V", "C", "Pa", "Hz", "cm", "mm", "km", "h", "T", "F", "H",
    "L", "rad", "kJ", "kN", "kW",
])  # fmt: skip
# Units that are letters of points, sets and functions rather, where they do not stand upright.
_MOSTLY_NAMES = frozenset(["B", "C", "F", "H", "T"])
# Three letters behind a number, in a text without LaTeX, that are no unknowns side by side.
_SHORT_NOUN = re.compile(r"(?=[a-z]*[eio])(?!exp|lim|sin|sec|cot|csc|log|pi)[a-z]{3}")
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
        if token.kind == "end":
            return None
        if isinstance(value, Quantity):
            return self.in_millions(value) or self.rate(value)
        if token.kind == "sign":
            if isinstance(value, Mixed) and self.accept("%"):
                return Percent(value)
            return self.money(value)
        if token.kind in ("open", "command"):
            return self.in_brackets(value)
        if token.kind not in ("letter", "word"):
            return None
        if isinstance(value, Number) and (half := self.half_of_day()):
            return Quantity(value, half)
        if (unit := self.unit(value)) is not None:
            return Quantity(value, self.scale(unit))
        if token.text.lower() == "percent" or (token.text.lower() == "per" and self.ahead(1).text.lower() == "cent"):
            self.at += 1 + (token.text.lower() == "per")
            return Percent(value)
        if not self.begins_noun() or not is_numeric(value):
            return None
        if (rate := self.rate(value)) is not None:
            return rate
        if token.text.lower() in MULTIPLES:
            self.at += 1
            return Product((value, Number(MULTIPLES[token.text.lower()])))
        noun = self.noun()
        return None if noun is None else Quantity(value, noun)

    def rate(self, value: Tree) -> Tree | None:
        """Take `per day` behind a value, `/hour` behind an amount."""
        per, what = self.next, self.ahead(1)
        is_sign = per.text == "/" and isinstance(value, Quantity)
        if not (is_sign or (per.text == "per" and per.kind == "word")) or what.kind != "word":
            return None
        if not (is_unit(what.text) or is_spoken(what)):
            return None
        self.at += 2
        name = what.text.casefold()
        if isinstance(value, Quantity):
            return Quantity(value.value, f"{value.unit}/{name}")
        return Quantity(value, f"per {name}")

    def in_millions(self, amount: Quantity) -> Tree | None:
        """`$5 million`; None where no such word stands behind the amount."""
        word = self.next.text.lower()
        if word not in MULTIPLES or self.next.kind != "word" or amount.unit not in CURRENCIES.values():
            return None
        self.at += 1
        return Quantity(Product((amount.value, Number(MULTIPLES[word]))), amount.unit)

    def joined_by_word(self, first: Quantity) -> bool:
        """Take the `and` or comma of `5 hours and 30 minutes`, where a smaller unit's part of a larger one follows."""
        if self.next.text.lower() not in ("and", ",") or self.ahead(1).kind != "number":
            return False
        start = self.at
        self.at += 1
        value = numeral(self.take().text)
        unit = self.unit(value)
        large, small = unit_of(first.unit), unit_of(unit or "")
        self.at = start
        if large is None or small is None or large.dimensions != small.dimensions:
            return False
        is_part = 1 < large.factor / small.factor < 1000 and value.value * small.factor < large.factor
        self.at += is_part
        return is_part

    def compound(self, first: Quantity) -> Quantity:
        """`5 ft 3 in`: a quantity and what is added to it in a smaller unit, as one in the first unit.

        Raises:
            Unparsable: the two do not measure the same, or the second is not the smaller.
        """
        value = numeral(self.take().text)
        unit = "in" if self.primes() == 2 else self.unit(value)
        large, small = unit_of(first.unit), unit_of(unit or "")
        if large is None or small is None or large.dimensions != small.dimensions or small.factor >= large.factor:
            raise self.stuck("two quantities side by side")
        terms = first.value.terms if isinstance(first.value, Sum) else (first.value,)
        part = Product((value, Number(small.factor / large.factor)))
        return Quantity(Sum((*terms, part)), first.unit)

    @abstractmethod
    def primes(self) -> int:
        """Take primes; how many."""

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
        if self.sees_command("Omega") and self.ahead(1).kind == "end" and is_numeric(value):
            self.at += 1
            return Quantity(value, "ohm")
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
        is_gapped = False
        is_short = False  # one letter that is a unit only if nothing else follows
        while self.next.kind in ("letter", "word"):
            token = self.next
            name = self.unit_name()
            if not (token.upright or is_attached or written or self.may_measure(value)):
                break
            apart = token.upright or token.spaced or bool(written) or is_attached or not token.text.isascii()
            apart = apart or (isinstance(value, Number) and token.text in ATTACHED_UNITS)
            if not apart or name is None:
                break
            if len(token.text) == 1 and not token.upright and not is_attached:
                is_short = True
                is_alone = self.at == 1 and self.ahead(1).kind == "end"  # `10\,m`
                if not (self.is_plain or is_alone) or not is_numeric(value):
                    break
            self.take_unit_name()
            written += name
            written += self.unit_power()
            is_gap = bool(self.gap_join()) and not self.next.upright
            join = self.unit_join()
            if not join:
                if is_gapped and "^-" not in written:  # `5 m s` is a product
                    break
                self.at += self.next.text == "old" and self.next.kind == "word"  # years old
                if is_short and self.at < len(self.tokens) - 1 and not self.at_number_with_unit():
                    break
                return written
            is_gapped = is_gapped or is_gap
            written += join
        self.at = start
        return None

    def may_measure(self, value: Tree) -> bool:
        r"""Whether letters behind a value may be a unit: `mg` in `\\mu mg` is none."""
        return is_numeric(value) or (self.is_plain and self.ahead(1).kind == "end") or not self.next.text.isascii()

    def unit_name(self) -> str | None:
        """The unit that the next tokens name."""
        token = self.next
        if token.text.lower() in _SQUARES and token.kind == "word":
            behind = 2 if self.ahead(1).text == "." else 1
            name = f"{token.text} {self.ahead(behind).text}"
        else:
            name = token.text
        if name in _MOSTLY_NAMES and (not token.upright or self.ahead(1).kind in ("number", "open", "letter")):
            return None
        return name if is_unit(name) else None

    def take_unit_name(self) -> None:
        if self.take().text.lower() in _SQUARES:
            self.accept(".")
            self.take()
        if self.sees(".") and (self.ahead(1).kind != "number" or self.ahead(1).spaced):
            self.at += 1

    def unit_join(self) -> str:
        """Take what joins two units: `/`, `per`, a sign of multiplication, a hyphen or a gap."""
        if join := self.gap_join():
            return join
        if self.ahead(1).kind not in ("letter", "word"):
            return ""
        if self.sees("/") or self.next.text == "per":
            self.at += 1
            return "/"
        if self.sees("*") or (self.sees("-") and self.ahead(1).upright):
            self.at += 1
            return "*"
        return ""

    def gap_join(self) -> str:
        """`*` where a unit stands here that a gap joins to the one before."""
        is_symbol = self.next.spaced and self.next.text in _JOINED_BY_GAPS and self.next.kind in ("letter", "word")
        return "*" if is_symbol and self.unit_name() is not None else ""

    def unit_power(self) -> str:
        """Take a small whole power with its sign, raised, said or, behind a unit of length, written as in `cm2`."""
        if self.next.text in _SAID_POWERS and self.next.kind == "word":
            return _SAID_POWERS[self.take().text]
        if self.next.text in ("2", "3") and not self.next.spaced and self.tokens[self.at - 1].text in _LENGTHS:
            return f"^{self.take().text}"
        start = self.at
        if self.accept("^"):
            written = self.written_argument()
            if written.lstrip("-").isdecimal() and len(written) < 3:
                return f"^{written}"
        self.at = start
        return ""

    def at_number_with_unit(self) -> bool:
        """Whether `30 min` stands here, behind `5 h`."""
        return self.next.kind == "number" and self.ahead(1).kind in ("letter", "word") and is_unit(self.ahead(1).text)

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
        return apart and (is_spoken(token) or (self.is_plain and _SHORT_NOUN.fullmatch(token.text) is not None))
