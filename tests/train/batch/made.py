"""Encoders for tiny real tokenizers, and what they made as text."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import Any

from mathmill.eval.models.base import Message
from mathmill.train.batch.chats import ChatEncoder, Turns
from mathmill.train.batch.ends import ends_of
from mathmill.train.batch.examples import DroppedExample, Encoder, Example
from tests.eval.models import tiny

CHATML = (
    "{% for message in messages %}{{ '<s>' if loop.first }}{{ message.role }}\n"
    "{{ message.content }}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}assistant\n{% endif %}"
)


@dataclass(frozen=True)
class Named:
    """Of a model, what tells its EOS set."""

    config: Any
    generation_config: Any = None


def encoder(length: int = 1000, template: str | None = None, bos: bool = True) -> Encoder:
    tokenizer = tiny.tokenizer(template)
    if not bos:
        from tokenizers import processors

        tokenizer.backend_tokenizer.post_processor = processors.ByteLevel()
    return Encoder("m", tokenizer, ends_of("m", tokenizer, Named(tiny.config("llama"))), length)


def chats(template: str = CHATML, turns: Turns = "all", length: int = 1000) -> ChatEncoder:
    return ChatEncoder(encoder(length, template), turns)


def messages(*contents: str, system: str = "") -> list[Message]:
    """User and assistant by turns."""
    some = [Message("user" if at % 2 == 0 else "assistant", content) for at, content in enumerate(contents)]
    return [Message("system", system), *some] if system else some


def shown(using: Encoder, example: Example | DroppedExample) -> str:
    """The text of an Example with its trained tokens between brackets."""
    assert isinstance(example, Example), example
    tokens = zip(example.input_ids, example.trained, strict=True)
    runs = [(trained, [token for token, _ in run]) for trained, run in groupby(tokens, key=lambda pair: pair[1])]
    pieces = [(trained, using.tokenizer.decode(ids)) for trained, ids in runs]
    return "".join(f"[{piece}]" if trained else piece for trained, piece in pieces)


def reason(dropped: Example | DroppedExample) -> str:
    assert isinstance(dropped, DroppedExample), dropped
    assert dropped.origin
    assert dropped.evidence
    return dropped.reason
