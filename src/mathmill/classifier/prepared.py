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
from typing import Any, TypeVar

from mathmill.classifier.features import Features, line
from mathmill.classifier.labels import HeldOut, held_out
from mathmill.classifier.line_files import LineWriter, count_lines
from mathmill.classifier.recipe import Labels, Positives, TrainRecipe
from mathmill.classifier.seeds import TABLE, draw_seeds
from mathmill.data.config import Config
from mathmill.data.domains import registered_domain
from mathmill.data.engine import Engine
from mathmill.data.errors import ConfigError
from mathmill.data.files import Output, Staging, file_sha256
from mathmill.data.page_files import Pages, PageShard, fingerprint, page_shards, pinned, read_shard
from mathmill.data.rows import row_of
from mathmill.data.runs import MANIFEST, Run, committed_outputs, load_claim
from mathmill.data.shards import count_parquet, parquet_schema, write_parquet
from mathmill.data.store.mounts import at_hand, is_there, shown
from mathmill.data.tokens import bytes_tokens
from mathmill.data.units import make_unit, map_units

T = TypeVar("T", bound=TrainRecipe)

PAGES_KIND = "pages"
_OWNED = ("lines", "pages", "labelled")

#: Column -> (Arrow type, what it holds).
COLUMNS: dict[str, tuple[str, str]] = {
    "row": ("int64", "shard number * 2**24 + number of the page in its shard"),
    "id": ("string", "the Document's id"),
    "url": ("string", "its address"),
    "domain": ("string", "registered domain of the address"),
    "tokens": ("int64", "about the tokens of its text, as far as features look at it"),
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
    recipe = pinned_as_begun(recipe, folder)
    shards = page_shards(recipe.crawl)
    _check_place(folder.parent)
    for shard in shards[:1]:
        next(read_shard(shard, recipe.crawl), None)  # columns that are not there are so in all shards
    with open_prepared(recipe, folder, shards) as run:
        if not run.is_done:
            _make(run, recipe, shards, engine)
            inputs = [{"name": shard.name, "path": str(shard.path), "sha256": shard.sha256} for shard in shards]
            outputs = committed_outputs(run.ledger)
            counts = {"pages": sum(outputs[pages_name(shard.name)]["rows"] for shard in shards)}
            counts |= {"seeds": outputs[TABLE]["rows"]}
            run.finish(inputs, {"counts": counts}, {"seconds": time.perf_counter() - began})
    return Prepared(folder, tuple(shard.name for shard in shards), file_sha256(at_hand(folder / MANIFEST)))


def _check_place(folder: Path) -> None:
    """The folder of a loop or training has runs in it, and is none."""
    if is_there(folder / "config.json"):
        kind = load_claim(folder)["kind"]
        raise ConfigError(f"{shown(folder)} is a run itself, of kind {kind!r}: name a folder of its own with --out")


def _make(run: Run, recipe: TrainRecipe, shards: list[PageShard], engine: Engine) -> None:
    run.clear_leftovers(_OWNED)
    wanted, folder = run.config, run.folder
    assert isinstance(wanted, PreparedRecipe)
    away = held_out(recipe.labels).domains
    make_unit(run, "seeds", "", lambda: draw_seeds(wanted.positives, wanted.features, wanted.seed, away, folder))
    tasks = [PrepareTask(number, shard, wanted, folder) for number, shard in enumerate(shards)]
    map_units(run, engine, "pages", prepare_shard, tasks, "")


def pinned_as_begun(recipe: T, folder: Path) -> T:
    """The recipe with the commit of its seeds' data set on the hub: the one that `folder` was begun with, or today's.

    So a push to the hub changes nothing for a loop that is under way, and a finished one asks no hub.
    """
    pages = recipe.positives.pages
    if not pages.hub:
        return recipe
    begun = load_claim(folder)["config"] if is_there(folder / "config.json") else {}
    earlier = begun.get("positives", {}).get("pages", {}).get("revision")
    named = pages.model_copy(update={"revision": earlier}) if earlier and not pages.revision else pinned(pages)
    return recipe.model_copy(update={"positives": recipe.positives.model_copy(update={"pages": named})})


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
            "row": row_of(task.number, at, task.shard),
            "id": document.id,
            "url": document.url,
            "domain": registered_domain(document.url),
            "tokens": bytes_tokens(document.text[: task.recipe.features.max_chars]),
            "empty": not words,
        }
        if document.url in labels.labels:
            found.append({**row, "is_math": labels.labels[document.url], "line": words})
        yield row
