"""Made-up exercises with a worked solution and a correct final answer.

What the lessons of the made-up web are about, what a small model learns from it, and what it is examined
on. Not a benchmark of anything but the demo. Numbers and wordings are drawn at random; the same seed
gives the same Problems.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from types import MappingProxyType

from mathmill.demo import algebra, arithmetic


@dataclass(frozen=True, slots=True)
class Problem:
    """A question whose right answer is known.

    `id` is 16 hex digits of the question, so that equal questions have equal ids. In `question` and in each step of
    `solution` formulas stand between `$` (inline) or `$$` (displayed) and there is no other dollar sign.
    `answer` is LaTeX without delimiters. `subject` is a key of `SUBJECTS`.
    """

    id: str
    question: str
    answer: str
    solution: tuple[str, ...]
    subject: str


SUBJECTS: Mapping[str, arithmetic.Maker] = MappingProxyType(
    {
        "order_of_operations": arithmetic.order_of_operations,
        "word_problem": arithmetic.word_problem,
        "fraction_sum": arithmetic.fraction_sum,
        "percentage": arithmetic.percentage,
        "power_modulo": arithmetic.power_modulo,
        "common_divisor": arithmetic.common_divisor,
        "arithmetic_sequence": arithmetic.arithmetic_sequence,
        "geometric_sequence": arithmetic.geometric_sequence,
        "drawing_balls": arithmetic.drawing_balls,
        "choosing": arithmetic.choosing,
        "linear_equation": algebra.linear_equation,
        "linear_system": algebra.linear_system,
        "quadratic_equation": algebra.quadratic_equation,
        "inequality": algebra.inequality,
        "derivative": algebra.derivative,
        "integral": algebra.integral,
        "right_triangle": algebra.right_triangle,
        "circle": algebra.circle,
        "determinant": algebra.determinant,
        "logarithm": algebra.logarithm,
    }
)


def identify(question: str) -> str:
    """The id of the Problem that asks `question`."""
    return hashlib.blake2b(question.encode(), digest_size=8).hexdigest()


def make_problem(rng: Random, subject: str) -> Problem:
    """Draw one Problem of a subject.

    Raises:
        KeyError: `subject` is not in `SUBJECTS`.
    """
    draft = SUBJECTS[subject](rng)
    return Problem(identify(draft.question), draft.question, draft.answer, draft.steps, subject)


def generate_problems(count: int, *, seed: int = 0, subjects: Sequence[str] = tuple(SUBJECTS)) -> Iterator[Problem]:
    """Yield `count` Problems with different questions, the subjects in turn.

    Raises:
        ValueError: the subjects have not so many different questions.
    """
    seen: set[str] = set()
    attempts = 0
    while len(seen) < count:
        if attempts > 50 * count + 1000:
            raise ValueError(f"{', '.join(subjects)} give no {count} different questions; ask for fewer")
        problem = make_problem(Random(f"{seed}/{attempts}"), subjects[attempts % len(subjects)])
        attempts += 1
        if problem.id not in seen:
            seen.add(problem.id)
            yield problem
