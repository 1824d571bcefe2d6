r"""Integrals with their differentials, which stand behind what is integrated, alone, or above a line.

`\int \frac{2x\,dx}{x^2+1}` is the integral of the quotient without the differential, and `\int dx` that of 1. Above a
line may be as many differentials as integrals are open, the innermost one's first.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from fractions import Fraction

from mathmill.eval.syntax.terms import Terms
from mathmill.eval.syntax.trees import Bound, Negative, Number, Product, Quotient, Symbol, Tree
from mathmill.eval.syntax.vocabulary import GREEK

_ONE = Number(Fraction(1))
_DIFFERENTIAL = re.compile("d[A-Za-z]")


class Integrals(Terms):
    """Reads integrals, and fractions as they stand in integrals."""

    above: tuple[Tree, tuple[Symbol, ...]] | None = None  # the factor that held differentials, and what they are of

    @abstractmethod
    def argument(self, is_whole: bool = False) -> Tree:
        """The argument of a command."""

    def integral(self, low: Tree | None, high: Tree | None) -> Bound:
        """An integral whose ends have been taken."""
        before, self.above = self.above, None
        self.differentials += 1
        body, variable, rest = self.alone() or self.integrand()
        self.differentials -= 1
        made = Bound("int", variable, body, low, high)
        if rest and (before or not self.differentials):
            raise self.stuck("more differentials than integrals")
        self.above = (made, rest) if rest else before
        return made

    def alone(self) -> tuple[Tree, Symbol, tuple[Symbol, ...]] | None:
        r"""The body 1 of `\int dx`, or that of `\int dx/x`; nothing is taken where the differential is not all."""
        start = self.at
        if self.at_differential() and (len(self.next.text) == 2 or self.at_variable(1)):
            is_quotient = self.at_derivative()
            variable = self.differential()
            if not is_quotient and not (self.begins_factor() or self.at_one_too_many() or self.sees("^", "_")):
                return (Quotient(_ONE, self.unary()) if self.accept("/") else _ONE), variable, ()
        self.at = start
        return None

    def at_one_too_many(self) -> bool:
        """Whether a differential stands here behind that of the outermost integral."""
        return self.differentials == 1 and self.at_differential()

    def at_variable(self, ahead: int) -> bool:
        token = self.ahead(ahead)
        return token.kind == "letter" or (token.kind == "command" and token.text in GREEK)

    def at_derivative(self) -> bool:
        """Whether `dy/dx` stands here."""
        return self.ahead(1).text == "/" and _DIFFERENTIAL.fullmatch(self.ahead(2).text) is not None

    def integrand(self) -> tuple[Tree, Symbol, tuple[Symbol, ...]]:
        """What is integrated, by what, and the differentials that are left for integrals around this one.

        A term with a differential above its line is the last one.
        """
        with self.inside():
            body = self.signed_product()
            if self.above is None:
                body = self.rest_of_sum(body)
        if self.above is None:
            return body, self.differential(), ()
        factor, (variable, *rest) = self.above
        if not any(factor is each for each in _factors(body)):
            raise self.stuck("a differential inside of a term")
        if self.at_one_too_many():
            raise self.stuck("two differentials of one integral")
        return body, variable, tuple(rest)

    def fraction(self) -> Quotient:
        """A fraction whose command has been taken."""
        if not self.differentials or not self.sees("{"):
            return Quotient(self.argument(), self.argument())
        above, found = self.numerator()
        made = Quotient(above, self.argument())
        if found and self.above:
            raise self.stuck("two factors with differentials")
        self.above = (made, found) if found else self.above
        return made

    def numerator(self) -> tuple[Tree, tuple[Symbol, ...]]:
        """What stands in braces above a line without the differentials at its end, and what they are of."""
        self.expect("{")
        bars, self.bars = self.bars, 0
        start, is_negative = self.at, self.accept("-")
        if self.at_differential():
            value: Tree = Negative(_ONE) if is_negative else _ONE
        else:
            self.at = start
            value = self.term_or_sum()
        found: list[Symbol] = []
        while self.at_differential() and len(found) < self.differentials:
            found.append(self.differential())
        self.bars = bars
        self.expect("}")
        return value, tuple(found)

    def term_or_sum(self) -> Tree:
        """A term behind which a differential stands, or a sum behind which none does."""
        with self.inside():
            value = self.signed_product()
            if self.at_differential():
                return value
            value = self.rest_of_sum(value)
        if self.at_differential():
            raise self.stuck("a differential of one term among others")
        return value

    def differential(self) -> Symbol:
        """Take a differential; what it is of."""
        token = self.take()
        if token.kind == "word" and len(token.text) == 2 and token.text[0] == "d":
            return Symbol(token.text[1])
        if token.text == "d" and self.next.kind in ("letter", "command"):
            name = self.primary()
            if isinstance(name, Symbol):
                return name
        raise self.stuck("an integral without its differential")


def _factors(term: Tree) -> tuple[Tree, ...]:
    while isinstance(term, Negative):
        term = term.value
    return term.factors if isinstance(term, Product) else (term,)
