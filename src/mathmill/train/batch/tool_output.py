"""What an interpreter printed between the words of a model: it stands in a solution, and nobody is trained to say it.

Two forms are known. A block ```output is that of ToRA (Gou et al. 2023) and NuminaMath-TIR: the model says ```output,
at which it is stopped, and what follows comes from the interpreter, to the fence at its end. <llm-code-output> is that
of OpenMathInstruct-1 (Toshniwal et al. 2024): the model is stopped before it. Both tags and all between are not its.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from mathmill.data.errors import ConfigError

#: First character, and one behind the last.
Span = tuple[int, int]

_FENCED = re.compile(r"^```output[ \t]*(?=\n|\Z)(\n.*?^```[ \t]*(?:\n|\Z)|)", re.MULTILINE | re.DOTALL)
_TAGGED = re.compile(r"<llm-code-output>(?:.*?(</llm-code-output>\n?)|)", re.DOTALL)


def holds_output(text: str) -> bool:
    """Whether anything may have been printed in a text; cheap."""
    return "```output" in text or "<llm-code-output>" in text


def output_spans(text: str) -> list[Span] | None:
    """What was printed, in the order of the text; None if something that was begun has no end."""
    fenced = [found.span(1) for found in _FENCED.finditer(text)]
    tagged = [(found.span(1), found.span()) for found in _TAGGED.finditer(text)]
    if any(start == end for start, end in fenced) or any(end[0] < 0 for end, _ in tagged):
        return None
    return sorted(fenced + [whole for _, whole in tagged])


def ids_and_places(name: str, tokenizer: Any, text: str, **settings: Any) -> tuple[list[int], list[Span]]:
    """Tokens of a text, and the characters that each is of.

    Raises:
        ConfigError: the tokenizer does not tell these; `name` is the model's.
    """
    if not tokenizer.is_fast:
        raise ConfigError(
            f"the tokenizer of {name} does not tell which characters a token is of, so what an interpreter printed "
            "cannot be left out: take the model's fast tokenizer (tokenizer.json)"
        )
    read = tokenizer(text, return_attention_mask=False, return_offsets_mapping=True, verbose=False, **settings)
    return list(read["input_ids"]), [(int(start), int(end)) for start, end in read["offset_mapping"]]


def is_printed(places: Sequence[Span], spans: Sequence[Span]) -> list[bool]:
    """For each token, by its characters, whether any of them was printed; both in the order of the text.

    Some tokenizers leave spaces out of a token's characters: one that has none left is by its place.
    """
    found = [False] * len(places)
    for start, end in spans:
        for at, (first, last) in enumerate(places):
            if (first < end and last > start) or (first == last and start <= first <= end):
                found[at] = True
    return found
