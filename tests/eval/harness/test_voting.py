"""Who votes, who votes together, and who wins."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mathmill.eval.harness.graded import Graded
from mathmill.eval.harness.voting import MOST_COMPARISONS, Equality, classes, majority, vote
from mathmill.eval.verdict import Outcome, Verdict
from tests.eval.harness.completions import judged, made

ANSWERS = ["1/2", "0.5", r"\frac{1}{2}", "2", "3"]


def answered(gold: str, *answers: str) -> list[Graded]:
    return [judged("p", k, rf"So it is \boxed{{{answer}}}.", gold) for k, answer in enumerate(answers)]


def saying(outcome: Outcome) -> Callable[[str, str], Verdict]:
    return lambda answer, gold: Verdict(outcome, "test")


@pytest.mark.parametrize(
    ("gold", "answers", "winner", "votes", "correct"),
    [
        ("1/2", ["0.5", "2", r"\frac{1}{2}", "2", "1/2"], r"0.5", 3, True),
        ("2", ["0.5", "2", r"\frac{1}{2}", "2", "1/2"], "0.5", 3, False),
        ("x+1", ["x+1", "1+x", "x-1"], "1+x", 2, True),
        ("12", ["7", "12"], "7", 1, False),  # a tie goes to the first vote
        ("12", ["12", "7"], "12", 1, True),
        ("7", ["8", "7", "7", "8"], "8", 2, False),
        (r"\{1,2\}", ["1, 2", "2, 1", "1"], "1, 2", 2, True),
        ("20", ["$20", "20 dollars", "21", "21"], "$20", 2, True),
    ],
)
def test_the_winner(gold: str, answers: list[str], winner: str, votes: int, correct: bool) -> None:
    first, *_ = classes(answered(gold, *answers))
    assert (first.answer, first.votes, first.correct) == (winner, votes, correct)


def test_rounding_is_no_equality() -> None:
    found = classes(answered("1/3", "1/3", "0.333", "0.333"))
    assert [each.answer for each in found] == ["0.333", "1/3"]


def test_who_does_not_vote() -> None:
    samples = [
        made("p", 0, False, answer=None, outcome="no_answer"),
        made("p", 1, False, answer="", outcome="no_answer"),
        judged("p", 2, r"\boxed{7} or \boxed{8}", "8"),  # ambiguous
        made("p", 3, False, answer="$$?", outcome="unparsable"),
    ]
    cast = vote(samples, [4])
    assert [(each.answer, each.samples) for each in cast.classes] == [("$$?", (3,))]
    assert cast.by_sample(4) == (None, None, None, 0)
    assert cast.majority == {4: 0.0}
    assert vote(samples[:3], [1, 3]).winner is None
    assert vote(samples[:3], [1, 3]).majority == {1: 0.0, 3: 0.0}


def test_blocks_are_disjoint_and_whole() -> None:
    samples = answered("1", "1", "1", "2", "2", "2", "2", "1")
    # Blocks of three: 1 1 2 and 2 2 2; the seventh sample is in none. Of two: 1 1, 2 2, 2 2.
    assert majority(samples, 3) == 0.5
    assert majority(samples, 2) == pytest.approx(1 / 3)
    assert majority(samples, 1) == pytest.approx(3 / 7)
    assert majority(samples, 7) == 0.0


@pytest.mark.parametrize("k", [0, 3])
def test_other_blocks_are_a_bug(k: int) -> None:
    with pytest.raises(ValueError, match=f"maj@{k} of 2"):
        majority(answered("1", "1", "2"), k)


def test_equality_holds_both_ways() -> None:
    one_way = Equality(lambda answer, gold: Verdict("correct" if answer < gold else "wrong", "test"))
    assert not one_way("1", "2")
    assert Equality(saying("correct"))("1", "2")


def test_what_times_out_is_alone_and_is_not_asked_again() -> None:
    same = Equality(saying("timed_out"))
    samples = answered("1", "5", "5", "6", "7", "6", "8")
    assert [each.answer for each in classes(samples, same)] == ["5", "6", "7", "8"]
    assert same.comparisons == 3  # each of the other texts once


def test_the_cost_is_bounded() -> None:
    same = Equality(saying("wrong"))
    samples = [made("p", k, False, answer=str(k)) for k in range(200)]
    assert len(classes(samples, same)) == 200
    assert same.comparisons == MOST_COMPARISONS
    assert len(classes([*samples, made("p", 200, False, answer="199")], same)) == 200  # equal texts vote together


def test_nothing_is_compared_twice() -> None:
    same = Equality()
    samples = answered("1", "1", "2", "3", "1.0", "2", "3")
    classes(samples, same)
    before = same.comparisons
    majority(samples, 2, same)
    majority(samples, 3, same)
    assert same.comparisons == before


@given(st.lists(st.sampled_from(ANSWERS), min_size=1, max_size=9), st.randoms(use_true_random=False))
def test_order_matters_through_ties_only(answers: list[str], random: object) -> None:
    samples = answered("1/2", *answers)
    found = classes(samples)
    assert sorted(sample for each in found for sample in each.samples) == list(range(len(answers)))
    for text in set(answers):  # equal texts vote together
        together = {sample for sample, answer in enumerate(answers) if answer == text}
        assert any(together <= set(each.samples) for each in found)
    shuffled = list(samples)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    again = classes(shuffled)
    assert {(each.answer, frozenset(each.samples), each.correct) for each in found} == {
        (each.answer, frozenset(each.samples), each.correct) for each in again
    }
    if len(found) == 1 or found[0].votes > found[1].votes:
        assert again[0].answer == found[0].answer
