"""What is trained of sources: which Examples, how often, in which order, and what is told of the rest."""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from mathmill.data.config import resolve
from mathmill.data.errors import ConfigError
from mathmill.train.batch.order import Sampler
from mathmill.train.sources.examples_store import ExampleStore
from mathmill.train.sources.settings import HeldOut, TuningSource
from mathmill.train.sources.tuning import Tuning, TuningFeed, read_tuning
from tests.shared import BENCHMARKS, needs_benchmarks
from tests.train.batch.made import CHATML, encoder, shown
from tests.train.sources.made import lines


def source(**settings: Any) -> TuningSource:
    return resolve(settings, TuningSource, "recipe")


def pairs(path: Path, number: int, name: str = "q", each: int = 1) -> str:
    """A file of prompts, `each` of them with so many completions."""
    rows = [
        {"id": f"{name}/{at}/{nth}", "prompt": f"{name} {at}?", "completion": f" {at + nth}"}
        for at in range(number)
        for nth in range(each)
    ]
    return lines(path, rows)


def origins(store: ExampleStore | None) -> list[str]:
    assert store is not None
    return [store[number].origin for number in range(len(store))]


def test_what_is_read_and_told(tmp_path: Path) -> None:
    chat = [{"role": "user", "content": "3 + 4?"}, {"role": "assistant", "content": "7."}]
    rows = [
        {"id": "a", "messages": chat},
        {"id": 7, "messages": [*chat, {"role": "user", "content": "And 2 * 7? " * 40}, *chat[1:]]},
        {"messages": chat[:1]},
        {"messages": "no chat"},
        {"messages": chat},
    ]
    path = lines(tmp_path / "chats.jsonl", rows)
    using = encoder(100, CHATML)
    tuning = read_tuning([source(files=[path], name="chats")], using, 0)
    assert origins(tuning.examples) == ["a", "7", "chats/5"]
    assert shown(using, tuning.examples[0]) == "<s>user\n3 + 4?<|im_end|>\nassistant\n[7.<|im_end|>]\n"
    assert len(tuning.examples[1]) == 100
    assert tuning.held_out is None
    told = dict(tuning.counts)
    (of,) = told.pop("sources")
    longest = told.pop("longest")
    assert longest > 200
    tokens = sum(tuning.examples.lengths)
    trained = tuning.examples.trained_tokens
    dropped = {"malformed_row": 1, "no_assistant_turn": 1}
    assert told == {
        "examples": 3,
        "tokens": tokens,
        "trained_tokens": trained,
        "truncated": 1,
        "dropped": dropped,
        "held_out": None,
        "held_out_sources": [],
    }
    assert of == {
        "source": "chats",
        "forms": ["messages"],
        "rows": 5,
        "examples": 3,
        "tokens": tokens,
        "trained_tokens": trained,
        "truncated": 1,
        "longest": longest,
        "dropped": dropped,
        "evidence": {
            "malformed_row": ["chats/4: messages is no list of turns"],
            "no_assistant_turn": ["chats/3: 1 messages"],
        },
    }
    json.dumps(dict(tuning.counts))


@pytest.mark.parametrize("tools", ["turns", "blocks"])
def test_solutions_with_tools(tmp_path: Path, tools: str) -> None:
    said = [
        ("user", "6 * 7?"),
        ("assistant", "```python\nprint(6 * 7)\n```"),
        ("tool", "42"),
        ("assistant", "It is 42."),
    ]
    row = {"messages": [{"role": role, "content": content} for role, content in said]}
    using = encoder(template=CHATML)
    path = lines(tmp_path / "a.jsonl", [row])
    (example,) = read_tuning([source(files=[path], tools=tools)], using, 0).examples.rows(1000, packed=True)[0]
    assert (
        shown(using, example)
        == {
            "turns": "<s>user\n6 * 7?<|im_end|>\nassistant\n[```python\nprint(6 * 7)\n```<|im_end|>]\n"
            "tool\n42<|im_end|>\nassistant\n[It is 42.<|im_end|>]\n",
            "blocks": "<s>user\n6 * 7?<|im_end|>\nassistant\n[```python\nprint(6 * 7)\n```\n```output]\n42\n```\n"
            "[It is 42.<|im_end|>]\n",
        }[tools]
    )


def test_what_is_too_long(tmp_path: Path) -> None:
    rows = [{"prompt": "Q", "completion": " 7" * times} for times in (1, 300)]
    path = lines(tmp_path / "a.jsonl", rows)
    cut = read_tuning([source(files=[path])], encoder(50), 0)
    assert sorted(cut.examples.lengths)[1] == 50
    assert cut.counts["truncated"] == 1
    left = read_tuning([source(files=[path], too_long="dropped")], encoder(50), 0)
    assert origins(left.examples) == ["a/1"]
    assert left.counts["dropped"] == {"too_long": 1}
    assert left.counts["longest"] == cut.counts["longest"] > 300


def test_what_is_dropped_for_its_prompt_is_not_cut_too(tmp_path: Path) -> None:
    rows = [{"prompt": "3 + 4 = " * 40, "completion": "7"}, {"prompt": "Q", "completion": "7"}]
    counts = read_tuning([source(files=[lines(tmp_path / "a.jsonl", rows)])], encoder(50), 0).counts
    assert (counts["truncated"], counts["dropped"]) == (0, {"prompt_too_long": 1})


def test_chats_that_ask_nothing_are_not_one_question(tmp_path: Path) -> None:
    rows = [{"messages": [{"role": "assistant", "content": f"{at} and {at} is {2 * at}."}]} for at in range(20)]
    path = lines(tmp_path / "a.jsonl", [*rows, *rows])
    tuning = read_tuning([source(files=[path])], encoder(100, CHATML), 0, HeldOut(share=0.1))
    assert tuning.held_out is not None and (len(tuning.held_out), len(tuning.examples)) == (4, 36)


def test_long_texts_are_parted(tmp_path: Path) -> None:
    path = lines(tmp_path / "a.jsonl", [{"text": "3 + 4 = 7. " * 50}])
    tuning = read_tuning([source(files=[path])], encoder(50), 0)
    assert len(tuning.examples) > 5
    assert tuning.counts["truncated"] == 0
    assert tuning.counts["tokens"] - tuning.counts["trained_tokens"] == len(tuning.examples)


@pytest.mark.parametrize(("repeat", "times"), [(1.0, {1: 40}), (2.0, {2: 40}), (0.5, {1: 20}), (2.25, {2: 30, 3: 10})])
def test_sources_that_are_repeated(tmp_path: Path, repeat: float, times: dict[int, int]) -> None:
    often = source(files=[pairs(tmp_path / "often.jsonl", 40)], repeat=repeat)
    once = source(files=[pairs(tmp_path / "once.jsonl", 3, "other")])
    tuning = read_tuning([often, once], encoder(), 0)
    counted = Counter(origins(tuning.examples))
    assert Counter(counted[name] for name in counted if name.startswith("q/")) == times
    assert [counted[f"other/{at}/0"] for at in range(3)] == [1, 1, 1]
    assert tuning.counts["examples"] == len(tuning.examples)
    if repeat == 0.5:
        other = origins(read_tuning([often, once], encoder(), 1).examples)
        assert set(other) != set(counted)


def test_rows_at_most(tmp_path: Path) -> None:
    tuning = read_tuning([source(files=[pairs(tmp_path / "a.jsonl", 9)], most=4)], encoder(), 0)
    assert origins(tuning.examples) == [f"q/{at}/0" for at in range(4)]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("share", [0.01, 0.1, 0.5])
def test_a_question_is_on_one_side(tmp_path: Path, seed: int, share: float) -> None:
    sources = [source(files=[pairs(tmp_path / f"{at}.jsonl", 100, "q", 3)]) for at in range(2)]
    tuning = read_tuning(sources, encoder(), seed, HeldOut(share=share))
    trained, held = origins(tuning.examples), origins(tuning.held_out)
    assert len(trained) + len(held) == 600
    questions = [{name.rpartition("/")[0] for name in side} for side in (trained, held)]
    assert not questions[0] & questions[1]
    assert 600 * share <= len(held) < 600 * share + 6
    assert tuning.counts["held_out"]["examples"] == len(held)
    few = read_tuning(sources, encoder(), seed, HeldOut(share=share, most=6))
    assert origins(few.held_out) == [name for name in held if name in set(origins(few.held_out))]
    assert len(origins(few.held_out)) == 6


def test_held_out_examples_of_their_own(tmp_path: Path) -> None:
    trained = source(files=[pairs(tmp_path / "a.jsonl", 20)], repeat=2)
    aside = source(
        files=[lines(tmp_path / "b.jsonl", [{"prompt": f" Q  {at}? ", "completion": "7"} for at in (3, 4, 99)])]
    )
    tuning = read_tuning([trained], encoder(), 0, HeldOut(sources=(aside,)))
    assert sorted(origins(tuning.held_out)) == ["b/1", "b/2", "b/3"]
    assert set(origins(tuning.examples)) == {f"q/{at}/0" for at in range(20)} - {"q/3/0", "q/4/0"}
    assert tuning.counts["dropped"] == {"asked_in_held_out": 2}
    assert tuning.counts["held_out_sources"][0]["examples"] == 3
    few = read_tuning([trained], encoder(), 0, HeldOut(sources=(aside,), most=2))
    assert len(origins(few.held_out)) == 2
    assert few.counts["dropped"] == {"asked_in_held_out": 2}


@pytest.mark.parametrize(
    ("rows", "settings", "told"),
    [
        ([], {}, "nothing can be trained of mine: it has no rows"),
        (
            [{"prompt": "Q", "completion": ""}, {"prompt": "Q", "completion": 3}, {"prompt": "Q", "completion": " "}],
            {},
            "of 3 rows all are dropped (empty_completion 2, malformed_row 1); the first: a/1: nothing but spaces",
        ),
        ([{"prompt": "Q", "completion": "A"}], {"share": 0.5}, "all Examples are held out"),
    ],
)
def test_nothing_to_train(tmp_path: Path, rows: Any, settings: Any, told: str) -> None:
    path = lines(tmp_path / "a.jsonl", rows)
    with pytest.raises(ConfigError) as raised:
        read_tuning([source(files=[path], name="mine")], encoder(), 0, HeldOut(**settings))
    assert told in str(raised.value)


def test_a_model_without_a_template_is_not_trained_on_chats(tmp_path: Path) -> None:
    chat = [{"role": "user", "content": "3 + 4?"}, {"role": "assistant", "content": "7."}]
    path = lines(tmp_path / "a.jsonl", [{"messages": chat}])
    with pytest.raises(ConfigError, match="m has no chat template"):
        read_tuning([source(files=[path])], encoder(), 0)


def test_the_fingerprint_is_of_all_that_decides_what_is_trained(tmp_path: Path) -> None:
    path, other = pairs(tmp_path / "a.jsonl", 30), pairs(tmp_path / "b.jsonl", 30, "r")
    base: dict[str, Any] = {"sources": [source(files=[path])], "encoder": encoder(), "seed": 0}
    changes: list[dict[str, Any]] = [
        {},
        {"sources": [source(files=[other])]},
        {"sources": [source(files=[path], repeat=2)]},
        {"sources": [source(files=[path], system="S")]},
        {"encoder": encoder(bos=False)},
        {"held_out": HeldOut(share=0.1)},
        {"held_out": HeldOut(share=0.1), "seed": 1},
    ]
    found = {read_tuning(**{**base, **change}).fingerprint for change in changes}
    assert len(found) == len(changes)
    (tmp_path / "elsewhere").mkdir()
    moved = pairs(tmp_path / "elsewhere" / "a.jsonl", 30)
    assert read_tuning([source(files=[moved])], encoder(), 0).fingerprint == read_tuning(**base).fingerprint


@pytest.mark.parametrize("packed", [True, False])
def test_a_feed_goes_on_where_it_was(tmp_path: Path, packed: bool) -> None:
    tuning = read_tuning([source(files=[pairs(tmp_path / "a.jsonl", 40)])], encoder(), 0)

    def feed() -> TuningFeed:
        return TuningFeed(tuning.examples, Sampler(5, tuning.examples.lengths, 60, packed))

    whole = feed().take(100)
    assert {example.origin for row in whole for example in row} == set(origins(tuning.examples))
    rng = random.Random(0)
    for _ in range(20):
        first, at = feed(), 0
        while at < 90:
            some = rng.randrange(1, 9)
            assert first.take(some) == whole[at : at + some]
            at += some
            again = feed()
            again.load(json.loads(json.dumps(first.state())))
            assert again.take(100 - at) == whole[at:]
            assert first.rows is not None
            assert first.epoch == pytest.approx(at / first.rows, abs=0.1)
            first.load(json.loads(json.dumps(first.state())))


@needs_benchmarks
@pytest.mark.parametrize("template", [None, CHATML])
def test_solutions_of_gsm8k(template: str | None) -> None:
    using = encoder(2_000, template)
    gsm8k = source(problems="gsm8k/train", data=BENCHMARKS, most=300, marks="stripped", ending="boxed")
    tuning = read_tuning([gsm8k], using, 0)
    assert len(tuning.examples) == 300
    assert tuning.counts["dropped"] == {}
    said = [shown(using, tuning.examples[number]) for number in range(300)]
    assert not any("<<" in text or "####" in text for text in said)
    end = "<|im_end|>]\n" if template else "</s>]"
    assert all(text.endswith(f"}}$.{end}") and text.count("[") == 1 for text in said)
    if template:
        assert said[0].startswith("<s>user\nNatalia sold clips to 48")
    else:
        assert said[0].startswith("<s>Question: Natalia sold clips to 48")


@needs_benchmarks
def test_solutions_of_math_and_gsm8k_together() -> None:
    settings: dict[str, Any] = {"data": BENCHMARKS, "most": 200, "task": "math-0shot", "ending": "boxed"}
    sources = [source(problems=f"{name}/train", **settings) for name in ("math", "gsm8k")]
    tuning: Tuning = read_tuning(sources, encoder(20_000), 0, HeldOut(share=0.1))
    assert len(tuning.examples) + len(origins(tuning.held_out)) == 400
    using = encoder(20_000)
    for number in range(len(tuning.examples)):
        text = shown(using, tuning.examples[number])
        asked, _, said = text.partition("put your final answer within \\boxed{}.\n\nAssistant:[ ")
        assert asked.startswith("<s>User: ")
        assert "\\boxed" in said
