r"""The elements of MathML as pieces of LaTeX: one function an element, which has those of its children.

`mathml` walks over a formula and calls them; each takes the `Frame` of an element that has ended. A wrong number of
children gives the best reading.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from mathmill.pipeline.notation import mathml_content as content
from mathmill.pipeline.notation.mathml_operators import DELIMITERS
from mathmill.pipeline.notation.mathml_rows import (
    CLOSE,
    EMPTY,
    FENCE,
    FRACTION,
    NUMBER,
    OPEN,
    OPERATOR,
    ROW,
    SPACE,
    Piece,
    forced,
    plain_delimiter,
    row,
)
from mathmill.pipeline.notation.mathml_scripts import multiscripts, scripts, under_over
from mathmill.pipeline.notation.mathml_tables import Cell, table
from mathmill.pipeline.notation.mathml_tokens import TOKENS, ems, loose, token


@dataclass(slots=True)
class Frame:
    """An element while its children are read."""

    tag: str
    attributes: Mapping[str, str]
    variant: str
    pieces: list[Piece] = field(default_factory=list)
    words: list[str] = field(default_factory=list)  # characters of a token since its last child
    cells: list[Cell] = field(default_factory=list)
    rows: list[list[Cell]] = field(default_factory=list)
    only: Any | None = None  # the one child that shows, where others do not

    def add_text(self, text: str | None) -> None:
        if not text:
            return
        if "&" in text and ";" in text:  # names that an HTML parser of old does not know
            text = html.unescape(text)
        if self.tag in TOKENS:
            self.words.append(text)
        elif piece := loose(text):
            self.pieces.append(piece)

    def end_words(self) -> None:
        """Take the characters so far for a piece of their own."""
        if self.words:
            self.pieces.append(token(self.tag, "".join(self.words), self.attributes, self.variant))
            self.words = []


def gather(frame: Frame) -> None:
    """What stands in a table and in no row of it, as a row."""
    if any(frame.pieces):
        frame.rows.append([Cell(forced(row(frame.pieces)))])
    frame.pieces = []


def gather_cell(frame: Frame) -> None:
    """What stands in a row and in no cell of it, as a cell."""
    if any(frame.pieces):
        frame.cells.append(Cell(forced(row(frame.pieces))))
    frame.pieces = []


def inferred_row(frame: Frame) -> Piece:
    """An element that is a row of its children."""
    return row(frame.pieces)


def _math(frame: Frame) -> Piece:
    pieces = [piece for piece in frame.pieces if piece or piece.core]
    while pieces and pieces[-1].kind == SPACE:
        pieces.pop()
    while pieces and pieces[0].kind == SPACE:
        pieces.pop(0)
    made = row(pieces)
    return replace(made, style="", tag="math") if made else EMPTY


def _row(frame: Frame) -> Piece:
    pieces = frame.pieces
    if frame.attributes.get("data-mjx-texclass") == "INNER" and len(pieces) > 1:
        for at in (0, -1):
            if pieces[at].kind == FENCE and pieces[at].grows is None and pieces[at].core in DELIMITERS:
                pieces[at] = replace(pieces[at], grows=True)
    shown = [piece for piece in pieces if piece]
    if len(shown) > 1 and all(piece.kind == NUMBER and not piece.raised for piece in shown):
        return Piece("".join(piece.latex for piece in shown), NUMBER)
    return row(pieces)


def _token(frame: Frame) -> Piece:
    if not frame.pieces:
        return token(frame.tag, "".join(frame.words), frame.attributes, frame.variant)
    if frame.tag == "cn" and any(piece.tag == "sep" for piece in frame.pieces):
        frame.end_words()
        numbers = [piece.latex for piece in frame.pieces if piece.tag != "sep"]
        return content.number(numbers, frame.attributes.get("type", "").lower())
    if "".join(frame.words).strip():
        frame.end_words()
    return _row(_as_row(frame))


def _as_row(frame: Frame) -> Frame:
    """A token that holds elements, as the row that it is."""
    return Frame("mrow", {}, frame.variant, [piece for piece in frame.pieces if piece.latex.strip() or piece.core])


def _part(frame: Frame, at: int) -> Piece:
    return frame.pieces[at] if at < len(frame.pieces) else EMPTY


def _and_rest(piece: Piece, frame: Frame, count: int) -> Piece:
    """`piece`, and behind it the children that the element has too many."""
    return row([piece, *frame.pieces[count:]]) if len(frame.pieces) > count else piece


def _fraction(frame: Frame) -> Piece:
    over, under = forced(_part(frame, 0)), forced(_part(frame, 1))
    if not over and not under:
        return EMPTY
    thickness = frame.attributes.get("linethickness", "").strip().lower()
    if thickness[:1] in ("0", ".") and thickness.strip("0.empxtcin%") == "":
        made = Piece(f"{{{over} \\atop {under}}}", tall=True, halves=(over, under))
    elif len(frame.pieces) == 1:
        made = _part(frame, 0)
    elif frame.attributes.get("bevelled") == "true" and ROW not in (_part(frame, 0).kind, _part(frame, 1).kind):
        made = Piece(f"{over}/{under}", ROW)
    else:
        made = Piece(f"\\frac{{{over}}}{{{under}}}", FRACTION, tall=True)
    return _and_rest(made, frame, 2)


def _square_root(frame: Frame) -> Piece:
    inner = row(frame.pieces)
    return Piece(f"\\sqrt{{{inner.latex}}}", tall=inner.tall)


def _nth_root(frame: Frame) -> Piece:
    core, degree = _part(frame, 0), _part(frame, 1).latex
    degree = f"{{{degree}}}" if "]" in degree else degree
    option = f"[{degree}]" if degree else ""
    return _and_rest(Piece(f"\\sqrt{option}{{{core.latex}}}", tall=core.tall), frame, 2)


def _sub(frame: Frame) -> Piece:
    return _and_rest(scripts(_part(frame, 0), _part(frame, 1), EMPTY), frame, 2)


def _sup(frame: Frame) -> Piece:
    return _and_rest(scripts(_part(frame, 0), EMPTY, _part(frame, 1)), frame, 2)


def _sub_sup(frame: Frame) -> Piece:
    return _and_rest(scripts(_part(frame, 0), _part(frame, 1), _part(frame, 2)), frame, 3)


def _wide(piece: Piece) -> bool | None:
    return piece.grows


def _under(frame: Frame) -> Piece:
    low = _part(frame, 1)
    return _and_rest(under_over(_part(frame, 0), low, EMPTY, (_wide(low), None)), frame, 2)


def _over(frame: Frame) -> Piece:
    high = _part(frame, 1)
    return _and_rest(under_over(_part(frame, 0), EMPTY, high, (None, _wide(high))), frame, 2)


def _under_over(frame: Frame) -> Piece:
    low, high = _part(frame, 1), _part(frame, 2)
    return _and_rest(under_over(_part(frame, 0), low, high, (_wide(low), _wide(high))), frame, 3)


def _multiscripts(frame: Frame) -> Piece:
    return multiscripts(frame.pieces)


def _named_empty(frame: Frame) -> Piece:
    """`none`, `mprescripts`, `sep`: marks; what an unclosed one has swallowed is lost with it."""
    return Piece(tag=frame.tag)


def _style(frame: Frame) -> Piece:
    made = row(frame.pieces)
    said = frame.attributes.get("displaystyle")
    if made.kind == FRACTION and said in ("true", "false") and not made.style:
        return replace(made, style="d" if said == "true" else "t" if frame.attributes.get("scriptlevel") == "0" else "")
    if made.grid is not None and frame.attributes.get("scriptlevel") == "1" and made.grid.columns > 1:
        small = replace(made.grid, small=True)
        return replace(made, grid=small, latex=small.alone())
    return made


def _fenced(frame: Frame) -> Piece:
    """`mfenced`: its children between fences, with separators."""
    attributes = frame.attributes
    separators = "".join(attributes.get("separators", ",").split())
    pieces = [piece for piece in frame.pieces if piece or piece.grid is not None]
    inner: list[Piece] = []
    for at, piece in enumerate(pieces):
        if at and separators:
            mark = separators[min(at - 1, len(separators) - 1)]
            inner.append(token("mo", mark, {}, ""))
        inner.append(piece)
    left = _fence(attributes.get("open", "("), OPEN)
    right = _fence(attributes.get("close", ")"), CLOSE)
    if (left and right) or not any(piece.tall for piece in inner):
        return row([*left, *inner, *right])
    return row([*(replace(one, grows=True) for one in left), *inner, *(replace(one, grows=True) for one in right)])


def _fence(said: str, side: str) -> list[Piece]:
    mark = said.strip()
    if not mark:
        return []
    if mark in DELIMITERS:
        return [Piece(plain_delimiter(Piece(core=mark)), FENCE, mark, side=side)]
    return [replace(token("mo", mark, {}, ""), kind=OPERATOR)]


def _enclosed(frame: Frame) -> Piece:
    """`menclose`: boxes, strikes, lines."""
    inner = row(frame.pieces)
    if not inner:
        return EMPTY
    notations = frozenset(frame.attributes.get("notation", "longdiv").lower().split())
    return Piece(_lined(notations, inner.latex), tall=inner.tall)


def _lined(notations: frozenset[str], latex: str) -> str:
    up = bool(notations & {"updiagonalstrike", "updiagonalarrow"})
    down = "downdiagonalstrike" in notations
    if up or down:
        latex = f"\\{'xcancel' if up and down else 'cancel' if up else 'bcancel'}{{{latex}}}"
    elif notations & {"horizontalstrike", "verticalstrike"}:
        latex = f"\\cancel{{{latex}}}"
    if notations & {"box", "roundedbox", "circle"} or notations >= {"left", "right", "top", "bottom"}:
        return f"\\boxed{{{latex}}}"
    for name, command in (("radical", "sqrt"), ("top", "overline"), ("bottom", "underline")):
        if name in notations:
            latex = f"\\{command}{{{latex}}}"
    if "longdiv" in notations:
        return f"\\overline{{){latex}}}"
    if "actuarial" in notations:
        return f"\\overline{{{latex}|}}"
    if "phasorangle" in notations:
        return f"\\angle{{{latex}}}"
    left, right = "left" in notations, "right" in notations
    return f"{'|' if left else ''}{latex}{'|' if right else ''}"


def _phantom(frame: Frame) -> Piece:
    inner = row(frame.pieces)
    return Piece(f"\\phantom{{{inner.latex}}}", SPACE) if inner and inner.kind != SPACE else EMPTY


def _padded(frame: Frame) -> Piece:
    made = row(frame.pieces)
    return made if made else token("mspace", "", {"width": str(ems(frame.attributes.get("width", "0"))) + "em"}, "")


def _table(frame: Frame) -> Piece:
    gather(frame)
    made = table(frame.rows, frame.attributes)
    if made.grid is not None and frame.attributes.get("scriptlevel") == "1" and made.grid.columns > 1:
        small = replace(made.grid, small=True)
        return replace(made, grid=small, latex=small.alone())
    return made


def _operator(frame: Frame) -> Piece:
    return content.operator(frame.tag)


def _container(frame: Frame) -> Piece:
    return content.container(frame.tag, frame.pieces, frame.attributes)


STYLING = frozenset({"math", "mstyle"})
ELEMENTS: Mapping[str, Callable[[Frame], Piece]] = {
    **dict.fromkeys(TOKENS, _token), **dict.fromkeys(content.OPERATORS, _operator),
    **dict.fromkeys(content.CONSTANTS, _operator),
    **dict.fromkeys(content.CONTAINERS, _container), **dict.fromkeys(("none", "mprescripts", "sep"), _named_empty),
    "math": _math, "mrow": _row, "semantics": inferred_row, "mfrac": _fraction, "msqrt": _square_root,
    "mroot": _nth_root,
    "msub": _sub, "msup": _sup, "msubsup": _sub_sup, "munder": _under, "mover": _over, "munderover": _under_over,
    "mmultiscripts": _multiscripts, "mstyle": _style, "mfenced": _fenced, "menclose": _enclosed, "mphantom": _phantom,
    "mpadded": _padded, "mtable": _table, "mtr": inferred_row, "mlabeledtr": inferred_row, "mtd": inferred_row,
    "maction": inferred_row, "merror": inferred_row,
}  # fmt: skip
