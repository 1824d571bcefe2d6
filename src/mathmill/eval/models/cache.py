"""Keys and values of a batch, laid out in columns: rows end together, and what is to the left of a row is padding.

A layer keeps a buffer of `[rows, heads, columns, size of a head]` with room to the right, so that a token costs its
own bytes and not a copy of all that went before. Columns from `start` to `end` are alive. A sliding layer keeps them
all too (a row can then be moved or cut anywhere) but shows a model only those that its window reaches, which is what
the transformers library shows: masks go by columns there, and every row has its tokens in neighbouring columns.

Memory: 2 x layers x heads x size of a head x bytes of a number for each row and column; about 37 KB for a model of
270 million parameters (Gemma 3, float32), so 44 MB for a row of 1,200 tokens.

This file imports torch and transformers at its head. Only functions of this package import it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from transformers.cache_utils import DummyLayer, DynamicCache, DynamicLayer, get_layer_types_and_kwargs

#: Of a layer's type, whether its window of tokens bounds what is shown of it.
_LAID_OUT = {"full_attention": False, "chunked_attention": False, "sliding_attention": True}

#: Window of each layer: None for all columns, 0 for a layer that keeps nothing.
Windows = tuple[int | None, ...]


class Columns(DynamicLayer):  # type: ignore[no-untyped-call]
    """One layer's keys and values in a buffer of `capacity` columns, shown through a `window` of tokens if not None."""

    def __init__(self, capacity: int, window: int | None) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.capacity, self.window = capacity, window
        self.start = self.end = 0
        self.is_sliding = window is not None

    def lazy_initialization(self, key_states: torch.Tensor, value_states: torch.Tensor) -> None:
        self.reserve(key_states, value_states, key_states.shape[0])

    def reserve(self, keys: torch.Tensor, values: torch.Tensor, rows: int) -> None:
        """Take memory for `rows` rows of keys and values such as these. Zeros: what is masked must not be NaN."""
        self.dtype, self.device = keys.dtype, keys.device
        self.keys = keys.new_zeros((rows, keys.shape[1], self.capacity, keys.shape[3]))
        self.values = values.new_zeros((rows, values.shape[1], self.capacity, values.shape[3]))
        self.is_initialized = True

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *args: Any, **kwargs: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        assert self.keys is not None and self.values is not None
        new = key_states.shape[2]
        self.keys[:, :, self.end : self.end + new] = key_states
        self.values[:, :, self.end : self.end + new] = value_states
        self.end += new
        first = self.start if self.window is None else max(self.start, self.end - (self.window - 1 + new))
        return self.keys[:, :, first : self.end], self.values[:, :, first : self.end]

    def cast(self, dtype: torch.dtype) -> None:
        """Keep keys and values in another precision: where attention computes in it, no token need be cast again."""
        assert self.keys is not None and self.values is not None
        self.keys, self.values, self.dtype = self.keys.to(dtype), self.values.to(dtype), dtype

    def get_seq_length(self) -> int:
        return self.end - self.start

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        seen = self.get_seq_length()
        shown = seen if self.window is None else min(seen, self.window - 1)
        return shown + query_length, seen - shown

    def rebuild(self, rows: torch.Tensor | None, room: int) -> None:
        """Move the living columns, of these rows or all, into a new buffer with room for `room` more."""
        assert self.keys is not None and self.values is not None
        alive = self.end - self.start
        self.capacity = alive + room
        for name in ("keys", "values"):
            old = getattr(self, name)[:, :, self.start : self.end]
            kept = old if rows is None else old.index_select(0, rows)
            new = old.new_zeros((kept.shape[0], kept.shape[1], self.capacity, kept.shape[3]))
            new[:, :, :alive] = kept
            setattr(self, name, new)
        self.start, self.end = 0, alive


def windows_of(model: Any) -> Windows | None:
    """How the layers of a model see the past, or None for one whose past is not in columns (a state, a convolution)."""
    if model._is_stateful or not model._supports_default_dynamic_cache():
        return None
    types, settings = get_layer_types_and_kwargs(model.config.get_text_config(decoder=True))
    windows: list[int | None] = []
    for kind, setting in zip(types, settings, strict=True):
        if kind == "dummy":
            windows.append(0)
        elif kind not in _LAID_OUT:
            return None
        else:
            windows.append(setting["sliding_window"] if _LAID_OUT[kind] else None)
    return tuple(windows)


def _dummy() -> DummyLayer:
    return DummyLayer()  # type: ignore[no-untyped-call]


def new_cache(windows: Windows, capacity: int) -> DynamicCache:
    """An empty cache of such layers."""
    cache = DynamicCache()
    cache.layers = [_dummy() if window == 0 else Columns(capacity, window) for window in windows]
    cache.layer_class_to_replicate = None
    return cache


def columns_of(cache: DynamicCache) -> list[Columns]:
    """The layers that keep something."""
    return [layer for layer in cache.layers if isinstance(layer, Columns)]


def from_prefix(windows: Windows, prefix: DynamicCache | None, lengths: Sequence[int], cached: int) -> DynamicCache:
    """A cache for rows of `lengths` tokens that has, of each, all but the last `max(lengths) - cached` of them.

    `prefix` is a cache of one row whose first tokens are those of every row. None: nothing is there yet (`cached` = 0).
    """
    longest = max(lengths)
    cache = new_cache(windows, longest)
    if prefix is None:
        return cache
    for layer, source in zip(columns_of(cache), columns_of(prefix), strict=True):
        assert source.keys is not None and source.values is not None
        layer.reserve(source.keys, source.values, len(lengths))
        assert layer.keys is not None and layer.values is not None
        for row, length in enumerate(lengths):
            have = length - (longest - cached)
            if have > 0:
                layer.keys[row, :, cached - have : cached] = source.keys[0, :, :have]
                layer.values[row, :, cached - have : cached] = source.values[0, :, :have]
        layer.end = cached
    return cache


def like(cache: DynamicCache, rows: int, length: int, room: int) -> DynamicCache:
    """A cache of `rows` empty rows with the layers of another, `length` columns alive and `room` to come."""
    new = DynamicCache()
    new.layer_class_to_replicate = None
    new.layers = []
    for layer in cache.layers:
        if isinstance(layer, Columns):
            assert layer.keys is not None and layer.values is not None
            copy = Columns(length + room, layer.window)
            copy.reserve(layer.keys, layer.values, rows)
            copy.end = length
            new.layers.append(copy)
        else:
            new.layers.append(_dummy())
    return new


def copy_row(target: DynamicCache, row: int, source: DynamicCache, source_row: int, length: int) -> None:
    """Put the last `length` columns of a row of `source` where the row of `target` ends."""
    for new, old in zip(columns_of(target), columns_of(source), strict=True):
        assert new.keys is not None and new.values is not None and old.keys is not None and old.values is not None
        new.keys[row, :, new.end - length : new.end] = old.keys[source_row, :, old.end - length : old.end]
        new.values[row, :, new.end - length : new.end] = old.values[source_row, :, old.end - length : old.end]


def bytes_of(cache: DynamicCache) -> int:
    """Bytes that a row takes for each column."""
    total = 0
    for layer in columns_of(cache):
        assert layer.keys is not None and layer.values is not None
        for tensor in (layer.keys, layer.values):
            total += tensor.shape[1] * tensor.shape[3] * tensor.element_size()
    return total
