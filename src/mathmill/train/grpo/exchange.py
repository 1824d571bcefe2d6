"""Groups that were drawn and judged in one process, made known to all, as plain values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from mathmill.data.problem_rows import Problem
from mathmill.eval.verdict import Verdict
from mathmill.train.parallel.processes import World, everyone
from mathmill.train.reward.process import Step
from mathmill.train.reward.scorer import Scored, StepRewards
from mathmill.train.rollout.records import Group, Kept, Rollout


@dataclass(frozen=True, slots=True)
class Rewarded:
    """A Group, and what it is worth."""

    group: Group
    scored: Scored


def everyones(mine: Sequence[Rewarded], world: World) -> dict[str, Rewarded]:
    """The groups of all processes, by their Problems' ids."""
    if world.size == 1:
        return {each.group.problem.id: each for each in mine}
    told = everyone([_told(each) for each in mine])
    return {each["problem"]["id"]: _read(each) for some in told for each in some}


def _told(rewarded: Rewarded) -> dict[str, Any]:
    return {
        "problem": asdict(rewarded.group.problem),
        "rollouts": [_rollout_told(each) for each in rewarded.group.rollouts],
        "scored": asdict(rewarded.scored),
    }


def _rollout_told(rollout: Rollout) -> dict[str, Any]:
    kept = rollout.kept
    return {
        "problem": rollout.problem,
        "sample": rollout.sample,
        "prompt_ids": rollout.prompt_ids,
        "completion_ids": rollout.completion_ids.tolist(),
        "logprobs": rollout.logprobs.tolist(),
        "finish": rollout.finish,
        "text": rollout.text,
        "kept": None if kept is None else [kept.ids.tolist(), kept.ends.tolist()],
    }


def _read(told: dict[str, Any]) -> Rewarded:
    group = Group(Problem(**told["problem"]), tuple(map(_rollout, told["rollouts"])))
    scored = told["scored"]
    return Rewarded(
        group,
        Scored(
            totals=tuple(scored["totals"]),
            parts={name: tuple(values) for name, values in scored["parts"].items()},
            verdicts=tuple(Verdict(**each) for each in scored["verdicts"]),
            steps=None if scored["steps"] is None else tuple(map(_steps, scored["steps"])),
        ),
    )


def _rollout(told: dict[str, Any]) -> Rollout:
    kept = told["kept"]
    arrays = {
        "prompt_ids": tuple(told["prompt_ids"]),
        "completion_ids": np.array(told["completion_ids"], np.int32),
        "logprobs": np.array(told["logprobs"], np.float32),
        "kept": None if kept is None else Kept(np.array(kept[0], np.int32), np.array(kept[1], np.int64)),
    }
    return Rollout(**{**told, **arrays})


def _steps(told: dict[str, Any]) -> StepRewards:
    steps = tuple(Step(**each) for each in told["steps"])
    return StepRewards(tuple(told["places"]), tuple(told["rewards"]), steps)
