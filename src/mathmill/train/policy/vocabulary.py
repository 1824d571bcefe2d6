"""A tokenizer made from texts: byte-level pairs, digits one by one, and marks by which a dialogue is written.

Bytes lose nothing, whatever a page holds. Each digit is a token of its own, so that a number is read by its places
(as in Touvron et al. 2023, section 2.1). The same texts give the same tokenizer, to the byte.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from mathmill.data.errors import ConfigError

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

BEGIN, END, PAD, USER, ASSISTANT, SYSTEM = "<|begin|>", "<|end|>", "<|pad|>", "<|user|>", "<|assistant|>", "<|system|>"
MARKS = (BEGIN, END, PAD, USER, ASSISTANT, SYSTEM)
#: Marks and all bytes: no vocabulary is smaller.
LEAST = len(MARKS) + 256
#: What an assistant says is between `generation` marks, by which transformers tells the tokens that are trained.
CHAT_TEMPLATE = (
    "{{ bos_token }}"
    "{% for message in messages %}"
    "{{ '<|' + message['role'] + '|>' }}"
    "{% if message['role'] == 'assistant' %}"
    "{% generation %}{{ message['content'] }}{{ eos_token }}{% endgeneration %}"
    "{% else %}{{ message['content'] }}{{ eos_token }}{% endif %}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
)


def make_tokenizer(texts: Iterable[str], vocabulary: int, context: int) -> PreTrainedTokenizerFast:
    """A tokenizer of at most `vocabulary` tokens, marks among them, for `context` tokens; fewer where texts are few.

    Raises:
        ConfigError: the vocabulary is smaller than `LEAST`, or there are no texts.
    """
    import transformers
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

    library: Any = transformers  # its annotations are of many minds
    if vocabulary < LEAST:
        raise ConfigError(f"a vocabulary of {vocabulary:,} is too small: marks and all bytes are {LEAST}")
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(r"\p{N}"), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        min_frequency=2,
        show_progress=False,
        special_tokens=list(MARKS),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
    )
    tokenizer.train_from_iterator(_some(texts), trainer)
    made: PreTrainedTokenizerFast = library.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=BEGIN,
        eos_token=END,
        pad_token=PAD,
        additional_special_tokens=[USER, ASSISTANT, SYSTEM],
        model_max_length=context,
        clean_up_tokenization_spaces=False,
    )
    made.chat_template = CHAT_TEMPLATE
    return made


def _some(texts: Iterable[str]) -> Iterator[str]:
    there_is_one = False
    for text in texts:
        there_is_one = there_is_one or bool(text)
        yield text
    if not there_is_one:
        raise ConfigError(
            "a tokenizer is made of the texts that the recipe names, and none of them has any: name others"
        )
