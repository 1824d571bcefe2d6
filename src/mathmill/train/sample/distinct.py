r"""What makes two solutions of a Problem the same: their words, or the equations that they go through.

Equations are those of Yuan et al. 2023 (arXiv 2308.01825, section 3.3), who keep one solution for each list of them:
GSM8K's marks for sums (`<<48/2=24>>`) where there are some, else whatever runs on in numbers, single letters and signs
on both sides of a `=`. Their order counts, so that `2+3=5, 5*4=20` and `3+2=5, 4*5=20` are two ways to solve it.
"""

from __future__ import annotations

import hashlib
import re
from typing import Literal

from mathmill.data.normal_forms import normal_form

Key = tuple[str, ...]
#: What two solutions may not share.
Sameness = Literal["text", "equations"]

MARKS = re.compile(r"<<([^<>\n]{1,200}?)>>")
_WORD = re.compile(r"\w+|[^\w\s]")
# What stands around formulas and in them that says nothing.
_DRESS = re.compile(
    r"\\(?:[,;:! ]|[()\[\]]|text\s?\{[^{}]{0,60}\}|(?:left|right|q?quad|displaystyle|boxed|mathrm)(?![a-z]))"
    r"|\\(?:begin|end)\s?\{[^{}]{0,30}\}|[${}&]|\\\\|\*\*"
)
_SIGNS = (
    (re.compile(r"\\(?:times|cdot|ast)(?![a-z])|[×·∗]"), "*"),
    (re.compile(r"\\div(?![a-z])|÷"), "/"),
    (re.compile(r"\\[dt]?frac\s?\{([^{}]{1,60})\}\s?\{([^{}]{1,60})\}"), r"((\1)/(\2))"),
    (re.compile(r"[−–]"), "-"),
    (re.compile(r"(?<=\d),(?:\\!)?(?=\d{3}(?!\d))"), ""),  # commas of thousands
    (re.compile(r"(?<=[\d)])\s?x\s?(?=[\d(])"), "*"),  # 3 x 4
)
# A word ends what runs on, unless it is a unit before a sign, as in `48 clips / 2`; so does the end of a sentence.
_UNIT = re.compile(r"(?<=[\d)])\s{1,3}[A-Za-z]{2,30}(?=\s{0,3}[-+*/=])")
_END = re.compile(r"(?<![\\A-Za-z])[A-Za-z]{2,}|[.;,:](?!\d)")
_EQUATION = re.compile(r"[\d.A-Za-z()^_+\-*/%|!\\<> \t=]{1,400}")
_APART = re.compile(r"(?<=\d)\s+(?=\d)")  # two numbers
_SPACE = re.compile(r"\s+")


def mark_of(text: str, by: Sameness) -> bytes:
    """16 bytes that are the same for solutions that are."""
    key = text_key(text) if by == "text" else equations_key(text)
    return hashlib.blake2b("\0".join(key).encode("utf-8", "replace"), digest_size=16).digest()


def text_key(text: str) -> Key:
    """Words and signs of a text, whatever its spaces and letters' case."""
    return tuple(_WORD.findall(normal_form("NFC", text).casefold()))


def equations_key(text: str) -> Key:
    """The equations of a text in their order; its words where it has none."""
    marks = [_SPACE.sub("", mark) for mark in MARKS.findall(text)]
    return tuple(marks) or tuple(_equations(text)) or text_key(text)


def plain_signs(text: str) -> str:
    """A text with a calculator's signs, without what dresses formulas, and without units before signs."""
    text = normal_form("NFC", text)
    for sign, plain in _SIGNS:
        text = sign.sub(plain, text)
    return _UNIT.sub("", _DRESS.sub(" ", text))


def _equations(text: str) -> list[str]:
    found = []
    for line in _END.sub("\n", plain_signs(text)).splitlines():
        for run in _EQUATION.findall(_APART.sub("\n", line)):
            found += [squeezed for part in run.splitlines() if "=" in (squeezed := _SPACE.sub("", part).strip(".="))]
    return found
