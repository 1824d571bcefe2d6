"""Generation for models whose past is a state and not columns: Mamba, RWKV, and hybrids of those with attention.

A state has seen what it has seen: padding cannot be masked out of it exactly, a prefix cannot be cut, and rows cannot
be moved. So transformers' own `generate` runs, on prompts of equal length together (and all samples of a prompt),
nothing is shared, and a batch lasts as long as its longest completion. Rows of RWKV go alone: in transformers 5.23 a
row's state is mixed up with that of another row. Tokens are drawn and stops found by the same
code as in `decode.py`, so what a completion is depends as little on the batch.

This file imports torch and transformers at its head. Only functions of this package import it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

import numpy as np
import torch
from transformers import GenerationConfig, LogitsProcessor, LogitsProcessorList, StoppingCriteria, StoppingCriteriaList

from mathmill.eval.models.base import Completion, Sampling
from mathmill.eval.models.decode import Ask
from mathmill.eval.models.sampling import Randomness, draw
from mathmill.eval.models.stops import Transcript

_ALONE = ("rwkv",)


class _Rows(LogitsProcessor):
    """Draws a token for each row and makes it the only possible one."""

    def __init__(self, jobs: Sequence[tuple[Ask, int]], sampling: Sampling) -> None:
        self._sampling = sampling
        self._randomness = [Randomness(sampling.seed, ask.id, sample) for ask, sample in jobs]
        self.transcripts = [Transcript(ask.endings, ask.stops) for ask, _ in jobs]

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor) -> torch.FloatTensor:
        uniforms = [
            randomness.uniform(transcript.tokens)
            for randomness, transcript in zip(self._randomness, self.transcripts, strict=True)
        ]
        tokens = draw(scores.float(), self._sampling, uniforms)
        for transcript, token in zip(self.transcripts, tokens, strict=True):
            if not transcript.finish:
                transcript.add(token)
        only = torch.full_like(scores, float("-inf"))
        only[torch.arange(len(tokens)), tokens] = 0
        return only  # type: ignore[return-value]


class _Ended(StoppingCriteria):
    """Says which rows have ended."""

    def __init__(self, rows: _Rows) -> None:
        self._rows = rows

    def __call__(self, input_ids: torch.LongTensor, scores: Any, **kwargs: Any) -> torch.BoolTensor:
        ended = [transcript.finish is not None for transcript in self._rows.transcripts]
        return torch.tensor(ended, device=input_ids.device)  # type: ignore[return-value]


def generate(
    model: Any, asks: Sequence[Ask], sampling: Sampling, rows: int
) -> Iterator[tuple[int, tuple[Completion, ...]]]:
    """The completions of each prompt, in batches of at most `rows` rows of prompts of one length, the longest first."""
    rows = 1 if model.config.model_type in _ALONE else rows
    done: dict[int, list[Completion]] = {}
    longest_first = sorted(asks, key=lambda ask: (-len(ask.tokens), ask.index))
    for _, group in groupby(longest_first, key=lambda ask: len(ask.tokens)):
        jobs = [(ask, sample) for ask in group for sample in range(sampling.n)]
        for begin in range(0, len(jobs), rows):
            batch = jobs[begin : begin + rows]
            for (ask, _), completion in zip(batch, _complete(model, batch, sampling), strict=True):
                completions = done.setdefault(ask.index, [])
                completions.append(completion)
                if len(completions) == sampling.n:
                    yield ask.index, tuple(done.pop(ask.index))


def _complete(model: Any, jobs: Sequence[tuple[Ask, int]], sampling: Sampling) -> list[Completion]:
    tokens = torch.from_numpy(np.stack([ask.tokens for ask, _ in jobs]).astype(np.int64)).to(model.device)
    rows = _Rows(jobs, sampling)
    settings = {"max_new_tokens": sampling.max_new_tokens, "do_sample": False, "pad_token_id": 0}
    model.generate(
        tokens,
        attention_mask=torch.ones_like(tokens),
        generation_config=GenerationConfig(**settings),  # type: ignore[no-untyped-call]
        logits_processor=LogitsProcessorList([rows]),
        stopping_criteria=StoppingCriteriaList([_Ended(rows)]),
    )
    return [transcript.completion() for transcript in rows.transcripts]
