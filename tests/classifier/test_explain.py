"""Explanations: their parts sum up to what fastText says."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mathmill.classifier.explain import END, explain, explain_line
from mathmill.classifier.model import Classifier
from tests.classifier.made_lines import TINY, made_classifier

WORDS = st.sampled_from(
    ["theorem", "\\formula", "方", "доказательство", "hotel", "price", "the", ",", "new", "é", "𠀀", "<"]
)


@pytest.fixture(
    scope="module", params=[{}, {"quantise": True}, {"word_ngrams": 1}], ids=["whole", "quantised", "words"]
)
def classifier(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Classifier:
    settings = TINY.model_copy(update={"min_count": 2, **request.param})
    if request.param == {"quantise": True}:
        settings = settings.model_copy(update={"word_ngrams": 5, "bucket": 3_001})
    return made_classifier(tmp_path_factory.mktemp("classifier"), settings)


@given(st.lists(WORDS, min_size=1, max_size=30))
def test_parts_sum_up_to_the_score(classifier: Classifier, words: list[str]) -> None:
    told = explain_line(" ".join(words), classifier)
    assert told is not None
    odds = math.log(told.score / (1 - told.score))
    noise = 1e-11 / min(told.score, 1 - told.score)  # fastText tells probabilities in 32 bits
    assert told.log_odds == pytest.approx(odds, abs=1e-4 + noise)
    assert sum(part.adds for part in told.runs) == pytest.approx(told.log_odds, abs=1e-9)
    assert sum(part.adds for part in told.words) == pytest.approx(told.log_odds, abs=1e-9)
    assert {part.words for part in told.words} <= {*words, END}


def test_what_is_told(classifier: Classifier) -> None:
    told = explain("The theorem, the THEOREM", classifier)
    assert told is not None and told.score > 0.5
    assert told.words[0].words == "theorem" and told.words[0].times == 2 and told.words[0].adds > 0
    runs = {part.words: part.times for part in told.runs}
    assert runs["the"] == 2 and runs["theorem"] == 2 and runs[END] == 1
    if classifier.settings.word_ngrams > 1:
        assert runs["the theorem"] == 2 and runs[f"the theorem {END}"] == 1
    assert [abs(part.adds) for part in told.runs] == sorted((abs(part.adds) for part in told.runs), reverse=True)


def test_nothing_explains_nothing(classifier: Classifier) -> None:
    assert explain(" \0", classifier) is None
