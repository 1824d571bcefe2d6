r"""What stands around an answer and is no part of it: dollars, `\boxed`, a full stop, words that introduce it."""

from __future__ import annotations

import re

_PAIRS = (("$$", "$$"), ("$", "$"), (r"\(", r"\)"), (r"\[", r"\]"))
_BOX = re.compile(r"\\(?:boxed|fbox)\s*\{")
_TRAILING = re.compile(r"(?:\\[ ,;!]|[\s.,;:])+\Z")
_MARKUP = re.compile(r"\*\*|__|`|</?[a-z]{1,8}>")
_THOUSANDS_BRACES = re.compile(r"\{\s*,\s*\}")
_MOST_LAYERS = 8


def unwrapped(text: str) -> str:
    """`text` without delimiters, boxes, Markdown's emphasis and the stop at its end."""
    text = _THOUSANDS_BRACES.sub(",", _MARKUP.sub("", text)).strip()
    for _ in range(_MOST_LAYERS):
        inner = _inner(text)
        if inner == text:
            break
        text = inner
    return text


def _inner(text: str) -> str:
    if (box := _BOX.match(text)) is not None and (end := closing_brace(text, box.end())) == len(text) - 1:
        return text[box.end() : end].strip()
    for opening, closing in _PAIRS:
        if text.startswith(opening) and text.endswith(closing) and len(text) > len(opening) + len(closing):
            inner = text[len(opening) : -len(closing)]
            if opening.strip("$") or "$" not in inner.replace(r"\$", ""):
                return inner.strip()
    shorter = _TRAILING.sub("", text)
    return shorter if not shorter.endswith("\\") else text


def closing_brace(text: str, start: int) -> int | None:
    """Where the brace closes that was opened right before `start`; None if it never is."""
    depth = 1
    for match in re.finditer(r"\\.|[{}]", text[start:], re.DOTALL):
        depth += {"{": 1, "}": -1}.get(match[0], 0)
        if not depth:
            return start + match.start()
    return None
