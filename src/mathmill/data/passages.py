"""Texts that are looked for in others: long ones by every ten tokens in a row, short ones as a whole.

A text of ten words is long. A document has something of it if a run of tokens is in both, is ten words long, and three
of these are prose, or the run is a whole question: else lists of numbers and set formulas would tell copies. A shorter
text is there if all of its tokens are, in a row and with no other signs (`wording.are_other_signs`). Questions of fewer
than three tokens, and solutions and answers of fewer than five words or three of prose, are not looked for.

Numbers, lone letters and the like count as half a word (`wording.weight_of`). The plain rule of ten tokens, whatever
they are, and of no prose, is `counting="tokens"`; what it adds is measured by `benchmarks/decontamination.py`.

Windows of tokens are found by a hash and then compared, so that what is found is there. The index takes about 20 bytes
a token of the texts looked for; a document costs memory for `PIECE` characters at a time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mathmill.data.problem_texts import Sought
from mathmill.data.wording import (
    WORD,
    are_other_signs,
    canonical,
    is_word,
    signs_of,
    spans_of,
    tokens_of,
    variants,
    weight_of,
)

#: Tokens in a row that are looked up together; and words of a match.
WINDOW = 10
#: The fewest tokens of a question, and words of a solution or answer, that are looked for as a whole.
FEWEST, FEWEST_OF_ANSWER = 3, 5
#: Words of prose in a match.
PROSE = 3
#: Characters of a document that are looked at together; pieces of longer ones overlap by `OVERLAP`.
PIECE, OVERLAP = 1 << 20, 1 << 15

Counting = Literal["words", "tokens"]
_Ids = NDArray[np.uint32]
_Hashes = NDArray[np.uint64]
_Places = NDArray[np.int64]
_UNKNOWN, _NOISE = 0, 1  # numbers of tokens: of none of the texts, and left out
_MANY = 1_000  # places of one text in a document that are told apart
_SPARSE = 4  # bits: of 16 places in a table of hashes at most one is taken
_FACTOR = np.uint64(0x9E3779B97F4A7C15)  # odd: no position of a window drops out modulo 2^64


@dataclass(frozen=True, slots=True)
class Passage:
    """What a document has of text number `text`: its longest run, `document[start:end]`, of `words` words.

    `again` are the other places of the document at which tokens of the run stand in a row; where there are more than a
    thousand, it is all from the first to the last. With `whole` the text is a
    short one, and all of it is there.
    """

    text: int
    start: int
    end: int
    words: int
    whole: bool
    again: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class _Index:
    """Windows by hash, sorted; of each the position in all texts' tokens where it begins.

    `has` has a bit for the first bits of a hash, the `64 - shift` of them, and spares most searches.
    """

    shift: np.uint64
    has: NDArray[np.uint8]
    hashes: _Hashes
    places: NDArray[np.int32]

    def maybe(self, hashes: _Hashes) -> _Places:
        """Which of some hashes are perhaps in the index."""
        bits = hashes >> self.shift
        return np.flatnonzero(self.has[bits >> np.uint64(3)] & (np.uint8(1) << (bits & np.uint64(7)).astype(np.uint8)))


class Passages:
    """An index of texts."""

    def __init__(self, texts: Sequence[Sought], counting: Counting = "words") -> None:
        self._plain = counting == "tokens"
        self._signs: dict[int, frozenset[str]] = {}
        self._texts = texts
        self._number(texts)
        self._lay_out()

    def _number(self, texts: Sequence[Sought]) -> None:
        """All texts as one row of numbers, with an unknown token after each."""
        ids: dict[bytes, int] = {b"": _NOISE}
        weights, prose = [0, 0], [False, False]
        rows: list[_Ids] = []
        for text in texts:
            tokens = tokens_of(text.text)
            for token in tokens:
                if token not in ids:
                    same = canonical(token)
                    if same not in ids:
                        ids[same] = len(weights)
                        weights.append(WORD if self._plain else weight_of(same))
                        prose.append(is_word(same))
                    ids[token] = ids[same]
            row = np.fromiter((ids[token] for token in tokens), np.uint32, len(tokens))
            rows.append(np.append(row[row != _NOISE], np.uint32(_UNKNOWN)))
        for token in [*ids]:
            ids.setdefault(b"\\" + token, ids[token])
        ids |= {token: ids[same] for token in variants() if (same := canonical(token)) in ids}
        self._ids = ids
        self._weights, self._prose = np.array(weights, np.int64), np.array(prose, np.bool_)
        lengths = np.array([len(row) for row in rows], np.int64)
        self._stream = np.concatenate([*rows, np.zeros(0, np.uint32)])
        self._starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        self._tokens = lengths - 1
        #: Words of each text.
        self.words: list[int] = [int(self._weights[row].sum()) // WORD for row in rows]

    def _lay_out(self) -> None:
        words = np.array(self.words, np.int64)
        questions = np.array([text.kind == "question" for text in self._texts], np.bool_)
        long = words >= WINDOW
        short = ~long & np.where(questions, self._tokens >= FEWEST, words >= FEWEST_OF_ANSWER)
        for text in np.flatnonzero(short & ~questions):
            short[text] = self._is_prose(self._of(int(text)))
        self._questions = questions
        #: Whether each text is looked for.
        self.sought: list[bool] = (long | short).tolist()
        hashes = _hashed(self._stream, WINDOW)
        ends = np.repeat(self._starts[1:] - 1, self._tokens + 1)
        inside = np.arange(len(hashes)) + WINDOW <= ends[: len(hashes)]
        self._long = _index(hashes, np.flatnonzero(inside & np.repeat(long, self._tokens + 1)[: len(hashes)]))
        starts = self._starts[:-1]
        self._heads = _index(_hashed(self._stream, FEWEST), starts[short])
        widths = np.minimum(self._tokens, WINDOW)
        self._short = {
            width: _index(_hashed(self._stream, width), starts[short & (widths == width)])
            for width in range(FEWEST, WINDOW + 1)
        }

    @property
    def tokens(self) -> int:
        """Tokens of all texts."""
        return int(self._tokens.sum())

    @property
    def vocabulary(self) -> Collection[bytes]:
        """The tokens that the texts have, with their variants."""
        return self._ids.keys()

    @property
    def nbytes(self) -> int:
        """Bytes of the tables, without the vocabulary."""
        tables = [self._stream, self._starts, self._tokens]
        tables += [
            table
            for index in (self._long, self._heads, *self._short.values())
            for table in (index.has, index.hashes, index.places)
        ]
        return sum(table.nbytes for table in tables)

    def _of(self, text: int) -> _Ids:
        return self._stream[self._starts[text] : self._starts[text] + self._tokens[text]]

    def _is_prose(self, run: _Ids) -> bool:
        return int((self._weights[run] * self._prose[run]).sum()) >= PROSE * WORD

    def found_in(self, document: str) -> Iterator[Passage]:
        """The longest passage of each text that a document has any of; of a long document one for each piece of it."""
        for offset in range(0, max(len(document) - OVERLAP, 1), PIECE - OVERLAP):
            yield from self._found_in(document[offset : offset + PIECE], offset)

    def _found_in(self, document: str, offset: int) -> Iterator[Passage]:
        tokens = tokens_of(document)
        every = np.fromiter(map(self._ids.get, tokens, repeat(_UNKNOWN)), np.uint32, len(tokens))
        stream = every[every != _NOISE]
        found = [*self._whole(stream), *self._runs(stream)]
        if not found:
            return
        spans = np.array(spans_of(document), np.int64).reshape(-1, 2)[every != _NOISE]
        for text, (start, end), again in sorted(found):
            first, last = int(spans[start, 0]), int(spans[end - 1, 1])
            whole = self.words[text] < WINDOW
            if whole and self._has_other_signs(text, document[first:last]):
                continue
            places = tuple((int(spans[a, 0]) + offset, int(spans[b - 1, 1]) + offset) for a, b in again)
            words = int(self._weights[stream[start:end]].sum()) // WORD
            yield Passage(text, first + offset, last + offset, words, whole, places)

    def _has_other_signs(self, text: int, there: str) -> bool:
        if text not in self._signs:
            own = self._texts[text].text
            spans = spans_of(own)
            self._signs[text] = signs_of(own[spans[0][0] : spans[-1][1]])
        return are_other_signs(self._signs[text], signs_of(there))

    def _whole(self, stream: _Ids) -> Iterator[tuple[int, tuple[int, int], list[tuple[int, int]]]]:
        """Short texts that a stream has: text, first place, other places."""
        hashes = _hashed(stream, FEWEST)
        places = self._heads.maybe(hashes) if len(hashes) else np.zeros(0, np.int64)
        hashes = hashes[places]
        found: dict[int, list[int]] = {}
        for width in range(FEWEST, WINDOW + 1):
            if width > FEWEST:
                fits = places + width <= len(stream)
                places = places[fits]
                hashes = hashes[fits] * _FACTOR + stream[places + width - 1]
            for place, low, high in _ranges(self._short[width], hashes, places):
                for start in self._short[width].places[low:high].tolist():
                    text = int(np.searchsorted(self._starts, start, "right")) - 1
                    count = int(self._tokens[text])
                    if np.array_equal(stream[place : place + count], self._stream[start : start + count]):
                        found.setdefault(text, []).append(place)
        for text, there in found.items():
            count = int(self._tokens[text])
            first, *others = [(place, place + count) for place in there]
            yield text, first, others if len(others) <= _MANY else [(others[0][0], others[-1][1])]

    def _runs(self, stream: _Ids) -> Iterator[tuple[int, tuple[int, int], list[tuple[int, int]]]]:
        """Long texts that a stream has something of: text, its longest run, other places with tokens of the run."""
        hashes = _hashed(stream, WINDOW)
        places = self._long.maybe(hashes) if len(hashes) else np.zeros(0, np.int64)
        places = places[(stream[places[:, None] + np.arange(WINDOW)] != _UNKNOWN).all(axis=1)]
        if not len(places):
            return
        _, first = np.unique(hashes[places], return_index=True)
        runs: dict[int, tuple[int, int]] = {}
        covered: dict[tuple[int, int], int] = {}  # (text, shift between the two) -> where its run ends in the stream
        firsts = np.sort(places[first])
        for place, low, high in _ranges(self._long, hashes[firsts], firsts):
            for at in self._long.places[low:high].tolist():
                text = int(np.searchsorted(self._starts, at, "right")) - 1
                if place < covered.get((text, place - at), 0):
                    continue
                start, end = _run(stream, self._of(text), place, at - int(self._starts[text]))
                if end - place < WINDOW:
                    continue  # the same hash, and other tokens
                covered[text, place - at] = end
                if end - start > runs.get(text, (0, 0))[1] - runs.get(text, (0, 0))[0]:
                    runs[text] = (start, end)
        again = _Again(hashes, places)
        for text, (start, end) in runs.items():
            if self._counts(text, stream[start:end]):
                yield text, (start, end), again.places(start, end)

    def _counts(self, text: int, run: _Ids) -> bool:
        if int(self._weights[run].sum()) < WINDOW * WORD:
            return False
        all_of_it = bool(self._questions[text]) and len(run) == self._tokens[text]
        return self._plain or all_of_it or self._is_prose(run)


class _Again:
    """Where else in a stream the windows of a run stand."""

    def __init__(self, hashes: _Hashes, places: _Places) -> None:
        self._hashes = hashes
        order = np.argsort(hashes[places], kind="stable")
        self._places, self._sorted = places[order], hashes[places][order]
        self._many = len(places) != len(np.unique(self._sorted))

    def places(self, start: int, end: int) -> list[tuple[int, int]]:
        """Stretches of the stream outside the run that are made of windows of it."""
        if not self._many:
            return []
        windows = np.unique(self._hashes[start : end - WINDOW + 1])
        lows, highs = (np.searchsorted(self._sorted, windows, side) for side in ("left", "right"))
        parts = [self._places[low:high] for low, high in zip(lows, highs, strict=True) if high - low > 1]
        if not parts:
            return []
        there = np.sort(np.concatenate(parts))
        there = there[(there + WINDOW <= start) | (there >= end)]
        if not len(there):
            return []
        breaks = np.flatnonzero(np.diff(there) > WINDOW)
        firsts, lasts = there[np.append(0, breaks + 1)], there[np.append(breaks, len(there) - 1)] + WINDOW
        if len(firsts) > _MANY:
            return [(int(firsts[0]), int(lasts[-1]))]
        return list(zip(firsts.tolist(), lasts.tolist(), strict=True))


def _index(hashes: _Hashes, places: _Places) -> _Index:
    chosen = hashes[places]
    order = np.argsort(chosen, kind="stable")
    shift = 64 - max(len(chosen).bit_length() + _SPARSE, 3)
    bits = chosen >> np.uint64(shift)
    has = np.zeros(1 << (61 - shift), np.uint8)
    np.bitwise_or.at(has, bits >> np.uint64(3), np.uint8(1) << (bits & np.uint64(7)).astype(np.uint8))
    return _Index(np.uint64(shift), has, chosen[order], places[order].astype(np.int32))


def _ranges(index: _Index, hashes: _Hashes, places: _Places) -> Iterator[tuple[int, int, int]]:
    """Places whose hash, the one beside it, is in the index, with the range of its entries."""
    if not len(places) or not len(index.hashes):
        return
    lows = np.searchsorted(index.hashes, hashes, "left")
    highs = np.searchsorted(index.hashes, hashes, "right")
    for turn in np.flatnonzero(highs > lows):
        yield int(places[turn]), int(lows[turn]), int(highs[turn])


def _hashed(stream: _Ids, width: int) -> _Hashes:
    """A hash of every window of a stream: a polynomial modulo 2^64, by doubling its width."""
    if len(stream) < width:
        return np.zeros(0, np.uint64)
    reached, hashes = 1, stream.astype(np.uint64)
    single = hashes
    for bit in f"{width:b}"[1:]:
        hashes = hashes[: len(hashes) - reached] * _power(reached) + hashes[reached:]
        reached *= 2
        if bit == "1":
            hashes = hashes[: len(hashes) - 1] * _FACTOR + single[reached:]
            reached += 1
    return hashes


def _power(exponent: int) -> np.uint64:
    return np.uint64(pow(int(_FACTOR), exponent, 1 << 64))


def _run(stream: _Ids, text: _Ids, place: int, at: int) -> tuple[int, int]:
    """Where the run around a place of a stream begins and ends that is the same as the text around `at`."""
    back = min(place, at)
    before = np.flatnonzero(stream[place - back : place][::-1] != text[at - back : at][::-1])
    ahead = min(len(stream) - place, len(text) - at)
    behind = np.flatnonzero(stream[place : place + ahead] != text[at : at + ahead])
    start = place - (int(before[0]) if len(before) else back)
    return start, place + (int(behind[0]) if len(behind) else ahead)
