"""How a policy does while it is trained: figures by hand, the same draws each time, and what is written down."""

from __future__ import annotations

import math
import threading
from collections.abc import Generator, Sequence
from pathlib import Path

import numpy as np
import orjson
import pytest

from mathmill.data.errors import Stopped
from mathmill.data.problem_rows import Problem
from mathmill.data.tables import table_rows
from mathmill.eval.answers import Rule
from mathmill.eval.models.base import Finish, Prompt, Sampling
from mathmill.train.grpo.problems_settings import ValidationSettings
from mathmill.train.grpo.validate import COLUMNS, Validator, figures, write_validation
from mathmill.train.rollout.records import Engine, Group, Question, Rollout

SAMPLING = Sampling(n=4, temperature=1.0, top_p=0.9, max_new_tokens=8)
STATED: tuple[Rule, ...] = ("box",)
NAMES = ("accuracy", "majority", "pass", "strict", "greedy", "truncated", "length")

#: By Problem, whose gold is 1/2: what is said of four samples, and what is likeliest.
SAID = {
    "all": ([r"\boxed{1/2}", r"\boxed{0.5}", r"\boxed{\frac{1}{2}}", r"\boxed{.5}"], r"\boxed{1/2}"),
    "half": ([r"\boxed{3}", r"\boxed{0.5}", r"\boxed{1/2}", "so 4"], r"\boxed{3}"),
    "guess": (["it is 1/2", "I do not know", r"\boxed{3}", r"\boxed{3.0}"], "it is 1/2"),
    "none": (["", "?", "well", r"\boxed{7"], ""),
}


class Scripted:
    """An engine that says what is written, the last Question first; `draws` are the names it was asked by."""

    def __init__(self) -> None:
        self.draws: list[tuple[str, Sampling]] = []
        self.closed = 0

    def groups(self, questions: Sequence[Question], sampling: Sampling, draw: str) -> Generator[Group, None, None]:
        self.draws.append((draw, sampling))
        try:
            for question in reversed(questions):
                samples, likeliest = SAID[question.problem.id]
                texts = samples if sampling.temperature else [likeliest]
                yield Group(question.problem, tuple(rollout(question.problem.id, *each) for each in enumerate(texts)))
        finally:
            self.closed += 1


def rollout(problem: str, sample: int, text: str) -> Rollout:
    """A completion with a token a character; empty ones are cut off."""
    tokens = np.zeros(len(text) or SAMPLING.max_new_tokens, np.int32)
    finish: Finish = "eos" if text else "length"
    return Rollout(problem, sample, (1,), tokens, np.zeros(len(tokens), np.float32), finish, text, None)


def questions(names: Sequence[str] = tuple(SAID)) -> list[Question]:
    return [Question(Problem(name, f"what is {name}", "1/2", {}), Prompt(name, name)) for name in names]


def test_figures_by_hand() -> None:
    engine = Scripted()
    answered = Validator(SAMPLING, True, STATED)(engine, questions())
    assert [one.problem.id for one in answered] == list(SAID)
    found = figures(answered)
    assert found["validation_accuracy"] == pytest.approx((4 + 2 + 1 + 0) / 16)
    # "half" votes 2 to 1 to 1 once 0.5 and 1/2 are one; in "guess" 3 and 3.0 win; "none" has nobody to vote.
    assert found["validation_majority"] == pytest.approx(2 / 4)
    assert found["validation_pass"] == pytest.approx(3 / 4)
    assert found["validation_strict"] == pytest.approx((4 + 2 + 0 + 0) / 16)
    assert found["validation_greedy"] == pytest.approx(2 / 4)
    assert found["validation_truncated"] == pytest.approx(1 / 16)
    lengths = [sum(len(text) or 8 for text in samples) / 4 for samples, _ in SAID.values()]
    assert found["validation_length"] == pytest.approx(sum(lengths) / 4)
    assert (found["validation_problems"], found["validation_samples"]) == (4, 4)
    for name in NAMES:
        low, value, high = (found[f"validation_{name}{end}"] for end in ("_low", "", "_high"))
        assert low < value < high
    assert all(isinstance(value, float) and math.isfinite(value) for value in found.values())
    assert len(found) == 3 * len(NAMES) + 2
    orjson.dumps(found)


def test_draws_are_named_the_same_each_time_and_the_likeliest_is_greedy() -> None:
    engine = Scripted()
    validator = Validator(SAMPLING, True, STATED)
    assert figures(validator(engine, questions())) == figures(validator(engine, questions()))
    assert [draw for draw, _ in engine.draws] == ["validation"] * 4
    assert [sampling for _, sampling in engine.draws[:2]] == [SAMPLING, Sampling(max_new_tokens=8)]
    assert engine.closed == 4


def test_without_the_likeliest() -> None:
    engine = Scripted()
    found = figures(Validator(SAMPLING, False, STATED)(engine, questions()))
    assert len(engine.draws) == 1 and "validation_greedy" not in found


def test_one_problem_and_none() -> None:
    found = figures(Validator(SAMPLING, True, STATED)(Scripted(), questions(["half"])))
    assert found["validation_accuracy"] == 0.5
    assert found["validation_accuracy_low"] < 0.2 < 0.8 < found["validation_accuracy_high"]
    assert all(math.isfinite(value) for value in found.values())
    assert figures(Validator(SAMPLING, True, STATED)(Scripted(), [])) == {}


def test_figures_do_not_hang_on_who_asked_what() -> None:
    """Processes ask their share each, and put the answers together."""
    validator = Validator(SAMPLING, True, STATED)
    all_of_them = validator(Scripted(), questions())
    shares = [validator(Scripted(), questions()[rank::2]) for rank in range(2)]
    together = [shares[at % 2][at // 2] for at in range(4)]
    assert together == all_of_them and figures(together) == figures(all_of_them)


def test_it_can_be_stopped_and_leaves_nothing_behind() -> None:
    engine = Scripted()

    def check() -> None:
        raise Stopped("stopped", 143)

    with pytest.raises(Stopped):
        Validator(SAMPLING, True, STATED)(engine, questions(), check)
    assert engine.closed == 1
    assert not [each for each in threading.enumerate() if each.name.startswith("mathmill-validate")]


def test_a_row_a_problem(tmp_path: Path) -> None:
    answered = Validator(SAMPLING, True, STATED)(Scripted(), questions())
    first = write_validation(tmp_path, 30, answered)
    path = tmp_path / "validation" / "step-00000030.parquet"
    rows = {row["problem"]: row for row in table_rows(path, tuple(COLUMNS))}
    assert list(rows) == list(SAID)
    half = rows["half"]
    assert {name: half[name] for name in ("step", "gold", "samples", "correct", "strict", "truncated")} == {
        "step": 30, "gold": "1/2", "samples": 4, "correct": 2, "strict": 2, "truncated": 0,
    }  # fmt: skip
    assert (half["majority_correct"], half["greedy"]) == (True, "wrong")
    assert rows["none"]["majority"] is None and rows["none"]["truncated"] == 1
    said = orjson.loads(half["said"])
    assert [each["outcome"] for each in said] == ["wrong", "correct", "correct", "wrong", "wrong"]
    assert said[1] == {"text": r"\boxed{0.5}", "answer": "0.5", "outcome": "correct", "tokens": 11, "finish": "eos"}
    assert write_validation(tmp_path, 30, answered) == first


def test_half_a_character_is_written(tmp_path: Path) -> None:
    validator = Validator(Sampling(n=1, temperature=1.0), False, STATED)
    engine: Engine = Scripted()
    SAID["odd"] = (["\ud83d \\boxed{\ud83d}"], "")
    try:
        answered = validator(engine, questions(["odd"]))
    finally:
        del SAID["odd"]
    write_validation(tmp_path, 1, answered)
    (row,) = table_rows(tmp_path / "validation" / "step-00000001.parquet", tuple(COLUMNS))
    assert orjson.loads(row["said"])[0]["text"] == "? \\boxed{?}"


@pytest.mark.parametrize(("temperature", "wanted"), [(None, 1.0), (0.6, 0.6)])
def test_settings_make_a_sampling_of_that_of_training(temperature: float | None, wanted: float) -> None:
    settings = ValidationSettings(samples=8, temperature=temperature)
    trained = Sampling(n=16, temperature=1.0, top_k=50, max_new_tokens=99, seed=5)
    assert settings.sampling(trained) == trained.model_copy(update={"n": 8, "temperature": wanted})
    assert ValidationSettings(problems={"use": "gsm8k/train"}).share == 0
    assert ValidationSettings.model_validate(settings.model_dump(mode="json")) == settings


def test_the_engine_of_this_process_answers(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    from mathmill.train.policy.load import open_policy
    from mathmill.train.policy.settings import PolicySettings
    from mathmill.train.rollout.local import LocalEngine
    from tests.train.grpo import world

    settings = PolicySettings(start=str(world.write_policy(tmp_path / "policy")), precision="float32")
    engine = LocalEngine(open_policy(settings, "cpu", 0))
    asked = [
        Question(each.problem, Prompt(each.problem.id, world.ASK.format(question=each.question)))
        for each in world.sums("validation", 12)
    ]
    validator = Validator(Sampling(n=4, temperature=1.0, max_new_tokens=12), True, ("hash",))
    first = validator(engine, asked)
    assert validator(engine, asked) == first
    assert validator(engine, asked[::-1]) == first[::-1]
    assert len({each.text for one in first for each in one.samples}) > 40
    assert 0 < figures(first)["validation_length"] <= 12
    likeliest = validator(engine, asked[:1])[0].greedy
    assert likeliest is not None and likeliest == first[0].greedy
