from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mathmill.data.config import Config
from mathmill.data.errors import DiskFull, InputMissing, MathmillError
from mathmill.data.files import Output
from mathmill.data.records import Reduce
from mathmill.data.runs import Run
from mathmill.data.tables import numbered_rows, table_rows
from mathmill.data.units import hashes, make_unit, map_units, mapped, publish_files, reduce_unit
from tests.warm import InlineEngine


class Nothing(Config):
    """A recipe that says nothing."""


@dataclass(frozen=True)
class Task:
    shard: str
    folder: Path
    text: str = "text"


def write(task: Task) -> dict[str, Output]:
    if task.text == "full":
        raise DiskFull("no space left")
    if task.text == "bad":
        raise InputMissing(f"{task.shard} is missing")
    return publish_files(task.folder, {f"made/{task.shard}.txt": task.text.encode()})


def test_a_unit_is_made_once_for_a_source(tmp_path: Path) -> None:
    made: list[str] = []

    def make(text: str) -> tuple[Mapping[str, Output], Mapping[str, Any]]:
        made.append(text)
        return publish_files(tmp_path, {"file": text.encode()}), {"text": text}

    with Run(tmp_path, Nothing(), "test") as run:
        for source in ("one", "one", "two"):
            line = make_unit(run, "unit", source, lambda source=source: make(source))  # type: ignore[misc]
            assert line["text"] == source
        assert made == ["one", "two"]
        (tmp_path / "file").write_text("damaged")
        make_unit(run, "unit", "two", lambda: make("two"))
        assert made == ["one", "two", "two"]


def test_a_map_makes_what_is_missing(tmp_path: Path) -> None:
    with Run(tmp_path, Nothing(), "test") as run:
        map_units(run, InlineEngine(1), "made", write, [Task("a", tmp_path)], "s")
        tasks = [Task("a", tmp_path, "bad"), Task("b", tmp_path)]
        map_units(run, InlineEngine(1), "made", write, tasks, "s")  # the first is there, so it is not tried
        assert [name for name, _ in hashes(run, "made")] == ["made/a.txt", "made/b.txt"]
        with pytest.raises(InputMissing, match="a is missing"):
            map_units(run, InlineEngine(1), "made", write, tasks, "another source")


def test_failures_are_told_together_and_a_full_disk_at_once(tmp_path: Path) -> None:
    tasks = [Task(name, tmp_path, text) for name, text in (("a", "bad"), ("b", "text"), ("c", "bad"))]
    done: list[str] = []
    with pytest.raises(MathmillError, match=r"scores: 2 of 3 shards failed, the others are done: a \(InputMissing"):
        done.extend(task.shard for task, _ in mapped(InlineEngine(1), write, tasks, "scores"))
    assert done == ["b"]
    with pytest.raises(DiskFull):
        list(mapped(InlineEngine(1), write, [Task("a", tmp_path, "full"), Task("b", tmp_path)], "scores"))


def test_a_reduce_is_run_again_for_other_sources_or_another_query(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    pq.write_table(pa.table({"n": [1, 2, 3]}), tmp_path / "in" / "a.parquet")
    with Run(tmp_path / "run", Nothing(), "test") as run:
        for query, sources in (("SELECT sum(n)::BIGINT AS n FROM outside", 1), ("SELECT max(n) AS n FROM outside", 1)):
            folder = reduce_unit(run, InlineEngine(1), Reduce("out", (), query), sources, {"outside": tmp_path / "in"})
        assert list(table_rows(folder / "part-0.parquet", ["n"])) == [{"n": 3}]
        before = (folder / "part-0.parquet").stat().st_ino
        reduce_unit(run, InlineEngine(1), Reduce("out", (), query), 1, {"outside": tmp_path / "in"})
        assert (folder / "part-0.parquet").stat().st_ino == before
        reduce_unit(run, InlineEngine(1), Reduce("out", (), query), 2, {"outside": tmp_path / "in"})
        assert (folder / "part-0.parquet").stat().st_ino != before


@pytest.mark.parametrize("first", [0, 3, 4, 7, 10, 12])
def test_rows_from_the_middle_of_a_table(tmp_path: Path, first: int) -> None:
    pq.write_table(pa.table({"n": range(10)}), tmp_path / "t.parquet", row_group_size=4)
    assert list(numbered_rows(tmp_path / "t.parquet", ["n"], first)) == [(n, {"n": n}) for n in range(first, 10)]
