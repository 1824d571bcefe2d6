"""Spark on this machine and on a cluster of processes: the seam's laws, and the local engine's bytes."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mathmill.data.engine import Failure
from mathmill.data.errors import ConfigError, MathmillError
from mathmill.pipeline.engines.local import LocalEngine
from mathmill.pipeline.engines.spark import SparkEngine
from mathmill.pipeline.engines.spark_query import plan
from mathmill.pipeline.engines.spark_session import first_line
from tests.pipeline.engines.deeds import stumble
from tests.pipeline.engines.seam import LAWS, Law

pytest.importorskip("pyspark", reason="needs the extra spark")
pytestmark = pytest.mark.skipif(shutil.which("java") is None, reason="needs Java")


@pytest.fixture(scope="module")
def engine() -> Iterator[SparkEngine]:
    engine = SparkEngine(2, 512, "")
    yield engine
    engine.close()


@pytest.mark.slow
@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_the_seam(engine: SparkEngine, law: Law, tmp_path: Path) -> None:
    law(engine, tmp_path)


# Values on which dialects and writers differ, more of them than a group of rows has.
WORDS = ["", "a", "A", "ä", "z", "\\n", "'", '"', "`", "%", "\U0001d4d0", "\ufb01", "日本", "a\x00b", "line\nbreak"]
ROWS = 50_001
TABLE = pa.table(
    {
        "row": pa.array([number * 7919 % 100_003 for number in range(ROWS)], pa.int64()),
        "small": pa.array([number % 7 - 3 if number % 11 else None for number in range(ROWS)], pa.int8()),
        "part": pa.array([number % 5 for number in range(ROWS)], pa.int32()),
        "word": [WORDS[number % len(WORDS)] for number in range(ROWS)],
        "value": [number / 7 if number % 13 else None for number in range(ROWS)],
        "good": [number % 3 == 0 for number in range(ROWS)],
    }
)
QUERIES = {
    "rows": "SELECT * FROM odd ORDER BY row",
    "words": "SELECT word, row FROM odd ORDER BY word DESC, row",
    "counts": "SELECT word, good, count(*) AS pages, CAST(sum(row) AS BIGINT) AS total, min(word) AS least, max(small) "
    "AS most FROM odd GROUP BY word, good ORDER BY word, good",
    "places": "SELECT row, row_number() OVER (PARTITION BY part ORDER BY row DESC) AS place, sum(row) OVER (PARTITION "
    "BY part ORDER BY row) AS sums FROM odd WHERE value > 100.5 ORDER BY row",
    "bins": "SELECT CAST(floor(row / 1000) AS BIGINT) AS bin, row % 7 AS rest, -row % 7 AS below FROM odd ORDER BY row",
    "literals": "SELECT 'a' AS one, '' AS two, 'it''s' AS three, 1 AS four FROM odd WHERE row = 3",
    "nothing": "SELECT row, word FROM odd WHERE row < 0 ORDER BY row",
    "first": "SELECT row, word FROM odd ORDER BY word, row LIMIT 21",
}


def test_a_query_and_a_map_are_those_of_the_local_engine(engine: SparkEngine, tmp_path: Path) -> None:
    """Both in the one test here that is not slow and needs Java: two could start one in each process of the suite."""
    the_bytes_are_those_of_the_local_engine(engine, tmp_path, "words")
    found = dict(engine.map(stumble, range(6)))
    assert isinstance(found.pop(3), Failure)
    assert found == {number: number for number in range(6) if number != 3}


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(QUERIES.keys() - {"words"}))
def test_the_bytes_are_those_of_the_local_engine(engine: SparkEngine, tmp_path: Path, name: str) -> None:
    the_bytes_are_those_of_the_local_engine(engine, tmp_path, name)


def the_bytes_are_those_of_the_local_engine(engine: SparkEngine, folder: Path, name: str) -> None:
    odd = folder / "a folder [of] {odd} name?"
    odd.mkdir()
    for number, first in enumerate(range(0, ROWS, 9_999)):
        pq.write_table(TABLE.slice(first, 9_999), odd / f"part-{number}.parquet")
    (odd / "part-0.tokens").write_bytes(b"of no table")
    for out, each in (("local", LocalEngine(2)), ("spark", engine)):
        each.sql(QUERIES[name], {"odd": odd}, folder / out)
    local, spark = ((folder / out / "part-0.parquet").read_bytes() for out in ("local", "spark"))
    assert pq.read_table(pa.BufferReader(spark)).to_pylist() == pq.read_table(pa.BufferReader(local)).to_pylist()
    assert spark == local
    assert [path.name for path in (folder / "spark").iterdir()] == ["part-0.parquet"]


@pytest.mark.parametrize(
    ("address", "without", "said"),
    [
        ("sc://localhost", "", "Spark Connect"),
        ("spark://127.0.0.1:1", "", "no Spark answers at spark://127.0.0.1:1 "),
        ("spark://localhost", "", "it is not HOST:PORT, add the port"),
        ("", "java", "install a Java runtime 17 or 21"),
        ("", "pyspark", "mathmill.spark."),
    ],
)
def test_what_is_missing_is_told(address: str, without: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if without == "java":
        monkeypatch.setenv("PATH", "")
        monkeypatch.delenv("JAVA_HOME", raising=False)
    if without == "pyspark":
        monkeypatch.setitem(sys.modules, "pyspark", None)
    with pytest.raises(ConfigError, match=said):
        list(SparkEngine(1, 512, address).map(stumble, [1]))


def test_a_query_that_means_something_else_to_spark_is_refused() -> None:
    with pytest.raises(MathmillError, match="backslash"):
        plan("SELECT '\\n' AS one", {})


def test_an_error_of_a_java_that_has_ended_is_told_by_its_name() -> None:
    class JavaError(Exception):
        def __str__(self) -> str:
            raise ConnectionRefusedError("nobody listens")

    assert first_line(JavaError()) == "JavaError"
