"""At which token of a completion a character of its text is said: exact for whatever a tokenizer does to bytes.

Tokens are decoded some at a time, each time with those before them, since decoders do things to a first token, and a
character may be split over several. If what is put together so is not the text of all tokens at once, prefixes are
decoded whole instead.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Decode = Callable[[list[int]], str]

_BLOCK = 32  # tokens
_PART = "�"  # what decoders write for a part of a character


@dataclass(frozen=True, slots=True)
class _Block:
    """Tokens up to `end`, decoded from `begin` on, of whose text the first `known` characters were there before.

    `start` is where in the whole text those characters end.
    """

    begin: int
    at: int
    end: int
    known: int
    start: int


class Places:
    """Of one completion. `text` is its text as far as anybody asks; `ids` may go on behind it."""

    def __init__(self, ids: Sequence[int], text: str, decode: Decode) -> None:
        self._ids, self._text, self._decode = list(ids), text, decode
        self._blocks = self._cut()

    def of(self, end: int) -> int:
        """The token with which the first `end` characters of the text are said; the last one if none says them."""
        ends = [block.start for block in self._blocks[1:]]
        block = self._blocks[bisect_left(ends, end)]
        wanted = self._text[block.start : end]
        low, high = block.at, block.end - 1
        while low < high:
            middle = (low + high) // 2
            if self._said(block, middle).startswith(wanted):
                high = middle
            else:
                low = middle + 1
        # Where bytes stand for characters, half a character may spoil those before it until it is whole.
        for before in range(low - 1, block.at - 1, -1):
            said = self._said(block, before)
            if said.startswith(wanted):
                low = before
            elif not said.endswith(_PART):
                break
        return low

    def _said(self, block: _Block, last: int) -> str:
        """The text of a block up to its token `last`."""
        return self._decode(self._ids[block.begin : last + 1])[block.known :]

    def _cut(self) -> list[_Block]:
        """Blocks whose texts, put together, are the text; one block of all tokens where that cannot be had."""
        blocks, pieces = list[_Block](), list[str]()
        begin, at, start = 0, 0, 0
        while at < len(self._ids):
            end = min(at + _BLOCK, len(self._ids))
            known = len(self._decode(self._ids[begin:at])) if at else 0
            whole = self._decode(self._ids[begin:end])
            while whole.endswith(_PART) and end < min(at + 2 * _BLOCK, len(self._ids)):
                end += 1
                whole = self._decode(self._ids[begin:end])
            blocks.append(_Block(begin, at, end, known, start))
            pieces.append(whole[known:])
            start += len(whole) - known
            begin, at = at, end
        if "".join(pieces).startswith(self._text):
            return blocks
        return [_Block(0, 0, len(self._ids), 0, 0)]
