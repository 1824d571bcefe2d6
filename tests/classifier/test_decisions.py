"""A person's word wins over proposals, a later word over an earlier one, and the longest prefix decides."""

from __future__ import annotations

import pytest

from mathmill.classifier.decisions import Decisions, merge
from mathmill.classifier.patterns import Decision, Pattern


def rule(prefix: str, decision: Decision = "accept", pages: int = 20) -> Pattern:
    return Pattern("site.org", prefix, decision, proposed=decision, pages=pages)


def word(prefix: str, decision: Decision, proposed: Decision | None = None) -> Pattern:
    return Pattern("site.org", prefix, decision, proposed=proposed)


def brief(patterns: list[Pattern]) -> list[tuple[str, str, bool]]:
    return [(pattern.prefix, pattern.decision, pattern.is_persons) for pattern in patterns]


def test_the_longest_prefix_decides() -> None:
    decisions = Decisions([rule("*.site.org/"), rule("site.org/tags/", "reject"), rule("site.org/tags/algebra/")])
    for url, accepted in {
        "https://site.org/": True,
        "https://blog.site.org/tags/": True,
        "https://www.site.org/tags": False,
        "https://site.org/tagsoup": True,
        "https://site.org/tags/algebra/groups.html": True,
        "https://othersite.org/": False,
        "not a url": False,
    }.items():
        assert decisions.accepts(url) is accepted, url
    assert decisions.which("https://site.org/tags/x") == rule("site.org/tags/", "reject")
    assert decisions.which("https://other.org/") is None


def test_a_word_counts_for_all_below_but_for_deeper_words() -> None:
    proposed = [rule("site.org/"), rule("site.org/a/", "reject"), rule("site.org/a/b/")]
    file = [word("site.org/a/", "reject"), word("site.org/a/c/", "accept"), rule("site.org/old/")]
    assert brief(merge(proposed, file)) == [
        ("site.org/", "accept", False),
        ("site.org/a/", "reject", True),
        ("site.org/a/c/", "accept", True),
    ]
    assert not Decisions(merge(proposed, file)).accepts("https://site.org/a/b/1")


def test_a_changed_decision_is_a_word_and_keeps_its_counts() -> None:
    (merged,) = merge([rule("site.org/", pages=77)], [word("site.org/", "reject", proposed="accept")])
    assert (merged.decision, merged.proposed, merged.pages) == ("reject", None, 77)
    assert brief(merge([rule("site.org/")], [merged])) == [("site.org/", "reject", True)]


@pytest.mark.parametrize(("first", "then"), [("accept", "reject"), ("reject", "accept")])
def test_later_files_win(first: Decision, then: Decision) -> None:
    merged = merge([rule("site.org/")], [word("site.org/", first)], [word("site.org/", then)])
    assert brief(merged) == [("site.org/", then, True)]


def test_a_file_decides_by_itself_as_it_does_in_a_merge() -> None:
    file = [word("site.org/", "reject", proposed="accept"), rule("site.org/a/")]
    assert not Decisions(file).accepts("https://site.org/a/1")
