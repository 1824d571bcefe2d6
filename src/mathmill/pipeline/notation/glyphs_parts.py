"""What the readers of rendered glyphs share: building MathML, characters behind codes, lengths in styles.

No reader of its own: `glyphs_mathjax`, `glyphs_svg`, `glyphs_output` and `glyphs_katex` know the renderers' markup.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from typing import Any

from mathmill.pipeline.dom.elements import etree


class Unreadable(Exception):
    """The glyphs stand in a structure that is not understood; caught by `glyphs.read_glyphs` alone."""


# Places in a table beyond which it is none.
MAX_CELLS = 20_000

_HEX = re.compile(r"[0-9A-Fa-f]{1,6}")
_STYLE_NAMES = (
    ("DOUBLE-STRUCK", "double-struck"), ("BOLD SCRIPT", "bold-script"), ("SCRIPT", "script"),
    ("BOLD FRAKTUR", "bold-fraktur"), ("FRAKTUR", "fraktur"), ("SANS-SERIF BOLD ITALIC", "sans-serif-bold-italic"),
    ("SANS-SERIF BOLD", "bold-sans-serif"), ("SANS-SERIF ITALIC", "sans-serif-italic"), ("SANS-SERIF", "sans-serif"),
    ("MONOSPACE", "monospace"), ("BOLD ITALIC", "bold-italic"), ("BOLD", "bold"), ("ITALIC", "italic"),
)  # fmt: skip
# Letters of the mathematical alphabets that have no code among the others.
_ELSEWHERE = {"\u210e": ("h", "italic"), "\U0001d6a4": ("ı", "italic"), "\U0001d6a5": ("ȷ", "italic")}

# Accents that fonts hold as combining characters.
_SPACING = {
    "\u20d7": "→",
    "\u20d6": "←",
    "\u20db": "...",
    "\u20dc": "....",
    "\u0302": "^",
    "\u0303": "~",
    "\u0304": "¯",
    "\u0307": "˙",
    "\u0308": "¨",
    "‵": "ˋ",
    "←→": "↔",
    "⇐⇒": "⇔",
}

_LONG_ARROWS = {"⟶": "→", "⟵": "←", "⟷": "↔", "⟹": "⇒", "⟸": "⇐", "⟺": "⇔", "⟼": "↦"}

# Fences too tall for one glyph are put together: what tells them by their pieces; other pieces only lengthen.
_BRACKETS = {"⎡⎣": "[", "⎡": "⌈", "⎣": "⌊", "⎤⎦": "]", "⎤": "⌉", "⎦": "⌋", "": "|"}
_PARTS = {
    **dict.fromkeys("⎛⎝", "("), **dict.fromkeys("⎞⎠", ")"), **dict.fromkeys("⎧⎨⎩", "{"), **dict.fromkeys("⎫⎬⎭", "}"),
    "⎷": "√",
}  # fmt: skip
# Pieces that only lengthen.
_EXTENDERS = frozenset("−-─—–―¯‾_=⏐\u23af⎜⎟⎢⎥⎪")
_LINES = {
    "∣": "|",
    "|": "|",
    "∥": "‖",
    "‖": "‖",
    "−": "¯",
    "–": "¯",
    "—": "¯",
    "―": "¯",
    "¯": "¯",
    "‾": "¯",
    "_": "_",
    "─": "¯",
    "\u23af": "¯",
}
# Braces over and under are put together from characters of a private area: the first piece tells which.
_PRIVATE = {"\ue150": "⏞", "\ue152": "⏟"}


def element(tag: str, children: Iterable[Any] = (), **attributes: str) -> Any:
    """A MathML element with children; attributes that are empty are left out."""
    made = new_element()(tag)
    for name, value in attributes.items():
        if value:
            made.set(name, value)
    made.extend(children)
    return made


@cache
def new_element() -> Any:
    """lxml's maker of elements; loaded when first needed."""
    return etree().Element


def row(children: Sequence[Any]) -> Any:
    """Elements side by side as one."""
    return children[0] if len(children) == 1 else element("mrow", children)


def limited(tag: str, parts: Sequence[Any]) -> Any:
    """A base with what is under and over it; arrows that fonts have longer to reach over the rest are plain ones."""
    for part in parts:
        if part.tag == "mo" and part.text in _LONG_ARROWS:
            part.text = _LONG_ARROWS[part.text]
    return element(tag, parts)


def leaf(tag: str, text: str, variant: str = "") -> Any:
    """A token element; `variant` is a mathvariant, '' for what the element has of itself."""
    made = new_element()(tag)
    made.text = checked(text)
    if variant:
        made.set("mathvariant", variant)
    return made


def checked(text: str) -> str:
    """`text`, where every character of it is one that a formula can hold."""
    for ch in text:
        if unicodedata.category(ch) in ("Cc", "Cs", "Co", "Cn") and ch not in "\t\n\r":
            raise Unreadable(f"character {ord(ch):X}")
    return text


@lru_cache(maxsize=4096)
def plain_letter(ch: str) -> tuple[str, str]:
    """A letter of a mathematical alphabet as the letter and its mathvariant; others as they are, with ''."""
    if ch in _ELSEWHERE:
        return _ELSEWHERE[ch]
    if not "\U0001d400" <= ch <= "\U0001d7ff":
        return ch, ""
    name = unicodedata.name(ch, "")
    variant = next((variant for words, variant in _STYLE_NAMES if words in name), "")
    # One step only: the whole normal form would make ε of ϵ.
    return chr(int(unicodedata.decomposition(ch).split()[-1], 16)) if variant else ch, variant


def token(tag: str, text: str, font: str = "") -> Any:
    """A token element of characters as rendered: their alphabet becomes the mathvariant.

    `font` is the mathvariant of letters whose font alone tells it; their codes are those of upright ones.
    """
    letters = [plain_letter(ch) for ch in text]
    words = "".join(letter for letter, _ in letters)
    variants = {variant for letter, variant in letters if variant or letter.isalpha()}
    variant = font or (variants.pop() if len(variants) == 1 else "")
    if variants and not font:  # several in one word: each letter keeps its own
        return leaf(tag, text)
    if tag == "mi" and len(words) == 1:
        variant = {"italic": "", "": "normal" if _has_italic(words) else ""}.get(variant, variant)
    elif tag == "mo":
        words, variant = _SPACING.get(words, words), "" if variant == "italic" else variant
    return leaf(tag, words, variant)


def _has_italic(letter: str) -> bool:
    """Whether a letter is slanted unless it is told to be upright."""
    return "A" <= letter <= "Z" or "a" <= letter <= "z" or "Α" <= letter <= "Ϗ" or letter in "ϐϑϕϖϰϱϵ"


def code_point(code: str) -> str:
    """The character of a hexadecimal code; raises `Unreadable` for what is none."""
    if not _HEX.fullmatch(code):
        raise Unreadable("code")
    number = int(code, 16)
    if not 0 < number < 0x110000:
        raise Unreadable("code")
    return chr(number)


def assembled(pieces: str) -> str:
    """The one character that pieces on top of or beside each other stand for."""
    present = set(pieces) - _EXTENDERS
    told = {_PARTS[ch] for ch in present if ch in _PARTS}
    if len(told) == 1:
        return told.pop()
    ends = "".join(sorted(present & set("⎡⎣⎤⎦")))
    if ends or told:
        return _BRACKETS.get(ends, "") if ends and not told else _unknown()
    if pieces[:1] in _PRIVATE:
        return _PRIVATE[pieces[0]]
    if len(present) == 1 and not _is_private(only := next(iter(present))):
        return _LINES.get(only, only)
    lines = {_LINES.get(ch, "") for ch in pieces}
    return (lines.pop() or _unknown()) if not present and len(lines) == 1 else _unknown()


def _is_private(ch: str) -> bool:
    return "\ue000" <= ch <= "\uf8ff"


def _unknown() -> str:
    raise Unreadable("assembled glyph")


_DECLARATION = re.compile(r"(?:^|;)\s*([a-z-]{1,40})\s*:\s*([^;]{0,200})")
_NUMBER = re.compile(r"\s*(-?\d{0,6}\.?\d{0,9})\s*(em|px|ex|pt|%)?")


def styles(node: Any) -> dict[str, str]:
    """The declarations of an element's style attribute."""
    said = node.get("style")
    return dict(_DECLARATION.findall(said[:2_000])) if said else {}


def length(value: str) -> float:
    """A length in em, where it is in em; 0 for none."""
    match = _NUMBER.match(value)
    if not match or match.group(1) in ("", "-", ".", "-."):
        return 0.0
    return float(match.group(1)) * {"px": 1 / 16, "ex": 0.43, "pt": 0.1}.get(match.group(2) or "", 1.0)


def classes(node: Any) -> list[str]:
    """The words of an element's class attribute."""
    return (node.get("class") or "").split()


def space(width: float) -> Any:
    """A space of `width` em."""
    return element("mspace", width=f"{width:.4g}em")


def table(rows: Sequence[Sequence[Any]], labels: Sequence[Any | None], **attributes: str) -> Any:
    """A table of `mtd` elements; `labels` holds the `mtd` of a row's number, None where it has none."""
    if not rows or not any(rows):
        raise Unreadable("empty table")
    made = []
    for cells, label in zip(rows, labels, strict=True):
        made.append(element("mtr", cells) if label is None else element("mlabeledtr", [label, *cells]))
    return element("mtable", made, **attributes)


def row_places(shifts: Iterable[float], tolerance: float) -> list[float]:
    """Where the rows of a table are, top first, from the shifts of its cells."""
    places: list[float] = []
    for shift in sorted(shifts):
        if not places or shift - places[-1] > tolerance:
            places.append(shift)
    return places


def nearest(places: Sequence[float], shift: float) -> int:
    """The row that is nearest to a shift; raises `Unreadable` where there are no rows."""
    if not places:
        raise Unreadable("no rows")
    at = bisect(places, shift)
    around = [near for near in (at - 1, at) if 0 <= near < len(places)]
    return min(around, key=lambda near: abs(places[near] - shift))


def checked_size(rows: int, columns: int) -> None:
    """Raises `Unreadable` for a table that has far more places than a page can have cells."""
    if rows * columns > MAX_CELLS:
        raise Unreadable("table")


def children(node: Any) -> list[Any]:
    """The elements in `node`; raises `Unreadable` where characters stand beside them."""
    if node.text and not node.text.isspace() and len(node):
        raise Unreadable("text beside elements")
    found = [child for child in node if isinstance(child.tag, str)]
    if any(child.tail and not child.tail.isspace() for child in node):
        raise Unreadable("text beside elements")
    return found
