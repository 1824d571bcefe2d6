r"""The elements of MathML that hold characters (`mi`, `mn`, `mo`, `mtext`, `ms`, `mspace`) as pieces of LaTeX.

Which words are functions, which operators are fences and how wide a space is is decided here; what stands beside them
is not looked at.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from mathmill.pipeline.notation.mathml_letters import (
    VARIANTS,
    character,
    characters,
    collapse,
    letter,
    text,
    text_inner,
    wrap,
)
from mathmill.pipeline.notation.mathml_operators import (
    BARS,
    BIG_OPERATORS,
    CLOSERS,
    COMBINING,
    DELIMITERS,
    FUNCTIONS,
    INVISIBLE,
    LIMIT_FUNCTIONS,
    OPENERS,
    OVER_ACCENTS,
    PRIMES,
    SEQUENCES,
    SPACED_FUNCTIONS,
    STARRED,
    UNDER_ACCENTS,
)
from mathmill.pipeline.notation.mathml_rows import (
    BAR,
    BIG,
    CLOSE,
    EMPTY,
    FENCE,
    FUNCTION,
    NUMBER,
    OPEN,
    OPERATOR,
    ORDINARY,
    PRIME,
    SPACE,
    WORD,
    Piece,
    plain_delimiter,
)

Attributes = Mapping[str, str]

_LENGTH = re.compile(r"\s*(-?)\s*(\d{0,6}\.?\d{0,9})\s*([a-z%]*)")
_EMS = {
    "em": 1.0,
    "": 1.0,
    "ex": 0.43,
    "px": 1 / 16,
    "pt": 0.1,
    "cm": 2.4,
    "mm": 0.24,
    "in": 6.0,
    "pc": 1.2,
    "mu": 1 / 18,
}
_NAMED_SPACES = ("veryverythin", "verythin", "thin", "medium", "thick", "verythick", "veryverythick")
# Least widths in em, and what TeX calls such a space.
_WIDTHS = ((1.5, r"\qquad"), (0.7, r"\quad"), (0.25, r"\;"), (0.2, r"\:"), (0.05, r"\,"))
_SPACE_CHARACTERS = {
    "\u2001": 1.0,
    "\u2003": 1.0,
    "\u2000": 0.5,
    "\u2002": 0.5,
    "\u2004": 0.33,
    "\u2005": 0.25,
    "\u2009": 0.17,
    "\u200a": 0.1,
}
# A letter, digits or letters before digits: what an identifier is made of.
_LATIN_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[-. ][A-Za-z0-9]+)*")
# What is one identifier to those who write it, and two letters to who reads it.
_DIFFERENTIALS = frozenset({"dx", "dy", "dz", "dt", "du", "dv", "dr", "ds"})
_PUNCTUATION = frozenset(".,;:")
_MATHJAX_CLASS = re.compile(r"MJX-tex-([a-z-]+)")


def variant(attributes: Attributes, inherited: str) -> str:
    """The mathvariant that holds for an element; '' where none is said."""
    if hint := attributes.get("data-mjx-variant"):
        return hint.removeprefix("-tex-")
    if (hint := attributes.get("class", "")) and (match := _MATHJAX_CLASS.search(hint)):
        return match.group(1)
    if said := attributes.get("mathvariant"):
        return said.strip().lower().removeprefix("-tex-")
    if attributes.get("fontweight") == "bold":
        return "bold"
    return {"italic": "italic", "normal": "normal"}.get(attributes.get("fontstyle", ""), inherited)


def token(tag: str, words: str, attributes: Attributes, inherited: str) -> Piece:
    """The piece of a token element that holds `words`."""
    return _TOKENS[tag](collapse(words), attributes, inherited)


def _identifier(words: str, attributes: Attributes, inherited: str) -> Piece:
    name = words.strip()
    style = variant(attributes, inherited)
    if "∣" in name or "∥" in name:  # as KaTeX writes a bar that is no relation
        name = name.replace("∣", "|").replace("∥", "‖")
        return (
            Piece(plain_delimiter(Piece(core=name)), FENCE, name, side=BAR) if len(name) == 1 else _letters(name, style)
        )
    if name in PRIMES:
        return Piece("'" * PRIMES[name], PRIME, name, raised=True)
    function = _function(name)
    if function and style in ("", "normal"):
        return function
    visible = "".join(ch for ch in name if ch not in INVISIBLE)
    if len(visible) == 1 and (visible in OPENERS or visible in CLOSERS):
        return _operator(visible, attributes, "")
    if _LATIN_WORD.fullmatch(visible) and len(visible) > 1:
        return _word(visible, style, attributes)
    return _letters(visible, style)


def _word(name: str, style: str, attributes: Attributes) -> Piece:
    """An identifier of several letters, which MathML sets upright."""
    fonts = VARIANTS.get(style) or ("mathrm",)
    if attributes.get("data-mjx-texclass") == "OP" and fonts == ("mathrm",):
        return Piece(f"\\operatorname{{{name}}}", FUNCTION, name, limits=name in STARRED)
    if name in _DIFFERENTIALS and fonts == ("mathrm",):
        return Piece(name)
    inner = name.replace(" ", r"\ ")
    if name == "mod" and fonts == ("mathrm",):
        return Piece(r"\bmod", WORD, name, fonts=fonts)
    return Piece(wrap(fonts, inner), WORD, inner, fonts=fonts, limits=name in STARRED)


def _letters(name: str, style: str) -> Piece:
    """Other identifiers: one letter, or any characters."""
    if len(name) == 1:
        fonts, inner = letter(name, style)
        kind = WORD if fonts else ORDINARY
        return Piece(wrap(fonts, inner), kind, inner, fonts=fonts, raised=inner.startswith("^"))
    if name.isdigit():
        return _number(name, {}, style)
    latex = characters(name)
    if not latex:
        return EMPTY
    if "\\text{" in latex and any(ch.isalpha() for ch in name):
        return _text(name, {}, "")
    fonts = VARIANTS.get(style, ())
    plain = style in ("normal", "italic") and not name.isascii()
    return (
        Piece(latex, raised="^" in latex) if plain or not fonts else Piece(wrap(fonts, latex), fonts=fonts, core=latex)
    )


def _function(name: str) -> Piece | None:
    """A function that LaTeX has a command for."""
    joined = (
        name
        if name in FUNCTIONS
        else SPACED_FUNCTIONS.get(
            " ".join(name.replace("\xa0", " ").replace("\u2009", " ").replace("\u2061", " ").split()), ""
        )
    )
    if not joined:
        return None
    return Piece(f"\\{joined}", FUNCTION, joined, limits=joined in LIMIT_FUNCTIONS)


def _number(words: str, attributes: Attributes, inherited: str) -> Piece:
    digits = "".join(words.split())
    if digits in PRIMES:
        return Piece("'" * PRIMES[digits], PRIME, digits, raised=True)
    style = variant(attributes, inherited)
    latex = characters(digits)
    fonts = VARIANTS.get(style, ()) if style not in ("normal", "italic") else ()
    if not fonts and digits.isascii() and sum(map(str.isalpha, digits)) > 1:
        fonts = ("mathrm",)
    if fonts:
        return Piece(wrap(fonts, latex), WORD, latex, fonts=fonts)
    if style == "normal" and digits.isdigit():  # a digit within an upright word
        return Piece(latex, NUMBER, latex)
    return Piece(latex, NUMBER, latex, raised="^" in latex)


def _operator(words: str, attributes: Attributes, inherited: str) -> Piece:
    visible = words.strip(" \t\n")
    name = "".join(ch for ch in visible if ch not in INVISIBLE) if len(visible) > 1 or visible in INVISIBLE else visible
    if not name.strip():
        return Piece(core=visible) if visible in INVISIBLE else _blank(words)
    if name in PRIMES:
        return Piece("'" * PRIMES[name], PRIME, name, raised=True)
    if len(name) == 1 or (len(name) == 2 and name[1] in "\ufe00\ufe0e"):
        return _one_operator(name[0], attributes, inherited)
    if name in SEQUENCES:
        return Piece(SEQUENCES[name], OPERATOR, name)
    if function := _function(name):
        return function
    if _LATIN_WORD.fullmatch(name):
        return Piece(
            f"\\operatorname{{{name.replace(' ', chr(92) + ' ')}}}",
            FUNCTION,
            name,
            limits=_moves(attributes) or name in STARRED,
        )
    latex = characters(name)
    if "\\text{" in latex:
        return _text(words, attributes, inherited)
    return Piece(latex, OPERATOR, name)


def _moves(attributes: Attributes) -> bool:
    return attributes.get("movablelimits") == "true"


def _one_operator(ch: str, attributes: Attributes, inherited: str) -> Piece:
    side = _side(ch, attributes)
    if side:
        return Piece(_BAR_MARKS.get(ch) or DELIMITERS[ch], FENCE, ch, side=side, grows=_grows(attributes))
    if ch in BIG_OPERATORS:
        return Piece(character(ch), BIG, ch, limits=True)
    latex = character(ch)
    if not latex and (ch in OVER_ACCENTS or ch in UNDER_ACCENTS):
        latex = f"\\text{{{ch}}}"
    if ch.isalpha() and ch.isascii():
        return Piece(f"\\mathrm{{{ch}}}", WORD, ch, fonts=("mathrm",))
    if latex.startswith("\\text{") and ch.isalpha():
        return _text(ch, {}, "")
    style = variant(attributes, inherited)
    if style in ("bold", "bold-italic") and latex:
        return Piece(f"\\boldsymbol{{{latex}}}", OPERATOR, ch)
    return Piece(latex, OPERATOR, ch, grows=_SAID.get(attributes.get("stretchy", "")), raised=latex.startswith("^"))


_SAID = {"true": True, "false": False}
_BAR_MARKS = {"∣": "|", "∥": r"\|", "‖": r"\|", "|": "|"}


def _side(ch: str, attributes: Attributes) -> str:
    """Which side of a pair a fence stands on; '' for what is none."""
    said = {"prefix": OPEN, "postfix": CLOSE}.get(attributes.get("form", "")) or {"OPEN": OPEN, "CLOSE": CLOSE}.get(
        attributes.get("data-mjx-texclass", "")
    )
    fence = attributes.get("fence") == "true"
    if ch in OPENERS or ch in CLOSERS:
        own = OPEN if ch in OPENERS else CLOSE
        return said if said and fence else own
    if ch in BARS:
        if ch in "|‖" or fence or (said and ch in "∣∥"):
            return said or BAR
        return BAR if attributes.get("data-mjx-texclass") == "ORD" or attributes.get("stretchy") == "true" else ""
    if fence and ch in DELIMITERS and ch not in "<>/":
        return said or BAR
    return ""


def _grows(attributes: Attributes) -> bool | None:
    """Whether the page says that a fence grows."""
    if "minsize" in attributes or "maxsize" in attributes:  # of a size given once for all
        return None
    stretchy = attributes.get("stretchy", "").strip().lower()
    if stretchy in ("true", "false"):
        return stretchy == "true"
    return True if attributes.get("fence") == "true" else None


def _blank(words: str) -> Piece:
    """White space in a token: of its width if it is a space of its own, else one that does not break."""
    if not words.strip(" "):
        return EMPTY
    return space(sum(_SPACE_CHARACTERS.get(ch, 0.25 if ch == "\xa0" else 0.0) for ch in words))


def _text(words: str, attributes: Attributes, inherited: str) -> Piece:
    bare = "".join(ch for ch in words if ch not in INVISIBLE).lstrip("".join(COMBINING) + "\u0338")
    if not bare.strip():
        return Piece("~", SPACE) if "\xa0" in bare else _blank(bare)
    if len(bare.strip()) == 1 and bare.strip() in _PUNCTUATION:
        return Piece(bare.strip(), OPERATOR, bare.strip())
    return Piece(text(bare), WORD, text_inner(bare), fonts=("text",))


def _string(words: str, attributes: Attributes, inherited: str) -> Piece:
    quoted = attributes.get("lquote", '"') + words.strip() + attributes.get("rquote", '"')
    return replace(_text(quoted, {}, inherited), kind=WORD)


def _space(words: str, attributes: Attributes, inherited: str) -> Piece:
    if attributes.get("linebreak") == "newline":
        return EMPTY  # TeX breaks lines in tables only
    return space(ems(attributes.get("width", "0")))


def space(width: float) -> Piece:
    """A space of `width` em, as near as TeX has one."""
    if width < 0:
        return Piece(r"\!", SPACE) if width <= -0.05 else EMPTY
    latex = next((name for least, name in _WIDTHS if width >= least), "")
    return Piece(latex, SPACE)


def ems(length: str) -> float:
    """A length in em; 0 where it is none."""
    name = length.strip().lower()
    for sign, prefix in ((-1, "negative"), (1, "")):
        if name.startswith(prefix) and (core := name.removeprefix(prefix).removesuffix("mathspace")) in _NAMED_SPACES:
            return sign * (_NAMED_SPACES.index(core) + 1) / 18
    match = _LENGTH.match(name)
    if not match or match.group(2) in ("", "."):
        return 0.0
    return float(match.group(2)) * _EMS.get(match.group(3), 0.0) * (-1 if match.group(1) else 1)


_TOKENS: Mapping[str, Callable[[str, Attributes, str], Piece]] = {
    "mi": _identifier, "ci": _identifier, "csymbol": _identifier, "mn": _number, "cn": _number, "mo": _operator,
    "mtext": _text, "ms": _string, "cs": _string, "mspace": _space, "mglyph": _text,
}  # fmt: skip
TOKENS = frozenset(_TOKENS)


def loose(words: str) -> Piece:
    """Characters that stand in no token: words as text, all else as mathematics."""
    bare = collapse(words).strip(" ")
    if not bare:
        return EMPTY
    if re.search(r"[^\W\d_]{3,}", bare):
        return _function(bare) or _text(words, {}, "")
    if len(bare) == 1:
        return _identifier(bare, {}, "") if bare.isalpha() else _operator(bare, {}, "")
    return Piece(characters(bare))
