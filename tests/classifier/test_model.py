"""A classifier's folder: what is written, loaded and refused; and its scores."""

from __future__ import annotations

import hashlib
import json
import math
import os
import shutil
from pathlib import Path

import pytest

from mathmill.classifier.explain import explain_line
from mathmill.classifier.features import Features, line
from mathmill.classifier.model import FILE, Classifier, load_classifier, model_name, read_about, write_classifier
from mathmill.classifier.settings import MATH
from mathmill.classifier.training import Trained
from mathmill.data.errors import ConfigError
from tests.classifier.made_lines import TINY, made_classifier, made_lines

SMALL = TINY.model_copy(update={"quantise": True})
LINES = made_lines(200)


@pytest.fixture(scope="module", params=[TINY, SMALL], ids=["whole", "quantised"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_classifier(tmp_path_factory.mktemp("classifier"), request.param).folder


@pytest.fixture
def copy(folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(folder, tmp_path / "copy"))


def test_scores(folder: Path) -> None:
    classifier = load_classifier(folder)
    scores = classifier.score_lines([words for _, words in LINES])
    for (is_math, words), score in zip(LINES, scores, strict=True):
        assert score is not None and 0 <= score <= 1
        assert (score > 0.5) == is_math
        plain = {label: p for p, label in classifier.fasttext.f.predict(words + "\n", 2, 0.0, "strict")}
        assert score == pytest.approx(plain[MATH], abs=2e-5)


def test_texts_go_through_the_same_features(folder: Path) -> None:
    classifier = load_classifier(folder)
    texts = ["The THEOREM of $\\frac{a}{b}$", "Hotel, price of page 7.", "", " \n\0"]
    assert classifier.score(texts) == classifier.score_lines([line(text, Features()) for text in texts])
    assert classifier.score(texts)[2:] == [None, None]


def test_what_fasttext_adds_is_taken_off(folder: Path) -> None:
    classifier = load_classifier(folder)
    for word in ("theorem", "hotel"):
        [score] = classifier.score_lines([word])
        told = explain_line(word, classifier)
        assert score is not None and told is not None
        assert score == pytest.approx(1 / (1 + math.exp(-told.log_odds)), abs=1e-6)  # and not 1e-5 above that


def test_a_line_break_is_refused(folder: Path) -> None:
    with pytest.raises(ValueError, match="line break"):
        load_classifier(folder).score_lines(["a\nb"])


def test_what_is_written(folder: Path) -> None:
    classifier = load_classifier(folder)
    about = json.loads((folder / FILE).read_text(encoding="utf-8"))
    assert about["model"] == {"file": model_name(classifier.settings), "sha256": classifier.sha256}
    assert about["trained"]["positives"] == about["trained"]["negatives"] == 100
    assert about["calibration"] is None and classifier.calibration is None
    assert about["code"] and classifier.features == Features()
    assert sorted(path.name for path in folder.iterdir()) == [FILE, model_name(classifier.settings)]


def test_a_calibration_is_kept(copy: Path) -> None:
    before = read_about(copy)
    trained = Trained(**before.trained.model_dump(), sha256=before.model.sha256, seconds=0, peak_mb=0)
    write_classifier(copy, before.features, before.settings, trained, {"points": [[0.1, 0.2]]})
    assert load_classifier(copy).calibration == {"points": [[0.1, 0.2]]}


def test_it_is_loaded_once_until_its_files_change(copy: Path) -> None:
    first = load_classifier(copy)
    assert load_classifier(copy) is first
    os.utime(copy / first.about.model.file, ns=(1, 1))
    assert load_classifier(copy) is not first


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("damage", [_cut, _flip])
def test_another_model_is_refused(damage: object, copy: Path) -> None:
    assert callable(damage)
    damage(copy / read_about(copy).model.file)
    with pytest.raises(ConfigError, match=r"is not the model that classifier\.json names"):
        load_classifier(copy)


def test_what_is_missing_is_named(copy: Path, tmp_path: Path) -> None:
    (copy / read_about(copy).model.file).unlink()
    with pytest.raises(ConfigError, match=r"no model\.\w+ in "):
        load_classifier(copy)
    with pytest.raises(ConfigError, match=r"no classifier in .*: name a folder that"):
        load_classifier(tmp_path / "nowhere")
    with pytest.raises(ConfigError, match="train a model first"):
        write_classifier(tmp_path, Features(), TINY, Trained(1, 1, 1, "0" * 64, 0, 0))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is damaged"),
        ("[]", "is damaged"),
        ("{}", "model is missing"),
        ('{"model": {"file": "../model.bin", "sha256": ""}}', "model.file: must be 'model.bin' or 'model.ftz'"),
    ],
)
def test_a_damaged_description(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(text)
    with pytest.raises(ConfigError, match=message):
        load_classifier(tmp_path)


def test_a_file_that_is_no_model_of_ours(tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_bytes(b"not a model")
    write_classifier(tmp_path, Features(), TINY, Trained(1, 1, 1, hashlib.sha256(b"not a model").hexdigest(), 0, 0))
    with pytest.raises(ConfigError, match="is not a model to use"):
        load_classifier(tmp_path)


def test_a_classifier_shows_itself_without_its_model(folder: Path) -> None:
    shown = repr(load_classifier(folder))
    assert "fasttext=" not in shown.partition("about=")[0] and isinstance(load_classifier(folder), Classifier)
