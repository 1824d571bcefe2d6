"""Every answer of the demo's problems is worked out again, from the question's text, by sympy and fractions."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
import sympy

from mathmill.demo.formula import parse
from mathmill.demo.markup import split_math
from mathmill.demo.problems import SUBJECTS, Problem, generate_problems

X = sympy.Symbol("x")


def value(latex: str) -> Any:
    """A formula of ours as a sympy expression: rewritten to Python notation, then parsed; it is our own text."""
    text = latex.replace("\\cdot", "*").replace("\\pi", "pi").replace("{", "(").replace("}", ")")
    text = re.sub(r"\\frac\(([^()]*)\)\(([^()]*)\)", r"(Integer(\1)/Integer(\2))", text)
    text = re.sub(r"(\d|\))(?=[xyp])", r"\1*", text)
    return sympy.sympify(text.replace("^", "**"))


def formulas(problem: Problem) -> list[str]:
    return [part for kind, part in split_math(problem.question) if kind != "text"]


def numbers(problem: Problem) -> list[int]:
    return [int(digits) for digits in re.findall(r"-?\d+", problem.question)]


def computed(problem: Problem) -> Any:
    return value(formulas(problem)[0])


def stock(problem: Problem) -> int:
    groups, each, lost, gained = numbers(problem)
    return groups * each - lost + gained


def reduced(problem: Problem) -> Fraction:
    price, percent = numbers(problem)
    return Fraction(price) * (1 - Fraction(percent, 100))


def residue(problem: Problem) -> int:
    base, exponent, modulus = numbers(problem)
    return int(base**exponent % modulus)


def sequence(problem: Problem) -> Any:
    a, b, c, index = numbers(problem)
    terms, count = [a, b, c], index
    while len(terms) < count:
        terms.append(terms[-1] + (b - a) if c - b == b - a else terms[-1] * b // a)
    return sum(terms[:count]) if "sum" in problem.question else terms[count - 1]


def both(problem: Problem) -> Fraction:
    red, blue = numbers(problem)
    balls = ["red"] * red + ["blue"] * blue
    wanted = problem.question.rstrip("?").split()[-1]
    pairs = [(i, j) for i in range(len(balls)) for j in range(len(balls)) if i != j]
    return Fraction(sum(balls[i] == balls[j] == wanted for i, j in pairs), len(pairs))


def equation(latex: str) -> Any:
    left, right = latex.split(" = ")
    return sympy.Eq(value(left), value(right))


def solved(problem: Problem) -> Any:
    return sympy.solve(equation(formulas(problem)[-1]), X)[0]


def pair(problem: Problem) -> Any:
    y = sympy.Symbol("y")
    solution = sympy.solve([equation(latex) for latex in formulas(problem)[:2]], [X, y])
    return (solution[X], solution[y])


def root(problem: Problem) -> Any:
    roots = sympy.solve(equation(formulas(problem)[0]), X)
    return max(roots) if "larger" in problem.question else min(roots)


def half_line(problem: Problem) -> Any:
    left, sign, right = re.split(r" (<|>|\\le|\\ge) ", formulas(problem)[1])
    relation = {"<": "<", ">": ">", "\\le": "<=", "\\ge": ">="}[sign]
    return sympy.solve_univariate_inequality(
        sympy.Rel(value(left), value(right), relation), X, relational=False, domain=sympy.S.Reals
    )


def slope(problem: Problem) -> Any:
    function = next(latex for latex in formulas(problem) if latex.startswith("f(x)")).removeprefix("f(x) = ")
    derivative = sympy.diff(value(function), X)
    point = re.search(r"f'\((-?\d+)\)", problem.question)
    return derivative.subs(X, int(point[1])) if point else derivative


def area(problem: Problem) -> Any:
    low, high, inner = re.findall(r"\\int_\{(-?\d+)\}\^\{(-?\d+)\} \((.*)\) \\, dx", problem.question)[0]
    return sympy.integrate(value(inner), (X, int(low), int(high)))


def side(problem: Problem) -> Any:
    first, second = numbers(problem)
    return sympy.sqrt(first**2 - second**2 if "other leg" in problem.question else first**2 + second**2)


def round_measure(problem: Problem) -> Any:
    radius = numbers(problem)[0]
    return sympy.pi * radius**2 if "area" in problem.question else 2 * sympy.pi * radius


def logarithms(problem: Problem) -> Any:
    base, x, mark, second_base, y = re.findall(r"log_\{(\d+)\} (\d+) ([+-]) \\log_\{(\d+)\} (\d+)", problem.question)[0]
    assert base == second_base
    other = sympy.log(int(y), int(base))
    return sympy.simplify(sympy.log(int(x), int(base)) + (other if mark == "+" else -other))


SOLVERS: dict[str, Callable[[Problem], Any]] = {
    "order_of_operations": computed,
    "word_problem": stock,
    "fraction_sum": computed,
    "percentage": reduced,
    "power_modulo": residue,
    "common_divisor": lambda problem: sympy.gcd(*numbers(problem)),
    "arithmetic_sequence": sequence,
    "geometric_sequence": sequence,
    "drawing_balls": both,
    "choosing": lambda problem: sympy.binomial(*numbers(problem)),
    "linear_equation": solved,
    "linear_system": pair,
    "quadratic_equation": root,
    "inequality": half_line,
    "derivative": slope,
    "integral": area,
    "right_triangle": side,
    "circle": round_measure,
    "determinant": lambda problem: sympy.Matrix(2, 2, numbers(problem)).det(),
    "logarithm": logarithms,
}


def stated(problem: Problem) -> Any:
    """The problem's own answer in the form that its solver gives."""
    if problem.subject == "linear_system":
        return tuple(int(number) for number in problem.answer.strip("()").split(", "))
    if problem.subject == "inequality":
        _, sign, bound = problem.answer.split(" ")
        relation = {"<": "<", ">": ">", "\\le": "<=", "\\ge": ">="}[sign]
        return sympy.Rel(X, value(bound), relation).as_set()
    return value(problem.answer.removeprefix("x = "))


def test_every_subject_has_a_solver() -> None:
    assert set(SOLVERS) == set(SUBJECTS)


@pytest.mark.parametrize("subject", SUBJECTS)
def test_answers_are_right(subject: str) -> None:
    for problem in generate_problems(30, seed=11, subjects=[subject]):
        difference = SOLVERS[subject](problem), stated(problem)
        if subject in ("inequality", "linear_system"):
            assert difference[0] == difference[1], problem
        else:
            assert sympy.simplify(sympy.nsimplify(difference[0]) - difference[1]) == 0, problem


@pytest.mark.parametrize("subject", SUBJECTS)
def test_solutions_end_at_the_answer_and_every_formula_is_readable(subject: str) -> None:
    for problem in generate_problems(30, seed=12, subjects=[subject]):
        for text in (problem.question, *problem.solution, f"${problem.answer}$"):
            assert text.count("$") % 2 == 0
            for kind, part in split_math(text):
                if kind != "text":
                    parse(part)
        last = problem.solution[-1] + problem.solution[-2]
        assert subject == "linear_system" or problem.answer in last, problem


NUMERIC = re.compile(r"(?:\\frac|\\cdot|[-+0-9 (){}^])+")


def test_steps_are_true() -> None:
    """Sides of an equation that are made of numbers only are equal."""
    chains = 0
    for problem in generate_problems(600, seed=13):
        for step in problem.solution:
            for _, latex in split_math(step):
                sides = [value(side) for side in latex.split(" = ") if NUMERIC.fullmatch(side)]
                assert len(set(sides)) <= 1, (problem, latex)
                chains += len(sides) > 1
    assert chains > 500


def test_problems_differ_and_repeat_with_the_seed() -> None:
    once = list(generate_problems(300, seed=5))
    assert once == list(generate_problems(300, seed=5))
    assert len({problem.id for problem in once}) == len({problem.question for problem in once}) == 300
    assert {problem.subject for problem in once} == set(SUBJECTS)
    other = {problem.id for problem in generate_problems(300, seed=6)}
    assert len(other - {problem.id for problem in once}) > 200


def test_a_subject_that_runs_out_says_so() -> None:
    with pytest.raises(ValueError, match="circle give no 1000 different questions"):
        list(generate_problems(1000, subjects=["circle"]))
