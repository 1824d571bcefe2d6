"""Work that is done with fewer rows at once where memory runs out.

This file imports torch at its head. Only functions import it.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import TypeVar

import torch

from mathmill.data.errors import ConfigError
from mathmill.data.terminal import mind, one_line
from mathmill.eval.models.memory import free_bytes, is_out_of_memory, peak_bytes

T = TypeVar("T")


class OutOfMemory(ConfigError):
    """Not even the least that can be done at once fits; its message says what there is, and what helps."""


def within_memory(work: Callable[[int], T], microbatch: int, least: int, device: str) -> tuple[T, int]:
    """What `work(microbatch)` gives, and the microbatch with which it went: half of it, again and again to `least`.

    Work that fails has to be such that it can be done again.

    Raises:
        OutOfMemory: it does not fit.
    """
    while True:
        try:
            return work(microbatch), microbatch
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            said = one_line(error)
        # Out of the handler, which keeps all that the failed work had in memory.
        gc.collect()
        if device == "cuda":
            torch.cuda.empty_cache()
        if microbatch <= least:
            had, free = peak_bytes(device) / 1e9, free_bytes(device) / 1e9
            raise OutOfMemory(
                f"out of memory with {microbatch} rows at once ({had:.1f} GB were had at most, {free:.1f} GB are free "
                f"now; {said[:120] or 'no more is given'})"
            )
        microbatch = -(-microbatch // 2)
        mind(f"memory ran out: {microbatch} rows go through the model at once from now on")
