"""Models that can be loaded, and those that cannot: one clear line each."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from mathmill.data.errors import ConfigError, DamagedInput, InputMissing, MathmillError
from mathmill.eval.models.base import Prompt, Sampling
from mathmill.eval.models.local import LocalModel, LocalOptions
from tests.eval.models import tiny

CPU = LocalOptions(device="cpu")
COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture(scope="session")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.write(tmp_path_factory.mktemp("models") / "llama", "llama")


@pytest.fixture
def copy(llama: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(llama, tmp_path / "model"))


def edit(folder: Path, **changes: object) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_facts_say_which_weights(copy: Path) -> None:
    first = LocalModel(str(copy), CPU).facts
    assert first["name"] == str(copy) and (first["dtype"], first["backend"]) == ("float32", "transformers")
    assert LocalModel(str(copy), CPU).facts == first
    for name in ("README.md", "trainer_state.json", "all_results.json", "training_args.bin"):
        (copy / name).write_text("no part of the model")
    assert LocalModel(str(copy), CPU).facts == first
    edit(copy, rms_norm_eps=1e-5)
    second = LocalModel(str(copy), CPU).facts
    (copy / "chat_template.jinja").write_text("{{ messages }}")
    third = LocalModel(str(copy), CPU).facts
    assert len({facts["weights"] for facts in (first, second, third)}) == 3


def test_precision(llama: Path) -> None:
    model = LocalModel(str(llama), LocalOptions(device="cpu", dtype="bfloat16"))
    assert model.facts["dtype"] == "bfloat16"
    [(_, [completion])] = model.generate([Prompt("p", "7 + 5 =")], Sampling(max_new_tokens=3))
    assert completion.tokens <= 3
    model.close()


def test_weights_in_several_files(llama: Path, copy: Path) -> None:
    from transformers import AutoModelForCausalLM

    (copy / "model.safetensors").unlink()
    AutoModelForCausalLM.from_pretrained(llama).save_pretrained(copy, max_shard_size="60KB")
    shards = sorted(copy.glob("*.safetensors"))
    assert len(shards) > 1
    LocalModel(str(copy), CPU)
    shards[0].unlink()
    with pytest.raises(InputMissing, match=rf"lacks {shards[0].name} \(1 of {len(shards)} files of its index\)"):
        LocalModel(str(copy), CPU)


def test_a_model_of_the_hub_in_the_cache(llama: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    repository = tmp_path / "models--someone--tiny"
    shutil.copytree(llama, repository / "snapshots" / COMMIT)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(COMMIT)
    assert LocalModel("someone/tiny", CPU).facts["weights"] == f"commit:{COMMIT}"
    assert LocalModel("someone/tiny", CPU.model_copy(update={"revision": COMMIT})).facts["name"] == "someone/tiny"
    with pytest.raises(InputMissing, match=r"no folder someone/tiny, and the hub did not give .* at revision v2"):
        LocalModel("someone/tiny", CPU.model_copy(update={"revision": "v2"}))
    with pytest.raises(InputMissing, match="no folder someone/other, and the hub did not give a model"):
        LocalModel("someone/other", CPU)


def test_a_hub_that_cannot_be_reached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(InputMissing, match=r"no folder someone/tiny, and the hub .* check the name and the network"):
        LocalModel("someone/tiny", CPU)


def _pickled(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


def _cut(folder: Path) -> None:
    whole = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(whole[: len(whole) // 2])


def _no_tokenizer(folder: Path) -> None:
    for path in folder.glob("*token*"):
        path.unlink()


def _no_head(folder: Path) -> None:
    from safetensors.torch import load_file, save_file

    path = folder / "model.safetensors"
    weights = {name: weight for name, weight in load_file(path).items() if "lm_head" not in name}
    save_file(weights, path, metadata={"format": "pt"})


CASES: list[tuple[str, Callable[[Path], object], type[MathmillError], str]] = [
    ("pickle", _pickled, InputMissing, r"pickle only \(pytorch_model.bin\), which can run code .* save_pretrained"),
    ("no weights", lambda at: (at / "model.safetensors").unlink(), InputMissing, "has no weights"),
    ("cut short", _cut, DamagedInput, r"model.safetensors is damaged .*copy it again"),
    ("no tokenizer", _no_tokenizer, InputMissing, r"has no tokenizer \(tokenizer.json\)"),
    ("broken tokenizer", lambda at: (at / "tokenizer.json").write_text("{"), InputMissing, "tokenizer of .* cannot be"),
    ("no config", lambda at: (at / "config.json").unlink(), InputMissing, "has no config.json"),
    ("broken config", lambda at: (at / "config.json").write_text("{"), DamagedInput, "config.json is not JSON"),
    ("a list", lambda at: (at / "config.json").write_text("[]"), DamagedInput, "holds no JSON object"),
    ("odd config", lambda at: edit(at, hidden_size="wide"), DamagedInput, "is no config of its model_type"),
    ("other size", lambda at: edit(at, hidden_size=64), DamagedInput, "do not fit its config.json"),
    ("no head", _no_head, DamagedInput, r"lacks 1 of its weights \(lm_head.weight\), which would be random"),
    ("classifier", lambda at: edit(at, architectures=["LlamaForSequenceClassification"]), ConfigError, "no causal"),
    (
        "seq2seq",
        lambda at: edit(at, model_type="t5", architectures=["T5Model"]),
        ConfigError,
        "no causal language model",
    ),
    (
        "code",
        lambda at: edit(at, model_type="mine", auto_map={"AutoModelForCausalLM": "mine.Mine"}),
        ConfigError,
        "needs code of its own .auto_map in config.json., which is not run",
    ),
    ("unknown", lambda at: edit(at, model_type="mine"), ConfigError, "does not know the kind of .* .model_type 'mine'"),
]


@pytest.mark.parametrize(("damage", "error", "message"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_bad_folders(copy: Path, damage: Callable[[Path], object], error: type[MathmillError], message: str) -> None:
    damage(copy)
    with pytest.raises(error, match=message) as raised:
        LocalModel(str(copy), CPU)
    assert type(raised.value) is error
    assert "\n" not in str(raised.value) and len(str(raised.value)) < 500


@pytest.mark.parametrize(
    ("name", "options", "error", "message"),
    [
        ("/no/such/model", {}, InputMissing, "there is no model at /no/such/model"),
        ("./model.gguf", {}, InputMissing, "there is no model at ./model.gguf"),
        ("a/b/c/d", {}, InputMissing, "there is no model at a/b/c/d"),
        ("any", {"batch_size": 0}, ConfigError, "a batch of 0 rows"),
    ],
)
def test_bad_names(name: str, options: dict[str, object], error: type[MathmillError], message: str) -> None:
    with pytest.raises(error, match=message):
        LocalModel(name, LocalOptions.model_validate(options))


def test_a_gpu_that_is_not_there(llama: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ConfigError, match=r"the device is to be cuda, and .*: set it to cpu"):
        LocalModel(str(llama), LocalOptions(device="cuda"))


def test_a_revision_of_a_folder(llama: Path) -> None:
    with pytest.raises(ConfigError, match="has no revisions: leave --revision out"):
        LocalModel(str(llama), LocalOptions(revision="v1"))


@pytest.mark.parametrize(("content", "message"), [(b"GGUF\3\0\0\0", "as GGUF"), (b"\x80\2}q", "a pickle can run code")])
def test_bad_files(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / ("model.gguf" if content.startswith(b"GGUF") else "pytorch_model.bin")
    path.write_bytes(content)
    with pytest.raises(MathmillError, match=message) as raised:
        LocalModel(str(path), CPU)
    assert isinstance(raised.value, DamagedInput if path.suffix == ".gguf" else InputMissing)


def test_gguf(tmp_path: Path) -> None:
    pytest.importorskip("gguf")
    path = tiny.write_gguf(tmp_path / "tiny.gguf")
    model = LocalModel(str(path), CPU)
    assert model.facts["dtype"] == "float32" and model.facts["weights"].startswith("sha256:")
    prompts = [Prompt(str(n), f"Q: What is {n} + 4?\nA:") for n in range(3)]
    said = {index: row[0].text for index, row in model.generate(prompts, Sampling(max_new_tokens=6))}
    tokenizer, network = model._loaded.tokenizer, model._loaded.model
    for index, prompt in enumerate(prompts):
        tokens = tokenizer(prompt.given, return_tensors="pt")["input_ids"]
        made = network.generate(tokens, max_new_tokens=6, do_sample=False, pad_token_id=0)
        assert said[index] == tokenizer.decode(made[0, tokens.shape[1] :], skip_special_tokens=True)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DamagedInput, match="cannot be read as GGUF"):
        LocalModel(str(path), CPU)
