"""What a policy is held to: the weights that it began with, had some time ago, or had on the average.

There is no second model. Beside the policy's trained weights lie those of the reference, and take their places while it
speaks; of a new adapter not even these are needed, since the reference is the model without it.

This file imports torch at its head. Only functions import it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.distributed.tensor import DTensor

from mathmill.train.objective.settings import ReferenceSettings
from mathmill.train.policy.adapters import reference as without_adapter
from mathmill.train.policy.load import Policy


class Reference:
    """Of a policy as it is now: make it before weights of a checkpoint are put in."""

    def __init__(self, policy: Policy, settings: ReferenceSettings, new_adapter: bool) -> None:
        """`new_adapter`: the policy is a model under an adapter that says nothing yet."""
        self._policy, self._settings = policy, settings
        self._is_base = policy.adapted and new_adapter and settings.kind == "fixed"
        self._weights = {} if self._is_base else {name: _local(p).clone() for name, p in _trained(policy.model)}

    @contextmanager
    def speaking(self) -> Iterator[None]:
        """Within this the policy's model has the reference's weights. Nothing may be trained then."""
        if self._is_base:
            with without_adapter(self._policy):
                yield
            return
        self._swap()
        try:
            yield
        finally:
            self._swap()

    @torch.no_grad()
    def follow(self, explorations: int) -> None:
        """What happens to it after so many explorations: it takes the policy's weights, or comes nearer to them."""
        settings = self._settings
        if settings.kind == "refreshed" and explorations % settings.every == 0:
            for name, parameter in _trained(self._policy.model):
                self._weights[name].copy_(_local(parameter))
        elif settings.kind == "average":
            for name, parameter in _trained(self._policy.model):
                self._weights[name].lerp_(_local(parameter), 1.0 - settings.decay)

    def tables(self) -> Mapping[str, Mapping[str, Tensor]]:
        """What a checkpoint needs of it: nothing, if it follows from where the run began."""
        return {} if self._settings.kind == "fixed" else {"reference": dict(self._weights)}

    @torch.no_grad()
    def load(self, tables: Mapping[str, Mapping[str, Tensor]]) -> None:
        """Go on where `tables` was taken."""
        for name, tensor in tables.get("reference", {}).items():
            self._weights[name].copy_(tensor)

    @torch.no_grad()
    def _swap(self) -> None:
        for name, parameter in _trained(self._policy.model):
            if isinstance(parameter, DTensor):  # whose memory is fsdp's own
                held = _local(parameter).clone()
                _local(parameter).copy_(self._weights[name])
                self._weights[name] = held
            else:
                parameter.data, self._weights[name] = self._weights[name], parameter.data


def _trained(model: nn.Module) -> Iterator[tuple[str, nn.Parameter]]:
    return ((name, each) for name, each in model.named_parameters() if each.requires_grad)


def _local(parameter: Tensor) -> Tensor:
    return (parameter.to_local() if isinstance(parameter, DTensor) else parameter).detach()
