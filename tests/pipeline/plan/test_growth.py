from collections.abc import Mapping
from pathlib import Path

import duckdb
import pytest

from mathmill.pipeline.engines.local import LocalEngine
from mathmill.pipeline.plan.growth import Grown, grown_queries
from mathmill.pipeline.plan.memory import MemoryWatch
from mathmill.pipeline.plan.meter import MeteredEngine, Moment, QuerySpent

ROWS = 60
TABLES = {
    # 60 pages on 12 sites; a value from 0 to 9; whether it is kept; a band in which pairs meet
    "pages": f"SELECT range AS row, 'site ' || range % 12 AS site, range % 10 AS value, range // 2 AS band, "
    f"CASE WHEN range % 3 = 0 THEN '' ELSE 'kept' END AS reason FROM range({ROWS})",
    "sites": "SELECT 'site ' || range AS site, range AS score FROM range(12)",
    "names": f"SELECT 'name ' || range AS name FROM range({ROWS})",
}


def ask(query: str) -> list[tuple[object, ...]]:
    with duckdb.connect() as connection:
        return connection.execute(query).fetchall()


@pytest.fixture
def tables(tmp_path: Path) -> dict[str, Path]:
    for name, query in TABLES.items():
        (tmp_path / name).mkdir()
        ask(f"COPY ({query}) TO '{tmp_path / name / 'part-0.parquet'}' (FORMAT parquet)")
    return {name: tmp_path / name for name in TABLES}


class Counting(LocalEngine):
    """Keeps what each query gave."""

    def __init__(self) -> None:
        super().__init__(1)
        self.results: list[list[tuple[object, ...]]] = []

    def sql(self, query: str, tables: Mapping[str, Path], out: Path) -> None:
        super().sql(query, tables, out)
        self.results.append(ask(f"SELECT * FROM '{out}/*.parquet'"))


def grown(query: str, tables: Mapping[str, Path], rows: int, scratch: Path) -> tuple[list[Grown], Counting]:
    engine, at = Counting(), Moment(0.0, 0.0)
    spent = QuerySpent(query, tables, scratch / "out", at, at, 0.0, 0)
    ((_, found),) = grown_queries(MeteredEngine(engine, MemoryWatch()), [spent], rows, scratch)
    return found, engine


@pytest.mark.parametrize(
    ("query", "name", "once", "eight_times"),
    [
        ("SELECT count(*) AS found FROM pages", "pages", 60, 480),
        ("SELECT count(DISTINCT row) AS found FROM pages", "pages", 60, 480),
        ("SELECT count(*) AS found FROM (SELECT band FROM pages GROUP BY band HAVING count(*) = 2)", "pages", 30, 240),
        ("SELECT count(*) AS found FROM pages WHERE reason = 'kept'", "pages", 40, 320),
        ("SELECT CAST(sum(value) AS BIGINT) AS found FROM pages", "pages", 270, 2_160),  # a value stays what it is
        ("SELECT count(DISTINCT value - value % 5) AS found FROM pages", "pages", 2, 2),  # and bins stay as many
        ("SELECT count(DISTINCT name) AS found FROM names", "names", 60, 480),
        (
            "SELECT count(*) AS found FROM pages p JOIN sites s ON p.site = s.site",
            "pages sites",
            60,
            480,
        ),  # each finds one
    ],
)
def test_groups_stay_as_large_and_there_are_more_of_them(
    query: str, name: str, once: int, eight_times: int, tables: dict[str, Path], tmp_path: Path
) -> None:
    mine = {each: tables[each] for each in name.split()}
    views = {each: f"(SELECT * FROM '{folder}/*.parquet')" for each, folder in mine.items()}
    plain = query
    for each, view in views.items():
        plain = plain.replace(f"FROM {each}", f"FROM {view}").replace(f"JOIN {each}", f"JOIN {view}")
    assert ask(plain) == [(once,)]
    found, engine = grown(query, mine, 8 * ROWS, tmp_path)
    assert [(each.times, each.rows) for each in found] == [(2, 2 * ROWS), (8, 8 * ROWS)]
    assert engine.results[-1] == [(eight_times,)]


@pytest.mark.parametrize("rows", [0, ROWS])
def test_tables_that_are_large_enough_are_left(rows: int, tables: dict[str, Path], tmp_path: Path) -> None:
    assert grown("SELECT count(*) AS found FROM pages", {"pages": tables["pages"]}, rows, tmp_path)[0] == []


def test_nothing_is_left_behind(tables: dict[str, Path], tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    assert grown("SELECT count(*) AS found FROM pages", {"pages": tables["pages"]}, 8 * ROWS, scratch)[0]
    assert list(scratch.iterdir()) == []
