"""How much memory is free, and whether an error means that there was not enough."""

from __future__ import annotations

import os
from pathlib import Path

from mathmill.data import peak_memory

_MEMINFO = Path("/proc/meminfo")
_LIMIT, _USED = Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory.current")


def free_bytes(device: str) -> int:
    """Bytes that can be taken on a kind of device now: of a GPU, or of this machine or container."""
    if device == "cuda":
        import torch

        return int(torch.cuda.mem_get_info()[0])
    free = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    if _MEMINFO.exists():
        lines = _MEMINFO.read_text(encoding="ascii").splitlines()
        free = next((int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")), free)
    if _LIMIT.exists() and _USED.exists() and (limit := _LIMIT.read_text(encoding="ascii").strip()).isdigit():
        free = min(free, int(limit) - int(_USED.read_text(encoding="ascii")))
    return max(free, 0)


def peak_bytes(device: str) -> int:
    """Bytes that this process had at most at once: of a GPU's memory, or of this machine's."""
    if device.startswith("cuda"):
        import torch

        return int(torch.cuda.max_memory_allocated())
    return peak_memory.peak_bytes()


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error of torch or Python says that memory ran out."""
    import torch

    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    text = str(error)
    return "DefaultCPUAllocator" in text or "not enough memory" in text or "out of memory" in text
