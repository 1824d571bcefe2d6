"""Derivatives of trees, by the rules of schools; what comes out is a tree, not shortened."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from mathmill.eval.limits import MAX_NODES
from mathmill.eval.syntax import trees as t
from mathmill.eval.values.polynomials import TooMuch, Undecided
from mathmill.eval.values.rational import symbols_of

_ONE, _TWO = t.Number(Fraction(1)), t.Number(Fraction(2))
_ZERO = t.Number(Fraction(0))


def derivative(tree: t.Tree, name: str) -> t.Tree:
    """The derivative by an unknown; all others are constants.

    Raises:
        Undecided: it is large or of a kind that has no rule here.
    """
    return _Rules(name).of(tree)


class _Rules:
    def __init__(self, name: str) -> None:
        self._name, self._left = name, MAX_NODES

    def of(self, tree: t.Tree) -> t.Tree:
        self._left -= 1
        if self._left < 0:
            raise TooMuch("a long derivative")
        if tree == t.Symbol(self._name):
            return _ONE
        if self._name not in symbols_of(tree):
            return _ZERO
        match tree:
            case t.Sum(terms):
                return t.Sum(tuple(map(self.of, terms)))
            case t.Negative(value):
                return t.Negative(self.of(value))
            case t.Product(factors):
                return t.Sum(tuple(self._of_factor(factors, at) for at in range(len(factors))))
            case t.Quotient(over, under):
                above = t.Sum((t.Product((self.of(over), under)), t.Negative(t.Product((over, self.of(under))))))
                return t.Quotient(above, t.Power(under, _TWO))
            case t.Power(base, exponent):
                return self._of_power(tree, base, exponent)
            case t.Root(radicand, degree) if self._name not in symbols_of(degree):
                return t.Quotient(t.Product((tree, self.of(radicand))), t.Product((degree, radicand)))
            case t.Call(function, (inner,)) if function in _RULES:
                return t.Product((_RULES[function](inner), self.of(inner)))
            case t.Call("log", (inner, base)) if self._name not in symbols_of(base):
                return t.Quotient(self.of(inner), t.Product((inner, t.Call("ln", (base,)))))
        raise Undecided(f"the derivative of a {type(tree).__name__}")

    def _of_factor(self, factors: tuple[t.Tree, ...], at: int) -> t.Tree:
        return t.Product((*factors[:at], self.of(factors[at]), *factors[at + 1 :]))

    def _of_power(self, tree: t.Tree, base: t.Tree, exponent: t.Tree) -> t.Tree:
        if self._name not in symbols_of(exponent):
            less = t.Sum((exponent, t.Negative(_ONE)))
            return t.Product((exponent, t.Power(base, less), self.of(base)))
        return t.Product((tree, self.of(t.Product((exponent, t.Call("ln", (base,)))))))


def _square(inner: t.Tree) -> t.Tree:
    return t.Power(inner, _TWO)


def _one_less(inner: t.Tree) -> t.Tree:
    return t.Sum((_ONE, t.Negative(_square(inner))))


def _one_more(inner: t.Tree) -> t.Tree:
    return t.Sum((_ONE, _square(inner)))


def _under_one(tree: t.Tree) -> t.Tree:
    return t.Quotient(_ONE, tree)


def _root(tree: t.Tree) -> t.Tree:
    return t.Root(tree, _TWO)


def _named(*names: str) -> Callable[[t.Tree], t.Tree]:
    """The product of functions of the same argument."""
    return lambda inner: t.Product(tuple(t.Call(name, (inner,)) for name in names))


def _less(rule: Callable[[t.Tree], t.Tree]) -> Callable[[t.Tree], t.Tree]:
    return lambda inner: t.Negative(rule(inner))


_RULES: dict[str, Callable[[t.Tree], t.Tree]] = {
    "sin": _named("cos"),
    "cos": _less(_named("sin")),
    "tan": _named("sec", "sec"),
    "cot": _less(_named("csc", "csc")),
    "sec": _named("sec", "tan"),
    "csc": _less(_named("csc", "cot")),
    "sinh": _named("cosh"),
    "cosh": _named("sinh"),
    "tanh": _named("sech", "sech"),
    "exp": _named("exp"),
    "ln": _under_one,
    "log": _under_one,
    "log10": lambda inner: _under_one(t.Product((inner, t.Call("ln", (t.Number(Fraction(10)),))))),
    "abs": lambda inner: t.Quotient(t.Call("abs", (inner,)), inner),
    "arcsin": lambda inner: _under_one(_root(_one_less(inner))),
    "arccos": lambda inner: t.Negative(_under_one(_root(_one_less(inner)))),
    "arctan": lambda inner: _under_one(_one_more(inner)),
    "arccot": lambda inner: t.Negative(_under_one(_one_more(inner))),
    "arcsinh": lambda inner: _under_one(_root(_one_more(inner))),
    "arccosh": lambda inner: _under_one(_root(t.Negative(_one_less(inner)))),
    "arctanh": lambda inner: _under_one(_one_less(inner)),
}
