"""TeX's ways to write characters in text: accents and named signs, as Unicode."""

from __future__ import annotations

import re
import unicodedata

# An accent's command -> the combining character; the first ones stand before any letter, the others are names.
_COMBINING = {
    "`": "\u0300",
    "'": "\u0301",
    "^": "\u0302",
    "~": "\u0303",
    "=": "\u0304",
    ".": "\u0307",
    '"': "\u0308",
    "u": "\u0306",
    "r": "\u030a",
    "H": "\u030b",
    "v": "\u030c",
    "d": "\u0323",
    "c": "\u0327",
    "k": "\u0328",
    "b": "\u0331",
}
NAMED = {
    "aa": "å", "AA": "Å", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "o": "ø", "O": "Ø", "l": "ł", "L": "Ł",
    "ss": "ß", "i": "ı", "j": "ȷ", "dh": "ð", "DH": "Ð", "th": "þ", "TH": "Þ", "dj": "đ", "DJ": "Đ", "ng": "ŋ",
    "NG": "Ŋ", "S": "§", "P": "¶", "dag": "†", "ddag": "‡", "copyright": "©", "pounds": "£", "euro": "€", "dots": "…",
    "ldots": "…", "textellipsis": "…", "textendash": "–", "textemdash": "—", "textquoteleft": "‘",
    "textquoteright": "’", "textquotedblleft": "“", "textquotedblright": "”", "lq": "‘", "rq": "’",
    "guillemotleft": "«", "guillemotright": "»", "og": "«", "fg": "»", "textbackslash": "\\",
    "textasciitilde": "~", "textasciicircum": "^", "textunderscore": "_", "textless": "<", "textgreater": ">",
    "textbar": "|", "textbullet": "•", "textdegree": "°", "degree": "°", "textregistered": "®", "texttrademark": "™",
    "TeX": "TeX", "LaTeX": "LaTeX", "LaTeXe": "LaTeX2e", "BibTeX": "BibTeX", "AmS": "AMS", "quad": " ", "qquad": " ",
    "space": " ", "enspace": " ", "thinspace": " ", "enskip": " ", "hfill": " ", "hfil": " ", "qed": "∎", "qedhere": "",
    "textquotesingle": "'", "slash": "/",
}  # fmt: skip
# Those that are letters and swallow a space behind them, as all of TeX's commands do.
_LETTERS = "aa AA ae AE oe OE o O l L ss i j dh DH th TH dj DJ ng NG"
LETTERS = frozenset(_LETTERS.split())
_BASE = re.compile(r"(?:\\([ij])(?![A-Za-z])\s?|([^\s\\{}]))(.*)", re.DOTALL)


def is_accent(command: str) -> bool:
    """Whether a command puts an accent on the letter behind it."""
    return command in _COMBINING


def accented(command: str, argument: str) -> str | None:
    """The argument's first letter with an accent, and the rest; None where there is no letter to carry it."""
    base = _BASE.match(argument.strip())
    if base is None:
        return None
    letter = base[1] or base[2]
    return unicodedata.normalize("NFC", letter + _COMBINING[command]) + base[3]
