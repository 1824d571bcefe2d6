"""Pieces of a text put by while the rest is worked on: code, formulas, whatever is not to be touched.

Each is stood for by a mark of two private characters around its number, which the text itself cannot hold.
"""

from __future__ import annotations

import re

from mathmill.pipeline.formulas.delimited import Formula

_OPEN, _CLOSE = "\ue000", "\ue001"
#: Matches the mark of a piece.
MARK = re.compile(f"{_OPEN}([0-9]{{1,9}}){_CLOSE}")


class Held:
    """What was put by of one text; `text` is that text as it may be worked on."""

    def __init__(self, text: str) -> None:
        if _OPEN in text or _CLOSE in text:
            text = text.replace(_OPEN, "\ufffd").replace(_CLOSE, "\ufffd")
        self.text = text
        self._pieces: list[tuple[str, Formula | None]] = []

    def put(self, piece: str, formula: Formula | None = None) -> str:
        """The mark that stands for a piece from now on; marks in the piece are replaced by what they stood for."""
        self._pieces.append((self.restore(piece), formula))
        return f"{_OPEN}{len(self._pieces) - 1}{_CLOSE}"

    def restore(self, text: str) -> str:
        """`text` with every mark replaced by its piece."""
        return MARK.sub(lambda mark: self._pieces[int(mark[1])][0], text) if _OPEN in text else text

    def without(self, text: str) -> str:
        """`text` with every mark replaced by nothing, but for those of formulas."""
        return MARK.sub(lambda mark: self._pieces[int(mark[1])][0] if self.formula(mark) else "", text)

    def formula(self, mark: re.Match[str]) -> Formula | None:
        """The formula that a mark stands for, None where it is something else."""
        return self._pieces[int(mark[1])][1]

    def is_block(self, mark: re.Match[str]) -> bool:
        """Whether a mark stands for a display formula or a block of code, which has lines of its own."""
        piece, formula = self._pieces[int(mark[1])]
        return formula.display if formula else piece.startswith("```")

    def formulas_in(self, text: str) -> list[Formula]:
        """The formulas that stand in `text` as marks, in order."""
        found = (self.formula(mark) for mark in MARK.finditer(text)) if _OPEN in text else ()
        return [formula for formula in found if formula is not None]
