"""The cut that keeps the top of a crawl: so many tokens in the pages with the highest scores.

Log-odds are integers in millionths. Three passes over the tables, each a Reduce to at most a thousand rows or so, close
in on the cut digit by digit (whole ones, thousandths, millionths), so that it is exact and nothing of the crawl's size
is ever sorted or held.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mathmill.classifier.recipe import Keep
from mathmill.classifier.scoring import MOST
from mathmill.data.cuts import Bin, Filled, best_first, fill
from mathmill.data.records import Reduce

_WIDTHS = (10**6, 10**3, 1)

#: What a Reduce of this module gives: rows of its table.
Reduced = Callable[[Reduce], list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Cut:
    """Pages with at least these log-odds are kept; how many pages and tokens these are, and of how many."""

    logit: int  # in millionths; one above the highest there can be where nothing is kept
    pages: int
    tokens: int
    of_pages: int
    of_tokens: int


def cut_for(keep: Keep, reduced: Reduced, name: str = "ranking", times: float = 1.0) -> Cut:
    """The log-odds from which pages together come nearest to the budget, `times` over. Equal pages stay together, so
    that it may be missed by less than the pages of one score.

    `name` is that of the Reduces.
    """
    low, high = -MOST, MOST + 1  # the cut is in [low, high)
    filled = Filled()
    pages = tokens = budget = 0
    for step, width in enumerate(_WIDTHS):
        rows = reduced(_histogram(f"{name}-{step}", low, high, width))
        bins = best_first(
            Bin(row["bin"] * width, (row["bin"] + 1) * width, row["pages"], row["tokens"]) for row in rows
        )
        if not step:
            pages, tokens = sum(each.documents for each in bins), sum(each.tokens for each in bins)
            budget = int(keep.budget(tokens) * times)
        filled = fill(bins, budget, filled.documents, filled.tokens)
        if filled.over is None:
            return Cut(low, filled.documents, filled.tokens, pages, tokens)
        low, high = max(low, filled.over.low), min(high, filled.over.high)
    over = filled.over
    if over and filled.tokens + over.tokens - budget < budget - filled.tokens:
        return Cut(low, filled.documents + over.documents, filled.tokens + over.tokens, pages, tokens)
    return Cut(high, filled.documents, filled.tokens, pages, tokens)


def _histogram(name: str, low: int, high: int, width: int) -> Reduce:
    return Reduce(
        name=name,
        reads=("scores",),
        query=f"""
SELECT CAST(floor(logit / {width}) AS BIGINT) AS bin, count(*) AS pages, CAST(sum(tokens) AS BIGINT) AS tokens
FROM scores WHERE logit >= {low} AND logit < {high}
GROUP BY CAST(floor(logit / {width}) AS BIGINT) ORDER BY bin
""",  # noqa: S608
    )
