"""Policies opened: found or made anew, ready to be trained."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from mathmill.data.errors import ConfigError, InputMissing, MathmillError  # noqa: E402
from mathmill.train.policy.forward import PolicyModule  # noqa: E402
from mathmill.train.policy.fresh import FreshModel  # noqa: E402
from mathmill.train.policy.load import open_policy  # noqa: E402
from mathmill.train.policy.settings import Lora, PolicySettings  # noqa: E402
from tests.eval.models import tiny  # noqa: E402
from tests.train.policy import made  # noqa: E402

FRESH = FreshModel(width=32, layers=2, heads=4, vocabulary=300, context=64)
TEXTS = ["Let $x = 1$ and $y = 2$."] * 3


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made.write(tmp_path_factory.mktemp("models") / "llama", "llama")


@pytest.fixture
def copy(llama: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(llama, tmp_path / "model"))


def opened(start: Path | str, seed: int = 1, **told: Any) -> Any:
    return open_policy(PolicySettings(start=str(start), **{"precision": "float32", **told}), "cpu", seed)


def test_a_folder(llama: Path) -> None:
    policy = opened(llama)
    assert policy.model.training and not policy.adapted and policy.causal is policy.model
    assert all(weight.requires_grad and weight.dtype == torch.float32 for weight in policy.model.parameters())
    assert (policy.name, policy.device, policy.precision) == (str(llama), torch.device("cpu"), "float32")
    assert policy.facts["parameters"] == policy.facts["trained"] == str(policy.model.num_parameters())
    assert policy.facts["weights"].startswith("sha256:") and policy.notes == ()
    assert (policy.ends.eos, policy.ends.pad) == (1, 1)


def test_weights_in_bfloat16_are_computed_with_in_it(llama: Path) -> None:
    policy = opened(llama, weights="bfloat16", precision="auto")
    assert policy.precision == "bfloat16" and policy.model.dtype == torch.bfloat16
    assert policy.notes == ("trained weights are kept in bfloat16, which loses updates below 1/256 of a weight",)


def test_under_an_adapter_weights_are_kept_in_what_is_computed_in(llama: Path) -> None:
    policy = opened(llama, precision="bfloat16", lora=Lora(rank=2))
    formats = {weight.dtype for weight in policy.model.parameters() if weight.requires_grad}
    frozen = {weight.dtype for weight in policy.model.parameters() if not weight.requires_grad}
    assert (formats, frozen) == ({torch.float32}, {torch.bfloat16})
    assert int(policy.facts["trained"]) < 0.2 * int(policy.facts["parameters"])


def test_gguf(tmp_path: Path) -> None:
    pytest.importorskip("gguf")
    policy = opened(tiny.write_gguf(tmp_path / "tiny.gguf"))
    assert getattr(policy.model, "hf_quantizer", None) is None
    assert not hasattr(policy.model.config, "quantization_config")
    ids = torch.tensor([[5, 6, 7]])
    read = transformers.AutoModelForCausalLM.from_pretrained(tmp_path, gguf_file="tiny.gguf", dtype=torch.float32)
    assert torch.equal(policy.model.eval()(input_ids=ids).logits, read(input_ids=ids).logits)


def test_a_fresh_model_with_a_tokenizer_of_the_texts() -> None:
    settings = PolicySettings(fresh=FRESH, precision="float32")
    policies = [open_policy(settings, "cpu", seed, iter(TEXTS)) for seed in (1, 1, 2)]
    first, same, other = (policy.model.state_dict() for policy in policies)
    assert all(torch.equal(first[name], same[name]) for name in first)
    assert any(not torch.equal(first[name], other[name]) for name in first)
    assert policies[0].facts == policies[1].facts != policies[2].facts
    with pytest.raises(ConfigError, match="set tokenizer to the folder of one"):
        open_policy(settings, "cpu", 1)


def test_a_fresh_model_with_a_tokenizer_that_is_there(llama: Path, tmp_path: Path) -> None:
    folder = tmp_path / "tokenizer"
    folder.mkdir()
    for path in llama.glob("*token*"):
        shutil.copy(path, folder)
    policy = open_policy(PolicySettings(fresh=FRESH, tokenizer=str(folder)), "cpu", 1)
    assert policy.model.config.vocab_size == len(policy.tokenizer) == len(made.tokenizer())
    for wrong, message in ((tmp_path, "has no tokenizer"), ("./none", "no tokenizer at ./none")):
        with pytest.raises(InputMissing, match=message):
            open_policy(PolicySettings(fresh=FRESH, tokenizer=str(wrong)), "cpu", 1)


def test_a_tokenizer_larger_than_the_embedding(copy: Path) -> None:
    tokenizer = tiny.tokenizer()
    tokenizer.add_tokens([f"<|{n}|>" for n in range(tiny.VOCABULARY + 3 - len(tokenizer))])
    tokenizer.save_pretrained(copy)
    policies = [opened(copy), opened(copy)]
    assert policies[0].notes == ("3 rows were added to the embedding, for tokens that had none",)
    rows = [policy.model.get_input_embeddings().weight for policy in policies]
    assert len(rows[0]) == len(tokenizer) and torch.equal(rows[0], rows[1])
    assert policies[0].model.get_output_embeddings().weight.shape == rows[0].shape
    with pytest.raises(ConfigError, match=r"rows of embedding for the 403 tokens of its tokenizer.*leave lora out"):
        opened(copy, lora=Lora())


def test_special_tokens_that_nothing_is_written_with_need_no_row(copy: Path) -> None:
    tokenizer = tiny.tokenizer()
    tokenizer.add_tokens([f"<|{n}|>" for n in range(tiny.VOCABULARY - len(tokenizer))])
    tokenizer.add_special_tokens({"pad_token": "<|pad|>"})
    tokenizer.save_pretrained(copy)
    policy = opened(copy, lora=Lora(rank=2))
    assert policy.notes == ("<|pad|>: no row in the embedding, so texts with it are refused",)
    assert policy.model.get_input_embeddings().num_embeddings == tiny.VOCABULARY
    assert policy.ends.pad == policy.ends.eos
    ids = torch.tensor([[5, tiny.VOCABULARY]])
    with pytest.raises(ConfigError, match=f"token {tiny.VOCABULARY}, and the embedding has {tiny.VOCABULARY} rows"):
        PolicyModule(policy)({"input_ids": ids}, torch.full_like(ids, -100))
    template = tmp_template(copy, "<|pad|>")
    assert "1 rows were added" in opened(copy, chat_template=template).notes[0]


def tmp_template(folder: Path, mark: str) -> Path:
    path = folder.parent / "marked.jinja"
    path.write_text(f"{mark}{tiny.TEMPLATE}")
    return path


def test_a_chat_template_of_ones_own(llama: Path, tmp_path: Path) -> None:
    path = tmp_path / "chat.jinja"
    path.write_text(tiny.TEMPLATE)
    assert opened(llama, chat_template=path).tokenizer.chat_template == tiny.TEMPLATE
    with pytest.raises(InputMissing, match=r"chat template .*none.jinja cannot be read"):
        opened(llama, chat_template=tmp_path / "none.jinja")


def test_attention_is_as_asked_or_refused(llama: Path, tmp_path: Path) -> None:
    assert opened(llama, attention="eager").model.config._attn_implementation == "eager"
    made.write(tmp_path, "rwkv")
    with pytest.raises(ConfigError, match="has no attention of the form sdpa here"):
        opened(tmp_path, attention="sdpa")


def test_what_cannot_be_checkpointed_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made.write(tmp_path, "rwkv")
    monkeypatch.setattr(transformers.RwkvForCausalLM, "supports_gradient_checkpointing", False)
    with pytest.raises(ConfigError, match="cannot be checkpointed: leave checkpointing out"):
        opened(tmp_path, checkpointing=True)


def test_of_a_model_that_reads_pictures_only_what_text_reaches_is_trained(tmp_path: Path) -> None:
    vision = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = transformers.Gemma3Config(
        text_config=tiny.config("gemma3").to_dict(),
        vision_config={**vision, "image_size": 28, "patch_size": 14},
        mm_tokens_per_image=4,
    )
    transformers.Gemma3ForConditionalGeneration(config).save_pretrained(tmp_path)
    tiny.tokenizer().save_pretrained(tmp_path)
    inputs = {"input_ids": torch.tensor([[5, 6, 7]])}
    targets = torch.tensor([[6, 7, -100]])
    for lora in (None, Lora(rank=2)):
        policy = opened(tmp_path, lora=lora)
        PolicyModule(policy)(inputs, targets).logprobs.sum().backward()
        for name, weight in policy.model.named_parameters():
            assert (weight.grad is not None) == weight.requires_grad, name
            assert "vision" not in name or ("lora_" not in name and not weight.requires_grad)
        assert bool(policy.notes) == (lora is None)


def _pickled(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


def _code(folder: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    config |= {"model_type": "mine", "auto_map": {"AutoModelForCausalLM": "mine.Mine"}}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "mine.py").write_text(f"open({str(folder / 'ran')!r}, 'w')")


def _no_eos(folder: Path) -> None:
    path = folder / "tokenizer_config.json"
    told = {key: value for key, value in json.loads(path.read_text()).items() if key != "eos_token"}
    path.write_text(json.dumps(told))


@pytest.mark.parametrize(
    ("damage", "message"),
    [(_pickled, "pickle only"), (_code, "code of its own"), (_no_eos, "no end-of-sequence token")],
)
def test_hostile_or_broken_folders_are_refused(copy: Path, damage: Callable[[Path], None], message: str) -> None:
    damage(copy)
    with pytest.raises(MathmillError, match=message):
        opened(copy)
    assert not (copy / "ran").exists()


def test_a_gpu_that_is_not_there(llama: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ConfigError, match="cuda"):
        open_policy(PolicySettings(start=str(llama), precision="float32"), "cuda:0", 1)
