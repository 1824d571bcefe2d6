"""Output appears whole or not at all, and the ledger believes only what the hashes say."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from mathmill.data.errors import CannotCreate, DiskFull, Locked, MathmillError
from mathmill.data.files import Output, Staging, temporary, write_whole, writing
from mathmill.data.ledger import FolderLock, Ledger


def count_lines(path: Path) -> int:
    return path.read_bytes().count(b"\n")


def publish(folder: Path, name: str, text: str, rows: int) -> dict[str, Output]:
    staging = Staging(folder)
    staging.stage(name, count_lines).write_text(text)
    return staging.publish({name: rows})


def test_nothing_is_there_before_publication_and_no_leftover_after(tmp_path: Path) -> None:
    staging = Staging(tmp_path)
    staging.stage("sub/a.txt", count_lines).write_text("1\n2\n")
    assert not (tmp_path / "sub/a.txt").exists()
    outputs = staging.publish({"sub/a.txt": 2})
    assert outputs["sub/a.txt"].rows == 2
    assert outputs["sub/a.txt"].size == 4
    assert [path.name for path in (tmp_path / "sub").iterdir()] == ["a.txt"]


def test_a_file_that_holds_less_than_was_written_is_not_published(tmp_path: Path) -> None:
    with pytest.raises(MathmillError, match="holds 1 rows after 2 were written"):
        publish(tmp_path, "a.txt", "1\n", 2)
    assert not (tmp_path / "a.txt").exists()


@pytest.mark.parametrize(
    ("number", "kind", "code"),
    [
        (errno.ENOSPC, DiskFull, 74),
        (errno.EDQUOT, DiskFull, 74),
        (errno.EROFS, CannotCreate, 73),
        (errno.EACCES, CannotCreate, 73),
    ],
)
def test_failures_to_write_have_names_and_exit_codes(
    number: int, kind: type[MathmillError], code: int, tmp_path: Path
) -> None:
    with pytest.raises(kind) as raised, writing(tmp_path):
        raise OSError(number, os.strerror(number))
    assert raised.value.exit_code == code
    assert str(tmp_path) in str(raised.value)


def test_write_whole_replaces(tmp_path: Path) -> None:
    write_whole(tmp_path / "a", b"1")
    write_whole(tmp_path / "a", b"22")
    assert (tmp_path / "a").read_bytes() == b"22"
    assert not temporary(tmp_path / "a").exists()


def test_a_unit_is_done_only_while_its_files_agree(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    assert not ledger.is_done("unit")
    ledger.append("unit", publish(tmp_path, "a.txt", "1\n", 1), {"note": 1})
    assert Ledger(tmp_path).is_done("unit")
    (tmp_path / "a.txt").write_text("2\n")
    assert not Ledger(tmp_path).is_done("unit")
    (tmp_path / "a.txt").unlink()
    assert not Ledger(tmp_path).is_done("unit")


def test_a_line_cut_short_is_no_line_and_is_written_over(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.append("one", publish(tmp_path, "a.txt", "1\n", 1), {})
    ledger.append("two", publish(tmp_path, "b.txt", "1\n", 1), {})
    path = tmp_path / "ledger.jsonl"
    whole = path.read_bytes()
    first = whole.index(b"\n") + 1
    for cut in range(first, len(whole)):
        path.write_bytes(whole[:cut])
        again = Ledger(tmp_path)
        assert list(again.lines) == ["one"]
    again.append("two", publish(tmp_path, "b.txt", "1\n", 1), {})
    assert path.read_bytes() == whole


def test_a_unit_done_again_replaces_its_line(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.append("unit", publish(tmp_path, "a.txt", "1\n", 1), {"note": 1})
    ledger.append("unit", publish(tmp_path, "a.txt", "2\n", 1), {"note": 2})
    assert Ledger(tmp_path).lines["unit"]["note"] == 2


def test_a_second_lock_is_refused_and_says_who_holds_the_first(tmp_path: Path) -> None:
    with FolderLock(tmp_path):
        with pytest.raises(Locked, match=f"process {os.getpid()}") as raised, FolderLock(tmp_path):
            pass
        assert raised.value.exit_code == 75
    with FolderLock(tmp_path):
        pass
