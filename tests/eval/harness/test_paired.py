"""Two runs compared: tests and intervals against hand-computed ones, and how often intervals hold the truth."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mathmill.eval.harness import paired as module
from mathmill.eval.harness.graded import Graded
from mathmill.eval.harness.paired import interval, mcnemar, paired, sign_flip
from tests.eval.harness.completions import made, run_of

signs = st.text("+-", min_size=1, max_size=12)


def differing(fixed: int, broken: int, both: int = 0, neither: int = 0) -> tuple[list[Graded], list[Graded]]:
    """Two runs with one sample each."""
    first = "-" * fixed + "+" * broken + "+" * both + "-" * neither
    second = "+" * fixed + "-" * broken + "+" * both + "-" * neither
    return run_of(*first), run_of(*second)


@pytest.mark.parametrize(
    ("fixed", "broken", "p", "mid_p"),
    [
        (0, 0, Fraction(1), Fraction(1)),
        (1, 0, Fraction(1), Fraction(1, 2)),
        (5, 0, Fraction(1, 16), Fraction(1, 32)),
        (1, 1, Fraction(1), Fraction(3, 4)),
        (8, 2, Fraction(2 * 56, 1_024), Fraction(56 + 11, 1_024)),
        (1, 7, Fraction(18, 256), Fraction(10, 256)),
    ],
)
def test_mcnemar_by_hand(fixed: int, broken: int, p: Fraction, mid_p: Fraction) -> None:
    assert mcnemar(fixed, broken) == (float(p), float(mid_p))
    assert mcnemar(broken, fixed) == (float(p), float(mid_p))


@given(st.integers(0, 90), st.integers(0, 90))
def test_mcnemar_is_the_binomial(fixed: int, broken: int) -> None:
    n, size = fixed + broken, abs(fixed - broken)
    chances = {k: Fraction(math.comb(n, k), 2**n) for k in range(n + 1)}
    p = sum(chance for k, chance in chances.items() if abs(n - 2 * k) >= size)
    seen = sum(chance for k, chance in chances.items() if abs(n - 2 * k) == size)
    assert mcnemar(fixed, broken) == (float(p), float(p - seen / 2) if n else 1.0)


def test_negative_numbers_are_a_bug() -> None:
    with pytest.raises(ValueError, match="negative"):
        mcnemar(-1, 2)


@given(st.lists(st.integers(-4, 4), min_size=1, max_size=10))
def test_sign_flips_are_those_of_all_signs(differences: list[int]) -> None:
    sums = [
        abs(sum(sign * each for sign, each in zip(flips, differences, strict=True)))
        for flips in itertools.product((1, -1), repeat=len(differences))
    ]
    share = sum(each >= abs(sum(differences)) for each in sums) / len(sums)
    assert sign_flip(differences) == pytest.approx(share, abs=1e-12)


@given(st.integers(0, 60), st.integers(0, 60))
def test_sign_flips_of_ones_are_mcnemar(fixed: int, broken: int) -> None:
    assert sign_flip([1] * fixed + [-1] * broken) == pytest.approx(mcnemar(fixed, broken)[0], abs=1e-11)


def test_sums_too_long_for_memory_are_rounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_POINTS", 100)  # of shares in twelfths 480 were needed
    first, second = run_of(*["++++"] * 34, *["----"] * 6), run_of(*["---"] * 34, *["+++"] * 6)
    assert paired(first, second).p == pytest.approx(mcnemar(6, 34)[0])


def test_by_hand() -> None:
    first, second = differing(fixed=6, broken=1, both=10, neither=3)
    found = paired([*first, made("old", 0, True)], [*second, made("new", 0, True), made("newer", 0, False)])
    assert (found.problems, found.only_first, found.only_second, found.samples) == (20, 1, 2, (1, 1))
    assert (found.first, found.second, found.difference) == (0.55, 0.8, 0.25)
    assert (found.better, found.worse, found.same) == (6, 1, 13)
    assert [change.problem for change in found.fixed] == [f"p{n}" for n in range(6)]
    assert [(change.problem, change.first, change.second) for change in found.broken] == [("p6", 1.0, 0.0)]
    assert (found.p, found.mid_p, found.test) == (16 / 128, 9 / 128, "mcnemar_exact")
    # Bonett and Price 2012: one more problem of each kind, 7 and 2 of 22.
    half = 1.959964 * math.sqrt((7 / 22 + 2 / 22 - (5 / 22) ** 2) / 22)
    assert (found.low, found.high) == pytest.approx((5 / 22 - half, 5 / 22 + half), abs=1e-6)
    assert found.interval == "bonett_price"
    plain = found.as_dict()
    assert orjson.loads(orjson.dumps(plain)) == plain


def test_several_samples() -> None:
    found = paired(run_of("----", "++--", "++++", "+++-"), run_of("++--", "+++-", "----", "+++-"))
    assert (found.better, found.worse, found.same) == (2, 1, 1)
    assert [change.as_dict() for change in found.fixed] == [{"problem": "p0", "first": 0.0, "second": 0.5}]
    assert [change.as_dict() for change in found.broken] == [{"problem": "p2", "first": 1.0, "second": 0.0}]
    assert found.difference == pytest.approx(-0.0625)
    # Of the signs of 2, 1, 4 (quarters) all but those whose sum is at most 1 from 0 (none) are as far from 0 as -1.
    assert found.p == pytest.approx(1.0)
    assert (found.test, found.mid_p) == ("sign_flip", None)
    assert found.interval == "student"


def test_runs_with_other_numbers_of_samples() -> None:
    found = paired(run_of("+-", "--", "++"), run_of("++-", "+++", "+++"))
    assert found.samples == (2, 3)
    assert found.difference == pytest.approx((1 / 6 + 1 + 0) / 3)
    assert found.p == pytest.approx(0.5)


def test_the_stated_form_can_be_compared() -> None:
    first, second = [made("p", 0, True, strict=False)], [made("p", 0, True)]
    assert paired(first, second).difference == 0
    assert paired(first, second, strict=True).difference == 1


def test_nothing_in_common_is_a_bug() -> None:
    with pytest.raises(ValueError, match="no problem in common"):
        paired([made("a", 0, True)], [made("b", 0, True)])


@given(st.lists(st.tuples(signs, signs), min_size=1, max_size=8))
def test_the_other_way_round_it_is_the_other_way_round(cases: list[tuple[str, str]]) -> None:
    first, second = run_of(*(one[:1] * 4 for one, _ in cases)), run_of(*((other * 3)[:3] for _, other in cases))
    found, other = paired(first, second), paired(second, first)
    assert found.difference == -other.difference
    assert (found.low, found.high) == pytest.approx((-other.high, -other.low))
    assert found.p == other.p
    assert found.fixed == tuple(type(each)(each.problem, each.second, each.first) for each in other.broken)
    assert -1 <= found.low <= found.difference <= found.high <= 1
    assert found.low < found.high
    assert 0 < found.p <= 1


def test_a_run_is_no_better_than_itself() -> None:
    run = run_of("+-", "++", "--")
    found = paired(run, run)
    assert (found.difference, found.p, found.fixed, found.broken, found.same) == (0, 1, (), (), 3)
    assert found.low < 0 < found.high


@pytest.mark.parametrize("problems", [10, 30, 50])
@pytest.mark.parametrize(("fixes", "breaks"), [(0.05, 0.05), (0.2, 0.05), (0.3, 0.3), (0.5, 0.05)])
def test_one_sample_intervals_hold_the_truth(problems: int, fixes: float, breaks: float) -> None:
    """Exactly: over all numbers of fixed and broken problems, by their multinomial chances."""
    held = 0.0
    for fixed in range(problems + 1):
        for broken in range(problems + 1 - fixed):
            same = problems - fixed - broken
            chance = math.comb(problems, fixed) * math.comb(problems - fixed, broken) * (
                fixes**fixed * breaks**broken * (1 - fixes - breaks) ** same
            )  # fmt: skip
            if chance < 1e-9:
                continue
            low, high = interval([Fraction(1)] * fixed + [Fraction(-1)] * broken + [Fraction(0)] * same, Fraction(1))
            held += chance * (low <= fixes - breaks <= high)
    assert held >= 0.945


@pytest.mark.parametrize("problems", [10, 30])
@pytest.mark.parametrize("gain", [0.0, 0.3])
def test_intervals_of_several_samples_hold_the_truth(problems: int, gain: float) -> None:
    random = np.random.default_rng(3)
    held = 0
    for _ in range(400):
        base = random.beta(0.5, 0.5, problems)
        better = base + gain * (1 - base)
        before, after = random.binomial(8, base), random.binomial(8, better)
        low, high = interval([Fraction(int(b) - int(a), 8) for a, b in zip(before, after, strict=True)], Fraction(1, 8))
        held += low <= gain / 2 <= high  # half of 1 - base is what is left on average
    assert held / 400 >= 0.92
