r"""A formula in AsciiMath as LaTeX, by the grammar that ASCIIMathML.js and MathJax's AsciiMath input read.

Reads left to right without precedence: a simple expression may have scripts, two with a slash between them are a
fraction, and brackets that only group (around a script, a fraction's half, an argument) go. Where the reference
shows a stray mark (an unpaired bracket, a second superscript) it is kept too, in LaTeX that is balanced whatever comes
in. Takes linear time; what nests deeper than `MAX_DEPTH` is written flat. Not a finder of formulas in a page.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mathmill.pipeline.notation.asciimath_symbols import SYMBOLS, Kind, Symbol, tokens

# Brackets and commands inside one another beyond which no structure is read.
MAX_DEPTH = 50

_ONE_TOKEN = re.compile(r"[^\\{}\s%^_'&#$~]|\\[A-Za-z]+")
_ENDS_IN_COMMAND = re.compile(r"\\[A-Za-z]+\Z")
_PLAIN_TEXT = re.compile(r"\\text\{([A-Za-z0-9]+)\}")
_MATRICES = {"()": "pmatrix", "[]": "bmatrix", "\\{\\}": "Bmatrix", "||": "vmatrix", "": "matrix", "\\{": "cases"}
# Kinds after which a bar opens, a sign stands alone, and which take no part in a fraction.
_EXPECTING = frozenset({Kind.OPERATOR, Kind.SIGN, Kind.PUNCTUATION, Kind.WORD})
_NO_OPERAND = _EXPECTING | {Kind.RIGHT, Kind.INFIX}
_OPENING = _EXPECTING | {Kind.LEFT, Kind.INFIX, Kind.UNARY, Kind.BINARY, Kind.BIG, Kind.FUNCTION}
_DROPPED_LEFT, _DROPPED_RIGHT = frozenset({"(", "[", "\\{"}), frozenset({")", "]", "\\}"})
_DIFFERENTIALS = frozenset({"dx", "dy", "dz", "dt"})
_MID = Symbol(Kind.OPERATOR, "\\mid")


def to_latex(text: str) -> str:
    """LaTeX without delimiters of a formula in AsciiMath; '' for blank text."""
    parser = _Parser(tokens(text))
    return _join(parser.expression(len(parser.tokens)), tight=False)


@dataclass(frozen=True, slots=True)
class _Piece:
    """Finished LaTeX; `items` and brackets of what was grouped, so that the brackets may still go."""

    latex: str
    kind: Kind = Kind.ATOM
    items: tuple[_Piece, ...] | None = None
    left: str = ""
    right: str = ""


def _partners(symbols: Sequence[Symbol]) -> dict[int, int]:
    """Where each bracket that opens a group is closed: any right one closes any left one, bars pair in between.

    A left bracket that nothing closes ends with the formula; an unpaired bar or right bracket is no key.
    """
    partners: dict[int, int] = {}
    frames: list[tuple[int, list[int]]] = [(-1, [])]  # a left bracket and the bars that are open inside it
    for at, token in enumerate(symbols):
        bars = frames[-1][1]
        if token.kind is Kind.LEFT:
            frames.append((at, []))
        elif token.kind is Kind.RIGHT and len(frames) > 1:
            partners[frames.pop()[0]] = at
        elif token.kind is Kind.BAR:
            before = symbols[at - 1] if at else _MID
            if _is_column_bar(symbols, at):
                continue
            if bars and bars[-1] != at - 1 and before.kind not in _OPENING:
                partners[bars.pop()] = at
            else:
                bars.append(at)
    return partners | {left: len(symbols) for left, _ in frames[1:]}


def _is_column_bar(symbols: Sequence[Symbol], at: int) -> bool:
    """Whether a bar stands alone between commas, as the line in an augmented matrix."""
    around = (*symbols[max(0, at - 1) : at], *symbols[at + 1 : at + 2])
    return len(around) == 2 and all(token.latex == "," for token in around)


class _Parser:
    """One formula's tokens, read once from left to right."""

    def __init__(self, symbols: list[Symbol]) -> None:
        self.tokens, self.partners = symbols, _partners(symbols)
        self.at = self.depth = self.tight = 0

    def expression(self, end: int) -> tuple[_Piece, ...]:
        """The pieces up to the token at `end`, fractions made."""
        pieces: list[_Piece] = []
        while self.at < end:
            piece = self.intermediate(signed=False)
            slash = self.tokens[self.at] if self.at < end else None
            if slash and slash.latex == "/" and slash.kind is Kind.INFIX and self._makes_fraction(piece, end):
                self.at += 1
                under = self.intermediate(signed=True)
                piece = _Piece(f"\\frac{{{self.inner(piece)}}}{{{self.inner(under)}}}")
            pieces.append(piece)
        return tuple(pieces)

    def _makes_fraction(self, over: _Piece, end: int) -> bool:
        follows = self.tokens[self.at + 1] if self.at + 1 < end else None
        if over.kind in _NO_OPERAND or follows is None:
            return False
        return follows.kind not in _NO_OPERAND or follows.kind is Kind.SIGN

    def intermediate(self, signed: bool) -> _Piece:
        """A simple expression with its scripts; a function with scripts takes what follows along."""
        token = self.tokens[self.at]
        if token.kind is Kind.INFIX and token.latex != "/":
            return _Piece(self._scripts(_Piece("{}")))
        base = self.argument() if signed else self.simple()
        latex = self._scripts(base)
        if latex == base.latex:
            return base
        scripted = _Piece(latex, base.kind)
        if token.kind in (Kind.FUNCTION, Kind.LETTER_FUNCTION) and self._operand_follows(token):
            return self._applied(scripted, scripts=True)
        return scripted

    def _operand_follows(self, function: Symbol) -> bool:
        if self.at >= len(self.tokens) or self.depth >= MAX_DEPTH:
            return False
        follows = self.tokens[self.at]
        if function.kind is Kind.LETTER_FUNCTION:
            return follows.latex == "("
        return follows.kind not in (*_NO_OPERAND, Kind.BAR, Kind.PRIME)

    def _applied(self, function: _Piece, scripts: bool) -> _Piece:
        self.depth += 1
        argument = self.intermediate(signed=False) if scripts else self.simple()
        self.depth -= 1
        return _Piece(_join((function, argument), self.tight > 0))

    def _scripts(self, base: _Piece) -> str:
        """`base` with primes, then its subscript, superscript and factorial marks, as far as these follow."""
        primes, marks, scripts = "", "", {"_": "", "^": ""}
        while self.at < len(self.tokens):
            token = self.tokens[self.at]
            if token.kind is Kind.PRIME and not scripts["^"]:
                primes += "'"
                self.at += 1
            elif token.latex in scripts and token.kind is Kind.INFIX and not scripts[token.latex]:
                self.at += 1
                scripts[token.latex] = token.latex + self._script()
            elif token.latex == "!" and base.kind is not Kind.OPERATOR:
                marks += "!"
                self.at += 1
                if self.at >= len(self.tokens) or self.tokens[self.at].latex != "!":
                    break
            else:
                break
        added = primes + scripts["_"] + scripts["^"] + marks
        loose = added and base.items is not None and not base.left and not _ONE_TOKEN.fullmatch(base.latex)
        return (f"{{{base.latex}}}" if loose else base.latex) + added

    def _script(self) -> str:
        if self.at >= len(self.tokens) or self.tokens[self.at].kind in (Kind.RIGHT, Kind.PUNCTUATION, Kind.INFIX):
            return "{}"
        self.tight += 1
        latex = self.inner(self.argument())
        self.tight -= 1
        if latex == "{}'":
            return "\\prime"
        return latex if _ONE_TOKEN.fullmatch(latex) else f"{{{latex}}}"

    def argument(self) -> _Piece:
        """What a slash, a script or a command takes: a simple expression, with a sign in front of it."""
        sign = self.simple()
        if sign.kind is not Kind.SIGN or self.at >= len(self.tokens) or self.tokens[self.at].kind in _NO_OPERAND:
            return sign
        if self.tokens[self.at].kind is Kind.BAR and self.at not in self.partners:
            return sign
        return _Piece(_join((sign, self.simple()), self.tight > 0))

    def simple(self) -> _Piece:
        """A constant, a group in brackets, or a command with its arguments."""
        at, token = self.at, self.tokens[self.at]
        self.at += 1
        if self.depth >= MAX_DEPTH:
            return self._flat(at)
        self.depth += 1
        piece = self._structure(at, token)
        self.depth -= 1
        return piece

    def _structure(self, at: int, token: Symbol) -> _Piece:
        if at in self.partners:
            return self._group(at, token)
        if token.kind is Kind.BAR:
            return self._lone_bar()
        if token.kind is Kind.UNARY:
            return _unary(token, self._inner_argument(), self.tight > 0)
        if token.kind is Kind.BINARY:
            return self._binary(token)
        constant = _Piece("{}'" if token.kind is Kind.PRIME else token.latex, token.kind)
        if token.kind in (Kind.FUNCTION, Kind.LETTER_FUNCTION) and self._operand_follows(token):
            return self._applied(constant, scripts=False)
        return constant

    def _inner_argument(self) -> str:
        """A command's argument without its brackets; '' where the group or formula ends before it."""
        if self.at >= len(self.tokens) or self.tokens[self.at].kind in (Kind.RIGHT, Kind.PUNCTUATION):
            return ""
        return self.inner(self.argument())

    def _binary(self, command: Symbol) -> _Piece:
        first = self._inner_argument()
        if command.latex == "\\color":  # the colour goes, its content stays
            if self.at >= len(self.tokens) or self.tokens[self.at].kind is Kind.RIGHT:
                return _Piece("", items=())
            content = self.argument()
            if content.items is None:
                return content
            return _Piece(self.inner(content), items=content.items)
        second = self._inner_argument()
        if command.latex == "\\root":
            return _Piece(f"\\sqrt[{{{first}}}]{{{second}}}" if "]" in first else f"\\sqrt[{first}]{{{second}}}")
        relation = second in _OPERATOR_LATEX
        return _Piece(f"{command.latex}{{{first}}}{{{second}}}", Kind.OPERATOR if relation else Kind.ATOM)

    def _group(self, at: int, token: Symbol) -> _Piece:
        end = self.partners[at]
        items = self.expression(end)
        right = self.tokens[end].latex if end < len(self.tokens) else ""
        self.at = end + 1
        if table := _matrix(token.latex, right, items):
            return _Piece(table)
        if token.latex == "(" and right == ")" and items and items[0].latex == "\\bmod":
            return _Piece(f"\\pmod{{{_join(items[1:], tight=True)}}}")
        if token.kind is Kind.BAR and len(items) == 1 and items[0].left == "|" == items[0].right:
            return _Piece(f"\\|{_join(items[0].items or (), self.tight > 0)}\\|")
        return _Piece(
            _bracketed(token.latex, _join(items, self.tight > 0), right), Kind.ATOM, items, token.latex, right
        )

    def _lone_bar(self) -> _Piece:
        follows = self.tokens[self.at] if self.at < len(self.tokens) else None
        if follows and follows.kind is Kind.INFIX:  # evaluated at: F(x)|_0^1
            return _Piece("|")
        if follows and follows.kind is Kind.BAR and self.at not in self.partners:
            self.at += 1
            return _Piece("\\parallel", Kind.OPERATOR)
        return _Piece("\\mid", Kind.OPERATOR)

    def _flat(self, at: int) -> _Piece:
        """The token at `at`, and all of the group that it opens, as marks without structure."""
        end = min(self.partners.get(at, at), len(self.tokens) - 1)
        self.at = end + 1
        empty = {Kind.UNARY: "{}", Kind.BINARY: "{}{}"}
        marks = []
        for token in self.tokens[at : end + 1]:
            latex = "{}'" if token.kind is Kind.PRIME else token.latex
            if token.kind is Kind.INFIX and latex != "/":
                continue
            latex = "" if latex == "\\color" else "\\sqrt{}" if latex == "\\root" else latex + empty.get(token.kind, "")
            marks.append(_Piece(token.latex + token.right if token.right else latex))
        return _Piece(_join(marks, tight=True))

    def inner(self, piece: _Piece) -> str:
        """A piece without the brackets that only group it."""
        if piece.items is None or piece.left not in _DROPPED_LEFT:
            return piece.latex
        right = "" if piece.right in _DROPPED_RIGHT else piece.right
        return _bracketed("", _join(piece.items, self.tight > 0), right)


_OPERATOR_LATEX = frozenset(symbol.latex for symbol in SYMBOLS.values() if symbol.kind in (Kind.OPERATOR, Kind.SIGN))


def _unary(command: Symbol, argument: str, tight: bool) -> _Piece:
    if command.right:
        return _Piece(_bracketed(command.latex, argument, command.right))
    if command.latex.startswith("\\math") and (plain := _PLAIN_TEXT.fullmatch(argument)):
        argument = plain.group(1)
    wide = command.wide and argument and not _ONE_TOKEN.fullmatch(argument)
    return _Piece(f"{command.wide if wide else command.latex}{{{argument}}}")


def _bracketed(left: str, inside: str, right: str) -> str:
    """`inside` between brackets, with space where these are commands."""
    spaces = [" " if inside and bracket[-1:].isalpha() else "" for bracket in (left, right)]
    return _glued(f"{left}{spaces[0]}{inside}{spaces[1]}", right)


def _glued(before: str, after: str) -> str:
    apart = before and after[:1].isalpha() and _ENDS_IN_COMMAND.search(before, max(0, len(before) - 40))
    return f"{before} {after}" if apart else before + after


def _matrix(left: str, right: str, items: Sequence[_Piece]) -> str:
    """A group of rows as an environment; '' where it is no matrix."""
    rows = items[::2]
    if not rows or any(piece.latex != "," for piece in items[1::2]) or len(items) % 2 == 0:
        return ""
    ends = {(row.left, row.right) for row in rows if row.items is not None}
    if any(row.items is None for row in rows) or len(ends) > 1 or not ends <= {("(", ")"), ("[", "]")}:
        return ""
    cells = [_cells(row.items or ()) for row in rows]
    columns = len(cells[0])
    single = len(rows) == 1 and not (columns > 1 and (left, rows[0].left) == ("[", "["))
    if single or any(len(row) != columns for row in cells):
        return ""
    lines = [column for column in range(columns) if all(row[column] in ("\\mid", "|") for row in cells)]
    body = " \\\\ ".join(" & ".join(cell for column, cell in enumerate(row) if column not in lines) for row in cells)
    if not lines and (name := _MATRICES.get(left + right)):
        return f"\\begin{{{name}}} {body} \\end{{{name}}}"
    kind, shape = ("matrix", "") if not lines else ("array", f"{{{_columns(columns, lines)}}}")
    return f"\\left{left or '.'} \\begin{{{kind}}}{shape} {body} \\end{{{kind}}} \\right{right or '.'}"


def _columns(count: int, lines: Sequence[int]) -> str:
    return "".join("|" if column in lines else "c" for column in range(count))


def _cells(items: Sequence[_Piece]) -> list[str]:
    cells: list[list[_Piece]] = [[]]
    for piece in items:
        if piece.latex == ",":
            cells.append([])
        else:
            cells[-1].append(piece)
    return [_join(cell, tight=False) for cell in cells]


def _join(pieces: Sequence[_Piece], tight: bool) -> str:
    """Pieces as a person writes them: space around operators, none in scripts (`tight`) but after commands."""
    written: list[str] = []
    before: _Piece | None = None
    for number, piece in enumerate(pieces):
        latex = piece.latex
        if piece.kind is Kind.WORD:
            start = "" if before is None or before.kind is Kind.PUNCTUATION else " "
            latex = f"\\text{{{start}{latex}{' ' if number + 1 < len(pieces) else ''}}}"
        if not latex:
            continue
        if before is not None and _apart(before, piece, written, tight):
            written.append(" ")
        written.append(latex)
        lone = piece.kind is Kind.SIGN and (before is None or before.kind in _EXPECTING)
        before = _Piece(latex, Kind.LEFT if lone else piece.kind)
    return "".join(written)


def _apart(before: _Piece, piece: _Piece, written: Sequence[str], tight: bool) -> bool:
    """Whether a space stands between two pieces."""
    if piece.latex[0].isalpha() and _ENDS_IN_COMMAND.search(before.latex, max(0, len(before.latex) - 40)):
        return True
    if before.kind is Kind.LEFT or piece.kind is Kind.PUNCTUATION:
        return False
    if Kind.WORD in (before.kind, piece.kind) or piece.latex in _DIFFERENTIALS:
        return True
    for operator in (before, piece):
        if operator.kind in (Kind.OPERATOR, Kind.SIGN) and not (tight and len(operator.latex) == 1):
            return True
    if before.kind is Kind.PUNCTUATION or piece.latex.startswith("\\pmod"):
        return not tight or piece.latex.startswith("\\pmod")
    if piece.latex[0] in "0123456789.":
        return before.latex[-1] in "0123456789" and not (piece.latex == "." or len(written) < 1)
    if before.kind is Kind.BIG:
        return piece.kind not in _EXPECTING
    return before.kind is Kind.FUNCTION and not piece.latex.startswith(("(", "[", "|", "\\left", "\\{"))
