r"""`\pm`: one answer that stands for two."""

from __future__ import annotations

from mathmill.eval.ladder.rungs import Compare
from mathmill.eval.syntax import trees as t
from mathmill.eval.verdict import Verdict


def compare_signs(answer: t.Tree, gold: t.Tree, compare: Compare) -> Verdict | None:
    r"""`\pm` stands for two answers, which are compared as a list; None where neither has one."""
    if not has_sign(answer) and not has_sign(gold):
        return None
    return compare(_as_list(_both_signs(answer)), _as_list(_both_signs(gold)))


def has_sign(tree: t.Tree) -> bool:
    r"""Whether a `\pm` stands anywhere in a tree."""
    if isinstance(tree, t.Number | t.Symbol | t.Constant):  # most nodes
        return False
    return isinstance(tree, t.PlusMinus) or any(map(has_sign, t.children(tree)))


def _as_list(trees: list[t.Tree]) -> t.Tree:
    return trees[0] if len(trees) == 1 else t.Items("list", tuple(trees))


def _both_signs(tree: t.Tree) -> list[t.Tree]:
    r"""A tree with `\pm` as the two that it stands for; lists and sets are taken apart."""
    if not has_sign(tree):
        return list(tree.items) if isinstance(tree, t.Items) and tree.kind in ("list", "set") else [tree]
    if isinstance(tree, t.Items) and tree.kind in ("list", "either", "set"):
        return [each for item in tree.items for each in (_both_signs(item) if has_sign(item) else [item])]
    if isinstance(tree, t.Relation) and tree.relations == ("in",) and isinstance(tree.terms[1], t.Items):
        return _both_signs(tree.terms[1])
    return [_with_sign(tree, upper) for upper in (True, False)]


def _with_sign(tree: t.Tree, upper: bool) -> t.Tree:
    if isinstance(tree, t.PlusMinus):
        value = _with_sign(tree.value, upper)
        return value if upper == (tree.upper == "plus") else t.Negative(value)
    return t.rebuilt(tree, lambda child: _with_sign(child, upper))
