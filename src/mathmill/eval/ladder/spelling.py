"""Numbers in words: `twenty-one`, `two thirds`, `fifth`, `minus five`, and what is counted behind them."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from mathmill.eval.syntax.vocabulary import DIGIT_WORDS, NO_NOUNS
from mathmill.eval.units import is_unit

_TENS = {
    name: 10 * count
    for count, name in enumerate(["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], 2)
}
_THOUSANDS = {"thousand": 1_000, "million": 10**6, "billion": 10**9}
_NUMBER_WORDS = frozenset([*DIGIT_WORDS, *_TENS, *_THOUSANDS, "hundred", "half", "quarter", "dozen", "percent"])
_IRREGULAR = {
    "first": "one", "second": "two", "third": "three", "fifth": "five", "eighth": "eight", "ninth": "nine",
    "twelfth": "twelve",
}  # fmt: skip
_ORDINALS = _IRREGULAR | {
    f"{name[:-1]}ieth" if name in _TENS else f"{name}th": name
    for name in [*DIGIT_WORDS, *_TENS, *_THOUSANDS, "hundred"]
    if name not in _IRREGULAR.values() and name not in ("zero", "two", "three")
}
_PARTS = {"half": 2, "halve": 2, "quarter": 4}
_PLURALS = frozenset(["people", "children", "men", "women", "feet", "mice", "geese", "teeth", "fish", "sheep", "dice"])
_ADJECTIVES = frozenset(
    ["digit", "digits", "sided", "dimensional", "fold", "step", "way", "variable", "term", "figure"]
)
_MOST_NOUNS = 3
_HAN_DIGITS = {char: digit for digit, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_HAN_TENS = {"十": 10, "百": 100, "千": 1_000}
_HAN_SCALES = {"万": 10**4, "亿": 10**8}


def spelled_number(words: Sequence[str]) -> int | None:
    """The whole number that is spelled out, such as `two hundred and seven`; None for other words."""
    total = group = 0
    last = 0  # what the word before was worth: tens go before digits, and nothing twice
    for word in (word for word in words if word != "and"):
        if word in _THOUSANDS and group:
            total, group, last = total + group * _THOUSANDS[word], 0, 0
        elif word == "hundred" and 0 < group < 20 and group != 10:
            group, last = group * 100, 100
        elif word in _TENS and last in (0, 100):
            group, last = group + _TENS[word], 10
        elif word in DIGIT_WORDS and last in ((0, 10, 100) if DIGIT_WORDS[word] < 10 else (0, 100)):
            group, last = group + DIGIT_WORDS[word], 1
        else:
            return None
    return total + group if words and words[0] != "and" and words[-1] != "and" else None


def spelled_value(words: Sequence[str]) -> Fraction | None:
    """The number that words are, a fraction, an ordinal or a negative one too; None for other words."""
    if len(words) > 1 and words[0] in ("negative", "minus"):
        value = spelled_value(words[1:])
        return -value if value else None
    if (number := spelled_number(words)) is not None:
        return Fraction(number)
    if len(words) == 1 and (han := _han_value(words[0])) is not None:
        return han
    return _fraction(words) or _ordinal(words)


def spelled_quantity(words: Sequence[str]) -> tuple[Fraction, str] | None:
    """The number and what is counted in `seven apples`; None where these are other words."""
    for count in range(len(words) - 1, max(0, len(words) - 1 - _MOST_NOUNS), -1):
        value, nouns = spelled_value(words[:count]), words[count:]
        if value is not None:
            is_many = (
                value != 1 and not nouns[-1].endswith("s") and nouns[-1] not in _PLURALS and not is_unit(nouns[-1])
            )
            if is_many or not _ADJECTIVES.isdisjoint(nouns) or words[0] in ("a", "an"):
                return None
            is_noun = NO_NOUNS.isdisjoint(nouns) and _NUMBER_WORDS.isdisjoint(nouns) and all(map(str.isalpha, nouns))
            return (
                (value, " ".join(nouns)) if is_noun and nouns[0] not in _ORDINALS and not _is_part(nouns[0]) else None
            )
    return None


def _fraction(words: Sequence[str]) -> Fraction | None:
    """`half`, `a third`, `two thirds`, `three and a half`."""
    for at, word in enumerate(words):
        whole = spelled_number(words[:at]) if word == "and" else None
        part = _fraction(words[at + 1 :]) if whole is not None else None
        if whole is not None and part is not None:
            return whole + part if part < 1 else None
    if not words or (under := _part(words[-1])) is None:
        return None
    before = list(words[:-1])
    if not before:
        return Fraction(1, 2) if words[-1] == "half" else None
    over = 1 if before in (["a"], ["an"]) else spelled_number(before)
    is_plural = words[-1].endswith("s") or words[-1] == "halves"
    return Fraction(over, under) if over and is_plural == (over > 1) else None


def _is_part(word: str) -> bool:
    return _part(word) is not None


def _part(word: str) -> int | None:
    """What a fraction's last word divides by: 4 for `fourths`."""
    singular = word.removesuffix("s")
    if singular in _PARTS:
        return _PARTS[singular]
    if singular in ("first", "second") or singular not in _ORDINALS:
        return None
    return spelled_number([_ORDINALS[singular]]) or {"hundred": 100, "thousand": 1000}.get(_ORDINALS[singular])


def _ordinal(words: Sequence[str]) -> Fraction | None:
    if not words or words[-1] not in _ORDINALS:
        return None
    number = spelled_number([*words[:-1], _ORDINALS[words[-1]]])
    return None if number is None else Fraction(number)


def _han_value(word: str) -> Fraction | None:
    """A number in Chinese characters, or a fraction such as `二分之一`."""
    under, is_fraction, over = word.partition("分之")
    if is_fraction:
        below, above = _han_number(under), _han_number(over)
        return Fraction(above, below) if below and above is not None else None
    number = _han_number(word)
    return None if number is None else Fraction(number)


def _han_number(word: str) -> int | None:
    total = group = digit = 0
    for char in word:
        if char in _HAN_DIGITS:
            digit = digit * 10 + _HAN_DIGITS[char]
        elif char in _HAN_TENS:
            group, digit = group + (digit or 1) * _HAN_TENS[char], 0
        elif char in _HAN_SCALES:
            total, group, digit = (total + group + digit) * _HAN_SCALES[char], 0, 0
        else:
            return None
    return total + group + digit if word else None
