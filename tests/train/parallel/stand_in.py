"""A stand-in for a policy, a tiny Llama whose forward pass gives the logprobs of targets, and steps of training it."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from mathmill.train.batch.order import share
from mathmill.train.checkpoint.state import Trained
from mathmill.train.logprob import token_logprobs
from mathmill.train.parallel.processes import World, total
from mathmill.train.parallel.spread import Spread, spread

#: How many rows the steps have: of the third step a second process has none, of others it has fewer.
ROWS = (7, 4, 1, 5, 6, 3)
_VOCABULARY = 67
_MICROBATCH = 2


class Scored(NamedTuple):
    logprobs: Tensor


class Scorer(nn.Module):
    """Logprobs [B, T] of targets [B, T], with the head's weight read in the forward pass."""

    def __init__(self, model: Any, precision: str) -> None:
        super().__init__()
        self.model = model
        self._bfloat16 = precision == "bfloat16"

    def forward(self, inputs: dict[str, Tensor], targets: Tensor) -> Scored:
        causal = self.model.get_base_model() if hasattr(self.model, "get_base_model") else self.model
        with torch.autocast("cpu", torch.bfloat16, enabled=self._bfloat16):
            hidden = causal.model(**inputs).last_hidden_state
            found = token_logprobs(hidden.flatten(0, 1), causal.lm_head.weight, targets.flatten())
        return Scored(found.logprobs.view_as(targets).clone())  # fsdp warns of a view


@dataclass(frozen=True, slots=True)
class Kind:
    """What is trained, and how it is spread."""

    how: Any = "ddp"
    precision: str = "float32"
    dtype: torch.dtype = torch.float32
    tied: bool = True
    checkpointing: bool = False
    lora: bool = False
    experts: bool = False
    fused: bool = True


def make_model(kind: Kind, seed: int) -> Any:
    """A Llama of odd sizes, which no number of processes divides."""
    import transformers

    library: Any = transformers
    config = (library.MixtralConfig if kind.experts else library.LlamaConfig)(
        vocab_size=_VOCABULARY,
        hidden_size=24,
        intermediate_size=40 if kind.experts else 37,  # products of experts need whole fours
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        max_position_embeddings=64,
        tie_word_embeddings=kind.tied,
        attention_bias=True,
        num_local_experts=5,
        num_experts_per_tok=1,
    )
    torch.manual_seed(seed)
    model = library.AutoModelForCausalLM.from_config(config).to(kind.dtype)
    if kind.checkpointing:
        model.activation_checkpointing_enable()
    if kind.lora:
        import peft

        settings = peft.LoraConfig(r=3, target_modules="all-linear", init_lora_weights=False)
        with warnings.catch_warnings(action="ignore", category=FutureWarning):  # by what it asks of transformers
            model = peft.get_peft_model(model, settings)
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.data = parameter.data.float()
    return model.train()


def begun(kind: Kind, world: World) -> tuple[Spread, Trained]:
    """A training before its first step. Each process makes other weights: those of the first are to count."""
    model = make_model(kind, seed=1 + world.rank)
    policy = spread(Scorer(model, kind.precision), kind.how, world, "cpu", kind.precision)
    own = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(own, lr=1e-3, weight_decay=0.1, fused=kind.fused)
    return policy, Trained(model, optimizer, trained_only=kind.lora)


def train(policy: Spread, trained: Trained, world: World, first: int, last: int) -> list[tuple[float, float]]:
    """Steps of microbatches, the gradient clipped; of each the loss, and the norm of the gradient before it was."""
    told = []
    for step in range(first, last):
        rows = _rows(step)
        tokens = sum(len(row) - 1 for row in rows)
        mine = share(rows, world.rank, world.size)
        starts = range(0, len(share(rows, 0, world.size)), _MICROBATCH)
        loss = 0.0
        for start in starts:
            with nullcontext() if start == starts[-1] else policy.accumulating():
                part = _loss(policy, mine[start : start + _MICROBATCH], rows[0], tokens)
                part.backward()  # type: ignore[no-untyped-call]
            loss += float(part.detach())
        told.append((total([loss])[0], policy.clip(0.5)))
        trained.optimizer.step()
        trained.optimizer.zero_grad()
    return told


def _rows(step: int) -> list[Tensor]:
    draw = torch.Generator().manual_seed(step)
    lengths = torch.randint(3, 20, (ROWS[step % len(ROWS)],), generator=draw)
    return [torch.randint(_VOCABULARY, (int(length),), generator=draw) for length in lengths]


def _loss(policy: Spread, rows: Sequence[Tensor], idle: Tensor, tokens: int) -> Tensor:
    """A microbatch's share of the loss; without rows that of a row of which nothing is trained."""
    ids = nn.utils.rnn.pad_sequence(list(rows) or [idle], batch_first=True)
    targets = torch.full_like(ids, -100)
    for at, row in enumerate(rows):
        targets[at, : len(row) - 1] = row[1:]
    found: Tensor = policy.module({"input_ids": ids, "use_cache": False}, targets).logprobs
    return -found.sum() / tokens
