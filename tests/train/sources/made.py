"""Files and runs to be read, written on the spot."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from mathmill.data.config import Config
from mathmill.data.files import Staging
from mathmill.data.runs import Run
from mathmill.data.shards import count_parquet


class Recipe(Config):
    """Of the runs here."""

    seed: int = 0


def lines(path: Path, rows: Iterable[Any]) -> str:
    """A file of JSON lines; its name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def run_of(folder: Path, kind: str, tables: Mapping[str, list[dict[str, Any]]]) -> Path:
    """A finished run of a kind that wrote these files, Parquet or JSON lines by their names."""
    with Run(folder, Recipe(), kind) as run:
        for name, rows in tables.items():
            staging = Staging(folder)
            if name.endswith(".parquet"):
                pq.write_table(pa.Table.from_pylist(rows), staging.stage(name, count_parquet))
            else:
                lines(staging.stage(name, lambda path: len(path.read_text().splitlines())), rows)
            run.ledger.append(name, staging.publish({name: len(rows)}), {})
        run.finish([], {}, {})
    return folder
