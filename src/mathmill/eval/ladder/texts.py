r"""What is decided on the text itself: the same text, the letter of a choice, numbers with words behind them."""

from __future__ import annotations

import re

from mathmill.eval.ladder.rungs import correct, wrong
from mathmill.eval.ladder.spelling import spelled_number
from mathmill.eval.syntax.characters import ascii_written
from mathmill.eval.syntax.vocabulary import OPERATIONS
from mathmill.eval.verdict import Verdict

_GAP = re.compile(r"\s+|\\[,;:! ]|~")
# A gap that parts two names or two numbers says something; any other is a matter of looks.
_IDLE_GAP = re.compile(r"(?<![A-Za-z0-9.]) | (?![A-Za-z0-9.\\])")
_LOOKS = re.compile(r"\\(?:left|right|displaystyle|limits)(?![A-Za-z])")
_FRACTION = re.compile(r"\\[dt]frac(?![A-Za-z])")

_TEXT = re.compile(r"\\(?:text|textbf|textit|textrm|mathrm|mathbf|mbox)\s*\{([^{}]*)\}")
_STOP = re.compile(r"(?<=[a-z])\.")
_WORDS_GAP = re.compile(r" (?![0-9])")
_GOLD_LETTER = re.compile(r"[(\[]?\s*([A-J])\s*[)\].:]?")
_LETTER = re.compile(
    r"(?:(?:the\s+)?(?:correct\s+)?(?:option|choice|answer)(?:\s+is)?\s*:?\s*)?"
    r"(?:[(\[]\s*(?P<fenced>[A-Ja-j])\s*[)\]]|(?P<bare>[A-J]))(?P<tail>[).:,]?\s.*|[).:]\S.*|[).:]?)",
    re.IGNORECASE | re.DOTALL,
)
# Another option named behind the first: then it is no choice but a list.
_OTHER_LETTER = re.compile(r"[(\[]\s*[A-J]\s*[)\]]|(?<![A-Za-z0-9\\])[A-J](?![A-Za-z0-9])|\b(?:or|and)\b")
_DENIED = re.compile(
    r"\s*(?:is|are|was|can|could|must|does)\s?(?:n't|not\b|.*\b(?:not|never|false|wrong|incorrect|out)\b)",
    re.IGNORECASE,
)

_COUNTED = re.compile(
    r"(?P<number>[-+]?\s*\$?\s*[\d.,/ ]*\d|[-+]?\s*\\d?frac\{\d+\}\{\d+\})\s*(?P<noun>[A-Za-z][A-Za-z ]*)"
)
_SCALES = {"hundred": 100, "thousand": 1_000, "million": 10**6, "billion": 10**9, "trillion": 10**12}
# Words that say more about a number than what is counted.
_SAYING = frozenset(
    [
        "and",
        "or",
        "not",
        "no",
        "minus",
        "negative",
        "plus",
        "times",
        "divided",
        "point",
        "to",
        "more",
        "less",
        "than",
        "over",
        "under",
        "at",
        "least",
        "most",
        "if",
        "is",
        "are",
        "was",
        "per",
        "pm",
        "am",
        "squared",
        "cubed",
        "base",
        "mod",
        "half",
        "quarter",
        "third",
        "thirds",
        "halves",
        "quarters",
        "st",
        "nd",
        "rd",
        "th",
        "dozen",
        "pi",
        "e",
        "i",
    ]
)
_MOST_NOUNS = 3


def squeezed(text: str) -> str:
    """A text without what only looks: idle spaces, sizes of brackets and fractions."""
    text = _LOOKS.sub("", _FRACTION.sub(r"\\frac", ascii_written(text)))
    return _IDLE_GAP.sub("", _GAP.sub(" ", text)).strip()


def loosened(text: str) -> str:
    """A text that cannot be read, without case, gaps and the dots of abbreviations: `3:30 p.m.` is `3:30 PM`."""
    return _WORDS_GAP.sub("", _STOP.sub("", squeezed(_TEXT.sub(r" \1 ", text)).lower()))


def compare_letters(answer: str, gold: str) -> Verdict | None:
    r"""A gold that is the letter of an option, against `(B)`, `B.`, `\text{B}`, `B) 5 cm`; None for any other gold."""
    wanted = _GOLD_LETTER.fullmatch(_TEXT.sub(r"\1", gold).strip())
    if wanted is None:
        return None
    plain = _TEXT.sub(r" \1 ", answer).replace("**", "").replace("$", "").strip()
    given = _LETTER.fullmatch(plain)
    if given is None or (given["bare"] and not given["bare"].isupper()):
        return None
    tail = given["tail"]
    if _DENIED.match(tail):
        return wrong("choice", "an option that is denied")
    if _OTHER_LETTER.search(tail):
        return Verdict("ambiguous", "choice", "more than one option")
    if given["bare"] and tail[:1] not in ("", ")", ".", ":") and tail.strip():
        return None  # `B + 1`, `A = 5`
    letter = (given["fenced"] or given["bare"]).upper()
    return correct("choice") if letter == wanted[1] else wrong("choice", f"{letter} is not {wanted[1]}")


def counted(text: str) -> tuple[str, str] | None:
    """The number and what is counted in `42 apples`, in `5 percent` and `3 million` as well; None for other texts."""
    if text.count("$") == 2:  # `$10$ apples`
        text = text.replace("$", " ")
    match = _COUNTED.fullmatch(" ".join(_TEXT.sub(r" \1 ", text).split()).rstrip("."))  # no runs of blanks
    if match is None:
        return None
    words = match["noun"].lower().split()
    number = match["number"].strip()
    if words[0] in _SCALES:
        number, words = f"{number} * {_SCALES[words[0]]}", words[1:]
    if words and words[0] in ("percent", "pct"):
        return (rf"{number}\%", "") if len(words) == 1 else None
    is_said = (
        len(words) > _MOST_NOUNS
        or not (_SAYING | OPERATIONS).isdisjoint(words)
        or spelled_number(words[:1]) is not None
    )
    return None if is_said else (number, " ".join(words))
