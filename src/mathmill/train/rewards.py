"""Rewards for right answers, to be given to TRL as they are; `verl_reward` has those for verl.

    trainer = GRPOTrainer(model, reward_funcs=accuracy_reward, train_dataset=dataset)

A reward is the verdict that benchmarks measure with: `mathmill.grade(completion, gold, strict=True)`, so that no number
that happens to stand last is paid. It takes completions as TRL hands them over, texts or lists of messages, and golds
out of the columns of the dataset (`COLUMNS`). Verdicts are worked out in several threads, since a proof is made by
another process, and are the same in any thread, forked worker of a data loader or event loop. This loads no torch.

Where nobody can know whether an answer is right the reward is None, which TRL leaves out of the group's mean and gives
no advantage: it says nothing of the policy that our proof timed out or that a gold answer cannot be read. Since what
times out is then better for a policy than what is wrong, how often it happens is logged, and `Trouble` bounds it.

What TRL 1.16 passes and takes back: `GRPOTrainer._calculate_rewards` in trl/trainer/grpo_trainer.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any

from mathmill.data.errors import ConfigError
from mathmill.eval.golds import golds_of
from mathmill.eval.grade import grade
from mathmill.eval.trouble import Trouble
from mathmill.eval.verdict import OUTCOMES, Verdict

Completion = str | Sequence[Mapping[str, Any]]

SOLUTION = "solution"
# Where golds are looked for, in this order: of a dataset that has answers and solutions the answers are taken.
COLUMNS = ("gold", "final_answer", "answer", "ground_truth", SOLUTION)

_THREADS = 8  # at least as many as there are proof workers, unless told otherwise; the rest goes one by one in any case
_NOT_COLUMNS = {"prompts", "completion_ids", "trainer_state", "environments"}  # what TRL passes beside them


@dataclass(frozen=True)
class AccuracyReward:
    """A reward function for TRL: `paid` for a correct answer, `unpaid` for any that is not, or for none.

    `bad_gold` and `timed_out` are the rewards where the judge cannot tell, None to leave a completion out. `strict`
    takes no answer that was only guessed. `column` is the dataset's column of golds, if it is none of `COLUMNS`; one
    called `solution` is taken for whole solutions, see `golds_of`. `trouble` counts all verdicts and may bound how many
    are trouble. `name` is what TRL logs. A copy in another process, where TRL's asynchronous trainer needs one, counts
    by itself.
    """

    paid: float = 1.0
    unpaid: float = 0.0
    bad_gold: float | None = None
    timed_out: float | None = None
    strict: bool = True
    column: str | None = None
    name: str = "accuracy_reward"
    trouble: Trouble = field(default_factory=Trouble, compare=False)

    @property
    def __name__(self) -> str:
        return self.name

    def __call__(
        self,
        completions: Sequence[Completion],
        log_extra: Callable[[str, list[Any]], None] | None = None,
        log_metric: Callable[[str, float], None] | None = None,
        **columns: Any,
    ) -> list[float | None]:
        """The reward of each completion, None where it is not for this function to say.

        Logs the share of each outcome as a metric, golds and verdicts as columns of the table of completions.

        Raises:
            ConfigError: there is no column of golds, or completions are neither texts nor messages.
            JudgeInTrouble: the verdicts so far are over the bound of `trouble`, or no proof worker can be started here.
        """
        golds = _golds(columns, len(completions), self.column)
        verdicts = judge_all([text_of(completion) for completion in completions], golds, self.strict)
        for verdict in verdicts:
            self.trouble.add(verdict.outcome)
        if log_extra is not None:
            log_extra(f"{self.name}/gold", [" | ".join(each) for each in golds])
            log_extra(f"{self.name}/verdict", [f"{verdict.outcome} by {verdict.method}" for verdict in verdicts])
        if log_metric is not None and verdicts:
            counts = Counter(verdict.outcome for verdict in verdicts)
            for outcome in OUTCOMES:
                log_metric(f"{self.name}/{outcome}", counts[outcome] / len(verdicts))
            log_metric(f"{self.name}/worker_deaths", self.trouble.deaths)
        return [self.reward(verdict) for verdict in verdicts]

    def reward(self, verdict: Verdict) -> float | None:
        """What is paid for a verdict."""
        if verdict.outcome == "bad_gold":
            return self.bad_gold
        if verdict.outcome == "timed_out":
            return self.timed_out
        return self.paid if verdict.correct else self.unpaid


_ACCURACY = AccuracyReward()


def accuracy_reward(completions: Sequence[Completion], **columns: Any) -> list[float | None]:
    """1 for a correct answer, 0 for any other or none, None where the judge cannot tell: `AccuracyReward()`.

    Raises:
        ConfigError: as `AccuracyReward`.
    """
    return _ACCURACY(completions, **columns)


def judge_all(completions: Sequence[str], golds: Sequence[Sequence[str]], strict: bool = True) -> list[Verdict]:
    """The verdict on each completion, as `judge` has it."""
    if len(completions) < 2:
        return [judge(*pair, strict) for pair in zip(completions, golds, strict=True)]
    with ThreadPoolExecutor(min(_THREADS, len(completions)), "mathmill-reward") as threads:
        return list(threads.map(judge, completions, golds, repeat(strict)))


def judge(completion: str, golds: Sequence[str], strict: bool = True) -> Verdict:
    """The verdict on a completion where one of several golds is asked for; `bad_gold` if there is none.

    If it is none of them, but a proof for one timed out, it is `timed_out`.
    """
    verdicts: list[Verdict] = []
    for gold in golds:
        verdicts.append(grade(completion, gold, strict))
        if verdicts[-1].correct:
            return verdicts[-1]
    late = next((verdict for verdict in verdicts if verdict.outcome == "timed_out"), None)
    told = next((verdict for verdict in verdicts if verdict.outcome != "bad_gold"), None)
    nothing = Verdict("bad_gold", "gold", "there is none, or a long solution that says none")
    return late or told or next(iter(verdicts), nothing)


def text_of(completion: Completion) -> str:
    """What a completion says: a text itself, of messages the last one of the assistant.

    Raises:
        ConfigError: it is neither.
    """
    if isinstance(completion, str):
        return completion
    messages = [each for each in completion if isinstance(each, Mapping)] if isinstance(completion, Sequence) else None
    if messages is None or len(messages) != len(completion):
        kind = type(completion).__name__
        raise ConfigError(f"a completion has to be a text or a list of messages, and one is a {kind} of something else")
    said = [message.get("content") for message in messages if message.get("role", "assistant") == "assistant"]
    content = said[-1] if said else None
    if isinstance(content, list | tuple):  # of blocks, some of which are texts
        return "".join(str(block.get("text") or "") for block in content if isinstance(block, Mapping))
    return content if isinstance(content, str) else ""


def _golds(columns: Mapping[str, Any], count: int, column: str | None) -> list[tuple[str, ...]]:
    """The golds of each completion; where a row has nothing in one column, those of the next.

    Raises:
        ConfigError: there is no such column, or it is of another length.
    """
    present = [name for name in ((column,) if column is not None else COLUMNS) if columns.get(name) is not None]
    if not present:
        wanted = repr(column) if column is not None else f"one of {', '.join(COLUMNS)}"
        seen = ", ".join(sorted(set(columns) - _NOT_COLUMNS)) or "none"
        raise ConfigError(
            f"no golds to judge by: this reward wants {wanted} among the dataset's columns, which are: {seen}; "
            "rename yours, or name it with AccuracyReward(column=...)"
        )
    for name in present:
        if len(columns[name]) != count:
            raise ConfigError(f"{count} completions and {len(columns[name])} golds in {name}: it takes as many of both")
    return [
        next((golds_of(value, name == SOLUTION) for name in present if (value := columns[name][row]) is not None), ())
        for row in range(count)
    ]
