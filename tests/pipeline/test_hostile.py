"""Damaged and hostile archives through the whole pipeline: nothing hangs, nothing good is lost."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq

from mathmill.data.runs import load_manifest
from tests.shared import CRAWL, needs_crawl

RECIPE = """
archives = []
[audit]
rate = 1.0
"""


@needs_crawl
def test_every_good_page_of_every_broken_archive_goes_through(tmp_path: Path) -> None:
    (tmp_path / "all.toml").write_text(RECIPE)
    inputs = [part for pattern in ("broken", "real") for part in ("--input", str(CRAWL / pattern / "*arc*"))]
    command = [sys.executable, "-m", "mathmill.cli", "pipeline", "run", "all.toml", *inputs]
    done = subprocess.run(
        [*command, "--out", "run", "--error-budget", "1"], cwd=tmp_path, capture_output=True, text=True, timeout=170
    )
    assert done.returncode == 0, done.stderr
    expected = [json.loads(line) for line in (CRAWL / "broken/expected.jsonl").read_text().splitlines()]
    rows = pq.read_table(tmp_path / "run/records").to_pylist()
    through = {row["url"] for row in rows if row["id"] and row["outcome"] != "errored"}
    missing = {url for file in expected for url in file["good"]} - through
    assert not missing
    assert load_manifest(tmp_path / "run")["counts"]["kept"] >= 1
