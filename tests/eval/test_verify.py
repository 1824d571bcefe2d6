"""Verdicts: their outcomes, and laws that hold for any texts."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mathmill.eval import verify as module
from mathmill.eval.limits import TooLarge, Unparsable
from mathmill.eval.syntax.parser import parse
from mathmill.eval.syntax.trees import Tree
from mathmill.eval.verdict import OUTCOMES, Verdict
from mathmill.eval.verify import verify
from tests.effort import within
from tests.eval.ladder.asking import ask
from tests.shared import BENCHMARKS, needs_benchmarks

WHOLE = st.integers(-(10**12), 10**12)
FRACTION = st.fractions(max_denominator=10**6)
FORMULA = st.text(alphabet=r"0123456789xyi+-*/^=<>(){}[],.\|!%_$ pmqrtsac", max_size=40)
SNIPPET = st.sampled_from([
    "1", "2", "0.5", "x", "y", "+", "-", "*", "/", "^", "(", ")", "{", "}", ",", "=", "<", r"\le", r"\pm", "[", "]",
    r"\frac{1}{2}", r"\sqrt{2}", r"\pi", r"\infty", r"\cup", r"\{", r"\}", " or ", " and ", "cm", "%", "!", "_5", "|",
    r"\begin{pmatrix}1\\2\end{pmatrix}", ":", "i", "e", r"\sin", r"^\circ", "$", r"\in", r"\mathbb{R}", "solution ",
    r"\text{no}",
])  # fmt: skip
BUILT = st.lists(SNIPPET, max_size=12).map("".join)
TEXT = st.one_of(FORMULA, BUILT, st.text(max_size=40))


@pytest.mark.parametrize(
    ("answer", "gold", "outcome", "method"),
    [
        ("42", "42", "correct", "number"),
        ("x + 1", "x + 1", "correct", "string"),
        ("(B)", "B", "correct", "choice"),
        ("(1,2)", "(1, 2)", "correct", "string"),
        ("2x", "x+x", "correct", "exact"),
        ("x>2", r"(2,\infty)", "correct", "set"),
        ("1 m", "100 cm", "correct", "number"),
        ("", "42", "no_answer", "answer"),
        ("  ", "42", "no_answer", "answer"),
        (r"\boxed{}", "42", "no_answer", "answer"),
        ("42", "", "bad_gold", "gold"),
        ("42", r"\frac{1}{", "bad_gold", "gold"),
        (r"\frac{1}{", "42", "unparsable", "answer"),
        ("1" * 3_000, "42", "too_large", "answer"),
        ("(" * 200 + "1" + ")" * 200, "42", "too_large", "answer"),
        ("2 or 3", "2", "ambiguous", "items"),
        ("43", "42", "wrong", "number"),
        ("10 m", "10 cm", "wrong", "number"),
        ("10 kg", "10 cm", "wrong", "unit"),
    ],
)
def test_outcome_and_method(answer: str, gold: str, outcome: str, method: str) -> None:
    verdict = ask(answer, gold)
    assert (verdict.outcome, verdict.method) == (outcome, method), verdict


def test_last_rung_is_asked_where_nothing_else_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[Tree, Tree]] = []

    def prove(answer: Tree, gold: Tree) -> Verdict:
        asked.append((answer, gold))
        return Verdict("correct", "sympy")

    monkeypatch.setattr(module, "_prove", prove)
    assert verify(r"\lim_{x\to 0}\frac{\sin x}{x}", r"\lim_{y\to 0}\frac{\sin y}{y}").method == "sympy"
    assert len(asked) == 1


def test_a_proof_that_times_out_is_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def prove(answer: Tree, gold: Tree) -> Verdict:
        asked.append(answer)
        return Verdict("timed_out", "sympy")

    monkeypatch.setattr(module, "_prove", prove)
    answer = ",".join(rf"\lim_{{x\to 0}}\frac{{\sin {n}x}}{{x}}" for n in range(1, 9))
    gold = ",".join(rf"\lim_{{y\to 0}}\frac{{\sin {n}y}}{{y}}" for n in range(1, 9))
    assert not verify(answer, gold).correct
    assert len(asked) == 1


def test_long_lists_are_bounded() -> None:
    answer = ",".join(rf"\sqrt{{{n}}}" for n in range(2, 160))
    gold = ",".join(rf"{n}^{{0.5}}+1" for n in range(2, 160))
    assert not within(1, lambda: (answer, gold), lambda texts: ask(*texts)).correct


@settings(deadline=None)
@given(TEXT, TEXT)
def test_never_raises(answer: str, gold: str) -> None:
    verdict = ask(answer, gold)
    assert verdict.outcome in OUTCOMES
    assert verdict.method


@settings(deadline=None)
@given(TEXT)
def test_reflexive(text: str) -> None:
    try:
        parse(text)
    except (TooLarge, Unparsable):
        return
    assert ask(text, text).correct or not text.strip() or text in ("nan", "NaN")  # what tables write for nothing


@settings(deadline=None)
@given(FRACTION, FRACTION)
def test_fractions_are_equal_by_value_alone(one: Fraction, other: Fraction) -> None:
    written = rf"\frac{{{one.numerator}}}{{{one.denominator}}}"
    assert ask(written, str(one)).correct
    assert ask(written, str(other)).correct == (one == other)
    assert ask(str(other), written).correct == (one == other)


@given(WHOLE, WHOLE)
def test_whole_numbers(one: int, other: int) -> None:
    assert ask(f"{one:,}", str(one)).correct
    assert ask(f"x = {one}", str(one)).correct
    assert ask(str(one), str(other)).correct == (one == other)
    assert not ask(str(one + 1), str(one)).correct
    assert not ask(str(-one), str(one)).correct or one == 0


@given(st.decimals(min_value=-1000, max_value=1000, places=2), st.integers(-9, 9).filter(bool))
def test_decimals_differ_in_any_place(value: Fraction, slip: int) -> None:
    assert not ask(f"{value}{abs(slip)}", str(value)).correct
    assert not ask(str(float(value) + slip / 10), f"{value}").correct


# Not symmetric by intent: percents, decimals that are rounded, bases, values that are solved for.
SYMMETRIC = st.lists(
    st.sampled_from(
        ["1", "2", "x", "y", "+", "-", "(", ")", ",", r"\pm ", r"\{", r"\}", r"\sqrt{2}", r"\pi", "[", "]"]
    ),
    max_size=8,
).map("".join)


@settings(deadline=None)
@given(SYMMETRIC, SYMMETRIC)
def test_symmetric(one: str, other: str) -> None:
    assert ask(one, other).correct == ask(other, one).correct


def test_plain_numbers_load_no_numeric_library() -> None:
    code = """
import sys
from mathmill.eval.verify import verify
cases = [("42", "42"), ("1/2", "0.5"), (r"\\\\frac{1}{2}", "0.25"), ("1,234", "1234"),
         ("(1,2)", "(1,3)"), ("[0,1]", "(0,1)"),
         ("x+1", "x+2"), ("3.2", "3.14"), ("50\\\\%", "50"), ("1 m", "10 cm")]
for case in cases:
    verify(*case)
print(sorted({"sympy", "mpmath"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def golds() -> dict[str, list[str]]:
    """All golds of the benchmarks, by file."""
    found = {}
    for path in sorted(Path(BENCHMARKS).glob("*/*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines]
        found[f"{path.parent.name}/{path.name}"] = [str(row["answer"]) for row in rows if row.get("answer")]
    return found


@needs_benchmarks
def test_every_gold_is_its_own_answer() -> None:
    for name, answers in golds().items():
        refused = within(0.001 * max(len(answers), 200), answers.copy, _refused)
        assert not refused, (name, refused)


def _refused(golds: list[str]) -> list[str]:
    return [gold for gold in golds if not ask(gold, gold).correct]


@needs_benchmarks
def test_golds_in_a_box_with_other_looks() -> None:
    answers = golds()["math/test.jsonl.gz"]
    plain, large = "\\frac{", "\\dfrac{"
    refused = [a for a in answers if not ask(rf"$\boxed{{ {a.replace(plain, large)} }}$.", a).correct]
    assert len(refused) <= len(answers) // 1_000, refused


@needs_benchmarks
def test_golds_are_not_those_of_the_next_problem() -> None:
    for name in ("math500/test.jsonl.gz", "olympiadbench/test.jsonl.gz", "college_math/test.jsonl.gz"):
        answers = golds()[name][:700]
        paid = [pair for pair in pairwise(answers) if pair[0] != pair[1] and ask(*pair).correct]
        assert len(paid) <= len(answers) // 100, paid
