"""What a step takes is forecast for any model, also one of few tokens."""

from __future__ import annotations

from typing import Any

import torch

from mathmill.train.batch.ends import Ends
from mathmill.train.policy.load import Policy
from mathmill.train.policy.memory import footprint
from tests.train.policy import made


def test_a_vocabulary_of_characters() -> None:
    import transformers

    library: Any = transformers
    shape: dict[str, Any] = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2}
    model = library.LlamaForCausalLM(library.LlamaConfig(vocab_size=20, num_attention_heads=2, **shape))
    ends = Ends(1, frozenset({1}), frozenset({1}), 1)
    policy = Policy(model, made.tokenizer(), ends, "tiny", torch.device("cpu"), "float32", {}, ())
    found = footprint(policy)
    weights = 4 * sum(each.numel() for each in model.parameters())
    one, two = found.forecast(1, 64), found.forecast(2, 64)
    assert one.weights == one.gradients == weights and one.moments == 2 * weights
    assert two.activations > one.activations > 0
