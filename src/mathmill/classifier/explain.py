"""Why a page has its score: what each of its words and runs of words adds to the log-odds.

fastText averages the vectors of a line's words and of its runs of up to `word_ngrams` words (the end of the line counts
as a word) and applies two linear functions, so the log-odds of mathematics are exactly a sum over them. Runs have no
vectors of their own: a hash gives each one of `bucket` vectors, which others share. What a run adds is therefore partly
what others that fell into its bucket have taught, the more so the smaller `bucket` is; a run that was never seen in
training adds something for this reason alone (and for the random numbers that all vectors begin with).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mathmill.classifier.features import line
from mathmill.classifier.model import Classifier
from mathmill.classifier.self_check import fasttext_module
from mathmill.classifier.settings import MATH, OTHER

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

END = "</s>"  # fastText's word for the end of a line; no page can write it
_MASK = 2**64 - 1
_EMPTY = 2166136261  # the hash of nothing


@dataclass(frozen=True, slots=True)
class Part:
    """A word, or a run of words with spaces between; how often it is in the line; what all of these add together."""

    words: str
    times: int
    adds: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """Log-odds of mathematics as a sum, twice: `runs` lists each different word and run of words by itself, `words`
    shares out what a run adds evenly among its words. The largest part comes first, be it for or against."""

    score: float
    log_odds: float
    runs: tuple[Part, ...]
    words: tuple[Part, ...]


def explain(text: str, classifier: Classifier) -> Explanation | None:
    """The explanation of a page's score, or None where nothing of it is left as features."""
    return explain_line(line(text, classifier.features), classifier)


def explain_line(words: str, classifier: Classifier) -> Explanation | None:
    """The same of a line of `features.line`."""
    [score] = classifier.score_lines([words])
    if score is None:
        return None
    tokens = [*classifier.known(words).split(), END]
    found = list(_vectors(tokens, classifier.fasttext))
    weights = _weights({row for row, _, _ in found}, classifier.fasttext)
    runs: dict[str, list[float]] = defaultdict(list)
    shares: dict[str, list[float]] = defaultdict(list)
    for row, start, end in found:
        adds = weights[row] / len(found)
        runs[" ".join(tokens[start:end])].append(adds)
        for token in tokens[start:end]:
            shares[token].append(adds / (end - start))
    counts = _counts(tokens)
    listed = (Part(run, len(added), sum(added)) for run, added in runs.items())
    by_word = (Part(token, counts[token], sum(added)) for token, added in shares.items())
    return Explanation(score, sum(sum(added) for added in runs.values()), _largest(listed), _largest(by_word))


def _largest(parts: Iterable[Part]) -> tuple[Part, ...]:
    return tuple(sorted(parts, key=lambda part: (-abs(part.adds), part.words)))


def _counts(tokens: list[str]) -> dict[str, int]:
    counts: dict[str, int] = defaultdict(int)
    for token in tokens:
        counts[token] += 1
    return counts


def _vectors(tokens: list[str], model: Any) -> Iterator[tuple[int, int, int]]:
    """Row of the input matrix and span of tokens of all that is averaged; as `Dictionary::getLine` of fastText.

    Words that are not in the dictionary have no vector, but are part of runs.
    """
    arguments = model.f.getArgs()
    longest, bucket = arguments.wordNgrams, arguments.bucket
    ids = {token: model.f.getWordId(token) for token in set(tokens)}
    for at, token in enumerate(tokens):
        if ids[token] >= 0:
            yield ids[token], at, at + 1
    hashes = {token: _hash(token) for token in ids}
    first = model.f.getSubwordId("") - _EMPTY % bucket if bucket else 0  # the row of bucket 0: the number of words
    for at in range(len(tokens)):
        run = hashes[tokens[at]]
        for end in range(at + 1, min(at + longest, len(tokens))):
            run = (run * 116049371 + hashes[tokens[end]]) & _MASK
            yield first + run % bucket, at, end + 1


def _hash(token: str) -> int:
    """fastText's hash of a word: FNV-1a in 32 bits over signed bytes, then widened to 64 bits with its sign."""
    value = _EMPTY
    for byte in token.encode():
        value = ((value ^ (byte | 0xFFFFFF00 if byte > 127 else byte)) * 16777619) & 0xFFFFFFFF
    return value if value < 2**31 else value + (_MASK ^ 0xFFFFFFFF)


def _weights(rows: set[int], model: Any) -> dict[int, float]:
    """What each row of the input matrix, which may be quantised, adds to the log-odds were it alone."""
    import numpy as np

    output: NDArray[np.float32] = np.asarray(model.f.getOutputMatrix())  # never quantised
    labels = model.get_labels()
    direction = output[labels.index(MATH)].astype(np.float64) - output[labels.index(OTHER)]
    vector = fasttext_module().FastText.fasttext.Vector(model.get_dimension())
    weights = {}
    for row in rows:
        model.f.getInputVector(vector, row)
        weights[row] = float(np.asarray(vector) @ direction)
    return weights
