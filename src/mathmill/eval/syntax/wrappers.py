r"""What stands around an answer and is no part of it: dollars, `\boxed`, a full stop, Markdown's emphasis."""

from __future__ import annotations

import re

_PAIRS = (("$$", "$$"), ("$", "$"), (r"\(", r"\)"), (r"\[", r"\]"), ('"', '"'), ("“", "”"))
_BOX = re.compile(r"\\(?:boxed|fbox)\s*\{")
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
# Marks of emphasis, but not between two letters or digits, where leaving them out would make another number.
_MARK = "(?:__|`|</?(?:b|i|u|em|strong|p|br|span|div|code|answer|final)/?>)"
_MARKUP = re.compile(rf"\*\*(?=\D)|(?<=\D)\*\*|\*\*\Z|(?<!\w){_MARK}+|{_MARK}+(?!\w|{_MARK})")
# What is not seen, and what is seen and says nothing.
_INNERMOST = r"\{[^{}]*\}"
_INNER = rf"\{{(?:[^{{}}]|{_INNERMOST})*\}}"
PHANTOM = re.compile(rf"\\(?:[hv]?phantom|[hv]space)\{{(?:[^{{}}]|{_INNER})*\}}")
_NOTHING = re.compile(
    r"(?:\\(?:boxed|fbox|phantom|hspace|text|mathrm|ldots|dots|cdots|square|q?quad|_|[ ,;:!()\[\]])"
    r"|[\s$.?_~{}\u2026\u200b-\u200f\u2060\ufeff])*"
)
_STOPS = (".", ",", ";", ":", "\u3002")
_UNSEEN = "\u200b\u200c\u200d\u2060\ufeff"
_GAPS = ("\\ ", r"\,", r"\;", r"\!", r"\:", r"\quad", r"\qquad", r"\\")
_MOST_LAYERS = 8


def unwrapped(text: str) -> str:
    """`text` without delimiters, boxes, Markdown's emphasis and the stop at its end."""
    text = _MARKUP.sub("", text).strip().strip(_UNSEEN).strip()
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
            if not _holds(inner, opening) and not inner.endswith("\\") and not inner.startswith(closing):
                return inner.strip()
    return _without_stop(text)


def _holds(inner: str, opening: str) -> bool:
    """Whether a formula seems to close and another to open inside of what delimiters hold."""
    return ("$" in inner.replace(r"\$", "")) if opening[0] == "$" else opening in inner


def _without_stop(text: str) -> str:
    """`text` without stops and gaps at its end. Every round takes at least a character, so this ends."""
    end = len(text)
    while True:
        start = end
        end = len(text[:end].rstrip()) if text[end - 1 : end].isspace() else end
        if text.endswith("\\", 0, end) and not text.endswith(r"\\", 0, end):
            end -= 1  # a control space, or what is left of one
        elif (gap := next((gap for gap in _GAPS if text.endswith(gap, 0, end)), None)) is not None:
            end -= len(gap)
        elif text.endswith(_STOPS, 0, end) and not text.endswith("..", 0, end):
            end -= 1
        if end == start:
            return text[:end]


def says_something(text: str) -> bool:
    """Whether a text is more than space, empty braces and dots."""
    return _NOTHING.fullmatch(PHANTOM.sub("", text) if "\\" in text else text) is None


def closing_brace(text: str, start: int) -> int | None:
    """Where the brace closes that was opened right before `start`; None if it never is."""
    depth = 1
    for match in _BRACE.finditer(text, start):
        depth += {"{": 1, "}": -1}.get(match[0], 0)
        if not depth:
            return match.start()
    return None
