"""One step: rows in, one update of the weights out, whatever the step is cut into.

The loss is the mean over all trained tokens of the step. Each process knows all rows, and so their number; gradients of
microbatches and processes are sums. Torch's random generator is set for each microbatch by its first row, so that what
is drawn there (dropout) does not hang on what was drawn before.

This file imports torch at its head. Only functions import it.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass

import torch

from mathmill.data.files import reach
from mathmill.train.batch.order import share
from mathmill.train.batch.packing import IGNORED, batch_of, has_flash
from mathmill.train.logprob import TokenLogprobs, token_loss
from mathmill.train.parallel.processes import World, total
from mathmill.train.parallel.spread import Spread
from mathmill.train.policy.load import Policy
from mathmill.train.settings import Optimizer
from mathmill.train.sources.feed import Row
from mathmill.train.within_memory import within_memory

#: Where a step can be cut short; the crash tests kill the program at each of them.
STEP_POINTS = ("step_begun", "step_forward", "step_backward", "step_updated")


@dataclass(frozen=True, slots=True)
class Stepped:
    """What a step came to. Where `loss` or `gradient_norm` is not finite, nothing was updated."""

    loss: float
    gradient_norm: float
    tokens: int
    router_loss: float | None

    @property
    def skipped(self) -> bool:
        """Whether nothing was updated."""
        return not (math.isfinite(self.loss) and math.isfinite(self.gradient_norm))


def make_optimizer(settings: Optimizer, model: torch.nn.Module) -> torch.optim.AdamW:
    """AdamW for what is trained of a model; the rate is set at each step."""
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    groups = [
        {"params": [each for each in trained if each.ndim >= 2], "weight_decay": settings.weight_decay},
        {"params": [each for each in trained if each.ndim < 2], "weight_decay": 0.0},
    ]
    some = [group for group in groups if group["params"]]
    return torch.optim.AdamW(some, lr=0.0, betas=(settings.beta1, settings.beta2), eps=settings.eps, fused=True)


class Stepper:
    """Makes steps. `microbatch` is how many rows go through the model at once; out of memory makes it smaller."""

    def __init__(
        self,
        policy: Policy,
        spread: Spread,
        optimizer: torch.optim.Optimizer,
        clip: float,
        seed: int,
        microbatch: int,
        world: World,
    ) -> None:
        self.microbatch = microbatch
        self._policy, self._spread, self._optimizer, self._world = policy, spread, optimizer, world
        self._clip, self._seed = clip, seed
        self._flash, self._device = has_flash(policy.model), torch.device(policy.device).type

    def __call__(
        self, number: int, rows: Sequence[Row], rate: float, check: Callable[[], None] | None = None
    ) -> Stepped:
        """Train on rows, at a learning rate. `check` is called between microbatches, and may raise: nothing was done.

        Raises:
            OutOfMemory: a single row does not fit, or the moments; or one of several processes ran out of it.
        """
        reach("step_begun")
        tokens = sum(trained_tokens(row) for row in rows)

        def gradients(microbatch: int) -> tuple[float, float | None]:
            self._optimizer.zero_grad(set_to_none=True)
            return self._gradients(number, rows, tokens, microbatch, check or _nothing)

        # Of several processes one cannot begin anew: the others wait for it.
        least = 1 if self._world.size == 1 else self.microbatch
        try:
            (loss, router_loss), self.microbatch = within_memory(gradients, self.microbatch, least, self._device)
            stepped = Stepped(loss, self._spread.clip(self._clip or None), tokens, router_loss)
            if not stepped.skipped:
                for group in self._optimizer.param_groups:
                    group["lr"] = rate
                # The first one makes the moments, for which there may be no room. It cannot be done again.
                within_memory(lambda _: self._optimizer.step(), self.microbatch, self.microbatch, self._device)
        finally:
            self._optimizer.zero_grad(set_to_none=True)
        reach("step_updated")
        return stepped

    def _gradients(
        self, number: int, rows: Sequence[Row], tokens: int, microbatch: int, check: Callable[[], None]
    ) -> tuple[float, float | None]:
        """Sum up the gradients; the step's loss, and that of the routers of experts."""
        # Rows of like length side by side need the least padding.
        ordered = sorted(rows, key=row_tokens, reverse=True)
        parts = _parts(share(ordered, self._world.rank, self._world.size), microbatch)
        most = len(_parts(share(ordered, 0, self._world.size), microbatch))
        losses: list[torch.Tensor] = []
        routers: list[torch.Tensor] = []
        for at in range(most):
            check()
            part = parts[at] if at < len(parts) else ()
            with nullcontext() if at == most - 1 else self._spread.accumulating():
                loss, router = self._loss(number, part or ordered[:1], tokens, idle=not part)
                reach("step_forward")
                (loss if router is None else loss + router).backward()  # type: ignore[no-untyped-call]
            losses.append(loss.detach().double())
            routers += [] if router is None else [router.detach().double()]
            reach("step_backward")
        sums = total([float(sum(losses)), float(sum(routers))])
        return sums[0], sums[1] if routers else None

    def _loss(
        self, number: int, part: Sequence[Row], tokens: int, idle: bool
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """A microbatch's share of the step's loss; of one that is idle, of which nothing is trained, 0."""
        torch.manual_seed(_drawn(self._seed, number, part[0]))
        batch = batch_of(part, self._policy.ends.pad)
        targets = batch.targets_on(self._policy.device)
        scored = self._spread.module(
            batch.inputs(self._policy.device, self._flash), torch.full_like(targets, IGNORED) if idle else targets
        )
        loss = token_loss(TokenLogprobs(scored.logprobs.flatten(), None), tokens)
        weight = 0.0 if idle else batch.trained / tokens
        return loss, None if scored.router_loss is None else scored.router_loss * weight


def row_tokens(row: Row) -> int:
    """How long a row is."""
    return sum(map(len, row))


def trained_tokens(row: Row) -> int:
    """How many tokens of a row are targets."""
    return sum(sum(example.trained) for example in row)


def _nothing() -> None:
    pass


def _parts(rows: Sequence[Row], size: int) -> list[Sequence[Row]]:
    return [rows[at : at + size] for at in range(0, len(rows), size)]


def _drawn(seed: int, number: int, row: Row) -> int:
    """What torch's generator is set to."""
    text = f"{seed} {number} {row[0].origin}".encode(errors="surrogatepass")
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "little") >> 1
