"""What each character is to the shingles of near-duplicates: a table by code point, made once a process.

Characters are folded one by one: lower case, wide and styled forms as their plain ones (NFKC), all dashes as one.
Superscripts, subscripts and fractions stay what they are, since 2², 22 and 2₂ differ.
"""

from __future__ import annotations

import unicodedata
from functools import cache

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.uint32]
Kinds = npt.NDArray[np.uint8]

# Leave no trace (GONE not even a gap), but tell what stands beside them.
GONE, GAP, NEWLINE, LEFT_BRACE, RIGHT_BRACE, DOLLAR = range(6)
# What they are depends on what is beside them; `shingles` decides.
JOINT, MARK, DASH, PRIME, BACKSLASH = range(6, 11)
# Kept. LETTER and DIGIT in runs, RUN in runs of one character, each of the others alone.
LETTER, DIGIT, SINGLE, OPERATOR, OPEN, CLOSE, RUN = range(11, 18)
KEPT = LETTER

_END = 0x31350  # after CJK extension H; what lies beyond is private, a tag or unassigned, and a gap
_ALONE = (  # scripts that set no spaces between words
    (0x0E00, 0x1000), (0x1000, 0x10A0), (0x1780, 0x1800), (0x2E80, 0x2FE0), (0x3005, 0x3008), (0x3040, 0x3100),
    (0x31F0, 0x3200), (0x3400, 0x4DC0), (0x4E00, 0xA000), (0xF900, 0xFB00), (0x1B000, 0x1B170), (0x20000, _END),
)  # fmt: skip
_BULK = ((0x3400, 0x4DC0), (0x4E00, 0xA000), (0x20000, _END))  # ideographs: nothing of them is to be looked up
_HANGUL = (0xAC00, 0xD7A4)
_SIGNS = ((0x2190, 0x2300), (0x27C0, 0x2800), (0x2900, 0x2B00))  # arrows and operators, whatever their category
_KEEPING_SHAPE = ("<super>", "<sub>", "<fraction>", "<circle>", "<square>")
_BY_CATEGORY = {"Nd": DIGIT, "Nl": OPERATOR, "No": OPERATOR, "Sm": OPERATOR, "Sc": OPERATOR, "So": SINGLE, "Cf": GONE}
_BY_CHARACTER = {
    "\n": NEWLINE, "\u2028": NEWLINE, "\u2029": NEWLINE, "{": LEFT_BRACE, "}": RIGHT_BRACE, "$": DOLLAR,
    ".": JOINT, ",": JOINT, ":": JOINT, "*": MARK, "_": MARK, "~": MARK, "-": DASH, "+": DASH, ">": DASH, "=": DASH,
    "'": PRIME, "\\": BACKSLASH, "(": OPEN, "[": OPEN, ")": CLOSE, "]": CLOSE, "^": OPERATOR, "/": OPERATOR,
    "%": OPERATOR, "!": OPERATOR, "&": OPERATOR, "\u00b7": OPERATOR, "\u2030": OPERATOR, "\u2016": OPERATOR,
}  # fmt: skip
_ALIKE = {"\u2212": "-", "\u2032": "'", "\u00d7": "\u00d7"}


@cache
def folds() -> tuple[Codes, Kinds]:
    """Code point -> the one that it counts as, and its kind. Takes some 50 ms; 1 MB."""
    codes = np.arange(_END + 1, dtype=np.uint32)
    kinds = np.full(_END + 1, GAP, np.uint8)
    for low, high in _BULK:
        kinds[low:high] = SINGLE
    kinds[slice(*_HANGUL)] = LETTER
    done = [*_BULK, _HANGUL, (0xD800, 0xF900)]  # the last are surrogates and private: gaps
    position = 0
    for low, high in [*sorted(done), (_END, _END)]:
        for code in range(position, low):
            folded = _folded(chr(code))
            codes[code], kinds[code] = ord(folded), _kind(folded)
        position = max(position, high)
    return codes, kinds


def _folded(character: str) -> str:
    if unicodedata.category(character) == "Pd":
        return "-"
    lower = character.lower()
    character = lower if len(lower) == 1 else character
    character = _ALIKE.get(character, character)
    made_of = unicodedata.decomposition(character)
    if not made_of or made_of.startswith(_KEEPING_SHAPE):
        return character
    plain = unicodedata.normalize("NFKC", character).lower()
    return plain if len(plain) == 1 else character


def _kind(character: str) -> int:
    known = _BY_CHARACTER.get(character)
    if known is not None:
        return known
    code, category = ord(character), unicodedata.category(character)
    if any(low <= code < high for low, high in _SIGNS):
        return OPERATOR
    if category[0] in "LM":
        return SINGLE if any(low <= code < high for low, high in _ALONE) else LETTER
    return _BY_CATEGORY.get(category, GAP)
