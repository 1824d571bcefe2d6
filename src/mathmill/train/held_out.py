"""The loss of Examples that are not trained on.

This file imports torch at its head. Only functions import it.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from mathmill.train.batch.order import share
from mathmill.train.batch.packing import batch_of, has_flash
from mathmill.train.parallel.processes import World, total
from mathmill.train.parallel.spread import Spread
from mathmill.train.policy.load import Policy
from mathmill.train.sources.feed import Row


def held_out_sum(
    policy: Policy, spread: Spread, rows: Sequence[Row], world: World, microbatch: int
) -> tuple[float, int]:
    """The loss, in nats, of all targets in rows together, and their number; each process takes its share of them."""
    spread.module.eval()
    summed = [0.0, 0]
    # A process that has fewer goes through one again, and counts it not: with FSDP all have to take part.
    count = -(-len(rows) // (microbatch * world.size))
    mine = share(rows, world.rank, world.size)
    with torch.no_grad():
        for at in range(count):
            part = mine[at * microbatch : (at + 1) * microbatch]
            batch = batch_of(part or rows[:1], policy.ends.pad)
            inputs = batch.inputs(policy.device, has_flash(policy.model))
            logprobs = spread.module(inputs, batch.targets_on(policy.device)).logprobs
            if part:
                summed[0] -= float(logprobs.double().sum())
                summed[1] += batch.trained
    spread.module.train()
    loss, tokens = total(summed)
    return float(loss), int(tokens)
