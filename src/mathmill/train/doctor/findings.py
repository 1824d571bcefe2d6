"""What was found: each check tells that it is well, or what to mind, or what is wrong and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Level = Literal["ok", "mind", "wrong"]


@dataclass(frozen=True, slots=True)
class Finding:
    """Of one check. `told` is a sentence; where it is not well, it says what to do."""

    check: str
    level: Level
    told: str


@dataclass(frozen=True, slots=True)
class Stretch:
    """Tokens of an Example side by side that are all trained, or all not, as text."""

    trained: bool
    text: str


@dataclass(slots=True)
class Report:
    """All findings in their order, Examples as the model sees them, and figures by name."""

    findings: list[Finding] = field(default_factory=list)
    examples: list[Sequence[Stretch]] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)

    def add(self, check: str, told: str, level: Level = "ok") -> None:
        self.findings.append(Finding(check, level, told))

    @property
    def is_well(self) -> bool:
        """Whether nothing is wrong; there may be things to mind."""
        return all(finding.level != "wrong" for finding in self.findings)

    def as_dict(self) -> dict[str, Any]:
        """In plain values."""
        return {
            "well": self.is_well,
            "findings": [asdict(finding) for finding in self.findings],
            "examples": [[asdict(stretch) for stretch in each] for each in self.examples],
            "figures": self.figures,
        }


def stretches(input_ids: Sequence[int], trained: Sequence[bool], tokenizer: Any) -> Iterator[Stretch]:
    """An Example as text, parted where the mask changes; special tokens are spelled out."""
    begin = 0
    for at in range(1, len(input_ids) + 1):
        if at == len(input_ids) or trained[at] != trained[begin]:
            yield Stretch(trained[begin], tokenizer.decode(input_ids[begin:at], skip_special_tokens=False))
            begin = at
