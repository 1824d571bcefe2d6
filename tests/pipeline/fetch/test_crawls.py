"""Listings of crawls and archives: bounded, checked, and drawn from by lot."""

from __future__ import annotations

import gzip
from functools import partial

import pytest

from mathmill.data.errors import ConfigError, DamagedInput, InputMissing
from mathmill.pipeline.fetch.crawls import (
    archive_name,
    archive_paths,
    check_crawl,
    drawn,
    inflated,
    is_path,
    list_crawls,
)
from mathmill.pipeline.fetch.servers import open_index, open_server
from tests.pipeline.fetch.crawl_server import CRAWL, Mood, Served

packed = partial(gzip.compress, mtime=0)  # test names must not tell the time


LISTING = f"crawl-data/{CRAWL}/warc.paths.gz"


def test_crawls_are_listed(served: Served) -> None:
    listed = list_crawls(open_index(served.access))
    assert [crawl.id for crawl in listed] == [CRAWL, "CC-MAIN-2023-50"]
    assert (listed[0].name, listed[0].begins[:10], listed[1].ends) == ("February/March 2024 Index", "2024-02-20", "")


def test_archives_are_listed(served: Served) -> None:
    paths = archive_paths(open_server(served.access), CRAWL, "warc")
    assert paths == gzip.decompress(served.files[LISTING]).decode().split()
    with pytest.raises(InputMissing, match="no file at"):
        archive_paths(open_server(served.access), CRAWL, "wet")


@pytest.mark.parametrize(
    "listing",
    [
        b"<Error><Code>SlowDown</Code></Error>",
        packed(b"crawl-data/x/a.warc.gz\n")[:-9],
        packed(b""),
        packed(b"crawl-data/x/../../etc/passwd\n"),
        packed(b"https://example.org/a.warc.gz\n"),
        packed(b"/crawl-data/x/a.warc.gz\n"),
        packed(b"cc-index/collections/a.warc.gz\n"),
        packed("crawl-data/ü.warc.gz\n".encode()),
        packed(bytes(200 << 20), 1),
    ],
)
def test_what_is_no_listing_is_refused(served: Served, listing: bytes) -> None:
    served.files[LISTING] = listing
    with pytest.raises(DamagedInput, match="list"):
        archive_paths(open_server(served.access), CRAWL, "warc")


@pytest.mark.parametrize("mood", ["busy", "forbidden", "short", "reset"])
def test_a_listing_is_asked_for_again(served: Served, mood: str) -> None:
    served.moods[LISTING] = Mood(mood, times=2)
    assert len(archive_paths(open_server(served.access), CRAWL, "warc")) == 3
    assert len(served.asked_for(LISTING)) == 3


@pytest.mark.parametrize("crawl", ["", "2024-10", "CC-MAIN-2024-10/..", "cc-main-2024-10", "CC-MAIN-2024-10?x"])
def test_what_is_no_crawl_is_refused(crawl: str) -> None:
    with pytest.raises(ConfigError, match="CC-MAIN-YYYY-WW"):
        check_crawl(crawl)


def test_a_draw_hangs_on_seed_and_paths_alone() -> None:
    paths = [f"crawl-data/x/{n:05d}.warc.gz" for n in range(200)]
    order = drawn(paths, 0)
    assert sorted(order) == paths
    assert drawn(reversed(paths), 0) == order
    assert drawn(paths, 1) != order
    assert order[:20] != paths[:20]
    fewer = [path for path in paths if path != order[3]]
    assert drawn(fewer, 0) == [path for path in order if path != order[3]]


def test_inflation_is_bounded() -> None:
    data = packed(b"a" * 1000) + packed(b"b" * 1000)
    assert inflated(data, 2000) == b"a" * 1000 + b"b" * 1000
    with pytest.raises(ValueError, match="more than 1,999 bytes"):
        inflated(data, 1999)
    assert inflated(packed(b"a") * 1_000, 2000) == b"a" * 1_000
    with pytest.raises(ValueError, match="more than 1,000 members"):
        inflated(packed(b"a") * 1_001, 2000)


NEW = "CC-MAIN-20240220211055-20240221001055-00001.warc"
OLD = "CC-MAIN-20130516092621-00000-ip-10-60-113-184.ec2.internal.warc.gz"


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (f"crawl-data/{CRAWL}/segments/1707947473347.0/warc/{NEW}.gz", f"{NEW}.gz"),
        (f"crawl-data/{CRAWL}/segments/1707947473347.0/wet/{NEW}.wet.gz", f"{NEW}.wet.gz"),
        (f"crawl-data/{CRAWL}/segments/1707947473347.0/robotstxt/{NEW}.gz", f"520c6724-{NEW}.gz"),
        (f"crawl-data/CC-MAIN-2013-20/segments/1368696381249/warc/{OLD}", f"8eb61868-{OLD}"),
        (f"crawl-data/CC-MAIN-2013-20/segments/1368696381630/warc/{OLD}", f"6175cf11-{OLD}"),
    ],
)
def test_an_archives_name_hangs_on_its_path_alone(path: str, name: str) -> None:
    assert archive_name(path) == name


@pytest.mark.parametrize(
    "path", ["", "a", "a/../b", "a//b", "/a/b", "a/b/", "a/b?c", "a/%2e%2e/b", "a/b\n", "a/" * 400 + "b"]
)
def test_what_is_no_path_is_told(path: str) -> None:
    assert not is_path(path)
