"""Names, characters and fonts of the boxes of MathJax's CHTML and CommonHTML: what its token elements hold.

Which boxes hold others, and how, is `glyphs_mathjax`' knowledge.
"""

from __future__ import annotations

import re
from typing import Any

from mathmill.pipeline.notation.glyphs_parts import Unreadable, assembled, children, classes, code_point, element, token

TOKENS = frozenset({"mi", "mn", "mo", "mtext", "ms"})
# Boxes that place others and hold nothing.
STRUTS = frozenset(
    [
        "spacer",
        "break",
        "strut",
        "tstrut",
        "nstrut",
        "dstrut",
        "line",
        "vsize",
        "linestrut",
        "mark",
        "assistive-mml",
        "speech",
        "break-point",
    ]
)
_CODE = re.compile(r"mjx-c([0-9A-F]{1,6})\Z")
# Classes of version 2 and 3 whose letters have the codes of upright ones.
_FONTS = {
    "TEX-MI": "italic", "NCM-MI": "italic",
    "NCM-C": "-tex-calligraphic", "NCM-CB": "-tex-bold-calligraphic", "TEX-C": "-tex-calligraphic",
    "TEX-CB": "-tex-bold-calligraphic", "MJXc-TeX-cal-R": "-tex-calligraphic",
    "MJXc-TeX-cal-B": "-tex-bold-calligraphic", "MJXc-TeX-cal-Rw": "-tex-calligraphic",
    "MJXc-TeX-math-I": "italic", "MJXc-TeX-math-Iw": "italic", "MJXc-TeX-math-BI": "bold-italic",
    "MJXc-TeX-math-BIw": "bold-italic", "MJXc-TeX-main-I": "italic", "MJXc-TeX-main-Iw": "italic",
    "MJXc-TeX-main-B": "bold", "MJXc-TeX-main-Bw": "bold", "MJXc-TeX-ams-R": "double-struck",
    "MJXc-TeX-ams-Rw": "double-struck", "MJXc-TeX-frak-R": "fraktur", "MJXc-TeX-frak-Rw": "fraktur",
    "MJXc-TeX-frak-B": "bold-fraktur", "MJXc-TeX-frak-Bw": "bold-fraktur", "MJXc-TeX-script-R": "script",
    "MJXc-TeX-script-Rw": "script", "MJXc-TeX-sans-R": "sans-serif", "MJXc-TeX-sans-Rw": "sans-serif",
    "MJXc-TeX-sans-B": "bold-sans-serif", "MJXc-TeX-sans-Bw": "bold-sans-serif",
    "MJXc-TeX-sans-I": "sans-serif-italic", "MJXc-TeX-sans-Iw": "sans-serif-italic",
    "MJXc-TeX-type-R": "monospace", "MJXc-TeX-type-Rw": "monospace",
}  # fmt: skip


def name(node: Any) -> str:
    """What a box is called: its tag or, in version 2, its class, without `mjx-`; '' where it is none."""
    tag = node.tag
    if tag.startswith("mjx-"):
        return str(tag[4:].lower())
    return next((word[4:].lower() for word in classes(node) if word.startswith("mjx-")), "")


def token_of(node: Any, tag: str) -> Any:
    """A token box as its element; an operator that shows nothing, such as an empty fence, as an empty row."""
    text, font = _characters(node)
    return token(tag, text, font) if text or tag != "mo" else element("mrow")


def _characters(node: Any) -> tuple[str, str]:
    """The characters of a token, and the variant where their font alone tells it."""
    text: list[str] = []
    fonts: set[str] = set()
    for child in children(node):
        what = name(child)
        if what in ("c", "utext", "char", "charbox"):
            words = _glyph(child, what)
            text.append(words)
            fonts.add(_font(child))
        elif what in ("stretchy-v", "stretchy-h"):
            text.append(_coded(child))
        elif what in ("delim-v", "delim-h"):
            text.append(assembled("".join(_glyph(part, "char") for part in children(child))))
        elif what == "box":
            inner, _ = _characters(child)
            text.append(inner)
        elif what not in STRUTS:
            raise Unreadable(what)
    if not len(node) and node.text:
        text.append(node.text)
    said = fonts - {""}
    return "".join(text), said.pop() if len(said) == 1 and not (said & {"italic"} and "" in fonts) else ""


def _font(node: Any) -> str:
    font = next((_FONTS[word] for word in classes(node) if word in _FONTS), "")
    # The font of the double-struck capitals holds symbols too.
    return "" if font == "double-struck" and not (node.text or "").isalpha() else font


def _glyph(node: Any, what: str) -> str:
    if what == "c":
        return _coded(node)
    if any(len(child) for child in node):
        raise Unreadable("glyph")
    return "".join(node.itertext())


def _coded(node: Any) -> str:
    for word in classes(node):
        if match := _CODE.match(word):
            ch = code_point(match.group(1))
            return node.text if "\ue000" <= ch <= "\uf8ff" and node.text and len(node.text) == 1 else ch
    if name(node) == "c" and node.text and not len(node):
        return str(node.text)
    raise Unreadable("no code")
