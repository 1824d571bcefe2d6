"""Which solved Problems stand before the one that is asked."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from mathmill.data.errors import ConfigError
from mathmill.data.problems import Problem
from mathmill.data.terminal import one_line
from mathmill.eval.tasks.task import Shots


def shot_pool(wanted: Shots, found: Sequence[Problem]) -> list[Problem]:
    """The shots that may be drawn from all that a source holds: repaired, without what the prompt says itself.

    Raises:
        ConfigError: there are too few, or one has no solution, or does not begin as all have to.
    """
    if len(found) < wanted.number:
        raise ConfigError(
            f"{wanted.number} shots are wanted and {wanted.source.key} has {len(found)}: name a source that has more"
        )
    return [_made_ready(shot, wanted) for shot in found]


def _made_ready(shot: Problem, wanted: Shots) -> Problem:
    worked = solution(shot)
    if not worked.strip():
        raise ConfigError(
            f"the shot {one_line(shot.id, 80)} has no worked solution: name the column that holds solutions"
        )
    question = _without(wanted.question_prefix, _repaired(shot.question, wanted), shot.id)
    worked = _without(wanted.solution_prefix, _repaired(worked, wanted), shot.id)
    return Problem(shot.id, question, shot.gold, {**shot.meta, "solution": worked})


def _repaired(text: str, wanted: Shots) -> str:
    for repair in wanted.repairs:
        text = text.replace(repair.old, repair.new)
    return text


def _without(prefix: str, text: str, name: str) -> str:
    if not text.startswith(prefix):
        raise ConfigError(
            f"the shot {one_line(name, 80)} begins with {text[: len(prefix)]!r} where all begin with {prefix!r}: "
            "name the source of shots that the task was made for"
        )
    return text[len(prefix) :]


def solution(shot: Problem) -> str:
    """The worked solution of a shot, empty if it has none."""
    worked = shot.meta.get("solution")
    return worked if isinstance(worked, str) else ""


def draw(wanted: Shots, pool: Sequence[Problem], asked: Sequence[Problem]) -> Iterator[Sequence[Problem]]:
    """The shots of each Problem that is asked, in their order; a Problem is never its own shot.

    Seeded draws are those of lm-evaluation-harness 0.4 (`ContextSampler.sample`): one `random.Random(seed)` is asked
    once a Problem, in the order of the data. There a limit keeps the draws, and a choice of Problems or more than one
    process does not; here only a Problem's place among `asked` counts.

    Where a Problem is among its own shots, of a fixed list it is left out, and the next of the list stands in if there
    is one; a seeded draw is made again for that Problem alone, from the others. The harness leaves it where it is,
    unless shots come from the split that is tested.
    """
    places: dict[str, set[int]] = {}
    for place, shot in enumerate(pool):
        places.setdefault(_words(shot), set()).add(place)
    seeded = random.Random(wanted.seed) if wanted.draw == "seeded" else None
    for problem in asked:
        chosen: Sequence[int] = range(wanted.number)
        if seeded is not None:
            chosen = seeded.sample(range(len(pool)), wanted.number)
        itself = places.get(_words(problem), set())
        if not itself.isdisjoint(chosen):
            others = [place for place in range(len(pool)) if place not in itself]
            if seeded is not None:
                random.Random(f"{wanted.seed} {problem.id}").shuffle(others)
            chosen = others[: wanted.number]
        yield [pool[place] for place in chosen]


def _words(problem: Problem) -> str:
    """What makes two questions one: their text without regard to spaces and line breaks."""
    return " ".join(problem.question.split())
