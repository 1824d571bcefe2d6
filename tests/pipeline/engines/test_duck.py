"""One query by DuckDB: what it may take, what is in its way, and what is said of it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mathmill.data.errors import CannotCreate, DiskFull, MathmillError
from mathmill.pipeline.engines import duck
from mathmill.pipeline.engines.duck import query_to_folder
from tests.pipeline.engines.seam import write

STARS = "SELECT row, min(row) OVER (PARTITION BY band) AS leader FROM bands ORDER BY row"


def bands(folder: Path) -> dict[str, Path]:
    rows = 300_000
    folder.mkdir()
    chosen = np.random.default_rng(1).integers(0, 1 << 60, rows)
    pq.write_table(pa.table({"row": np.arange(rows), "band": chosen}), folder / "part-0.parquet")
    return {"bands": folder}


@pytest.mark.parametrize("asked", [None, 1, 10_000])
def test_a_query_takes_no_more_threads_than_there_are_cores(
    asked: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []

    def noted(tables: Any, settings: Any) -> Any:
        seen.append(settings["threads"])
        return connected(tables, settings)

    connected = duck.connected
    monkeypatch.setattr(duck, "connected", noted)
    write(tmp_path / "t", "a.parquet", [1])
    query_to_folder("SELECT n FROM t", {"t": tmp_path / "t"}, tmp_path / "out", 512, asked)
    assert seen == [min(asked or 10_000, os.cpu_count() or 1)]


def test_a_query_without_the_memory_that_it_needs_says_how_to_give_it(tmp_path: Path) -> None:
    with pytest.raises(MathmillError, match=r"out needs more than 10 MB \(Out of Memory.*\): raise --memory, or free"):
        query_to_folder(STARS, bands(tmp_path / "bands"), tmp_path / "out", 10, 2)
    assert [path.name for path in tmp_path.iterdir() if not path.name.startswith(".")] == ["bands"]


@pytest.mark.parametrize(
    "said",
    ["No space left on device", "failed to offload: this limit was set by the 'max_temp_directory_size' setting"],
)
def test_a_full_disk_is_told_as_one(said: str, tmp_path: Path) -> None:
    import duckdb

    for kind in (duckdb.IOException, duckdb.OutOfMemoryException):
        assert isinstance(duck._told(kind(said), tmp_path, 512), DiskFull)


def comes_between(times: int, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the query of a dead driver publish its own folder each time that the place of `out` was cleared."""
    removed, left = shutil.rmtree, [times]

    def remove(path: Path, *more: Any, **named: Any) -> None:
        removed(path, *more, **named)
        if Path(path) == out and left[0]:
            left[0] -= 1
            write(out, "part-0.parquet", [0])

    monkeypatch.setattr(shutil, "rmtree", remove)


def test_a_query_of_a_dead_driver_that_ends_at_the_same_time_is_no_harm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "t", "a.parquet", [7])
    comes_between(1, tmp_path / "out", monkeypatch)
    query_to_folder("SELECT n FROM t", {"t": tmp_path / "t"}, tmp_path / "out", 512, 1)
    assert pq.read_table(tmp_path / "out").to_pydict() == {"n": [7]}


def test_a_folder_that_never_becomes_free_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "t", "a.parquet", [7])
    comes_between(2, tmp_path / "out", monkeypatch)
    with pytest.raises(CannotCreate, match="out"):
        query_to_folder("SELECT n FROM t", {"t": tmp_path / "t"}, tmp_path / "out", 512, 1)
