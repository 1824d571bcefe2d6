"""Logprobs of rollouts that are there, by the weights that a policy has at the moment; nothing is trained.

This file imports torch at its head. Only functions import it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from mathmill.train.batch.order import share
from mathmill.train.batch.packing import IGNORED, batch_of, has_flash
from mathmill.train.grpo.buffer import Drawn, Floats
from mathmill.train.grpo.group_loss import asks_of
from mathmill.train.parallel.processes import World, everyone
from mathmill.train.parallel.spread import Spread
from mathmill.train.policy.load import Policy


@torch.no_grad()
def logprobs_of(
    policy: Policy, spread: Spread, drawn: Sequence[Drawn], world: World, microbatch: int, temperature: float
) -> dict[str, Floats]:
    """By origin the logprobs [C] of a completion's tokens; each process scores its share, and knows all."""
    spread.module.eval()
    # Of like length side by side: the least padding.
    ordered = sorted(drawn, key=lambda each: -len(each.prompt_ids) - len(each.completion_ids))
    mine = share(ordered, world.rank, world.size)
    count = -(-len(ordered) // (microbatch * world.size))
    found: dict[str, list[float]] = {}
    for at in range(count):
        part = mine[at * microbatch : (at + 1) * microbatch]
        scored = _scored(policy, spread, part or ordered[:1], temperature)
        found |= dict(zip((each.origin for each in part), scored, strict=False))
    spread.module.train()
    return {origin: np.array(row, np.float32) for each in everyone(found) for origin, row in each.items()}


def _scored(policy: Policy, spread: Spread, part: Sequence[Drawn], temperature: float) -> list[list[float]]:
    batch = batch_of([each.row for each in part], policy.ends.pad)
    targets = batch.targets_on(policy.device)
    asks = asks_of(part, temperature, policy.device)
    logprobs = spread.module(batch.inputs(policy.device, has_flash(policy.model)), targets, **asks).logprobs
    return [row[kept].tolist() for row, kept in zip(logprobs, targets != IGNORED, strict=True)]
