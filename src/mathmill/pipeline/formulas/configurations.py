r"""How scripts of a page configure its renderer, read as text: lists of string literals behind their names.

Nothing is executed: what is no literal is left alone. A list may stand for itself (`name: [..]`) or change the
renderer's own (`name: {'[+]': [..], '[-]': [..]}`, as MathJax 3 and 4 have it). What the lists mean is for `renderers`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import unescape
from itertools import islice
from typing import Literal

# Characters of one list in a configuration that are looked at, lists of one kind in a page, changes that one makes.
MOST_LIST, MOST_LISTS, MOST_CHANGES = 2_000, 40, 4
_SCRIPT = re.compile(r"<script\b([^<>]{0,4000})>(.*?)(?:</script|\Z)", re.DOTALL | re.IGNORECASE)
_COMMENT = re.compile(r"/\*.{0,400}?\*/|(?<![:\"'\\])//[^\n]{0,400}", re.DOTALL)
_CHANGE = re.compile(r"[\"']\[([+-])\][\"']\s{0,20}:\s{0,20}(?=\[)")
_LITERAL = re.compile(r"\"((?:[^\"\\\n]|\\.){0,40})\"|'((?:[^'\\\n]|\\.){0,40})'")
_ESCAPE = re.compile(r"\\(.)")
# What a script that has to do with a renderer holds.
_CONCERNS = ("math", "Math", "delimiters", "AMd")

# A list stands for itself, is added to the renderer's own, or taken away from it.
Change = Literal["=", "+", "-"]


@dataclass(frozen=True, slots=True)
class Script:
    """A script's attributes as they are written, and what configures a renderer in it, without comments."""

    attributes: str
    configuration: str


@dataclass(frozen=True, slots=True)
class Listed:
    """A list in a script: the name before it, what it does to the renderer's own, its text with its brackets."""

    name: str
    change: Change
    text: str


def scripts_of(html: str) -> list[Script]:
    """The scripts of a page; what stands in their `onload` is part of their configuration."""
    return [_script(*found.groups()) for found in _SCRIPT.finditer(html)]


def _script(attributes: str, text: str) -> Script:
    concerned = "math/" not in attributes and any(word in text for word in _CONCERNS)
    parts = [text] if concerned else []
    if "onload" in attributes:
        parts.append(unescape(attributes))
    configuration = "\n".join(parts)
    return Script(attributes, _COMMENT.sub(" ", configuration) if "/" in configuration else configuration)


def naming(names: str) -> re.Pattern[str]:
    """The pattern of a list, or of an object that changes one, behind one of `names` (`a|b`)."""
    return re.compile(rf"\b({names})[\"']?\s{{0,20}}[:=]\s{{0,20}}(?=[\[{{])")


def lists(texts: Iterable[str], named: re.Pattern[str]) -> Iterator[Listed]:
    """The lists behind the names of `named` (from `naming`), in order."""
    for found in islice((found for text in texts for found in named.finditer(text)), MOST_LISTS):
        value = bracketed(found.string, found.end())
        if value.startswith("["):
            yield Listed(found[1], "=", value)
            continue
        for change in islice(_CHANGE.finditer(value), MOST_CHANGES):
            yield Listed(found[1], "+" if change[1] == "+" else "-", bracketed(value, change.end()))


def literals(text: str) -> list[str]:
    """The string literals of a piece of a script, their escapes undone."""
    return [unescaped(double or single) for double, single in _LITERAL.findall(text)]


def unescaped(literal: str) -> str:
    """The characters that a literal without its quotes stands for."""
    return _ESCAPE.sub(r"\1", literal)


def bracketed(text: str, start: int) -> str:
    """The list or object that begins at `start`, brackets in string literals aside."""
    depth, quote, position = 0, "", start
    end = min(len(text), start + MOST_LIST)
    while position < end:
        character = text[position]
        if quote:
            position += character == "\\"
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        elif character in "[]{}":
            depth += 1 if character in "[{" else -1
            if not depth:
                break
        position += 1
    return text[start : position + 1]
