r"""Pieces of a formula, and rows of them: fences that belong together, joined words, spaces where TeX needs them.

A `Piece` is what an element of MathML became. A row finds its pairs of fences, decides which grow (`\left..\right`),
sees matrices, cases, binomials and residues in what the pairs hold, and always gives balanced LaTeX.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mathmill.pipeline.notation.mathml_letters import MERGED, braced, is_single, needs_space, wrap
from mathmill.pipeline.notation.mathml_operators import DELIMITERS

# What a Piece is to its neighbours.
ORDINARY, NUMBER, WORD, FUNCTION, BIG, OPERATOR, FENCE, SPACE, PRIME, ROW, FRACTION, BRACE, SCRIPTS = (
    "ordinary", "number", "word", "function", "big", "operator", "fence", "space", "prime", "row", "fraction",
    "brace", "scripts",
)  # fmt: skip
OPEN, CLOSE, BAR = "open", "close", "bar"
APPLY, TIMES = "\u2061", "\u2062"


@dataclass(frozen=True, slots=True)
class Grid:
    """A table: its rows as LaTeX between `\\begin` and `\\end`, and what decides about its environment."""

    body: str
    columns: int
    rows: int
    preamble: str  # of an array; '' where the columns are centred and without lines
    aligned: bool
    displayed: bool
    small: bool = False

    def within(self, environment: str) -> str:
        return f"\\begin{{{environment}}} {self.body} \\end{{{environment}}}"

    def alone(self) -> str:
        """The table without fences."""
        if self.aligned:
            return self.within("aligned")
        if self.columns == 1 and self.displayed:
            return self.within("gathered")
        return self.array() if self.preamble else self.within("smallmatrix" if self.small else "matrix")

    def array(self) -> str:
        preamble = self.preamble or "c" * self.columns
        return f"\\begin{{array}}{{{preamble}}} {self.body} \\end{{array}}"

    @property
    def lined(self) -> bool:
        return "|" in self.preamble or "\\hline" in self.body


@dataclass(frozen=True, slots=True)
class Piece:
    """What an element became: LaTeX, and what its surroundings have to know of it."""

    latex: str = ""
    kind: str = ORDINARY
    core: str = ""  # the characters of an operator, a fence, a word; the function's name; what is typeset in a font
    tall: bool = False
    side: str = ""  # of a fence
    grows: bool | None = None  # of a fence: whether the page says that it does
    fonts: tuple[str, ...] = ()
    grid: Grid | None = None
    halves: tuple[str, str] | None = None  # of a fraction without a line
    style: str = ""  # "d" or "t" where a fraction's size is forced
    fenced: bool = False  # whether it stands between fences, so that scripts need no braces around it
    raised: bool = False  # whether it ends in a superscript
    lowered: bool = False  # whether it has a subscript that another one would meet
    limits: bool = False  # whether what stands under and over it are its limits
    tag: str = ""
    binding: int = 9  # how tightly content MathML holds together; 9 needs no parentheses

    def __bool__(self) -> bool:
        return bool(self.latex)


EMPTY = Piece()


def forced(piece: Piece) -> str:
    r"""The LaTeX of a part, with `\dfrac` where its size is forced."""
    return f"\\{piece.style}{piece.latex[1:]}" if piece.style else piece.latex


def argument(piece: Piece) -> str:
    """A piece as the argument of a script."""
    return braced(script_text(piece))


def script_text(piece: Piece) -> str:
    """The LaTeX of a script, whose lines are few and close."""
    if piece.grid is not None and piece.grid.columns == 1 and not piece.grid.preamble:
        return f"\\substack{{{piece.grid.body}}}"
    return piece.latex.removeprefix("^") if piece.latex == r"^\circ" else piece.latex


def base(piece: Piece) -> str:
    """A piece as what scripts are set to."""
    latex = forced(piece)
    if not latex:
        return "{}"
    whole = piece.fenced or piece.kind in (FUNCTION, WORD, BIG, NUMBER, FENCE, BRACE, OPERATOR, FRACTION)
    whole = whole and (not piece.raised or piece.kind in (FUNCTION, BIG, FENCE, OPERATOR))
    if whole or ((piece.fonts or is_single(latex)) and not piece.raised):
        return latex
    commanded = latex.startswith("\\") and latex.endswith("}") and piece.kind == ORDINARY
    return latex if commanded and not piece.raised else f"{{{latex}}}"


def row(pieces: Sequence[Piece]) -> Piece:
    """Pieces side by side as one."""
    shown = _worded([piece for piece in pieces if piece or piece.core in (APPLY, TIMES)])
    while shown and not shown[-1]:
        shown.pop()
    if not shown:
        return EMPTY
    if len(shown) == 1:
        return shown[0]
    if all(piece.kind == PRIME for piece in shown):
        return Piece("".join(piece.latex for piece in shown), PRIME, raised=True)
    return _Row(_merged(shown)).piece()


def _worded(pieces: list[Piece]) -> list[Piece]:
    """Without the invisible operators: a word that is applied is a function, numbers multiplied stay apart."""
    out: list[Piece] = []
    for at, piece in enumerate(pieces):
        if piece.latex == r"\," and ((out and out[-1].kind == FUNCTION) or _is_function(pieces, at + 1)):
            continue  # the space that renderers put beside a function's name
        if piece:
            out.append(piece)
        elif piece.core == APPLY and out and out[-1].kind == WORD and out[-1].fonts == ("mathrm",):
            out[-1] = Piece(f"\\operatorname{{{out[-1].core}}}", FUNCTION, out[-1].core)
        elif (
            piece.core == TIMES
            and out
            and out[-1].kind == NUMBER
            and at + 1 < len(pieces)
            and pieces[at + 1].kind == NUMBER
        ):
            out.append(Piece(r"\cdot", OPERATOR, "⋅"))
    return out


def _is_function(pieces: list[Piece], at: int) -> bool:
    return at < len(pieces) and pieces[at].kind == FUNCTION


def _merged(pieces: list[Piece]) -> list[Piece]:
    """Neighbouring letters of one upright word, and of one text, as one piece."""
    out: list[Piece] = []
    run: list[str] = []
    for piece in pieces:
        fonts = piece.fonts
        if out and fonts and fonts == out[-1].fonts and fonts[-1] in MERGED and piece.kind == out[-1].kind == WORD:
            run.append(piece.core)
            continue
        _close_run(out, run)
        out.append(piece)
        run = [piece.core]
    _close_run(out, run)
    return out


def _close_run(out: list[Piece], run: list[str]) -> None:
    if out and len(run) > 1:
        word, fonts = "".join(run), out[-1].fonts
        out[-1] = Piece(r"\bmod" if word == "mod" else wrap(fonts, word), WORD, word, fonts=fonts)


class _Row:
    """One row while its fences are paired."""

    def __init__(self, pieces: list[Piece]) -> None:
        self.pieces = pieces
        self.texts = [forced(piece) for piece in pieces]
        self.before: list[str] = [""] * len(pieces)
        self.after: list[str] = [""] * len(pieces)
        self.partner: dict[int, int] = {}
        self.grown = False
        self.opened = 0  # how many openers wait for their closers
        # How many of the pieces so far are tall.
        self.talls = [0]
        for piece in pieces:
            self.talls.append(self.talls[-1] + (piece.tall and piece.kind != FENCE))

    def piece(self) -> Piece:
        self._pair()
        out: list[str] = []
        last = ""
        for at, text in enumerate(self.texts):
            for part in (self.before[at], text, self.after[at]):
                if not part:
                    continue
                if needs_space(last, part) or self._runs_on(at, last, part):
                    out.append(" ")
                elif self._doubles(at):
                    out.append("{}")
                out.append(part)
                last = part
        latex = "".join(out)
        fenced = self.partner.get(0) == len(self.pieces) - 1
        raised = self.pieces[-1].raised or self.pieces[-1].kind == PRIME
        return Piece(latex, ROW, tall=self.talls[-1] > 0 or self.grown, fenced=fenced, raised=raised)

    def _runs_on(self, at: int, last: str, part: str) -> bool:
        """Whether what an operator with scripts is applied to would look like one of these."""
        before = self.pieces[at - 1] if at else EMPTY
        return before.kind in (FUNCTION, BIG) and before.latex[0] == "\\" and last[-1].isalnum() and part[0].isalnum()

    def _doubles(self, at: int) -> bool:
        """Whether a prime or a raised character would be a second superscript to what stands before it."""
        before, piece = self.pieces[at - 1] if at else EMPTY, self.pieces[at]
        return before.raised and before.kind != PRIME and piece.latex.startswith(("'", "^"))

    def _pair(self) -> None:
        """Match the fences with a stack; what is left over grows only where the page says so."""
        stack: list[int] = []
        for at, piece in enumerate(self.pieces):
            if piece.kind != FENCE:
                continue
            if piece.side == OPEN:
                stack.append(at)
                self.opened += 1
            elif piece.side == CLOSE:
                self._close(stack, at)
            else:
                self._bar(stack, at)
        for at in stack:
            self._leave_open(at, len(self.pieces) - 1)
        if stack and stack[-1] == len(self.pieces) - 1:
            self._leave_last(stack)

    def _leave_last(self, stack: list[int]) -> None:
        """A bar that ends a row and has no partner, as in f(x)|_{x=0}."""
        last = stack[-1]
        if self.pieces[last].side == BAR and self.pieces[last].grows and last > 0:
            self._grow(stack[-2] + 1 if len(stack) > 1 else 0, last, alone=True)

    def _close(self, stack: list[int], at: int) -> None:
        """A closing fence: bars opened since its opener were none."""
        skipped = []
        if self.opened:
            while self.pieces[stack[-1]].side == BAR:
                skipped.append(stack.pop())
            self.opened -= 1
            self._match(stack.pop(), at, skipped)
            return
        beside_grid = at > 0 and self.pieces[at - 1].grid is not None and self.pieces[at].core == "}"
        if self.pieces[at].grows or (beside_grid and self.pieces[at].grows is None):
            self._grow(stack[-1] + 1 if stack else 0, at, alone=True)

    def _bar(self, stack: list[int], at: int) -> None:
        """A fence that looks the same on both sides closes the innermost opener if that is its like."""
        if stack and self.pieces[stack[-1]].side == BAR and self.pieces[stack[-1]].core == self.pieces[at].core:
            self._match(stack.pop(), at, [])
        else:
            stack.append(at)

    def _match(self, start: int, end: int, skipped: list[int]) -> None:
        self.partner[start] = end
        if self._is_whole(start, end):
            return
        opener, closer = self.pieces[start], self.pieces[end]
        said = (opener.grows, closer.grows)
        tall = self.talls[end] > self.talls[start + 1]
        if True in said or (tall and False not in said and opener.core in DELIMITERS and closer.core in DELIMITERS):
            self._grow(start, end)
            for bar in skipped:
                if self.pieces[bar].grows:
                    self.before[bar] = "\\middle"

    def _grow(self, start: int, end: int, alone: bool = False) -> None:
        """Let the fences at `start` and `end` grow; with `alone` there is one at `end` only."""
        if alone:
            self.before[start] = "\\left." + self.before[start]
        else:
            self.texts[start] = self._sized(start, "\\left")
        self.texts[end] = self._sized(end, "\\right")
        self.grown = True

    def _sized(self, at: int, command: str) -> str:
        """A fence that grows, with the scripts it has."""
        piece = self.pieces[at]
        return f"{command}{DELIMITERS[piece.core]}{piece.latex[len(plain_delimiter(piece)) :]}"

    def _leave_open(self, start: int, last: int) -> None:
        """An opener without its closer."""
        piece = self.pieces[start]
        inside = [self.pieces[at] for at in range(start + 1, min(last + 1, start + 4)) if self.pieces[at].kind != SPACE]
        if piece.core == "{" and inside and inside[0].grid is not None and start + 1 <= last:
            at = next(at for at in range(start + 1, last + 1) if self.pieces[at].grid is not None)
            grid = inside[0].grid
            if grid.columns <= 2 and not grid.lined:
                self.texts[start], self.texts[at] = "", grid.within("cases")
            else:
                self.texts[start], self.texts[at] = "\\left\\{", grid.array() + "\\right."
        elif piece.grows and (piece.side == OPEN or (piece.side == BAR and start == 0 < last)):
            self.texts[start] = self._sized(start, "\\left")
            self.grown = True
            self.after[last] += "\\right."

    def _is_whole(self, start: int, end: int) -> bool:
        """Whether the pair makes one thing with what it holds: a matrix, a binomial, a residue."""
        inside = [at for at in range(start + 1, min(end, start + 6)) if self.pieces[at].kind != SPACE]
        pair = (self.pieces[start].core, self.pieces[end].core)
        if end - start > 6 or not inside:
            return bool(inside) and self._is_residue(start, end, inside, pair)
        only = self.pieces[inside[0]] if len(inside) == 1 else None
        if only is not None and only.grid is not None:
            environment = MATRICES.get(pair)
            if environment is None or only.grid.lined or only.grid.small:
                return False
            self._become(start, end, inside[0], only.grid.within(environment))
            return True
        if only is not None and only.halves is not None and pair == ("(", ")"):
            self._become(start, end, inside[0], f"\\binom{{{only.halves[0]}}}{{{only.halves[1]}}}")
            return True
        return self._is_residue(start, end, inside, pair)

    def _is_residue(self, start: int, end: int, inside: list[int], pair: tuple[str, str]) -> bool:
        first = self.pieces[inside[0]]
        if pair != ("(", ")") or first.core != "mod" or first.kind not in (WORD, FUNCTION) or len(inside) < 2:
            return False
        at = inside[1]
        self.texts[start] = "\\pmod{"
        for space in range(start + 1, at):
            self.texts[space] = ""
        self.texts[end] = "}" + self.pieces[end].latex.removeprefix(")")
        if start and self.pieces[start - 1].kind == SPACE:
            self.texts[start - 1] = ""
        return True

    def _become(self, start: int, end: int, at: int, latex: str) -> None:
        """The pair and what it holds as `latex`, with the scripts of the closing fence."""
        for other in range(start, end + 1):
            self.texts[other] = ""
        closer = self.pieces[end]
        self.texts[at] = latex + closer.latex[len(plain_delimiter(closer)) :]


MATRICES = {
    ("(", ")"): "pmatrix",
    ("[", "]"): "bmatrix",
    ("{", "}"): "Bmatrix",
    ("|", "|"): "vmatrix",
    ("∣", "∣"): "vmatrix",
    ("‖", "‖"): "Vmatrix",
    ("∥", "∥"): "Vmatrix",
}
_BAR_TEXT = {"∣": "|", "∥": r"\|", "‖": r"\|"}


def plain_delimiter(piece: Piece) -> str:
    """A fence without scripts, where it does not grow."""
    return _BAR_TEXT.get(piece.core) or DELIMITERS.get(piece.core, piece.core)
