"""The pass `site_lines`: what a site puts above and below the text of its pages is cut.

A site is a host, as `mathmill.pipeline.urls` names it: the blogs of one registered domain have no line in common. A
line is a site's where it stands near the same edge of enough of its pages (`mathmill.pipeline.dedup.site_text` says how
much of that is cut). Pages count by the last segment of their address, for the versions of a manual repeat each other's
text under it, and are one page here.

A page costs up to `2 depth + 1` rows of 44 bytes, written once, and the lines are grouped by two Reduces, which the
engine keeps within its memory and spills. Time grows with the pages, and within one page with its length.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import Any, Literal

import orjson
from pydantic import Field

from mathmill.data.config import Config, canonical_json
from mathmill.data.files import Output
from mathmill.data.markdown import fact_lines
from mathmill.data.records import Document, Dropped, Reduce
from mathmill.data.rows import ROW_BITS
from mathmill.data.shards import publish_table
from mathmill.data.store.mounts import parts
from mathmill.data.tables import ask
from mathmill.pipeline.dedup.site_text import HEAD, TAIL, cut, edges, without
from mathmill.pipeline.passes.base import Judge, PassTask, Work, WorkingShard
from mathmill.pipeline.passes.effects import EFFECT, effect_rows, write_effect
from mathmill.pipeline.urls import canonical_url

USE = "site_lines"
EDGES, REPEATED, MARKS, CUT = (f"{USE}_{what}" for what in ("edges", "repeated", "marks", "cut"))
ONLY_SITE_LINES = "only_site_lines"
_PAGE = 2  # the `side` of the one row that each page has, whatever its lines
_SHOWN = 200  # characters of a cut line in the table of them
_MOST_LINES = 200_000  # of a page that is looked at: each takes 60 bytes, whatever it says

#: Column -> (Arrow type, what it holds): the lines at the edges, and a row a page.
EDGE_COLUMNS: dict[str, tuple[str, str]] = {
    "row": ("int64", "the page's: shard << 24 | place"),
    "site": ("int64", "hash of the host"),
    "name": ("int64", "hash of what an address has after its last slash"),
    "side": ("int8", "0 head, 1 tail, 2 the page itself"),
    "bit": ("int64", "1 << lines between this one and the edge"),
    "line": ("int64", "hash of the line"),
}
#: The effect's: those of all effects, and the edit.
LINES_EFFECT: dict[str, tuple[str, str]] = {
    **EFFECT,
    "cut": ("string", "JSON: the numbers of the lines that are cut, from 0"),
    "lines": ("int32", "how many they are"),
    "characters": ("int64", "by how many the text gets shorter"),
}
#: What was cut in a shard's pages, to be read.
CUT_COLUMNS: dict[str, tuple[str, str]] = {
    "site": ("string", "the host"),
    "side": ("int8", "0 head, 1 tail"),
    "text": ("string", "the line, its first 200 characters"),
    "pages": ("int64", "pages of the shard that it was cut from"),
}


class SiteLines(Config):
    """Cuts the lines that a site repeats at the head and tail of its pages; a page of nothing else is dropped."""

    use: Literal["site_lines"] = "site_lines"
    depth: int = Field(12, ge=1, le=60, description="lines of text from an edge of a page that are looked at")
    min_pages: int = Field(8, ge=2, description="fewest pages of a site that its line stands on")
    min_share: float = Field(0.1, ge=0.001, le=1, description="and least share of its pages, told in thousandths")

    @property
    def folders(self) -> tuple[str, ...]:
        return (USE, EDGES, REPEATED, MARKS, CUT)

    def identity(self) -> Mapping[str, str]:
        return {}

    def learn(self, work: Work) -> None:
        work.map(EDGES, write_edges)
        work.reduce(_repeated(self))
        work.reduce(_marks())
        work.map(USE, write_cuts, work.hashes(MARKS))

    def opened(self, folder: Path, shard: WorkingShard) -> Judge:
        said = {row["place"]: row for row in effect_rows(folder, shard, USE, LINES_EFFECT)}
        return partial(_judge, said)

    def told(self, folder: Path) -> Mapping[str, Any]:
        """Sites with lines of theirs, these lines, and what was cut: pages, lines and characters."""
        counts = f"SELECT count(DISTINCT site) AS sites, count(*) AS site_lines FROM {REPEATED}"  # noqa: S608
        (found,) = ask(folder, REPEATED, counts, {})
        totals = ", ".join(f"CAST(coalesce(sum({each}), 0) AS BIGINT) AS {each}" for each in ("lines", "characters"))
        (edited,) = ask(folder, USE, f"SELECT count(*) AS pages, {totals} FROM {USE}", {})  # noqa: S608
        return found | edited

    def card(self, told: Mapping[str, Any]) -> Iterable[str]:
        return fact_lines(told)


def _judge(said: Mapping[int, Mapping[str, Any]], place: int, document: Document) -> Document | Dropped:
    row = said.get(place)
    if row is None:
        return document
    evidence = orjson.loads(row["evidence"])
    if row["reason"]:
        return Dropped(document, USE, row["reason"], evidence)
    text = without(document.text.split("\n"), orjson.loads(row["cut"]))
    return document.with_text(text).noting(USE, **evidence)


def write_edges(task: PassTask) -> dict[str, Output]:
    """Write the rows of `EDGE_COLUMNS` of one shard."""
    return publish_table(task.folder, f"{EDGES}/{task.shard}.parquet", _edges(task), EDGE_COLUMNS)


def _edges(task: PassTask) -> Iterator[dict[str, Any]]:
    for place, document in task.documents():
        host, name = _host_and_name(document.url)
        page = {"row": task.working.row(place), "site": _hash(host), "name": _hash(name)}
        yield page | {"side": _PAGE, "bit": 0, "line": 0}
        for side, edge in enumerate(edges(_lines_of(document.text), task.by.depth)):
            for at, line in enumerate(edge):
                yield page | {"side": side, "bit": 1 << at, "line": _hash(line.text)}


def _lines_of(text: str) -> list[str]:
    """The lines of a page's text; none of one that has very many, so that nothing is cut of it."""
    return text.split("\n") if text.count("\n") < _MOST_LINES else []


def _host_and_name(url: str) -> tuple[str, str]:
    """The host of a page, and the last segment of its address with the parameters."""
    address = canonical_url(url).removeprefix("https://")
    host, _, path = address.partition("/")
    path, mark, query = path.partition("?")
    return host, path.rpartition("/")[2] + mark + query


def _hash(text: str) -> int:
    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def _repeated(by: SiteLines) -> Reduce:
    """The lines that are a site's, by side."""
    return Reduce(
        name=REPEATED,
        reads=(EDGES,),
        query=f"""
WITH sizes AS (SELECT site, count(*) AS pages FROM (SELECT DISTINCT site, name FROM {EDGES}) AS named GROUP BY site),
counted AS (SELECT site, side, line, count(*) AS pages
            FROM (SELECT DISTINCT site, side, line, name FROM {EDGES} WHERE side < {_PAGE}) AS named
            GROUP BY site, side, line HAVING count(*) >= {by.min_pages})
SELECT counted.site AS site, counted.side AS side, counted.line AS line, counted.pages AS pages,
       sizes.pages AS of_pages
FROM counted JOIN sizes ON counted.site = sizes.site
WHERE counted.pages * 1000 >= {round(by.min_share * 1000)} * sizes.pages
ORDER BY counted.site, counted.side, counted.line
""",  # noqa: S608
    )


def _marks() -> Reduce:
    """For each page with such lines, which of its edges' they are, as bits."""
    sides = ", ".join(
        f"CAST(sum(CASE WHEN {EDGES}.side = {side} THEN {EDGES}.bit ELSE 0 END) AS BIGINT) AS {name}"
        for side, name in ((HEAD, "head"), (TAIL, "tail"))
    )
    return Reduce(
        name=MARKS,
        reads=(EDGES, REPEATED),
        query=f"""
SELECT {EDGES}.row AS row, {sides}
FROM {EDGES} JOIN {REPEATED}
  ON {EDGES}.site = {REPEATED}.site AND {EDGES}.side = {REPEATED}.side AND {EDGES}.line = {REPEATED}.line
GROUP BY {EDGES}.row ORDER BY {EDGES}.row
""",  # noqa: S608
    )


def write_cuts(task: PassTask) -> dict[str, Output]:
    """Write a shard's effect, and the table of the lines that it cuts."""
    seen: Counter[tuple[str, int, str]] = Counter()
    outputs = write_effect(task.folder, task.working, USE, _cuts(task, _marks_of(task), seen), LINES_EFFECT)
    rows = (dict(zip(CUT_COLUMNS, (*key, pages), strict=True)) for key, pages in sorted(seen.items()))
    return outputs | publish_table(task.folder, f"{CUT}/{task.shard}.parquet", rows, CUT_COLUMNS)


def _marks_of(task: PassTask) -> dict[int, tuple[int, int]]:
    """Place of each page of a shard that has marks, and the marks of its head and its tail."""
    import pyarrow.parquet as pq

    first, end = task.working.number << ROW_BITS, (task.working.number + 1) << ROW_BITS
    table = pq.read_table(parts(task.folder / MARKS), filters=[("row", ">=", first), ("row", "<", end)])
    rows, heads, tails = (table[name].to_pylist() for name in ("row", "head", "tail"))
    return {row - first: (head, tail) for row, head, tail in zip(rows, heads, tails, strict=True)}


def _cuts(
    task: PassTask, marks: Mapping[int, tuple[int, int]], seen: Counter[tuple[str, int, str]]
) -> Iterator[dict[str, Any]]:
    """Rows of the effect; counts in `seen` what is cut."""
    for place, document in task.documents():
        if place not in marks:
            continue
        lines = document.text.split("\n")
        head, tail = edges(lines, task.by.depth)
        gone = cut(head, tail, marks[place])
        if not any(gone):
            continue
        host, _ = _host_and_name(document.url)
        seen.update((host, side, line.text[:_SHOWN]) for side, run in enumerate(gone) for line in run)
        yield _effect(place, document.text, lines, sorted(line.number for run in gone for line in run))


def _effect(place: int, text: str, lines: list[str], gone: list[int]) -> dict[str, Any]:
    left = without(lines, gone)
    told = {"lines": len(gone), "characters": len(text) - len(left)}
    return {
        "place": place,
        "reason": "" if left.strip() else ONLY_SITE_LINES,
        "evidence": canonical_json(told).decode(),
        "cut": canonical_json(gone).decode(),
        **told,
    }
