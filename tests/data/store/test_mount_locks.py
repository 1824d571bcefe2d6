"""Who works in a folder is told by its lock, however many ask at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from mathmill.data.ledger import FolderLock
from mathmill.data.store.mount_locks import has_writer


def test_who_looks_is_taken_for_no_writer(tmp_path: Path) -> None:
    with FolderLock(tmp_path):
        pass

    def look(_: int) -> int:
        return sum(has_writer(tmp_path / "file", tmp_path) for _ in range(200))

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(look, range(8))) == 0
        with FolderLock(tmp_path):
            assert sum(pool.map(look, range(8))) == 8 * 200
