"""Our reward functions as TRL calls them, without TRL."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any

import orjson
import pytest

from mathmill import grade
from mathmill.data.errors import ConfigError, JudgeInTrouble
from mathmill.eval.trouble import Trouble
from mathmill.eval.verdict import OUTCOMES, Verdict
from mathmill.train import rewards
from mathmill.train.rewards import AccuracyReward, accuracy_reward, judge, text_of

GSM8K = "Natalia sold 48/2 = <<48/2=24>>24 clips in May.\n#### 24"
MATH = r"Both terms are $1/4$, so that we have $\frac14+\frac14=\boxed{\frac{1}{2}}$."
PROOF = r"\lim_{x\to 0}\frac{\sin x}{3x}"  # that it is 1/3 nothing cheaper than a proof knows
HUGE = r"\boxed{" + "9" * 1_500 + "^2}"


def called(reward: Any, completions: Sequence[Any], **columns: Any) -> list[float | None]:
    """As GRPOTrainer does it."""
    result: list[float | None] = reward(
        prompts=["?"] * len(completions),
        completions=completions,
        completion_ids=[[1, 2]] * len(completions),
        trainer_state=object(),
        log_extra=lambda column, values: None,
        log_metric=lambda name, value: None,
        **columns,
    )
    return result


@pytest.mark.parametrize(
    ("columns", "paid"),
    [
        ({"gold": ["24"]}, 1.0),
        ({"gold": ["25"]}, 0.0),
        ({"answer": [GSM8K]}, 1.0),
        ({"answer": [24]}, 1.0),
        ({"answer": [24.0]}, 1.0),
        ({"solution": [GSM8K]}, 1.0),
        ({"solution": ["24"]}, 1.0),
        ({"solution": [r"It is $\boxed{24}$."]}, 1.0),
        ({"ground_truth": [["24", "two dozen"]]}, 1.0),
        ({"final_answer": ["$24$"]}, 1.0),
        ({"solution": [MATH], "answer": ["24"]}, 1.0),  # an answer comes before a solution
        ({"answer": [None], "solution": [r"\boxed{24}"]}, 1.0),
        ({"solution": ["Add all that was sold before May, which\nis easily done."]}, None),
        ({"gold": [None]}, None),
        ({"gold": [""]}, None),
        ({"gold": ["x" * 3_000]}, None),
    ],
)
def test_golds_are_found_in_the_columns_that_datasets_have(columns: dict[str, Any], paid: float | None) -> None:
    for completion in (r"So it is $\boxed{24}$.", [{"role": "assistant", "content": r"So it is $\boxed{24}$."}]):
        assert called(accuracy_reward, [completion], **columns) == [paid]


def test_one_reward_for_each_completion() -> None:
    completions = [
        r"\boxed{\frac{1}{2}}", r"\boxed{0.5}", r"\boxed{2}", "nothing", r"\boxed{(}", HUGE, r"\boxed{1} or \boxed{2}",
        "The answer is 1/2.", "#### 1/2", "perhaps 1/2",
    ]  # fmt: skip
    expected = [1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0]
    assert called(accuracy_reward, completions, solution=[MATH] * len(completions)) == expected
    lenient = AccuracyReward(strict=False)
    assert called(lenient, completions, solution=[MATH] * len(completions)) == [*expected[:-1], 1.0]
    assert called(accuracy_reward, [], solution=[]) == []


def test_the_reward_is_the_verdict_of_the_benchmarks() -> None:
    for completion in (r"\boxed{0.5}", r"\boxed{x}", "so 1/2", ""):
        assert judge(completion, ["1/2"]) == grade(completion, "1/2", strict=True)


OUTCOME = {
    "correct": (r"\boxed{5}", ["5"]),
    "wrong": (r"\boxed{4}", ["5", "6"]),
    "no_answer": ("", ["5"]),
    "ambiguous": (r"\boxed{4} or \boxed{5}", ["5"]),
    "unparsable": (r"\boxed{((5}", ["5"]),
    "too_large": (HUGE, ["x"]),
    "bad_gold": (r"\boxed{5}", []),
    "timed_out": (rf"\boxed{{{PROOF}}}", ["1/3"]),
}


def test_what_each_outcome_is_paid(monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(OUTCOME) == set(OUTCOMES)
    monkeypatch.setenv("MATHMILL_PROOF_SECONDS", "0.001")
    verdicts = {outcome: judge(*asked) for outcome, asked in OUTCOME.items()}
    assert {outcome: verdict.outcome for outcome, verdict in verdicts.items()} == {name: name for name in OUTCOME}
    paid = {outcome: AccuracyReward().reward(verdict) for outcome, verdict in verdicts.items()}
    assert paid == dict.fromkeys(OUTCOMES, 0.0) | {"correct": 1.0, "timed_out": None, "bad_gold": None}
    other = AccuracyReward(paid=2, unpaid=-1, bad_gold=0, timed_out=-0.5)
    paid = {outcome: other.reward(verdict) for outcome, verdict in verdicts.items()}
    assert paid == dict.fromkeys(OUTCOMES, -1) | {"correct": 2, "timed_out": -0.5, "bad_gold": 0}


def test_of_several_golds_one_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    assert judge(r"\boxed{6}", ["5", "6"]).correct
    assert judge(r"\boxed{6}", ["x" * 3_000, "6"]).correct
    assert judge(r"\boxed{6}", ["x" * 3_000, "5"]).outcome == "wrong"
    assert judge(r"\boxed{6}", ["x" * 3_000]).outcome == "bad_gold"
    monkeypatch.setenv("MATHMILL_PROOF_SECONDS", "0.001")
    assert judge(rf"\boxed{{{PROOF}}}", ["5", "1/3"]).outcome == "timed_out"  # it may have been right
    assert judge(rf"\boxed{{{PROOF}}}", ["1/3", PROOF]).correct


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"label": ["5"], "prompt_id": [1]}, r"one of gold, .* solution among .* which are: label, prompt_id; rename"),
        ({}, "which are: none"),
        ({"gold": ["5", "6"]}, "1 completions and 2 golds in gold"),
        ({"gold": None, "label": ["5"]}, "no golds"),
    ],
)
def test_a_dataset_without_golds_is_refused(columns: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        called(accuracy_reward, [r"\boxed{5}"], **columns)


def test_a_column_can_be_named() -> None:
    reward = AccuracyReward(column="label")
    assert called(reward, [r"\boxed{5}"], label=["5"], gold=["6"]) == [1.0]
    with pytest.raises(ConfigError, match="wants 'label' among"):
        called(reward, [r"\boxed{5}"], gold=["5"])


@pytest.mark.parametrize(
    ("completion", "text"),
    [
        ("5", "5"),
        ([{"role": "assistant", "content": "5"}], "5"),
        ([{"content": "5"}], "5"),
        (({"role": "assistant", "content": "5"},), "5"),
        ([{"role": "assistant", "content": "4"}, {"role": "tool", "content": "6"}], "4"),
        ([{"role": "assistant", "content": "4"}, {"role": "assistant", "content": "5"}], "5"),
        ([{"role": "assistant", "content": None, "tool_calls": []}], ""),
        ([{"role": "assistant", "content": [{"type": "text", "text": "a "}, {"type": "image"}, {"text": "5"}]}], "a 5"),
        ([{"role": "user", "content": "5"}], ""),
        ([], ""),
    ],
)
def test_what_a_completion_says(completion: Any, text: str) -> None:
    assert text_of(completion) == text


@pytest.mark.parametrize("completion", [5, None, ["5"], {"content": "5"}])
def test_what_is_no_completion_is_refused(completion: Any) -> None:
    with pytest.raises(ConfigError, match="a text or a list of messages"):
        accuracy_reward([completion], gold=["5"])


def test_what_is_logged() -> None:
    columns: dict[str, list[Any]] = {}
    metrics: dict[str, float] = {}
    reward = AccuracyReward(name="maths")
    reward(
        [r"\boxed{5}", r"\boxed{6}", "", r"\boxed{0}"],
        log_extra=columns.__setitem__,
        log_metric=metrics.__setitem__,
        gold=["5", ["5", "7"], "5", None],
    )
    assert columns["maths/gold"] == ["5", "5 | 7", "5", ""]
    assert [verdict.split()[0] for verdict in columns["maths/verdict"]] == ["correct", "wrong", "no_answer", "bad_gold"]
    assert metrics == {f"maths/{outcome}": 0.0 for outcome in (*OUTCOMES, "worker_deaths")} | {
        "maths/correct": 0.25,
        "maths/wrong": 0.25,
        "maths/no_answer": 0.25,
        "maths/bad_gold": 0.25,
    }
    assert reward.trouble.counts["correct"] == 1


def test_it_stops_above_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MATHMILL_PROOF_SECONDS", "0.001")
    reward = AccuracyReward(trouble=Trouble(0.2, at_least=6))
    batch, golds = [rf"\boxed{{{PROOF}}}", r"\boxed{5}", r"\boxed{6}"], ["1/3", "5", "5"]
    assert reward(batch, gold=golds) == [None, 1.0, 0.0]
    with pytest.raises(JudgeInTrouble, match=r"6 verdicts, 2 timed out \(33\.3 %\)"):
        reward(batch, gold=golds)


def test_it_is_a_value_that_trl_can_name_and_send() -> None:
    reward = AccuracyReward(paid=3.0, name="maths", trouble=Trouble(0.5))
    assert reward.__name__ == "maths"
    assert accuracy_reward.__name__ == "accuracy_reward" == AccuracyReward().__name__
    sent = pickle.loads(pickle.dumps(reward))
    assert sent == reward
    assert sent.trouble.bound == 0.5
    assert sent([r"\boxed{5}"], gold=["5"]) == [3.0]
    with pytest.raises(FrozenInstanceError):
        reward.paid = 1.0  # type: ignore[misc]


def test_verdicts_come_in_the_order_of_completions() -> None:
    completions = [rf"\boxed{{{n}}}" for n in range(300)]
    golds = [(str(n if n % 3 else -n - 1),) for n in range(300)]
    verdicts = rewards.judge_all(completions, golds)
    assert [verdict.correct for verdict in verdicts] == [n % 3 > 0 for n in range(300)]
    assert rewards.judge_all([], []) == []
    assert rewards.judge_all([r"\boxed{5}"], [("5",)]) == [Verdict("correct", verdicts[1].method, "found by box")]


ELSEWHERE = r"""
import asyncio, multiprocessing, threading
import orjson
from mathmill.train.rewards import AccuracyReward, accuracy_reward

COMPLETIONS = [
    r"\boxed{\lim_{x\to 0}\frac{\sin x}{3x}}", r"\boxed{5}", r"\boxed{x+1}", r"\boxed{6}", "",
    r"\boxed{\lim_{x\to 0}\frac{\sin x}{4x}}",
]
GOLDS = ["1/3", "5", "1+x", "5", "5", None]

def rewards(rows=None):
    rows = rows or list(zip(COMPLETIONS, GOLDS))
    return accuracy_reward([row[0] for row in rows], gold=[row[1] for row in rows])

async def awaited():
    return await asyncio.gather(*(asyncio.to_thread(rewards) for _ in range(3)))

def main():
    from torch.utils.data import DataLoader  # which takes seconds, and is nothing to a spawned process
    found = {"here": rewards(), "asyncio": asyncio.run(awaited())}
    thread = threading.Thread(target=lambda: found.update(thread=rewards()))
    thread.start()
    thread.join()
    loader = DataLoader(list(zip(COMPLETIONS, GOLDS)) * 2, 3, num_workers=2, collate_fn=rewards)
    found["loader"] = [reward for batch in loader for reward in batch]
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        found["spawned"] = pool.apply(AccuracyReward(), (COMPLETIONS,), {"gold": GOLDS})
    print(orjson.dumps(found).decode())

if __name__ == "__main__":
    main()
"""


def test_rewards_are_the_same_in_threads_event_loops_and_data_loaders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MATHMILL_PROOF_SECONDS", "5")
    script = tmp_path / "elsewhere.py"
    script.write_text(ELSEWHERE)
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    found = orjson.loads(done.stdout)
    rewards_here = [1.0, 1.0, 1.0, 0.0, 0.0, None]
    assert found == {
        "here": rewards_here,
        "asyncio": [rewards_here] * 3,
        "thread": rewards_here,
        "loader": rewards_here * 2,
        "spawned": rewards_here,
    }


def test_rewards_load_neither_torch_nor_sympy() -> None:
    code = (
        "import sys, mathmill.train.rewards as r, mathmill.train.verl_reward as v\n"
        "assert r.accuracy_reward(['#### 4'], gold=['4']) == [1.0]\n"
        "assert v.compute_score('', '#### 4', '4')['score'] == 1.0\n"
        "print({'torch', 'trl', 'transformers', 'sympy', 'numpy'} & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
