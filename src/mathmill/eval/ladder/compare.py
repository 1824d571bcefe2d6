"""The ladder itself: which rung is asked when."""

from __future__ import annotations

from functools import partial

from mathmill.eval.ladder.items import compare_items
from mathmill.eval.ladder.quantities import compare_bases, compare_quantities, compare_ratios
from mathmill.eval.ladder.relations import compare_relations
from mathmill.eval.ladder.rungs import Compare, Effort, Prove, Rung, correct
from mathmill.eval.ladder.sets import compare_sets
from mathmill.eval.ladder.signs import compare_signs
from mathmill.eval.ladder.values import equal_numbers, equal_values
from mathmill.eval.ladder.words import compare_words
from mathmill.eval.limits import TooLarge
from mathmill.eval.syntax.trees import Number, Tree
from mathmill.eval.verdict import Verdict

_RUNGS: tuple[Rung, ...] = (
    compare_signs,
    compare_words,
    compare_sets,
    compare_relations,
    compare_bases,
    compare_ratios,
    compare_quantities,
    compare_items,
)


def compare(answer: Tree, gold: Tree, prove: Prove) -> Verdict:
    """Whether two trees are the same answer; `prove` is asked where nothing cheaper can tell."""
    try:
        return _compare(answer, gold, Effort(prove))
    except TooLarge as limit:
        return Verdict("too_large", "ladder", str(limit))


def _compare(answer: Tree, gold: Tree, effort: Effort) -> Verdict:
    if answer == gold:
        return correct("tree")
    effort.compare_once()
    if isinstance(answer, Number) and isinstance(gold, Number):
        return equal_numbers(answer, gold, answer.value, gold.value)
    again: Compare = partial(_compare, effort=effort)
    for rung in _RUNGS:
        verdict = rung(answer, gold, again)
        if verdict is not None:
            return verdict
    return equal_values(answer, gold, effort)
