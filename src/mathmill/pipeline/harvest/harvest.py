"""The pass that takes problems with solutions and final answers out of pages, for training.

RUN/
  harvest_found/SHARD.parquet    every candidate with its outcome: `rows.COLUMNS`
  harvest_kept/                  of equal questions the best, ordered by id
  harvest_counts/                how many there are of each outcome, by site and kind
  problems/graded.parquet        the problems with a gold: `collect.COLUMNS`
  problems/solutions.parquet     those with a solution alone, such as proofs
  harvest/SHARD.parquet          the effect, which drops nothing: a page's candidates and problems

A page costs time in proportion to its text, and a problem some milliseconds to find and verify its gold (measured by
benchmarks/harvest.py). Memory is that of one page and of the benchmarks' texts; the Reduces sort narrow rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, PositiveInt

from mathmill.data.config import Config
from mathmill.data.units import source_hash
from mathmill.pipeline.decontaminate.decontaminate import Decontaminate
from mathmill.pipeline.passes.base import Judge, Work, WorkingShard

_VERSION = 1  # of the rules: a change of them makes what is found anew


class Harvest(Config):
    """Finds exercises with solutions, worked examples and questions with accepted answers; drops nothing.

    Problems whose text a benchmark has are left, by the rule of `decontaminate`: with the settings of `against`, or
    of a `decontaminate` pass that stands before this one. With neither none is, and the run says so.
    """

    use: Literal["harvest"] = "harvest"
    question_chars: PositiveInt = Field(default=4_000, description="characters of the longest question")
    solution_chars: PositiveInt = Field(default=20_000, description="characters of the longest solution")
    against: Decontaminate | None = Field(
        default=None, description="settings as of decontaminate, such as {tasks = ['gsm8k/test']}"
    )

    @property
    def needs(self) -> tuple[str, ...]:
        """Stages that give what this pass looks at."""
        return ("extract",)

    @property
    def folders(self) -> tuple[str, ...]:
        return self.use, "harvest_found", "harvest_kept", "harvest_counts", "problems"

    def identity(self) -> Mapping[str, str]:
        return self.against.identity() if self.against is not None else {}

    def learn(self, work: Work) -> None:
        from mathmill.pipeline.harvest.collect import collect
        from mathmill.pipeline.harvest.rows import Harvesting, harvest_shard

        clean = self._clean(work)
        with _texts(work, clean) as fingerprint:
            by = Harvesting(
                question_chars=self.question_chars,
                solution_chars=self.solution_chars,
                fingerprint=fingerprint,
                counting=clean.counting if clean is not None else "words",
            )
            looking = Work(work.run, work.engine, work.shards, work.before, by)
            looking.map(self.use, harvest_shard, [_VERSION, by.model_dump()])
        collect(work)

    def opened(self, folder: Path, shard: WorkingShard) -> Judge:
        from mathmill.pipeline.passes.effects import by_effect

        return by_effect(folder, shard, self.use)

    def told(self, folder: Path) -> Mapping[str, Any]:
        from mathmill.pipeline.harvest.collect import yield_of

        return yield_of(folder)

    def card(self, told: Mapping[str, Any]) -> Iterable[str]:
        from mathmill.pipeline.harvest.collect import card_lines

        return card_lines(told)

    def _clean(self, work: Work) -> Decontaminate | None:
        if self.against is not None:
            return self.against
        return next((each for each in reversed(work.before) if isinstance(each, Decontaminate)), None)


@contextmanager
def _texts(work: Work, clean: Decontaminate | None) -> Iterator[str]:
    """Have the benchmarks' texts where workers find them; gives their fingerprint, "" where there are none."""
    if clean is None:
        yield ""
        return
    from mathmill.pipeline.decontaminate.texts import texts_in_file

    benchmarks = clean.benchmarks()
    with texts_in_file(work.run.folder, benchmarks):
        yield source_hash(clean.counting, [[each.name, each.fingerprint] for each in benchmarks])
