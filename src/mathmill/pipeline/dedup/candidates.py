"""Which Documents may be copies of each other: those that meet in a band, and whoever these meet.

A query a band reads 16 bytes a Document and gives a star to the least row of each set that meets, never pairs. What
edges join are candidates, nothing is confirmed yet. A row says only which Documents are together.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from mathmill.data.columns import int64s
from mathmill.data.files import Output, Staging
from mathmill.data.records import Reduce
from mathmill.data.shards import count_parquet, parquet_schema
from mathmill.data.store.mounts import parts
from mathmill.data.units import make_unit, source_hash, table_outputs
from mathmill.pipeline.dedup.components import BYTES_AN_EDGE, Rows, joined, joined_by_queries
from mathmill.pipeline.dedup.near_tables import BANDS, COMPONENTS, STARS, band_names, batches
from mathmill.pipeline.passes.base import Work

_COLUMNS = {
    "row": ("int64", "shard << 24 | place; ascending"),
    "component": ("int64", "the least row of those that it meets, directly or by others"),
}


def stars(band: str) -> Reduce:
    """The star edges of one band."""
    return Reduce(
        name=f"{STARS}_{band}",
        reads=(BANDS,),
        query=f"""
SELECT row, leader FROM (SELECT row, min(row) OVER (PARTITION BY {band}) AS leader FROM {BANDS}) AS stars
WHERE row <> leader ORDER BY row
""",  # noqa: S608
    )


def find_candidates(work: Work, bands: int, memory_mb: int) -> Path:
    """Make the table of candidates and their components; its folder."""
    tables = [work.reduce(stars(band)) for band in band_names(bands)]
    sources = [work.hashes(table.name) for table in tables]
    edges = sum(count_parquet(path) for table in tables for path in parts(table))
    out = work.run.folder / COMPONENTS

    def make() -> tuple[dict[str, Output], dict[str, Any]]:
        if edges * BYTES_AN_EDGE <= memory_mb << 20:
            return _write(work.run.folder, *joined(edges for table in tables for edges in _edges(table))), {}
        joined_by_queries(work.engine, tables, out)
        return table_outputs(out), {}

    make_unit(work.run, COMPONENTS, source_hash(sources), make)
    return out


def _edges(table: Path) -> Iterator[tuple[Rows, Rows]]:
    for batch in batches(table, ("row", "leader")):
        yield int64s(batch.column(0)), int64s(batch.column(1))


def _write(folder: Path, rows: Rows, labels: Rows) -> dict[str, Output]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    name = f"{COMPONENTS}/part-0.parquet"
    staging = Staging(folder)
    columns = [pa.Array.from_buffers(pa.int64(), len(each), [None, pa.py_buffer(each)]) for each in (rows, labels)]
    table = pa.Table.from_arrays(columns, schema=parquet_schema(_COLUMNS))
    pq.write_table(table, staging.stage(name, count_parquet), compression="zstd", row_group_size=1 << 16)
    return staging.publish({name: len(rows)})


def candidate_rows(folder: Path, low: int, high: int) -> Rows:
    """The rows of candidates from `low` to below `high`, ascending; other groups of rows are not read."""
    import pyarrow.parquet as pq

    found = [np.empty(0, np.int64)]
    for path in parts(folder / COMPONENTS):
        with pq.ParquetFile(path) as file:
            for group in range(file.num_row_groups):
                known = file.metadata.row_group(group).column(0).statistics
                if known is None or (known.min < high and known.max >= low):
                    rows = int64s(file.read_row_group(group, columns=["row"]).column(0))
                    found.append(rows[(rows >= low) & (rows < high)])
    return np.concatenate(found)
