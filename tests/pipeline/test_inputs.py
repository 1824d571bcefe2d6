"""Archives have unique names, an order of their own, and fingerprints that follow their content."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mathmill.data.errors import InputMissing
from mathmill.pipeline.inputs import find_inputs, fingerprint


def test_names_are_stems_and_sorted(tmp_path: Path) -> None:
    for name in ("b.warc.gz", "a.arc.gz", "c.warc.wet.gz", "d d!.warc.zst"):
        (tmp_path / name).write_bytes(b"x")
    found = find_inputs([str(tmp_path / "*.gz"), str(tmp_path / "d d!.warc.zst")], {})
    assert [archive.name for archive in found] == ["a", "b", "c", "d_d_"]
    assert all(archive.size == 1 for archive in found)


def test_equal_stems_are_told_apart(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.warc.gz").write_bytes(b"x")
    names = {archive.name for archive in find_inputs([str(tmp_path / "*/a.warc.gz")], {})}
    assert len(names) == 2
    assert all(name.startswith("a-") for name in names)


def test_the_fingerprint_follows_content_and_not_time(tmp_path: Path) -> None:
    path = tmp_path / "a.warc.gz"
    path.write_bytes(b"x")
    (first,) = find_inputs([str(path)], {})
    os.utime(path, ns=(1, 1))
    (touched,) = find_inputs([str(path)], {})
    assert touched.modified != first.modified
    assert fingerprint(touched) == fingerprint(first)
    mark = fingerprint(first)
    path.write_bytes(b"y")
    assert fingerprint(first) != mark


def test_nothing_there_is_missing_input(tmp_path: Path) -> None:
    with pytest.raises(InputMissing, match="no file"):
        find_inputs([str(tmp_path / "*.warc.gz")], {})
