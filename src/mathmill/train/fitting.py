"""How many rows fit into memory at once, and in numbers what helps where not even one does.

This file imports torch at its head. Only functions import it.
"""

from __future__ import annotations

from mathmill.eval.models.memory import free_bytes
from mathmill.train.parallel.processes import World, everyone
from mathmill.train.policy.load import Policy
from mathmill.train.policy.memory import Footprint, Forecast, footprint
from mathmill.train.settings import Training

_TOGETHER = 8_192  # tokens at once: with more neither a processor nor a GPU gets faster
_PART = 0.8  # of what is free: forecasts are not exact, and others may want some


def microbatch_of(training: Training, policy: Policy, world: World) -> int:
    """How many rows are to go through the model at once: what the recipe says, or as many as fit and make it faster.

    All processes call it, with a model that is not spread yet; as many are for all as fit in each.
    """
    if training.machine.microbatch:
        return training.machine.microbatch
    rows = max(1, min(-(-training.rows.step // world.size), _TOGETHER // training.rows.length))
    found = footprint(policy, training.rows.packed)
    while rows > 1 and forecast(found, training, world, rows).total > _PART * room(policy, world):
        rows //= 2
    return int(min(everyone(rows)))


def forecast(found: Footprint, training: Training, world: World, rows: int) -> Forecast:
    """What a step of a training takes with so many rows at once, beyond what the process has without a model."""
    return found.forecast(rows, training.rows.length, world.size, training.machine.parallel)


def room(policy: Policy, world: World) -> int:
    """Bytes that one process can have for model and training, of which the weights are taken already."""
    kind = policy.device.type
    free = free_bytes(kind) // (world.size if kind == "cpu" else 1)
    weights: int = sum(each.nbytes for each in policy.model.parameters())
    return free + weights


def remedies(training: Training, policy: Policy, world: World) -> str:
    """What takes the memory, and what would take less, in numbers."""
    checkpointing = any(getattr(module, "gradient_checkpointing", False) for module in policy.causal.modules())
    found = footprint(policy, training.rows.packed)
    one = forecast(found, training, world, 1)
    half = found.forecast(1, training.rows.length // 2, world.size, training.machine.parallel)
    state = one.gradients + one.moments
    told = [f"rows.length = {training.rows.length // 2} takes {_gb(one.total - half.total)} less"]
    if not checkpointing:
        told.append(f"policy.checkpointing = true most of {_gb(one.activations)}")
    if not policy.adapted:
        told.append(f"[policy.lora] nearly all of {_gb(state)}")
    if world.size > 1 and training.machine.parallel == "ddp":
        told.append(f'machine.parallel = "fsdp" {_gb((one.weights + state) * (world.size - 1) // world.size)}')
    return (
        f"a step of one row of {training.rows.length:,} tokens takes about {_gb(one.total)}: weights "
        f"{_gb(one.weights)}, gradients and moments {_gb(state)}, activations {_gb(one.activations)}, head "
        f"{_gb(one.head)}; {', '.join(told)}"
    )


def _gb(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e8 else f"{size / 1e6:.0f} MB"
