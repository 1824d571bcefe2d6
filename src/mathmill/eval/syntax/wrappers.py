r"""What stands around an answer and is no part of it: dollars, `\boxed`, a full stop, Markdown's emphasis."""

from __future__ import annotations

import re

_PAIRS = (("$$", "$$"), ("$", "$"), (r"\(", r"\)"), (r"\[", r"\]"))
_BOX = re.compile(r"\\(?:boxed|fbox)\s*\{")
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
_MARKUP = re.compile(r"\*\*(?=\D)|(?<=\D)\*\*|\*\*\Z|__|`|</?[a-z]{1,8}>")
_STOPS = ".,;:"
_GAPS = ("\\ ", r"\,", r"\;", r"\!", r"\:", r"\quad", r"\qquad", r"\\")
_MOST_LAYERS = 8


def unwrapped(text: str) -> str:
    """`text` without delimiters, boxes, Markdown's emphasis and the stop at its end."""
    text = _MARKUP.sub("", text).strip()
    for _ in range(_MOST_LAYERS):
        inner = _inner(text)
        if inner == text:
            break
        text = inner
    return text


def _inner(text: str) -> str:
    if (box := _BOX.match(text)) is not None and closing_brace(text, box.end()) == len(text) - 1:
        return text[box.end() : -1].strip()
    for opening, closing in _PAIRS:
        if text.startswith(opening) and text.endswith(closing) and len(text) > len(opening) + len(closing):
            inner = text[len(opening) : -len(closing)]
            if not _holds(inner, opening) and not inner.endswith("\\"):
                return inner.strip()
    return _without_stop(text)


def _holds(inner: str, opening: str) -> bool:
    """Whether a formula seems to close and another to open inside of what delimiters hold."""
    return ("$" in inner.replace(r"\$", "")) if opening[0] == "$" else opening in inner


def _without_stop(text: str) -> str:
    """`text` without stops and gaps at its end."""
    while True:
        shorter = text.rstrip()
        if shorter.endswith("\\") and shorter != text and not shorter.endswith(r"\\"):
            shorter += " "  # a control space, or what is left of one
        gap = next((gap for gap in _GAPS if shorter.endswith(gap)), None)
        if gap is not None:
            shorter = shorter[: -len(gap)]
        elif shorter[-1:] and shorter[-1] in _STOPS and not shorter.endswith(".."):
            shorter = shorter[:-1]
        if shorter == text:
            return text
        text = shorter


def closing_brace(text: str, start: int) -> int | None:
    """Where the brace closes that was opened right before `start`; None if it never is."""
    depth = 1
    for match in _BRACE.finditer(text, start):
        depth += {"{": 1, "}": -1}.get(match[0], 0)
        if not depth:
            return match.start()
    return None
