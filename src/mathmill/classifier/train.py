"""One training without a loop: seeds against a draw of the crawl.

OUT/
  pages/         the crawl and the seeds, made ready: a Run (`mathmill.classifier.prepared`)
  classifier/    the classifier: a Run
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from mathmill.classifier import examples
from mathmill.classifier.judging import HeldOutPages, Judgement, judge, read_labelled, score_held_out
from mathmill.classifier.model import Classifier, open_model
from mathmill.classifier.prepared import Prepared, pinned_as_begun, prepare
from mathmill.classifier.recipe import TrainRecipe
from mathmill.classifier.results import CLASSIFIER_KIND, seed_facts, write_results
from mathmill.data.engine import Engine
from mathmill.data.errors import ConfigError
from mathmill.data.runs import Run
from mathmill.data.store.mounts import run_folder
from mathmill.data.store.shipping import shipping


def train(recipe: TrainRecipe, folder: Path, engine: Engine) -> Path:
    """Train a classifier in `folder`, or finish what is there; the classifier's folder.

    Raises:
        ConfigError: recipe or labels do not serve, or the folder holds another run.
        InputMissing, DamagedInput: pages or labels cannot be read.
        Locked, CannotCreate, DiskFull: as `mathmill.data.runs.Run`.
        MathmillError: shards failed, the others are done; or fastText is broken.
    """
    if recipe.labels is not None and recipe.target.tokens is not None:
        raise ConfigError(
            "target.tokens: how many tokens a threshold keeps is known of a scored crawl only: take a precision or "
            "recall here, or `mathmill classifier iterate`, which scores it"
        )
    folder = run_folder(folder)
    engine = shipping(engine, folder)
    try:
        recipe = pinned_as_begun(recipe, folder / "pages")
        pages = prepare(recipe, folder / "pages", engine)
        run = Run(folder / "classifier", recipe, CLASSIFIER_KIND, {"pages": pages.sha256})
        _make_classifier(run, recipe, pages, engine)
        return run.folder
    finally:
        engine.close()


def _make_classifier(run: Run, recipe: TrainRecipe, pages: Prepared, engine: Engine) -> None:
    with run:
        if run.is_done:
            return
        began, timings = time.perf_counter(), dict[str, Any]()
        labelled = read_labelled(pages, recipe)  # before hours of training: labels may not serve
        run.clear_leftovers(examples.OWNED)
        metrics = {"seed_set": examples.make_seed_set(run, engine, recipe, pages, 1, None)}
        about = examples.make_model(run, engine, recipe, pages, timings)
        judgement = _judge(labelled, open_model(run.folder, about), recipe) if labelled else None
        write_results(run, about, judgement, metrics, recipe.seed, seed_facts(metrics["seed_set"]))
        timings["seconds"] = time.perf_counter() - began
        counts = {"positives": about.trained.positives, "negatives": about.trained.negatives}
        run.finish([{"name": "pages", "sha256": pages.sha256}], {"seed": recipe.seed, "counts": counts}, timings)


def _judge(labelled: HeldOutPages, classifier: Classifier, recipe: TrainRecipe) -> Judgement:
    pages, empty = score_held_out(labelled, classifier)
    return judge(pages, empty, recipe.target, recipe.seed)
