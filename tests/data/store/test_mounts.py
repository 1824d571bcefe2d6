"""Folders whose files lie in a store: what is read is fetched, what is stale is never used."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from mathmill.data.errors import ConfigError, MathmillError
from mathmill.data.files import Output, write_whole
from mathmill.data.ledger import FolderLock
from mathmill.data.store import mounts
from mathmill.data.store.kept_files import SCRATCH, SCRATCH_GB, KeptFiles
from mathmill.data.store.mount_locks import hold_scratch
from mathmill.data.store.mounts import (
    at_hand,
    delivered,
    has_parts,
    is_folder,
    is_there,
    mount_of,
    names_in,
    parts,
    push,
    remove,
    run_folder,
    shown,
)
from mathmill.data.store.store import Store
from tests.data.store.s3_server import S3Server


def anew(address: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder as a process that starts now sees it."""
    monkeypatch.setattr(mounts, "_mounts", {})
    return run_folder(address)


def test_a_folder_of_this_machine_takes_no_notice(tmp_path: Path) -> None:
    (tmp_path / "table").mkdir()
    for name in ("b.parquet", "a.parquet", "c.txt"):
        (tmp_path / "table" / name).touch()
    assert run_folder(tmp_path) is tmp_path
    assert run_folder(str(tmp_path)) == tmp_path
    assert mount_of(tmp_path) is None
    assert [path.name for path in parts(tmp_path / "table")] == ["a.parquet", "b.parquet"]
    assert parts(tmp_path / "none") == []
    assert names_in(tmp_path / "none") == []
    assert has_parts(tmp_path / "table")
    assert not has_parts(tmp_path)
    assert is_folder(tmp_path / "table")
    assert is_there(tmp_path / "table/c.txt")
    assert not is_there(at_hand(tmp_path / "none"))
    assert delivered(tmp_path, [("none", Output("", 0, 0))]) == {}
    assert shown(tmp_path) == str(tmp_path)
    push(tmp_path / "table/c.txt")
    remove(tmp_path / "table")
    remove(tmp_path / "table")
    assert names_in(tmp_path) == []


def test_what_lies_in_the_store_is_read_as_if_it_lay_here(address: str) -> None:
    store = Store(address)
    for name in ("config.json", "table/b.parquet", "table/a.parquet", "table/x.txt", "deep/er/file"):
        store.put_bytes(name.encode(), name)
    folder = run_folder(address)
    assert folder == run_folder(Path(address))
    assert shown(folder) == address
    assert shown(folder / "table") == f"{address}/table"
    assert names_in(folder) == ["config.json", "deep", "table"]
    assert [path.name for path in parts(folder / "table")] == ["a.parquet", "b.parquet"]
    assert [path.read_bytes() for path in parts(folder / "table")] == [b"table/a.parquet", b"table/b.parquet"]
    assert [path.name for path in parts(folder / "table", "*.txt")] == ["x.txt"]
    assert at_hand(folder / "deep/er/file").read_bytes() == b"deep/er/file"
    assert is_there(folder)
    assert is_there(folder / "deep")
    assert is_folder(folder / "deep/er")
    assert not is_folder(folder / "config.json")
    assert is_there(folder / "config.json")
    assert not (folder / "config.json").exists()  # nobody read it
    assert not is_there(folder / "none")
    assert not at_hand(folder / "none").exists()
    assert parts(folder / "none") == []


def test_a_file_that_was_made_anew_elsewhere_is_fetched_anew(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(address)
    store.put_bytes(b"old", "file")
    folder = run_folder(address)
    assert at_hand(folder / "file").read_bytes() == b"old"
    store.put_bytes(b"new", "file")
    assert at_hand(anew(address, monkeypatch) / "file").read_bytes() == b"new"
    store.remove(["file"])
    assert not at_hand(anew(address, monkeypatch) / "file").exists()


def test_a_file_is_fetched_once(address: str, s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    Store(address).put_bytes(b"bytes", "file")
    fetched: list[str] = []
    fetch = Store.fetch

    def noting(self: Store, name: str, path: Path, mark: str) -> bool:
        fetched.append(name)
        return fetch(self, name, path, mark)

    monkeypatch.setattr(Store, "fetch", noting)
    for _ in range(3):
        assert at_hand(anew(address, monkeypatch) / "file").read_bytes() == b"bytes"
    (run_folder(address) / "file").unlink()
    assert at_hand(anew(address, monkeypatch) / "file").read_bytes() == b"bytes"  # it was kept
    assert fetched == ["file"]


def test_what_a_dead_writer_left_is_nobodys(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    Store(address).put_bytes(b"committed", "file")
    folder = run_folder(address)
    for name in ("file", "more"):
        write_whole(folder / name, b"left behind")
    assert not is_there(folder / "more")
    assert at_hand(folder / "file").read_bytes() == b"committed"
    assert not at_hand(folder / "more").exists()
    with FolderLock(folder):  # now somebody is at work
        write_whole(folder / "file", b"being made")
        write_whole(folder / "t/part.parquet", b"being made")
        assert at_hand(folder / "file").read_bytes() == b"being made"
        assert len(parts(folder / "t")) == 1
        assert is_there(folder / "t/part.parquet")
        push(folder / "file")
    assert at_hand(anew(address, monkeypatch) / "file").read_bytes() == b"being made"
    assert Store(address).entry("t/part.parquet") is None


def test_outputs_are_in_the_store_before_their_line(address: str) -> None:
    folder = run_folder(address)
    here = Output("2689367b205c16ce32ed4200942b8b8b1e262dfc70d9bc9fbc77c49699a4f1df", 2, 1)
    with FolderLock(folder):
        write_whole(folder / "a/here", b"ok")
        marks = delivered(folder, [("a/here", here)])
        entry = Store(address).entry("a/here")
        assert entry is not None
        assert marks == {"a/here": entry.mark}
        with pytest.raises(MathmillError, match="a/none was made and is not in"):
            delivered(folder, [("a/none", here)])
        Store(address).put_bytes(b"no", "a/other")  # as large, and not what was made
        with pytest.raises(MathmillError, match="a/other was made and is not in"):
            delivered(folder, [("a/other", here)])


def test_what_is_removed_is_removed_there(address: str) -> None:
    store = Store(address)
    for name in ("file", "t/a", "t/deep/b", "tt"):
        store.put_bytes(b"x", name)
    folder = run_folder(address)
    at_hand(folder / "t/a")
    remove(folder / "file")
    remove(folder / "t")
    remove(folder / "none")
    assert list(store.walk()) == ["tt"]
    assert names_in(folder) == ["tt"]
    assert not (folder / "t").exists()


def test_a_path_goes_to_another_process_as_its_address(address: str, tmp_path: Path) -> None:
    Store(address).put_bytes(b"bytes", "t/file")
    folder = run_folder(address)
    assert pickle.loads(pickle.dumps(folder / "t")) == folder / "t"
    (tmp_path / "path").write_bytes(pickle.dumps((folder / "t" / "file", folder)))
    program = (
        "import pickle, sys; from mathmill.data.store.mounts import at_hand, mount_of\n"
        "path, folder = pickle.load(open(sys.argv[1], 'rb'))\n"
        "assert mount_of(folder).is_scratch and path.is_relative_to(folder)\n"
        "print(at_hand(path).read_text(), folder)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, tmp_path / "path"], capture_output=True, text=True, check=True
    )
    said, other = done.stdout.split()
    assert said == "bytes"
    assert Path(other) != folder
    assert Path(other).name == folder.name == "run"
    assert type(pickle.loads(pickle.dumps(folder.parent.parent))) is type(Path())  # not of the mount


def test_a_worker_that_was_killed_leaves_its_folder_to_the_next(tmp_path: Path) -> None:
    program = (
        "import os, signal, sys; from pathlib import Path; from mathmill.data.store.mount_locks import hold_scratch\n"
        "(hold_scratch(Path(sys.argv[1])) / 'file').touch()\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", program, tmp_path], check=False)
    (left,) = (tmp_path / "workers").iterdir()
    assert (left / "file").exists()
    mine = hold_scratch(tmp_path)
    other = hold_scratch(tmp_path)
    assert sorted((tmp_path / "workers").iterdir()) == sorted([mine, other])


def test_kept_files_go_when_there_are_too_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SCRATCH, str(tmp_path))
    monkeypatch.setenv(SCRATCH_GB, "0.000002")  # 2,000 bytes
    asked: list[int] = []

    def bring(number: int) -> bytes:
        path = tmp_path / f"mine-{number}"

        def fetch(staged: Path) -> bool:
            asked.append(number)
            return bool(staged.write_bytes(b"x" * 900))

        assert KeptFiles().bring(f"key {number}", 10**15, path, fetch)
        return path.read_bytes()

    for number in (1, 2, 1, 3, 1, 2):  # 2 was used least when 3 came
        assert bring(number) == b"x" * 900
    assert asked == [1, 2, 3, 2]
    assert (tmp_path / "mine-1").stat().st_mtime_ns == 10**15
    assert sum(path.stat().st_size for path in (tmp_path / "kept").iterdir()) <= 2_000
    monkeypatch.setenv(SCRATCH_GB, "much")
    with pytest.raises(ConfigError, match=f"{SCRATCH_GB}='much' is no number"):
        KeptFiles()


def test_a_fetch_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SCRATCH, str(tmp_path))
    assert not KeptFiles().bring("key", 10**15, tmp_path / "mine", lambda staged: not staged.write_bytes(b"half"))
    assert not list((tmp_path / "kept").iterdir())
    assert not (tmp_path / "mine").exists()
