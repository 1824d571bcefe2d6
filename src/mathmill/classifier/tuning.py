"""A classifier calibrated on labelled pages: what `mathmill classifier calibrate` makes, a new classifier.

TUNED/                a Run of kind "classifier"
  model.bin           the same model, and `seed_set.parquet` if it has one (hard links where the disk allows it)
  classifier.json     with what a score is worth and where to cut: `mathmill.classifier.calibrated.Calibrated`
  metrics.json        what the two come to, and what became of the labels
  plots/*.svg         precision and recall, reliability, scores by class
  README.md           the card

Labels are found by address. Pages of domains that the classifier was trained on are left out: on them it looks better
than it is.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import NonNegativeInt, model_validator

from mathmill.classifier.examples import SEED_SET
from mathmill.classifier.figures import read_metrics
from mathmill.classifier.judging import judge
from mathmill.classifier.labelled import Labelled, find_in_pages, find_in_scores, labelled_pages, trained_domains
from mathmill.classifier.labels import held_out
from mathmill.classifier.model import load_classifier, read_about
from mathmill.classifier.recipe import Labels
from mathmill.classifier.results import CLASSIFIER_KIND, publish_same, seed_facts, write_results
from mathmill.classifier.score import told
from mathmill.classifier.scores import load_scores, tokens_by_score
from mathmill.classifier.target import Target
from mathmill.data.config import Config
from mathmill.data.engine import Engine
from mathmill.data.errors import ConfigError
from mathmill.data.files import file_sha256
from mathmill.data.page_files import Pages, fingerprint, pinned
from mathmill.data.runs import DONE, MANIFEST, Run
from mathmill.data.store.mounts import at_hand, is_there
from mathmill.data.units import make_unit


class TuneRecipe(Config):
    """What to calibrate on which labelled pages; these are in `pages`, or their scores in the Run `scores`."""

    seed: NonNegativeInt = 0
    classifier: Path
    labels: Labels
    pages: Pages | None = None
    scores: Path | None = None
    target: Target

    @model_validator(mode="after")
    def _one_source(self) -> TuneRecipe:
        if (self.pages is None) == (self.scores is None):
            raise ValueError("say where the labelled pages are: one of pages and scores")
        if self.target.tokens is not None and self.scores is None:
            raise ValueError(
                "a budget of tokens is of a whole crawl: score it with `mathmill classifier score`, and name the scores"
            )
        return self


@dataclass(frozen=True, slots=True)
class Tuned:
    """A calibrated classifier: its folder, and what became of the labels."""

    folder: Path
    labels: Mapping[str, Any]


def tune_run(recipe: TuneRecipe, folder: Path) -> Run:
    """The Run that `tune` would make, not opened.

    Raises:
        ConfigError, InputMissing, DamagedInput: classifier, labels, pages or scores cannot be read, or the scores are
            of another model.
    """
    model = read_about(recipe.classifier).model.sha256
    files = {"model": model, "labels": held_out(recipe.labels).sha256}
    if recipe.scores is not None:
        if load_scores(recipe.scores)["files"]["model"] != model:
            raise ConfigError(
                f"{recipe.scores} are the scores of another model than that of {recipe.classifier}: score the pages "
                "with this one, or name the classifier that was used"
            )
        files["scores"] = file_sha256(at_hand(recipe.scores / MANIFEST))
    if recipe.pages is not None:
        recipe = recipe.model_copy(update={"pages": pinned(recipe.pages)})
        assert recipe.pages is not None
        files["pages"] = fingerprint(recipe.pages)
    if folder.resolve() == recipe.classifier.resolve():
        raise ConfigError(f"{folder} is the classifier itself, which stays as it is: name a new folder with --out")
    return Run(folder, recipe, CLASSIFIER_KIND, files)


def tune(recipe: TuneRecipe, folder: Path, engine: Engine) -> Tuned:
    """Calibrate a classifier, choose its threshold, and write it as a new one in `folder`.

    Raises:
        ConfigError: too few labelled pages were found, or none on sites that the classifier was not trained on.
        Locked, CannotCreate, DiskFull: as `Run`.
        And what `tune_run` and `find_in_pages` raise.
    """
    began = time.perf_counter()
    try:
        run = tune_run(recipe, folder)
        # Found before the folder is begun: one that is there for nothing would be in the way of the right command.
        labelled = None if run.inspect() == DONE else _labelled(recipe, engine)
    finally:
        engine.close()
    with run:
        if labelled is not None:
            run.clear_leftovers(("plots",))
            _make(run, recipe, labelled)
            counts = {"pages": len(labelled.pages)}
            run.finish([], {"seed": recipe.seed, "counts": counts}, {"seconds": time.perf_counter() - began})
    return Tuned(folder, read_metrics(folder)["labels"])


def _labelled(recipe: TuneRecipe, engine: Engine) -> Labelled:
    labels = held_out(recipe.labels)
    load_classifier(recipe.classifier)  # that it is whole is better told before the pages are read
    if recipe.scores is not None:
        found, where = find_in_scores(recipe.scores, labels), str(recipe.scores)
    else:
        assert recipe.pages is not None
        found, where = find_in_pages(recipe.pages, recipe.labels, recipe.classifier, engine), told(recipe.pages)
    if not found:
        raise ConfigError(
            f"none of the {len(labels.labels):,} labelled addresses of {recipe.labels.file} is in {where}: they are "
            "looked for as they stand; name the pages that were labelled"
        )
    labelled = labelled_pages(found, labels, trained_domains(recipe.classifier))
    mathematics = int(labelled.pages.is_math.sum())
    if not 0 < mathematics < len(labelled.pages):
        raise ConfigError(
            f"of the labelled pages found in {where} {mathematics:,} are mathematics and "
            f"{len(labelled.pages) - mathematics:,} are not, and both are needed ({labelled.empty:,} more are "
            f"without text, {labelled.trained:,} more on the {labelled.trained_sites:,} labelled sites that "
            f"{recipe.classifier} was trained on): label pages of other sites, or train with these as labels.file, "
            "which holds them out"
        )
    return labelled


def _fates(labelled: Labelled) -> dict[str, Any]:
    return {
        "used": len(labelled.pages),
        "sites": len(labelled.pages.site_names),
        "missing": labelled.missing,
        "empty": labelled.empty,
        "trained": labelled.trained,
        "trained_sites": labelled.trained_sites,
        "training_known": labelled.is_known,
    }


def _make(run: Run, recipe: TuneRecipe, labelled: Labelled) -> None:
    """The files of the new classifier."""
    old, pages = recipe.classifier, labelled.pages
    about, labels = read_about(old), _fates(labelled)
    names = [*about.files, *(name for name in (SEED_SET,) if is_there(old / name))]
    make_unit(run, "model", "", lambda: (publish_same(old, run.folder, names), {}))
    crawl = tokens_by_score(recipe.scores) if recipe.scores else None
    judgement = judge(pages, labelled.empty, recipe.target, recipe.seed, crawl=crawl)
    before = {name: value for name, value in read_metrics(old).items() if name in ("seed_set", "round")}
    facts = {"calibrated on": label_words(labels)}
    if before.get("seed_set"):
        facts = seed_facts(before["seed_set"]) | facts
    write_results(run, about, judgement, before | {"labels": labels}, recipe.seed, facts)


def label_words(labels: Mapping[str, Any]) -> str:
    """What became of the labels that a classifier was calibrated on, in words."""
    left_out = f"{labels['trained']:,} left out on {labels['trained_sites']:,} sites that it was trained on"
    if not labels["training_known"]:
        left_out = "none left out, since it is not known here what it was trained on: make sure it was other sites"
    return (
        f"{labels['used']:,} labelled pages of {labels['sites']:,} sites; {labels['missing']:,} labels not among the "
        f"pages, {labels['empty']:,} of pages without text, {left_out}"
    )
