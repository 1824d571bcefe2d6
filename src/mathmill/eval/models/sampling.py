"""How the next token is drawn: temperature, then top-k, then top-p, in float32, in the order that the field uses.

One uniform number decides, and it depends on (seed, id of the prompt, number of the sample, number of the token)
alone: a batch, its order, a resumed run or another device change nothing. The number picks a token by the inverse of
the distribution function over tokens from the likeliest to the least likely, of equally likely ones the first first.

A small vocabulary is sorted whole, all rows at once. Sorting 262,144 numbers for each token is dear, so of a large one
the likeliest are looked at first: with the maxima of blocks a bound is found that at least 64 tokens reach, and all
that reach it are sorted. A number that falls outside them, which is seldom, has the row sorted whole. All ways give
the same token.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from mathmill.data.errors import ConfigError
from mathmill.eval.models.base import Sampling

if TYPE_CHECKING:
    import torch

_SMALL = 2048  # tokens of a vocabulary that is sorted whole
_BLOCK = 256  # tokens of the vocabulary whose maximum stands for them
_AT_LEAST = 64  # tokens that are looked at first

Ids = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Draws:
    """A token for each row.

    Where it was asked for: `logprobs` of the tokens under what they were drawn from, that is after temperature, top-k
    and top-p; and with top-k or top-p `kept`, the tokens that could be drawn, in the vocabulary's order.
    """

    tokens: list[int]
    logprobs: list[float]
    kept: list[Ids]


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
    return draw_noted(logits, sampling, uniforms, noted=False).tokens


def draw_noted(logits: torch.Tensor, sampling: Sampling, uniforms: Sequence[float], noted: bool = True) -> Draws:
    """What `draw` gives, and how likely it was. A greedy choice is certain: its logprob is 0, and nothing is kept.

    Raises:
        ConfigError: as `draw`.
    """
    highest, likeliest = logits.max(-1)
    if not bool(highest.isfinite().all()):
        raise ConfigError(
            "the model's logits are not finite: set --dtype float32 or bfloat16, or look whether its weights are whole"
        )
    if sampling.temperature == 0:
        greedy: list[int] = likeliest.tolist()
        return Draws(greedy, [0.0] * len(greedy) if noted else [], [])
    scaled = logits / sampling.temperature
    totals = scaled.logsumexp(-1)
    if scaled.shape[1] <= _SMALL:
        wide: npt.NDArray[np.float64] = totals.double().cpu().numpy()
        return _all_rows(scaled.cpu().numpy(), wide, sampling, np.array(uniforms), noted)
    return _row_by_row(scaled, totals.tolist(), sampling, uniforms, noted)


def keeps(sampling: Sampling) -> bool:
    """Whether some tokens cannot be drawn."""
    return sampling.temperature > 0 and (sampling.top_k > 0 or sampling.top_p < 1)


def _all_rows(
    scaled: npt.NDArray[np.float32],
    totals: npt.NDArray[np.float64],
    sampling: Sampling,
    uniforms: npt.NDArray[np.float64],
    noted: bool,
) -> Draws:
    """Draw from rows that are sorted whole: `_pick` for all of them at once."""
    rows, vocabulary = scaled.shape
    each = np.arange(rows)
    order = _likeliest_first(scaled)
    values = np.take_along_axis(scaled, order, 1)
    weights = np.exp(values.astype(np.float64) - totals[:, None])
    inside, mass = np.full(rows, vocabulary), np.ones(rows)
    if 0 < sampling.top_k < vocabulary:
        inside = np.count_nonzero(values >= values[:, sampling.top_k - 1 : sampling.top_k], axis=1)
        mass = np.array([row[:count].sum() for row, count in zip(weights, inside, strict=True)])
    sums = np.cumsum(weights, axis=1)
    if sampling.top_p < 1:
        reached = sums - weights < sampling.top_p * mass[:, None]
        reached &= np.arange(vocabulary) < inside[:, None]
        inside = np.maximum(np.count_nonzero(reached, axis=1), 1)
        mass = sums[each, inside - 1]
    place = np.minimum(np.count_nonzero(sums <= (uniforms * mass)[:, None], axis=1), inside - 1)
    tokens: list[int] = order[each, place].tolist()
    if not noted:
        return Draws(tokens, [], [])
    logprobs: list[float] = (values[each, place] - totals - np.log(mass)).tolist()
    kept = [_ids(row[:count]) for row, count in zip(order, inside, strict=True)] if keeps(sampling) else []
    return Draws(tokens, logprobs, kept)


def _likeliest_first(scaled: npt.NDArray[np.float32]) -> npt.NDArray[np.int64]:
    """Each row's tokens in the order of a stable sort; numbers all different are sorted several times as fast."""
    bits = (scaled + np.float32(0)).view(np.int32)  # the sum of -0 and 0 is 0
    rising = bits ^ ((bits >> 31) & 0x7FFFFFFF)  # integers in the order of the floats that they are the bits of
    keys = (~rising).astype(np.int64) << 32 | np.arange(scaled.shape[1])
    keys.sort(axis=1)
    return keys & 0xFFFFFFFF


def _row_by_row(
    scaled: torch.Tensor, totals: Sequence[float], sampling: Sampling, uniforms: Sequence[float], noted: bool
) -> Draws:
    tokens, values, counts = _likeliest(scaled)
    draws, begin = Draws([], [], []), 0
    for row, (uniform, total, count) in enumerate(zip(uniforms, totals, counts, strict=True)):
        some = slice(begin, begin + count)
        begin += count
        of_row, names = values[some], tokens[some]
        picked = _pick(of_row, total, sampling, uniform, complete=False)
        if picked is None:
            of_row, names = scaled[row].cpu().numpy(), np.arange(scaled.shape[1])
            picked = _pick(of_row, total, sampling, uniform, complete=True)
            assert picked is not None
        draws.tokens.append(int(names[picked.place]))
        if noted:
            draws.logprobs.append(float(of_row[picked.place]) - total - float(np.log(picked.mass)))
            if keeps(sampling):
                draws.kept.append(_ids(names[picked.inside]))
    return draws


def _ids(tokens: npt.NDArray[Any]) -> Ids:
    return np.sort(tokens.astype(np.int32))


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


class _Picked(NamedTuple):
    """The place of a token, those of all that could be picked, and the mass of these."""

    place: int
    inside: npt.NDArray[Any]
    mass: float


def _pick(values: npt.NDArray[Any], total: float, sampling: Sampling, uniform: float, complete: bool) -> _Picked | None:
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
    return _Picked(int(order[place]), order[: len(sums)], mass)
