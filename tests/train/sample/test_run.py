"""Runs of samples by a model that says what was written down: what they leave, deaths, other rules, and poison."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest

from mathmill.data.config import resolve
from mathmill.data.errors import ConfigError, MathmillError, Stopped
from mathmill.data.runs import check_outputs
from mathmill.data.tables import ask
from mathmill.eval.harness.journal import JOURNAL
from mathmill.eval.models.base import Completion, Prompt, Sampling
from mathmill.train.sample.plan import make_plan
from mathmill.train.sample.recipe import SampleRecipe
from mathmill.train.sample.run import Sampled, run_sample
from mathmill.train.sample.show import show_sampled
from tests.eval.harness.measuring import bytes_of, interrupted
from tests.eval.harness.replay import Replay, said
from tests.train.sample.policies import write_problems, write_task

SUMS = [(1, 1), (2, 3), (4, 4), (1, 2), (3, 3)]
#: Three solutions for each sum: right ones by two ways, a false step, wrong, unstated, truncated and none.
SAYS: dict[str, Sequence[Completion]] = {
    "sums/train/0": said(r"1 + 1 = 2, so \boxed{2}.", r" 1+1 = 2,  so \boxed{2}.", r"\boxed{2}"),
    "sums/train/1": said(r"2 + 3 = 6, so \boxed{5}.", "The answer is 5.", r"3 + 2 = 5, so \boxed{5}."),
    "sums/train/2": [*said(r"4 + 4 = 9, so \boxed{9}.", "I do not know."), Completion("4 + 4 = 8, so", "length", 24)],
    "sums/train/3": said("Odd.\u2028\x00\u202e 1 + 2 = 3, so \\boxed{3}.", r"\boxed{4}", r"\boxed{3}"),
    "sums/train/4": said(*[rf"{word} \boxed{{6}}" for word in ("So", "Thus", "Hence")]),
}
GOLDEN = rb"""{"id":"sums/train/0#0","problem":"sums/train/0","sample":0,"question":"1 + 1","solution":"1 + 1 = 2, so \\boxed{2}.","answer":"2","messages":[{"role":"user","content":"1 + 1"},{"role":"assistant","content":"1 + 1 = 2, so \\boxed{2}."}],"found_by":"box","method":"number","tokens":7,"pass_rate":1.0,"subject":"","level":"1","lang":""}
"""  # noqa: E501  # to the byte


class Refusing(Replay):
    """Refuses Problems, as a server does that filters."""

    def __init__(self, refused: Sequence[str]) -> None:
        super().__init__(SAYS, template=True)
        self._refused = refused

    def generate(
        self, prompts: Sequence[Prompt], sampling: Sampling
    ) -> Generator[tuple[int, tuple[Completion, ...]], None, None]:
        for position, completions in super().generate(prompts, sampling):
            if prompts[position].id in self._refused:
                raise ConfigError(f"{prompts[position].id} is filtered")
            yield position, completions


def recipe(folder: Path, **tree: Any) -> SampleRecipe:
    file = folder / "sums.jsonl"
    return resolve(
        {
            "model": "replay",
            "task": str(write_task(folder)),
            "problems": {"file": str(file if file.exists() else write_problems(file, SUMS))},
            "draws": {"n": 3, "temperature": 1.0},
            "together": 2,
            **tree,
        },
        SampleRecipe,
        "the test",
    )


def sampled(folder: Path, model: Replay | None = None, name: str = "run", **tree: Any) -> Sampled:
    model = model or Replay(SAYS, template=True)
    return run_sample(make_plan(recipe(folder, **tree), model), model, folder / name)


def rows(done: Sampled, table: str) -> list[dict[str, Any]]:
    files = sorted((done.folder / table).glob("*.jsonl"))
    return [orjson.loads(line) for path in files for line in path.read_bytes().split(b"\n") if line]


def kept(done: Sampled) -> list[str]:
    return [row["id"].removeprefix("sums/train/") for row in rows(done, "solutions")]


def test_what_a_run_leaves(tmp_path: Path) -> None:
    done = sampled(tmp_path)
    assert kept(done) == ["0#0", "0#2", "1#2", "3#0", "3#2", "4#0", "4#1", "4#2"]
    assert (done.folder / "solutions" / "part-00000.jsonl").read_bytes().startswith(GOLDEN)
    reasons = [(row["id"].removeprefix("sums/train/"), row["reason"]) for row in rows(done, "rejected")]
    assert reasons == [
        ("0#1", "same"),
        ("1#0", "false_sum"),
        ("1#1", "unstated"),
        ("2#0", "wrong"),
        ("2#1", "no_answer"),
        ("2#2", "truncated"),
        ("3#1", "wrong"),
    ]
    metrics = done.results["metrics"]
    assert metrics["solutions"] == 15 == metrics["kept"] + sum(metrics["rejected"].values())
    assert metrics["problems"] == metrics["asked"] == 5
    assert metrics["problems_with_kept"] == 4
    assert metrics["by_pass_rate"]["1"] == {"problems": 3, "pass_rate": 1.0, "problems_with_kept": 3, "kept": 6}
    assert metrics["by_level"]["2"]["problems"] == 1
    rates = ask(done.folder, "problems", "SELECT id, pass_rate, kept FROM problems ORDER BY id", {})
    assert [(row["pass_rate"], row["kept"]) for row in rates] == [(1, 2), (1, 1), (1 / 3, 0), (2 / 3, 2), (1, 3)]
    assert check_outputs(done.folder) == []
    assert not (done.folder / JOURNAL).exists()


def test_a_plain_prompt_leaves_problems_and_no_chats(tmp_path: Path) -> None:
    done = sampled(tmp_path, Replay(SAYS), keep={"rejected": False})
    row = rows(done, "solutions")[0]
    assert "messages" not in row
    assert (row["question"], row["solution"], row["answer"]) == ("1 + 1", r"1 + 1 = 2, so \boxed{2}.", "2")
    assert not (done.folder / "rejected").exists()
    assert 'task = "PATH/TO/YOUR/TASKS.toml"' in (done.folder / "README.md").read_text()


@pytest.mark.parametrize(("after", "together"), [(0, 2), (1, 2), (3, 5)])
def test_stopped_and_gone_on_with(tmp_path: Path, after: int, together: int) -> None:
    stopping = Replay(SAYS, template=True, interrupt=interrupted(after))
    with pytest.raises(Stopped, match="are kept"):
        sampled(tmp_path, stopping, together=together)
    model = Replay(SAYS, template=True)
    done = sampled(tmp_path, model, together=together)
    assert len(model.asked) == 5 - after
    assert bytes_of(done.folder) == bytes_of(sampled(tmp_path, name="whole", together=together).folder)


def test_other_rules_ask_nothing_again(tmp_path: Path) -> None:
    first = sampled(tmp_path)
    silent = Replay({}, template=True)
    done = sampled(tmp_path, silent, keep={"most": 1, "sums": False, "rejected": False})
    assert silent.asked == []
    assert not done.was_done
    assert kept(done) == ["0#0", "1#0", "3#0", "4#0"]
    assert not list((done.folder / "rejected").iterdir())
    assert check_outputs(done.folder) == []
    back = sampled(tmp_path, silent)
    assert back.results == first.results
    assert sampled(tmp_path, silent).was_done


def test_what_another_run_has_is_not_kept_twice(tmp_path: Path) -> None:
    first = sampled(tmp_path, keep={"most": 1})
    assert kept(first) == ["0#0", "1#2", "3#0", "4#0"]
    other = Replay({name: each[::-1] for name, each in SAYS.items()}, "other", template=True)
    beside = {"beside": [str(first.folder)]}
    done = sampled(tmp_path, other, "second", keep=beside)
    assert kept(done) == ["0#0", "3#0", "4#0", "4#1"]
    assert {row["reason"] for row in rows(done, "rejected") if row["problem"] == "sums/train/1"} >= {"same"}
    # What is kept follows the other run, and nothing is asked again for it.
    sampled(tmp_path, keep={"most": 2})
    asked = len(other.asked)
    again = sampled(tmp_path, other, "second", keep=beside)
    assert kept(again) == ["4#0"]
    assert len(other.asked) == asked
    with pytest.raises(MathmillError, match="no run at"):
        sampled(tmp_path, other, "second", keep={"beside": ["nowhere"]})


def test_other_draws_are_another_run(tmp_path: Path) -> None:
    sampled(tmp_path)
    with pytest.raises(ConfigError, match=r"sampling\.seed: 0 -> 1"):
        sampled(tmp_path, draws={"n": 3, "temperature": 1.0, "seed": 1})


def test_hard_problems_are_asked_again_with_another_seed(tmp_path: Path) -> None:
    first = sampled(tmp_path)
    problems = {"run": str(first.folder), "pass_rate": [0, 0.7]}
    with pytest.raises(ConfigError, match=r"--set draws\.seed=1"):
        sampled(tmp_path, name="second", problems=problems)
    drawing = {"n": 2, "temperature": 1.0, "seed": 1}
    second = sampled(tmp_path, name="second", problems=problems, draws=drawing)
    assert {row["problem"] for row in rows(second, "rejected") + rows(second, "solutions")} == {
        "sums/train/2",
        "sums/train/3",
    }
    with pytest.raises(Exception, match="no Problem with a pass rate"):
        sampled(tmp_path, name="third", problems={"run": str(first.folder), "pass_rate": [0.1, 0.2]}, draws=drawing)


def test_a_problem_that_the_model_refuses_costs_no_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = Refusing(["sums/train/3"])
    done = sampled(tmp_path, model, together=5, most_refused=0.2)
    assert done.results["metrics"]["dropped"] == {"refused": 1}
    assert done.results["metrics"]["asked"] == 4
    assert "sums/train/3 is left out: sums/train/3 is filtered" in capsys.readouterr().err
    assert kept(done) == ["0#0", "0#2", "1#2", "4#0", "4#1", "4#2"]
    assert sampled(tmp_path, Replay({}, template=True), together=5, most_refused=0.2).was_done


def test_a_model_that_refuses_many_ends_the_run(tmp_path: Path) -> None:
    model = Refusing(["sums/train/1", "sums/train/3"])
    with pytest.raises(ConfigError, match=r"is filtered; 2 problems were refused, and most_refused allows 1"):
        sampled(tmp_path, model, together=5, most_refused=0.2)
    done = sampled(tmp_path, together=5, most_refused=0.2)
    assert done.fresh < 5  # what was answered in between was kept
    assert bytes_of(done.folder) == bytes_of(sampled(tmp_path, name="whole", together=5).folder)


def test_a_prompt_that_does_not_fit_is_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_problems(tmp_path / "sums.jsonl", SUMS)
    poison = orjson.dumps({"id": "poison", "question": "1 + " * 5_000, "answer": "1"})
    path.write_bytes(poison + b"\n" + path.read_bytes())
    model = Fitting(SAYS, template=True)
    done = sampled(tmp_path, model)
    assert done.results["metrics"]["dropped"] == {"unfit": 1}
    assert "1 problem left out: the context is too short" in capsys.readouterr().err
    assert "poison" not in model.asked
    assert ask(done.folder, "problems", "SELECT dropped, samples FROM problems WHERE id = 'poison'", {}) == [
        {"dropped": "unfit", "samples": 0}
    ]


class Fitting(Replay):
    """Counts characters of chats."""

    def check(self, prompts: Sequence[Prompt], sampling: Sampling) -> None:
        if max(len(str(prompt.given)) for prompt in prompts) > 10_000:
            raise ConfigError("the context is too short")


def test_no_prompt_fits(tmp_path: Path) -> None:
    write_problems(tmp_path / "sums.jsonl", SUMS[:1])
    with pytest.raises(ConfigError, match="the context is too short"):
        sampled(tmp_path, draws={"n": 3, "temperature": 1.0, "max_new_tokens": 20_000})


def test_what_is_copied_from_a_benchmark_is_not_asked(tmp_path: Path) -> None:
    path = write_problems(tmp_path / "sums.jsonl", SUMS)
    longer = b'"question":"How many apples are there in all the baskets if Ann has two baskets of '
    benchmark = tmp_path / "benchmark.jsonl"
    benchmark.write_bytes(path.read_bytes().replace(b'"question":"', longer))
    path.write_bytes(path.read_bytes().replace(b'"question":"', longer, 1))
    done = sampled(tmp_path, problems={"file": str(path), "against": [str(benchmark)]})
    assert done.results["metrics"]["dropped"] == {"copied": 1}
    with pytest.raises(ConfigError, match=r"all 5 problems of .* are copied"):
        sampled(tmp_path, problems={"file": str(benchmark), "against": [str(benchmark)]})


def test_nothing_kept_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = sampled(tmp_path, Replay(dict.fromkeys(SAYS, said("a", "b", r"\boxed{77}")), template=True))
    assert show_sampled(done, as_json=False) == 1
    told = capsys.readouterr()
    assert "nothing was kept of 15 solutions (most are no_answer): read some in" in told.err
    assert "None was kept" in (done.folder / "README.md").read_text()
    assert not (done.folder / "solutions").exists()
