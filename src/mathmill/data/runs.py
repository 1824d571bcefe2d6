"""A Run: one execution's folder, its manifest, what it refuses and how it is checked.

RUN/
  config.json      the resolved recipe, written first: another recipe is refused
  lock             held while a process writes here
  ledger.jsonl     one line a finished unit of work; a folder `ledger` in a store
  manifest.json    written last: the run is done; a function of recipe and inputs alone
  timings.json     (of a training timings.jsonl too) what differs from machine to machine: seconds, memory, versions
  <outputs>        whatever the units wrote
"""

from __future__ import annotations

import hashlib
import importlib.metadata
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, suppress
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any

import orjson

from mathmill.data.config import Config, canonical_json, config_hash
from mathmill.data.errors import CannotCreate, ConfigError, InputMissing, MathmillError
from mathmill.data.files import file_sha256, temporary, write_whole, writing
from mathmill.data.ledger import LEDGER, Ledger, folder_lock
from mathmill.data.store.mounts import (
    at_hand,
    files_below,
    is_folder,
    is_there,
    names_in,
    push,
    remove,
    run_folder,
    shown,
)

MANIFEST = "manifest.json"
NEW, UNFINISHED, DONE = "new", "unfinished", "done"
_CONFIG = "config.json"
_TIMINGS = "timings.json"
_STEP_TIMINGS = "timings.jsonl"  # of a training, a line a step
_CHANGES = 8  # that a message tells


class Run:
    """A Run's folder, open for writing: use as a context manager.

    Raises, where it is made:
        ConfigError: the folder is an address of no kind that can be written.
    On entry:
        Locked: another process writes in the folder.
        InputMissing: the folder is an address, and cannot be read.
        ConfigError: the folder holds a run of another recipe; the message shows what differs.
        CannotCreate, DiskFull: the folder cannot be written.
    """

    def __init__(
        self,
        folder: Path,
        config: Config,
        kind: str,
        files: Mapping[str, str] | None = None,
        later: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        """`files` are the files that the config names (models and the like) with their hashes: they are part of it.

        `later` names fields of the config that may change from one execution to the next, since all that hangs on them
        says so by its source; each with the files that it names.
        """
        self.folder = run_folder(folder)
        self.config = config
        self.kind = kind
        self.later = {name: dict(named) for name, named in (later or {}).items()}
        self.files = dict(files or {})
        self._held = ExitStack()
        self._open: Ledger | None = None

    def __enter__(self) -> Run:
        self.inspect()
        with writing(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
        with ExitStack() as held:
            held.enter_context(folder_lock(self.folder))
            if self.inspect() == NEW or _read_json(self.folder / _CONFIG) != self._claim():
                self.reopen()  # first: a manifest must never stand beside another config
                _write(self.folder / _CONFIG, self._claim())
            self._open = Ledger(self.folder)
            self._held = held.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        ledger, self._open = self.ledger, None
        with self._held:
            if kind is None:
                ledger.close()
            else:
                with suppress(MathmillError):  # it would hide what ended the run
                    ledger.close()

    @property
    def ledger(self) -> Ledger:
        """The ledger, while the run is open."""
        assert self._open is not None, "a run's ledger is there while it is open"
        return self._open

    def _claim(self) -> dict[str, Any]:
        claim = {"kind": self.kind, "config": self.config.model_dump(mode="json"), "files": self.files}
        return {**claim, "later": self.later} if self.later else claim

    def _settled(self, claim: Mapping[str, Any]) -> dict[str, Any]:
        """A claim without what may change."""
        config = {name: value for name, value in claim["config"].items() if name not in self.later}
        return {**{name: value for name, value in claim.items() if name != "later"}, "config": config}

    def inspect(self) -> str:
        """What the folder holds: NEW, UNFINISHED or DONE; changes nothing.

        Raises:
            ConfigError: a run of another recipe, or files that are no run's.
            CannotCreate: a file is in its place.
        """
        if self.folder.exists() and not self.folder.is_dir():
            raise CannotCreate(f"{self.folder} is a file: choose another folder with --out")
        path = self.folder / _CONFIG
        if is_there(path):
            claimed, mine = _read_json(path), self._claim()
            changes = list(differences(self._settled(claimed), self._settled(mine)))
            if changes:
                raise ConfigError(
                    f"{shown(self.folder)} holds a run of another recipe ({_listed(changes)}): "
                    "choose another folder with --out, or delete this one"
                )
            return DONE if claimed == mine and self.is_done else UNFINISHED
        strangers = [name for name in names_in(self.folder) if name not in ("lock", temporary(path).name)]
        if strangers:
            raise ConfigError(
                f"{shown(self.folder)} holds files that are no run of mathmill's ({', '.join(strangers[:3])}): "
                "choose an empty folder with --out"
            )
        return NEW

    def clear_leftovers(self, owned: Collection[str]) -> None:
        """Remove what a killed process left, under the lock and before any work.

        That is half-written files, and in the `owned` folders files that no unit of the ledger wrote: they were
        renamed when their process died, and a query over the folder would count them.
        """
        committed = committed_outputs(self.ledger)
        for name in sorted(owned):
            folder = self.folder / name
            for path in (folder / each for each in names_in(folder)):
                if not is_folder(path) and path.relative_to(self.folder).as_posix() not in committed:
                    remove(path)
        names = (name for name in names_in(self.folder) if name.startswith(".") and name.endswith(".tmp"))
        for path in sorted({*self.folder.rglob(".*.tmp"), *(self.folder / name for name in names)}):
            remove(path)

    @property
    def is_done(self) -> bool:
        """Whether the manifest is there, whole, and lists just what the ledger says."""
        try:
            manifest = orjson.loads(at_hand(self.folder / MANIFEST).read_bytes())
        except (FileNotFoundError, orjson.JSONDecodeError):
            return False
        ledger = self._open or Ledger(self.folder)
        return isinstance(manifest, dict) and manifest.get("outputs") == committed_outputs(ledger)

    def reopen(self) -> None:
        """Take the manifest away, since work is to be done again: from now on the run is not done."""
        remove(self.folder / MANIFEST)

    def finish(self, inputs: list[dict[str, Any]], facts: Mapping[str, Any], timings: Mapping[str, Any]) -> None:
        """Write the manifest, which makes the run done.

        `facts` must follow from recipe and inputs alone, so that a rerun gives the same bytes; what
        differs from one execution to the next goes into `timings`.
        """
        files = self.files | {name: mark for named in self.later.values() for name, mark in named.items()}
        identity = {"config": config_hash(self.config), "files": files, "inputs": inputs}
        manifest = {
            "kind": self.kind,
            "run": hashlib.sha256(canonical_json(identity)).hexdigest()[:16],
            "config": self.config.model_dump(mode="json"),
            "files": files,
            "inputs": inputs,
            "outputs": committed_outputs(self.ledger),
            "code": sorted({line["code"] for line in self.ledger.lines.values() if "code" in line}),
            **facts,
        }
        self.ledger.settle()
        _write(self.folder / _TIMINGS, dict(timings))
        _write(self.folder / MANIFEST, manifest)


def _write(path: Path, value: Any) -> None:
    write_whole(path, _pretty(value))
    push(path)


def _read_json(path: Path) -> Any:
    try:
        return orjson.loads(at_hand(path).read_bytes())
    except orjson.JSONDecodeError as error:
        raise ConfigError(f"{shown(path)} is damaged ({error}): delete its folder, or restore the file") from error


def _pretty(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)


def differences(old: Any, new: Any, place: str = "") -> Iterator[str]:
    """What differs between two trees of plain values, a line each: `page.seconds: 20 -> 5`."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted({*old, *new}):
            yield from differences(old.get(key), new.get(key), f"{place}.{key}" if place else str(key))
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (left, right) in enumerate(zip(old, new, strict=True)):
            yield from differences(left, right, f"{place}.{_item_name(left, index)}")
    elif old != new:
        yield f"{place}: {_brief(old)} -> {_brief(new)}"


def _listed(changes: list[str]) -> str:
    more = f"; and {len(changes) - _CHANGES:,} more" if len(changes) > _CHANGES else ""
    return "; ".join(changes[:_CHANGES]) + more


def _item_name(item: Any, index: int) -> str:
    return str(item["use"]) if isinstance(item, dict) and "use" in item else str(index)


def _brief(value: Any) -> str:
    text = orjson.dumps(value).decode()
    return text if len(text) <= 80 else text[:77] + "..."


@lru_cache(maxsize=1)
def code_version() -> str:
    """The package's version and a hash of its source, so that a figure can be traced to the code behind it."""
    source = hashlib.sha256()
    root = Path(__file__).resolve().parents[1]
    for path in sorted(root.rglob("*.py")):
        source.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return f"{importlib.metadata.version('mathmill')}+{source.hexdigest()[:12]}"


def load_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a finished run.

    Raises:
        InputMissing: there is no run there, or it is not finished.
    """
    path = folder / MANIFEST
    if is_there(path):
        manifest: dict[str, Any] = _read_json(path)
        return manifest
    if is_there(folder / _CONFIG) and _is_run_config(folder / _CONFIG):
        raise InputMissing(f"{shown(folder)} is an unfinished run: run its command again to finish it")
    above = next((each for each in folder.parents if is_there(each / MANIFEST)), None)
    if above is not None:
        raise InputMissing(f"no run at {shown(folder)}: it is in a folder of the run {shown(above)}, name that")
    raise InputMissing(f"no run at {shown(folder)}: name the folder of one (`mathmill runs ls` lists them)")


def load_claim(folder: Path) -> dict[str, Any]:
    """What the run in a folder was begun with, finished or not: `kind`, `config` and `files`."""
    claim: dict[str, Any] = _read_json(folder / _CONFIG)
    return claim


def find_runs(root: Path) -> list[Path]:
    """The folders of runs, finished or not, in `root` (itself, or at most three levels below), sorted."""
    if not is_there(root) or root.is_file():
        raise InputMissing(f"no folder at {shown(root)}: name the folder that holds your runs")
    return sorted(_runs_below(root, 3))


def _runs_below(folder: Path, levels: int) -> Iterator[Path]:
    """A run's own folders are not looked into; those of a loop, which is none itself, are."""
    names = names_in(folder)
    if _CONFIG in names and _is_run_config(folder / _CONFIG):
        yield folder
    elif levels:
        for path in (folder / name for name in names):
            if is_folder(path):
                yield from _runs_below(path, levels - 1)


def _is_run_config(path: Path) -> bool:
    try:
        config = orjson.loads(at_hand(path).read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return False
    return isinstance(config, dict) and {"kind", "config"} <= config.keys()


def committed_outputs(ledger: Ledger) -> dict[str, Any]:
    """Every file that a unit of the ledger wrote, sorted by name."""
    return dict(sorted((name, output) for line in ledger.lines.values() for name, output in line["outputs"].items()))


def check_outputs(folder: Path) -> list[str]:
    """Rehash every output that the manifest lists, and look for files that are none; what is wrong, a line each."""
    wrong = []
    committed = committed_outputs(Ledger(folder))
    own = {MANIFEST, _CONFIG, _TIMINGS, _STEP_TIMINGS, f"{LEDGER}.jsonl", "lock"}
    for name in files_below(folder):
        if name not in committed and name not in own and not name.startswith(f"{LEDGER}/"):
            wrong.append(f"{name}: no unit of the ledger wrote it")
    for name, listed in load_manifest(folder)["outputs"].items():
        path = at_hand(folder / name)
        if not path.is_file():
            wrong.append(f"{name}: missing")
        elif path.stat().st_size != listed["size"]:
            wrong.append(f"{name}: {path.stat().st_size} bytes, the manifest says {listed['size']}")
        elif file_sha256(path) != listed["sha256"]:
            wrong.append(f"{name}: its bytes are not those that were committed")
    return wrong
