"""A model whose weights are in this process: any causal language model of the transformers library.

Three parts: `load.py` finds and loads it, `decode.py` generates with a past laid out in columns, `stateful.py` with
transformers' own `generate` for models whose past is a state. Of a model's generation_config only its EOS counts:
temperature, repetition penalty and the like are the protocol's to say, not the model's.
"""

from __future__ import annotations

import gc
from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from pydantic import Field, JsonValue

from mathmill.data.config import Config
from mathmill.data.errors import ConfigError
from mathmill.eval.models.base import Completion, Prompt, Sampling, template_fact
from mathmill.eval.models.memory import free_bytes, is_out_of_memory
from mathmill.eval.models.names import Device, Dtype
from mathmill.eval.models.tokens import Reader

if TYPE_CHECKING:
    from mathmill.eval.models.decode import Ask
    from mathmill.eval.models.load import Loaded

_MOST_ROWS = {"cpu": 32, "cuda": 128}  # more rows than these make a token hardly cheaper
_PART = 0.4  # of the free memory for the cache of a batch: a group that goes through the model takes as much again


class LocalOptions(Config):
    """How a model is loaded and run."""

    revision: str = Field(default="", description="commit, branch or tag of a model on the hub")
    dtype: Dtype = Field(default="auto", description="precision of the weights; auto is what they are stored in")
    device: Device = Field(default="auto", description="auto is a GPU where there is one")
    template: dict[str, JsonValue] = Field(default={}, description="arguments of the chat template, by name")
    batch_size: int | Literal["auto"] = Field(default="auto", description="rows; auto is by memory")
    share_prefix: bool = Field(default=True, description="let what all prompts begin with through the model once")
    refill: bool = Field(default=True, description="let the next prompt take the place of a row that has ended")


class LocalModel:
    """A policy in this process.

    A batch takes `rows x (tokens of the longest prompt + max_new_tokens + 96) x bytes of a token's cache`, the prompts
    that go through the model at the moment as much again at most, and logits `rows x vocabulary x 4` bytes a few times.

    Raises:
        InputMissing: no such model, no weights that may be read, no tokenizer.
        DamagedInput: its files are damaged or do not hold all weights.
        ConfigError: not a causal language model, code of its own, no such device, a batch of no rows.
    """

    def __init__(self, name: str, options: LocalOptions | None = None) -> None:
        from mathmill.eval.models.load import load

        self._options = options or LocalOptions()
        if isinstance(self._options.batch_size, int) and self._options.batch_size < 1:
            raise ConfigError(f"a batch of {self._options.batch_size} rows: set --batch-size to 1 or more, or to auto")
        self._loaded: Loaded = load(name, self._options.revision, self._options.dtype, self._options.device)
        self._name = name
        self._reader = Reader(name, self._loaded.tokenizer, self._loaded.model, self._options.template)

    @property
    def facts(self) -> Mapping[str, str]:
        """Name as it was given, `weights` (a hash of the files, or a commit of the hub), `dtype`, `backend`."""
        return {**self._loaded.facts, **template_fact(self._options.template)}

    @property
    def has_chat_template(self) -> bool:
        return self._reader.has_chat_template

    @property
    def notes(self) -> Sequence[str]:
        """Nothing: what there is to know is in the facts."""
        return ()

    def check(self, prompts: Sequence[Prompt], sampling: Sampling) -> None:
        """Make sure that every prompt and its completion fit.

        Raises:
            ConfigError: the context is too short, there is no chat template for a chat, or n samples of a greedy
                completion are asked for.
        """
        self._reader.check(prompts, sampling)

    def generate(
        self, prompts: Sequence[Prompt], sampling: Sampling
    ) -> Generator[tuple[int, tuple[Completion, ...]], None, None]:
        """The position of a prompt and its completions, as they are finished: about the longest prompts first.

        Where memory runs out, the prompts that are not done are begun anew with half the rows, once.

        Raises:
            ConfigError: as `check`; or memory ran out twice, and the message says what it was enough for.
        """
        self.check(prompts, sampling)
        asks = {ask.index: ask for ask in self._asks(prompts, sampling)}
        free = free_bytes(self._loaded.network.device.type)
        rows = self._rows(list(asks.values()), sampling, free) if asks else 0
        for half in (False, True):
            try:
                for index, completions in self._run(list(asks.values()), sampling, rows):
                    del asks[index]
                    yield index, completions
                return
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
                if half or rows == 1:
                    raise ConfigError(self._advice(rows, free)) from None
            self._collect()
            rows = max(rows // 2, 1)

    def close(self) -> None:
        """Give the memory back; the model cannot be used afterwards."""
        self.__dict__.pop("_loaded", None)
        self.__dict__.pop("_reader", None)
        self._collect()

    def _asks(self, prompts: Sequence[Prompt], sampling: Sampling) -> list[Ask]:
        from mathmill.eval.models.decode import Ask

        endings = {chat: self._reader.endings(chat, sampling.max_new_tokens) for chat in (False, True)}
        return [
            Ask(index, prompt.id, tokens, prompt.stops, endings[not isinstance(prompt.given, str)])
            for index, (prompt, tokens) in enumerate(zip(prompts, self._reader.read(prompts), strict=True))
        ]

    def _run(self, asks: Sequence[Ask], sampling: Sampling, rows: int) -> Iterator[tuple[int, tuple[Completion, ...]]]:
        from mathmill.eval.models.decode import Batch, Plan
        from mathmill.eval.models.stateful import generate

        if self._loaded.network.windows is None:
            return generate(self._loaded.model, asks, sampling, rows)
        plan = Plan(rows, self._options.share_prefix, self._options.refill)
        return iter(Batch(self._loaded.network, asks, sampling, plan))

    def _rows(self, asks: Sequence[Ask], sampling: Sampling, free: int) -> int:
        if isinstance(self._options.batch_size, int):
            return self._options.batch_size
        network, model = self._loaded.network, self._loaded.model
        most = _MOST_ROWS[network.device.type]
        if network.windows is None:
            return most
        from mathmill.eval.models.decode import ROOM

        columns = max(len(ask.tokens) for ask in asks) + sampling.max_new_tokens + ROOM
        logits = 4 * 3 * model.config.get_text_config(decoder=True).vocab_size
        row = columns * network.bytes_of_token() + logits
        return max(min(int(_PART * free / row), most), 1)

    def _advice(self, rows: int, free: int) -> str:
        had = f"{free / 2**30:.1f} GiB were free before"
        smaller = f"--batch-size {rows // 2}, " if rows > 1 else ""
        precision = "" if self._loaded.facts["dtype"] == "bfloat16" else "--dtype bfloat16, "
        return (
            f"{self._name} ran out of memory with {rows} row{'s' * (rows != 1)} ({had}): "
            f"set {smaller}{precision}a smaller --max-new-tokens, or choose a smaller model"
        )

    def _collect(self) -> None:
        import torch

        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
