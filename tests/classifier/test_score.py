"""Scores of pages: what is in the tables, that a killed run goes on, and that only what changed is scored again."""

from __future__ import annotations

import math
import os
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from mathmill.classifier import score as score_module
from mathmill.classifier.model import load_classifier
from mathmill.classifier.page_scores import COLUMNS
from mathmill.classifier.score import ScoreResult, score
from mathmill.classifier.scores import kept_by, load_scores, quantiles, tokens_by_score
from mathmill.classifier.scoring import to_logit, to_score
from mathmill.classifier.settings import FastText
from mathmill.data.errors import ConfigError, DamagedInput, InputMissing
from mathmill.data.page_files import Pages
from mathmill.pipeline import isolate
from tests.classifier.made_lines import TINY, made_classifier
from tests.classifier.made_pages import write_pages
from tests.warm import InlineEngine

# What a process that is killed needs, loaded once by the server that it is forked from.
isolate._PRELOAD.extend(["mathmill.classifier.score", "fasttext", "pyarrow.parquet"])


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a classifier and three shards of pages."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "classifier").mkdir()
    made_classifier(folder / "classifier")
    write_pages(folder / "pages")
    return folder


def pages_of(folder: Path, most: int | None = None) -> Pages:
    return Pages(files=(str(folder / "pages/pages-*.jsonl"),), most=most)


def scored(made: Path, out: Path, most: int | None = None) -> ScoreResult:
    return score(made / "classifier", pages_of(made, most), out, InlineEngine(1))


def rows(folder: Path) -> list[dict[str, object]]:
    return [row for path in sorted((folder / "scores").glob("*.parquet")) for row in pq.read_table(path).to_pylist()]


def content(folder: Path) -> dict[str, bytes]:
    """Everything in a run's folder that has to be the same after a rerun."""
    own = {"ledger.jsonl", "timings.json", "lock"}  # the order of units and the seconds they took may differ
    files = [path for path in folder.rglob("*") if path.is_file() and path.name not in own]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_each_page_has_a_row_in_its_order_and_empty_ones_no_number(made: Path, tmp_path: Path) -> None:
    result = scored(made, tmp_path / "out")
    assert (result.pages, result.empty, result.fresh) == (96, 3, 96)
    found = rows(tmp_path / "out")
    assert list(found[0]) == list(COLUMNS)
    assert [row["row"] for row in found] == [shard << 24 | at for shard in range(3) for at in range(32)]
    texts = [page["text"] for page in write_pages(tmp_path / "again")]
    expected = load_classifier(made / "classifier").score([str(text) for text in texts])
    assert [row["logit"] for row in found] == [None if each is None else to_logit(each) for each in expected]
    assert [row["empty"] for row in found] == [each is None for each in expected]
    assert found[0]["domain"] == "site0.example"
    assert result.tokens == sum(-(-len(str(text).encode()) // 4) for text in texts)


def test_what_is_done_is_not_done_again(made: Path, tmp_path: Path) -> None:
    scored(made, tmp_path / "out")
    before = content(tmp_path / "out")
    assert scored(made, tmp_path / "out").fresh == 0
    assert content(tmp_path / "out") == before


@pytest.mark.parametrize("most", [None, 70])
def test_killed_anywhere_and_run_again_it_ends_with_the_same_bytes(
    most: int | None, made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(score_module, "PART", 30)
    scored(made, tmp_path / "whole", most)
    for point in ("renamed:2", "before_ledger:2") if most else ("whole:1", "written:2", "after_ledger:2"):
        process = isolate._forkserver().Process(target=_score_until, args=(point, made, tmp_path / "cut", most))
        process.start()
        process.join(60)
        assert process.exitcode == -9, point
    scored(made, tmp_path / "cut", most)
    assert content(tmp_path / "cut") == content(tmp_path / "whole")
    assert not list((tmp_path / "cut").rglob(".*.tmp"))


def _score_until(point: str, made: Path, out: Path, most: int | None) -> None:
    os.setsid()
    os.environ["MATHMILL_KILL_AT"] = point
    score_module.PART = 30
    scored(made, out, most)


def test_only_shards_that_changed_came_or_went_are_touched(made: Path, tmp_path: Path) -> None:
    write_pages(tmp_path / "pages")
    pages = Pages(files=(str(tmp_path / "pages/pages-*.jsonl"),))
    out = tmp_path / "out"
    score(made / "classifier", pages, out, InlineEngine(1))
    changed = tmp_path / "pages/pages-1.jsonl"
    changed.write_bytes(b"".join(changed.read_bytes().splitlines(keepends=True)[:10]))
    assert score(made / "classifier", pages, out, InlineEngine(1)).fresh == 10
    (tmp_path / "pages/pages-2.jsonl").unlink()
    result = score(made / "classifier", pages, out, InlineEngine(1))
    assert (result.fresh, result.pages) == (0, 42)
    assert [path.name for path in sorted((out / "scores").iterdir())] == ["pages-0.parquet", "pages-1.parquet"]
    assert load_scores(out)["counts"]["pages"] == 42


def test_the_first_pages_are_scored_as_a_stream_in_parts(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(score_module, "PART", 30)
    scored(made, tmp_path / "all")
    assert scored(made, tmp_path / "first", 70).pages == 70
    assert scored(made, tmp_path / "first", 70).fresh == 0
    first = rows(tmp_path / "first")
    assert [row["row"] for row in first] == [
        part << 24 | at for part, many in enumerate((30, 30, 10)) for at in range(many)
    ]
    assert [row["logit"] for row in first] == [row["logit"] for row in rows(tmp_path / "all")][:70]


def test_summaries_are_those_of_the_rows(made: Path, tmp_path: Path) -> None:
    scored(made, tmp_path / "out")
    logits = sorted(int(str(row["logit"])) for row in rows(tmp_path / "out") if not row["empty"])
    for share, found in quantiles(tmp_path / "out"):
        exact = logits[math.ceil(share * len(logits)) - 1]
        assert abs(to_logit(found) - exact) <= 10_000
    kept = kept_by(tmp_path / "out", to_score(logits[40]))
    assert kept.pages == sum(logit >= logits[40] for logit in logits)
    assert tokens_by_score(tmp_path / "out").tokens.sum() == kept_by(tmp_path / "out", 0.0).tokens


def test_what_cannot_be_scored_is_refused_and_leaves_no_folder(made: Path, tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").touch()
    (tmp_path / "bad.jsonl").write_text("no json\n")
    (tmp_path / "other.jsonl").write_text('{"content": "a"}\n')
    for name, error, words in (
        ("empty.jsonl", InputMissing, "no page to score in"),
        ("bad.jsonl", DamagedInput, "line 1 is no JSON"),
        ("other.jsonl", ConfigError, "has no column 'text'"),
        ("nowhere.jsonl", InputMissing, "no file at"),
    ):
        with pytest.raises(error, match=words):
            score(made / "classifier", Pages(files=(str(tmp_path / name),)), tmp_path / "out", InlineEngine(1))
        assert not (tmp_path / "out").exists()


def test_a_folder_with_scores_of_another_model_is_refused(made: Path, tmp_path: Path) -> None:
    scored(made, tmp_path / "out")
    other = tmp_path / "classifier"
    other.mkdir()
    made_classifier(other, FastText(**{**TINY.model_dump(), "seed": 1}))
    with pytest.raises(ConfigError, match="holds a run of another recipe"):
        score(other, pages_of(made), tmp_path / "out", InlineEngine(1))
