"""What a training run keeps as it goes: its metrics, its checkpoints, and where it is.

All processes take part in making a checkpoint, since each may hold a share of the weights; the first alone writes.

This file imports torch at its head. Only functions import it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from torch import Tensor

from mathmill.train.checkpoint.folder import Checkpoint, keep_newest, load_state, newest_good, save_checkpoint
from mathmill.train.checkpoint.metrics_log import MetricsLog
from mathmill.train.checkpoint.rng import random_states
from mathmill.train.checkpoint.state import Trained, capture, restore
from mathmill.train.parallel.processes import World, everyone, first_of

CHECKPOINTS = "checkpoints"

Tables = Mapping[str, Mapping[str, Tensor]]


@dataclass(slots=True)
class Position:
    """Where a run is, beside its weights: what a checkpoint notes of the loop."""

    microbatch: int
    feed: Mapping[str, Any]
    asked: int = 0  # the microbatch that the recipe said
    done: int = 0  # steps
    tokens: int = 0  # in the rows of these steps
    bad: int = 0  # of the last steps, how many in a row were not finite
    best: list[Any] = field(default_factory=list)  # after how many steps the held-out loss was lowest, and that loss
    offset: int = 0  # bytes of the metrics


At = TypeVar("At", bound=Position)


class Keeper:
    """Of the run in `folder`: use as a context manager, after `resume`."""

    def __init__(self, folder: Path, trained: Trained, world: World, keep: int, is_due: Callable[[int], bool]) -> None:
        """`keep` of the checkpoints that are due stay."""
        self._folder, self._trained, self._world = folder, trained, world
        self._keep, self._is_due = keep, is_due
        self._log: MetricsLog | None = None
        self._saved = -1  # the step of the newest checkpoint
        self._held = ExitStack()
        self.tables: Tables = {}  # what `resume` found beside model and optimizer

    def resume(self, start: At) -> At:
        """Put everything back as the newest good checkpoint has it; where the run is: at `start` if there is none.

        Raises:
            ConfigError: the checkpoint is of another model, optimizer or order.
            DamagedInput: it can be read no more, or the metrics are shorter than it says.
        """
        found = newest_good(self._folder / CHECKPOINTS) if self._world.rank == 0 else None
        path, step, sizes = first_of((str(found.path), found.step, dict(found.sizes)) if found else ("", -1, {}))
        if not path:
            return start
        state = load_state(Checkpoint(Path(path), step, sizes))
        restore(state, self._trained, self._world.rank)
        self._saved = step
        self.tables = state.tables
        return type(start)(**state.notes)

    def begin(self, at: Position) -> Keeper:
        """Open the metrics where they ended at a position."""
        if self._world.rank == 0:
            self._log = self._held.enter_context(MetricsLog(self._folder, at.offset))
        return self

    def note(self, at: Position, metrics: Mapping[str, Any], timings: Mapping[str, Any]) -> None:
        """Write a step's lines.

        Raises:
            DiskFull, CannotCreate: they cannot be written.
        """
        if self._log is not None:
            self._log.append(metrics, {"step": metrics["step"], **timings})
            at.offset = self._log.offset

    def save(self, at: Position, tables: Tables | None = None) -> None:
        """Save a checkpoint, if none was at this step, and remove old ones; `tables` are tensors by file and name.

        Raises:
            DiskFull, CannotCreate: it cannot be written; the others are left as they are.
        """
        if at.done == self._saved:
            return
        state = capture(at.done, self._trained, asdict(at), everyone(random_states()), tables)
        if self._log is not None:
            self._log.settle()
        save_checkpoint(self._folder / CHECKPOINTS, state, self._world)
        if self._world.is_first:
            best = at.best[0] if at.best else None
            keep_newest(self._folder / CHECKPOINTS, self._keep, best, self._is_due)
        self._saved = at.done

    def __enter__(self) -> Keeper:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._held.close()
