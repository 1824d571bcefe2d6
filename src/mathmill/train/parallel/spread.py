"""A module spread over the processes of a training: a copy in each ("ddp"), or a share of it in each ("fsdp").

    policy = spread(module, "fsdp", world(), "cuda", "bfloat16")
    optimizer = torch.optim.AdamW(module.parameters())           # after it: "fsdp" puts shares in their place
    for microbatch in microbatches:                              # as many in each process
        with policy.accumulating() if more else nullcontext():
            (-policy.module(**microbatch).logprobs.sum() / tokens_of_all).backward()
    policy.clip(1.0)
    optimizer.step()

Gradients are summed over the processes, not averaged: a loss is divided by the trained tokens of the whole step, so a
process with few rows counts for few, and one without any takes part with a microbatch that has no target. The module is
called by what `spread` returns and by nothing else, and all that reads its weights happens inside. It returns tensors
in a tuple or a dict, where torch finds them; in a dataclass it does not.

With "fsdp" a decoder block's weights are whole only while it is worked on. In bfloat16 they are sent and worked on in
that, and their gradients summed in float32; what is around the blocks stays as it is, so that what runs through them is
rounded as under autocast in one process.

This file imports torch at its head. Only functions import it.
"""

from __future__ import annotations

import hashlib
import inspect
import math
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, distributed, nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import FSDPModule, MixedPrecisionPolicy, fully_shard
from torch.distributed.tensor import DTensor
from torch.nn.parallel import DistributedDataParallel

from mathmill.data.errors import ConfigError
from mathmill.train.parallel.processes import World, everyone, total
from mathmill.train.policy.head import blocks_of

How = Literal["ddp", "fsdp"]


@dataclass(frozen=True, slots=True)
class Spread:
    """`module` is what to call. `accumulating()` is for the backward passes of all microbatches of a step but its last.

    In it "ddp" sums nothing over the processes yet. "fsdp" does so each time: else each process would come to hold the
    gradients of the whole module.
    """

    module: nn.Module
    accumulating: Callable[[], AbstractContextManager[None]] = nullcontext

    def clip(self, norm: float | None) -> float:
        """Clip the gradients of the module, see `clip`."""
        return clip(self.module.parameters(), norm)


def spread(module: nn.Module, how: How, world: World, device: str, precision: str) -> Spread:
    """Spread a module over the processes, which have joined; alone, it is only moved to the device.

    `device` is that of the processes ("cpu", or "cuda", of which each has its own), `precision` what the module
    computes in. All processes begin with the weights of the first.

    Raises:
        ConfigError: processes have different modules, none of it is trained, or trained weights differ in format.
    """
    if world.size == 1:
        return Spread(module.to(device))
    _check_same(module)
    _check_trained(module, how)
    if how == "fsdp":
        _begin_as_the_first(module, device)
        _shard(module, world, device, precision)
        return Spread(module)
    # Buffers follow from the configuration: they need not be sent before each forward pass. The name is newer or older.
    names = inspect.signature(DistributedDataParallel).parameters
    still: dict[str, Any] = {"forward_sync_buffers" if "forward_sync_buffers" in names else "broadcast_buffers": False}
    # Looking for unused parameters keeps the order in which gradients are summed the same from the first step on (else
    # it changes after it, and a run that goes on would round otherwise), and allows for experts that saw no token.
    copy: Any = DistributedDataParallel(
        _Copy(module.to(device)), find_unused_parameters=True, gradient_as_bucket_view=True, **still
    )
    copy.register_comm_hook(None, lambda group, bucket: _summed(bucket.buffer()))
    return Spread(copy, copy.no_sync)


class _Copy(nn.Module):
    """A module and a parameter that is never used: without one torch warns, at length, of looking for any."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module
        self.unused = nn.Parameter(torch.zeros(1, device=next(module.parameters()).device))

    def forward(self, *given: Any, **named: Any) -> Any:
        return self.module(*given, **named)


def _summed(given: Tensor) -> torch.futures.Future[Tensor]:
    """The sum of a stretch of gradients over the processes, rounded once."""
    wide = given.float() if given.dtype in (torch.bfloat16, torch.float16) else given
    work: Any = distributed.all_reduce(wide, async_op=True)
    done: torch.futures.Future[Tensor] = work.get_future().then(lambda future: given.copy_(future.value()[0]))
    return done


def _shard(module: nn.Module, world: World, device: str, precision: str) -> None:
    mesh = init_device_mesh(device.partition(":")[0], (world.size,))
    trained = next(parameter.dtype for parameter in module.parameters() if parameter.requires_grad)
    summed_in = torch.promote_types(trained, torch.float32)
    worked_in = torch.bfloat16 if precision == "bfloat16" else None
    in_blocks = MixedPrecisionPolicy(worked_in, summed_in, cast_forward_inputs=False)
    around = MixedPrecisionPolicy(reduce_dtype=summed_in, cast_forward_inputs=False)
    for block in blocks_of(module):
        fully_shard(block, mesh=mesh, mp_policy=in_blocks)
    fully_shard(module, mesh=mesh, mp_policy=around)
    for part in module.modules():
        if isinstance(part, FSDPModule):
            # A sum; and by the one kind of reduction that gloo has.
            part.set_gradient_divide_factor(1.0)
            part.set_force_sum_reduction_for_comms(True)
            # An expert may get a gradient in one process and none in another; what gets none in any has one of zeros.
            part.set_reduce_scatter_unused_params(True, recurse=False)


def _check_same(module: nn.Module) -> None:
    forms = [(name, str(p.dtype), list(p.shape), p.requires_grad) for name, p in module.named_parameters()]
    digests = everyone(hashlib.sha256(repr(forms).encode()).hexdigest())
    if len(set(digests)) > 1:
        others = [rank for rank, digest in enumerate(digests) if digest != digests[0]]
        raise ConfigError(
            f"process {others[0]} made another model than process 0: start all with the same recipe, files and versions"
        )


def _check_trained(module: nn.Module, how: How) -> None:
    formats = sorted({str(p.dtype).removeprefix("torch.") for p in module.parameters() if p.requires_grad})
    if not formats:
        raise ConfigError("no parameter of the model is trained: take away what freezes all of them")
    if how == "fsdp" and not hasattr(FSDPModule, "set_reduce_scatter_unused_params"):
        raise ConfigError(f'torch {torch.__version__} is too old for fsdp: install 2.13, or spread the model by "ddp"')
    if how == "fsdp" and len(formats) > 1:
        raise ConfigError(
            f"trained weights are {' and '.join(formats)}, and fsdp needs all in one format: set weights to float32, "
            'or spread the model by "ddp"'
        )


@torch.no_grad()
def _begin_as_the_first(module: nn.Module, device: str) -> None:
    """Give all processes the first one's parameters and buffers, one after the other."""
    for tensor in [*module.parameters(), *module.buffers()]:
        sent = tensor.detach().to(device)
        distributed.broadcast(sent, 0)
        tensor.copy_(sent)


@torch.no_grad()
def clip(parameters: Iterable[Tensor], norm: float | None) -> float:
    """Scale gradients so that their norm is at most `norm`, as torch's own function does; what it was before.

    It is the same in all processes. Gradients that are not finite are left as they are.
    """
    given = [parameter.grad for parameter in parameters if parameter.grad is not None]
    shares = [grad.to_local() for grad in given if isinstance(grad, DTensor)]
    wholes = [grad for grad in given if not isinstance(grad, DTensor)]
    square = _square(wholes) + total([_square(shares)])[0] if shares else _square(wholes)
    found = math.sqrt(square) if square >= 0 else square
    if norm is not None and math.isfinite(found) and found > norm:
        for grad in shares + wholes:
            grad.mul_(norm / (found + 1e-6))
    return found


def _square(tensors: list[Tensor]) -> float:
    """The sum of the squares of all numbers."""
    if not tensors:
        return 0.0
    wide = [torch.promote_types(each.dtype, torch.float32) for each in tensors]
    norms = [torch.linalg.vector_norm(each, dtype=dtype) for each, dtype in zip(tensors, wide, strict=True)]
    return float(torch.stack([each.double() for each in norms]).square().sum())
