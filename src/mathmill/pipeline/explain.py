"""What happened to a page, and why: one look-up in a run's provenance tables and decisions, finished or not.

Costs a scan of one column of the tables; DuckDB skips the files whose row groups cannot hold the address. An address
that no page has just so costs naming those that hold its site's name (`canonical_url`), some 20 µs each.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

import orjson

from mathmill.data.domains import registered_domain
from mathmill.data.errors import InputMissing
from mathmill.data.runs import load_claim
from mathmill.data.store.mounts import has_parts, is_there, shown
from mathmill.data.tables import ask
from mathmill.data.terminal import counted, measured_words
from mathmill.pipeline.decontaminate.decontaminate import SETS
from mathmill.pipeline.passes.decisions import DECISIONS
from mathmill.pipeline.provenance import DROPPED, ERRORED, KEPT
from mathmill.pipeline.urls import canonical_url

BY_URL, BY_ID, BY_CANONICAL_URL = "url", "id", "canonical_url"
_ID = re.compile(r"[0-9a-f]{32}")
_ASKED = 100  # addresses in one query
_CONFIG, _LOOKING = "config.json", "decontaminate"


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
    decided: bool  # whether the passes have judged it, or a stage ended its way
    found_by: str  # url, id or canonical_url: what of it is as it was asked for


def explain(folder: Path, page: str) -> list[Explanation]:
    """All captures of a page that the run saw, in the order of archive and offset.

    `page` is an address as the crawl has it, or a Document's id; where it is neither, captures of addresses that are
    `page` in another spelling, by the rules of `exact_duplicates`. `found_by` says which it was.

    Raises:
        InputMissing: the folder holds no provenance tables, or the run never saw the page.
    """
    captures = _captures(folder, BY_URL, [page])
    if not captures and _ID.fullmatch(page):
        captures = _captures(folder, BY_ID, [page])
    if not captures:
        captures = _captures(folder, BY_URL, _other_spellings(folder, page), BY_CANONICAL_URL)
    if captures:
        return captures
    host = page.split("//", 1)[-1].split("/", 1)[0]
    near = _look_up(
        folder,
        "contains(url, $host) ORDER BY levenshtein(url[:500], $url[:500]), url LIMIT 3",
        {"url": page, "host": host},
    )
    hint = f"; it saw {', '.join(dict.fromkeys(row['url'] for row in near))}" if near else ""
    raise InputMissing(
        f"{shown(folder)} never saw {page}{hint}: give the address as the crawl has it, or a Document's id"
    )


def _captures(folder: Path, column: str, values: Sequence[str], found_by: str = "") -> list[Explanation]:
    """The captures that have one of some values in a column, the way of each told to its end."""
    rows: list[dict[str, Any]] = []
    later: dict[tuple[str, int], dict[str, Any]] = {}
    for start in range(0, len(values), _ASKED):
        names = {f"v{at}": value for at, value in enumerate(values[start : start + _ASKED])}
        where = f"{column} IN ({', '.join(f'${name}' for name in names)})"
        rows += _look_up(folder, where, names)
        later |= _decisions(folder, where, names)
    rows.sort(key=lambda row: (row["archive"], row["offset"]))
    silent = _silent(folder) if later else {}
    return [
        _explanation(row, later.get((row["archive"], row["offset"])), silent, found_by or column)
        for row in rows
        if row["kind"] not in ("request", "metadata")
    ]


def _other_spellings(folder: Path, url: str) -> list[str]:
    """The addresses of the run that have the canonical address of `url`, which may lack its scheme; sorted."""
    name = canonical_url(url if "//" in url else f"https://{url}")
    domain = registered_domain(name)
    if not domain:
        return []
    site = f"{domain.partition('.')[0]}."  # the rest of it may differ: blogs have a host in every country
    rows = ask(folder, "records", "SELECT DISTINCT url FROM records WHERE contains(lower(url), $site)", {"site": site})
    return sorted(row["url"] for row in rows if canonical_url(row["url"]) == name)


def _decisions(folder: Path, where: str, values: dict[str, str]) -> dict[tuple[str, int], dict[str, Any]]:
    """What the passes decided on some captures, by archive and offset; empty before they are done."""
    if not has_parts(folder / DECISIONS):
        return {}
    rows = ask(folder, DECISIONS, f"SELECT * FROM {DECISIONS} WHERE {where}", values)  # noqa: S608
    return {(row["archive"], row["offset"]): row for row in rows}


def _continued(row: dict[str, Any], decision: dict[str, Any], silent: Mapping[str, Any]) -> dict[str, Any]:
    """The columns in which a decision goes on where the cascade's row ends; `silent` as `_silent` has it."""
    stages, noted = (orjson.loads(each["trace"]) if each["trace"] else {} for each in (row, decision))
    end = {name: decision[name] for name in ("outcome", "stage", "reason", "evidence")}
    passed = takewhile(lambda use: use != decision["stage"], silent)
    return {**end, "trace": orjson.dumps(stages | {use: noted.get(use, silent[use]) for use in passed} | noted)}


def _silent(folder: Path) -> dict[str, dict[str, Any]]:
    """By pass, in the recipe's order, what is told of it on a page that it let stay without noting anything.

    Those that have judged nothing yet, as in a run under way, are left out.
    """
    claim = load_claim(folder) if is_there(folder / _CONFIG) else {"config": {}}
    uses = [each["use"] for each in claim["config"].get("passes", ())]
    said: dict[str, dict[str, Any]] = {use: {} for use in uses if has_parts(folder / use)}
    if _LOOKING in said:
        (sets,) = ask(folder, SETS, f"SELECT count(*) AS benchmarks FROM {SETS}", {})  # noqa: S608
        said[_LOOKING] = {**sets, "found": 0}
    return said


def _look_up(folder: Path, where: str, values: dict[str, str]) -> list[dict[str, Any]]:
    return ask(folder, "records", f"SELECT * FROM records WHERE {where}", values)  # noqa: S608


def _explanation(
    row: dict[str, Any], decision: dict[str, Any] | None, silent: Mapping[str, Any], found_by: str
) -> Explanation:
    decided = row["outcome"] != KEPT or decision is not None
    if row["outcome"] == KEPT and decision is not None:
        row = row | _continued(row, decision, silent)
    parsed = {name: orjson.loads(row[name]) if row[name] else {} for name in ("evidence", "trace")}
    fields = ("url", "archive", "offset", "length", "date", "id", "outcome", "stage", "reason", "audit")
    return Explanation(**{name: row[name] for name in fields}, **parsed, decided=decided, found_by=found_by)


def describe(explanation: Explanation) -> Iterator[str]:
    """The explanation in words, a line each."""
    yield explanation.url
    if explanation.found_by == BY_CANONICAL_URL:
        yield f"  found as another spelling of the address: both are {canonical_url(explanation.url)}"
    yield (
        f"  record at byte {explanation.offset:,} of {explanation.archive} ({counted(explanation.length, 'byte')}), "
        f"captured {explanation.date or 'at an unknown time'}"
    )
    passed = {stage: measured for stage, measured in explanation.trace.items() if stage != explanation.stage}
    for stage, measured in passed.items():
        yield f"  {stage:<16} passed   {measured_words(measured) if measured else 'nothing to note'}"
    if explanation.outcome == KEPT:
        yield f"  kept as {explanation.id}{'' if explanation.decided else ' by the stages; no pass has judged it yet'}"
        return
    why = f"{explanation.reason}: {measured_words(explanation.evidence)}"
    yield f"  {explanation.stage:<16} {explanation.outcome:<8} {why}"
    if explanation.outcome == ERRORED:
        yield f"  its record is kept in aside/{explanation.archive}.warc.gz of the run's folder"
    if explanation.outcome == DROPPED and explanation.audit:
        yield f"  sampled for the gate's audit; the full path says: {explanation.audit}"
