"""Mined patterns separate kept from uncollected pages, whatever the order of pages and however hostile their URLs."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mathmill.classifier.domains import PageRow
from mathmill.classifier.patterns import Pattern, PatternIndex, PatternRule, measure, mine
from mathmill.data.config import resolve
from mathmill.data.errors import ConfigError

RULE = PatternRule()


def rows(*branches: tuple[str, int, int], domain: str = "site.org") -> list[PageRow]:
    """`pages` pages under each prefix, `kept` of them kept."""
    return [
        PageRow(0, f"https://{prefix}{number}.html", domain, number < kept)
        for prefix, pages, kept in branches
        for number in range(pages)
    ]


def brief(patterns: Iterable[Pattern]) -> list[tuple[str, str]]:
    return [(pattern.prefix, pattern.decision) for pattern in patterns]


CASES: dict[str, tuple[list[PageRow], list[tuple[str, str]]]] = {
    "the whole site": (rows(("site.org/a/", 40, 30), ("site.org/b/", 40, 30)), [("site.org/", "accept")]),
    "one branch": (rows(("site.org/a/", 40, 30), ("site.org/shop/", 90, 0)), [("site.org/a/", "accept")]),
    "but for a branch": (
        rows(("site.org/a/", 90, 80), ("site.org/tags/", 30, 0)),
        [("site.org/", "accept"), ("site.org/tags/", "reject")],
    ),
    "within what is left out": (
        rows(("site.org/a/", 900, 800), ("site.org/x/", 200, 0), ("site.org/x/y/", 30, 25)),
        [("site.org/", "accept"), ("site.org/x/", "reject"), ("site.org/x/y/", "accept")],
    ),
    "one host of two": (
        rows(("math.site.org/", 40, 35), ("cooking.site.org/", 90, 0)),
        [("math.site.org/", "accept")],
    ),
    "hosts with a page each": (
        [PageRow(0, f"http://u{n}.site.org/", "site.org", n < 30) for n in range(40)],
        [("*.site.org/", "accept")],
    ),
    "too few pages": (rows(("site.org/a/", 9, 9), ("site.org/b/", 200, 0)), []),
    "www and scheme": (
        rows(("site.org/a/", 6, 6), ("www.site.org/a/", 6, 6), ("site.org/b/", 90, 0)),
        [("site.org/a/", "accept")],
    ),
    "a www that is the domain": (rows(("www.gov.uk/a/", 40, 30), domain="www.gov.uk"), [("gov.uk/", "accept")]),
    "a host that would be any": (
        [*rows(("*.site.org/", 40, 40)), *rows(("site.org/a/", 90, 0))],
        [("%2A.site.org/", "accept")],
    ),
    "not of the domain": (rows(("other.org/a/", 40, 30)), []),
}


@pytest.mark.parametrize("name", CASES)
def test_the_highest_branch_that_passes_is_the_pattern(name: str) -> None:
    pages, expected = CASES[name]
    assert brief(mine(pages, RULE)) == expected


def test_counts_and_examples() -> None:
    accepted, left_out = mine(CASES["but for a branch"][0], RULE)
    assert (accepted.pages, accepted.kept, accepted.uncollected) == (120, 80, 10)
    assert (left_out.pages, left_out.kept, left_out.uncollected) == (30, 0, 30)
    assert 0.4 < accepted.low < 80 / 120
    assert len(accepted.examples_kept) == len(accepted.examples_uncollected) == 3
    assert all("/a/" in url for url in accepted.examples_kept + accepted.examples_uncollected)
    assert left_out.examples_kept == () and all("/tags/" in url for url in left_out.examples_uncollected)


def test_an_example_is_shown_once() -> None:
    (pattern,) = mine([PageRow(0, "https://site.org/a", "site.org", True)] * 20, RULE)
    assert pattern.examples_kept == ("https://site.org/a",)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("de"), st.booleans()), max_size=120), st.randoms())
def test_order_and_parts_do_not_matter(made: list[tuple[str, str, bool]], shuffler: random.Random) -> None:
    pages = [
        PageRow(0, f"http://{host}.{domain}.org/{host}/{n}", f"{domain}.org", kept)
        for n, (host, domain, kept) in enumerate(made)
    ]
    rule = PatternRule(min_pages=3)
    found = mine(pages, rule)
    shuffled = list(pages)
    shuffler.shuffle(shuffled)
    assert mine(shuffled, rule) == found
    assert [p for d in "de" for p in mine([r for r in pages if r.domain == f"{d}.org"], rule)] == found
    for pattern in found:
        assert pattern.pages >= 3 and (pattern.low >= rule.share or pattern.decision == "reject")


def test_nothing_that_a_site_makes_up_fills_the_tree() -> None:
    deep = [PageRow(0, f"http://site.org/{n}/{'x/' * 500}{n * 7}", "site.org", n % 2 == 0) for n in range(2_000)]
    hostile = [
        "http://site.org/\x00\n[[pattern]]",
        "http://site.org/\ud800/\u202e",
        "http://site.org/%",
        "http://[::1",
        "",
    ]
    found = mine([*deep, *(PageRow(0, url, "site.org", True) for url in hostile)], RULE)
    assert brief(found) == [("site.org/", "accept")]
    assert all(url.isascii() and len(url) <= 200 for url in found[0].examples_kept)


def test_too_many_patterns_are_those_over_the_most_pages() -> None:
    pages = rows(*((f"site.org/{name}/", 20 + at, 20) for at, name in enumerate("abcdef")), ("site.org/z/", 900, 0))
    found = mine(pages, PatternRule(max_patterns_per_domain=2))
    assert brief(found) == [("site.org/e/", "accept"), ("site.org/f/", "accept")]


def test_rows_that_cannot_begin_anew_are_refused() -> None:
    def once() -> Iterator[PageRow]:
        yield from CASES["one branch"][0]

    with pytest.raises(TypeError, match="three times"):
        mine(once(), RULE)


def test_rules_that_contradict_themselves_are_refused() -> None:
    with pytest.raises(ConfigError, match="leave_out must not be above share"):
        resolve({"share": 0.1}, PatternRule, "recipe")


def test_a_person_s_pattern_is_measured_too() -> None:
    mine_own = [Pattern("site.org", "site.org/a/", "reject"), Pattern("site.org", "*.site.org/", "accept")]
    measured = measure(mine_own, CASES["one branch"][0], RULE)
    assert [(p.pages, p.kept, p.uncollected) for p in measured] == [(40, 30, 10), (130, 30, 90)]


def test_what_lies_above_a_prefix() -> None:
    index = PatternIndex([Pattern("a.org", prefix, "accept") for prefix in ("*.a.org/", "x.a.org/", "x.a.org/y/")])
    assert [p.prefix for p in index.above("x.a.org/y/")] == ["*.a.org/", "x.a.org/"]
    assert [p.prefix for p in index.above("*.x.a.org/")] == ["*.a.org/"]
    assert index.above("*.a.org/") == []
    assert [p.prefix for p in index.over("https://www.x.a.org/y/1?z")] == ["*.a.org/", "x.a.org/", "x.a.org/y/"]
    assert index.over("https://xa.org/") == []
