"""Brackets of every kind: groups, tuples, intervals, sets, absolute values, matrices, systems."""

from __future__ import annotations

from abc import abstractmethod
from typing import Literal

from mathmill.eval.syntax.primaries import Primaries
from mathmill.eval.syntax.trees import Builder, Call, Interval, Items, Labelled, Matrix, Relation, Tree, Words
from mathmill.eval.syntax.vocabulary import OTHERWISE

_CLOSING = {"lfloor": "rfloor", "lceil": "rceil", "lvert": "rvert", "lVert": "rVert"}
_ROUNDED = {"lfloor": "floor", "lceil": "ceil"}
_MATRICES = frozenset(["matrix", "pmatrix", "bmatrix", "Bmatrix", "vmatrix", "Vmatrix", "smallmatrix", "array"])
_WITH_COLUMNS = frozenset({"array", "alignedat", "alignat", "alignat*"})
_SYSTEMS = frozenset([
    "cases", "dcases", "rcases", "aligned", "align", "align*", "alignedat", "alignat", "alignat*", "gathered", "gather",
    "gather*", "split", "equation", "equation*", "eqnarray", "eqnarray*", "multline", "multline*",
])  # fmt: skip
_CASES = frozenset({"cases", "dcases", "rcases"})
_PAIRS = frozenset({("(", ")"), ("[", "]"), ("<<", ">>")})
Kind = Literal["list", "set", "tuple", "vector"]


class Brackets(Primaries):
    """Reads what stands in brackets."""

    @abstractmethod
    def items(self, kind: Kind) -> Tree:
        """One item, or several as `kind`."""

    @abstractmethod
    def item(self) -> Tree:
        """An item of a list."""

    @abstractmethod
    def union(self) -> Tree:
        """Sets joined, or a sum."""

    @abstractmethod
    def join(self) -> str:
        """Take `and` or `or`."""

    def bracketed(self) -> Tree:
        start, opening = self.at, self.take().text
        bars, self.bars = self.bars, 0
        tree = self.between(opening, is_first=start == 0)
        self.bars = bars
        return tree

    def between(self, opening: str, is_first: bool) -> Tree:
        """What stands behind an opening bracket, with its closing one; `is_first` if an answer begins with it."""
        if opening == r"\{":
            return self.braces()
        if opening in _CLOSING:
            value = self.sum()
            self.expect(_CLOSING[opening])
            return Call(_ROUNDED[opening], (value,)) if opening in _ROUNDED else self.in_bars(opening, value)
        if opening == "{":
            if self.sees_group_end() and is_first:
                self.at += 1
                return Items("set", ())
            tree = self.items("list")
            self.expect("}")
            return tree
        tree = self.items("tuple" if opening == "(" else "vector")
        if not self.sees(")", "]", ">>", "[", "("):
            raise self.stuck("a bracket is never closed")
        return self.closed(tree, opening, self.take().text, is_first)

    def sees_group_end(self) -> bool:
        return self.sees("}") and self.ahead(1).kind == "end"

    def closed(self, tree: Tree, opening: str, closing: str, is_first: bool) -> Tree:
        """What round, square and angle brackets make of what they hold."""
        pair = tree.items if isinstance(tree, Items) and tree.kind in ("tuple", "vector") else ()
        if opening == "[" and closing == "]" and (rows := _rows(pair)) is not None:
            return Matrix(rows)
        if len(pair) == 2 and "<<" not in (opening, closing) and (opening, closing) != ("(", ")"):
            return Interval(pair[0], pair[1], opening == "[", closing == "]")
        if (opening, closing) not in _PAIRS:
            raise self.stuck("brackets that do not match")
        if isinstance(tree, Items) and tree.kind == "vector" and len(tree.items) == 1:
            is_whole = is_first and self.next.kind == "end"
            is_list = is_whole and not isinstance(tree.items[0], Matrix)
            return tree if is_list else tree.items[0]  # [x + 1] in a product
        return tree

    def braces(self) -> Tree:
        """A set, by its items or its rule, or a system behind one brace."""
        if self.accept(r"\}"):
            return Items("set", ())
        if self.sees_command("begin"):
            return self.system()
        first = self.element()
        if self.accept("|", ":"):
            rule = self.items("list")
            self.expect(r"\}")
            return Builder(first, rule)
        items = [first]
        while self.accept(",", ";") or self.join():
            self.join()
            items.append(self.item())
        self.expect(r"\}")
        return Items("set", tuple(items))

    def element(self) -> Tree:
        """An item of a set or the element of one by its rule, behind which a bar or colon stands."""
        bars, self.bars = self.bars, 1
        value = self.union()
        if self.sees("in", "=", "<", ">", "<=", ">=", "!="):
            terms, relations = [value], []
            while self.sees("in", "=", "<", ">", "<=", ">=", "!="):
                relations.append(self.take().text)
                terms.append(self.union())
            value = Relation(tuple(terms), tuple(relations))
        self.bars = bars
        return value

    def system(self) -> Tree:
        r"""What stands behind `\left\{`: the rows of a system, or a set of matrices if the brace is closed."""
        start = self.at
        self.take()
        name, rows = self.rows()
        if not self.sees(r"\}", ",", ";"):
            return self.listed(rows, has_conditions=name == "array" or name in _CASES)
        self.at = start
        items = [self.item()]
        while self.accept(",", ";"):
            items.append(self.item())
        self.expect(r"\}")
        return Items("set", tuple(items))

    def environment(self) -> Tree:
        name, rows = self.rows()
        if name in _SYSTEMS:
            return self.listed(rows, has_conditions=name in _CASES)
        if name not in _MATRICES:
            raise self.stuck(f"the environment {name} is not known")
        filled = [tuple(cell for cell in row if cell is not None) for row in rows if row != [None]]
        if not filled or {len(row) for row in filled} != {max(map(len, rows))}:
            raise self.stuck("a matrix with rows of different lengths or without entries")
        made = Matrix(tuple(filled))
        if name == "Vmatrix":
            return Call("norm", (made,))
        return Call("det", (made,)) if name == "vmatrix" else made

    def rows(self) -> tuple[str, list[list[Tree | None]]]:
        r"""The name of an environment whose `\begin` is taken, and its cells by rows; None for an empty cell."""
        name = self.written_argument()
        if name in _WITH_COLUMNS:
            self.written_argument()
        rows: list[list[Tree | None]] = [[None]]
        bars, self.bars = self.bars, 0
        while not self.sees_command("end"):
            if self.next.kind == "end":
                raise self.stuck("a matrix is never closed")
            if self.accept(r"\\"):
                rows.append([None])
            elif self.accept("&"):
                rows[-1].append(None)
            elif rows[-1][-1] is not None:
                raise self.stuck("something is left in a cell")
            else:
                rows[-1][-1] = self.cell(name in _SYSTEMS and name not in _CASES)
        self.bars = bars
        self.take()
        self.written_argument()
        return name, rows

    def cell(self, is_aligned: bool) -> Tree | None:
        """One entry; marks of alignment stand within the lines of a system and part nothing."""
        if is_aligned:
            at = self.at
            while self.tokens[at].text != r"\\" and self.tokens[at].kind not in ("end", "command"):
                at += 1
            self.tokens[self.at : at] = [token for token in self.tokens[self.at : at] if token.text != "&"]
        if self.next.kind == "word" and self.next.text.lower() in OTHERWISE:
            self.at += 1
            return Words("otherwise")
        if self.at_condition() and self.ahead(1).text == "&":  # `if` in a column of its own
            self.at += 1
            return None
        if self.at_condition():
            return self.condition()
        return self.items("list")

    @abstractmethod
    def at_condition(self) -> bool:
        """Whether a word stands here that begins a condition."""

    @abstractmethod
    def condition(self) -> Tree:
        """Take a condition."""

    def listed(self, rows: list[list[Tree | None]], has_conditions: bool) -> Tree:
        """The rows of a system as a list, with their conditions where they have some."""
        made: list[Tree] = []
        for row in rows:
            cells = [cell for cell in row if cell is not None]
            if has_conditions and len(cells) == 2:
                made.append(Labelled(cells[0], cells[1]))
            else:
                made.extend(cells)
        if not made:
            raise self.stuck("a system without rows")
        return made[0] if len(made) == 1 else Items("list", tuple(made))


def _rows(items: tuple[Tree, ...]) -> tuple[tuple[Tree, ...], ...] | None:
    """Lists in square brackets within one, as the rows of a matrix if they are as long as each other."""
    rows: list[tuple[Tree, ...]] = []
    for item in items:
        if isinstance(item, Interval) and item.closed_low and item.closed_high:
            rows.append((item.low, item.high))
        elif isinstance(item, Items) and item.kind == "vector":
            rows.append(item.items)
        else:
            return None
    return tuple(rows) if rows and len({len(row) for row in rows}) == 1 else None
