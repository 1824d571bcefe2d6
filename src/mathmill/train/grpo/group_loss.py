"""The loss of a minibatch of rollouts, as a step asks for it: a share for each microbatch.

This file imports torch at its head. Only functions import it.

n trained tokens of a microbatch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from mathmill.train.batch.packing import IGNORED
from mathmill.train.grpo.buffer import Drawn
from mathmill.train.objective.loss import Tokens, policy_loss
from mathmill.train.objective.settings import KlSettings, LossSettings
from mathmill.train.policy.forward import Scored
from mathmill.train.rollout.records import Kept
from mathmill.train.sources.feed import Row


@dataclass(frozen=True, slots=True)
class GroupLoss:
    """Of rollouts by origin, each with the weight of its tokens in the step's loss."""

    drawn: Mapping[str, Drawn]
    weights: Mapping[str, float]
    loss: LossSettings
    kl: KlSettings
    temperature: float
    device: torch.device

    def asks(self, rows: Sequence[Row]) -> Mapping[str, Any]:
        return {**asks_of(self._of(rows), self.temperature, self.device), "with_entropy": True}

    def __call__(
        self, scored: Scored, targets: Tensor, rows: Sequence[Row]
    ) -> tuple[Tensor, Mapping[str, Tensor | float]]:
        some, device = self._of(rows), targets.device
        lengths = torch.tensor([len(each.completion_ids) for each in some], device=device)
        weights = torch.tensor([self.weights[each.origin] for each in some], dtype=torch.float64)
        kept = targets != IGNORED
        logprobs_n = scored.logprobs[kept]
        dtype = logprobs_n.dtype
        tokens = Tokens(
            logprobs_n=logprobs_n,
            old_n=_flat([each.old for each in some], device, dtype),
            advantages_n=_flat([each.advantages for each in some], device, dtype),
            weights_n=weights.to(device, dtype).repeat_interleave(lengths),
            rollout_n=torch.arange(len(some), device=device).repeat_interleave(lengths),
            reference_n=_flat([each.reference for each in some if each.reference is not None], device, dtype)
            if some[0].reference is not None
            else None,
            correction_n=None,
        )
        loss, sums = policy_loss(tokens, self.loss, self.kl)
        assert scored.entropy is not None
        gap = (logprobs_n.detach() - tokens.old_n).abs().double().sum()
        return loss, {**sums, "entropy": scored.entropy.detach()[kept].double().sum(), "gap": gap}

    def _of(self, rows: Sequence[Row]) -> list[Drawn]:
        return [self.drawn[example.origin] for row in rows for example in row]


def asks_of(drawn: Sequence[Drawn], temperature: float, device: torch.device) -> dict[str, Any]:
    """What makes a model's distribution that which rollouts were drawn from."""
    asks: dict[str, Any] = {"temperature": temperature}
    if sets := [each.kept for each in drawn if each.kept is not None]:
        asks["kept"] = Kept.joined(sets).on(device)
    return asks


def _flat(rows: Sequence[npt.NDArray[np.float32]], device: torch.device, dtype: torch.dtype) -> Tensor:
    return torch.from_numpy(np.concatenate(rows)).to(device, dtype)
