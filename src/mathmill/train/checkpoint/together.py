"""What the processes of a training do together while one saves: put tensors together of which each holds a share.

The first process leads. Before each file it says to go on, at the end that it is done, and at any time what it failed
of: then all end by the same error, instead of waiting for a file that does not come.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch.distributed.tensor import DTensor

from mathmill.data.errors import CannotCreate, DiskFull, MathmillError
from mathmill.train.checkpoint.parts import Part
from mathmill.train.parallel.processes import World, first_of

Gather = Callable[[Part], dict[str, torch.Tensor]]
_KINDS: Mapping[str, type[MathmillError]] = {each.__name__: each for each in (DiskFull, CannotCreate)}


@contextmanager
def leading(world: World) -> Iterator[Gather]:
    """Save as the first process: what is given returns the whole tensors of a part. The others `follow`."""

    def gather(part: Part) -> dict[str, torch.Tensor]:
        first_of(None)
        return _wholes(part)

    if world.size == 1:
        yield _wholes
        return
    try:
        yield gather
    except BaseException as error:
        first_of({"kind": type(error).__name__, "said": str(error)})
        raise
    first_of(None)


def follow(parts: Iterable[Part]) -> None:
    """Give the first process what it gathers, until it is done.

    Raises:
        MathmillError: it failed, and by the same error.
    """
    for part in parts:
        _listen()
        _wholes(part)
    _listen()


def frozen_weights(model: torch.nn.Module, world: World) -> dict[str, torch.Tensor]:
    """The frozen weights of which each process holds a share, put together in the first; nothing in the others.

    They are in no checkpoint, and wanted to save a whole model after training an adapter. All processes call it.
    """
    found: dict[str, torch.Tensor] = {}
    seen: set[int] = set()
    for name, tensor in model.state_dict(keep_vars=True).items():
        if isinstance(tensor, DTensor) and not tensor.requires_grad and id(tensor) not in seen:
            seen.add(id(tensor))
            whole = tensor.full_tensor().detach()
            if world.is_first:
                found[name] = whole.cpu()
    return found


def _listen() -> None:
    failed: Any = first_of(None)
    if failed:
        raise _KINDS.get(failed["kind"], MathmillError)(f"process 0 could not save: {failed['said']}")


def _wholes(part: Part) -> dict[str, torch.Tensor]:
    """The tensors of a part, put together one after the other, so that a device never holds more than one of them."""
    return {
        name: tensor.full_tensor().cpu() if isinstance(tensor, DTensor) else tensor
        for name, tensor in part.tensors.items()
    }
