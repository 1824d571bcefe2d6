"""The rows of a part, epoch after epoch: while those of a window are trained on, the next window is read.

A place is the beginning of a window and how many of its rows were given, so that going on reads one shard up to there
and one window again. Two windows are in memory.
"""

from __future__ import annotations

import threading
import weakref
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from mathmill.data.errors import ConfigError
from mathmill.train.sources.feed import Row
from mathmill.train.sources.texts import Cut, TextShard
from mathmill.train.sources.windows import Place, Window, WindowReader


class TextRows:
    """Rows without an end. `dropped` counts texts, by reason, in the windows that were begun."""

    def __init__(self, name: str, shards: Sequence[TextShard], cut: Cut) -> None:
        self.name = name
        self.tokens = 0  # targets in all rows that were given
        self.dropped: Counter[str] = Counter()
        self._shards = len(shards)
        self._reader = WindowReader(name, shards, cut)
        self._place = Place()  # where the window is, or the first one is going to be
        self._window: Window | None = None
        self._given = 0  # rows of the window
        self._ahead: _Ahead | None = None
        self._cancelled = threading.Event()
        weakref.finalize(self, self._cancelled.set)

    def take(self) -> Row:
        """The next row. Raises what `WindowReader.window` does."""
        window = self._window
        if window is None:
            window = self._open(self._place)
        elif self._given == len(window.rows):
            window = self._open(window.end)
        row = tuple(window.store[number] for number in window.rows[self._given])
        self._given += 1
        self.tokens += sum(sum(example.trained) for example in row)
        if self._ahead is None and 2 * self._given >= len(window.rows):
            self._ahead = _Ahead(self._reader, window.end, self._cancelled)
        return row

    @property
    def epoch(self) -> float:
        """How often all shards were read, with a fraction."""
        begin = self._place.epoch + self._place.shard / self._shards
        if self._window is None:
            return begin
        end = self._window.end.epoch + self._window.end.shard / self._shards
        return begin + (end - begin) * self._given / len(self._window.rows)

    def state(self) -> dict[str, Any]:
        told = {"rows": self._given, "tokens": self.tokens, "shards": self._shards, "dropped": dict(self.dropped)}
        return {**asdict(self._place), **told}

    def load(self, state: Mapping[str, Any]) -> None:
        """Go on where `state` was taken.

        Raises:
            ConfigError: it was taken of other texts.
        """
        if state["shards"] != self._shards:
            raise self._other(f"shards {state['shards']} are now {self._shards}")
        if self._ahead is not None:
            self._cancelled.set()
            self._ahead.wait()
            self._cancelled.clear()
            self._ahead = None
        self._place = Place(**{name: state[name] for name in ("epoch", "shard", "text", "example")})
        self._window, self._given = None, 0
        if state["rows"]:
            window = self._open(self._place)
            if window.begin.epoch != state["epoch"] or state["rows"] > len(window.rows):
                raise self._other(f"a window of at least {state['rows']} rows has {len(window.rows)}")
            self._given = state["rows"]
        self.tokens, self.dropped = state["tokens"], Counter(state["dropped"])

    def _open(self, place: Place) -> Window:
        """Begin the window at a place."""
        ahead, self._ahead = self._ahead, None
        window = ahead.wait() if ahead is not None else self._reader.window(place)
        assert window is not None, "nobody cancels what is waited for"
        self._window, self._place, self._given = window, window.begin, 0
        self.dropped.update(window.dropped)
        return window

    def _other(self, what: str) -> ConfigError:
        return ConfigError(
            f"the texts of {self.name} are not those of the checkpoint ({what}): train into a new folder"
        )


class _Ahead:
    """A window that a thread of its own reads: most of the time a tokenizer is at work, which lets others go on."""

    def __init__(self, reader: WindowReader, place: Place, cancelled: threading.Event) -> None:
        """Once `cancelled` it ends soon, without a window."""
        self._reader, self._place, self._cancelled = reader, place, cancelled
        self._window: Window | None = None
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._read, name="mathmill-texts")
        self._thread.start()

    def wait(self) -> Window | None:
        """The window, or None if it was cancelled. Raises what reading it raised."""
        self._thread.join()  # without a limit: what it reads from has limits of its own
        if self._failure is not None:
            raise self._failure
        return self._window

    def _read(self) -> None:
        try:
            self._window = self._reader.window(self._place, self._is_over)
        except Exception as failure:  # noqa: BLE001  # not a result: it is raised where the window is waited for
            self._failure = failure

    def _is_over(self) -> bool:
        """Whether nobody waits: cancelled, or the program is at its end."""
        return self._cancelled.is_set() or not threading.main_thread().is_alive()
