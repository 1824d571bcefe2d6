"""One shard, start to commit: archive in; kept Documents, provenance rows and pages set aside out.

Runs in a worker of the engine; the dangerous part runs in a page process below it.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mathmill.data.errors import MathmillError
from mathmill.data.files import Output, Staging
from mathmill.data.shards import DocumentWriter, count_documents, count_parquet, parquet_schema, write_parquet
from mathmill.pipeline.aside import AsideWriter, count_aside
from mathmill.pipeline.inputs import ArchiveInput, fingerprint, on_disk
from mathmill.pipeline.isolate import Condemned, ItemLimits, Usage, isolated
from mathmill.pipeline.page_work import ArchiveSource, Outcome
from mathmill.pipeline.progress import Heartbeat
from mathmill.pipeline.provenance import COLUMNS, ERRORED, KEPT, Tally
from mathmill.pipeline.recipe import PipelineRecipe


@dataclass(frozen=True, slots=True)
class ShardTask:
    """What a worker needs to know to make one shard."""

    archive: ArchiveInput
    recipe: PipelineRecipe
    folder: Path


@dataclass(frozen=True, slots=True)
class ShardReceipt:
    """What one shard came to; goes into the ledger."""

    outputs: dict[str, Output]
    size: int  # bytes of the archive, which of one that was fetched nobody knew before
    fingerprint: str
    tally: Tally


def documents_name(shard: str) -> str:
    """Where the kept Documents of a shard lie in a run's folder."""
    return f"documents/{shard}.jsonl.zst"


def records_name(shard: str) -> str:
    """Where the provenance rows of a shard lie in a run's folder."""
    return f"records/{shard}.parquet"


def aside_name(shard: str) -> str:
    """Where the pages of a shard lie, as an archive, that killed their process or broke a stage."""
    return f"aside/{shard}.warc.gz"


def run_shard(task: ShardTask) -> ShardReceipt:
    """Make one shard of the corpus and publish its files; the ledger line is the driver's.

    Raises:
        DiskFull, CannotCreate: the folder cannot take the files.
        InputMissing: the archive cannot be opened, or not be fetched.
        MathmillError: records and bytes do not add up to the archive.
    """
    began = time.perf_counter()
    with on_disk(task.archive, task.recipe.fetching, task.folder) as archive:
        return _make(replace(task, archive=archive), began)


def _make(task: ShardTask, began: float) -> ShardReceipt:
    mark = fingerprint(task.archive)
    staging = Staging(task.folder)
    shard = _Shard(task, staging)
    records = staging.stage(records_name(task.archive.name), count_parquet)
    try:
        rows = write_parquet(records, shard.rows(), parquet_schema(COLUMNS))
    finally:
        shard.close()
    check_conservation(task.archive, shard.tally, shard.documents.rows, shard.aside.rows)
    shard.tally.wall_seconds = time.perf_counter() - began
    shard.tally.peak_mb = max(shard.usage.peak_mb, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    outputs = staging.publish(
        {
            records_name(task.archive.name): rows,
            documents_name(task.archive.name): shard.documents.rows,
            aside_name(task.archive.name): shard.aside.rows,
        }
    )
    return ShardReceipt(outputs, shard.tally.bytes_in, mark, shard.tally)


class _Shard:
    """The files of one shard while they are written."""

    def __init__(self, task: ShardTask, staging: Staging) -> None:
        name = task.archive.name
        self._source = ArchiveSource(task.archive.uri, task.archive.name, task.recipe)
        self._limits = ItemLimits(task.recipe.page.seconds, task.recipe.page.megabytes)
        self._heartbeat = Heartbeat(task.folder, name)
        self._documents_path = staging.stage(documents_name(name), count_documents)
        self.documents = DocumentWriter(self._documents_path)
        self.aside = AsideWriter(staging, aside_name(name), count_aside)
        self.tally = Tally()
        self.usage = Usage()

    def rows(self) -> Iterator[dict[str, Any]]:
        """The rows of the provenance table, in the archive's order; Documents are written on the way."""
        with self.documents:
            for item in isolated(self._source, self._limits, self.usage):
                outcome = self._judged(item)
                if outcome.document is not None:
                    self.documents.write(outcome.document)
                if outcome.record is not None:
                    self.aside.write(outcome.record)
                self.tally.count(outcome.row, outcome.seconds)
                self._heartbeat.beat(self.tally)
                yield outcome.row

    def _judged(self, item: Outcome | Condemned) -> Outcome:
        if isinstance(item, Condemned):
            return self._source.condemned(item.index, item.reason, item.evidence)
        return item

    def close(self) -> None:
        self.aside.close()
        self._heartbeat.end()


def check_conservation(archive: ArchiveInput, tally: Tally, documents: int, aside: int) -> None:
    """Make sure that every byte of the archive and every page is accounted for, once.

    Raises:
        MathmillError: it is not so.
    """
    facts = {
        "bytes": (tally.bytes_in, archive.size),
        "kept pages": (tally.outcomes[KEPT], documents),
        "pages set aside": (tally.outcomes[ERRORED], aside),
    }
    wrong = [f"{found:,} {what} where {wanted:,} are due" for what, (found, wanted) in facts.items() if found != wanted]
    if wrong:
        raise MathmillError(
            f"{archive.uri}: {', '.join(wrong)}: if the file did not change while it was read, please report a bug"
        )
