"""The paragraphs of a text in which something was found, and the text without them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

Segment = tuple[int, int]

#: Characters before and behind what was found in which its paragraph has to end, or else its line, or its sentence.
REACH = 2_000
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
    parts, at = [], 0
    for start, end in segments:
        parts.append(text[at:start].strip("\n"))
        at = end
    parts.append(text[at:].strip("\n"))
    return "\n\n".join(part for part in parts if part.strip())
