"""Groups judged in threads while the engine goes on drawing: what each rollout is worth, and why.

    with Scorer(rewards, Judging(), form) as scorer:
        pending = [scorer.start(group) for group in engine.groups(...)]
        scored = [each.result() for each in pending]

What a completion is worth does not depend on the threads. Its total is the weighted sum of its parts. Where one of
them is None (the judge or a user's function cannot tell) the total is None too, and the rollout is for nobody to train
on. Threads take turns with the drawing for the interpreter, but proofs and users' functions run in other processes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType

from mathmill.data.errors import ConfigError, MathmillError
from mathmill.data.problem_rows import Problem
from mathmill.eval.answers import find_answer
from mathmill.eval.grade import grade
from mathmill.eval.trouble import Trouble
from mathmill.eval.verdict import Verdict
from mathmill.train.reward.overlong import overlong
from mathmill.train.reward.own_processes import OwnReward
from mathmill.train.reward.places import Decode, Places
from mathmill.train.reward.process import Step, checked_steps
from mathmill.train.reward.settings import Accuracy, AnyReward, Form, Judging, Overlong, Own, Stated, Steps
from mathmill.train.rewards import AccuracyReward
from mathmill.train.rollout.records import Group, Rollout

_JUDGE_SECONDS = 120.0  # for the verdict on one completion and its steps, with all that waits before it


@dataclass(frozen=True, slots=True)
class StepRewards:
    """Of one rollout: the token of its completion (from 0) at which each step ends, and the reward of that step.

    The last one is the whole completion's: its last token, and its total. None has no say.
    """

    places: tuple[int, ...]
    rewards: tuple[float | None, ...]
    steps: tuple[Step, ...]  # all but that last one


@dataclass(frozen=True, slots=True)
class Scored:
    """What the rollouts of a Group are worth, in their order."""

    totals: tuple[float | None, ...]
    parts: Mapping[str, tuple[float | None, ...]]  # by `use`, before weights; of steps the share that holds
    verdicts: tuple[Verdict, ...]
    steps: tuple[StepRewards, ...] | None  # with process supervision

    @property
    def left_out(self) -> int:
        """How many rollouts have no total."""
        return self.totals.count(None)


@dataclass(frozen=True, slots=True)
class _Judged:
    """A rollout's parts and verdict, before anything of them is counted."""

    parts: Mapping[str, float | None]
    verdict: Verdict
    steps: tuple[Step, ...]


class Pending:
    """The judgement of a Group that is under way."""

    def __init__(self, group: Group, judged: Sequence[Future[_Judged]], settle: Callable[..., Scored]) -> None:
        self._group, self._judged, self._settle = group, judged, settle
        self._scored: Scored | None = None

    @property
    def done(self) -> bool:
        return all(each.done() for each in self._judged)

    def result(self) -> Scored:
        """What came of it, waiting for it.

        Raises:
            ConfigError: a user's function failed or took too long; the message names it and the Problem.
            JudgeInTrouble: no proof can be made here, or verdicts time out more often than is allowed.
        """
        if self._scored is None:
            self._scored = self._settle(self._group, self._judged)
        return self._scored


class Scorer:
    """Judges Groups. Use as a context manager, or `close`; the judge's proof workers are the process's own and stay.

    `decode` is how the policy's tokenizer makes texts of tokens, without special ones: steps need it.

    Raises:
        ConfigError: a user's function cannot be loaded.
    """

    def __init__(
        self, rewards: Sequence[AnyReward], judging: Judging, form: Form, decode: Decode | None = None
    ) -> None:
        self._rewards, self._judging, self._form, self._decode = tuple(rewards), judging, form, decode
        self.trouble = Trouble(judging.max_trouble)
        self._accuracy = AccuracyReward(trouble=self.trouble)
        self._steps = next((each for each in rewards if isinstance(each, Steps)), None)
        if self._steps is not None and decode is None:
            raise ConfigError("rewards of steps need the policy's tokenizer: give the Scorer its `decode`")
        self._open = ExitStack()
        self._own: dict[str, OwnReward] = {}
        try:
            for each in rewards:
                if isinstance(each, Own):
                    own = OwnReward(each.use, each.seconds, each.processes)
                    self._own[each.use] = self._open.enter_context(own)
        except BaseException:
            self._open.close()
            raise
        self._failure: MathmillError | None = None
        self._finished = 0  # completions, about: threads count it together
        self._threads = ThreadPoolExecutor(judging.threads, "mathmill-score")

    def start(self, group: Group) -> Pending:
        """Have a Group judged; this returns at once.

        Raises:
            ConfigError, JudgeInTrouble: what ended the judgement of an earlier one, so that nobody draws on in vain.
        """
        if self._failure is not None:
            raise self._failure
        judged = [self._threads.submit(self._judge, group.problem, each) for each in group.rollouts]
        return Pending(group, judged, self._settled)

    def _judge(self, problem: Problem, rollout: Rollout) -> _Judged:
        try:
            return self._judged(problem, rollout)
        except MathmillError as error:
            self._failure = error
            raise
        finally:
            self._finished += 1

    def _judged(self, problem: Problem, rollout: Rollout) -> _Judged:
        verdict = grade(rollout.text, problem.gold, strict=True)
        steps = checked_steps(rollout.text, self._steps.most, self._steps.proofs) if self._steps else ()
        parts = {each.use: self._part(each, problem, rollout, verdict, steps) for each in self._rewards}
        return _Judged(parts, verdict, steps)

    def _part(
        self, reward: AnyReward, problem: Problem, rollout: Rollout, verdict: Verdict, steps: Sequence[Step]
    ) -> float | None:
        match reward:
            case Accuracy():
                return self._accuracy.reward(verdict)
            case Stated(rules=rules):
                return float(find_answer(rollout.text, rules or self._form.stated) is not None)
            case Overlong(soft=soft, longest=longest):
                return overlong(len(rollout), longest or self._form.longest, soft)
            case Steps():
                known = [step.reward for step in steps if step.reward is not None]
                return sum(known) / len(known) if known else None
            case Own(use=use):
                return self._own[use](problem, rollout.text)

    def _settled(self, group: Group, waiting: Sequence[Future[_Judged]]) -> Scored:
        """The parts of all rollouts put together, in their order whatever thread was first."""
        judged = [self._awaited(group, each) for each in waiting]
        for each in judged:
            for outcome in (each.verdict.outcome, *(step.outcome for step in each.steps if step.outcome)):
                self.trouble.add(outcome)
        totals = tuple(self._total(each.parts) for each in judged)
        return Scored(
            totals=totals,
            parts={each.use: tuple(one.parts[each.use] for one in judged) for each in self._rewards},
            verdicts=tuple(each.verdict for each in judged),
            steps=tuple(map(self._placed, group.rollouts, judged, totals)) if self._steps else None,
        )

    def _awaited(self, group: Group, judged: Future[_Judged]) -> _Judged:
        # Many may stand in line before it, so what is bounded is how long none of them is finished.
        seconds = _JUDGE_SECONDS + sum(own.seconds for own in self._rewards if isinstance(own, Own))
        while True:
            finished = self._finished
            try:
                return judged.result(seconds)
            except TimeoutError:
                if judged.done():
                    return judged.result()
                if self._finished != finished:
                    continue
                raise MathmillError(
                    f"no completion was judged for {seconds:,.0f} s, one of {group.problem.id} among them: see what "
                    "hangs with py-spy, or ask for fewer `threads`"
                ) from None

    def _total(self, parts: Mapping[str, float | None]) -> float | None:
        total = 0.0
        for each in self._rewards:
            if isinstance(each, Steps) or not each.weight:
                continue
            part = parts[each.use]
            if part is None:
                return None
            total += each.weight * part
        return total

    def _placed(self, rollout: Rollout, judged: _Judged, total: float | None) -> StepRewards:
        """Steps at the tokens that end them, and the total at the last token. In the caller's thread: a tokenizer is
        not to be asked by several at once."""
        assert self._steps is not None
        assert self._decode is not None
        weight, places = self._steps.weight, Places(rollout.completion_ids.tolist(), rollout.text, self._decode)
        rewards = [None if step.reward is None else weight * step.reward for step in judged.steps]
        return StepRewards(
            places=(*(places.of(step.end) for step in judged.steps), len(rollout) - 1),
            rewards=(*rewards, total),
            steps=judged.steps,
        )

    @property
    def pids(self) -> list[int]:
        """The process numbers of those that call users' functions."""
        return [pid for own in self._own.values() for pid in own.pids]

    def close(self) -> None:
        """Stop what is under way, and end all threads and processes. May be called again."""
        self._open.close()  # first: calls that hang end with their processes
        self._threads.shutdown(wait=True, cancel_futures=True)

    def __enter__(self) -> Scorer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def unknown_by_part(scored: Iterable[Scored]) -> dict[str, int]:
    """How many completions each reward had nothing to say of."""
    counts: dict[str, int] = {}
    for each in scored:
        for name, values in each.parts.items():
            counts[name] = counts.get(name, 0) + values.count(None)
    return counts
