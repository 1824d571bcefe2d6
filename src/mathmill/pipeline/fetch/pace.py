"""How fast a server is asked, and how long one waits when it does not answer.

All threads of a process share one `Pace`: where one of them is told to slow down, all wait. Waits end at once when the
pace is stopped.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from mathmill.data.errors import MathmillError
from mathmill.data.progress import Outlook, progress_shown
from mathmill.pipeline.fetch.troubles import Trouble, Unreachable

_LONGEST_ASKED = 600.0  # seconds that a server's Retry-After is obeyed for


@dataclass(frozen=True, slots=True)
class Patience:
    """When to try again and when to give up. Times in seconds."""

    attempts: int = 12  # failures in a row, nothing gained between them, before a request is given up
    unmet: int = 4  # attempts at a server that was never met
    is_heard: bool = False  # whether an answer of any kind, also a refusal, is enough, and nothing is tried again
    pause: float = 1.0  # before the second attempt; doubled for each further one, give or take a half
    longest: float = 60.0
    silence: float = 60.0  # a server may take to connect, to answer, and between two pieces of a body
    unmet_silence: float = 15.0  # to connect and to answer, one that was never met: such an address may be wrong
    slowest: int = 2_000  # bytes a second, over `window`, below which a connection is given up
    window: float = 30.0


class Pace:
    """Lets at most `rate` requests a second begin."""

    def __init__(self, rate: float, patience: Patience) -> None:
        self.patience = patience
        self._gap = 1 / rate
        self._next = 0.0
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._said = ""
        self._until = 0.0
        self.met = False  # whether the server ever answered, or is known to be there

    @property
    def silence(self) -> float:
        """Seconds that the server may take to connect, and as many to answer."""
        patience = self.patience
        return patience.silence if self.met else min(patience.unmet_silence, patience.silence)

    def turn(self) -> None:
        """Wait until the next request may begin; raises what `sleep` does."""
        while True:
            self.check()
            with self._lock:
                now = time.monotonic()
                wait = self._next - now
                if wait <= 0:
                    self._next = now + self._gap
                    return
            self.sleep(wait)

    def hold(self, seconds: float) -> None:
        """Let no request begin for so long."""
        with self._lock:
            self._next = max(self._next, time.monotonic() + seconds)

    def sleep(self, seconds: float) -> None:
        """Wait, unless stopped.

        Raises:
            MathmillError: the pace was stopped.
        """
        self._stopped.wait(seconds)
        self.check()

    def tell(self, said: str, seconds: float) -> None:
        """Say for so long why one waits."""
        self._said, self._until = said, time.monotonic() + seconds

    @property
    def waiting(self) -> str:
        """Why one waits now, for a line of progress; "" where one does not."""
        return f"  waiting: {self._said[:150]}" if time.monotonic() < self._until else ""

    def stop(self) -> None:
        """End all waits, now and from now on."""
        self._stopped.set()

    def check(self) -> None:
        """Go on, unless stopped.

        Raises:
            MathmillError: the pace was stopped.
        """
        if self._stopped.is_set():
            raise MathmillError("stopped: nothing more is asked")


@contextmanager
def waits_shown(what: str, pace: Pace) -> Iterator[None]:
    """Say on stderr, while the block runs, what is done and why one waits."""
    with progress_shown(lambda: Outlook(0.0, f"{what}{pace.waiting}", None)):
        yield


class Attempts:
    """The failures of one request, and the waits between them."""

    def __init__(self, pace: Pace, what: str) -> None:
        self._pace = pace
        self._what = what
        self._failures = 0

    def failed(self, trouble: Trouble) -> None:
        """Count a failure and wait until it is time to try again.

        Raises:
            Unreachable: it is not tried again.
        """
        self._failures += 1
        patience = self._pace.patience
        never = trouble.unmet and not self._pace.met
        most = min(patience.unmet, patience.attempts) if never else patience.attempts
        if self._failures >= most or (patience.is_heard and self._pace.met):
            todo = "run the same command again later"
            if never:
                todo = "check the address, or the network of this machine, and run the same command again"
            elif trouble.crowded:
                todo += ", with a lower --rate (of a run, fetching.rate)"
            raise Unreachable(f"{self._what}: {trouble}, at the last of {self._failures} attempts: {todo}") from trouble
        pause = min(patience.pause * 2 ** (self._failures - 1), patience.longest) * random.uniform(0.5, 1.5)
        pause = max(pause, min(trouble.after or 0.0, _LONGEST_ASKED))
        self._pace.tell(str(trouble), pause)
        if trouble.crowded:
            self._pace.hold(pause)
        self._pace.sleep(pause)

    def gained(self) -> None:
        """Something came: the failures before it do not count."""
        self._failures = 0
