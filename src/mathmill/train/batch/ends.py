"""What ends a completion, as a model is trained to end it and as it is later asked: one set for both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mathmill.data.errors import ConfigError
from mathmill.eval.models.tokens import Reader


@dataclass(frozen=True, slots=True)
class Ends:
    """The EOS set.

    `eos` is what a completion of plain text ends with. At any of `of_text` a completion of a text is cut when the model
    is asked, at any of `of_turn` one of a chat. `pad` fills rows, and is never trained even where it is `eos`.
    """

    eos: int
    of_text: frozenset[int]
    of_turn: frozenset[int]
    pad: int


def ends_of(name: str, tokenizer: Any, model: Any) -> Ends:
    """The EOS set of a model: what its config, its generation config and its tokenizer name, and known ends of a turn.

    Raises:
        ConfigError: its tokenizer has no EOS, so that the model could not learn to stop.
    """
    reader = Reader(name, tokenizer, model)
    eos = tokenizer.eos_token_id
    if eos is None:
        raise ConfigError(
            f"the tokenizer of {name} has no end-of-sequence token, so the model could not learn to stop: "
            "set eos_token in its tokenizer_config.json"
        )
    pad = tokenizer.pad_token_id
    of_text, of_turn = (reader.endings(chat, 1).eos for chat in (False, True))
    return Ends(eos, of_text, of_turn, eos if pad is None else pad)
