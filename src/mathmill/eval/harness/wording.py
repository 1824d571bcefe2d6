"""What a text says, whatever its typesetting: the stream of tokens in which a benchmark's texts are looked for.

A token is a word, a number or an operator, in compatibility form (NFKC) and case-folded. Line breaks, punctuation,
brackets, LaTeX's delimiters and spacing commands, signs of powers, indices and products, and GSM8K's calculator notes
leave none, so that a text wrapped anew, set in Markdown or quoted in a sentence is the same stream.

How much a stream says is counted in words, of which a number, an operator, a lone letter and a character of Chinese or
Japanese, each a token of its own, are half a one: else every page with the quadratic formula would have the ten words
in a row that tell a copied problem.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_NOTES = re.compile(r"<<[^<>\n]{0,200}>>")
_NOISE = re.compile(
    r"\\(?:(?:left|right|bigg?[lrm]?|q?quad|displaystyle|textstyle|text(?:bf|it|rm)?|mathrm|mathbf|mathit|operatorname"
    r"|boxed|limits|begin|end|times|cdot)(?![a-z])|[,;:!> \n()\[\]])"
)
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_HAN = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
# Marks of writing systems whose letters are no words without them, which `\w` leaves out.
_MARKS = "\u0300-\u036f\u0900-\u0dff\u0e00-\u0eff\u1000-\u109f"
_TOKEN = re.compile(
    rf"\d+(?:\.\d+)?|[{_HAN}]|(?:[^\W\d_{_HAN}]|(?!\d)[{_MARKS}])+"
    "|[-+/=<>%|\u2212\u00f7\u00b1\u221a\u2211\u220f\u222b\u221e\u00b0\u2260\u2264\u2265\u2248]"
)
_WORD = re.compile(rf"[^\W\d_{_HAN}].")

#: Tokens that are set in several ways, each with the one that stands for all.
SAME = {
    "dfrac": "frac",
    "tfrac": "frac",
    "div": "/",
    "\u00f7": "/",
    "\u2212": "-",
    "le": "\u2264",
    "leq": "\u2264",
    "leqslant": "\u2264",
    "ge": "\u2265",
    "geq": "\u2265",
    "geqslant": "\u2265",
    "ne": "\u2260",
    "neq": "\u2260",
    "approx": "\u2248",
    "pm": "\u00b1",
    "sqrt": "\u221a",
    "sum": "\u2211",
    "infty": "\u221e",
    "pi": "\u03c0",
    "circ": "\u00b0",
    "lt": "<",
    "gt": ">",
}


def tokens_of(text: str) -> list[str]:
    """The tokens of a text, as written: tokens that `SAME` names are left to who compares them."""
    text = (text if text.isascii() else unicodedata.normalize("NFKC", text)).casefold()
    if "<<" in text:
        text = _NOTES.sub(" ", text)
    if "\\" in text:
        text = _NOISE.sub(" ", text.replace(r",\!", ","))
    if "," in text:
        text = _THOUSANDS.sub("", text.replace("{,}", ","))
    return _TOKEN.findall(text)


def words_in(tokens: Iterable[str]) -> int:
    """How many words a stream comes to, halves left out."""
    return sum(2 if _WORD.match(SAME.get(token, token)) else 1 for token in tokens) // 2
