"""Models behind a server: a real one, most of all in a process of its own, which can also misbehave."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from mathmill.data.errors import ConfigError, InputMissing
from mathmill.eval.answers import find_answer
from mathmill.eval.models.base import Completion, Message, Model, Prompt, Sampling
from mathmill.eval.models.server import ServerModel, connect
from mathmill.eval.models.wire import seed_of
from tests.eval.models import tiny
from tests.eval.models.conftest import Models
from tests.eval.models.serving import CONTEXT, KEY, serving, serving_model

Address = Callable[[str], str]

GREEDY = Sampling(max_new_tokens=20)
TWO = Sampling(n=2, temperature=0.7, top_p=0.9, seed=3)


@pytest.fixture(scope="session")
def port() -> Iterator[int]:
    with serving() as port:
        yield port


@pytest.fixture
def address(port: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[Address]:
    """Makes the address of a server that behaves so, with counts of its own; no thread is left behind."""
    for name in ("MATHMILL_API_KEY", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    number = count()
    yield lambda behaviour: f"http://127.0.0.1:{port}/{behaviour}/{time.time_ns()}.{next(number)}/v1"
    assert not [thread for thread in threading.enumerate() if thread.name == "mathmill-requests"]


def ask(model: Model, *given: str, sampling: Sampling = GREEDY, stops: tuple[str, ...] = ()) -> list[Completion]:
    """The first completions of texts, in their order."""
    return [completions[0] for completions in ask_all(model, *given, sampling=sampling, stops=stops)]


def ask_all(
    model: Model, *given: str | tuple[Message, ...], sampling: Sampling = GREEDY, stops: tuple[str, ...] = ()
) -> list[tuple[Completion, ...]]:
    prompts = [Prompt(f"p{index}", text, stops) for index, text in enumerate(given)]
    found = dict(model.generate(prompts, sampling))
    return [found[index] for index in range(len(given))]


def chat(text: str) -> tuple[Message, ...]:
    return (Message("system", "Be brief."), Message("user", text))


def counts(address: str) -> dict[str, int]:
    with urllib.request.urlopen(address.removesuffix("/v1") + "/counts", timeout=10) as response:
        found: dict[str, int] = json.load(response)
    return found


def quick(address: str, patience: float = 0.2, concurrency: int = 16) -> ServerModel:
    return connect(address, patience=patience, concurrency=concurrency)


def test_greedy_requests_say_nothing_of_chance(address: Address) -> None:
    (found,) = ask(connect(address("well")), "One and one")
    assert json.loads(found.text) == {
        "model": "echo", "max_tokens": 20, "temperature": 0.0, "sample": 0, "given": "One and one",
    }  # fmt: skip
    assert (found.finish, found.tokens) == ("eos", 10)


def test_samples_are_drawn_in_one_request_with_a_seed_of_their_problem(address: Address) -> None:
    at = address("well")
    ((first, second),) = ask_all(connect(at), "?", sampling=TWO.model_copy(update={"top_k": 5}))
    said = json.loads(second.text)
    assert (said["n"], said["sample"], said["seed"]) == (2, 1, seed_of(3, "p0"))
    assert (said["temperature"], said["top_p"], said["top_k"]) == (0.7, 0.9, 5)
    assert first.tokens == second.tokens == 10
    assert counts(at)["asked"] == 1


@pytest.mark.parametrize("behaviour", ["one", "single"])
def test_samples_that_are_not_made_at_once_are_asked_for_one_by_one(address: Address, behaviour: str) -> None:
    at = address(behaviour)
    model = connect(at, concurrency=1)
    found = ask_all(model, "a", "b", sampling=TWO.model_copy(update={"n": 3}))
    seeds = [[json.loads(one.text)["seed"] for one in completions] for completions in found]
    assert seeds == [[seed_of(3, name) + sample for sample in range(3)] for name in ("p0", "p1")]
    assert counts(at)["asked"] == 6 + (behaviour == "one")  # the first refusal, and nothing is made twice
    assert "each sample was a request of its own" in model.notes[0]


def test_only_four_stops_are_sent_and_the_text_is_cut_at_all_of_them(address: Address) -> None:
    stops = tuple("αβγδεζ")
    model = connect(address("well"))
    assert json.loads(ask(model, "?", stops=stops)[0].text)["stop"] == list("αβγδ")
    assert ask(model, "say 42 ε 43 α", stops=stops) == [Completion("42 ", "stop", 10)]


def test_chats_go_to_the_chat_and_texts_to_completions(address: Address) -> None:
    model = connect(address("chat"))
    assert model.has_chat_template
    assert ask_all(model, chat("say 42"))[0][0].text == "42"
    with pytest.raises(ConfigError, match=r"no /completions.*--chat yes"):
        ask(model, "say 42")
    with pytest.raises(ConfigError, match=r"answers no chats.*--chat no"):
        ask_all(connect(address("nochat")), chat("say 42"))


def test_a_server_that_wants_the_newer_limit_is_given_it(address: Address) -> None:
    at = address("new")
    found = ask_all(connect(at, concurrency=1), chat("a"), chat("b"))
    assert [json.loads(one.text)["max_completion_tokens"] for (one,) in found] == [20, 20]
    assert counts(at)["asked"] == 3


def test_thought_is_kept_in_tags_and_not_taken_for_the_answer(address: Address) -> None:
    (found,) = ask_all(connect(address("thinks")), chat("say The answer is 42."))[0]
    assert found.text == "<think>It may be 41.</think>The answer is 42."
    answer = find_answer(found.text)
    assert answer is not None and answer.text == "42"


def test_who_a_server_is_decides_what_is_switched_off(address: Address) -> None:
    at = address("vllm")
    model = connect(at)
    identity = {name: value for name, value in model.facts.items() if name != "address"}
    assert identity == {"name": "echo", "owned_by": "vllm", "root": "weights/echo", "backend": "server"}
    said = json.loads(ask(model, "?", sampling=TWO.model_copy(update={"n": 1}))[0].text)
    assert (said["top_k"], said["min_p"], said["repetition_penalty"]) == (-1, 0.0, 1.0)
    assert ask(model, "say 42", stops=("\n",))[0].finish == "stop"  # it names the stop string
    moved = connect(at.replace("127.0.0.1", "localhost")).facts
    assert {name: value for name, value in moved.items() if name != "address"} == identity


def test_tokens_are_estimated_where_they_are_not_counted(address: Address) -> None:
    model = connect(address("countless"))
    assert ask(model, "say 12345678")[0].tokens == 2
    assert "estimated" in model.notes[0]


def test_samples_that_never_differ_are_noted(address: Address) -> None:
    model = connect(address("well"))
    ask_all(model, "say 42", "say 42", sampling=TWO)
    assert not model.notes
    ask_all(model, "say 43", sampling=TWO)
    assert "of 3 problems are the same text" in model.notes[0]
    ask_all(model, "?", sampling=TWO)
    assert not model.notes
    with pytest.raises(ConfigError, match="2 samples at temperature 0 are all the same"):
        model.check([], Sampling(n=2))


def test_many_requests_are_under_way_and_come_as_they_are_done(address: Address) -> None:
    at = address("slow-100")
    begin = time.monotonic()
    found = ask(connect(at, concurrency=8), *(f"say {number}" for number in range(24)))
    assert [one.text for one in found] == [str(number) for number in range(24)]
    assert counts(at)["at once"] == 8
    assert time.monotonic() - begin < 2  # 2.4 s one by one


def test_closing_ends_what_is_under_way(address: Address) -> None:
    at = address("slow-300")
    answers = connect(at, concurrency=2).generate([Prompt(str(number), "?") for number in range(50)], GREEDY)
    next(answers)
    begin = time.monotonic()
    answers.close()
    assert time.monotonic() - begin < 0.25
    assert counts(at)["asked"] <= 6


def test_control_c_ends_it_at_once_and_says_nothing_else(address: Address) -> None:
    code = (
        "import sys; from mathmill.eval.models.base import *; from mathmill.eval.models.server import connect\n"
        "prompts = [Prompt(str(number), '?') for number in range(99)]\n"
        "for _ in connect(sys.argv[1]).generate(prompts, Sampling()): print('one', flush=True)"
    )
    command = [sys.executable, "-W", "error", "-c", code, address("slow-1000")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "one\n"
        begin = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
    assert process.returncode == -signal.SIGINT
    assert errors.strip().endswith("KeyboardInterrupt") and errors.count("Traceback") == 1
    assert time.monotonic() - begin < 5


@pytest.mark.parametrize("behaviour", ["busy-3", "reset-2", "short-2", "loading"])
def test_what_passes_is_asked_again(address: Address, behaviour: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mathmill.eval.models.requests._FIRST_PAUSE", 0.02)
    assert ask(connect(address(behaviour)), "say 42")[0].text == "42"


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        ("broken", r"answers with errors \(HTTP 500: 500 Internal .\[31mError; \d tries in 0 s\); 0 problems.*its log"),
        ("away-3600", r"HTTP 429: too many requests, and asks to be left alone for 3,600 s; 1 try in 0 s"),
        ("page", r'no JSON but text/html, "<html><body>Please log in.*does the address end in /v1\?'),
        ("odd-0", "no list of choices"),
        ("odd-1", "list of choices is empty"),
        ("odd-2", "a choice holds no text"),
        ("odd-3", "no list of choices"),
        ("odd-4", 'no list of choices: "no"'),
        ("huge", "longer than 4,199,424 bytes"),
        ("nested", "no JSON"),
        ("filter", "answers for p0 is wrong: a completion ended with finish_reason 'content_filter'"),
    ],
)
def test_what_does_not_pass_is_one_clear_line(address: Address, behaviour: str, said: str) -> None:
    with pytest.raises(InputMissing, match=said) as caught:
        ask(quick(address(behaviour)), "?")
    assert "\n" not in str(caught.value) and "\x1b" not in str(caught.value)


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        ("strict", r"will not answer p0 \(HTTP 422: temperature has to be 1\)"),
        ("long", r"p0 and 20 new tokens are more than .*maximum context length is 8 tokens.*smaller --max-new-tokens"),
        ("key", r"it wants a key; set MATHMILL_API_KEY"),
        ("moved", r"HTTP 307: moved to https://elsewhere.example/v1/completions: give an address"),
    ],
)
def test_refusals_say_what_to_do(address: Address, behaviour: str, said: str) -> None:
    at = address(behaviour)
    with pytest.raises(ConfigError, match=said) as caught:
        ask(quick(at), "?")
    assert counts(at)["asked"] == 1
    assert "secret" not in str(caught.value)


def test_the_key_is_sent_and_never_shown(address: Address, monkeypatch: pytest.MonkeyPatch) -> None:
    at = address("key")
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    model = quick(at)
    assert ask(model, "say 42")[0].text == "42"
    assert KEY not in repr(model) + repr(model._link) + str(model.facts)
    monkeypatch.setenv("MATHMILL_API_KEY", "another-key")
    with pytest.raises(ConfigError, match="the key is not the right one") as caught:
        ask(quick(at), "?")
    assert "another-key" not in str(caught.value) and "***" in str(caught.value)
    monkeypatch.setenv("MATHMILL_API_KEY", "a key\nX-Header: 1")
    with pytest.raises(ConfigError, match="MATHMILL_API_KEY holds characters"):
        connect(at)


def test_a_name_is_asked_for_where_there_are_several(address: Address) -> None:
    at = address("several")
    with pytest.raises(ConfigError, match=r"31 models \(echo, other-0, .* and 11 more\).*--model-name"):
        connect(at)
    assert connect(at, name="other-3").facts["name"] == "other-3"
    with pytest.raises(ConfigError, match=r"no model gpt \(HTTP 404.*it has echo, other-0.*--model-name"):
        ask(connect(at, name="gpt"), "?")
    with pytest.raises(ConfigError, match="lists no models: name the one"):
        connect(address("nolist"))
    with pytest.raises(ConfigError, match="ends in /v1 as a rule"):
        connect(address("nolist").removesuffix("/v1"))
    assert ask(connect(address("nolist"), name="any"), "say 42")[0].text == "42"


@pytest.mark.parametrize(
    "wrong", ["localhost:8000/v1", "http://", "http://a b/v1", "http://host:99999/v1", "http://host/v1?key=secret"]
)
def test_addresses_that_are_none(wrong: str) -> None:
    with pytest.raises(ConfigError, match="no server's address") as caught:
        connect(wrong)
    assert "secret" not in str(caught.value)


def test_an_address_with_a_password_is_refused_and_not_shown() -> None:
    with pytest.raises(ConfigError, match="holds a user") as caught:
        connect("http://me:secret@host/v1")
    assert "secret" not in str(caught.value)


def test_nobody_there(address: Address) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        at = f"http://127.0.0.1:{unused.getsockname()[1]}/v1"
        with pytest.raises(InputMissing, match=r"no server answers at .*connection refused; .*: start it"):
            quick(at)
    with pytest.raises(InputMissing, match="answers to /models is wrong: it is no JSON but text/html"):
        quick(address("html"))


def test_a_server_that_dies_leaves_what_is_done() -> None:
    with serving() as port:
        model = quick(f"http://127.0.0.1:{port}/dies-3/x/v1", concurrency=1)
        prompts = [Prompt(str(number), f"say {number}") for number in range(9)]
        done = []
        with pytest.raises(InputMissing, match=r"stopped answering .*; 3 problems .* kept: start it again and run the"):
            for index, _ in model.generate(prompts, GREEDY):
                done.append(index)
        assert done == [0, 1, 2]


def test_prompts_that_do_not_fit_are_found_before_the_run(address: Address) -> None:
    model = connect(address("vllm"))
    prompts = [Prompt("fits", "a" * (CONTEXT - 20)), Prompt("too long", chat("b" * (CONTEXT - 5)))]
    model.check(prompts[:1], GREEDY)
    with pytest.raises(
        ConfigError, match=r"need up to 4,100 tokens and completions 20, and the context of .* has 4,096"
    ):
        model.check(prompts, GREEDY)
    with pytest.raises(ConfigError, match=r"completions 4,097, and the context of echo on .* has 4,096"):
        model.check([], Sampling(max_new_tokens=CONTEXT + 1))
    connect(address("well")).check(prompts, GREEDY)  # says nothing of its context
    connect(address("uncounted")).check(prompts, GREEDY)  # says nothing of a prompt's tokens


def test_a_model_says_the_same_behind_a_server_as_in_this_process(models: Models, tmp_path: Path) -> None:
    here = models("chat")
    tiny.write(tmp_path, "llama", tiny.TEMPLATE)
    prompts = [Prompt(name, text, ("7", "\n\n")) for name, text in zip("abc", tiny.TEXTS, strict=True)]
    prompts += [Prompt("free", "Two and two is"), Prompt("chat", chat("What is 3 + 4?"))]
    drawn = Sampling(n=3, temperature=1.0, max_new_tokens=8, seed=5)
    with serving_model(tmp_path) as port:
        there = connect(f"http://127.0.0.1:{port}/vllm/x/v1")
        assert dict(there.generate(prompts, GREEDY)) == dict(here.generate(prompts, GREEDY))
        first, again = (dict(there.generate(prompts[3:], drawn)) for _ in range(2))
    assert first == again
    assert len(set(first[0])) == 3
