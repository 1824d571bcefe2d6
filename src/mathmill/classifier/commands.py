"""What the commands of the classifier do before the work: recipes, sources and targets out of options; the dry run."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mathmill.classifier.labels import held_out
from mathmill.classifier.model import FILE
from mathmill.classifier.prepared import open_prepared, pinned_as_begun
from mathmill.classifier.recipe import Labels, TrainRecipe
from mathmill.classifier.review import read_review
from mathmill.classifier.self_check import check_build
from mathmill.classifier.target import Target
from mathmill.classifier.tuning import TuneRecipe
from mathmill.data.config import resolve
from mathmill.data.errors import CannotCreate, ConfigError, DiskFull
from mathmill.data.page_files import Pages, PageShard, page_shards, read_shard
from mathmill.data.runs import DONE, MANIFEST, NEW, UNFINISHED
from mathmill.data.store.mounts import is_there, names_in, parts, shown

#: The folders in which `train` and `iterate` make prepared pages and the classifier.
_PAGES, _CLASSIFIER = "pages", "classifier"
_BYTES_A_WORD = 4  # of one number of a model's matrix


@dataclass(frozen=True, slots=True)
class Plan:
    """What a training would do."""

    shards: int
    bytes_in: int
    seeds: str  # what is drawn from
    labels: int
    model_bytes: int  # at least: words come on top of buckets
    folder: str
    state: str  # new, unfinished or done
    free_bytes: int
    recipe: str  # resolved, as JSON

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def check_plan(recipe: TrainRecipe, folder: Path) -> Plan:
    """Check pages, labels, reviews, fastText, memory on disk and the folder without changing anything.

    Raises:
        InputMissing, DamagedInput: pages or labels are not there or cannot be read.
        ConfigError: a column is not there, or the folder is another run's.
        DiskFull: the free space is less than the run may need.
        MathmillError: the fastText that is installed is broken.
    """
    check_build()
    recipe = pinned_as_begun(recipe, folder / _PAGES)
    shards = page_shards(recipe.crawl)
    for shard in shards[:1]:
        next(read_shard(shard, recipe.crawl), None)
    labels = held_out(recipe.labels).labels
    size = sum(shard.path.stat().st_size for shard in shards)
    model = _BYTES_A_WORD * recipe.fasttext.dim * recipe.fasttext.bucket
    parent = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.is_dir())
    free = shutil.disk_usage(parent).free
    if free < size + model:
        raise DiskFull(
            f"{parent} has {free:,} bytes free, the run may need {size + model:,}: choose another folder with --out, "
            "or make fasttext.bucket smaller"
        )
    for review in parts(folder / "review", "round-*.toml"):
        read_review(review)
    positives = recipe.positives.pages
    seeds = str(positives.run or positives.hub or ", ".join(positives.files))
    return Plan(
        shards=len(shards),
        bytes_in=size,
        seeds=seeds,
        labels=len(labels),
        model_bytes=model,
        folder=shown(folder),
        state=_state(recipe, folder, shards),
        free_bytes=free,
        recipe=recipe.model_dump_json(indent=2),
    )


def _state(recipe: TrainRecipe, folder: Path, shards: list[PageShard]) -> str:
    """Whether a training is new, unfinished or done, by the runs in its folder; these have to be of this recipe."""
    if folder.exists() and not folder.is_dir():
        raise CannotCreate(f"{folder} is a file: choose another folder with --out")
    if open_prepared(recipe, folder / _PAGES, shards).inspect() != NEW:
        return DONE if is_there(folder / _CLASSIFIER / MANIFEST) else UNFINISHED
    if names_in(folder):
        raise ConfigError(
            f"{shown(folder)} holds files that are no training of mathmill's: choose an empty folder with --out"
        )
    return NEW


def classifier_in(folder: Path) -> Path:
    """The folder of a classifier: this one, or the one in it that a training or a loop made."""
    inner = folder / _CLASSIFIER
    return inner if not is_there(folder / FILE) and is_there(inner / FILE) else folder


def pages_of(
    run: Path | None, files: Sequence[str], hub: tuple[str, str, str, str], columns: tuple[str, str], most: int | None
) -> Pages:
    """Where pages are, out of options; `hub` is id, config, split and revision, `columns` are text and address.

    Raises:
        ConfigError: none or several of --run, --files and --hub are given, or they do not fit.
    """
    named = [name for name, given in (("--run", run), ("--files", files), ("--hub", hub[0])) if given]
    if len(named) != 1:
        raise ConfigError(
            f"say where the pages are with one of --run, --files and --hub (got {' and '.join(named) or 'none'})"
        )
    if not hub[0] and any(hub):
        raise ConfigError("--hub-config, --split and --revision are of a data set on the hub: name it with --hub")
    if run and columns != ("text", "url"):
        raise ConfigError("--text-column and --url-column are of --files and --hub: the columns of a run are known")
    tree: dict[str, Any] = dict(zip(("hub", "config", "split", "revision"), hub, strict=True))
    tree = {name: value for name, value in tree.items() if value} | {"text": columns[0], "url": columns[1]}
    return resolve(tree | {"run": run, "files": tuple(files), "most": most}, Pages, named[0])


def source_of(
    scores: Path | None,
    run: Path | None,
    files: Sequence[str],
    hub: tuple[str, str, str, str],
    columns: tuple[str, str],
    most: int | None,
) -> Pages | None:
    """Where labelled pages are: None where they have `scores` already; else as `pages_of`."""
    given = [name for name, value in (("--run", run), ("--files", files), ("--hub", hub[0])) if value]
    if scores is None:
        if not given:
            raise ConfigError("say where the labelled pages are with one of --scores, --run, --files and --hub")
        return pages_of(run, files, hub, columns, most)
    if given:
        raise ConfigError(f"--scores and {' and '.join(given)} do not go together: scores know their pages")
    return None


def target_of(text: str, by: str) -> Target:
    """The target of a threshold out of `precision=0.95`, `recall=0.9` or `tokens=1000000`.

    Raises:
        ConfigError: it is none of these.
    """
    name, equals, value = text.partition("=")
    if name == "tokens" and by == "low":
        raise ConfigError("--by low is for precision and recall: tokens are counted and not estimated")
    if name not in ("precision", "recall", "tokens") or not equals:
        raise ConfigError(f"--target {text}: write precision=0.95, recall=0.9 or tokens=1000000")
    return resolve({name: value.replace("_", "").replace(",", ""), "by": by}, Target, f"--target {text}")


def labels_of(file: Path, url: str, label: str, where: Sequence[str]) -> Labels:
    """A labelled set out of options; `where` are of the form COLUMN=VALUE.

    Raises:
        ConfigError: one of them is not.
    """
    pairs = [each.partition("=") for each in where]
    for name, equals, _ in pairs:
        if not name or not equals:
            raise ConfigError(f"--where {name}: write COLUMN=VALUE, such as --where confidence=high")
    return Labels(file=file, url=url, label=label, where={name: value for name, _, value in pairs})


def tune_recipe(
    classifier: Path, labels: Labels, pages: Pages | None, scores: Path | None, target: Target, seed: int
) -> TuneRecipe:
    """What to calibrate on what.

    Raises:
        ConfigError: the target is of tokens, and there are no scores.
    """
    if target.tokens is not None and scores is None:
        raise ConfigError(
            "a budget of tokens is of a whole crawl: score it with `mathmill classifier score`, and name that with "
            "--scores"
        )
    return TuneRecipe(seed=seed, classifier=classifier, labels=labels, pages=pages, scores=scores, target=target)
