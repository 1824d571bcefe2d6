"""What it means that a server refused or stopped, and what to do about it."""

from __future__ import annotations

import re

from mathmill.data.errors import ConfigError, InputMissing
from mathmill.data.terminal import one_line
from mathmill.eval.models.about import About, names
from mathmill.eval.models.base import Prompt, Sampling
from mathmill.eval.models.requests import KEYS, Gone, Link, Refused

_TOO_LONG = re.compile(
    r"context.{0,20}(?:length|size|window)|max_model_len|context_length_exceeded|exceed_context_size", re.IGNORECASE
)
# What a server says that has no such path, or does not answer this method there.
_NOT_THERE = (404, 405, 501)


def explained(refusal: Refused, prompt: Prompt, sampling: Sampling, link: Link, found: About) -> ConfigError:
    """The error that the refusal of a prompt stands for."""
    said, plain = refusal.message, isinstance(prompt.given, str)
    who = f"the server at {link.url}"
    if refusal.status in (401, 403):
        return wrong_key(refusal, link)
    if _TOO_LONG.search(said):
        return ConfigError(
            f"the prompt of {one_line(prompt.id, 100)} and {sampling.max_new_tokens:,} new tokens are more than "
            f"{who} takes ({said}): set a smaller --max-new-tokens, choose a task with fewer shots, or start it with "
            "a longer context"
        )
    of_model = "model" in said.lower() and "chat" not in said.lower()
    not_there = refusal.status in _NOT_THERE and not of_model
    if plain and not_there:
        return ConfigError(
            f"{who} has no /completions for this model ({refusal}), so it cannot go on with a text: "
            "ask it as a chat with --chat yes"
        )
    if not plain and ("chat template" in said.lower() or not_there):
        return ConfigError(f"{who} answers no chats ({refusal}): ask it for texts with --chat no")
    if refusal.status == 404:
        have = f"it has {names(found.others)}" if found.others else "it lists none"
        return ConfigError(
            f"{who} has no model {one_line(found.name, 80)} ({refusal}); {have}: choose with --model-name"
        )
    return ConfigError(
        f"{who} will not answer {one_line(prompt.id, 100)} ({refusal}): change what it names, or look at its log"
    )


def wrong_key(refusal: Refused, link: Link) -> ConfigError:
    """The error of a key that is missing or wrong."""
    say = "the key is not the right one" if link.key else "it wants a key"
    return ConfigError(f"the server at {link.url} refuses to answer ({refusal}): {say}; set {KEYS[0]}")


def stopped(gone: Gone, done: int, link: Link) -> InputMissing:
    """The error of a server that was there, once `done` problems were answered."""
    what, todo = "stopped answering", "start it again"
    if gone.status >= 500:
        what, todo = "answers with errors", "look at its log (a chat needs a model with a template: --chat no)"
    return InputMissing(
        f"the server at {link.url} {what} ({gone}); {done:,} problem{'s' * (done != 1)} of this call "
        f"{'are' if done != 1 else 'is'} done and kept: {todo} and run the same command"
    )
