"""The processes of one training, as torchrun starts them, and the plain values that they exchange.

    torchrun --standalone --nproc-per-node 2 -m mathmill.cli train sft RECIPE

Alone, each of these functions answers at once and torch is not imported. With more than one process each is called by
all of them, in the same order: one that is called by some only waits until the patience of `joined` is at its end.
"""

from __future__ import annotations

import json
import math
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from mathmill.data.errors import ConfigError, MathmillError
from mathmill.data.terminal import one_line

# Seconds that one process waits for another, which may be reading, hashing or writing for all of them.
_PATIENCE = 1_800.0
_LETTING_GO = 0.2  # seconds


@dataclass(frozen=True, slots=True)
class World:
    """Which process this is: `rank` of `size`, counted from 0, and `local_rank` of those on this machine."""

    rank: int = 0
    size: int = 1
    local_rank: int = 0

    @property
    def is_first(self) -> bool:
        """Whether this is the process that writes and talks for all."""
        return self.rank == 0


ALONE = World()


def world() -> World:
    """What torchrun says in the environment; a process that it did not start is alone.

    Raises:
        ConfigError: the environment is only half of torchrun's.
    """
    names = ("RANK", "WORLD_SIZE", "LOCAL_RANK")
    said = [os.environ.get(name, "") for name in names]
    if not any(said):
        return ALONE
    if not all(each.isdecimal() for each in said):
        told = ", ".join(f"{name} {each!r}" for name, each in zip(names, said, strict=True))
        raise ConfigError(f"the environment is not that of torchrun ({told}): start with torchrun, or unset these")
    rank, size, local_rank = map(int, said)
    if not 0 <= rank < size:
        raise ConfigError(f"the environment says RANK {rank} of WORLD_SIZE {size}: start with torchrun, or unset these")
    return World(rank, size, local_rank)


@contextmanager
def joined(world: World, device: str, patience: float = _PATIENCE) -> Iterator[None]:
    """Have the processes of `world` meet, for work on `device` ("cpu", or "cuda", of which each takes its own).

    Raises:
        ConfigError: there are fewer GPUs than processes on this machine.
        MathmillError: another process ended, or did not answer for `patience` seconds.
    """
    if world.size == 1:
        yield
        return
    import torch
    from torch import distributed

    on_gpu = device.startswith("cuda")
    if on_gpu:
        if world.local_rank >= torch.cuda.device_count():
            raise ConfigError(
                f"this is process {world.local_rank} of its machine, counted from 0, which has "
                f"{torch.cuda.device_count()} GPUs: start no more processes than those with --nproc-per-node"
            )
        torch.cuda.set_device(world.local_rank)
    try:
        with _telling_the_lost(world):
            # Plain values go by the processor's way on any device, so that none of them waits for a GPU.
            distributed.init_process_group(
                "cpu:gloo,cuda:nccl" if on_gpu else "gloo",
                timeout=timedelta(seconds=patience),
                device_id=torch.device("cuda", world.local_rank) if on_gpu else None,
            )
            yield
            barrier()
        # Only where all is well: while others are at something else it could wait for them for ever.
        distributed.destroy_process_group()
    finally:
        # gloo's threads live as long as the process, and hold what they sent last for a moment longer. One that lets go
        # of a tensor while Python ends has the process aborted.
        time.sleep(_LETTING_GO)


@contextmanager
def _telling_the_lost(world: World) -> Iterator[None]:
    """Say in our words that another process does not answer any more, wherever in the block torch met that."""
    from torch import distributed

    try:
        yield
    except RuntimeError as error:
        # gloo's errors have no class of their own.
        if not isinstance(error, distributed.DistError) and "gloo" not in str(error):
            raise
        raise MathmillError(
            f"process {world.rank} of {world.size} lost another one ({one_line(str(error))[:200]}): look at what that "
            "said last, then start all of them again; they go on from the newest checkpoint"
        ) from error


def total(numbers: Sequence[float]) -> list[Any]:
    """The sum of each number over all processes; integers stay integers, and are exact.

    What is not finite stays so. The sum does not hang on the order in which processes answer.
    """
    if not _is_joined():
        return list(numbers)
    return [
        sum(column) if all(isinstance(each, int) for each in column) else _sum([float(each) for each in column])
        for column in zip(*everyone([_plain(number) for number in numbers]), strict=True)
    ]


def _plain(number: float) -> int | float | str:
    """A number as JSON has it, which knows none that is not finite."""
    return number if isinstance(number, int) or math.isfinite(number) else str(number)


def _sum(numbers: list[float]) -> float:
    return math.fsum(numbers) if all(map(math.isfinite, numbers)) else sum(numbers)


def everyone(value: Any) -> list[Any]:
    """The value of each process, by rank: anything that JSON has."""
    if not _is_joined():
        return [value]
    import torch
    from torch import distributed

    # JSON, as all else that leaves a process: what torch offers for this is pickled.
    mine = torch.frombuffer(bytearray(json.dumps(value, allow_nan=False).encode()), dtype=torch.uint8)
    size = distributed.get_world_size()
    lengths = [torch.zeros(1, dtype=torch.int64) for _ in range(size)]
    distributed.all_gather(lengths, torch.tensor([len(mine)]))
    longest = max(int(length) for length in lengths)
    given = [torch.zeros(longest, dtype=torch.uint8) for _ in range(size)]
    distributed.all_gather(given, torch.nn.functional.pad(mine, (0, longest - len(mine))))
    return [
        json.loads(bytes(text[: int(length)].numpy().tobytes())) for text, length in zip(given, lengths, strict=True)
    ]


def first_of(value: Any) -> Any:
    """The value of the first process, in all of them; what the others give is not looked at."""
    return everyone(value)[0]


def barrier() -> None:
    """Wait until all processes are here."""
    everyone(None)


def _is_joined() -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and torch.distributed.is_available() and torch.distributed.is_initialized()
