"""Captures are believed when they say all they have to; one an address is taken, and by lot where there are many."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from mathmill.pipeline.fetch.captures import BadLine, Capture, Choice, choose, parse_line

TOLD: dict[str, Any] = {
    "url": "https://an.example.org/wiki/E",
    "mime": "text/plain",
    "mime-detected": "text/html",
    "status": "200",
    "digest": "RY7PLBUFQNI2FFV5FTUQK72W6SNPXLQU",
    "length": "17423",
    "offset": "80610731",
    "filename": "crawl-data/CC-MAIN-2024-22/segments/1715971057216.39/warc/CC-MAIN-20240517233122-00000.warc.gz",
    "languages": "spa",
}
HTML = ("text/html",)


def line(key: str = "org,example,an)/wiki/e", timestamp: str = "20240518015810", **told: Any) -> bytes:
    return f"{key} {timestamp} {json.dumps({**TOLD, **told})}".encode()


def test_a_line_of_the_index_is_read() -> None:
    capture = parse_line(line())
    assert capture == Capture(
        "org,example,an)/wiki/e",
        "20240518015810",
        TOLD["url"],
        "text/html",
        "200",
        TOLD["digest"],
        17423,
        80610731,
        TOLD["filename"],
    )
    assert parse_line(line(digest="sha1:ABC")).digest == "ABC"


@pytest.mark.parametrize(
    "wrong",
    [
        b"",
        b"org,example)/ 20240518015810",
        b"org,example)/ 20240518015810 []",
        b'org,example)/ 20240518015810 {"url": ',
        b'\xff 20240518015810 {"url": "x"}',
        line(timestamp="2024"),
        line(url=""),
        line(length="-1"),
        line(length="1e3"),
        line(offset=""),
        line(filename="../../etc/passwd"),
        line(filename="https://example.org/a.warc.gz"),
    ],
)
def test_a_line_that_does_not_say_what_it_has_to_is_refused(wrong: bytes) -> None:
    with pytest.raises(BadLine):
        parse_line(wrong)


def test_pages_are_taken_and_the_rest_is_counted() -> None:
    lines = [
        line("a"),
        line("b", "20240101000000", url="https://b/old", offset=1),
        line("b", "20240202000000", url="https://b/new", offset=2),
        line("c", status="301"),
        line("d", **{"mime-detected": "image/png"}),
        line("e", url="https://not.example.org/"),
        line("f", length=str(10**9)),
    ]
    captures = [parse_line(each) for each in lines]
    taken, left = choose(captures, lambda url: "not." not in url, Choice(HTML, 10, 0))
    assert [capture.url for capture in taken] == ["https://b/new", TOLD["url"]]
    assert left == {"same_address": 1, "not_a_page": 1, "other_mime": 1, "not_asked_for": 1, "too_large": 1}
    assert len(lines) == len(taken) + left.total()


def test_of_too_many_a_draw_is_taken_whatever_their_order() -> None:
    captures = [parse_line(line(f"k{number:03d}", offset=number)) for number in range(300)]
    few, left = choose(captures, lambda _: True, Choice(HTML, 20, 0))
    assert (len(few), left["beyond_most"]) == (20, 280)
    random.Random(0).shuffle(captures)
    assert choose(captures, lambda _: True, Choice(HTML, 20, 0))[0] == few
    assert set(few) < set(choose(captures, lambda _: True, Choice(HTML, 40, 0))[0])
    assert set(few) != set(choose(captures, lambda _: True, Choice(HTML, 20, 1))[0])
    assert [capture.offset for capture in few] == sorted(capture.offset for capture in few)
