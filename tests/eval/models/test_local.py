"""Completions do not depend on how the work is laid out, and are those of transformers' own `generate`."""

from __future__ import annotations

import random
from typing import Any

import pytest

from mathmill.data.errors import ConfigError
from mathmill.eval.models.base import Completion, Message, Prompt, Sampling
from mathmill.eval.models.local import LocalModel
from tests.eval.models.conftest import Models
from tests.eval.models.tiny import KINDS

SHOTS = "Q: What is 12 - 5?\nA: It is 7.\n\nQ: What is 3 + 4?\nA: It is 7.\n\n"
QUESTIONS = [
    "What is 30 + 12?",
    "a train goes 60 miles in 2 hours, and then another 30 miles in 1 hour. How far does it go?",
    "1?",
    "Zwölf Äpfel, 三个苹果?",
    "What is 7 - 4, and what is 12 + 30, and what is 60 / 2?",
    "42?",
    "двенадцать яблок?",
]
#: Of different lengths, with a prefix in common.
PROMPTS = [Prompt(f"p/{n}", f"{SHOTS}Q: {question}\nA:") for n, question in enumerate(QUESTIONS)]
GREEDY = Sampling(max_new_tokens=12)
DRAWN = Sampling(max_new_tokens=9, n=3, temperature=1.0, top_p=0.95, seed=7)


def said(model: LocalModel, prompts: list[Prompt], sampling: Sampling, **options: Any) -> list[tuple[Completion, ...]]:
    """The completions in the order of the prompts, with some options changed for this call."""
    before = model._options
    model._options = before.model_copy(update=options)
    try:
        pairs = list(model.generate(prompts, sampling))
    finally:
        model._options = before
    assert sorted(index for index, _ in pairs) == list(range(len(prompts)))
    return [completions for _, completions in sorted(pairs, key=lambda pair: pair[0])]


def alone(model: LocalModel, prompt: Prompt, sampling: Sampling) -> list[int]:
    """The tokens with which transformers' `generate` goes on, greedily, without padding or batch."""
    tokenizer, network = model._loaded.tokenizer, model._loaded.model
    tokens = tokenizer(prompt.given, return_tensors="pt")
    made = network.generate(**tokens, max_new_tokens=sampling.max_new_tokens, do_sample=False, pad_token_id=0)
    rest: list[int] = made[0, tokens["input_ids"].shape[1] :].tolist()
    return rest


def read(model: LocalModel, tokens: list[int]) -> str:
    return str(model._loaded.tokenizer.decode(tokens, skip_special_tokens=True))


@pytest.mark.parametrize("kind", [*KINDS, "mamba", "rwkv"])
def test_greedy_is_what_generate_says_to_each_alone(models: Models, kind: str) -> None:
    model = models(kind)
    assert (model._loaded.network.windows is None) == (kind in ("mamba", "rwkv"))
    expected = [read(model, alone(model, prompt, GREEDY)) for prompt in PROMPTS]
    assert len(set(expected)) > 3
    for rows in (1, 3, 8):
        assert [row[0].text for row in said(model, PROMPTS, GREEDY, batch_size=rows)] == expected
    if kind in ("gemma3", "gpt2"):
        for options in ({"share_prefix": False}, {"refill": False}, {"batch_size": "auto"}):
            assert [row[0].text for row in said(model, PROMPTS, GREEDY, **options)] == expected


@pytest.mark.parametrize("kind", ["llama", "gemma3", "mamba"])
def test_samples_depend_on_nothing_but_seed_prompt_and_number(models: Models, kind: str) -> None:
    model = models(kind)
    expected = said(model, PROMPTS, DRAWN, batch_size=8)
    assert len({completion.text for row in expected for completion in row}) > 15
    for rows in (1, 5):
        assert said(model, PROMPTS, DRAWN, batch_size=rows) == expected
    assert said(model, PROMPTS, DRAWN, share_prefix=False) == expected
    one = said(model, PROMPTS[2:3], DRAWN.model_copy(update={"n": 1}))
    assert one[0] == expected[2][:1]
    assert said(model, PROMPTS, DRAWN.model_copy(update={"seed": 8})) != expected


def test_the_order_of_prompts_does_not_matter(models: Models) -> None:
    model = models("gemma3")
    expected = dict(zip((prompt.id for prompt in PROMPTS), said(model, PROMPTS, DRAWN), strict=True))
    for seed in range(3):
        shuffled = random.Random(seed).sample(PROMPTS, len(PROMPTS) - seed)
        answers = said(model, shuffled, DRAWN, batch_size=2 + seed)
        assert dict(zip((prompt.id for prompt in shuffled), answers, strict=True)) == {
            prompt.id: expected[prompt.id] for prompt in shuffled
        }


def test_a_long_run_moves_its_buffers_and_forgets_what_no_row_needs(models: Models) -> None:
    model = models("gemma3")
    prompts = [Prompt(str(n), f"{n} + {n} = " * (1 + n % 4), stops=(str(n % 10),)) for n in range(16)]
    sampling = Sampling(max_new_tokens=50, temperature=1.0, seed=3)
    together = said(model, prompts, sampling, batch_size=5)
    assert len({row[0].tokens for row in together}) > 5
    assert together == said(model, prompts, sampling, batch_size=1)


def test_a_stop_ends_a_row_and_is_not_in_its_text(models: Models) -> None:
    model = models("llama")
    [[free]] = said(model, PROMPTS[:1], GREEDY)
    assert (free.finish, free.tokens) == ("length", 12)
    stop = free.text[3:5]
    [[stopped]] = said(model, [Prompt("p", PROMPTS[0].given, ("never said", stop))], GREEDY)
    assert stopped.text == free.text.partition(stop)[0]
    assert stopped.finish == "stop" and stopped.tokens < 12


@pytest.mark.parametrize("place", [0, 1, 4])
def test_each_token_of_the_eos_set_ends_a_row(models: Models, place: int) -> None:
    model = models("llama")
    tokens = alone(model, PROMPTS[0], GREEDY)
    assert tokens[place] not in tokens[:place]
    config = model._loaded.model.generation_config
    config.eos_token_id = [1, tokens[place]]
    try:
        answers = said(model, PROMPTS, GREEDY, batch_size=2)
    finally:
        config.eos_token_id = 1
    assert answers[0] == (Completion(read(model, tokens[:place]), "eos", place + 1),)


def test_a_chat_goes_through_its_template_and_ends_at_the_end_of_a_turn(models: Models) -> None:
    model = models("chat")
    assert model.has_chat_template and not models("llama").has_chat_template
    chat = Prompt("c", (Message("system", "Count."), Message("user", "What is 3 + 4?")))
    [row] = model._reader.read([chat])
    text = "<s>system\nCount.<|im_end|>\n<s>user\nWhat is 3 + 4?<|im_end|>\nassistant\n"
    assert row.tolist() == model._loaded.tokenizer.encode(text, add_special_tokens=False)
    assert model._reader.endings(True, 5).eos == {1, 2}
    assert model._reader.endings(False, 5).eos == {1}
    assert len(said(model, [chat, *PROMPTS[:2]], GREEDY)) == 3


def test_a_text_gets_one_bos(models: Models) -> None:
    model = models("llama")
    plain, written, empty = model._reader.read([Prompt("a", "7"), Prompt("b", "<s>7"), Prompt("c", "")])
    assert plain.tolist() == written.tolist() and plain[0] == 0 and 0 not in plain[1:]
    assert empty.tolist() == [0]


@pytest.mark.parametrize(
    ("kind", "prompt", "sampling", "message"),
    [
        ("llama", Prompt("p", "7 " * 600), Sampling(), "need up to 602 tokens and completions 512.*has 512: choose a"),
        ("gpt2", Prompt("p", "7 " * 200), Sampling(), "202 tokens and .*: set --max-new-tokens 310 or choose a task"),
        ("llama", Prompt("p", (Message("user", "hi"),)), GREEDY, "has no chat template"),
        ("chat", Prompt("p", (Message("system", "no"),)), GREEDY, "refuses .*: System role not supported .*without"),
        ("llama", Prompt("p", "hi"), Sampling(n=4), "4 samples at temperature 0 are all the same"),
    ],
)
def test_what_cannot_be_asked(models: Models, kind: str, prompt: Prompt, sampling: Sampling, message: str) -> None:
    for ask in (models(kind).check, lambda *asked: list(models(kind).generate(*asked))):
        with pytest.raises(ConfigError, match=message) as raised:
            ask([prompt], sampling)
        assert "\n" not in str(raised.value)


def test_nothing_is_asked(models: Models) -> None:
    assert said(models("llama"), [], GREEDY) == []


def test_memory_that_runs_out_once_halves_the_batch(models: Models, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    model = models("llama")
    expected = said(model, PROMPTS, GREEDY)
    network = model._loaded.network
    forward = network.model.forward
    most = 3

    def bounded(*, input_ids: Any, **settings: Any) -> Any:
        if input_ids.shape[0] > most:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return forward(input_ids=input_ids, **settings)

    monkeypatch.setattr(network.model, "forward", bounded)
    assert said(model, PROMPTS, GREEDY, batch_size=6) == expected
    most = 1
    with pytest.raises(ConfigError, match=r"ran out of memory with 3 rows .* set --batch-size 1, --dtype bfloat16, a"):
        said(model, PROMPTS, GREEDY, batch_size=6)
