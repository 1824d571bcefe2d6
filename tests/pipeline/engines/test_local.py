"""The engine of one machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mathmill.data.engine import Engine
from mathmill.pipeline.engines.local import LocalEngine
from tests.pipeline.engines.deeds import double
from tests.pipeline.engines.seam import LAWS, Law, write


@pytest.fixture(scope="module")
def engine() -> Iterator[LocalEngine]:
    engine = LocalEngine(3, 512)
    yield engine
    engine.close()


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_the_seam(engine: Engine, law: Law, tmp_path: Path) -> None:
    law(engine, tmp_path)


def test_one_worker_is_enough() -> None:
    assert sorted(LocalEngine(1).map(double, range(20))) == [(number, 2 * number) for number in range(20)]


def test_a_query_that_fails_while_it_runs_leaves_no_output(tmp_path: Path) -> None:
    write(tmp_path / "t", "a.parquet", [1, 0])
    with pytest.raises(Exception, match="Could not convert string 'no'"):
        LocalEngine(1).sql(
            "SELECT CAST(CASE n WHEN 0 THEN 'no' ELSE '1' END AS INTEGER) AS n FROM t",
            {"t": tmp_path / "t"},
            tmp_path / "out",
        )
    assert not (tmp_path / "out").exists()
