"""What happens to one page: the stages in order, what each measured, and the audit of the gates.

Pure like the stages: the same Document gives the same Judgement.
"""

from __future__ import annotations

import hashlib
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from mathmill.data.records import TRACE, Document, Dropped, Stage
from mathmill.pipeline.provenance import DROPPED, ERRORED, KEPT


@dataclass(frozen=True, slots=True)
class Judgement:
    """The end of one page's way through the cascade."""

    outcome: str  # kept, dropped or errored
    document: Document  # as it was when its way ended
    stage: str = ""
    reason: str = ""
    evidence: dict[str, Any] = field(default_factory=dict)
    audit: str = ""  # what the full path says of a gate's reject: kept, dropped or errored; "" if not sampled
    seconds: dict[str, float] = field(default_factory=dict)  # stage -> processor seconds

    @property
    def trace(self) -> dict[str, Any]:
        trace: dict[str, Any] = self.document.meta.get(TRACE, {})
        return trace


@dataclass(frozen=True, slots=True)
class Cascade:
    """The stages of a recipe; `audit_rate` of each gate's rejects also go through the rest, as if no gate were."""

    stages: Sequence[Stage]
    audit_rate: float
    seed: int

    def judge(self, document: Document) -> Judgement:
        """Run the page through the stages until one drops it."""
        judgement, position = self._run(document, 0, overrule_gates=False)
        if judgement.outcome != DROPPED or not is_gate(self.stages[position]) or not self._is_sampled(document):
            return judgement
        full, _ = self._run(judgement.document, position + 1, overrule_gates=True)
        return Judgement(
            outcome=judgement.outcome,
            document=judgement.document,
            stage=judgement.stage,
            reason=judgement.reason,
            evidence=judgement.evidence,
            audit=full.outcome,
            seconds={**judgement.seconds, "audit": sum(full.seconds.values())},
        )

    def _run(self, document: Document, start: int, overrule_gates: bool) -> tuple[Judgement, int]:
        """The Judgement from stage `start` on, and the position of the stage that ended it."""
        seconds: dict[str, float] = {}
        for position in range(start, len(self.stages)):
            stage = self.stages[position]
            began = time.process_time()  # other processes of a busy machine do not count
            try:
                (result,) = stage([document])
            except MemoryError:
                raise  # the page's memory limit: this process ends and says so
            except Exception as error:  # noqa: BLE001  # costs this page, is counted as errored and kept aside, never a result
                return Judgement(ERRORED, document, stage.use, "page_error", _describe(error), "", seconds), position
            seconds[stage.use] = time.process_time() - began
            if isinstance(result, Document):
                document = result
            elif overrule_gates and is_gate(stage):
                document = result.document
            else:
                return _dropped(result, seconds), position
        return Judgement(KEPT, document, seconds=seconds), len(self.stages) - 1

    def _is_sampled(self, document: Document) -> bool:
        """A seeded coin for each page, by its id: the same pages whatever the order or the number of workers."""
        draw = hashlib.blake2b(f"audit {self.seed} {document.id}".encode(), digest_size=8).digest()
        return int.from_bytes(draw) < self.audit_rate * 2**64


def is_gate(stage: Stage) -> bool:
    """Whether a stage only spares work, so that what it rejects is worth an audit."""
    return bool(getattr(stage, "is_gate", False))


def _dropped(dropped: Dropped, seconds: dict[str, float]) -> Judgement:
    return Judgement(DROPPED, dropped.document, dropped.stage, dropped.reason, dict(dropped.evidence), seconds=seconds)


def _describe(error: Exception) -> dict[str, Any]:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return {"error": f"{type(error).__name__}: {error}"[:500], "at": f"{frame.name}:{frame.lineno}"}
