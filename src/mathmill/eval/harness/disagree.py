"""Where another grader decides otherwise: the cases that are worth a look before a score is believed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mathmill.eval.harness.graded import Graded
from mathmill.eval.harness.graders import Grader, Refused
from mathmill.eval.verdict import Outcome


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A completion that is correct for one of two graders only.

    `theirs` is `correct`, `wrong`, or what kept the other grader from a verdict: `timed out`, `died`, or the name of
    what it raised.
    """

    problem: str
    sample: int
    gold: str
    answer: str | None
    outcome: Outcome
    method: str
    theirs: str

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two graders on the same completions.

    `both`, `ours`, `theirs` and `neither` count what is correct for whom. `refused` counts, by its name, what kept the
    other grader from a verdict; such completions are not correct for it.
    """

    both: int
    ours: int
    theirs: int
    neither: int
    refused: Mapping[str, int]
    rows: tuple[Disagreement, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON, in a stable order."""
        return {
            "both": self.both,
            "ours": self.ours,
            "theirs": self.theirs,
            "neither": self.neither,
            "refused": dict(sorted(self.refused.items())),
            "rows": [row.as_dict() for row in self.rows],
        }


def disagreements(graded: Iterable[Graded], golds: Mapping[str, str], grader: Grader) -> Comparison:
    """Ask another grader about completions; `golds` are the gold answers by problem.

    `grader` may be any function of a completion and a gold answer; `Outside` makes one of a name.

    Raises:
        KeyError: a problem has no gold answer.
        ConfigError: as the grader.
    """
    table: Counter[tuple[bool, bool]] = Counter()
    refused: Counter[str] = Counter()
    rows = []
    for each in graded:
        gold = golds[each.problem]
        try:
            pays = bool(grader(each.text, gold))
            theirs = "correct" if pays else "wrong"
        except Refused as reason:
            pays, theirs = False, str(reason)
            refused[theirs] += 1
        table[each.correct, pays] += 1
        if each.correct != pays:
            rows.append(Disagreement(each.problem, each.sample, gold, each.answer, each.outcome, each.method, theirs))
    return Comparison(
        table[True, True], table[True, False], table[False, True], table[False, False], dict(refused), tuple(rows)
    )
