"""Benchmarks of a model that replays, what they leave, and deaths on the way."""

from __future__ import annotations

import hashlib
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mathmill.data.errors import Stopped
from mathmill.eval.harness.prepare import Prepared, Wanted, prepare
from mathmill.eval.harness.publishing import Finished
from mathmill.eval.harness.run import run_benchmark
from mathmill.eval.models.base import Sampling
from mathmill.eval.tasks.find import find_tasks
from tests.eval.harness.replay import ANSWERS, TASKS, Replay

SAMPLED = Sampling(n=2, temperature=1.0)


def prepared(data: Path, model: Replay, task: int = 0, **wanted: Any) -> Prepared:
    return prepare(find_tasks([str(TASKS)])[task], model, Wanted(data=data, **wanted))


def measured(folder: Path, data: Path, model: Replay | None = None, **wanted: Any) -> Finished:
    model = model or Replay(ANSWERS)
    return run_benchmark(prepared(data, model, **wanted), model, folder)


def bytes_of(folder: Path) -> dict[str, str]:
    """A hash of every file of a run that has to be the same each time."""
    own = {"timings.json", "ledger.jsonl", "lock"}
    files = (path for path in folder.rglob("*") if path.is_file() and path.name not in own)
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def interrupted(after: int) -> Callable[[int], None]:
    def interrupt(answered: int) -> None:
        if answered == after:
            raise Stopped("stopped by SIGTERM", signal.SIGTERM)

    return interrupt


def killed_at(point: str, work: Callable[[], object]) -> bool:
    """Whether the work, done in a process of its own, was killed at a point of a commit."""
    pid = os.fork()
    if not pid:
        os.setsid()
        os.environ["MATHMILL_KILL_AT"] = point
        work()
        os._exit(0)
    status = os.waitpid(pid, 0)[1]
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
