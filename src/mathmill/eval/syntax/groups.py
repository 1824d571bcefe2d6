"""Digits in groups of three made one numeral, where commas and gaps part groups and not items."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from mathmill.eval.syntax.tokens import Token

_GROUP = re.compile(r"\d{3}(?:\.\d*)?")
_FIRST = re.compile(r"[1-9]\d{0,2}")
# Commas that LaTeX is told are none of a list, as `1{,}000` and `1,\!000`; in `3{,}14` it is a decimal's.
_SURE = re.compile(r"(?<=\d)(?:\{\s*,\s*\}|,\\!\s*)(?=\d{3}(?!\d))")
_DECIMAL = re.compile(r"(?<=\d)\{\s*,\s*\}(?=\d)")


def without_sure_groups(text: str) -> str:
    """`text` with `{,}` between digits taken out, or made a point where no three digits follow."""
    return _DECIMAL.sub(".", _SURE.sub("", text)) if "," in text else text


def merged(tokens: Sequence[Token]) -> list[Token]:
    """The tokens, each run of groups behind commas (outside of brackets) or gaps one numeral.

    `1,234` is one number, `(1,234)` two; `1,2,300` is a list, as one of its groups has not three digits.
    """
    made: list[Token] = []
    depth, at = 0, 0
    while at < len(tokens):
        token = tokens[at]
        depth += (token.kind == "open" and token.text != "{") - (token.kind == "close" and token.text != "}")
        end, is_number = at + 1, False
        if token.kind == "number":
            end, is_number = _by_commas(tokens, at) if depth <= 0 else (end, False)
            if end == at + 1 and _FIRST.fullmatch(token.text):
                end, is_number = _end_by_gaps(tokens, at), True
        if is_number and end > at + 1:
            digits = "".join(each.text for each in tokens[at:end] if each.kind == "number")
            made.append(replace(token, text=digits))
        else:
            made.extend(tokens[at:end])
        at = end
    return made


def _by_commas(tokens: Sequence[Token], at: int) -> tuple[int, bool]:
    """Where a run of numerals with bare commas between them ends, and whether it is one number."""
    end, is_number = at + 1, _FIRST.fullmatch(tokens[at].text) is not None
    while tokens[end].text == "," and not tokens[end].spaced:
        group = tokens[end + 1]
        if group.kind != "number" or group.spaced:
            break
        is_number = is_number and _GROUP.fullmatch(group.text) is not None and "." not in tokens[end - 1].text
        end += 2
    return end, is_number


def _end_by_gaps(tokens: Sequence[Token], at: int) -> int:
    end = at + 1
    while tokens[end].kind == "number" and tokens[end].spaced and _GROUP.fullmatch(tokens[end].text):
        if tokens[end + 1].text in ("/", "_") or "." in tokens[end - 1].text:
            break
        end += 1
    return end
