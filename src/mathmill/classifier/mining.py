"""URL patterns of a round: mined from the pages of its mathematics domains, side by side, and proposed for review.

RUN/
  decisions.toml         the reviewed patterns of the round before, as this round obeys them
  math_pages/            the pages of mathematics domains, by domain
  patterns.toml          what is proposed, under what persons said in earlier rounds
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mathmill.classifier.decisions import merge
from mathmill.classifier.domains import DomainCount, PageRow
from mathmill.classifier.patterns import Pattern, PatternRule, measure, mine
from mathmill.classifier.recipe import RoundRecipe
from mathmill.classifier.review import read_review, render
from mathmill.data.engine import Engine
from mathmill.data.files import Output
from mathmill.data.records import Reduce
from mathmill.data.runs import Run
from mathmill.data.tables import numbered_rows
from mathmill.data.units import hashes, make_unit, mapped, publish_files, reduce_unit, source_hash

DECISIONS, PATTERNS = "decisions.toml", "patterns.toml"
_ROWS_A_TASK = 1_000_000


@dataclass(frozen=True, slots=True)
class MineTask:
    """The rows from `first` up to `end` of a table of pages, which are all of some domains."""

    shard: str
    table: Path
    first: int
    end: int
    rule: PatternRule


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows of a table that can be gone through again and again."""

    task: MineTask

    def __iter__(self) -> Iterator[PageRow]:
        for at, row in numbered_rows(self.task.table, PageRow._fields, self.task.first):
            if at >= self.task.end:
                return
            yield PageRow(**row)


def mine_part(task: MineTask) -> list[Pattern]:
    """The patterns of some domains."""
    return mine(_Rows(task), task.rule)


def make_patterns(
    run: Run, engine: Engine, recipe: RoundRecipe, domains: Sequence[DomainCount], cut: int
) -> dict[str, Any]:
    """Propose patterns as the file `patterns.toml` of a round; how many there are.

    What persons said in `decisions.toml` of the run, and so in the review of every round before, stands.
    """
    query = f"""
SELECT scores.row, url, scores.domain, logit >= {cut} AS kept
FROM scores JOIN domains ON scores.domain = domains.domain
WHERE domains.is_math AND NOT domains.held_out ORDER BY scores.domain, scores.row
"""  # noqa: S608
    sources = [hashes(run, "scores"), run.ledger.lines["domains"]["outputs"]]
    folder = reduce_unit(run, engine, Reduce("math_pages", ("scores", "domains"), query), sources)

    def make() -> tuple[Mapping[str, Output], Mapping[str, Any]]:
        table = folder / "part-0.parquet"
        tasks = list(_tasks(table, recipe.patterns))
        whole = MineTask("", table, 0, tasks[-1].end if tasks else 0, recipe.patterns)
        proposed = [pattern for _, found in mapped(engine, mine_part, tasks, "patterns") for pattern in found]
        said = read_review(run.folder / DECISIONS) if DECISIONS in run.ledger.lines else []
        merged = merge(proposed, said)
        if any(pattern.is_persons for pattern in merged):  # which may decide about more pages than a proposal would
            merged = measure(merged, _Rows(whole), recipe.patterns)
        text = render(merged, [count for count in domains if count.is_math])
        return publish_files(run.folder, {PATTERNS: text.encode()}), {"counts": _counts(merged)}

    source = source_hash(sources, run.ledger.lines["math_pages"]["outputs"])
    counts: dict[str, Any] = make_unit(run, "patterns", source, make)["counts"]
    return counts


def _tasks(table: Path, rule: PatternRule) -> Iterator[MineTask]:
    """Parts of whole domains of a table that is sorted by domain."""
    first = end = 0
    domain = ""
    for end, row in numbered_rows(table, ["domain"]):
        if row["domain"] != domain and end - first >= _ROWS_A_TASK:
            yield MineTask(f"part-{first}", table, first, end, rule)
            first = end
        domain = row["domain"]
    if domain:
        yield MineTask(f"part-{first}", table, first, end + 1, rule)


def _counts(patterns: Sequence[Pattern]) -> dict[str, Any]:
    joining = sum(pattern.uncollected for pattern in patterns if pattern.decision == "accept")
    return {
        "accepted": sum(pattern.decision == "accept" for pattern in patterns),
        "rejected": sum(pattern.decision == "reject" for pattern in patterns),
        "by_persons": sum(pattern.is_persons for pattern in patterns),
        "uncollected_under_accepted": joining,
    }
