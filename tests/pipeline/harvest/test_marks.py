"""Which lines mark exercises, solutions and answers, and which only look so."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mathmill.pipeline.harvest.marks import marks_in

MARKS = [
    ("### Exercise 1.2", ("problem", "1.2", "")),
    ("#### Exercise 23.", ("problem", "23", "")),
    ("Exercise 3 (hard). Find", ("problem", "3", "Find")),
    ("Problem: Given a list", ("problem", "", "Given a list")),
    ("Problem 1 Find the", ("problem", "1", "Find the")),
    ("### Aufgabe 3", ("problem", "3", "")),
    ("Ejercicio 3: Calcular", ("problem", "3", "Calcular")),
    ("练习 3.2：求", ("problem", "3.2", "求")),
    ("Example 1: Find", ("example", "1", "Find")),
    ("例 3 求值", ("example", "3", "求值")),
    ("예제 1.", ("example", "1", "")),
    ("Solution.", ("solution", "", "")),
    ("## Solution", ("solution", "", "")),
    ("**Solution:** foo", ("solution", "", "foo")),
    ("## Solution to Exercise 3", ("solution", "3", "")),
    ("Lösung: x", ("solution", "", "x")),
    ("Решение. Пусть", ("solution", "", "Пусть")),
    ("解：由题意", ("solution", "", "由题意")),
    ("Answer: 42", ("answer", "", "42")),
    ("Final answer: $5$.", ("answer", "", "$5$.")),
    ("Ответ: $5$.", ("answer", "", "$5$.")),
    ("答案：5", ("answer", "", "5")),
    ("Hint. foo", ("hint", "", "foo")),
    ("Show the solution", ("solution", "", "")),
    ("Click to see the answer", ("answer", "", "")),
    ("点击查看答案", ("answer", "", "")),
    ("Proof.", ("proof", "", "")),
    ("Definition 3.", ("boundary", "3", "")),
    ("### Exercises Practice Problems", ("problems", "", "")),
    ("### 4.1 Exercises", ("problems", "", "")),
    ("1.2 Solutions", ("solutions", "", "")),
    ("#### 1.", ("item", "1", "")),
    ("1. Find x", ("item", "1", "Find x")),
    ("(12) Find x", ("item", "12", "Find x")),
    ("## Problem formulation", ("heading", "", "")),
    ("## Example tasks", ("heading", "", "")),
]
PROSE = [
    *(
        "Example 3 shows that",
        "Solutions of ODEs",
        "A problem. foo",
        "Note that",
        "The answer is 5",
        "题",
        "例如，闭形式",
    ),
    *(
        "解得 $x=1$",
        "例えば",
        "solution. It was broken here",
        "Answering: well",
        "Problematic. Yes",
        "2024",
        "- Solution of it",
    ),
]


@pytest.mark.parametrize(("line", "expected"), MARKS)
def test_marks(line: str, expected: tuple[str, str, str]) -> None:
    (mark,) = marks_in(line)
    assert (mark.kind, mark.number, line[mark.body :]) == expected


@pytest.mark.parametrize("line", PROSE)
def test_prose_is_no_mark(line: str) -> None:
    assert not list(marks_in(line))


def test_lines_of_code_mark_nothing() -> None:
    text = "```\nSolution.\n# Example 1\n```\n\nSolution.\n\n~~~\nAnswer: 1\n"
    assert [mark.start for mark in marks_in(text)] == [text.rindex("Solution")]


@given(st.text(alphabet=st.sampled_from("Solutin.Aswer: 123#\n-*>`$(解答)"), max_size=300))
def test_marks_are_in_order_and_inside(text: str) -> None:
    marks = list(marks_in(text))
    assert [mark.start for mark in marks] == sorted({mark.start for mark in marks})
    assert all(mark.start <= mark.body <= mark.line_end <= len(text) for mark in marks)
