"""Sub- and superscripts that are no formula, as characters: `10<sup>3</sup>` is not 103, nor is `m<sup>2</sup>` m2.

Only digits, signs and `n` right behind a letter, digit or bracket; words in small print, ordinals and marks that are
links stay as they are.
"""

from __future__ import annotations

from itertools import islice
from typing import Any

MOST_CHARS = 4
_LOOKS = frozenset({"font", "small", "span"})
_RAISED = dict(zip("0123456789+-−n()", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻ⁿ⁽⁾", strict=True))
_LOWERED = dict(zip("0123456789+-−n()", "₀₁₂₃₄₅₆₇₈₉₊₋₋ₙ₍₎", strict=True))


def write_small_scripts(tree: Any) -> None:
    """Put characters where `sup` and `sub` raise or lower digits and signs; `tree` (lxml) is changed."""
    for element in tree.iter("sup", "sub"):
        text = _inner_text(element)
        if not 0 < len(text) <= MOST_CHARS or not _follows_closely(element):
            continue
        characters = _RAISED if element.tag == "sup" else _LOWERED
        if all(character in characters for character in text):
            for look in list(element):
                element.remove(look)
            element.text = "".join(characters[character] for character in text)


def _inner_text(element: Any) -> str:
    """The text of an element, or of the one inside it that gives it a look."""
    looks = list(islice(element, 2))
    if not looks:
        return (element.text or "").strip()
    if len(looks) > 1 or looks[0].tag not in _LOOKS or len(looks[0]) or looks[0].tail:
        return ""
    return ((element.text or "") + (looks[0].text or "")).strip()


def _follows_closely(element: Any) -> bool:
    """Whether a letter, digit or closing bracket stands right before an element."""
    before = element.getprevious()
    text = (before.tail or before.text or "") if before is not None else (element.getparent().text or "")
    return bool(text) and (text[-1].isalnum() or text[-1] in ")]")
