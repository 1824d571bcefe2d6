"""The runs of Office Math: characters in one style as tokens of MathML.

Word processors write whole stretches of a formula as one run, `2x+1=sin y`; what is a number, a name, a word or an
operator in it is decided here. Which run stands where is the business of `omml`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from mathmill.pipeline.notation.glyphs_parts import element, new_element
from mathmill.pipeline.notation.mathml_operators import FUNCTIONS

_SCRIPTS = frozenset({"double-struck", "fraktur", "monospace", "sans-serif", "script"})  # also mathvariants
_STYLES = {"p": "normal", "b": "bold", "bi": "bold-italic"}
_BOLD = {"script": "bold-script", "fraktur": "bold-fraktur", "sans-serif": "bold-sans-serif"}
# Alphabets whose letters stand for themselves, each of them one symbol.
_SYMBOLIC = frozenset({"bold-fraktur", "bold-script", "double-struck", "fraktur", "script"})

_MARKS = "[\u0300-\u036f\u20d0-\u20f0]"
# Letters that make words: Greek and those of mathematical alphabets are one symbol each.
_WORDY = "[^\\W\\d_\u0370-\u03ff\u2100-\u214f\U0001d400-\U0001d7ff]"
_TOKEN = re.compile(
    rf"(?P<number>[0-9]+(?:\.[0-9]+)?)|(?P<marked>[^\W\d_]{_MARKS}{{1,4}})|(?P<word>{_WORDY}+)(?!{_MARKS})"
    rf"|(?P<dots>\.{{3}})|(?P<wide>[\u2000-\u200a\u205f\u3000]+)|(?P<space>\s+)|{_MARKS}+|(?P<other>.)",
    re.DOTALL,
)
_SHORTEST_FUNCTION = 3  # letters of a function's name in a run that is not upright: `lg` may be a product
_WORD_SPACE = "0.28em"


@dataclass(frozen=True, slots=True)
class Style:
    """What the properties of a run say of its characters: their mathvariant, and whether they are text."""

    variant: str = ""
    text: bool = False


PLAIN = Style()


def style(scr: str, sty: str, text: bool) -> Style:
    """The style of a run: `scr` is its alphabet, `sty` one of p, b, i, bi, `text` whether it is normal text."""
    if text:
        return Style(text=True)
    if scr in _SCRIPTS:
        return Style(_BOLD.get(scr, scr) if sty in ("b", "bi") else scr)
    return Style(_STYLES.get(sty, ""))


def tokens(words: str, style: Style, naming: bool) -> list[Any]:
    """The characters of a run as tokens of MathML, marks of alignment (`&`) as `maligngroup`.

    Where they stand for the name of a function (`naming`), letters side by side are one.
    """
    if style.text:
        return [leaf("mtext", words)]
    made: list[Any] = []
    last = ""
    spaced = False
    for match in _TOKEN.finditer(words):
        kind, token = match.lastgroup, match.group()
        if kind in ("space", None):  # None: marks over nothing
            spaced = spaced or kind == "space"
            continue
        if spaced and _are_words_apart(last, token):
            made.append(element("mspace", width=_WORD_SPACE))
        last, spaced = token, False
        if kind == "word":
            made += _word(token, style.variant, naming)
        elif kind == "number":
            made.append(leaf("mn", token, "" if style.variant == "normal" else style.variant))
        elif kind == "marked" or (kind == "other" and token.isalnum()):
            made.append(leaf("mi", token, style.variant))
        elif token == "&":
            made.append(element("maligngroup"))
        else:
            made.append(leaf("mo", token, style.variant if style.variant in ("bold", "bold-italic") else ""))
    return made


def _are_words_apart(last: str, token: str) -> bool:
    """Whether the space between two tokens is one between words, which formulas do not have of themselves."""
    both = last[-1:].isalnum() and token[:1].isalnum() and last not in FUNCTIONS
    return both and any(len(word) > 1 and word.isalpha() for word in (last, token))


def _word(letters: str, variant: str, naming: bool) -> list[Any]:
    """Letters side by side: the name of a function, a word where they are upright or text, else variables."""
    if naming and len(letters) > 1 and variant in ("", "normal"):
        named = leaf("mi", letters, "normal")
        named.set("data-mjx-texclass", "OP")
        return [named]
    if not letters.isascii():
        return [leaf("mtext" if len(letters) > 1 else "mi", letters)]
    if not variant and letters in FUNCTIONS and (len(letters) >= _SHORTEST_FUNCTION or letters == "ln"):
        return [leaf("mi", letters)]
    if not variant or variant in _SYMBOLIC:
        return [leaf("mi", letter, variant) for letter in letters]
    return [leaf("mi", letters, variant)]


def leaf(tag: str, text: str, variant: str = "") -> Any:
    """A token of MathML; `variant` is its mathvariant, '' for what it has of itself."""
    made = new_element()(tag)
    made.text = text
    if variant:
        made.set("mathvariant", variant)
    return made
