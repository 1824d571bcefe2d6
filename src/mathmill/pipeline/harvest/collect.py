"""The problems of a run as tables that open by themselves, and what the yield was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from itertools import groupby
from pathlib import Path
from typing import Any

from mathmill.data.columns import TableWriter
from mathmill.data.files import Output, Staging
from mathmill.data.markdown import foreign, table_lines
from mathmill.data.records import Reduce
from mathmill.data.shards import count_parquet, parquet_schema, publish_table
from mathmill.data.store.mounts import at_hand, has_parts
from mathmill.data.tables import folder_rows, table_rows
from mathmill.data.units import make_unit, source_hash
from mathmill.pipeline.harvest.rows import COLUMNS as FOUND_COLUMNS
from mathmill.pipeline.harvest.rows import DISAGREED, DUPLICATE, FOUND, READ, READ_COLUMNS
from mathmill.pipeline.harvest.same import how_same
from mathmill.pipeline.passes.base import SPLITS, Work

KEPT, COUNTS, PROBLEMS = "harvest_kept", "harvest_counts", "problems"
#: The sets of problems, in the order of `grade`: with a gold, and with a solution alone.
SETS = GRADED, SOLUTIONS = ("graded", "solutions")
_LAYOUT = "a file a set and split"  # part of the files' source: another layout makes them anew

ANSWERS, DISAGREE, AGAINST = "harvest_answers", "harvest_disagree", "harvest_against"

_NAMES = (
    *("id", "question", "answer", "read_answer", "solution", "hint", "lang", "split", "url", "site", "document"),
    *("begins", "ends", "date", "kind", "structure", "found", "confirmed", "verdict"),
)
#: Column -> (Arrow type, what it holds). `mathmill eval --data FILE` reads `id` to `solution` and `lang`.
COLUMNS: dict[str, tuple[str, str]] = {
    **{name: FOUND_COLUMNS[name] for name in _NAMES},
    "split": ("string", "the page's; train if any page with this question is of it"),
    "copies": ("int64", "pages of the run that have this question"),
}
_DISAGREE_COLUMNS = {"id": ("string", "of a question whose copies have golds that contradict each other")}
_AGAINST_COLUMNS = {"benchmark": ("string", "a set of problems"), "problems": ("int64", "how many it has")}
_ANSWERS = Reduce(
    ANSWERS,
    (FOUND,),
    f"""
SELECT DISTINCT f.id, f.answer FROM {FOUND} f JOIN (
  SELECT id FROM {FOUND} WHERE grade = 0 GROUP BY id HAVING count(DISTINCT answer) > 1
) s ON f.id = s.id WHERE f.grade = 0 ORDER BY f.id, f.answer
""",  # noqa: S608  # names of ours
)
# Of equal questions one of a page to train on, with a gold, then the longest, the oldest (unknown is youngest), the
# least id: what validation pages alone have is no part of training, and no word of theirs either.
_PLACED = f"""
SELECT row, nth, row_number() OVER (
  PARTITION BY id
  ORDER BY split, grade, characters DESC, CASE WHEN date = '' THEN 1 ELSE 0 END, date, document, nth
) AS place, count(*) OVER (PARTITION BY id) AS copies
FROM {FOUND} WHERE grade < 2
"""  # noqa: S608  # names of ours
_KEPT = Reduce(
    KEPT,
    (FOUND, DISAGREE),
    f"SELECT {', '.join(f'f.{name}' for name in (*_NAMES, 'grade'))}, p.copies "  # noqa: S608
    f"FROM {FOUND} f JOIN ({_PLACED}) p ON f.row = p.row AND f.nth = p.nth LEFT JOIN {DISAGREE} d ON f.id = d.id "
    "WHERE p.place = 1 AND d.id IS NULL ORDER BY f.id",
)
_COUNTS = Reduce(
    COUNTS,
    (FOUND, DISAGREE),
    f"""
SELECT site, kind, structure, lang, outcome, why, count(*) AS candidates FROM (
  SELECT f.site, f.kind, f.structure, f.lang,
  CASE WHEN p.place > 1 THEN '{DUPLICATE}' WHEN d.id IS NOT NULL THEN '{DISAGREED}' ELSE f.outcome END AS outcome,
  CASE WHEN p.place > 1 OR d.id IS NOT NULL THEN 'run' WHEN f.grade < 2 THEN f.why ELSE '' END AS why
  FROM {FOUND} f LEFT JOIN ({_PLACED}) p ON f.row = p.row AND f.nth = p.nth LEFT JOIN {DISAGREE} d ON f.id = d.id
) AS c GROUP BY site, kind, structure, lang, outcome, why ORDER BY site, kind, structure, lang, outcome, why
""",  # noqa: S608
)
_MOST_SITES = 20


def collect(work: Work) -> None:
    """Make the tables of kept problems and of counts from what was found in the shards."""
    answers, folder = work.reduce(_ANSWERS), work.run.folder
    made = source_hash(work.hashes(ANSWERS))
    make_unit(work.run, DISAGREE, made, lambda: (_write_disagreeing(folder, answers), {}))
    kept = work.reduce(_KEPT)
    source = source_hash(_LAYOUT, work.hashes(KEPT))
    make_unit(work.run, PROBLEMS, source, lambda: (_write(folder, kept), {}))
    work.reduce(_COUNTS)  # last: where it is, the problems are written


def _write_disagreeing(folder: Path, answers: Path) -> dict[str, Output]:
    return publish_table(folder, f"{DISAGREE}/part-0.parquet", _disagreeing(answers), _DISAGREE_COLUMNS)


def write_against(folder: Path, rows: Iterable[Mapping[str, Any]]) -> dict[str, Output]:
    """Write and publish the table of the benchmarks that problems are kept clean of."""
    return publish_table(folder, f"{AGAINST}/part-0.parquet", rows, _AGAINST_COLUMNS)


def problem_file(name: str, split: str) -> str:
    """The file of a set's problems in a split, in the run's folder; it is there only if there are some."""
    return f"{PROBLEMS}/{name}-{split}.parquet"


def problem_files(folder: Path, name: str) -> list[Path]:
    """The files of a set that a run has, train first."""
    paths = [folder / problem_file(name, split) for split in SPLITS]
    return [path for path in paths if at_hand(path).is_file()]


def problem_rows(folder: Path, name: str, columns: Sequence[str] = tuple(COLUMNS)) -> Iterator[dict[str, Any]]:
    """The problems of a set in all splits, train first, each by id."""
    for path in problem_files(folder, name):
        yield from table_rows(path, columns)


def is_collected(folder: Path) -> bool:
    """Whether a run has been harvested to the end; it may have no problem all the same."""
    return has_parts(folder / COUNTS)


def _write(folder: Path, kept: Path) -> dict[str, Output]:
    """Write and publish the files of those sets and splits that have problems, in one go over all of them."""
    staging, schema = Staging(folder), parquet_schema(COLUMNS)
    writers: dict[str, TableWriter] = {}
    with ExitStack() as stack:
        for row in folder_rows(kept, (*COLUMNS, "grade")):
            name = problem_file(SETS[row["grade"]], row["split"])
            if name not in writers:
                writers[name] = stack.enter_context(TableWriter(staging.stage(name, count_parquet), schema))
            writers[name].add(row)
    return staging.publish({name: writer.count for name, writer in writers.items()})


def _disagreeing(answers: Path) -> Iterator[dict[str, str]]:
    """The questions that have a gold which is not the first one by another name."""
    rows = folder_rows(answers, ("id", "answer"))
    for question, copies in groupby(rows, lambda row: str(row["id"])):
        if not _agree(str(row["answer"]) for row in copies):
            yield {"id": question}


def _agree(answers: Iterator[str]) -> bool:
    first = next(answers)
    return all(how_same(answer, first) or how_same(first, answer) for answer in answers)


def yield_of(folder: Path) -> dict[str, Any]:
    """What was found in a run, in plain values: candidates by outcome, problems by kind, language and site."""
    counts = _table(folder / COUNTS, _COUNTED)
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
        GRADED: _count(folder, GRADED),
        SOLUTIONS: _count(folder, SOLUTIONS),
        "pages": _sums(folder),
        "decontaminated_against": [str(row["benchmark"]) for row in _table(folder / AGAINST, ("benchmark",))],
        "found": _shares(folder, GRADED, "found"),
        "confirmed": _shares(folder, GRADED, "confirmed"),
        "read_answers": _shares(folder, SOLUTIONS, "found"),
        "outcomes": dict(sorted(outcomes.items())),
        "why": dict(sorted(why.items())),
        "kinds": kinds.told(),
        "languages": languages.told(),
        "sites": sites.told(),
    }


def _table(folder: Path, columns: Sequence[str]) -> list[dict[str, Any]]:
    return list(folder_rows(folder, columns))


def _sums(folder: Path) -> dict[str, int]:
    rows = _table(folder / READ, tuple(READ_COLUMNS))
    return {name: sum(row[name] for row in rows) for name in READ_COLUMNS}


def _count(folder: Path, name: str) -> int:
    return sum(count_parquet(path) for path in problem_files(folder, name))


def _shares(folder: Path, name: str, column: str) -> dict[str, int]:
    """How many problems of a set have each value of a column, without those that have none."""
    counts = Counter(str(row[column]) for row in problem_rows(folder, name, (column,)))
    return {name: count for name, count in sorted(counts.items()) if name}


def card_lines(told: Mapping[str, Any]) -> Iterator[str]:
    """What `yield_of` says, for people who meet the corpus: lines of Markdown."""
    yield f"`{GRADED}` has {told[GRADED]:,} problems with a gold, `{SOLUTIONS}` {told[SOLUTIONS]:,} with a solution"
    yield f"alone, of {told['candidates']:,} candidates. Golds are from pages: look at some before you train."
    against = ", ".join(foreign(name) for name in told["decontaminated_against"])
    yield f"Kept clean of the benchmarks: {against or 'none. Problems of benchmarks may be among them'}."
    if told["pages"]["too_long"]:
        yield f"{told['pages']['too_long']:,} of {told['pages']['documents']:,} pages are too long to be looked at."
    for title, name in _SHARES.items():
        total = sum(told[name].values())
        if total:
            yield ""
            yield from table_lines(
                (title, "problems", "share"), ((key, n, f"{n / total:.1%}") for key, n in told[name].items())
            )
    yield ""
    yield from table_lines(("outcome", "candidates"), told["outcomes"].items())
    for title in ("kinds", "languages", "sites"):
        rows = [(foreign(name), *grades.values()) for name, grades in list(told[title].items())[:_LISTED]]
        if rows:
            yield ""
            yield from table_lines((title, "with a gold", "solution alone"), rows)


_SHARES = {
    "golds, by where they were found": "found",
    "golds, by what confirms them": "confirmed",
    "answers read out of prose, which are no golds": "read_answers",
}
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
