"""How far a training is: loss or reward, tokens a second, the time that is left, and memory."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Mapping
from typing import Any

from mathmill.data.progress import Outlook
from mathmill.data.terminal import counted

_STEPS = 50  # whose pace foretells the rest: the first ones of a run are slow, and lengths of Examples vary

_OF_REWARDS = ("reward", "length", "kl")


class Board:
    """Takes up what each step measured. `done` steps were done by earlier executions, and cost no time of this one."""

    def __init__(self, steps: int, done: int) -> None:
        self._steps, self._done = steps, done
        self._finished: deque[float] = deque([time.monotonic()], _STEPS + 1)  # when the last steps were finished
        self._tokens: deque[float] = deque(maxlen=_STEPS)  # a second, of each of those
        self._loss: float | None = None
        self._validation: float | None = None
        self._of_rewards: dict[str, float] = {}  # where they are trained on: a loss says nothing there
        self._skipped = 0
        self._peak_mb = 0.0
        self._lock = threading.Lock()

    def add(self, metrics: Mapping[str, Any], timings: Mapping[str, Any]) -> None:
        """Count a step, by its lines of `metrics.jsonl` and `timings.jsonl`."""
        with self._lock:
            self._done += 1
            self._finished.append(time.monotonic())
            self._tokens.append(timings.get("tokens_a_second") or 0.0)
            self._loss = metrics.get("loss")
            measured = metrics.get("validation_loss", metrics.get("validation_accuracy"))
            self._validation = self._validation if measured is None else measured
            self._of_rewards |= {name: metrics[name] for name in _OF_REWARDS if metrics.get(name) is not None}
            self._skipped += bool(metrics.get("skipped"))
            self._peak_mb = max(self._peak_mb, timings.get("peak_mb") or 0.0)

    def outlook(self) -> Outlook:
        """Share of the steps, what the last one measured, and the time left at the pace of the last steps.

        That pace has the validations and checkpoints between them in it.
        """
        with self._lock:
            finished = len(self._finished) - 1
            spent = self._finished[-1] - self._finished[0]
            left = max(self._steps - self._done, 0) * spent / finished if finished else None
            return Outlook(self._done / max(self._steps, 1), self._facts(finished), left)

    def _facts(self, finished: int) -> str:
        facts = f"step {self._done:,} of {self._steps:,}"
        if not finished:
            return facts
        if self._of_rewards:
            facts += "".join(f"  {name} {value:.4g}" for name, value in self._of_rewards.items())
        else:
            facts += "  loss not finite" if self._loss is None else f"  loss {self._loss:.4f}"
        if self._validation is not None:
            facts += f"  validation {self._validation:.4f}"
        if self._skipped:
            facts += f"  {counted(self._skipped, 'step')} skipped"
        facts += f"  {sum(self._tokens) / finished:,.0f} tokens/s"
        return facts + (f"  {self._peak_mb / 1000:.1f} GB at most" if self._peak_mb else "")
