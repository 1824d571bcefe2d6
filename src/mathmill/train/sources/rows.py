"""Rows of tables: from files, the hub, known sets of Problems, and Runs that made problems or solutions.

A file or data set is read a few rows at a time. The rows of a known set are its Problems.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path
from typing import Any, BinaryIO

from mathmill.data.errors import ConfigError, InputMissing
from mathmill.data.hub import HubSet
from mathmill.data.hub_stream import hub_file, hub_files
from mathmill.data.json_lines import opened
from mathmill.data.ledger import Ledger
from mathmill.data.problems import load_problems, load_source
from mathmill.data.runs import committed_outputs, find_runs, load_manifest
from mathmill.data.sources import all_sources
from mathmill.data.storage import expand, is_remote
from mathmill.data.store.mounts import at_hand, run_folder, shown
from mathmill.data.table_files import RowKind, Table, is_parquet, json_rows, json_table, parquet_file, parquet_rows
from mathmill.data.terminal import one_line
from mathmill.train.sources.arrays import array_rows, is_array
from mathmill.train.sources.settings import Form, TuningColumns, TuningSource

#: What a folder's files of rows end with; a file that is named itself may end otherwise.
ENDINGS = (".jsonl", ".jsonl.gz", ".jsonl.zst", ".parquet")
_LIST = ".json"  # of a file that is one list; a folder may have others that end so
_TRAIN = "/train"  # what keys of known sets end in that are there to be trained on
_FILES = "JSON lines, a list in JSON, or Parquet"
_EXAMPLE = RowKind("row", '{"messages": [..]} or {"prompt": "..", "completion": ".."}', _FILES)
# Where the rows of a Run are, by its kind: problems that were harvested, or solutions that were kept.
_FOLDERS = {"corpus": "problems", "sample": "solutions"}
# The form of rows that have all of these columns; the first that fits.
_FORMS: tuple[tuple[Form, tuple[str, ...]], ...] = (
    ("messages", ("messages",)),
    ("completion", ("prompt", "completion")),
    ("problem", ("question", "solution")),
    ("text", ("text",)),
)
# What others call the columns of a form; the form is meant that finds a name for each of its own.
_OTHERS: tuple[dict[str, tuple[str, ...]], ...] = (
    {"messages": ("conversations", "conversation", "dialogue")},
    {"question": ("question", "problem"), "solution": ("solution", "generated_solution", "generation")},
    {
        "prompt": ("prompt", "instruction", "query", "problem", "question", "input"),
        "completion": ("completion", "output", "response", "answer"),
    },
    {"text": ("content", "body")},
)


@dataclass(frozen=True, slots=True)
class RowTable:
    """A table of rows of one form. `name` goes before a row's number where it has no id; `origin` is for messages."""

    name: str
    origin: str
    form: Form
    columns: TuningColumns
    rows: Iterator[tuple[str, Mapping[str, Any]]]


def row_tables(source: TuningSource, chats: bool = True) -> Iterator[RowTable]:
    """The tables of a source, in order, each good until the next is taken.

    Unless the model takes `chats`, rows that are told by their columns are read in another form if they have one.

    Raises:
        InputMissing: something is not there, or is an unfinished run.
        ConfigError: a column is not there, nothing is known by that name, it is a benchmark, or no file has a row.
        DamagedInput: a file is damaged.
    """
    origins, found = list[str](), False
    for table in _tables(source, chats):
        first = list(islice(table.rows, 1))
        origins.append(table.origin)
        found = found or bool(first)
        yield replace(table, rows=chain(first, table.rows))
    if not found:
        where = one_line(", ".join(origins), 200)
        raise ConfigError(f"nothing can be trained of {source.place}: it has no rows in {where}")


def _tables(source: TuningSource, chats: bool) -> Iterator[RowTable]:
    if source.problems:
        yield _problems(source)
    elif source.hub:
        of = HubSet(source.hub, source.config, source.split, source.revision)
        for address in hub_files(of).addresses:
            with hub_file(of, address) as file:
                yield _table(source, _stem(address.rpartition("/")[2]), _read(address, file, source), chats)
    else:
        for name, path in _paths(source):
            with opened(path) as file:
                yield _table(source, name, _read(str(path), file, source), chats)


def _problems(source: TuningSource) -> RowTable:
    known = load_source(source.problems)
    if not known.key.endswith(_TRAIN):
        trained = ", ".join(key for key in all_sources() if key.endswith(_TRAIN))
        raise ConfigError(
            f"{known.key} is what models are measured on, and one that was trained on it would know it by heart: name "
            f"a set that is there to be trained on ({trained}), or files of your own"
        )
    loaded = load_problems(known, source.data, skip_without_gold=True)
    rows = (
        (
            each.id,
            {"id": each.id, "question": each.question, "answer": each.gold, "solution": each.meta.get("solution")},
        )
        for each in loaded.problems
    )
    return RowTable(source.problems, loaded.origin, "problem", TuningColumns(), rows)


def _paths(source: TuningSource) -> list[tuple[str, Path]]:
    """Files, each with a name that no other has."""
    paths = _run_files(source) if source.run else [path for pattern in source.files for path in _matches(pattern)]
    unique = list(dict.fromkeys(paths))
    names = [_stem(path.name) for path in unique]
    return [
        (name if names.count(name) == 1 else f"{path.parent.name}-{name}", path)
        for name, path in zip(names, unique, strict=True)
    ]


def _run_files(source: TuningSource) -> list[Path]:
    assert source.run
    folder = run_folder(source.run)
    kind = load_manifest(folder)["kind"]
    if kind not in _FOLDERS:
        raise ConfigError(
            f"{shown(folder)} is a run of kind {kind!r}: name one that harvested problems or kept solutions"
        )
    outputs = [name for name in committed_outputs(Ledger(folder)) if name.startswith(f"{_FOLDERS[kind]}/")]
    if kind == "corpus":
        outputs = [name for name in outputs if name.endswith(f"-{source.split}.parquet")]
    if not outputs:
        if kind == "corpus":
            raise InputMissing(
                f"{shown(folder)} has no problem of the split {source.split!r}: add the pass `harvest`, or name "
                "another run"
            )
        raise InputMissing(f"{shown(folder)} kept no solution: set other rules with `keep`, or name another run")
    return [at_hand(folder / name) for name in outputs]


def _matches(pattern: str) -> list[Path]:
    """The files that a path, glob or folder names."""
    if not pattern or is_remote(pattern):
        raise ConfigError(f"cannot read rows from {pattern!r}: name files of this machine; download others first")
    folder = Path(pattern)
    if not folder.is_dir():
        return [Path(name) for name in expand([pattern])]
    if runs := find_runs(folder):
        raise ConfigError(f"{runs[0]} is a run's folder, not one of files: name it as `run`")
    found = sorted(path for path in folder.rglob("*") if path.name.endswith(ENDINGS) and path.is_file())
    if not found:
        raise InputMissing(f"no file of rows in {folder}: they end with {', '.join(ENDINGS)}; name others themselves")
    return found


def _read(origin: str, file: BinaryIO, source: TuningSource) -> Table:
    if is_parquet(file):
        table = parquet_file(origin, file)
        names = tuple(table.schema_arrow.names)
        wanted = set(source.columns.model_dump().values())
        return Table(origin, names, parquet_rows(origin, table, [name for name in names if name in wanted]))
    rows = array_rows(origin, file) if is_array(file) else json_rows(origin, file, _EXAMPLE)
    return json_table(origin, rows) or Table(origin, (), iter(()))


def _table(source: TuningSource, name: str, table: Table, chats: bool) -> RowTable:
    return RowTable(name, table.origin, _form(source, table, chats), source.columns, table.rows)


def _form(source: TuningSource, table: Table, chats: bool) -> Form:
    """What a table's rows are.

    Raises:
        ConfigError: its columns are others.
    """
    columns = source.columns.model_dump()
    missing = {form: [field for field in fields if columns[field] not in table.names] for form, fields in _FORMS}
    whole = [form for form, fields in missing.items() if not fields]
    if source.form != "auto":
        if table.names and missing[source.form]:
            field = missing[source.form][0]
            raise ConfigError(
                f"{table.origin} has no column {columns[field]!r}, where {field} was expected; it has "
                f'{_listed(table)}: say which it is with columns.{field} = "NAME", or name another form'
            )
        return source.form
    if whole or not table.names:
        return next((form for form in whole if chats or form != "messages"), (*whole, "text")[0])
    known = "; ".join(f"{form}: {', '.join(columns[field] for field in fields)}" for form, fields in _FORMS)
    raise ConfigError(
        f"{table.origin} has {_listed(table)}, and the columns of no form are among them ({known}): say which columns "
        f"hold what, such as {_mapping(table)}"
    )


def _mapping(table: Table) -> str:
    """What a recipe could say of columns whose names are those that others use."""
    for others in _OTHERS:
        named = {field: next((name for name in names if name in table.names), "") for field, names in others.items()}
        if all(named.values()):
            told = ", ".join(f'{field} = "{name}"' for field, name in named.items() if field != name)
            return f"columns = {{ {told} }}"
    return 'columns.question = "NAME"'


def _listed(table: Table) -> str:
    return f"the columns {', '.join(table.names)[:300]}"


def _stem(name: str) -> str:
    return next((name.removesuffix(ending) for ending in (*reversed(ENDINGS), _LIST) if name.endswith(ending)), name)
