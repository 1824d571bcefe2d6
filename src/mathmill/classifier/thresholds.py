"""Where to cut: the threshold that holds a precision, finds a share of the mathematics, or fills a budget of tokens.

A threshold is chosen among many on the pages that it is then measured on, so its precision and recall there are a
little too good. Choose on one half of the sites and report the other (`mathmill.classifier.calibrate.tune_and_report`).
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from mathmill.classifier.curves import (
    AtThreshold,
    Curve,
    Floats,
    Ints,
    ScoredPages,
    at_threshold,
    block_ends,
    pr_curve,
    wilson_low,
)
from mathmill.classifier.target import Target
from mathmill.data.config import Config

Reason = Literal[
    "no_mathematics", "precision_never_reached", "recall_never_reached", "tokens_missing", "budget_below_first_score"
]


class TokensByScore(NamedTuple):
    """Tokens of all pages of a crawl by score, as columns in any order: a row a page, or a row a bin of scores.

    The score of a bin is its lower edge, so that keeping it keeps all of it.
    """

    scores: Floats
    tokens: Ints


class Threshold(Config):
    """A score that reaches a target: pages with at least this score are kept.

    `on_labelled` is what it keeps of the labelled pages. `tokens` is what it keeps of the crawl where the target is a
    budget, else None. `why` says in words what was chosen.
    """

    target: Target
    score: float
    why: str
    on_labelled: AtThreshold
    tokens: int | None = None


class Unreached(Config):
    """No score reaches the target, and why; `nearest` is the score that comes nearest, where there is one."""

    target: Target
    reason: Reason
    why: str
    nearest: AtThreshold | None = None


def choose_threshold(pages: ScoredPages, target: Target, crawl: TokensByScore | None = None) -> Threshold | Unreached:
    """The threshold for `target`.

    - precision: the lowest score such that the pages at or above it are at least so precise, which is the largest such
      set. A smaller set, from a higher score, may be less precise.
    - recall: the highest score such that the pages at or above it hold at least this share of the mathematics.
    - tokens: the lowest score such that the pages of `crawl` at or above it hold at most so many tokens; of `pages`
      where there is no `crawl`. Pages of equal score go together, so the budget is not filled to the last token.
    """
    if target.tokens is not None:
        return _by_tokens(pages, target, crawl or TokensByScore(pages.scores, pages.tokens), target.tokens)
    curve = pr_curve(pages.is_math, pages.scores)
    if not curve.mathematics:
        return Unreached(target=target, reason="no_mathematics", why="no labelled page is mathematics")
    return _by_share(pages, target, curve)


def budget_cut(crawl: TokensByScore, budget: int) -> tuple[float, int] | None:
    """The lowest score at which at most `budget` tokens are kept, and how many those are.

    None where the rows of the highest score alone hold more, or there are no rows.
    """
    scores = np.asarray(crawl.scores, np.float64)
    order = np.argsort(-scores, kind="stable")
    ends = block_ends(scores[order])
    held = np.cumsum(np.asarray(crawl.tokens, np.int64)[order])[ends]
    fits = int(np.searchsorted(held, budget, side="right"))
    return (float(scores[order][ends[fits - 1]]), int(held[fits - 1])) if fits else None


def _by_share(pages: ScoredPages, target: Target, curve: Curve) -> Threshold | Unreached:
    """By precision the lowest score that holds it: the largest set. By recall the highest: the smallest set."""
    name: Literal["precision", "recall"]
    if target.precision is not None:
        name, wanted, of, size, which = "precision", target.precision, curve.kept, "largest", -1
    else:
        everything = np.full_like(curve.hits, curve.mathematics)
        name, wanted, of, size, which = "recall", target.recall or 1.0, everything, "smallest", 0
    reached = wilson_low(curve.hits, of) if target.by == "low" else curve.hits / of
    words = f"{'lower bound of ' if target.by == 'low' else ''}{name} of at least {wanted:g}"
    holds = np.flatnonzero(reached >= wanted)
    if not len(holds):
        best = at_threshold(pages, float(curve.scores[int(np.argmax(reached))]))
        why = f"no score gives a {words}: the best is {float(reached.max()):.4g}, at {best.score:.9g}"
        return Unreached(target=target, reason=f"{name}_never_reached", why=why, nearest=best)
    score = float(curve.scores[holds[which]])
    why = f"the {size} set of labelled pages with a {words}"
    return Threshold(target=target, score=score, why=why, on_labelled=at_threshold(pages, score))


def _by_tokens(pages: ScoredPages, target: Target, crawl: TokensByScore, budget: int) -> Threshold | Unreached:
    if not np.asarray(crawl.tokens).any():
        return Unreached(target=target, reason="tokens_missing", why="no page of the crawl has a count of tokens")
    cut = budget_cut(crawl, budget)
    if cut is None:
        best = float(np.max(crawl.scores))
        held = int(np.asarray(crawl.tokens)[np.asarray(crawl.scores) == best].sum())
        why = f"the pages of the highest score, {best:.9g}, hold {held} tokens already: more than {budget}"
        return Unreached(target=target, reason="budget_below_first_score", why=why, nearest=at_threshold(pages, best))
    score, held = cut
    why = f"the largest set of the crawl's pages that holds at most {budget} tokens"
    return Threshold(target=target, score=score, why=why, on_labelled=at_threshold(pages, score), tokens=held)
