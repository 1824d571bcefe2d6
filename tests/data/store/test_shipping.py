"""Work in a mounted folder by processes that share no folder with who asks for it."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from mathmill.data.config import Config
from mathmill.data.engine import Failure, WorkerDied
from mathmill.data.errors import CannotCreate, InputMissing, Locked, MathmillError
from mathmill.data.files import Output
from mathmill.data.records import Reduce
from mathmill.data.runs import Run, check_outputs
from mathmill.data.shards import publish_table
from mathmill.data.store import mounts
from mathmill.data.store.mounts import at_hand, parts, run_folder
from mathmill.data.store.shipping import ShippingEngine, shipping
from mathmill.data.store.store import PATIENCE
from mathmill.data.tables import folder_rows, table_rows
from mathmill.data.units import make_unit, map_units, mapped, publish_files, reduce_unit, table_outputs
from mathmill.pipeline.dedup.components import joined_by_queries
from mathmill.pipeline.engines.duck import query_to_folder
from mathmill.pipeline.engines.local import LocalEngine
from tests.data.store.s3_server import S3Server

COLUMNS = {"n": ("int64", "a number")}


class Nothing(Config):
    """A recipe that says nothing."""


@dataclass(frozen=True)
class Task:
    shard: str
    folder: Path


def write(task: Task) -> dict[str, Output]:
    match task.shard:
        case "missing":
            raise InputMissing("it is missing")
        case "poison":
            os.kill(os.getpid(), signal.SIGKILL)
    return publish_table(task.folder, f"made/{task.shard}.parquet", [{"n": int(task.shard)}], COLUMNS)


def add(task: Task, more: int) -> dict[str, Output]:
    """Reads what an earlier unit wrote, and a table of all."""
    (own,) = table_rows(task.folder / f"made/{task.shard}.parquet", ["n"])
    sum_of_all = sum(row["n"] for row in folder_rows(task.folder / "made", ["n"]))
    (task.folder / ".notes.tmp").write_text("left behind")
    rows = [{"n": own["n"] + sum_of_all + more}]
    return publish_table(task.folder, f"added/{task.shard}.parquet", rows, COLUMNS) | publish_files(
        task.folder, {f"added/{task.shard}.txt": b"text"}
    )


def look(task: Task) -> tuple[str, list[str]]:
    """Where the worker is, and what it finds there."""
    return str(task.folder), sorted(path.name for path in task.folder.iterdir())


@pytest.fixture
def folder(address: str) -> Path:
    return run_folder(address)


class FarEngine(LocalEngine):
    """Runs queries in a worker too, as an engine of a cluster does."""

    def sql(self, query: str, tables: Mapping[str, Path], out: Path) -> None:
        ((_, result),) = self.map(partial(far_query, query, dict(tables)), [out])
        assert not isinstance(result, Failure), result.error


def far_query(query: str, tables: dict[str, Path], out: Path) -> None:
    query_to_folder(query, tables, out, 200, 1)


@pytest.fixture(scope="module")
def far() -> Iterator[FarEngine]:
    with closing(FarEngine(2)) as engine:
        yield engine


def test_a_folder_of_this_machine_needs_nothing(tmp_path: Path) -> None:
    engine = LocalEngine(1)
    assert shipping(engine, tmp_path) is engine


def make(folder: Path, engine: Any) -> None:
    tasks = [Task(str(number), folder) for number in range(5)]
    total = Reduce("total", ("added",), "SELECT CAST(sum(n) AS BIGINT) AS n FROM added")
    with Run(folder, Nothing(), "test") as run:
        map_units(run, engine, "made", write, tasks, "s")
        map_units(run, engine, "added", partial(add, more=1), tasks, "s")
        table = reduce_unit(run, engine, total, "s")
        assert list(folder_rows(table, ["n"])) == [{"n": 10 + 5 * (10 + 1)}]
        run.finish([], {}, {})


def test_workers_read_and_write_the_store(
    folder: Path, far: FarEngine, tmp_path: Path, s3: S3Server, address: str
) -> None:
    make(folder, shipping(far, folder))
    make(tmp_path / "run", far)
    here = {path.relative_to(tmp_path / "run").as_posix(): path for path in (tmp_path / "run").rglob("*")}
    there = s3.files(address)
    assert {name.partition("/")[0] for name in there.keys() - here.keys()} == {"ledger"}
    same = {name: data for name, data in there.items() if name in here and name != "timings.json"}
    assert len(same) == 5 + 10 + 1 + 2
    assert same == {name: here[name].read_bytes() for name in same}
    assert not list(folder.glob("made/*.parquet"))  # nobody here asked for one
    assert check_outputs(folder) == []


def test_queries_run_where_the_engine_has_them_run(folder: Path, far: FarEngine, s3: S3Server, address: str) -> None:
    make(folder, shipping(far, folder))
    edges = [(1, 2), (2, 3), (5, 9), (3, 4), (7, 9), (11, 12)]
    columns = {"row": ("int64", "one"), "leader": ("int64", "a lesser one")}
    with Run(folder, Nothing(), "test") as run:
        rows = [{"row": max(edge), "leader": min(edge)} for edge in edges]
        make_unit(run, "stars", "", lambda: (publish_table(folder, "stars/part-0.parquet", rows, columns), {}))
        joined_by_queries(shipping(far, folder), [folder / "stars"], folder / "joined")
        found = {row["row"]: row["component"] for row in folder_rows(folder / "joined", ["row", "component"])}
        make_unit(run, "joined", "", lambda: (table_outputs(folder / "joined"), {}))
        run.finish([], {}, {})
    assert found == {1: 1, 2: 1, 3: 1, 4: 1, 5: 5, 7: 5, 9: 5, 11: 11, 12: 11}
    there = s3.files(address)
    assert not [name for name in there if name.startswith(".")]  # tables in between are gone
    assert check_outputs(folder) == []


def test_a_worker_has_a_folder_of_its_own_that_it_leaves_empty(folder: Path, far: FarEngine) -> None:
    engine = ShippingEngine(far, folder)
    with Run(folder, Nothing(), "test") as run:
        map_units(run, engine, "made", write, [Task("1", folder)], "s")
    for _, result in engine.map(look, [Task(str(number), folder) for number in range(4)]):
        assert not isinstance(result, Failure)
        place, found = result
        assert found == []
        assert Path(place) != folder
        assert Path(place).name == "run"


def test_what_fails_puts_nothing_and_the_others_are_done(folder: Path, far: FarEngine) -> None:
    engine = ShippingEngine(far, folder)
    tasks = [Task(shard, folder) for shard in ("1", "missing", "poison", "2")]
    results = {task.shard: result for task, result in engine.map(write, tasks)}
    assert isinstance(results["missing"], Failure)
    assert isinstance(results["missing"].error, InputMissing)
    assert isinstance(results["poison"], Failure)
    assert isinstance(results["poison"].error, WorkerDied)
    assert sorted(path.name for path in parts(folder / "made")) == ["1.parquet", "2.parquet"]


def test_a_store_that_went_away_ends_a_map(folder: Path, s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a full disk does: the other shards would wait as long, and in vain."""
    monkeypatch.setenv(PATIENCE, "0.5")
    publish(folder, b"text")
    engine = LocalEngine(1)
    s3.stop()
    try:
        with pytest.raises(CannotCreate, match="what is done is kept"):
            list(
                mapped(shipping(engine, folder), read, [Task(str(number), folder) for number in range(100)], "reading")
            )
    finally:
        s3.start()
        engine.close()


def test_a_worker_puts_nothing_for_a_driver_that_lost_its_lock(
    folder: Path, far: FarEngine, s3: S3Server, address: str
) -> None:
    engine = shipping(far, folder)
    mount = mounts.mount_of(folder)
    assert mount is not None
    with pytest.raises(Locked, match="is another process's by now"), Run(folder, Nothing(), "test") as run:
        map_units(run, engine, "made", write, [Task("1", folder)], "s")
        mount.store.put_bytes(b'{"token": "another"}', "lock")
        map_units(run, engine, "made", write, [Task("1", folder), Task("2", folder)], "s")
    there = s3.files(address)
    assert [name for name in there if name.startswith("made/")] == ["made/1.parquet"]
    assert there["lock"] == b'{"token": "another"}'  # it is theirs


def test_a_driver_takes_no_file_that_its_ledger_does_not_say(folder: Path, far: FarEngine) -> None:
    """Such as one that a worker of an earlier driver put late; the next execution makes it anew."""
    engine = shipping(far, folder)
    tasks = [Task(str(number), folder) for number in range(2)]
    mount = mounts.mount_of(folder)
    assert mount is not None
    for _ in range(2):  # a unit that was found done is known as well as one that was made
        with Run(folder, Nothing(), "test") as run:
            map_units(run, engine, "made", write, tasks, "s")
            assert len(parts(folder / "made")) == 2
            mount.store.put_bytes(b"late", "made/1.parquet")
            mount.forget()
            with pytest.raises(MathmillError, match=r"made/1\.parquet is not the file that the ledger says"):
                parts(folder / "made")
    with Run(folder, Nothing(), "test") as run:
        map_units(run, engine, "made", write, tasks, "s")
        assert [row["n"] for row in folder_rows(folder / "made", ["n"])] == [0, 1]
        run.finish([], {}, {})
    assert check_outputs(folder) == []


def test_a_worker_sees_what_was_made_anew(folder: Path, far: FarEngine) -> None:
    engine = ShippingEngine(far, folder)
    for text in (b"old", b"new", b"newer"):
        publish(folder, text)
        for _, result in engine.map(read, [Task(str(number), folder) for number in range(4)]):
            assert result == text


def publish(folder: Path, text: bytes) -> None:
    mount = mounts.mount_of(folder)
    assert mount is not None
    mount.note("t/file", mount.store.put_bytes(text, "t/file"))


def read(task: Task) -> bytes:
    assert [path.name for path in parts(task.folder / "t", "*")] == ["file"]
    return at_hand(task.folder / "t/file").read_bytes()
