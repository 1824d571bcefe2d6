"""A causal model taken apart: the decoder, the head and what is done with logits; and the router of its experts.

This file imports torch at its head. Only functions import it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn


@dataclass(frozen=True, slots=True)
class Parts:
    """A causal model taken apart: logits are `softcap(head(decoder)) * scale`."""

    decoder: nn.Module
    head: nn.Linear
    softcap: float | None
    scale: float


def parts_of(causal: Any) -> Parts | None:
    """The parts of a model, if what they say together is what it says itself."""
    decoder, head = causal.base_model, causal.get_output_embeddings()
    if decoder is causal or type(head) is not nn.Linear:
        return None
    config = causal.config.get_text_config(decoder=True)
    scale = float(getattr(config, "logit_scale", None) or getattr(config, "lm_head_multiplier", None) or 1.0)
    scale /= float(getattr(config, "logits_scaling", None) or 1.0)
    parts = Parts(decoder, head, getattr(config, "final_logit_softcapping", None), scale)
    return parts if _agree(causal, parts) else None


@torch.no_grad()
def _agree(causal: Any, parts: Parts) -> bool:
    was_training = causal.training
    causal.eval()
    try:
        ids = torch.arange(1, 9, device=parts.head.weight.device).remainder_(len(parts.head.weight)).unsqueeze(0)
        hidden = parts.decoder(input_ids=ids, use_cache=False).last_hidden_state
        own = causal(input_ids=ids, use_cache=False).logits.float()
    finally:
        causal.train(was_training)
    if hidden.shape[-1] != parts.head.weight.shape[1]:
        return False
    ours = parts.head(hidden).float() * parts.scale
    if parts.softcap is not None:
        ours = parts.softcap * torch.tanh(ours / parts.softcap)
    tolerance = 0.02 if hidden.dtype in (torch.bfloat16, torch.float16) else 1e-4
    if ours.shape != own.shape:
        return False
    # A model with damaged weights is told of where its loss is, which is not finite.
    size = float(own.nan_to_num().abs().max())
    return torch.allclose(ours, own, rtol=0, atol=tolerance * size, equal_nan=True)


def blocks_of(module: nn.Module) -> list[nn.Module]:
    """The blocks of a decoder: what the longest of the outermost lists of modules holds (those within hold experts)."""
    return list(max(_outermost_lists(module), key=len, default=()))


def _outermost_lists(module: nn.Module) -> Iterator[nn.ModuleList]:
    for child in module.children():
        if isinstance(child, nn.ModuleList):
            yield child
        else:
            yield from _outermost_lists(child)


@dataclass(frozen=True, slots=True)
class Router:
    """The loss that keeps the experts of a mixture evenly used (Fedus et al. 2021, equations 4 to 6), times `weight`.

    It is that of transformers: of a microbatch, over the tokens of all layers.
    """

    weight: float
    experts: int
    chosen: int

    def __call__(self, router_logits: tuple[Tensor, ...], real: Tensor) -> Tensor:
        """`router_logits` are [B * T, experts] of each layer; padding, where `real` [B, T] is 0, does not count."""
        from transformers.models.mixtral.modeling_mixtral import load_balancing_loss_func

        wide: Any = tuple(layer.float() for layer in router_logits)
        found: Any = load_balancing_loss_func(wide, self.experts, self.chosen, real)
        assert isinstance(found, Tensor)
        return self.weight * found


def router_of(causal: Any) -> Router | None:
    """What balances the experts of a model; None where it has none, or where its config gives that no weight."""
    config = causal.config.get_text_config(decoder=True)
    experts = getattr(config, "num_local_experts", None) or getattr(config, "num_experts", None)
    weight = getattr(config, "router_aux_loss_coef", None)
    return Router(float(weight), int(experts), int(config.num_experts_per_tok)) if experts and weight else None
