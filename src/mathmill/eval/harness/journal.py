"""The completions of a benchmark as they come: one line a Problem, on disk before the next is waited for.

A killed benchmark reads it and asks for the rest. It says nothing of verdicts, so what was generated can be judged
again. The line is `{"problem": id, "completions": [{"text", "finish", "tokens"}, ..]}`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType

import orjson

from mathmill.data.config import canonical_json
from mathmill.data.files import reach
from mathmill.data.line_log import LineLog
from mathmill.eval.models.base import Completion

#: The name of the journal in a run's folder; it is gone when the run is done.
JOURNAL = "journal.jsonl"


class Journal:
    """What is finished of a benchmark: Problem's id -> its completions."""

    def __init__(self, folder: Path) -> None:
        self._log = LineLog(folder / JOURNAL)
        self._done: dict[str, tuple[Completion, ...]] = {}
        for line in self._log.read():
            try:
                read = orjson.loads(line)
                completions = tuple(Completion(**each) for each in read["completions"])
                self._done[read["problem"]] = completions
            except (orjson.JSONDecodeError, TypeError, KeyError):
                continue  # damaged, as by a power cut: its Problem is asked again

    @property
    def done(self) -> Mapping[str, tuple[Completion, ...]]:
        return MappingProxyType(self._done)

    def append(self, problem: str, completions: Collection[Completion]) -> None:
        """Keep the completions of a Problem.

        Raises:
            DiskFull, CannotCreate: they cannot be written.
        """
        self.append_all({problem: completions})
        reach("answered")

    def append_all(self, done: Mapping[str, Collection[Completion]]) -> None:
        """Keep the completions of several Problems at once.

        Raises:
            DiskFull, CannotCreate: they cannot be written.
        """
        self._log.append(
            *(
                canonical_json({"problem": problem, "completions": list(map(asdict, completions))})
                for problem, completions in done.items()
            )
        )
        self._done.update((problem, tuple(completions)) for problem, completions in done.items())

    def remove(self) -> None:
        """Forget everything: it is in the run's tables now."""
        self._log.remove()
        self._done.clear()
