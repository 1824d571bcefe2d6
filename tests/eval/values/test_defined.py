from __future__ import annotations

import pytest

from mathmill.eval.syntax.parser import parse
from mathmill.eval.values.defined import converges_nowhere, divides_by_nought
from mathmill.eval.values.settled import Known, presupposed

NOUGHT = [
    r"\frac{1}{x-x}", r"\frac{1}{0}", r"(\sin^2 x+\cos^2 x-1)^{-n}", r"\cot((\pi+1)^2-\pi^2-2\pi-1)", r"\log_{1+x-x} 2",
    r"1+\frac{x}{\sqrt{(x+1)^2-x^2-2x-1}}", r"\lim_{x\to 0} \frac{1}{\sin^2 x+\cos^2 x-1}", r"\ln(|x|-\sqrt{x^2})",
]  # fmt: skip
SOUND = [
    "x", r"\frac{1}{x}", r"\frac{x-x}{2}", r"e^{-x}", r"\lim_{x\to 0} \frac{\sin x}{x}",
    r"\sum_{k=1}^\infty \frac{1}{k^2}",
    r"\frac{1}{\lim_{x\to 0} \frac{\sin x}{x}}", r"\frac{1}{x-20}", r"\ln(x-50)", r"\cot x", "2^{-n}",
]  # fmt: skip
DIVERGING = [
    r"\sum_{k=0}^\infty (1+x^2)^k", r"\sum_{k=0}^\infty k(1+e^x)^k", r"\sum_{k=0}^\infty (x^k+(3/x)^k)",
    r"\sum_{k=0}^\infty x^{-k}+\sum_{k=1}^\infty x^k", r"x\sum_{k=0}^\infty (3+\sin x)^k",
]  # fmt: skip
CONVERGING = [
    r"\sum_{k=0}^\infty x^k", r"\sum_{k=0}^\infty x^{-k}", r"\sum_{k=0}^\infty \frac{x^k}{k!}", r"\sum_{k=1}^\infty 1",
    r"\sum_{n=0}^\infty (x-3)^n", r"\sum_{n=0}^\infty (1000x)^n", r"\sum_{n=0}^\infty (xy)^n",
    r"\sum_{k=1}^\infty \frac{x}{k^2}",
]  # fmt: skip


@pytest.mark.parametrize("text", NOUGHT)
def test_a_divisor_that_may_be_nought_everywhere_is_seen(text: str) -> None:
    assert divides_by_nought(parse(text))


@pytest.mark.parametrize("text", SOUND)
def test_a_divisor_that_is_other_than_nought_somewhere_is_none(text: str) -> None:
    assert not divides_by_nought(parse(text))


@pytest.mark.parametrize("text", DIVERGING)
def test_sums_that_converge_nowhere_together_are_seen(text: str) -> None:
    assert converges_nowhere(parse(text))


@pytest.mark.parametrize("text", CONVERGING)
def test_sums_that_converge_somewhere_or_have_no_unknowns_are_none(text: str) -> None:
    assert not converges_nowhere(parse(text))


def test_only_a_gold_presupposes_but_for_letters_that_count() -> None:
    assert presupposed(parse(r"\sqrt x+(-1)^y"), parse("x")) == Known()
    assert presupposed(parse("x"), parse(r"\sqrt{4x^3}+(-1)^y")) == Known(frozenset("x"), frozenset("y"))
    assert presupposed(parse("(-1)^n"), parse(r"\cos(\pi n)")) == Known(whole=frozenset("n"))
