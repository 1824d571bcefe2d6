"""A model that says what was written down for it, and a folder of Problems to ask it."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Generator, Mapping, Sequence
from pathlib import Path

import orjson

from mathmill.data.errors import ConfigError
from mathmill.eval.models.base import Completion, Prompt, Sampling

TASKS = Path(__file__).parent / "tasks.toml"


class Replay:
    """Says of a Problem what `said` has for it, the last first; `asked` are the ids in the order in which it was."""

    def __init__(
        self,
        said: Mapping[str, Sequence[Completion]],
        name: str = "replay",
        template: bool = False,
        interrupt: Callable[[int], None] = lambda answered: None,
    ) -> None:
        self._said, self._name, self._interrupt = said, name, interrupt
        self.has_chat_template = template
        self.notes: Sequence[str] = ()
        self.asked: list[str] = []

    @property
    def facts(self) -> Mapping[str, str]:
        return {"name": self._name, "backend": "replay"}

    def check(self, prompts: Sequence[Prompt], sampling: Sampling) -> None:
        longest = max(len(prompt.given) for prompt in prompts)
        if longest + sampling.max_new_tokens > 10_000:
            raise ConfigError("the context is too short")

    def generate(
        self, prompts: Sequence[Prompt], sampling: Sampling
    ) -> Generator[tuple[int, tuple[Completion, ...]], None, None]:
        for answered, position in enumerate(reversed(range(len(prompts)))):
            self._interrupt(answered)
            self.asked.append(prompts[position].id)
            yield position, tuple(self._said[prompts[position].id][: sampling.n])

    def close(self) -> None:
        self.asked.append("closed")


QUESTIONS = [
    ("What is 1 + 1?", "2", "sums", 1),
    ("What is 2 + 3?", "5", "sums", 1),
    ("What is a half of a half?", r"\frac{1}{4}", "fractions", 2),
    ("What is $2^{10}$?", "1024", "powers", 2),
    ("What is one less than nothing?", "-1", "sums", None),
    ("What is ten times ten?", "100", "powers", 1),
]


def write_problems(folder: Path) -> Path:
    """A data folder with one set of six Problems, and its shots."""
    rows = [
        {"id": f"own/test/{n}", "question": question, "answer": gold, "subject": subject}
        | ({} if level is None else {"level": level})
        for n, (question, gold, subject, level) in enumerate(QUESTIONS)
    ]
    shots = [
        {"id": f"own/shots/{n}", "question": f"What is {n} + 0?", "answer": str(n), "solution": f"The answer is {n}."}
        for n in (7, 8)
    ]
    for name, lines in (("test", rows), ("shots", shots)):
        path = folder / "own" / f"{name}.jsonl.gz"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(b"".join(orjson.dumps(line) + b"\n" for line in lines), mtime=0))
    return folder


def said(*texts: str, finish: str = "stop") -> list[Completion]:
    """Completions with these texts, a token a word."""
    return [Completion(text, finish, len(text.split())) for text in texts]  # type: ignore[arg-type]


#: Two samples for each Problem: correct ones in the task's form, in another one, wrong, none, and truncated.
ANSWERS: Mapping[str, Sequence[Completion]] = {
    "own/test/0": said(" The answer is 2.", " The answer is 3."),
    "own/test/1": said(r" It is $\boxed{5}$.", " The answer is 5."),
    "own/test/2": said(" The answer is 0.25.", " The answer is 1/4."),
    "own/test/3": said(" The answer is 1000.", " I do not know."),
    "own/test/4": said(" nobody knows", " The answer is -1."),
    "own/test/5": said(" ten times ten is ten and ten and", " The answer is 100.", finish="length"),
}
