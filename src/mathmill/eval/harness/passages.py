"""Texts that are looked for in others, by every ten tokens of them that stand together.

Windows of tokens are found by a hash and then compared, so that what is found is there. The index takes about 50 bytes
a token of the texts looked for; a document costs memory for `PIECE` characters at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mathmill.eval.harness.wording import SAME, tokens_of, words_in

#: Tokens in a row that are a match, and the fewest of a text that is looked for, then as a whole.
WINDOW, FEWEST = 10, 3
#: Characters of a document that are looked at together; pieces of longer ones overlap by `OVERLAP`.
PIECE, OVERLAP = 1 << 20, 1 << 15

_Ids = NDArray[np.uint32]
_Hashes = NDArray[np.uint64]
_SPARSE = 4  # bits: of 16 places in a table of windows at most one is taken
_FACTOR = np.uint64(0x9E3779B97F4A7C15)  # odd: no position of a window drops out modulo 2^64


@dataclass(frozen=True, slots=True)
class Passage:
    """What a document has of text number `text`: the longest run of tokens, of them `words` words."""

    text: int
    tokens: tuple[str, ...]
    words: int


@dataclass(frozen=True, slots=True)
class _Index:
    """Windows of `width` tokens by hash, sorted; of each its text and where it begins there.

    `has` says of the first 64 - `shift` bits of a hash whether any of these begins so, which spares most searches.
    """

    width: int
    shift: np.uint64
    has: NDArray[np.bool_]
    hashes: _Hashes
    texts: NDArray[np.int32]
    starts: NDArray[np.int32]


class Passages:
    """An index of texts. Those of fewer than ten words are found as a whole, the others by any ten words in a row."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._ids: dict[str, int] = {}
        streams = [tokens_of(text) for text in texts]
        for token in (token for stream in streams for token in stream):
            self._ids.setdefault(SAME.get(token, token), len(self._ids) + 1)  # 0 is what no text has
        for variant, token in SAME.items():
            if token in self._ids:
                self._ids[variant] = self._ids[token]
        self._texts = [self._numbered(stream) for stream in streams]
        self.words = [words_in(stream) for stream in streams]
        self._indexes = self._indexed()

    def found_in(self, document: str) -> Iterator[Passage]:
        """The longest passage of each text that a document has any of; of a long document one for each piece of it."""
        for piece in _pieces(document):
            tokens = tokens_of(piece)
            stream = self._numbered(tokens)
            for text, (start, length) in sorted(self._runs(stream).items()):
                run = tuple(tokens[start : start + length])
                if (words := words_in(run)) >= min(WINDOW, self.words[text]):
                    yield Passage(text, run, words)

    def _numbered(self, tokens: Sequence[str]) -> _Ids:
        get = self._ids.get
        return np.fromiter((get(token, 0) for token in tokens), np.uint32, len(tokens))

    def _indexed(self) -> list[_Index]:
        """For texts of ten words every window of them, and the others as a window of their own length."""
        windows: dict[int, list[tuple[int, _Hashes]]] = {}
        for number, (text, words) in enumerate(zip(self._texts, self.words, strict=True)):
            if words >= FEWEST:
                width = WINDOW if words >= WINDOW else len(text)
                windows.setdefault(width, []).append((number, dict(_hashed(text, [width]))[width]))
        return [_index(width, windows[width]) for width in sorted(windows)]

    def _runs(self, stream: _Ids) -> dict[int, tuple[int, int]]:
        """Text -> where its longest run begins in the stream, and how long it is."""
        runs: dict[int, tuple[int, int]] = {}
        covered: dict[tuple[int, int], int] = {}  # (text, shift between the two) -> where its run ends in the stream
        hashes = _hashed(stream, [index.width for index in self._indexes])
        for index, (_, windows) in zip(self._indexes, hashes, strict=True):
            for place, entry in _hits(index, stream, windows):
                number, at = int(index.texts[entry]), int(index.starts[entry])
                if place < covered.get((number, place - at), 0):
                    continue
                text = self._texts[number]
                start, end = _run(stream, text, place, at)
                if end - place < index.width:
                    continue  # the same hash, and other tokens
                covered[number, place - at] = end
                if end - start > runs.get(number, (0, 0))[1]:
                    runs[number] = (start, end - start)
        return runs


def _index(width: int, windows: Sequence[tuple[int, _Hashes]]) -> _Index:
    hashes = np.concatenate([found for _, found in windows])
    texts = np.concatenate([np.full(len(found), number, np.int32) for number, found in windows])
    starts = np.concatenate([np.arange(len(found), dtype=np.int32) for _, found in windows])
    order = np.argsort(hashes, kind="stable")
    bits = len(hashes).bit_length() + _SPARSE
    shift = np.uint64(64 - bits)
    has = np.zeros(1 << bits, np.bool_)
    has[hashes >> shift] = True
    return _Index(width, shift, has, hashes[order], texts[order], starts[order])


def _hits(index: _Index, stream: _Ids, hashes: _Hashes) -> Iterator[tuple[int, int]]:
    """Windows of a stream that may be in the index: place, and number in the index; each only where it first stands."""
    places = np.flatnonzero(index.has[hashes >> index.shift])
    if not len(places):
        return
    hashes = hashes[places]
    entries = np.searchsorted(index.hashes, hashes)
    entries[entries == len(index.hashes)] = 0
    hit = index.hashes[entries] == hashes
    distinct, first = np.unique(hashes[hit], return_index=True)
    lows, highs = (np.searchsorted(index.hashes, distinct, side) for side in ("left", "right"))
    where: NDArray[Any] = places[hit][first]
    for turn in np.argsort(where):
        for entry in range(int(lows[turn]), int(highs[turn])):
            yield int(where[turn]), entry


def _hashed(stream: _Ids, widths: Sequence[int]) -> Iterator[tuple[int, _Hashes]]:
    """For each of some widths, which ascend, a hash of every window of a stream."""
    wide = stream.astype(np.uint64)
    hashes, reached = np.zeros(len(stream) + 1, np.uint64), 0
    for width in widths:
        for shift in range(reached, width):
            hashes = hashes[: max(len(stream) - shift, 0)] * _FACTOR + wide[shift:]
        reached = width
        yield width, hashes


def _run(stream: _Ids, text: _Ids, place: int, at: int) -> tuple[int, int]:
    """Where the run around a place of a stream begins and ends that is the same as the text around `at`."""
    back = min(place, at)
    before = np.flatnonzero(stream[place - back : place][::-1] != text[at - back : at][::-1])
    ahead = min(len(stream) - place, len(text) - at)
    behind = np.flatnonzero(stream[place : place + ahead] != text[at : at + ahead])
    start = place - (int(before[0]) if len(before) else back)
    return start, place + (int(behind[0]) if len(behind) else ahead)


def _pieces(document: str) -> Iterator[str]:
    for start in range(0, max(len(document) - OVERLAP, 1), PIECE - OVERLAP):
        yield document[start : start + PIECE]
