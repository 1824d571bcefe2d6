"""A step tried: its loss, its time and its memory, measured on the rows that come first; no weight is changed.

This file imports torch at its head. Only functions import it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from mathmill.eval.models.memory import peak_bytes
from mathmill.train.parallel.processes import ALONE
from mathmill.train.parallel.spread import Spread
from mathmill.train.policy.forward import PolicyModule
from mathmill.train.policy.load import Policy
from mathmill.train.settings import Training
from mathmill.train.sources.feed import Row
from mathmill.train.step import Stepper, row_tokens

_SECONDS = 20.0  # after which no other microbatch is begun


@dataclass(frozen=True, slots=True)
class Trial:
    """What was measured of `rows` rows; `peak_bytes` are those of the whole process, moments of AdamW added."""

    loss: float
    gradient_norm: float
    blind_loss: float  # of a model that knows nothing
    microbatch: int
    rows: int
    tokens: int
    seconds: float
    peak_bytes: int
    checkpoint_bytes: int

    @property
    def is_finite(self) -> bool:
        """Whether the model can be trained."""
        return math.isfinite(self.loss) and math.isfinite(self.gradient_norm)

    def figures(self) -> dict[str, Any]:
        """In plain values, by name; what is not finite is None."""
        return {
            "loss": self.loss if math.isfinite(self.loss) else None,
            "tokens_a_second": self.tokens / self.seconds,
            "peak_bytes": self.peak_bytes,
            "checkpoint_bytes": self.checkpoint_bytes,
        }


def try_step(training: Training, policy: Policy, rows: Sequence[Row], microbatch: int) -> Trial:
    """Take microbatches of a step through the model and back, as many as half a minute allows, the longest first.

    Raises:
        ConfigError: not even a single row fits into memory.
    """
    trained = [each for each in policy.model.parameters() if each.requires_grad]
    still = torch.optim.SGD(trained, lr=0.0)
    stepper = Stepper(policy, Spread(PolicyModule(policy)), still, 0.0, training.seed, microbatch, ALONE)
    ordered = sorted(rows, key=row_tokens, reverse=True)
    stepper(0, ordered[:1], 0.0)  # the first pass makes buffers, and is slower
    taken: list[Row] = []
    began = time.perf_counter()
    while len(taken) < len(rows) and time.perf_counter() - began < _SECONDS:
        some = ordered[len(taken) : len(taken) + stepper.microbatch]
        stepped = stepper(0, some, 0.0)
        taken += some
    seconds = time.perf_counter() - began
    weights = sum(each.nbytes for each in trained)
    return Trial(
        stepped.loss,
        stepped.gradient_norm,
        math.log(policy.causal.get_output_embeddings().weight.shape[0]),
        stepper.microbatch,
        len(taken),
        sum(map(row_tokens, taken)),
        seconds,
        peak_bytes(policy.device.type) + 2 * weights,
        3 * weights,
    )
