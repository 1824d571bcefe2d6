"""vLLM in process: what can be tested without it, and a tiny model where it is installed."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from mathmill.data.errors import ConfigError, InputMissing
from mathmill.eval.models.base import Completion, Prompt, Sampling
from mathmill.eval.models.vllm import VllmModel, VllmOptions, fields_for, read_output
from mathmill.eval.models.wire import seed_of
from tests.eval.models import tiny
from tests.eval.models.conftest import Models

INSTALLED = find_spec("vllm") is not None


@pytest.mark.skipif(INSTALLED, reason="vLLM is installed")
def test_without_vllm_it_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"not installed here: `pip install vllm`.*vllm serve"):
        VllmModel(str(tmp_path))


def test_nothing_is_left_to_the_generation_config_of_the_model() -> None:
    sampling = Sampling(n=4, temperature=0.7, top_p=0.9, top_k=50, max_new_tokens=30, seed=7)
    assert fields_for(Prompt("p1", "text", ("Q:", "\n\n")), sampling, [1, 106]) == {
        "n": 4,
        "temperature": 0.7,
        "top_p": 0.9,
        "top_k": 50,
        "max_tokens": 30,
        "stop": ["Q:", "\n\n"],
        "stop_token_ids": [1, 106],
        "seed": seed_of(7, "p1"),
    }


@pytest.mark.parametrize(
    ("text", "reason", "by", "completion"),
    [
        ("42", "stop", None, Completion("42", "eos", 3)),
        ("42", "stop", 106, Completion("42", "eos", 3)),
        ("42", "stop", "\n\n", Completion("42", "stop", 3)),
        ("42", "length", None, Completion("42", "length", 3)),
        ("42Q:", "stop", "\n\n", Completion("42", "stop", 3)),
    ],
)
def test_outputs_are_read(text: str, reason: str, by: Any, completion: Completion) -> None:
    output = SimpleNamespace(index=0, text=text, token_ids=(5, 6, 1), finish_reason=reason, stop_reason=by)
    assert read_output(output, Prompt("p", "text", ("\n\n", "Q:"))) == completion


def test_an_aborted_output_is_no_completion() -> None:
    output = SimpleNamespace(index=0, text="4", token_ids=(5,), finish_reason="abort", stop_reason=None)
    with pytest.raises(InputMissing, match="completion of p with 'abort'"):
        read_output(output, Prompt("p", "text"))


@pytest.mark.skipif(not INSTALLED, reason="vLLM is not installed")
def test_vllm_says_what_transformers_says(models: Models, tmp_path: Path) -> None:
    here = models("chat")
    tiny.write(tmp_path, "llama", tiny.TEMPLATE)
    there = VllmModel(str(tmp_path), VllmOptions(dtype="float32", chunk=1))
    prompts = [Prompt("a", "Two and two is"), Prompt("b", tiny.TEXTS[0], ("7",))]
    greedy, drawn = Sampling(max_new_tokens=8), Sampling(n=3, temperature=1.0, max_new_tokens=8)
    try:
        found = dict(there.generate(prompts, greedy))
        first, again = (dict(there.generate(prompts, drawn)) for _ in range(2))
    finally:
        there.close()
    assert found == dict(here.generate(prompts, greedy))
    assert first == again
    assert len(set(first[0])) > 1
