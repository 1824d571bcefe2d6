"""Prompts as tokens, what ends a completion, and how much a model can take: all that its tokenizer and config say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from mathmill.data.errors import ConfigError
from mathmill.data.terminal import one_line
from mathmill.eval.models.base import Message, Prompt, Sampling
from mathmill.eval.models.context import check_draws, check_fits
from mathmill.eval.models.stops import Endings, only_adds

# Tokens with which models end their turn of a chat; a model's config often names only the end of the whole text.
_ENDS_OF_TURN = (
    *("<|im_end|>", "<end_of_turn>", "<|eot_id|>", "<|eom_id|>", "<|end|>", "<|end_of_turn|>", "<|endofturn|>"),
    *("<|END_OF_TURN_TOKEN|>", "<|return|>", "<|call|>", "<turn|>", "<|end_of_text|>", "<|endoftext|>", "</s>"),
    *("<eos>", "<\uff5cend\u2581of\u2581sentence\uff5c>"),
)
# Names under which a config gives the number of positions, in the order in which they are looked up.
_CONTEXT = ("n_positions", "max_position_embeddings", "n_ctx", "max_seq_len", "seq_length", "max_sequence_length")
_NO_LIMIT = 1_000_000_000  # a tokenizer's `model_max_length` above this means that nobody set it

Tokens = npt.NDArray[np.int32]


class Reader:
    """A model's tokenizer; `name` is the model's, for messages. A prompt is tokenised once."""

    def __init__(self, name: str, tokenizer: Any, model: Any, template: Mapping[str, Any] | None = None) -> None:
        """`template` are arguments of the chat template by name, such as `enable_thinking`."""
        self._name, self._tokenizer, self._model, self._template = name, tokenizer, model, dict(template or {})
        self._known: dict[str | tuple[Message, ...], Tokens] = {}

    @property
    def name(self) -> str:
        return self._name

    @property
    def has_chat_template(self) -> bool:
        return bool(self._tokenizer.chat_template)

    def read(self, prompts: Sequence[Prompt]) -> list[Tokens]:
        """The tokens of each prompt.

        A text gets the special tokens that its tokenizer adds, but no second BOS if it begins with one. A chat gets
        what its template writes and nothing else.

        Raises:
            ConfigError: a chat, and there is no template, or the template refuses it.
        """
        new = list({prompt.given: None for prompt in prompts if prompt.given not in self._known})
        bos = self._tokenizer.bos_token
        plain, bare = [], []
        for given in new:
            if isinstance(given, str) and not (bos and given.startswith(bos)):
                plain.append(given)
            else:
                bare.append(given)
        texts = [given if isinstance(given, str) else self._as_text(given) for given in bare]
        for kind, written, settings in ((plain, plain, {}), (bare, texts, {"add_special_tokens": False})):
            if written:
                rows = self._tokenizer(written, return_attention_mask=False, verbose=False, **settings)["input_ids"]
                self._known.update(zip(kind, (np.array(row or self._nothing(), np.int32) for row in rows), strict=True))
        return [self._known[prompt.given] for prompt in prompts]

    def _nothing(self) -> list[int]:
        """What stands for an empty text: a model needs one token to go on from."""
        some = (self._tokenizer.bos_token_id, self._tokenizer.eos_token_id, 0)
        return [next(token for token in some if token is not None)]

    def _as_text(self, messages: tuple[Message, ...]) -> str:
        from jinja2 import TemplateError

        if not self.has_chat_template:
            raise ConfigError(
                f"{self._name} has no chat template, so a chat cannot be put to it: "
                "choose a task of plain text, or ask without a chat"
            )
        turns = [{"role": message.role, "content": message.content} for message in messages]
        try:
            text = self._tokenizer.apply_chat_template(
                turns, tokenize=False, add_generation_prompt=True, **self._template
            )
        except TemplateError as error:
            reason = one_line(str(error) or type(error).__name__, 200)
            system = " (there is a system message: try without it)" if messages[0].role == "system" else ""
            raise ConfigError(f"the chat template of {self._name} refuses these messages: {reason}{system}") from None
        assert isinstance(text, str)
        return text

    def endings(self, chat: bool, max_new_tokens: int) -> Endings:
        """What ends a completion: every EOS that a config names, and after a chat every known end of a turn."""
        tokenizer = self._tokenizer
        special = {token for token, added in tokenizer.added_tokens_decoder.items() if added.special}
        return Endings(
            decode=lambda tokens: str(tokenizer.decode(tokens, skip_special_tokens=True)),
            special=frozenset(special),
            eos=self._eos(chat),
            spelled_eos=tokenizer.eos_token or "",
            max_new_tokens=max_new_tokens,
            adding=only_adds(tokenizer),
        )

    def _eos(self, chat: bool) -> frozenset[int]:
        config = self._model.config
        named = [
            getattr(self._model.generation_config, "eos_token_id", None),
            getattr(config, "eos_token_id", None),
            getattr(config.get_text_config(decoder=True), "eos_token_id", None),
            self._tokenizer.eos_token_id,
        ]
        eos = {token for some in named if some is not None for token in (some if isinstance(some, list) else [some])}
        if chat:
            vocabulary = _vocabulary(self._tokenizer)
            eos.update(vocabulary[text] for text in _ENDS_OF_TURN if text in vocabulary)
        return frozenset(eos)

    def context(self) -> int | None:
        """How many tokens the model takes, prompt and completion together, or None where nothing says so."""
        config = self._model.config.get_text_config(decoder=True)
        stated = [value for name in _CONTEXT if isinstance(value := getattr(config, name, None), int) and value > 0]
        if stated:
            return max(stated[0], _stretched(config, stated[0]))
        limit = self._tokenizer.model_max_length
        return int(limit) if limit is not None and limit < _NO_LIMIT else None

    def check(self, prompts: Sequence[Prompt], sampling: Sampling, context: int | None = None) -> None:
        """Make sure that samples can differ, and that prompts and completions fit into a context, the model's if None.

        Raises:
            ConfigError: they do not; or what `read` raises.
        """
        check_draws(sampling)
        context = context or self.context()
        if context is not None:
            check_fits(max(map(len, self.read(prompts)), default=0), sampling.max_new_tokens, context, self._name)


def _stretched(config: Any, positions: int) -> int:
    """The context with scaled rotary positions, where a config states what it was before and by how much it grew."""
    rope = getattr(config, "rope_parameters", None) or {}
    before, factor = rope.get("original_max_position_embeddings"), rope.get("factor")
    if isinstance(before, int) and isinstance(factor, int | float):
        return int(before * factor)
    return positions  # without the former, nobody knows whether the latter is in them


@cache
def _vocabulary(tokenizer: Any) -> dict[str, int]:
    return dict(tokenizer.get_vocab())
