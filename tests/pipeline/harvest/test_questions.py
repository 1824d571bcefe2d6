"""What questions say of themselves."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from mathmill.pipeline.harvest.questions import (
    asks,
    asks_several,
    cleaned,
    is_left_out,
    lacks_parts,
    lacks_picture,
    missing,
    wants_proof,
    wants_value,
)
from tests.effort import assert_linear

WHOLE = [
    "Find $x$ with $x+1=2$.",
    "How many of these numbers are even: $1, 2, 3$?",
    "Solve the following equations:\n\n1. $x=1$\n2. $2x=3$",
    "Which statement below is true?\n\n- $1<2$\n- $2<1$",
    "The sum is\n\n$$1+2$$\n\nWrite the above sum in another way.",
    "A book has 20 pages. How many pages of the book are even?",
    "Every digit is at most as large as the previous one. How many numbers are there?",
    "Answer the next two questions.\n\n1. What is $1+1$?\n2. What is $2+2$?",
    "You draw nine cards. How many are red?",
    "You have $20 to spend. How many books are there?",
    "Berechne $2+3$.",
    "求方程 $x+1=2$ 的解。",
]
NOT_WHOLE = [
    ("refers_elsewhere", "Use Exercise 3 to find $x$."),
    ("refers_elsewhere", "Repeat the previous problem with $n=5$."),
    ("refers_elsewhere", "Prove Theorem 2.1."),
    ("refers_elsewhere", "Find the inverse of the matrix above."),
    ("refers_elsewhere", "What did we define in class?"),
    ("refers_elsewhere", "Löse Aufgabe 4 mit $n=2$."),
    ("refers_elsewhere", "Résoudre comme dans l'exercice précédent."),
    ("refers_elsewhere", "用上题的结论求 $x$。"),
    ("needs_picture", "Find the area of the triangle shown below."),
    ("needs_picture", "How many edges has the following graph?"),
    ("needs_picture", "Is it true? What about the following three shapes?"),
    ("needs_picture", "Draw the tree."),
    ("needs_picture", "In the figure, find $x$."),
    ("needs_picture", "Sketch the graph of $y=x$."),
    ("needs_picture", "如图，求 $x$。"),
    ("incomplete", "A circle has the radius . Find its area."),
    ("incomplete", "Solve the following:"),
    ("incomplete", "Find $x"),
]


@pytest.mark.parametrize("question", WHOLE)
def test_whole_questions(question: str) -> None:
    assert missing(question) is None
    assert asks(question)


@pytest.mark.parametrize(("reason", "question"), NOT_WHOLE)
def test_questions_that_lack_something(reason: str, question: str) -> None:
    found = missing(question)
    assert found is not None and found[0] == reason


def test_what_is_asked_for() -> None:
    assert wants_proof("Show that $1+1=2$.") and wants_proof("Démontrer que $a=b$.") and wants_proof("证明 $a=b$。")
    assert not wants_proof("Find $x$.")
    assert wants_value("How many are there?") and wants_value("Сколько будет $2+2$?")
    assert asks_several("Find\n\n1. $1+1$\n2. $2+2$") and asks_several("What is $x$? What is $y$?")
    assert asks_several("Find $a$.\n\n$a =$\n\nFind $b$.\n\n$b =$")
    assert asks_several("Find $A$ and $B$.") and asks_several("How many edges and vertices has it?")
    assert asks_several("Find two terms. Then give a formula.") and asks_several("Find $A$. How many are there?")
    assert not asks_several("Find $x$. Give the answer in metres.") and not asks_several(
        "What is it? Give the residue."
    )
    assert not asks_several("What is $x$ if $y$ is $3$?")
    assert asks_several("(a) Find $x$. (B) Find $y$.")
    assert not asks("The sky is blue.")


def test_solutions_that_are_not_there() -> None:
    assert is_left_out("See Exercise 3.") and is_left_out("Left to the reader.") and is_left_out("同上")
    assert not is_left_out("See that $x=1$, so $y=2$, and thus $z=3$.")
    assert lacks_picture("We draw it:\n\nHere are two edges.") and not lacks_picture("We have:\n\n$$x=1$$\n\nSo it is.")
    assert lacks_parts("1. $a$\n2. $b$", "1. A\n2. B\n3. C") and not lacks_parts("Find $x$.", "1. First\n2. then")


def test_cleaned() -> None:
    assert cleaned("\n> Find $x$.\n> Now.\n") == "Find $x$.\nNow."
    assert cleaned("    a\n      b") == "a\n  b"
    assert cleaned("$x\\text{.}$ So $y\\text{,}$ too") == "$x$. So $y$, too"
    assert cleaned("$$x\\text{.}$$") == "$$x$$"
    assert cleaned("$$\\begin{equation*} x \\amp y\\text{.} \\end{equation*}$$") == "$$x & y$$"
    assert (
        cleaned("$\\newcommand{\\v}{\\vec{v}}x$ and $\\newcommand{\\w}{w}\\w$") == "$x$ and $\\newcommand{\\w}{w}\\w$"
    )


BLANKS = [
    lambda size: "$$\\begin{equation}" + "\t" * size + "x" + "\t" * size,
    lambda size: "$$\\begin{equation}" + " \n" * size + "\\end{equation}",
    lambda size: "\\text{." + " " * size + "x" + "\\text{}" + " " * size + "\\end{equation}",
    lambda size: "(a) (a) (a) (a) " * size,
    lambda size: "\\newcommand{\\a}{" + "{{x}y}" * size,
]


@pytest.mark.parametrize("make", BLANKS)
def test_time_is_linear(make: Callable[[int], str]) -> None:
    def read(text: str) -> None:
        cleaned(text)
        missing(text)
        asks_several(text)

    assert_linear(500, 5_000, 0.3, make, read)


@pytest.mark.parametrize(
    "text", ["\\text{" * 8_000, "$$\\begin{equation*}" * 2_000, "\\newcommand{\\a}{" * 3_000, "a " * 20_000]
)
def test_time_is_bounded(text: str) -> None:
    began = time.process_time()
    cleaned(text)
    missing(text)
    asks_several(text)
    assert time.process_time() - began < 3
