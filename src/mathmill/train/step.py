"""One step: rows in, one update of the weights out, whatever the step is cut into.

A step's loss is a sum of shares, one of each microbatch, divided by what is known of the whole step before its first:
each process knows all rows. So gradients of microbatches and processes are summed. Torch's random generator is set for
each microbatch by its first row, so that what is drawn there (dropout) does not hang on what was drawn before.

This file imports torch at its head. Only functions import it.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch
from torch import Tensor

from mathmill.data.files import reach
from mathmill.train.batch.order import share
from mathmill.train.batch.packing import IGNORED, batch_of, has_flash
from mathmill.train.logprob import TokenLogprobs, token_loss
from mathmill.train.parallel.processes import World, everyone, total
from mathmill.train.parallel.spread import Spread
from mathmill.train.policy.forward import Scored
from mathmill.train.policy.load import Policy
from mathmill.train.settings import Optimizer
from mathmill.train.sources.feed import Row
from mathmill.train.within_memory import within_memory

#: Where a step can be cut short; the crash tests kill the program at each of them.
STEP_POINTS = ("step_begun", "step_forward", "step_backward", "step_updated")


class Loss(Protocol):
    """What a step's loss is."""

    def asks(self, rows: Sequence[Row]) -> Mapping[str, Any]:
        """Arguments of `PolicyModule` for a microbatch of these rows, beside inputs and targets."""
        ...

    def __call__(
        self, scored: Scored, targets: Tensor, rows: Sequence[Row]
    ) -> tuple[Tensor, Mapping[str, Tensor | float]]:
        """A microbatch's share of the loss, and numbers of which the step has the sums."""
        ...


@dataclass(frozen=True, slots=True)
class MeanLoss:
    """The mean over all trained tokens of a step, of which there are so many."""

    tokens: int

    def asks(self, rows: Sequence[Row]) -> Mapping[str, Any]:
        return {}

    def __call__(
        self, scored: Scored, targets: Tensor, rows: Sequence[Row]
    ) -> tuple[Tensor, Mapping[str, Tensor | float]]:
        return token_loss(TokenLogprobs(scored.logprobs.flatten(), None), self.tokens), {}


@dataclass(frozen=True, slots=True)
class Stepped:
    """What a step came to. Where `loss` or `gradient_norm` is not finite, nothing was updated."""

    loss: float
    gradient_norm: float
    tokens: int
    router_loss: float | None
    sums: Mapping[str, float] = field(default_factory=dict)  # of what its Loss tells

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
        self,
        number: int,
        rows: Sequence[Row],
        rate: float,
        check: Callable[[], None] | None = None,
        loss: Loss | None = None,
    ) -> Stepped:
        """Train on rows, at a learning rate; `loss` is the mean over their trained tokens unless another is given.

        `check` is called between microbatches, and may raise: nothing was done.

        Raises:
            OutOfMemory: a single row does not fit, or the moments; or one of several processes ran out of it.
        """
        reach("step_begun")
        tokens = sum(trained_tokens(row) for row in rows)
        work = _Work(number, rows, tokens, loss or MeanLoss(tokens), check or _nothing)

        def gradients(microbatch: int) -> _Sums:
            self._optimizer.zero_grad(set_to_none=True)
            return self._gradients(work, microbatch)

        # Of several processes one cannot begin anew: the others wait for it.
        least = 1 if self._world.size == 1 else self.microbatch
        try:
            sums, self.microbatch = within_memory(gradients, self.microbatch, least, self._device)
            norm = self._spread.clip(self._clip or None)
            stepped = Stepped(sums.loss, norm, tokens, sums.router_loss, sums.told)
            if not stepped.skipped:
                for group in self._optimizer.param_groups:
                    group["lr"] = rate
                # The first one makes the moments, for which there may be no room. It cannot be done again.
                within_memory(lambda _: self._optimizer.step(), self.microbatch, self.microbatch, self._device)
        finally:
            self._optimizer.zero_grad(set_to_none=True)
        reach("step_updated")
        return stepped

    def _gradients(self, work: _Work, microbatch: int) -> _Sums:
        """Sum up the gradients."""
        # Rows of like length side by side need the least padding.
        ordered = sorted(work.rows, key=row_tokens, reverse=True)
        parts = _parts(share(ordered, self._world.rank, self._world.size), microbatch)
        most = len(_parts(share(ordered, 0, self._world.size), microbatch))
        losses: list[Tensor] = []
        routers: list[Tensor] = []
        told: Counter[str] = Counter()
        for at in range(most):
            work.check()
            part = parts[at] if at < len(parts) else ()
            with nullcontext() if at == most - 1 else self._spread.accumulating():
                loss, router, some = self._loss(work, part or ordered[:1], idle=not part)
                reach("step_forward")
                (loss if router is None else loss + router).backward()  # type: ignore[no-untyped-call]
            losses.append(loss.detach().double())
            routers += [] if router is None else [router.detach().double()]
            told.update({name: float(value) for name, value in some.items()})
            reach("step_backward")
        names = sorted({name for each in everyone(sorted(told)) for name in each})
        loss_sum, router_sum, *rest = total([float(sum(losses)), float(sum(routers)), *(told[name] for name in names)])
        return _Sums(loss_sum, router_sum if routers else None, dict(zip(names, rest, strict=True)))

    def _loss(
        self, work: _Work, part: Sequence[Row], idle: bool
    ) -> tuple[Tensor, Tensor | None, Mapping[str, Tensor | float]]:
        """A microbatch's share of the step's loss; of one that is idle, of which nothing is trained, 0."""
        torch.manual_seed(_drawn(self._seed, work.number, part[0]))
        batch = batch_of(part, self._policy.ends.pad)
        targets = batch.targets_on(self._policy.device)
        inputs = batch.inputs(self._policy.device, self._flash)
        if idle:
            scored = self._spread.module(inputs, torch.full_like(targets, IGNORED))
            loss = scored.logprobs.sum()
            told: Mapping[str, Tensor | float] = {}
        else:
            scored = self._spread.module(inputs, targets, **work.loss.asks(part))
            loss, told = work.loss(scored, targets, part)
        weight = 0.0 if idle else batch.trained / work.tokens
        return loss, None if scored.router_loss is None else scored.router_loss * weight, told


@dataclass(frozen=True, slots=True)
class _Work:
    """What a step is made of."""

    number: int
    rows: Sequence[Row]
    tokens: int
    loss: Loss
    check: Callable[[], None]


@dataclass(frozen=True, slots=True)
class _Sums:
    """Over all microbatches of all processes."""

    loss: float
    router_loss: float | None
    told: Mapping[str, float]


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
