"""Which benchmarks a corpus is kept clean of, and their texts.

Sets are known by their key (`gsm8k/test`, see `mathmill data sources` and `data/sources.toml`), by a task that asks
them or a group of tasks (`mathmill eval tasks`), or are a file of the user's own with questions and answers.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from mathmill.data.errors import ConfigError, InputMissing
from mathmill.data.files import file_sha256
from mathmill.data.problem_rows import Problem
from mathmill.data.problems import DATA_VARIABLE, ENDINGS, load_problems
from mathmill.data.sources import Source, all_sources, load_source
from mathmill.data.terminal import one_line

_FILES = (*ENDINGS, ".json", ".parquet")
_SHOTS, _EXEMPLARS = "fewshot/", "mgsm/exemplars/"


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A set of problems, where it came from, and a hash that changes when any of its problems does."""

    name: str
    problems: tuple[Problem, ...]
    origin: str
    fingerprint: str


def load_benchmarks(tasks: Sequence[str], train_splits: bool, data: Path | None) -> tuple[Benchmark, ...]:
    """The benchmarks of a config; those that were loaded before in this process are not read again.

    Raises:
        ConfigError: a name is not known.
        InputMissing: a set is not in the folder, or not on the hub, or the hub cannot be reached.
        DamagedInput: as `load_problems`.
    """
    folder = data or (Path(named) if (named := os.environ.get(DATA_VARIABLE)) else None)
    if folder is not None and not folder.is_dir():
        raise InputMissing(f"there is no folder {folder} with benchmarks: name one with `data` or {DATA_VARIABLE}")
    sources = [each for name in tasks for each in _named(name)] if tasks else _all_tests(folder)
    if train_splits:
        sources += [each for each in _train_splits(sources) if tasks or _is_there(each, folder)]
    return tuple(_loaded(each, folder, _stamp(each, folder)) for each in dict.fromkeys(_Known(s) for s in sources))


@dataclass(frozen=True, slots=True)
class _Known:
    """A source, equal to another by its key."""

    source: Source

    def __hash__(self) -> int:
        return hash(self.source.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Known) and other.source.key == self.source.key


def _named(name: str) -> Iterator[Source]:
    """The sources that a name in a recipe stands for."""
    if name in all_sources():
        yield load_source(name)
    elif name.endswith(_FILES):
        yield Source(key=name)
    elif several := [source for key, source in all_sources().items() if key.startswith(f"{name}/") and _is_test(key)]:
        yield from several
    else:
        yield from _of_tasks(name)


def _of_tasks(name: str) -> Iterator[Source]:
    from mathmill.eval.tasks.find import find_tasks

    try:
        for task in find_tasks([name]):
            yield task.problems
    except ConfigError as error:
        raise ConfigError(
            f"tasks: no benchmark, task or file is called {one_line(name, 60)!r}: name a set such as gsm8k/test, a "
            "task that `mathmill eval tasks` lists, or a file such as problems.jsonl"
        ) from error


def _is_test(key: str) -> bool:
    return not key.startswith((_SHOTS, _EXEMPLARS)) and key.rpartition("/")[2] not in ("train", "dev")


def _all_tests(folder: Path | None) -> list[Source]:
    """Every set that models are measured on, as far as the folder or else the hub has it."""
    found = [source for key, source in all_sources().items() if _is_test(key) and _is_there(source, folder)]
    if not found:
        raise InputMissing(
            f"no benchmark is in {folder}: its files are to be called gsm8k/test.jsonl.gz and so on; name another "
            f"folder with `data` or {DATA_VARIABLE}, or the benchmarks to look for with `tasks`"
        )
    return found


def _is_there(source: Source, folder: Path | None) -> bool:
    if folder is None:
        return bool(source.hub or source.url)
    return any((folder / f"{source.path}{ending}").is_file() for ending in ENDINGS)


def _train_splits(sources: Sequence[Source]) -> list[Source]:
    """What is trained on of the families of some sources."""
    families = {source.key.partition("/")[0] for source in sources}
    return [
        source
        for key, source in all_sources().items()
        if key.partition("/")[0] in families and not key.startswith(_SHOTS) and not _is_test(key)
    ]


def _own_file(source: Source) -> Path | None:
    return None if source.key in all_sources() else Path(source.key)


def _stamp(known: _Known, folder: Path | None) -> str:
    """What tells a file that has changed since it was loaded."""
    source = known.source
    path = _own_file(source)
    if path is None and folder is not None:
        path = next((p for e in ENDINGS if (p := folder / f"{source.path}{e}").is_file()), None)
    return file_sha256(path) if path is not None and path.is_file() else ""


def _for_the_pass(error: InputMissing | ConfigError, source: Source) -> InputMissing | ConfigError:
    """An error that tells commands' options as one that tells what a recipe can say instead."""
    before, option, _ = str(error).partition("--")
    if not option:
        return error
    end, joint = max((before.rfind(mark), mark) for mark in (": ", ", or "))
    said = before[: max(end, 0)] + joint
    if _own_file(source) is not None:
        return type(error)(f"{said}name another file in `tasks` of the pass decontaminate")
    return type(error)(
        f"{said}put {source.path}{ENDINGS[0]} into a folder DIR and name it in the pass decontaminate, "
        f'`data = "DIR"`, or by {DATA_VARIABLE}'
    )


@lru_cache(256)
def _loaded(known: _Known, folder: Path | None, stamp: str) -> Benchmark:
    source = known.source
    try:
        found = load_problems(source, _own_file(source) or folder, skip_without_gold=True)
    except (InputMissing, ConfigError) as error:
        raise _for_the_pass(error, source) from error
    return Benchmark(source.key, tuple(found.problems), found.origin, found.fingerprint)
