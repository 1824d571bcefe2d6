r"""The sides of chains in a LaTeX formula: `a = b = c`, rows of `align` that begin with `=`, several in one formula."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

Sign = Literal["=", "~"]

_TOKEN = re.compile(
    r"\\begin\{(?P<begin>[a-zA-Z]+\*?)\}|\\end\{(?P<end>[a-zA-Z]+\*?)\}"
    r"|\\(?:text|textbf|textit|mathrm|mbox)\s?\{(?P<words>[^{}]*)\}"
    r"|\\\\(?:\[[^\]\n]{0,20}\])?|\\[a-zA-Z]+|\\.|[^\\]",
    re.DOTALL,
)
_SIGNS: dict[str, Sign] = {"=": "=", "≈": "~", r"\approx": "~", r"\simeq": "~", r"\doteq": "~"}
_OPENING, _CLOSING = {"{", "(", "[", r"\{"}, {"}", ")", "]", r"\}"}
# What ends one chain and may begin another: other relations, what follows from something, gaps.
_BREAKS = frozenset({
    "<", ">", ";", ":", r"\le", r"\leq", r"\ge", r"\geq", r"\lt", r"\gt", r"\ne", r"\neq", r"\in", r"\sim", r"\cong",
    r"\to", r"\rightarrow", r"\Rightarrow", r"\longrightarrow", r"\Longrightarrow", r"\implies", r"\iff",
    r"\Leftrightarrow", r"\therefore", r"\because", r"\quad", r"\qquad", r"\propto", r"\leqslant", r"\geqslant",
})  # fmt: skip
_ROWS = frozenset({r"\\", r"\cr", r"\newline"})
# Equal up to a modulus, or by an operation that the problem defines.
_OTHERWISE = re.compile(r"\\(?:equiv|pmod|bmod|mod|not|ast|star|oplus|otimes|odot|circledast|diamond)(?![a-zA-Z])")
_GOES_ON = re.compile(r"[&\s]*(?:[-+*/]|\\(?:cdot|times|div|pm)(?![a-zA-Z]))")  # a row that goes on with a side
_LAYOUT = re.compile(r"(?:align|aligned|alignat|equation|gather|gathered|eqnarray|multline|split)\*?")
_JOINS = re.compile(
    r"(?:\A|\W)(?:and|so|or|because|where|if|then|since|thus|hence|for|therefore|but|with|when)(?:\W|\Z)|,\s*\Z"
)
_THOUSANDS = re.compile(r"(?<=\d),(?=(?:\\!)?\d{3}(?!\d))")


@dataclass(frozen=True, slots=True)
class Side:
    """Where one side of a chain stands, and the sign before it; None where a chain begins."""

    start: int
    end: int
    sign: Sign | None


@dataclass
class _Chains:
    """Sides as they are found; `fresh` is what follows the end of a row, where a sign goes on with the chain."""

    text: str
    begin: int
    sign: Sign | None = None
    fresh: bool = False
    sides: list[Side] = field(default_factory=list)

    def close(self, at: int) -> None:
        """End a side."""
        if self.fresh and _GOES_ON.match(self.text, self.begin, at):
            self.sides[-1:] = [Side(at, at, None)]  # neither row is a whole side
        elif self.text[self.begin : at].replace("&", " ").strip():
            self.sides.append(Side(self.begin, at, None if self.fresh else self.sign))
        elif not self.fresh:  # nothing on a side of a sign: no chain goes on over it
            self.sides.append(Side(at, at, None))

    def go_on(self, at: int, sign: Sign | None, fresh: bool = False) -> None:
        """Begin a side."""
        self.begin, self.sign, self.fresh = at, sign, fresh


def formula_sides(text: str, start: int, end: int) -> list[Side]:
    """The sides of all chains between two places, in order; one without a sign begins a chain."""
    if _OTHERWISE.search(text, start, end):
        return []
    chains, depth = _Chains(text, start), 0
    for token in _TOKEN.finditer(text, start, end):
        said = token[0]
        depth = _depth(depth, token)
        if depth:
            continue
        if said in _SIGNS:
            chains.close(token.start())
            chains.go_on(token.end(), _SIGNS[said])
        elif said in _ROWS or said.startswith("\\\\["):
            chains.close(token.start())
            chains.go_on(token.end(), None, fresh=True)
        elif _breaks(text, token):
            chains.close(token.start())
            chains.go_on(token.end(), None)
    chains.close(end)
    return chains.sides


def _depth(depth: int, token: re.Match[str]) -> int:
    if token[0] in _OPENING or (token["begin"] and not _LAYOUT.fullmatch(token["begin"])):
        return depth + 1
    if token[0] in _CLOSING or (token["end"] and not _LAYOUT.fullmatch(token["end"])):
        return max(depth - 1, 0)
    return depth


def _breaks(text: str, token: re.Match[str]) -> bool:
    if token["words"] is not None:
        return _JOINS.search(token["words"]) is not None
    if token[0] == ",":
        return _THOUSANDS.match(text, token.start()) is None
    layout = token["begin"] or token["end"]  # a matrix is deeper, or has just ended
    return token[0] in _BREAKS or (layout is not None and _LAYOUT.fullmatch(layout) is not None)
