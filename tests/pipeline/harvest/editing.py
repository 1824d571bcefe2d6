"""A pass that edits texts, for tests of what comes behind it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from mathmill.data.config import Config
from mathmill.data.files import Output
from mathmill.data.records import Document, Dropped
from mathmill.pipeline.passes.base import Judge, PassTask, Work, WorkingShard
from mathmill.pipeline.passes.effects import write_effect


class CutLine(Config):
    """Takes one line out of every Document."""

    use: Literal["cut_line"] = "cut_line"
    line: str

    @property
    def folders(self) -> tuple[str, ...]:
        return (self.use,)

    def identity(self) -> Mapping[str, str]:
        return {}

    def learn(self, work: Work) -> None:
        work.map(self.use, _nothing)

    def opened(self, folder: Path, shard: WorkingShard) -> Judge:
        def judge(place: int, document: Document) -> Document | Dropped:
            return document.with_text(document.text.replace(f"{self.line}\n\n", ""))

        return judge

    def told(self, folder: Path) -> Mapping[str, Any]:
        return {}

    def card(self, told: Mapping[str, Any]) -> Iterable[str]:
        return ()


def _nothing(task: PassTask) -> dict[str, Output]:
    return write_effect(task.folder, task.working, "cut_line", [])
