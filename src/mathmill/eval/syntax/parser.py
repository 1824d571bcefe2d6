r"""Answers to trees: lists, relations, sets, intervals, matrices, words. Sums and below are read by `terms`.

answer   = item {("," | ";" | "and" | "or") item}
item     = ratio {relation ratio} ["if" item]
ratio    = union {":" union}
union    = sum {("\cup" | "\cap" | "\setminus") sum}
"""

from __future__ import annotations

import re
from fractions import Fraction
from itertools import pairwise
from typing import Literal

from mathmill.eval.limits import MAX_CHARS, MAX_DEPTH, MAX_NODES, TooLarge, Unparsable
from mathmill.eval.syntax.brackets import Brackets, Kind
from mathmill.eval.syntax.cursor import Wordy
from mathmill.eval.syntax.groups import merged, without_sure_groups
from mathmill.eval.syntax.marks import signs_of
from mathmill.eval.syntax.measures import is_numeric
from mathmill.eval.syntax.number_sets import excepting
from mathmill.eval.syntax.numerals import numeral
from mathmill.eval.syntax.spread import are_half_lines, grouped, spread_out
from mathmill.eval.syntax.tokens import Token, tokens_of
from mathmill.eval.syntax.trees import (
    Call,
    Choice,
    Items,
    Labelled,
    Negative,
    Number,
    Quantity,
    Relation,
    SetOperation,
    Symbol,
    Tree,
    Words,
    children,
)
from mathmill.eval.syntax.vocabulary import ALL_NUMBERS, ANY, APPROXIMATE, CHOICES, CONDITIONS, JOINS
from mathmill.eval.syntax.words import IN_ALL, TITLE_ENDS, ends_title, is_spoken, is_title, words_of
from mathmill.eval.syntax.wrappers import unwrapped

_RELATIONS = (
    "=", "<", ">", "<=", ">=", "!=", "~", "cong", "in", "notin", "mod", "->", "=>", "<=>", "subset", "perp", "parallel",
    "propto",
)  # fmt: skip
_SET_OPERATORS: dict[str, Literal["union", "intersection", "difference"]] = {
    "union": "union",
    "intersection": "intersection",
    "difference": "difference",
}
_NUMERAL = re.compile(r"(-?)((?:[1-9][0-9]{0,2}(?:,[0-9]{3}){1,12}|[0-9]{1,40})(?:\.[0-9]{1,40})?)")
_LATEX = re.compile(r"[\\$]")
_CHOICE = re.compile(r"[A-J]")
_MOST_WORDS = 4  # of each item in a list of words


def parse(text: str) -> Tree:
    """The tree of an answer: bare LaTeX, LaTeX in dollars or a box, or plain text.

    Raises:
        TooLarge: it is over a limit of `mathmill.eval.limits`.
        Unparsable: it is neither a formula that we know nor words; an empty answer is none.
    """
    if plain := _NUMERAL.fullmatch(text):
        number = numeral(plain[2].replace(",", ""))
        return Negative(number) if plain[1] else number
    if len(text) > MAX_CHARS:
        raise TooLarge(f"more than {MAX_CHARS:,} characters")
    is_plain = not _LATEX.search(text)
    tokens = merged(signs_of(tokens_of(unwrapped(without_sure_groups(text))), is_plain))
    if len(tokens) == 1:
        raise Unparsable("nothing to read")
    return _bounded(_read(tokens, is_plain))


def _read(tokens: list[Token], is_plain: bool) -> Tree:
    try:
        return _Parser(tokens, is_plain).answer()
    except Wordy:
        return _excepted(tokens, is_plain) or _entitled(tokens, is_plain) or _spoken(tokens, is_plain)
    except Unparsable:
        if not any(map(is_spoken, _outside_environments(tokens))):
            raise
        return _said(tokens)


def _outside_environments(tokens: list[Token]) -> list[Token]:
    """The tokens without the names of environments."""
    return [each for at, each in enumerate(tokens) if at < 2 or tokens[at - 2].text not in ("begin", "end")]


def _excepted(tokens: list[Token], is_plain: bool) -> Tree | None:
    r"""`all real numbers except 1`, `all real numbers x \\ne 1`; None for other words."""
    count = 0
    while tokens[count].text.lower() in ALL_NUMBERS:
        count += 1
    if count < 1 or tokens[0].text.lower() not in ("all", "any", "every", "real"):
        return None
    is_except = tokens[count].text == "except"
    rest = tokens[count + 1 :] if is_except else tokens[count:]
    rest = rest[1:] if rest[0].text == "for" else rest
    try:
        value = _Parser(rest, is_plain).answer()
    except (Wordy, Unparsable):
        return None
    relation = value.items[0] if isinstance(value, Items) else value
    if not is_except:
        return value if isinstance(relation, Relation) and relation.relations == ("!=",) else None
    return excepting(value)


def _entitled(tokens: list[Token], is_plain: bool) -> Relation | None:
    r"""A value behind words that say what it is: `\\text{Area} = 12`, `Answer: 5`; None for other words."""
    at = next((number for number, token in enumerate(tokens) if ends_title(token)), None)
    if at is None or not is_title(tokens[: at + 1]):
        return None
    begin = at + 1 + (tokens[at + 1].text in TITLE_ENDS | IN_ALL)  # `Solution is: `
    try:
        value = _Parser(tokens[begin:], is_plain).answer()
    except (Wordy, Unparsable):
        return None
    name = words_of([*(tokens[:at] if tokens[at].text in TITLE_ENDS else tokens[: at + 1]), tokens[-1]])
    if isinstance(value, Relation):
        return Relation((name, *value.terms), ("=", *value.relations))
    if isinstance(value, Items) and value.kind in ("list", "either"):
        return None
    return Relation((name, value), ("=",))


def _spoken(tokens: list[Token], is_plain: bool) -> Tree:
    """Words, or a list of short items some of which are words."""
    parts: list[list[Token]] = [[]]
    depth = 0
    for token in tokens:
        depth += (token.kind == "open") - (token.kind == "close")
        if token.text in (",", ";") and not depth:
            parts.append([])
        else:
            parts[-1].append(token)
    ends = [[*part, tokens[-1]] if part[-1:] != [tokens[-1]] else part for part in parts]
    if len(parts) == 1 or not all(1 < len(part) <= _MOST_WORDS + 1 for part in ends):
        return _said(tokens)
    return Items("list", tuple(_read(part, is_plain) for part in ends))


def _said(tokens: list[Token]) -> Words:
    words = words_of(tokens)
    if not words.text:
        raise Unparsable("nothing to read")
    return words


def _bounded(tree: Tree) -> Tree:
    """The tree, if it is within the limits of what passes over trees may meet."""
    level, count, depth = [tree], 0, 0
    while level:
        count, depth = count + len(level), depth + 1
        if depth > MAX_DEPTH:
            raise TooLarge(f"more than {MAX_DEPTH} levels deep")
        if count > MAX_NODES:
            raise TooLarge(f"more than {MAX_NODES} nodes")
        level = [child for node in level for child in children(node)]
    return tree


class _Parser(Brackets):
    def answer(self) -> Tree:
        self.accept("=>")  # what follows from something
        self.accept("=")  # a right side alone
        tree = self.choice() or self.items("list")
        if self.next.kind != "end":
            raise self.stuck("something is left")
        return tree

    def choice(self) -> Tree | None:
        """`(B)`, `option B`, or `(B) 12`: a letter of a multiple-choice question, with what it stands for."""
        start = self.at
        is_named = self.next.kind == "word" and self.next.text.lower() in CHOICES
        self.at += is_named
        if (letter := self.choice_letter()) is None and is_named and _CHOICE.fullmatch(self.next.text):
            letter = Choice(self.take().text)
        is_apart = self.next.spaced or self.next.upright or self.tokens[self.at - 1].upright
        if letter is not None and self.next.kind == "end":
            return letter
        at_join = self.next.kind in ("sign", "close") or self.next.text.lower() in JOINS
        if letter is not None and is_apart and not at_join:
            return Labelled(self.items("list"), letter)
        self.at = start
        return self.labelled()

    def labelled(self) -> Tree | None:
        """`A: 5`, `B. 5`, `C) 5`: the letter of an option, or of a line or curve, and what it stands for."""
        letter, mark, behind = self.next, self.ahead(1), self.ahead(2)
        is_mark = mark.text in (":", ".", ")") and not mark.spaced and behind.spaced
        if letter.kind not in ("letter", "word") or len(letter.text) > 1 or not is_mark or behind.kind == "end":
            return None
        if any(a.kind == "letter" and b.text == mark.text for a, b in pairwise(self.tokens[self.at + 2 :])):
            return None  # several options, or several people with what each has
        start = self.at
        self.at += 2
        try:
            tree = self.items("list")
        except (Wordy, Unparsable):
            self.at = start
            return None
        if _CHOICE.fullmatch(letter.text):
            return Labelled(tree, Choice(letter.text))
        is_only = not any(token.text == ":" for token in self.tokens[start + 2 :])
        if mark.text == ":" and is_only and isinstance(tree, Relation):
            return tree
        self.at = start
        return None

    def choice_letter(self) -> Choice | None:
        """Take a capital in round brackets that nothing is multiplied with."""
        letter = self.ahead(1)
        if self.sees("(") and _CHOICE.fullmatch(letter.text) and letter.kind == "letter" and self.ahead(2).text == ")":
            self.at += 3
            return Choice(letter.text)
        return None

    def items(self, kind: Kind) -> Tree:
        items = [self.item()]
        signs: frozenset[str] = frozenset()  # of logic
        either, has_and, ends = False, False, list[int]()  # `ends` are where an `or` or a semicolon stands
        while True:
            sign = self.take().text if self.sees(",", ";") else ""
            is_sign = self.next.kind == "sign"
            joined = self.join()
            signs = signs | {joined} if joined and is_sign else signs
            if not sign and not joined:
                break
            either, has_and = either or joined == "or", has_and or joined == "and"
            if sign == ";" or joined == "or":
                ends.append(len(items))
            if self.next.kind in ("end", "close") or self.sees("&", r"\\") or self.sees_command("end"):  # a last comma
                break
            if self.at_condition() or (self.next.kind == "word" and self.next.text in ANY):
                items = [*items[:-1], Labelled(items[-1], self.condition())]
                break
            items.append(self.item())
        if len(items) == 1 and kind in ("list", "tuple"):
            return items[0]
        if kind != "list":
            return Items(kind, tuple(items))
        if len(signs) == 1 and all(isinstance(item, Symbol | Call) for item in items):
            return Call(next(iter(signs)), tuple(items))  # of statements, not of answers
        items = spread_out(items)
        if has_and and not either and are_half_lines(items):  # both hold; a comma may stand for `or`
            return SetOperation("intersection", tuple(items))
        return Items("either" if either else kind, grouped(items, ends))

    def join(self) -> str:
        text = self.next.text.lower()
        if text in JOINS and self.next.kind in ("word", "sign"):
            self.at += 1
            return text
        return ""

    def item(self) -> Tree:
        with self.inside():
            if (letter := self.choice_letter()) is not None:
                if self.next.kind == "end" or self.sees(",", ";") or self.next.text.lower() in JOINS:
                    return letter
                self.at -= 3
            self.skip_approximately()
            terms, relations = [self.modular()], []
            while self.sees(*_RELATIONS):
                relations.append(self.take().text)
                terms.append(self.modular())
            if self.at_approximation():
                self.at += 1
                self.skip_approximately()
                relations.append("~")
                terms.append(self.modular())
                self.expect(")")
            tree = Relation(tuple(terms), tuple(relations)) if relations else terms[0]
            if self.at_domain():
                self.at += 1
                tree = Labelled(tree, self.item())
                self.expect(")")
            return Labelled(tree, self.condition()) if self.at_condition() else tree

    def skip_approximately(self) -> None:
        """Pass over what says that a value is not exact: the value says so by its digits."""
        if self.next.text.lower() in APPROXIMATE and self.next.kind == "word":
            self.at += 1
            self.accept(".")
        self.accept("~", "cong")

    def at_condition(self) -> bool:
        return self.next.kind == "word" and self.next.text.lower() in CONDITIONS

    def condition(self) -> Tree:
        """An item, or words up to where a bracket, a cell or the answer ends."""
        self.at += 1
        start, bars = self.at, self.bars
        try:
            with self.inside():
                tree = self.item()
                if self.next.kind in ("end", "close", "command") or self.sees(",", ";", "&", r"\\"):
                    return tree
        except (Wordy, Unparsable):
            pass
        self.at, self.bars = start, bars
        depth = 0
        while self.next.kind != "end" and not self.sees_command("end"):
            depth += (self.next.kind == "open") - (self.next.kind == "close")
            if depth < 0 or (not depth and self.sees("&", r"\\")):
                break
            self.at += 1
        return _said(self.tokens[start : self.at])

    def modular(self) -> Tree:
        """A ratio, and the modulus that it is taken by."""
        value = self.ratio()
        if self.at_modulus():
            self.at += 2
            value = Call("mod", (value, self.sum()))
            self.expect(")")
        elif self.sees_command("pmod", "bmod", "mod") or (self.next.kind == "word" and self.next.text == "mod"):
            self.at += 1
            value = Call("mod", (value, self.braced() if self.sees("{") else self.power()))
        return value

    def ratio(self) -> Tree:
        terms, is_said = [self.union()], False
        while self.sees(":") or self.at_to(terms[-1]):
            is_said = is_said or not self.sees(":")
            self.at += 1
            terms.append(self.union())
        if len(terms) == 1:
            return terms[0]
        last = terms[-1]
        if is_said and isinstance(last, Quantity):
            raise self.wordy("to")  # from so many to so many of something
        if isinstance(last, Quantity) and last.unit in ("am", "pm"):
            return _clock([*terms[:-1], last.value], last.unit)
        return Call("ratio", tuple(terms))

    def at_to(self, value: Tree) -> bool:
        """Whether the word of `3 to 2` stands here."""
        is_to = self.next.text == "to" and self.next.kind == "word" and self.ahead(1).kind in ("number", "command")
        return is_to and is_numeric(value)

    def union(self) -> Tree:
        value = self.sum()
        while self.next.text in _SET_OPERATORS and self.next.kind == "sign":
            operator = _SET_OPERATORS[self.take().text]
            right = self.sum()
            if isinstance(value, SetOperation) and value.operator == operator != "difference":
                value = SetOperation(operator, (*value.operands, right))
            else:
                value = SetOperation(operator, (value, right))
        return value


def _clock(terms: list[Tree], half: str) -> Tree:
    """A time of day; `9:00 am` is `9 am`."""
    zero = Number(Fraction(0))
    while len(terms) > 1 and terms[-1] == zero:
        terms = terms[:-1]
    return Quantity(terms[0] if len(terms) == 1 else Call("ratio", tuple(terms)), half)
