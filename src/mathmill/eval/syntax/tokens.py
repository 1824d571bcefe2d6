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

Kind = Literal["number", "letter", "word", "command", "open", "close", "sign", "end"]


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of an answer.

    `spaced` tells whether white space stands before it in the source, `upright` whether it stands in `\\text`,
    `\\mathrm` or the like, where letters are words, units or names and no variables. The text of a numeral is
    `12`, `.5`, `3e5` or, repeating, `0.1(6)`.
    """

    kind: Kind
    text: str
    spaced: bool = False
    upright: bool = False


# Commands with one meaning for ours. A sign's text is what the parser knows it by.
SIGNS = {
    "cdot": "*", "times": "*", "ast": "*", "div": "/", "pm": "pm", "mp": "mp", "lt": "<", "gt": ">", "le": "<=",
    "leq": "<=", "leqslant": "<=", "leqq": "<=", "ge": ">=", "geq": ">=", "geqslant": ">=", "geqq": ">=", "ne": "!=",
    "neq": "!=", "approx": "~", "sim": "~", "simeq": "~", "cong": "~", "equiv": "mod", "to": "->", "rightarrow": "->",
    "longrightarrow": "->", "mapsto": "->", "Rightarrow": "=>", "implies": "=>", "iff": "<=>", "Leftrightarrow": "<=>",
    "leftrightarrow": "<=>", "in": "in", "notin": "notin", "cup": "union", "cap": "intersection", "bigcup": "union",
    "bigcap": "intersection", "setminus": "difference", "backslash": "difference", "mid": "|", "vert": "|",
    "lvert": "|", "rvert": "|", "Vert": "||", "lVert": "||", "rVert": "||", "colon": ":", "lor": "or", "vee": "or",
    "land": "and", "wedge": "and", "ldots": "...", "dots": "...", "cdots": "...", "dotsc": "...", "%": "%", "prime": "'",
    "$": "$", "#": "#", "&": "&", "_": "_", "|": "||", "\\": r"\\",
}  # fmt: skip
_OPENS = {
    "lbrace": r"\{",
    "langle": "<<",
    "lfloor": "lfloor",
    "lceil": "lceil",
    "lbrack": "[",
    "lparen": "(",
    "{": r"\{",
}
_CLOSES = {
    "rbrace": r"\}",
    "rangle": ">>",
    "rfloor": "rfloor",
    "rceil": "rceil",
    "rbrack": "]",
    "rparen": ")",
    "}": r"\}",
}
_FENCED = frozenset({"left", "right", "middle"})
# Spaces; the wide ones of a formula part words and groups of digits.
_GAPS = frozenset({" ", "quad", "qquad", ",", ";", ":", ">", "enspace", "thinspace", "medspace", "thickspace"})
# Commands that change looks alone; those of the next set have an argument that stays.
_LOOKS = frozenset([
    "left", "right", "big", "Big", "bigg", "Bigg", "bigl", "bigr", "Bigl", "Bigr", "biggl", "biggr", "Biggl", "Biggr",
    "bigm", "Bigm", "displaystyle", "textstyle", "scriptstyle", "scriptscriptstyle", "limits", "nolimits", "strut",
    "quad", "qquad", ",", ";", ":", "!", " ", ">", "thinspace", "medspace", "thickspace", "enspace", "negthinspace",
    "nonumber", "notag", "rm", "bf", "it", "cal", "boldmath", "middle", "hfill", "hline", "null", "allowbreak",
    "nobreak", "bigstar", "noindent", "centering", "displaylimits",
])  # fmt: skip
_WRAPPERS = frozenset([
    "boxed", "fbox", "mathbf", "mathit", "mathsf", "mathtt", "mathcal", "mathfrak", "mathscr", "boldsymbol", "bm", "pmb",
    "mathnormal", "ensuremath", "underline", "mathop", "mathord", "mathrel", "mathbin", "smash", "hphantom", "emph",
])  # fmt: skip
# Commands whose braces hold words, or a name.
_TEXTS = frozenset([
    "text", "textrm", "textbf", "textit", "textnormal", "textsf", "texttt", "textup", "mbox", "hbox", "mathrm",
    "operatorname", "operatorname*", "unit", "si",
])  # fmt: skip
_DROPPED_WITH_ARGUMENT = frozenset(
    ["label", "tag", "hspace", "vspace", "phantom", "vphantom", "color", "hskip", "kern"]
)

_NUMERAL = re.compile(r"(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d+(?![A-Za-z0-9]))?|\d+\.(?!\.)(?=\s*(?:[^\d\s]|\Z))")
_REPEATING = re.compile(r"(\d*\.\d*)\s*\\(?:overline|bar|dot)\s*(?:\{(\d+)\}|(\d))|(\d*\.\d*)\((\d+)\)")
_COMMAND = re.compile(r"\\(?:operatorname\*|[A-Za-z]+|.)", re.DOTALL)
_WORD = re.compile(r"[A-Za-z]+")
_TWO = {
    "<=": "<=",
    ">=": ">=",
    "!=": "!=",
    "==": "=",
    "->": "->",
    "=>": "=>",
    "**": "^",
    "<>": "!=",
    "=<": "<=",
    "..": "...",
}
_BRACE = re.compile(r"[{}]")


def tokens_of(text: str) -> tuple[Token, ...]:
    """The tokens of an answer, the last of kind `end`.

    Raises:
        TooLarge: the text has more than `MAX_CHARS` characters, too many tokens or too deep ones.
        Unparsable: a brace of a text has no partner.
    """
    if len(text) > MAX_CHARS:
        raise TooLarge(f"more than {MAX_CHARS:,} characters")
    tokens = []
    for token in _scan(ascii_written(text), upright=False, depth=0):
        tokens.append(token)
        if len(tokens) > 4 * MAX_NODES:
            raise TooLarge(f"more than {4 * MAX_NODES:,} tokens")
    return (*tokens, Token("end", ""))


def _scan(source: str, upright: bool, depth: int) -> Iterator[Token]:
    if depth > MAX_DEPTH:
        raise TooLarge(f"more than {MAX_DEPTH} texts inside each other")
    at, spaced = 0, False
    while at < len(source):
        char = source[at]
        if char.isspace() or char == "~":
            spaced, at = True, at + 1
        elif char == "\\":
            name = _COMMAND.match(source, at)
            if name is not None and name[0][1:] in _TEXTS:
                inner, at = _argument(source, name.end())
                for token in _scan(inner, True, depth + 1):
                    yield replace(token, spaced=token.spaced or spaced)
                    spaced = False
                continue
            found, at, gap = _command(source, at)
            if found is not None:
                yield Token(*found, spaced, upright)
            spaced = gap or (spaced and found is None)
        else:
            found, at = _plain(source, at)
            yield Token(*found, spaced, upright)
            spaced = False


def _plain(source: str, at: int) -> tuple[tuple[Kind, str], int]:
    """Kind and text of a token that does not begin with a backslash, and where it ends."""
    if match := _REPEATING.match(source, at):
        return ("number", f"{match[1] or match[4]}({match[2] or match[3] or match[5]})"), match.end()
    if match := _NUMERAL.match(source, at):
        return ("number", match[0]), match.end()
    if match := _WORD.match(source, at):
        return ("letter" if len(match[0]) == 1 else "word", match[0]), match.end()
    two = source[at : at + 2]
    if two in _TWO:
        return ("sign", _TWO[two]), at + 2 + (two == ".." and source[at + 2 : at + 3] == ".")
    char = source[at]
    kind: Kind = "open" if char in "([{" else "close" if char in ")]}" else "sign"
    return (kind, char), at + 1


def _command(source: str, at: int) -> tuple[tuple[Kind, str] | None, int, bool]:
    """Kind and text of a command's token if it gives one, where it ends, and whether it leaves a gap."""
    match = _COMMAND.match(source, at)
    if match is None:  # a backslash at the very end
        return None, at + 1, True
    name, end = match[0][1:], match.end()
    if name in SIGNS:
        return ("sign", SIGNS[name]), end, False
    if name in _LOOKS:
        if name in _FENCED and source[end : end + 1] == ".":
            end += 1
        return None, end, name in _GAPS
    if name in _OPENS:
        return ("open", _OPENS[name]), end, False
    if name in _CLOSES:
        return ("close", _CLOSES[name]), end, False
    if name in _DROPPED_WITH_ARGUMENT:
        return None, _argument(source, end)[1], True
    if name in _WRAPPERS:
        return None, end, False
    return ("command", name), end, False


def _argument(source: str, at: int) -> tuple[str, int]:
    """What stands in the braces at `at`, or the one character there, and where it ends."""
    while at < len(source) and source[at].isspace():
        at += 1
    if source[at : at + 1] != "{":
        return source[at : at + 1], at + 1
    depth = 0
    for match in _BRACE.finditer(source, at):
        if source[match.start() - 1] == "\\":
            continue
        depth += 1 if match[0] == "{" else -1
        if not depth:
            return source[at + 1 : match.start()], match.end()
    raise Unparsable("a brace is never closed")
