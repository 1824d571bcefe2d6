"""Metrics sent on to TensorBoard, trackio or Weights & Biases, for whoever asked for it.

RUN/
  tensorboard/   event files: `tensorboard --logdir` of the folder with all the Runs shows them side by side
  wandb/         what wandb keeps here, also without an account: `wandb sync` sends it

trackio keeps its own place (TRACKIO_DIR). All three work offline and none asks for a login. They are guests: what one
of them raises is told once, and it hears no more; no training ends of it, and `metrics.jsonl` has everything anyhow. A
run that goes on is one run in each, as far as each of them can do that.
"""

from __future__ import annotations

import importlib.util
import math
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import Any

from mathmill.data.config import canonical_json
from mathmill.data.errors import ConfigError
from mathmill.data.terminal import one_line

_SHOWN_WITHIN = 10  # seconds in which TensorBoard's file has what was logged
_FIRST_WAIT = 30.0  # seconds for wandb's server to answer; without an answer it goes offline
_LAST_WAIT = 60.0  # seconds that the end of a run waits for wandb to send the rest; `wandb sync` does it later

_FAILED = object()


@dataclass(frozen=True, slots=True)
class Told:
    """What trackers are told of a Run. `config` are plain values; with an account they leave the machine."""

    folder: Path
    project: str
    name: str
    config: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Tracker:
    """One that is open."""

    log: Callable[[int, dict[str, float]], None]
    close: Callable[[], None]


class Trackers:
    """Those asked for, opened by the first step that is logged: use as a context manager."""

    def __init__(self, names: Sequence[str], told: Told) -> None:
        self._names, self._told = names, told
        self._open: dict[str, Tracker] | None = None

    def log(self, step: int, metrics: Mapping[str, Any]) -> None:
        """Send a step's numbers on, those that are finite. The first step logged is 1, or the run goes on there."""
        if self._open is None:
            self._open = {}
            for name in self._names:
                tracker = _tried(name, step, partial(_OPENERS[name], self._told, step))
                if tracker is not _FAILED:
                    self._open[name] = tracker
        values = {name: float(value) for name, value in metrics.items() if name != "step" and _is_number(value)}
        for name, tracker in list(self._open.items()):
            if _tried(name, step, partial(tracker.log, step, values)) is _FAILED:
                del self._open[name]

    def close(self) -> None:
        """Have all of them put down what they hold. Nothing can be logged afterwards."""
        for name, tracker in (self._open or {}).items():
            _tried(name, None, tracker.close)
        self._open = {}

    def __enter__(self) -> Trackers:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_trackers(names: Sequence[str], told: Told) -> Trackers:
    """Trackers by name, whose packages are there.

    Raises:
        ConfigError: there is none of that name, or its package is not installed.
    """
    for name in names:
        if name not in _OPENERS:
            raise ConfigError(f"no tracker is called {name!r}; known are {', '.join(_OPENERS)}")
        if importlib.util.find_spec(name) is None:
            raise ConfigError(f"watching.trackers: {name} is not installed: pip install {name}, or leave it out")
    return Trackers(names, told)


def _tried(name: str, step: int | None, act: Callable[[], Any]) -> Any:
    """What `act` returns, or _FAILED: what it raised is told."""
    try:
        return act()
    except Exception as error:  # noqa: BLE001  # of a guest, told and never a result: the training does without it
        when = "the end" if step is None else f"step {step:,}"
        print(
            f"mind: {name} hears no more of this run from {when} on ({type(error).__name__}: {one_line(error, 200)}); "
            "metrics.jsonl has everything",
            file=sys.stderr,
            flush=True,
        )
        return _FAILED


def _is_number(value: Any) -> bool:
    return isinstance(value, bool | int | float) and math.isfinite(value)


def _tensorboard(told: Told, step: int) -> Tracker:
    from torch.utils.tensorboard import SummaryWriter

    # What an earlier execution wrote of this step and later ones is done again.
    folder, again = str(told.folder / "tensorboard"), step if step > 1 else None
    writer: Any = SummaryWriter(folder, purge_step=again, flush_secs=_SHOWN_WITHIN)
    writer.add_text("config", f"```\n{canonical_json(told.config).decode()}\n```", global_step=0)

    def log(step: int, values: dict[str, float]) -> None:
        for name, value in values.items():
            writer.add_scalar(name, value, step)

    return Tracker(log, writer.close)


def _trackio(told: Told, step: int) -> Tracker:
    import trackio

    with redirect_stdout(sys.stderr):  # it prints, and stdout is for data
        run = trackio.init(
            project=told.project,
            name=told.name,
            config=dict(told.config),
            resume="allow" if step > 1 else "never",
            embed=False,
            auto_log_cpu=False,
            auto_log_gpu=False,
        )

    def close() -> None:
        with redirect_stdout(sys.stderr):
            trackio.finish()  # not the run's own, after which the exit of Python would finish it again

    return Tracker(lambda step, values: run.log(values, step=step), close)


def _wandb(told: Told, step: int) -> Tracker:
    os.environ["WANDB_SILENT"] = "true"  # it asks for a key otherwise, and writes into a bar of progress
    import wandb

    told.folder.mkdir(parents=True, exist_ok=True)
    asked: dict[str, Any] = {
        "project": told.project,
        "name": told.name,
        "config": dict(told.config),
        "dir": str(told.folder),
        # The same for each execution, so that an account shows one run.
        "id": blake2b(f"{told.project} {told.folder.resolve()}".encode(), digest_size=8).hexdigest(),
        "resume": "allow" if step > 1 else None,
        "settings": wandb.Settings(console="off", init_timeout=_FIRST_WAIT, finish_timeout=_LAST_WAIT),
    }
    try:
        if "WANDB_MODE" not in os.environ:
            wandb.login()
        run = wandb.init(**asked)
    except (wandb.errors.UsageError, wandb.errors.CommError) as error:  # no account here; its server cannot be reached
        run = wandb.init(**asked, mode="offline")
        place = Path(run.settings.sync_dir)
        why = one_line(error, 80)
        print(f"wandb: offline ({why}); to send it later: wandb sync {place}", file=sys.stderr, flush=True)
    run.define_metric("*", step_metric="step")  # its own count refuses steps that are done again
    return Tracker(lambda step, values: run.log({"step": step, **values}), run.finish)


_OPENERS: dict[str, Callable[[Told, int], Tracker]] = {
    "tensorboard": _tensorboard,
    "trackio": _trackio,
    "wandb": _wandb,
}
