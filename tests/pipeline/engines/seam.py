"""What every engine has to do: a table of laws, each a function of an engine of two slots at least and a folder.

The file of an engine's tests runs all of them:

    @pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
    def test_the_seam(engine: Engine, law: Law, tmp_path: Path) -> None:
        law(engine, tmp_path)
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mathmill.data.engine import Engine, Failure, WorkerDied
from mathmill.data.errors import DiskFull
from tests.pipeline.engines.deeds import (
    allocator,
    big,
    die_at_three,
    die_once,
    double,
    fill_the_disk,
    give_a_lock,
    refuse,
    stumble,
    write_on,
)

Law = Callable[[Engine, Path], None]


def every_item_comes_back_once(engine: Engine, folder: Path) -> None:
    assert sorted(engine.map(double, range(20))) == [(number, 2 * number) for number in range(20)]


def items_may_come_one_by_one(engine: Engine, folder: Path) -> None:
    assert sorted(engine.map(double, (number for number in range(9)))) == [(number, 2 * number) for number in range(9)]


def nothing_to_do_is_done(engine: Engine, folder: Path) -> None:
    assert list(engine.map(double, [])) == []


def results_may_be_large(engine: Engine, folder: Path) -> None:
    assert dict(engine.map(big, range(4))) == {number: big(number) for number in range(4)}


def what_a_function_raises_is_that_items_failure(engine: Engine, folder: Path) -> None:
    found = dict(engine.map(stumble, range(6)))
    failure = found.pop(3)
    assert isinstance(failure, Failure)
    assert isinstance(failure.error, LookupError)
    assert str(failure.error) == "three is not here"
    assert found == {number: number for number in range(6) if number != 3}


def an_error_of_the_tree_keeps_its_class(engine: Engine, folder: Path) -> None:
    ((_, result),) = engine.map(fill_the_disk, [0])
    assert isinstance(result, Failure)
    assert type(result.error) is DiskFull


def an_error_that_cannot_be_sent_is_told(engine: Engine, folder: Path) -> None:
    ((_, result),) = engine.map(refuse, [0])
    assert isinstance(result, Failure)
    assert "no, for no reason" in str(result.error)


def a_result_that_cannot_be_sent_is_a_failure(engine: Engine, folder: Path) -> None:
    ((_, result),) = engine.map(give_a_lock, [0])
    assert isinstance(result, Failure)
    assert isinstance(result.error, TypeError)


def only_the_item_that_kills_its_worker_fails(engine: Engine, folder: Path) -> None:
    found = dict(engine.map(die_at_three, range(12)))
    failure = found.pop(3)
    assert isinstance(failure, Failure)
    assert isinstance(failure.error, WorkerDied)
    assert found == {number: number for number in range(12) if number != 3}


def an_item_whose_worker_died_once_is_run_again(engine: Engine, folder: Path) -> None:
    assert list(engine.map(die_once, [folder / "marker"])) == [(folder / "marker", "alive")]


def nothing_goes_on_when_the_caller_leaves(engine: Engine, folder: Path) -> None:
    files = [folder / "1", folder / "2"]
    results = engine.map(write_on, [Path(), *files])
    assert next(results) == (Path(), None)
    deadline = time.monotonic() + 30
    while not all(path.exists() for path in files) and time.monotonic() < deadline:
        time.sleep(0.01)
    began = time.monotonic()
    results.close()  # type: ignore[attr-defined]
    sizes = [path.stat().st_size for path in files]
    assert all(sizes)
    assert time.monotonic() - began < 60  # of the 600 that they would write
    time.sleep(0.3)
    assert [path.stat().st_size for path in files] == sizes
    assert list(engine.map(double, [1])) == [(1, 2)]


def nothing_goes_on_behind_close_and_work_may_begin_again(engine: Engine, folder: Path) -> None:
    results = engine.map(write_on, [Path(), folder / "1"])
    assert next(results) == (Path(), None)
    deadline = time.monotonic() + 30
    while not (folder / "1").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    engine.close()
    size = (folder / "1").stat().st_size
    time.sleep(0.3)
    assert (folder / "1").stat().st_size == size
    engine.close()
    assert list(engine.map(double, [1])) == [(1, 2)]


def arrow_gives_memory_back(engine: Engine, folder: Path) -> None:
    assert {name for _, name in engine.map(allocator, range(4))} == {"system"}


def a_query_reads_folders_of_parquet_and_keeps_its_order(engine: Engine, folder: Path) -> None:
    write(folder / "o'dd", "a.parquet", [3, 1])
    write(folder / "o'dd", "b.parquet", [2])
    engine.sql("SELECT n FROM numbers ORDER BY n DESC", {"numbers": folder / "o'dd"}, folder / "out")
    assert pq.read_table(folder / "out/part-0.parquet").to_pydict() == {"n": [3, 2, 1]}
    engine.sql("SELECT count(*) AS c FROM numbers", {"numbers": folder / "o'dd"}, folder / "out")
    assert pq.read_table(folder / "out").to_pydict() == {"c": [3]}
    assert sorted(path.name for path in folder.iterdir()) == ["o'dd", "out"]


def a_query_that_fails_leaves_no_output(engine: Engine, folder: Path) -> None:
    write(folder / "t", "a.parquet", [1, 0])
    with pytest.raises(Exception, match="nosuch"):
        engine.sql("SELECT nosuch FROM t", {"t": folder / "t"}, folder / "out")
    assert not (folder / "out").exists()


def write(folder: Path, name: str, numbers: list[int]) -> None:
    folder.mkdir(exist_ok=True)
    pq.write_table(pa.table({"n": numbers}), folder / name)


LAWS: list[Law] = [
    every_item_comes_back_once,
    items_may_come_one_by_one,
    nothing_to_do_is_done,
    results_may_be_large,
    what_a_function_raises_is_that_items_failure,
    an_error_of_the_tree_keeps_its_class,
    an_error_that_cannot_be_sent_is_told,
    a_result_that_cannot_be_sent_is_a_failure,
    only_the_item_that_kills_its_worker_fails,
    an_item_whose_worker_died_once_is_run_again,
    nothing_goes_on_when_the_caller_leaves,
    arrow_gives_memory_back,
    a_query_reads_folders_of_parquet_and_keeps_its_order,
    a_query_that_fails_leaves_no_output,
    nothing_goes_on_behind_close_and_work_may_begin_again,
]
