"""How many rows fit into memory at once, and in numbers what helps where not even one does.

This file imports torch at its head. Only functions import it.
"""

from __future__ import annotations

from mathmill.eval.models.memory import free_bytes
from mathmill.train.parallel.processes import World, everyone
from mathmill.train.policy.load import Policy
from mathmill.train.policy.memory import Footprint, Forecast, footprint
from mathmill.train.settings import Machine, Rows

_TOGETHER = 8_192  # tokens at once: with more neither a processor nor a GPU gets faster
_PART = 0.8  # of what is free: forecasts are not exact, and others may want some


def microbatch_of(rows: Rows, machine: Machine, policy: Policy, world: World) -> int:
    """How many rows are to go through the model at once: what the recipe says, or as many as fit and make it faster.

    All processes call it, with a model that is not spread yet; as many are for all as fit in each.
    """
    if machine.microbatch:
        return machine.microbatch
    most = max(1, min(-(-rows.step // world.size), _TOGETHER // rows.length))
    found = footprint(policy, rows.packed)
    while most > 1 and forecast(found, rows, machine, world, most).total > _PART * room(policy, world):
        most //= 2
    return int(min(everyone(most)))


def forecast(found: Footprint, rows: Rows, machine: Machine, world: World, microbatch: int) -> Forecast:
    """What a step of such rows takes with a microbatch of so many, beyond what the process has without a model."""
    return found.forecast(microbatch, rows.length, world.size, machine.parallel)


def room(policy: Policy, world: World) -> int:
    """Bytes that one process can have for model and training, of which the weights are taken already."""
    kind = policy.device.type
    free = free_bytes(kind) // (world.size if kind == "cpu" else 1)
    weights: int = sum(each.nbytes for each in policy.model.parameters())
    return free + weights


def remedies(rows: Rows, machine: Machine, policy: Policy, world: World) -> str:
    """What takes the memory, and what would take less, in numbers."""
    checkpointing = any(getattr(module, "gradient_checkpointing", False) for module in policy.causal.modules())
    found = footprint(policy, rows.packed)
    one = forecast(found, rows, machine, world, 1)
    half = found.forecast(1, rows.length // 2, world.size, machine.parallel)
    state = one.gradients + one.moments
    told = [f"rows.length = {rows.length // 2} takes {_gb(one.total - half.total)} less"]
    if not checkpointing:
        told.append(f"policy.checkpointing = true most of {_gb(one.activations)}")
    if not policy.adapted:
        told.append(f"[policy.lora] nearly all of {_gb(state)}")
    if world.size > 1 and machine.parallel == "ddp":
        told.append(f'machine.parallel = "fsdp" {_gb((one.weights + state) * (world.size - 1) // world.size)}')
    return (
        f"a step of one row of {rows.length:,} tokens takes about {_gb(one.total)}: weights "
        f"{_gb(one.weights)}, gradients and moments {_gb(state)}, activations {_gb(one.activations)}, head "
        f"{_gb(one.head)}; {', '.join(told)}"
    )


def _gb(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e8 else f"{size / 1e6:.0f} MB"
