"""Damaged and hostile archives, through extraction and the whole pipeline: nothing hangs, nothing good is lost."""

from __future__ import annotations

import itertools
import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from mathmill.data.records import BODY, CONTENT_TYPE, Dropped
from mathmill.data.runs import load_manifest
from mathmill.pipeline.archives import read_archive
from mathmill.pipeline.isolate import Condemned, ItemLimits, Usage, isolated
from mathmill.pipeline.members import ArchiveLimits
from mathmill.pipeline.pages import page
from mathmill.pipeline.recipe import PageLimits
from mathmill.pipeline.warc import LostSpan
from tests.shared import CRAWL, needs_crawl
from tests.warm import warm

RECIPE = """
archives = []
[audit]
rate = 1.0
"""
BROKEN = CRAWL / "broken"
# Wider than a run's, so that pages come to extraction that a run refuses for their size: 50 MB on one line is one.
WIDE = ArchiveLimits(block_bytes=64 << 20, body_bytes=64 << 20)
LIMITS = ItemLimits(PageLimits().seconds, PageLimits().megabytes)


def expected() -> dict[str, Any]:
    lines = (BROKEN / "expected.jsonl").read_text().splitlines() if BROKEN.is_dir() else []
    return {file["file"]: file for file in map(json.loads, lines)}


@dataclass(frozen=True)
class Extracted:
    """Address, text (None for what is no page) and seconds of each record; a source for `isolated`."""

    path: Path

    def __call__(self, skip: int, count: int | None) -> Iterator[tuple[str, str | None, float]]:
        records = itertools.islice(read_archive(self.path, WIDE), skip, None if count is None else skip + count)
        return map(self._extracted, records)

    def _extracted(self, record: Any) -> tuple[str, str | None, float]:
        from mathmill.pipeline.extraction import extract

        found = None if isinstance(record, LostSpan) else page(record, self.path.name, WIDE)
        if found is None or isinstance(found, Dropped):
            return (found.document.url if found else "", None, 0.0)
        began = time.process_time()
        text = extract(found.meta[BODY], found.url, found.meta[CONTENT_TYPE]).text
        return found.url, text, time.process_time() - began


@needs_crawl
@pytest.mark.parametrize("name", expected())
def test_every_page_of_every_broken_archive_is_extracted_within_its_limits(name: str) -> None:
    usage = Usage()
    found = list(isolated(Extracted(BROKEN / name), LIMITS, usage))
    assert not [each for each in found if isinstance(each, Condemned)]
    texts = {each[0].strip("<>"): each for each in found if not isinstance(each, Condemned) and each[1] is not None}
    assert usage.peak_mb < LIMITS.megabytes
    assert all(seconds < LIMITS.seconds for _, _, seconds in texts.values())
    for url in expected()[name]["good"]:
        number = re.sub(r".*/", "", url)
        assert f"SENTINEL{number}" in (texts[url][1] or ""), url
    for _, text, _ in texts.values():
        (text or "").encode()
    if name == "one-line-50mb.warc.gz":
        assert len(texts) == 3


def through_the_pipeline(archives: list[Path], folder: Path) -> list[dict[str, Any]]:
    """The rows of a run in which every page goes through every stage."""
    (folder / "all.toml").write_text(RECIPE)
    inputs = [part for path in archives for part in ("--input", path)]
    code, _, err = warm(
        "pipeline", "run", "all.toml", *inputs, "--out", "run", "--error-budget", "1", cwd=folder, timeout=170
    )
    assert code == 0, err
    rows: list[dict[str, Any]] = pq.read_table(folder / "run/records").to_pylist()
    return rows


# Most time goes to one archive, whose pages are extracted by themselves above.
@needs_crawl
@pytest.mark.parametrize("without", ["pathological", pytest.param("none", marks=pytest.mark.slow)])
def test_every_good_page_of_every_broken_archive_goes_through(without: str, tmp_path: Path) -> None:
    archives = sorted(path for path in BROKEN.glob("*arc*") if without not in path.name)
    rows = through_the_pipeline(archives, tmp_path)
    through = {row["url"] for row in rows if row["id"] and row["outcome"] != "errored"}
    missing = {url for path in archives for url in expected()[path.name]["good"]} - through
    assert not missing
    assert load_manifest(tmp_path / "run")["counts"]["pages"] > 100


@needs_crawl
@pytest.mark.slow
def test_archives_of_other_programs_go_through(tmp_path: Path) -> None:
    archives = sorted((CRAWL / "real").glob("*arc*"))
    rows = through_the_pipeline(archives, tmp_path)
    assert len({row["archive"] for row in rows}) == len(archives)
    assert sum(row["outcome"] == "dropped" and bool(row["id"]) for row in rows) > 50
    assert not [row for row in rows if row["outcome"] == "errored"]
