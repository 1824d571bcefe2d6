"""The problems of a benchmark, and the worked ones that a prompt shows: from a folder, a file, the hub or an address.

`load_problems(load_source("gsm8k/test"))` reads the hub; with a folder (the argument, or MATHMILL_DATA) that alone.
Every gold is there before the first prompt is made, or it is an error that says which are not.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mathmill.data.config import canonical_json
from mathmill.data.errors import InputMissing
from mathmill.data.gold_rules import GoldRule
from mathmill.data.problem_rows import Problem, check_columns, problems_of, wanted
from mathmill.data.shot_texts import SHOT_FILES, fetched, is_shot_file, shot_table
from mathmill.data.sources import LAYOUT, Columns, Source, load_source, parse_columns
from mathmill.data.table_files import Table, table_file

__all__ = ["Columns", "Loaded", "Problem", "Source", "load_problems", "load_source", "parse_columns"]

DATA_VARIABLE = "MATHMILL_DATA"
_HOW = f"--data, `data` in a recipe, or {DATA_VARIABLE}"
#: What may stand behind a source's path below a data folder, in the order in which it is looked for.
ENDINGS = (".jsonl.gz", ".jsonl.zst", ".jsonl", ".parquet")


@dataclass(frozen=True, slots=True)
class Loaded:
    """Problems in order, where they are from, and a sha256 over them: equal only for equal problems in equal order.

    `expected` is how many the set is known to have (0: not known), `without_gold` how many of it were left out.
    """

    problems: list[Problem]
    origin: str
    fingerprint: str
    expected: int
    without_gold: int


def load_problems(
    source: Source,
    data: Path | None = None,
    *,
    columns: Columns | None = None,
    gold_from: GoldRule | None = None,
    skip_without_gold: bool = False,
) -> Loaded:
    """The problems of a source.

    `data` is a folder in the layout of `LAYOUT` (if None, the one that MATHMILL_DATA names), or a file: JSON lines,
    Parquet, or YAML or a program with shots. `columns` and `gold_from`, where given, say how the table is read,
    whatever it is from.

    Raises:
        InputMissing: the folder, file or data set is not there or cannot be reached.
        ConfigError: its columns are others, or the hub has no such config or split.
        DamagedInput: it is empty or torn, or problems have no gold, no question or the same id.
    """
    named = data or (Path(found) if (found := os.environ.get(DATA_VARIABLE)) else None)
    if named is None:
        reading = _changed(source.model_copy(update={"where": {}}), columns, gold_from)
        table = _remote(reading)
    elif named.is_dir():
        reading = _changed(_as_layout(source), columns, gold_from)
        table = table_file(_below(source, named), wanted(reading))
    else:
        reading = _changed(_as_file(source, named), columns, gold_from)
        table = shot_table(named) if is_shot_file(named) else table_file(_there(named), wanted(reading))
    check_columns(reading.columns, table, named is not None)
    problems, without_gold = problems_of(reading, table, skip_without_gold or reading.skip_without_gold)
    return Loaded(problems, table.origin, _fingerprint(problems), source.problems, without_gold)


def _remote(source: Source) -> Table:
    from mathmill.data.hub import hub_table

    if source.url:
        return shot_table(fetched(source), source.url)
    if source.hub:
        return hub_table(source, wanted(source))
    raise InputMissing(
        f"no data set on the hub is known to have {source.key}: name a folder that holds {source.path}.jsonl.gz "
        f"or a file of it with {_HOW}"
    )


def _changed(source: Source, columns: Columns | None, gold_from: GoldRule | None) -> Source:
    return source.model_copy(update={"columns": columns or source.columns, "gold_from": gold_from or source.gold_from})


def _as_layout(source: Source) -> Source:
    """How the file of a source below a data folder is read: its golds are answers already."""
    return source.model_copy(
        update={"columns": LAYOUT, "gold_from": "column", "joined": "blank", "order_by": "", "without": ""}
    )


def _as_file(source: Source, path: Path) -> Source:
    """How a file that somebody named is read: one row, one problem of the set."""
    columns, rule = SHOT_FILES.get(path.suffix, (LAYOUT, "column"))
    changes: dict[str, Any] = {"columns": columns, "gold_from": rule, "golds": {}, "where": {}}
    return _as_layout(source).model_copy(update=changes)


def _there(path: Path) -> Path:
    if not path.exists():
        raise InputMissing(f"there is no {path}: name a data folder or a file with {_HOW}")
    return path


def _below(source: Source, folder: Path) -> Path:
    for ending in ENDINGS:
        if (path := folder / f"{source.path}{ending}").is_file():
            return path
    far = f"fetch {source.url} and name it with --shots FILE" if source.url else f"name none to read {source.hub}"
    raise InputMissing(
        f"no {source.path}{ENDINGS[0]} (nor {', '.join(ENDINGS[1:])}) in {folder}: name another folder with "
        f"{_HOW}" + (f", or {far}" if source.url or source.hub else "")
    )


def _fingerprint(problems: list[Problem]) -> str:
    digest = hashlib.sha256()
    for problem in problems:
        digest.update(canonical_json(asdict(problem)) + b"\n")
    return digest.hexdigest()
