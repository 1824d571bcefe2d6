"""Variants: two Documents that say the same of different numbers, as two exercise sheets do.

However high their similarity is, neither is a copy of the other. They are told by quantities that were exchanged:
both Documents are laid beside each other, token by token, and what is left between two tokens that they share is looked
at. Numbers and signs alone, other ones than in the other Document, are an exchange: `2x` and `x`, `a + b` and `a - b`,
`3 apples` and `5 apples`. Whatever has a word in it is none: a paragraph, a banner, a comment that only one of them
has; nor is a formula without letters. What a web site changes by itself does not count (`near_marks`).

Not seen: numbers written in words, quantities that changed together with the words right beside them, and variables
that were renamed.

Shingles that both have once are laid upon each other first; a longest common subsequence is looked for only between
them, by bit vectors (Hyyrö 2004, Bit-parallel LCS-length computation revisited): about 150 µs for two pages of a
thousand words, and bounded for any two.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from mathmill.pipeline.dedup.near_marks import FORMULA, IDLE, SOFT
from mathmill.pipeline.dedup.shingles import FLAGS, WORD, Hashes, Places, kinds_of, mixed, shingles

ANCHOR = 5  # tokens that are laid upon each other at once
WHOLE = 6  # numbers and signs that are a formula of their own, where only one of the two has them
_MOST_CELLS = 25_000_000  # of stretches that are compared token by token: some 20 ms, and 3 MB

Stretch = tuple[int, int, int, int]  # from and to a token of the one, from and to a token of the other


@dataclass(frozen=True, slots=True)
class Said:
    """The marked tokens of a Document, and the shingles that it has once: ascending, with their places."""

    tokens: Hashes
    plain: Hashes
    anchors: Hashes
    places: Places


class Print(NamedTuple):
    """Three hashes of a Document's marked tokens, by which most pairs are decided without laying them side by side.

    Numbers and signs that sites change by themselves are left out of the last two.
    """

    words: int  # all words in their order
    quantities: int  # numbers and signs, each with the word before it
    firm: int  # numbers and signs that no wrapping of lines brings or takes
    length: int  # how many of these there are


@dataclass(frozen=True, slots=True)
class Exchanged:
    """How many places of two Documents hold different quantities."""

    in_formulas: int
    elsewhere: int


def said(tokens: Hashes) -> Said:
    """A Document to be compared, from its marked tokens."""
    plain = tokens & ~FLAGS
    found = shingles(plain, ANCHOR) if len(plain) >= ANCHOR else np.empty(0, np.uint64)
    anchors, first, often = np.unique(found, return_index=True, return_counts=True)
    return Said(tokens, plain, anchors[often == 1], first[often == 1])


def print_of(tokens: Hashes) -> Print:
    """The Print of a Document's marked tokens; some 30 µs for a thousand of them."""
    plain = tokens & ~FLAGS
    is_word = kinds_of(tokens) == WORD
    words = plain[is_word]
    own = np.flatnonzero(~is_word & ((tokens & IDLE) == 0))
    quantities = plain[own]
    before = np.append(words, np.uint64(0))[np.cumsum(is_word)[own] - 1]
    firm = quantities[(tokens[own] & SOFT) == 0]
    return Print(_hash(words), _hash(mixed(before) + quantities), _hash(firm), len(firm))


def _hash(values: Hashes) -> int:
    return int.from_bytes(hashlib.blake2b(values.tobytes(), digest_size=8).digest(), "little", signed=True)


def told_by_print(one: Print, other: Print) -> bool | None:
    """Whether two Documents are variants, where their Prints tell: the same quantities behind the same words are no
    exchange, and where all words are the same, other quantities are one, unless there are more by a whole formula. None
    where they do not tell."""
    if one.quantities == other.quantities:
        return False
    other_numbers = one.firm != other.firm and abs(one.length - other.length) < WHOLE
    return True if other_numbers and one.words == other.words else None


def are_variants(one: Said, other: Said) -> bool:
    """Whether any quantity was exchanged: a single one makes another exercise."""
    found = exchanged(one, other)
    return found.in_formulas + found.elsewhere > 0


def exchanged(one: Said, other: Said) -> Exchanged:
    """The places at which two Documents have different numbers or signs and no word.

    Stretches too long to be compared count as one place: pages that cannot be told apart both stay.
    """
    in_formulas = elsewhere = cells = 0
    for begin, end, other_begin, other_end in _differing(one, other):
        cells += (end - begin) * (other_end - other_begin)
        if cells > _MOST_CELLS:
            return Exchanged(in_formulas, elsewhere + 1)
        mine, others = one.tokens[begin:end], other.tokens[other_begin:other_end]
        for left, right in _blocks(mine, others):
            if _is_exchange(left, right):
                inside = bool(((left & FORMULA) != 0).any() or ((right & FORMULA) != 0).any())
                in_formulas, elsewhere = in_formulas + inside, elsewhere + (not inside)
    return Exchanged(in_formulas, elsewhere)


def _is_exchange(one: Hashes, other: Hashes) -> bool:
    """Whether two blocks that stand at one place are different quantities; one may have words before or behind it."""
    words, other_words = np.flatnonzero(kinds_of(one) == WORD), np.flatnonzero(kinds_of(other) == WORD)
    if len(words) and len(other_words):  # what comes first in both may be the end of a formula
        ends = [each[: at[0]][(each[: at[0]] & FORMULA) != 0] for each, at in ((one, words), (other, other_words))]
        return all(map(len, ends)) and _are_different(*ends)
    if not len(words) and not len(other_words):
        return _are_different(one, other)
    signs, block, at = (other, one, words) if len(words) else (one, other, other_words)
    ends = [each[(each & IDLE) == 0] for each in (block[: at[0]], block[at[-1] + 1 :])]
    return (
        len(signs[(signs & IDLE) == 0]) > 0 and all(_are_different(signs, end) for end in ends) and any(map(len, ends))
    )


def _are_different(one: Hashes, other: Hashes) -> bool:
    """Whether some numbers and signs are others, those that sites change left out."""
    one, other = one[(one & IDLE) == 0], other[(other & IDLE) == 0]
    if np.array_equal(one & ~FLAGS, other & ~FLAGS):
        return False
    more = one if len(other) == 0 else other if len(one) == 0 else None
    return more is None or (len(more) < WHOLE and not ((more & SOFT) != 0).all())


def _differing(one: Said, other: Said) -> Iterator[Stretch]:
    """The stretches between what is laid upon each other, without what they begin and end with alike."""
    _, at, other_at = np.intersect1d(one.anchors, other.anchors, assume_unique=True, return_indices=True)
    places, others = one.places[at], other.places[other_at]
    order = np.argsort(places)
    places, others = places[order], others[order]
    if (np.diff(others) < 0).any():
        kept = _ascending(others.tolist())
        places, others = places[kept], others[kept]
    steps = np.flatnonzero((np.diff(places) != np.diff(others)) | (np.diff(places) > ANCHOR))
    begins = [(0, 0), *((int(places[step]) + ANCHOR, int(others[step]) + ANCHOR) for step in steps)]
    ends = [(int(places[step + 1]), int(others[step + 1])) for step in steps]
    if len(places):
        ends = [(int(places[0]), int(others[0])), *ends]
        begins.append((int(places[-1]) + ANCHOR, int(others[-1]) + ANCHOR))
    ends.append((len(one.plain), len(other.plain)))
    for (begin, other_begin), (end, other_end) in zip(begins, ends, strict=True):
        over = max(begin - end, other_begin - other_end, 0)
        yield _trimmed(one.plain, other.plain, (begin - over, end, other_begin - over, other_end))


def _ascending(values: list[int]) -> list[int]:
    """The places of a longest ascending subsequence of different numbers (Fredman 1975)."""
    tails: list[int] = []
    last: list[int] = []
    before: list[int] = []
    for place, value in enumerate(values):
        at = bisect_left(tails, value)
        before.append(last[at - 1] if at else -1)
        if at == len(tails):
            tails.append(value)
            last.append(place)
        else:
            tails[at], last[at] = value, place
    kept, place = [], last[-1] if last else -1
    while place >= 0:
        kept.append(place)
        place = before[place]
    return kept[::-1]


def _trimmed(one: Hashes, other: Hashes, stretch: Stretch) -> Stretch:
    begin, end, other_begin, other_end = stretch
    short = min(end - begin, other_end - other_begin)
    alike = one[begin : begin + short] == other[other_begin : other_begin + short]
    head = short if alike.all() else int(np.argmin(alike))
    short -= head
    alike = one[end - short : end][::-1] == other[other_end - short : other_end][::-1]
    tail = short if alike.all() else int(np.argmin(alike))
    return begin + head, end - tail, other_begin + head, other_end - tail


def _blocks(one: Hashes, other: Hashes) -> Iterator[tuple[Hashes, Hashes]]:
    """What stands between the tokens of a longest common subsequence, in each of two stretches."""
    if not len(one) or not len(other):
        if len(one) or len(other):
            yield one, other
        return
    end, other_end = len(one), len(other)
    for at, other_at in (*_common((one & ~FLAGS).tolist(), (other & ~FLAGS).tolist()), (-1, -1)):
        if end - at > 1 or other_end - other_at > 1:
            yield one[at + 1 : end], other[other_at + 1 : other_end]
        end, other_end = at, other_at


def _common(one: list[int], other: list[int]) -> Iterator[tuple[int, int]]:
    """The places of a longest common subsequence in both, from the last to the first."""
    masks: dict[int, int] = {}
    for place, token in enumerate(other):
        masks[token] = masks.get(token, 0) | 1 << place
    full = (1 << len(other)) - 1
    rows = [full]
    for token in one:
        row = rows[-1]
        met = row & masks.get(token, 0)
        rows.append(((row + met) | (row - met)) & full)
    at, other_at = len(one), len(other)
    while at and other_at:
        bit = 1 << other_at - 1
        if rows[at] & bit:
            other_at -= 1
            continue
        at -= 1
        if rows[at] & bit:
            other_at -= 1
            yield at, other_at
