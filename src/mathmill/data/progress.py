"""How far some work is, shown to whoever waits: a bar on a terminal, else a plain line now and then."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

_LINE_SECONDS = 10.0
_BAR_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Outlook:
    """The share of the work that is done, from 0 to 1, what there is to say of it, and how long it may still take."""

    share: float
    facts: str
    seconds_left: float | None

    def __str__(self) -> str:
        return f"{self.share:4.0%}  {self.facts}  {self.left}"

    @property
    def left(self) -> str:
        return "time left unknown" if self.seconds_left is None else f"about {duration(self.seconds_left)} left"


@contextmanager
def progress_shown(look: Callable[[], Outlook]) -> Iterator[None]:
    """Show on stderr what `look` says, while the block runs; it is asked from another thread."""
    stop = threading.Event()
    show = _show_bar if sys.stderr.isatty() else _show_lines
    thread = threading.Thread(target=show, args=(look, stop), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _show_lines(look: Callable[[], Outlook], stop: threading.Event) -> None:
    while not stop.wait(_LINE_SECONDS):
        print(look(), file=sys.stderr, flush=True)


def _show_bar(look: Callable[[], Outlook], stop: threading.Event) -> None:
    columns = (BarColumn(), TaskProgressColumn(), TextColumn("{task.description}", markup=False))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=1.0)
        while not stop.wait(_BAR_SECONDS):
            seen = look()
            bar.update(task, completed=seen.share, description=f"{seen.facts}  {seen.left}")


def duration(seconds: float) -> str:
    """Seconds in words, such as `2 h 05 min` or `48 s`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
