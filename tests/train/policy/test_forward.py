"""A policy as one module: it says what its model says, gradients too."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from mathmill.train.batch.examples import Example  # noqa: E402
from mathmill.train.batch.packing import batch_of, has_flash  # noqa: E402
from mathmill.train.policy.forward import PolicyModule, real_tokens  # noqa: E402
from mathmill.train.policy.head import parts_of  # noqa: E402
from mathmill.train.policy.load import Policy  # noqa: E402
from mathmill.train.policy.settings import Lora, PolicySettings  # noqa: E402
from tests.eval.models import tiny  # noqa: E402
from tests.train.policy import made  # noqa: E402

IGNORED = -100


def some(rows: int = 2, tokens: int = 9) -> tuple[dict[str, Any], Any]:
    """Tokens, and targets of some of them."""
    ids = torch.randint(3, 300, (rows, tokens), generator=torch.Generator().manual_seed(1))
    targets = ids.roll(-1, 1)
    targets[:, -1] = IGNORED
    targets[0, :4] = IGNORED
    return {"input_ids": ids}, targets


def plain(policy: Policy, inputs: dict[str, Any], targets: Any, temperature: float) -> tuple[Any, Any]:
    """Logprobs and entropies out of the model's own logits."""
    spread = (policy.model(**inputs, use_cache=False).logits / temperature).log_softmax(-1)
    kept = targets != IGNORED
    logprobs = spread.gather(2, targets.clamp(0).unsqueeze(2)).squeeze(2)
    return logprobs * kept, -(spread.exp() * spread).sum(-1) * kept


def gradients(policy: Policy) -> dict[str, Any]:
    found = {name: weight.grad for name, weight in policy.model.named_parameters() if weight.grad is not None}
    policy.model.zero_grad(set_to_none=True)
    return found


def check_alike(policy: Policy, module: PolicyModule, precise: bool = True) -> None:
    """In float64, or float32 unless `precise`."""
    policy.model.to(torch.float64 if precise else torch.float32).eval()  # without dropout
    inputs, targets = some()
    weights = torch.linspace(-1, 1, targets.numel(), dtype=torch.float64).view_as(targets)
    near = {"rtol": 1e-8, "atol": 1e-9} if precise else {"rtol": 1e-3, "atol": 1e-4}
    for which in (0, 1):
        ours = module(inputs, targets, 0.7, with_entropy=True)[which]
        (ours * weights).sum().backward()
        mine = gradients(policy)
        own = plain(policy, inputs, targets, 0.7)[which]
        (own * weights).sum().backward()
        theirs = gradients(policy)
        torch.testing.assert_close(ours, own, **near)
        assert mine.keys() == theirs.keys()
        for name, gradient in theirs.items():
            torch.testing.assert_close(mine[name], gradient, **near, msg=name)


@pytest.mark.parametrize("kind", made.KINDS)
def test_it_scores_as_the_model_itself_does(kind: str) -> None:
    policy = made.policy(kind)
    assert parts_of(policy.causal) is not None
    check_alike(policy, PolicyModule(policy), precise=kind not in made.NARROW)


@pytest.mark.parametrize("kind", ["llama", "gemma3", "gpt2", "mixtral"])
def test_with_an_adapter(kind: str) -> None:
    from mathmill.train.policy.adapters import adapted

    policy = made.policy(kind)
    modules: Any = ("q_proj", "o_proj") if kind == "mixtral" else "all-linear"
    policy.model = adapted(policy.model, PolicySettings(start="it", lora=Lora(rank=4, modules=modules)), 1)
    with torch.no_grad():
        for name, weight in policy.model.named_parameters():
            if "lora_B" in name:
                weight.normal_(0, 0.2)
    module = PolicyModule(policy)
    check_alike(policy, module, precise=kind not in made.NARROW)
    trained = [name for name, weight in module.named_parameters() if weight.requires_grad]
    assert trained and all("lora_" in name for name in trained)


def test_a_head_that_cannot_be_taken_apart_is_used_whole() -> None:
    from mathmill.train.policy.adapters import adapted

    policy = made.policy("llama")
    policy.model = adapted(policy.model, PolicySettings(start="it", lora=Lora(modules=("lm_head", "q_proj"))), 1)
    with torch.no_grad():
        policy.model.get_parameter("base_model.model.lm_head.lora_B.default.weight").normal_()
    assert parts_of(policy.causal) is None
    check_alike(policy, PolicyModule(policy))


def test_a_model_whose_logits_are_not_its_heads_is_known() -> None:
    policy = made.policy("cohere")
    policy.causal.logit_scale = 0.5  # and its config says another
    assert parts_of(policy.causal) is None


def test_nothing_trained_gives_zeros_and_gradients_of_zero() -> None:
    policy = made.policy("llama")
    inputs, targets = some()
    scored = PolicyModule(policy)(inputs, torch.full_like(targets, IGNORED))
    assert not scored.logprobs.any() and scored.entropy is None and scored.router_loss is None
    scored.logprobs.sum().backward()
    assert all(not gradient.any() for gradient in gradients(policy).values())


def test_bfloat16_is_computed_in_and_weights_stay() -> None:
    policy = made.policy("llama", precision="bfloat16")
    policy.model.eval()
    module = PolicyModule(policy)
    seen = []
    policy.model.model.layers[0].mlp.register_forward_hook(lambda *given: seen.append(given[2].dtype))
    inputs, targets = some()
    scored = module(inputs, targets)
    assert seen == [torch.bfloat16] and scored.logprobs.dtype == torch.float32
    with torch.autocast("cpu", torch.bfloat16):
        own, _ = plain(policy, inputs, targets, 1.0)
    torch.testing.assert_close(scored.logprobs, own.float(), rtol=0, atol=0.05)
    exact, _ = plain(policy, inputs, targets, 1.0)
    assert 0 < (scored.logprobs - exact).abs().max() < 0.3
    scored.logprobs.sum().backward()
    assert all(weight.grad.dtype == weight.dtype == torch.float32 for weight in policy.model.parameters())


@pytest.mark.parametrize("kind", ["llama", "gemma3", "mixtral"])
@pytest.mark.parametrize("with_lora", [False, True])
def test_activations_computed_again_change_nothing(kind: str, with_lora: bool, tmp_path: Any) -> None:
    from mathmill.train.policy.load import open_policy

    made.write(tmp_path, kind)
    lora = Lora(rank=4, modules=("q_proj", "v_proj"), dropout=0.3) if with_lora else None
    found = []
    for checkpointing in (False, True):
        settings = PolicySettings(start=str(tmp_path), precision="float32", lora=lora, checkpointing=checkpointing)
        policy = open_policy(settings, "cpu", 1)
        module = PolicyModule(policy)
        calls: list[int] = []
        policy.causal.base_model.layers[0].self_attn.register_forward_hook(lambda *_, into=calls: into.append(1))
        torch.manual_seed(5)  # of dropout
        inputs, targets = some()
        scored = module(inputs, targets)
        loss = scored.logprobs.sum() if scored.router_loss is None else scored.logprobs.sum() + scored.router_loss
        loss.backward()
        assert len(calls) == 1 + checkpointing
        found.append((loss.detach(), scored.router_loss, gradients(policy)))
    (loss, router, first), (again, router_again, second) = found
    assert torch.equal(loss, again) and first.keys() == second.keys() and first
    assert (router is None) == (kind != "mixtral") and (router is None or torch.equal(router, router_again))
    for name, gradient in first.items():
        torch.testing.assert_close(second[name], gradient, rtol=1e-6, atol=1e-7, msg=name)


def test_the_routers_loss_is_that_of_transformers() -> None:
    policy = made.policy("mixtral")
    policy.model.eval()
    inputs, targets = some()
    scored = PolicyModule(policy)(inputs, targets)
    own = policy.model(**inputs, output_router_logits=True).aux_loss * 0.5
    torch.testing.assert_close(scored.router_loss, own, rtol=1e-6, atol=1e-7)
    scored.router_loss.backward()
    mine = gradients(policy)
    own.backward()
    theirs = gradients(policy)
    assert any("gate" in name for name in mine) and mine.keys() == theirs.keys()
    for name, gradient in theirs.items():
        torch.testing.assert_close(mine[name], gradient, rtol=1e-4, atol=1e-7, msg=name)


def test_the_routers_loss_counts_no_padding_and_each_example_of_a_row() -> None:
    """Packed and padded rows have the loss of their tokens, counted over all Examples as if each stood alone."""
    from transformers.models.mixtral.modeling_mixtral import load_balancing_loss_func

    policy = made.policy("mixtral")
    policy.model.eval()
    module = PolicyModule(policy)
    examples = [
        Example(tuple(range(begin, begin + size)), (False, *[True] * (size - 1)), str(begin))
        for begin, size in ((10, 5), (30, 4), (50, 3))
    ]
    rows = [examples[:2], examples[2:]]  # of 9 tokens, and of 3 and 6 of padding
    batch = batch_of(rows, policy.ends.pad)
    assert batch.packed
    scored = module(batch.inputs(flash=has_flash(policy.model)), batch.targets_on())
    alone = []
    for example in examples:
        ids = torch.tensor([example.input_ids])
        alone.append(policy.model(input_ids=ids, output_router_logits=True).router_logits)
    layers: Any = tuple(torch.cat(parts) for parts in zip(*alone, strict=True))
    expected: Any = load_balancing_loss_func(layers, 4, 2)
    torch.testing.assert_close(scored.router_loss, 0.5 * expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("ids", "targets", "real"),
    [
        ([5, 6, 7], [6, 7, -100], [1, 1, 1]),
        ([5, 6, 0, 0], [6, -100, -100, -100], [1, 1, 0, 0]),  # padding is not the EOS
        ([5, 0, 7, 0], [0, 7, -100, -100], [1, 1, 1, 0]),  # in the midst it is no padding
        ([5, 6, 0, 0, 0], [6, 0, -100, -100, -100], [1, 1, 1, 0, 0]),  # it is the EOS, which is trained once
        ([0, 0, 0], [-100, -100, -100], [0, 0, 0]),
    ],
)
def test_padding_is_told_from_what_is_read(ids: list[int], targets: list[int], real: list[int]) -> None:
    found = real_tokens(torch.tensor([ids]), torch.tensor([targets]), 0)
    assert found.tolist() == [[float(each) for each in real]]


def test_no_weight_no_loss(tmp_path: Any) -> None:
    from mathmill.data.errors import ConfigError
    from mathmill.train.policy.load import open_policy

    made.write(tmp_path / "mixtral", "mixtral")
    made.write(tmp_path / "llama", "llama")
    inputs, targets = some()
    found: list[float] = []
    for weight, times in ((None, 0.5), (2.0, 2.0), (0.0, None)):
        settings = PolicySettings(start=str(tmp_path / "mixtral"), precision="float32", router_loss=weight)
        scored = PolicyModule(open_policy(settings, "cpu", 1))(inputs, targets)
        assert (scored.router_loss is None) == (times is None)
        if times:
            found.append(scored.router_loss.item() / times)
    assert found[0] == pytest.approx(found[1]) and found[0] > 0
    settings = PolicySettings(start=str(tmp_path / "llama"), router_loss=1.0)
    with pytest.raises(ConfigError, match="has no experts to balance: leave router_loss out"):
        open_policy(settings, "cpu", 1)


def test_packed_rows_are_scored_as_texts_by_themselves() -> None:
    policy = made.policy("gemma3")
    policy.model.eval()
    module = PolicyModule(policy)
    examples = [
        Example(tuple(range(begin, begin + size)), (False, *[True] * (size - 1)), str(begin))
        for begin, size in ((10, 12), (60, 14))
    ]
    both = batch_of([examples], policy.ends.pad)
    packed = module(both.inputs(), both.targets_on()).logprobs[0]
    single = [batch_of([[example]], policy.ends.pad) for example in examples]
    apart = torch.cat([module(batch.inputs(), batch.targets_on()).logprobs[0] for batch in single])
    torch.testing.assert_close(packed, apart, rtol=1e-5, atol=1e-5)


def test_tiny_kinds_are_all_tried() -> None:
    assert set(tiny.KINDS) <= set(made.KINDS)
