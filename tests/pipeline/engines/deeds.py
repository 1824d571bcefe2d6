"""Functions for workers; a module of its own, since every worker imports it."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from mathmill.data.errors import DiskFull


class Refusal(Exception):
    """An error that cannot be made from its message alone, so that it does not outlive a pickle."""

    def __init__(self, what: str, why: str) -> None:
        super().__init__(f"{what}, for {why}")


def double(number: int) -> int:
    return 2 * number


def stumble(number: int) -> int:
    if number == 3:
        raise LookupError("three is not here")
    return number


def refuse(number: int) -> int:
    raise Refusal("no", "no reason")


def give_a_lock(number: int) -> threading.Lock:
    return threading.Lock()


def fill_the_disk(number: int) -> int:
    raise DiskFull("no space left")


def die_at_three(number: int) -> int:
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.05)
    return number


def die_once(marker: Path) -> str:
    """Dies the first time, as a worker that the system ends for want of memory."""
    if not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return "alive"


def die_then_stay(folder: Path) -> str:
    """Dies the first time, stays for ten minutes the second, and is done the third."""
    visits = len(list(folder.iterdir()))
    (folder / str(visits)).touch()
    if visits == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    if visits == 1:
        time.sleep(600)
    return "alive"


def die_in_company(place: tuple[Path, int]) -> int:
    """Dies the first time; then it says how many others ran for some of its half second on the same node."""
    import ray

    folder, number = place
    first = folder / f"{number}.first"
    if not first.exists():
        first.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    node = ray.get_runtime_context().get_node_id()
    (folder / f"{number}.again").write_text(node)
    time.sleep(0.5)
    beside = [
        path for path in folder.glob("*.again") if path.read_text() == node and not path.with_suffix(".done").exists()
    ]
    (folder / f"{number}.done").touch()
    return len(beside) - 1


def sleep_long(number: int) -> int:
    time.sleep(600)
    return number


def write_on(path: Path) -> None:
    """Goes on writing for ten minutes, unless it is ended; the file of no name ends at once."""
    if not path.name:
        return
    deadline = time.monotonic() + 600
    with path.open("ab", buffering=0) as file:
        while time.monotonic() < deadline:
            file.write(b".")
            time.sleep(0.01)


def visit(place: tuple[Path, int, float]) -> int:
    """Notes its process in a folder, stays for some seconds, and gives the number back."""
    folder, number, seconds = place
    (folder / f"{number}.{os.getpid()}").touch()
    time.sleep(seconds)
    return number


def processes_of(folder: Path) -> Iterator[int]:
    """The processes that visited a folder and still are."""
    for path in folder.iterdir():
        pid = int(path.suffix[1:])
        if Path(f"/proc/{pid}/stat").exists():
            yield pid


def here(name: str) -> str:
    """Reads a file by a relative path."""
    return Path(name).read_text()


def allocator(number: int) -> str:
    import pyarrow as pa

    return str(pa.default_memory_pool().backend_name)


def big(number: int) -> bytes:
    return bytes([number]) * (1 << 20)
