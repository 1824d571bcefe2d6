"""KaTeX's stacks: boxes on top of each other, bottom first, each shifted from the line.

Names of classes are given without the `katex-` that versions from 0.17 on put before some of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mathmill.pipeline.notation.glyphs_parts import Unreadable, children, classes, length, styles


@dataclass(frozen=True, slots=True, eq=False)
class Shifted:
    """A box of a stack: how far below the line it is set in em, and what it holds."""

    shift: float
    box: Any
    boxes: tuple[Any, ...]

    def has(self, *names: str) -> bool:
        """Whether the box, or what it holds directly, has one of the classes."""
        wanted = frozenset(names)
        return bool(words(self.box) & wanted) or any(words(one) & wanted for one in self.boxes)

    def text(self) -> str:
        """The characters of a box that holds little: an accent."""
        node = self.boxes[0] if len(self.boxes) == 1 else self.box
        for _ in range(4):
            if not len(node):
                return node.text or ""
            node = node[0]
        return ""

    def strike(self) -> str:
        """The notation of a strike that is drawn in the box; '' where there is none."""
        lines = [one for one in self.box.iter() if isinstance(one.tag, str) and one.tag.rpartition("}")[2] == "line"]
        if not lines or len(lines) > 2:
            return ""
        rising = {"updiagonalstrike" if _from_below(one) else "downdiagonalstrike" for one in lines}
        return " ".join(sorted(rising, reverse=True))


def _from_below(line: Any) -> bool:
    """Whether a line that goes from the left to the right begins at the bottom."""
    return line.get("y1", "0").strip("%") not in ("0", "")


def words(node: Any) -> frozenset[str]:
    """The classes of a box."""
    return frozenset(word.removeprefix("katex-") for word in classes(node))


def stack(node: Any) -> list[Shifted]:
    """The boxes of the stack in `node`, bottom first; raises `Unreadable` where there is none."""
    outer = node if "vlist-t" in words(node) else next((one for one in children(node) if "vlist-t" in words(one)), None)
    rows = children(outer) if outer is not None else []
    if not rows or "vlist-r" not in words(rows[0]):
        raise Unreadable("no stack")
    lists = [one for one in children(rows[0]) if "vlist" in words(one)]
    if len(lists) != 1:
        raise Unreadable("no stack")
    return [_shifted(box) for box in children(lists[0])]


def _shifted(box: Any) -> Shifted:
    inside = children(box)
    strut = next((one for one in inside if "pstrut" in words(one)), None)
    height = length(styles(strut).get("height", "0")) if strut is not None else 0.0
    shift = length(styles(box).get("top", "0")) + height
    return Shifted(round(shift, 3), box, tuple(one for one in inside if one is not strut))


def base_of(boxes: Sequence[Shifted]) -> Shifted:
    """The box of a stack that stands on the line; of two the one that is not set small."""
    if not boxes:
        raise Unreadable("empty stack")
    return min(boxes, key=lambda one: (abs(one.shift), one.has("svg-align", "stretchy", "sizing")))
