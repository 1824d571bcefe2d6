"""Whether a piece of text is mathematics: what tells TeX from money, prose and definitions of macros.

Asked of text between delimiters, where no renderer vouches for it. Knows strings, not pages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mathmill.pipeline.notation.asciimath_symbols import SYMBOLS

_STRONG = re.compile(r"\\[A-Za-z]{2,}|\\[,;{}|]|[\w)\]}'|][_^][\\{\w(*+'-]")
_WORD = re.compile(r"(?<![\\A-Za-z])[A-Za-z]{3,}")
_SHORT = re.compile(r"[^\W\d_](?:['′*]|\d+)?")
MOST_ASCIIMATH = 300  # characters between backticks
_PROSE_WORD = re.compile(r"[A-Za-z]{4,}")
_ASCII_OPERATOR = re.compile(r"[-+*/^_=<>|()\[\]]|\d")
# AsciiMath between hashes, as Socratic has it: tight, and no part of a word, an address, a heading or a reference.
# A name of a program, where TeX would have one letter below another.
_SNAKE = re.compile(r"(?<![\\A-Za-z])[A-Za-z]{2,}_[A-Za-z0-9]{2,}")
# The hash comes first in the pattern, which makes the search several times faster.
_HASHED = re.compile(r"#(?<![\w#&/.?=:;\"'\\-]#)(?![\s#])([^#\n]{1,200}+)(?<!\s)#(?![\w#\"'-])")
_HASHED_TEXT = re.compile(r"\"[^\"]{0,100}\"|\btext\([^()]{0,100}\)|\bcolor\(\w{1,20}\)")
_HASHED_ONLY = re.compile(r"[\w\s()\[\]{}|+\-*/^_=<>.,:;!'~@%\"\u00b0\u00b1\u00b7\u00d7\u00f7\u2212\u2260-\u2265\\]+")
_HASHED_WORD = re.compile(r"[^\W\d_]{2,}")
_HASHED_SURE = re.compile(
    r"[A-Za-z0-9)\]]\s?\^\s?[-+(\w]|[\w)\]]\s?[=<>\u2260-\u2265]{1,2}\s?[-+(\w]"
    r"|\b(?:sqrt|root|frac|int|sum|lim|sin|cos|tan|log|ln|abs|vec)\s?[(_^\d]"
)
_HASHED_SIGN = re.compile(r"[-+*/^=<>()[\]\u2260-\u2265]|\w_")
_NUMBERS = re.compile(r"\d+(?:[.,]\d+)*!{0,2}")
# Repetitions that give nothing back, so that what does not match costs no more than what does.
_AMOUNT = r"\s*+\d++(?:[.,]\d++)*+"
_MONEY = re.compile(
    _AMOUNT + r"(?:\s*+(?:[kKmMbB]n?|million|billion))?"
    r"(?:[\s,;:.!?/+)\"\u201d\u2013\u2014-]++(?!mod\b)[A-Za-z]{2,}"
    r"|\+?\s[\s,;:.!?()\[\]]*+\Z|[\s,;:.!?/()\[\"\u201c\u201d\u2018\u2013\u2014-]*+\Z)"
)
# An amount and, before any sign of TeX, a word, the delimiter of another formula, or Chinese, Japanese or Korean.
_AMOUNT_AND_PROSE = re.compile(
    _AMOUNT + r"[^\\^_{}=<>$]{0,40}?(?:[A-Za-z]{2,}|\\[(\[$]"
    r"|\\begin\{(?:align|displaymath|eqnarray|equation|gather|multline)|[\u3001-\u9fff\uac00-\ud7af\uff00-\uffef])"
)
# A mark that the amount stands before: `5$ and then`.
_PROSE_BEHIND = re.compile(r"\s[^\\^_{}=<>$]{0,40}?[A-Za-z]{2,}|[\s,;:.!?]+\Z")
_WIDE = re.compile(r"[\u3000-\u9fff\uac00-\ud7af\uff00-\uffef]")
_OPENS_FORMULA = re.compile(r"[^\W_]|[$\\(\[{|+-]")
_REFERENCES = re.compile(r"(?:[\s,;.()~\u2013-]|\\(?:eq|auto|page|[cC])?ref\*?\s{0,9}\{[^{}]{0,200}\})+")
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
    if _has_tex(latex):
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


def hashed(text: str) -> Iterator[re.Match[str]]:
    """What may be AsciiMath between hashes in a text, its first group; no headings, issues, colours or labels."""
    position = 0
    while found := _HASHED.search(text, position):
        fits = looks_like_hashed(found[1])
        if fits:
            yield found
        position = found.end() if fits else found.end() - 1  # what closes nothing may open the next


def looks_like_hashed(text: str) -> bool:
    """Whether text between hashes can be AsciiMath: symbols, numbers and short names, a sign if more than one."""
    if _HASHED_ONLY.fullmatch(text) is None:
        return False
    bare = _HASHED_TEXT.sub("0", text)
    words = [word for word in _HASHED_WORD.findall(bare) if word not in SYMBOLS]
    if any(len(word) > 2 or not word.isascii() for word in words):
        return False
    single = _SHORT.fullmatch(bare) or _NUMBERS.fullmatch(bare) or bare in SYMBOLS
    return bool(single) or _HASHED_SIGN.search(bare) is not None


def is_sure_hashed(text: str) -> bool:
    """Whether text between hashes can hardly be anything but AsciiMath: a power, a relation, a function's value."""
    return _HASHED_SURE.search(text) is not None


def is_money(latex: str, after: str, before: str = "") -> bool:
    """Whether `$latex$` between the characters `before` and `after` is an amount and prose: `$5 and $10`."""
    if after.isdigit():
        return True
    if _NUMBERS.fullmatch(latex):  # closed right behind a number, as amounts are not
        return False
    if _AMOUNT_AND_PROSE.match(latex) and _opens_another(latex, after):
        return True
    if _MONEY.match(latex) and not re.search(r"\\[A-Za-z]|\^", latex):
        return True
    if before.isdigit() and _PROSE_BEHIND.match(latex) and not _STRONG.search(latex):
        return True
    return not _STRONG.search(latex) and len(_WORD.findall(latex)) > 4


def _opens_another(latex: str, after: str) -> bool:
    """Whether the dollar behind `latex` stands as one that opens a formula: behind a gap, before a first letter."""
    last = latex[-1]
    if last.isspace() or last in '(["\u201c\u2018\u2013\u2014-':
        return _OPENS_FORMULA.match(after) is not None
    return _WIDE.match(last) is not None and after.isascii() and _OPENS_FORMULA.match(after) is not None


def is_tight(latex: str, after: str) -> bool:
    """Whether the dollars around `latex` stand as those of one formula do: right at it, no word behind them."""
    return not latex[0].isspace() and not latex[-1].isspace() and not (after.isalnum() or after in ("\\", "$"))


def is_reference(latex: str) -> bool:
    r"""Whether a formula is nothing but references to others: `\eqref{eq:1}`, `(\ref{a}, \ref{b})`."""
    return "ref" in latex and _REFERENCES.fullmatch(latex) is not None


def is_strong(latex: str) -> bool:
    """Whether text between two dollars can hardly be anything but TeX."""
    return _has_tex(latex) and len(_WORD.findall(latex)) <= 8


def _has_tex(latex: str) -> bool:
    """Whether there is something that only TeX writes; an underscore within a name is not."""
    return _STRONG.search(latex) is not None and not ("\\" not in latex and "{" not in latex and _SNAKE.search(latex))


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
