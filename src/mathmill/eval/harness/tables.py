"""The two tables of a finished benchmark, as Parquet: a row a completion, and a row a Problem."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from mathmill.data.problems import Problem
from mathmill.data.tables import ask
from mathmill.eval.harness.graded import Graded
from mathmill.eval.models.base import Prompt

#: Column -> (Arrow type, what it holds).
COMPLETIONS: dict[str, tuple[str, str]] = {
    "problem": ("string", "id of the Problem"),
    "sample": ("int32", "number of the completion, from 0"),
    "text": ("string", "what the model said, up to the stop string"),
    "finish": ("string", "stop, eos or length (truncated)"),
    "tokens": ("int32", "tokens that it made"),
    "answer": ("string", "the final answer that was found, as it is written; null where there is none"),
    "rule": ("string", "how it was found: box, hash, final, phrase or last"),
    "outcome": ("string", "verdict; only `correct` counts"),
    "method": ("string", "the rung of the judge that decided"),
    "detail": ("string", "what it saw"),
    "strict": ("bool", "correct, and written in the task's own form"),
    "vote": ("int32", "number of the class of equal answers it votes for; null where it does not vote"),
}
PROBLEMS: dict[str, tuple[str, str]] = {
    "id": ("string", "id of the Problem"),
    "question": ("string", "the question"),
    "gold": ("string", "the reference answer"),
    "solution": ("string", "the reference solution, where known"),
    "subject": ("string", "its subject, where known"),
    "level": ("string", "its level, where known"),
    "prompt": ("string", "what the model was given: a text, or a chat as JSON"),
    "completions": ("int32", "completions of it"),
    "correct": ("int32", "correct ones by flexible extraction"),
    "strict": ("int32", "correct ones in the task's own form"),
    "truncated": ("int32", "truncated ones"),
    "voted": ("string", "answer with most votes; null where none votes"),
    "voted_correct": ("bool", "whether it is correct"),
    "contaminated": ("bool", "whether the corpus has this Problem's text; null where nobody looked or could look"),
    "contaminated_by": ("string", "JSON: document, url, kind and matched text"),
}

#: What is known of some Problems and not of others: keys of `Problem.meta` and columns.
KNOWN = ("solution", "subject", "level")


def completion_rows(
    graded: Mapping[str, Sequence[Graded]], votes: Mapping[str, Sequence[int | None]]
) -> Iterator[dict[str, Any]]:
    """Rows of the table of completions, in the order of Problems and samples."""
    for problem, each in graded.items():
        for one, vote in zip(each, votes[problem], strict=True):
            yield {name: getattr(one, name) for name in COMPLETIONS if name != "vote"} | {"vote": vote}


def shown_prompt(prompt: Prompt) -> str:
    """A prompt as one text: a chat is JSON of its messages."""
    if isinstance(prompt.given, str):
        return prompt.given
    return orjson.dumps([{"role": each.role, "content": each.content} for each in prompt.given]).decode()


def described(problem: Problem) -> dict[str, str | None]:
    """What a row says of a Problem itself."""
    known = {name: problem.meta.get(name) for name in KNOWN}
    said = {name: None if value is None else str(value) for name, value in known.items()}
    return {"id": problem.id, "question": problem.question, "gold": problem.gold, **said}


def problems_asked(folder: Path) -> tuple[tuple[Problem, ...], tuple[str, ...]]:
    """The Problems of a finished benchmark, and the prompt of each as text.

    Raises:
        InputMissing, DamagedInput: as `graded_of`.
    """
    names = ", ".join(("id", "question", "gold", "prompt", *KNOWN))
    rows = ask(folder, "problems", f"SELECT {names} FROM problems", {})  # noqa: S608
    problems = (
        Problem(row["id"], row["question"], row["gold"], {name: row[name] for name in KNOWN if row[name] is not None})
        for row in rows
    )
    return tuple(problems), tuple(row["prompt"] for row in rows)


def graded_of(folder: Path, with_text: bool = True) -> list[Graded]:
    """Every judged completion of a finished benchmark, in the order of Problems and samples.

    Without their texts, which are most of what they take, those are empty.

    Raises:
        InputMissing: there is none.
        DamagedInput: its table cannot be read.
    """
    texts = "text" if with_text else "'' AS text"
    names = ", ".join(texts if name == "text" else name for name in COMPLETIONS if name != "vote")
    return [Graded(**row) for row in ask(folder, "completions", f"SELECT {names} FROM completions", {})]  # noqa: S608


def golds_of_run(folder: Path) -> dict[str, str]:
    """The gold of each Problem of a finished benchmark.

    Raises:
        InputMissing, DamagedInput: as `graded_of`.
    """
    return {row["id"]: row["gold"] for row in ask(folder, "problems", "SELECT id, gold FROM problems", {})}
