"""The funnel adds up, and a gate's loss is what its sample says."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest

from mathmill.pipeline.funnel import Funnel, loss_cells, make_funnel


def row(stage: str, reason: str, outcome: str, records: int, sampled: int = 0, sampled_kept: int = 0) -> dict[str, Any]:
    return {
        "stage": stage, "reason": reason, "outcome": outcome, "records": records, "bytes": 10 * records,
        "sampled": sampled, "sampled_kept": sampled_kept,
    }  # fmt: skip


ROWS = [
    row("", "", "kept", 90),
    row("archive", "not_response", "dropped", 500),
    row("archive", "truncated", "lost", 2),
    row("archive", "padding", "lost", 3),
    row("gate", "no_marks", "dropped", 1000, 100, 1),
    row("sieve", "coarse", "dropped", 7),
    row("sieve", "page_error", "errored", 1),
    row("page", "page_time", "errored", 2),
]


def funnel_of(rows: list[dict[str, Any]], stages: list[str], gates: list[str]) -> Funnel:
    """The funnel of a run without passes."""
    return make_funnel(rows, stages, gates, [each for each in rows if each["outcome"] == "kept"], [])


def test_passes_go_on_where_the_cascade_ends() -> None:
    decided = [row("", "", "kept", 60), row("twins", "same", "dropped", 20), row("cut", "low", "dropped", 10)]
    funnel = make_funnel(ROWS, ["gate", "sieve"], ["gate"], decided, ["twins", "nothing", "cut"])
    assert [(step.stage, step.entered, step.left) for step in funnel.steps[-3:]] == [
        ("twins", 90, 70),
        ("nothing", 70, 70),
        ("cut", 70, 60),
    ]
    assert (funnel.passed, funnel.kept) == (90, 60)
    assert funnel.gates[0].share == pytest.approx(0.1), "of what the cascade keeps, whatever is done with that"


def test_each_step_takes_what_the_last_one_let_through() -> None:
    funnel = funnel_of(ROWS, ["gate", "sieve"], ["gate"])
    assert [(step.stage, step.entered, step.left) for step in funnel.steps] == [
        ("archive", 1600, 1100),
        ("page", 1100, 1098),
        ("gate", 1098, 98),
        ("sieve", 98, 90),
    ]
    assert funnel.steps[-1].left == funnel.kept == 90
    assert funnel.steps[-1].dropped == {"coarse": 7}
    assert funnel.steps[-1].errored == {"page_error": 1}


def test_padding_is_no_loss() -> None:
    funnel = funnel_of(ROWS, ["gate", "sieve"], [])
    assert (funnel.lost_spans, funnel.lost_bytes) == (2, 20)


def test_the_loss_of_a_gate_is_scaled_from_its_sample() -> None:
    (loss,) = funnel_of(ROWS, ["gate", "sieve"], ["gate"]).gates
    assert loss.lost == pytest.approx(10.0)
    assert loss.share == pytest.approx(0.1)
    assert loss.share is not None
    assert loss.share_low < loss.share < loss.share_high


def test_without_a_sample_the_loss_is_unknown() -> None:
    rows = [row("", "", "kept", 9), row("gate", "r", "dropped", 50)]
    (loss,) = funnel_of(rows, ["gate"], ["gate"]).gates
    assert loss.share is None
    assert "unknown" in loss_cells(asdict(loss))[-1]


def test_a_gate_looked_at_whole_has_no_interval() -> None:
    rows = [row("", "", "kept", 9), row("gate", "r", "dropped", 50, 50, 1)]
    (loss,) = funnel_of(rows, ["gate"], ["gate"]).gates
    assert loss.share == loss.share_low == loss.share_high == pytest.approx(0.1)


def test_a_gate_that_rejects_nothing_loses_nothing() -> None:
    (loss,) = funnel_of([row("", "", "kept", 9)], ["gate"], ["gate"]).gates
    assert (loss.lost, loss.share, loss.share_high) == (0.0, 0.0, 0.0)
