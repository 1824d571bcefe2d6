"""Everything that a benchmark needs before the first token: Problems, shots, prompts, and whether they fit."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mathmill.data.errors import ConfigError
from mathmill.data.gold_rules import GoldRule
from mathmill.data.problems import Columns, Loaded, Problem, load_problems
from mathmill.eval.harness.recipe import BenchmarkRecipe
from mathmill.eval.harness.tables import shown_prompt
from mathmill.eval.models.base import Model, Prompt, Sampling
from mathmill.eval.models.names import Chat
from mathmill.eval.tasks.prompts import build_prompts
from mathmill.eval.tasks.task import Task


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a user may say of a Task beside its name.

    `data` is a folder in the known layout or a file of Problems, read with `columns` and `gold_from`; `shots` likewise
    for shots. Settings that are None are the Task's.
    """

    data: Path | None = None
    columns: Columns | None = None
    gold_from: GoldRule | None = None
    shots: Path | None = None
    skip_without_gold: bool = False
    limit: int | None = None
    chat: Chat = "auto"
    system: str = ""
    max_new_tokens: int | None = None
    sampling: Sampling = field(default_factory=Sampling)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A benchmark that is ready: all its Problems with their prompts, of which the first `first` are to be asked.

    `total` is how many Problems with a gold the set has, here or as it is known.
    """

    recipe: BenchmarkRecipe
    files: dict[str, str]
    problems: tuple[Problem, ...]
    prompts: tuple[Prompt, ...]
    first: int
    total: int
    origin: str
    notes: tuple[str, ...]


def prepare(task: Task, model: Model, wanted: Wanted) -> Prepared:
    """Load the Problems and shots of a Task and make its prompts.

    Raises:
        InputMissing, DamagedInput: the data is not there, or not whole.
        ConfigError: the data is of another form, the model has no chat template, or its context is too short.
    """
    loaded = load_problems(
        task.problems,
        wanted.data,
        columns=wanted.columns,
        gold_from=wanted.gold_from,
        skip_without_gold=wanted.skip_without_gold,
    )
    prepared = prepared_with(loaded, task, model, wanted)
    model.check(prepared.prompts[: prepared.first], prepared.recipe.sampling)
    return prepared


def prepared_with(loaded: Loaded, task: Task, model: Model, wanted: Wanted) -> Prepared:
    """What `prepare` makes of Problems that are loaded; whether their prompts fit is for the caller to see.

    Raises:
        InputMissing, DamagedInput: the shots are not there, or not whole.
        ConfigError: the shots are others than the Task's, or the model has no chat template.
    """
    problems = tuple(loaded.problems)
    first = min(wanted.limit or len(problems), len(problems))
    prompts, chat = worded(task, problems, wanted, model.facts["name"], model.has_chat_template)
    sampling = _sampling(wanted.sampling, wanted.max_new_tokens or task.max_new_tokens)
    recipe = BenchmarkRecipe(
        task=task,
        name=_told(model),
        model=_identity(model),
        sampling=sampling,
        chat=chat,
        system=wanted.system,
    )
    files = {"problems": loaded.fingerprint, "prompts": _fingerprint(prompts)}
    notes = _notes(task, model, loaded, chat)
    total = max(len(loaded.problems), loaded.expected - loaded.without_gold)
    return Prepared(recipe, files, problems, prompts, first, total, loaded.origin, notes)


def worded(
    task: Task, problems: Sequence[Problem], wanted: Wanted, name: str, has_template: bool
) -> tuple[tuple[Prompt, ...], bool]:
    """The prompt of each Problem in a Task's words, and whether they are chats; `name` is the model's, for messages.

    Raises:
        as `prepared_with`.
    """
    shots = _shots(task, wanted)
    chat = _is_chat(task, wanted.chat, name, has_template)
    _check_system(wanted.system)
    return tuple(build_prompts(task, problems, shots.problems if shots else [], chat, wanted.system)), chat


def _sampling(wanted: Sampling, max_new_tokens: int) -> Sampling:
    """As it is wanted; of a greedy one what says how to draw is left out, so that no run is another one for that."""
    drawing = {} if wanted.temperature else {"top_p": 1.0, "top_k": 0, "seed": 0}
    return wanted.model_copy(update={"max_new_tokens": max_new_tokens, **drawing})


def _check_system(system: str) -> None:
    try:
        system.encode()
    except UnicodeEncodeError:
        raise ConfigError("--system holds bytes that are no UTF-8 text: write it in UTF-8") from None


def _told(model: Model) -> str:
    """A model's name for people, with the address of the server that has it."""
    at = f" at {model.facts['address']}" if "address" in model.facts else ""
    return model.facts["name"] + at


def _identity(model: Model) -> dict[str, str]:
    """What makes a model the same one: of one in a folder its weights, of one on a server the name it has there.

    A server may move while a benchmark is under way, so its address is told and not compared.
    """
    facts = dict(sorted(model.facts.items()))
    facts.pop("address", None)
    if "weights" in facts:
        del facts["name"]
    return facts


def _shots(task: Task, wanted: Wanted) -> Loaded | None:
    if task.shots is None:
        if wanted.shots is not None:
            raise ConfigError(f"{task.name} has no shots: leave --shots away, or choose a task that has some")
        return None
    # A file of Problems says nothing of shots; a folder has both.
    folder = wanted.data if wanted.data is not None and wanted.data.is_dir() else None
    return load_problems(task.shots.source, wanted.shots or folder)


def _is_chat(task: Task, chat: Chat, name: str, has_template: bool) -> bool:
    if chat == "yes" and not has_template:
        raise ConfigError(
            f"the tokenizer of {name} has no chat template: leave --chat yes away, or choose a model "
            "that was trained on chats"
        )
    return chat == "yes" or (chat == "auto" and task.chat and has_template)


def _notes(task: Task, model: Model, loaded: Loaded, chat: bool) -> tuple[str, ...]:
    """What a reader of the figures should know."""
    notes = []
    if task.chat and not model.has_chat_template:
        notes.append("the model has no chat template, so it was asked in plain text")
    elif task.chat != chat:
        notes.append(f"the task is meant to be asked in {'a chat' if task.chat else 'plain text'}, and was not")
    if loaded.expected and len(loaded.problems) + loaded.without_gold != loaded.expected:
        notes.append(f"the set is known to have {loaded.expected:,} problems, and {len(loaded.problems):,} were found")
    if loaded.without_gold:
        notes.append(f"{loaded.without_gold:,} problems without a gold answer were left out")
    return tuple(notes)


def _fingerprint(prompts: Sequence[Prompt]) -> str:
    """A sha256 over prompts and stop strings in order."""
    digest = hashlib.sha256()
    for prompt in prompts:
        for part in (prompt.id, shown_prompt(prompt), *prompt.stops):
            data = part.encode("utf-8", "surrogatepass")
            digest.update(len(data).to_bytes(8, "little") + data)
    return digest.hexdigest()
