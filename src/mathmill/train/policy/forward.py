"""A policy as one module that is called for training: logprobs of targets, and never a whole batch's logits.

    scored = PolicyModule(policy)(batch.inputs(device), batch.targets_on(device))

The decoder gives hidden states, and `train.logprob` does what the head would. All happens within one call, so that what
spreads a module over processes can wrap this one: the head's weight is read inside it. A model whose head cannot be
taken apart, as a probe tells, gives its own logits.

This file imports torch at its head. Only functions import it.

Shapes: B rows, T tokens of a row, H hidden size, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from mathmill.data.errors import ConfigError
from mathmill.train.batch.packing import IGNORED
from mathmill.train.logprob import KeptIds, Others, token_logprobs
from mathmill.train.policy.head import Parts, parts_of, router_of
from mathmill.train.policy.load import Policy


class Scored(NamedTuple):
    """Of each target its logprob, 0 where ignored; of the microbatch the router's loss, times its weight."""

    logprobs: Tensor  # [B, T], float32 (float64 for a model in float64)
    entropy: Tensor | None  # [B, T]
    router_loss: Tensor | None  # []


class PolicyModule(nn.Module):
    """Scores targets; trained by its own `parameters()`."""

    def __init__(self, policy: Policy) -> None:
        super().__init__()
        self.model = policy.model
        self._pad = policy.ends.pad
        self._precision = torch.bfloat16 if policy.precision == "bfloat16" else None
        # In a tuple: what a module holds as an attribute is one of its submodules, and these are the model's already.
        self._causal = (policy.causal,)
        self._parts = (parts_of(policy.causal),)
        self._router = router_of(policy.causal)
        rows = policy.causal.get_input_embeddings().num_embeddings
        self._rows = rows if len(policy.tokenizer) > rows else None  # where there may be tokens without one
        self.train(policy.model.training)

    def forward(
        self,
        inputs: Mapping[str, Any],
        targets: Tensor,
        temperature: float = 1.0,
        with_entropy: bool = False,
        kept: KeptIds | None = None,
    ) -> Scored:
        """Logprobs and entropies of `targets` [B, T], token for token: they are not shifted here.

        `inputs` are what the model is called with, without labels. Padding, if any, is at the end of a row. `kept`: of
        all targets that are not ignored, row after row, the tokens that their distributions are of.
        """
        if self._rows is not None:
            _check_rows(inputs["input_ids"], self._rows)
        inputs = {"use_cache": False, **inputs}
        parts = self._parts[0]
        asked = {"output_router_logits": True} if self._router else {}
        device = targets.device.type
        with torch.autocast(device, self._precision, enabled=self._precision is not None):
            output = (parts.decoder if parts else self._causal[0])(**inputs, **asked)
            if parts:
                found = _by_head(output.last_hidden_state, parts, targets, temperature, with_entropy, kept)
            else:
                found = _by_logits(output.logits, targets, temperature, with_entropy, kept)
        router = None
        if self._router:
            router = self._router(output.router_logits, real_tokens(inputs["input_ids"], targets, self._pad))
        return Scored(*found, router)


def _check_rows(input_ids: Tensor, rows: int) -> None:
    most = int(input_ids.max())
    if most >= rows:
        raise ConfigError(
            f"a text holds token {most}, and the embedding has {rows:,} rows: take that token out of the tokenizer, or "
            "of the text"
        )


def _by_head(
    hidden: Tensor, parts: Parts, targets: Tensor, temperature: float, with_entropy: bool, kept: KeptIds | None
) -> tuple[Tensor, Tensor | None]:
    found = token_logprobs(
        hidden.flatten(0, 1),
        parts.head.weight,
        targets.flatten(),
        bias=parts.head.bias,
        softcap=parts.softcap,
        temperature=temperature / parts.scale,
        with_entropy=with_entropy,
        kept=kept,
    )
    # No views: what spreads the module would lose its hooks, should someone write into one.
    entropy = None if found.entropy is None else found.entropy.view_as(targets).clone()
    return found.logprobs.view_as(targets).clone(), entropy


def _by_logits(
    logits: Tensor, targets: Tensor, temperature: float, with_entropy: bool, kept: KeptIds | None
) -> tuple[Tensor, Tensor | None]:
    with torch.autocast(logits.device.type, enabled=False):
        trained = targets != IGNORED
        wide = logits[trained].to(torch.promote_types(logits.dtype, torch.float32)) / temperature
        if kept is not None:
            wide = Others(kept, len(wide)).hidden(wide)
        all_logprobs = wide.log_softmax(-1)
        empty = wide.new_zeros(targets.shape)
        logprobs = empty.masked_scatter(trained, all_logprobs.gather(1, targets[trained].unsqueeze(1)))
        if not with_entropy:
            return logprobs, None
        return logprobs, empty.masked_scatter(trained, -(all_logprobs.exp() * all_logprobs).sum(-1))


def real_tokens(input_ids: Tensor, targets: Tensor, pad: int) -> Tensor:
    """1 where a token is of an Example, 0 at the padding behind [B, T].

    Where padding is the EOS itself, the one at an Example's end is known by being a target.
    """
    predicted = targets.roll(1, 1) != IGNORED
    predicted[:, 0] = False  # what rolled in from the end
    there = (input_ids != pad) | predicted
    # From the end of a row to its front: everything before a token that is there is there too.
    return there.flip(1).cummax(1).values.flip(1).to(torch.float32)
