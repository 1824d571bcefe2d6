"""Sub- and superscripts that are no formula, as characters: `10<sup>3</sup>` is not 103, nor is `m<sup>2</sup>` m2.

Only digits, signs and `n` right behind a letter, digit or bracket; words in small print, ordinals and marks that are
links stay as they are.
"""

from __future__ import annotations

from typing import Any

MOST_CHARS = 4
_RAISED = dict(zip("0123456789+-−n()", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻ⁿ⁽⁾", strict=True))
_LOWERED = dict(zip("0123456789+-−n()", "₀₁₂₃₄₅₆₇₈₉₊₋₋ₙ₍₎", strict=True))


def write_small_scripts(tree: Any) -> None:
    """Put characters where `sup` and `sub` raise or lower digits and signs; `tree` (lxml) is changed."""
    for element in tree.iter("sup", "sub"):
        text = (element.text or "").strip()
        if not text or len(text) > MOST_CHARS or len(element) or not _follows_closely(element):
            continue
        characters = _RAISED if element.tag == "sup" else _LOWERED
        if all(character in characters for character in text):
            element.text = "".join(characters[character] for character in text)


def _follows_closely(element: Any) -> bool:
    """Whether a letter, digit or closing bracket stands right before an element."""
    before = element.getprevious()
    text = (before.tail or before.text or "") if before is not None else (element.getparent().text or "")
    return bool(text) and (text[-1].isalnum() or text[-1] in ")]")
