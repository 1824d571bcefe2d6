"""As what a page is drawn: every case of it, on tables made by hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mathmill.classifier import keeping, prepared, scoring, seeds
from mathmill.classifier.examples import SEED_SET, make_seed_set
from mathmill.classifier.judging import read_labelled
from mathmill.classifier.labels import held_out
from mathmill.classifier.patterns import Decision, Pattern
from mathmill.classifier.prepared import Prepared, pages_name, prepare
from mathmill.classifier.ranking import cut_for
from mathmill.classifier.recipe import Keep, Labels, LoopRecipe, RoundRecipe
from mathmill.classifier.review import render
from mathmill.classifier.scoring import scores_name
from mathmill.classifier.seed_set import Before, DrawTask, draw
from mathmill.data.domains import registered_domain
from mathmill.data.errors import ConfigError
from mathmill.data.rows import ROWS_A_SHARD
from mathmill.data.runs import MANIFEST, Run
from mathmill.data.shards import parquet_schema, write_parquet
from mathmill.data.tables import table_rows
from tests.classifier import made_web
from tests.classifier.test_ranking import PAGES, Page, reduced
from tests.warm import InlineEngine

CUT, REACH = 1_000_000, -1_000_000
#: Log-odds at the very bounds; a page of unknown words has none.
STATES = {"kept": CUT, "likely": REACH, "far": REACH - 1, "unknown": None}
#: Registered domain -> pages, kept pages: of mathematics, surely of none, and too little known of.
DOMAINS = {"maths.org": (100, 90), "shop.com": (100, 3), "mixed.com": (60, 3)}


@dataclass(frozen=True)
class Web:
    """A crawl that a round scored."""

    pages: Prepared
    before: Before

    def rows(self, folder: Path, recipe: RoundRecipe) -> list[dict[str, Any]]:
        """The seed set of the next round."""
        with Run(folder, recipe, "round") as run:
            make_seed_set(run, InlineEngine(1), recipe, self.pages, 2, self.before)
        return list(table_rows(folder / SEED_SET, ["url", "domain", "is_math", "origin"]))


PageOf = tuple[str, int | None]  # an address and log-odds


def made(
    folder: Path,
    shards: Sequence[Sequence[PageOf]],
    patterns: Sequence[Pattern] = (),
    seeds_at: Sequence[str] = (),
    empty: Sequence[str] = (),
) -> Web:
    """Write the tables of prepared pages and of the round before."""
    names = tuple(f"s{number}" for number in range(len(shards)))
    for number, (name, pages) in enumerate(zip(names, shards, strict=True)):
        rows = list(_page_rows(number, pages, empty))
        _write(folder / "pages" / pages_name(name), rows, prepared.COLUMNS)
        logits = {number * ROWS_A_SHARD + at: logit for at, (_, logit) in enumerate(pages) if logit is not None}
        scored = [{**row, "logit": logits[row["row"]]} for row in rows if row["row"] in logits and not row["empty"]]
        _write(folder / "round-1" / scores_name(name), scored, scoring.COLUMNS)
    outputs = {pages_name(name): {"rows": len(pages)} for name, pages in zip(names, shards, strict=True)}
    (folder / "pages" / MANIFEST).write_bytes(orjson.dumps({"outputs": outputs}))
    given = [{"id": url, "url": url, "domain": registered_domain(url)} for url in seeds_at]
    _write(folder / "pages" / seeds.TABLE, given, seeds.COLUMNS)
    found = [
        {"domain": domain, "pages": pages, "kept": kept, "share": kept / pages, "low": 0.0, "held_out": False}
        | {"is_math": kept / pages > 0.5}
        for domain, (pages, kept) in sorted(DOMAINS.items())
    ]
    _write(folder / "round-1" / "domains" / "part-0.parquet", found, keeping.COLUMNS)
    (folder / "decisions.toml").write_text(render(patterns))
    before = Before(folder / "round-1", CUT, REACH, folder / "decisions.toml")
    return Web(Prepared(folder / "pages", names, "0" * 64), before)


def _page_rows(number: int, pages: Sequence[PageOf], empty: Sequence[str]) -> Iterator[dict[str, Any]]:
    for at, (url, logit) in enumerate(pages):
        yield {
            "row": number * ROWS_A_SHARD + at,
            "id": f"id of {url or f'a page with {logit}'}",
            "url": url,
            "domain": registered_domain(url),
            "tokens": 10,
            "empty": url in empty,
        }


def _write(path: Path, rows: list[dict[str, Any]], columns: dict[str, tuple[str, str]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_parquet(path, [{name: row[name] for name in columns} for row in rows], parquet_schema(columns))


def recipe(**changes: Any) -> RoundRecipe:
    tree = {"crawl": {"files": ["x"]}, "negatives": {"count": 1_000, "hard": 0.5}, "join_per_domain": 1_000}
    return RoundRecipe.model_validate(tree | changes)


def pattern(prefix: str, decision: Decision, proposed: Decision | None) -> Pattern:
    return Pattern(registered_domain(f"https://{prefix}"), prefix, decision, proposed=proposed)


PATTERNS = [
    pattern("maths.org/proposed/", "accept", "accept"),
    pattern("maths.org/proposed/tags/", "reject", "reject"),
    pattern("maths.org/persons/", "accept", None),
    pattern("maths.org/persons/tags/", "reject", "reject"),  # under a person's word
    pattern("maths.org/overruled/", "reject", "accept"),
    pattern("mixed.com/overruled/", "reject", "accept"),
    pattern("mixed.com/turned/", "accept", "reject"),
    pattern("shop.com/persons/", "accept", None),
    pattern("shop.com/persons/not/", "reject", None),
    pattern("held.org/", "accept", None),
]
#: Under patterns that the round proposed, by `joins`: what becomes of each of STATES, by the first letter of its
#: origin, "-" where the page is drawn as nothing.
JOINED = {"uncollected": "-ppp", "likely": "pp--", "kept": "p---", "all": "pppp"}
#: Elsewhere, under accepted patterns of a person or none; and where mathematics domains are to be spared.
ELSEWHERE = {
    "https://maths.org/persons/": ("pppp", "pppp"),
    "https://www.maths.org/persons/tags/": ("pppp", "pppp"),
    "https://mixed.com/turned/": ("pppp", "pppp"),
    "http://shop.com/persons/": ("pppp", "pppp"),
    "https://maths.org/proposed/tags/": ("-rrr", "----"),
    "https://maths.org/overruled/": ("-rrr", "----"),
    "https://sub.maths.org/": ("-rrr", "----"),
    "https://mixed.com/overruled/": ("-rrr", "-rrr"),
    "https://mixed.com/": ("-rrr", "-rrr"),
    "https://never-counted.net/": ("-rrr", "-rrr"),
    "https://shop.com/": ("hrrr", "hrrr"),
    "https://shop.com/persons/not/": ("hrrr", "hrrr"),
    "https://held.org/": ("----", "----"),
    "https://seed.org/": ("----", "----"),
    "https://empty.net/": ("----", "----"),
}


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Web:
    places = ["https://maths.org/proposed/", *ELSEWHERE]
    pages = [(f"{place}{state}", logit) for place in places for state, logit in STATES.items()]
    no_address: list[PageOf] = [("", CUT), ("", REACH)]
    own = [f"https://seed.org/{state}" for state in STATES]
    empty = [f"https://empty.net/{state}" for state in STATES]
    return made(tmp_path_factory.mktemp("web"), [[*pages, *no_address]], PATTERNS, own, empty)


@pytest.fixture(scope="module")
def labels(tmp_path_factory: pytest.TempPathFactory) -> Labels:
    """Of one site; rows without an address among them."""
    file = tmp_path_factory.mktemp("labels") / "labels.jsonl"
    urls = [("https://held.org/1", True), ("https://held.org/2", False), ("", True), ("", False), (None, "?")]
    file.write_bytes(b"".join(orjson.dumps({"url": url, "is_math": is_math}) + b"\n" for url, is_math in urls))
    return Labels(file=file)


def origins(web: Web, recipe: RoundRecipe, before: Before | None) -> Counter[tuple[str, str]]:
    [shard] = web.pages.shards
    return Counter((each.url, each.origin) for each in draw(DrawTask(shard, web.pages.folder, recipe, 2, before)))


@pytest.mark.parametrize("joins", list(JOINED))
@pytest.mark.parametrize("spare", ["kept", "domains"])
def test_as_what_a_page_is_drawn(web: Web, labels: Labels, joins: str, spare: str) -> None:
    wanted = recipe(joins=joins, labels=labels, negatives={"count": 1_000, "hard": 0.5, "spare": spare})
    table = {place: both[spare == "domains"] for place, both in ELSEWHERE.items()}
    table["https://maths.org/proposed/"] = JOINED[joins]
    named = {"p": "pattern", "r": "random", "h": "hard"}
    expected = {
        (f"{place}{state}", named[letter])
        for place, letters in table.items()
        for state, letter in zip(STATES, letters, strict=True)
        if letter != "-"
    }
    found = origins(web, wanted, web.before)
    assert set(found) - {("", "random")} == expected
    assert found["", "random"] == 1  # of two pages without an address the one that was not kept


def test_before_there_was_a_round_all_but_seeds_and_held_out_pages_are_drawn_at_random(
    web: Web, labels: Labels
) -> None:
    found = origins(web, recipe(labels=labels), None)
    sites = {"https://held.org", "https://seed.org", "https://empty.net"}
    pages = table_rows(web.pages.folder / pages_name("s0"), ["url"])
    expected = Counter((row["url"], "random") for row in pages if row["url"].rpartition("/")[0] not in sites)
    assert found == expected


def test_a_person_s_word_is_capped_by_domain(web: Web) -> None:
    found = origins(web, recipe(join_per_domain=3, joins="kept"), web.before)
    joined = Counter(registered_domain(url) for url, origin in found if origin == "pattern")
    assert joined == {"maths.org": 3, "shop.com": 3, "mixed.com": 3, "held.org": 3}


@pytest.mark.parametrize("others", [30, 2_000])
@pytest.mark.parametrize(("kept", "hard"), [(25, 10), (4, 4)])
def test_hard_negatives_are_found_in_a_crawl_of_any_size(tmp_path: Path, others: int, kept: int, hard: int) -> None:
    surely_not: list[PageOf] = [(f"https://shop.com/{at}", CUT) for at in range(kept)]
    rest: list[PageOf] = [(f"https://site{at}.net/", REACH) for at in range(others)]
    pages = made(tmp_path, [rest[::2] + surely_not[::2], rest[1::2] + surely_not[1::2]])
    found = pages.rows(tmp_path / "round-2", recipe(negatives={"count": 20, "hard": 0.5}))
    assert Counter(row["origin"] for row in found) == {"hard": hard, "random": 20 - hard}


def test_a_page_that_was_crawled_twice_is_one_page(tmp_path: Path) -> None:
    others: list[PageOf] = [(f"https://site{at}.net/", REACH) for at in range(30)]
    joining: list[PageOf] = [(f"https://maths.org/proposed/{at}", CUT) for at in range(12)]
    hard: list[PageOf] = [(f"https://shop.com/{at}", CUT) for at in range(12)]
    once = [*others, *joining, *hard]
    for count, joins in ((100, 100), (20, 5)):
        wanted = recipe(negatives={"count": count, "hard": 0.3}, join_per_domain=joins)
        found = [
            made(tmp_path / f"{count} {len(shards)}", shards, PATTERNS).rows(
                tmp_path / f"of {count} {len(shards)}", wanted
            )
            for shards in ([once], [once, once[::-1], once[:9]])
        ]
        urls = [sorted((row["url"], row["origin"]) for row in rows) for rows in found]
        assert urls[1] == urls[0]
        assert len(set(urls[0])) == len(urls[0]) == (54 if count == 100 else 25)


@pytest.mark.parametrize("prefix", ["https://", "http://", "https://www.", "http://www."])
def test_the_page_of_a_seed_is_no_negative_however_its_address_is_written(tmp_path: Path, prefix: str) -> None:
    others: list[PageOf] = [(f"https://site{at}.net/", REACH) for at in range(10)]
    given = [f"{each}seed.org/a?page={at}" for at, each in enumerate(["https://", "http://", "https://www."])]
    pages: list[PageOf] = [(f"{prefix}seed.org/a?page={at}", REACH) for at in range(4)]
    rows = made(tmp_path, [[*others, *pages]], seeds_at=given).rows(tmp_path / "round-2", recipe())
    drawn = [row["url"] for row in rows if row["origin"] == "random" and row["domain"] == "seed.org"]
    assert drawn == [f"{prefix}seed.org/a?page=3"]


@pytest.mark.parametrize("spare", ["kept", "domains"])
def test_too_few_negatives_are_told_of(tmp_path: Path, spare: str) -> None:
    kept: list[PageOf] = [(f"https://maths.org/{at}", CUT) for at in range(40)]
    left: list[PageOf] = [(f"https://maths.org/left/{at}", REACH) for at in range(9 if spare == "kept" else 40)]
    pages = made(tmp_path, [[*kept, *left]])
    with pytest.raises(ConfigError, match=r"(?s)(?=.*keep)(?=.*negatives\.spare)"):
        pages.rows(tmp_path / "round-2", recipe(negatives={"count": 100, "spare": spare}))
    assert not (tmp_path / "round-2" / SEED_SET).exists()


def test_a_label_without_an_address_is_of_no_page(labels: Labels) -> None:
    found = held_out(labels)
    assert found.labels == {"https://held.org/1": True, "https://held.org/2": False}
    assert found.domains == {"held.org"}


def test_prepared_pages_are_judged_once_and_as_long_as_features_look(tmp_path: Path) -> None:
    rows = [*made_web.pages(sites=8, each=2)]
    made_web.write(tmp_path, rows, shards=1)
    (tmp_path / "crawl-1.jsonl").write_bytes((tmp_path / "crawl-0.jsonl").read_bytes())
    long = [{"url": f"https://long.net/{letter}", "text": f"{letter} " * 50_000} for letter in ("x", "定")]
    (tmp_path / "crawl-2.jsonl").write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in long))
    wanted = LoopRecipe.model_validate(
        {
            "crawl": {"files": [str(tmp_path / "crawl-*.jsonl")]},
            "positives": {"pages": {"files": [str(tmp_path / "seeds.jsonl")]}},
            "labels": {"file": str(tmp_path / "labels.jsonl")},
            "features": {"max_chars": 400},
        }
    )
    pages = prepare(wanted, tmp_path / "out", InlineEngine(1))
    judged = read_labelled(pages, wanted)
    assert judged is not None
    assert len(judged.ids) == len(set(judged.ids)) == 4 * 2 * 4
    tokens = [row["tokens"] for row in table_rows(pages.folder / pages_name(pages.shards[2]), ["tokens"])]
    assert tokens == [100, 200]  # a quarter of the bytes of 400 characters


@given(PAGES, st.integers(1, 2_000))
def test_the_cut_comes_as_near_to_the_budget_as_any(pages: list[Page], budget: int) -> None:
    cut = cut_for(Keep(tokens=budget), reduced(pages))
    kept = [tokens for logit, tokens in pages if logit >= cut.logit]
    assert (cut.pages, cut.tokens) == (len(kept), sum(kept))
    sums = [sum(tokens for logit, tokens in pages if logit >= at) for at in {logit for logit, _ in pages}]
    assert abs(cut.tokens - budget) == min(abs(each - budget) for each in [0, *sums])


@pytest.mark.parametrize(
    ("budget", "kept"),
    [(4, 0), (5, 0), (6, 10), (10, 10), (24, 10), (25, 10), (26, 40), (40, 40), (100, 40)],
)
def test_a_page_that_crosses_the_budget_is_kept_where_that_is_nearer(budget: int, kept: int) -> None:
    pages = [(2_500_001, 10), (2_500_000, 30)]
    assert cut_for(Keep(tokens=budget), reduced(pages)).tokens == kept
