"""What interpreters and tools said is read and never trained, in texts and in chats, whatever the tokenizer."""

from __future__ import annotations

from typing import Any

import pytest

from mathmill.data.errors import ConfigError
from mathmill.eval.models.base import Message
from mathmill.train.batch.chats import ChatEncoder
from mathmill.train.batch.ends import ends_of
from mathmill.train.batch.examples import DroppedExample, Encoder, Example
from mathmill.train.batch.tool_output import output_spans
from tests.eval.models import tiny
from tests.train.batch.made import CHATML, Named, chats, encoder, reason, shown

TORA = "```python\nprint(6 * 7)\n```\n```output\n42\n```\nIt is 42."
TAGGED = "<llm-code>\nprint(6)\n</llm-code>\n<llm-code-output>\n6\n</llm-code-output>\nIt is 6."
# Asks with other words than it writes, so that its own marks are taken.
MARKED = (
    "{% for message in messages %}{{ message.role }}\n{% if message.role == 'assistant' %}{% generation %}"
    "{{ message.content }}{% endgeneration %}{% else %}{{ message.content }}{% endif %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<s>assistant\n{% endif %}"
)


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("No program.", []),
        (TORA, ["\n42\n```\n"]),
        (TAGGED, ["<llm-code-output>\n6\n</llm-code-output>\n"]),
        ("```output\n```", ["\n```"]),  # nothing was printed
        ("```output \n1\n```\n```python\n2\n```\n```output\n3\n``` \nx", ["\n1\n```\n", "\n3\n``` \n"]),
        ("a\n```output\n[```]\n```", ["\n[```]\n```"]),  # a fence within a line closes nothing
        ("Say ```output to run.", []),
        ("```outputs\n1", []),
        (f"{TAGGED}\n{TORA}", ["<llm-code-output>\n6\n</llm-code-output>\n", "\n42\n```\n"]),
    ],
)
def test_what_was_printed(text: str, printed: list[str]) -> None:
    spans = output_spans(text)
    assert spans is not None
    assert [text[start:end] for start, end in spans] == printed


@pytest.mark.parametrize("text", ["```output\n42", "```output", f"{TORA}\n```output\n1\n``", "<llm-code-output>\n6"])
def test_what_was_printed_has_an_end(text: str) -> None:
    assert output_spans(text) is None
    assert reason(encoder().completion("c", "Q:", text)) == "unclosed_output"
    assert reason(chats()("c", [Message("user", "Q"), Message("assistant", text)])) == "unclosed_output"


@pytest.mark.parametrize("bos", [True, False])
@pytest.mark.parametrize("gap", ["", " ", "\n"])
def test_completions(gap: str, bos: bool) -> None:
    using = encoder(bos=bos)
    made = using.completion("c", "Q: 6 * 7?\nA:", gap + TORA)
    begin = "<s>" if bos else ""
    said = f"[{gap}```python\nprint(6 * 7)\n```\n```output]\n42\n```\n[It is 42.</s>]"
    assert shown(using, made) == f"{begin}Q: 6 * 7?\nA:{said}"


def test_a_completion_that_is_read_alone() -> None:
    """A token would reach over from the prompt; and a special token that is spelled out is none."""
    using = encoder()
    assert shown(using, using.completion("c", "Q: What i", f"s </s>?\n{TORA}")) == (
        "<s>Q: What i[s </s>?\n```python\nprint(6 * 7)\n```\n```output]\n42\n```\n[It is 42.</s>]"
    )


@pytest.mark.parametrize(("template", "head"), [(CHATML, "\n\n"), (MARKED, "")])
def test_chats(template: str, head: str) -> None:
    """With a head, a token would reach over the place where the assistant begins."""
    using = chats(template)
    said = [
        Message("user", "6 * 7?\n```output\nof mine"),
        Message("assistant", TORA),
        Message("user", "6?"),
        Message("assistant", head + TAGGED),
    ]
    assert shown(using.encoder, using("c", said)).removeprefix("<s>") == (
        "user\n6 * 7?\n```output\nof mine<|im_end|>\nassistant\n"
        "[```python\nprint(6 * 7)\n```\n```output]\n42\n```\n[It is 42.<|im_end|>]\n"
        "user\n6?<|im_end|>\nassistant\n"
        f"[{head}<llm-code>\nprint(6)\n</llm-code>\n]<llm-code-output>\n6\n</llm-code-output>\n[It is 6.<|im_end|>]\n"
    )


def test_a_turn_that_ends_with_what_was_printed() -> None:
    using = chats()
    said = [Message("user", "6 * 7?"), Message("assistant", TORA.removesuffix("\nIt is 42."))]
    assert shown(using.encoder, using("c", said)).endswith("```output]\n42\n```[<|im_end|>]\n")


def test_turns_of_tools_are_read_and_not_trained() -> None:
    using = chats()
    said = [
        Message("user", "6 * 7?"),
        Message("assistant", "6 * 7"),
        Message("tool", "42"),
        Message("assistant", "42."),
    ]
    assert shown(using.encoder, using("c", said)) == (
        "<s>user\n6 * 7?<|im_end|>\nassistant\n[6 * 7<|im_end|>]\ntool\n42<|im_end|>\nassistant\n[42.<|im_end|>]\n"
    )


def test_nothing_else_changes() -> None:
    """The tokens are those of the same words without a mask, and a cut keeps the mask."""
    using, prompt = encoder(), "Q: 6 * 7?\nA:"
    made = using.completion("c", prompt, " " + TORA)
    plain = using.completion("c", prompt, " " + TORA.replace("output", "Output"))
    assert isinstance(made, Example) and isinstance(plain, Example)
    assert len(made) == len(plain)
    assert made.trained != plain.trained
    for length in range(20, len(made)):
        cut = encoder(length).completion("c", prompt, " " + TORA)
        assert isinstance(cut, Example | DroppedExample)
        if isinstance(cut, Example):
            assert (cut.input_ids, cut.trained) == (made.input_ids[:length], made.trained[:length])


def test_a_tokenizer_that_leaves_spaces_out_of_its_tokens_places() -> None:
    from tokenizers import processors

    tokenizer = tiny.tokenizer()
    tokenizer.backend_tokenizer.post_processor = processors.ByteLevel(trim_offsets=True)
    using = Encoder("m", tokenizer, ends_of("m", tokenizer, Named(tiny.config("llama"))), 1000)
    made = using.completion("c", "Q: 6 * 7?\nA:", " " + TORA)
    assert shown(using, made) == "Q: 6 * 7?\nA:[ ```python\nprint(6 * 7)\n```\n```output]\n42\n```\n[It is 42.</s>]"


def test_a_tokenizer_that_does_not_tell_places() -> None:
    class Slow:
        """A tokenizer in Python, as far as is asked of it."""

        def __init__(self, inner: Any) -> None:
            self._inner = inner
            self.is_fast = False

        def __getattr__(self, name: str) -> Any:
            return getattr(self._inner, name)

        def __call__(self, *given: Any, **settings: Any) -> Any:
            return self._inner(*given, **settings)

    ends = ends_of("m", tiny.tokenizer(), Named(tiny.config("llama")))
    using = Encoder("m", Slow(tiny.tokenizer()), ends, 1000)
    assert isinstance(using.completion("c", "Q:", " 7"), Example)
    with pytest.raises(ConfigError, match=r"the tokenizer of m does not tell .*: take the model's fast tokenizer"):
        using.completion("c", "Q:", TORA)
    with pytest.raises(ConfigError, match="does not tell"):
        slow = Encoder("m", Slow(tiny.tokenizer(CHATML)), ends, 1000)
        ChatEncoder(slow)("c", [Message("user", "Q"), Message("assistant", TORA)])
