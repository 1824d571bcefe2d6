"""Answers, or parts of them, that are words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mathmill.eval.syntax.marks import ORDINALS
from mathmill.eval.syntax.tokens import Token
from mathmill.eval.syntax.trees import Words
from mathmill.eval.syntax.vocabulary import CONSTANTS, FUNCTIONS, GREEK, SHORT_WORDS, SPLIT_NAMES

_PUNCTUATION = frozenset([",", ";", ".", ":", "'", '"', "!", "?", "$", "{", "}", r"\\", "&"])
_HALF_OF_DAY = re.compile(r"\b([ap]) m\b")
_MOST_LETTERS = 3
TITLE_ENDS = frozenset(["=", ":", "is", "are"])
_TITLE_ENDINGS = frozenset("是为")
IN_ALL = frozenset(["一共", "共", "总共", "共有", "一共有", "总共有"])
_MOST_IN_TITLE = 8
# What a value may be said to be, and the words that may stand beside that. Any other word may say that it is another
# value, or none: `half the answer`.
_TITLES = frozenset([
    "answer", "solution", "result", "area", "perimeter", "volume", "length", "width", "height", "depth", "radius",
    "diameter", "circumference", "slope", "mean", "median", "mode", "range", "minimum", "maximum", "min", "max", "sum",
    "product", "difference", "quotient", "remainder", "probability", "distance", "time", "speed", "velocity", "price",
    "cost", "profit", "angle", "average", "ratio", "rate", "domain", "determinant", "limit", "degree", "order", "rank",
    "intercept", "equation", "inverse", "derivative", "integral", "density", "mass", "weight", "age", "work", "force",
    "答", "一共", "共", "总共", "共有", "一共有", "总共有",
    "答案是", "答案为", "答案", "结果是", "结果为",
    "结果", "面积是", "面积为", "最大值是",
    "最大值为", "最小值是", "最小值为", "值为",
])  # fmt: skip
_WEAK_TITLES = frozenset(["value", "number", "total", "amount", "count"])
_BESIDE_TITLES = frozenset([
    "the", "a", "an", "of", "is", "are", "final", "correct", "so", "thus", "therefore", "hence", "my", "our", "its",
    "surface", "side", "base", "triangle", "circle", "square", "rectangle", "line", "function", "expression",
    "sequence", "series", "matrix", "polygon", "sphere", "cone", "cylinder", "cube", "prism", "that",
])  # fmt: skip
# Letters that are mostly unknowns: longer runs of them are products still.
_UNKNOWNS = re.compile(r"[abcdwxyz]{4,5}|[b-df-hj-np-tv-xz]{4,6}")
# Letters beside `pi` or `sin` in one word, where they are unknowns; other words hold these names by chance.
_BESIDE_NAMES = frozenset("abcdfhkmnrtuvwxyz")
_CHANCE_WORDS = frozenset(["pint", "pizza", "pig", "pit", "tank"])
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
    letters = [piece for piece in pieces if len(piece) == 1]
    if len(letters) < len(pieces) and (
        name in _CHANCE_WORDS or (len(letters) > 1 and not set(letters) <= _BESIDE_NAMES)
    ):
        return None
    return pieces if len(letters) <= _MOST_LETTERS else None


def ends_title(token: Token) -> bool:
    """Whether a title ends here, behind which its value stands."""
    return token.text in TITLE_ENDS or (
        token.kind == "word" and (token.text[-1] in _TITLE_ENDINGS or token.text in IN_ALL)
    )


def is_title(tokens: Sequence[Token]) -> bool:
    """Whether tokens, the last of which ends them, name a value and say no more of it, such as `Area of ABC =`."""
    words = [token.text.casefold() for token in tokens if token.kind != "sign"]
    if not 1 <= len(words) <= _MOST_IN_TITLE or any(token.kind not in ("word", "letter") for token in tokens[:-1]):
        return False
    names = [token for token in tokens if token.kind == "letter" or (token.kind == "word" and token.text.isupper())]
    heads = sum(word in _TITLES for word in words)
    weak = sum(word in _WEAK_TITLES for word in words)
    beside = sum(word in _BESIDE_TITLES for word in words)
    lettered = sum(token.text.casefold() not in _BESIDE_TITLES for token in names)
    return heads + weak + beside + lettered == len(words) and (heads == 1 or (not heads and weak == 1))
