r"""Letters before brackets and indices, whose meaning the other side tells: `A(1,2)`, `C(5,2)`, `C_5^2`, `ACD`."""

from __future__ import annotations

import re
from fractions import Fraction

from mathmill.eval.limits import TooLarge, Unparsable
from mathmill.eval.syntax import trees as t
from mathmill.eval.syntax.parser import parse
from mathmill.eval.values.numeric import symbols_of

_INDEXED = re.compile(r"([CAP])_(\d{1,4})")
_CHOICES = re.compile(r"C_(\w[\w+\-]{0,11})")


def meant(tree: t.Tree, other: t.Tree) -> t.Tree:
    """A point without its name beside a point, a count of choices beside a number, options beside a list of some."""
    match tree:
        case t.Product((t.Symbol(name), t.Items("tuple", items) as point)) if name.isupper():
            if isinstance(other, t.Items) and other.kind == "tuple":
                return point
            if name in ("C", "P", "A") and len(items) == 2 and _is_value(other):
                return _chosen(name, items[0], items[1])
        case t.Power(t.Symbol(name), t.Number() as part) if (indexed := _INDEXED.fullmatch(name)) and _is_value(other):
            return _chosen(indexed[1], t.Number(Fraction(int(indexed[2]))), part)
        case t.Product((t.Number() as whole, t.Symbol(name), t.Number() as part)) if name in ("C", "P"):
            if _is_value(other):
                return _chosen(name, whole, part)
        case t.Product(factors) if isinstance(other, t.Items) and other.kind in ("list", "set"):
            if all(map(_is_option, (*factors, *other.items))) and len(set(factors)) == len(factors):
                return t.Items("list", factors)
    return _with_choices(tree) if _has_choices(other) else tree


def _has_choices(tree: t.Tree) -> bool:
    is_one = isinstance(tree, t.Call) and tree.function == "binomial"
    return is_one or any(map(_has_choices, t.children(tree)))


def _with_choices(tree: t.Tree) -> t.Tree:
    """A tree with `C_{2n}^{n}` in it as the count of choices, beside another with such counts."""
    match tree:
        case t.Power(t.Symbol(name), part) if indexed := _CHOICES.fullmatch(name):
            try:
                return t.Call("binomial", (parse(indexed[1]), part))
            except (Unparsable, TooLarge):
                return tree
    return t.rebuilt(tree, _with_choices)


def _chosen(name: str, whole: t.Tree, part: t.Tree) -> t.Tree:
    if name == "C":
        return t.Call("binomial", (whole, part))
    rest = t.Call("factorial", (t.Sum((whole, t.Negative(part))),))
    return t.Quotient(t.Call("factorial", (whole,)), rest)


def _is_value(tree: t.Tree) -> bool:
    """Whether a tree is a number without letters."""
    return not isinstance(tree, t.Items | t.Words | t.Relation | t.Interval) and not symbols_of(tree)


def _is_option(tree: t.Tree) -> bool:
    if isinstance(tree, t.Choice):
        return True
    return isinstance(tree, t.Symbol) and len(tree.name) == 1 and "A" <= tree.name <= "J"
