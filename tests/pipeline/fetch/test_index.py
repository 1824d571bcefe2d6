"""The index, read from its files and asked of its server, gives what a look at all its lines gives."""

from __future__ import annotations

import pytest

from mathmill.data.errors import DamagedInput, InputMissing
from mathmill.pipeline.fetch import index_files as index_files_module
from mathmill.pipeline.fetch.captures import Capture, parse_line
from mathmill.pipeline.fetch.index_api import IndexServer
from mathmill.pipeline.fetch.index_files import IndexFiles
from mathmill.pipeline.fetch.servers import open_index, open_server
from mathmill.pipeline.fetch.wanted import typed
from tests.pipeline.fetch.crawl_server import CRAWL, INDEXES, Mood, Page, Served, index_lines, make_crawl

CLUSTER = f"{INDEXES}/cluster.idx"
PATTERNS = [
    ["math.example.org/*"],
    ["*.example.org"],
    ["example.org/algebra/*", "other.net/*"],
    ["other.net/news/lesson-03*"],
    ["https://math.example.org/algebra/Lesson-004"],
    ["aaa.org/*"],
    ["zzz.org/*"],
    ["example.org"],
]


def by_files(served: Served, beginnings: tuple[str, ...]) -> list[Capture]:
    return list(IndexFiles(open_server(served.access), CRAWL).captures(beginnings))


def by_server(served: Served, beginnings: tuple[str, ...]) -> list[Capture]:
    return list(IndexServer(open_index(served.access), CRAWL).captures(beginnings))


@pytest.mark.parametrize("patterns", PATTERNS, ids=" ".join)
@pytest.mark.parametrize("piece", [1 << 16, 200])
def test_both_ways_give_what_all_lines_give(
    served: Served, patterns: list[str], piece: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_files_module, "_PIECE", piece)
    wanted = typed(patterns)
    every = [parse_line(line) for line in index_lines(served.files)]
    due = [capture for capture in every if f"{capture.key} ".startswith(wanted.beginnings)]
    assert by_files(served, wanted.beginnings) == due
    assert by_server(served, wanted.beginnings) == due
    meant = [capture for capture in every if wanted.accepts(capture.url)]
    assert [capture for capture in due if wanted.accepts(capture.url)] == meant


def test_a_search_reads_little_of_a_large_index(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_files_module, "_PIECE", 2_000)
    listed = [Page(f"https://host{number:04d}.example.org/a/{number}", "") for number in range(4_000)]
    served.files.update(make_crawl(1, listed, block=10))
    index = IndexFiles(open_server(served.access), CRAWL)
    (found,) = index.captures(typed(["host1234.example.org/*"]).beginnings)
    assert found.url == "https://host1234.example.org/a/1234"
    size = len(served.files[CLUSTER])
    first = len(served.asked)
    assert first < 14
    assert sum(name == CLUSTER for _, name, _ in served.asked) * 2_000 < size / 2
    list(index.captures(typed(["host1250.example.org/*"]).beginnings))
    assert len(served.asked) - first < 4  # the pieces of the first search are at hand


@pytest.mark.parametrize("mood", ["busy", "wrong_range", "no_ranges", "short_part"])
@pytest.mark.parametrize("name", [CLUSTER, f"{INDEXES}/cdx-00000.gz"])
def test_misbehaviour_that_passes_costs_time_only(served: Served, mood: str, name: str) -> None:
    wanted = typed(["math.example.org/*"])
    due = by_files(served, wanted.beginnings)
    served.moods[name] = Mood(mood, times=2)
    assert by_files(served, wanted.beginnings) == due


@pytest.mark.parametrize(
    ("name", "data"),
    [
        (CLUSTER, b"<Error><Code>AccessDenied</Code></Error>\n"),
        (CLUSTER, b"org,example)/ 2024\t../../etc/passwd\t0\t100\t1\n"),
        (CLUSTER, b"org,example)/ 2024\tcdx-00000.gz\t0\t99999999999\t1\n"),
        (CLUSTER, b"a" * 200_000),
        (f"{INDEXES}/cdx-00000.gz", b"x" * 100_000),
        (f"{INDEXES}/cdx-00001.gz", b"x" * 100_000),
    ],
)
def test_a_damaged_index_is_told(served: Served, name: str, data: bytes) -> None:
    served.files[name] = data
    with pytest.raises(DamagedInput, match=r"is no index of blocks|is damaged at byte"):
        by_files(served, typed(["*.example.org", "other.net/*"]).beginnings)


def test_an_index_that_is_not_there_is_told(served: Served) -> None:
    del served.files[CLUSTER]
    with pytest.raises(InputMissing, match="no file at"):
        by_files(served, ("org,example)",))


@pytest.mark.parametrize("answer", [b"<html>", b'{"blocks": 1}', b'{"pages": -1}', b'{"pages": 99999999}'])
def test_a_server_that_answers_nonsense_is_told(served: Served, answer: bytes) -> None:
    asked = f"{CRAWL}-index?url=example.org%2F&matchType=prefix&output=json&showNumPages=true"
    served.moods[asked] = Mood("no_ranges")
    served.files[asked] = answer
    with pytest.raises(DamagedInput, match="index server"):
        by_server(served, ("org,example)/",))


def test_a_crawl_that_the_server_does_not_know_is_told(served: Served) -> None:
    with pytest.raises(InputMissing, match="no file at"):
        list(IndexServer(open_index(served.access), "CC-MAIN-1999-01").captures(("org,example)/",)))
