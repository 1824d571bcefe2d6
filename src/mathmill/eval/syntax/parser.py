r"""Answers to trees: lists, relations, sets, intervals, matrices, words. Sums and below are read by `terms`.

answer   = item {("," | ";" | "and" | "or") item}
item     = union {relation union}
union    = sum {("\cup" | "\cap" | "\setminus") sum}
"""

from __future__ import annotations

import re
from typing import Literal

from mathmill.eval.limits import Unparsable
from mathmill.eval.syntax.terms import Terms, Wordy
from mathmill.eval.syntax.tokens import Token, tokens_of
from mathmill.eval.syntax.trees import (
    Builder,
    Call,
    Interval,
    Items,
    Labelled,
    Matrix,
    Relation,
    SetOperation,
    Tree,
    Words,
)
from mathmill.eval.syntax.wrappers import unwrapped

_RELATIONS = ("=", "<", ">", "<=", ">=", "!=", "~", "in", "notin", "mod", "->", "=>", "<=>", ":")
_SET_OPERATORS: dict[str, Literal["union", "intersection", "difference"]] = {
    "union": "union",
    "intersection": "intersection",
    "difference": "difference",
}
_CLOSING = {"(": ")", "[": "]", "{": "}", r"\{": r"\}", "<<": ">>", "lfloor": "rfloor", "lceil": "rceil"}
_MATRICES = frozenset(["matrix", "pmatrix", "bmatrix", "Bmatrix", "vmatrix", "Vmatrix", "smallmatrix", "array"])
_GROUPS = re.compile(r"\d{3}")
_NO_WORDS = re.compile(r"[^a-z0-9]+")


def parse(text: str) -> Tree:
    """The tree of an answer: bare LaTeX, LaTeX in dollars or a box, or plain text.

    Raises:
        TooLarge: it is over a limit of `mathmill.eval.limits`.
        Unparsable: it is neither a formula that we know nor words; an empty answer is none.
    """
    source = unwrapped(text)
    tokens = tokens_of(source)
    if len(tokens) == 1:
        raise Unparsable("nothing to read")
    try:
        return _Parser(tokens).answer()
    except Wordy:
        return _words(source, tokens)


def _words(source: str, tokens: tuple[Token, ...]) -> Words:
    return Words(_NO_WORDS.sub(" ", " ".join(token.text for token in tokens).lower()).strip())


class _Parser(Terms):
    def answer(self) -> Tree:
        self.merge_thousands()
        tree = self.items("list")
        if self.next.kind != "end":
            raise self.stuck("something is left")
        return tree

    def merge_thousands(self) -> None:
        """Make one numeral of groups of three digits behind commas or gaps, outside of brackets."""
        depth, at = 0, 0
        while at < len(self.tokens):
            token = self.tokens[at]
            depth += (token.kind == "open" and token.text != "{") - (token.kind == "close" and token.text != "}")
            if token.kind == "number" and token.text.isdigit() and len(token.text) <= 3 and token.text[0] != "0":
                self.merge_groups(at, depth)
            at += 1

    def merge_groups(self, at: int, depth: int) -> None:
        while True:
            behind, group = self.tokens[at + 1], self.tokens[min(at + 2, len(self.tokens) - 1)]
            if behind.text == "," and not depth and not behind.spaced and not group.spaced:
                end, digits = at + 3, group.text
            elif behind.kind == "number" and behind.spaced and group.text not in ("/", "_"):
                end, digits = at + 2, behind.text
            else:
                return
            if not _GROUPS.fullmatch(digits.partition(".")[0]) or self.tokens[at + 1].kind == "end":
                return
            first = self.tokens[at]
            self.tokens[at:end] = [Token("number", first.text + digits, first.spaced, first.upright)]
            if "." in digits:
                return

    def items(self, kind: Literal["list", "set", "tuple", "vector"]) -> Tree:
        """One item, or several as `kind`."""
        items = [self.item()]
        either = False
        while True:
            if self.accept(",", ";"):
                self.join()
            elif not (joined := self.join()):
                break
            else:
                either = either or joined == "or"
            if self.next.kind in ("end", "close"):  # a comma at the end
                break
            items.append(self.item())
        if len(items) == 1 and kind in ("list", "tuple"):
            return items[0]
        return Items("either" if either and kind == "list" else kind, tuple(items))

    def join(self) -> str:
        """Take `and` or `or`."""
        text = self.next.text.lower()
        if text in ("and", "or") and self.next.kind in ("word", "sign"):
            self.at += 1
            return text
        return ""

    def item(self) -> Tree:
        with self.inside():
            terms, relations = [self.union()], []
            while self.sees(*_RELATIONS):
                relations.append(self.take().text)
                terms.append(self.union())
            if not relations:
                return terms[0]
            if set(relations) == {":"}:
                return Call("ratio", tuple(terms))
            return Relation(tuple(terms), tuple(relations))

    def union(self) -> Tree:
        value = self.sum()
        while self.next.text in _SET_OPERATORS and self.next.kind == "sign":
            operator = _SET_OPERATORS[self.take().text]
            right = self.sum()
            joined = isinstance(value, SetOperation) and value.operator == operator
            value = SetOperation(operator, (*value.operands, right) if joined else (value, right))  # type: ignore[union-attr]
        return value

    def bracketed(self) -> Tree:
        opening = self.take().text
        bars, self._bars = self._bars, 0
        tree = self.between(opening)
        self._bars = bars
        return tree

    def between(self, opening: str) -> Tree:
        if opening == r"\{":
            return self.braces()
        if opening in ("lfloor", "lceil"):
            value = self.sum()
            self.expect(_CLOSING[opening])
            return Call("floor" if opening == "lfloor" else "ceil", (value,))
        if opening == "{":
            tree = self.items("list")
            self.expect("}")
            return tree
        tree = self.items("tuple" if opening == "(" else "vector")
        closing = self.take()
        if closing.text not in (")", "]", ">>", "[", "(") or (opening == "<<") != (closing.text == ">>"):
            raise self.stuck("a bracket is never closed")
        pair = tree.items if isinstance(tree, Items) and len(tree.items) == 2 else None
        if pair is not None and (opening, closing.text) not in (("(", ")"), ("<<", ">>")):
            return Interval(*pair, opening == "[", closing.text == "]")
        if (opening, closing.text) not in (("(", ")"), ("[", "]"), ("<<", ">>")):
            raise self.stuck("brackets that do not match")
        if opening == "[" and isinstance(tree, Items) and len(tree.items) == 1 and self.next.kind != "end":
            return tree.items[0]  # [x + 1] in a product
        return tree

    def braces(self) -> Tree:
        if self.accept(r"\}"):
            return Items("set", ())
        first = self.sum_or_relation()
        if self.accept("|", ":"):
            rule = self.items("list")
            self.expect(r"\}")
            return Builder(first, rule)
        items = [first]
        while self.accept(",", ";") or self.join():
            items.append(self.item())
        self.expect(r"\}")
        return Items("set", tuple(items))

    def sum_or_relation(self) -> Tree:
        """An item of a set or the element of one by its rule, behind which a bar or colon stands."""
        bars, self._bars = self._bars, 1
        value = self.union()
        if self.sees("in", "=", "<", ">", "<=", ">=", "!="):
            relation = self.take().text
            value = Relation((value, self.union()), (relation,))
        self._bars = bars
        return value

    def matrix(self) -> Tree:
        name = self.written_argument()
        if name == "array":
            self.written_argument()
        elif name not in _MATRICES and name != "cases":
            raise self.stuck(f"the environment {name} is not known")
        rows: list[list[Tree]] = [[]]
        while not (self.next.kind == "command" and self.next.text == "end"):
            if self.accept(r"\\"):
                rows.append([])
            elif not self.accept("&"):
                rows[-1].append(self.items("list"))
            if self.next.kind == "end":
                raise self.stuck("a matrix is never closed")
        self.take()
        self.written_argument()
        rows = [row for row in rows if row]
        if name == "cases":
            return Items("list", tuple(Labelled(row[0], row[1]) if len(row) > 1 else row[0] for row in rows))
        if not rows or len({len(row) for row in rows}) > 1:
            raise self.stuck("a matrix with rows of different lengths")
        made = Matrix(tuple(map(tuple, rows)))
        return Call("det", (made,)) if name == "vmatrix" else made
