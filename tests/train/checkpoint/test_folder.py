"""A checkpoint is there whole or not at all, whatever happens to the process, the disk or the bytes."""

from __future__ import annotations

import errno
import os
import random
import resource
import shutil
from pathlib import Path
from typing import Any

import pytest

from mathmill.data.errors import CannotCreate, DamagedInput, DiskFull, MathmillError
from mathmill.train.checkpoint import folder as folder_module
from mathmill.train.checkpoint.folder import SAVE_POINTS, keep_newest, load_state, newest_good, save_checkpoint
from tests.train.checkpoint.training import KILLED, hashes_of, in_process, in_process_until_line, saved_state

FILES = ["hashes.json", "model.safetensors", "optimizer.safetensors", "state.json"]


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkpoints of steps 5 and 10; not to be changed."""
    folder = tmp_path_factory.mktemp("run") / "checkpoints"
    for step in (5, 10):
        save_checkpoint(folder, saved_state(step))
    return folder


@pytest.fixture
def folder(two: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(two, tmp_path / "run" / "checkpoints"))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def newest_step(folder: Path) -> int | None:
    found = newest_good(folder)
    return found.step if found else None


def test_a_checkpoint_is_named_by_its_step_and_of_four_files(folder: Path) -> None:
    assert names(folder) == ["step-00000005", "step-00000010"]
    assert names(folder / "step-00000010") == FILES
    assert len({(folder / "step-00000010" / name).stat().st_mode for name in FILES}) == 1
    assert newest_step(folder) == 10
    assert newest_step(folder / "nothing") is None


@pytest.mark.parametrize(
    ("point", "newest"),
    [
        ("checkpoint_begun", 10),
        ("checkpoint_file:1", 10),
        ("checkpoint_file:2", 10),
        ("checkpoint_file:3", 10),
        ("checkpoint_hashed", 10),
        ("checkpoint_synced", 10),
        ("checkpoint_renamed", 15),
        ("checkpoint_aside", 15),
    ],
)
def test_killed_while_saving_the_former_or_the_new_one_is_whole(
    point: str, newest: int, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = saved_state(15)

    def save() -> None:
        save_checkpoint(folder, state)
        keep_newest(folder, 2)

    before = hashes_of(folder / "step-00000010")
    assert in_process(save, point) == KILLED
    assert newest_step(folder) == newest
    assert capsys.readouterr().err == ""
    assert hashes_of(folder / "step-00000010") == before
    # Nothing of the killed one is in the way of, or left by, the next.
    save()
    assert names(folder) == ["step-00000010", "step-00000015"]
    assert newest_step(folder) == 15


@pytest.mark.slow
@pytest.mark.parametrize("is_damaged", [False, True])
def test_killed_at_any_line_of_saving_the_former_or_the_new_one_is_whole(
    is_damaged: bool, two: Path, tmp_path: Path
) -> None:
    """The former is of step 10, or of step 5 where that of step 10 is damaged and replaced."""
    state = saved_state(10 if is_damaged else 15)
    former, new = (5, 10) if is_damaged else (10, 15)
    seen = set()
    line, code = 0, KILLED
    while code == KILLED:
        line += 1
        folder = Path(shutil.copytree(two, tmp_path / str(line)))
        if is_damaged:
            (folder / "step-00000010" / "state.json").write_bytes(b"{")
        before = hashes_of(folder / f"step-{former:08d}")

        def save(folder: Path = folder) -> None:
            save_checkpoint(folder, state)
            keep_newest(folder, 2)

        code = in_process_until_line(line, save)
        newest = newest_step(folder)
        assert newest in (former, new), line
        assert hashes_of(folder / f"step-{former:08d}") == before, line
        seen.add(newest)
        shutil.rmtree(folder)
    assert code == 0
    assert seen == {former, new}
    assert line > 50


def test_every_point_of_saving_is_tried() -> None:
    marks = test_killed_while_saving_the_former_or_the_new_one_is_whole.pytestmark  # type: ignore[attr-defined]
    assert {point.partition(":")[0] for point, _ in marks[0].args[1]} == set(SAVE_POINTS)


@pytest.mark.parametrize("name", FILES)
def test_one_flipped_bit_and_the_former_one_is_taken(
    name: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = folder / "step-00000010" / name
    whole = path.read_bytes()
    draw = random.Random(3)
    places = {0, len(whole) - 1, *(draw.randrange(len(whole)) for _ in range(40))}
    for place in sorted(places):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << draw.randrange(8)
        path.write_bytes(damaged)
        assert newest_step(folder) == 5, place
        told = capsys.readouterr().err
        assert str(path.parent) in told, place
        assert name in told or name == "hashes.json", told
    path.write_bytes(whole)
    assert newest_step(folder) == 10
    assert names(folder / "step-00000010") == FILES


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda path: (path / "model.safetensors").unlink(), "model.safetensors is missing"),
        (lambda path: (path / "hashes.json").unlink(), "hashes.json is missing"),
        (lambda path: (path / "hashes.json").write_bytes(b"{}\n"), "hashes.json does not list state.json"),
        (lambda path: (path / "hashes.json").write_bytes(b"[1]\n"), "hashes.json is damaged"),
        (lambda path: (path / "hashes.json").write_bytes(b"\xff\n"), "hashes.json is damaged"),
        (lambda path: os.truncate(path / "optimizer.safetensors", 7), "optimizer.safetensors has 7 bytes and should"),
        (lambda path: [each.unlink() for each in path.iterdir()], "hashes.json is missing"),
    ],
)
def test_a_damaged_checkpoint_is_passed_over_named_and_left(
    damage: Any, said: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    damage(folder / "step-00000010")
    assert newest_step(folder) == 5
    told = capsys.readouterr().err
    assert told.startswith(f"mind: checkpoint {folder / 'step-00000010'} is passed over: ") and said in told
    assert names(folder) == ["step-00000005", "step-00000010"]


def test_none_is_good_where_all_are_damaged(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in folder.iterdir():
        (path / "state.json").write_bytes(b"")
    assert newest_good(folder) is None
    assert capsys.readouterr().err.count("is passed over") == 2


def test_a_damaged_one_of_the_same_step_is_replaced_and_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = hashes_of(folder / "step-00000010")
    (folder / "step-00000010" / "state.json").write_bytes(b"{}")
    save_checkpoint(folder, saved_state(10))
    assert "step-00000010 is damaged (state.json has 2 bytes" in capsys.readouterr().err
    assert names(folder) == ["step-00000005", "step-00000010"]
    assert hashes_of(folder / "step-00000010") == before


def test_a_whole_one_of_the_same_step_is_never_replaced(folder: Path) -> None:
    before = hashes_of(folder / "step-00000010")
    assert save_checkpoint(folder, saved_state(10)) == folder / "step-00000010"
    other = saved_state(11)
    with pytest.raises(MathmillError, match="another checkpoint of this step"):
        save_checkpoint(folder, type(other)(10, other.tensors, other.values))
    assert hashes_of(folder / "step-00000010") == before
    assert names(folder) == ["step-00000005", "step-00000010"]


@pytest.mark.parametrize(
    ("count", "best", "left"),
    [(1, None, [20]), (2, None, [15, 20]), (1, 5, [5, 20]), (2, 20, [15, 20]), (9, None, [5, 10, 15, 20])],
)
def test_the_newest_and_the_best_are_kept(count: int, best: int | None, left: list[int], folder: Path) -> None:
    for step in (15, 20):
        save_checkpoint(folder, saved_state(step))
    removed = keep_newest(folder, count, best)
    assert names(folder) == [f"step-{step:08d}" for step in left]
    assert removed == sorted({5, 10, 15, 20} - {*left}, reverse=True)


@pytest.mark.parametrize(("saved", "left"), [([12], [5, 10, 12]), ([12, 13], [5, 10, 13]), ([12, 15], [10, 15])])
def test_where_a_run_was_stopped_is_forgotten(saved: list[int], left: list[int], folder: Path) -> None:
    for step in saved:
        save_checkpoint(folder, saved_state(step))
    keep_newest(folder, 2, counts=lambda step: step % 5 == 0)
    assert names(folder) == [f"step-{step:08d}" for step in left]


def test_nothing_is_removed_where_the_newest_is_damaged(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "step-00000010" / "model.safetensors").write_bytes(b"")
    assert keep_newest(folder, 1) == []
    assert names(folder) == ["step-00000005", "step-00000010"]
    assert "no checkpoint is removed" in capsys.readouterr().err


# Bytes that a file may have: the first file, or one of the later ones, does not fit.
@pytest.mark.parametrize("most", [0, 100, 2000, 5000])
def test_a_full_disk_keeps_the_last_good_one(most: int, folder: Path) -> None:
    state = saved_state(15)
    before = hashes_of(folder / "step-00000010")

    def save() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))
        try:
            save_checkpoint(folder, state)
        except DiskFull as error:
            os._exit(error.exit_code)

    assert in_process(save) == 74
    assert names(folder) == ["step-00000005", "step-00000010"]
    assert newest_step(folder) == 10
    assert hashes_of(folder / "step-00000010") == before


@pytest.mark.parametrize("call", range(1, 7))
def test_a_disk_that_is_full_when_it_is_waited_for_keeps_the_last_good_one(
    call: int, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Network file systems tell at fsync what did not fit: each of those before the rename fails once."""
    real, calls = os.fsync, [0]

    def fsync(descriptor: int) -> None:
        calls[0] += 1
        if calls[0] == call:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    state = saved_state(15)
    with pytest.raises(DiskFull, match="no space left"):
        save_checkpoint(folder, state)
    assert names(folder) == ["step-00000005", "step-00000010"]
    assert newest_step(folder) == 10
    save_checkpoint(folder, state)
    assert newest_step(folder) == 15


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "checkpoints").write_bytes(b"")
    with pytest.raises(CannotCreate, match="checkpoints"):
        save_checkpoint(tmp_path / "checkpoints", saved_state(1))


def test_a_checkpoint_that_goes_after_it_was_found_is_told(folder: Path) -> None:
    found = newest_good(folder)
    assert found is not None
    shutil.rmtree(found.path)
    with pytest.raises(DamagedInput, match="cannot be read any more"):
        load_state(found)


def test_what_is_no_checkpoint_is_left_alone(folder: Path) -> None:
    for name in ("step-12", "step-0000001x", "notes", ".step-00000099.tmp"):
        (folder / name).mkdir()
    assert newest_step(folder) == 10
    keep_newest(folder, 1)
    assert names(folder) == [".step-00000099.tmp", "notes", "step-00000010", "step-0000001x", "step-12"]


def test_no_pickle_is_written_or_read() -> None:
    for path in Path(folder_module.__file__).parent.glob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert not any(word in text for word in ("import pickle", "torch.load(", "torch.save(")), path
