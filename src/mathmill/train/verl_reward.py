"""Rewards for right answers, to be given to verl as they are.

    reward.custom_reward_function.path=pkg://mathmill.train.verl_reward
    reward.custom_reward_function.name=compute_score

The path may also be that of this file, which verl then runs under a name that cannot be imported: hence functions
alone, and no state. Further keywords go into `reward_kwargs` beside them, as in
`+reward.custom_reward_function.reward_kwargs.strict=False`.

The verdict is that of `mathmill.train.rewards`. A score has to be a number here (verl/experimental/agent_loop of verl
0.9 leaves out the scores of a whole batch if one is None), so where the judge cannot tell it is `unpaid`; `outcome`
says so. Called from threads (reward managers naive, dapo, gdpo, rate_limited), in Ray's workers (remote), or with a
batch (`compute_score_batched` for batch, which 0.9 still has but does not offer by name; prime wants `details=False`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from mathmill.eval.golds import golds_of
from mathmill.eval.trouble import trouble_here
from mathmill.eval.verdict import Verdict
from mathmill.train.rewards import judge, judge_all

Score = float | dict[str, float | str]


def compute_score(
    data_source: str,
    solution_str: str,
    ground_truth: object,
    extra_info: Any = None,
    *,
    paid: float = 1.0,
    unpaid: float = 0.0,
    strict: bool = True,
    max_trouble: float | None = None,
    details: bool = True,
    **others: Any,
) -> Score:
    """The score of a completion: `paid` if it is correct, else `unpaid`.

    With `details` it comes with `acc` (1 or 0), `outcome` and `method` of the verdict, which verl logs; without it is
    the number alone, as `verl.trainer.main_eval` wants it. `ground_truth` is a text, a number, or a list of which one
    is asked for; what the data source is makes no difference. `strict` takes no answer that was only guessed.
    `max_trouble` bounds the share of verdicts of this process that time out, and of deaths among its proof workers.

    Raises:
        JudgeInTrouble: the verdicts so far are over that bound, or no proof worker can be started here.
    """
    verdict = judge(solution_str, golds_of(ground_truth), strict)
    return _score(verdict, paid, unpaid, max_trouble, details)


def compute_score_batched(
    data_sources: Iterable[str],
    solution_strs: Sequence[str],
    ground_truths: Iterable[object],
    extra_infos: Any = None,
    *,
    paid: float = 1.0,
    unpaid: float = 0.0,
    strict: bool = True,
    max_trouble: float | None = None,
    details: bool = True,
    **others: Any,
) -> list[Score]:
    """The scores of several completions, each as `compute_score` has it.

    Raises:
        JudgeInTrouble: as `compute_score`.
    """
    verdicts = judge_all(solution_strs, [golds_of(truth) for truth in ground_truths], strict)
    return [_score(verdict, paid, unpaid, max_trouble, details) for verdict in verdicts]


def _score(verdict: Verdict, paid: float, unpaid: float, max_trouble: float | None, details: bool) -> Score:
    trouble_here(max_trouble).add(verdict.outcome)
    score = paid if verdict.correct else unpaid
    if not details:
        return score
    return {"score": score, "acc": float(verdict.correct), "outcome": verdict.outcome, "method": verdict.method}
