"""Our score as verl 0.9 loads and calls it, without verl."""

from __future__ import annotations

import importlib.util
import inspect
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy
import pytest

import mathmill.train
from mathmill.data.errors import JudgeInTrouble
from mathmill.eval.trouble import trouble_here
from mathmill.train import verl_reward
from mathmill.train.verl_reward import compute_score, compute_score_batched

PROOF = r"\boxed{\lim_{x\to 0}\frac{\sin x}{3x}}"  # that it is 1/3 nothing cheaper than a proof knows


def loaded_by_path() -> ModuleType:
    """As verl.utils.import_utils.load_module does it: run, and not put among the modules."""
    path = Path(mathmill.train.__path__[0]) / "verl_reward.py"
    spec = importlib.util.spec_from_file_location(f"custom_module_{hash(str(path))}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.__name__ not in sys.modules
    return module


@pytest.mark.parametrize(
    ("solution", "truth", "acc"),
    [
        (r"So $\boxed{72}$.", "72", 1.0),
        ("#### 72", "72", 1.0),
        ("#### 71", "72", 0.0),
        (r"\boxed{72}", "They are 48+24 = <<48+24=72>>72.\n#### 72", 1.0),
        (r"\boxed{0.5}", r"\frac{1}{2}", 1.0),
        (r"\boxed{0.5}", r"Both together are $\boxed{\frac12}$.", 1.0),
        (r"\boxed{72}", 72, 1.0),
        (r"\boxed{72}", 72.0, 1.0),
        (r"\boxed{72}", numpy.int64(72), 1.0),
        (r"\boxed{72}", ["71", "72"], 1.0),
        (r"\boxed{72}", numpy.array(["71", "72"], dtype=object), 1.0),
        (r"\boxed{72}", numpy.array([70, 71]), 0.0),
        ("it may be 72", "72", 0.0),
        ("", "72", 0.0),
        (r"\boxed{72}", None, 0.0),
    ],
)
def test_a_score_for_each_truth(solution: str, truth: object, acc: float) -> None:
    # With these keywords by verl's reward managers, by position by verl.trainer.main_eval.
    score = compute_score(data_source="openai/gsm8k", solution_str=solution, ground_truth=truth, extra_info={"num": 1})
    assert isinstance(score, dict)
    assert score == compute_score("openai/gsm8k", solution, truth)
    assert (score["score"], score["acc"]) == (acc, acc)
    assert score.keys() == {"score", "acc", "outcome", "method"}
    assert compute_score("openai/gsm8k", solution, truth, details=False) == acc


def test_outcomes_are_told() -> None:
    asked = [(r"\boxed{5}", "5"), (r"\boxed{4}", "5"), ("", "5"), (r"\boxed{5}", "")]
    scores = [compute_score("", *pair) for pair in asked]
    assert [score["outcome"] for score in scores if isinstance(score, dict)] == [
        "correct", "wrong", "no_answer", "bad_gold",
    ]  # fmt: skip
    assert compute_score("", "so 5", "5", strict=False, paid=2.0, details=False) == 2.0
    assert compute_score("", "so 5", "5", unpaid=-1.0, details=False) == -1.0


def test_what_else_verl_passes_is_left_alone() -> None:
    score = compute_score("", "#### 5", "5", None, reward_router_address="localhost:1", reward_model_tokenizer=None)
    assert isinstance(score, dict)
    assert score["score"] == 1.0


def test_batches_have_the_same_scores() -> None:
    solutions = [rf"\boxed{{{n}}}" for n in range(40)]
    truths = numpy.array([str(n if n % 2 else -n - 1) for n in range(40)], dtype=object)
    scores = compute_score_batched(
        data_sources=numpy.array(["math"] * 40, dtype=object),
        solution_strs=solutions,
        ground_truths=truths,
        extra_infos=numpy.array([{}] * 40, dtype=object),
    )
    assert scores == [compute_score("math", *pair) for pair in zip(solutions, truths, strict=True)]
    assert compute_score_batched([], [], [], details=False) == []


def test_it_can_be_loaded_by_its_path_and_asked_from_threads() -> None:
    module = loaded_by_path()
    asked: Any = partial(module.compute_score, strict=True)
    assert not inspect.iscoroutinefunction(asked)  # so that verl calls it in its threads
    with ThreadPoolExecutor(4) as threads:
        scores = list(threads.map(lambda n: asked("math", rf"\boxed{{{n}+x}}", f"x+{n}"), range(40)))
    assert [score["score"] for score in scores] == [1.0] * 40
    assert module.compute_score_batched(["math"], ["#### 4"], ["5"], details=False) == [0.0]


def test_it_stops_above_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MATHMILL_PROOF_SECONDS", "0.001")
    trouble_here.cache_clear()
    late = compute_score("", PROOF, "1/3", max_trouble=0.004)
    assert isinstance(late, dict)
    assert (late["score"], late["outcome"]) == (0.0, "timed_out")
    fine = [""] * 198, [r"\boxed{5}"] * 198, ["5"] * 198
    assert compute_score_batched(*fine, max_trouble=0.004, details=False) == [1.0] * 198
    with pytest.raises(JudgeInTrouble, match="200 verdicts, 1 timed out"):
        compute_score("", r"\boxed{5}", "5", max_trouble=0.004)
    assert compute_score("", r"\boxed{5}", "5", details=False) == 1.0  # nothing bounds this one


def test_its_functions_have_no_state_to_send() -> None:
    """Ray sends what was loaded by path by value."""
    mine = {
        name: value
        for name, value in vars(verl_reward).items()
        if getattr(value, "__module__", None) == verl_reward.__name__
    }
    assert set(mine) == {"compute_score", "compute_score_batched", "_score"}
