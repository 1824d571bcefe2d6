"""What is trained of texts and of completions."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from mathmill.data.errors import ConfigError
from mathmill.eval.models.base import Prompt
from mathmill.eval.models.tokens import Reader
from mathmill.train.batch.ends import Ends, ends_of
from mathmill.train.batch.examples import Encoder, Example, adds_bos
from tests.eval.models import tiny
from tests.train.batch.made import Named, encoder, reason, shown

BOS, EOS, END_OF_TURN = 0, 1, 2
LONG = "60 / 2 = 30. The answer is 30. " * 20


@pytest.mark.parametrize(
    ("text", "bos", "expected"),
    [
        ("It is 7.", True, "<s>[It is 7.</s>]"),
        ("It is 7.", False, "It[ is 7.</s>]"),  # nothing stands before the first token
        ("<s>It is 7.", True, "<s>[It is 7.</s>]"),  # no second BOS
        ("三个苹果 😀", True, "<s>[三个苹果 😀</s>]"),
        ("7", False, "7[</s>]"),
    ],
)
def test_texts(text: str, bos: bool, expected: str) -> None:
    using = encoder(bos=bos)
    assert [shown(using, made) for made in using.text("t", text)] == [expected]


def test_what_a_text_spells_out_is_no_token() -> None:
    using = encoder()
    (made,) = using.text("t", "a</s>b <|im_end|> <s>")
    assert isinstance(made, Example)
    assert made.input_ids[0] == BOS and made.input_ids[-1] == EOS
    assert not {BOS, EOS, END_OF_TURN} & set(made.input_ids[1:-1])
    assert shown(using, made) == "<s>[a</s>b <|im_end|> <s></s>]"


@pytest.mark.parametrize("length", [2, 3, 7, 50, 1000])
def test_every_token_of_a_long_text_is_a_target_once(length: int) -> None:
    (whole,) = encoder(10**6).text("t", LONG)
    parts = list(encoder(length).text("t", LONG))
    targets: list[int] = []
    for part in parts:
        assert isinstance(part, Example) and isinstance(whole, Example)
        assert 2 <= len(part) <= length
        assert part.input_ids[0] == ([*whole.input_ids[:1], *targets])[-1]  # each goes on where the one before ended
        targets += [token for token, trained in zip(part.input_ids, part.trained, strict=True) if trained]
    assert isinstance(whole, Example)
    assert tuple(targets) == whole.input_ids[1:]


@pytest.mark.parametrize(
    ("prompt", "completion", "bos", "expected"),
    [
        ("Q: 3 + 4?\nA:", " It is 7.", True, "<s>Q: 3 + 4?\nA:[ It is 7.</s>]"),
        ("<s>Q: 3 + 4?\nA:", " 7.", True, "<s>Q: 3 + 4?\nA:[ 7.</s>]"),  # no second BOS
        ("Q: 3 + 4?\nA:", " 7.", False, "Q: 3 + 4?\nA:[ 7.</s>]"),
        ("", "It is 7.", True, "<s>[It is 7.</s>]"),
        ("", "It is 7.", False, "<s>[It is 7.</s>]"),  # something has to stand before the first target
        ("Q: What i", "s 12 - 5?", True, "<s>Q: What i[s 12 - 5?</s>]"),  # a token reaches over the boundary
        ("A:", " <s>7</s>.", True, "<s>A:[ <s>7</s>.</s>]"),
    ],
)
def test_completions(prompt: str, completion: str, bos: bool, expected: str) -> None:
    using = encoder(bos=bos)
    made = using.completion("c", prompt, completion)
    assert shown(using, made) == expected
    assert isinstance(made, Example)
    assert made.input_ids.count(BOS) == (1 if bos or not prompt else 0)
    assert made.input_ids.count(EOS) == 1 and made.trained[-1]


@pytest.mark.parametrize("prompt", ["Q: What is 3 + 4?\nA:", "<s>Q: What", "", "a <|im_end|> b", "三个"])
@pytest.mark.parametrize("bos", [True, False])
def test_prompts_are_read_as_a_benchmark_reads_them(prompt: str, bos: bool) -> None:
    using = encoder(bos=bos)
    (asked,) = Reader("m", using.tokenizer, Named(tiny.config("llama"))).read([Prompt("p", prompt)])
    made = using.completion("c", prompt, " 7")
    assert isinstance(made, Example)
    assert list(made.input_ids[: made.trained.index(True)]) == asked.tolist()


def test_a_tokenizer_that_ends_all_it_reads_with_an_eos() -> None:
    from tokenizers import processors

    tokenizer = tiny.tokenizer()
    ending = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 1)])
    tokenizer.backend_tokenizer.post_processor = ending
    using = Encoder("m", tokenizer, ends_of("m", tokenizer, Named(tiny.config("llama"))), 100)
    assert shown(using, using.completion("c", "A:", " 7")) == "<s>A:[ 7</s>]"
    assert [shown(using, made) for made in using.text("t", "It is 7.")] == ["<s>[It is 7.</s>]"]


def test_what_is_too_long_loses_its_end_and_gets_no_eos() -> None:
    prompt, said = "Q: What is 3 + 4?\nA:", " It is 7."
    whole = encoder().completion("c", prompt, said)
    assert isinstance(whole, Example)
    before = whole.trained.index(True)
    for length in range(2, len(whole) + 2):
        made = encoder(length).completion("c", prompt, said)
        if length <= before:
            assert reason(made) == "prompt_too_long"
        else:
            assert isinstance(made, Example)
            assert made.input_ids == whole.input_ids[:length]
            assert made.trained == whole.trained[:length]
            assert (EOS in made.input_ids) == (length >= len(whole))


def test_what_is_dropped() -> None:
    using = encoder()
    assert [reason(made) for made in using.text("t", " \n")] == ["empty_text"]
    assert reason(using.completion("c", "Q: 3 + 4?", " \n")) == "empty_completion"
    with pytest.raises(ConfigError, match="set a length of at least 2"):
        encoder(1)


def changed(**settings: Any) -> Any:
    config = tiny.config("llama")
    for name, value in settings.items():
        setattr(config, name, value)
    return config


@pytest.mark.parametrize(
    ("config", "generation", "pad", "expected"),
    [
        ({}, None, None, Ends(1, frozenset({1}), frozenset({1, 2}), 1)),  # pad is EOS
        ({"eos_token_id": [7, 9]}, None, None, Ends(1, frozenset({1, 7, 9}), frozenset({1, 2, 7, 9}), 1)),
        ({"eos_token_id": None}, 5, None, Ends(1, frozenset({1, 5}), frozenset({1, 2, 5}), 1)),
        ({}, None, "<|im_end|>", Ends(1, frozenset({1}), frozenset({1, 2}), 2)),
    ],
)
def test_the_eos_set(config: dict[str, Any], generation: int | None, pad: str | None, expected: Ends) -> None:
    import transformers

    library: Any = transformers
    tokenizer = tiny.tokenizer()
    tokenizer.pad_token = pad
    model = Named(changed(**config), library.GenerationConfig(eos_token_id=generation))
    assert ends_of("m", tokenizer, model) == expected
    assert adds_bos(tokenizer)


def test_a_tokenizer_without_an_eos() -> None:
    tokenizer = tiny.tokenizer()
    tokenizer.eos_token = None
    with pytest.raises(ConfigError, match=r"the tokenizer of m has no end-of-sequence token.*: set eos_token"):
        ends_of("m", tokenizer, Named(tiny.config("llama")))


def test_no_module_imports_torch_at_its_head() -> None:
    names = ["ends", "examples", "chats", "packing", "order"]
    imports = "; ".join(f"import mathmill.train.batch.{name}" for name in names)
    code = f"import sys; {imports}; print(sorted({{'torch', 'transformers'}} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "[]\n"


def test_a_tokenizer_that_writes_a_space_before_all_it_reads() -> None:
    """As Llama 2's: a completion read alone would begin with a space that nobody said."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    built = Tokenizer(models.BPE())
    built.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first")
    built.decoder = decoders.Metaspace(prepend_scheme="first")
    built.train_from_iterator(tiny.TEXTS, trainers.BpeTrainer(special_tokens=["</s>"], show_progress=False))
    tokenizer: Any = PreTrainedTokenizerFast(tokenizer_object=built, eos_token="</s>")  # type: ignore[no-untyped-call]
    using = Encoder("m", tokenizer, ends_of("m", tokenizer, Named(tiny.config("llama"))), 100)
    made = using.completion("c", "Q: What is 3 + 4?\nA:", " It is 7.")
    assert isinstance(made, Example)
    assert tokenizer.decode(made.input_ids) == "Q: What is 3 + 4?\nA: It is 7.</s>"
    assert tokenizer.decode(made.input_ids[: made.trained.index(True)]) == "Q: What is 3 + 4?\nA:"
