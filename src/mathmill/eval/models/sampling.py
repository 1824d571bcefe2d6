"""How the next token is drawn: temperature, then top-k, then top-p, in float32, in the order that the field uses.

One uniform number decides, and it depends on (seed, id of the prompt, number of the sample, number of the token)
alone: a batch, its order, a resumed run or another device change nothing. The number picks a token by the inverse of
the distribution function over tokens from the likeliest to the least likely, of equally likely ones the first first.

Sorting 262,144 numbers for each token is dear, so the likeliest are looked at first: with the maxima of blocks a bound
is found that at least 64 tokens reach, and all that reach it are sorted. A number that falls outside them, which is
seldom, has the row sorted whole. Both ways give the same token.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from mathmill.data.errors import ConfigError
from mathmill.eval.models.base import Sampling

if TYPE_CHECKING:
    import torch

_BLOCK = 256  # tokens of the vocabulary whose maximum stands for them
_AT_LEAST = 64  # tokens that are looked at first


class Randomness:
    """The uniform numbers of one sample: blake2b of (seed, prompt, sample), then of the token's number."""

    def __init__(self, seed: int, prompt: str, sample: int) -> None:
        self._hash = hashlib.blake2b(digest_size=8, key=seed.to_bytes(8, "little"))
        self._hash.update(f"{sample}:{prompt}:".encode(errors="surrogatepass"))

    def uniform(self, token: int) -> float:
        """A number of [0, 1) with 53 random bits."""
        of_token = self._hash.copy()
        of_token.update(token.to_bytes(8, "little"))
        return (int.from_bytes(of_token.digest(), "little") >> 11) / 2**53


def draw(logits: torch.Tensor, sampling: Sampling, uniforms: Sequence[float]) -> list[int]:
    """A token for each row of `logits`, shape [rows, vocabulary] in float32, by its uniform number.

    At temperature 0 the likeliest, of equally likely ones the first; the numbers are not looked at.

    Raises:
        ConfigError: logits are not finite, as those of a model in float16 that overflows.
    """
    highest, likeliest = logits.max(-1)
    if not bool(highest.isfinite().all()):
        raise ConfigError(
            "the model's logits are not finite: set --dtype float32 or bfloat16, or look whether its weights are whole"
        )
    if sampling.temperature == 0:
        greedy: list[int] = likeliest.tolist()
        return greedy
    scaled = logits / sampling.temperature
    totals = scaled.logsumexp(-1).tolist()
    tokens, values, counts = _likeliest(scaled)
    drawn, begin = [], 0
    for row, (uniform, total, count) in enumerate(zip(uniforms, totals, counts, strict=True)):
        some = slice(begin, begin + count)
        begin += count
        place = _pick(values[some], total, sampling, uniform, complete=False)
        if place is not None:
            drawn.append(int(tokens[some][place]))
            continue
        place = _pick(scaled[row].cpu().numpy(), total, sampling, uniform, complete=True)
        assert place is not None
        drawn.append(place)
    return drawn


def _likeliest(scaled: torch.Tensor) -> tuple[npt.NDArray[Any], npt.NDArray[Any], list[int]]:
    """Tokens of all rows, one row after the other, that reach a row's bound; their values; how many a row has."""
    from torch.nn.functional import pad

    vocabulary = scaled.shape[1]
    padded = pad(scaled, (0, -vocabulary % _BLOCK), value=float("-inf")) if vocabulary % _BLOCK else scaled
    maxima = padded.view(len(padded), -1, _BLOCK).amax(-1)
    bound = maxima.topk(min(_AT_LEAST, maxima.shape[1])).values[:, -1:]
    reached = scaled >= bound
    rows, tokens = reached.nonzero(as_tuple=True)
    return tokens.cpu().numpy(), scaled[rows, tokens].cpu().numpy(), reached.sum(-1).tolist()


def _pick(values: npt.NDArray[Any], total: float, sampling: Sampling, uniform: float, complete: bool) -> int | None:
    """The place in `values` that a number picks, or None if these, not complete, do not decide.

    `values` are log-weights of tokens, in the vocabulary's order; `total` is the logarithm of the sum of all weights.
    """
    order = np.argsort(-values, kind="stable")
    weights = np.exp(values[order].astype(np.float64) - total)
    mass = 1.0
    if sampling.top_k and sampling.top_k < len(values):
        # As the field does: what is as likely as the last of the k is kept too.
        weights = weights[: np.count_nonzero(values >= values[order[sampling.top_k - 1]])]
        mass, complete = float(weights.sum()), True
    elif sampling.top_k and not complete:
        return None
    sums = np.cumsum(weights)
    if sampling.top_p < 1:
        if not complete and sums[-1] < sampling.top_p * mass:
            return None
        # The smallest set that has this mass: a token is in it if those before it have less.
        inside = np.count_nonzero(sums - weights < sampling.top_p * mass)
        sums = sums[: max(int(inside), 1)]
        mass, complete = float(sums[-1]), True
    place = int(np.searchsorted(sums, uniform * mass, side="right"))
    if place >= len(sums):
        if not complete:
            return None
        place = len(sums) - 1  # rounding
    return int(order[place])
