"""The card of a classifier: every figure with its interval and count, and what a reader has to know before using it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mathmill.classifier.calibrate import Report, tune_and_report
from mathmill.classifier.card import classifier_card
from mathmill.classifier.curves import from_columns
from mathmill.classifier.model import ClassifierFile, read_about
from mathmill.classifier.target import Target
from tests.classifier.made_lines import made_classifier


@pytest.fixture(scope="module")
def about(tmp_path_factory: pytest.TempPathFactory) -> ClassifierFile:
    folder = tmp_path_factory.mktemp("classifier")
    made_classifier(folder)
    return read_about(folder)


def report_of(target: Target) -> Report:
    draws = np.random.default_rng(0)
    is_math = draws.random(400) < 0.4
    scores = np.clip(draws.normal(0.4 + 0.3 * is_math, 0.15), 0, 1)
    sites = [f"site{number % 20}.example" for number in range(400)]
    return tune_and_report(from_columns(is_math, scores, sites), target, resamples=50)


def test_a_card_tells_figures_threshold_calibration_use_and_limits(about: ClassifierFile) -> None:
    report = report_of(Target(precision=0.8))
    card = classifier_card("round-3", about, report, {"trained on": "914 pages given as mathematics"})
    assert card.startswith("---\n") and "\n# round-3\n" in card
    over, at = report.over_sites, report.at_threshold
    assert at is not None
    for name, estimate, share in (("precision", over.precision, at.precision), ("recall", over.recall, at.recall)):
        row = f"| {name} | {share.value:.4f} | {estimate.low:.4f} to {estimate.high:.4f} | "
        assert f"{row}{share.low:.4f} to {share.high:.4f} | {share.n:,} |" in card
    assert f"| average precision | {over.average_precision.value:.4f} |" in card
    assert f"**{at.score:.9g}**" in card
    assert f"{report.tuned_pages:,} labelled pages of {report.tuned_sites:,} sites" in card
    assert f"{report.reported_pages:,} pages of {report.reported_sites:,} other sites" in card
    assert "- trained on: 914 pages given as mathematics" in card
    assert about.model.sha256 in card and "| fasttext.dim | 8 |" in card and "| features.formulas | kept |" in card
    assert "| score from | probability |" in card
    assert 'use = "classifier"' in card and "min_score" not in card and "mathmill classifier score" in card
    assert "load only classifiers of people you trust" in card and "mix of pages like the labelled one" in card


def test_a_card_without_labels_claims_nothing(about: ClassifierFile) -> None:
    card = classifier_card("name", about, None, {})
    assert "No labelled pages were at hand" in card and "min_score = 0.5" in card
    assert "precision |" not in card and ".svg" not in card


def test_a_card_says_when_no_threshold_reaches_the_target(about: ClassifierFile) -> None:
    card = classifier_card("name", about, report_of(Target(precision=1.0, by="low")), {})
    assert "There is no threshold: no score gives" in card and "min_score = 0.5" in card
    assert "| average precision |" in card and "| recall |" not in card


def test_facts_cannot_break_out_of_their_line(about: ClassifierFile) -> None:
    card = classifier_card("a\n# b", about, None, {"from": "x\n\n## Limits\x1b[31m"})
    assert "\n# a # b\n" in card and card.count("\n## Limits") == 1 and "\x1b" not in card


def test_the_recipe_on_a_card_is_one_of_the_pipeline(about: ClassifierFile, tmp_path: Path) -> None:
    import tomllib

    from mathmill.classifier.stage import Classify

    for card in (classifier_card("a", about, None, {}), classifier_card("a", about, report_of(Target(recall=0.9)), {})):
        recipe = tomllib.loads(card.partition("```toml\n")[2].partition("```")[0])
        Classify(**recipe["stages"][0])
