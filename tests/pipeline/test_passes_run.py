"""Runs with passes: what they drop is counted, explained and absent, and the bytes hang on the archives alone."""

from __future__ import annotations

import hashlib
import shutil
import signal
from pathlib import Path

import orjson
import pyarrow.parquet as pq
import pytest

from mathmill.data.files import COMMIT_POINTS
from mathmill.data.runs import check_outputs, load_manifest
from tests.archives import html_of, write_archive
from tests.once import once
from tests.pipeline.passes.making import recipe_of
from tests.warm import cold, warm

RECIPE = recipe_of(
    "web/*.warc.gz",
    exact_duplicates="",
    site_lines="",
    near_duplicates="",
    decontaminate='tasks = ["exam.jsonl"]',
    split="validation = 0.4",
    harvest="",
    select='by = "math_score"\ntokens = 1500',
)
QUESTION = "A pond holds 17 frogs and each of them eats 12 flies a day: how many flies are eaten there in a week?"
LESSONS = [n for n in range(60) if n % 3 == 0]


def site(n: int) -> str:
    return f"https://site{n % 7}.example"


def with_banner(html: str) -> str:
    return html.replace("</h1>", "</h1><p>This page of ours is kept by volunteers, who thank you for your visit.</p>")


def with_question(html: str) -> str:
    return html.replace("</article>", f"<p>{QUESTION}</p></article>")


PAGES = [
    *((f"{site(n)}/{n}", html_of(n)) for n in LESSONS),
    (f"{site(3)}/3?utm_source=mail", html_of(3)),
    ("https://mirror.example/6", html_of(6)),
    ("https://copier.example/9", with_banner(html_of(9))),
    ("https://leaker.example/12", with_question(html_of(99))),
]


def write_web(folder: Path, archives: int) -> None:
    folder.mkdir(parents=True)
    for number in range(archives):
        write_archive(folder / f"part-{number}.warc.gz", PAGES[number::archives])


@pytest.fixture(scope="module")
def crawl(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a crawl in which pages come twice, a recipe, and a finished run as people start it."""
    return once(tmp_path_factory, "crawl-with-copies", write_crawl)


def write_crawl(folder: Path) -> None:
    write_web(folder / "web", 3)
    (folder / "recipe.toml").write_text(RECIPE)
    (folder / "exam.jsonl").write_bytes(orjson.dumps({"question": QUESTION, "answer": "1428"}) + b"\n")
    code, _, err = cold("pipeline", "run", "recipe.toml", "--out", "first/run", "--workers", "2", cwd=folder)
    assert code == 0, err


@pytest.fixture(scope="module")
def run(crawl: Path) -> Path:
    return crawl / "first/run"


def digest(folder: Path) -> dict[str, str]:
    mine = {"ledger.jsonl", "timings.json", "lock"}
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name not in mine]
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def again(crawl: Path, out: Path, *more: str, **environment: str) -> tuple[int, str, str]:
    return warm("pipeline", "run", "recipe.toml", "--out", out, *more, cwd=crawl, environment=environment)


def dropped(run: Path) -> dict[str, dict[str, int]]:
    return {step["stage"]: step["dropped"] for step in load_manifest(run)["funnel"]["steps"] if step["dropped"]}


def test_copies_leaks_and_what_the_budget_has_no_room_for_go_and_are_counted(run: Path) -> None:
    found = dropped(run)
    assert found["exact_duplicates"] == {"same_url": 1, "same_text": 1}
    assert found["near_duplicates"] == {"near_duplicate": 1}, "lessons that differ in numbers alone are no copies"
    assert found["decontaminate"] == {"contaminated": 1}
    manifest = load_manifest(run)
    rows = [row for path in sorted((run / "corpus").glob("*.parquet")) for row in pq.read_table(path).to_pylist()]
    assert manifest["counts"]["kept"] == manifest["funnel"]["kept"] == len(rows)
    assert len(rows) == len(LESSONS) - sum(found["select"].values())
    assert sum(row["tokens"] for row in rows) == manifest["passes"]["select"]["tokens"] <= 1500
    assert {row["copies"] for row in rows} == {1, 2}
    assert not any("frogs" in row["text"] for row in rows)
    assert check_outputs(run) == []


def test_each_decision_is_explained(run: Path) -> None:
    code, told, _ = warm("explain", run, f"{site(9)}/9", cwd=run)
    assert code == 0
    assert "https://copier.example/9" in told and "near_duplicate" in told and "similarity" in told
    both = [warm("explain", run, f"{site(3)}/3{tail}", cwd=run)[1] for tail in ("", "?utm_source=mail")]
    assert sum("same_url" in told and "survivor" in told for told in both) == 1
    _, told, _ = warm("explain", run, "https://leaker.example/12", cwd=run)
    assert "contaminated" in told and "exam.jsonl" in told
    _, listed, _ = warm("data", "dropped", run, "--stage", "near_duplicates", cwd=run)
    assert f"{site(9)}/9" in listed


def test_the_splits_open_and_share_no_site(run: Path, tmp_path: Path) -> None:
    import datasets

    corpus = datasets.load_dataset(str(run), cache_dir=str(tmp_path))
    sites = [{url.split("/")[2] for url in corpus[split]["url"]} for split in ("train", "validation")]
    assert all(sites)
    assert not set.intersection(*sites)


@pytest.mark.parametrize(
    "points",
    [
        ("synced:2", *["before_ledger:14"] * 4, "after_ledger", "whole"),
        pytest.param(COMMIT_POINTS, marks=pytest.mark.slow),
    ],
    ids=["in passes", "at all points of a commit"],
)
def test_deaths_leave_no_trace(crawl: Path, run: Path, tmp_path: Path, points: tuple[str, ...]) -> None:
    out = tmp_path / "run"
    for point in points:
        assert again(crawl, out, MATHMILL_KILL_AT=point)[0] == -signal.SIGKILL, point
    code, _, err = again(crawl, out)
    assert code == 0, err
    assert digest(out) == digest(run)
    assert not list(out.rglob(".*.tmp"))


def test_a_run_that_grew_is_the_one_that_began_so(crawl: Path, run: Path, tmp_path: Path) -> None:
    write_web(tmp_path / "all", 3)
    (tmp_path / "web").mkdir()
    out = tmp_path / "run"
    for names in (("part-0", "part-2"), ("part-1",)):
        for name in names:
            shutil.copy(tmp_path / f"all/{name}.warc.gz", tmp_path / "web")
        code, _, err = again(crawl, out, "--input", str(tmp_path / "web/*.warc.gz"))
        assert code == 0, err
    mine, theirs = digest(out), digest(run)
    for name in ("config.json", "manifest.json", "README.md"):  # they tell the recipe, which names the archives
        mine.pop(name), theirs.pop(name)
    assert mine == theirs


def test_passes_may_change_and_only_what_hangs_on_them_is_done_again(crawl: Path, tmp_path: Path) -> None:
    """Another budget, threshold and choice of golds, and no exam: as if it had been so from the beginning."""
    fewer = [part for part in RECIPE.split("[[passes]]\n") if "decontaminate" not in part]
    (tmp_path / "fewer.toml").write_text("[[passes]]\n".join(fewer))
    web = ("--input", str(crawl / "web/*.warc.gz"))
    out, fresh = tmp_path / "grown/run", tmp_path / "fresh/run"
    others = ("select.tokens=900", "near_duplicates.threshold=0.99", "harvest.golds=all")
    changed: tuple[str | Path, ...] = (
        tmp_path / "fewer.toml",
        *web,
        *(word for each in others for word in ("--set", f"passes.{each}")),
    )
    first: tuple[str | Path, ...] = (crawl / "recipe.toml", *web)
    for recipe in (first, changed):
        code, said, err = warm("pipeline", "run", *recipe, "--out", out, cwd=crawl)
        assert code == 0, err
    assert "every archive is done already" in said
    assert warm("pipeline", "run", *changed, "--out", fresh, cwd=crawl)[0] == 0
    assert digest(out) == digest(fresh)
    assert check_outputs(out) == []


def test_the_kept_pages_do_not_hang_on_how_they_are_packed(crawl: Path, run: Path, tmp_path: Path) -> None:
    write_web(tmp_path / "web", 1)
    out = tmp_path / "run"
    code, _, err = again(crawl, out, "--input", str(tmp_path / "web/*.warc.gz"))
    assert code == 0, err
    both = [
        {(row["id"], row["text"]) for path in (each / "corpus").glob("*") for row in pq.read_table(path).to_pylist()}
        for each in (run, out)
    ]
    assert both[0] == both[1]
    assert dropped(out) == dropped(run)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("duplicates", "--url", "nowhere"), "no copy or survivor in"),
        (("contamination", "--benchmark", "other.jsonl"), "it looked for exam.jsonl"),
        (("problems", "--outcome", "nice"), "no candidate in"),
    ],
)
def test_what_is_not_there_is_said(run: Path, command: tuple[str, ...], said: str) -> None:
    code, _, err = warm("pipeline", command[0], run, *command[1:], cwd=run)
    assert code == 66
    assert said in err
    assert warm("pipeline", command[0], run, "--json", cwd=run)[0] == 0
