"""The judges of `benchmarks.verifier` in processes of their own, and the answers that are to break them."""

from __future__ import annotations

import os
import signal
from importlib.util import find_spec

import pytest

from benchmarks import judges
from benchmarks.hostile_answers import hostile_answers
from benchmarks.judges import OURS, PEER, Item, Judge
from mathmill.eval.verify import verify

NAMES = [OURS, pytest.param(PEER, marks=pytest.mark.skipif(not find_spec("math_verify"), reason="no math-verify"))]


@pytest.mark.parametrize("name", NAMES)
def test_a_judge_in_another_process(name: str) -> None:
    judge = Judge(name)
    try:
        assert judge.judged(Item("42", "42")).right
        assert judge.judged(Item("42", "43", pays=False)).right
        assert judge.judged(Item("42", r"So it is $\boxed{42}$.", completion=True)).pays
        assert judge.judged(Item("5", "2 + 3\n#### 5", completion=True)).pays
        assert not judge.judged(Item("42", "\ud800\0", pays=False)).crashed
        assert judge.used() > 0
    finally:
        judge.close()


def test_a_hang_costs_one_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    judge = Judge(OURS)
    try:
        assert judge.judged(Item("42", "42")).pays
        assert judge.process is not None
        os.killpg(judge.process.pid, signal.SIGSTOP)
        monkeypatch.setattr(judges, "PATIENCE", 0.1)
        assert judge.judged(Item("42", "42")).method == "killed"
        monkeypatch.setattr(judges, "PATIENCE", 10.0)
        assert judge.judged(Item("42", "42")).pays
    finally:
        judge.close()


def test_hostile_answers_are_many_and_the_same_each_time() -> None:
    hostile = hostile_answers()
    assert len(hostile) >= 120
    assert hostile == hostile_answers()
    assert len({(each.gold, each.answer) for each in hostile}) == len(hostile)


def test_hostile_answers_are_not_paid() -> None:
    wrong = [each for each in hostile_answers() if verify(each.answer, each.gold).correct != each.pays]
    assert [(each.gold[:80], each.answer[:80]) for each in wrong] == []
