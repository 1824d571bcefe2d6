"""Captures of pages as the index tells them, and which of them are taken.

A capture is one line of the index: an address at a time, and the bytes of an archive that hold it. What a line says is
checked before it is believed, since a path or a length out of it is asked for next.
"""

from __future__ import annotations

import hashlib
import heapq
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any, NamedTuple

import orjson

from mathmill.pipeline.fetch.crawls import is_path

LONGEST = 64 << 20  # bytes of a record that are asked for
_STAMP = re.compile(r"\d{14}")
_DIGITS = re.compile(r"\d{1,18}")


class Capture(NamedTuple):
    """A page at a time, and where it lies."""

    key: str  # the index's own form of the address
    timestamp: str  # 14 digits
    url: str
    mime: str  # as it was recognised, else as the server said
    status: str
    digest: str  # of the payload, SHA-1 in base 32
    length: int  # bytes as stored
    offset: int
    filename: str  # path of the archive in the crawl


class BadLine(Exception):
    """A line of the index does not say what it has to."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which captures are taken: pages that were there, of some kinds, one an address, and at most so many by lot."""

    mimes: tuple[str, ...]
    most: int
    seed: int

    def refuses(self, capture: Capture) -> str:
        """Why a capture is not taken, "" where it is."""
        if capture.status != "200":
            return "not_a_page"
        if capture.mime not in self.mimes:
            return "other_mime"
        return "too_large" if capture.length > LONGEST else ""

    def lot(self, capture: Capture) -> bytes:
        """What decides who is taken where there are too many: an address's own lot, whatever the order."""
        return hashlib.blake2b(f"{self.seed}:{capture.key}".encode(), digest_size=16).digest()


def parse_line(line: bytes) -> Capture:
    """A line of an index file: key, time and a JSON object.

    Raises:
        BadLine: it is none.
    """
    key, _, rest = line.partition(b" ")
    timestamp, _, told = rest.partition(b" ")
    try:
        return of_fields({**orjson.loads(told), "urlkey": key.decode(), "timestamp": timestamp.decode()})
    except (orjson.JSONDecodeError, UnicodeDecodeError, TypeError) as error:
        raise BadLine(str(error)) from error


def of_fields(fields: dict[str, Any]) -> Capture:
    """A capture out of the fields that the index has for it.

    Raises:
        BadLine: one is missing or wrong.
    """
    told = {name: str(fields.get(name, "")) for name in ("urlkey", "timestamp", "url", "status", "filename")}
    length, offset = str(fields.get("length", "")), str(fields.get("offset", ""))
    if not told["urlkey"] or not told["url"] or not _STAMP.fullmatch(told["timestamp"]):
        raise BadLine("no address or no time")
    if not _DIGITS.fullmatch(length) or not _DIGITS.fullmatch(offset) or not is_path(told["filename"]):
        raise BadLine("no place in an archive")
    mime = str(fields.get("mime-detected") or fields.get("mime") or "")
    digest = str(fields.get("digest", "")).removeprefix("sha1:")
    place = digest, int(length), int(offset), told["filename"]
    return Capture(told["urlkey"], told["timestamp"], told["url"], mime, told["status"], *place)


def choose(
    captures: Iterable[Capture], accepts: Callable[[str], bool], choice: Choice
) -> tuple[list[Capture], Counter[str]]:
    """The captures that are taken, in the order of the archives, and how many were not by reason.

    `captures` come with all of an address side by side. Memory: what is taken, some 500 bytes each.
    """
    left: Counter[str] = Counter()
    taken: list[tuple[bytes, Capture]] = []
    for capture in _latest(captures, accepts, choice, left):
        entry = _turned(choice.lot(capture)), capture
        if len(taken) < choice.most:
            heapq.heappush(taken, entry)
        else:
            left["beyond_most"] += 1
            heapq.heappushpop(taken, entry)
    chosen = [capture for _, capture in taken]
    return sorted(chosen, key=lambda capture: (capture.filename, capture.offset, capture.key)), left


def _turned(lot: bytes) -> bytes:
    """In reverse order: the heap gives the least away, and the greatest lots are to go."""
    return bytes(255 - byte for byte in lot)


def _latest(
    captures: Iterable[Capture], accepts: Callable[[str], bool], choice: Choice, left: Counter[str]
) -> Iterator[Capture]:
    for _, group in groupby(captures, key=lambda capture: capture.key):
        best: Capture | None = None
        for capture in group:
            reason = "not_asked_for" if not accepts(capture.url) else choice.refuses(capture)
            if reason:
                left[reason] += 1
                continue
            if best is not None:
                left["same_address"] += 1
            if best is None or (capture.timestamp, capture.url) > (best.timestamp, best.url):
                best = capture
        if best is not None:
            yield best
