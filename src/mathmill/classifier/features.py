r"""What the classifier sees of a page: one line of tokens, made by the same function for training and scoring.

The rules, in order. They are the same for every language, and no token depends on a word list.

1. At most `max_chars` characters are looked at. Unicode's compatibility form (NFKC), full case folding, and characters
   that show nothing (joiners, soft hyphens, variation selectors, direction marks, byte order marks) are taken out.
2. A run of digits of any script is the token `0`.
3. Runs of letters with their accents and vowel signs are words, cut every 40 characters. In scripts that put no spaces
   between words (Han, kana, Thai, Lao, Khmer, Myanmar and their neighbours), and in Hangul, which joins particles to
   them, each letter with its signs is a token.
4. Every other visible character is a token of its own. Spaces, control characters, lone surrogates, private and
   unassigned characters only part tokens.
5. A formula (`$..$`, `$$..$$`, `\(..\)`, `\[..\]`, a display environment; not money such as `$5 and $10`) is the token
   `\formula` and then its commands, letters, numbers and signs by rules 1 to 4, each behind a backslash:
   `$\frac{1}2 + X$` gives `\formula \frac \{ \0 \} \0 \+ \x`. With `formulas = "removed"` it leaves no trace, as in
   OpenWebMath's classifier (arXiv 2310.06786).

So no page can write what fastText takes for more than a word: `</s>` and `__label__` come apart into signs and words,
and a backslash before anything is found in formulas alone. Time is linear in the text. A line also hangs on the Unicode
tables of the Python that made it (a letter that came with Unicode 16 is unassigned in Python 3.11).
"""

from __future__ import annotations

import functools
import re
import sys
import unicodedata
from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple

from pydantic import PositiveInt

from mathmill.classifier.formula_spans import formula_spans
from mathmill.data.config import Config
from mathmill.data.normal_forms import normal_form

FORMULA = "\\formula"
LONGEST_TOKEN = 40  # characters of a word

# Scripts written without spaces, by block: their letters are tokens. Tibetan is not here, it marks its syllables.
_SPACELESS = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Myanmar
    (0x1100, 0x11FF),  # Hangul letters
    (0x1780, 0x17FF),  # Khmer
    (0x1950, 0x19FF),  # Tai Le, New Tai Lue, Khmer symbols
    (0x1A20, 0x1AAF),  # Tai Tham
    (0x1B00, 0x1B7F),  # Balinese
    (0x2E80, 0x2FDF),  # Han radicals
    (0x3005, 0x3007),  # Han iteration mark, closing mark, zero
    (0x3040, 0x318F),  # kana, bopomofo, Hangul letters
    (0x31A0, 0x31FF),  # bopomofo, strokes, kana
    (0x3400, 0x4DBF),  # Han
    (0x4E00, 0x9FFF),  # Han
    (0xA980, 0xA9FF),  # Javanese, Myanmar
    (0xAA60, 0xAADF),  # Myanmar, Tai Viet
    (0xAC00, 0xD7FF),  # Hangul
    (0xF900, 0xFAFF),  # Han
    (0x1AFF0, 0x1B2FF),  # kana, Nüshu
    (0x20000, 0x3FFFF),  # Han
)
# Unicode's Default_Ignorable_Code_Point: what is made to show nothing.
_IGNORED = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff"
    "\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_INVISIBLE = re.compile(f"[{_IGNORED}]+")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f]")
_DIGITS = re.compile(r"\d+")

# ASCII in one step: lower case, digits 0, control characters blank.
_ASCII = bytes(
    32 if code < 32 or code == 127 else 48 if 48 <= code <= 57 else code + 32 if 65 <= code <= 90 else code
    for code in range(256)
)
_ASCII_TOKEN = re.compile(r"[a-z]{1,40}|0(?!0)|[!-/:-`{-~]")
_ASCII_FORMULA_TOKEN = re.compile(r"[a-z]{1,40}|0(?!0)|[!-/:-\[\]-`{-~]")

Tokens = Callable[[str], list[str]]


class Features(Config):
    """What a line is made of; see the module's docstring. `version` goes up when a rule changes."""

    formulas: Literal["kept", "removed"] = "kept"
    max_chars: PositiveInt = 100_000
    version: Literal[1] = 1


def line(text: str, features: Features) -> str:
    """The page as one line for fastText, without label or newline; "" where nothing is left of it."""
    text, words, formula_tokens = _prepare(text[: features.max_chars], features.max_chars)
    if "$" not in text and "\\" not in text:
        return " ".join(words(text))
    kept = features.formulas == "kept"
    tokens: list[str] = []
    at = 0
    for before, start, end, after in formula_spans(text):
        tokens += words(text[at:before])
        if kept:
            inside = formula_tokens(text[start:end])
            tokens.append(FORMULA)
            if inside:
                tokens.append("\\" + " \\".join(inside))
        at = after
    tokens += words(text[at:])
    return " ".join(tokens)


def _prepare(text: str, most: int) -> tuple[str, Tokens, Tokens]:
    """The text after rules 1 and 2, and what finds its tokens outside and inside of formulas."""
    if text.isascii():
        plain = text.encode("ascii").translate(_ASCII).decode("ascii")
        return plain, _ASCII_TOKEN.findall, _ASCII_FORMULA_TOKEN.findall
    patterns = _patterns()
    text = normal_form("NFKC", text)[:most]
    if patterns.rare.search(text):
        text = _DIGITS.sub("0", _CONTROL.sub(" ", _INVISIBLE.sub("", text)))
    text = normal_form("NFKC", text.casefold())[:most]
    for digit in "123456789":
        text = text.replace(digit, "0")
    return text, patterns.tokens.findall, patterns.formula_tokens.findall


class _Patterns(NamedTuple):
    """Rules 1 to 4 for text that is not ASCII; `re` has no classes for marks or scripts."""

    rare: re.Pattern[str]  # what may be invisible, a control character, or a digit other than 0 to 9
    tokens: re.Pattern[str]
    formula_tokens: re.Pattern[str]


@functools.lru_cache(maxsize=1)
def _patterns() -> _Patterns:
    """Made from the tables of `unicodedata` when the first such text comes, in a quarter of a second."""
    spaced: list[int] = []
    spaceless: list[int] = []
    marks: list[int] = []
    signs: list[int] = []
    digits: list[int] = []
    for code in range(0x80, 0x32000):  # beyond it there are none but invisible ones and private use
        character = chr(code)
        kind = unicodedata.category(character)
        if kind[0] == "M":
            marks.append(code)
        elif kind[0] == "L" or character == "〇":
            (spaceless if _is_spaceless(code) else spaced).append(code)
        elif kind[0] in "PS" or kind in ("Nl", "No"):
            signs.append(code)
        elif kind == "Nd":
            digits.append(code)
    words = sorted([*spaced, *(code for code in marks if not _is_spaceless(code))])
    classes = [_class(codes, 0xFFFF) for codes in (words, spaceless, marks, signs)]
    above = [_class(codes, 0x10FFFF, 0x10000) for codes in (words, spaceless, marks, signs)]
    return _Patterns(
        re.compile(f"[\\x00-\\x08\\x0e-\\x1f\\x7f-\\x9f{_IGNORED}{_class(digits, 0xFFFF)}\U00010000-\U0010ffff]"),
        re.compile(_token_pattern("!-/:-`{-~", classes, above)),
        re.compile(_token_pattern(r"!-/:-\[\]-`{-~", classes, above)),
    )


def _token_pattern(ascii_signs: str, classes: list[str], above: list[str]) -> str:
    """Characters above U+FFFF, which are rare, have alternatives of their own: `re` tests the others by table."""
    words, spaceless, marks, signs = classes
    return (
        f"[a-z{words}]{{1,{LONGEST_TOKEN}}}|[{ascii_signs}{signs}]|0(?!0)|[{spaceless}][{marks}]{{0,8}}|[{marks}]"
        f"|(?=[\U00010000-\U0010ffff])(?:[{above[0]}]{{1,{LONGEST_TOKEN}}}|[{above[1]}][{marks}]{{0,8}}|[{above[2]}{above[3]}])"
    )


def _is_spaceless(code: int) -> bool:
    return code >= 0x0E00 and any(first <= code <= last for first, last in _SPACELESS)


def _class(codes: list[int], last: int, first: int = 0) -> str:
    """The inside of a character class of those of the sorted `codes` that are within bounds."""
    within = [code for code in codes if first <= code <= last]
    return "".join(f"\\U{start:08x}-\\U{end:08x}" for start, end in _runs(within))


def _runs(codes: list[int]) -> Iterator[tuple[int, int]]:
    """First and last of each run of neighbours."""
    start = previous = codes[0]
    for code in [*codes[1:], sys.maxsize]:
        if code != previous + 1:
            yield start, previous
            start = code
        previous = code
