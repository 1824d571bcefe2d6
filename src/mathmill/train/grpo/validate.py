"""How a policy does on Problems that it is not trained on, measured while it is trained.

Completions are drawn with the same random numbers each time, so that two measurements differ by the policy alone. They
are judged by the one grader, in threads while others are drawn, and the figures are those of a benchmark: means over
Problems, each with its 95 % interval.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import orjson

from mathmill.data.errors import MathmillError
from mathmill.data.files import Output
from mathmill.data.problem_rows import Problem
from mathmill.data.shards import publish_table
from mathmill.eval.answers import Rule
from mathmill.eval.harness.graded import Graded
from mathmill.eval.harness.intervals import Estimate, estimate, standard_error, student
from mathmill.eval.harness.metrics import measure
from mathmill.eval.harness.scoring import Settled, settle
from mathmill.eval.harness.voting import Vote
from mathmill.eval.models.base import Completion, Sampling
from mathmill.train.rollout.records import Engine, Group, Question

VALIDATION = "validation"  # the name of the draw, of the folder, and before each figure

#: Column -> (Arrow type, what it holds): a row a Problem.
COLUMNS: dict[str, tuple[str, str]] = {
    "step": ("int64", "steps that were made before"),
    "problem": ("string", "id of the Problem"),
    "question": ("string", "the question"),
    "gold": ("string", "its gold"),
    "samples": ("int32", "completions that were drawn"),
    "correct": ("int32", "right ones"),
    "strict": ("int32", "right ones in the form that was asked for"),
    "truncated": ("int32", "ones that were cut off"),
    "tokens": ("double", "tokens of one on the average"),
    "majority": ("string", "the answer that most of them give; null where none gives one"),
    "majority_correct": ("bool", "whether that is right"),
    "greedy": ("string", "verdict on the likeliest completion; null where it was not asked"),
    "said": ("string", "JSON: text, answer, outcome, tokens and finish of each completion, the greedy one last"),
}

_NAME = "step-{:08}.parquet"
_JUDGE_SECONDS = 120.0  # for the verdict on one completion, with all that waits before it
_TOLD = ("text", "answer", "outcome", "tokens", "finish")


@dataclass(frozen=True, slots=True)
class Answered:
    """A Problem with what the policy said: samples, how they voted, and the likeliest completion if it was asked."""

    problem: Problem
    samples: tuple[Graded, ...]
    vote: Vote
    greedy: Graded | None


@dataclass(frozen=True, slots=True)
class Validator:
    """Asks Questions; `samples` of each are drawn, `greedy`: the likeliest completion too.

    `stated` are the rules of `find_answer` that are the form that is asked for.
    """

    sampling: Sampling
    greedy: bool
    stated: tuple[Rule, ...]
    threads: int = 8

    def __call__(
        self, engine: Engine, questions: Sequence[Question], check: Callable[[], None] = lambda: None
    ) -> list[Answered]:
        """What is said to the Questions, in their order. `check` is called between groups, and may raise.

        Raises:
            ConfigError: as the engine; JudgeInTrouble: no proof can be made here.
            MathmillError: a completion was not judged in time.
        """
        threads = ThreadPoolExecutor(self.threads, "mathmill-validate")
        try:
            drawn = self._asked(engine, questions, self.sampling, threads, check)
            likeliest = {}
            if self.greedy:
                greedy = self.sampling.model_copy(update=_GREEDY)
                likeliest = self._asked(engine, questions, greedy, threads, check)
            limit = _JUDGE_SECONDS * (self.sampling.n + 1) * max(len(questions), 1)
            settled = {problem: _awaited(problem, each, limit) for problem, each in drawn.items()}
            best = {problem: _awaited(problem, each, limit).graded[0] for problem, each in likeliest.items()}
        finally:
            threads.shutdown(wait=True, cancel_futures=True)
        return [
            Answered(each, settled[each.id].graded, settled[each.id].vote, best.get(each.id))
            for each in (question.problem for question in questions)
        ]

    def _asked(
        self,
        engine: Engine,
        questions: Sequence[Question],
        sampling: Sampling,
        threads: ThreadPoolExecutor,
        check: Callable[[], None],
    ) -> dict[str, Future[Settled]]:
        """The verdicts on what is said, by Problem, while they are found."""
        found = {}
        with closing(engine.groups(questions, sampling, VALIDATION)) as groups:
            for group in groups:
                check()
                found[group.problem.id] = threads.submit(settle, group.problem, _completions(group), self.stated)
        return found


_GREEDY: Mapping[str, Any] = {"n": 1, "temperature": 0.0, "top_p": 1.0, "top_k": 0}


def _completions(group: Group) -> list[Completion]:
    return [Completion(each.text, each.finish, len(each)) for each in group.rollouts]


def _awaited(problem: str, judged: Future[Settled], limit: float) -> Settled:
    try:
        return judged.result(limit)
    except TooLate:
        raise MathmillError(
            f"completions of {problem} were not judged within {limit:,.0f} s: see with `mathmill eval verify` what "
            "hangs"
        ) from None


def figures(answered: Sequence[Answered]) -> dict[str, float]:
    """The means over Problems, finite numbers by name, each beside its 95 % interval (`.._low`, `.._high`).

    Of k samples `accuracy` is avg@k, `majority` maj@k (equal is what the verifier calls equal), `pass` the unbiased
    pass@k; `strict` counts right answers in the form that was asked for; `length` is in tokens. None for no Problems.
    """
    if not answered:
        return {}
    samples = len(answered[0].samples)
    graded = [each for one in answered for each in one.samples]
    of = measure(graded, [one.problem for one in answered], {one.problem.id: one.vote for one in answered})
    shares: dict[str, Estimate] = {
        "accuracy": of.accuracy,
        "majority": of.majority_at[samples],
        "pass": of.pass_at[samples],
        "strict": of.strict,
        "truncated": of.truncated,
    }
    if all(one.greedy is not None for one in answered):
        shares["greedy"] = estimate([float(one.greedy is not None and one.greedy.correct) for one in answered])
    told: dict[str, tuple[float, float, float]] = {
        name: (share.value, share.low, share.high) for name, share in shares.items()
    }
    told["length"] = _mean_length([fmean(each.tokens for each in one.samples) for one in answered])
    named = {
        f"{VALIDATION}_{name}{end}": each for name, of in told.items() for end, each in zip(_ENDS, of, strict=True)
    }
    return {**named, f"{VALIDATION}_problems": float(len(answered)), f"{VALIDATION}_samples": float(samples)}


_ENDS = ("", "_low", "_high")


def _mean_length(lengths: Sequence[float]) -> tuple[float, float, float]:
    """The mean of Problems' mean lengths with the interval of Student's t; of one Problem there is none but itself."""
    mean, error = fmean(lengths), standard_error(lengths)
    half = 0.0 if error is None else student(len(lengths) - 1) * error
    return mean, max(mean - half, 0.0), mean + half


def write_validation(folder: Path, step: int, answered: Sequence[Answered]) -> Output:
    """Write a row a Problem into a Run's folder, in place of any that are there of this step.

    Raises:
        CannotCreate, DiskFull: it cannot be written.
    """
    name = f"{VALIDATION}/{_NAME.format(step)}"
    return publish_table(folder, name, _rows(step, answered), COLUMNS)[name]


def _rows(step: int, answered: Sequence[Answered]) -> Iterator[dict[str, Any]]:
    for one in answered:
        winner = one.vote.winner
        yield {
            "step": step,
            "problem": one.problem.id,
            "question": one.problem.question,
            "gold": one.problem.gold,
            "samples": len(one.samples),
            "correct": sum(each.correct for each in one.samples),
            "strict": sum(each.strict for each in one.samples),
            "truncated": sum(each.finish == "length" for each in one.samples),
            "tokens": fmean(each.tokens for each in one.samples),
            "majority": None if winner is None else _written(winner.answer),
            "majority_correct": winner is not None and winner.correct,
            "greedy": None if one.greedy is None else one.greedy.outcome,
            "said": _said([*one.samples, *([] if one.greedy is None else [one.greedy])]),
        }


def _said(graded: Sequence[Graded]) -> str:
    told = [{name: getattr(each, name) for name in _TOLD} for each in graded]
    for each in told:
        each |= {name: _written(each[name]) for name in ("text", "answer") if each[name] is not None}
    return orjson.dumps(told).decode()


def _written(text: str) -> str:
    """A text that can be written: some tokenizers make half a character."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
