from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mathmill.classifier.explain import explain
from mathmill.classifier.iterate import iterate
from mathmill.classifier.model import load_classifier
from mathmill.classifier.vocabulary import common_words, keep_words, read_vocabulary, write_vocabulary
from mathmill.data.errors import ConfigError
from tests.classifier import made_web
from tests.classifier.test_iterate import recipe
from tests.warm import InlineEngine

LINES = st.lists(
    st.tuples(st.sampled_from("abcd"), st.lists(st.sampled_from("uvwxyz"), max_size=6).map(" ".join)), max_size=30
)


@given(LINES, st.integers(2, 4), st.randoms())
def test_words_of_enough_domains_whatever_the_order(lines: list[tuple[str, str]], least: int, random: object) -> None:
    domains: defaultdict[str, set[str]] = defaultdict(set)
    for domain, words in lines:
        for word in words.split():
            domains[word].add(domain)
    shuffled = list(lines)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert common_words(shuffled, least) == {word for word, found in domains.items() if len(found) >= least}


def test_what_is_left_of_a_line_keeps_its_order() -> None:
    kept = keep_words(frozenset({"the", "proof"}))
    assert kept("the long proof of the lemma") == "the proof the"
    assert kept("nothing known") == ""


def test_a_vocabulary_is_read_back(tmp_path: Path) -> None:
    words = frozenset({"b", "a", "定"})
    assert write_vocabulary(tmp_path / "v.zst", words) == 3
    assert read_vocabulary(tmp_path / "v.zst") == words


def test_a_site_brings_no_words_of_its_own_into_the_model(tmp_path: Path) -> None:
    rows = [{**row, "text": f"{row['text']} ownname"} if "math0." in row["url"] else row for row in made_web.pages()]
    made_web.write(tmp_path / "web", rows)
    result = iterate(recipe(tmp_path / "web", labels=None, min_domains=3), tmp_path / "out", InlineEngine(1))
    classifier = load_classifier(result.classifier)
    assert classifier.about.vocabulary is not None
    words = read_vocabulary(result.classifier / "vocabulary.zst")
    assert "theorem" in words and "ownname" not in words
    plain, named = classifier.score(["a theorem and its proof", "a theorem and ownname its proof"])
    assert plain == named
    assert classifier.score(["ownname"]) == [None]  # nothing is known of it
    explanation = explain("a theorem and ownname its proof", classifier)
    assert explanation is not None and "ownname" not in {part.words for part in explanation.words}

    (result.classifier / "vocabulary.zst").unlink()
    with pytest.raises(ConfigError, match=r"no vocabulary\.zst in"):
        load_classifier(result.classifier)
