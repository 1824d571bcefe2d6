"""What is sent to servers, and what is read from answers of theirs that were seen."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mathmill.eval.models.base import Completion, Message, Prompt, Sampling
from mathmill.eval.models.requests import _retry_after
from mathmill.eval.models.wire import (
    Dialect,
    Unpromised,
    cut,
    error_text,
    read_completions,
    request_for,
    seed_of,
    tokenize_request,
    tokens_counted,
)

TEXT = Prompt("p", "One and one is", ("\n\n", "Q:"))
CHAT = Prompt("c", (Message("user", "One and one?"),))
SAMPLING = Sampling(n=2, temperature=0.5, max_new_tokens=10)


def read(choices: list[Any], made: Any = 7, count: int = 2, prompt: Prompt = TEXT) -> list[Completion]:
    answer = {"choices": choices, "usage": {"completion_tokens": made}}
    return read_completions(answer, prompt, SAMPLING, Dialect("m"), count)


@pytest.mark.parametrize(
    ("choice", "completion"),
    [
        ({"text": " 2", "finish_reason": "stop"}, Completion(" 2", "eos", 7)),
        ({"text": " 2", "finish_reason": "length"}, Completion(" 2", "length", 7)),
        ({"text": " 2", "finish_reason": "stop", "stop_reason": None}, Completion(" 2", "eos", 7)),  # vLLM
        ({"text": " 2", "finish_reason": "stop", "stop_reason": 106}, Completion(" 2", "eos", 7)),
        ({"text": " 2", "finish_reason": "stop", "stop_reason": "Q:"}, Completion(" 2", "stop", 7)),
        ({"text": " 2", "finish_reason": "stop", "matched_stop": 2}, Completion(" 2", "eos", 7)),  # SGLang
        ({"text": " 2", "finish_reason": "stop", "matched_stop": "Q:"}, Completion(" 2", "stop", 7)),
        ({"text": " 2", "finish_reason": {"type": "length", "length": 10}}, Completion(" 2", "length", 7)),
        ({"text": " 2", "finish_reason": "eos_token"}, Completion(" 2", "eos", 7)),
        ({"text": " 2", "finish_reason": "stop_sequence"}, Completion(" 2", "stop", 7)),
        ({"text": " 2Q: 3", "finish_reason": "length"}, Completion(" 2", "stop", 7)),  # kept by transformers serve
        ({"text": "\ud83d 2", "finish_reason": "stop"}, Completion("\ufffd 2", "eos", 7)),
        ({"message": {"content": "2"}, "finish_reason": "stop"}, Completion("2", "eos", 7)),
        ({"message": {"content": None, "refusal": "No."}, "finish_reason": "stop"}, Completion("No.", "eos", 7)),
        (
            {"message": {"content": "2", "reasoning": "1 + 1"}, "finish_reason": "stop"},
            Completion("<think>1 + 1</think>2", "eos", 7),
        ),
        (
            {"message": {"content": None, "reasoning_content": "1 + 1 is"}, "finish_reason": "length"},
            Completion("<think>1 + 1 is", "length", 7),
        ),
        (
            {"message": {"content": "2", "reasoning_content": "Q: 3"}, "finish_reason": "stop"},
            Completion("", "stop", 7),
        ),
    ],
)
def test_choices_are_read(choice: dict[str, Any], completion: Completion) -> None:
    assert read([choice], count=1) == [completion]


@pytest.mark.parametrize("reason", ["content_filter", "tool_calls", "abort", None, 5, {"type": "abort"}])
def test_other_ends_are_named(reason: Any) -> None:
    with pytest.raises(Unpromised, match="finish_reason"):
        read([{"text": "2", "finish_reason": reason}])


@pytest.mark.parametrize(
    ("choices", "made", "tokens", "estimated"),
    [
        ([("length", "a"), ("length", "b")], 20, [10, 10], 0),
        ([("stop", "a"), ("length", "b")], 13, [3, 10], 0),
        ([("stop", "a"), ("stop", "aaa")], 9, [3, 6], 0),
        ([("length", "a"), ("length", "b")], 10, [10, 10], 2),  # counts one of two
        ([("stop", "abcdefgh"), ("length", "b")], None, [2, 10], 2),
        ([("stop", ""), ("stop", "")], 0, [0, 0], 0),
        ([("stop", "a"), ("stop", "a")], True, [1, 1], 2),
    ],
)
def test_tokens_are_shared_out(choices: list[tuple[str, str]], made: Any, tokens: list[int], estimated: int) -> None:
    dialect = Dialect("m")
    answer = {
        "choices": [{"text": text, "finish_reason": reason} for reason, text in choices],
        "usage": {"completion_tokens": made},
    }
    assert [one.tokens for one in read_completions(answer, TEXT, SAMPLING, dialect, 2)] == tokens
    assert dialect.estimated == estimated


@given(st.lists(st.tuples(st.text(max_size=20), st.booleans()), min_size=1, max_size=5), st.integers(0, 200))
def test_shares_make_the_sum_or_are_said_to_be_estimates(made: list[tuple[str, bool]], total: int) -> None:
    dialect = Dialect("m")
    choices = [{"text": text, "finish_reason": "length" if long else "stop"} for text, long in made]
    answer = {"choices": choices, "usage": {"completion_tokens": total}}
    found = read_completions(answer, Prompt("p", ""), SAMPLING, dialect, len(made))
    assert dialect.estimated or sum(one.tokens for one in found) == total
    assert all(one.tokens >= 0 for one in found)


def test_more_choices_than_asked_for_are_left() -> None:
    assert len(read([{"text": "2", "finish_reason": "stop"}] * 3, count=1)) == 1


@given(st.text(alphabet="ab:\n", max_size=12), st.lists(st.text(alphabet="ab:\n", max_size=3), max_size=4))
def test_what_is_cut_holds_no_stop(text: str, stops: list[str]) -> None:
    kept, stopped = cut(text, stops)
    assert text.startswith(kept)
    assert stopped == (kept != text) or text == ""
    assert not any(stop and stop in kept for stop in stops)


@given(st.integers(0, 2**63 - 1), st.text(max_size=8))
def test_seeds_fit_any_server(seed: int, name: str) -> None:
    assert 0 <= seed_of(seed, name) < 2**30


def test_seeds_differ_by_problem_and_by_seed() -> None:
    assert len({seed_of(seed, name) for seed in range(10) for name in "abcdefghij"}) == 100


def test_the_seed_of_a_sample_is_the_same_asked_for_alone() -> None:
    alone = request_for(TEXT, SAMPLING, Dialect("m"), 1, 1)
    assert alone["seed"] == request_for(TEXT, SAMPLING, Dialect("m"), 0, 2)["seed"] + 1
    assert "n" not in alone


def test_llama_cpp_is_asked_for_one_at_a_time_and_for_all_tokens() -> None:
    dialect = Dialect("m", "llamacpp")
    assert not dialect.many
    assert request_for(TEXT, SAMPLING, dialect, 0, 1)["top_k"] == 0
    assert tokenize_request(CHAT, dialect) == {"content": "One and one?", "add_special": True}
    assert "messages" in tokenize_request(CHAT, Dialect("m"))
    answers: list[Any] = [{"count": 3}, {"tokens": [1, 2]}, {}, []]
    assert [tokens_counted(answer) for answer in answers] == [3, 2, 0, 0]


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ({"error": {"message": "no\x1b[31m", "type": "x"}}, "no\ufffd[31m"),
        ({"object": "error", "message": "no"}, "no"),
        ({"error": "no"}, "no"),
        ({"detail": [{"loc": ["body"], "msg": "no"}]}, "no"),
        ([], ""),
        (5, "5"),
        ({"error": {"message": "long " * 200}}, ("long " * 200)[:299] + "…"),
    ],
)
def test_errors_are_read_in_any_form(said: Any, text: str) -> None:
    assert error_text(said) == text


@pytest.mark.parametrize(
    ("said", "seconds"), [("7", 7), ("0.5", 0.5), ("", 0), ("soon", 0), ("Wed, 21 Oct 2015 07:28:00 GMT", 0), ("-3", 0)]
)
def test_retry_after_is_a_number_or_a_date(said: str, seconds: float) -> None:
    assert _retry_after({"Retry-After": said}) == seconds
