"""What a site can do to the classifier that wants to pass for mathematics, or to spoil the model for others.

Pages at scoring: of each fold the site without mathematics that has the most pages changes its pages (200 at most,
drawn by a seed) in each of some ways, and plain fastText gets the same changes. A marker (invisible characters, `</s>`,
`__label__math`) must do no more than its characters would: the page is also scored with these written apart, and the
two scores must be equal. Words and formulas may move both, as they are what both look at: how far is told, and at which
price to average precision.

Sites in training: the pages of one site come into the seed set or among the negatives, with and without a cap on pages
of one domain; told is the average precision on sites never seen.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.classifier_crawl import (
    FOLDS,
    SMALL,
    CrawlPage,
    CrossFit,
    number,
    ours,
    plain_line,
    scored,
    told,
)
from mathmill.classifier.curves import Floats, ScoredPages, share
from mathmill.classifier.features import Features, line
from mathmill.classifier.resampling import bootstrap, bootstrap_difference

VICTIMS = 200  # pages of a site
LONGEST = 30_000  # characters of a page that is changed, so that the length limit plays no part
SPOILT = SMALL.model_copy(update={"dim": 16})  # of the models that are spoilt in training
CAP = 100  # pages of one domain in a capped training
STUFFED = 10  # lists of words on a page of a stuffed site in training
WORDS = (
    "theorem proof lemma corollary proposition equation polynomial integral derivative matrix eigenvalue algebra "
    "topology manifold group ring field prime integer modulo convergence limit series function sequence bounded"
)
FORMULAS = r"$\int_0^1 x^2\,dx=\frac13$ $a^2+b^2=c^2$ $\sum_{n\ge1}\frac{1}{n^2}$ $\forall\epsilon>0$ $f\colon X\to Y$ "

Change = Callable[[str], str]


def _between_words(mark: str) -> Change:
    return lambda text: mark.join(text.split(" "))


#: Name -> the change, and the same with the marker's characters apart (None where there is no marker).
CHANGES: dict[str, tuple[Change, Change | None]] = {
    "NUL between all words": (_between_words(" \0 "), _between_words("   ")),
    "zero-width space and soft hyphen after each word": (_between_words("\u200b\u00ad "), lambda text: text),
    "`</s>` in front": (lambda text: f"</s> {text}", lambda text: f"< / s > {text}"),
    "`</s>` between all words": (_between_words(" </s> "), _between_words(" < / s > ")),
    "`__label__math` in front, 50 times": (
        lambda text: f"{'__label__math ' * 50}{text}",
        lambda text: f"{'_ _ label _ _ math ' * 50}{text}",
    ),
    "list of 25 words, then `</s>`": (lambda text: f"{WORDS} </s> {text}", lambda text: f"{WORDS} < / s > {text}"),
    "list of 25 words at the end": (lambda text: f"{text} {WORDS}", None),
    "the list 10 times": (lambda text: text + f" {WORDS}" * 10, None),
    "the list 100 times": (lambda text: text + f" {WORDS}" * 100, None),
    "5 formulas at the end": (lambda text: f"{text} {FORMULAS}", None),
    "the formulas 10 times": (lambda text: text + f" {FORMULAS}" * 10, None),
}


def print_poisoning(pages: Sequence[CrawlPage], kept: CrossFit, plain_fit: CrossFit, scratch: Path) -> None:
    """Both tables."""
    victims = _victims(pages)
    sites = sorted({pages[at].site for at in victims})
    print(f"\n{len(victims)} pages without mathematics of {', '.join(sites)}, each scored by the model that never saw "
          f"its site; threshold for a precision of .95 on the other folds.\n")  # fmt: skip
    print("| change | system | marker is its letters | log-odds, median change (95th percentile) | kept before | "
          "kept after | average precision of all pages, change |\n|---|---|---|---|---|---|---|")  # fmt: skip
    for name, (change, apart) in CHANGES.items():
        for system, fit, to_line in (("ours", kept, _our_line), ("plain", plain_fit, plain_line)):
            print(f"| {name} | {system} | {_told_change(pages, victims, fit, to_line, change, apart)} |", flush=True)
    _print_training(pages, scratch)


def _our_line(text: str) -> str:
    return line(text, Features())


def _victims(pages: Sequence[CrawlPage]) -> list[int]:
    """The places of the pages that are changed."""
    found: list[int] = []
    for fold in range(FOLDS):
        by_site = defaultdict(list)
        for at, page in enumerate(pages):
            if page.fold == fold and len(page.text) <= LONGEST:
                by_site[page.site].append(at)
        without = {site: places for site, places in by_site.items() if not any(pages[at].is_math for at in places)}
        site = max(without, key=lambda site: (len(without[site]), site))
        found += sorted(random.Random(fold).sample(without[site], min(VICTIMS, len(without[site]))))
    return found


def _told_change(
    pages: Sequence[CrawlPage],
    victims: Sequence[int],
    fit: CrossFit,
    to_line: Callable[[str], str],
    change: Change,
    apart: Change | None,
) -> str:
    before = fit.scores[list(victims)]
    after = _scores(pages, victims, fit, lambda text: to_line(change(text)))
    same = ""
    if apart is not None:
        letters = _scores(pages, victims, fit, lambda text: to_line(apart(text)))
        same = f"{int((letters == after).sum())} of {len(after)}"
    moved = _log_odds(after) - _log_odds(before)
    thresholds = fit.thresholds[[pages[at].fold for at in victims]]
    poisoned = fit.scores.copy()
    poisoned[list(victims)] = after
    changed = bootstrap_difference(scored(pages, fit.scores), scored(pages, poisoned), (0.5, 0.5)).average_precision
    kept = [share(int((scores >= thresholds).sum()), len(after)) for scores in (before, after)]
    shares = [f"{number(each.value)} ({number(each.low)} to {number(each.high)})" for each in kept]
    middle, high = np.median(moved), np.quantile(moved, 0.95)
    return f"{same} | {middle:+.2f} ({high:+.2f}) | {shares[0]} | {shares[1]} | {told(changed, sign=True)}"


def _scores(pages: Sequence[CrawlPage], places: Sequence[int], fit: CrossFit, to_line: Callable[[str], str]) -> Floats:
    """Each page's score by the model of its fold."""
    return np.concatenate([fit.scorers[pages[at].fold]([to_line(pages[at].text)]) for at in places])


def _log_odds(scores: Floats) -> Floats:
    within = np.clip(scores, 1e-9, 1 - 1e-9)
    return np.asarray(np.log(within / (1 - within)))


def _print_training(pages: Sequence[CrawlPage], scratch: Path) -> None:
    """What one site in the training does to sites never seen, with and without a cap on its pages."""
    site = _largest_without_mathematics(pages)
    rest, bad = [page for page in pages if page.site != site], [page for page in pages if page.site == site]
    clean = [_Example(page.site, page.is_math, _our_line(page.text)) for page in rest]
    stuffed = [_our_line(page.text + f" {WORDS} {FORMULAS}" * STUFFED) for page in bad]
    cases = {
        "its pages in the seed set": [_Example(site, True, _our_line(page.text)) for page in bad],
        "its pages, stuffed, in the seed set": [_Example(site, True, text) for text in stuffed],
        "its pages, stuffed, among the negatives": [_Example(site, False, text) for text in stuffed],
    }
    print(f"\nTraining: {site}, {len(bad)} pages without mathematics (stuffed: the list and the formulas {STUFFED} "
          f"times each); with a cap, of any domain {CAP} pages at most in each class. Tested on sites never seen, "
          f"never on {site}; {SPOILT.dim} dimensions.\n")  # fmt: skip
    print("| training | average precision (95 % over sites) | change |\n|---|---|---|")
    for cap in (None, CAP):
        suffix = f", {cap} a domain" if cap else ""
        without = _fitted(rest, clean, [], cap, scratch)
        print(f"| without the site{suffix} | {told(bootstrap(without, None).average_precision)} | |", flush=True)
        for name, added in cases.items():
            found = _fitted(rest, clean, added, cap, scratch)
            change = bootstrap_difference(without, found, (0.5, 0.5)).average_precision
            print(f"| {name}{suffix} | {told(bootstrap(found, None).average_precision)} | {told(change, sign=True)} |",
                  flush=True)  # fmt: skip


def _largest_without_mathematics(pages: Sequence[CrawlPage]) -> str:
    mathematics = {page.site for page in pages if page.is_math}
    counts = Counter(page.site for page in pages if page.site not in mathematics)
    return max(counts, key=lambda site: (counts[site], site))


class _Example(NamedTuple):
    site: str
    is_math: bool
    words: str


def _fitted(
    pages: Sequence[CrawlPage], clean: Sequence[_Example], added: Sequence[_Example], cap: int | None, scratch: Path
) -> ScoredPages:
    """Scores out of fold of `pages`, whose lines are `clean`, where each fold's training has `added`, too."""
    folds = np.array([page.fold for page in pages])
    scores = np.zeros(len(pages))
    for fold in range(FOLDS):
        examples = [each for each, page in zip(clean, pages, strict=True) if page.fold != fold]
        drawn = _capped([*examples, *added], cap)
        scorer = ours(SPOILT)(((each.is_math, each.words) for each in drawn), scratch / "spoilt")
        here = np.flatnonzero(folds == fold)
        scores[here] = scorer([clean[at].words for at in here.tolist()])
    return scored(pages, scores)


def _capped(examples: Sequence[_Example], cap: int | None) -> list[_Example]:
    """At most `cap` examples of each domain and class, drawn by a seed."""
    by_site: dict[tuple[str, bool], list[_Example]] = defaultdict(list)
    for each in examples:
        by_site[each.site, each.is_math].append(each)
    if cap is None:
        return list(examples)
    drawn = random.Random(0)
    return [each for of_site in by_site.values() for each in drawn.sample(of_site, min(cap, len(of_site)))]
