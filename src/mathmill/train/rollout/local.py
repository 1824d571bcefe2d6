"""The engine in this process: the policy speaks with the weights that it has, and no copy of the model is made.

It speaks in eval mode and without gradients, computing in what it is trained in, so that training finds the logprobs
that were noted. What is done for each token is that of evaluation (`eval.models.decode`), or of `plain.py`.

This file imports torch at its head. Only functions import it.
"""

from __future__ import annotations

import gc
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from transformers.cache_utils import DynamicCache

from mathmill.data.errors import ConfigError
from mathmill.eval.models import cache as layout
from mathmill.eval.models.base import Sampling
from mathmill.eval.models.decode import Ask, Batch, Network, Plan
from mathmill.eval.models.memory import free_bytes, is_out_of_memory
from mathmill.eval.models.stops import Spoken
from mathmill.eval.models.tokens import Reader
from mathmill.train.policy.load import Policy
from mathmill.train.rollout.plain import MakeStep, PlainStep, plain_steps
from mathmill.train.rollout.records import Group, Kept, Question, Rollout

_MOST_ROWS = {"cpu": 64, "cuda": 256}  # more than these make a token hardly cheaper
_PART = 0.4  # of the free memory for the cache of a batch: prompts that go through the model take as much again
_ROOM = 512  # columns that a buffer has free at most: so long a completion is not moved


class LocalEngine:
    """Draws Groups from a Policy. `rows` completions are under way at once, 0 for as many as fit.

    Raises:
        ConfigError: the past of the model is a state: nothing is drawn from such here.
    """

    def __init__(self, policy: Policy, rows: int = 0, template: Mapping[str, Any] | None = None) -> None:
        """`template` are arguments of the chat template by name."""
        self._policy, self._wanted, self._template = policy, rows, template
        reader, ends = self._reader(), policy.ends
        self._endings = {
            chat: replace(reader.endings(chat, 1), eos=eos)
            for chat, eos in ((False, ends.of_text), (True, ends.of_turn))
        }
        self._network = _Speaking(policy)
        if self._network.windows is None:
            raise ConfigError(
                f"{policy.name} ({policy.causal.config.model_type}) keeps a state of what it read, from which groups "
                "are not drawn here: train one with attention alone"
            )

    def groups(self, questions: Sequence[Question], sampling: Sampling, draw: str) -> Generator[Group, None, None]:
        """A Group of each Question as they are finished, about the longest prompts first. See `records.Engine`.

        The policy is in eval mode until the iterator ends or is closed. Where memory runs out, Questions that are not
        answered are begun anew with half the rows, once.

        Raises:
            ConfigError: prompts and completions do not fit into the context; or memory ran out twice.
        """
        left = {ask.index: ask for ask in self._asks(questions, sampling, draw)}
        if not left:
            return
        columns = max(len(ask.tokens) for ask in left.values()) + sampling.max_new_tokens
        with _speaking(self._policy), self._network.prepared(columns):
            for index, spoken in self._spoken(left, sampling, columns):
                yield _group(questions[index], left.pop(index), spoken)

    def _spoken(
        self, left: Mapping[int, Ask], sampling: Sampling, columns: int
    ) -> Iterator[tuple[int, tuple[Spoken, ...]]]:
        """What is said to what is left, of which the caller takes away what was said."""
        free = free_bytes(self._network.device.type)
        room = min(sampling.max_new_tokens, _ROOM)
        rows = self._rows(columns + room, free)
        for half in (False, True):
            try:
                yield from Batch(
                    self._network, list(left.values()), sampling, Plan(rows, noted=True, room=room)
                ).spoken()
                return
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
                if half or rows == 1:
                    raise ConfigError(self._advice(rows, free)) from None
            _collect()
            rows = max(rows // 2, 1)

    def _reader(self) -> Reader:
        """A new one: it remembers what it read, and a prompt is seldom asked again soon."""
        return Reader(self._policy.name, self._policy.tokenizer, self._policy.causal, self._template)

    def _asks(self, questions: Sequence[Question], sampling: Sampling, draw: str) -> list[Ask]:
        reader, prompts = self._reader(), [question.prompt for question in questions]
        reader.check(prompts, sampling)
        endings = {
            chat: replace(ending, max_new_tokens=sampling.max_new_tokens) for chat, ending in self._endings.items()
        }
        return [
            Ask(
                index, f"{draw}/{question.problem.id}", tokens, prompt.stops, endings[not isinstance(prompt.given, str)]
            )
            for index, (question, prompt, tokens) in enumerate(
                zip(questions, prompts, reader.read(prompts), strict=True)
            )
        ]

    def _rows(self, columns: int, free: int) -> int:
        if self._wanted:
            return self._wanted
        logits = 4 * 3 * self._policy.causal.config.get_text_config(decoder=True).vocab_size
        row = columns * self._network.bytes_of_token() + logits
        return max(min(int(_PART * free / row), _MOST_ROWS[self._network.device.type]), 1)

    def _advice(self, rows: int, free: int) -> str:
        fewer = f"rows = {rows // 2}, " if rows > 1 else ""
        return (
            f"{self._policy.name} ran out of memory while {rows} completion{'s were' if rows > 1 else ' was'} under "
            f"way ({free / 2**30:.1f} GiB were free before): set {fewer}a smaller max_new_tokens, or take a smaller "
            "model"
        )


class _Speaking(Network):
    """A policy's model, called in the precision that it is trained in."""

    def __init__(self, policy: Policy) -> None:
        super().__init__(policy.causal)
        self._computed_in = torch.bfloat16 if policy.precision == "bfloat16" else torch.float32
        self._make: MakeStep | None = None
        self._probed = False
        self._plain: PlainStep | None = None

    def __call__(
        self, tokens: torch.Tensor, positions: torch.Tensor, mask: torch.Tensor, cache: DynamicCache
    ) -> torch.Tensor:
        if self._computed_in == torch.float32:
            return super().__call__(tokens, positions, mask, cache)
        with torch.autocast(self.device.type, self._computed_in):
            logits = super().__call__(tokens, positions, mask, cache)
        for layer in layout.columns_of(cache):
            layer.cast(self._computed_in)
        return logits

    def step(
        self, tokens: torch.Tensor, positions: torch.Tensor, mask: torch.Tensor, cache: DynamicCache, padded: bool
    ) -> torch.Tensor:
        if self._plain is None:
            return self(tokens, positions, mask, cache)
        return self._plain(tokens, positions, mask if padded else None, cache)

    @contextmanager
    def prepared(self, positions: int) -> Iterator[None]:
        """Within this the weights stay as they are, and no row has more than so many tokens.

        Raises:
            ConfigError: each process has a share of the weights only.
        """
        if any(hasattr(weight, "full_tensor") for weight in self.model.parameters()):
            raise ConfigError(
                "the weights are spread over processes, and a policy speaks with all of them: set machine.parallel = "
                "'ddp'"
            )
        if not self._probed:
            self._make = plain_steps(self.model, self._computed_in)
        self._probed = True
        self._plain = self._make(positions) if self._make else None
        try:
            yield
        finally:
            self._plain = None


@contextmanager
def _speaking(policy: Policy) -> Iterator[None]:
    """Within this the policy is in eval mode, and its weights are cast to another precision once and not each time."""
    was_training = policy.model.training
    policy.model.eval()
    library: Any = torch  # its annotations lack these
    library.autocast_increment_nesting()
    try:
        yield
    finally:
        if library.autocast_decrement_nesting() == 0:
            library.clear_autocast_cache()
        policy.model.train(was_training)


def _group(question: Question, ask: Ask, spoken: Sequence[Spoken]) -> Group:
    prompt_ids = tuple(ask.tokens.tolist())
    return Group(
        question.problem,
        tuple(
            Rollout(
                problem=question.problem.id,
                sample=sample,
                prompt_ids=prompt_ids,
                completion_ids=np.array(each.tokens, np.int32),
                logprobs=np.array(each.logprobs, np.float32),
                finish=each.completion.finish,
                text=each.completion.text,
                kept=Kept.of(each.kept) if each.kept else None,
            )
            for sample, each in enumerate(spoken)
        ),
    )


def _collect() -> None:
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
