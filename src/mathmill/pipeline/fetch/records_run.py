"""The Run of single records: the index asked once, then batch after batch of records fetched and committed.

OUT/
  captures/      what the index told of the records that are asked for, in the order of the archives
  archives/      the records as they came, member by member: archives that `mathmill pipeline run --input` takes
  records/       a row for each record that was asked for: where it lay, where it lies here, or why it does not
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mathmill.data.errors import DamagedInput, InputMissing, MathmillError
from mathmill.data.files import Output, Staging, file_sha256, writing
from mathmill.data.ledger import Ledger
from mathmill.data.progress import Outlook, progress_shown
from mathmill.data.runs import Run, code_version
from mathmill.data.shards import count_parquet, parquet_schema, publish_table, write_parquet
from mathmill.data.tables import table_rows
from mathmill.data.terminal import counted
from mathmill.data.units import is_made_from, make_unit, source_hash
from mathmill.pipeline.archives import read_archive
from mathmill.pipeline.fetch.captures import Capture, Choice, choose
from mathmill.pipeline.fetch.index_api import IndexServer
from mathmill.pipeline.fetch.index_files import IndexFiles
from mathmill.pipeline.fetch.pace import Pace, waits_shown
from mathmill.pipeline.fetch.ranges import REASONS, UNREACHABLE, Had, fetch_records
from mathmill.pipeline.fetch.recipe import RecordsRecipe
from mathmill.pipeline.fetch.servers import Server
from mathmill.pipeline.fetch.wanted import Wanted, reviewed, typed
from mathmill.pipeline.warc import Record

KIND = "records"
GOT, FAILED = "got", "failed"
CAPTURES, ARCHIVES, RECORDS = "captures", "archives", "records"
_TABLE = f"{CAPTURES}/part-0.parquet"
_BATCH, _BATCH_BYTES = 1_000, 64 << 20  # records and bytes of a batch: what a kill costs at most

_CAPTURE = {
    "key": ("string", "the address in the index's own form"),
    "timestamp": ("string", "when it was fetched: 14 digits"),
    "url": ("string", "the address"),
    "mime": ("string", "what it is"),
    "status": ("string", "HTTP status"),
    "digest": ("string", "SHA-1 of the payload in base 32"),
    "length": ("int64", "bytes of the record as stored"),
    "offset": ("int64", "where it lies in the archive"),
    "filename": ("string", "path of the archive in the crawl"),
}
_OUTCOME = {
    **_CAPTURE,
    "outcome": ("string", "got or failed"),
    "reason": ("string", "why it failed"),
    "said": ("string", "what the server said"),
    "archive": ("string", "the file here that holds it"),
    "at": ("int64", "where it lies in that file, -1 for nowhere"),
}


@dataclass(frozen=True, slots=True)
class RecordsResult:
    """What a fetch of records came to."""

    folder: Path
    asked: int
    got: int
    bytes: int
    failed: Mapping[str, int]  # by reason
    left: Mapping[str, int]  # captures that were not asked for, by reason
    fresh: int  # records that this execution asked for


@dataclass(frozen=True, slots=True)
class _Batch:
    name: str
    captures: tuple[Capture, ...]

    @property
    def source(self) -> str:
        return source_hash([list(capture) for capture in self.captures])


def open_records_run(recipe: RecordsRecipe, folder: Path) -> Run:
    """The Run; the file of patterns is part of it.

    Raises:
        InputMissing: there is no such file.
        ConfigError: a pattern is wrong.
    """
    wanted_of(recipe)  # before anything is written
    files = {}
    if recipe.patterns is not None:
        files = {str(recipe.patterns): file_sha256(recipe.patterns)}
    return Run(folder, recipe, KIND, files)


def find_captures(recipe: RecordsRecipe, index: IndexFiles | IndexServer) -> tuple[list[Capture], Counter[str]]:
    """The captures that a recipe asks for, and how many others the index has there, by reason.

    Raises:
        ConfigError: a pattern is wrong.
        InputMissing, DamagedInput: the index cannot be read.
    """
    wanted = wanted_of(recipe)
    choice = Choice(recipe.mimes, recipe.most, recipe.seed)
    with waits_shown("reading the index", index.pace):
        return choose(index.captures(wanted.beginnings), wanted.accepts, choice)


def wanted_of(recipe: RecordsRecipe) -> Wanted:
    """Which addresses a recipe asks for.

    Raises:
        ConfigError: a pattern is wrong, or nothing is asked for.
    """
    return typed(recipe.index) if recipe.patterns is None else reviewed(recipe.patterns)


def run_records(
    recipe: RecordsRecipe, folder: Path, server: Server, index: IndexFiles | IndexServer, parallel: int
) -> RecordsResult:
    """Fetch the records that `recipe` asks for into `folder`, or finish it.

    Records that were not answered for are asked for again; a run without any is left as it is.

    Raises:
        InputMissing: the index knows no such page, or it or the server cannot be reached; what is done is kept.
        Locked, ConfigError, CannotCreate, DiskFull: see `mathmill.data.errors`.
    """
    run = open_records_run(recipe, folder)
    found = _found(run, recipe, index)  # before the run is opened: what is refused leaves no folder
    with run:
        run.clear_leftovers({CAPTURES, ARCHIVES, RECORDS})
        left = _noted_captures(run, found)
        batches = list(_batches(run.folder / _TABLE))
        todo = [(batch, missing) for batch in batches if (missing := _missing(run, batch))]
        if todo:
            run.reopen()
        asked = sum(len(batch.captures) for batch in batches)
        board = _Board(asked, sum(missing for _, missing in todo), server.pace)
        with progress_shown(board.outlook):
            for batch, missing in todo:
                noted = _noted(run, batch) if missing < len(batch.captures) else {}
                _make_batch(run, batch, _completed(batch, noted, server, parallel))
                board.done += missing
        return _finished(run, recipe, batches, left, board.fresh)


def _found(
    run: Run, recipe: RecordsRecipe, index: IndexFiles | IndexServer
) -> tuple[list[Capture], Mapping[str, int]] | None:
    """What the index has; None where a run has noted it, which asks but once.

    Raises:
        InputMissing: it has no such page, or cannot be reached.
    """
    run.inspect()
    ledger = Ledger(run.folder)
    if ledger.lines.get(CAPTURES, {}).get("source") == source_hash(run.files) and ledger.is_done(CAPTURES):
        return None
    captures, left = find_captures(recipe, index)
    if not captures:
        known = f" ({left.total():,} captures there are of other kinds)" if left else ""
        raise InputMissing(f"the index has no page under these addresses{known}: check the patterns and the crawl")
    return captures, left


def _noted_captures(run: Run, found: tuple[list[Capture], Mapping[str, int]] | None) -> Mapping[str, int]:
    """Put the captures in a table, unless they are; how many the index has there that are not asked for."""

    def make() -> tuple[Mapping[str, Output], Mapping[str, Any]]:
        if found is None:
            raise MathmillError(f"{run.folder} was changed by another process meanwhile: run the same command again")
        captures, left = found
        rows = (capture._asdict() for capture in captures)
        return publish_table(run.folder, _TABLE, rows, _CAPTURE), {"left": dict(sorted(left.items()))}

    left: Mapping[str, int] = make_unit(run, CAPTURES, source_hash(run.files), make)["left"]
    return left


def _batches(table: Path) -> Iterator[_Batch]:
    held: list[Capture] = []
    size = number = 0
    for row in table_rows(table, Capture._fields):
        capture = Capture(**row)
        if held and (len(held) >= _BATCH or size + capture.length > _BATCH_BYTES):
            yield _Batch(f"records-{number:05d}", tuple(held))
            held, size, number = [], 0, number + 1
        held.append(capture)
        size += capture.length
    if held:
        yield _Batch(f"records-{number:05d}", tuple(held))


def _missing(run: Run, batch: _Batch) -> int:
    """How many of a batch's records are still to be asked for."""
    unit = f"batch/{batch.name}"
    if not is_made_from(run, unit, batch.source):
        return len(batch.captures)
    missing: int = run.ledger.lines[unit]["counts"].get(UNREACHABLE, 0)
    return missing


def _completed(batch: _Batch, noted: Mapping[Capture, Had], server: Server, parallel: int) -> list[Had]:
    """What became of each record of a batch: as it is noted, or asked for now."""
    todo = [capture for capture in batch.captures if capture not in noted]
    had = {**noted, **{each.capture: each for each in fetch_records(server, todo, parallel)}}
    return [had[capture] for capture in batch.captures]


def _noted(run: Run, batch: _Batch) -> dict[Capture, Had]:
    """What an earlier execution noted of a batch's records, but for those that were not answered for."""
    archive = run.folder / f"{ARCHIVES}/{batch.name}.warc.gz"
    data = archive.read_bytes() if archive.exists() else b""
    noted = {}
    for row in table_rows(run.folder / f"{RECORDS}/{batch.name}.parquet", list(_OUTCOME)):
        capture = Capture(*(row[name] for name in Capture._fields))
        member = data[row["at"] : row["at"] + capture.length] if row["outcome"] == GOT else b""
        if row["reason"] != UNREACHABLE:
            noted[capture] = Had(capture, member, row["reason"], row["said"])
    return noted


def _make_batch(run: Run, batch: _Batch, had: Sequence[Had]) -> None:
    """Write a batch's records and rows and commit them."""
    archive, table = f"{ARCHIVES}/{batch.name}.warc.gz", f"{RECORDS}/{batch.name}.parquet"
    counts = Counter(each.reason or GOT for each in had)
    if counts.total() != len(batch.captures):
        raise MathmillError(f"{batch.name}: {counts.total()} of {len(batch.captures)} records came back: report a bug")
    staging = Staging(run.folder)
    rows = {}
    if counts[GOT]:
        path = staging.stage(archive, _count_records)
        with writing(path), path.open("wb") as file:
            file.writelines(each.member for each in had)
        rows[archive] = counts[GOT]
    path = staging.stage(table, count_parquet)
    rows[table] = write_parquet(path, _rows(had, archive), parquet_schema(_OUTCOME))
    outputs = staging.publish(rows)
    facts = {"source": batch.source, "counts": dict(sorted(counts.items())), "code": code_version()}
    run.ledger.append(f"batch/{batch.name}", outputs, facts)


def _rows(had: Sequence[Had], archive: str) -> Iterator[dict[str, Any]]:
    at = 0
    for each in had:
        got = not each.reason
        place = {"archive": archive if got else "", "at": at if got else -1}
        told = {"outcome": GOT if got else FAILED, "reason": each.reason, "said": each.said, **place}
        yield {**each.capture._asdict(), **told}
        at += len(each.member)


def _count_records(path: Path) -> int:
    return sum(isinstance(item, Record) for item in read_archive(path))


def _finished(
    run: Run, recipe: RecordsRecipe, batches: Sequence[_Batch], left: Mapping[str, int], fresh: int
) -> RecordsResult:
    for unit in [unit for unit in run.ledger.lines if unit.startswith("batch/")]:
        if unit not in {f"batch/{batch.name}" for batch in batches}:
            run.ledger.retire(unit)
    counts: Counter[str] = Counter()
    size = 0
    for batch in batches:
        line = run.ledger.lines[f"batch/{batch.name}"]
        counts.update(line["counts"])
        size += sum(output["size"] for name, output in line["outputs"].items() if name.startswith(f"{ARCHIVES}/"))
    asked = sum(len(batch.captures) for batch in batches)
    got = counts.pop(GOT, 0)
    failed = {reason: counts[reason] for reason in REASONS if counts[reason]}
    if asked != got + sum(failed.values()):
        raise MathmillError(f"{asked} records asked for are not {got} got and {failed} failed: please report a bug")
    if not run.is_done:
        inputs = [{"name": recipe.crawl, "uri": f"cc:{recipe.crawl}", "size": size, "fingerprint": ""}]
        run.finish(inputs, {"counts": {"asked": asked, GOT: got, FAILED: failed}, "left": left, "bytes": size}, {})
    return RecordsResult(run.folder, asked, got, size, failed, left, fresh)


class _Board:
    """How far a fetch is."""

    def __init__(self, asked: int, fresh: int, pace: Pace) -> None:
        self._pace = pace
        self.asked, self.fresh = asked, fresh
        self.done = asked - fresh

    def outlook(self) -> Outlook:
        facts = f"{self.done:,} of {counted(self.asked, 'record')}{self._pace.waiting}"
        return Outlook(self.done / max(self.asked, 1), facts, None)


def check_came(result: RecordsResult) -> None:
    """A fetch by which nothing came was told wrong, or its server is out of order; others may have to be gone on with.

    Raises:
        InputMissing: the server did not answer for some; the others are here.
        DamagedInput: of all records that were asked for none could be had.
    """
    if silent := result.failed.get(UNREACHABLE, 0):
        raise InputMissing(
            f"the server did not answer for {silent:,} of {counted(result.asked, 'record')}, the others are done: run "
            "the same command again to ask for these"
        )
    if not result.got:
        raise DamagedInput(f"none of {counted(result.asked, 'record')} could be had: {RECORDS}/ says why for each")
