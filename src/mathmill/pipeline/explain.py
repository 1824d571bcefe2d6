"""What happened to a page, and why: one look-up in a run's provenance tables and decisions, finished or not.

Costs a scan of one column of the tables; DuckDB skips the files whose row groups cannot hold the address.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from mathmill.data.errors import InputMissing
from mathmill.data.tables import ask
from mathmill.data.terminal import measured_words
from mathmill.pipeline.passes.decisions import DECISIONS
from mathmill.pipeline.provenance import DROPPED, ERRORED, KEPT


@dataclass(frozen=True, slots=True)
class Explanation:
    """One capture of a page: where it lies, what each stage measured, and how its way ended."""

    url: str
    archive: str
    offset: int
    length: int
    date: str
    id: str
    outcome: str
    stage: str
    reason: str
    evidence: dict[str, Any]
    trace: dict[str, dict[str, Any]]
    audit: str


def explain(folder: Path, url: str) -> list[Explanation]:
    """All captures of `url` that the run saw, in the order of archive and offset.

    Raises:
        InputMissing: the folder holds no provenance tables, or the run never saw the address.
    """
    rows = _look_up(folder, 'url = $url ORDER BY archive, "offset"', url=url)
    later = _decisions(folder, url)
    captures = [
        _explanation(row | _continued(row, later.get((row["archive"], row["offset"]))))
        for row in rows
        if row["kind"] not in ("request", "metadata")
    ]
    if captures:
        return captures
    host = url.split("//", 1)[-1].split("/", 1)[0]
    near = _look_up(
        folder, "contains(url, $host) ORDER BY levenshtein(url[:500], $url[:500]), url LIMIT 3", url=url, host=host
    )
    hint = f"; it saw {', '.join(dict.fromkeys(row['url'] for row in near))}" if near else ""
    raise InputMissing(f"{folder} never saw {url}{hint}: give the address as the crawl has it")


def _decisions(folder: Path, url: str) -> dict[tuple[str, int], dict[str, Any]]:
    """What the passes decided on the captures of an address, by archive and offset; empty before they are done."""
    if not any((folder / DECISIONS).glob("*.parquet")):
        return {}
    rows = ask(folder, DECISIONS, f"SELECT * FROM {DECISIONS} WHERE url = $url", {"url": url})  # noqa: S608
    return {(row["archive"], row["offset"]): row for row in rows}


def _continued(row: dict[str, Any], decision: dict[str, Any] | None) -> dict[str, Any]:
    """The columns in which a decision goes on where the cascade's row ends."""
    if decision is None or row["outcome"] != KEPT:
        return {}
    traces = [orjson.loads(trace) for trace in (row["trace"], decision["trace"]) if trace]
    end = {name: decision[name] for name in ("outcome", "stage", "reason", "evidence")}
    return {**end, "trace": orjson.dumps({stage: noted for trace in traces for stage, noted in trace.items()})}


def _look_up(folder: Path, where: str, **values: str) -> list[dict[str, Any]]:
    return ask(folder, "records", f"SELECT * FROM records WHERE {where}", values)  # noqa: S608


def _explanation(row: dict[str, Any]) -> Explanation:
    parsed = {name: orjson.loads(row[name]) if row[name] else {} for name in ("evidence", "trace")}
    fields = ("url", "archive", "offset", "length", "date", "id", "outcome", "stage", "reason", "audit")
    return Explanation(**{name: row[name] for name in fields}, **parsed)


def describe(explanation: Explanation) -> Iterator[str]:
    """The explanation in words, a line each."""
    yield explanation.url
    yield (
        f"  record at byte {explanation.offset:,} of {explanation.archive} ({explanation.length:,} bytes), "
        f"captured {explanation.date or 'at an unknown time'}"
    )
    passed = {stage: measured for stage, measured in explanation.trace.items() if stage != explanation.stage}
    for stage, measured in passed.items():
        yield f"  {stage:<15} passed   {measured_words(measured)}"
    if explanation.outcome == KEPT:
        yield f"  kept as {explanation.id}"
        return
    why = f"{explanation.reason}: {measured_words(explanation.evidence)}"
    yield f"  {explanation.stage:<15} {explanation.outcome:<8} {why}"
    if explanation.outcome == ERRORED:
        yield f"  its record is kept in aside/{explanation.archive}.warc.gz of the run's folder"
    if explanation.outcome == DROPPED and explanation.audit:
        yield f"  sampled for the gate's audit; the full path says: {explanation.audit}"
