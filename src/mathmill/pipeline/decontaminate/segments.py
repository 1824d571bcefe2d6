"""The paragraphs of a text in which something was found, and the text without them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate

Segment = tuple[int, int]

#: Characters before and behind what was found in which its paragraph has to end, or else its line, or its sentence.
REACH = 2_000
#: Times that a text is looked through, at most.
ROUNDS = 8
_BETWEEN = "\n\n"
_MARKS = ("\n\n", "\n", ". ")


def segment_of(text: str, start: int, end: int) -> Segment:
    """The paragraphs that `text[start:end]` is in; lines or sentences where these are too long; else itself alone."""
    for mark in _MARKS:
        first = text.rfind(mark, max(start - REACH, 0), start)
        last = text.find(mark, end, end + REACH)
        if (first >= 0 or start <= REACH) and (last >= 0 or len(text) - end <= REACH):
            return (first + len(mark) if first >= 0 else 0), (last if last >= 0 else len(text))
    return start, end


def merged(segments: Iterable[Sequence[int]]) -> list[Segment]:
    """Segments in order, those that touch as one."""
    joined: list[Segment] = []
    for start, end in sorted((int(start), int(end)) for start, end in segments):
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(joined[-1][1], end)
        else:
            joined.append((start, end))
    return joined


def without(text: str, segments: Sequence[Segment]) -> str:
    """A text without some segments, which are in order and apart."""
    return _joined(text, _left(text, segments))


def cuts_of(text: str, places_in: Callable[[str], Iterable[Segment]]) -> list[Segment]:
    """What to cut of a text so that nothing is found in what is left, in order: the paragraphs of what is found.

    Where a paragraph goes those beside it meet, and may say together what none did: what is left is looked through
    again. A text in which something is left after `ROUNDS` looks is made to have it, and all of it is cut.
    """
    cuts: list[Segment] = []
    for _ in range(ROUNDS):
        parts = _left(text, cuts)
        there = _joined(text, parts)
        found = merged(segment_of(there, *place) for place in places_in(there))
        if not found:
            return cuts
        cuts = merged([*cuts, *_in_the_whole(parts, found)])
    return [(0, len(text))]


def _left(text: str, segments: Sequence[Segment]) -> list[Segment]:
    """The parts of a text outside some segments that have more than blanks, without line breaks around."""
    starts, ends = [0, *(end for _, end in segments)], [*(start for start, _ in segments), len(text)]
    left = []
    for start, end in zip(starts, ends, strict=True):
        part = text[start:end]
        if part.strip():
            first = start + len(part) - len(part.lstrip("\n"))
            left.append((first, first + len(part.strip("\n"))))
    return left


def _joined(text: str, parts: Iterable[Segment]) -> str:
    return _BETWEEN.join(text[start:end] for start, end in parts)


def _in_the_whole(parts: Sequence[Segment], found: Iterable[Segment]) -> Iterator[Segment]:
    """Segments of joined parts as those of the text that the parts are of."""
    begins = [0, *accumulate(end - start + len(_BETWEEN) for start, end in parts)]

    def place(at: int) -> int:
        part = bisect_right(begins, at) - 1
        return min(parts[part][0] + at - begins[part], parts[part][1])

    for start, end in found:
        yield place(start), place(end - 1) + 1
