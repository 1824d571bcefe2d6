"""Functions with their arguments, and sums, products, integrals and limits with what they bind."""

from __future__ import annotations

from abc import abstractmethod
from fractions import Fraction
from typing import Literal

from mathmill.eval.syntax.integrals import Integrals
from mathmill.eval.syntax.terms import times
from mathmill.eval.syntax.trees import (
    Bound,
    Call,
    Constant,
    Items,
    Matrix,
    Negative,
    Number,
    Power,
    Product,
    Quotient,
    Root,
    Sum,
    Symbol,
    Tree,
)
from mathmill.eval.syntax.vocabulary import FUNCTIONS, INVERSES, OF_SEVERAL, POWERED

_ROOTS = {"sqrt": 2, "cbrt": 3}
_MINUS_ONE = Negative(Number(Fraction(1)))
_PI = Constant("pi")


class Functions(Integrals):
    """Reads functions; their arguments are terms."""

    bound_names: frozenset[str] = frozenset()  # what open sums and products bind, so that `i` is an index there

    @abstractmethod
    def bracketed(self) -> Tree:
        """What stands between brackets, from the opening one on."""

    def function(self, name: str, is_command: bool) -> Tree:
        """A function whose name has been taken."""
        base, exponent = None, None
        for _ in range(2):
            if base is None and self.accept("_"):
                base = self.argument(is_whole=not is_command or self.next.text == "10")
            elif exponent is None and name in POWERED and self.accept("^"):
                exponent = self.exponent()
        is_plain_base = name == "log" and base is None and not is_command and self.next.text in ("2", "10")
        if is_plain_base and not self.next.spaced and self.ahead(1).text == "(" and not self.ahead(1).spaced:
            base = self.primary()  # log2(8)
        if name in OF_SEVERAL and self.sees("(", "{", r"\{"):
            return self.of_several(name)
        if name in _ROOTS:
            return Root(self.applied(), Number(Fraction(_ROOTS[name])))
        if exponent == _MINUS_ONE and name in INVERSES:
            name, exponent = INVERSES[name], None
        is_bracketed = self.sees("(", "[")
        value: Tree = Call(name, (self.applied(),) if base is None else (self.applied(), base))
        if exponent is not None:
            value = Power(value, exponent)
        if is_bracketed and self.accept("^"):  # sin(x)^2 is the square of the sine
            with self.inside():
                return Power(value, self.exponent())
        return value

    def at_leading_index(self) -> bool:
        """Whether `{}_5C_2` or `^5C_2` stands here."""
        at = 2 if self.sees("{") and self.ahead(1).text == "}" else 0
        return self.ahead(at).text in ("_", "^") and self.ahead(at).kind == "sign"

    def combination(self) -> Tree:
        """`{}_5C_2`, or `{}_5P_2`, from its first index on."""
        if self.accept("{"):
            self.expect("}")
        self.at += 1
        whole = self.argument(is_whole=True)
        name = self.take().text
        if name not in ("C", "P") or not self.accept("_"):
            raise self.stuck("an index before what is no combination")
        part = self.argument(is_whole=True)
        if name == "C":
            return Call("binomial", (whole, part))
        rest = Call("factorial", (Sum((whole, Negative(part))),))
        return Quotient(Call("factorial", (whole,)), rest)

    def of_several(self, name: str) -> Tree:
        inner = self.bracketed()
        return Call(name, inner.items if isinstance(inner, Items) else (inner,))

    def applied(self) -> Tree:
        """The argument of a function: what stands in brackets right behind it, else the factors up to a sign."""
        if self.sees("(", "["):
            return self.bracketed()
        if self.sees("{"):
            return self.power()
        with self.inside():
            if self.accept("-"):
                return Negative(self.applied())
            value = self.power()
            while self.begins_factor() and not self.sees("(", "[") and not self.at_function():
                value = times(value, self.power())
            if self.sees("/") and _takes_slash(value, self.next.spaced):
                self.at += 1
                value = Quotient(value, self.power())
            return value

    def at_function(self) -> bool:
        return self.next.text in FUNCTIONS and self.next.kind in ("word", "command")

    def in_bars(self, bar: str, value: Tree) -> Tree:
        """What stands between bars: an absolute value, a norm or the determinant of a matrix."""
        if isinstance(value, Matrix):
            return Call("det", (value,))
        return Call("abs" if bar in ("|", "lvert") else "norm", (value,))

    def bound(self, operator: Literal["sum", "prod", "int", "lim"]) -> Tree:
        """A sum, product, integral or limit with what it binds."""
        variable, low, high = Symbol("x"), None, None
        for _ in range(2):
            if self.accept("_"):
                variable, low = self.lower_end(operator)
            elif self.accept("^"):
                high = self.exponent()
        if operator == "int":
            return self.integral(low, high)
        bound, self.bound_names = self.bound_names, self.bound_names | {variable.name}
        body = self.product()
        self.bound_names = bound
        return Bound(operator, variable, body, low, high)

    def lower_end(self, operator: str) -> tuple[Symbol, Tree]:
        if operator == "int":
            low = Negative(self.argument(is_whole=True)) if self.accept("-") else self.argument(is_whole=True)
            return Symbol("x"), low
        self.expect("{")
        name = self.primary()
        if not isinstance(name, Symbol) and name != Constant("i"):
            raise self.stuck("a variable expected")
        if not self.accept("=", "->"):
            raise self.stuck("the variable's range expected")
        low = self.sum()
        self.expect("}")
        return (name if isinstance(name, Symbol) else Symbol("i")), low


def _takes_slash(value: Tree, is_spaced: bool) -> bool:
    r"""Whether `/` behind a bare argument belongs to it: in `\sin \pi/3` and `\sin x/2`, not `\sin x / 2`."""
    if value == _PI or (isinstance(value, Product) and value.factors[-1] == _PI):
        return True
    return not is_spaced and isinstance(value, Number | Symbol | Constant)
