"""Groups judged while others are drawn."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from mathmill.data.config import Config
from mathmill.data.errors import ConfigError, JudgeInTrouble
from mathmill.data.problem_rows import Problem
from mathmill.train.reward.scorer import Scored, Scorer, unknown_by_part
from mathmill.train.reward.settings import Form, Judging, Rewards
from mathmill.train.rollout.records import Group
from tests.train.reward.made import PROBLEM, bytes_of, group, text_of

PROOF = r"\lim_{x\to 0}\frac{\sin x}{3x}"
OWN = """
import threading, time

def brief(problem, completion):
    time.sleep(len(completion) % 5 / 200)
    return -len(completion) / 1000

def unsure(problem, completion):
    return None if "72" in completion else 1.0

def hangs(problem, completion):
    time.sleep(1000)
"""


class _Recipe(Config):
    rewards: Rewards


def rewards(*some: dict[str, Any]) -> Rewards:
    return _Recipe.model_validate({"rewards": some}).rewards


def scored(some: Sequence[Group], *asked: dict[str, Any], threads: int = 4) -> list[Scored]:
    with Scorer(rewards(*asked), Judging(threads=threads), Form(longest=100), text_of) as scorer:
        return [each.result() for each in [scorer.start(one) for one in some]]


@pytest.fixture
def own(tmp_path: Path) -> str:
    (tmp_path / "own.py").write_text(OWN)
    return str(tmp_path / "own.py")


def test_accuracy_is_the_strict_verdict() -> None:
    texts = (r"\boxed{72}", "#### 72", "perhaps 72", r"\boxed{71}", "", r"\boxed{(}", "The answer is 72.0")
    (one,) = scored([group(*texts)], {"use": "accuracy"})
    assert one.totals == (1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0)
    assert [verdict.outcome for verdict in one.verdicts] == [
        "correct", "correct", "no_answer", "wrong", "no_answer", "unparsable", "correct",
    ]  # fmt: skip
    assert one.parts == {"accuracy": one.totals}
    assert one.steps is None


def test_totals_are_weighted_sums() -> None:
    asked = (
        {"use": "accuracy", "weight": 2.0},
        {"use": "stated", "rules": ["box"], "weight": 0.5},
        {"use": "overlong", "soft": 50, "weight": 0.1},
    )
    texts = (r"\boxed{72}", "#### 72", r"\boxed{71}" + "x" * 65, "x" * 200)
    (one,) = scored([group(*texts)], *asked)
    assert one.parts["accuracy"] == (1.0, 1.0, 0.0, 0.0)
    assert one.parts["stated"] == (1.0, 0.0, 1.0, 0.0)
    assert one.parts["overlong"] == pytest.approx((0.0, 0.0, -0.5, -1.0))
    assert one.totals == pytest.approx((2.5, 2.0, 0.45, -0.1))


def test_the_form_is_the_tasks_unless_a_recipe_says_otherwise() -> None:
    with Scorer(rewards({"use": "stated"}), Judging(), Form(stated=("hash",))) as scorer:
        assert scorer.start(group("#### 72", r"\boxed{72}")).result().totals == (1.0, 0.0)


def test_where_nobody_can_tell_there_is_no_total(own: str) -> None:
    bad = Problem("bad", "?", "x" * 3_000, {})
    some = scored([group(r"\boxed{72}", problem=bad), group("72", "73")], {"use": "accuracy"}, {"use": f"{own}:unsure"})
    assert [each.totals for each in some] == [(None,), (None, 1.0)]
    assert [each.left_out for each in some] == [1, 1]
    assert some[0].verdicts[0].outcome == "bad_gold"
    assert unknown_by_part(some) == {"accuracy": 1, f"{own}:unsure": 2}


def test_what_has_no_weight_leaves_nothing_out(own: str) -> None:
    (one,) = scored([group("#### 72")], {"use": "accuracy"}, {"use": f"{own}:unsure", "weight": 0})
    assert one.totals == (1.0,)
    assert one.parts[f"{own}:unsure"] == (None,)


def test_results_do_not_depend_on_the_threads(own: str) -> None:
    texts = [f"{n} + 1 = {n + 1 + n % 3 // 2} so \\boxed{{{72 + n % 2}}}" + "!" * (n % 7) for n in range(24)]
    some = [group(*texts[at : at + 6]) for at in range(0, 24, 6)]
    asked = ({"use": "accuracy"}, {"use": "steps"}, {"use": f"{own}:brief", "processes": 3, "weight": 0.1})
    assert scored(some, *asked, threads=1) == scored(some, *asked, threads=8)


def test_judging_does_not_wait_for_whoever_asks(own: str) -> None:
    with Scorer(rewards({"use": "accuracy"}, {"use": f"{own}:brief"}), Judging(), Form()) as scorer:
        pending = scorer.start(group("#### 72", "#### 71"))
        deadline = time.monotonic() + 60
        while not pending.done and time.monotonic() < deadline:
            time.sleep(0.01)
        assert pending.done
        assert pending.result() is pending.result()


def test_steps_end_at_tokens_and_the_last_one_is_the_whole() -> None:
    text = "Half: 48/2 = 24. Où 48 + 24 = 73, x = 73. #### 72"
    (one,) = scored([group(text, "nothing")], {"use": "accuracy"}, {"use": "steps", "weight": 0.5})
    assert one.steps is not None
    first, second = one.steps
    said = bytes_of(text)
    assert [text_of(said[: at + 1]) for at in first.places] == [
        "Half: 48/2 = 24", "Half: 48/2 = 24. Où 48 + 24 = 73", text,
    ]  # fmt: skip
    assert first.rewards == (0.5, 0.0, 1.0)
    assert (second.places, second.rewards, second.steps) == ((6,), (0.0,), ())
    assert one.parts["steps"] == (0.5, None)
    assert one.totals == (1.0, 0.0)  # steps are no part of it


def test_steps_need_a_tokenizer() -> None:
    with pytest.raises(ConfigError, match="tokenizer"):
        Scorer(rewards({"use": "accuracy"}, {"use": "steps"}), Judging(), Form())


def test_a_verifier_in_trouble_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MATHMILL_PROOF_SECONDS", "0.001")
    slow = Problem("slow", "?", r"\frac{1}{3}", {})
    many = group(*[rf"\boxed{{{PROOF}}}"] * 8, problem=slow)
    with Scorer(rewards({"use": "accuracy"}), Judging(max_trouble=0.1), Form()) as scorer:
        scorer.trouble.at_least = 8
        one = scorer.start(many)
        with pytest.raises(JudgeInTrouble, match="8 verdicts"):
            one.result()
    with Scorer(rewards({"use": "accuracy"}), Judging(max_trouble=None), Form()) as scorer:
        one = scorer.start(many)
        assert one.result().totals == (None,) * 8
        assert scorer.trouble.timed_out == 1


def test_a_function_that_hangs_is_named_and_closing_leaves_nothing(own: str) -> None:
    before = set(threading.enumerate())
    name = f"{own}:hangs"
    with Scorer(rewards({"use": "accuracy"}, {"use": name, "seconds": 1}), Judging(threads=2), Form()) as scorer:
        pids = list(scorer.pids)
        pending = scorer.start(group(*["#### 72"] * 20))
        with pytest.raises(ConfigError, match=r"hangs' took more than 1 s on the problem made/1"):
            pending.result()
        with pytest.raises(ConfigError, match="took more than 1 s"):
            scorer.start(group("#### 72"))
        pids += scorer.pids
        start = time.monotonic()
    assert time.monotonic() - start < 30
    scorer.close()
    assert set(threading.enumerate()) <= before
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_a_function_that_is_not_there_is_told_at_once(own: str) -> None:
    with pytest.raises(ConfigError, match="has no 'none'"):
        Scorer(rewards({"use": "accuracy"}, {"use": f"{own}:brief"}, {"use": f"{own}:none"}), Judging(), Form())


def test_problems_are_judged_by_their_own_gold() -> None:
    other = Problem("other", "?", "5", {})
    some = scored([group("#### 72", "#### 5"), group("#### 72", "#### 5", problem=other)], {"use": "accuracy"})
    assert [each.totals for each in some] == [(1.0, 0.0), (0.0, 1.0)]
    assert PROBLEM.gold == "72"
