"""Where memory runs out a step is done in smaller parts, and what does not fit at all is told in numbers."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest

from mathmill.train.within_memory import OutOfMemory, within_memory
from tests.train.ground import FRESH, in_memory_of, sft_recipe, write_sums

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a process's memory can be limited on Linux only")
LARGE: dict[str, Any] = {
    "policy": {"fresh": {**FRESH, "width": 128, "layers": 2, "context": 512}, "precision": "float32"},
    "rows": {"step": 32, "length": 512},
    "train": {"steps": 1},
}


def losses(folder: Path) -> list[float]:
    lines = map(orjson.loads, (folder / "metrics.jsonl").read_bytes().splitlines())
    return [line["loss"] for line in lines if "loss" in line]


def test_a_step_is_done_in_smaller_parts_and_is_the_same(tmp_path: Path) -> None:
    sums = write_sums(tmp_path / "sums.jsonl", 400)
    plain, scarce = tmp_path / "plain", tmp_path / "scarce"
    assert in_memory_of(1 << 15, sft_recipe(sums, **LARGE, machine={"device": "cpu", "microbatch": 8}), plain) == 0
    fitted = 0
    for limit in (600, 450, 300):  # what other tests have freed in this process is had beside
        recipe = sft_recipe(sums, **LARGE, machine={"device": "cpu", "microbatch": 32})
        shutil.rmtree(scarce, ignore_errors=True)
        assert in_memory_of(limit, recipe, scarce) == 0
        state = orjson.loads((scarce / "checkpoints" / "step-00000001" / "state.json").read_bytes())
        fitted = state["notes"]["microbatch"]
        if fitted < 32:
            break
    assert fitted in (1, 2, 4, 8, 16)
    assert losses(scarce) == pytest.approx(losses(plain), abs=1e-5)


def test_no_room_for_the_moments_is_told(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Weights of 315 MB have gradients as large, and moments twice that."""
    recipe = sft_recipe(
        write_sums(tmp_path / "sums.jsonl"),
        policy={"fresh": {**FRESH, "width": 1024, "layers": 6, "heads": 8}, "precision": "float32"},
        rows={"step": 1, "length": 32},
        train={"steps": 1},
        held_out={"share": 0},
    )
    assert in_memory_of(1_100, recipe, tmp_path / "run") == 2
    assert "out of memory" in capfd.readouterr().err
    assert not (tmp_path / "run" / "checkpoints").exists()


def test_what_does_not_fit_is_told_in_numbers(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    texts = tmp_path / "texts.jsonl"
    texts.write_bytes(b"\n".join(orjson.dumps({"text": "one and two are three " * 4_000}) for _ in range(4)))
    recipe = sft_recipe(
        texts,
        policy={"fresh": FRESH, "precision": "float32", "attention": "eager"},
        rows={"step": 1, "length": 16_384},
        held_out={"share": 0},
    )
    assert in_memory_of(1_500, recipe, tmp_path / "run") == 2
    said = capfd.readouterr().err
    assert "out of memory with 1 rows at once" in said
    assert re.search(r"rows\.length = 8192 takes [\d.]+ GB less, policy\.checkpointing = true most of [\d.]+ GB", said)
    assert "[policy.lora] nearly all of" in said


def test_what_is_no_lack_of_memory_is_raised_as_it_is() -> None:
    def work(microbatch: int) -> None:
        raise RuntimeError("shapes do not fit")

    with pytest.raises(RuntimeError, match="shapes"):
        within_memory(work, 8, 1, "cpu")


def test_one_of_several_processes_does_not_begin_anew() -> None:
    def work(microbatch: int) -> None:
        raise MemoryError

    with pytest.raises(OutOfMemory, match="8 rows at once"):
        within_memory(work, 8, 8, "cpu")
