"""The pages that a round trains on: the seeds and what joined them, and a draw of everything else.

Two tasks a shard: one draws candidates, of which the driver takes those with the smallest lots, and one writes the
lines of what was taken. Both depend on pages alone and not on their order, so any number of workers draws the same set.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from mathmill.classifier.decisions import Decisions
from mathmill.classifier.domains import DomainRule
from mathmill.classifier.draws import LOTS, lot
from mathmill.classifier.labels import held_out
from mathmill.classifier.line_files import LineWriter, count_lines, read_lines
from mathmill.classifier.prepared import lines_name, pages_name
from mathmill.classifier.recipe import RoundRecipe, TrainRecipe
from mathmill.classifier.review import read_review
from mathmill.classifier.scoring import MOST, scores_name
from mathmill.classifier.seeds import TABLE
from mathmill.data.files import Output, Staging
from mathmill.data.rows import ROWS_A_SHARD
from mathmill.data.stats import wilson_interval
from mathmill.data.store.mounts import at_hand
from mathmill.data.tables import table_rows

Identity = tuple[str, int, int, int]  # of a file: path, inode, size, time of its last change
Origin = Literal["seed", "pattern", "random", "hard"]

#: Column -> (Arrow type, what it holds).
COLUMNS: dict[str, tuple[str, str]] = {
    "row": ("int64", "the page's row in the table of pages; of a seed, its place among the seeds"),
    "url": ("string", "its address"),
    "domain": ("string", "registered domain of the address"),
    "is_math": ("bool", "what it is taken for"),
    "origin": ("string", "seed: given; pattern: under an accepted pattern; random: drawn; hard: see the recipe"),
}


@dataclass(frozen=True, slots=True)
class Before:
    """What the round before leaves to the next one."""

    folder: Path  # of its Run
    cut: int  # log-odds in millionths from which it kept pages
    reach: int  # log-odds from which pages are likely to be mathematics (`RoundRecipe.joins`)
    decisions: Path  # file of reviewed patterns that hold


@dataclass(frozen=True, slots=True)
class DrawTask:
    """Candidates of one shard; `before` is None in the first round, of negatives only lots under `below` count."""

    shard: str
    pages: Path
    recipe: TrainRecipe
    round: int
    before: Before | None
    below: int = LOTS


@dataclass(frozen=True, slots=True)
class Candidate:
    """A page that may join, with the lot that decides."""

    lot: int
    row: int
    url: str
    domain: str
    origin: Origin


def draw(task: DrawTask) -> list[Candidate]:
    """What of a shard may be taken: of each origin as many with the smallest lots as the whole crawl may give."""
    return take(_candidates(task), task.recipe)


def take(candidates: Iterable[Candidate], recipe: TrainRecipe) -> list[Candidate]:
    """Those with the smallest lots, as many of each origin (and under patterns of each domain) as may join."""
    hard = round(recipe.negatives.count * recipe.negatives.hard)
    most = {"random": recipe.negatives.count, "hard": hard}
    capped = recipe.join_per_domain if isinstance(recipe, RoundRecipe) else 0
    counts: Counter[str] = Counter()
    taken: list[Candidate] = []
    copy_of = (-1, "")
    for each in sorted(candidates, key=lambda each: (each.lot, each.url, each.row)):
        if copy_of == (each.lot, each.url):
            continue  # another copy of the same page, which draws the same lot
        copy_of = (each.lot, each.url)
        key = f"{each.origin} {each.domain}" if each.origin == "pattern" else each.origin
        if counts[key] < most.get(key, capped):
            counts[key] += 1
            taken.append(each)
    return _without_surplus(taken, recipe)


def _without_surplus(taken: list[Candidate], recipe: TrainRecipe) -> list[Candidate]:
    """Hard negatives take the place of random ones, so that there are as many as the recipe says."""
    hard = sum(each.origin == "hard" for each in taken)
    left = recipe.negatives.count - hard
    kept: list[Candidate] = []
    for each in taken:
        left -= each.origin == "random"
        if each.origin != "random" or left >= 0:
            kept.append(each)
    return kept


def _candidates(task: DrawTask) -> Iterator[Candidate]:
    recipe = task.recipe
    away = held_out(recipe.labels).domains
    seeds = _seed_addresses(_identity(task.pages / TABLE))
    known = _known_to(task)
    logits = _logits(task)
    for page in table_rows(task.pages / pages_name(task.shard), ["row", "id", "url", "domain", "empty"]):
        if page["empty"] or page["domain"] in away or bare(page["url"]) in seeds:
            continue
        origin = _origin(task, page, logits, known)
        if origin is None:
            continue
        drawn = lot(recipe.seed, origin if origin == "pattern" else f"{origin} {task.round}", page["id"])
        if origin != "random" or drawn < task.below:
            yield Candidate(drawn, page["row"], page["url"], page["domain"], origin)


def _known_to(task: DrawTask) -> _Known | None:
    before, recipe = task.before, task.recipe
    if before is None or not isinstance(recipe, RoundRecipe):
        return None
    table = before.folder / "domains" / "part-0.parquet"
    return _known(_identity(before.decisions), _identity(table), recipe.domains)


def _origin(task: DrawTask, page: dict[str, Any], logits: dict[int, int], known: _Known | None) -> Origin | None:
    """As what a page may be drawn; None for what must not join."""
    before, recipe = task.before, task.recipe
    if before is None or known is None or not isinstance(recipe, RoundRecipe):
        return "random"
    logit = logits.get(page["row"], -MOST - 1)  # a page of unknown words has no score
    is_kept = logit >= before.cut
    pattern = known.decisions.which(page["url"])
    if pattern is not None and pattern.decision == "accept":
        joins = {"uncollected": not is_kept, "likely": logit >= before.reach, "kept": is_kept, "all": True}
        return "pattern" if pattern.is_persons or joins[recipe.joins] else None
    if not is_kept:
        spared = recipe.negatives.spare == "domains" and page["domain"] in known.mathematics
        return None if spared else "random"
    return "hard" if page["domain"] in known.surely_not else None


def _logits(task: DrawTask) -> dict[int, int]:
    """What the round before scored of a shard: row -> log-odds."""
    if task.before is None:
        return {}
    path = task.before.folder / scores_name(task.shard)
    return {row["row"]: row["logit"] for row in table_rows(path, ["row", "logit"])}


def _identity(file: Path) -> Identity:
    """A file as it is now: what is read of it is kept in the process for all shards, but not for longer."""
    stat = at_hand(file).stat()
    return str(file), stat.st_ino, stat.st_size, stat.st_mtime_ns


@lru_cache(maxsize=1)
def _seed_addresses(table: Identity) -> frozenset[str]:
    """The addresses of the seeds, which the crawl may hold as well."""
    return frozenset(bare(row["url"]) for row in table_rows(Path(table[0]), ["url"])) - {""}


def bare(url: str) -> str:
    """An address without scheme, `www.` and a slash at its end: a page's addresses mostly differ in these."""
    return url.partition("://")[2].removeprefix("www.").rstrip("/")


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    """What the round before found out: reviewed patterns, domains that are mathematics, and those that surely are none,
    their share of kept pages being below that of such a domain."""

    decisions: Decisions
    mathematics: frozenset[str]
    surely_not: frozenset[str]


@lru_cache(maxsize=1)
def _known(decisions: Identity, domains: Identity, rule: DomainRule) -> _Known:
    rows = list(table_rows(Path(domains[0]), ["domain", "pages", "kept", "is_math"]))
    return _Known(
        Decisions(read_review(Path(decisions[0]))),
        frozenset(row["domain"] for row in rows if row["is_math"]),
        frozenset(row["domain"] for row in rows if wilson_interval(row["kept"], row["pages"], rule.z)[1] < rule.share),
    )


@dataclass(frozen=True, slots=True)
class GatherTask:
    """The lines of a shard's rows that were taken, to be written to a file of the round."""

    shard: str
    pages: Path
    rows: frozenset[int]
    folder: Path


def examples_name(shard: str) -> str:
    """Where the lines of a shard's taken rows lie in a round's folder, in the order of the rows."""
    return f"examples/{shard}.zst"


def gather(task: GatherTask) -> dict[str, Output]:
    """Write the lines of the rows that were taken."""
    staging = Staging(task.folder)
    name = examples_name(task.shard)
    wanted = {row % ROWS_A_SHARD for row in task.rows}
    with LineWriter(staging.stage(name, count_lines)) as writer:
        for at, line in enumerate(read_lines(task.pages / lines_name(task.shard))):
            if at in wanted:
                writer.write(line)
    return staging.publish({name: writer.rows})


def by_shard(rows: Iterable[int], shards: tuple[str, ...]) -> dict[str, frozenset[int]]:
    """Rows by the name of their shard; shards without any are left out."""
    found: defaultdict[str, set[int]] = defaultdict(set)
    for row in rows:
        found[shards[row // ROWS_A_SHARD]].add(row)
    return {shard: frozenset(found[shard]) for shard in shards if shard in found}
