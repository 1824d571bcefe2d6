r"""What one item of a list says for its neighbours: `x \equiv 1, 3 \pmod 8`, `x \ne 1, 2`, `x=1,y=2 or x=2,y=1`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mathmill.eval.syntax.trees import Call, Dots, Items, Labelled, Relation, Symbol, Tree, Words, children

# Relations whose left side holds for the bare values that follow.
_NO_VALUES = (Relation, Labelled, Words, Dots)
_SHARED = frozenset({"mod", "!="})
_ORDERS = frozenset({"<", ">", "<=", ">=", "!="})


def spread_out(items: Sequence[Tree]) -> list[Tree]:
    """Items with the modulus and the left side that they share written for each of them."""
    made = list(items)
    modulus = _modulus(made[-1])
    if modulus is not None and all(_modulus(item) is None for item in made[:-1]):
        made = [*(_with_modulus(item, modulus) for item in made[:-1]), made[-1]]
    first = made[0]
    if isinstance(first, Relation) and _is_named(first) and not any(isinstance(item, _NO_VALUES) for item in made[1:]):
        return [first, *(Relation((first.terms[0], item), ("=",)) for item in made[1:])]
    if isinstance(first, Relation) and len(first.terms) == 2 and first.relations[0] in _SHARED:
        lead, relations = first.terms[0], first.relations
        made = [item if isinstance(item, Relation) else Relation((lead, item), relations) for item in made]
    return made


def are_half_lines(items: Sequence[Tree]) -> bool:
    """Whether these are inequalities solved for one letter, as `x > 2`, `3 > x`."""
    names = {_bounded_by(item) for item in items}
    return len(names) == 1 and None not in names


def _bounded_by(item: Tree) -> str | None:
    """The letter that an inequality bounds by numbers; None where this is anything else."""
    terms = item.terms if isinstance(item, Relation) and set(item.relations) <= _ORDERS else ()
    names = [term.name for term in terms if isinstance(term, Symbol)]
    is_solved = len(names) == 1 and all(isinstance(term, Symbol) or _is_bound(term) for term in terms)
    return names[0] if is_solved else None


def _is_bound(term: Tree) -> bool:
    """Whether a term holds no letter."""
    return not isinstance(term, Symbol) and all(map(_is_bound, children(term)))


def _is_named(item: Relation) -> bool:
    """Whether this is `x = 1`, or `(x, y) = (1, 2)`."""
    name = item.terms[0]
    is_pair = isinstance(name, Items) and all(isinstance(each, Symbol) for each in name.items)
    return item.relations == ("=",) and (isinstance(name, Symbol) or is_pair)


def _modulus(item: Tree) -> Tree | None:
    value = item.terms[-1] if isinstance(item, Relation) else item
    return value.arguments[1] if isinstance(value, Call) and value.function == "mod" else None


def _with_modulus(item: Tree, modulus: Tree) -> Tree:
    if isinstance(item, Relation):
        return replace(item, terms=(*item.terms[:-1], Call("mod", (item.terms[-1], modulus))))
    return Call("mod", (item, modulus))


def grouped(items: Sequence[Tree], ends: Sequence[int]) -> tuple[Tree, ...]:
    """Solutions that are parted by `or` or a semicolon, each of several named values, as a tuple of lists.

    `ends` are the numbers of items before each such sign. Items that are not so stay a plain list.
    """
    starts = [0, *ends]
    groups = [tuple(items[start:end]) for start, end in zip(starts, [*ends, len(items)], strict=True)]
    names = {_names(group) for group in groups}
    if len(groups) < 2 or len(names) != 1 or None in names:
        return tuple(items)
    return tuple(Items("list", group) for group in groups)


def _names(group: tuple[Tree, ...]) -> frozenset[str] | None:
    """The names of two or more values; None where something is not named or named twice."""
    names = {
        item.terms[0].name
        for item in group
        if isinstance(item, Relation) and item.relations == ("=",) and isinstance(item.terms[0], Symbol)
    }
    return frozenset(names) if len(names) == len(group) > 1 else None
