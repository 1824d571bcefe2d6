"""Shingles of a Document: all runs of n tokens, as 64-bit hashes.

Tokens are words, numbers, operators and LaTeX commands, each a hash in 64 bits. A line break, a Markdown mark or
punctuation leaves no trace, so that a page that was wrapped anew has the same tokens; but 2^3, 2·3, 2_3 and 23 differ,
as do 3.14 and 314. Characters of scripts without spaces (Chinese, Japanese, Thai) are tokens each.

All is done on arrays of code points, some dozen numpy calls for a piece of a page: about 100 µs a thousand words, and
about 3 MB however long the page is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cache

import numpy as np
import numpy.typing as npt

from mathmill.data.normal_forms import normal_form
from mathmill.pipeline.dedup.near_characters import (
    BACKSLASH,
    CLOSE,
    DASH,
    DIGIT,
    GAP,
    GONE,
    JOINT,
    KEPT,
    LEFT_BRACE,
    LETTER,
    MARK,
    NEWLINE,
    OPEN,
    OPERATOR,
    PRIME,
    RIGHT_BRACE,
    RUN,
    SINGLE,
    Codes,
    Kinds,
    folds,
)  # fmt: skip

Hashes = npt.NDArray[np.uint64]
Places = npt.NDArray[np.intp]

PIECE = 1 << 15  # characters that are looked at together; a word longer than that is cut
LONGEST_RUN = 2  # a longer run of dashes, stars or the like is a rule across the page

# The low byte of a token is no part of its hash: `WORD`, `NUMBER` or `SIGN`, and room for marks (see `variants`).
WORD, NUMBER, SIGN = range(3)
FLAGS = np.uint64(0xFF)

_SIGN_COMMANDS = """
cdot times div pm mp ast star circ bullet oplus ominus otimes odot cup cap setminus wedge vee land lor lnot neg
le leq leqslant ge geq geqslant lt gt ll gg ne neq equiv approx sim simeq cong propto mid nmid parallel perp
in notin ni subset subseteq subsetneq supset supseteq prec succ to mapsto rightarrow leftarrow implies iff
Rightarrow Leftarrow Leftrightarrow leftrightarrow forall exists nexists sum prod int oint partial nabla prime
"""

_BASE = 0x9E3779B97F4A7C15  # the golden ratio in 64 bits; odd, so that it has an inverse
_SEED = np.uint64(0xD6E8FEB86659FD93)
_FAR = np.uint64(0xA0761D6478BD642F)
_M1, _M2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31 = np.uint64(30), np.uint64(27), np.uint64(31)


def mixed(values: Hashes) -> Hashes:
    """A bijection of 64 bits under which each input bit moves half of the output bits (splitmix64; Steele, Lea and
    Flood 2014, figure 15)."""
    values = (values ^ (values >> _S30)) * _M1
    values = (values ^ (values >> _S27)) * _M2
    return values ^ (values >> _S31)


def token_pieces(text: str) -> Iterator[tuple[Hashes, Places, Codes]]:
    """Tokens of a text, piece by piece: their hashes with the kind in the low byte, the place in the piece at which
    each begins, and the piece's characters, folded."""
    text = normal_form("NFC", text)
    at = 0
    while at < len(text):
        raw = np.frombuffer(text[at : at + PIECE].encode("utf-32-le", "surrogatepass"), np.uint32)
        last = at + len(raw) >= len(text)
        places, codes, kinds = _folded(raw, text.isascii())
        starts = _starts(codes, kinds)
        taken = len(raw)
        if not last and len(starts) > 1:
            cut = _last_word(kinds, starts)  # it may go on in the next piece
            begin = int(starts[cut])
            taken = begin if places is None else int(places[begin])
            starts, codes, kinds = starts[:cut], codes[:begin], kinds[:begin]
        yield _hashed(codes, kinds, starts), starts, codes
        at += taken


def tokens(text: str) -> Hashes:
    """All tokens of a text. One without any (a row of dots) counts as one token, so that no Document is without."""
    pieces = [found for found, _, _ in token_pieces(text)]
    every = np.concatenate(pieces) if pieces else np.empty(0, np.uint64)
    return every if len(every) else nothing(text)


def nothing(text: str) -> Hashes:
    """The token of a text that has none: all of it, white space apart."""
    digest = hashlib.blake2b("".join(text.split()).encode("utf-8", "surrogatepass"), digest_size=8)
    return np.array([int.from_bytes(digest.digest(), "little")], np.uint64) & ~FLAGS


def shingles(found: Hashes, size: int) -> Hashes:
    """The shingles of tokens, in order, repeated ones too; the whole where there are fewer tokens than `size`."""
    plain = found & ~FLAGS
    if len(plain) < size:
        return shingles(np.concatenate([plain, np.full(size - len(plain), _SEED)]), size) if len(plain) else plain
    count = len(plain) - size + 1
    combined = plain[:count].copy()
    for place in range(1, size):
        combined *= _FAR
        combined += plain[place : place + count]
    return mixed(combined)


def kinds_of(found: Hashes) -> Hashes:
    """WORD, NUMBER or SIGN for each token."""
    return found & np.uint64(3)


def _folded(raw: Codes, is_ascii: bool) -> tuple[Places | None, Codes, Kinds]:
    """Characters folded, with their kinds; and where they stood, if some of them went."""
    codes_of, kinds_of_code = folds()
    raw = np.minimum(raw, np.uint32(len(codes_of) - 1)) if not is_ascii else raw
    kinds = kinds_of_code[raw]
    codes = codes_of[raw]
    if not is_ascii and (kinds == GONE).any():
        places = np.flatnonzero(kinds != GONE)
        return places, codes[places], kinds[places]
    return None, codes, kinds


def _starts(codes: Codes, kinds: Kinds) -> Places:
    """Where tokens start; settles in `kinds` what depends on its neighbours."""
    if ((kinds >= JOINT) & (kinds < KEPT)).any():
        _settle(codes, kinds)
    before = np.empty_like(kinds)
    before[1:] = kinds[:-1]
    before[:1] = NEWLINE
    starting = kinds >= KEPT
    starting |= kinds == BACKSLASH
    same = kinds == before
    same &= (kinds == LETTER) | (kinds == DIGIT)
    same |= (kinds == LETTER) & (before == BACKSLASH)
    runs = np.flatnonzero(kinds == RUN)
    if len(runs):
        again = runs[runs > 0]
        same[again[(kinds[again - 1] == RUN) & (codes[again - 1] == codes[again])]] = True
    starting &= ~same
    return np.flatnonzero(starting)


def _last_word(kinds: Kinds, starts: Places) -> int:
    """Which token the next piece is to begin with: the last that does not hang on what stands before it."""
    free = np.flatnonzero((kinds[starts] == LETTER) & (kinds[np.maximum(starts - 1, 0)] == GAP) & (starts > 0))
    return int(free[-1]) if len(free) else len(starts) - 1


def _settle(codes: Codes, kinds: Kinds) -> None:
    """Decide which points, marks, dashes, primes and backslashes are kept."""
    padded = np.concatenate([np.array([NEWLINE], np.uint8), kinds, np.array([NEWLINE], np.uint8)])
    for kind, decide in ((JOINT, _joints), (PRIME, _primes), (BACKSLASH, _backslashes)):
        places = np.flatnonzero(kinds == kind)
        if len(places):
            kinds[places] = decide(padded[places], padded[places + 2])
    places = np.flatnonzero((kinds == MARK) | (kinds == DASH))
    if len(places):
        kinds[places] = _runs(places, codes, kinds, padded)


def _joints(left: Kinds, right: Kinds) -> Kinds:
    """3.14, 1,000 and 12:30 are numbers; elsewhere these are punctuation."""
    return np.where((left == DIGIT) & (right == DIGIT), DIGIT, GAP).astype(np.uint8)


def _primes(left: Kinds, right: Kinds) -> Kinds:
    """f'(x) has one, don't has none."""
    after = (left == LETTER) | (left == DIGIT) | (left == CLOSE) | (left == PRIME)
    return np.where(after & (right != LETTER), OPERATOR, GAP).astype(np.uint8)


def _backslashes(left: Kinds, right: Kinds) -> Kinds:
    return np.where(right == LETTER, BACKSLASH, GAP).astype(np.uint8)


_BLANK = np.zeros(RUN + 1, np.bool_)
_BLANK[[GAP, NEWLINE]] = True
_ENDS = np.zeros(RUN + 1, np.bool_)  # what a mark may follow closely
_ENDS[[LETTER, DIGIT, SINGLE, CLOSE, RIGHT_BRACE, OPERATOR, PRIME]] = True
_BEGINS = np.zeros(RUN + 1, np.bool_)  # and what may follow it
_BEGINS[[LETTER, DIGIT, SINGLE, OPEN, LEFT_BRACE, OPERATOR, BACKSLASH, DASH]] = True


def _runs(places: Places, codes: Codes, kinds: Kinds, padded: Kinds) -> Kinds:
    """Whether runs of one of `* _ ~ - + > =` are operators, or emphasis, list marks, quotes and rules."""
    begins = np.empty(len(places), np.bool_)
    begins[0] = True
    begins[1:] = (places[1:] != places[:-1] + 1) | (codes[places[1:]] != codes[places[:-1]])
    first = np.flatnonzero(begins)
    run = np.cumsum(begins) - 1
    lengths = np.diff(np.append(first, len(places)))
    left, right = padded[places[first]], padded[places[first] + lengths + 1]
    opening = _opens_line(places[first], kinds)
    if opening.any():  # in a formula it is an operator there too
        opening &= ~in_formulas(codes, places[first])[0]
    is_mark = kinds[places[first]] == MARK
    tight = _ENDS[left] & _BEGINS[right]
    loose = _BLANK[left] & _BLANK[right] & ~opening
    sign = codes[places[first]]
    quoting = opening & ((sign == ord(">")) | ((sign == ord("-")) & _BLANK[right]))
    kept = np.where(is_mark, tight | loose, ~quoting) & (lengths <= LONGEST_RUN)
    settled: Kinds = np.where(kept, RUN, GAP).astype(np.uint8)[run]
    return settled


def in_formulas(codes: Codes, places: Places, inside: bool = False) -> tuple[npt.NDArray[np.bool_], bool]:
    """Whether each of some places of a text is in a formula, and whether its end is; `inside`: whether its begin is.

    Runs of dollars open and close; an empty line closes too, for a dollar may be money.
    """
    dollars = np.flatnonzero(codes == ord("$"))
    if not inside and not len(dollars):
        return np.zeros(len(places), np.bool_), False
    breaks = np.flatnonzero(codes == ord("\n"))
    before = codes[np.maximum(dollars - 1, 0)]
    toggles = dollars[(before != ord("\\")) & ((before != ord("$")) | (dollars == 0))]
    empty = breaks[1:][codes[np.maximum(breaks[1:] - 1, 0)] == ord("\n")]
    bounds = np.concatenate([np.array([-1]), empty])
    opened = np.searchsorted(toggles, bounds)  # toggles before each paragraph
    opened[0] -= int(inside)
    at = np.searchsorted(toggles, places, side="right") - opened[np.searchsorted(bounds, places) - 1]
    return at % 2 == 1, bool((len(toggles) - opened[-1]) % 2 == 1)


def _opens_line(places: Places, kinds: Kinds) -> npt.NDArray[np.bool_]:
    """Whether nothing but blanks and other marks stands before these places in their lines."""
    solid = np.flatnonzero((kinds != GAP) & (kinds != MARK) & (kinds != DASH))
    before = np.append(NEWLINE, kinds[solid])[np.searchsorted(solid, places)]
    opening: npt.NDArray[np.bool_] = before == NEWLINE
    return opening


def _hashed(codes: Codes, kinds: Kinds, starts: Places) -> Hashes:
    """A polynomial in the characters of each token, mixed."""
    if not len(starts):
        return np.empty(0, np.uint64)
    powers, inverses = _powers()
    weighed = codes.astype(np.uint64)
    weighed *= powers[: len(codes)]
    weighed[(kinds < KEPT) & (kinds != BACKSLASH)] = 0
    sums = np.add.reduceat(weighed, starts)
    sums *= inverses[starts]
    first = kinds[starts]
    sort = np.where(first == DIGIT, NUMBER, np.where(first >= OPERATOR, SIGN, WORD)).astype(np.uint64)
    hashes = mixed(sums) & ~FLAGS
    commands = np.flatnonzero(first == BACKSLASH)
    if len(commands):
        sort[commands[np.isin(hashes[commands], _sign_commands())]] = SIGN
    return hashes | sort


@cache
def _sign_commands() -> Hashes:
    """The LaTeX commands that are operators and relations."""
    hashes = []
    for command in _SIGN_COMMANDS.split():
        _, codes, _ = _folded(np.frombuffer(f"\\{command}".encode("utf-32-le"), np.uint32), True)
        weighed = codes.astype(np.uint64) * _powers()[0][: len(codes)]
        hashes.append(mixed(weighed.sum(keepdims=True)) & ~FLAGS)
    return np.unique(np.concatenate(hashes))


@cache
def _powers() -> tuple[Hashes, Hashes]:
    """Powers of the base, and their inverses modulo 2^64."""
    inverse = pow(_BASE, -1, 1 << 64)
    tables = []
    for base in (_BASE, inverse):
        table = np.full(PIECE, np.uint64(base), np.uint64)
        table[0] = 1
        tables.append(np.multiply.accumulate(table))
    return tables[0], tables[1]
