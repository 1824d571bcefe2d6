r"""Arbitrary constants, which may be named otherwise: `x^2 + C` and `x^2 + K`, `Ae^{x}+Be^{-x}` and `C_1e^x+C_2e^{-x}`.

Only such are taken for arbitrary that stand in a gold as in the general solution of an equation: each once, to the
first power, beside a function of a variable; a `C` as what is added, or a factor in `y = ..`, or several with indices.
"""

from __future__ import annotations

import re
from itertools import permutations

from mathmill.eval.ladder.rungs import Compare
from mathmill.eval.syntax import trees as t
from mathmill.eval.values.numeric import symbols_of
from mathmill.eval.verdict import Verdict

_INDEXED = re.compile(r"[CcKk]_[0-9]")
_SINGLE = frozenset(["C", "c", "K", "k"])
# What several constants are called, or the factor of a solution.
_NAMES = re.compile(r"[A-DKabck]|[A-Cabck]_[0-9]")
_VARIABLES = frozenset(["x", "y", "z", "t", "u", "v", "s", "r", "n", r"\theta"])
_SOLUTIONS = frozenset(["y", "u", "w", "y(x)", "x(t)", "y(t)", "u(x)", "u(t)", "x", "z"])
_MOST = 3


def compare_constants(answer: t.Tree, gold: t.Tree, compare: Compare) -> Verdict | None:
    """Two values with as many arbitrary constants, one to one by other names; None where no names make them equal."""
    wanted = _constants(gold)
    if not wanted or len(wanted) > _MOST:
        return None
    others = symbols_of(gold) - wanted
    given = symbols_of(_value(answer)) - others
    is_factor = not wanted <= _SINGLE or (_is_solution(gold) and _is_curved(gold))
    if len(given) != len(wanted) or not all(_may_be(name, is_factor) for name in given):
        return None
    if isinstance(answer, t.Relation) and isinstance(gold, t.Relation) and answer.terms[0] == gold.terms[0]:
        answer, gold = _value(answer), _value(gold)
    there = _renamed(gold, sorted(wanted))
    for names in permutations(sorted(given)):
        verdict = compare(_renamed(answer, names), there)
        if verdict.correct:
            return Verdict("correct", verdict.method, verdict.detail or "but for the names of constants")
    return None


def _may_be(name: str, is_factor: bool) -> bool:
    """Whether a letter of an answer may be an arbitrary constant, what is added or a factor of solutions."""
    return name in _SINGLE or _INDEXED.fullmatch(name) is not None or (is_factor and bool(_NAMES.fullmatch(name)))


def _constants(gold: t.Tree) -> frozenset[str]:
    """The arbitrary constants of a gold; none where its letters may be given ones."""
    value, names = _value(gold), symbols_of(_value(gold))
    indexed = frozenset(name for name in names if _INDEXED.fullmatch(name))
    found = indexed or (names & _SINGLE if len(names & _SINGLE) == 1 else frozenset())
    variables = names - found
    if not found or not variables & _VARIABLES or any(name.isupper() for name in variables):
        return frozenset()
    if not all(_count(value, name) == 1 and _is_linear(value, name) for name in found):
        return frozenset()
    is_solution = _is_solution(gold) or any(map(_is_curved, t.children(value))) or _is_curved(value)
    if indexed:
        return found if is_solution else frozenset()
    is_added = found == {"C"} and isinstance(value, t.Sum) and t.Symbol("C") in value.terms
    is_factor = _is_solution(gold) and (found == {"C"} or _is_curved(value))
    return found if is_added or is_factor else frozenset()


def _is_solution(tree: t.Tree) -> bool:
    """Whether this is `y = ..` or the like."""
    match tree:
        case t.Relation((t.Symbol(name), _), ("=",)):
            return name in _SOLUTIONS
        case t.Relation((t.Product((t.Symbol("f" | "g" | "h"), t.Symbol())), _), ("=",)):
            return True
    return False


def _value(tree: t.Tree) -> t.Tree:
    match tree:
        case t.Relation((t.Symbol(), value), ("=",)):
            return value
        case t.Relation((t.Product((t.Symbol("f" | "g" | "h"), t.Symbol())), value), ("=",)):
            return value
    return tree


def _is_curved(tree: t.Tree) -> bool:
    r"""Whether a tree holds `\cos x` or `e^x`: no sum of so many of each."""
    match tree:
        case t.Call(_, arguments):
            return any(symbols_of(each) & _VARIABLES for each in arguments)
        case t.Power(_, exponent) if symbols_of(exponent) & _VARIABLES:
            return True
    return any(map(_is_curved, t.children(tree)))


def _count(tree: t.Tree, name: str) -> int:
    return int(tree == t.Symbol(name)) + sum(_count(child, name) for child in t.children(tree))


def _is_linear(tree: t.Tree, name: str) -> bool:
    """Whether a letter stands to the first power in a tree that holds it once."""
    match tree:
        case t.Symbol(letter):
            return letter == name
        case t.Sum() | t.Negative() | t.Product():
            return any(_is_linear(child, name) for child in t.children(tree))
        case t.Quotient(over, _):
            return _is_linear(over, name)
    return False


def _renamed(tree: t.Tree, names: tuple[str, ...] | list[str]) -> t.Tree:
    for number, name in enumerate(names):
        tree = t.with_symbol(tree, name, t.Symbol(f"\\constant{{{number}}}"))
    return tree
