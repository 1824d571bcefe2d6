"""A benchmark's figures, from its graded completions; every mean over problems comes with its interval.

`accuracy` is avg@n: the mean over problems of their share of right samples. `pass@k` is the unbiased estimate of the
chance that one of k samples is right (Chen et al. 2021, arXiv 2107.03374, section 2.1), `maj@k` that of the vote of k.
"""

from __future__ import annotations

import math
import re
import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from mathmill.data.problems import Problem
from mathmill.eval.harness.graded import Graded, by_problem
from mathmill.eval.harness.intervals import Estimate, estimate
from mathmill.eval.harness.voting import Vote, vote
from mathmill.eval.verdict import OUTCOMES, Outcome

UNKNOWN = "unknown"  # the subject or level of a problem that names none, where others do

Samples = Sequence[Graded]


@dataclass(frozen=True, slots=True)
class Metrics:
    """The figures of one benchmark; shares are in [0, 1].

    `truncated` and `no_answer` are shares of samples, with the problem as the unit. `outcomes` are counts of samples.
    `tokens` are of completions: total, mean and median. `subjects` and `levels` are empty where no problem names one.
    `clean` and `contaminated` are the accuracy on problems that a corpus has not and has, and None where none are;
    problems that could not be looked for are in neither.
    """

    problems: int
    samples: int
    accuracy: Estimate
    strict: Estimate
    pass_at: Mapping[int, Estimate]
    majority_at: Mapping[int, Estimate]
    truncated: Estimate
    no_answer: Estimate
    outcomes: Mapping[Outcome, int]
    tokens: Mapping[str, float]
    subjects: Mapping[str, Estimate]
    levels: Mapping[str, Estimate]
    clean: Estimate | None
    contaminated: Estimate | None

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON, in a stable order."""
        return {
            "problems": self.problems,
            "samples": self.samples,
            "accuracy": self.accuracy.as_dict(),
            "strict_accuracy": self.strict.as_dict(),
            "pass": {f"pass@{k}": each.as_dict() for k, each in self.pass_at.items()},
            "majority": {f"maj@{k}": each.as_dict() for k, each in self.majority_at.items()},
            "truncated": self.truncated.as_dict(),
            "no_answer": self.no_answer.as_dict(),
            "outcomes": dict(self.outcomes),
            "tokens": dict(self.tokens),
            "subjects": {name: each.as_dict() for name, each in self.subjects.items()},
            "levels": {name: each.as_dict() for name, each in self.levels.items()},
            "clean": self.clean and self.clean.as_dict(),
            "contaminated": self.contaminated and self.contaminated.as_dict(),
        }


def measure(
    graded: Iterable[Graded],
    problems: Iterable[Problem],
    votes: Mapping[str, Vote] | None = None,
    contaminated: Mapping[str, bool | None] | None = None,
) -> Metrics:
    """The figures of a run; `problems` are those that were asked, and may be more than were answered.

    `votes` are those of `votes_of`, made here if they are not given. `contaminated` says of a problem's id whether a
    corpus has its text, None where that could not be looked for.

    Raises:
        ValueError: no completions, completions of an unknown problem, or not the same number for each.
        JudgeInTrouble, ConfigError: as `verify`, which votes ask.
    """
    groups = by_problem(graded)
    known = {problem.id: problem for problem in problems}
    if strangers := [name for name in groups if name not in known]:
        raise ValueError(f"completions of a problem that was not asked: {strangers[0]}")
    n = len(next(iter(groups.values())))
    votes = votes_of(groups) if votes is None else votes
    everything = [each for group in groups.values() for each in group]
    contaminated = contaminated or {}
    return Metrics(
        problems=len(groups),
        samples=n,
        accuracy=_mean(groups.values(), lambda each: each.correct),
        strict=_mean(groups.values(), lambda each: each.strict),
        pass_at={k: estimate([pass_at(n, _right(group), k) for group in groups.values()], n) for k in ks_of(n)},
        majority_at={k: estimate([votes[name].majority[k] for name in groups], n) for k in ks_of(n)},
        truncated=_mean(groups.values(), lambda each: each.finish == "length"),
        no_answer=_mean(groups.values(), lambda each: each.outcome == "no_answer"),
        outcomes=_outcomes(everything),
        tokens=_tokens([each.tokens for each in everything]),
        subjects=_by("subject", groups, known),
        levels=_by("level", groups, known),
        clean=_among(groups, {name for name, hit in contaminated.items() if hit is False}),
        contaminated=_among(groups, {name for name, hit in contaminated.items() if hit}),
    )


def votes_of(groups: Mapping[str, Samples]) -> dict[str, Vote]:
    """The votes on each problem, for every k that is reported.

    Raises:
        JudgeInTrouble, ConfigError: as `verify`.
    """
    return {name: vote(group, ks_of(len(group))) for name, group in groups.items()}


def ks_of(n: int) -> list[int]:
    """The k that are reported of n samples: the powers of two below n, and n."""
    return [2**power for power in range(n.bit_length()) if 2**power < n] + [n]


@cache
def pass_at(n: int, right: int, k: int) -> float:
    """pass@k of one problem: 1 - C(n - right, k) / C(n, k), the exact fraction rounded once.

    Raises:
        ValueError: k is not between 1 and n, or `right` not between 0 and n.
    """
    if not 1 <= k <= n or not 0 <= right <= n:
        raise ValueError(f"pass@{k} with {right} of {n} samples right")
    ways = math.comb(n, k)
    return (ways - math.comb(n - right, k)) / ways


def _right(group: Samples) -> int:
    return sum(each.correct for each in group)


def _mean(groups: Iterable[Samples], counts: Callable[[Graded], bool]) -> Estimate:
    """The mean over problems of their share of samples that count."""
    groups = list(groups)
    return estimate([sum(map(counts, group)) / len(group) for group in groups], len(groups[0]))


def _outcomes(samples: Samples) -> dict[Outcome, int]:
    counts = Counter(each.outcome for each in samples)
    return {outcome: counts[outcome] for outcome in OUTCOMES}


def _tokens(tokens: Sequence[int]) -> dict[str, float]:
    return {"total": sum(tokens), "mean": sum(tokens) / len(tokens), "median": statistics.median(tokens)}


def _by(key: str, groups: Mapping[str, Samples], known: Mapping[str, Problem]) -> dict[str, Estimate]:
    """The accuracy by what problems say under a key of theirs, in natural order; empty if none says anything."""
    parts: dict[str, list[Samples]] = {}
    for name, group in groups.items():
        said = known[name].meta.get(key)
        parts.setdefault(UNKNOWN if said in (None, "") else str(said), []).append(group)
    if set(parts) == {UNKNOWN}:
        return {}
    return {part: _mean(parts[part], lambda each: each.correct) for part in sorted(parts, key=_natural)}


def _natural(name: str) -> tuple[bool, list[tuple[int, str]]]:
    """A key that puts `Level 2` before `Level 10`, and what is unknown last."""
    return name == UNKNOWN, [(int(digits or 0), word) for digits, word in re.findall(r"(\d{1,18})|(\D+)", name)]


def _among(groups: Mapping[str, Samples], names: set[str]) -> Estimate | None:
    chosen = [group for name, group in groups.items() if name in names]
    return _mean(chosen, lambda each: each.correct) if chosen else None
