"""The commands of the classifier: what they print, and how they refuse what does not fit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from mathmill.classifier.show_rounds import print_rounds
from mathmill.cli import app
from mathmill.data.errors import MathmillError
from mathmill.pipeline.engines import choice
from tests.classifier.made_lines import made_classifier
from tests.classifier.made_pages import write_pages
from tests.warm import InlineEngine

RECIPE = """
rounds = 2
[crawl]
files = ["pages/pages-*.jsonl"]
[positives]
pages = {files = ["seeds.jsonl"]}
[fasttext]
dim = 8
lr = 0.5
min_count = 1
bucket = 2000
[keep]
share = 0.4
[domains]
min_pages = 3
[patterns]
min_pages = 3
"""


@pytest.fixture(autouse=True)
def _in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "LocalEngine", InlineEngine)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a classifier, pages, labels, seeds and recipes."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "plain").mkdir()
    made_classifier(folder / "plain")
    pages = write_pages(folder / "pages")
    math = (page for page in pages if page["is_math"])
    lines = [{"url": str(page["url"]).replace("site", "seed"), "text": page["text"]} for page in math]
    (folder / "seeds.jsonl").write_bytes(b"\n".join(map(orjson.dumps, lines)))
    held = [page for page in pages if str(page["url"])[11] in "4567"]
    rows = ({"url": page["url"], "is_math": page["is_math"]} for page in held)
    (folder / "labels.jsonl").write_bytes(b"\n".join(map(orjson.dumps, rows)))
    (folder / "loop.toml").write_text(RECIPE)
    (folder / "page.txt").write_text("a theorem and [red]a $\\frac{1}{2}$[/red] \x1b[31m proof")
    (folder / "page.html").write_text("<html><body><p>One theorem.</p><script>var recipe</script></body></html>")
    (folder / "corpus/corpus").mkdir(parents=True)
    row = {"id": "1", "url": "http://a.example/", "text": "the hotel price"}
    pq.write_table(pa.Table.from_pylist([row]), folder / "corpus/corpus/0.parquet")
    return folder


@pytest.fixture(autouse=True)
def _there(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(made)


def call(*arguments: str, stdin: str = "") -> tuple[int, str]:
    """Exit code, and what is printed; of an error its message."""
    done = CliRunner().invoke(app, ["classifier", *arguments], input=stdin)
    if isinstance(done.exception, MathmillError):
        return done.exception.exit_code, str(done.exception)
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.stdout + done.stderr


def test_score_then_domains_then_calibrate(made: Path) -> None:
    code, printed = call("score", "plain", "--files", "pages/pages-*.jsonl", "--out", "scores")
    assert code == 0 and "96 pages with" in printed and "3 of them empty" in printed and "scores: scores/" in printed
    told = orjson.loads(call("score", "plain", "--files", "pages/pages-*.jsonl", "--out", "scores", "--json")[1])
    assert (told["pages"], told["empty"], told["pages_scored"], told["threshold"]) == (96, 3, 0, None)
    assert call("domains", "scores")[1].startswith("scores was scored by a classifier without a threshold")
    code, printed = call("domains", "scores", "--threshold", "0.5", "-n", "2")
    assert code == 0 and "of 8 domains are mathematics" in printed and "6 more" in printed
    listed = orjson.loads(call("domains", "scores", "--threshold", "0.5", "--all", "--json")[1])["listed"]
    assert sum(each["pages"] for each in listed) == 93
    given = ["--labels", "labels.jsonl", "--scores", "scores", "--target", "precision=0.9", "--out", "tuned"]
    code, printed = call("calibrate", "plain", *given)
    assert code == 0 and "threshold " in printed and "average precision" in printed
    made_again = orjson.loads(call("calibrate", "plain", *given, "--json")[1])
    assert made_again["calibration"]["threshold"]["target"]["precision"] == 0.9
    code, printed = call("explain", "tuned", "page.txt")
    assert "probability 0." in printed and "threshold " in printed


def test_explain_shows_words_of_texts_html_and_corpora_as_they_are() -> None:
    code, printed = call("explain", "plain", "page.txt", "-n", "50")
    assert code == 0 and "theorem" in printed and "\\frac" in printed and "\x1b" not in printed
    assert " [ " in f" {printed} ".replace("\n", " ")  # no markup, whatever stands in brackets
    told = orjson.loads(call("explain", "plain", "page.txt", "--runs", "-n", "999", "--json")[1])
    assert sum(each["adds"] for each in told["runs"]) == pytest.approx(told["log_odds"])
    html = call("explain", "plain", "page.html")[1]
    assert "theorem" in html and "recipe" not in html and "body" not in html
    assert call("explain", "plain", "-", stdin="<html><p>One theorem.</p></html>")[1] == html
    assert "hotel" in call("explain", "plain", "--run", "corpus", "--url", "http://a.example/")[1]
    assert call("explain", "plain", "-", stdin=" ") == (0, "no score: nothing of the text is left as features\n")


def test_the_loop_shows_its_rounds_and_what_to_do_next() -> None:
    code, printed = call("iterate", "loop.toml", "--out", "loop", "--dry-run")
    assert code == 0 and "3 shards of pages" in printed and "loop (new)" in printed
    assert "Nothing was changed." in printed
    assert not Path("loop").exists()
    code, printed = call("iterate", "loop.toml", "--out", "loop")
    assert code == 0, printed
    assert "no labelled pages to judge it by" in printed and "edit loop/review/round-2.toml" in printed
    assert "give the same command with --set rounds=3" in printed
    told = orjson.loads(call("iterate", "loop.toml", "--out", "loop", "--json")[1])
    assert [each["round"] for each in told["rounds"]] == [1, 2]
    refused = call("iterate", "loop.toml", "--out", "loop", "--set", "features.formulas=removed", "--dry-run")
    assert refused[0] == 2 and "loop/pages holds a run of another recipe" in refused[1]
    code, printed = call("domains", "loop")
    assert code == 0 and "loop/round-2: " in printed and "site0.example" in printed
    assert "loop/round-1: " in call("domains", "loop/round-1")[1]
    code, printed = call("domains", "loop", "--patterns")
    assert code == 0 and "loop/review/round-2.toml: " in printed
    assert call("explain", "loop", "page.txt")[0] == 0  # the classifier in it


def test_rounds_are_shown_with_their_figures_and_intervals(capsys: pytest.CaptureFixture[str]) -> None:
    estimate = {"value": 0.5, "low": 0.25, "high": 0.75}
    names = ("average_precision", "precision", "recall")
    held_out: dict[str, Any] = {"all_sites": dict.fromkeys(names, estimate), "pages": 1234, "sites": 56}
    held_out["all_sites"]["recall"] = {"value": None, "low": 0.0, "high": 1.0}
    first = {
        "round": 1,
        "seed_set": {"pages": {"seed": 10, "random": 20}},
        "crawl": {"pages": 1000, "tokens": 2000},
        "overlap": None,
        "domains": {"mathematics": 3, "new": 3},
        "patterns": {"accepted": 4, "rejected": 5},
        "held_out": None,
    }
    second: dict[str, Any] = {**first, "round": 2, "overlap": {"share_of_tokens": 0.876}, "held_out": held_out}
    second["seed_set"] = {"pages": {"seed": 10, "pattern": 7, "random": 20, "hard": 3}}
    print_rounds([first, second])
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert lines[1] == "1 10 20 1,000 2,000 3 3 4 5"
    assert lines[2] == "2 17 23 1,000 2,000 87.6% 3 3 4 5"
    assert lines[-1] == "2 0.500 (0.250 to 0.750) 0.500 (0.250 to 0.750) none (0.000 to 1.000) 1,234 56"


@pytest.mark.parametrize(
    ("line", "code", "words"),
    [
        ("train nowhere.toml", 66, "no recipe at nowhere.toml"),
        ("train loop.toml --set fasttext.dmi=3", 2, "unknown key"),
        ("iterate loop.toml --set fasttext.dmi=3", 2, "did you mean 'fasttext.dim'"),
        ("iterate loop.toml --set crawl.files=['x.jsonl'] --dry-run", 66, "no file at x.jsonl"),
        ("iterate loop.toml --set labels.file=x.jsonl --dry-run", 66, "no labels at x.jsonl"),
        ("iterate loop.toml --out page.txt --dry-run", 73, "page.txt is a file"),
        ("iterate loop.toml --out corpus --dry-run", 2, "no training of mathmill's"),
        ("score nowhere --files seeds.jsonl --out x", 2, "no classifier in nowhere"),
        ("score plain --out x", 2, "one of --run, --files and --hub (got none)"),
        ("score plain --run a --files b --out x", 2, "(got --run and --files)"),
        ("score plain --files x.jsonl --out x", 66, "no file at x.jsonl"),
        ("score plain --files seeds.jsonl --split test --out x", 2, "name it with --hub"),
        ("score plain --files seeds.jsonl --text-column body --out x", 2, "has no column 'body'"),
        ("score plain --run nowhere --out x", 66, "no run at nowhere"),
        ("score plain --run a --url-column link --out x", 2, "--text-column and --url-column are of"),
        ("score plain --files seeds.jsonl --out plain", 2, "plain holds files that are no run"),
        ("calibrate plain --labels labels.jsonl --target f1=1 --scores x --out x", 2, "write precision=0.95"),
        ("calibrate plain --labels labels.jsonl --target recall=2 --scores x --out x", 2, "less than or equal to 1"),
        ("calibrate plain --labels labels.jsonl --target recall=1 --out x", 2, "one of --scores, --run, --files and"),
        ("calibrate plain --labels labels.jsonl --target recall=1 --scores a --run b --out x", 2, "do not go together"),
        ("calibrate plain --labels labels.jsonl --target tokens=9 --run b --out x", 2, "name that with --scores"),
        ("calibrate plain --labels labels.jsonl --target tokens=9 --by low --run b --out x", 2, "--by low is for"),
        ("calibrate plain --labels labels.jsonl --where a --target recall=1 --run b --out x", 2, "COLUMN=VALUE"),
        ("calibrate plain --labels x.jsonl --target recall=1 --files seeds.jsonl --out x", 66, "no labels at x.jsonl"),
        ("calibrate plain --labels labels.jsonl --target recall=1 --files seeds.jsonl --out x", 2, "none of the"),
        ("domains nowhere", 66, "no run at nowhere"),
        ("domains loop --threshold 0.5 --patterns", 2, "do not go together"),
        ("domains plain --patterns", 66, "no patterns in plain"),
        ("explain nowhere page.txt", 2, "no classifier in nowhere"),
        ("explain plain", 2, "name a FILE, or a corpus"),
        ("explain plain page.txt --url http://a", 2, "name a FILE, or a corpus"),
        ("explain plain nowhere.txt", 66, "cannot read nowhere.txt"),
        ("explain plain --run corpus --url http://b.example/", 66, "no page http://b.example/ in the corpus"),
        ("explain plain plain/model.bin", 65, "neither HTML nor text"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line_and_changes_nothing(line: str, code: int, words: str) -> None:
    found, printed = call(*line.split())
    assert (found, words in printed) == (code, True), printed
    assert len(printed.strip().splitlines()) == 1
    assert not Path("x").exists()
