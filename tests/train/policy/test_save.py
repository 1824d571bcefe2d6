"""Saved policies, as others load them."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
transformers: Any = pytest.importorskip("transformers")

from safetensors.torch import load_file  # noqa: E402

from mathmill.data.errors import CannotCreate, ConfigError, DiskFull  # noqa: E402
from mathmill.eval.models.base import Prompt, Sampling  # noqa: E402
from mathmill.eval.models.local import LocalModel, LocalOptions  # noqa: E402
from mathmill.train.policy.load import Policy, open_policy  # noqa: E402
from mathmill.train.policy.save import save_adapter, save_policy  # noqa: E402
from mathmill.train.policy.settings import Lora, PolicySettings  # noqa: E402
from tests.eval.models import tiny  # noqa: E402
from tests.train.policy import made  # noqa: E402

IDS = torch.tensor([[5, 6, 7, 8]])


def opened(start: Path, **told: Any) -> Policy:
    return open_policy(PolicySettings(start=str(start), **{"precision": "float32", **told}), "cpu", 1)


def read(folder: Path) -> Any:
    model, report = transformers.AutoModelForCausalLM.from_pretrained(
        folder, local_files_only=True, output_loading_info=True
    )
    assert not report["missing_keys"] and not report["unexpected_keys"]
    return model


def logits(model: Any) -> Any:
    with torch.no_grad():
        return model.eval()(input_ids=IDS).logits


def listed(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.mark.parametrize("kind", [*made.KINDS, "tied"])
def test_from_pretrained_gives_the_same_model(kind: str, tmp_path: Path) -> None:
    policy = opened(made.write(tmp_path / "start", kind))
    with torch.no_grad():  # it was trained
        for weight in policy.model.parameters():
            weight.mul_(1.5)
    save_policy(policy, tmp_path / "saved")
    model = read(tmp_path / "saved")
    assert torch.equal(logits(model), logits(policy.model))
    start, saved = (set(json.loads((tmp_path / name / "config.json").read_text())) for name in ("start", "saved"))
    assert start == saved
    names = [set(load_file(tmp_path / name / "model.safetensors")) for name in ("start", "saved")]
    assert names[0] == names[1]
    assert not [*tmp_path.glob(".*")]


def test_tokenizer_template_and_ends(tmp_path: Path) -> None:
    made.write(tmp_path / "start")
    template = tmp_path / "chat.jinja"
    template.write_text(tiny.TEMPLATE)
    policy = opened(tmp_path / "start", chat_template=template)
    policy.causal.generation_config.update(temperature=0.7, top_k=5, do_sample=True)
    save_policy(policy, tmp_path / "saved")
    tokenizer = transformers.AutoTokenizer.from_pretrained(tmp_path / "saved", local_files_only=True)
    assert tokenizer.chat_template == tiny.TEMPLATE
    assert "local_files_only" not in json.loads((tmp_path / "saved" / "tokenizer_config.json").read_text())
    assert tokenizer("3 + 4")["input_ids"] == policy.tokenizer("3 + 4")["input_ids"]
    written = transformers.GenerationConfig.from_pretrained(tmp_path / "saved")
    turn = tokenizer.convert_tokens_to_ids("<|im_end|>")
    assert written.eos_token_id == [1, turn] and set(written.eos_token_id) == policy.ends.of_turn
    assert (written.bos_token_id, written.pad_token_id) == (0, 1)
    assert (written.temperature, written.top_k, written.do_sample) == (0.7, 5, True)
    save_policy(opened(tmp_path / "start"), tmp_path / "plain")
    assert transformers.GenerationConfig.from_pretrained(tmp_path / "plain").eos_token_id == 1


def test_habits_that_contradict_each_other_are_left_out(tmp_path: Path) -> None:
    policy = opened(made.write(tmp_path / "start"))
    policy.causal.generation_config.temperature = 0.5
    policy.causal.generation_config.do_sample = False
    save_policy(policy, tmp_path / "saved")
    assert transformers.GenerationConfig.from_pretrained(tmp_path / "saved").temperature in (None, 1.0)


def test_the_benchmark_takes_it(tmp_path: Path) -> None:
    save_policy(opened(made.write(tmp_path / "start", "gemma3")), tmp_path / "saved")
    model = LocalModel(str(tmp_path / "saved"), LocalOptions(device="cpu"))
    [(_, [completion])] = model.generate([Prompt("p", "7 + 5 =")], Sampling(max_new_tokens=3))
    assert completion.tokens <= 3
    model.close()


def test_what_was_read_in_bfloat16_is_written_in_it(tmp_path: Path) -> None:
    model = made.model("llama").to(torch.bfloat16)
    model.save_pretrained(tmp_path / "start")
    made.tokenizer().save_pretrained(tmp_path / "start")
    policy = opened(tmp_path / "start")
    assert policy.model.dtype == torch.float32
    save_policy(policy, tmp_path / "saved")
    assert read(tmp_path / "saved").dtype == torch.bfloat16
    assert torch.equal(logits(read(tmp_path / "saved")), logits(read(tmp_path / "start")))
    assert json.loads((tmp_path / "saved" / "config.json").read_text())["dtype"] == "bfloat16"
    save_policy(opened(tmp_path / "start", saved_in="float32"), tmp_path / "wide")
    assert read(tmp_path / "wide").dtype == torch.float32


def test_gguf_becomes_a_folder(tmp_path: Path) -> None:
    pytest.importorskip("gguf")
    policy = opened(tiny.write_gguf(tmp_path / "tiny.gguf"))
    save_policy(policy, tmp_path / "saved")
    assert torch.equal(logits(read(tmp_path / "saved")), logits(policy.model))
    assert "quantization_config" not in json.loads((tmp_path / "saved" / "config.json").read_text())


def test_large_models_have_several_files(tmp_path: Path) -> None:
    policy = opened(made.write(tmp_path / "start"))
    save_policy(policy, tmp_path / "saved", shard=60_000)
    assert len([*(tmp_path / "saved").glob("*.safetensors")]) > 1
    assert (tmp_path / "saved" / "model.safetensors.index.json").is_file()
    assert torch.equal(logits(read(tmp_path / "saved")), logits(policy.model))


@pytest.mark.parametrize("kind", ["llama", "tied", "gpt2", "mixtral"])
def test_an_adapter_is_merged(kind: str, tmp_path: Path) -> None:
    modules: Any = ("q_proj", "v_proj") if kind == "mixtral" else "all-linear"
    policy = opened(made.write(tmp_path / "start", kind), lora=Lora(rank=3, modules=modules))
    for name, weight in policy.model.named_parameters():
        if "lora_B" in name:
            weight.data.normal_(0, 0.3)
    save_policy(policy, tmp_path / "saved")
    torch.testing.assert_close(logits(read(tmp_path / "saved")), logits(policy.model), rtol=1e-4, atol=1e-4)
    assert not torch.allclose(logits(read(tmp_path / "saved")), logits(made.model(kind)), atol=1e-2)


@pytest.mark.parametrize("with_lora", [False, True])
def test_weights_of_a_checkpoint_are_saved(with_lora: bool, tmp_path: Path) -> None:
    from mathmill.train.checkpoint.tensors import model_tensors

    lora = Lora(rank=3) if with_lora else None
    start = made.write(tmp_path / "start", "tied")
    policy = opened(start, lora=lora)
    kept = {name: torch.randn_like(weight) for name, weight in model_tensors(policy.model, with_lora).items()}
    before = {name: weight.clone() for name, weight in policy.model.state_dict().items()}
    save_policy(policy, tmp_path / "saved", kept)
    assert all(torch.equal(weight, before[name]) for name, weight in policy.model.state_dict().items())
    with torch.no_grad():
        for name, weight in policy.model.named_parameters():
            if name in kept:
                weight.copy_(kept[name])
    torch.testing.assert_close(logits(read(tmp_path / "saved")), logits(policy.model), rtol=1e-4, atol=1e-4)
    if with_lora:
        save_adapter(policy, tmp_path / "adapter", "default", kept)
        again = opened(start, lora=Lora(start=tmp_path / "adapter"))
        assert torch.equal(logits(again.model), logits(policy.model))
    else:
        with pytest.raises(ConfigError, match="has no adapter default to save"):
            save_adapter(policy, tmp_path / "adapter", "default")


SAVES = """
import sys
from pathlib import Path
from mathmill.train.policy.load import open_policy
from mathmill.train.policy.save import save_adapter, save_policy
from mathmill.train.policy.settings import Lora, PolicySettings
start, out = map(Path, sys.argv[1:])
policy = open_policy(PolicySettings(start=str(start), precision="float32", lora=Lora(rank=3)), "cpu", 1)
save_policy(policy, out / "model", facts={"steps": 3, "datasets": ["openai/gsm8k"]})
save_adapter(policy, out / "adapter", "default")
"""


@pytest.mark.slow
def test_the_same_policy_gives_the_same_bytes(tmp_path: Path) -> None:
    """In processes of their own, in which sets have other orders."""
    start = made.write(tmp_path / "start", template=tiny.TEMPLATE)
    found = []
    for seed in ("1", "2"):
        out = tmp_path / seed
        out.mkdir()
        subprocess.run(
            [sys.executable, "-c", SAVES, start, out], check=True, env={**os.environ, "PYTHONHASHSEED": seed}
        )
        found.append({name: listed(out / name) for name in ("model", "adapter")})
    assert found[0] == found[1]
    assert {"README.md", "adapter_config.json", "adapter_model.safetensors"} <= found[0]["adapter"].keys()
    text = b"".join(
        content for files in found[0].values() for name, content in files.items() if name != "adapter_config.json"
    )
    assert str(tmp_path).encode() not in text, "a path of this machine"


def test_the_card_tells_what_it_is(tmp_path: Path) -> None:
    import yaml  # type: ignore[import-untyped]

    policy = opened(made.write(tmp_path / "start"), lora=Lora(name="algebra"))
    policy.name = "someone/tiny-1b"
    facts = {"steps": 30, "loss": 0.5, "datasets": ["openai/gsm8k", "my file.jsonl"], "best": None}
    save_policy(policy, tmp_path / "saved", facts=facts)
    save_adapter(policy, tmp_path / "adapter", "algebra", facts=facts)
    for folder, library in (("saved", "transformers"), ("adapter", "peft")):
        _, head, body = (tmp_path / folder / "README.md").read_text().split("---\n", 2)
        front = yaml.safe_load(head)
        assert front["library_name"] == library and front["base_model"] == "someone/tiny-1b"
        assert front["datasets"] == ["openai/gsm8k"] and "lora" in front["tags"]
        assert "trained from someone/tiny-1b" in body and "- steps: 30" in body and "best" not in body


def test_a_model_that_is_there_is_replaced_and_nothing_else(tmp_path: Path) -> None:
    policy = opened(made.write(tmp_path / "start"))
    save_policy(policy, tmp_path / "saved")
    (tmp_path / "saved" / "left.txt").write_text("of before")
    (tmp_path / ".saved.tmp").mkdir()
    (tmp_path / ".saved.tmp" / "half").write_text("of a process that was killed")
    save_policy(policy, tmp_path / "saved")
    assert not (tmp_path / "saved" / "left.txt").exists() and not [*tmp_path.glob(".*")]
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("years of work")
    with pytest.raises(CannotCreate, match="holds something that is no model"):
        save_policy(policy, tmp_path / "mine")
    assert (tmp_path / "mine" / "thesis.tex").exists()


def test_files_are_for_everybody(tmp_path: Path) -> None:
    save_policy(opened(made.write(tmp_path / "start")), tmp_path / "saved")
    modes = {path.stat().st_mode & 0o777 for path in (tmp_path / "saved").iterdir()}
    assert modes == {(tmp_path / "saved").stat().st_mode & 0o666}


def test_a_full_disk_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    policy = opened(made.write(tmp_path / "start"))
    save_policy(policy, tmp_path / "saved")
    before = listed(tmp_path / "saved")
    import shutil

    usage = shutil.disk_usage(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=10_000))
        with pytest.raises(DiskFull, match=r"needs [\d,]+ bytes and 10,000 are free"):
            save_policy(policy, tmp_path / "saved")
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", _full)
        with pytest.raises(DiskFull, match="no space left"):
            save_policy(policy, tmp_path / "saved")
    assert listed(tmp_path / "saved") == before


def _full(_: int) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
