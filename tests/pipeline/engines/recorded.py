"""What a run asks of its engine: each query with copies of its tables, and what the local engine made of it."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.warm import InlineEngine


@dataclass(frozen=True, slots=True)
class Asked:
    """One query, in folders that nothing changes any more."""

    name: str  # of the table that it makes
    query: str
    tables: dict[str, Path]
    result: bytes


class RecordingEngine(InlineEngine):
    """An engine that remembers what it is asked, below a folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__(1)
        self._folder = folder
        self.asked: list[Asked] = []

    def sql(self, query: str, tables: Mapping[str, Path], out: Path) -> None:
        mine = self._folder / str(len(self.asked))
        copies = {name: shutil.copytree(table, mine / name) for name, table in tables.items()}
        super().sql(query, tables, out)
        self.asked.append(Asked(out.name, query, copies, (out / "part-0.parquet").read_bytes()))
