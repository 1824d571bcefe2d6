"""Other graders beside ours, in processes that they may hang or kill."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

import pytest

from mathmill.data.errors import ConfigError
from mathmill.eval.harness.disagree import disagreements
from mathmill.eval.harness.graders import Outside, Refused, check_grader, load_grader
from tests.eval.harness.completions import judged

needs_math_verify = pytest.mark.skipif(
    importlib.util.find_spec("math_verify") is None, reason="math-verify is not installed: see the extra `bench`"
)

GRADERS = """
import os, sys, time

def last_word(completion, gold):
    print("what a grader prints is no verdict")
    return completion.split()[-1] == gold

def troubled(completion, gold):
    if "raise" in completion:
        raise LookupError("never heard of it")
    if "leave" in completion:
        sys.exit(3)
    if "die" in completion:
        os._exit(1)
    if "hang" in completion:
        time.sleep(60)
    return 1.0

def scored(completion, gold):
    return -1

number = 7
"""


@pytest.fixture
def graders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "house_graders.py").write_text(GRADERS)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])]))
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "house_graders", raising=False)


def test_the_table_and_the_rows(graders: None) -> None:
    texts = {"a": ("It is 7", "7"), "b": ("It is 7.0", "7"), "c": (r"\boxed{8} or 7", "7"), "d": ("It is 5", "7")}
    completions = [judged(name, 0, text, gold) for name, (text, gold) in texts.items()]
    golds = {name: gold for name, (_, gold) in texts.items()}
    with Outside("house_graders:last_word") as grader:
        found = disagreements(completions, golds, grader)
    assert (found.both, found.ours, found.theirs, found.neither) == (1, 1, 1, 1)
    assert [row.as_dict() for row in found.rows] == [
        {"problem": "b", "sample": 0, "gold": "7", "answer": "7.0", "outcome": "correct", "method": "number",
         "theirs": "wrong"},
        {"problem": "c", "sample": 0, "gold": "7", "answer": "8", "outcome": "wrong", "method": "number",
         "theirs": "correct"},
    ]  # fmt: skip
    assert found.as_dict()["refused"] == {}


def test_trouble_is_named_and_costs_one_verdict(graders: None) -> None:
    texts = ["7", "raise 7", "leave 7", "die 7", "hang 7", "7"]
    completions = [judged(f"p{n}", 0, text, "7") for n, text in enumerate(texts)]
    with Outside("house_graders:troubled", patience=1.0) as grader:
        found = disagreements(completions, {f"p{n}": "7" for n in range(6)}, grader)
    assert found.refused == {"LookupError": 1, "SystemExit": 1, "died": 1, "timed out": 1}
    assert [row.theirs for row in found.rows] == ["LookupError", "SystemExit", "died", "timed out"]
    assert (found.both, found.ours) == (2, 4)


def test_a_score_is_no_verdict(graders: None) -> None:
    with (
        Outside("house_graders:scored") as grader,
        pytest.raises(ConfigError, match="true or false, and answered '-1'"),
    ):
        grader("7", "7")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("math_verify", "no grader 'math_verify': write math-verify, or MODULE:FUNCTION"),
        ("house_graders:", "no grader"),
        ("os.system('x'):y", "no grader"),
        ("no_such_module_here:grade", "No module named 'no_such_module_here'"),
        ("house_graders:other", "the module has no other"),
        ("house_graders:number", "it is no function"),
    ],
)
def test_no_such_grader(graders: None, name: str, says: str) -> None:
    with pytest.raises(ConfigError, match="no grader") as error:
        load_grader(name)
    assert says in str(error.value)


def test_what_cannot_be_loaded_over_there_is_told_here(graders: None) -> None:
    with Outside("house_graders:other") as grader, pytest.raises(ConfigError, match="the module has no other"):
        grader("7", "7")


def test_math_verify_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match="pip install math-verify"):
        check_grader("math-verify")


@needs_math_verify
def test_math_verify() -> None:
    cases = [
        (r"The answer is $\frac{2}{4}$.", "1/2", True),
        (r"It is \boxed{x+1}", "$1+x$", True),
        ("2 + 2 = 4\n#### 4", "4", True),
        (r"\boxed{3}", "4", False),
        ("I do not know", "4", False),
    ]
    with Outside("math-verify") as grader:
        assert [grader(text, gold) for text, gold, _ in cases] == [right for _, _, right in cases]


def test_refusals_of_a_function_are_counted() -> None:
    def grader(completion: str, gold: str) -> bool:
        raise Refused("no opinion")

    found = disagreements([judged("p", 0, "7", "7"), judged("p", 1, "8", "7")], {"p": "7"}, grader)
    assert (found.ours, found.neither, found.refused) == (1, 1, {"no opinion": 2})
