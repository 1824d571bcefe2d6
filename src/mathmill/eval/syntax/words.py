"""Answers, or parts of them, that are words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mathmill.eval.syntax.tokens import Token
from mathmill.eval.syntax.trees import Words
from mathmill.eval.syntax.vocabulary import CONSTANTS, FUNCTIONS, GREEK, SHORT_WORDS, SPLIT_NAMES

ORDINALS = frozenset({"st", "nd", "rd", "th"})
_PUNCTUATION = frozenset([",", ";", ".", ":", "'", '"', "!", "?", "$", "{", "}", r"\\", "&"])
_HALF_OF_DAY = re.compile(r"\b([ap]) m\b")
_MOST_LETTERS = 3
# Letters that are mostly unknowns: longer runs of them are products still.
_UNKNOWNS = re.compile(r"[abcdwxyz]{4,5}|[b-df-hj-np-tv-xz]{4,6}")
_NAME = re.compile(r"[A-Z][a-z]*[aeiouy][a-z]*")


def words_of(tokens: Sequence[Token]) -> Words:
    """The words of some tokens in lower case; signs and brackets that may say something stay between them."""
    parts = []
    for number, token in enumerate(tokens):
        if token.kind == "end" or token.text in _PUNCTUATION:
            continue
        is_hyphen = token.text == "-" and not token.spaced and number > 0 and tokens[number - 1].kind == "word"
        if is_hyphen and tokens[number + 1].kind == "word":
            continue
        if token.text == "^" and any(behind.text in ORDINALS for behind in tokens[number + 1 : number + 3]):
            continue
        parts.append(token.text.casefold())
    return Words(_HALF_OF_DAY.sub(r"\1m", " ".join(parts)))


def is_spoken(token: Token) -> bool:
    """Whether a token is a word of a language, and no name that formulas hold."""
    if token.kind != "word" or token.text in FUNCTIONS or token.text in CONSTANTS or token.text in GREEK:
        return False
    return token.upright or pieces_of(token.text) is None


def pieces_of(name: str) -> list[str] | None:
    """A word as known names and single letters, if it is one: `pir` is pi r, `xyz` is x y z, `Monday` is none."""
    if not name.isascii() or name.lower() in SHORT_WORDS or (len(name) == _MOST_LETTERS and _NAME.fullmatch(name)):
        return None
    if _UNKNOWNS.fullmatch(name):
        return list(name)
    pieces: list[str] = []
    at = 0
    while at < len(name):
        known = next((each for each in SPLIT_NAMES if name.startswith(each, at)), None)
        pieces.append(known or name[at])
        at += len(pieces[-1])
    return pieces if sum(len(piece) == 1 for piece in pieces) <= _MOST_LETTERS else None
