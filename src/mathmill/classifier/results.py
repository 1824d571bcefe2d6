"""The units that make the folder of a run a classifier: what it is, how good it is, and its card.

RUN/
  classifier.json     see `mathmill.classifier.model`, with the calibration where there were labels
  metrics.json        seed set, crawl and held-out figures, for programs
  plots/*.svg         of the held-out pages
  README.md           all of it for persons
"""

from __future__ import annotations

import math
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mathmill.classifier.calibrate import Report
from mathmill.classifier.calibrated import Calibrated
from mathmill.classifier.card import CARD, classifier_card
from mathmill.classifier.examples import SEED_SET
from mathmill.classifier.figures import METRICS, PLOTS, publish_figures, read_metrics, read_report
from mathmill.classifier.judging import Judgement
from mathmill.classifier.model import FILE, ClassifierFile, read_about, rendered
from mathmill.data.config import Config
from mathmill.data.errors import ConfigError
from mathmill.data.files import Output, Staging, file_sha256, temporary, writing
from mathmill.data.ledger import folder_lock
from mathmill.data.runs import MANIFEST, Run, code_version, load_claim
from mathmill.data.store.mounts import at_hand, is_there, mount_of, names_in, remove, shown
from mathmill.data.units import make_unit, publish_files, source_hash

if TYPE_CHECKING:
    from mathmill.classifier.plots import RoundFigures

CLASSIFIER_KIND = "classifier"
GROWTH = "plots/growth.svg"  # of a loop's rounds


def write_results(
    run: Run,
    about: ClassifierFile,
    judgement: Judgement | None,
    metrics: Mapping[str, Any],
    seed: int,
    facts: Mapping[str, str],
) -> None:
    """Write what the run's model came to; `seed` is of the split of labelled sites, `facts` go on the card."""
    report = judgement.report if judgement else None
    if report is not None:
        calibrated = Calibrated(calibration=report.calibration, threshold=report.threshold)
        about = about.model_copy(update={"calibration": calibrated.model_dump(mode="json")})
    card = classifier_card(run.folder.resolve().name, about, report, facts)
    more = {**metrics, "held_out": judgement.figures.model_dump(mode="json") if judgement else None}

    def make() -> tuple[Mapping[str, Output], Mapping[str, Any]]:
        drawn = publish_figures(run.folder, judgement.scored if judgement else None, report, seed, more)
        return drawn | publish_files(run.folder, {FILE: rendered(about), CARD: card.encode()}), {}

    make_unit(run, "classifier", source_hash(rendered(about).decode(), card, more), make)


def round_facts(metrics: Mapping[str, Any]) -> dict[str, str]:
    """A round's metrics in words, for its card."""
    crawl, domains, patterns, overlap = (metrics[name] for name in ("crawl", "domains", "patterns", "overlap"))
    facts = {
        "round": f"{metrics['round']}",
        **seed_facts(metrics["seed_set"]),
        "crawl kept": f"{crawl['pages']:,} of {crawl['of_pages']:,} pages, {crawl['tokens']:,} of "
        f"{crawl['of_tokens']:,} tokens, from a score of {crawl['score']:.6g}",
    }
    if overlap is not None:
        facts["kept by the round before"] = f"{overlap['share_of_tokens']:.1%} of these tokens"
    facts["mathematics domains"] = (
        f"{domains['mathematics']:,} of {domains['all']:,} ({domains['new']:,} new, {domains['gone']:,} gone)"
    )
    facts["URL patterns"] = f"{patterns['accepted']:,} accepted, {patterns['rejected']:,} rejected (patterns.toml)"
    return facts


_ORIGINS = {
    "seed": "given as mathematics",
    "pattern": "under accepted patterns",
    "random": "drawn at random as others",
    "hard": "kept by the round before on sites that are not mathematics, as others",
}


def seed_facts(counts: Mapping[str, Any]) -> dict[str, str]:
    """Where the pages of a training came from, in words."""
    pages, domains = counts["pages"], counts["domains"]
    parts = [
        f"{pages[name]:,} {words} ({domains[name]:,} domains)" for name, words in _ORIGINS.items() if name in pages
    ]
    return {"trained on": "; ".join(parts)}


def copy_classifier(rounds: Sequence[Path], folder: Path, recipe: Config) -> Path:
    """Make the classifier of the last of some rounds a Run of its own, with a card and a plot of all of them.

    It takes the place of the one that a former last round left there.

    Raises:
        Locked, CannotCreate, DiskFull: as `Run`.
    """
    source = rounds[-1]
    runs = [{"name": each.name, "sha256": file_sha256(at_hand(each / MANIFEST))} for each in rounds]
    run = Run(folder, recipe, CLASSIFIER_KIND, {each["name"]: each["sha256"] for each in runs})
    _make_way(run)
    with run:
        if not run.is_done:
            about = read_about(source)
            metrics = [read_metrics(each) for each in rounds]
            drawn = [name for name in PLOTS if is_there(source / name)]
            outputs = publish_same(source, folder, [*about.files, FILE, METRICS, SEED_SET, *drawn])
            outputs |= _publish_card(folder, about, read_report(source), metrics)
            run.ledger.append("classifier", outputs, {"source": "", "code": code_version()})
            run.finish(runs, {"seed": getattr(recipe, "seed", None), "counts": about.trained.model_dump()}, {})
    return folder


def _publish_card(
    folder: Path, about: ClassifierFile, report: Report | None, metrics: Sequence[Mapping[str, Any]]
) -> dict[str, Output]:
    """The card of a loop's classifier and, where its rounds were judged, the plot of their growth."""
    from mathmill.classifier.plots import growth

    card = classifier_card(folder.resolve().parent.name, about, report, round_facts(metrics[-1]))
    staging = Staging(folder)
    names = [CARD]
    if report is not None:
        growth([_figures(each) for each in metrics], staging.stage(GROWTH, lambda _: 1))
        card += f"\n## Round by round\n\n![growth over rounds]({GROWTH})\n"
        names.append(GROWTH)
    path = staging.stage(CARD, lambda _: 1)
    with writing(path):
        path.write_text(card, encoding="utf-8")
    return staging.publish(dict.fromkeys(names, 1))


def _figures(metrics: Mapping[str, Any]) -> RoundFigures:
    figures = {name: _triple(each) for name, each in metrics["held_out"]["all_sites"].items()}
    return {
        "round": metrics["round"],
        "average_precision": figures["average_precision"],
        "precision": figures["precision"],
        "recall": figures["recall"],
        "pages_kept": metrics["crawl"]["pages"],
        "domains": metrics["domains"]["mathematics"],
    }


def _triple(estimate: Mapping[str, Any]) -> tuple[float, float, float]:
    value = estimate["value"]
    return math.nan if value is None else value, estimate["low"], estimate["high"]


def check_copy(folder: Path) -> None:
    """The folder is free for the classifier of a loop's last round, or has one.

    Raises:
        ConfigError: something else is there, such as what `train` made.
    """
    if is_there(folder / "config.json") and not _is_copy(folder):
        raise ConfigError(f"{shown(folder)} is a run of its own and not of a loop: choose another folder with --out")


def _is_copy(folder: Path) -> bool:
    claim = load_claim(folder)
    return claim["kind"] == CLASSIFIER_KIND and all(name.startswith("round-") for name in claim["files"])


def _make_way(run: Run) -> None:
    """Remove a copy of other rounds, all that it was made from being there still; nothing else.

    It goes away as a whole: a kill leaves either all of it or a folder that nobody takes for a run.
    """
    gone = temporary(run.folder)
    with writing(gone):
        shutil.rmtree(gone, ignore_errors=True)
    if not is_there(run.folder / "config.json") or not _is_copy(run.folder):
        return
    try:
        run.inspect()
    except ConfigError:
        with folder_lock(run.folder), writing(run.folder):
            if mount_of(run.folder) is None:
                run.folder.rename(gone)
                shutil.rmtree(gone)
            else:  # a store renames nothing: what tells that it is a copy goes last
                for name in sorted(names_in(run.folder), key="config.json".__eq__):
                    remove(run.folder / name)


def publish_same(source: Path, folder: Path, names: Sequence[str]) -> dict[str, Output]:
    """Files of another folder under the same names, linked, or copied where they cannot be."""
    staging = Staging(folder)
    for name in names:
        path = staging.stage(name, lambda _: 1)
        with writing(path):
            path.unlink(missing_ok=True)
            try:
                os.link(at_hand(source / name), path)
            except OSError:  # another disk, or one without links
                shutil.copyfile(source / name, path)
    return staging.publish(dict.fromkeys(names, 1))
