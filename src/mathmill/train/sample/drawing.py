"""Solutions drawn a part at a time: on disk before the next is waited for, judged, and written as one file."""

from __future__ import annotations

import sys
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, field

from mathmill.data.errors import ConfigError, InputMissing, Stopped
from mathmill.data.runs import Run, code_version
from mathmill.data.shards import publish_table
from mathmill.data.terminal import counted, one_line
from mathmill.eval.harness.board import Board
from mathmill.eval.harness.graded import Graded
from mathmill.eval.harness.journal import Journal
from mathmill.eval.harness.scoring import judge
from mathmill.eval.models.base import Completion, Model, Prompt
from mathmill.train.sample.layout import SAMPLED_FOLDER
from mathmill.train.sample.plan import Part, Plan
from mathmill.train.sample.rows import SAMPLED, graded_in, sampled_rows
from mathmill.train.sample.wording import in_recipe_words

_SHOWN = 400  # characters of what a model says that refuses


def sampled_unit(part: Part) -> str:
    """The unit of a part's solutions in the ledger."""
    return f"{SAMPLED_FOLDER}/{part.number:05}"


def sampled_file(part: Part) -> str:
    """Their file in the run's folder."""
    return f"{SAMPLED_FOLDER}/{part.name}.parquet"


@dataclass(slots=True)
class Drawer:
    """Draws what is missing of a run. `fresh` counts the Problems that this execution asked."""

    plan: Plan
    model: Model
    run: Run
    journal: Journal
    board: Board
    fresh: int = 0
    _refused: int = field(default=0, init=False)

    def draw(self, part: Part) -> None:
        """Have the file of a part, unless it is there.

        Raises:
            ConfigError: the model refuses more Problems than it may; the message is that of the last.
            InputMissing, Stopped: the server died, or a signal came; what was answered is kept.
            JudgeInTrouble, DiskFull, CannotCreate.
        """
        unit = sampled_unit(part)
        if self.run.ledger.is_done(unit):
            self._refused += int(self.run.ledger.lines[unit]["refused"])
            return
        self.run.reopen()
        graded = self._graded(part)
        facts = {
            "refused": self.plan.asked_of(part) - len(graded),
            "notes": list(self.model.notes),
            "code": code_version(),
        }
        outputs = publish_table(self.run.folder, sampled_file(part), sampled_rows(part, graded), SAMPLED)
        self.run.ledger.append(unit, outputs, facts)
        self.journal.remove()

    def _graded(self, part: Part) -> dict[str, tuple[Graded, ...]]:
        problems = {problem.id: problem for problem in part.problems if problem.id not in self.plan.dropped}
        stated, n = self.plan.claim.task.stated, self.plan.claim.sampling.n
        graded: dict[str, tuple[Graded, ...]] = {}

        def take(name: str, completions: Sequence[Completion], fresh: bool) -> None:
            graded[name] = judge(problems[name], completions, stated)
            self.board.add(graded[name], fresh)

        for name, completions in self.journal.done.items():
            if name in problems and len(completions) == n:
                take(name, completions, fresh=False)
        todo = [prompt for prompt in part.prompts if prompt.id in problems and prompt.id not in graded]
        try:
            with closing(self._answers(todo)) as answers:
                for prompt, completions in answers:
                    self.journal.append(prompt.id, completions)
                    self.fresh += 1
                    take(prompt.id, completions, fresh=True)
        except (Stopped, InputMissing) as stopped:
            raise self._kept(stopped) from None
        return graded

    def _answers(self, todo: Sequence[Prompt]) -> Generator[tuple[Prompt, tuple[Completion, ...]], None, None]:
        """Prompts with their completions; where the model refuses, by halves, down to the one that it refuses."""
        left = {prompt.id: prompt for prompt in todo}
        if not todo:  # a server need not be there any more
            return
        try:
            with closing(self.model.generate(todo, self.plan.claim.sampling)) as answers:
                for position, completions in answers:
                    del left[todo[position].id]
                    yield todo[position], completions
        except ConfigError as error:
            rest = list(left.values())
            if len(rest) == 1:
                self._refuse(rest[0], error)
                return
            for half in (rest[: len(rest) // 2], rest[len(rest) // 2 :]):
                yield from self._answers(half)

    def _refuse(self, prompt: Prompt, error: ConfigError) -> None:
        self._refused += 1
        if self._refused > self.plan.may_refuse:
            raise ConfigError(
                f"{one_line(error, _SHOWN)}; {counted(self._refused, 'problem was', 'problems were')} refused, and "
                f"most_refused allows {self.plan.may_refuse:,}"
            ) from error
        told = f"{prompt.id} is left out: {in_recipe_words(str(error))}"
        print(one_line(told, _SHOWN), file=sys.stderr, flush=True)

    def _kept(self, stopped: Stopped | InputMissing) -> Stopped | InputMissing:
        told = f"{stopped}; {len(self.journal.done):,} problems of this part, and all parts before it, are kept"
        return Stopped(told, stopped.exit_code - 128) if isinstance(stopped, Stopped) else InputMissing(told)


def drawn(run: Run, part: Part) -> dict[str, list[Graded]]:
    """The solutions of a part, by Problem."""
    return graded_in(run.folder / sampled_file(part))
