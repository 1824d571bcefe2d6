"""The commands of training, as a user calls them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest
import torch

from mathmill.train.doctor.examine import examine
from mathmill.train.doctor.show import show_report
from tests.train.ground import sft_recipe, sft_tree, write_sums, write_toml

CLI = [sys.executable, "-m", "mathmill.cli", "train"]


def called(*arguments: object, processes: int = 0, kill_at: str = "") -> tuple[int, str, str]:
    """Exit code, stdout and stderr; by torchrun where there are several processes."""
    command = [*CLI, *map(str, arguments)]
    if processes:
        torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)]
        command = [*torchrun, "-m", *command[2:]]
    variables = os.environ | {"MATHMILL_KILL_AT": kill_at}
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=300, env=variables, start_new_session=True, check=False
    )
    return done.returncode, done.stdout, done.stderr


@pytest.fixture(scope="module")
def sums(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_sums(tmp_path_factory.mktemp("sums") / "sums.jsonl")


@pytest.fixture(scope="module")
def alone(sums: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished training by one process."""
    folder = tmp_path_factory.mktemp("alone")
    code, said, errors = called("sft", write_toml(sft_tree(sums), folder / "sums.toml"), "--out", folder / "run")
    assert code == 0, errors
    assert "6 steps of tuning" in said and "validation loss" in said and f"{folder / 'run'}/model" in said
    return folder / "run"


def weights(model: Path) -> dict[str, torch.Tensor]:
    from safetensors.torch import load_file

    return load_file(model / "model.safetensors")


def test_the_model_loads_with_transformers(alone: Path) -> None:
    import transformers

    library: Any = transformers
    model = library.AutoModelForCausalLM.from_pretrained(alone / "model")
    tokenizer = library.AutoTokenizer.from_pretrained(alone / "model")
    given = tokenizer("3 + 4 =", return_tensors="pt")
    assert model.generate(**given, max_new_tokens=4, do_sample=False).shape[1] > given["input_ids"].shape[1]
    assert tokenizer.chat_template and model.generation_config.eos_token_id == tokenizer.eos_token_id


@pytest.mark.filterwarnings("ignore::FutureWarning")  # of peft's calls of transformers
def test_an_adapter_is_trained_and_saved_with_the_whole_model(alone: Path, sums: Path, tmp_path: Path) -> None:
    policy = {"start": str(alone / "model"), "precision": "float32", "lora": {"rank": 4}}
    recipe = write_toml(sft_tree(sums, policy=policy), tmp_path / "adapter.toml")
    code, _, errors = called("sft", recipe, "--out", tmp_path / "run")
    assert code == 0, errors
    import peft
    import transformers

    library: Any = transformers
    base = library.AutoModelForCausalLM.from_pretrained(alone / "model")
    adapted: Any = peft.PeftModel.from_pretrained(base, str(tmp_path / "run" / "adapter"))
    merged = library.AutoModelForCausalLM.from_pretrained(tmp_path / "run" / "model")
    ids = torch.arange(10, 40).unsqueeze(0)
    with torch.no_grad():
        torch.testing.assert_close(adapted(ids).logits, merged(ids).logits, atol=1e-5, rtol=1e-4)
        with adapted.disable_adapter():
            assert not torch.allclose(adapted(ids).logits, merged(ids).logits, atol=1e-3)
    tensors = [*(tmp_path / "run" / "checkpoints").glob("*/model.safetensors")]
    assert tensors and all(path.stat().st_size < 40_000 for path in tensors)  # of the adapter alone


def test_the_doctor_shows_prompts_masks_and_forecasts(
    sums: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = examine(sft_recipe(sums), tmp_path / "run")
    show_report(report, as_json=False)
    said = capsys.readouterr().out
    assert "  given   | " in said and "  trained |  " in said and "<|end|>" in said
    for check in (
        "machine",
        "policy",
        "ends",
        "data",
        "held out",
        "length",
        "memory",
        "loss",
        "time",
        "disk",
        "folder",
    ):
        assert f"  {check}: " in said
    show_report(report, as_json=True)
    told = orjson.loads(capsys.readouterr().out)
    assert told["well"] and told["figures"]["steps"] == 6 and told["figures"]["forecast"]["weights"] > 0
    assert not (tmp_path / "run").exists()


def test_the_doctor_counts_the_model_that_an_adapter_is_merged_into(sums: Path, tmp_path: Path) -> None:
    policy = {**sft_tree(sums)["policy"], "lora": {"rank": 2}}
    figures = examine(sft_recipe(sums, policy=policy), tmp_path / "run").figures
    assert figures["disk"] > 4 * (figures["parameters"] - figures["trained_parameters"])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"sources": [{"files": ["nowhere.jsonl"]}]}, "nowhere.jsonl"),
        ({"policy": {"start": "nowhere/model"}}, "nowhere/model"),
        ({"rows": {"step": 4, "length": 3}}, "prompt_too_long"),
    ],
)
def test_the_doctor_says_what_is_wrong(changes: dict[str, Any], said: str, sums: Path, tmp_path: Path) -> None:
    report = examine(sft_recipe(sums, **changes), tmp_path / "run")
    assert not report.is_well
    assert said in report.findings[-1].told


def test_a_dry_run_is_the_doctors_and_its_exit_code_tells(sums: Path, tmp_path: Path) -> None:
    recipe = write_toml(sft_tree(sums, sources=[{"files": ["nowhere.jsonl"]}]), tmp_path / "recipe.toml")
    code, said, _ = called("sft", recipe, "--dry-run", "--out", tmp_path / "run")
    assert code == 2
    assert "WRONG" in said and "nowhere.jsonl" in said and "It cannot be trained so." in said


@pytest.mark.slow
@pytest.mark.parametrize(("before", "after"), [(2, 0), (0, 2)])
def test_another_number_of_processes_goes_on(before: int, after: int, alone: Path, sums: Path, tmp_path: Path) -> None:
    layout = {"device": "cpu", "parallel": "fsdp", "microbatch": 1}
    recipe, out = write_toml(sft_tree(sums, machine=layout), tmp_path / "sums.toml"), tmp_path / "run"
    code, _, errors = called("sft", recipe, "--out", out, processes=before, kill_at="step_backward:9")
    assert code in (1, -signal.SIGKILL), errors  # torchrun says 1
    assert not (out / "manifest.json").exists() and (out / "checkpoints").exists()
    code, _, errors = called("sft", recipe, "--out", out, processes=after)
    assert code == 0, errors
    found, expected = weights(out / "model"), weights(alone / "model")
    for name in expected:
        torch.testing.assert_close(found[name], expected[name], atol=1e-6, rtol=0)
