"""What a round keeps of a crawl: the units that score it, cut it at the budget, and count what is kept.

RUN/
  scores/SHARD.parquet      the crawl, scored: `scoring.COLUMNS`
  ranking-N/, reach-N/      tokens by score, ever finer about the cut (`mathmill.classifier.ranking`)
  domain_counts/            pages and kept pages of each registered domain
  domains/part-0.parquet    the same, judged: `COLUMNS`
  overlap/                  what of it the round before had kept
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mathmill.classifier.domains import DomainCount, count_kept, read_domains
from mathmill.classifier.labels import held_out
from mathmill.classifier.model import ClassifierFile
from mathmill.classifier.prepared import Prepared
from mathmill.classifier.ranking import Cut, cut_for
from mathmill.classifier.recipe import Keep, RoundRecipe
from mathmill.classifier.scoring import ScoreTask, score_shard
from mathmill.data.engine import Engine
from mathmill.data.files import Output, Staging
from mathmill.data.records import Reduce
from mathmill.data.runs import Run
from mathmill.data.shards import count_parquet, parquet_schema, write_parquet
from mathmill.data.tables import table_rows
from mathmill.data.units import hashes, make_unit, map_units, reduce_unit, source_hash

OWNED = ("scores",)
_PART = "part-0.parquet"

#: Column -> (Arrow type, what it holds).
COLUMNS: dict[str, tuple[str, str]] = {
    "domain": ("string", "registered domain"),
    "pages": ("int64", "its pages that have a score"),
    "kept": ("int64", "those that the round kept"),
    "share": ("float64", "kept / pages"),
    "low": ("float64", "lower bound of the share's Wilson interval"),
    "is_math": ("bool", "mathematics, by the recipe's rule"),
    "held_out": ("bool", "of the labelled set: none of its pages is ever trained on"),
}


def score_crawl(run: Run, engine: Engine, pages: Prepared, about: ClassifierFile) -> None:
    """Score every page with the model in the run's folder."""
    tasks = [ScoreTask(shard, pages.folder, run.folder, about) for shard in pages.shards]
    map_units(run, engine, "scores", score_shard, tasks, about.sha256)


def find_cut(run: Run, engine: Engine, keep: Keep, name: str = "ranking", times: float = 1.0) -> Cut:
    """The cut at a budget, `times` over; `name` is that of its units."""

    def reduced(reduce: Reduce) -> list[dict[str, Any]]:
        folder = reduce_unit(run, engine, reduce, hashes(run, "scores"))
        return list(table_rows(folder / _PART, ["bin", "pages", "tokens"]))

    return cut_for(keep, reduced, name, times)


def find_domains(run: Run, engine: Engine, recipe: RoundRecipe, cut: Cut) -> list[DomainCount]:
    """The domains of the crawl, judged by what was kept of them; sorted by name."""
    away = held_out(recipe.labels).domains
    counted = reduce_unit(run, engine, count_kept(cut.logit), hashes(run, "scores"))
    domains = read_domains(counted, recipe.domains)

    def make() -> tuple[Mapping[str, Output], Mapping[str, Any]]:
        staging = Staging(run.folder)
        name = f"domains/{_PART}"
        rows = ({**asdict(each), "held_out": each.domain in away} for each in domains)
        written = write_parquet(staging.stage(name, count_parquet), rows, parquet_schema(COLUMNS))
        return staging.publish({name: written}), {}

    make_unit(run, "domains", source_hash(run.ledger.lines["domain_counts"]["outputs"]), make)
    return domains


def domain_growth(domains: Sequence[DomainCount], before: Path | None) -> dict[str, Any]:
    """Mathematics domains: how many, which are new and gone against the round in the folder `before`, by pages kept."""
    now = {count.domain: count.kept for count in domains if count.is_math}
    then: dict[str, int] = {}
    if before is not None:
        rows = table_rows(before / "domains" / _PART, ["domain", "kept", "is_math"])
        then = {row["domain"]: row["kept"] for row in rows if row["is_math"]}
    new, gone = now.keys() - then.keys(), then.keys() - now.keys()
    return {
        "all": len(domains),
        "mathematics": len(now),
        "new": len(new),
        "gone": len(gone),
        "largest_new": sorted(new, key=lambda domain: (-now[domain], domain))[:20],
        "largest_gone": sorted(gone, key=lambda domain: (-then[domain], domain))[:20],
    }


def overlap_with(run: Run, engine: Engine, cut: Cut, before: Path | None, before_cut: int) -> dict[str, Any] | None:
    """Of what the round keeps, pages and tokens that the round in the folder `before` kept too; None in the first."""
    if before is None:
        return None
    query = f"""
SELECT count(*) AS pages, CAST(coalesce(sum(now.tokens), 0) AS BIGINT) AS tokens
FROM scores AS now JOIN earlier ON now.row = earlier.row
WHERE now.logit >= {cut.logit} AND earlier.logit >= {before_cut}
"""  # noqa: S608
    folder = reduce_unit(
        run, engine, Reduce("overlap", ("scores",), query), hashes(run, "scores"), {"earlier": before / "scores"}
    )
    [both] = table_rows(folder / _PART, ["pages", "tokens"])
    return {
        **both,
        "share_of_pages": both["pages"] / max(cut.pages, 1),
        "share_of_tokens": both["tokens"] / max(cut.tokens, 1),
    }
