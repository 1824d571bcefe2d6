"""How far a benchmark is: Problems, running accuracy, tokens a second and the time that is left."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

from mathmill.data.progress import Outlook
from mathmill.eval.harness.graded import Graded


class Board:
    """Adds up what is finished. `done` Problems were finished by earlier executions, and cost no time of this one."""

    def __init__(self, name: str, total: int, done: int) -> None:
        self._name, self._total, self._before = name, total, done
        self._finished = 0  # Problems of this execution
        self._completions = self._correct = self._truncated = self._tokens = 0
        self._began = time.monotonic()
        self._lock = threading.Lock()

    def add(self, graded: Sequence[Graded], fresh: bool = True) -> None:
        """Count a Problem's completions; those that are not `fresh` are from the journal."""
        with self._lock:
            self._completions += len(graded)
            self._correct += sum(each.correct for each in graded)
            self._truncated += sum(each.finish == "length" for each in graded)
            if fresh:
                self._finished += 1
                self._tokens += sum(each.tokens for each in graded)

    def outlook(self) -> Outlook:
        """Share of the Problems, accuracy so far over all completions, and the time left at the pace so far.

        Models go through long prompts first, so the time left is rather too long than too short.
        """
        with self._lock:
            finished = self._before + self._finished
            spent = time.monotonic() - self._began
            left = (self._total - finished) * spent / self._finished if self._finished else None
            facts = f"{self._name}  {finished:,} of {self._total:,} problems"
            if self._completions:
                facts += (
                    f"  accuracy {self._correct / self._completions:.1%}  "
                    f"truncated {self._truncated / self._completions:.1%}"
                )
            if self._tokens:
                facts += f"  {self._tokens / max(spent, 1e-9):,.0f} tokens/s"
            return Outlook(finished / max(self._total, 1), facts, left)
