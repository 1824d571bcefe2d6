from __future__ import annotations

import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mathmill.classifier.ranking import cut_for
from mathmill.classifier.recipe import Keep
from mathmill.classifier.scoring import MOST
from mathmill.data.records import Reduce

Page = tuple[int, int]  # log-odds in millionths, tokens
PAGES = st.lists(
    st.tuples(st.integers(-MOST, MOST) | st.integers(-3, 3) | st.sampled_from([-MOST, MOST]), st.integers(0, 50)),
    max_size=60,
)


def reduced(pages: list[Page]) -> Any:
    """What the query of a Reduce says, worked out by hand."""

    def answer(reduce: Reduce) -> list[dict[str, Any]]:
        low, high, width = _numbers(reduce.query)
        bins: dict[int, list[int]] = {}
        for logit, tokens in pages:
            if low <= logit < high:
                found = bins.setdefault(logit // width, [0, 0])
                found[0] += 1
                found[1] += tokens
        return [{"bin": at, "pages": count, "tokens": tokens} for at, (count, tokens) in bins.items()]

    return answer


def _numbers(query: str) -> tuple[int, int, int]:
    low = re.search(r"logit >= (-?\d+)", query)
    high = re.search(r"logit < (-?\d+)", query)
    width = re.search(r"logit / (\d+)", query)
    assert low and high and width
    return int(low[1]), int(high[1]), int(width[1])


@given(PAGES, st.integers(1, 2_000))
def test_the_cut_comes_nearest_to_the_budget(pages: list[Page], budget: int) -> None:
    cut = cut_for(Keep(tokens=budget), reduced(pages))
    kept = [page for page in pages if page[0] >= cut.logit]
    assert cut.tokens == sum(tokens for _, tokens in kept)
    assert cut.pages == len(kept)
    assert (cut.of_pages, cut.of_tokens) == (len(pages), sum(tokens for _, tokens in pages))
    levels = [MOST + 1, *(logit for logit, _ in pages)]
    nearest = min(abs(budget - sum(tokens for logit, tokens in pages if logit >= level)) for level in levels)
    assert abs(budget - cut.tokens) == nearest


def test_a_share_is_of_all_tokens() -> None:
    pages = [(at, 10) for at in range(100)]
    cut = cut_for(Keep(share=0.25), reduced(pages))
    assert (cut.logit, cut.tokens) == (75, 250)
    assert cut_for(Keep(share=0.25), reduced(pages), times=2.0).logit == 50


def test_a_page_far_over_the_budget_is_left_out_and_one_a_little_over_it_taken() -> None:
    assert cut_for(Keep(tokens=5), reduced([(MOST, 11)])).pages == 0
    assert cut_for(Keep(tokens=6), reduced([(MOST, 11)])).tokens == 11
