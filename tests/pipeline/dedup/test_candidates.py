from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mathmill.pipeline.dedup.candidates import candidate_rows, stars
from mathmill.pipeline.dedup.near_tables import BANDS, COMPONENTS
from mathmill.pipeline.engines.local import LocalEngine


def test_stars_lead_to_the_least_row_of_a_band(tmp_path: Path) -> None:
    (tmp_path / BANDS).mkdir()
    bands = {"row": [9, 4, 7, 1, 3], "b00": [5, -5, 5, -5, 0], "b01": [1, 2, 3, 4, 5]}
    pq.write_table(pa.table(bands), tmp_path / BANDS / "a.parquet")
    LocalEngine(1).sql(stars("b00").query, {BANDS: tmp_path / BANDS}, tmp_path / "out")
    assert pq.read_table(tmp_path / "out").to_pydict() == {"row": [4, 9], "leader": [1, 7]}


@pytest.mark.parametrize(("low", "high", "expected"), [(0, 100, [1, 5, 9]), (5, 9, [5]), (50, 60, [])])
def test_candidates_of_a_shard(tmp_path: Path, low: int, high: int, expected: list[int]) -> None:
    (tmp_path / COMPONENTS).mkdir()
    table = pa.table({"row": np.array([1, 5, 9]), "component": np.array([1, 1, 9])})
    pq.write_table(table, tmp_path / COMPONENTS / "part-0.parquet", row_group_size=1)
    assert candidate_rows(tmp_path, low, high).tolist() == expected
