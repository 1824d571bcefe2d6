r"""Equation numbers that an author typed into a formula: `x = y \qquad (3)`, `a &= b && (A.2) \\`.

No mark says that these are numbers, as `\tag` and `\eqno` do, so only what surely is one counts: in brackets, of the
form that numbers have, behind wide space at the end of a displayed formula or of a row in an environment whose rows
are numbered. What stands inside braces, `\left` and `\right`, or inside arrays and cases, stays: there it
names a row of a system, or is an entry. Works on tokens, in linear time.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mathmill.pipeline.notation.latex_tokens import CLOSES, OPENS, is_environment

# Environments whose rows have numbers, and those that only stand inside of such.
_NUMBERED = frozenset(
    name + star
    for name in ["align", "alignat", "eqnarray", "equation", "flalign", "gather", "IEEEeqnarray", "multline"]
    for star in ("", "*")
) | {"displaymath"}
_INNER = frozenset({"aligned", "gathered", "split"})
# Environments in which `&` ends a column, which a number may have to itself.
_COLUMNS = frozenset(name for name in _NUMBERED | _INNER if "al" in name or "eqn" in name)

_DIGITS = r"(?:[A-Z]{1,2}[.\-]?)?\d{1,3}(?:[.\-–:]\d{1,3}){0,4}\s?[a-z]?"
_PRIMES = r"(?:['′*]|\\prime|\^\{?\\?(?:prime|ast|star|\*)\}?){0,3}"
_MARKS = r"(?:\*|\\(?:ast|star|dagger|ddagger)(?![A-Za-z])\s?|\^\{?\\?(?:\*|ast|star)\}?){1,3}"
_TEXT = r"\\(?:text(?:rm|bf|it|sf|tt|normal)?|mbox|hbox|math(?:rm|bf|it))\s?\{[\s~]{0,4}(?:\\(?:rm|bf|it|sf|tt)\s?)?"
_BARE = rf"(?:{_DIGITS}{_PRIMES}|{_TEXT}[A-Z]{{1,2}}\}}[.\-]?{_DIGITS}|{_MARKS}|[ivx]{{2,5}})"
_EQ = r"(?:[Ee]q(?:uation|n)?\.?[\s~]{0,3})"
_PLAIN = rf"(?:\(\s?(?:{_BARE}|{_TEXT}{_EQ}?{_BARE}[\s~]?\}}|{_TEXT}{_EQ}\}}\s?{_BARE})\s?\)|\[\s?{_DIGITS}\s?\])"
_NUMBER = (
    rf"{_PLAIN}|\{{\s?(?:\\(?:rm|bf|it|sf|tt)\s?)?{_PLAIN}\s?\}}|\\left\(\s?{_BARE}\s?\\right\)"
    rf"|{_TEXT}{_EQ}?(?:{_PLAIN}|\((?:[A-Za-z]|[ivxIVX]{{1,5}})\))[\s~]{{0,4}}\}}|{_TEXT}{_EQ}\}}[\s~]?{_PLAIN}"
)
_LENGTH = r"\\h(?:space\s?\*?\s?\{\s?([^{}]{1,24})\}|skip\s?([\d.]{1,6}\s?(?:true)?\s?[a-z]{2}))"
_PIECE = (
    r"\s|~|\\[,;:!> ]|\\(?:qquad|quad|enspace|enskip|thinspace|medspace|thickspace|hfil{1,3})(?![A-Za-z])|\{\}"
    r"|\\(?:mbox|text|hbox)\{(?:\s|~|\\ |\\q?quad(?![A-Za-z])){0,40}\}|\\h?phantom\{[^{}]{1,40}\}"
    r"|\\[lc]?dots(?![A-Za-z])|\.{4,80}"
)
_SPACE = re.compile(_LENGTH + "|(?P<piece>" + _PIECE + ")|(?P<column>&)")
_WIDE = _LENGTH + "|" + _PIECE
_AT_END, _AT_END_OF_COLUMNS = (
    re.compile(rf"(?P<space>(?:{wide})++)(?P<number>{_NUMBER})\s*+\Z") for wide in (_WIDE, _WIDE + "|&")
)
_RELATION = re.compile(
    r"[=<>≤≥≈≡∼→⇒⇔≔∈⊂⊆]|\\[lg](?:eq?|t|eqslant|eqq)(?![A-Za-z])|\\(?:ll|gg|neq?|approx|sim|simeq|cong|equiv|to"
    r"|in|ni|notin|subset|subseteq|supset|supseteq|Leftrightarrow|(?:long)?rightarrow|Rightarrow|Longrightarrow|iff"
    r"|implies|propto|mapsto|coloneqq|triangleq|prec|preceq|succ|succeq|models|vdash|doteq|perp|parallel|mid)(?![A-Za-z])"
)
# What wants something behind it, so that this is no number.
_UNFINISHED = re.compile(
    rf"(?:{_RELATION.pattern}|[-+*/(\[{{|^_:&]|\\(?:cdot|times|div|pm|mp|oplus|otimes|circ|cap|cup|wedge|vee|mod|bmod"
    r"|land|lor|setminus))\s*\Z"
)
_CONGRUENCE = re.compile(r"\\equiv|≡")
_MODULUS = re.compile(r"mod(?![a-z])")
_LIKE_A_NUMBER = re.compile(r"[(\[]\s?\d{1,3}\s?[)\]]")
# Cycles of a permutation, which stand side by side.
_CYCLE = re.compile(r"(?<![\w}])\(\s?\d[\d\s\\,~]{0,30}\)\s*\Z")
_LETTER = re.compile(r"[^\W\d_]")
_COMMAND = re.compile(r"\\[A-Za-z]")
_MEASURE = re.compile(r"(-?[\d.]{1,6})\s?(?:true)?\s?([a-z]{2})")
# Widths in em, of units and of commands.
_UNITS = {"em": 1.0, "ex": 0.43, "pt": 0.1, "mm": 0.28, "cm": 2.8, "in": 7.2, "px": 0.06, "mu": 0.056, "pc": 1.2}
_WIDTHS = {"\\qquad": 2.0, "\\quad": 1.0, "\\enspace": 0.5, "\\enskip": 0.5, "~": 0.33, "\\ ": 0.33, "\\!": -0.17}
_WIDTHS |= {"\\;": 0.28, "\\thickspace": 0.28, "\\:": 0.22, "\\>": 0.22, "\\medspace": 0.22, "\\,": 0.17}
_WIDTHS |= {"\\thinspace": 0.17, "\\hfil": 9.0, "\\hfill": 9.0, "\\hfilll": 9.0}
# Space that is wide enough whatever stands before it, and that is beside an equation.
SURE_EM, LEAST_EM = 2.0, 1.0
_TELLING = frozenset(
    {"\\", *(token[0] for token in (*OPENS, *CLOSES))}
)  # what a token begins with that opens, closes or ends something
# Characters at the end of a row in which its number must be.
MOST_END = 160

_BRACED = re.compile(
    r"\\(?:text(?:rm|bf|it|sf|tt|normal)?|math(?:rm|bf|it|sf|tt)|rm|bf|it|mbox|hbox|left|right)(?![A-Za-z])\s*|[{}$]"
    r"|\\[ ,;]"
)
_SYMBOLS = {"ast": "*", "star": "⋆", "dagger": "†", "dag": "†", "ddagger": "‡", "ddag": "‡", "prime": "′"}
_SYMBOL = re.compile(r"\\(ast|star|dagger|dag|ddagger|ddag|prime)(?![A-Za-z])\s?")


def shown(latex: str) -> str:
    """A number as the page shows it, without the commands that dress it."""
    plain = _BRACED.sub("", _SYMBOL.sub(lambda mark: _SYMBOLS[mark[1]], latex))
    return " ".join(plain.replace("~", " ").replace("^", "").split())


def may_end_in_number(latex: str) -> bool:
    """A cheap test for whether a displayed formula without environments may have a number typed at its end."""
    end = latex.rstrip()[-1:]
    return end != "" and end in ")]}" and any(mark in latex[-MOST_END:] for mark in ("\\", "~", "...."))


@dataclass(slots=True)
class _Level:
    """Something open: where its row began, whether numbers are looked for in it, whether it has columns."""

    start: int
    numbered: bool
    columns: bool


def without_typed_numbers(tokens: Sequence[str], display: bool) -> tuple[list[str], list[str]]:
    """Tokens without the numbers that are typed at ends of rows, and these numbers as the page shows them.

    Outside of environments that have numbers by themselves only where the formula is displayed.
    """
    kept: list[str] = []
    numbers: list[str] = []
    levels = [_Level(0, display, False)]
    for token in tokens:
        if token[0] not in _TELLING:
            kept.append(token)
            continue
        ends = is_environment(token, "\\end")
        if token.startswith("\\\\") or ends:
            numbers += _take_number(kept, levels[-1])
        if len(levels) > 1 and (ends or token in CLOSES or token == "\\right"):
            levels.pop()
        kept.append(token)
        if token.startswith("\\\\"):
            levels[-1].start = len(kept)
        elif is_environment(token, "\\begin"):
            name = token[token.index("{") + 1 : -1]
            outer = levels[-1].numbered
            # The first environment of an inline formula may be one that is displayed wherever it stands.
            numbered = (outer and name in _INNER) or (name in _NUMBERED and (outer or len(levels) == 1))
            levels.append(_Level(len(kept), numbered, name in _COLUMNS))
        elif token in OPENS or token == "\\left":
            levels.append(_Level(len(kept), False, False))
    if len(levels) == 1:
        numbers += _take_number(kept, levels[0])
    return kept, numbers


def _take_number(kept: list[str], level: _Level) -> list[str]:
    """Take the number off the row at the end of `kept`; it, or nothing."""
    if not level.numbered or level.start >= len(kept):
        return []
    text = "".join(kept[level.start :])
    if text.rstrip()[-1:] not in (")", "]", "}"):
        return []
    found = (_AT_END_OF_COLUMNS if level.columns else _AT_END).search(text, max(0, len(text) - MOST_END))
    if not found or not _is_number(text[: found.start()], found["space"], found["number"]):
        return []
    over = len(text) - found.start()
    after = text[found.end("number") :]
    while over > 0:
        last = kept.pop()
        over -= len(last)
        if over < 0:
            kept.append(last[:-over])
    if after:
        kept.append(after)
    return [shown(found["number"])]


def _is_number(before: str, space: str, number: str) -> bool:
    """Whether what looks like a number is one, for what stands before it and how far away."""
    width = sum(map(_width, _SPACE.finditer(space))) + (SURE_EM if space.count("dots") > 1 else 0)
    if width < LEAST_EM or not _LETTER.search(before) or _UNFINISHED.search(before[-MOST_END:]):
        return False
    if _AT_END_OF_COLUMNS.search(before, max(0, len(before) - MOST_END)):  # a list of such
        return False
    if _CONGRUENCE.search(before) and not _MODULUS.search(before) and _LIKE_A_NUMBER.fullmatch(number):
        return False
    if _RELATION.search(before):
        return width >= SURE_EM or not _CYCLE.search(before[-MOST_END:])
    return width >= SURE_EM and bool(_COMMAND.search(before)) and not _LIKE_A_NUMBER.search(before)


def _width(space: re.Match[str]) -> float:
    if length := space[1] or space[2]:
        measure = _MEASURE.fullmatch(length.strip())
        if not measure:
            return SURE_EM if "fill" in length or "\\" in length else 0.0
        try:
            return float(measure[1]) * _UNITS.get(measure[2], 0.0)
        except ValueError:  # two points
            return 0.0
    if space["column"]:
        return LEAST_EM
    piece = space["piece"]
    if piece.startswith((".", "\\phantom", "\\hphantom")):
        return SURE_EM if piece[0] == "." else LEAST_EM
    if piece.endswith("}") and "{" in piece:  # text of blanks
        inner = piece[piece.index("{") + 1 : -1]
        blanks = inner.count("\\ ") + inner.count("~") + (" " in inner.replace("\\ ", ""))
        return 0.33 * blanks + inner.count("\\quad") + 2 * inner.count("\\qquad")
    return _WIDTHS.get(piece, 0.0)
