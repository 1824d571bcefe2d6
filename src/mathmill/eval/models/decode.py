"""Our own loop of generation, for models whose past lies in columns (`cache.py`).

What it does that a call of transformers' `generate` for each batch does not: tokens that all prompts begin with (the
shots) go through the model once; a prompt goes through it once for all its samples; a row that has ended leaves, and
the next prompt takes its place. The result is the same up to rounding: masks and positions of every row are those it
would have alone, only the order of sums in a matrix product can differ with the shape of a batch.

Layout: a row of `l` tokens has `columns - l` columns of padding to its left, as in any batch padded on the left. When
a group of prompts of at most `L` tokens with `P` in common goes through the model, the last `S = L - P` tokens of each
row are computed, and what is before them, `l - S` tokens, is copied from the prefix: so padding is never in between,
and a sliding window, which is counted in columns, is exact.

This file imports torch at its head. Only functions of this package import it.
"""

from __future__ import annotations

import inspect
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from transformers.cache_utils import DynamicCache

from mathmill.eval.models import cache as layout
from mathmill.eval.models.base import Completion, Sampling
from mathmill.eval.models.sampling import Randomness, draw_noted
from mathmill.eval.models.stops import Endings, Spoken, Transcript

# Columns that a buffer has free after it was moved, unless told: a move costs about as much as two tokens of the batch.
ROOM = 96
_WORTH_SHARING = 16  # tokens; a shorter prefix is not prefilled by itself
_CALL = 64  # tokens that take a processor about as long as a call of the model does by itself
_TOGETHER = 4096  # tokens that go through the model at once: more makes it no faster and takes memory


@dataclass(frozen=True, slots=True)
class Ask:
    """A prompt as the loop sees it; `index` is its position among the caller's."""

    index: int
    id: str
    tokens: npt.NDArray[np.int32]
    stops: tuple[str, ...]
    endings: Endings


@dataclass(frozen=True, slots=True)
class Plan:
    """How work is laid out; no answer depends on it. `rows` is the size of a batch; `noted`: see `Spoken`."""

    rows: int
    share_prefix: bool = True
    refill: bool = True
    noted: bool = False
    room: int = ROOM


@dataclass(slots=True)
class _Ready:
    """A prompt that went through the model: a row of a group's cache, the logits after it, the next sample's number."""

    ask: Ask
    cache: DynamicCache
    row: int
    logits: torch.Tensor  # [1, vocabulary]
    sample: int = 0


@dataclass(slots=True)
class _Row:
    """A completion under way in a row of the batch; `first` is the column of its prompt's first token."""

    ask: Ask
    sample: int
    transcript: Transcript
    randomness: Randomness
    first: int = 0


class Network:
    """A model as the loop calls it. `windows` is None if it cannot be called so."""

    def __init__(self, model: Any) -> None:
        self.model = model
        self.device = model.device
        takes = inspect.signature(model.forward).parameters
        self._keep = {"logits_to_keep": 1} if "logits_to_keep" in takes else {}
        fits = {"attention_mask", "position_ids", "past_key_values", "use_cache"} <= set(takes)
        self.windows = layout.windows_of(model) if fits else None

    def __call__(
        self, tokens: torch.Tensor, positions: torch.Tensor, mask: torch.Tensor, cache: DynamicCache
    ) -> torch.Tensor:
        """Logits after the last of `tokens` [rows, new], in float32 [rows, vocabulary]; `cache` grows by `new`."""
        output = self.model(
            input_ids=tokens,
            position_ids=positions,
            attention_mask=mask,
            past_key_values=cache,
            use_cache=True,
            **self._keep,
        )
        logits: torch.Tensor = output.logits[:, -1].float()
        return logits

    def step(
        self, tokens: torch.Tensor, positions: torch.Tensor, mask: torch.Tensor, cache: DynamicCache, padded: bool
    ) -> torch.Tensor:
        """The same for one token a row, most of what generation is made of; not `padded`: all that is alive counts."""
        return self(tokens, positions, mask, cache)

    @torch.inference_mode()
    def bytes_of_token(self) -> int:
        """What a row's cache takes for each token."""
        assert self.windows is not None
        cache = layout.new_cache(self.windows, 1)
        one = torch.ones((1, 1), dtype=torch.long, device=self.device)
        self(one, one * 0, one, cache)
        return layout.bytes_of(cache)


def common_prefix(asks: Sequence[Ask]) -> int:
    """How many tokens all begin with, leaving each at least one."""
    shortest, longest = (pick((ask.tokens for ask in asks), key=len) for pick in (min, max))
    most = len(shortest) - 1
    for ask in asks:
        most = int(np.argmin(np.append(ask.tokens[:most] == longest[:most], False)))
    return most


class Batch:
    """Prompts that wait, rows that speak, and completions that are done."""

    def __init__(self, network: Network, asks: Sequence[Ask], sampling: Sampling, plan: Plan) -> None:
        self._network, self._sampling, self._plan = network, sampling, plan
        # The longest first: what comes later is never longer than the columns that are there, and trouble with memory
        # shows at once.
        self._waiting = deque(sorted(asks, key=lambda ask: (-len(ask.tokens), ask.index)))
        self._ready: deque[_Ready] = deque()
        self._rows: list[_Row | None] = [None] * min(plan.rows, len(asks) * sampling.n)
        self._prefix: DynamicCache | None = None
        self._shared = 0
        self._cache: DynamicCache | None = None
        self._start = self._end = 0  # living columns
        self._done: dict[int, list[Spoken | None]] = {}
        self._finished: list[tuple[int, tuple[Spoken, ...]]] = []
        self._clear(0)

    def __iter__(self) -> Iterator[tuple[int, tuple[Completion, ...]]]:
        """The completions of each prompt, as soon as all of them are done."""
        for index, spoken in self.spoken():
            yield index, tuple(each.completion for each in spoken)

    def spoken(self) -> Iterator[tuple[int, tuple[Spoken, ...]]]:
        """The completions of each prompt with their tokens, as soon as all of them are done."""
        if self._plan.share_prefix and len(self._waiting) > 1:
            self._share()
        while self._waiting or self._ready or any(self._rows):
            self._advance()
            yield from self._finished
            self._finished.clear()

    def _clear(self, columns: int) -> None:
        rows, device = len(self._rows), self._network.device
        self._mask = torch.zeros((rows, columns), dtype=torch.long, device=device)
        self._tokens = torch.zeros((rows, 1), dtype=torch.long, device=device)
        self._positions = torch.zeros((rows, 1), dtype=torch.long, device=device)
        self._alive = torch.zeros((rows, 1), dtype=torch.long, device=device)

    @torch.inference_mode()
    def _share(self) -> None:
        shared = common_prefix(self._waiting)
        if shared >= _WORTH_SHARING:
            assert self._network.windows is not None
            tokens = self._tensor([self._waiting[0].tokens[:shared]])
            self._prefix = layout.new_cache(self._network.windows, shared)
            self._network(
                tokens, torch.arange(shared, device=tokens.device)[None], torch.ones_like(tokens), self._prefix
            )
            self._shared = shared

    def _tensor(self, rows: Sequence[npt.NDArray[np.int32]]) -> torch.Tensor:
        return torch.from_numpy(np.stack(rows).astype(np.int64)).to(self._network.device)

    @torch.inference_mode()
    def _advance(self) -> None:
        """Fill rows that are free, then let every row say one token."""
        self._fill()
        living = [number for number, row in enumerate(self._rows) if row]
        if not living:
            self._cache = None
            return
        if not (self._waiting or self._ready) and len(living) <= 3 * len(self._rows) // 4:
            self._rebuild(living)
            living = list(range(len(living)))
        elif self._end == self._mask.shape[1]:
            self._rebuild(None)
        assert self._cache is not None
        self._mask[:, self._end] = 1
        self._end += 1
        mask = self._mask[:, self._start : self._end]
        padded = any(row.first > self._start for row in self._rows if row)
        logits = self._network.step(self._tokens, self._positions, mask, self._cache, padded)
        self._positions += self._alive
        if len(living) < len(self._rows):
            logits = logits[living]
        self._say(living, logits)

    def _say(self, living: Sequence[int], logits: torch.Tensor) -> None:
        rows = [row for number in living if (row := self._rows[number])]
        tokens = self._draw(logits, rows)
        for number, row, token in zip(living, rows, tokens, strict=True):
            if row.transcript.add(token):
                self._finish(row)
                self._rows[number] = None
        # Rows that are free go on with token 0 at position 0 until they are filled.
        said = np.zeros(len(self._rows), np.int64)
        said[list(living)] = tokens
        free = [number for number, row in enumerate(self._rows) if row is None]
        said[free] = 0
        self._tokens = torch.from_numpy(said)[:, None].to(self._network.device)
        if len(free) + len(living) > len(self._rows):  # some have just ended
            self._positions[free] = 0
            self._alive[free] = 0
            self._trim()

    def _draw(self, logits: torch.Tensor, rows: Sequence[_Row]) -> list[int]:
        """The next token of each row."""
        uniforms = [row.randomness.uniform(row.transcript.tokens) for row in rows]
        draws = draw_noted(logits, self._sampling, uniforms, self._plan.noted)
        for number, row in enumerate(rows if self._plan.noted else ()):
            row.transcript.note(draws.logprobs[number], draws.kept[number] if draws.kept else None)
        return draws.tokens

    def _finish(self, row: _Row) -> None:
        done = self._done.setdefault(row.ask.index, [None] * self._sampling.n)
        done[row.sample] = row.transcript.spoken()
        spoken = tuple(each for each in done if each)
        if len(spoken) == len(done):
            self._finished.append((row.ask.index, spoken))
            del self._done[row.ask.index]

    def _trim(self) -> None:
        """Forget columns in which every row that speaks has padding."""
        if firsts := [row.first for row in self._rows if row]:
            self._from(min(firsts))

    def _from(self, start: int) -> None:
        assert self._cache is not None
        self._start = start
        for layer in layout.columns_of(self._cache):
            layer.start = start

    def _rebuild(self, living: Sequence[int] | None) -> None:
        """Move to buffers with room on the right and no padding to trim on the left, for some rows or for all."""
        assert self._cache is not None
        chosen = None if living is None else torch.tensor(living, device=self._network.device)
        for layer in layout.columns_of(self._cache):
            layer.rebuild(chosen, self._plan.room)
        mask = self._mask[:, self._start : self._end]
        if chosen is not None:
            mask = mask[chosen]
            self._tokens, self._positions = self._tokens[chosen], self._positions[chosen]
            self._alive = self._alive[chosen]
            self._rows = [self._rows[number] for number in living or ()]
        self._mask = torch.nn.functional.pad(mask, (0, self._plan.room))
        for row in self._rows:
            if row:
                row.first -= self._start
        self._start, self._end = 0, self._end - self._start

    def _fill(self) -> None:
        """Put samples of prompts into free rows; let the next prompts through the model when enough rows are free."""
        while True:
            free = [number for number, row in enumerate(self._rows) if row is None]
            if free and self._ready:
                self._seat(free[0], self._ready[0])
                continue
            enough = max(len(self._rows) // 8, 1) if self._plan.refill else len(self._rows)
            if not self._waiting or len(free) < enough:
                return
            if len(free) == len(self._rows):
                self._cache = None
            self._prefill(-(-len(free) // self._sampling.n))

    def _group(self, most: int) -> int:
        """How many of the next prompts, at most so many, go through the model together: the first ones, where more
        tokens of padding are spared by leaving the shorter ones to a call of their own than that call costs.
        """
        new = [len(ask.tokens) - self._shared for ask in islice(self._waiting, most)]
        spared = [(len(new) - first) * (new[0] - new[first]) for first in range(len(new))]
        price = _CALL if self._network.device.type == "cpu" else _TOGETHER
        return int(np.argmax(spared)) if max(spared) > price else len(new)

    def _prefill(self, most: int) -> None:
        """Let the next prompts, at most so many, through the model."""
        longest = len(self._waiting[0].tokens)
        new = longest - self._shared
        group = [self._waiting.popleft() for _ in range(self._group(min(most, max(_TOGETHER // new, 1))))]
        lengths = [len(ask.tokens) for ask in group]
        tokens = np.zeros((len(group), new), np.int32)
        for line, ask in zip(tokens, group, strict=True):
            line[-min(new, len(ask.tokens)) :] = ask.tokens[-new:]
        assert self._network.windows is not None
        cache = layout.from_prefix(self._network.windows, self._prefix, lengths, self._shared)
        padding = longest - torch.tensor(lengths, device=self._network.device)[:, None]
        columns = torch.arange(longest, device=self._network.device)[None] - padding
        logits = self._network(self._tensor(list(tokens)), columns[:, -new:].clamp(min=0), (columns >= 0).long(), cache)
        self._ready.extend(_Ready(ask, cache, row, logits[row : row + 1]) for row, ask in enumerate(group))

    def _seat(self, number: int, ready: _Ready) -> None:
        """Begin the next sample of a prompt in a free row; it may be over with its first token."""
        ask, sample = ready.ask, ready.sample
        ready.sample += 1
        if ready.sample == self._sampling.n:
            self._ready.popleft()
        row = _Row(ask, sample, Transcript(ask.endings, ask.stops), Randomness(self._sampling.seed, ask.id, sample))
        [token] = self._draw(ready.logits, [row])
        if row.transcript.add(token):
            self._finish(row)
            return
        length = len(ask.tokens)
        if self._cache is None:
            self._cache = layout.like(ready.cache, len(self._rows), length, self._plan.room)
            self._clear(length + self._plan.room)
            self._start, self._end = 0, length
        layout.copy_row(self._cache, number, ready.cache, ready.row, length)
        row.first = self._end - length
        assert row.first >= 0, "prompts come the longest first"
        self._mask[number] = 0
        self._mask[number, row.first : self._end] = 1
        self._tokens[number], self._positions[number], self._alive[number] = token, length, 1
        self._rows[number] = row
        self._from(min(self._start, row.first))
