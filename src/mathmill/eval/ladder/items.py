"""Several values together: lists, sets, tuples, vectors, matrices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mathmill.eval.ladder.families import compare_families
from mathmill.eval.ladder.lettered import meant
from mathmill.eval.ladder.relations import by_name, in_order
from mathmill.eval.ladder.rungs import Compare, all_of, matched, wrong
from mathmill.eval.ladder.sets import is_modular, is_set
from mathmill.eval.ladder.vectors import by_unit_vectors, spread, width_of
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
    asked = answer, gold
    if (verdict := compare_families(answer, gold, compare)) is not None:
        return verdict
    answer, gold = spread(meant(answer, gold)), spread(meant(gold, answer))
    answer, gold = by_unit_vectors(answer, width_of(gold)), by_unit_vectors(gold, width_of(answer))
    left, right = _entries(answer), _entries(gold)
    if isinstance(answer, t.Items) and answer.kind == "either" and (right is None or len(right.values) < 2):
        return _either(answer, gold, compare)
    if is_modular(answer) != is_modular(gold):
        return wrong("items", "a modulus on one side alone")
    if isinstance(answer, t.Matrix) or isinstance(gold, t.Matrix):
        return _compare_matrices(answer, gold, compare)
    if left is None and right is None:
        return compare(answer, gold) if (answer, gold) != asked else None
    if left is None or right is None:
        return _single(answer, gold, left or right, compare)
    if len(left.values) != len(right.values):
        return wrong("items", f"{len(left.values)} values for {len(right.values)}")
    left, right = _unnumbered(left, right), _unnumbered(right, left)
    if (named := _named(left.values, right.values)) is not None:
        return all_of("items", (compare(a, b) for a, b in zip(*named, strict=True)))
    kinds = {left.kind, right.kind}
    if kinds == {"set", "tuple"}:
        return wrong("items", "a set for a tuple or a tuple for a set")
    if _count_sets(left) != _count_sets(right):
        return wrong("items", "a set of sets for a set of values, or a set of values for a set of sets")
    if "tuple" in kinds and (_is_several(answer) or _is_several(gold)):
        return wrong("items", "several solutions for a tuple, or a tuple for several solutions")
    if "tuple" not in kinds:
        return matched("items", left.values, right.values, compare)
    left, right = _indexed(left), _indexed(right)
    return all_of("items", (compare(a, b) for a, b in zip(left.values, right.values, strict=True)))


def _either(answer: t.Items, gold: t.Tree, compare: Compare) -> Verdict:
    """`1/2 or 0.5` is one answer twice; `2 or 3` is none."""
    if all(compare(item, gold).correct for item in answer.items):
        return all_of("items", (compare(item, gold) for item in answer.items))
    return Verdict("ambiguous", "items", "one of several answers")


def _is_several(tree: t.Tree) -> bool:
    """Whether these are several solutions: `1 or 2`, `x = 1, x = 2`."""
    if not isinstance(tree, t.Items) or len(tree.items) < 2:
        return False
    names = {_letter_of(item) for item in tree.items}
    return tree.kind == "either" or (len(names) == 1 and None not in names)


def _count_sets(entries: Entries) -> int:
    return sum(isinstance(value, t.Items) and value.kind == "set" for value in entries.values)


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
    if any(isinstance(value, t.Relation) for value in entries.values):
        named = in_order(entries.values)
        return None if named is None else [tuple(value.terms[1] for value in named)]
    if isinstance(tree, t.Items) and tree.kind == "either":
        return None  # one of several values
    rows = [_entries(value) for value in entries.values]
    if all(row is not None and row.kind == "tuple" for row in rows):
        return [row.values for row in rows if row is not None]
    return [entries.values]


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
    if any(_letter_of(value) is not None for value in (golds if left is not None else answers)):
        return None  # the same name for several
    if left is not None:
        return _in_order(left), golds
    return answers, _in_order(right or {})


def _unnumbered(entries: Entries, others: Entries) -> Entries:
    """`x_1 = 1, x_2 = 2` as `x = 1, x = 2` where the other side names its values so."""
    names = {_letter_of(value) for value in others.values}
    if (
        len(names) != 1
        or None in names
        or names != {(_letter_of(value) or "").partition("_")[0] for value in entries.values}
    ):
        return entries
    letter = t.Symbol(next(iter(names)) or "")
    values = (t.Relation((letter, value.terms[1]), ("=",)) for value in entries.values if isinstance(value, t.Relation))
    return Entries(entries.kind, tuple(values))


def _indexed(entries: Entries) -> Entries:
    """`x_2 = 2, x_1 = 1` in the order of indices; any other values as they stand."""
    return Entries(entries.kind, in_order(entries.values) or entries.values)


def _letter_of(tree: t.Tree) -> str | None:
    match tree:
        case t.Relation((t.Symbol(name), _), ("=",)):
            return name
    return None


def _in_order(named: dict[str, t.Tree]) -> tuple[t.Tree, ...]:
    """The values in the order of their letters; of those that words name, as they are written."""
    if any(name.startswith(" ") for name in named):
        return tuple(named.values())
    return tuple(named[name] for name in sorted(named, key=lambda name: name.lstrip("\\")))
