"""Being asked to stop by Ctrl-C or SIGTERM: noted at once, obeyed where it can be."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from mathmill.data.errors import Stopped


class Asked:
    """Whether a signal asked to stop; `signum` is its number, or 0."""

    signum = 0

    def check(self) -> None:
        """Obey.

        Raises:
            Stopped: a signal has asked.
        """
        if self.signum:
            name = signal.Signals(self.signum).name
            raise Stopped(f"stopped by {name}, the same command goes on", self.signum)


@contextmanager
def noting_signals() -> Iterator[Asked]:
    """Note signals while the block runs, instead of what they do else; the first one is kept."""
    asked = Asked()

    def note(signum: int, frame: FrameType | None) -> None:
        asked.signum = asked.signum or signum

    before = {each: signal.signal(each, note) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
