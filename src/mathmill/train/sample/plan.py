"""Everything that sampling needs before the first token: Problems, prompts, which of them fit, and the parts."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mathmill.data.errors import ConfigError
from mathmill.data.problems import Problem
from mathmill.data.runs import Run, load_claim
from mathmill.data.store.mounts import is_there
from mathmill.data.terminal import counted, one_line
from mathmill.eval.harness.prepare import Prepared, Wanted, prepared_with
from mathmill.eval.harness.tables import shown_prompt
from mathmill.eval.models.base import Model, Prompt, Sampling
from mathmill.eval.models.context import check_draws
from mathmill.eval.tasks.find import find_task
from mathmill.train.sample.beside import Beside, load_beside
from mathmill.train.sample.layout import SAMPLES
from mathmill.train.sample.problems import Benchmarks, load_asked
from mathmill.train.sample.recipe import Keep, SampleClaim, SampleRecipe
from mathmill.train.sample.wording import in_recipe_words

#: Why a Problem is not asked, or has no solutions.
DROPPED: dict[str, str] = {
    "copied": "it has half of a question of a benchmark, or more",
    "unfit": "its prompt and a solution do not fit into the model's context, or its template refuses it",
    "refused": "the model would not answer it",
}
COPIED, UNFIT, REFUSED = DROPPED

_DRAWING = ("temperature", "top_p", "top_k", "seed")  # what decides the draws, beside model and prompt


@dataclass(frozen=True, slots=True)
class Part:
    """Problems that are asked together, and whose solutions are one file."""

    number: int
    problems: tuple[Problem, ...]
    prompts: tuple[Prompt, ...]

    @property
    def name(self) -> str:
        return f"part-{self.number:05}"


@dataclass(frozen=True, slots=True)
class Plan:
    """A run of samples that is ready; `dropped` are Problems that are not asked, by id, with the reason."""

    claim: SampleClaim
    files: dict[str, str]
    problems: tuple[Problem, ...]
    prompts: tuple[Prompt, ...]
    dropped: Mapping[str, str]
    origin: str
    notes: tuple[str, ...]
    may_refuse: int
    beside: Beside

    @property
    def keep(self) -> Keep:
        return self.claim.keep

    @property
    def asked(self) -> int:
        """How many Problems are to be asked."""
        return len(self.problems) - len(self.dropped)

    def asked_of(self, part: Part) -> int:
        """How many of them are in a part."""
        return sum(problem.id not in self.dropped for problem in part.problems)

    def parts(self) -> Iterator[Part]:
        """Problems with their prompts, `together` at a time; those dropped are among them."""
        size = self.claim.together
        for number, start in enumerate(range(0, len(self.problems), size)):
            some = slice(start, start + size)
            yield Part(number, self.problems[some], self.prompts[some])

    def run(self, folder: Path) -> Run:
        """The Run in a folder; other rules of what is kept make it no other."""
        return Run(folder, self.claim, SAMPLES, self.files, later={"keep": self.beside.fingerprints})


def make_plan(recipe: SampleRecipe, model: Model) -> Plan:
    """Load Problems, make their prompts, and look which may be asked.

    Raises:
        ConfigError, InputMissing, DamagedInput: as `load_asked` and `prepared_with`; or no prompt fits the model.
    """
    asked, draws = recipe.problems, recipe.draws.as_sampling()
    task, loaded = find_task(recipe.task), load_asked(asked)
    benchmarks = Benchmarks(asked.against, asked.data)
    wanted = Wanted(
        data=asked.data,
        limit=asked.limit,
        chat=recipe.chat,
        system=recipe.system,
        max_new_tokens=recipe.draws.max_new_tokens,
        sampling=draws,
    )
    prepared = prepared_with(loaded, task, model, wanted)
    problems, prompts = prepared.problems[: prepared.first], prepared.prompts[: prepared.first]
    dropped = dict.fromkeys(benchmarks.copied(problems), COPIED)
    fresh = [prompt for prompt in prompts if prompt.id not in dropped]
    if not fresh:
        raise ConfigError(
            f"all {counted(len(problems), 'problem')} of {loaded.origin} are copied from problems.against"
        )
    dropped |= dict.fromkeys(unfit(model, fresh, prepared.recipe.sampling), UNFIT)
    claim = _claim(recipe, prepared, len(problems))
    _refuse_same_draws(recipe, claim)
    notes = [*prepared.notes, *_notes(recipe)]
    files = {**prepared.files, **benchmarks.fingerprints}
    may_refuse = int(recipe.most_refused * len(problems))
    return Plan(
        claim, files, problems, prompts, dropped, loaded.origin, tuple(notes), may_refuse, load_beside(recipe.keep)
    )


def _claim(recipe: SampleRecipe, prepared: Prepared, problems: int) -> SampleClaim:
    of = prepared.recipe
    return SampleClaim(
        task=of.task,
        name=of.name,
        model=of.model,
        sampling=of.sampling,
        chat=of.chat,
        system=of.system,
        problems=problems,
        together=recipe.together,
        keep=recipe.keep,
    )


def unfit(model: Model, prompts: Sequence[Prompt], sampling: Sampling) -> list[str]:
    """The ids of Problems that the model cannot be asked, though it can be asked others.

    Raises:
        ConfigError: it can be asked none.
    """
    check_draws(sampling)
    ordered = sorted(prompts, key=lambda prompt: (len(shown_prompt(prompt)), prompt.id))
    found = _unfit(model, ordered, sampling)
    if found and len(found) == len(ordered):
        model.check(ordered[:1], sampling)  # says why
    if found:
        _tell(model, [prompt for prompt in ordered if prompt.id in found], sampling)
    return found


def _unfit(model: Model, prompts: Sequence[Prompt], sampling: Sampling) -> list[str]:
    """By halves: prompts come by their length, so that those that fit are soon told from those that do not."""
    try:
        model.check(prompts, sampling)
    except ConfigError:
        if len(prompts) == 1:
            return [prompts[0].id]
        middle = len(prompts) // 2
        return [*_unfit(model, prompts[:middle], sampling), *_unfit(model, prompts[middle:], sampling)]
    return []


def _tell(model: Model, prompts: Sequence[Prompt], sampling: Sampling) -> None:
    try:
        model.check(prompts[-1:], sampling)
    except ConfigError as error:
        told = f"{counted(len(prompts), 'problem')} left out: {in_recipe_words(str(error))}"
        print(one_line(told, 600), file=sys.stderr, flush=True)


def _refuse_same_draws(recipe: SampleRecipe, claim: SampleClaim) -> None:
    """Refuse to draw again from a run of samples what it drew.

    Raises:
        ConfigError: model, words and seed are the same.
    """
    folder = recipe.problems.run
    if folder is None or not is_there(folder / "config.json"):
        return
    found = load_claim(folder)
    old, new = found["config"], claim.model_dump(mode="json")
    if found["kind"] != SAMPLES or old["task"]["name"] != new["task"]["name"]:
        return
    same = all(old[name] == new[name] for name in ("model", "chat", "system"))
    if same and all(old["sampling"][name] == new["sampling"][name] for name in _DRAWING):
        raise ConfigError(
            f"problems.run: {folder} asked the same model with the same seed, so it would say the same again: "
            "draw others with --set draws.seed=1"
        )


def _notes(recipe: SampleRecipe) -> Iterator[str]:
    if not recipe.problems.against:
        yield "nobody looked for Problems of benchmarks among those that were asked: name some with `problems.against`"
