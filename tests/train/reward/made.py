"""Groups whose rollouts say what a test wants."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mathmill.data.problem_rows import Problem
from mathmill.train.rollout.records import Group, Rollout

PROBLEM = Problem("made/1", "How many clips are 48 and half of them?", "72", {"solution": "48 + 24 = 72", "level": 1})


def bytes_of(text: str) -> list[int]:
    """A tokenizer whose tokens are bytes."""
    return list(text.encode(errors="surrogatepass"))


def text_of(ids: list[int]) -> str:
    """What `bytes_of` made tokens of."""
    return bytes(ids).decode(errors="replace")


def rollout(text: str, sample: int = 0, problem: Problem = PROBLEM, tokens: Sequence[int] | None = None) -> Rollout:
    ids = bytes_of(text) if tokens is None else tokens
    return Rollout(
        problem=problem.id,
        sample=sample,
        prompt_ids=(1, 2),
        completion_ids=np.array(ids, np.int32),
        logprobs=np.full(len(ids), -0.5, np.float32),
        finish="eos",
        text=text,
        kept=None,
    )


def group(*texts: str, problem: Problem = PROBLEM) -> Group:
    return Group(problem, tuple(rollout(text, sample, problem) for sample, text in enumerate(texts)))
