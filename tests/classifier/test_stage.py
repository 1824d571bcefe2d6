"""The classifier's two stages: what they keep, what they tell of it, and what they refuse before the first page."""

from __future__ import annotations

import pickle
import shutil
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from mathmill.classifier.calibrate import calibrate
from mathmill.classifier.calibrated import Calibrated
from mathmill.classifier.curves import AtThreshold, Share
from mathmill.classifier.model import load_classifier, read_about, write_classifier
from mathmill.classifier.stage import ClassifierGate, Classify
from mathmill.classifier.target import Target
from mathmill.classifier.thresholds import Threshold, Unreached
from mathmill.classifier.training import Trained
from mathmill.data.errors import ConfigError
from mathmill.data.records import TRACE, Document, Dropped
from mathmill.pipeline.cascade import is_gate
from tests.classifier.made_lines import made_classifier

THEOREM, HOTEL = "The theorem of $\\frac{a}{b}$, a theorem", "A hotel: its price, its recipe"
TARGET = Target(precision=0.9)
UNREACHED = Unreached(target=TARGET, reason="precision_never_reached", why="the best is 0.8")


def threshold(score: float) -> Threshold:
    all_of_one = Share(hits=1, n=1, value=1, low=0.2, high=1)
    kept = AtThreshold(score=score, pages=1, kept=1, tokens=9, precision=all_of_one, recall=all_of_one)
    return Threshold(target=TARGET, score=score, why="made for a test", on_labelled=kept)


def calibrated(folder: Path, cut: Threshold | Unreached) -> Path:
    """Writes into a classifier's folder that scores below a half mean 1 in 6 and others 5 in 6."""
    about = read_about(folder)
    trained = Trained(**about.trained.model_dump(), sha256=about.model.sha256, seconds=0, peak_mb=0)
    worth = Calibrated(calibration=calibrate([False, False, True, True], [0.0, 0.0, 0.5, 0.5]), threshold=cut)
    write_classifier(folder, about.features, about.settings, trained, worth.model_dump(mode="json"))
    return folder


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_classifier(tmp_path_factory.mktemp("classifier")).folder


@pytest.fixture
def folder(plain: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(plain, tmp_path / "copy"))


def one(stage: Classify | ClassifierGate, text: str) -> Document | Dropped:
    (result,) = stage([Document("id", text, "http://a.example/", {"formulas": 1})])
    return result


@pytest.mark.parametrize("kind", [Classify, ClassifierGate])
def test_pages_are_kept_at_the_cut_and_dropped_below(kind: type[Classify | ClassifierGate], plain: Path) -> None:
    [high, low] = load_classifier(plain).score([THEOREM, HOTEL])
    assert high is not None and low is not None and high > 0.5 > low
    assert isinstance(one(kind(model=plain, min_score=high), THEOREM), Document)
    assert isinstance(one(kind(model=plain, min_score=0), HOTEL), Document)
    dropped = one(kind(model=plain, min_score=high), HOTEL)
    assert isinstance(dropped, Dropped) and dropped.reason == "low_score"
    assert dropped.stage == kind(model=plain).use
    assert dropped.evidence["value"] == low and dropped.evidence["threshold"] == high
    assert dropped.evidence["log_odds"] < 0
    assert dropped.document.meta[TRACE][dropped.stage] == dropped.evidence


@pytest.mark.parametrize("text", ["", " \n\t", "\0\u200b"])
@pytest.mark.parametrize("kind", [Classify, ClassifierGate])
def test_an_empty_page_gets_a_reason_and_no_score(
    kind: type[Classify | ClassifierGate], text: str, plain: Path
) -> None:
    dropped = one(kind(model=plain, min_score=0), text)
    assert isinstance(dropped, Dropped) and dropped.reason == "empty_page"
    assert dropped.evidence == {"chars": len(text)}
    assert "score" not in dropped.document.meta


def test_each_page_has_its_own_result_in_order(plain: Path) -> None:
    texts = [THEOREM, HOTEL, "", HOTEL, THEOREM]
    results = list(Classify(model=plain, min_score=0.5)(Document(str(n), text, "", {}) for n, text in enumerate(texts)))
    assert [isinstance(result, Document) for result in results] == [True, False, False, False, True]
    assert [(each.document if isinstance(each, Dropped) else each).id for each in results] == list("01234")


def test_the_score_stays_with_the_page_that_was_extracted(plain: Path) -> None:
    kept = one(Classify(model=plain, min_score=0.5), THEOREM)
    assert isinstance(kept, Document)
    assert kept.meta["score"] == load_classifier(plain).score([THEOREM])[0]
    assert "probability" not in kept.meta and kept.meta["formulas"] == 1
    through = one(ClassifierGate(model=plain, min_score=0.5), THEOREM)
    assert isinstance(through, Document)
    assert set(through.meta) == {"formulas", TRACE}


def test_only_the_one_before_extraction_is_a_gate(plain: Path) -> None:
    assert is_gate(ClassifierGate(model=plain)) and not is_gate(Classify(model=plain))


def test_a_probability_can_be_asked_for(folder: Path) -> None:
    stage = Classify(model=calibrated(folder, UNREACHED), min_probability=0.5)
    kept, dropped = one(stage, THEOREM), one(stage, HOTEL)
    assert isinstance(kept, Document) and isinstance(dropped, Dropped)
    assert kept.meta["probability"] == pytest.approx(5 / 6) and kept.meta["score"] > 0.5
    assert dropped.evidence["value"] == pytest.approx(1 / 6) and dropped.evidence["threshold"] == 0.5
    assert dropped.evidence["score"] < 0.5


def test_without_a_cut_the_calibrated_threshold_holds(folder: Path) -> None:
    [high, low] = load_classifier(folder).score([THEOREM, HOTEL])
    assert high is not None and low is not None
    stage = Classify(model=calibrated(folder, threshold(high)))
    kept = one(stage, THEOREM)
    assert isinstance(kept, Document)
    assert kept.meta[TRACE]["classifier"]["threshold"] == high and "probability" in kept.meta
    assert isinstance(one(stage, HOTEL), Dropped)
    calibrated(folder, threshold(low))  # another classifier.json: what was loaded holds no longer
    assert isinstance(one(stage, HOTEL), Document)


def test_one_cut_at_most(plain: Path) -> None:
    with pytest.raises(ValidationError, match="one of min_score and min_probability"):
        Classify(model=plain, min_score=0.5, min_probability=0.5)


def no_classifier(folder: Path) -> None:
    shutil.rmtree(folder)


def no_model(folder: Path) -> None:
    (folder / "model.bin").unlink()


def damaged_model(folder: Path) -> None:
    (folder / "model.bin").write_bytes(b"none")


def damaged_calibration(folder: Path) -> None:
    about = read_about(folder)
    trained = Trained(**about.trained.model_dump(), sha256=about.model.sha256, seconds=0, peak_mb=0)
    write_classifier(folder, about.features, about.settings, trained, {"calibration": {"pieces": []}})


@pytest.mark.parametrize(
    ("harm", "cut", "words"),
    [
        (no_classifier, {"min_score": 0.5}, "stage classifier: no classifier in .*copy.*mathmill classifier train"),
        (no_model, {"min_score": 0.5}, "stage classifier: no model.bin in"),
        (damaged_model, {"min_score": 0.5}, "is not the model that classifier.json names"),
        (damaged_calibration, {"min_score": 0.5}, "classifier.json: calibration: .*pieces"),
        (None, {}, "without min_score there has to be a calibration.*has none: say min_score, or"),
        (None, {"min_probability": 0.5}, "min_probability needs a calibration"),
        (UNREACHED, {}, r"has no threshold \(the best is 0.8\): say min_score or"),
    ],
)
def test_what_is_missing_shows_before_the_first_page(
    harm: Any, cut: dict[str, float], words: str, folder: Path
) -> None:
    stage = Classify(model=folder, **cut)
    if isinstance(harm, Unreached):
        calibrated(folder, harm)
    elif harm:
        harm(folder)
    with pytest.raises(ConfigError, match=words):
        list(stage([]))


def test_the_files_of_the_model_are_named(plain: Path) -> None:
    assert ClassifierGate(model=plain).files == (plain / "classifier.json", plain / "model.bin")


def test_the_config_travels_and_the_model_stays(plain: Path) -> None:
    stage = Classify(model=plain, min_score=0.5)
    one(stage, THEOREM)
    assert pickle.loads(pickle.dumps(stage)) == stage
    assert len(pickle.dumps(stage)) < 1_000
