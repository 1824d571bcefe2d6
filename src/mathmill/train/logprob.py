"""Log-probabilities of given tokens and entropies, out of hidden states, without the logits of a whole batch at once.

    found = token_logprobs(hidden, model.lm_head.weight, targets)
    token_loss(found, tokens).backward()

Logits exist a tile at a time, `rows x columns of the vocabulary`: forward keeps a running maximum and sum of each row,
backward makes each tile again out of what was saved, two numbers a row. Tiles run along the vocabulary first, so that a
stretch of the head's gradient is summed over all rows while it is at hand, and written once.

A product has the dtype of `hidden`, as in the model's own head; what follows (softcap, temperature, softmax, sums over
tiles) is float32, or float64 for float64. Under autocast the dtype is that of autocast.

This file imports torch at its head. Only functions import it.

Shapes: N tokens, n of them not ignored, H hidden size, V vocabulary; r rows and c columns of a tile.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional

from mathmill.data.errors import ConfigError
from mathmill.train.batch.packing import IGNORED

_TILE = 2**24  # logits: 64 MiB of float32
_TILE_CPU = 2**21  # 8 MiB: what stays in a cache of the processor is worked on up to twice as fast
_ROWS = 2**12  # enough for a product to be as fast as it gets; with more, tiles would be too narrow for the other two
# The logit of a token that cannot be drawn: finite, so that 0 times it is 0, and its exponential is 0 beside any other.
_NEVER = -1e30


@dataclass(frozen=True, slots=True)
class TokenLogprobs:
    """The logprob of each target, and the entropy of the distribution that it is from; both 0 where ignored."""

    logprobs: Tensor
    entropy: Tensor | None


class KeptIds(NamedTuple):
    """Of each target that is not ignored, in their order, the ids of the tokens that could have been drawn instead.

    They are one after the other in `ids`, each target its own and itself among them; `ends` [n] says where each ends.
    """

    ids: Tensor
    ends: Tensor


def token_logprobs(
    hidden: Tensor,
    weight: Tensor,
    targets: Tensor,
    *,
    bias: Tensor | None = None,
    softcap: float | None = None,
    temperature: float = 1.0,
    chunk: int | None = None,
    with_entropy: bool = False,
    kept: KeptIds | None = None,
) -> TokenLogprobs:
    """Logprobs [N] of `targets` [N] under `log_softmax(hidden [N, H] @ weight [V, H].T + bias [V])`, and entropies [N].

    Logits are capped first, `softcap * tanh(logits / softcap)`, then divided by `temperature`. A token whose target is
    `IGNORED` costs nothing and takes no gradient. No more than `chunk x V` logits exist at once, 64 MiB of them
    (8 on a processor) unless told otherwise, but one column of them always; results hang on it by rounding alone.

    Entropies have a gradient too, which is worked out only where they are part of what is differentiated.

    With `kept` each distribution is that of the tokens kept alone, as top-k and top-p make it, entropies too.

    Raises:
        ConfigError: a target is not in the vocabulary, softcap, temperature or chunk is not above 0, or the tokens kept
            are those of other targets.
    """
    for name, value in {"softcap": softcap, "temperature": temperature, "chunk": chunk}.items():
        if value is not None and not value > 0:
            raise ConfigError(f"{name} of token_logprobs is {value}: set it above 0")
    vocabulary = len(weight)
    trained = (targets != IGNORED).nonzero().squeeze(1)
    if len(trained):
        least, most = (int(each) for each in targets[trained].aminmax())
        if least < 0 or most >= vocabulary:
            wrong = least if least < 0 else most
            raise ConfigError(
                f"target {wrong} is not in the {vocabulary} tokens of the head: take model and tokenizer from one "
                f"place, and mark what is not trained with {IGNORED}"
            )
    others = None if kept is None else Others(kept, len(trained))
    device = hidden.device.type
    if torch.is_autocast_enabled(device):
        hidden = hidden.to(torch.get_autocast_dtype(device))
    tile = chunk * vocabulary if chunk else _TILE_CPU if device == "cpu" else _TILE
    head = _Head(softcap, temperature, tile, with_entropy, others)
    with torch.autocast(device, enabled=False):
        logprobs, entropy = _apply(hidden, weight, bias, targets, trained, head)
    return TokenLogprobs(logprobs, entropy)


def tile_bytes(device: str) -> int:
    """What a tile of logits and the one made from it take, on a kind of device."""
    return 2 * 4 * (_TILE_CPU if device == "cpu" else _TILE)


def token_loss(found: TokenLogprobs, tokens: int) -> Tensor:
    """The share of a microbatch in the mean loss of all trained tokens of a step.

    `tokens` counts those of the whole step, in all microbatches of all processes. Gradients are then to be summed, not
    averaged, and are the same however the step is cut up, padded or packed.

    Raises:
        ConfigError: there is none.
    """
    if tokens < 1:
        raise ConfigError("a step has no trained token: look whether truncation or masks left any completion")
    return -found.logprobs.sum() / tokens


class Others:
    """The tokens that could not be drawn: all but those kept, of each target that is not ignored."""

    def __init__(self, kept: KeptIds, targets: int) -> None:
        if len(kept.ends) != targets:
            raise ConfigError(
                f"tokens are kept for {len(kept.ends)} targets, and {targets} are trained: take them from the same rows"
            )
        self._ids = kept.ids.long()
        self._bounds = [0, *kept.ends.tolist()]
        counts = kept.ends.diff(prepend=kept.ends.new_zeros(1))
        self._rows = torch.arange(targets, device=kept.ids.device).repeat_interleave(counts)

    def of(self, tile_rc: Tensor, rows: slice, columns: slice) -> Tensor:
        """Where in a tile they are."""
        some = slice(self._bounds[rows.start], self._bounds[rows.stop])
        ids = self._ids[some]
        width = columns.stop - columns.start
        # What is kept outside of these columns goes into one more column: no branch, which would wait for the GPU.
        place = torch.where((ids >= columns.start) & (ids < columns.stop), ids - columns.start, width)
        others_rc = torch.ones(len(tile_rc), width + 1, dtype=torch.bool, device=tile_rc.device)
        others_rc[self._rows[some] - rows.start, place] = False
        return others_rc[:, :width]

    def hide(self, tile_rc: Tensor, rows: slice, columns: slice) -> None:
        """Let their logits count for nothing, in place."""
        tile_rc.masked_fill_(self.of(tile_rc, rows, columns), _NEVER)

    def hidden(self, logits: Tensor) -> Tensor:
        """All logits at once, with a gradient: theirs count for nothing."""
        return logits.masked_fill(self.of(logits, slice(0, len(logits)), slice(0, logits.shape[1])), _NEVER)


@dataclass(frozen=True, slots=True)
class _Head:
    """What is done with products, and how many of them are in a tile."""

    softcap: float | None
    temperature: float
    tile: int
    with_entropy: bool
    others: Others | None

    def logits(self, states_rh: Tensor, weight_ch: Tensor, bias_c: Tensor | None) -> Tensor:
        tile_rc = functional.linear(states_rh, weight_ch, bias_c).to(_wide(states_rh))
        if self.softcap is not None:
            return tile_rc.div_(self.softcap).tanh_().mul_(self.softcap / self.temperature)
        return tile_rc if self.temperature == 1 else tile_rc.div_(self.temperature)

    def slope(self, logits_rc: Tensor) -> Tensor | None:
        """What a capped logit, before it is divided by the temperature, gains by its product."""
        if self.softcap is None:
            return None
        return logits_rc.mul(self.temperature / self.softcap).square_().neg_().add_(1)

    def columns(self, states_nh: Tensor, weight: Tensor) -> Iterator[slice]:
        """Stretches of the vocabulary, of which neither the tile of logits nor the part of the head is too large."""
        vocabulary, width = weight.shape
        count = max(1, self.tile // max(1, min(len(states_nh), _ROWS), width))
        return (slice(begin, min(begin + count, vocabulary)) for begin in range(0, vocabulary, count))

    def rows(self, rows: int) -> Iterator[slice]:
        return (slice(begin, min(begin + _ROWS, rows)) for begin in range(0, rows, _ROWS))


class _TokenLogprobs(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, hidden: Tensor, weight: Tensor, bias: Tensor | None, targets: Tensor, trained: Tensor, head: _Head
    ) -> tuple[Tensor, Tensor | None]:
        ctx.set_materialize_grads(False)
        ctx.head = head
        ours_n1 = targets[trained].unsqueeze(1)
        running = _Running(len(trained), hidden, head.with_entropy)
        states = _rows_of(hidden, trained)
        for columns in head.columns(states, weight):
            part, part_bias = _part(weight, bias, columns, hidden.dtype)
            for rows in head.rows(len(states)):
                tile_rc = head.logits(states[rows], part, part_bias)
                if head.others is not None:
                    head.others.hide(tile_rc, rows, columns)
                running.add(rows, tile_rc, ours_n1[rows] - columns.start)
        entropy_n1 = running.entropy() if head.with_entropy else None
        ctx.save_for_backward(hidden, weight, bias, ours_n1, trained, running.peak_n1, running.total_n1, entropy_n1)
        entropy = None if entropy_n1 is None else _spread(entropy_n1.squeeze(1), trained, len(hidden))
        return _spread(running.logprobs().squeeze(1), trained, len(hidden)), entropy

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, by_logprob: Tensor | None, by_entropy: Tensor | None) -> tuple[Tensor | None, ...]:
        if by_logprob is None and by_entropy is None:
            return None, None, None, None, None, None
        hidden, weight, bias, ours_n1, trained, *_ = ctx.saved_tensors
        head: _Head = ctx.head
        wants_hidden, wants_weight, wants_bias = ctx.needs_input_grad[:3]
        states = _rows_of(hidden, trained)
        slopes = _Slopes(ctx, by_logprob, by_entropy)
        grad_states = torch.zeros_like(states, dtype=_wide(hidden)) if wants_hidden else None
        grad_weight = torch.empty_like(weight) if wants_weight else None
        grad_bias = torch.empty_like(bias) if wants_bias else None
        for columns in head.columns(states, weight):
            part, part_bias = _part(weight, bias, columns, hidden.dtype)
            # Summed over rows in full precision, and rounded once.
            sum_weight = torch.zeros(part.shape if wants_weight else 0, dtype=_wide(hidden), device=hidden.device)
            sum_bias = torch.zeros(len(part) if wants_bias else 0, dtype=_wide(hidden), device=hidden.device)
            for rows in head.rows(len(states)):
                tile_rc = head.logits(states[rows], part, part_bias)
                wide_rc = slopes.tile(rows, columns, tile_rc, ours_n1[rows] - columns.start)
                if wants_bias:
                    sum_bias += wide_rc.sum(0)
                tile_rc = wide_rc.to(hidden.dtype)
                if grad_states is not None:
                    grad_states[rows] += tile_rc @ part
                if wants_weight:
                    sum_weight += tile_rc.T @ states[rows]
            if grad_weight is not None:
                grad_weight[columns] = sum_weight
            if grad_bias is not None:
                grad_bias[columns] = sum_bias
        grad_hidden = None if grad_states is None else _spread(grad_states.to(hidden.dtype), trained, len(hidden))
        return grad_hidden, grad_weight, grad_bias, None, None, None


_apply: Any = _TokenLogprobs.apply


class _Running:
    """What is known of each row after some columns, all of it relative to the largest logit so far."""

    def __init__(self, rows: int, hidden: Tensor, with_entropy: bool) -> None:
        wide = _wide(hidden)
        # Finite, so that a row of nothing but -inf so far has differences.
        self.peak_n1 = torch.full((rows, 1), torch.finfo(wide).min, dtype=wide, device=hidden.device)
        self.total_n1 = torch.zeros_like(self.peak_n1)  # sum of exp(logit - peak)
        self.moment_n1 = torch.zeros_like(self.peak_n1) if with_entropy else None  # and of that times (logit - peak)
        self.chosen_n1 = torch.zeros_like(self.peak_n1)  # the target's logit

    def add(self, rows: slice, tile_rc: Tensor, place_r1: Tensor) -> None:
        """Take a tile in, which is used up; `place` is the target's column in it, or outside."""
        place_r1, inside_r1 = _within(place_r1, tile_rc)
        chosen_r1 = self.chosen_n1[rows]
        self.chosen_n1[rows] = torch.where(inside_r1, tile_rc.gather(1, place_r1), chosen_r1)
        peak_r1, total_r1 = self.peak_n1[rows], self.total_n1[rows]
        new_r1 = torch.maximum(peak_r1, tile_rc.amax(1, keepdim=True))
        sunk_r1 = peak_r1 - new_r1
        fade_r1 = sunk_r1.exp()
        tile_rc.sub_(new_r1)
        powers_rc = tile_rc.exp_() if self.moment_n1 is None else tile_rc.exp()
        if self.moment_n1 is not None:
            moved_r1 = fade_r1 * (self.moment_n1[rows] + sunk_r1 * total_r1)
            self.moment_n1[rows] = moved_r1 + tile_rc.mul_(powers_rc).sum(1, keepdim=True)
        self.total_n1[rows] = fade_r1 * total_r1 + powers_rc.sum(1, keepdim=True)
        self.peak_n1[rows] = new_r1

    def logprobs(self) -> Tensor:
        # In this order: where the target is all but certain nothing of its size is lost to that of the logits.
        return (self.chosen_n1 - self.peak_n1) - self.total_n1.log()

    def entropy(self) -> Tensor:
        assert self.moment_n1 is not None
        return self.total_n1.log() - self.moment_n1 / self.total_n1


class _Slopes:
    """Gradients with respect to products, out of those with respect to logprobs and entropies."""

    def __init__(self, ctx: Any, by_logprob: Tensor | None, by_entropy: Tensor | None) -> None:
        *_, trained, self.peak_n1, total_n1, self.entropy_n1 = ctx.saved_tensors
        self.head: _Head = ctx.head
        self.total_n1 = total_n1
        self.by_logprob_n1 = torch.zeros_like(total_n1) if by_logprob is None else _column(by_logprob, trained)
        self.by_logprob_n1 = self.by_logprob_n1 / self.head.temperature
        self.by_entropy_n1 = None if by_entropy is None else _column(by_entropy, trained) / self.head.temperature

    def tile(self, rows: slice, columns: slice, logits_rc: Tensor, place_r1: Tensor) -> Tensor:
        """The gradient of a tile, in its place: of a logprob, `1 at the target - p`; of an entropy, `-p (log p + it)`.

        `log` is natural. Products are capped after, so the slope of the cap comes last.
        """
        slope_rc = self.head.slope(logits_rc)
        if self.head.others is not None:
            self.head.others.hide(logits_rc, rows, columns)
        by_logprob_r1, total_r1 = self.by_logprob_n1[rows], self.total_n1[rows]
        logits_rc.sub_(self.peak_n1[rows])
        if self.by_entropy_n1 is None:
            tile_rc = logits_rc.exp_().mul_(-by_logprob_r1 / total_r1)
        else:
            powers_rc = logits_rc.exp()
            by_entropy_r1 = self.by_entropy_n1[rows]
            shift_r1 = self.entropy_n1[rows] - total_r1.log()
            tile_rc = logits_rc.add_(shift_r1).mul_(by_entropy_r1).add_(by_logprob_r1).mul_(powers_rc).div_(-total_r1)
        place_r1, inside_r1 = _within(place_r1, tile_rc)
        tile_rc.scatter_add_(1, place_r1, by_logprob_r1 * inside_r1)
        return tile_rc if slope_rc is None else tile_rc.mul_(slope_rc)


def _within(place_r1: Tensor, tile_rc: Tensor) -> tuple[Tensor, Tensor]:
    """A column that exists, and whether it is the one meant: no branch, which would wait for the GPU."""
    last = tile_rc.shape[1] - 1
    return place_r1.clamp(0, last), (place_r1 >= 0) & (place_r1 <= last)


def _wide(tensor: Tensor) -> torch.dtype:
    return torch.float64 if tensor.dtype == torch.float64 else torch.float32


def _part(weight: Tensor, bias: Tensor | None, columns: slice, dtype: torch.dtype) -> tuple[Tensor, Tensor | None]:
    return weight[columns].to(dtype), None if bias is None else bias[columns].to(dtype)


def _rows_of(tensor: Tensor, trained: Tensor) -> Tensor:
    """The rows that are trained, without a copy where that is all."""
    return tensor if len(trained) == len(tensor) else tensor[trained]


def _column(tensor: Tensor, trained: Tensor) -> Tensor:
    return _rows_of(tensor, trained).unsqueeze(1)


def _spread(rows: Tensor, trained: Tensor, count: int) -> Tensor:
    """Rows back in their places, with zeros between."""
    if len(trained) == count:
        return rows
    return rows.new_zeros(count, *rows.shape[1:]).index_copy_(0, trained, rows)
