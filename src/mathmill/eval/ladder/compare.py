"""The ladder itself: which rung is asked when."""

from __future__ import annotations

from functools import partial

from mathmill.eval.ladder.rungs import Compare, Rung, correct
from mathmill.eval.ladder.sets import compare_sets
from mathmill.eval.ladder.structure import (
    compare_items,
    compare_quantities,
    compare_relations,
    compare_signs,
    compare_words,
)
from mathmill.eval.ladder.values import Prove, equal_values
from mathmill.eval.syntax.trees import Tree
from mathmill.eval.verdict import Verdict

_RUNGS: tuple[Rung, ...] = (
    compare_signs,
    compare_words,
    compare_sets,
    compare_relations,
    compare_quantities,
    compare_items,
)


def compare(answer: Tree, gold: Tree, prove: Prove) -> Verdict:
    """Whether two trees are the same answer; `prove` is asked where nothing cheaper can tell."""
    if answer == gold:
        return correct("tree")
    again: Compare = partial(compare, prove=prove)
    for rung in _RUNGS:
        verdict = rung(answer, gold, again)
        if verdict is not None:
            return verdict
    return equal_values(answer, gold, prove)
