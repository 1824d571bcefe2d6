r"""Vectors and matrices as sums of others, by their unit vectors, multiplied by numbers or turned over."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from mathmill.eval.syntax import trees as t

_UNIT_VECTORS = ("i", "j", "k")
_TURNED = (t.Symbol("T"), t.Symbol(r"\top"))


def spread(tree: t.Tree) -> t.Tree:
    """A number times a matrix or vector, a sum of such, or one turned, as the matrix or vector it makes."""
    match tree:
        case t.Negative(value):
            return _each(value, t.Negative) or tree
        case t.Quotient(value, under):
            return _each(value, lambda entry: t.Quotient(entry, under)) or tree
        case t.Power(value, turned) if turned in _TURNED:
            return _turned(spread(value)) or tree
        case t.Product(factors):
            wide = [factor for factor in factors if is_wide(factor)]
            rest = tuple(factor for factor in factors if not is_wide(factor))
            if len(wide) == 1 and not isinstance(factors[0], t.Symbol):  # f(1, 2) is no product
                return _each(wide[0], lambda entry: t.Product((*rest, entry))) or tree
            if len(wide) == 1 and isinstance(wide[0], t.Matrix):
                return _each(wide[0], lambda entry: t.Product((*rest, entry))) or tree
        case t.Sum(terms):
            return _added([spread(term) for term in terms]) or tree
    return tree


def is_wide(tree: t.Tree) -> bool:
    """Whether a tree is a matrix, a vector or a tuple."""
    return isinstance(tree, t.Matrix) or (isinstance(tree, t.Items) and tree.kind in ("tuple", "vector"))


def by_unit_vectors(tree: t.Tree, count: int) -> t.Tree:
    r"""`\mathbf{i} + 2\mathbf{j}` as the vector of `count` entries that it is; any other tree as it is."""
    parts = _along(tree) if 2 <= count <= len(_UNIT_VECTORS) else None
    if not parts or any(name not in _UNIT_VECTORS[:count] for name, _ in parts):
        return tree
    if t.Symbol("i") not in _symbols(tree) and {name for name, _ in parts} == {"i"}:
        return tree  # the imaginary unit
    zero = t.Number(Fraction(0))
    entries = (tuple(value for each, value in parts if each == name) for name in _UNIT_VECTORS[:count])
    return t.Items("vector", tuple(t.Sum((zero, *values)) for values in entries))


def _symbols(tree: t.Tree) -> set[t.Tree]:
    return {tree} if isinstance(tree, t.Symbol) else {each for child in t.children(tree) for each in _symbols(child)}


def _along(tree: t.Tree) -> list[tuple[str, t.Tree]] | None:
    """The unit vectors that a tree is a sum of, and how many of each; None for anything else."""
    match tree:
        case t.Symbol(name) | t.Constant(name) if name in _UNIT_VECTORS:
            return [(name, t.Number(Fraction(1)))]
        case t.Negative(value):
            return _scaled(value, t.Negative)
        case t.Quotient(value, under):
            return _scaled(value, lambda each: t.Quotient(each, under))
        case t.Sum(terms):
            found = [_along(term) for term in terms]
            return None if any(part is None for part in found) else [each for part in found for each in part or ()]
        case t.Product(factors):
            wide = [(number, parts) for number, factor in enumerate(factors) if (parts := _along(factor)) is not None]
            if len(wide) == 1:
                rest = (*factors[: wide[0][0]], *factors[wide[0][0] + 1 :])
                return [(name, t.Product((*rest, value))) for name, value in wide[0][1]]
    return None


def _scaled(tree: t.Tree, change: Callable[[t.Tree], t.Tree]) -> list[tuple[str, t.Tree]] | None:
    parts = _along(tree)
    return None if parts is None else [(name, change(value)) for name, value in parts]


def width_of(tree: t.Tree) -> int:
    """How many entries a vector has, or a matrix of one row or column; 0 for anything else."""
    if isinstance(tree, t.Items) and tree.kind in ("tuple", "vector"):
        return len(tree.items)
    if isinstance(tree, t.Interval):
        return 2
    if isinstance(tree, t.Matrix) and 1 in (len(tree.rows), len(tree.rows[0])):
        return max(len(tree.rows), len(tree.rows[0]))
    return 0


def _turned(tree: t.Tree) -> t.Tree | None:
    if isinstance(tree, t.Matrix):
        return t.Matrix(tuple(zip(*tree.rows, strict=True)))
    if isinstance(tree, t.Items) and tree.kind in ("tuple", "vector"):
        return t.Matrix(tuple((item,) for item in tree.items))
    if isinstance(tree, t.Interval) and tree.closed_low and tree.closed_high:
        return t.Matrix(((tree.low,), (tree.high,)))
    return None


def _each(tree: t.Tree, change: Callable[[t.Tree], t.Tree]) -> t.Tree | None:
    tree = spread(tree)
    if isinstance(tree, t.Matrix):
        return t.Matrix(tuple(tuple(map(change, row)) for row in tree.rows))
    if isinstance(tree, t.Items) and tree.kind in ("tuple", "vector"):
        return t.Items(tree.kind, tuple(map(change, tree.items)))
    return None


def _added(terms: list[t.Tree]) -> t.Tree | None:
    """The sum of matrices, or of vectors, of one shape."""
    if not all(map(is_wide, terms)) or len({_shape(term) for term in terms}) != 1:
        return None
    if isinstance(terms[0], t.Matrix):
        tables = [term.rows for term in terms if isinstance(term, t.Matrix)]
        return t.Matrix(tuple(tuple(map(t.Sum, zip(*rows, strict=True))) for rows in zip(*tables, strict=True)))
    columns = zip(*(term.items for term in terms if isinstance(term, t.Items)), strict=True)
    return t.Items("tuple", tuple(map(t.Sum, columns)))


def _shape(tree: t.Tree) -> tuple[int, int]:
    if isinstance(tree, t.Matrix):
        return len(tree.rows), len(tree.rows[0])
    return 0, len(tree.items) if isinstance(tree, t.Items) else 0
