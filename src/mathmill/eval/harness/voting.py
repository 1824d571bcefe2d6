"""maj@k: the answer that most completions of a problem give, equal being what the verifier calls equal.

Who votes: a completion with an answer. None does not vote, and neither does an ambiguous completion, which offers
several answers that differ and stands for none of them. Equal texts always vote together. Two texts are one class if
`verify` calls each of them correct by the other: rounding, for one, is taken in one direction only.

Classes do not hang on the order of samples: texts are taken by their votes, then by the alphabet, and each joins the
first class whose own text it equals. Samples are exchangeable, so that a tie goes to the class whose first vote came
first without favouring any. A class is right if the completion that first gave its text is.

The cost is bounded: a text with a comparison that times out is a class of its own, and so is every text after
`MOST_COMPARISONS` for a problem.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mathmill.eval.harness.graded import Graded
from mathmill.eval.verdict import Verdict
from mathmill.eval.verify import verify

#: Pairs of texts that are compared for one problem: all of 64 different ones.
MOST_COMPARISONS = 64 * 63 // 2

Verify = Callable[[str, str], Verdict]
_SILENT = frozenset({"no_answer", "ambiguous"})


@dataclass(frozen=True, slots=True)
class Class:
    """Answers that are worth the same: `answer` is the text that most of them have, `samples` are in order."""

    answer: str
    samples: tuple[int, ...]
    correct: bool

    @property
    def votes(self) -> int:
        return len(self.samples)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {"answer": self.answer, "votes": self.votes, "correct": self.correct, "samples": list(self.samples)}


@dataclass(slots=True)
class Equality:
    """Whether texts are worth the same, asked once for each pair; for the completions of one problem."""

    verify: Verify = verify
    comparisons: int = 0
    _known: dict[tuple[str, str], bool] = field(default_factory=dict)
    _late: set[str] = field(default_factory=set)

    def __call__(self, text: str, head: str) -> bool:
        """Whether a text is worth the same as a class's own; where it cannot be told in time it is not."""
        if text == head:
            return True
        pair = (min(text, head), max(text, head))
        if pair not in self._known:
            if self._late & {text, head} or self.comparisons >= MOST_COMPARISONS:
                return False
            self._known[pair] = self._compared(text, head)
        return self._known[pair]

    def _compared(self, text: str, head: str) -> bool:
        self.comparisons += 1
        for answer, gold in ((text, head), (head, text)):
            verdict = self.verify(answer, gold)
            if verdict.outcome == "timed_out":
                self._late.add(text)
            if not verdict.correct:
                return False
        return True


def classes(samples: Sequence[Graded], same: Equality | None = None) -> tuple[Class, ...]:
    """The classes of one problem's answers, most votes first, of equal ones that whose first vote came first.

    Raises:
        JudgeInTrouble, ConfigError: as `verify`.
    """
    same = Equality() if same is None else same
    votes = [each for each in samples if each.answer is not None and each.outcome not in _SILENT]
    texts = [each.answer or "" for each in votes]
    counts = Counter(texts)
    home: dict[str, str] = {}  # text -> the text that its class has
    heads: list[str] = []
    for text in sorted(counts, key=lambda text: (-counts[text], text)):
        home[text] = next((head for head in heads if same(text, head)), text)
        if home[text] == text:
            heads.append(text)
    members: dict[str, list[Graded]] = {}  # in the order of first votes, which sorting keeps where votes are equal
    for text, each in zip(texts, votes, strict=True):
        members.setdefault(home[text], []).append(each)
    found = sorted(members.items(), key=lambda item: -len(item[1]))
    return tuple(
        Class(head, tuple(each.sample for each in group), next(each.correct for each in group if each.answer == head))
        for head, group in found
    )


def majority(samples: Sequence[Graded], k: int, same: Equality | None = None) -> float:
    """maj@k of one problem, in [0, 1]: the share of the n // k disjoint consecutive blocks of k whose winner is right.

    A block in which nobody votes is wrong.

    Raises:
        ValueError: k is not between 1 and the number of samples.
        JudgeInTrouble, ConfigError: as `verify`.
    """
    if not 1 <= k <= len(samples):
        raise ValueError(f"maj@{k} of {len(samples)} samples")
    if k == 1:
        return sum(each.correct for each in samples) / len(samples)
    same = Equality() if same is None else same
    blocks = [samples[start : start + k] for start in range(0, len(samples) - k + 1, k)]
    winners = [classes(block, same)[:1] for block in blocks]
    return sum(winner[0].correct for winner in winners if winner) / len(blocks)


@dataclass(frozen=True, slots=True)
class Vote:
    """How one problem's samples voted: the classes of all, the winner first, and maj@k for each k that was asked."""

    classes: tuple[Class, ...]
    majority: Mapping[int, float]

    @property
    def winner(self) -> Class | None:
        return self.classes[0] if self.classes else None

    def by_sample(self, n: int) -> tuple[int | None, ...]:
        """For each of n samples the number of its class; None where it does not vote."""
        number = {sample: place for place, each in enumerate(self.classes) for sample in each.samples}
        return tuple(number.get(sample) for sample in range(n))


def vote(samples: Sequence[Graded], ks: Iterable[int] = ()) -> Vote:
    """All that votes say of one problem; what is compared for the whole is not compared again for a smaller k.

    Raises:
        ValueError, JudgeInTrouble, ConfigError: as `majority`.
    """
    same = Equality()
    whole = classes(samples, same)
    return Vote(whole, {k: majority(samples, k, same) for k in ks})
