"""Whether a piece of text is mathematics: what tells TeX from money, prose and definitions of macros.

Asked of text between delimiters, where no renderer vouches for it. Knows strings, not pages.
"""

from __future__ import annotations

import re

from mathmill.pipeline.notation.asciimath_symbols import SYMBOLS

_STRONG = re.compile(r"\\[A-Za-z]{2,}|\\[,;{}|]|[\w)\]}'|][_^][\\{\w(*+'-]")
_WORD = re.compile(r"(?<![\\A-Za-z])[A-Za-z]{3,}")
_SHORT = re.compile(r"[^\W\d_](?:['′*]|\d+)?")
MOST_ASCIIMATH = 300  # characters between backticks
_PROSE_WORD = re.compile(r"[A-Za-z]{4,}")
_ASCII_OPERATOR = re.compile(r"[-+*/^_=<>|()\[\]]|\d")
_NUMBERS = re.compile(r"\d+(?:[.,]\d+)*")
_MONEY = re.compile(
    r"\s*\d[\d.,]*\s*(?:[kKmMbB]n?|million|billion)?(?:[\s,;:.!?/+-]+(?!mod\b)[A-Za-z]{2,}|[\s,;:.!?/-]*\Z)"
)
_DEFINES = re.compile(
    r"\\(?:(?:(?:re)?new|provide)command|(?:re)?newenvironment|DeclareMathOperator|[gex]?def|let|require|usepackage)\b\*?"
)
_OPTION = re.compile(r"\s*\[[^\]]*\]|\s+(?=[{\[])")
_NAME_OR_OPTION = re.compile(r"\s*(?:\\[A-Za-z]+|\\.|\[[^\]]*\]|#\d|=)|\s+(?=[{\[])")


def is_definition(latex: str) -> bool:
    """Whether nothing is typeset: definitions of macros alone."""
    position, found = 0, False
    while match := _DEFINES.match(latex, position):
        found = True
        position = _after_definition(latex, match.end())
    return found and not latex[position:].strip()


def looks_like_tex(latex: str) -> bool:
    """Whether text between delimiters is mathematics, where no renderer vouches for it."""
    words = len(_WORD.findall(latex))
    if _STRONG.search(latex):
        return words <= 8 or latex.count("\\") * 4 >= words
    if latex != latex.strip() or words > 1 or len(latex) > 80:
        return False
    return bool(_SHORT.fullmatch(latex)) or (not words and any(c in "=<>+*/^≤≥∈→" for c in latex))


def looks_like_asciimath(text: str) -> bool:
    """Whether text between backticks is AsciiMath and not code or a quotation."""
    if len(text) > MOST_ASCIIMATH or "\n\n" in text:
        return False
    words = sum(word not in SYMBOLS for word in _PROSE_WORD.findall(text))
    return words <= 1 and (len(text.strip()) <= 2 or bool(_ASCII_OPERATOR.search(text)) or not words)


def is_money(latex: str, after: str) -> bool:
    """Whether `$latex$` followed by `after` is an amount and prose: `$5 and $10`."""
    if after.isdigit():
        return True
    if _NUMBERS.fullmatch(latex):  # closed right behind a number, as amounts are not
        return False
    if _MONEY.match(latex) and not re.search(r"\\[A-Za-z]|\^", latex):
        return True
    return not _STRONG.search(latex) and len(_WORD.findall(latex)) > 4


def is_strong(latex: str) -> bool:
    """Whether text between two dollars can hardly be anything but TeX."""
    return bool(_STRONG.search(latex)) and len(_WORD.findall(latex)) <= 8


def _after_definition(latex: str, position: int) -> int:
    """The position after a definition's name, options and groups."""
    grouped = False
    while position < len(latex):
        if latex[position] == "{":
            position, grouped = _group_end(latex, position), True
        elif match := (_OPTION if grouped else _NAME_OR_OPTION).match(latex, position):
            position = match.end()
        else:
            break
    while position < len(latex) and latex[position].isspace():
        position += 1
    return position


def _group_end(latex: str, start: int) -> int:
    depth = 0
    for token in re.compile(r"\\.|[{}]", re.DOTALL).finditer(latex, start):
        depth += {"{": 1, "}": -1}.get(token.group(), 0)
        if depth == 0:
            return token.end()
    return len(latex)
