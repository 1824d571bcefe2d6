"""The ladder itself: which rung is asked when."""

from __future__ import annotations

from functools import partial

from mathmill.eval.ladder.constants import compare_constants
from mathmill.eval.ladder.items import compare_items
from mathmill.eval.ladder.quantities import compare_bases, compare_quantities, compare_ratios
from mathmill.eval.ladder.relations import compare_relations
from mathmill.eval.ladder.rungs import Compare, Effort, Prove, Rung, correct
from mathmill.eval.ladder.sets import compare_sets
from mathmill.eval.ladder.signs import compare_signs
from mathmill.eval.ladder.trace import Ask, ask_plainly
from mathmill.eval.ladder.values import equal_numbers, equal_values
from mathmill.eval.ladder.words import compare_words
from mathmill.eval.limits import TooLarge
from mathmill.eval.syntax.trees import Number, Tree
from mathmill.eval.verdict import Verdict

_RUNGS: tuple[tuple[str, Rung], ...] = (
    ("signs", compare_signs),
    ("words", compare_words),
    ("constants", compare_constants),
    ("sets", compare_sets),
    ("relations", compare_relations),
    ("bases", compare_bases),
    ("ratios", compare_ratios),
    ("quantities", compare_quantities),
    ("items", compare_items),
)


def compare(answer: Tree, gold: Tree, prove: Prove, ask: Ask = ask_plainly) -> Verdict:
    """Whether two trees are the same answer; `prove` is asked where nothing cheaper can tell, all through `ask`."""
    try:
        return _compare(answer, gold, Effort(prove, ask))
    except TooLarge as limit:
        return Verdict("too_large", "ladder", str(limit))


def _compare(answer: Tree, gold: Tree, effort: Effort) -> Verdict:
    if (same := effort.ask("tree", _same_tree, answer, gold)) is not None:
        return same
    effort.compare_once()
    if isinstance(answer, Number) and isinstance(gold, Number):
        return effort.ask("numbers", equal_numbers, answer, gold, answer.value, gold.value)
    again: Compare = partial(_compare, effort=effort)
    for name, rung in _RUNGS:
        verdict = effort.ask(name, rung, answer, gold, again)
        if verdict is not None:
            return verdict
    return effort.ask("values", equal_values, answer, gold, again, effort)


def _same_tree(answer: Tree, gold: Tree) -> Verdict | None:
    return correct("tree") if answer == gold else None
