"""What the loop promises whoever reviews, goes back, adds rounds, or has a crawl that wishes it ill."""

from __future__ import annotations

import random
import re
import shutil
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest

from mathmill.classifier.iterate import LoopResult, iterate
from mathmill.classifier.mining import DECISIONS
from mathmill.classifier.model import load_classifier
from mathmill.classifier.recipe import LoopRecipe, TrainRecipe
from mathmill.classifier.review import read_review
from mathmill.classifier.train import train
from mathmill.classifier.vocabulary import FILE as VOCABULARY
from mathmill.classifier.vocabulary import read_vocabulary
from mathmill.data.errors import ConfigError
from mathmill.data.runs import check_outputs, find_runs, load_manifest
from mathmill.data.tables import table_rows
from mathmill.pipeline.engines.local import LocalEngine
from tests.classifier import made_web
from tests.classifier.test_iterate import recipe, seed_set
from tests.classifier.test_train import one_shot
from tests.warm import InlineEngine

EACH = 12  # pages of a branch
FOUR_DOMAINS = {"min_domains": 4, "negatives": {"count": 1_000}}
COLLECTED = {"rounds": 4, "stop_at": 0.01}  # ends as soon as a round kept anything of what the one before did


def own(site: str) -> str:
    """A person's entry of a review: all of a site."""
    return f'\n[[pattern]]\ndomain = "{site}"\nprefix = "{site}/item/"\ndecision = "accept"\n'


def loop_recipe(web: Path, **changes: Any) -> LoopRecipe:
    """A loop that nothing judges, which spares the plots."""
    return recipe(web, labels=None, **changes)


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("web")
    made_web.write(folder, list(made_web.pages(sites=3, each=EACH)))
    return folder


@pytest.fixture(scope="module")
def first(web: Path, tmp_path_factory: pytest.TempPathFactory) -> LoopResult:
    """A loop of one round."""
    return iterate(loop_recipe(web, rounds=1), tmp_path_factory.mktemp("first") / "out", InlineEngine(1))


@pytest.fixture(scope="module")
def second(web: Path, first: LoopResult, tmp_path_factory: pytest.TempPathFactory) -> LoopResult:
    """The same, to which a round was added."""
    folder = tmp_path_factory.mktemp("second") / "out"
    shutil.copytree(first.folder, folder)
    return iterate(loop_recipe(web), folder, InlineEngine(1))


@pytest.fixture(scope="module")
def third(web: Path, second: LoopResult, tmp_path_factory: pytest.TempPathFactory) -> LoopResult:
    """The same, gone on from what a person wrote after it was over."""
    folder = tmp_path_factory.mktemp("third") / "out"
    shutil.copytree(second.folder, folder)
    over = iterate(loop_recipe(web, **COLLECTED), folder, InlineEngine(1))
    assert (len(over.rounds), over.stopped) == (2, "collected")
    over.review.write_text(over.review.read_text() + own("other1.example"))
    return iterate(loop_recipe(web, **COLLECTED), folder, InlineEngine(1))


def copy_of(result: LoopResult, folder: Path) -> Path:
    """A loop's folder, to be changed at will."""
    shutil.copytree(result.folder, folder / "mine")
    return folder / "mine"


def state(folder: Path) -> Mapping[Path, tuple[int, bytes]]:
    """Every file, with when it was written and what it holds."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != "lock"]
    return {path.relative_to(folder): (path.stat().st_mtime_ns, path.read_bytes()) for path in files}


def outputs(run: Path) -> dict[str, str]:
    """What a run wrote, by hash."""
    return {name: output["sha256"] for name, output in load_manifest(run)["outputs"].items()}


def joined(folder: Path) -> Counter[str]:
    return Counter(row["domain"] for row in seed_set(folder) if row["origin"] == "pattern")


def test_a_loop_s_classifier_stays_where_one_is_trained(web: Path, second: LoopResult, tmp_path: Path) -> None:
    mine = copy_of(second, tmp_path)
    before = state(mine / "classifier")
    with pytest.raises(ConfigError):
        train(one_shot(web), mine, InlineEngine(1))
    assert state(mine / "classifier") == before


def test_a_loop_s_own_classifier_gives_way_to_that_of_a_later_round(first: LoopResult, second: LoopResult) -> None:
    models = [load_classifier(result.classifier).sha256 for result in (first, second)]
    assert models[0] != models[1]
    assert models[0] == load_classifier(second.folder / "round-1").sha256
    assert models[1] == load_classifier(second.folder / "round-2").sha256
    assert load_manifest(second.classifier)["counts"] != load_manifest(first.classifier)["counts"]
    assert not [fault for run in find_runs(second.folder) for fault in check_outputs(run)]
    assert sorted(path.name for path in second.folder.iterdir()) == [
        "classifier",
        "pages",
        "review",
        "round-1",
        "round-2",
    ]


def test_a_done_loop_wants_no_models_of_its_rounds(web: Path, second: LoopResult, tmp_path: Path) -> None:
    mine = copy_of(second, tmp_path)
    for number in (1, 2):
        (mine / f"round-{number}" / "model.bin").unlink()
    before = state(mine)
    again = iterate(loop_recipe(web), mine, InlineEngine(1))
    assert (again.rounds, again.stopped) == (second.rounds, second.stopped)
    assert state(mine) == before


def test_notes_and_comments_of_a_review_change_nothing(web: Path, second: LoopResult, tmp_path: Path) -> None:
    mine = copy_of(second, tmp_path)
    for number in (1, 2):
        review = mine / "review" / f"round-{number}.toml"
        noted = re.sub(r"(?m)^(decision = .*)$", r'\1\nnote = "looks right"', review.read_text())
        review.write_text(f"# read by me\n{noted}\n# all of it\n")
        assert {pattern.note for pattern in read_review(review)} == {"looks right"}
    before = state(mine)
    assert len(iterate(loop_recipe(web), mine, InlineEngine(1)).rounds) == 2
    assert state(mine) == before
    over = iterate(loop_recipe(web, **COLLECTED), mine, InlineEngine(1))
    assert (len(over.rounds), over.stopped) == (2, "collected")  # nor is a note a reason to go on
    assert state(mine) == before


def test_a_loop_that_was_over_goes_on_from_a_person_s_review(web: Path, third: LoopResult) -> None:
    assert (len(third.rounds), third.stopped) == (3, "collected")
    assert joined(third.folder / "round-3")["other1.example"] == EACH  # likely or not, a person's word is enough
    assert load_classifier(third.classifier).sha256 == load_classifier(third.folder / "round-3").sha256
    before = state(third.folder)
    assert iterate(loop_recipe(web, **COLLECTED), third.folder, InlineEngine(1)) == third
    assert state(third.folder) == before


def test_a_loop_goes_on_for_no_more_rounds_than_it_may(web: Path, second: LoopResult, tmp_path: Path) -> None:
    review = copy_of(second, tmp_path) / "review" / "round-2.toml"
    review.write_text(review.read_text() + own("other1.example"))
    before = state(tmp_path / "mine")
    assert len(iterate(loop_recipe(web, **COLLECTED | {"rounds": 2}), tmp_path / "mine", InlineEngine(1)).rounds) == 2
    assert state(tmp_path / "mine") == before


def test_a_word_that_is_taken_back_leaves_no_round_that_was_made_by_it(
    web: Path, second: LoopResult, third: LoopResult, tmp_path: Path
) -> None:
    mine = copy_of(third, tmp_path)
    shutil.copy(second.review, mine / "review" / "round-2.toml")
    with pytest.raises(ConfigError, match=r"round-2\.toml was changed after .*round-3 was made by it: delete"):
        iterate(loop_recipe(web, **COLLECTED), mine, InlineEngine(1))
    assert load_classifier(mine / "classifier").sha256 == load_classifier(third.classifier).sha256


def test_rounds_are_done_again_from_an_older_review(web: Path, third: LoopResult, tmp_path: Path) -> None:
    mine, three = copy_of(third, tmp_path), loop_recipe(web, rounds=3)
    review = {number: mine / "review" / f"round-{number}.toml" for number in (1, 2, 3)}
    before = {number: file.read_text() for number, file in review.items()}
    review[1].write_text(before[1] + own("other2.example"))
    with pytest.raises(ConfigError, match=r"round-1\.toml was changed after .*round-2 was made by it: delete"):
        iterate(three, mine, InlineEngine(1))
    for number in (2, 3):
        shutil.rmtree(mine / f"round-{number}")

    result = iterate(three, mine, InlineEngine(1))
    assert len(result.rounds) == 3
    assert review[1].read_text() == before[1] + own("other2.example")
    assert own("other1.example") in before[2]
    for number in (2, 3):
        assert (mine / "review" / f"round-{number}.old.toml").read_text() == before[number]
        assert review[number].read_bytes() == (mine / f"round-{number}" / "patterns.toml").read_bytes()
        decisions = {each.prefix: each for each in read_review(mine / f"round-{number}" / DECISIONS)}
        assert "other1.example/item/" not in decisions
        assert decisions["other2.example/item/"].decision == "accept"
        assert decisions["other2.example/item/"].is_persons
        assert joined(mine / f"round-{number}")["other2.example"] == EACH
    after = state(mine)
    assert iterate(three, mine, InlineEngine(1)) == result
    assert state(mine) == after


def test_the_engine_changes_nothing(web: Path, first: LoopResult, tmp_path: Path) -> None:
    result = iterate(loop_recipe(web, rounds=1), tmp_path / "out", LocalEngine(2))
    for name in ("pages", "round-1", "classifier"):
        assert outputs(result.folder / name) == outputs(first.folder / name), name
    assert result.review.read_text() == first.review.read_text()


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a training on words of four domains, with pages that have no address."""
    folder = tmp_path_factory.mktemp("trained")
    rows = list(made_web.pages(sites=3, each=5))
    for at, row in enumerate(rows):
        row["text"] += " ownname" if "math0." in row["url"] else ""  # five pages of one domain
        if (row["seed"] and at < 4) or "other1." in row["url"]:
            row["text"] += " fromnowhere" if row["seed"] else " alsonowhere"
            row["url"] = ""
    for name, is_seed in (("crawl-0", False), ("seeds", True)):
        chosen = [orjson.dumps(row) for row in rows if row["seed"] == is_seed]
        (folder / f"{name}.jsonl").write_bytes(b"\n".join(chosen))
    tree = loop_recipe(folder, **FOUR_DOMAINS).model_dump()
    train(TrainRecipe(**{name: tree[name] for name in TrainRecipe.model_fields}), folder / "out", InlineEngine(1))
    return folder / "out"


def test_pages_without_an_address_are_each_of_a_site_of_their_own(trained: Path) -> None:
    words = read_vocabulary(trained / "classifier" / VOCABULARY)
    assert {"fromnowhere", "alsonowhere", "theorem"} <= words
    assert "ownname" not in words


def test_a_page_of_unknown_words_has_no_score(trained: Path) -> None:
    [known, unknown, nothing] = load_classifier(trained / "classifier").score(["ownname theorem", "ownname zyx", "..."])
    assert known is not None
    assert unknown is None and nothing is None


def test_a_trained_model_stays_where_a_loop_is_begun(trained: Path, tmp_path: Path) -> None:
    shutil.copytree(trained, tmp_path / "out")
    before = state(tmp_path / "out" / "classifier")
    with pytest.raises(ConfigError, match="classifier"):
        iterate(loop_recipe(trained.parent, rounds=1, **FOUR_DOMAINS), tmp_path / "out", InlineEngine(1))
    assert state(tmp_path / "out" / "classifier") == before


JOIN, KEPT = 5, 0.25


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> LoopResult:
    """Two rounds on a crawl with a site stuffed with words, one seed's text at many addresses, a page longer than all
    others together, and one of words that no other has."""
    draw = random.Random(0)
    words = made_web.MATHEMATICS.split()
    stuffing = [" ".join(draw.choices(words, k=60)) for _ in range(30)]
    texts = {f"https://stuffed.example/spam/{at}": text for at, text in enumerate(stuffing)}
    mirrored = made_web.text(True, "https://seed.example/0")
    texts |= {f"https://mirror.example/copy/{at}/?session={at}": mirrored for at in range(50)}
    texts |= {"https://long.example/": " ".join(draw.choices(words, k=40_000))}
    texts |= {"https://unknown.example/": " ".join(f"qq{letter}zz" for letter in "abcdefghij")}
    more = [f"https://more{site}.example/{at}" for site in range(30) for at in range(20)]
    texts |= {url: made_web.text(False, url) for url in more}
    added = [{"url": url, "text": text, "seed": False} for url, text in texts.items()]
    folder = tmp_path_factory.mktemp("hostile")
    made_web.write(folder, [*made_web.pages(sites=4), *added])
    wanted = loop_recipe(folder, join_per_domain=JOIN, min_domains=2, features={"max_chars": 400}, keep={"share": KEPT})
    return iterate(wanted, folder / "out", InlineEngine(1))


def test_no_site_floods_the_seed_set(hostile: LoopResult) -> None:
    sites = joined(hostile.folder / "round-2")
    assert sites["stuffed.example"] == sites["mirror.example"] == JOIN  # they are taken for mathematics, and capped
    assert max(sites.values()) == JOIN
    of_all = Counter(row["domain"] for row in seed_set(hostile.folder / "round-2") if row["origin"] != "seed")
    assert max(of_all[site] for site in ("stuffed.example", "mirror.example", "long.example")) <= JOIN


def test_a_page_longer_than_the_budget_does_not_empty_a_round(hostile: LoopResult) -> None:
    for metrics in hostile.rounds:
        crawl = metrics["crawl"]
        assert crawl["pages"] > 50
        assert crawl["tokens"] == pytest.approx(KEPT * crawl["of_tokens"], rel=0.2)


def test_a_page_of_unknown_words_is_not_ranked(hostile: LoopResult) -> None:
    assert len(hostile.rounds) == 2
    for number in (1, 2):
        scored = {
            row["url"]
            for path in (hostile.folder / f"round-{number}" / "scores").glob("*.parquet")
            for row in table_rows(path, ["url"])
        }
        assert "https://long.example/" in scored
        assert "https://unknown.example/" not in scored
