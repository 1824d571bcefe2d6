"""Adapters by name: the reference, switching, merging, and what is no adapter."""

from __future__ import annotations

import json
import shutil
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
peft: Any = pytest.importorskip("peft")

from mathmill.data.errors import ConfigError, MathmillError  # noqa: E402
from mathmill.train.policy.adapters import merged_weights, reference, switch  # noqa: E402
from mathmill.train.policy.forward import PolicyModule  # noqa: E402
from mathmill.train.policy.load import Policy, open_policy  # noqa: E402
from mathmill.train.policy.save import save_adapter  # noqa: E402
from mathmill.train.policy.settings import Lora, PolicySettings  # noqa: E402
from tests.train.policy import made  # noqa: E402

INPUTS = {"input_ids": torch.tensor([[5, 6, 7, 8]])}
TARGETS = torch.tensor([[6, 7, 8, -100]])


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made.write(tmp_path_factory.mktemp("models") / "llama", "llama")


def opened(base: Path, **lora: Any) -> Policy:
    return open_policy(PolicySettings(start=str(base), precision="float32", lora=Lora(**lora)), "cpu", 1)


def trained(policy: Policy, seed: int) -> Policy:
    """As if it had been."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        for name, weight in policy.model.named_parameters():
            if weight.requires_grad and "lora_B" in name:
                weight.data.normal_(0, 0.3)
    return policy


def says(policy: Policy) -> Any:
    with torch.no_grad():
        return PolicyModule(policy)(INPUTS, TARGETS).logprobs


def bits(model: Any) -> dict[str, bool]:
    return {name: weight.requires_grad for name, weight in model.named_parameters()}


@pytest.fixture(scope="module")
def adapters(base: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Two domains' adapters, and what the policy says with each."""
    folders = {}
    for seed, name in enumerate(("algebra", "geometry")):
        folders[name] = tmp_path_factory.mktemp("adapters") / name
        save_adapter(trained(opened(base, rank=3, name=name), seed), folders[name], name)
    return folders


def test_a_new_adapter_changes_nothing_and_its_seed_decides_it(base: Path) -> None:
    policy = opened(base)
    plain = open_policy(PolicySettings(start=str(base), precision="float32"), "cpu", 1)
    assert torch.equal(says(policy), says(plain))
    same = opened(base).model.state_dict()
    assert all(torch.equal(weight, same[name]) for name, weight in policy.model.state_dict().items())


def test_the_reference_is_the_model_without(base: Path) -> None:
    plain = says(open_policy(PolicySettings(start=str(base), precision="float32"), "cpu", 1))
    policy = trained(opened(base, dropout=0.5), 1)
    before = bits(policy.model)
    module = PolicyModule(policy)
    with torch.no_grad(), reference(policy):
        assert not policy.model.training
        assert torch.equal(module(INPUTS, TARGETS).logprobs, plain)
    assert bits(policy.model) == before and policy.model.training
    assert not torch.equal(says(policy), plain)
    whole = open_policy(PolicySettings(start=str(base), precision="float32"), "cpu", 1)
    with pytest.raises(ConfigError, match=r"all weights of .* are trained.*second copy"), reference(whole):
        pass


def test_switching_between_domains(base: Path, adapters: dict[str, Path]) -> None:
    alone = {}
    for name, folder in adapters.items():
        alone[name] = says(opened(base, name=name, start=folder))
    settings = PolicySettings(start=str(base), precision="float32", lora=Lora(), adapters=tuple(adapters.items()))
    policy = open_policy(settings, "cpu", 1)
    before = bits(policy.model)
    assert all((".default." in name) == required for name, required in before.items())
    plain = says(policy)
    for name in (*adapters, *adapters):
        switch(policy, name)
        assert torch.equal(says(policy), alone[name])
        with reference(policy):
            assert torch.equal(says(policy), plain)
        assert torch.equal(says(policy), alone[name])
    switch(policy, "default")
    assert torch.equal(says(policy), plain)
    assert not torch.equal(alone["algebra"], alone["geometry"])
    switch(policy, *adapters)
    both = says(policy)
    assert bits(policy.model) == before
    deltas = [{} for _ in adapters]  # type: list[dict[str, Any]]
    for delta, name in zip(deltas, adapters, strict=True):
        switch(policy, name)
        delta |= merged_weights(policy)
    model = transformers.AutoModelForCausalLM.from_pretrained(base)
    plain_weights = model.state_dict()
    model.load_state_dict({key: sum(delta[key] for delta in deltas) - plain_weights[key] for key in plain_weights})
    found = model.eval()(**INPUTS).logits.log_softmax(-1)[0, :3].gather(1, TARGETS[0, :3, None])[:, 0]
    torch.testing.assert_close(both[0, :3], found.detach(), rtol=1e-4, atol=1e-4)
    with pytest.raises(ConfigError, match="has no adapter topology: it has default, algebra, geometry"):
        switch(policy, "topology")


@pytest.mark.parametrize("kind", ["llama", "tied", "gemma3", "gpt2"])
def test_merged_is_as_with_the_adapter_on(kind: str, tmp_path: Path) -> None:
    policy = trained(opened(made.write(tmp_path, kind), rank=3, alpha=5.0), 2)
    policy.model.eval()
    model = made.model(kind, seed=9)
    model.load_state_dict(merged_weights(policy))
    with torch.no_grad():
        found, expected = model.eval()(**INPUTS).logits, policy.model(**INPUTS).logits
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)
    assert not torch.allclose(found, made.model(kind).eval()(**INPUTS).logits, atol=1e-2)


def test_an_adapter_is_trained_on(base: Path, adapters: dict[str, Path]) -> None:
    policy = opened(base, name="algebra", start=adapters["algebra"])
    assert policy.model.peft_config["algebra"].r == 3
    required = [name for name, weight in policy.model.named_parameters() if weight.requires_grad]
    assert required and all(".algebra." in name for name in required)
    assert policy.model.get_parameter(next(name for name in required if "lora_B" in name)).any()


def test_peft_opens_what_was_saved(base: Path, adapters: dict[str, Path]) -> None:
    expected = says(opened(base, name="geometry", start=adapters["geometry"]))
    model = transformers.AutoModelForCausalLM.from_pretrained(base)
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        patch.setattr(torch, "load", lambda *_, **__: pytest.fail("a pickle was opened"))
        warnings.simplefilter("ignore", FutureWarning)  # peft asks transformers by a name that will go
        loaded = peft.PeftModel.from_pretrained(model, adapters["geometry"])
    found = loaded(**INPUTS).logits.log_softmax(-1)[0, :3].gather(1, TARGETS[0, :3, None])[:, 0]
    torch.testing.assert_close(found.detach(), expected[0, :3], rtol=1e-5, atol=1e-5)


def edit(folder: Path, **changes: object) -> None:
    path = folder / "adapter_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def _pickled(folder: Path) -> None:
    (folder / "adapter_model.safetensors").rename(folder / "adapter_model.bin")


def _cut(folder: Path) -> None:
    path = folder / "adapter_model.safetensors"
    path.write_bytes(path.read_bytes()[:300])


CASES: list[tuple[str, Callable[[Path], object], str]] = [
    ("pickle", _pickled, "as a pickle only, which can run code"),
    ("no weights", lambda at: (at / "adapter_model.safetensors").unlink(), "has its weights nowhere"),
    ("cut", _cut, "adapter_model.safetensors is damaged"),
    ("no config", lambda at: (at / "adapter_config.json").unlink(), "has no adapter_config.json"),
    ("other method", lambda at: edit(at, peft_type="IA3"), "no LoRA of the plain sort .peft_type 'IA3'"),
    ("more than LoRA", lambda at: edit(at, modules_to_save=["lm_head"]), "plain sort .modules_to_save"),
    ("other rank", lambda at: edit(at, r=2), "adapter of another model"),
    ("other modules", lambda at: edit(at, target_modules=["q_proj"]), "adapter of another model"),
    ("no modules", lambda at: edit(at, target_modules=["nothing"]), "no such adapter fits"),
    ("odd rank", lambda at: edit(at, r=0), "no such adapter fits"),
]


@pytest.mark.parametrize(("damage", "message"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_is_no_adapter_is_refused(
    base: Path, adapters: dict[str, Path], tmp_path: Path, damage: Callable[[Path], object], message: str
) -> None:
    folder = Path(shutil.copytree(adapters["algebra"], tmp_path / "adapter"))
    damage(folder)
    for lora, beside in ((Lora(start=folder), ()), (Lora(), (("other", folder),))):
        with pytest.raises(MathmillError, match=message):
            open_policy(PolicySettings(start=str(base), precision="float32", lora=lora, adapters=beside), "cpu", 1)


def test_a_config_that_names_code_runs_none(base: Path, adapters: dict[str, Path], tmp_path: Path) -> None:
    folder = Path(shutil.copytree(adapters["algebra"], tmp_path / "adapter"))
    auto = {"base_model_class": "Popen", "parent_library": "antigravity"}
    edit(folder, auto_mapping=auto, corda_config={"x": 1}, megatron_config={"y": 2}, megatron_core="antigravity")
    import sys

    assert says(opened(base, start=folder)).isfinite().all()
    assert "antigravity" not in sys.modules


def test_modules_that_are_not_there(base: Path) -> None:
    with pytest.raises(ConfigError, match=r"no such adapter fits .*look at the modules"):
        opened(base, modules=("nothing",))
