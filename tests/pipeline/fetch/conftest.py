"""A crawl's server for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.pipeline.fetch.crawl_server import Served, crawl_server, make_crawl


@pytest.fixture
def served() -> Iterator[Served]:
    with crawl_server(make_crawl()) as server:
        yield server
