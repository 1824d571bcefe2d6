"""Pages made ready once for all rounds: a fastText line each, and a table of what is not text.

PAGES/                        a Run of kind "pages"
  lines/SHARD.zst             one line of features a page; an empty one where nothing is left of it
  pages/SHARD.parquet         one row a page, in the same order: `COLUMNS`
  labelled/SHARD.parquet      the pages that have a held-out label, with their lines: `LABELLED`
  seeds.zst, seeds.parquet    the seed set (`mathmill.classifier.seeds`)

Features cost more than scoring, and do not change from round to round. Cost: about 0.35 ms a page of 5 kB, and a third
of the text's size on disk.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mathmill.classifier.features import Features, line
from mathmill.classifier.labels import HeldOut, held_out
from mathmill.classifier.line_files import LineWriter, count_lines
from mathmill.classifier.recipe import Labels, Positives, TrainRecipe
from mathmill.classifier.seeds import draw_seeds
from mathmill.data.config import Config
from mathmill.data.domains import registered_domain
from mathmill.data.engine import Engine
from mathmill.data.files import Output, Staging, file_sha256
from mathmill.data.page_files import Pages, PageShard, fingerprint, page_shards, read_shard
from mathmill.data.runs import MANIFEST, Run
from mathmill.data.shards import count_parquet, parquet_schema, write_parquet
from mathmill.data.units import make_unit, map_units

PAGES_KIND = "pages"
ROWS_A_SHARD = 1 << 24
_BYTES_A_TOKEN = 4
_OWNED = ("lines", "pages", "labelled")

#: Column -> (Arrow type, what it holds).
COLUMNS: dict[str, tuple[str, str]] = {
    "row": ("int64", "shard number * 2**24 + number of the page in its shard"),
    "id": ("string", "the Document's id"),
    "url": ("string", "its address"),
    "domain": ("string", "registered domain of the address"),
    "tokens": ("int64", "a quarter of the text's bytes, rounded up: about the tokens of a language model"),
    "empty": ("bool", "nothing of the text is left as features, so that it has no score"),
}

#: Of pages with a held-out label.
LABELLED: dict[str, tuple[str, str]] = {
    **COLUMNS,
    "is_math": ("bool", "the label"),
    "line": ("string", "the page's line of features"),
}


class PreparedRecipe(Config):
    """What prepared pages depend on."""

    seed: int
    crawl: Pages
    positives: Positives
    features: Features
    labels: Labels | None


@dataclass(frozen=True, slots=True)
class Prepared:
    """Finished prepared pages: their folder, the names of the crawl's shards in order, and a hash of all of it."""

    folder: Path
    shards: tuple[str, ...]
    sha256: str


@dataclass(frozen=True, slots=True)
class PrepareTask:
    """One shard of a crawl to be made ready."""

    number: int
    source: PageShard
    recipe: PreparedRecipe
    folder: Path

    @property
    def shard(self) -> str:
        return self.source.name


def prepare(recipe: TrainRecipe, folder: Path, engine: Engine) -> Prepared:
    """Make the pages of a recipe ready in `folder`, or finish what is there.

    Raises:
        ConfigError, InputMissing, DamagedInput: pages or labels cannot be read.
        Locked, CannotCreate, DiskFull: as `Run`.
        MathmillError: shards failed; the others are done.
    """
    began = time.perf_counter()
    shards = page_shards(recipe.crawl)
    with open_prepared(recipe, folder, shards) as run:
        run.clear_leftovers(_OWNED)
        wanted = run.config
        assert isinstance(wanted, PreparedRecipe)
        away = held_out(recipe.labels).domains
        make_unit(run, "seeds", "", lambda: draw_seeds(wanted.positives, wanted.features, wanted.seed, away, folder))
        tasks = [PrepareTask(number, shard, wanted, folder) for number, shard in enumerate(shards)]
        map_units(run, engine, "pages", prepare_shard, tasks, "")
        if not run.is_done:
            inputs = [{"name": shard.name, "path": str(shard.path), "sha256": shard.sha256} for shard in shards]
            counts = {
                "pages": sum(
                    run.ledger.lines[f"pages/{task.shard}"]["outputs"][pages_name(task.shard)]["rows"] for task in tasks
                ),
                "seeds": run.ledger.lines["seeds"]["outputs"]["seeds.parquet"]["rows"],
            }
            run.finish(inputs, {"counts": counts}, {"seconds": time.perf_counter() - began})
    return Prepared(folder, tuple(shard.name for shard in shards), file_sha256(folder / MANIFEST))


def open_prepared(recipe: TrainRecipe, folder: Path, shards: list[PageShard]) -> Run:
    """The Run of prepared pages, not entered."""
    wanted = PreparedRecipe(
        seed=recipe.seed,
        crawl=recipe.crawl,
        positives=recipe.positives,
        features=recipe.features,
        labels=recipe.labels,
    )
    files = {f"crawl/{shard.name}": shard.sha256 for shard in shards}
    files["seeds"] = fingerprint(recipe.positives.pages)
    if recipe.labels:
        files["labels"] = held_out(recipe.labels).sha256
    return Run(folder, wanted, PAGES_KIND, files)


def lines_name(shard: str) -> str:
    """Where the lines of a shard lie in the folder."""
    return f"lines/{shard}.zst"


def pages_name(shard: str) -> str:
    """Where the table of a shard lies in the folder."""
    return f"pages/{shard}.parquet"


def labelled_name(shard: str) -> str:
    """Where the labelled pages of a shard lie in the folder."""
    return f"labelled/{shard}.parquet"


def prepare_shard(task: PrepareTask) -> dict[str, Output]:
    """Write and publish the lines and tables of one shard."""
    staging = Staging(task.folder)
    lines, pages, labelled = lines_name(task.shard), pages_name(task.shard), labelled_name(task.shard)
    found: list[dict[str, Any]] = []
    with ExitStack() as stack:
        writer = stack.enter_context(LineWriter(staging.stage(lines, count_lines)))
        rows = _rows(task, held_out(task.recipe.labels), writer, found)
        count = write_parquet(staging.stage(pages, count_parquet), rows, parquet_schema(COLUMNS))
    write_parquet(staging.stage(labelled, count_parquet), found, parquet_schema(LABELLED))
    return staging.publish({lines: writer.rows, pages: count, labelled: len(found)})


def _rows(
    task: PrepareTask, labels: HeldOut, writer: LineWriter, found: list[dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    for at, document in enumerate(read_shard(task.source, task.recipe.crawl)):
        words = line(document.text, task.recipe.features)
        writer.write(words)
        row = {
            "row": task.number * ROWS_A_SHARD + at,
            "id": document.id,
            "url": document.url,
            "domain": registered_domain(document.url),
            "tokens": count_tokens(document.text),
            "empty": not words,
        }
        if document.url in labels.labels:
            found.append({**row, "is_math": labels.labels[document.url], "line": words})
        yield row


_COUNTED = {"pages": pages_name, "labelled": labelled_name}


def count_tokens(text: str) -> int:
    """About the tokens that a language model makes of a text: a quarter of its bytes."""
    return -(-len(text.encode("utf-8", "surrogatepass")) // _BYTES_A_TOKEN)
