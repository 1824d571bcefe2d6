"""A policy from scratch: a small Llama with random weights, for a tokenizer that is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field, PositiveInt, model_validator

from mathmill.data.config import Config

if TYPE_CHECKING:
    from transformers import LlamaForCausalLM, PreTrainedTokenizerFast


class FreshModel(Config):
    """The shape of a model from scratch; the defaults have 3.2 M parameters beside 0.26 M a thousand tokens."""

    width: PositiveInt = Field(default=256, description="of the hidden states")
    layers: PositiveInt = Field(default=4, description="blocks of attention and feed-forward")
    heads: PositiveInt = Field(default=4, description="of attention; they share the width")
    key_heads: PositiveInt | None = Field(default=None, description="heads of keys and values; without it, heads")
    inner: PositiveInt | None = Field(default=None, description="width within a feed-forward; without it, 8/3 of width")
    vocabulary: PositiveInt = Field(default=8_192, description="tokens, where a tokenizer is made of the corpus")
    context: PositiveInt = Field(default=2_048, description="tokens that it can look at")
    rope: float = Field(default=10_000.0, gt=1, description="base of the rotary positions")

    @model_validator(mode="after")
    def _heads_fit(self) -> FreshModel:
        if self.width % self.heads or (self.width // self.heads) % 2:
            raise ValueError(f"width {self.width} is not {self.heads} heads of an even width")
        if self.heads % (self.key_heads or self.heads):
            raise ValueError(f"{self.heads} heads cannot share {self.key_heads} heads of keys and values evenly")
        return self


def fresh_model(shape: FreshModel, tokenizer: PreTrainedTokenizerFast, seed: int) -> LlamaForCausalLM:
    """A model of that shape in fp32 on the CPU. Embedding and head are one matrix; the seed decides all weights.

    It leaves torch's own random state as it was.
    """
    import torch
    import transformers

    library: Any = transformers  # its annotations are of many minds

    ends: dict[str, Any] = {
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
    }
    config = library.LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=shape.width,
        intermediate_size=shape.inner or -(-shape.width * 8 // 3 // 32) * 32,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.key_heads or shape.heads,
        max_position_embeddings=shape.context,
        rope_parameters={"rope_type": "default", "rope_theta": shape.rope},
        tie_word_embeddings=True,
        **ends,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model: LlamaForCausalLM = library.LlamaForCausalLM(config)
    model.generation_config = library.GenerationConfig(**ends)
    return model
