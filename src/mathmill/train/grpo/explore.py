"""An exploration: groups drawn with the policy as it is, rewarded while others are drawn, and compared.

Each process draws the groups of its share of the Problems, and all know all of them afterwards.

This file imports torch at its head. Only functions import it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from statistics import fmean, pstdev
from typing import Any

import numpy as np

from mathmill.data.files import reach
from mathmill.train.grpo.buffer import Buffer, Floats, drawn_of
from mathmill.train.grpo.exchange import Rewarded, everyones
from mathmill.train.grpo.job import GroupJob
from mathmill.train.grpo.scoring import logprobs_of
from mathmill.train.grpo.tables import Told, write_completions
from mathmill.train.objective.advantage import advantages_of, alive_groups
from mathmill.train.objective.kl import kl_costs
from mathmill.train.objective.loss import whole_of
from mathmill.train.objective.steps import Steps, step_advantages
from mathmill.train.rollout.records import Question

#: Where an exploration can be cut short; the crash tests kill the program at each of them.
EXPLORE_POINTS = ("group_drawn", "groups_judged", "explored")


@dataclass(frozen=True, slots=True)
class Explored:
    """What came of it: rollouts to train on, figures, and the running baseline of the next one."""

    buffer: Buffer
    metrics: Mapping[str, Any]
    baseline: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Compared:
    """Advantages [C] of all rollouts of each group, whether each is trained, and which groups are alive."""

    advantages: Sequence[Sequence[Floats]]
    trained: Sequence[Sequence[bool]]
    alive: Sequence[bool]
    baseline: Mapping[str, float]


def explore(
    job: GroupJob, number: int, baseline: Mapping[str, float], microbatch: int, check: Callable[[], None]
) -> Explored:
    """Draw, reward and compare. `check` is called between groups, and may raise: nothing was done."""
    drawn, asked = _drawn_until_alive(job, number, check)
    by_reference = _reference_logprobs(job, number, drawn, microbatch)
    compared = _compared(job, number, drawn, baseline, by_reference)
    trained = []
    for at, each in enumerate(drawn):
        for place, rollout in enumerate(each.group.rollouts):
            if compared.trained[at][place] and len(rollout):
                origin = _origin(number, rollout.problem, rollout.sample)
                made = drawn_of(rollout, origin, compared.advantages[at][place])
                trained.append(replace(made, reference=by_reference.get(origin)))
    lengths = [len(rollout) for each in drawn for rollout in each.group.rollouts]
    used = [flag for flags in compared.trained for flag in flags]
    if job.world.is_first:
        _write(job, number, drawn, compared)
    reach("explored")
    buffer = Buffer(tuple(trained), *whole_of(lengths, used, job.recipe.objective.loss.counts))
    return Explored(buffer, _metrics(job, number, drawn, compared, asked), compared.baseline)


def _drawn_until_alive(job: GroupJob, number: int, check: Callable[[], None]) -> tuple[list[Rewarded], int]:
    """Groups, as many of them alive as are wanted if the budget lets; and how many were asked in all."""
    wanted, budget = job.recipe.exploration.problems, job.recipe.exploration.budget
    most = int(budget * wanted)
    found: list[Rewarded] = []
    asked: set[str] = set()
    while True:
        alive = _alive(job, found)
        lacking = wanted - sum(alive) if found else wanted
        questions = job.feed.take(min(lacking, most - len(asked), len(job.feed) - len(asked)), without=asked)
        if not questions:
            break
        asked |= {each.problem.id for each in questions}
        found += _draw(job, questions, str(number), check)
        if budget == 1:
            return found, len(asked)
    # Those that are alive come first; of dead ones no more than make up the number.
    alive = _alive(job, found)
    ordered = [each for each, lives in zip(found, alive, strict=True) if lives]
    ordered += [each for each, lives in zip(found, alive, strict=True) if not lives]
    return ordered[:wanted], len(asked)


def _draw(job: GroupJob, questions: Sequence[Question], draw: str, check: Callable[[], None]) -> list[Rewarded]:
    """The groups of all Questions, in their order."""
    world = job.world
    mine = questions[world.rank :: world.size]
    pending = {}
    with closing(job.engine.groups(mine, job.recipe.rollout.sampling(job.recipe.seed), draw)) as groups:
        for group in groups:
            check()
            reach("group_drawn")
            pending[group.problem.id] = (group, job.scorer.start(group))
    drawn = [Rewarded(group, judged.result()) for group, judged in pending.values()]
    reach("groups_judged")
    known = everyones(drawn, world)
    return [known[each.problem.id] for each in questions]


def _alive(job: GroupJob, drawn: Sequence[Rewarded]) -> Sequence[bool]:
    if job.recipe.rewards_steps:
        return step_advantages([_steps_of(each) for each in drawn], job.recipe.objective.advantage).alive
    return alive_groups([each.scored.totals for each in drawn], job.recipe.objective.advantage)


def _reference_logprobs(job: GroupJob, number: int, drawn: Sequence[Rewarded], microbatch: int) -> dict[str, Floats]:
    """Of each rollout that may be trained, by origin; nothing where nothing is held to a reference."""
    if job.reference is None:
        return {}
    some = []
    for each, lives in zip(drawn, _alive(job, drawn), strict=True):
        for rollout in each.group.rollouts:
            if lives and len(rollout):
                origin = _origin(number, rollout.problem, rollout.sample)
                some.append(drawn_of(rollout, origin, np.zeros(len(rollout), np.float32)))
    if not some:
        return {}
    with job.reference.speaking():
        return logprobs_of(job.policy, job.spread, some, job.world, microbatch, job.recipe.rollout.temperature)


def _compared(
    job: GroupJob,
    number: int,
    drawn: Sequence[Rewarded],
    baseline: Mapping[str, float],
    by_reference: Mapping[str, Floats],
) -> Compared:
    objective = job.recipe.objective
    if job.recipe.rewards_steps:
        steps = step_advantages([_steps_of(each) for each in drawn], objective.advantage)
        values = [[row.astype(np.float32) for row in group] for group in steps.values]
        return Compared(values, steps.trained, steps.alive, baseline)
    costs = None
    if objective.kl.in_reward:
        kl = objective.kl
        costs = [
            [
                float(kl_costs(rollout.logprobs, reference, kl.estimator, kl.coefficient).sum())
                if (reference := by_reference.get(_origin(number, rollout.problem, rollout.sample))) is not None
                else 0.0
                for rollout in each.group.rollouts
            ]
            for each in drawn
        ]
    found = advantages_of([each.scored.totals for each in drawn], objective.advantage, baseline, costs)
    values = [
        [np.full(len(rollout), value, np.float32) for rollout, value in zip(each.group.rollouts, row, strict=True)]
        for each, row in zip(drawn, found.values, strict=True)
    ]
    return Compared(values, found.trained, found.alive, found.baseline)


def _steps_of(rewarded: Rewarded) -> list[Steps]:
    assert rewarded.scored.steps is not None
    return [
        Steps(len(rollout), steps.places, steps.rewards)
        for rollout, steps in zip(rewarded.group.rollouts, rewarded.scored.steps, strict=True)
    ]


def _origin(number: int, problem: str, sample: int) -> str:
    return f"{problem}#{number}#{sample}"


def _metrics(job: GroupJob, number: int, drawn: Sequence[Rewarded], compared: Compared, asked: int) -> dict[str, Any]:
    """What a person wants to know of an exploration; means over its completions, unless named otherwise."""
    rollouts = [rollout for each in drawn for rollout in each.group.rollouts]
    totals = [total for each in drawn for total in each.scored.totals if total is not None]
    outcomes = Counter(verdict.outcome for each in drawn for verdict in each.scored.verdicts)
    found: dict[str, Any] = {
        "exploration": number,
        "asked": asked,
        "reward": fmean(totals) if totals else None,
        "reward_std": pstdev(totals) if totals else None,
        "correct": outcomes["correct"] / len(rollouts),
        "dead_groups": 1 - sum(compared.alive) / len(drawn),
        "left_out": 1 - len(totals) / len(rollouts),
        "length": fmean(map(len, rollouts)),
        "truncated": fmean(rollout.finish == "length" for rollout in rollouts),
        "timed_out": outcomes["timed_out"] / len(rollouts),
    }
    for name in drawn[0].scored.parts:
        values = [value for each in drawn for value in each.scored.parts[name] if value is not None]
        found[f"rewards/{name}"] = fmean(values) if values else None
    return found


def _write(job: GroupJob, number: int, drawn: Sequence[Rewarded], compared: Compared) -> None:
    decode: Any = job.policy.tokenizer.decode
    write_completions(
        job.folder,
        number,
        (
            Told(
                each.group,
                decode(list(each.group.rollouts[0].prompt_ids)),
                each.scored.verdicts,
                dict(each.scored.parts),
                each.scored.totals,
                [
                    float(row.mean()) if used and len(row) else None
                    for row, used in zip(compared.advantages[at], compared.trained[at], strict=True)
                ],
                compared.alive[at],
                None if each.scored.steps is None else [one.steps for one in each.scored.steps],
            )
            for at, each in enumerate(drawn)
        ),
    )
