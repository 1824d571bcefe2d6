"""Hashes of what stands in rows of tokens, numbered, and an index of them: to look one row up in another.

Hashes are polynomials modulo 2^64. Equal ones are no proof: who uses them compares the tokens.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

#: Numbers of tokens, hashes, and places in a row of tokens.
Ids = NDArray[np.uint32]
Hashes = NDArray[np.uint64]
Places = NDArray[np.int64]

#: Odd: no position of a window drops out modulo 2^64, and it can be divided by.
FACTOR = 0x9E3779B97F4A7C15
_SPARSE = 4  # bits: of 16 places in a table of hashes at most one is taken


@dataclass(frozen=True, slots=True)
class Index:
    """Hashes of what stands at some places in all texts' tokens, sorted, and these places.

    `has` has a bit for the first bits of another hash, of the window there, the `64 - shift` of them, and spares most
    searches.
    """

    shift: np.uint64
    has: NDArray[np.uint8]
    hashes: Hashes
    places: NDArray[np.int32]

    def maybe(self, hashes: Hashes) -> Places:
        """Which of some windows are perhaps in the index."""
        bits = hashes >> self.shift
        return np.flatnonzero(self.has[bits >> np.uint64(3)] & (np.uint8(1) << (bits & np.uint64(7)).astype(np.uint8)))

    def ranges(self, hashes: Hashes) -> tuple[Places, Places]:
        """Of each hash the range of its entries."""
        return np.searchsorted(self.hashes, hashes, "left"), np.searchsorted(self.hashes, hashes, "right")


def index_of(windows: Hashes, hashes: Hashes, places: Places) -> Index:
    """The index of places, by the hashes of the windows there and of what else there is to find."""
    order = np.argsort(hashes, kind="stable")
    shift = 64 - max(len(windows).bit_length() + _SPARSE, 3)
    bits = windows >> np.uint64(shift)
    has = np.zeros(1 << (61 - shift), np.uint8)
    np.bitwise_or.at(has, bits >> np.uint64(3), np.uint8(1) << (bits & np.uint64(7)).astype(np.uint8))
    return Index(np.uint64(shift), has, hashes[order], places[order].astype(np.int32))


def hashes_of_windows(stream: Ids, width: int) -> Hashes:
    """A hash of every window of a stream: a polynomial modulo 2^64, by doubling its width."""
    if len(stream) < width:
        return np.zeros(0, np.uint64)
    reached, hashes = 1, stream.astype(np.uint64)
    for bit in f"{width:b}"[1:]:
        hashes = hashes[: len(hashes) - reached] * _power(reached) + hashes[reached:]
        reached *= 2
        if bit == "1":
            hashes = longer(hashes[: len(hashes) - 1], stream[reached:])
            reached += 1
    return hashes


def longer(hashes: Hashes, tokens: Ids) -> Hashes:
    """The hashes of windows that are longer by one token each."""
    return hashes * np.uint64(FACTOR) + tokens


def hashes_of_spans(stream: Ids, starts: Places, ends: Places) -> Hashes:
    """A hash of each of some spans of a stream: a polynomial modulo 2^64, as the difference of two of its sums."""
    if not len(starts):
        return np.zeros(0, np.uint64)
    bits = len(stream).bit_length()
    sums = np.append(np.uint64(0), np.cumsum(stream * _powers(FACTOR, bits)[: len(stream)], dtype=np.uint64))
    inverse = _powers(pow(FACTOR, -1, 1 << 64), bits)
    return (sums[ends] - sums[starts]) * inverse[starts]


def _power(exponent: int) -> np.uint64:
    return np.uint64(pow(FACTOR, exponent, 1 << 64))


@lru_cache(64)
def _powers(factor: int, bits: int) -> Hashes:
    """The powers of a factor modulo 2^64, from 0 on, `1 << bits` of them."""
    powers = np.full(1 << bits, factor, np.uint64)
    powers[0] = 1
    return np.cumprod(powers, dtype=np.uint64)


def alike(one: Ids, other: Ids) -> int:
    """How many tokens two rows have alike from the first on; costs time in proportion to these."""
    most, at, size = min(len(one), len(other)), 0, 64
    while at < most:
        until = min(at + size, most)
        differ = np.flatnonzero(one[at:until] != other[at:until])
        if len(differ):
            return at + int(differ[0])
        at, size = until, 2 * size
    return most
