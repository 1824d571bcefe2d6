"""What an OpenAI-compatible server is sent for a prompt, and what is read from what it answers. Nothing is sent here.

Fields are those of OpenAI's API reference ("Completions", "Chat"), and those that vLLM, SGLang and llama.cpp add to it.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mathmill.data.terminal import one_line
from mathmill.eval.models.base import Completion, Finish, Prompt, Sampling

# OpenAI's API takes no more; the text is cut at all of them here.
SENT_STOPS = 4

# What servers draw with where nothing is said: defaults of their own, or of the model's generation config. That is not
# what was asked for, so it is switched off by name, for those who say in /models who they are.
_OTHERWISE: Mapping[str, Mapping[str, Any]] = {
    "vllm": {"top_k": -1, "min_p": 0.0, "repetition_penalty": 1.0},
    "sglang": {"top_k": -1, "min_p": 0.0, "repetition_penalty": 1.0},
    "llamacpp": {"top_k": 0, "min_p": 0.0, "repeat_penalty": 1.0},
}

# Of several completions in one answer, llama.cpp counts the tokens of one.
_ONE_BY_ONE = frozenset({"llamacpp"})

_FINISHES: Mapping[str, Finish] = {
    "stop": "eos",  # of a stop string too in OpenAI's API; what tells them apart is looked at first
    "eos": "eos",
    "eos_token": "eos",
    "end_turn": "eos",
    "stop_sequence": "stop",
    "length": "length",
    "max_tokens": "length",
}

# Problems that look as if nothing was drawn, before it is said.
_SUSPICIOUS = 3

# UTF-8 bytes that a token is taken for where the server does not count.
_BYTES_A_TOKEN = 4


class Unpromised(Exception):
    """The server answered with something else than its API promises; the message says what."""


@dataclass(slots=True)
class Dialect:
    """What a server has shown that it wants: it is found out on the way, and kept for the requests that follow."""

    model: str
    owner: str = ""
    template: Mapping[str, Any] = field(default_factory=dict)  # arguments of the chat template
    limit: str = "max_tokens"  # or max_completion_tokens, in chats alone
    many: bool = True  # whether it makes several completions in one request, and counts the tokens of all
    estimated: int = 0  # completions whose tokens were not counted by the server
    several: int = 0  # problems with more than one sample,
    equal: int = 0  # and those of them whose samples are all the same text

    def __post_init__(self) -> None:
        self.many = self.many and self.owner not in _ONE_BY_ONE

    def saw(self, completions: Sequence[Completion]) -> None:
        """Remember whether the samples of a problem differ."""
        self.several += 1
        self.equal += len({completion.text for completion in completions}) == 1

    @property
    def notes(self) -> list[str]:
        """What a reader of the results should know, one sentence each."""
        notes = []
        if self.estimated:
            notes.append(
                f"the server did not count the tokens of {self.estimated:,} completions: they are estimated at 4 bytes "
                "a token"
            )
        if self.equal == self.several >= _SUSPICIOUS:
            notes.append(
                f"the samples of each of {self.several:,} problems are the same text: the server seems to draw none, "
                "whatever the temperature it is given"
            )
        return notes


def path_of(prompt: Prompt) -> str:
    """Where below the address a prompt is sent."""
    return "/completions" if isinstance(prompt.given, str) else "/chat/completions"


def given_of(prompt: Prompt, dialect: Dialect) -> dict[str, Any]:
    """The prompt itself, as fields of a request; vLLM, SGLang and llama.cpp know arguments of a chat's template."""
    if isinstance(prompt.given, str):
        return {"prompt": prompt.given}
    told: dict[str, Any] = {"chat_template_kwargs": dict(dialect.template)} if dialect.template else {}
    return {"messages": [{"role": turn.role, "content": turn.content} for turn in prompt.given], **told}


def request_for(prompt: Prompt, sampling: Sampling, dialect: Dialect, first: int, count: int) -> dict[str, Any]:
    """The body that asks for samples `first` to `first + count - 1` of a prompt.

    A greedy request says nothing of chance, since some servers refuse what they do not know.
    """
    chat = not isinstance(prompt.given, str)
    body: dict[str, Any] = {
        "model": dialect.model,
        **given_of(prompt, dialect),
        dialect.limit if chat else "max_tokens": sampling.max_new_tokens,
        "temperature": sampling.temperature,
        **_OTHERWISE.get(dialect.owner, {}),
    }
    if prompt.stops:
        body["stop"] = list(prompt.stops[:SENT_STOPS])
    if count > 1:
        body["n"] = count
    if sampling.temperature:
        body["top_p"] = sampling.top_p
        body["seed"] = seed_of(sampling.seed, prompt.id) + first
        if sampling.top_k:
            body["top_k"] = sampling.top_k
    return body


def tokenize_request(prompt: Prompt, dialect: Dialect) -> dict[str, Any]:
    """The body that asks `/tokenize` how many tokens a prompt has; llama.cpp leaves out those of a chat's template."""
    if dialect.owner != "llamacpp":
        return {"model": dialect.model, **given_of(prompt, dialect)}
    text = prompt.given if isinstance(prompt.given, str) else "\n".join(turn.content for turn in prompt.given)
    return {"content": text, "add_special": True}


def tokens_counted(answer: Any) -> int:
    """The number of tokens in what `/tokenize` answers, or 0 if there is none."""
    count = answer.get("count") if isinstance(answer, dict) else None
    tokens = answer.get("tokens") if isinstance(answer, dict) else None
    if type(count) is int:
        return count
    return len(tokens) if isinstance(tokens, list) else 0


def seed_of(seed: int, identity: str) -> int:
    """The seed of a problem's first sample, from 0 to 2**30 - 1; the one of sample i is i more.

    That is what vLLM makes of one request for several, so that it says the same asked at once or one by one. Servers
    keep seeds in 32 bits at the least.
    """
    digest = hashlib.sha256(f"{seed}\n{identity}".encode(errors="surrogatepass")).digest()
    return int.from_bytes(digest[:4], "big") >> 2


def read_completions(answer: Any, prompt: Prompt, sampling: Sampling, dialect: Dialect, count: int) -> list[Completion]:
    """The completions in an answer, at most `count`; fewer where the server made fewer.

    Tokens are the server's count. It has one for all completions of a request: those that were truncated made as many
    as they were allowed, and the rest is shared out by length, so that the sum stays exact. Where there is no count, or
    one that is too low for all of them, tokens are estimated, one for 4 bytes; `dialect.estimated` says how many are.

    Raises:
        Unpromised: it is not what the API promises, or a completion ended for a reason that forbids to score it.
    """
    choices = answer.get("choices") if isinstance(answer, dict) else None
    if not isinstance(choices, list) or not all(isinstance(choice, dict) for choice in choices):
        said = f': "{error_text(answer)}"' if isinstance(answer, dict) and answer.get("error") else ""
        raise Unpromised(f"it holds no list of choices{said}")
    read = [_read_choice(choice, prompt) for choice in choices[:count]]
    if not read:
        raise Unpromised("its list of choices is empty")
    usage = answer.get("usage")
    total = usage.get("completion_tokens") if isinstance(usage, dict) else None
    least = sum(sampling.max_new_tokens if finish == "length" else bool(said) for said, _, finish in read)
    if type(total) is not int or total < (least if len(read) > 1 else 0):
        dialect.estimated += len(read)
        tokens = [_estimate(said, finish, sampling) for said, _, finish in read]
    else:
        tokens = _shared(total, [(len(said), finish == "length") for said, _, finish in read], sampling.max_new_tokens)
    return [Completion(text, finish, made) for (_, text, finish), made in zip(read, tokens, strict=True)]


def _read_choice(choice: Mapping[str, Any], prompt: Prompt) -> tuple[str, str, Finish]:
    """All that was said, what is left of it before the first stop string, and why it ended."""
    thought, said = _parts(choice)
    finish = _finish(choice)
    kept, in_thought = cut(thought, prompt.stops)
    whole, stopped = ("", True) if in_thought else cut(said, prompt.stops)
    if in_thought or stopped:
        finish = "stop"
    if not kept:
        return thought + said, whole, finish
    # Thought that was broken off stays open, so that no answer is looked for behind it.
    shut = "" if in_thought or (finish == "length" and not whole) else "</think>"
    return thought + said, f"<think>{kept}{shut}{whole}", finish


def _parts(choice: Mapping[str, Any]) -> tuple[str, str]:
    """Thought and text of a choice; a reasoning model's thought has a field of its own (vLLM, SGLang, DeepSeek)."""
    message = choice.get("message")
    if isinstance(message, dict):
        said = message.get("content") or message.get("refusal") or ""
        thought = message.get("reasoning_content") or message.get("reasoning") or ""
    else:
        said, thought = choice.get("text"), choice.get("reasoning_content") or choice.get("reasoning") or ""
    if not isinstance(said, str):
        raise Unpromised("a choice holds no text")
    return _whole(thought if isinstance(thought, str) else ""), _whole(said)


def _whole(text: str) -> str:
    """`text` without halves of characters, which no file could hold."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _finish(choice: Mapping[str, Any]) -> Finish:
    """Why a choice ended: vLLM and SGLang name the stop string, or the token, that ended it."""
    reason = choice.get("finish_reason")
    if isinstance(reason, dict):  # SGLang's own form
        reason = reason.get("type")
    finish = _FINISHES.get(reason) if isinstance(reason, str) else None
    if finish is None:
        raise Unpromised(
            f"a completion ended with finish_reason {one_line(repr(reason), 60)}, neither stop nor length, "
            "and what was withheld or broken off cannot be scored"
        )
    by = choice.get("stop_reason", choice.get("matched_stop"))
    return "stop" if reason == "stop" and isinstance(by, str) else finish


def cut(text: str, stops: Sequence[str]) -> tuple[str, bool]:
    """`text` before the first of the stop strings, and whether there was one."""
    places = [place for stop in stops if stop and (place := text.find(stop)) >= 0]
    return (text[: min(places)], True) if places else (text, False)


def _estimate(said: str, finish: Finish, sampling: Sampling) -> int:
    if finish == "length":
        return sampling.max_new_tokens
    return min(math.ceil(len(said.encode(errors="replace")) / _BYTES_A_TOKEN), sampling.max_new_tokens)


def _shared(total: int, made: Sequence[tuple[int, bool]], limit: int) -> list[int]:
    """`total` tokens shared out over completions of (characters, truncated): the sum is `total`."""
    tokens = [limit if truncated else 0 for _, truncated in made]
    rest = total - sum(tokens)
    weights = [0 if truncated else length + 1 for length, truncated in made]
    if not any(weights):
        tokens, rest, weights = [0] * len(made), total, [1] * len(made)
    before, whole = 0, sum(weights)
    for place, weight in enumerate(weights):
        tokens[place] += rest * (before + weight) // whole - rest * before // whole
        before += weight
    return tokens


def error_text(answer: Any, width: int = 300) -> str:
    """What a server says went wrong, in any of the forms they use, as one harmless line."""
    said: Any = answer
    for _ in range(4):
        if isinstance(said, dict):
            found = next((said[name] for name in ("error", "message", "detail", "msg") if said.get(name)), None)
            said = "" if found is None else found
        elif isinstance(said, list):
            said = said[0] if said else ""
    return one_line(said if isinstance(said, str) else repr(said), width)
