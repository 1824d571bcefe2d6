"""Checkpoints as folders that are there whole or not at all.

checkpoints/step-00000120/
  model.safetensors       parameters and buffers, or several files and an index (`mathmill.train.checkpoint.parts`)
  optimizer.safetensors   the tensors of the optimizer, likewise
  state.json              all else
  hashes.json             size and SHA-256 of each file, written last: they make the checkpoint good

It is written under a temporary name, synced and renamed. One process writes in the folder at a time: the lock of its
Run sees to that. Room for one checkpoint more than are kept is needed. Tensors are whole, however a model is spread
over processes, so any number of them goes on from it.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mathmill.data.errors import DamagedInput, MathmillError
from mathmill.data.files import file_sha256, reach, sync_file, sync_folder, temporary, writing
from mathmill.data.terminal import mind, one_line
from mathmill.train.checkpoint.parts import FILE_BYTES, Part, index_of, parts_of, read_tensors, write_tensors
from mathmill.train.checkpoint.state import State
from mathmill.train.checkpoint.together import Gather, follow, leading
from mathmill.train.parallel.processes import ALONE, World

#: Where saving or removing can be cut short; the crash tests kill the program at each of them.
SAVE_POINTS = (
    "checkpoint_begun",
    "checkpoint_file",
    "checkpoint_hashed",
    "checkpoint_synced",
    "checkpoint_renamed",
    "checkpoint_aside",
)
_STATE, _HASHES = "state.json", "hashes.json"
_NAMED, _NAME = "step-{:08d}", re.compile(r"step-(\d{8,})")

Tables = Mapping[str, list[Part]]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A checkpoint's folder and step; `sizes` of its files in bytes, which were found to be whole."""

    path: Path
    step: int
    sizes: Mapping[str, int]


def save_checkpoint(folder: Path, state: State, world: World = ALONE, limit: int = FILE_BYTES) -> Path:
    """Write a checkpoint into `folder`, the Run's `checkpoints`; its own folder.

    All processes of a training call it, each with the state that it captured; the first writes. No file of tensors
    holds more than `limit` bytes, but one tensor always.

    What a killed process left half written is removed first. A damaged checkpoint of the same step is replaced, and
    named on stderr; one that is whole is left if it is the same.

    Raises:
        DiskFull, CannotCreate: it cannot be written; the others are untouched, and nothing of it is left.
        MathmillError: another checkpoint of the same step is there, and whole.
    """
    path = folder / _NAMED.format(state.step)
    tables = {stem: parts_of(stem, tensors, limit) for stem, tensors in sorted(state.tensors.items())}
    if world.is_first:
        with leading(world) as gather:
            _save(path, state, tables, gather)
    else:
        follow(part for parts in tables.values() for part in parts)
    return path


def _save(path: Path, state: State, tables: Tables, gather: Gather) -> None:
    folder = path.parent
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        sync_folder(folder.parent)
        for left in sorted(folder.glob(".step-*.tmp")):
            shutil.rmtree(left)
    staged = temporary(path)
    try:
        _write(staged, state, tables, gather)
        _place(staged, path)
    finally:  # after a rename nothing of that name is there
        shutil.rmtree(staged, ignore_errors=True)


def _write(staged: Path, state: State, tables: Tables, gather: Gather) -> None:
    with writing(staged):
        staged.mkdir()
    reach("checkpoint_begun")
    files: dict[str, dict[str, Any]] = {}
    small = {_STATE: _rendered(dict(state.values))}
    for stem, parts in tables.items():
        for part in parts:
            write_tensors(staged / part.name, gather(part))
            files[part.name] = _settled(staged / part.name)
            reach("checkpoint_file")
        if index := index_of(stem, parts):
            small[index[0]] = index[1]
    for name, data in sorted(small.items()):
        with writing(staged / name):
            (staged / name).write_bytes(data)
        files[name] = _settled(staged / name)
        reach("checkpoint_file")
    with writing(staged / _HASHES):
        (staged / _HASHES).write_bytes(_rendered(files))
        sync_file(staged / _HASHES)
        reach("checkpoint_hashed")
        sync_folder(staged)
    reach("checkpoint_synced")


def _settled(path: Path) -> dict[str, Any]:
    """A file's line in the hashes, once its bytes are on disk."""
    with writing(path):
        sync_file(path)
    return {"sha256": file_sha256(path), "size": path.stat().st_size}


def _place(staged: Path, path: Path) -> None:
    """Give the checkpoint its name."""
    aside = None
    if path.exists():
        fault = _fault(path)
        if not fault:
            if (path / _HASHES).read_bytes() == (staged / _HASHES).read_bytes():
                return
            raise MathmillError(
                f"{path} holds another checkpoint of this step, which is whole: move it away to go on from an older one"
            )
        mind(f"checkpoint {path} is damaged ({fault}) and is replaced")
        aside = _put_aside(path)
    with writing(path):
        staged.replace(path)
        sync_folder(path.parent)
    reach("checkpoint_renamed")
    if aside is not None:
        shutil.rmtree(aside, ignore_errors=True)


def newest_good(folder: Path) -> Checkpoint | None:
    """The newest checkpoint whose files have their hashes; None if there is none.

    Those that do not are named on stderr with what is wrong, and left where they are.
    """
    for step, path in _steps(folder):
        fault = _fault(path)
        if not fault:
            sizes = {name: (path / name).stat().st_size for name in _read_hashes(path)}
            return Checkpoint(path, step, sizes)
        mind(f"checkpoint {path} is passed over: {fault}")
    return None


def good_at(folder: Path, step: int) -> Checkpoint:
    """The checkpoint of a step.

    Raises:
        DamagedInput: it is not there, or its files do not have their hashes.
    """
    path = folder / _NAMED.format(step)
    fault = _fault(path)
    if fault:
        raise DamagedInput(f"checkpoint {path} is damaged ({fault}): restore it, or train anew in another folder")
    return Checkpoint(path, step, {name: (path / name).stat().st_size for name in _read_hashes(path)})


def load_state(checkpoint: Checkpoint) -> State:
    """Read a checkpoint, its tensors on the processor; they are the files' bytes, read as they are used.

    Raises:
        DamagedInput: it was changed since it was found good.
    """
    path = checkpoint.path
    try:
        values = json.loads((path / _STATE).read_bytes())
        tensors = read_tensors(path, checkpoint.sizes)
    except (OSError, ValueError) as error:
        raise DamagedInput(f"{path} cannot be read any more ({one_line(error)}): run the same command again") from error
    return State(checkpoint.step, tensors, values)


def keep_newest(
    folder: Path, count: int, best: int | None = None, counts: Callable[[int], bool] = lambda step: True
) -> list[int]:
    """Remove all but the newest `count` checkpoints and that of the step `best`; the steps removed, newest first.

    The newest stays in any case. Else one of a step for which `counts` does not hold, as where a run was stopped,
    neither stays nor takes another's place: what is left does not tell whether it ever was.
    Call it after saving. Nothing is removed where the newest is damaged.

    Raises:
        CannotCreate: one cannot be removed.
    """
    assert count >= 1, "the newest is always kept"
    steps = list(_steps(folder))
    kept = {best, *[step for step, _ in steps[:1]], *[step for step, _ in steps if counts(step)][:count]}
    old = [(step, path) for step, path in steps if step not in kept]
    if not old:
        return []
    fault = _fault(steps[0][1])
    if fault:
        mind(f"no checkpoint is removed, since the newest, {steps[0][1]}, is damaged: {fault}")
        return []
    for _, path in old:
        aside = _put_aside(path)
        with writing(aside):
            shutil.rmtree(aside)
    return [step for step, _ in old]


def _put_aside(path: Path) -> Path:
    """Take a checkpoint's name away, so that one half removed is never met."""
    aside = temporary(path.with_name(f"{path.name}.old"))
    with writing(path):
        path.replace(aside)
        sync_folder(path.parent)
    reach("checkpoint_aside")
    return aside


def _steps(folder: Path) -> Iterator[tuple[int, Path]]:
    """The checkpoints, good or bad, from the newest."""
    found = [(int(match[1]), path) for path in folder.glob("step-*") if (match := _NAME.fullmatch(path.name))]
    yield from sorted(found, reverse=True)


def _fault(path: Path) -> str:
    """What is wrong with a checkpoint, in words; empty if it is good."""
    try:
        hashes = _read_hashes(path)
        if _STATE not in hashes:
            return f"{_HASHES} does not list {_STATE}"
        for name, said in sorted(hashes.items()):
            if not (path / name).is_file():
                return f"{name} is missing"
            size = (path / name).stat().st_size
            if size != said["size"]:
                return f"{name} has {size:,} bytes and should have {said['size']:,}"
            if file_sha256(path / name) != said["sha256"]:
                return f"{name} is not what was written: its hash is another"
    except FileNotFoundError:
        return f"{_HASHES} is missing"
    except OSError as error:
        return f"it cannot be read ({error.strerror or error})"
    except (ValueError, TypeError, KeyError, AttributeError):
        return f"{_HASHES} is damaged"
    return ""


def _read_hashes(path: Path) -> dict[str, dict[str, Any]]:
    """The files that a checkpoint consists of.

    Raises:
        ValueError: the text is not what was written; a space more shows it.
    """
    data = (path / _HASHES).read_bytes()
    hashes: dict[str, dict[str, Any]] = json.loads(data)
    if _rendered(hashes) != data:
        raise ValueError(_HASHES)
    return hashes


def _rendered(value: Any) -> bytes:
    # Python's own: the states of some generators are integers of more than 64 bits.
    return json.dumps(value, indent=1, sort_keys=True, allow_nan=False).encode() + b"\n"
