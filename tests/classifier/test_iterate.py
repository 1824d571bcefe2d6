from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import orjson
import pytest

from mathmill.classifier.iterate import LoopResult, iterate
from mathmill.classifier.model import load_classifier
from mathmill.classifier.recipe import LoopRecipe
from mathmill.classifier.results import CLASSIFIER_KIND
from mathmill.classifier.review import read_review
from mathmill.data.domains import registered_domain
from mathmill.data.errors import ConfigError
from mathmill.data.runs import check_outputs, find_runs, load_manifest
from mathmill.data.tables import table_rows
from tests.classifier import made_web
from tests.warm import InlineEngine

HELD_OUT = tuple("4567")  # sites of `made_web` that have labels


def recipe(web: Path, **changes: Any) -> LoopRecipe:
    tree = {
        "crawl": {"files": [str(web / "crawl-*.jsonl")]},
        "positives": {"pages": {"files": [str(web / "seeds.jsonl")]}},
        "negatives": {"count": 60},
        "fasttext": {"dim": 8, "bucket": 2_000, "lr": 0.5, "epoch": 20, "min_count": 1},
        "labels": {"file": str(web / "labels.jsonl")},
        "keep": {"share": 0.4},
        "rounds": 2,
        "stop_at": 1.0,
    }
    return LoopRecipe.model_validate(tree | changes)


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("web")
    made_web.write(folder, list(made_web.pages()))
    return folder


@pytest.fixture(scope="module")
def loop(web: Path, tmp_path_factory: pytest.TempPathFactory) -> LoopResult:
    return iterate(recipe(web), tmp_path_factory.mktemp("loop") / "out", InlineEngine(1))


@pytest.fixture(scope="module")
def plain(web: Path, tmp_path_factory: pytest.TempPathFactory) -> LoopResult:
    """A loop that nothing judges, which spares the plots."""
    return iterate(recipe(web, labels=None), tmp_path_factory.mktemp("plain") / "out", InlineEngine(1))


def seed_set(folder: Path) -> list[dict[str, Any]]:
    return list(table_rows(folder / "seed_set.parquet", ["url", "domain", "is_math", "origin"]))


def contents(folder: Path) -> dict[str, str]:
    """What every run in a folder wrote, by hash; and the reviews."""
    runs = [load_manifest(run)["outputs"] for run in find_runs(folder)]
    files = {name: output["sha256"] for outputs in runs for name, output in outputs.items()}
    reviews = {path.name: path.read_text() for path in (folder / "review").glob("*.toml")}
    return files | reviews


def test_the_loop_recalls_mathematics_of_sites_that_it_was_never_told_of(loop: LoopResult) -> None:
    first, last = (metrics["held_out"]["all_sites"] for metrics in loop.rounds)
    assert last["average_precision"]["value"] > 0.95
    assert last["average_precision"]["value"] >= first["average_precision"]["value"]
    assert loop.rounds[-1]["overlap"]["share_of_tokens"] > 0.5
    assert loop.rounds[-1]["domains"]["mathematics"] == 16


def test_what_joins_is_mathematics_under_accepted_patterns(loop: LoopResult) -> None:
    joined = [row for row in seed_set(loop.folder / "round-2") if row["origin"] == "pattern"]
    assert len(joined) > 60
    assert sum("/notes/" in row["url"] or "/questions/" in row["url"] for row in joined) > 0.9 * len(joined)
    assert all(row["is_math"] for row in joined)


def test_held_out_domains_never_train(loop: LoopResult) -> None:
    for number in (1, 2):
        sites = {row["domain"].split(".")[0] for row in seed_set(loop.folder / f"round-{number}")}
        assert sites and not any(site.endswith(HELD_OUT) for site in sites)


def test_negatives_are_spared_from_domains_found_to_be_mathematics(loop: LoopResult) -> None:
    origins = Counter(row["origin"] for row in seed_set(loop.folder / "round-2"))
    others = [row for row in seed_set(loop.folder / "round-2") if row["origin"] == "random"]
    assert origins["random"] == 60
    assert all(row["domain"].startswith("other") for row in others)


def test_the_classifier_is_a_run_with_a_calibration_and_a_card(loop: LoopResult) -> None:
    assert load_manifest(loop.classifier)["kind"] == CLASSIFIER_KIND
    classifier = load_classifier(loop.classifier)
    theorem, hotel = classifier.score(
        ["the theorem of a matrix, its proof and $x^2$", "a hotel with shoes and weather"]
    )
    assert theorem is not None and hotel is not None and theorem > hotel
    assert classifier.calibration is not None
    assert "## How good it is" in (loop.classifier / "README.md").read_text()
    assert not [fault for run in find_runs(loop.folder) for fault in check_outputs(run)]


def test_again_it_does_nothing_and_says_the_same(loop: LoopResult, web: Path) -> None:
    before = {
        path: path.stat().st_mtime_ns for path in loop.folder.rglob("*") if path.name != "lock" and path.is_file()
    }
    assert iterate(recipe(web), loop.folder, InlineEngine(1)) == loop
    after = {path: path.stat().st_mtime_ns for path in loop.folder.rglob("*") if path.name != "lock" and path.is_file()}
    assert after == before


def test_pages_in_other_shards_and_order_give_the_same_model(plain: LoopResult, web: Path, tmp_path: Path) -> None:
    rows = list(made_web.pages())
    made_web.write(tmp_path / "web", rows[::-1], shards=1)
    again = iterate(recipe(tmp_path / "web", rounds=1, labels=None), tmp_path / "out", InlineEngine(1))
    models = [
        load_manifest(folder / "round-1")["outputs"]["model.bin"]["sha256"] for folder in (again.folder, plain.folder)
    ]
    assert models[0] == models[1]


def test_a_person_s_review_is_obeyed_kept_and_not_to_be_changed_behind_a_round(
    plain: LoopResult, web: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    review = iterate(recipe(web, rounds=1, labels=None), folder, InlineEngine(1)).review
    accepted = next(pattern for pattern in read_review(review) if pattern.decision == "accept")
    given = f'prefix = "{accepted.prefix}"\ndecision = '
    text = review.read_text().replace(f'{given}"accept"', f'{given}"reject"')
    own = '[[pattern]]\ndomain = "other1.example"\nprefix = "other1.example/item/"\ndecision = "accept"\n'
    review.write_text(f"{text}\n{own}")
    with pytest.raises(ConfigError, match="another recipe"):
        iterate(recipe(web, labels=None, negatives={"count": 61}), folder, InlineEngine(1))

    iterate(recipe(web, labels=None), folder, InlineEngine(1))
    joined = [
        {row["domain"] for row in seed_set(each / "round-2") if row["origin"] == "pattern"}
        for each in (folder, plain.folder)
    ]
    assert accepted.domain not in joined[0]
    assert accepted.domain in joined[1]
    assert 'prefix = "other1.example/item/"' in (folder / "review" / "round-2.toml").read_text()

    review.write_text(text)
    with pytest.raises(ConfigError, match=r"round-1\.toml was changed after .*round-2 was made by it: delete"):
        iterate(recipe(web, labels=None), folder, InlineEngine(1))


@pytest.mark.parametrize("point", ["renamed:4", "before_ledger:14"])
def test_killed_and_rerun_it_gives_the_same(plain: LoopResult, web: Path, tmp_path: Path, point: str) -> None:
    config = tmp_path / "recipe.json"
    config.write_bytes(orjson.dumps(recipe(web, labels=None).model_dump(mode="json")))
    code = (
        "import sys; from pathlib import Path; from mathmill.classifier.iterate import iterate; "
        "from mathmill.classifier.recipe import LoopRecipe; from tests.warm import InlineEngine; "
        "iterate(LoopRecipe.model_validate_json(Path(sys.argv[1]).read_bytes()), Path(sys.argv[2]), InlineEngine(1))"
    )
    command = [sys.executable, "-c", code, str(config), str(tmp_path / "out")]
    killed = subprocess.run(command, env={**os.environ, "MATHMILL_KILL_AT": point}, start_new_session=True, check=False)
    assert killed.returncode == -signal.SIGKILL
    iterate(recipe(web, labels=None), tmp_path / "out", InlineEngine(1))
    assert contents(tmp_path / "out") == contents(plain.folder)


def test_it_stops_when_next_to_nothing_is_new(web: Path, tmp_path: Path) -> None:
    result = iterate(recipe(web, rounds=3, stop_at=0.3, labels=None), tmp_path / "out", InlineEngine(1))
    assert (result.stopped, len(result.rounds)) == ("collected", 2)


def test_labels_that_do_not_serve_are_told_of_before_training(web: Path, tmp_path: Path) -> None:
    labels = [row for row in made_web.pages() if registered_domain(row["url"]) in ("math4.example", "other4.example")]
    (tmp_path / "few.jsonl").write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in labels))
    with pytest.raises(ConfigError, match="both are needed"):
        iterate(recipe(web, labels={"file": str(tmp_path / "few.jsonl")}), tmp_path / "out", InlineEngine(1))
    assert not (tmp_path / "out" / "round-1" / "model.bin").exists()
