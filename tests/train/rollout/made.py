"""Questions, and what a training pass says of the Rollouts that came of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mathmill.data.problem_rows import Problem
from mathmill.eval.models.base import Message, Prompt, Sampling
from mathmill.train.batch.examples import Example
from mathmill.train.batch.packing import IGNORED, batch_of
from mathmill.train.policy.load import Policy
from mathmill.train.rollout.records import Group, Kept, Question, Rollout

TEXTS = [
    "Q: What is 30 + 12?\nA:",
    "Q: a train goes 60 miles in 2 hours, and then another 30 miles in 1 hour. How far does it go?\nA:",
    "1?",
    "Q: Zwölf Äpfel?\nA:",
]


def questions(texts: Sequence[str] = TEXTS, stops: tuple[str, ...] = (), chat: bool = False) -> list[Question]:
    """Texts of different lengths as Problems."""
    return [
        Question(
            Problem(f"p/{number}", text, "42", {}),
            Prompt(f"p/{number}", (Message("user", text),) if chat else text, stops),
        )
        for number, text in enumerate(texts)
    ]


def rollouts_of(groups: Sequence[Group]) -> list[Rollout]:
    return [rollout for group in groups for rollout in group.rollouts]


def said(groups: Sequence[Group]) -> dict[tuple[str, int], list[int]]:
    """The tokens of each completion."""
    return {(each.problem, each.sample): each.completion_ids.tolist() for each in rollouts_of(groups)}


def scored(policy: Policy, rollouts: Sequence[Rollout], sampling: Sampling, packed: bool) -> tuple[Any, Any]:
    """Logprobs and entropies of all completions, one after the other, as a training pass has them."""
    from mathmill.train.policy.forward import PolicyModule

    examples = [
        (
            Example(
                (*each.prompt_ids, *each.completion_ids.tolist()),
                (*[False] * len(each.prompt_ids), *[True] * len(each)),
                f"{each.problem}#{each.sample}",
            ),
        )
        for each in rollouts
    ]
    rows: list[tuple[Example, ...]] = list(examples)
    if packed:
        rows = [sum(examples[begin : begin + 3], ()) for begin in range(0, len(examples), 3)]
    batch = batch_of(rows, policy.ends.pad)
    assert batch.trained == sum(map(len, rollouts)) and batch.packed == packed
    kept = [each.kept for each in rollouts if each.kept is not None]
    module = PolicyModule(policy)
    targets = batch.targets_on()
    found = module(
        batch.inputs(),
        targets,
        sampling.temperature,
        with_entropy=True,
        kept=Kept.joined(kept).on() if kept else None,
    )
    trained = targets != IGNORED
    return found.logprobs[trained], found.entropy[trained]
