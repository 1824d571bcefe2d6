"""One round of the loop, a Run: train, score the crawl, keep its top, find domains and patterns of mathematics.

What it writes is told in `examples`, `keeping`, `mining` and `results`, by the order of its steps. The round's folder
is a classifier. Cost: the training, 0.1 ms a page to score prepared lines, and a few queries over tables.
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mathmill.classifier import examples, keeping
from mathmill.classifier.judging import HeldOutPages, Judgement, judge, read_labelled, score_held_out
from mathmill.classifier.mining import DECISIONS, make_patterns
from mathmill.classifier.model import ClassifierFile, open_model
from mathmill.classifier.prepared import Prepared
from mathmill.classifier.ranking import Cut
from mathmill.classifier.recipe import Keep, RoundRecipe
from mathmill.classifier.results import round_facts, write_results
from mathmill.classifier.review import read_review, render
from mathmill.classifier.scoring import least_score
from mathmill.classifier.seed_set import Before
from mathmill.classifier.thresholds import TokensByScore
from mathmill.data.config import Config
from mathmill.data.engine import Engine
from mathmill.data.files import file_sha256
from mathmill.data.runs import MANIFEST, Run, load_manifest
from mathmill.data.store.mounts import at_hand
from mathmill.data.units import make_unit, publish_files

ROUND_KIND = "round"


class RoundConfig(Config):
    """What a round depends on, beside the hashes of the prepared pages, of the round before and of its review."""

    round: int
    recipe: RoundRecipe


@dataclass(frozen=True, slots=True)
class Review:
    """A reviewed file of patterns, and a hash of what it decides."""

    file: Path
    sha256: str


@dataclass(frozen=True, slots=True)
class Round:
    """A finished round: its folder, and the log-odds in millionths from which it kept pages, and likely ones begin."""

    number: int
    folder: Path
    cut: int
    reach: int


def round_run(
    number: int, recipe: RoundRecipe, pages: Prepared, before: Round | None, review: Review | None, folder: Path
) -> Run:
    """The Run of round `number`, not entered; `review` is of the round before."""
    files = {"pages": pages.sha256}
    if before is not None and review is not None:
        files |= {"before": file_sha256(at_hand(before.folder / MANIFEST)), "review": review.sha256}
    return Run(folder, RoundConfig(round=number, recipe=recipe), ROUND_KIND, files)


def make_round(run: Run, pages: Prepared, before: Round | None, review: Review | None, engine: Engine) -> Round:
    """Do a round, or finish what is there of it.

    Raises:
        ConfigError: too few pages to train on, or labels that do not serve.
        Locked, CannotCreate, DiskFull: as `Run`.
        MathmillError: shards failed; the others are done.
    """
    with run:
        if not run.is_done:
            _do(run, pages, before, review, engine)
    assert isinstance(run.config, RoundConfig)
    manifest = load_manifest(run.folder)
    return Round(run.config.round, run.folder, manifest["cut"], manifest["reach"])


def _do(run: Run, pages: Prepared, before: Round | None, review: Review | None, engine: Engine) -> None:
    assert isinstance(run.config, RoundConfig)
    number, recipe = run.config.round, run.config.recipe
    began, timings = time.perf_counter(), dict[str, Any]()
    labelled = read_labelled(pages, recipe)  # before hours of training: labels may not serve
    run.clear_leftovers((*examples.OWNED, *keeping.OWNED))
    left = _left_by(run, before, review)
    seed_set = examples.make_seed_set(run, engine, recipe, pages, number, left)
    about = examples.make_model(run, engine, recipe, pages, timings)
    keeping.score_crawl(run, engine, pages, about)
    cut = keeping.find_cut(run, engine, recipe.keep)
    reach = keeping.find_cut(run, engine, recipe.keep, "reach", recipe.reach)
    domains = keeping.find_domains(run, engine, recipe, cut)
    earlier = before.folder if before else None
    metrics = {
        "round": number,
        "seed_set": seed_set,
        "crawl": asdict(cut) | {"score": least_score(cut.logit)},
        "overlap": keeping.overlap_with(run, engine, cut, earlier, before.cut if before else 0),
        "domains": keeping.domain_growth(domains, earlier),
        "patterns": make_patterns(run, engine, recipe, domains, cut.logit),
    }
    judgement = _judge(run, engine, recipe, labelled, about, cut) if labelled else None
    write_results(run, about, judgement, metrics, recipe.seed, round_facts(metrics))
    facts = {"seed": recipe.seed, "counts": {"pages": cut.of_pages, "kept": cut.pages}}
    facts |= {"cut": cut.logit, "reach": reach.logit}
    timings["seconds"] = time.perf_counter() - began
    run.finish([{"name": "pages", "sha256": pages.sha256}], facts, timings)


def _left_by(run: Run, before: Round | None, review: Review | None) -> Before | None:
    """What the round before left, with its review as a file of this run, so that a later edit changes nothing here."""
    if before is None or review is None:
        return None
    text = render(read_review(review.file))
    make_unit(run, DECISIONS, review.sha256, lambda: (publish_files(run.folder, {DECISIONS: text.encode()}), {}))
    return Before(before.folder, before.cut, before.reach, run.folder / DECISIONS)


def _judge(
    run: Run, engine: Engine, recipe: RoundRecipe, labelled: HeldOutPages, about: ClassifierFile, cut: Cut
) -> Judgement:
    """Judge the round by the held-out labelled pages."""
    crawl = None
    if recipe.target.tokens is not None:
        budget = keeping.find_cut(run, engine, Keep(tokens=recipe.target.tokens), "target")
        crawl = TokensByScore(np.array([least_score(budget.logit)]), np.array([budget.tokens]))
    pages, empty = score_held_out(labelled, open_model(run.folder, about))
    return judge(pages, empty, recipe.target, recipe.seed, least_score(cut.logit), crawl)
