"""A user's own reward: found by its name, loaded, called, and what it returns looked at.

    def brief(problem, completion):
        return -len(completion) / 1000

It is named `package.module:function`, looked for from the folder in which mathmill is run, or as a file,
`path/to/file.py:function`, which can import the modules beside it. It is loaded by processes of its own (`own_server`),
since only a process can be stopped; this module is what both sides need.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import math
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any

from mathmill.data.errors import ConfigError
from mathmill.data.problem_rows import Problem
from mathmill.data.terminal import one_line

Reward = Callable[[Problem, str], float | None]

_SIGNATURE = "a reward is a function of a Problem and the text of a completion that returns a number or None"
_FILE_MODULE = "mathmill_own_reward"
_SAID = 300  # characters of what went wrong that a message repeats


def load_own(name: str) -> Reward:
    """The function of this name. What its module does when it is imported is done.

    Raises:
        ConfigError: there is no such file, module or function, or importing it raised.
    """
    place, function = _split(name)
    source = source_file(name)
    try:
        module = _from_file(source) if place.endswith(".py") else importlib.import_module(place)
    except (Exception, SystemExit) as error:  # noqa: BLE001  # of a stranger's module, and told
        raise ConfigError(f"the reward {name!r}: importing {source} raised {_told(error)}: mend it") from None
    found = getattr(module, function, None)
    if found is None:
        near = ", ".join(each for each in vars(module) if callable(getattr(module, each)) and each[0] != "_")
        raise ConfigError(f"the reward {name!r}: {source} has no {function!r}; it has {near[:_SAID] or 'no functions'}")
    if not callable(found):
        raise ConfigError(f"the reward {name!r} is a {type(found).__name__}: {_SIGNATURE}")
    made: Reward = found
    return made


def call_own(name: str, function: Reward, problem: Problem, completion: str) -> float | None:
    """What it makes of a completion.

    Raises:
        ConfigError: it raised, or returned what is no finite number; the message names the Problem.
    """
    try:
        value: Any = function(problem, completion)
    except Exception as error:  # noqa: BLE001  # of a stranger's function, and told
        raise ConfigError(f"the reward {name!r} raised {_told(error)} on the problem {problem.id}") from None
    if hasattr(value, "item"):  # a number of numpy's or torch's
        with suppress(TypeError, ValueError, RuntimeError):  # several of them, which is told below
            value = value.item()
    if value is None:
        return None
    if not isinstance(value, bool | int | float):
        raise ConfigError(f"the reward {name!r} returned a {type(value).__name__} for {problem.id}: {_SIGNATURE}")
    if isinstance(value, float) and not math.isfinite(value):
        raise ConfigError(
            f"the reward {name!r} returned {value} for {problem.id}: return None where nothing can be said"
        )
    return float(value)


def source_file(name: str) -> Path:
    """The file that the function is written in. Nothing is imported for it.

    Raises:
        ConfigError: there is none.
    """
    place, _ = _split(name)
    if place.endswith(".py"):
        path = Path(place)
        if not path.is_file():
            raise ConfigError(f"the reward {name!r}: there is no file {path.absolute()}")
        return path.absolute()
    where: Sequence[str] | None = [str(Path.cwd()), *sys.path]
    parts = place.split(".")
    for count in range(1, len(parts) + 1):
        module = ".".join(parts[:count])
        spec = PathFinder.find_spec(module, where)
        if spec is None:
            raise ConfigError(
                f"the reward {name!r}: there is no module {module!r} in {Path.cwd()} nor among what is installed; "
                "write path/to/file.py:function for a file elsewhere"
            )
        where = spec.submodule_search_locations
        if where is None and count < len(parts):
            raise ConfigError(f"the reward {name!r}: {module!r} is a module and has no {parts[count]!r} in it")
    assert spec is not None
    if spec.origin is None or not Path(spec.origin).is_file():
        raise ConfigError(f"the reward {name!r}: {place!r} is a folder without a file of its own: name a module in it")
    return Path(spec.origin)


def own_fingerprint(name: str) -> str:
    """SHA-256 of the file that the function is written in, for a Run's identity: with other code it is another Run.

    What that file imports does not count.

    Raises:
        ConfigError: as `source_file`.
    """
    return hashlib.sha256(source_file(name).read_bytes()).hexdigest()


def _split(name: str) -> tuple[str, str]:
    place, colon, function = name.rpartition(":")
    if not colon or not place or not function.isidentifier():
        raise ConfigError(f"the reward {name!r}: write it as package.module:function or path/to/file.py:function")
    return place, function


def _from_file(path: Path) -> Any:
    if str(path.parent) not in sys.path:
        sys.path.insert(0, str(path.parent))
    spec = importlib.util.spec_from_file_location(_FILE_MODULE, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[_FILE_MODULE] = module
    spec.loader.exec_module(module)
    return module


def _told(error: BaseException) -> str:
    """An error in a line, and the line of code where it was raised."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    at = f" (line {trace.tb_lineno} of {trace.tb_frame.f_code.co_filename})" if trace is not None else ""
    said = one_line(str(error), _SAID)
    return f"{type(error).__name__}{f': {said}' if said else ''}{at}"
