"""How often the judge itself was in trouble, and when that is too often.

A proof may time out, and what was asked of a worker that dies or hangs is `timed_out` too: that says nothing of the
answer. A few of them cost little. Many mean that the machine is too busy, or that a model has found what we cannot
judge, and whoever pays or measures by verdicts should stop and look.
"""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Mapping
from functools import cache

from mathmill.data.errors import JudgeInTrouble
from mathmill.eval.verdict import OUTCOMES, Outcome
from mathmill.eval.workers import statistics

# Verdicts before a share means something: at a bound of 1 % more than two of them have to time out.
AT_LEAST = 200

_counting = threading.Lock()  # one for all, so that what counts can be copied into other processes


class Trouble:
    """Counts verdicts by outcome, in any thread, and raises above a bound.

    `bound` is the largest share that may time out, and the largest number of dead workers to a verdict; None bounds
    nothing. It is looked at once `at_least` verdicts were counted. Workers belong to a process and not to who asks:
    their deaths since this began are counted whoever's proof they died of. A copy in another process goes on by itself.
    """

    def __init__(self, bound: float | None = None, at_least: int = AT_LEAST) -> None:
        self.bound, self.at_least = bound, at_least
        self._counts: Counter[Outcome] = Counter()
        self._deaths = 0
        self._seen = statistics().deaths

    def __repr__(self) -> str:
        return f"Trouble(bound={self.bound}, at_least={self.at_least})"

    def add(self, outcome: Outcome) -> None:
        """Count a verdict of this outcome.

        Raises:
            JudgeInTrouble: as `check`.
        """
        with _counting:
            self._counts[outcome] += 1
            died = statistics().deaths
            # In a process that was forked, and in one that was sent a copy, workers begin anew.
            self._deaths += died - self._seen if died >= self._seen else died
            self._seen = died
        self.check()

    def check(self, at_least: int | None = None) -> None:
        """Compare with the bound, once there are as many verdicts as `at_least`, the object's own if it is None.

        Raises:
            JudgeInTrouble: the share of verdicts that timed out, or of deaths, is over the bound.
        """
        enough = self.at_least if at_least is None else at_least
        if self.bound is not None and self.verdicts >= enough and max(self.timed_out, self.deaths) > self.bound:
            raise JudgeInTrouble(
                f"{self}: more than the bound of {_percent(self.bound)}; look for what they have in common, "
                "ask for less at a time, or give proofs more time with MATHMILL_PROOF_SECONDS"
            )

    def __str__(self) -> str:
        """In words, as `200 verdicts, 2 timed out (1 %), 1 worker died (0.5 %)`."""
        late, died = self.counts["timed_out"], self._deaths
        return (
            f"{self.verdicts:,} verdict{'s' * (self.verdicts != 1)}, {late:,} timed out ({_percent(self.timed_out)}), "
            f"{died:,} worker{'s' * (died != 1)} died ({_percent(self.deaths)})"
        )

    @property
    def counts(self) -> Mapping[Outcome, int]:
        """How many verdicts there were of each outcome."""
        return {outcome: self._counts[outcome] for outcome in OUTCOMES}

    @property
    def verdicts(self) -> int:
        return self._counts.total()

    @property
    def timed_out(self) -> float:
        """The share of verdicts that timed out, deaths and all."""
        return self._counts["timed_out"] / max(self.verdicts, 1)

    @property
    def deaths(self) -> float:
        """How many workers died to a verdict."""
        return self._deaths / max(self.verdicts, 1)


@cache
def trouble_here(bound: float | None = None, at_least: int = AT_LEAST) -> Trouble:
    """The count of this process for such a bound, for who has no place to keep one."""
    return Trouble(bound, at_least)


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"


def _after_fork() -> None:
    global _counting
    _counting = threading.Lock()


os.register_at_fork(after_in_child=_after_fork)
