"""Texts mixed by weight: each row is of one part, and the part that is furthest behind its share comes next.

Shares are of trained tokens, and hold from the first rows on to within about a row, however long the texts of a part
are. A part that ends begins anew, in another order; how often each was read is told.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from typing import Any

from mathmill.data.config import canonical_json
from mathmill.data.errors import ConfigError
from mathmill.data.page_files import fingerprint
from mathmill.train.batch.examples import Encoder
from mathmill.train.sources.examples_store import ExampleStore
from mathmill.train.sources.feed import Row
from mathmill.train.sources.settings import MixPart
from mathmill.train.sources.text_rows import TextRows
from mathmill.train.sources.texts import WINDOW, Cut, held_out_texts, text_shards


class MixFeed:
    """Rows of several parts. `fingerprint` is a SHA-256 over what is read, and how it is mixed."""

    def __init__(self, parts: Sequence[tuple[TextRows, float]], length: int, fingerprint: str) -> None:
        """Parts with their weights; `length` is a row's in tokens."""
        self.fingerprint = fingerprint
        self._parts = parts
        self._length = length
        self._all = sum(weight for _, weight in parts)

    def take(self, rows: int) -> list[Row]:
        return [self._next().take() for _ in range(rows)]

    def _next(self) -> TextRows:
        """The part that would be furthest behind its share after another row."""
        total = sum(part.tokens for part, _ in self._parts) + self._length
        part, _ = max(self._parts, key=lambda each: each[1] * total - self._all * each[0].tokens)
        return part

    def state(self) -> dict[str, Any]:
        return {part.name: part.state() for part, _ in self._parts}

    def load(self, state: Mapping[str, Any]) -> None:
        names = [part.name for part, _ in self._parts]
        if set(state) != set(names):
            raise ConfigError(
                f"the checkpoint is of a mix of {', '.join(sorted(state))}, and this one is of "
                f"{', '.join(sorted(names))}: train into a new folder"
            )
        for part, _ in self._parts:
            part.load(state[part.name])

    @property
    def epoch(self) -> float:
        """Of the part that was read least often."""
        return min(part.epoch for part, _ in self._parts)

    @property
    def rows(self) -> int | None:
        return None

    def told(self) -> dict[str, Any]:
        """What was taken of each part so far, and what was dropped."""
        total = max(1, sum(part.tokens for part, _ in self._parts))
        parts = [
            {
                "part": part.name,
                "weight": weight / self._all,
                "share": part.tokens / total,
                "trained_tokens": part.tokens,
                "epochs": round(part.epoch, 4),
                "dropped": dict(sorted(part.dropped.items())),
            }
            for part, weight in self._parts
        ]
        return {"parts": parts}


def read_mix(
    parts: Sequence[MixPart], encoder: Encoder, seed: int, length: int, packed: bool = True, window: int = WINDOW
) -> MixFeed:
    """The rows of a mix, none of which is read yet. `window` is in tokens, of each part.

    Raises:
        InputMissing, DamagedInput: files are not there or not as their run left them.
        ConfigError: what is named holds no texts.
    """
    # Read by threads of its own, the tokenizer must be nobody else's.
    own = replace(encoder, tokenizer=deepcopy(encoder.tokenizer))
    rows = []
    for part in parts:
        shards = text_shards(part.pages)
        if not shards:
            raise ConfigError(f"{part.name} has no pages of the split train: name another run")
        rows.append((TextRows(part.name, shards, _cut(part, own, seed, length, packed, window)), part.weight))
    facts = [[part.name, part.weight, part.held_out, fingerprint(part.pages)] for part in parts]
    digest = hashlib.sha256(canonical_json([seed, length, encoder.length, packed, window, facts])).hexdigest()
    return MixFeed(rows, length, digest)


def held_out_of(
    parts: Sequence[MixPart], encoder: Encoder, seed: int, tokens: int = 200_000
) -> dict[str, ExampleStore]:
    """Held-out Examples by part, `tokens` of each or what there is; parts that have none are not there."""
    found: dict[str, ExampleStore] = {}
    for part in parts:
        cut = _cut(part, encoder, seed, encoder.length, True, WINDOW)
        store = held_out_texts(part.name, part.pages, cut, tokens)
        if store is not None:
            found[part.name] = store
    return found


def _cut(part: MixPart, encoder: Encoder, seed: int, length: int, packed: bool, window: int) -> Cut:
    return Cut(encoder, length, packed, seed, part.held_out, window)
