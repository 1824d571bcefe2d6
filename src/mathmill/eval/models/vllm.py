"""A model whose weights are in this process, run by vLLM where that is installed: fast, and on a GPU as a rule.

Prompts are made into tokens here, as for `local.py`, and ended by the same tokens, so that both backends are given the
same. Prompts go to the engine a chunk at a time, and a chunk's completions are yielded when all of it is finished.

Each sample has a seed of its own, from the run's seed, its problem and its number. What a batch holds beside it still
changes rounding on a GPU, and with that now and then a token: another chunk or a resumed run may differ so.

Written against vLLM's sources of 2026 (`LLM`, `SamplingParams`, `CompletionOutput`), and not run: there is no wheel of
vLLM for the machines on which mathmill is tested. `tests/eval/models/test_vllm.py` runs it where vLLM is installed.
"""

from __future__ import annotations

import gc
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Literal

from pydantic import Field, JsonValue

from mathmill.data.config import Config
from mathmill.data.errors import ConfigError, InputMissing
from mathmill.data.terminal import one_line
from mathmill.eval.models.base import Completion, Finish, Prompt, Sampling, template_fact
from mathmill.eval.models.find import find
from mathmill.eval.models.tokens import Reader
from mathmill.eval.models.wire import cut, seed_of


class VllmOptions(Config):
    """How vLLM loads and runs a model."""

    revision: str = Field(default="", description="commit, branch or tag of a model on the hub")
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = Field(
        default="auto", description="precision of the weights; vLLM's auto is float16 where they are stored in float32"
    )
    gpus: int = Field(default=1, ge=1, description="over which the weights are split")
    context: int = Field(default=0, ge=0, description="tokens of a prompt and its completion; 0 is all the model takes")
    template: dict[str, JsonValue] = Field(default={}, description="arguments of the chat template, by name")
    chunk: int = Field(default=256, ge=1, description="prompts that are finished together")


@dataclass(frozen=True, slots=True)
class _Configs:
    """What `Reader` asks of a model: which tokens end its completions."""

    config: Any
    generation_config: Any


class VllmModel:
    """A policy in this process, run by vLLM.

    Raises:
        ConfigError: vLLM is not installed, or cannot run here; the weights are GGUF, or need code of their own.
        InputMissing, DamagedInput: as `find` says of the model's files; or vLLM cannot load them.
    """

    def __init__(self, name: str, options: VllmOptions | None = None) -> None:
        self._options, self._name = options or VllmOptions(), name
        self._vllm = _library()
        place = find(name, self._options.revision)
        if place.gguf:
            raise ConfigError(f"{name} is GGUF, which vLLM reads in part only: leave --backend vllm out")
        folder = str(place.folder)
        try:
            self._llm: Any = self._vllm.LLM(
                model=folder,
                dtype=self._options.dtype,
                tensor_parallel_size=self._options.gpus,
                max_model_len=self._options.context or None,
                load_format="safetensors",
                trust_remote_code=False,
                seed=0,  # of what has no seed of its own: nothing here
            )
        except (OSError, ValueError, RuntimeError) as error:
            raise InputMissing(
                f"vLLM cannot load {name}: {one_line(error, 300)}; what it printed above says why"
            ) from error
        config = self._llm.llm_engine.model_config
        self._context = int(config.max_model_len)
        precision = str(config.dtype).removeprefix("torch.")
        self._facts = {"name": name, "weights": place.weights, "dtype": precision, "backend": "vllm"} | template_fact(
            self._options.template
        )
        self._reader = Reader(name, self._llm.get_tokenizer(), _configs(folder), self._options.template)

    @property
    def facts(self) -> Mapping[str, str]:
        """Name as it was given, `weights` (a hash of the files, or a commit of the hub), `dtype`, `backend`."""
        return self._facts

    @property
    def has_chat_template(self) -> bool:
        return self._reader.has_chat_template

    @property
    def notes(self) -> Sequence[str]:
        return ()

    def check(self, prompts: Sequence[Prompt], sampling: Sampling) -> None:
        """Make sure that every prompt and its completion fit.

        Raises:
            ConfigError: the context is too short, there is no chat template for a chat, or n samples of a greedy
                completion are asked for.
        """
        self._reader.check(prompts, sampling, self._context)

    def generate(
        self, prompts: Sequence[Prompt], sampling: Sampling
    ) -> Generator[tuple[int, tuple[Completion, ...]], None, None]:
        """The position of a prompt and its completions, a chunk at a time.

        Raises:
            ConfigError: as `check`.
            InputMissing: vLLM's engine died.
        """
        self.check(prompts, sampling)
        given = [{"prompt_token_ids": tokens.tolist()} for tokens in self._reader.read(prompts)]
        ends = {
            chat: sorted(self._reader.endings(chat, sampling.max_new_tokens).eos) if prompts else []
            for chat in (False, True)
        }
        asked = [
            self._vllm.SamplingParams(**fields_for(prompt, sampling, ends[not isinstance(prompt.given, str)]))
            for prompt in prompts
        ]
        dead = import_module("vllm.v1.engine.exceptions").EngineDeadError
        for start in range(0, len(prompts), self._options.chunk):
            chunk = slice(start, start + self._options.chunk)
            try:
                outputs = self._llm.generate(given[chunk], asked[chunk], use_tqdm=False)
            except dead as error:
                raise InputMissing(
                    f"the engine of vLLM died ({one_line(error, 200)}); {start:,} problems of this call are done and "
                    "kept: run the same command again"
                ) from error
            for index, output in enumerate(outputs, start):
                made = sorted(output.outputs, key=lambda one: int(one.index))
                yield index, tuple(read_output(one, prompts[index]) for one in made)

    def close(self) -> None:
        """End the engine and give its memory back; the model cannot be used afterwards."""
        llm = self.__dict__.pop("_llm", None)
        if llm is not None:
            llm.llm_engine.engine_core.shutdown()
        gc.collect()


def _library() -> Any:
    if find_spec("vllm") is None:
        raise ConfigError(
            "vLLM is not installed here: `pip install vllm` (Linux, as a rule with a GPU), or run `vllm serve` on a "
            "machine that has it and give http://THAT-MACHINE:8000/v1 as the model"
        )
    try:
        return import_module("vllm")
    except (ImportError, OSError, RuntimeError) as error:
        raise ConfigError(
            f"vLLM is installed and cannot be used here ({one_line(error, 200)}): install one that is built for this "
            "machine's GPU and torch"
        ) from error


def _configs(folder: str) -> _Configs:
    import transformers

    try:
        generation: Any = transformers.GenerationConfig.from_pretrained(folder)
    except OSError:  # many models have none
        generation = None
    return _Configs(transformers.AutoConfig.from_pretrained(folder, trust_remote_code=False), generation)


def fields_for(prompt: Prompt, sampling: Sampling, eos: Sequence[int]) -> dict[str, Any]:
    """The fields of vLLM's `SamplingParams` for a prompt; nothing is left to a model's generation config.

    vLLM gives sample i of a request its seed and i more.
    """
    return {
        "n": sampling.n,
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "top_k": sampling.top_k,
        "max_tokens": sampling.max_new_tokens,
        "stop": list(prompt.stops),
        "stop_token_ids": list(eos),
        "seed": seed_of(sampling.seed, prompt.id),
    }


def read_output(output: Any, prompt: Prompt) -> Completion:
    """A `CompletionOutput` of vLLM as a Completion.

    `stop_reason` is the string that ended it, the number of a token, or None for the model's own EOS.

    Raises:
        InputMissing: it ended in another way: it was aborted.
    """
    # Of stop strings that come with one token vLLM cuts at the one that is first in its list, not in the text.
    text, stopped = cut(output.text, prompt.stops)
    finish: Finish
    if output.finish_reason == "length":
        finish = "stop" if stopped else "length"
    elif output.finish_reason == "stop":
        finish = "stop" if stopped or isinstance(output.stop_reason, str) else "eos"
    else:
        raise InputMissing(
            f"vLLM ended the completion of {one_line(prompt.id, 100)} with {one_line(repr(output.finish_reason), 60)}, "
            "neither stop nor length: look at what it printed, and run the same command again"
        )
    return Completion(text, finish, len(output.token_ids))
