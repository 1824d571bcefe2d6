"""Examples side by side in a row do not see each other, whatever the model, and are trained as if each were alone."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mathmill.data.errors import ConfigError
from mathmill.train.batch.ends import Ends
from mathmill.train.batch.examples import Example
from mathmill.train.batch.packing import IGNORED, batch_of, check_packs, pack
from tests.eval.models import tiny

EOS = 1
ENDS = Ends(EOS, frozenset({EOS}), frozenset({EOS}), EOS)


def example(size: int, origin: str, prompt: int = 1) -> Example:
    """Tokens of its own, of which those after the prompt are trained; the last is the EOS, which is also what pads."""
    first = 10 + 31 * ord(origin)
    ids = [10 + (first + 7 * at) % 300 for at in range(size - 1)]
    return Example((*ids, EOS), tuple(at >= prompt for at in range(size)), origin)


A, B, C, D, E = (example(size, name, prompt) for size, name, prompt in
                 ((9, "a", 1), (2, "b", 1), (14, "c", 6), (5, "d", 4), (12, "e", 2)))  # fmt: skip
ROWS = [[A, B, C], [D, E]]


def network(kind: str, attention: str | None = None) -> Any:
    import torch
    import transformers

    library: Any = transformers
    torch.manual_seed(1)
    usual = "eager" if kind == "mamba" else "sdpa"
    made = library.AutoModelForCausalLM.from_config(tiny.config(kind), attn_implementation=attention or usual)
    with torch.no_grad():
        for name, weight in made.named_parameters():
            if weight.ndim == 2 and "A_log" not in name:
                weight.normal_(0, 0.2)
    return made.train().requires_grad_(True) if kind != "gpt2" else made.eval()  # GPT-2 has dropout


def losses(made: Any, rows: list[list[Example]]) -> Any:
    """Summed loss of the trained tokens, and how many there are."""
    import torch

    batch = batch_of(rows, ENDS.pad)
    logits = made(**batch.inputs()).logits
    loss = torch.nn.functional.cross_entropy(
        logits.flatten(0, 1), batch.targets_on().flatten(), ignore_index=IGNORED, reduction="sum"
    )
    return loss, batch.trained


@given(
    lengths=st.lists(st.integers(2, 50), max_size=300),
    length=st.integers(50, 120),
    seed=st.randoms(use_true_random=False),
)
def test_rows_hold_every_example_once(lengths: list[int], length: int, seed: Any) -> None:
    order = list(range(len(lengths)))
    seed.shuffle(order)
    rows = list(pack(order, lengths, length))
    assert sorted(at for row in rows for at in row) == list(range(len(lengths)))
    assert all(0 < sum(lengths[at] for at in row) <= length for row in rows)
    assert rows == list(pack(order, lengths, length))


@pytest.mark.parametrize(
    ("lengths", "rows"),
    [
        ([5, 5, 5], [(0, 1), (2,)]),
        ([6, 6, 4, 4], [(0, 2), (1, 3)]),
        ([6, 5, 4, 5, 10], [(0, 2), (1, 3), (4,)]),
        ([7, 6, 4, 2], [(1, 2), (0, 3)]),
        ([10], [(0,)]),
        ([], []),
    ],
)
def test_first_fit(lengths: list[int], rows: list[tuple[int, ...]]) -> None:
    assert list(pack(range(len(lengths)), lengths, 10)) == rows


def test_no_more_rows_are_open_than_are_looked_at() -> None:
    given = iter(range(1000))
    rows = pack(given, [9] * 1000, 10)
    assert [next(rows) for _ in range(3)] == [(0,), (1,), (2,)]
    assert next(given) == 67  # 64 rows are open


def test_an_example_that_fits_into_no_row() -> None:
    with pytest.raises(ConfigError, match="an Example of 11 tokens does not fit into rows of 10"):
        list(pack([0], [11], 10))


def test_a_batch() -> None:
    batch = batch_of([[B, D], [example(4, "x", 2)]], ENDS.pad)
    x = example(4, "x").input_ids
    assert batch.input_ids.tolist() == [[*B.input_ids, *D.input_ids], [*x, EOS, EOS, EOS]]
    assert batch.position_ids.tolist() == [[0, 1, 0, 1, 2, 3, 4], [0, 1, 2, 3, 0, 1, 2]]
    no = IGNORED
    # Nothing predicts the first token of the next Example, and an EOS is a target where it ends one, not where it pads.
    assert batch.targets.tolist() == [[EOS, no, no, no, no, EOS, no], [no, x[2], EOS, no, no, no, no]]
    assert batch.bounds.tolist() == [0, 2, 7, 11, 14]
    assert batch.trained == 4
    assert batch.origins == (("b", "d"), ("x",))


@pytest.mark.parametrize("kind", tiny.KINDS)
def test_a_packed_example_is_trained_as_if_alone(kind: str) -> None:
    """Gemma's windows of 8 tokens too."""
    import torch

    made = network(kind)
    parameters = list(made.parameters())
    packed, trained = losses(made, ROWS)
    of_packed = torch.autograd.grad(packed / trained, parameters)
    single = [losses(made, [[alone]]) for row in ROWS for alone in row]
    assert sum(number for _, number in single) == trained == 28
    alone = sum(loss for loss, _ in single) / trained
    assert (packed / trained).item() == pytest.approx(alone.item(), rel=1e-6)
    for grad, other in zip(of_packed, torch.autograd.grad(alone, parameters), strict=True):
        torch.testing.assert_close(grad, other, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", tiny.KINDS)
def test_no_example_sees_another(kind: str) -> None:
    """The gradient of one's loss with respect to what another is embedded as is nothing at all."""
    import torch

    made = network(kind)
    batch = batch_of(ROWS, ENDS.pad)
    given = batch.inputs()
    embedded = made.get_input_embeddings()(given.pop("input_ids")).detach().requires_grad_(True)
    logprobs = made(inputs_embeds=embedded, **given).logits.log_softmax(-1)
    targets = batch.targets_on()
    each = logprobs.gather(-1, targets.clamp(min=0)[..., None])[..., 0]
    for b, row in enumerate(ROWS):
        at = 0
        for one in row:
            own = slice(at, at + len(one))
            loss = each[b, own][targets[b, own] != IGNORED].sum()
            (grad,) = torch.autograd.grad(loss, embedded, retain_graph=True)
            assert grad[b, own].abs().sum() > 0
            grad[b, own] = 0
            assert torch.count_nonzero(grad) == 0
            at += len(one)


@pytest.mark.parametrize(
    ("kind", "how"), [("llama", "no positions"), ("gemma3", "no positions"), ("llama", "cache"), ("gemma3", "mask")]
)
def test_in_another_form_they_would(kind: str, how: str) -> None:
    """A 4-d mask is taken by Gemma's windows as it is, so that they look back too far."""
    import torch

    made = network(kind)
    batch = batch_of(ROWS, ENDS.pad)
    given = batch.inputs()
    right = made(**given).logits
    if how == "no positions":
        del given["position_ids"]
    elif how == "cache":
        given["use_cache"] = True
    else:
        owner = (given["position_ids"] == 0).cumsum(1)
        causal = torch.ones(25, 25, dtype=torch.bool).tril()
        given["attention_mask"] = ((owner[:, :, None] == owner[:, None, :]) & causal)[:, None]
    assert not torch.allclose(made(**given).logits, right, atol=0.1)


def test_the_bounds_reach_an_attention_that_goes_by_them() -> None:
    """Attention of the form of flash attention's: all rows end to end, and nothing but bounds to part Examples."""
    import torch
    from transformers import AttentionInterface

    def by_bounds(module: Any, query: Any, key: Any, value: Any, mask: Any, scaling: float, **given: Any) -> Any:
        assert mask is None
        heads = query.shape[1]
        query, key, value = (some.transpose(0, 1).flatten(1, 2) for some in (query, key, value))  # [heads, B T, size]
        key, value = (some.repeat_interleave(heads // some.shape[0], 0) for some in (key, value))
        bounds = given["cu_seq_lens_q"].tolist()
        assert given["max_length_q"] == max(to - at for at, to in pairwise(bounds)) == 14
        some = [
            torch.nn.functional.scaled_dot_product_attention(
                query[:, at:to], key[:, at:to], value[:, at:to], is_causal=True, scale=scaling
            )
            for at, to in pairwise(bounds)
        ]
        return torch.cat(some, 1).reshape(heads, 2, -1, query.shape[-1]).permute(1, 2, 0, 3), None

    AttentionInterface.register("by_bounds", by_bounds)
    batch = batch_of(ROWS, ENDS.pad)
    logits = network("llama", "by_bounds")(**batch.inputs(flash=True)).logits
    torch.testing.assert_close(logits, network("llama")(**batch.inputs()).logits, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("kind", tiny.KINDS)
def test_models_that_pack(kind: str) -> None:
    """As they come, with dropout."""
    made = network(kind).train()
    check_packs("m", made, ENDS)
    assert made.training


def test_a_model_whose_state_goes_on() -> None:
    with pytest.raises(ConfigError, match=r"m \(mamba\) carries what it read .*: set packed = false"):
        check_packs("m", network("mamba"), ENDS)


@pytest.mark.parametrize("kind", ["llama", "mamba"])
def test_rows_of_one_example_are_for_every_model(kind: str) -> None:
    """The padding behind it is not seen."""
    made = network(kind)
    rows = [[A], [C], [B]]
    assert not batch_of(rows, ENDS.pad).packed
    together, _ = losses(made, rows)
    alone = sum(losses(made, [row])[0] for row in rows)
    assert together.item() == pytest.approx(alone.item(), rel=1e-6)
