r"""Rows become what is said: a chat, a prompt with its completion, or a text.

A solution may be a chain of thought, a program (```python .. ```), or both by turns with what an interpreter printed
(```output .. ```, or turns of the role `tool`), which is never trained (`mathmill.train.batch.tool_output`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from mathmill.data.gold_rules import gold_of, last_box, text_of
from mathmill.data.problems import Problem
from mathmill.eval.models.base import Message
from mathmill.eval.tasks.find import find_task
from mathmill.eval.tasks.prompts import build_prompts
from mathmill.train.batch.chats import Turns
from mathmill.train.batch.examples import DroppedExample
from mathmill.train.sources.settings import QUESTION, Form, TuningColumns, TuningSource

# Words in which problems are asked where nobody says others: those of the benchmark gsm8k-5shot, in a chat none.
_PLAIN, _CHAT = f"Question: {QUESTION}\nAnswer:", QUESTION
_ROLES = {
    **dict.fromkeys(("system", "developer"), "system"),
    **dict.fromkeys(("user", "human", "prompter"), "user"),
    **dict.fromkeys(("assistant", "gpt", "model", "bot"), "assistant"),
    **dict.fromkeys(("tool", "ipython", "function", "observation"), "tool"),
}
_MARKS = re.compile(r"<<[^<>\n]*>>")


@dataclass(frozen=True, slots=True)
class Chat:
    """Turns, of which the assistant's are trained."""

    messages: tuple[Message, ...]
    turns: Turns


@dataclass(frozen=True, slots=True)
class Told:
    """A prompt, and the completion that is trained."""

    prompt: str
    completion: str


@dataclass(frozen=True, slots=True)
class Whole:
    """A text, all of it trained."""

    text: str


#: What a row says, and with which question: rows of one question are never on both sides of a division.
Said = tuple[Chat | Told | Whole, str]


class Unfit(Exception):  # it becomes a DroppedExample, and no error
    """A row that nothing can be made of: `reason` of a DroppedExample, and evidence."""

    def __init__(self, reason: Any, evidence: str) -> None:
        super().__init__(evidence)
        self.reason, self.evidence = reason, evidence


class RowReader:
    """Reads the rows of a source. `chats` is whether the model has a chat template."""

    def __init__(self, source: TuningSource, chats: bool) -> None:
        """May raise ConfigError: no benchmark is called so."""
        self._source, self.chats = source, chats
        self._task = find_task(source.task).model_copy(update={"shots": None}) if source.task else None
        can = chats and (self._task is None or self._task.chat)
        self._asks_in_chat = source.chat == "yes" or (source.chat == "auto" and can)

    def __call__(
        self, origin: str, row: Mapping[str, Any], form: Form, columns: TuningColumns
    ) -> Said | DroppedExample:
        """What a row of this form says, or why nothing can be made of it."""
        try:
            match form:
                case "messages":
                    return self._messages(_turns(row.get(columns.messages), columns.messages), self._source.turns)
                case "completion":
                    return self._completion(row.get(columns.prompt), row.get(columns.completion), columns)
                case "text":
                    text = _text(row, columns.text)
                    return Whole(text), text
                case "problem":
                    return self._problem(origin, row, columns)
        except Unfit as unfit:
            return DroppedExample(origin, unfit.reason, unfit.evidence)

    def _messages(self, messages: Sequence[Message], turns: Turns) -> Said:
        question = next((message.content for message in messages if message.role == "user"), "")
        if not question:  # of a chat that asks nothing, what it says: they are not all one
            question = "\n".join(message.content for message in messages)
        system = [Message("system", self._source.system)] if self._source.system else []
        if system and messages and messages[0].role == "system":
            system = []
        said = [*system, *(_in_blocks(messages) if self._source.tools == "blocks" else messages)]
        return Chat(tuple(said), turns), question

    def _completion(self, prompt: Any, completion: Any, columns: TuningColumns) -> Said:
        if isinstance(prompt, list | tuple) or isinstance(completion, list | tuple):
            before = [Message("user", prompt)] if isinstance(prompt, str) else _turns(prompt, columns.prompt)
            after = (
                [Message("assistant", completion)]
                if isinstance(completion, str)
                else _turns(completion, columns.completion)
            )
            return self._messages([*before, *after], "last" if any(m.role == "assistant" for m in before) else "all")
        asked = _text({columns.prompt: prompt}, columns.prompt)
        said = _text({columns.completion: completion}, columns.completion)
        if self._source.chat == "yes":
            return self._messages([Message("user", asked), Message("assistant", said)], "all")
        return Told(self._headed(asked), said), asked or said

    def _problem(self, origin: str, row: Mapping[str, Any], columns: TuningColumns) -> Said:
        question = _text(row, columns.question)
        solution = self._solution(row, columns)
        if self._asks_in_chat:
            asked = self._ask(origin, question)
            messages = asked if isinstance(asked, tuple) else (Message("user", asked),)
            return Chat((*messages, Message("assistant", solution)), "all"), question
        prompt = self._ask(origin, question)
        assert isinstance(prompt, str)
        gap = self._task.gap if self._task else "" if prompt[-1:].isspace() else " "
        return Told(prompt, gap + solution), question

    def _ask(self, origin: str, question: str) -> str | tuple[Message, ...]:
        """The prompt of a problem, as a benchmark makes it."""
        chat, system = self._asks_in_chat, self._source.system
        if self._task:
            (prompt,) = build_prompts(self._task, [Problem(origin, question, "", {})], [], chat, system)
            return prompt.given
        before, after = (self._source.ask or (_CHAT if chat else _PLAIN)).split(QUESTION)
        asked = before + question + after
        if chat:
            return (*([Message("system", system)] if system else []), Message("user", asked))
        return self._headed(asked)

    def _headed(self, prompt: str) -> str:
        return f"{self._source.system}\n\n{prompt}" if self._source.system else prompt

    def _solution(self, row: Mapping[str, Any], columns: TuningColumns) -> str:
        if row.get(columns.solution) is None or not (solution := _text(row, columns.solution).strip()):
            raise Unfit("no_solution", f"its {columns.solution} is empty")
        if self._source.marks == "stripped":
            solution = _MARKS.sub("", solution)
        if self._source.fenced:
            solution = f"```{self._source.fenced}\n{solution}\n```"
        return solution if self._source.ending == "kept" else self._ended(solution, row, columns)

    def _ended(self, solution: str, row: Mapping[str, Any], columns: TuningColumns) -> str:
        """A solution that states its answer in the form that is asked for, once."""
        body, hashes, _ = solution.rpartition("####")
        try:
            answer = gold_of(solution, "hash") if hashes else text_of(row.get(columns.answer)) if columns.answer else ""
        except ValueError as error:
            raise Unfit("malformed_row", f"its answer is {error}") from None
        answer = answer or last_box(solution) or gold_of(solution, "phrase")
        if not answer:
            raise Unfit("no_answer", "nothing says what its answer is")
        boxed = self._source.ending == "boxed"
        if not hashes and (last_box(solution) if boxed else gold_of(solution, "phrase") == answer):
            return solution
        stated = rf"The answer is $\boxed{{{answer}}}$." if boxed else f"The answer is {answer}."
        return f"{body.rstrip() if hashes else solution}\n{stated}"


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    if not isinstance(value, str):
        raise Unfit("malformed_row", f"{name} is {'not there' if value is None else f'a {type(value).__name__}'}")
    return value.encode("utf-8", "replace").decode() if not value.isascii() else value


def _turns(value: Any, name: str) -> list[Message]:
    """Turns as data sets write them: `role` and `content`, or `from` and `value`."""
    if not isinstance(value, list | tuple) or not value:
        raise Unfit("malformed_row", f"{name} is no list of turns")
    return [_turn(each, number) for number, each in enumerate(value, 1)]


def _turn(value: Any, number: int) -> Message:
    if not isinstance(value, Mapping):
        raise Unfit("malformed_row", f"turn {number} is a {type(value).__name__}")
    role = value.get("role") or value.get("from")
    content = value.get("content") if "role" in value else value.get("value")
    if not isinstance(role, str) or role not in _ROLES:
        raise Unfit(
            "malformed_row", f"turn {number} has the role {str(role)[:40]!r}, and known are {', '.join(_ROLES)}"
        )
    if isinstance(content, list) and all(isinstance(part, Mapping) and part.get("type") == "text" for part in content):
        content = "".join(str(part.get("text") or "") for part in content)
    if not isinstance(content, str):
        raise Unfit("malformed_row", f"turn {number} has no text")
    return Message(cast(Any, _ROLES[role]), _text({"": content}, ""))


def _in_blocks(messages: Sequence[Message]) -> list[Message]:
    """Turns in which what tools said stands in the assistant's, between fences."""
    joined: list[Message] = []
    for message in messages:
        last = joined[-1] if joined else None
        if message.role == "tool" and last is not None and last.role == "assistant":
            block = f"```output\n{message.content.rstrip()}\n```\n"
            joined[-1] = Message("assistant", f"{last.content.rstrip()}\n{block}")
        elif message.role == "assistant" and last is not None and last.role == "assistant":
            joined[-1] = Message("assistant", last.content + message.content)
        else:
            joined.append(message)
    return joined
