from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mathmill.data.gold_rules import GoldRule, gold_of, last_box, plain_number, rule_for
from mathmill.data.problems import load_problems, load_source
from tests.shared import BENCHMARKS, needs_benchmarks

CASES: list[tuple[GoldRule, Any, str]] = [
    ("column", "18", "18"),
    ("column", " 18\n", "18"),
    ("column", 18, "18"),
    ("column", 18.0, "18"),
    ("column", -9867630.0, "-9867630"),
    ("column", 3244047.0999999996, "3244047.0999999996"),
    ("column", 1e22, "10000000000000000000000"),
    ("column", Decimal("18.50"), "18.5"),
    ("column", Decimal("1E+3"), "1000"),
    ("column", ["1", 2, None, 3.0], "1, 2, 3"),
    ("column", ["(1,8,19), (2,7,13)"], "(1,8,19), (2,7,13)"),
    ("column", [], ""),
    ("column", None, ""),
    ("column", "025", "025"),
    ("number", "51.0", "51"),
    ("number", "1,000.50", "1000.5"),
    ("number", "-0.5", "-0.5"),
    ("number", "1/2", "1/2"),
    ("number", "NaN", "NaN"),
    ("number", "1e999999999", "1e999999999"),
    ("number", "500", "500"),
    ("unit", "9 (apples)", "9"),
    ("unit", "5 (years old); 20 (years old)", "5 (years old); 20"),
    ("unit", "9", "9"),
    ("hash", "2 + 2\n#### 4", "4"),
    ("hash", "#### 1\n#### 1,234,567", "1234567"),
    ("hash", "#### 1,23", "1,23"),
    ("hash", "#### -$2,000", "-$2000"),
    ("hash", "no answer", ""),
    ("hash", "####  ", ""),
    ("last_box", r"$\boxed{1}$ and $\boxed{\frac{1}{2}}$", r"\frac{1}{2}"),
    ("last_box", r"$\boxed 5$ apples", "5"),
    ("last_box", r"\boxed { 5 }", "5"),
    ("last_box", r"\boxed{\left\{1, 2\right.}", r"\left\{1, 2\right."),
    ("last_box", r"\boxed{}", ""),
    ("last_box", r"\boxed{1", ""),
    ("last_box", r"\boxedx{1}", ""),
    ("last_box", "none", ""),
    ("phrase", "So 2 + 2 = 4. The answer is 4.", "4"),
    ("phrase", "The answer is 4.5.", "4.5"),
    ("phrase", "It is 4.", ""),
]


@pytest.mark.parametrize(("rule", "cell", "gold"), CASES)
def test_a_cell_has_the_gold_that_its_rule_finds(rule: GoldRule, cell: Any, gold: str) -> None:
    assert gold_of(cell, rule) == gold


@pytest.mark.parametrize("cell", [True, {"a": 1}, float("nan"), float("inf"), b"1", [{}]])
def test_what_is_no_answer_is_refused(cell: Any) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        gold_of(cell, "column")


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**12), max_value=10**12))
def test_plain_numbers_keep_their_value(number: Decimal) -> None:
    written = plain_number(f"{number:,f}")
    assert Decimal(written) == number
    assert "," not in written and plain_number(written) == written


@given(st.recursive(st.sampled_from(["x", r"\{", r"\}", " "]), lambda inner: inner.map(lambda text: f"{{{text}}}y")))
def test_a_box_holds_what_was_put_in(inside: str) -> None:
    assert last_box(rf"\boxed{{1}} so \boxed{{{inside}}} $x$") == inside.strip()


def test_a_hostile_solution_costs_little() -> None:
    assert last_box(r"\boxed{" * 50_000) == ""
    assert gold_of("####" * 100_000, "hash") == ""


@needs_benchmarks
@pytest.mark.parametrize(
    ("key", "rule", "differ"),
    [
        ("gsm8k/train", "hash", set()),
        ("gsm8k/test", "hash", set()),
        ("math/train", "last_box", {"math/train/5341", "math/train/5343"}),  # empty boxes: see sources.toml
        ("math/test", "last_box", set()),
        ("minerva_math/test", "last_box", set()),
        ("fewshot/gsm8k_cot_8shot", "phrase", set()),
        ("fewshot/minerva_math_4shot", "last_box", set()),
    ],
)
def test_rules_agree_with_published_answers(key: str, rule: GoldRule, differ: set[str]) -> None:
    problems = load_problems(load_source(key), Path(BENCHMARKS)).problems
    assert {problem.id for problem in problems if gold_of(problem.meta["solution"], rule) != problem.gold} == differ


@pytest.mark.parametrize(
    ("gold", "rule"),
    [
        ("Nine times two.\n#### 18", "hash"),
        (r"We add: $2+2=\boxed{4}$.", "last_box"),
        (r"\boxed{4}", None),
        (r"$\boxed{4}$", None),
        ("18", None),
        (r"\boxedcost", None),
        ("the number 4", None),
    ],
)
def test_whole_solutions_are_told_from_answers(gold: str, rule: str | None) -> None:
    assert rule_for(gold) == rule
