"""What does not add up ends a shard, and a shard that fails leaves the others alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from mathmill.data.engine import Failure
from mathmill.data.errors import DiskFull, InputMissing, MathmillError
from mathmill.data.ledger import Ledger
from mathmill.pipeline.archives import read_archive
from mathmill.pipeline.explain import explain
from mathmill.pipeline.inputs import ArchiveInput
from mathmill.pipeline.page_work import ArchiveSource
from mathmill.pipeline.provenance import Tally
from mathmill.pipeline.recipe import PageLimits, PipelineRecipe
from mathmill.pipeline.runner import run_pipeline
from mathmill.pipeline.shard_task import ShardTask, check_conservation
from mathmill.pipeline.warc import Record
from tests.archives import html_of, write_archive, write_crawl
from tests.pipeline.harmful import BitingRecipe
from tests.warm import InlineEngine

ARCHIVE = ArchiveInput("a", "a.warc.gz", 30, "")


def tally(*rows: tuple[str, int]) -> Tally:
    counted = Tally()
    for outcome, length in rows:
        counted.count({"outcome": outcome, "length": length, "reason": "x" if outcome == "lost" else "", "id": "1"}, {})
    return counted


def test_what_adds_up_passes() -> None:
    check_conservation(ARCHIVE, tally(("kept", 10), ("errored", 5), ("dropped", 10), ("lost", 5)), documents=1, aside=1)


@pytest.mark.parametrize(
    ("counted", "documents", "aside", "words"),
    [
        (tally(("kept", 29)), 1, 0, "29 bytes where 30 are due"),
        (tally(("kept", 31)), 1, 0, "31 bytes where 30 are due"),
        (tally(("kept", 30)), 0, 0, "1 kept pages where 0 are due"),
        (tally(("errored", 30)), 0, 0, "1 pages set aside where 0 are due"),
    ],
)
def test_what_does_not_add_up_is_an_error(counted: Tally, documents: int, aside: int, words: str) -> None:
    with pytest.raises(MathmillError, match=words) as raised:
        check_conservation(ARCHIVE, counted, documents, aside)
    assert raised.value.exit_code == 70


class Unlucky:
    """An engine on which work on one archive fails."""

    def __init__(self, name: str, error: Exception) -> None:
        self._engine = InlineEngine(1)
        self._name = name
        self._error = error

    def map(self, function: Callable[[Any], Any], items: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
        tasks = list(items)
        unlucky = [task for task in tasks if isinstance(task, ShardTask) and task.archive.name == self._name]
        yield from ((task, Failure(self._error)) for task in unlucky)
        yield from self._engine.map(function, [task for task in tasks if task not in unlucky])

    def sql(self, query: str, tables: Mapping[str, Path], out: Path) -> None:
        self._engine.sql(query, tables, out)

    def close(self) -> None:
        self._engine.close()


@pytest.mark.parametrize(
    ("error", "kind", "done"),
    [
        (InputMissing("the connection ended"), InputMissing, 1),
        (LookupError("a bug"), MathmillError, 1),
        (DiskFull("no space left"), DiskFull, 0),
    ],
)
def test_an_archive_that_fails_costs_itself_only(
    error: Exception, kind: type[MathmillError], done: int, tmp_path: Path
) -> None:
    write_crawl(tmp_path / "web", shards=2, pages=3)
    recipe = PipelineRecipe(archives=(str(tmp_path / "web/*.warc.gz"),))
    with pytest.raises(kind) as raised:
        run_pipeline(recipe, tmp_path / "run", Unlucky("crawl-00000", error))
    assert type(raised.value) is kind
    assert sum(unit.startswith("shard/") for unit in Ledger(tmp_path / "run").lines) == done
    assert not (tmp_path / "run/manifest.json").exists()


def test_a_lost_span_that_killed_its_process_is_lost_and_not_an_error(tmp_path: Path) -> None:
    (path,) = write_crawl(tmp_path, shards=1, pages=1)
    whole = path.read_bytes()
    path.write_bytes(whole + b"garbage" * 20)
    source = ArchiveSource(str(path), "a", PipelineRecipe())
    outcome = source.condemned(2, "page_time", {})
    assert (outcome.row["outcome"], outcome.row["offset"], outcome.record) == ("lost", len(whole), None)
    outcome = source.condemned(1, "page_time", {"cpu_seconds": 20})
    assert (outcome.row["outcome"], outcome.row["reason"]) == ("errored", "page_time")
    assert outcome.record is not None


def test_a_page_that_does_harm_costs_itself_only(tmp_path: Path) -> None:
    ends = {
        "segfault": "page_crash",
        "spin": "page_time",
        "eat": "page_memory",
        "exit": "page_crash",
        "stumble": "page_error",
    }
    names = [name for harm in ends for name in (f"before-{harm}", harm)] + ["last"]
    archive = write_archive(tmp_path / "a.warc.gz", [(f"http://example.org/{name}", html_of(1)) for name in names])
    recipe = BitingRecipe(archives=(str(archive),), page=PageLimits(seconds=1, megabytes=300))
    result = run_pipeline(recipe, tmp_path / "run", InlineEngine(1), error_budget=1.0)
    rows = [row for row in pq.read_table(tmp_path / "run/records").to_pylist() if row["kind"] == "response"]
    assert {row["url"].rsplit("/", 1)[-1]: row["reason"] for row in rows if row["outcome"] == "errored"} == ends
    assert [row["url"].rsplit("/", 1)[-1] for row in rows if row["outcome"] == "kept"] == [
        name for name in names if name not in ends
    ]
    assert result.tally.outcomes["errored"] == len(ends)
    aside = [item for item in read_archive(tmp_path / "run/aside/a.warc.gz") if isinstance(item, Record)]
    assert [record.url.rsplit("/", 1)[-1] for record in aside] == list(ends)
    (told,) = explain(tmp_path / "run", "http://example.org/spin")
    assert (told.outcome, told.evidence) == ("errored", {"cpu_seconds": 1})
