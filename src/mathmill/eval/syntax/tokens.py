r"""Answers as tokens: numerals, letters, words, commands, signs. LaTeX and plain text in one language.

Looks are gone here: `\left`, `\displaystyle`, spacing, `\mathrm` around letters, dollars that delimit. What LaTeX and
plain text write differently comes out as one token (`*`, `\cdot`, `\times`; `<=`, `\le`, `\leqslant`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from mathmill.eval.limits import MAX_CHARS, MAX_DEPTH, MAX_NODES, TooLarge, Unparsable
from mathmill.eval.syntax.characters import ascii_written
from mathmill.eval.syntax.commands import (
    CLOSES,
    DELIMITERS,
    DROPPED_WITH_ARGUMENT,
    FENCES,
    GAPS,
    LOOKS,
    OPENS,
    SIGNS,
    TEXTS,
    WRAPPERS,
)
from mathmill.eval.syntax.dollars import Dollar, dollars_of

Kind = Literal["number", "letter", "word", "command", "open", "close", "sign", "end"]
_MOST_TOKENS = 4 * MAX_NODES


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of an answer.

    `spaced` tells whether white space stands before it in the source, `upright` whether it stands in `\\text`,
    `\\mathrm` or outside of the dollars of a text, where letters are words, units or names and no variables. The text
    of a numeral is `12`, `.5`, `5.`, `3e5` or, repeating, `0.1(6)`.
    """

    kind: Kind
    text: str
    spaced: bool = False
    upright: bool = False


_NUMERAL = re.compile(r"(?:\d+(?:\.\d+|\.(?=[/*)\],;+\-^]|\s*\Z))?|\.\d+)(?:[eE][-+]?\d+(?![A-Za-z0-9]))?")
_REPEATING = re.compile(
    r"(?P<a>\d*\.\d*)\s*\\(?:overline|bar|dot)\s*(?:\{(?P<b>\d+)\}|(?P<c>\d))(?:(?P<d>\d*)\\dot\s*\{?(?P<e>\d)\}?)?"
    r"|(?P<f>\d+\.\d*)\((?P<g>\d+)\)"
)
_COMMAND = re.compile(r"\\(?:operatorname\*|[A-Za-z]+|.)", re.DOTALL)
_WORD = re.compile(r"[^\W\d_]+")
_LONG_SIGNS = ("+/-", "...", "<=", ">=", "!=", "==", "->", "=>", "**", "<>", "=<", "..")
_LONG = {"+/-": "pm", "==": "=", "**": "^", "<>": "!=", "=<": "<=", "..": "..."}
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
_ROW_GAP = re.compile(r"\s*\[\s*-?[\d.]+\s*(?:pt|em|ex|mm|cm|in)\s*\]")
_NOT = re.compile(r"\\not\s*(=|\\in(?![A-Za-z]))")
_OLD_UPRIGHT = re.compile(r"\{\s*\\(?:rm|sf|tt)(?![A-Za-z])")
_OLD_BOLD = re.compile(r"\{\s*\\bf(?![A-Za-z])")


def tokens_of(text: str) -> tuple[Token, ...]:
    """The tokens of an answer, the last of kind `end`.

    Raises:
        TooLarge: the text has more than `MAX_CHARS` characters, too many tokens or too deep ones.
        Unparsable: a brace of a text has no partner.
    """
    if len(text) > MAX_CHARS:
        raise TooLarge(f"more than {MAX_CHARS:,} characters")
    tokens = []
    for token in _scan(_modern(ascii_written(text)), upright=False, depth=0):
        tokens.append(token)
        if len(tokens) > _MOST_TOKENS:
            raise TooLarge(f"more than {_MOST_TOKENS:,} tokens")
    return (*tokens, Token("end", ""))


def _modern(source: str) -> str:
    """LaTeX with `{\\rm ..}` as `\\mathrm{..}` and `\\not=` as one command."""
    if "\\" not in source:
        return source
    source = _NOT.sub(lambda match: r"\neq " if match[1] == "=" else r"\notin ", source)
    return _OLD_BOLD.sub(r"\\mathbf{", _OLD_UPRIGHT.sub(r"\\mathrm{", source))


def _scan(source: str, upright: bool, depth: int) -> Iterator[Token]:
    if depth > MAX_DEPTH:
        raise TooLarge(f"more than {MAX_DEPTH} texts inside each other")
    dollars = dollars_of(source)
    around = upright or Dollar.FORMULA in dollars.values() or r"\(" in source
    at, spaced, inside = 0, False, False
    while at < len(source):
        char = source[at]
        if char.isspace() or char == "~":
            spaced, at = True, at + 1
        elif dollars.get(at) in (Dollar.FORMULA, Dollar.NOTHING):
            inside ^= dollars[at] is Dollar.FORMULA
            spaced, at = True, at + (2 if source.startswith("$$", at) else 1)
        elif char == "\\":
            name = _COMMAND.match(source, at)
            if name is not None and name[0][1:] in TEXTS:
                inner, at = _argument(source, name.end())
                for token in _scan(inner, True, depth + 1):
                    yield replace(token, spaced=True) if spaced and not token.spaced else token
                    spaced = False
                continue
            if name is not None and name[0][1:] in DELIMITERS:
                inside, spaced, at = DELIMITERS[name[0][1:]], True, at + 2
                continue
            found, at, gap = _command(source, at)
            if found is not None:
                yield Token(*found, spaced, around and not inside)
            spaced = gap or (spaced and found is None)
        else:
            found, at = _plain(source, at)
            yield Token(*found, spaced, around and not inside)
            spaced = False


def _plain(source: str, at: int) -> tuple[tuple[Kind, str], int]:
    """Kind and text of a token that does not begin with a backslash, and where it ends."""
    char = source[at]
    if char.isdigit() or char == ".":
        if match := _REPEATING.match(source, at):
            return ("number", _repeating(match)), match.end()
        if match := _NUMERAL.match(source, at):
            return ("number", match[0]), match.end()
    if match := _WORD.match(source, at):
        return ("letter" if len(match[0]) == 1 and char.isascii() else "word", match[0]), match.end()
    for sign in _LONG_SIGNS:
        if source.startswith(sign, at):
            return ("sign", _LONG.get(sign, sign)), at + len(sign)
    kind: Kind = "open" if char in "([{" else "close" if char in ")]}" else "sign"
    return (kind, char), at + 1


def _repeating(match: re.Match[str]) -> str:
    """`0.1(6)` for a decimal whose repeated digits stand under a bar, between dots or in brackets."""
    if match["f"] is not None:
        return f"{match['f']}({match['g']})"
    return f"{match['a']}({match['b'] or match['c']}{match['d'] or ''}{match['e'] or ''})"


def _command(source: str, at: int) -> tuple[tuple[Kind, str] | None, int, bool]:
    """Kind and text of a command's token if it gives one, where it ends, and whether it leaves a gap."""
    match = _COMMAND.match(source, at)
    if match is None:  # a backslash at the very end
        return None, at + 1, True
    name, end = match[0][1:], match.end()
    if name in FENCES:
        return _fence(source, end, FENCES[name])
    if name == "\\":
        gap = _ROW_GAP.match(source, end)
        return ("sign", r"\\"), gap.end() if gap else end, False
    if name in SIGNS:
        return ("sign", SIGNS[name]), end, False
    if name in LOOKS:
        return None, end, name in GAPS
    if name in OPENS:
        return ("open", OPENS[name]), end, False
    if name in CLOSES:
        return ("close", CLOSES[name]), end, False
    if name in DROPPED_WITH_ARGUMENT:
        return None, _argument(source, end)[1], True
    if name in WRAPPERS:
        return None, end, False
    return ("command", name), end, False


def _fence(source: str, at: int, side: str) -> tuple[tuple[Kind, str] | None, int, bool]:
    r"""What `\left` and `\right` tell of a bar behind them; other brackets say themselves which side they stand on."""
    while at < len(source) and source[at].isspace():
        at += 1
    if source.startswith(".", at):
        return None, at + 1, False
    for written, name in ((r"\vert", "vert"), (r"\Vert", "Vert"), (r"\|", "Vert"), ("|", "vert")):
        if side != "m" and source.startswith(written, at):
            return ("open" if side == "l" else "close", side + name), at + len(written), False
    return None, at, False


def _argument(source: str, at: int) -> tuple[str, int]:
    """What stands in the braces at `at`, or the one character there, and where it ends."""
    while at < len(source) and source[at].isspace():
        at += 1
    if source[at : at + 1] != "{":
        return source[at : at + 1].strip("\\"), min(at + 1, len(source))
    depth = 0
    for match in _BRACE.finditer(source, at):
        depth += {"{": 1, "}": -1}.get(match[0], 0)
        if not depth:
            return source[at + 1 : match.start()], match.end()
    raise Unparsable("a brace is never closed")
