"""Calibrating a classifier: labels found in pages or scores, sites of the training left out, a new classifier."""

from __future__ import annotations

from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mathmill.classifier.browse import threshold_of
from mathmill.classifier.figures import METRICS, PLOTS, read_metrics, read_report
from mathmill.classifier.labelled import Found, labelled_pages
from mathmill.classifier.labels import HeldOut
from mathmill.classifier.model import load_classifier
from mathmill.classifier.recipe import Labels
from mathmill.classifier.score import score
from mathmill.classifier.target import Target
from mathmill.classifier.thresholds import Unreached
from mathmill.classifier.tuning import Tuned, TuneRecipe, label_words, tune
from mathmill.data.errors import ConfigError, MathmillError
from mathmill.data.page_files import Pages
from mathmill.data.runs import check_outputs
from tests.classifier.made_lines import made_classifier
from tests.classifier.made_pages import write_pages
from tests.warm import InlineEngine


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a classifier, pages, their labels and their scores."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "classifier").mkdir()
    made_classifier(folder / "classifier")
    write_pages(folder / "pages")
    score(folder / "classifier", pages_in(folder), folder / "scores", InlineEngine(1))
    return folder


def pages_in(folder: Path) -> Pages:
    return Pages(files=(str(folder / "pages/pages-*.jsonl"),))


def recipe_of(made: Path, target: Target = Target(precision=0.9), from_scores: bool = True) -> TuneRecipe:  # noqa: B008
    source = {"scores": made / "scores"} if from_scores else {"pages": pages_in(made)}
    labels = Labels(file=made / "pages/labels.jsonl")
    return TuneRecipe(classifier=made / "classifier", labels=labels, target=target, **source)


def tuned(recipe: TuneRecipe, folder: Path) -> Tuned:
    return tune(recipe, folder, InlineEngine(1))


@pytest.fixture(scope="module")
def new(made: Path) -> Tuned:
    before = {path.name: path.read_bytes() for path in (made / "classifier").iterdir()}
    result = tuned(recipe_of(made), made / "new")
    assert {path.name: path.read_bytes() for path in (made / "classifier").iterdir()} == before
    return result


def test_a_new_classifier_knows_its_threshold(made: Path, new: Tuned) -> None:
    result, folder = new, new.folder
    assert result.labels == {
        "used": 96,
        "sites": 8,
        "missing": 0,
        "empty": 3,
        "trained": 0,
        "trained_sites": 0,
        "training_known": False,
    }
    assert "it is not known here what it was trained on" in label_words(result.labels)
    old, made_new = load_classifier(made / "classifier"), load_classifier(folder)
    assert (made_new.sha256, made_new.features) == (old.sha256, old.features)
    report = read_report(folder)
    assert report is not None and report.threshold.target == Target(precision=0.9)
    assert threshold_of(folder) == report.threshold.score  # type: ignore[union-attr]
    assert threshold_of(made / "classifier") is None
    assert check_outputs(folder) == []
    names = {path.relative_to(folder).as_posix() for path in (folder).rglob("*") if path.is_file()}
    assert {"model.bin", "classifier.json", METRICS, "README.md", *PLOTS} <= names
    assert tuned(recipe_of(made), folder).labels == result.labels  # nothing to do


def test_labels_found_in_pages_and_in_scores_come_to_the_same(made: Path, new: Tuned, tmp_path: Path) -> None:
    tuned(recipe_of(made, from_scores=False), tmp_path / "b")
    for name in ("classifier.json", METRICS, *PLOTS):
        assert (new.folder / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name


def test_a_budget_of_tokens_is_of_the_scored_crawl(made: Path, tmp_path: Path) -> None:
    tuned(recipe_of(made, Target(tokens=1000)), tmp_path / "new")
    report = read_report(tmp_path / "new")
    assert report is not None and 0 < report.threshold.tokens <= 1000  # type: ignore[union-attr, operator]
    with pytest.raises(ValueError, match="a budget of tokens is of a whole crawl"):
        recipe_of(made, Target(tokens=1000), from_scores=False)


def test_a_target_that_nothing_reaches_leaves_a_classifier_without_threshold(made: Path, tmp_path: Path) -> None:
    tuned(recipe_of(made, Target(precision=1.0, by="low")), tmp_path / "new")
    report = read_report(tmp_path / "new")
    assert report is not None and isinstance(report.threshold, Unreached)
    assert threshold_of(tmp_path / "new") is None
    assert "There is no threshold" in (tmp_path / "new/README.md").read_text()


def test_pages_of_sites_that_were_trained_on_are_left_out(made: Path, tmp_path: Path) -> None:
    own = tmp_path / "classifier"
    own.mkdir()
    made_classifier(own)
    trained = [f"site{number}.example" for number in (0, 1, 2)]
    pq.write_table(pa.table({"domain": trained}), own / "seed_set.parquet")
    recipe = recipe_of(made, from_scores=False).model_copy(update={"classifier": own})
    labels = tuned(recipe, tmp_path / "new").labels
    assert (labels["trained_sites"], labels["sites"], labels["training_known"]) == (3, 5, True)
    assert labels["used"] + labels["trained"] == 96
    assert (tmp_path / "new/seed_set.parquet").samefile(own / "seed_set.parquet")  # stays known
    everything = [f"site{number}.example" for number in range(8)]
    pq.write_table(pa.table({"domain": everything}), own / "seed_set.parquet")
    with pytest.raises(ConfigError, match=r"8 labelled sites that .* was trained on"):
        tuned(recipe, tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_of_pages_with_one_address_the_first_counts() -> None:
    labels = HeldOut({"http://a.example/": True, "http://b.example/": False}, frozenset(), "")
    found = [
        Found("http://a.example/", 5, 1000),
        Found("http://a.example/", 7, -1000),
        Found("http://b.example/", 1, None),
    ]
    labelled = labelled_pages(found, labels, frozenset())
    assert (labelled.pages.tokens.tolist(), labelled.empty, labelled.missing) == ([5, 1], 1, 0)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"labels": "nowhere.jsonl"}, "no labels at"),
        ({"labels": "strange.jsonl"}, "none of the 2 labelled addresses"),
        ({"scores": "pages"}, "no run at"),
        ({"classifier": "other"}, "scores of another model"),
    ],
)
def test_what_cannot_be_calibrated_is_refused_and_leaves_no_folder(
    change: dict[str, str], words: str, made: Path, tmp_path: Path
) -> None:
    rows = [{"url": f"http://nowhere.example/{number}", "is_math": bool(number)} for number in range(2)]
    (made / "strange.jsonl").write_bytes(b"\n".join(map(orjson.dumps, rows)))
    if "classifier" in change and not (made / "other").exists():
        (made / "other").mkdir()
        made_classifier(made / "other", load_classifier(made / "classifier").settings.model_copy(update={"seed": 5}))
    values = {name: Labels(file=made / path) if name == "labels" else made / path for name, path in change.items()}
    with pytest.raises(MathmillError, match=words):
        tuned(recipe_of(made).model_copy(update=values), tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_the_classifier_itself_is_never_written_over(made: Path) -> None:
    with pytest.raises(ConfigError, match="is the classifier itself"):
        tuned(recipe_of(made), made / "classifier")
    assert read_metrics(made / "classifier") == {}
