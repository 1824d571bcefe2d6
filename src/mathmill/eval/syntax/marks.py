r"""Signs that people write with letters: `(0,1) U (2,3)`, `2 x 10^3`, `5th`, `1010 base 2`, `1.000.000`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from mathmill.eval.syntax.tokens import Token
from mathmill.eval.units import is_unit

ORDINALS = frozenset({"st", "nd", "rd", "th"})
_GROUPED = re.compile(r"[1-9]\d{0,2}\.\d{3}")
_GROUP = re.compile(r"\.\d{3}")
_JOINS = frozenset({"U", "u"})
_TIMES = frozenset({"x", "X"})
_BASE_WORDS = frozenset({"in", "base"})


def signs_of(tokens: Sequence[Token], is_plain: bool = False) -> list[Token]:
    """The tokens of an answer with signs in place of the letters, words and points that stand for them.

    `is_plain` says that no LaTeX is among them, so that letters may be units without standing upright.
    """
    made: list[Token] = []
    at = 0
    while at < len(tokens):
        token = tokens[at]
        if token.text in _JOINS and _parts_sets(made, tokens[at + 1]):
            made.append(Token("sign", "union", token.spaced))
        elif token.text in _TIMES and _parts_powers_of_ten(made, tokens, at):
            made.append(Token("sign", "*", token.spaced))
        elif token.kind == "number":
            found, at = _number(tokens, at)
            made.extend(found)
            continue
        elif token.text == "mu" and (unit := _micro(made, token, tokens[at + 1], is_plain)):
            made.append(unit)
            at += 1
        elif token.text == "Omega" and made and _is_large(made, is_plain):
            made[-1] = Token("word", f"{made[-1].text}ohm", spaced=True, upright=True)
        else:
            made.append(token)
        at += 1
    return made


def _micro(before: list[Token], mu: Token, behind: Token, is_plain: bool) -> Token | None:
    r"""`\mu\text{m}` behind a number as one unit."""
    if (
        mu.kind != "command"
        or not (behind.upright or is_plain)
        or not before
        or before[-1].kind not in ("number", "close")
    ):
        return None
    name = f"\u03bc{behind.text}"
    return Token("word", name, spaced=True, upright=True) if is_unit(name) else None


def _is_large(before: list[Token], is_plain: bool) -> bool:
    r"""Whether the letter before `\Omega` makes kilohms or megohms of it."""
    letter, number = before[-1], before[-2] if len(before) > 1 else before[-1]
    is_apart = letter.upright or (letter.spaced and letter.text != "m") or is_plain
    return letter.kind == "letter" and letter.text in "kMm" and is_apart and number.kind in ("number", "close")


def _parts_sets(before: list[Token], behind: Token) -> bool:
    """Whether a letter stands between a pair in brackets and another bracket."""
    if behind.kind != "open" or not before or before[-1].kind != "close":
        return False
    depth = 0
    for token in reversed(before):
        depth += (token.kind == "close") - (token.kind == "open")
        if not depth:
            return token.text == r"\{"
        if token.text == "," and depth == 1:
            return True
    return False


def _parts_powers_of_ten(before: list[Token], tokens: Sequence[Token], at: int) -> bool:
    behind = [token.text for token in tokens[at + 1 : at + 3]]
    return bool(before) and before[-1].kind == "number" and behind == ["10", "^"]


def _number(tokens: Sequence[Token], at: int) -> tuple[list[Token], int]:
    """A numeral with what makes one with it, and where that ends."""
    token, end = tokens[at], at + 1
    if (behind := _ordinal_end(tokens, end)) is not None:
        return [token], behind
    if (based := _based(tokens, end)) is not None:
        return [token, *based[0]], based[1]
    if _GROUPED.fullmatch(token.text):
        while _GROUP.fullmatch(tokens[end].text) and not tokens[end].spaced:
            end += 1
        if end > at + 1 and tokens[end].kind != "number":
            digits = "".join(each.text.replace(".", "") for each in tokens[at:end])
            return [replace(token, text=digits)], end
    return [token], at + 1


def _ordinal_end(tokens: Sequence[Token], at: int) -> int | None:
    r"""Where the letters end that make an ordinal of the numeral before them: `5th`, `5^{\text{th}}`."""
    raised = tokens[at].text == "^"
    start = at + raised
    braced = raised and tokens[start].text == "{"
    word = tokens[start + braced]
    if word.text not in ORDINALS or (word.spaced and not raised):
        return None
    end = start + braced + 1
    if not braced:
        return end
    return end + 1 if tokens[end].text == "}" else None


def _based(tokens: Sequence[Token], at: int) -> tuple[list[Token], int] | None:
    """The base that words name behind a numeral, `in base 2`, `(base two)`, as one written below it."""
    bracketed = tokens[at].text == "("
    start = at + bracketed
    words = 0
    while tokens[start + words].text in _BASE_WORDS and words < 2:
        words += 1
    if not words or tokens[start + words - 1].text != "base":
        return None
    base = tokens[start + words]
    if base.kind not in ("number", "word"):
        return None
    end = start + words + 1
    if bracketed and tokens[end].text != ")":
        return None
    below = [Token("sign", "_"), Token("open", "{"), replace(base, spaced=False), Token("close", "}")]
    return below, end + bracketed
