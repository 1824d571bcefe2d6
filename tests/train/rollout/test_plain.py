"""The faster step says what the model says, and is taken only where it does."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from mathmill.eval.models import cache as layout  # noqa: E402
from mathmill.eval.models.decode import Network  # noqa: E402
from mathmill.train.rollout.plain import plain_steps  # noqa: E402
from tests.train.policy import made  # noqa: E402

PLAIN = ("llama", "tied", "gemma3", "qwen2", "qwen3")


def steps(network: Any, step: Any, count: int = 24) -> Any:
    """Logits after each of some tokens that follow three prompts of different lengths; the window of gemma3 is 8."""
    generator = torch.Generator().manual_seed(2)
    tokens = torch.randint(3, 390, (3, 10 + count), generator=generator)
    mask = torch.ones_like(tokens)
    mask[1, :4], mask[2, :7] = 0, 0
    positions = (mask.cumsum(1) - 1).clamp(min=0)
    cache = layout.new_cache(network.windows, 10 + count)
    found = []
    with torch.inference_mode():
        network(tokens[:, :10], positions[:, :10], mask[:, :10], cache)
        for at in range(10, 10 + count):
            found.append(step(tokens[:, at : at + 1], positions[:, at : at + 1], mask[:, : at + 1], cache))
    return torch.stack(found)


@pytest.mark.parametrize("kind", PLAIN)
def test_it_says_what_the_model_says(kind: str) -> None:
    causal = made.model(kind).eval()
    network = Network(causal)
    make = plain_steps(causal, torch.float32)
    assert make is not None
    own = steps(network, network)
    torch.testing.assert_close(steps(network, make(34)), own, rtol=1e-4, atol=1e-4 * float(own.abs().max()))


def test_without_padding_there_is_no_mask() -> None:
    causal = made.model("llama").eval()
    network, make = Network(causal), plain_steps(causal, torch.float32)
    assert make is not None
    tokens = torch.randint(3, 390, (2, 9), generator=torch.Generator().manual_seed(2))
    positions = torch.arange(9).expand(2, -1)
    found = []
    for with_mask in (False, True):
        cache = layout.new_cache(network.windows or (), 9)
        with torch.inference_mode():
            network(tokens[:, :8], positions[:, :8], torch.ones_like(tokens[:, :8]), cache)
            mask = torch.ones_like(tokens) if with_mask else None
            found.append(make(9)(tokens[:, 8:], positions[:, 8:], mask, cache))
    torch.testing.assert_close(found[0], found[1], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("kind", ["gemma2", "gpt2", "phi", "cohere", "granite", "mixtral"])
def test_what_is_not_known_is_left_to_the_model(kind: str) -> None:
    assert plain_steps(made.model(kind).eval(), torch.float32) is None


def test_what_is_known_by_name_and_differs_is_left_to_the_model() -> None:
    causal = made.model("llama").eval()
    assert plain_steps(causal, torch.float32) is not None
    own = causal.model.layers[1].mlp.forward
    causal.model.layers[1].mlp.forward = lambda states: own(states) * 1.1
    assert plain_steps(causal, torch.float32) is None


def test_angles_that_hang_on_the_length_are_left_to_the_model() -> None:
    import transformers

    library: Any = transformers
    config = made.config("llama")
    config.rope_parameters = {"rope_type": "dynamic", "rope_theta": 10_000.0, "factor": 2.0}
    assert plain_steps(library.LlamaForCausalLM(config).eval(), torch.float32) is None
