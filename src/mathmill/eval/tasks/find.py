"""Tasks by name, by group, and out of a file of one's own."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from mathmill.data.config import resolve
from mathmill.data.errors import ConfigError, InputMissing
from mathmill.data.terminal import one_line
from mathmill.eval.tasks.task import Task

_NEAREST = 4  # names that an unknown one is answered with


def all_tasks() -> list[Task]:
    """Every Task that mathmill has, by name."""
    return list(_tasks().values())


def task_groups() -> dict[str, tuple[str, ...]]:
    """Names that stand for several Tasks, and theirs."""
    groups: dict[str, list[str]] = {}
    for task in _tasks().values():
        for group in task.groups:
            groups.setdefault(group, []).append(task.name)
    return {group: tuple(names) for group, names in sorted(groups.items())}


def find_task(name: str) -> Task:
    """The Task of a name.

    Raises:
        ConfigError, InputMissing: as `find_tasks`, or the name stands for several.
    """
    found = find_tasks([name])
    if len(found) != 1:
        raise ConfigError(f"{one_line(name, 60)} stands for {len(found)} tasks: name one, such as {found[0].name}")
    return found[0]


def find_tasks(names: Sequence[str]) -> list[Task]:
    """The Tasks of names and groups, each once, in the order in which they are named; a name may be several, `a,b`.

    What ends in `.toml` is a file with Tasks of the caller's own, written as the ones here.

    Raises:
        ConfigError: nothing has one of the names (the message says the nearest), a file is not as it has to be, or a
            Task in it has the name of one here.
        InputMissing: there is no such file.
    """
    tasks, groups = _tasks(), task_groups()
    found: dict[str, Task] = {}
    for name in [part.strip() for each in names for part in each.split(",")]:
        if name.endswith(".toml"):
            own = {task.name: task for task in _own_tasks(Path(name))}
            if taken := sorted(own.keys() & tasks.keys()):
                raise ConfigError(f"{name}: {taken[0]} is a task of mathmill's; call yours something else")
            found.update(own)
        elif name in tasks or name in groups:
            found.update({each: tasks[each] for each in groups.get(name, (name,))})
        else:
            raise ConfigError(f"no task is called {one_line(name, 60)!r}{_nearest(name, [*tasks, *groups])}")
    return list(found.values())


def _own_tasks(path: Path) -> list[Task]:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputMissing(
            f"cannot read the tasks in {path} ({error.strerror or error}): name a .toml file, or a task that "
            "`mathmill eval tasks` lists"
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not TOML: it is not UTF-8 text") from error
    if not (tasks := read_family(text, str(path))):
        raise ConfigError(f"{path} has no task: write one as [[task]]")
    return tasks


def _nearest(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name.lower()[:100], known, n=_NEAREST, cutoff=0.5)
    meant = f"; did you mean {' or '.join(near)}?" if near else ";"
    return f"{meant} `mathmill eval tasks` lists them all"


@cache
def _tasks() -> Mapping[str, Task]:
    tasks: dict[str, Task] = {}
    for file in files("mathmill.eval.tasks").iterdir():
        if file.name.endswith(".toml"):
            for task in read_family(file.read_text(encoding="utf-8"), file.name):
                assert task.name not in tasks, f"{file.name}: {task.name} is there twice"
                tasks[task.name] = task
    return dict(sorted(tasks.items()))


def read_family(text: str, where: str) -> list[Task]:
    """The Tasks of a TOML file: what stands at its top holds for each `[[task]]` that does not say otherwise.

    Raises:
        ConfigError: it is not TOML, or a Task's key or value does not fit.
    """
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{where} is not TOML: {error}") from error
    own = tree.pop("task", [])
    if not isinstance(own, list) or not all(isinstance(each, dict) for each in own):
        raise ConfigError(f"{where}: write each task as [[task]]")
    return [resolve(_merged(tree, each), Task, f"{where}, {one_line(each.get('name', 'a task'), 60)}") for each in own]


def _merged(common: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """`own` over `common`, tables key by key."""
    both = {**common, **own}
    for key in common.keys() & own.keys():
        if isinstance(common[key], dict) and isinstance(own[key], dict):
            both[key] = _merged(common[key], own[key])
    return both
