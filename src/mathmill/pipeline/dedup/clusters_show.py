"""The clusters of copies in a run, largest first: what stayed, what went, and why.

A survivor of one pass may go as a copy in a later one: clusters are by the Document that no pass dropped as a copy.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import orjson

from mathmill.data.errors import InputMissing
from mathmill.data.store.mounts import has_parts, shown
from mathmill.data.tables import ask
from mathmill.data.terminal import counted, one_line, print_json
from mathmill.data.unfinished import check_pass, tell_unfinished
from mathmill.pipeline.dedup.exact import USE as EXACT
from mathmill.pipeline.dedup.near_tables import USE as NEAR
from mathmill.pipeline.passes.decisions import DECISIONS

# Passes that drop copies say of each which Document survived it.
_SURVIVOR = "json_extract_string(nullif(evidence, ''), '$.survivor')"
_DROPPED = f"""
SELECT stage, reason, url, id, evidence, {_SURVIVOR} AS survivor
FROM {DECISIONS} WHERE outcome = 'dropped' AND {_SURVIVOR} IS NOT NULL
"""  # noqa: S608
# Where each survivor is itself a copy in all of its captures, and so on: `last` is the Document at the end of the way.
# A way has no more steps than a recipe has passes; the bound ends one that turns back, by two captures of one id.
_ENDS = f"""
WITH RECURSIVE dropped AS ({_DROPPED}),
others AS (
  SELECT id, outcome, stage, reason FROM {DECISIONS} WHERE {_SURVIVOR} IS NULL
),
copies AS (
  SELECT id, min(survivor) AS survivor FROM dropped WHERE survivor <> id
  AND NOT EXISTS (SELECT 1 FROM others WHERE others.id = dropped.id) GROUP BY id
),
ways AS (
  SELECT DISTINCT survivor AS first, survivor AS last, 0 AS steps FROM dropped
  UNION ALL SELECT first, survivor, steps + 1 FROM ways JOIN copies ON last = id WHERE steps < 8
),
ends AS (SELECT first, arg_max(last, steps) AS last FROM ways GROUP BY first),
found AS (SELECT dropped.*, last FROM dropped JOIN ends ON survivor = first),
wanted AS (
  SELECT last, count(*) AS copies FROM found GROUP BY last
  HAVING bool_or(contains(url, $url) OR contains(evidence, $url))
)
"""  # noqa: S608
_USES = EXACT, NEAR
_HIGH = 0.995  # what rounds to 1.00 but is less is shown as less


@dataclass(frozen=True, slots=True)
class Copy:
    """A Document that was dropped as a copy; `because` is what its survivor ranks before it for.

    `of` is the address of that one, which may have gone later as a copy of the cluster's survivor. `similarity` is the
    greatest that it was confirmed at with another one of its pass's cluster, None for exact copies.
    """

    url: str
    id: str
    stage: str
    reason: str
    of: str
    because: str
    similarity: float | None


@dataclass(frozen=True, slots=True)
class Cluster:
    """A Document that is nobody's copy, and those that went for it or for copies of it.

    `dropped_by` is the pass that dropped it for another `reason` than a copy; both are empty where it stayed.
    """

    survivor: str
    survivor_url: str
    dropped_by: str
    reason: str
    copies: tuple[Copy, ...]


@dataclass(frozen=True, slots=True)
class Clusters:
    """The largest clusters, and how many there are of clusters and of copies in all."""

    clusters: int
    copies: int
    largest: tuple[Cluster, ...]


def find_clusters(run: Path, most: int = 20, url: str = "") -> Clusters:
    """The `most` largest clusters of a run; with `url`, of those in which an address contains it.

    Raises:
        InputMissing: no pass of the run's looks for copies, or it is not finished.
        DamagedInput: a table of it cannot be read.
    """
    _check(run)
    values = {"url": url}
    total = f"{_ENDS} SELECT count(*) AS clusters, CAST(sum(copies) AS BIGINT) AS copies FROM wanted"  # noqa: S608
    (counts,) = ask(run, DECISIONS, total, values)
    query = f"""
{_ENDS}, chosen AS (SELECT last, copies FROM wanted ORDER BY copies DESC, last LIMIT $most),
fates AS (
  SELECT id, bool_or(outcome = 'kept') AS stayed, any_value(stage) AS dropped_by, any_value(reason) AS fate
  FROM others GROUP BY id
)
SELECT found.*, CASE WHEN stayed THEN '' ELSE dropped_by END AS dropped_by,
CASE WHEN stayed THEN '' ELSE fate END AS fate
FROM found JOIN chosen ON found.last = chosen.last LEFT JOIN fates ON fates.id = found.last
ORDER BY copies DESC, found.last, url, found.id
"""  # noqa: S608
    rows = ask(run, DECISIONS, query, {**values, "most": most})
    return Clusters(int(counts["clusters"]), int(counts["copies"] or 0), tuple(_clusters(rows)))


def _check(run: Path) -> None:
    for use in _USES:
        check_pass(run, use)
    if not any(has_parts(run / use) for use in _USES):
        raise InputMissing(
            f"{shown(run)} tells nothing of copies: name a run whose recipe has the pass {' or '.join(_USES)} "
            f'([[passes]], use = "{NEAR}")'
        )


def _clusters(rows: Iterable[dict[str, Any]]) -> Iterator[Cluster]:
    for last, group in groupby(rows, lambda row: row["last"]):
        members = [(row, orjson.loads(row["evidence"])) for row in group]
        address = next(said["survivor_url"] for _, said in members if said["survivor"] == last)
        copies = tuple(_copy(row, said) for row, said in members)
        fate = members[0][0]
        yield Cluster(last, address, fate["dropped_by"] or "", fate["fate"] or "", copies)


def _copy(row: Mapping[str, Any], said: Mapping[str, Any]) -> Copy:
    because, similarity = said.get("because", ""), said.get("similarity")
    return Copy(row["url"], row["id"], row["stage"], row["reason"], said["survivor_url"], because, similarity)


def show_clusters(run: Path, as_json: bool, most: int = 20, url: str = "") -> None:
    """Print the largest clusters of a run, and of what they are.

    Raises:
        InputMissing: as `find_clusters`, or no copy or survivor has such an address.
    """
    found = find_clusters(run, most, url)
    tell_unfinished(run)
    if url and not found.clusters:
        raise InputMissing(
            f"no copy or survivor in {shown(run)} has {url} in its address: `mathmill explain` tells of others"
        )
    if as_json:
        print_json(asdict(found))
        return
    for cluster in found.largest:
        print(f"{one_line(cluster.survivor_url)}  {_fate(cluster)}")
        for copy in cluster.copies:
            print(f"    {one_line(copy.url)}  {_why(copy, cluster)}")
    told = "the largest is" if len(found.largest) == 1 else f"the {len(found.largest):,} largest are"
    more = f"; {told} shown" if 0 < len(found.largest) < found.clusters else ""
    print(f"{counted(found.clusters, 'cluster')}, {counted(found.copies, 'copy', 'copies')} dropped{more}")


def _fate(cluster: Cluster) -> str:
    more = f"{len(cluster.copies):,} more"
    if not cluster.dropped_by:
        return f"stays for {more}"
    return f"stood for {more}, and was dropped by {cluster.dropped_by}: {cluster.reason}"


def _why(copy: Copy, cluster: Cluster) -> str:
    alike = "" if copy.similarity is None else f" {min(copy.similarity, 1):.2f}"
    if copy.similarity is not None and _HIGH <= copy.similarity < 1:
        alike = f" {copy.similarity:.4f}"
    other = "the other" if copy.of == cluster.survivor_url else one_line(copy.of)
    return f"{copy.reason}{alike}, {other} {_BETTER.get(copy.because, copy.because)}"


#: What a survivor ranks before its copy for, in words.
_BETTER: dict[str, str] = {
    "more_formulas": "has more formulas",
    "longer": "is longer",
    "older": "is older",
    "lesser_id": "has the lesser id",
    "same_id": "is the same capture",
}
