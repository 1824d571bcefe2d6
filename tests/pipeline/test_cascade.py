"""The way of one page: it ends where the first stage drops it, and the audit looks behind the gates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pytest

from mathmill.data.records import Document, Dropped
from mathmill.pipeline.cascade import Cascade


@dataclass(frozen=True)
class Needs:
    """Drops a page whose text lacks a word."""

    word: str
    is_gate: bool = False

    @property
    def use(self) -> str:
        return f"needs_{self.word}"

    def __call__(self, documents: Iterable[Document]) -> Iterator[Document | Dropped]:
        for document in documents:
            if self.word in document.text:
                yield document.noting(self.use, value=1)
            else:
                yield Dropped(document.with_meta(seen_by=self.use), self.use, "word", {"value": 0})


@dataclass(frozen=True)
class Stumbles:
    use: str = "stumbles"

    def __call__(self, documents: Iterable[Document]) -> Iterator[Document | Dropped]:
        for document in documents:
            if "oops" in document.text:
                raise LookupError("slipped")
            if "memory" in document.text:
                raise MemoryError
            yield document


STAGES = (Needs("a", is_gate=True), Needs("b", is_gate=True), Stumbles(), Needs("c"))


def judge(text: str, rate: float = 0.0) -> tuple[str, str, str]:
    judgement = Cascade(STAGES, rate, seed=0).judge(Document("id", text, "url", {}))
    return judgement.outcome, judgement.stage, judgement.audit


@pytest.mark.parametrize(
    ("text", "outcome", "stage"),
    [
        ("a b c", "kept", ""),
        ("b c", "dropped", "needs_a"),
        ("a c", "dropped", "needs_b"),
        ("a b", "dropped", "needs_c"),
        ("a b oops", "errored", "stumbles"),
    ],
)
def test_a_way_ends_at_the_first_stage_that_drops(text: str, outcome: str, stage: str) -> None:
    assert judge(text) == (outcome, stage, "")


@pytest.mark.parametrize(
    ("text", "audit"),
    [("c", "kept"), ("b c", "kept"), ("x", "dropped"), ("a c", "kept"), ("oops", "errored"), ("a b", "")],
)
def test_the_audit_of_a_gates_reject_passes_over_all_gates(text: str, audit: str) -> None:
    outcome, stage, found = judge(text, rate=1.0)
    assert found == audit
    assert (outcome, stage) == judge(text)[:2]  # the audit changes nothing


def test_what_stages_measured_is_remembered_up_to_the_end() -> None:
    judgement = Cascade(STAGES, 0.0, seed=0).judge(Document("id", "a b", "url", {}))
    assert set(judgement.trace) == {"needs_a", "needs_b"}
    assert judgement.evidence == {"value": 0}
    assert set(judgement.seconds) == {"needs_a", "needs_b", "stumbles", "needs_c"}


def test_an_error_says_what_and_where() -> None:
    judgement = Cascade(STAGES, 0.0, seed=0).judge(Document("id", "a b oops", "url", {}))
    assert judgement.reason == "page_error"
    assert judgement.evidence["error"] == "LookupError: slipped"


def test_running_out_of_memory_is_not_an_error_of_the_page_here() -> None:
    with pytest.raises(MemoryError):
        judge("a b memory")


def test_the_sample_is_seeded_and_of_the_stated_size() -> None:
    def sampled(seed: int) -> set[int]:
        cascade = Cascade(STAGES, 0.1, seed)
        return {n for n in range(3000) if cascade.judge(Document(str(n), "c", "url", {})).audit}

    assert sampled(0) == sampled(0) != sampled(1)
    assert 240 < len(sampled(0)) < 360  # 300 expected; 3.6 standard deviations
