"""The articles of the made-up web: what a page says, before anything is put around it.

A lesson, a sheet of exercises, a worked solution or a question with its accepted answer. An Article knows its formulas
in reading order and its Problems, so that extraction and harvest can be measured against them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from random import Random

from mathmill.demo.languages import exercise_words, foreign_problem, mathematics_text, plain_text
from mathmill.demo.lessons import LESSONS, REMARKS
from mathmill.demo.markup import Markup, split_math, write_html
from mathmill.demo.problems import SUBJECTS, Problem, make_problem
from mathmill.demo.unrelated import make_unrelated

MATHEMATICS_KINDS = ("lesson", "exercises", "worked_solutions", "question")
RAW = "html"  # the tag of a block that is HTML already and has no formulas

Block = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Article:
    """A title and blocks of (tag, text); in the text formulas stand between dollar signs unless the tag is `RAW`."""

    title: str
    blocks: tuple[Block, ...]
    topic: str
    language: str = "en"
    problems: tuple[Problem, ...] = ()
    head: str = ""

    def formulas(self) -> list[tuple[str, bool]]:
        """The LaTeX of every formula in reading order, and whether it is displayed."""
        return [
            (part, kind == "display")
            for tag, text in self.blocks
            if tag != RAW
            for kind, part in split_math(text)
            if kind != "text"
        ]

    def html(self, markup: Markup) -> str:
        """The article's body."""
        return "\n".join(text if tag == RAW else _block(tag, text, markup) for tag, text in self.blocks)


_BLOCK_START = re.compile(r"<(?:div|table|p)\b")


def _block(tag: str, text: str, markup: Markup) -> str:
    """One block element; a displayed formula that is a block itself does not stand inside a paragraph."""
    if tag != "p":
        return f"<{tag}>{write_html(text, markup)}</{tag}>"
    done, line = "", ""
    for kind, part in split_math(text):
        html = escape(part, quote=False) if kind == "text" else markup.write(part, kind == "display")
        if kind == "display" and _BLOCK_START.match(html):
            done += (f"<p>{line}</p>\n" if line.strip() else "") + html + "\n"
            line = ""
        else:
            line += html
    return (done + (f"<p>{line}</p>" if line.strip() else "")).rstrip("\n")


def make_mathematics(rng: Random, kind: str) -> Article:
    """Draw an article about mathematics in English.

    Raises:
        KeyError: `kind` is not in `MATHEMATICS_KINDS`.
    """
    makers = {"lesson": _lesson, "exercises": _exercises, "worked_solutions": _worked, "question": _question}
    return makers[kind](rng, rng.choice(tuple(SUBJECTS)))


def _problems(rng: Random, subject: str, count: int) -> tuple[Problem, ...]:
    drawn: dict[str, Problem] = {}
    for _ in range(count):
        problem = make_problem(rng, subject)
        drawn[problem.id] = problem
    return tuple(drawn.values())


def _solution(problem: Problem, answer: str) -> list[Block]:
    return [*(("p", step) for step in problem.solution), ("p", f"{answer} ${problem.answer}$.")]


def _lesson(rng: Random, subject: str) -> Article:
    title, paragraphs = LESSONS[subject]
    kept = sorted(rng.sample(range(len(paragraphs)), 2))
    remarks = rng.sample(REMARKS, 3)
    problems = _problems(rng, subject, rng.randint(2, 3))
    blocks: list[Block] = [("p", remarks[0])]
    for index, remark in zip(kept, remarks[1:], strict=True):
        blocks += [("p", paragraphs[index]), ("p", remark)]
    for number, problem in enumerate(problems, 1):
        blocks += [("h2", f"Example {number}"), ("p", problem.question), *_solution(problem, "Answer:")]
    if rng.random() < 0.3:
        blocks.append(_value_table(rng))
    return Article(title, tuple(blocks), subject, problems=problems)


def _value_table(rng: Random) -> Block:
    a, b = rng.randint(2, 9), rng.randint(1, 9)
    cells = "".join(f"<tr><td>{x}</td><td>{a * x + b}</td></tr>" for x in range(5))
    return RAW, f"<p>A table of values:</p>\n<table><tr><th>x</th><th>{a}x + {b}</th></tr>{cells}</table>"


def _exercises(rng: Random, subject: str) -> Article:
    problems = _problems(rng, subject, rng.randint(5, 8))
    if rng.random() < 0.5:
        return _exercise_sheet(subject, problems)
    blocks: list[Block] = []
    for number, problem in enumerate(problems, 1):
        blocks += [("h3", f"Exercise {number}"), ("p", problem.question), ("h4", "Solution")]
        blocks += _solution(problem, "The answer is")
    return Article(f"Exercises: {LESSONS[subject][0]}", tuple(blocks), subject, problems=problems)


def _exercise_sheet(subject: str, problems: tuple[Problem, ...]) -> Article:
    blocks: list[Block] = [("p", "Solve without a calculator. The solutions stand below."), (RAW, "<ol>")]
    blocks += [("li", problem.question) for problem in problems]
    blocks += [(RAW, "</ol>"), ("h2", "Solutions"), (RAW, "<ol>")]
    blocks += [("li", f"{' '.join(problem.solution)} Answer: ${problem.answer}$") for problem in problems]
    return Article(f"Exercise sheet: {LESSONS[subject][0]}", (*blocks, (RAW, "</ol>")), subject, problems=problems)


def _worked(rng: Random, subject: str) -> Article:
    problems = _problems(rng, subject, 2)
    blocks: list[Block] = [("p", rng.choice(REMARKS))]
    for problem in problems:
        blocks += [("h2", "Problem"), ("p", problem.question), ("h2", "Solution")]
        blocks += [*_solution(problem, "Final answer:"), ("p", rng.choice(REMARKS))]
    return Article(f"{LESSONS[subject][0]} step by step", tuple(blocks), subject, problems=problems)


def _question(rng: Random, subject: str) -> Article:
    problems = _problems(rng, subject, 1)
    title, paragraphs = LESSONS[subject]
    opening = rng.choice(
        (
            "This is from my homework and I do not see how to begin.",
            "I got a different result from the book and cannot find my mistake.",
            "Could somebody explain every step, please?",
        )
    )
    blocks: list[Block] = [("p", problems[0].question), ("p", opening), ("h2", "1 Answer"), ("p", "Accepted answer")]
    blocks += [("p", rng.choice(paragraphs)), *_solution(problems[0], "So the answer is")]
    return Article(f"How do I solve this? ({title.lower()})", tuple(blocks), subject, problems=problems)


def make_foreign_mathematics(rng: Random, language: str) -> Article:
    """Draw a lesson with exercises in a language other than English."""
    title, paragraphs = mathematics_text(language)
    problems = tuple(foreign_problem(language, rng) for _ in range(rng.randint(4, 7)))
    exercise, solution, answer = exercise_words(language)
    kept = sorted(rng.sample(range(len(paragraphs)), 2))
    blocks: list[Block] = [("p", paragraphs[index]) for index in kept]
    for number, problem in enumerate(problems, 1):
        blocks += [("h3", f"{exercise} {number}"), ("p", problem.question), ("h4", solution)]
        blocks += _solution(problem, f"{answer}:")
    return Article(title, tuple(blocks), "linear_equation", language, problems)


def make_foreign_plain(language: str, number: int) -> Article:
    """A page without mathematics in a language other than English; numbers up to twenty give different ones."""
    title, paragraphs = plain_text(language, number)
    return Article(title, tuple(("p", paragraph) for paragraph in paragraphs), "plain", language)


def make_plain(rng: Random, kind: str) -> Article:
    """Draw an article that is not mathematics, in English; `kind` is one of `mathmill.demo.unrelated.KINDS`."""
    text = make_unrelated(rng, kind)
    return Article(text.title, tuple((RAW, block) for block in text.blocks), kind, head=text.head)
