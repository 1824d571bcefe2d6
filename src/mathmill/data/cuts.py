"""Cuts at a budget of tokens, closed in on bin by bin: what is ranked is counted in bins, the best first, and only the
bin at which the budget ends is looked into more closely.

A histogram of 64 Ki bins and a second one inside a single bin of it find any 32-bit key, so nothing of a corpus's size
is sorted or held. What has the very key of the cut is then ranked by id.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass

KEYS = 1 << 32
#: Widths of bins, each a whole number of times in the one before; the last is one key.
WIDTHS = (1 << 16, 1)

_LARGEST = 3.4028234663852886e38  # of 32-bit floats
_SIGN = 1 << 31


@dataclass(frozen=True, slots=True)
class Bin:
    """Documents whose key is in [low, high), or that share an `id` where the bin is one key: how many, and tokens."""

    low: int
    high: int
    documents: int
    tokens: int
    id: str = ""


@dataclass(frozen=True, slots=True)
class Filled:
    """How much of a ranking came before `over`, the first bin that goes beyond the budget; None if all fits.

    `last` is the last bin that was taken of those given.
    """

    documents: int = 0
    tokens: int = 0
    over: Bin | None = None
    last: Bin | None = None


def fill(bins: Iterable[Bin], budget: int, documents: int = 0, tokens: int = 0) -> Filled:
    """Take bins in the order given while all tokens together stay within the budget; some may be taken already."""
    last = None
    for each in bins:
        if tokens + each.tokens > budget:
            return Filled(documents, tokens, each, last)
        documents, tokens, last = documents + each.documents, tokens + each.tokens, each
    return Filled(documents, tokens, None, last)


def best_first(bins: Iterable[Bin]) -> list[Bin]:
    """Bins by falling key; those of one key by rising id."""
    return sorted(bins, key=lambda each: (-each.low, each.id))


@dataclass(frozen=True, slots=True)
class Last:
    """The last that is kept of a ranking by falling key, equal keys by rising id."""

    key: int
    id: str

    def keeps(self, key: int, id: str) -> bool:
        """Whether what has this key and id is ranked no lower."""
        return key > self.key or (key == self.key and id <= self.id)


KEEPS_ALL = Last(-1, "")
KEEPS_NONE = Last(KEYS, "")


def order_key(value: float) -> int:
    """An integer from 0 to 2^32 - 1 in the order of values: the bits of the nearest 32-bit float.

    Values that differ by less than one part in 16 million may share a key. The order is that of IEEE 754 (2019, 5.10)
    without its NaNs; 0 and -0 are equal, and what is beyond 32-bit floats counts as the largest of them.
    """
    near = max(-_LARGEST, min(_LARGEST, value)) + 0.0
    bits = int.from_bytes(struct.pack(">f", near))
    return bits ^ (KEYS - 1) if bits & _SIGN else bits | _SIGN


def key_value(key: int) -> float:
    """The value that has this key, to seven digits."""
    bits = key & (_SIGN - 1) if key & _SIGN else key ^ (KEYS - 1)
    (value,) = struct.unpack(">f", bits.to_bytes(4))
    return float(f"{value:.7g}")
