"""A fetch of records is a Run: what is asked for is got or failed by reason, and what came can be processed."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from pathlib import Path

import orjson
import pyarrow.parquet as pq
import pytest

from mathmill.data.errors import ConfigError, DamagedInput, InputMissing
from mathmill.data.runs import check_outputs, load_manifest
from mathmill.pipeline.archives import read_archive
from mathmill.pipeline.fetch import records_run
from mathmill.pipeline.fetch.index_files import IndexFiles
from mathmill.pipeline.fetch.recipe import RecordsRecipe
from mathmill.pipeline.fetch.records_run import RecordsResult, check_came, run_records
from mathmill.pipeline.fetch.servers import open_server
from mathmill.pipeline.warc import Record
from tests.pipeline.fetch.crawl_server import CRAWL, Mood, Served, pages
from tests.pipeline.fetch.test_archives_run import digest
from tests.pipeline.fetch.test_wanted import PATTERNS
from tests.warm import warm


def recipe(*index: str, most: int = 100) -> RecordsRecipe:
    return RecordsRecipe(crawl=CRAWL, index=index or ("*.example.org",), most=most)


def run(served: Served, out: Path, asked: RecordsRecipe | None = None) -> RecordsResult:
    server = open_server(served.access)
    return run_records(asked or recipe(), out, server, IndexFiles(server, CRAWL), 3)


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records_run, "_BATCH", 7)


def rows_of(out: Path) -> list[dict[str, object]]:
    return [row for path in sorted((out / "records").iterdir()) for row in pq.read_table(path).to_pylist()]


def records_of(out: Path) -> list[Record]:
    paths = sorted((out / "archives").iterdir())
    return [item for path in paths for item in read_archive(path) if isinstance(item, Record)]


def test_the_records_under_a_pattern_come_byte_for_byte(served: Served, tmp_path: Path) -> None:
    result = run(served, tmp_path / "run")
    meant = {
        page.url for page in pages() if "example.org" in page.url and page.status == "200" and page.mime[:4] == "text"
    }
    assert (result.asked, result.got, result.failed) == (len(meant), len(meant), {})
    assert {record.url for record in records_of(tmp_path / "run")} == meant
    assert len(records_of(tmp_path / "run")) == len(meant)
    for row in rows_of(tmp_path / "run"):
        there = served.files[str(row["filename"])][int(str(row["offset"])) :][: int(str(row["length"]))]
        here = (tmp_path / "run" / str(row["archive"])).read_bytes()[int(str(row["at"])) :][: int(str(row["length"]))]
        assert here == there
    assert len(list((tmp_path / "run/archives").iterdir())) == -(-len(meant) // 7)
    assert load_manifest(tmp_path / "run")["counts"] == {"asked": len(meant), "got": len(meant), "failed": {}}
    assert check_outputs(tmp_path / "run") == []


def test_of_two_visits_the_later_comes(served: Served, tmp_path: Path) -> None:
    run(served, tmp_path / "run", recipe(pages()[4].url))
    (record,) = records_of(tmp_path / "run")
    assert b"Quadratic equations 99" in record.block


def test_a_finished_fetch_asks_nothing(served: Served, tmp_path: Path) -> None:
    run(served, tmp_path / "run")
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "run").rglob("*.*")}
    served.asked.clear()
    assert run(served, tmp_path / "run").fresh == 0
    assert not served.asked
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "run").rglob("*.*")} == before
    with pytest.raises(ConfigError, match="another recipe"):
        run(served, tmp_path / "run", recipe(most=5))


def test_what_cannot_be_had_is_listed_and_all_adds_up(served: Served, tmp_path: Path) -> None:
    paths = sorted(path for path in served.files if "segments" in path)
    del served.files[paths[0]]
    served.moods[paths[1]] = Mood("busy")
    result = run(served, tmp_path / "run")
    assert set(result.failed) == {"not_there", "unreachable"}
    assert result.asked == result.got + sum(result.failed.values())
    rows = rows_of(tmp_path / "run")
    assert len(rows) == result.asked
    assert {(row["filename"], row["reason"]) for row in rows} == {
        (paths[0], "not_there"),
        (paths[1], "unreachable"),
        (paths[2], ""),
    }
    assert all("SlowDown" in str(row["said"]) for row in rows if row["reason"] == "unreachable")
    with pytest.raises(InputMissing, match=r"did not answer for \d+ of 30 records, the others are done: run the same"):
        check_came(result)
    served.moods.clear()
    served.asked.clear()
    again = run(served, tmp_path / "run")
    assert {path for _, path, _ in served.asked} == {paths[1]}  # those that were not answered, and no others
    assert again.fresh == result.failed["unreachable"]
    assert set(again.failed) == {"not_there"}
    assert again.got == result.got + result.failed["unreachable"]
    assert again.failed["not_there"] == result.failed["not_there"]
    run(served, tmp_path / "reference/run")
    assert digest(tmp_path / "run") == digest(tmp_path / "reference/run")
    assert check_outputs(tmp_path / "run") == []


def test_more_than_are_wanted_are_drawn(served: Served, tmp_path: Path) -> None:
    result = run(served, tmp_path / "run", recipe(most=5))
    assert (result.got, result.left["beyond_most"]) == (5, 25)


def test_nothing_under_a_pattern_and_nothing_that_comes_are_errors(served: Served, tmp_path: Path) -> None:
    with pytest.raises(InputMissing, match="the index has no page under these addresses: check the patterns"):
        check_came(run(served, tmp_path / "none", recipe("aaa.org/*")))
    for path in [path for path in served.files if "segments" in path]:
        del served.files[path]
    with pytest.raises(DamagedInput, match="none of 30 records could be had"):
        check_came(run(served, tmp_path / "gone"))


def test_a_server_that_went_away_leaves_whole_batches(served: Served, tmp_path: Path) -> None:
    run(served, tmp_path / "reference/run")
    for number, path in enumerate(sorted(path for path in served.files if "segments" in path)):
        served.moods[path] = Mood("busy", times=10**9 if number else 0)
    with pytest.MonkeyPatch.context() as monkey:
        monkey.setattr("mathmill.pipeline.fetch.ranges._GIVEN_UP", 1)
        with pytest.raises(InputMissing, match="requests were not answered"):
            run(served, tmp_path / "run")
    assert list((tmp_path / "run/archives").iterdir())
    assert not (tmp_path / "run/manifest.json").exists()
    served.moods.clear()
    run(served, tmp_path / "run")
    assert digest(tmp_path / "run") == digest(tmp_path / "reference/run")


# Of the captures, of the batch, of the manifest.
POINTS = ["renamed", "after_ledger", "written:2", "renamed:2", "before_ledger:2", "after_ledger:2", "whole:3"]


@pytest.mark.parametrize(
    "points", [("after_ledger", "renamed:2", "whole:3"), pytest.param(POINTS, marks=pytest.mark.slow)]
)
def test_deaths_on_the_way_leave_no_trace(served: Served, tmp_path: Path, points: Sequence[str]) -> None:
    command = ["fetch", CRAWL, "--index", "*.example.org", "--mirror", served.url, "--rate", "1000", "--most", "100"]
    code, told, err = warm(*command, "--out", tmp_path / "reference/run", "--json")
    assert code == 0, err
    assert orjson.loads(told)["got"] == 30
    for point in points:
        out = tmp_path / point / "run"
        assert warm(*command, "--out", out, environment={"MATHMILL_KILL_AT": point})[0] == -signal.SIGKILL, point
        assert warm(*command, "--out", out)[0] == 0
        assert digest(out) == digest(tmp_path / "reference/run"), point


def test_a_round_of_the_classifier_says_what_to_fetch(served: Served, tmp_path: Path) -> None:
    (tmp_path / "patterns.toml").write_text(PATTERNS.replace("algebra/rings/", "algebra/Lesson-026/"))
    asked = RecordsRecipe(crawl=CRAWL, patterns=tmp_path / "patterns.toml")
    run(served, tmp_path / "run", asked)
    found = {record.url for record in records_of(tmp_path / "run")}
    hosts = ("https://example.org/algebra/", "https://www.example.org/algebra/")
    meant = {page.url for page in pages() if page.url.startswith(hosts)} - {"https://example.org/algebra/Lesson-026"}
    assert found == meant
    assert str(tmp_path / "patterns.toml") in load_manifest(tmp_path / "run")["files"]
    (tmp_path / "patterns.toml").write_text(PATTERNS)
    with pytest.raises(ConfigError, match="another recipe"):
        run(served, tmp_path / "run", asked)


def test_what_came_is_processed_as_any_archive(served: Served, tmp_path: Path) -> None:
    run(served, tmp_path / "run")
    archives = f"{tmp_path}/run/archives/*.gz"
    (tmp_path / "recipe.toml").write_text("archives = []\n")
    code, out, err = warm(
        "pipeline", "run", tmp_path / "recipe.toml", "--input", archives, "--out", tmp_path / "corpus", "--json"
    )
    assert code == 0, err
    funnel = orjson.loads(out)["funnel"]
    lessons = sum("Quadratic" in page.html and "example.org" in page.url for page in pages())
    assert funnel["kept"] == lessons
