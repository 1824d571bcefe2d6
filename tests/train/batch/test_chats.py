"""Which tokens of a chat are the assistant's."""

from __future__ import annotations

import pytest

from mathmill.data.errors import ConfigError
from mathmill.eval.models.base import Message, Prompt
from mathmill.eval.models.tokens import Reader
from mathmill.train.batch.chats import ChatEncoder, Turns
from mathmill.train.batch.examples import Example
from tests.eval.models import tiny
from tests.train.batch.made import CHATML, Named, chats, encoder, messages, reason, shown

# Writes thoughts of the last turn only, as Qwen3's does.
THINKING = (
    "{% for message in messages %}{{ message.role }}\n"
    "{% if message.role == 'assistant' and loop.last %}<think>\n\n</think>\n\n{% endif %}"
    "{{ message.content }}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}assistant\n{% endif %}"
)
# As Llama 2's: what ends a turn is the end of the text, and each turn begins with BOS.
INST = (
    "{% for message in messages %}{% if message.role == 'user' %}<s>(INST) {{ message.content }} (/INST)"
    "{% elif message.role == 'assistant' %} {{ message.content }}</s>"
    "{% else %}{{ raise_exception('no system') }}{% endif %}{% endfor %}"
)
# Does not know of add_generation_prompt, and never ends a turn.
OPEN = "{% for message in messages %}{{ message.content }} {% endfor %}"
# Ends the turns of the user only.
HALF = (
    "{% for message in messages %}{{ message.role }}: {{ message.content }}"
    "{{ '<|im_end|>' if message.role == 'user' }}\n{% endfor %}{{ 'assistant: ' if add_generation_prompt }}"
)
# Asks with other words than it writes, and has marks, which leave out the end.
MARKED = (
    "{% for message in messages %}<s>{{ message.role }}\n{% if message.role == 'assistant' %}{% generation %}"
    "{{ message.content }}{% endgeneration %}{% else %}{{ message.content }}{% endif %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}assistant\n{% endif %}"
)
# Counts the messages before it writes them, so that no beginning stays as it is.
COUNTING = "{{ messages | length }}\n" + CHATML
ONE = messages("3 + 4?", "7.")
TWO = messages("3 + 4?", "7.", "12 - 5?", "7, too.")


@pytest.mark.parametrize(
    ("template", "turns", "said", "expected"),
    [
        (CHATML, "all", ONE, "<s>user\n3 + 4?<|im_end|>\nassistant\n[7.<|im_end|>]\n"),
        (
            CHATML,
            "all",
            TWO,
            "<s>user\n3 + 4?<|im_end|>\nassistant\n[7.<|im_end|>]\n"
            "user\n12 - 5?<|im_end|>\nassistant\n[7, too.<|im_end|>]\n",
        ),
        (
            CHATML,
            "last",
            TWO,
            "<s>user\n3 + 4?<|im_end|>\nassistant\n7.<|im_end|>\n"
            "user\n12 - 5?<|im_end|>\nassistant\n[7, too.<|im_end|>]\n",
        ),
        (
            CHATML,
            "all",
            messages("3 + 4?", "7.", system="Be short."),
            "<s>system\nBe short.<|im_end|>\nuser\n3 + 4?<|im_end|>\nassistant\n[7.<|im_end|>]\n",
        ),
        # The user has the last word.
        (CHATML, "last", TWO[:3], "<s>user\n3 + 4?<|im_end|>\nassistant\n[7.<|im_end|>]\nuser\n12 - 5?<|im_end|>\n"),
        # Nothing is asked before.
        (CHATML, "all", [Message("assistant", "It is 7.")], "<s>[assistant\nIt is 7.<|im_end|>]\n"),
        # A token would reach over the place where the assistant begins.
        (CHATML, "all", messages("3 + 4?", "\n\n7."), "<s>user\n3 + 4?<|im_end|>\nassistant\n[\n\n7.<|im_end|>]\n"),
        (
            CHATML,
            "all",
            messages("3 + 4?", "\n\n7.", "12 - 5?", "\n\n7.", "7?", "\n\nIt is."),
            "<s>user\n3 + 4?<|im_end|>\nassistant\n[\n\n7.<|im_end|>]\nuser\n12 - 5?<|im_end|>\nassistant\n"
            "[\n\n7.<|im_end|>]\nuser\n7?<|im_end|>\nassistant\n[\n\nIt is.<|im_end|>]\n",
        ),
        (
            THINKING,
            "all",
            TWO,
            "user\n3 + 4?<|im_end|>\nassistant\n[7.<|im_end|>]\n"
            "user\n12 - 5?<|im_end|>\nassistant\n[<think>\n\n</think>\n\n7, too.<|im_end|>]\n",
        ),
        (INST, "all", TWO, "<s>(INST) 3 + 4? (/INST)[ 7.</s>]<s>(INST) 12 - 5? (/INST)[ 7, too.</s>]"),
        (
            HALF,
            "all",
            TWO,
            "user: 3 + 4?<|im_end|>\nassistant: [7.\n]user: 12 - 5?<|im_end|>\nassistant: [7, too.\n</s>]",
        ),
        (OPEN, "all", TWO, "3 + 4? [7.] 12 - 5? [7, too. </s>]"),
        (
            MARKED,
            "all",
            TWO,
            "<s>user\n3 + 4?<|im_end|>\n<s>assistant\n[7.<|im_end|>]\n"
            "<s>user\n12 - 5?<|im_end|>\n<s>assistant\n[7, too.<|im_end|>]\n",
        ),
    ],
)
def test_turns(template: str, turns: Turns, said: list[Message], expected: str) -> None:
    using = chats(template, turns)
    made = using("c", said)
    assert shown(using.encoder, made) == expected


@pytest.mark.parametrize("template", [CHATML, THINKING, INST])
@pytest.mark.parametrize("said", [ONE, TWO, messages("3 + 4?", "\n\n7.")])
def test_what_stands_before_an_answer_is_what_a_model_is_asked(template: str, said: list[Message]) -> None:
    using = chats(template, "last")
    reader = Reader("m", using.encoder.tokenizer, Named(tiny.config("llama")))
    (asked,) = reader.read([Prompt("p", tuple(said[:-1]))])
    made = using("c", said)
    assert isinstance(made, Example)
    assert list(made.input_ids[: made.trained.index(True)]) == asked.tolist()
    end = made.input_ids[max(at for at, trained in enumerate(made.trained) if trained)]
    assert end in reader.endings(True, 1).eos


@pytest.mark.parametrize(
    ("template", "turns", "said", "message"),
    [
        (tiny.TEMPLATE, "all", ONE, r"the chat template of m writes the chat before message 2 otherwise.*last turn"),
        (COUNTING, "all", TWO, r"before message 2 otherwise"),
        (COUNTING, "last", TWO, r"before message 4 otherwise .*: put \{% generation %\} marks"),
        (MARKED, "last", TWO, r"before message 4 otherwise"),
    ],
)
def test_a_template_whose_turns_cannot_be_told(template: str, turns: Turns, said: list[Message], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        chats(template, turns)("c", said)


def test_a_model_without_a_template() -> None:
    with pytest.raises(ConfigError, match=r"m has no chat template.*give prompts and completions"):
        ChatEncoder(encoder())


@pytest.mark.parametrize(
    ("template", "said", "expected"),
    [
        (CHATML, messages("3 + 4?"), "no_assistant_turn"),
        (CHATML, [], "no_assistant_turn"),
        (CHATML, messages("3 + 4?", " "), "empty_completion"),
        (CHATML, messages("3 <|im_end|> 4?", "7."), "control_token_in_message"),
        (CHATML, messages("3 + 4?", "7.</s>"), "control_token_in_message"),
        (INST, messages("3 + 4?", "7.", system="Be short."), "template_refuses"),
        (CHATML, messages("3 + 4? " * 200, "7."), "prompt_too_long"),
    ],
)
def test_what_is_dropped(template: str, said: list[Message], expected: str) -> None:
    assert reason(chats(template, length=100)("c", said)) == expected


@pytest.mark.parametrize("template", ["{{ 1 / 0 }}", "{{ 1 + bos_token }}", "{% for _ in range(10**9) %}{% endfor %}"])
def test_a_template_that_fails_is_named(template: str) -> None:
    with pytest.raises(ConfigError, match=r"the chat template of \S+ fails \(\w+Error: .*mend it"):
        chats(template)("c", messages("3 + 4?", "7."))


def test_a_chat_that_is_cut() -> None:
    whole = chats()("c", TWO)
    assert isinstance(whole, Example)
    first = whole.trained.index(True)
    for length in range(2, len(whole) + 1):
        made = chats(length=length)("c", TWO)
        if length <= first:
            assert reason(made) == "prompt_too_long"
        else:
            assert isinstance(made, Example)
            assert (made.input_ids, made.trained) == (whole.input_ids[:length], whole.trained[:length])
