"""Deal the corpus into train and validation by sites, so that no registered domain is in both.

RUN/
  split_pages/SHARD.parquet      site and tokens of each Document: `PAGES`
  split_sites/                   how much of each site there is, in the order in which sites are drawn
  split_drawn/part-0.parquet     the sites of validation: `SITES`
  split/SHARD.parquet            the effect: `COLUMNS`

Costs a Document about as much as reading it, and tables of about 20 bytes; memory grows with the number of different
sites of a shard and of validation.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, NonNegativeInt, field_validator

from mathmill.data.config import Config
from mathmill.data.domains import registered_domain
from mathmill.data.files import Output
from mathmill.data.records import Document, Reduce
from mathmill.data.shards import publish_table
from mathmill.data.store.mounts import has_parts
from mathmill.data.tables import ask, folder_rows, table_rows
from mathmill.data.units import make_unit, source_hash
from mathmill.pipeline.passes.base import SPLITS, TRAIN, VALIDATION, Judge, PassTask, Work, WorkingShard
from mathmill.pipeline.passes.decisions import DECISIONS
from mathmill.pipeline.passes.effects import write_effect
from mathmill.pipeline.selection.telling import split_lines

USE, PAGES_FOLDER, SITES_FOLDER, DRAWN = FOLDERS = ("split", "split_pages", "split_sites", "split_drawn")
_DRAWS = 1 << 48
_MOST_TOLD = 10  # sites

#: Column -> (Arrow type, what it holds).
PAGES: dict[str, tuple[str, str]] = {
    "place": ("int32", "the Document's place in its shard"),
    "site": ("string", "registered domain of its address; empty where it has none"),
    "draw": ("int64", "a seeded hash of the site, from 0 to 2^48 - 1"),
    "tokens": ("int64", "tokens of the text, if a selection counted them"),
}
SITES: dict[str, tuple[str, str]] = {
    "site": ("string", "registered domain"),
    "documents": ("int64", "its Documents"),
    "tokens": ("int64", "their tokens"),
}
COLUMNS: dict[str, tuple[str, str]] = {
    "place": ("int32", "the Document's place in its shard"),
    "site": ("string", "registered domain of its address; empty where it has none"),
    "split": ("string", "train or validation"),
}


class Split(Config):
    """Sets `split` of every Document: "validation" for those of some sites, "train" for all others.

    Sites are drawn by a seeded hash of their registered domain. With `of = "sites"` each is drawn on its own, whatever
    else there is: a site is on the same side in every later crawl, but how many Documents a share of the sites has
    is left to chance, and a giant site that is drawn is in validation as a whole. With `of = "documents"` sites are
    taken in the order of their draw as long as all together stay within that share of the Documents, and one that would
    exceed it is passed over: validation has nearly that share, no giant is in it, and a site may change sides when
    others come or go.

    Pages without an address have no site: they are for training. `always` names sites that are in validation all the
    same; they count as part of the share. Drop near-duplicates before: mirrors of a page on two sites would be on both
    sides.
    """

    use: Literal["split"] = "split"
    validation: float = Field(default=0.01, ge=0, le=1, description="the share of validation")
    of: Literal["sites", "documents"] = Field(
        default="sites", description="sites: each is drawn on its own; documents: sites until they have the share"
    )
    always: tuple[str, ...] = Field(default=(), description="registered domains that are always in validation")
    seed: NonNegativeInt = Field(default=0, description="of the draw: another one draws other sites")

    @field_validator("always")
    @classmethod
    def _are_domains(cls, always: tuple[str, ...]) -> tuple[str, ...]:
        for name in always:
            domain = registered_domain(f"https://{name}/")
            if domain != name:
                hint = f": write {domain}" if domain else ""
                raise ValueError(f"{name} is no registered domain as addresses have it{hint}")
        return always

    @property
    def folders(self) -> tuple[str, ...]:
        return FOLDERS

    def identity(self) -> Mapping[str, str]:
        return {}

    def learn(self, work: Work) -> None:
        work.map(PAGES_FOLDER, note_sites, self.seed)
        work.reduce(COUNT_SITES)
        drawn = [asdict(site) for site in _drawn(self, work.run.folder)]
        make_unit(work.run, DRAWN, source_hash(drawn), lambda: (_written(work.run.folder, drawn), {}))
        work.map(self.use, deal_shard, [self.seed, work.hashes(DRAWN)])

    def opened(self, folder: Path, shard: WorkingShard) -> Judge:
        said = {row["place"]: row for row in table_rows(folder / shard.effect(USE), list(COLUMNS))}

        def judge(place: int, document: Document) -> Document:
            row = said[place]
            return document.noting(USE, value=row["split"], site=row["site"]).with_meta(split=row["split"])

        return judge

    def told(self, folder: Path) -> Mapping[str, Any]:
        drawn = {row["site"]: row for row in table_rows(folder / DRAWN / "part-0.parquet", list(SITES))}
        parts = {name: {"sites": 0, "documents": 0, "tokens": 0} for name in (TRAIN, VALIDATION)}
        for row in folder_rows(folder / SITES_FOLDER, list(SITES)):
            part = parts[VALIDATION if row["site"] in drawn else TRAIN]
            part["sites"] += bool(row["site"])
            part["documents"] += row["documents"]
            part["tokens"] += row["tokens"]
        known = any(part["tokens"] for part in parts.values())
        largest = sorted(drawn.values(), key=lambda row: (-row["documents"], row["site"]))[:_MOST_TOLD]
        return {
            "asked": self.validation,
            "of": self.of,
            "share_of_documents": _share(parts, "documents") or 0.0,
            "share_of_tokens": _share(parts, "tokens"),
            "parts": {name: part if known else {**part, "tokens": None} for name, part in parts.items()},
            "in_the_corpus": _in_the_corpus(folder),
            "largest_sites": {
                row["site"]: {"documents": row["documents"], "tokens": row["tokens"] if known else None}
                for row in largest
            },
        }

    def card(self, told: Mapping[str, Any]) -> Iterable[str]:
        return split_lines(told)


def _in_the_corpus(folder: Path) -> dict[str, dict[str, Any]]:
    """What later passes left of each part, from the table of decisions; empty before there is one.

    `tokens` is None where no pass counted them.
    """
    if not has_parts(folder / DECISIONS):
        return {}
    rows = ask(folder, DECISIONS, _LEFT, {})
    found = {row.pop("split"): row for row in rows}
    return {name: found.get(name, {"sites": 0, "documents": 0, "tokens": None}) for name in SPLITS}


_LEFT = f"""
SELECT split, count(DISTINCT nullif(json_extract_string(trace, '$.{USE}.site'), '')) AS sites, count(*) AS documents,
CAST(sum(CAST(json_extract(trace, '$.select.tokens') AS BIGINT)) AS BIGINT) AS tokens
FROM {DECISIONS} WHERE outcome = 'kept' GROUP BY split
"""  # noqa: S608


def _share(parts: Mapping[str, Mapping[str, int]], key: str) -> float | None:
    whole = sum(part[key] for part in parts.values())
    return parts[VALIDATION][key] / whole if whole else None


#: Sites in the order in which they are drawn. A hash that two sites share leaves it to their names.
COUNT_SITES = Reduce(
    SITES_FOLDER,
    (PAGES_FOLDER,),
    f"""
SELECT site, draw, count(*) AS documents, CAST(sum(tokens) AS BIGINT) AS tokens
FROM {PAGES_FOLDER} GROUP BY site, draw ORDER BY draw, site
""",  # noqa: S608
)


def draw_of(site: str, seed: int) -> int:
    """A whole number from 0 to 2^48 - 1, by the site and the seed alone."""
    digest = hashlib.blake2b(f"{seed} {site}".encode("utf-8", "surrogatepass"), digest_size=6)
    return int.from_bytes(digest.digest())


def note_sites(task: PassTask) -> dict[str, Output]:
    """Write and publish the sites of one shard's Documents."""
    return publish_table(task.folder, f"{PAGES_FOLDER}/{task.shard}.parquet", _pages(task), PAGES)


def _pages(task: PassTask) -> Iterator[dict[str, Any]]:
    for place, document in task.documents():
        site = registered_domain(document.url)
        tokens = int(document.meta.get("tokens", 0))
        yield {"place": place, "site": site, "draw": draw_of(site, task.by.seed), "tokens": tokens}


@dataclass(frozen=True, slots=True)
class _Site:
    site: str
    documents: int
    tokens: int


def _drawn(by: Split, folder: Path) -> list[_Site]:
    """The sites of validation."""
    columns = ["site", "draw", "documents", "tokens"]
    room = _room(by, folder) if by.of == "documents" else 0
    drawn = []
    for row in folder_rows(folder / SITES_FOLDER, columns):
        site = _Site(row["site"], row["documents"], row["tokens"])
        if site.site in by.always:
            drawn.append(site)
        elif not site.site:
            continue
        elif by.of == "sites" and row["draw"] < by.validation * _DRAWS:
            drawn.append(site)
        elif by.of == "documents" and site.documents <= room:
            drawn.append(site)
            room -= site.documents
    return drawn


def _room(by: Split, folder: Path) -> int:
    """Documents that validation has room for, beside the sites that are always in it."""
    whole = named = 0
    for row in folder_rows(folder / SITES_FOLDER, ["site", "documents"]):
        whole += row["documents"]
        named += row["documents"] if row["site"] in by.always else 0
    return int(whole * Fraction(str(by.validation))) - named


def _written(folder: Path, rows: list[dict[str, Any]]) -> dict[str, Output]:
    return publish_table(folder, f"{DRAWN}/part-0.parquet", rows, SITES)


def deal_shard(task: PassTask) -> dict[str, Output]:
    """Write and publish the effect on one shard."""
    return write_effect(task.folder, task.working, USE, _dealt(task), COLUMNS)


def _dealt(task: PassTask) -> Iterator[dict[str, Any]]:
    drawn = {row["site"] for row in table_rows(task.folder / DRAWN / "part-0.parquet", ["site"])}
    for row in table_rows(task.folder / PAGES_FOLDER / f"{task.shard}.parquet", ["place", "site"]):
        yield {**row, "split": VALIDATION if row["site"] in drawn else TRAIN}
