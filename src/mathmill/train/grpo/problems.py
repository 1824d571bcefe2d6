"""The Problems that a policy is trained on and those that it is measured on, asked in words.

What is left out is counted by reason, with the first few of each. Nothing here imports torch.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mathmill.data.config import canonical_json
from mathmill.data.errors import ConfigError
from mathmill.data.problems import Problem
from mathmill.data.terminal import counted
from mathmill.eval.answers import Rule
from mathmill.eval.harness.prepare import Wanted, worded
from mathmill.eval.harness.tables import shown_prompt
from mathmill.eval.models.base import Message, Prompt
from mathmill.eval.models.tokens import Reader
from mathmill.eval.tasks.find import find_task
from mathmill.eval.verify import verify
from mathmill.train.batch.order import permutation
from mathmill.train.grpo.problems_settings import ValidationSettings, Wording
from mathmill.train.rollout.records import Question
from mathmill.train.sample.problems import Benchmarks, load_asked
from mathmill.train.sample.recipe import Asked
from mathmill.train.sample.wording import recipe_words
from mathmill.train.sources.drawn import drawn, question_key
from mathmill.train.sources.settings import QUESTION

#: Why a Problem is neither trained nor measured.
DROPPED: dict[str, str] = {
    "copied": "it has half of a question of a benchmark, or more",
    "bad_gold": "its gold cannot be read, so that no answer could be told from it",
    "template_refuses": "the chat template does not take what is asked",
    "prompt_too_long": "its prompt leaves no room in the model's context for max_new_tokens",
    "asked_in_validation": "its question is one of the validation's own",
}

_OWN_WORDS: tuple[Rule, ...] = ("box", "hash", "final", "phrase")  # in which an answer counts as stated
_NO_ANSWER = r"\frac{"  # a text that nobody can read: beside a gold that can be read it is what is unparsable
_SHOWN = 3  # dropped Problems of each reason that are told


@dataclass(frozen=True, slots=True)
class GroupProblems:
    """Questions to train on and to measure with, each set in its own order.

    `stated` are the rules of `find_answer` that are the form that was asked for. `fingerprint` is a SHA-256 over
    questions, golds and prompts of both sides; `facts` follow from them, for the manifest.
    """

    trained: tuple[Question, ...]
    validation: tuple[Question, ...]
    stated: tuple[Rule, ...]
    fingerprint: str
    facts: Mapping[str, Any]


@dataclass(slots=True)
class _Set:
    """One set of Problems as it was read."""

    origin: str
    questions: list[Question]
    without_gold: int
    dropped: Counter[str] = field(default_factory=Counter)
    evidence: dict[str, list[str]] = field(default_factory=dict)

    def drop(self, reasons: Mapping[str, str]) -> None:
        """Take Problems out; `reasons` by id."""
        for question in self.questions:
            if (reason := reasons.get(question.problem.id)) is not None:
                self.dropped[reason] += 1
                told = self.evidence.setdefault(reason, [])
                if len(told) < _SHOWN:
                    told.append(question.problem.id)
        self.questions = [each for each in self.questions if each.problem.id not in reasons]

    def told(self) -> dict[str, Any]:
        """In plain values."""
        return {
            "origin": self.origin,
            "without_gold": self.without_gold,
            "dropped": dict(sorted(self.dropped.items())),
            "evidence": dict(sorted(self.evidence.items())),
        }


def read_problems(
    asked: Asked, wording: Wording, validation: ValidationSettings, reader: Reader, max_new_tokens: int, seed: int
) -> GroupProblems:
    """Load Problems, put them into words, and part them. `reader` is the policy's.

    Raises:
        ConfigError: they are a benchmark's test, or none is left to train on; or as `load_asked`, `worded`.
        InputMissing, DamagedInput: as these.
    """
    with recipe_words():
        found = _read(asked, wording, reader, max_new_tokens)
        own = _read(validation.problems, wording, reader, max_new_tokens) if validation.problems else None
    if own is None:
        aside = _drawn_aside(found.questions, validation, seed)
        held = [each for each in found.questions if each.problem.id in aside]
        trained = [each for each in found.questions if each.problem.id not in aside]
    else:
        order = permutation(drawn(seed, "validation"), 0, len(own.questions))[: validation.most]
        held = [own.questions[number] for number in sorted(order.tolist())]
        keys = {question_key(each.problem.question) for each in held}
        same = [each.problem for each in found.questions if question_key(each.problem.question) in keys]
        found.drop(dict.fromkeys((problem.id for problem in same), "asked_in_validation"))
        trained = found.questions
    if not trained:
        raise ConfigError(
            f"all Problems of {found.origin} are held out for validation and none is left to train on: name more "
            "Problems, or a smaller validation"
        )
    stated = _OWN_WORDS if wording.ask else find_task(wording.task_name).stated
    facts = {
        "problems": len(trained),
        "validation": len(held),
        "sets": [each.told() for each in (found, own) if each is not None],
    }
    return GroupProblems(tuple(trained), tuple(held), stated, _fingerprint(trained, held), facts)


def _read(asked: Asked, wording: Wording, reader: Reader, max_new_tokens: int) -> _Set:
    """A set of Problems in words, without those that cannot be asked or judged."""
    loaded = load_asked(asked)
    prompts = (
        _own_words(loaded.problems, wording, reader)
        if wording.ask
        else _task_words(loaded.problems, asked, wording, reader)
    )
    # All have been put into words before some are taken: shots may hang on a Problem's place among all.
    questions = list(map(Question, loaded.problems, prompts))[: asked.limit]
    found = _Set(loaded.origin, questions, loaded.without_gold)
    problems = [each.problem for each in questions]
    found.drop(dict.fromkeys(Benchmarks(asked.against, asked.data).copied(problems), "copied"))
    found.drop({each.id: "bad_gold" for each in problems if verify(_NO_ANSWER, each.gold).outcome == "bad_gold"})
    found.drop(_too_long(found.questions, reader, max_new_tokens))
    if not found.questions:
        told = ", ".join(f"{reason} {count:,} ({DROPPED[reason]})" for reason, count in found.dropped.most_common())
        raise ConfigError(f"of {counted(len(questions), 'Problem')} of {loaded.origin} all are dropped: {told}")
    return found


def _task_words(problems: Sequence[Problem], asked: Asked, wording: Wording, reader: Reader) -> Sequence[Prompt]:
    """As `mathmill train sample` asks, to the byte."""
    wanted = Wanted(data=asked.data, chat=wording.chat, system=wording.system)
    task = find_task(wording.task_name)
    return worded(task, problems, wanted, reader.name, reader.has_chat_template)[0]


def _own_words(problems: Sequence[Problem], wording: Wording, reader: Reader) -> Sequence[Prompt]:
    """As `mathmill.train.sources.forms` asks."""
    if wording.chat == "yes" and not reader.has_chat_template:
        raise ConfigError(f"{reader.name} has no chat template: leave chat out, or name a policy.chat_template")
    chat = wording.chat == "yes" or (wording.chat == "auto" and reader.has_chat_template)
    before, after = wording.ask.split(QUESTION)
    system = wording.system
    made = []
    for problem in problems:
        said = before + problem.question + after
        turns = (*([Message("system", system)] if system else []), Message("user", said))
        plain = f"{system}\n\n{said}" if system else said
        made.append(Prompt(problem.id, turns if chat else plain, wording.stops))
    return made


def _too_long(questions: Sequence[Question], reader: Reader, max_new_tokens: int) -> dict[str, str]:
    """Which Problems cannot be asked, by id, with the reason.

    Raises:
        ConfigError: the context has no room for a completion, whatever the prompt.
    """
    context = reader.context()
    if context is not None and context <= max_new_tokens:
        raise ConfigError(
            f"the context of {reader.name} has {context:,} tokens and a completion may have {max_new_tokens:,}: set a "
            f"max_new_tokens well below {context}"
        )
    refused: dict[str, str] = {}
    for some in _readable([each.prompt for each in questions], reader, refused):
        for prompt, tokens in zip(some, reader.read(some), strict=True):
            if context is not None and len(tokens) + max_new_tokens > context:
                refused[prompt.id] = "prompt_too_long"
    return refused


def _readable(prompts: Sequence[Prompt], reader: Reader, refused: dict[str, str]) -> list[Sequence[Prompt]]:
    """Prompts that can be read, in parts; those that the template refuses are noted.

    Raises:
        ConfigError: it refuses all of them; the message says why.
    """
    try:
        reader.read(prompts)
    except ConfigError:
        if len(prompts) == 1:
            refused[prompts[0].id] = "template_refuses"
            return []
        middle = len(prompts) // 2
        parts = [*_readable(prompts[:middle], reader, refused), *_readable(prompts[middle:], reader, refused)]
        if not parts:
            raise
        return parts
    return [prompts]


def _drawn_aside(questions: Sequence[Question], validation: ValidationSettings, seed: int) -> set[str]:
    """The ids of Problems that are held out: whole questions in an order of the seed, until there are enough."""
    if not validation.share:
        return set()
    same: dict[int, list[str]] = {}
    for each in questions:
        same.setdefault(question_key(each.problem.question), []).append(each.problem.id)
    enough = min(validation.most, max(1, round(validation.share * len(questions))))
    aside: set[str] = set()
    for key in sorted(same, key=lambda key: (drawn(seed, "validation", key), key)):
        if len(aside) >= enough:
            break
        aside.update(same[key])
    return aside


def _fingerprint(trained: Sequence[Question], held: Sequence[Question]) -> str:
    digest = hashlib.sha256()
    for side, questions in enumerate((trained, held)):
        for each in questions:
            said = [side, each.problem.id, each.problem.gold, shown_prompt(each.prompt), list(each.prompt.stops)]
            digest.update(canonical_json(said) + b"\n")
    return digest.hexdigest()
