r"""Ways to write the same text otherwise, which need not know what it says: each takes a text and chance, and gives a
text or None. They keep out of `\text{..}`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from random import Random

Surface = Callable[[str, Random], str | None]

_TEXT = re.compile(r"(\\(?:text|mbox|mathrm|begin|end)\{[^{}]*\})")
_DIGITS = "0123456789"
_SCRIPTS = {
    "full width": "０１２３４５６７８９",
    "arabic": "٠١٢٣٤٥٦٧٨٩",
    "devanagari": "०१२३४५६७८९",
    "bold": "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗",
}
_RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
_VULGAR = {(1, 2): "½", (1, 3): "⅓", (2, 3): "⅔", (1, 4): "¼", (3, 4): "¾", (1, 5): "⅕", (2, 5): "⅖", (3, 5): "⅗",
           (4, 5): "⅘", (1, 6): "⅙", (5, 6): "⅚", (1, 8): "⅛", (3, 8): "⅜", (5, 8): "⅝", (7, 8): "⅞"}  # fmt: skip
_SIGNS = {
    r"\pi": "π", r"\infty": "∞", r"\cup": "∪", r"\cdot": "·", r"\times": "×", r"\theta": "θ", r"\alpha": "α",
    r"^\circ": "°", r"\le": "≤", r"\ge": "≥", r"\pm": "±", r"\%": "%",
}  # fmt: skip


def _outside(change: Callable[[str], str]) -> Surface:
    """A change of everything that does not stand in words."""

    def changed(text: str, draw: Random) -> str | None:
        pieces = _TEXT.split(text)
        return "".join(piece if at % 2 else change(piece) for at, piece in enumerate(pieces))

    return changed


def _replaced(pattern: str, by: str) -> Surface:
    compiled = re.compile(pattern)
    return _outside(lambda piece: compiled.sub(by, piece))


def _wrapped(*forms: str) -> Surface:
    return lambda text, draw: draw.choice(forms).replace("ANSWER", text)


def _formula(*forms: str) -> Surface:
    """Forms of formulas, not of words."""
    return lambda text, draw: None if "\\text" in text else draw.choice(forms).replace("ANSWER", text)


def spaced(text: str, draw: Random) -> str | None:
    """Blanks of some kind around operators and commas."""
    blank = draw.choice([" ", "  ", r"\,", r"\;", r"\ ", "~", "\t", "\u00a0", "\u2009"])

    def change(piece: str) -> str:
        piece = re.sub(r"(?<=[\w})])\s*([-+=])\s*(?=[\w\\({])", lambda found: blank + found[1] + blank, piece)
        return re.sub(r"(?<![\d,{]),\s*(?![\d,}\\])|,(?=\s)", f",{blank}", piece)

    return _outside(change)(text, draw)


def thousands(text: str, draw: Random) -> str | None:
    """Separators put into, or taken out of, a long whole number."""
    bare = re.sub(r"(?<=\d)(?:\{,\}|,\\!|,|\\,|\\!)(?=\d{3}(?!\d))", "", text)
    if not re.fullmatch(r"-?(?:\\\$)?\d{4,}(?:\.\d+)?", bare):
        return None
    form = draw.choice([",", ",", "{,}", r",\!", r"\,", ""])
    whole, point, rest = bare.partition(".")
    return re.sub(r"(?<=\d)(?=(?:\d{3})+\Z)", lambda _: form, whole) + point + rest


def digits(text: str, draw: Random) -> str | None:
    """Digits of another script."""
    table = str.maketrans(_DIGITS, draw.choice([*_SCRIPTS.values()]))
    return _outside(lambda piece: piece.translate(table))(text, draw)


def raised(text: str, draw: Random) -> str | None:
    """Exponents as characters."""
    change = re.compile(r"(?<=[a-z0-9)])\^(?:\{(-?\d+)\}|(\d))")
    return _outside(lambda piece: change.sub(lambda found: (found[1] or found[2]).translate(_RAISED), piece))(
        text, draw
    )


def vulgar(text: str, draw: Random) -> str | None:
    r"""Fractions as characters: `\frac{1}{2}` as ½."""

    def change(found: re.Match[str]) -> str:
        return _VULGAR.get((int(found[1]), int(found[2])), found[0])

    return re.sub(r"(?<![\d!])\\[dt]?frac\s?\{(\d)\}\{(\d)\}(?![\d^])", change, text)


def signs(text: str, draw: Random) -> str | None:
    """Commands as characters."""

    def change(piece: str) -> str:
        for command, sign in _SIGNS.items():
            piece = re.sub(rf"{re.escape(command)}(?![a-zA-Z])", sign, piece)
        return piece

    return _outside(change)(text, draw)


def roots(text: str, draw: Random) -> str | None:
    """Roots of numbers with the character √."""
    form = draw.choice(["√{}", "√({})", "√{{{}}}"])
    return re.sub(r"\\sqrt\s?(?:\{(\d+)\}|(\d))", lambda found: form.format(found[1] or found[2]), text)


def full_width(text: str, draw: Random) -> str | None:
    """Brackets and commas of full width."""
    if not re.fullmatch(r"\([^(){}]*,[^(){}]*\)", text):
        return None
    return text.translate(str.maketrans("(),-", "（），－"))


def left_right(text: str, draw: Random) -> str | None:
    r"""`\left` and `\right` taken out or, around a whole, put in."""
    if r"\left" in text:
        return re.sub(r"\\(?:left|right)(?![a-z])", "", text)
    pair = re.fullmatch(r"([(\[])([^()\[\]]*)([)\]])", text)
    return rf"\left{pair[1]} {pair[2]} \right{pair[3]}" if pair else None


def grouped(text: str, draw: Random) -> str | None:
    """A number in parentheses or braces."""
    if not re.fullmatch(r"-?\d+(?:\.\d+)?|-?\\frac\{\d+\}\{\d+\}", text):
        return None
    return draw.choice([f"({text})", f"{{{text}}}", f"{{{{{text}}}}}"])


SURFACES: Mapping[str, Surface] = {
    "boxed": _wrapped(r"\boxed{ANSWER}", r"$\boxed{ANSWER}$", r"\fbox{ANSWER}", r"\boxed{\boxed{ANSWER}}"),
    "dollars": _wrapped("$ANSWER$", "$$ANSWER$$", r"\(ANSWER\)", r"\[ANSWER\]", "$ ANSWER $"),
    "stop": lambda text, draw: None if text.endswith(".") else _wrapped("ANSWER.", "$ANSWER$.", "ANSWER .")(text, draw),
    "display style": _formula(r"\displaystyle ANSWER", r"{\displaystyle ANSWER}"),
    "blanks outside": _wrapped(" ANSWER ", "\nANSWER\n", "ANSWER\t", r"\ ANSWER", "\u200bANSWER", "\ufeffANSWER"),
    "bold": _wrapped("**ANSWER**", "**$ANSWER$**"),
    "bold formula": _formula(r"\mathbf{ANSWER}", r"\bm{ANSWER}", r"\boldsymbol{ANSWER}"),
    "blanks inside": spaced,
    "thousands": thousands,
    "digits": digits,
    "raised": raised,
    "vulgar fraction": vulgar,
    "signs": signs,
    "root sign": roots,
    "full width": full_width,
    "left right": left_right,
    "grouped": grouped,
    "dfrac": lambda text, draw: text.replace(r"\frac", draw.choice([r"\dfrac", r"\tfrac", r"\cfrac"])),
    "frac": lambda text, draw: re.sub(r"\\[dtc]frac", r"\\frac", text),
    "frac unbraced": _replaced(r"\\frac\{(\d)\}\{(\d)\}(?!\d)", r"\\frac\1\2"),
    "frac braced": _replaced(r"\\([dt]?)frac ?(\d) ?(\d)(?!\d)", r"\\\1frac{\2}{\3}"),
    "root unbraced": _replaced(r"\\sqrt\{(\d)\}(?!\d)", r"\\sqrt\1"),
    "root braced": _replaced(r"\\sqrt ?(\d)", r"\\sqrt{\1}"),
    "power braced": _replaced(r"\^ ?(\d)", r"^{\1}"),
    "power unbraced": _replaced(r"\^\{(\d)\}(?!\d)", r"^\1"),
    "minus": lambda text, draw: _replaced("-", draw.choice(["−", "–", "－"]))(text, draw),
    "stars": _replaced(r"(?<=[a-z0-9)])\^(\{\d+\}|\d)(?!\d)", r"**\1"),
    "text": lambda text, draw: text.replace(r"\text{", draw.choice([r"\mbox{", r"\textrm{", r"\textbf{"])),
    "base braced": lambda text, draw: re.sub(r"_\{?(\d+)\}?\Z", draw.choice([r"_{\1}", r"_\1", r"_{(\1)}"]), text),
}


def resurfaced(kind: str, text: str, draw: Random) -> str | None:
    """A text otherwise written; None if that kind changes nothing."""
    changed = SURFACES[kind](text, draw)
    return changed if changed not in (None, text) else None
