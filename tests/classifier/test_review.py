"""The file for review says everything once, cannot be forged by a URL, and tells a person what is wrong with it."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mathmill.classifier.domains import DomainRule, PageRow
from mathmill.classifier.patterns import Pattern, PatternRule, mine
from mathmill.classifier.review import read_review, render
from mathmill.data.errors import ConfigError, InputMissing
from tests.classifier.counted import count_domains

ENTRY = '[[pattern]]\ndomain = "site.org"\nprefix = "site.org/a/"\ndecision = "accept"\n'
MINED = Pattern("site.org", "site.org/a/", "accept", "accept", 40, 30, 0.6, 10, ("https://site.org/a/1",), ())


def read(tmp_path: Path, text: str) -> list[Pattern]:
    (tmp_path / "patterns.toml").write_text(text, encoding="utf-8")
    return read_review(tmp_path / "patterns.toml")


def test_what_is_written_is_read_back_without_counts(tmp_path: Path) -> None:
    own = Pattern("b.org", "*.b.org/", "reject", note='said "no"\n\u202e[[pattern]]')
    (tmp_path / "p.toml").write_text(render([MINED, own]))
    blank = Pattern("site.org", "site.org/a/", "accept", "accept")
    assert read_review(tmp_path / "p.toml") == [blank, own]


def test_domains_come_by_what_would_join() -> None:
    pages = [
        PageRow(0, f"https://{d}/{n}", d, n < 20) for d, most in (("a.org", 25), ("b.org", 30)) for n in range(most)
    ]
    text = render(mine(pages, PatternRule()), count_domains(pages, DomainRule()))
    assert text.index("# ---- b.org: 30 pages, 20 kept (67%); 10 uncollected") < text.index("# ---- a.org: 25 pages")


def test_a_change_by_hand_is_a_person_s_word(tmp_path: Path) -> None:
    text = render([MINED])
    (changed,) = read(tmp_path, text.replace('decision = "accept"\nproposed', 'decision = "reject" # no\nproposed'))
    assert changed.is_persons and changed.decision == "reject"
    assert not read(tmp_path, text)[0].is_persons
    assert read(tmp_path, text.replace("reviewed = false", "reviewed = true"))[0].is_persons
    assert read(tmp_path, "\ufeff" + text.replace("\n", "\r\n") + ENTRY.replace("/a/", "/b"))[1].prefix == "site.org/b/"


@pytest.mark.parametrize(
    "written", ["https://www.Site.org/a", "site.org/a", "//site.org/a/", "http://site.org:80//%61/", " site.org/a/ "]
)
def test_a_person_may_write_a_prefix_as_he_finds_it(written: str, tmp_path: Path) -> None:
    assert read(tmp_path, ENTRY.replace("site.org/a/", written))[0].prefix == "site.org/a/"


def test_letters_of_other_scripts_can_be_read(tmp_path: Path) -> None:
    (found,) = read(tmp_path, ENTRY.replace("/a/", "/数学/"))
    assert found.prefix == "site.org/%E6%95%B0%E5%AD%A6/"
    assert "# reads: site.org/数学/" in render([found])


WRONG = {
    "desicion": (ENTRY.replace("decision", "desicion"), "did you mean 'decision'"),
    "acept": (ENTRY.replace('"accept"', '"acept"'), "'accept' or 'reject' (got 'acept')"),
    "missing": ("[[pattern]]\n" + 'prefix = "site.org/a/"\n', "domain is missing"),
    "one table": (ENTRY.replace("[[pattern]]", "[pattern]"), "write [[pattern]]"),
    "name of the table": (ENTRY.replace("[[pattern]]", "[[patterns]]"), "did you mean 'pattern'"),
    "query": (ENTRY.replace("/a/", "/a/?x=1"), 'no ? or #: end it with the path, "site.org/a/"'),
    "no host": (ENTRY.replace("site.org/a/", "questions/"), 'such as "site.org/questions/"'),
    "other host": (ENTRY.replace("site.org/a/", "mysite.org/a/"), "begins with a host of site.org"),
    "wildcard": (ENTRY.replace("/a/", "/*/a/"), "a * stands for any host"),
    "wildcard and path": (ENTRY.replace("site.org/a/", "*.site.org/a/"), "a * stands for any host"),
    "page": (ENTRY.replace("/a/", "/a/index.html"), 'write "site.org/a/"'),
    "deep": (ENTRY.replace("/a/", "/a" * 9), "at most 8 segments"),
    "domain": (ENTRY.replace('domain = "site.org"', 'domain = "site.org/x"'), "is no domain"),
    "twice": (f"{ENTRY}\n{ENTRY}", "line 6: site.org/a/ is also decided at line 1: keep one"),
    "version": ("version = 2\n", "version"),
    "not TOML": ("[[pattern\n", "is not TOML"),
}


@pytest.mark.parametrize("name", WRONG)
def test_errors_say_where_and_what_to_write(name: str, tmp_path: Path) -> None:
    text, said = WRONG[name]
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, text)
    message = str(caught.value)
    assert said in message and message.startswith(str(tmp_path / "patterns.toml")) and "\n" not in message


def test_errors_name_lines_and_are_told_together(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"line 1, .*'site.org/a/'.*line 6, .*; and 3 more$"):
        read(tmp_path, "\n".join([ENTRY.replace('"accept"', '"yes"')] * 8))
    with pytest.raises(InputMissing, match="no patterns at"):
        read_review(tmp_path / "none.toml")


@given(st.text(max_size=60) | st.text('"\\\n\r\u0085\u2028[]=#p/ \u202e\x00\ud800', max_size=40))
def test_no_text_forges_hides_or_breaks_an_entry(text: str) -> None:
    pages = [PageRow(0, f"https://site.org/{text}/{n}", "site.org", n < 18) for n in range(20)]
    pages += [PageRow(0, f"https://site.org/other/{n}", "site.org", False) for n in range(90)]
    mined = mine(pages, PatternRule())
    written = render([*(replace(pattern, note=text) for pattern in mined), Pattern("z.org", "z.org/", "reject")])
    entries = tomllib.loads(written)["pattern"]
    assert [entry["prefix"] for entry in entries] == [*sorted(p.prefix for p in mined), "z.org/"]
    assert all(character.isprintable() or character == "\n" for character in written)
    assert all(line.isascii() or line.startswith("# reads: ") for line in written.split("\n"))
