"""Which shots stand before a Problem."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mathmill.data.config import resolve
from mathmill.data.errors import ConfigError
from mathmill.data.problems import Problem
from mathmill.eval.tasks.shots import draw, shot_pool, solution
from mathmill.eval.tasks.task import Shots
from tests.eval.tasks.made import FIXED, SEEDED, problems


def wanted(**tree: object) -> Shots:
    return resolve(tree, Shots, "a test")


POOL = problems(*(f"What is {number} + 1?" for number in range(9)))


def test_fixed_shots_are_the_first() -> None:
    assert list(draw(wanted(**FIXED), POOL, problems("Who?", "When?"))) == [POOL[:2], POOL[:2]]


def test_seeded_shots_are_drawn_problem_by_problem_with_one_source_of_chance() -> None:
    chance = random.Random(1234)
    theirs = [chance.sample(POOL, 2) for _ in range(3)]
    assert list(draw(wanted(**SEEDED), POOL, problems("a", "b", "c"))) == theirs


def test_a_problem_is_left_out_of_fixed_shots_and_the_next_stands_in() -> None:
    asked = [Problem("made/asked", " What is\n0 + 1? ", "1", {})]
    assert list(draw(wanted(**FIXED), POOL, asked)) == [POOL[1:3]]
    assert list(draw(wanted(**FIXED), POOL[:2], asked)) == [POOL[1:2]]


@given(st.integers(0, 2**32), st.lists(st.integers(0, 30), min_size=1, max_size=20))
def test_no_problem_is_its_own_shot_and_a_limit_changes_no_draw(seed: int, numbers: list[int]) -> None:
    shots = wanted(**SEEDED, seed=seed)
    asked = [Problem(f"asked/{at}", f"What is {number} + 1?", "1", {}) for at, number in enumerate(numbers)]
    drawn = list(draw(shots, POOL, asked))
    for problem, chosen in zip(asked, drawn, strict=True):
        assert len({shot.id for shot in chosen}) == 2
        assert problem.question not in [shot.question for shot in chosen]
    half = len(asked) // 2
    assert list(draw(shots, POOL, asked[:half])) == drawn[:half]
    others = [Problem(each.id, "Another question", "1", {}) for each in asked[:half]] + asked[half:]
    assert list(draw(shots, POOL, others))[half:] == drawn[half:]  # a draw that is made again moves no other


def test_what_the_prompt_says_itself_is_taken_away_after_repairs() -> None:
    found = [Problem("x", "Q : one", "1", {"solution": "A: It is 1", "lang": "fr"})]
    shots = wanted(
        **{**FIXED, "number": 1},
        question_prefix="Q: ",
        solution_prefix="A: ",
        repairs=[{"old": "Q :", "new": "Q:"}, {"old": "nowhere", "new": ""}],
    )
    assert shot_pool(shots, found) == [Problem("x", "one", "1", {"solution": "It is 1", "lang": "fr"})]


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (POOL[:1], "2 shots are wanted and made/shots has 1"),
        ([Problem("x", "Q: one", "1", {}), POOL[0]], "the shot x has no worked solution"),
        ([Problem("x", "Q: one", "1", {"solution": " \n"}), POOL[0]], "the shot x has no worked solution"),
        (POOL[:2], "begins with 'Wha' where all begin with 'Q: '"),
    ],
)
def test_a_source_without_the_shots_is_refused(found: list[Problem], told: str) -> None:
    with pytest.raises(ConfigError) as refused:
        shot_pool(wanted(**FIXED, question_prefix="Q: "), found)
    assert told in str(refused.value)


def test_a_solution_is_a_text_or_none() -> None:
    assert solution(Problem("x", "?", "1", {"solution": 5})) == ""
