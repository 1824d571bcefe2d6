"""How much memory a step of training takes, forecast before it is made.

    forecast = footprint(policy).forecast(rows=4, length=1024)

What hangs on weights follows from their number. What hangs on tokens is measured: short rows go forward, and what
autograd keeps of them for the backward pass is counted, by block; longer rows are forecast from these. So it holds for
any architecture, precision and attention, and nothing large is made.

It is what tensors take. On a processor glibc keeps freed pieces of up to 32 MB, and a process may come to twice that;
MALLOC_MMAP_THRESHOLD_=1000000 in the environment has it give them back, at the cost of time.

This file imports torch at its head. Only functions import it.

T tokens of a row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from mathmill.train.batch.examples import Example
from mathmill.train.batch.packing import batch_of, has_flash
from mathmill.train.logprob import tile_bytes
from mathmill.train.policy.forward import PolicyModule
from mathmill.train.policy.head import blocks_of, parts_of
from mathmill.train.policy.load import Policy

# Rows that are tried; the first is not counted, since libraries keep things of their first call.
_LENGTHS = (16, 32, 64, 96)
_MOMENTS = 2  # AdamW keeps so many numbers of each that is trained
# A block's backward pass holds gradients of its widest tensors beside the tensors: of the two of a gated unit, and what
# these are made from.
_WIDEST = 3


@dataclass(frozen=True, slots=True)
class Forecast:
    """Bytes of one process at the fullest moment of a step, by what they are for."""

    weights: int
    gradients: int
    moments: int
    activations: int  # kept for the backward pass, and gradients of them
    head: int  # a tile of logits, and the gradient of head and embedding before it is added up

    @property
    def total(self) -> int:
        return sum(getattr(self, field.name) for field in fields(self))


@dataclass(frozen=True, slots=True)
class Footprint:
    """What a policy takes. Polynomials of the tokens of a row, in bytes: c[0] T^2 + c[1] T, and c[2] once for all."""

    policy: Policy
    kept: tuple[float, float, float]  # for the backward pass
    block: tuple[float, float, float]  # of it, by the block that keeps most, and what its gradients take
    packed: bool

    def forecast(self, rows: int, length: int, processes: int = 1, parallel: str = "ddp") -> Forecast:
        """Of a step with so many rows at once, in each of so many processes, in several microbatches.

        `parallel` says whether each has whole weights ("ddp") or a share of them ("fsdp").
        """
        model, share = self.policy.model, processes if parallel == "fsdp" else 1
        weights = list(model.parameters())
        trained = [weight for weight in weights if weight.requires_grad]
        whole = 0
        if share > 1:  # what is around the blocks stays whole for the step, blocks one after the other
            block = max(map(_size, blocks_of(self.policy.causal)), default=0)
            around = _bytes(weights) - sum(map(_size, blocks_of(self.policy.causal)))
            whole = around + 2 * block
        activations = _value(self.kept, rows, length) + _value(self.block, rows, length)
        return Forecast(
            weights=_bytes(weights) // share + whole,
            gradients=_bytes(trained) // share,
            moments=_MOMENTS * _bytes(trained) // share,
            activations=int(activations),
            head=self._head(rows * length),
        )

    def _head(self, tokens: int) -> int:
        parts = parts_of(self.policy.causal)
        if parts is None:
            return int(tokens * self.policy.causal.config.get_text_config(decoder=True).vocab_size * 4 * 3)
        weight, embedding = parts.head.weight, self.policy.causal.get_input_embeddings().weight
        tile = tile_bytes(self.policy.device.type)
        ahead = weight.nbytes if weight.requires_grad else 0
        # Where both are one matrix, the gradient of the head waits for that of the embedding.
        return tile + (2 * ahead if weight is embedding else ahead)


def footprint(policy: Policy, packed: bool = True) -> Footprint:
    """Measure a policy on a few short rows, of several Examples each if `packed`."""
    module = PolicyModule(policy)
    with _all_kept(policy.causal) as again:
        found = [_measure(policy, module, length, packed) for length in _LENGTHS][1:]
    sizes = _LENGTHS[1:]
    outside = [kept - sum(blocks) for kept, blocks, _, _ in found]
    largest = [max(blocks, default=0) for _, blocks, _, _ in found]
    widest = [_WIDEST * wide for *_, wide in found]
    if again:  # of each block only what goes into it is kept, and one at a time is computed again
        kept = [each + entering for each, (_, _, entering, _) in zip(outside, found, strict=True)]
        block = [one + wide for one, wide in zip(largest, widest, strict=True)]
    else:
        kept, block = [each[0] for each in found], widest
    return Footprint(policy, _fitted(sizes, kept), _fitted(sizes, block), packed)


def _measure(policy: Policy, module: PolicyModule, length: int, packed: bool) -> tuple[int, list[int], int, int]:
    """Of a row of so many tokens: bytes kept, by block, of what enters blocks, and of the widest tensor."""
    rows = policy.causal.get_input_embeddings().num_embeddings
    ids = [(token % 100 + 5) % rows for token in range(length)]
    halves = [ids[: length // 2], ids[length // 2 :]] if packed else [ids]
    row = [Example(tuple(half), (False, *[True] * (len(half) - 1)), "") for half in halves]
    batch = batch_of([row], policy.ends.pad)
    seen = _Kept({weight.untyped_storage().data_ptr() for weight in policy.model.parameters()})
    handles = []
    for block in blocks_of(policy.causal):
        handles.append(block.register_forward_pre_hook(seen.enter, with_kwargs=True))
        handles.append(block.register_forward_hook(seen.leave))
    try:
        with torch.autograd.graph.saved_tensors_hooks(seen.keep, lambda kept: kept):
            scored = module(batch.inputs(policy.device, has_flash(policy.model)), batch.targets_on(policy.device))
    finally:
        for handle in handles:
            handle.remove()
    del scored  # until here it held all that was counted
    return seen.total, seen.blocks, seen.entering, seen.widest


class _Kept:
    """Counts what autograd keeps: each piece of memory once, weights not."""

    def __init__(self, known: set[int]) -> None:
        self._known = known
        self.total = self.entering = self.widest = 0
        self.blocks: list[int] = []
        self._begun: int | None = None

    def keep(self, tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in self._known:
            self._known.add(storage.data_ptr())
            self.total += storage.nbytes()
            if self._begun is not None:
                self.widest = max(self.widest, storage.nbytes())
        return tensor

    def enter(self, module: nn.Module, given: tuple[Any, ...], named: dict[str, Any]) -> None:
        hidden = given[0] if given else named["hidden_states"]
        self.entering += hidden.nbytes
        self._begun = self.total

    def leave(self, module: nn.Module, given: Any, output: Any) -> None:
        assert self._begun is not None
        self.blocks.append(self.total - self._begun)
        self._begun = None


@contextmanager
def _all_kept(causal: Any) -> Iterator[bool]:
    """Have nothing computed again within this; whether that is what was to be done."""
    some = [module for module in causal.modules() if getattr(module, "gradient_checkpointing", False)]
    for module in some:
        module.gradient_checkpointing = False
    try:
        yield bool(some)
    finally:
        for module in some:
            module.gradient_checkpointing = True


def _fitted(sizes: Sequence[int], found: Sequence[int]) -> tuple[float, float, float]:
    squared, linear, once = np.polyfit(sizes, found, 2)
    return float(squared), float(linear), float(once)


def _value(curve: tuple[float, float, float], rows: int, length: int) -> float:
    squared, linear, once = curve
    return max(rows * (squared * length**2 + linear * length) + once, 0.0)


def _bytes(weights: Sequence[Tensor]) -> int:
    return sum(weight.nbytes for weight in weights)


def _size(module: nn.Module) -> int:
    return _bytes(list(module.parameters()))
