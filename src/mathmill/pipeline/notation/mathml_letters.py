r"""Characters of a formula as LaTeX: letters of the mathematical alphabets, symbols, accents, and text in `\text{..}`.

Knows characters and variants, no elements; `mathml_tokens` knows the elements that hold characters.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from types import MappingProxyType

from mathmill.pipeline.notation.mathml_operators import (
    BIG_OPERATORS,
    COMBINING,
    ESCAPES,
    FUNCTIONS,
    INVISIBLE,
    SYMBOLS,
    TEXT_ESCAPES,
)

# mathvariant, and what the fonts of MathJax are called, as commands from the outermost to the innermost.
VARIANTS = MappingProxyType({
    "normal": ("mathrm",), "bold": ("mathbf",), "italic": ("mathit",), "bold-italic": ("boldsymbol",),
    "double-struck": ("mathbb",), "fraktur": ("mathfrak",), "bold-fraktur": ("boldsymbol", "mathfrak"),
    "script": ("mathcal",), "bold-script": ("boldsymbol", "mathcal"), "sans-serif": ("mathsf",),
    "bold-sans-serif": ("boldsymbol", "mathsf"), "sans-serif-italic": ("mathsf",),
    "sans-serif-bold-italic": ("boldsymbol", "mathsf"), "monospace": ("mathtt",), "calligraphic": ("mathcal",),
    "bold-calligraphic": ("boldsymbol", "mathcal"), "caligraphic": ("mathcal",),
    "caligraphic-bold": ("boldsymbol", "mathcal"), "mathit": ("mathit",), "bold-upright": ("mathbf",),
})  # fmt: skip
# Fonts whose neighbouring letters are one word.
MERGED = frozenset({"mathrm", "mathit", "mathsf", "mathtt", "text"})

_NAME_STYLES = (
    ("DOUBLE-STRUCK", ("mathbb",)), ("BOLD SCRIPT", ("boldsymbol", "mathcal")), ("SCRIPT", ("mathcal",)),
    ("BOLD FRAKTUR", ("boldsymbol", "mathfrak")), ("FRAKTUR", ("mathfrak",)), ("BLACK-LETTER", ("mathfrak",)),
    ("SANS-SERIF BOLD", ("boldsymbol", "mathsf")), ("SANS-SERIF", ("mathsf",)), ("MONOSPACE", ("mathtt",)),
    ("BOLD ITALIC", ("boldsymbol",)), ("BOLD", ("mathbf",)),
)  # fmt: skip
_STYLED_NAME = re.compile(
    r"(?:MATHEMATICAL )?(?:DOUBLE-STRUCK|BOLD|ITALIC|SCRIPT|FRAKTUR|BLACK-LETTER|SANS-SERIF|MONO)"
)
_SPACES = re.compile(r"[ \t\r\n\f]+")
_WORD_END = re.compile(r"\\[A-Za-z]+\Z")
_LONGEST_COMMAND = 32
# The mathematical alphabets begin here; letters before, such as ℝ, are single words.
_FIRST_ALPHABET = "\U0001d3ff"
_ALPHABETS = re.compile("[\U0001d400-\U0001d7ff]+")
# Commands other than functions that are no argument by themselves.
_NEEDY = frozenset({"bmod", "not", "middle", "left", "right", *(SYMBOLS[ch][1:] for ch in BIG_OPERATORS)})
_NOT = "\u0338"
_SINGLE = re.compile(r"[^\\{}^_&%#$~'\s]|\\[A-Za-z]+")


def collapse(text: str) -> str:
    """`text` with each stretch of white space as one space; no-break spaces are none."""
    return _SPACES.sub(" ", text)


def is_single(latex: str) -> bool:
    """Whether an argument needs no braces."""
    short = len(latex) < _LONGEST_COMMAND and _SINGLE.fullmatch(latex) is not None
    return short and latex[1:] not in FUNCTIONS and latex[1:] not in _NEEDY


def braced(latex: str) -> str:
    """`latex` as the argument of `^` or `_`."""
    return latex if is_single(latex) else f"{{{latex}}}"


def needs_space(before: str, after: str) -> bool:
    """Whether two pieces of LaTeX would be read as one thing if nothing stood between them."""
    if not before or not after:
        return False
    first = after[0]
    if first.isalnum() and before[-1].isascii() and before[-1].isalpha():
        return _WORD_END.search(before, max(0, len(before) - _LONGEST_COMMAND)) is not None
    # x^2 3 is not x^{23}
    return first.isdigit() and before[-1].isdigit() and before[-2:-1] in ("^", "_")


def concat(*pieces: str) -> str:
    """The pieces side by side, with spaces where a command would swallow a letter."""
    out: list[str] = []
    for piece in pieces:
        if piece:
            out.append(f" {piece}" if out and needs_space(out[-1], piece) else piece)
    return "".join(out)


def wrap(commands: tuple[str, ...], latex: str) -> str:
    """`latex` in a command, or in one within the other."""
    for command in reversed(commands):
        latex = f"\\{command}{{{latex}}}"
    return latex


def text(words: str) -> str:
    r"""`\text{..}` with TeX's own characters escaped; '' where there is nothing to see, `~` for a space alone."""
    inner = text_inner(words)
    if not inner.strip():
        return "~" if inner else ""
    return f"\\text{{{inner}}}"


def text_inner(words: str) -> str:
    """What stands in the braces of a text command."""
    shown = "".join(ch for ch in words if ch not in INVISIBLE)
    shown = _ALPHABETS.sub(lambda match: unicodedata.normalize("NFKC", match.group()), shown)
    return collapse(shown.replace("\xa0", " ").replace("\u2009", " ").replace("\u202f", " ")).translate(TEXT_ESCAPES)


@lru_cache(maxsize=4096)
def character(ch: str) -> str:
    """One character in mathematics; '' for what nobody sees."""
    if ch in SYMBOLS or ch in ESCAPES:
        return SYMBOLS.get(ch) or ESCAPES[ch]
    if ch.isascii():
        return ch if ch.isprintable() and ch != " " else ""
    if ch in INVISIBLE or ch.isspace() or unicodedata.category(ch) in ("Cf", "Cc", "Mn", "Me", "Co", "Cn", "Cs"):
        return ""
    name = unicodedata.name(ch, "")
    plain = unicodedata.normalize("NFKC", ch)
    if plain != ch and _STYLED_NAME.match(name):
        return _of_alphabet(name, plain)
    if len(decomposed := unicodedata.normalize("NFD", ch)) > 1:
        return _accented(ch, decomposed)
    if plain != ch:
        return _compatible(ch)
    return f"\\text{{{ch}}}" if unicodedata.category(ch)[0] in "LN" else ch


def characters(run: str) -> str:
    """Characters side by side in mathematics, with combining marks over those before them."""
    out: list[str] = []
    for ch in run:
        if out and ch in COMBINING:
            out[-1] = f"\\{COMBINING[ch]}{{{out[-1]}}}"
        elif out and ch == _NOT:
            out[-1] = f"\\not{out[-1]}"
        elif latex := character(ch):
            out.append(f" {latex}" if out and needs_space(out[-1], latex) else latex)
    return "".join(out)


def letter(ch: str, variant: str) -> tuple[tuple[str, ...], str]:
    """A single letter in a variant: the commands around it, and what they hold."""
    latex, commands = characters(ch), VARIANTS.get(variant, ())
    if ch > _FIRST_ALPHABET and latex.startswith("\\") and len(parts := latex.split("{")) == 2:  # its own font
        return (parts[0][1:],), parts[1].removesuffix("}")
    if not commands or commands == ("mathit",):
        return (), latex
    plain = len(latex) == 1 and latex.isalnum()
    if commands == ("mathrm",):  # upright is what symbols and capital Greek letters are without being told so
        return (commands, latex) if plain and latex.isalpha() else ((), latex)
    if commands == ("mathbf",) and not plain:
        commands = ("boldsymbol",)
    if commands[-1] in ("mathbb", "mathcal", "mathfrak") and not plain:
        return (("mathbb",) if latex == "1" else ()), latex
    return commands, latex


def _of_alphabet(name: str, plain: str) -> str:
    commands = next((commands for style, commands in _NAME_STYLES if style in name), ())
    inner = characters(plain)
    if commands == ("mathbf",) and not (len(inner) == 1 and inner.isascii()):
        commands = ("boldsymbol",)
    return wrap(commands, inner)


def _accented(ch: str, decomposed: str) -> str:
    """A letter with its accents as commands; a slashed relation; other letters as text."""
    base, marks = decomposed[0], decomposed[1:]
    if marks == _NOT:
        return f"\\not{character(base)}"
    if all(mark in COMBINING for mark in marks) and (base.isascii() or base in SYMBOLS):
        return characters(base + marks)
    return f"\\text{{{ch}}}" if unicodedata.category(ch)[0] == "L" else ch


def _compatible(ch: str) -> str:
    """A character that is another in some dress: raised, lowered, a fraction, of full width."""
    kind, *codes = unicodedata.decomposition(ch).split()
    if kind == "<fraction>":
        over, _, under = "".join(chr(int(code, 16)) for code in codes).partition("\u2044")
        return f"\\frac{{{over}}}{{{under}}}"
    inner = characters(unicodedata.normalize("NFKC", ch))
    if kind in ("<super>", "<sub>"):
        return ("^" if kind == "<super>" else "_") + braced(inner)
    return inner
