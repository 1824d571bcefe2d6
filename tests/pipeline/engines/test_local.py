"""The engine of one machine: every item once, a poison item costs itself, a table whole or not at all."""

from __future__ import annotations

import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mathmill.data.engine import Failure, WorkerDied
from mathmill.pipeline.engines.local import LocalEngine
from tests.pipeline.engines.deeds import die_at_three, die_once, double, sleep_long, stumble


@pytest.mark.parametrize("workers", [1, 3])
def test_every_item_comes_back_once(workers: int) -> None:
    found = list(LocalEngine(workers).map(double, range(20)))
    assert sorted(found) == [(number, 2 * number) for number in range(20)]


def test_nothing_to_do_is_done() -> None:
    assert list(LocalEngine(2).map(double, [])) == []


def test_what_a_function_raises_is_that_items_failure() -> None:
    found = dict(LocalEngine(2).map(stumble, range(6)))
    failure = found.pop(3)
    assert isinstance(failure, Failure)
    assert isinstance(failure.error, LookupError)
    assert found == {number: number for number in range(6) if number != 3}


def test_only_the_item_that_kills_its_worker_fails() -> None:
    found = dict(LocalEngine(3).map(die_at_three, range(12)))
    failure = found.pop(3)
    assert isinstance(failure, Failure)
    assert isinstance(failure.error, WorkerDied)
    assert found == {number: number for number in range(12) if number != 3}


def test_an_item_whose_worker_died_once_is_run_again(tmp_path: Path) -> None:
    assert list(LocalEngine(1).map(die_once, [tmp_path / "marker"])) == [(tmp_path / "marker", "alive")]


def test_leaving_the_loop_ends_the_workers_at_once() -> None:
    engine = LocalEngine(2)
    results = engine.map(_first_fast, [0, 600, 600])
    assert next(results) == (0, 0)
    began = time.monotonic()
    results.close()  # type: ignore[attr-defined]
    engine.close()
    assert time.monotonic() - began < 60  # of the 600 that they would sleep


def _first_fast(seconds: int) -> int:
    return sleep_long(seconds) if seconds else 0


def write(folder: Path, name: str, numbers: list[int]) -> None:
    folder.mkdir(exist_ok=True)
    pq.write_table(pa.table({"n": numbers}), folder / name)


def test_sql_reads_folders_of_parquet_and_keeps_the_order(tmp_path: Path) -> None:
    write(tmp_path / "o'dd", "a.parquet", [3, 1])
    write(tmp_path / "o'dd", "b.parquet", [2])
    engine = LocalEngine(2)
    engine.sql("SELECT n FROM numbers ORDER BY n DESC", {"numbers": tmp_path / "o'dd"}, tmp_path / "out")
    assert pq.read_table(tmp_path / "out/part-0.parquet").to_pydict() == {"n": [3, 2, 1]}
    engine.sql("SELECT count(*) AS c FROM numbers", {"numbers": tmp_path / "o'dd"}, tmp_path / "out")
    assert pq.read_table(tmp_path / "out").to_pydict() == {"c": [3]}


def test_a_query_that_fails_leaves_no_output(tmp_path: Path) -> None:
    write(tmp_path / "t", "a.parquet", [1, 0])
    with pytest.raises(Exception, match="Invalid Input Error: no"):
        LocalEngine(1).sql("SELECT error('no') FROM t", {"t": tmp_path / "t"}, tmp_path / "out")
    assert not (tmp_path / "out").exists()
