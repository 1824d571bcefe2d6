"""What a model is trained on, and the training: the units of a Run that `train` and every round have in common.

RUN/
  seed_set.parquet     every page that was trained on, what it was taken for and why: `seed_set.COLUMNS`
  examples/SHARD.zst   the lines of those of the crawl
  model.bin            the model (model.ftz where it is quantised)
  vocabulary.zst       the words that it was taught, where `min_domains` is above 1
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

from mathmill.classifier.draws import LOTS
from mathmill.classifier.line_files import count_lines, read_lines
from mathmill.classifier.model import ClassifierFile, VocabularyFile, describe, model_name
from mathmill.classifier.prepared import Prepared, pages_name
from mathmill.classifier.recipe import TrainRecipe
from mathmill.classifier.seed_set import (
    COLUMNS,
    Before,
    Candidate,
    DrawTask,
    GatherTask,
    by_shard,
    draw,
    examples_name,
    gather,
    take,
)
from mathmill.classifier.seeds import LINES, TABLE
from mathmill.classifier.settings import FEWEST_LINES
from mathmill.classifier.training import train_model
from mathmill.classifier.vocabulary import FILE as VOCABULARY
from mathmill.classifier.vocabulary import Filter, common_words, keep_words, write_vocabulary
from mathmill.data.engine import Engine
from mathmill.data.errors import ConfigError
from mathmill.data.files import Output, Staging, temporary
from mathmill.data.runs import Run, load_manifest
from mathmill.data.shards import count_parquet, parquet_schema, write_parquet
from mathmill.data.tables import table_rows
from mathmill.data.units import make_unit, map_units, mapped, source_hash

SEED_SET = "seed_set.parquet"
OWNED = ("examples",)
_MORE = 3 / 2  # times the negatives wanted are drawn at first, so that there are enough in most crawls
_WIDER = 4  # times more with each further try
_AT_ONCE = 1_000_000  # candidates that are sorted out together


def make_seed_set(
    run: Run, engine: Engine, recipe: TrainRecipe, pages: Prepared, number: int, before: Before | None
) -> dict[str, Any]:
    """Choose the pages of round `number` and write their table; counts by origin, and of domains by origin."""
    tasks = [DrawTask(shard, pages.folder, recipe, number, before) for shard in pages.shards]

    def make() -> tuple[Mapping[str, Output], Mapping[str, Any]]:
        rows = list(_rows(_taken(engine, tasks, recipe, pages), pages))
        staging = Staging(run.folder)
        write_parquet(staging.stage(SEED_SET, count_parquet), rows, parquet_schema(COLUMNS))
        return staging.publish({SEED_SET: len(rows)}), {"counts": _counts(rows)}

    counts: dict[str, Any] = make_unit(run, "seed_set", "", make)["counts"]
    return counts


def _taken(engine: Engine, tasks: list[DrawTask], recipe: TrainRecipe, pages: Prepared) -> list[Candidate]:
    """Draw random pages under so small a bound on lots that few candidates come, and under a wider one while too few
    of the pages under it may be negatives.

    Raises:
        ConfigError: the crawl has too few pages that may be.
    """
    tables = load_manifest(pages.folder)["outputs"]
    of_pages = sum(tables[pages_name(shard)]["rows"] for shard in pages.shards)
    below = int(LOTS * _MORE * recipe.negatives.count / max(of_pages, 1))
    while True:
        bounded = [replace(task, below=min(below, LOTS)) for task in tasks]
        taken = _drawn(engine, bounded, recipe)
        negatives = sum(each.origin in ("random", "hard") for each in taken)
        if negatives >= recipe.negatives.count or below >= LOTS:
            break
        below *= _WIDER
    if negatives < FEWEST_LINES:
        raise ConfigError(
            f"round {tasks[0].round}: {negatives} pages of the crawl are left that may stand for other pages; all else "
            "is of the seed set, held out, or (from the second round on) was kept or is of a domain found to be "
            'mathematics: make `keep` smaller, say negatives.spare = "kept", or take a crawl with more other pages'
        )
    return taken


def _drawn(engine: Engine, tasks: list[DrawTask], recipe: TrainRecipe) -> list[Candidate]:
    """What all shards give; no more than twice of what may be taken is held meanwhile."""
    taken: list[Candidate] = []
    settled = 0
    for _, found in mapped(engine, draw, tasks, "seed set"):
        taken += found
        if len(taken) > 2 * settled + _AT_ONCE:
            taken = take(taken, recipe)
            settled = len(taken)
    return take(taken, recipe)


def _rows(taken: list[Candidate], pages: Prepared) -> Iterator[dict[str, Any]]:
    for at, seed in enumerate(table_rows(pages.folder / TABLE, ["url", "domain"])):
        yield {"row": at, **seed, "is_math": True, "origin": "seed"}
    for each in sorted(taken, key=lambda each: each.row):
        is_math = each.origin == "pattern"
        yield {"row": each.row, "url": each.url, "domain": each.domain, "is_math": is_math, "origin": each.origin}


def _counts(rows: list[dict[str, Any]]) -> dict[str, Any]:
    domains = {(row["origin"], row["domain"]) for row in rows}
    return {
        "pages": dict(sorted(Counter(row["origin"] for row in rows).items())),
        "domains": dict(sorted(Counter(origin for origin, _ in domains).items())),
        "joined": dict(Counter(row["domain"] for row in rows if row["origin"] == "pattern").most_common(20)),
    }


def make_model(
    run: Run, engine: Engine, recipe: TrainRecipe, pages: Prepared, timings: dict[str, Any]
) -> ClassifierFile:
    """Train on the seed set of the run; what `classifier.json` will say, but for the calibration.

    Raises what `train_model` does.
    """
    source = str(run.ledger.lines["seed_set"]["outputs"][SEED_SET]["sha256"])
    rows = list(table_rows(run.folder / SEED_SET, ["row", "domain", "is_math", "origin"]))
    drawn = by_shard((row["row"] for row in rows if row["origin"] != "seed"), pages.shards)
    gathered = [GatherTask(shard, pages.folder, chosen, run.folder) for shard, chosen in drawn.items()]
    map_units(run, engine, "examples", gather, gathered, source)

    def lines() -> Iterator[tuple[str, bool, str]]:
        """Domain (a page without one is its own), class and line of each page, as the table has them."""
        files = [pages.folder / LINES, *(run.folder / examples_name(shard) for shard in drawn)]
        for row, words in zip(rows, chain.from_iterable(map(read_lines, files)), strict=True):
            yield row["domain"] or f"{row['origin']} {row['row']}", row["is_math"], words

    name = model_name(recipe.fasttext)

    def make() -> tuple[Mapping[str, Output], Mapping[str, Any]]:
        outputs, known, vocabulary = _teachable(run.folder, lines, recipe.min_domains)
        taught = ((is_math, known(words)) for _, is_math, words in lines())
        trained = train_model(taught, recipe.fasttext, run.folder / name, _scratch(run.folder))
        timings.update(training_seconds=trained.seconds, training_peak_mb=trained.peak_mb)
        about = describe(recipe.features, recipe.fasttext, trained, vocabulary=vocabulary)
        model = Output(trained.sha256, (run.folder / name).stat().st_size, 1)
        return {**outputs, name: model}, {"about": about.model_dump(mode="json")}

    return ClassifierFile.model_validate(make_unit(run, "model", source_hash(source), make)["about"])


def _teachable(
    folder: Path, lines: Callable[[], Iterator[tuple[str, bool, str]]], min_domains: int
) -> tuple[dict[str, Output], Filter, VocabularyFile | None]:
    """Find and publish the vocabulary, if not all words count; what is left of a line by it, and what tells of it."""
    if min_domains == 1:
        return {}, str, None
    words = common_words(((domain, words) for domain, _, words in lines()), min_domains)
    if not words:
        domains = len({domain for domain, _, _ in lines()})
        raise ConfigError(f"no word stands on {min_domains} of the seed set's {domains:,} domains: lower min_domains")
    staging = Staging(folder)
    rows = write_vocabulary(staging.stage(VOCABULARY, count_lines), words)
    outputs = staging.publish({VOCABULARY: rows})
    told = VocabularyFile(sha256=outputs[VOCABULARY].sha256, words=rows, min_domains=min_domains)
    return outputs, keep_words(words), told


def _scratch(folder: Path) -> Path:
    """A folder that `Run.clear_leftovers` removes after a kill."""
    return temporary(folder / "training")
