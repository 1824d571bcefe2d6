"""The labelled pages of the shared crawl, split by site into those to tune on and those to report on.

A rule's thresholds may be chosen by looking at pages of tuning sites only; figures are given for the
reporting sites, and for all together where that is said.
"""

from __future__ import annotations

import gzip
import hashlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson

from mathmill.data.records import Document
from mathmill.pipeline.archives import read_archive
from mathmill.pipeline.pages import page
from mathmill.pipeline.warc import LostSpan


@dataclass(frozen=True, slots=True)
class Label:
    """What the makers of the crawl say of a page; `sure` where its confidence is high."""

    is_math: bool
    sure: bool
    site: str

    @property
    def tuning(self) -> bool:
        return is_tuning(self.site)


@dataclass(frozen=True, slots=True)
class LabelledPage:
    """A page as it comes out of the archive, and the processor seconds that reading it took.

    `read_seconds` takes in the records between this page and the one before it.
    """

    document: Document
    label: Label
    read_seconds: float


def is_tuning(site: str) -> bool:
    """Whether pages of a site may be tuned on: half of the sites, by a hash of their name."""
    return hashlib.blake2b(site.encode(), digest_size=8).digest()[0] % 2 == 1


def load_labels(crawl: Path) -> dict[str, Label]:
    """Labels by URL."""
    with gzip.open(crawl / "labels.jsonl.gz") as lines:
        rows = [orjson.loads(line) for line in lines]
    return {row["url"]: Label(row["is_math"], row["confidence"] == "high", row["site"]) for row in rows}


def labelled_pages(crawl: Path) -> Iterator[LabelledPage]:
    """Every labelled page once, in the order of the shards."""
    labels = load_labels(crawl)
    began = time.process_time()
    for path in sorted(crawl.glob("*.warc.gz")):
        for record in read_archive(path):
            if isinstance(record, LostSpan):
                continue
            found = page(record, path.name)
            if not isinstance(found, Document) or found.url not in labels:
                continue
            now = time.process_time()
            yield LabelledPage(found, labels.pop(found.url), now - began)
            began = time.process_time()
