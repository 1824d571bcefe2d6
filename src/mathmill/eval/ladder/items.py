"""Several values together: lists, sets, tuples, vectors, matrices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from mathmill.eval.ladder.relations import by_name
from mathmill.eval.ladder.rungs import Compare, all_of, matched, wrong
from mathmill.eval.ladder.sets import is_set
from mathmill.eval.syntax import trees as t
from mathmill.eval.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Entries:
    """Several values: how they stand, and what they are.

    A `list` has no order of its own but may be meant to have one, a `set` has none, a `tuple` has.
    """

    kind: Literal["list", "set", "tuple"]
    values: tuple[t.Tree, ...]


def compare_items(answer: t.Tree, gold: t.Tree, compare: Compare) -> Verdict | None:
    """Lists, sets, tuples, vectors and matrices; None where neither is one."""
    answer, gold = _spread(answer), _spread(gold)
    left, right = _entries(answer), _entries(gold)
    if isinstance(answer, t.Items) and answer.kind == "either" and (right is None or len(right.values) < 2):
        return _either(answer, gold, compare)
    if isinstance(answer, t.Matrix) or isinstance(gold, t.Matrix):
        return _compare_matrices(answer, gold, compare)
    if left is None and right is None:
        return None
    if left is None or right is None:
        return _single(answer, gold, left or right, compare)
    if len(left.values) != len(right.values):
        return wrong("items", f"{len(left.values)} values for {len(right.values)}")
    if (named := _named(left.values, right.values)) is not None:
        return all_of("items", (compare(a, b) for a, b in zip(*named, strict=True)))
    kinds = {left.kind, right.kind}
    if kinds == {"set", "tuple"}:
        return wrong("items", "a set for a tuple or a tuple for a set")
    if "tuple" not in kinds:
        return matched("items", left.values, right.values, compare)
    return all_of("items", (compare(a, b) for a, b in zip(left.values, right.values, strict=True)))


def _either(answer: t.Items, gold: t.Tree, compare: Compare) -> Verdict:
    """`1/2 or 0.5` is one answer twice; `2 or 3` is none."""
    if all(compare(item, gold).correct for item in answer.items):
        return all_of("items", (compare(item, gold) for item in answer.items))
    return Verdict("ambiguous", "items", "one of several answers")


def _single(answer: t.Tree, gold: t.Tree, several: Entries | None, compare: Compare) -> Verdict:
    """`{5}` and 5: the set of the one solution."""
    is_one = several is not None and several.kind == "set" and len(several.values) == 1
    if several is not None and is_one and not isinstance(several.values[0], t.Items) and not is_set(several.values[0]):
        is_answer = isinstance(answer, t.Items)
        return compare(*((several.values[0], gold) if is_answer else (answer, several.values[0])))
    return wrong("items", "one value for several, or several for one")


def _entries(tree: t.Tree) -> Entries | None:
    match tree:
        case t.Items("list" | "either", items):
            return Entries("list", items)
        case t.Items("set", items):
            return Entries("set", items)
        case t.Items(_, items):
            return Entries("tuple", items)
        case t.Interval(low, high, True, True):
            return Entries("tuple", (low, high))
    return None


def _compare_matrices(answer: t.Tree, gold: t.Tree, compare: Compare) -> Verdict:
    """Matrices of one shape entry by entry; a column or a row may be a tuple, rows a tuple of tuples."""
    left, right = _rows(answer), _rows(gold)
    if left is None or right is None:
        return wrong("matrix", "a matrix for something else, or something else for a matrix")
    both = isinstance(answer, t.Matrix) and isinstance(gold, t.Matrix)
    if not both and 1 in {len(left), len(left[0])} and 1 in {len(right), len(right[0])}:
        left, right = [_flat(left)], [_flat(right)]
    if [len(row) for row in left] != [len(row) for row in right]:
        return wrong("matrix", "a matrix of another shape")
    return all_of("matrix", (compare(a, b) for a, b in zip(_flat(left), _flat(right), strict=True)))


def _flat(rows: list[tuple[t.Tree, ...]]) -> tuple[t.Tree, ...]:
    return tuple(entry for row in rows for entry in row)


def _rows(tree: t.Tree) -> list[tuple[t.Tree, ...]] | None:
    if isinstance(tree, t.Matrix):
        return list(tree.rows)
    entries = _entries(tree)
    if entries is None or entries.kind == "set" or not entries.values:
        return None
    rows = [_entries(value) for value in entries.values]
    if all(row is not None and row.kind == "tuple" for row in rows):
        return [row.values for row in rows if row is not None]
    return [entries.values]


def _spread(tree: t.Tree) -> t.Tree:
    """A number times a matrix or vector, or a sum of such, as the matrix or vector it makes."""
    match tree:
        case t.Negative(value):
            return _each(value, t.Negative) or tree
        case t.Quotient(value, under):
            return _each(value, lambda entry: t.Quotient(entry, under)) or tree
        case t.Product(factors):
            wide = [factor for factor in factors if _is_wide(factor)]
            rest = tuple(factor for factor in factors if not _is_wide(factor))
            if len(wide) == 1 and not isinstance(factors[0], t.Symbol):  # f(1, 2) is no product
                return _each(wide[0], lambda entry: t.Product((*rest, entry))) or tree
            if len(wide) == 1 and isinstance(wide[0], t.Matrix):
                return _each(wide[0], lambda entry: t.Product((*rest, entry))) or tree
        case t.Sum(terms):
            return _added([_spread(term) for term in terms]) or tree
    return tree


def _is_wide(tree: t.Tree) -> bool:
    return isinstance(tree, t.Matrix) or (isinstance(tree, t.Items) and tree.kind in ("tuple", "vector"))


def _each(tree: t.Tree, change: Callable[[t.Tree], t.Tree]) -> t.Tree | None:
    tree = _spread(tree)
    if isinstance(tree, t.Matrix):
        return t.Matrix(tuple(tuple(map(change, row)) for row in tree.rows))
    if isinstance(tree, t.Items) and tree.kind in ("tuple", "vector"):
        return t.Items(tree.kind, tuple(map(change, tree.items)))
    return None


def _added(terms: list[t.Tree]) -> t.Tree | None:
    """The sum of matrices, or of vectors, of one shape."""
    if not all(map(_is_wide, terms)) or len({_shape(term) for term in terms}) != 1:
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


def _named(
    answers: tuple[t.Tree, ...], golds: tuple[t.Tree, ...]
) -> tuple[tuple[t.Tree, ...], tuple[t.Tree, ...]] | None:
    """`x = 1, y = 2` and `(1, 2)` or `y = 2, x = 1`: by name where both name them, else in the order of names."""
    left, right = by_name(answers), by_name(golds)
    if left is None and right is None:
        return None
    if left is not None and right is not None:
        if set(left) != set(right):
            return None
        return tuple(left[name] for name in right), tuple(right.values())
    if left is not None:
        return _in_order(left), golds
    return answers, _in_order(right or {})


def _in_order(named: dict[str, t.Tree]) -> tuple[t.Tree, ...]:
    return tuple(named[name] for name in sorted(named, key=lambda name: name.lstrip("\\")))
