"""What every rung of the ladder is given, and how the verdicts on parts make one on the whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from mathmill.eval.ladder.trace import Ask, ask_plainly
from mathmill.eval.limits import TooLarge
from mathmill.eval.syntax.trees import Tree
from mathmill.eval.verdict import Verdict

# Compares two trees, for parts of a structure.
Compare = Callable[[Tree, Tree], Verdict]
# A rung decides or leaves it to the next.
Rung = Callable[[Tree, Tree, Compare], Verdict | None]
# Whether a computer algebra system proves two trees equal: a verdict by itself.
Prove = Callable[[Tree, Tree], Verdict]


_NODES_BESIDE = 10  # what an evaluation costs, in nodes, however small the trees are


class Effort:
    """What one verdict may still spend, counted and not timed, so that it never depends on the machine.

    Comparisons bound what lists cost that are matched in any order, nodes what is evaluated at points, proofs how
    often other processes are asked. All that is asked goes through `ask`.
    """

    def __init__(
        self, prove: Prove, ask: Ask = ask_plainly, comparisons: int = 3_000, nodes: int = 2_500, proofs: int = 6
    ) -> None:
        self._prove, self.ask = prove, ask
        self._comparisons, self._nodes, self._proofs = comparisons, nodes, proofs

    def compare_once(self) -> None:
        """Account for a comparison.

        Raises:
            TooLarge: there were too many.
        """
        self._comparisons -= 1
        if self._comparisons < 0:
            raise TooLarge("more comparisons than one verdict is worth")

    def evaluate(self, nodes: int) -> None:
        """Account for so many nodes to be evaluated.

        Raises:
            TooLarge: there were too many.
        """
        self._nodes -= nodes + _NODES_BESIDE
        if self._nodes < 0:
            raise TooLarge("more to evaluate than one verdict is worth")

    def prove(self, answer: Tree, gold: Tree) -> Verdict:
        """Ask for a proof; the last one that timed out is the last one that is asked for."""
        if self._proofs <= 0:
            return Verdict("too_large", "proof", "more proofs than one verdict is worth")
        verdict = self._prove(answer, gold)
        self._proofs = 0 if verdict.outcome == "timed_out" else self._proofs - 1
        return verdict


def correct(method: str, detail: str = "") -> Verdict:
    """The verdict that pays."""
    return Verdict("correct", method, detail)


def wrong(method: str, detail: str) -> Verdict:
    """The verdict that does not pay, and why."""
    return Verdict("wrong", method, detail)


def all_of(method: str, verdicts: Iterable[Verdict]) -> Verdict:
    """Correct if all are; else the first that is surely wrong, else the first that could not be decided."""
    undecided = None
    for verdict in verdicts:
        if verdict.outcome == "wrong":
            return Verdict("wrong", method, verdict.detail)
        if verdict.outcome != "correct" and undecided is None:
            undecided = verdict
    return undecided or correct(method)


def matched(method: str, answers: Sequence[Tree], golds: Sequence[Tree], compare: Compare) -> Verdict:
    """Whether the answers are the golds in any order, each used once."""
    if len(answers) != len(golds):
        return wrong(method, f"{len(answers)} values for {len(golds)}")
    alike = Counter(answers) & Counter(golds)
    left, undecided = _without(golds, alike), None
    for answer in _without(answers, alike):
        for at, gold in enumerate(left):
            verdict = compare(answer, gold)
            if verdict.correct:
                del left[at]
                break
            if verdict.outcome != "wrong":
                undecided = undecided or verdict
        else:
            return undecided or wrong(method, "an item that is not among those expected")
    return correct(method)


def _without(trees: Sequence[Tree], some: Counter[Tree]) -> list[Tree]:
    left, rest = Counter(some), []
    for tree in trees:
        if left[tree]:
            left[tree] -= 1
        else:
            rest.append(tree)
    return rest
