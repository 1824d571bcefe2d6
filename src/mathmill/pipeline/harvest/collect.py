"""The problems of a run as two tables that open by themselves, and what the yield was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mathmill.data.files import Output, Staging
from mathmill.data.markdown import foreign, table_lines
from mathmill.data.records import Reduce
from mathmill.data.shards import count_parquet, parquet_schema, write_parquet
from mathmill.data.tables import table_rows
from mathmill.data.units import make_unit, source_hash
from mathmill.pipeline.harvest.rows import COLUMNS as FOUND_COLUMNS
from mathmill.pipeline.harvest.rows import DUPLICATE, FOUND
from mathmill.pipeline.harvest.same import how_same
from mathmill.pipeline.passes.base import Work

KEPT, COUNTS, PROBLEMS = "harvest_kept", "harvest_counts", "problems"
GRADED, SOLUTIONS = f"{PROBLEMS}/graded.parquet", f"{PROBLEMS}/solutions.parquet"

_NAMES = (
    *("id", "question", "answer", "solution", "hint", "lang", "url", "site", "document", "begins", "ends", "date"),
    *("kind", "structure", "found", "confirmed", "verdict"),
)
#: Column -> (Arrow type, what it holds). `mathmill eval --data FILE` reads `id` to `solution` and `lang`.
COLUMNS: dict[str, tuple[str, str]] = {
    **{name: FOUND_COLUMNS[name] for name in _NAMES},
    "copies": ("int64", "pages of the run that have this question"),
}
# Of equal questions the one with a gold, then the longest, the oldest (unknown is youngest), the least id.
_PLACED = f"""
SELECT row, nth, row_number() OVER (
  PARTITION BY id
  ORDER BY grade, characters DESC, CASE WHEN date = '' THEN 1 ELSE 0 END, date, document, nth
) AS place, count(*) OVER (PARTITION BY id) AS copies,
min(CASE WHEN grade = 0 THEN answer END) OVER (PARTITION BY id) AS first_answer,
max(CASE WHEN grade = 0 THEN answer END) OVER (PARTITION BY id) AS last_answer
FROM {FOUND} WHERE grade < 2
"""  # noqa: S608  # names of ours
_KEPT = Reduce(
    KEPT,
    (FOUND,),
    f"SELECT {', '.join(f'f.{name}' for name in (*_NAMES, 'grade'))}, p.copies, p.first_answer, p.last_answer "  # noqa: S608
    f"FROM {FOUND} f JOIN ({_PLACED}) p ON f.row = p.row AND f.nth = p.nth WHERE p.place = 1 ORDER BY f.id",
)
_COUNTS = Reduce(
    COUNTS,
    (FOUND,),
    f"""
SELECT site, kind, structure, lang, outcome, why, count(*) AS candidates FROM (
  SELECT f.site, f.kind, f.structure, f.lang,
  CASE WHEN p.place > 1 THEN '{DUPLICATE}' ELSE f.outcome END AS outcome,
  CASE WHEN p.place > 1 THEN 'run' WHEN f.grade < 2 THEN f.why ELSE '' END AS why
  FROM {FOUND} f LEFT JOIN ({_PLACED}) p ON f.row = p.row AND f.nth = p.nth
) AS c GROUP BY site, kind, structure, lang, outcome, why ORDER BY site, kind, structure, lang, outcome, why
""",  # noqa: S608
)
_MOST_SITES = 20


def collect(work: Work) -> None:
    """Make the tables of kept problems and of counts from what was found in the shards."""
    kept = work.reduce(_KEPT)
    work.reduce(_COUNTS)
    source = source_hash(work.hashes(KEPT))
    make_unit(work.run, PROBLEMS, source, lambda: (_write(work.run.folder, kept), {}))


def _write(folder: Path, kept: Path) -> dict[str, Output]:
    staging = Staging(folder)
    rows = {
        name: write_parquet(staging.stage(name, count_parquet), _rows(kept, grade), parquet_schema(COLUMNS))
        for grade, name in enumerate((GRADED, SOLUTIONS))
    }
    return staging.publish(rows)


def _rows(kept: Path, grade: int) -> Iterator[dict[str, Any]]:
    """The kept problems of a grade; one whose copies have golds that differ is in neither."""
    names = (*COLUMNS, "grade", "first_answer", "last_answer")
    for part in sorted(kept.glob("*.parquet")):
        for row in table_rows(part, names):
            if row["grade"] == grade and not _disagree(row["first_answer"], row["last_answer"]):
                yield {name: row[name] for name in COLUMNS}


def _disagree(first: str | None, last: str | None) -> bool:
    return first is not None and last is not None and first != last and not how_same(last, first)


def yield_of(folder: Path) -> dict[str, Any]:
    """What was found in a run, in plain values: candidates by outcome, problems by kind, language and site."""
    counts = [row for part in sorted((folder / COUNTS).glob("*.parquet")) for row in table_rows(part, _COUNTED)]
    outcomes, why = Counter[str](), Counter[str]()
    kinds, languages, sites = _Grades(), _Grades(), _Grades()
    for row in counts:
        outcomes[row["outcome"]] += row["candidates"]
        if row["outcome"] in ("graded", "solution"):
            why[f"{row['outcome']}: {row['why']}"] += row["candidates"]
            kinds.add(f"{row['kind']}, by {row['structure']}", row)
            languages.add(row["lang"], row)
            sites.add(row["site"], row)
    return {
        "candidates": sum(outcomes.values()),
        "graded": count_parquet(folder / GRADED),
        "solutions": count_parquet(folder / SOLUTIONS),
        "outcomes": dict(sorted(outcomes.items())),
        "why": dict(sorted(why.items())),
        "kinds": kinds.told(),
        "languages": languages.told(),
        "sites": sites.told(),
    }


def card_lines(told: Mapping[str, Any]) -> Iterator[str]:
    """What `yield_of` says, for people who meet the corpus: lines of Markdown."""
    yield f"`{GRADED}` has {told['graded']:,} problems with a gold, `{SOLUTIONS}` {told['solutions']:,} with a solution"
    yield f"alone, of {told['candidates']:,} candidates. Golds are read out of pages: look at some before you train."
    yield ""
    yield from table_lines(("outcome", "candidates"), told["outcomes"].items())
    for title in ("kinds", "languages", "sites"):
        rows = [(foreign(name), *grades.values()) for name, grades in list(told[title].items())[:_LISTED]]
        if rows:
            yield ""
            yield from table_lines((title, "with a gold", "solution alone"), rows)


_LISTED = 20  # kinds, languages or sites, the largest
_COUNTED = ("site", "kind", "structure", "lang", "outcome", "why", "candidates")


class _Grades:
    """How many problems of either grade something has."""

    def __init__(self) -> None:
        self._counts: dict[str, Counter[str]] = {}

    def add(self, name: str, row: Mapping[str, Any]) -> None:
        self._counts.setdefault(name, Counter())[row["outcome"]] += row["candidates"]

    def told(self) -> dict[str, dict[str, int]]:
        """The largest first."""
        order = sorted(self._counts, key=lambda name: (-self._counts[name].total(), name))[:_MOST_SITES]
        return {name: {grade: self._counts[name][grade] for grade in ("graded", "solution")} for name in order}
