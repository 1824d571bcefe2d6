"""No text breaks the parser: it reads, says that it cannot, or says that it is too much, and soon."""

from __future__ import annotations

import sys
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mathmill.eval.limits import MAX_CHARS, MAX_DEPTH, MAX_NODES, TooLarge, Unparsable
from mathmill.eval.syntax.parser import parse
from mathmill.eval.syntax.trees import Tree, children

MOST_SECONDS = 0.2  # what a whole verdict may take; on a quiet machine the longest takes a tenth of it
_WRITTEN = r"""
0 1 7 12 1,234 .5 3. 2e5 x y e i f d n A B xyz sin cosx Monday if for and or is a p m cm min dollars apples + - * /
^ _ ! % ' = < > <= != ~ , ; : . | || ( ) [ ] { } \{ \} $ $$ & \\ \ \( \) \[ \] ... @ # ? € √ ² ½ π ∞ ٣ 元 \frac \sqrt
\sqrt[3] \binom \sin \log \ln \max \sum \int \lim \prod \pi \infty \alpha \circ ^\circ \prime \left( \right) \left|
\right| \left\{ \right. \left[ \right] \lfloor \rfloor \langle \rangle \lvert \rvert \text{ \mathrm{ \textbf{(B)}
\mathbf{i} \vec{a} \overline{ \operatorname{ \boxed{ \mbox \mathbb{R} \begin \end \begin{pmatrix} \end{pmatrix}
\begin{cases} \end{cases} \begin{array}{c} \end{array} \begin{aligned} \pm \mp \cdot \times \div \le \ne \in \notin
\cup \cap \setminus \to \equiv \pmod \bmod \mid \ldots \over \choose \dot \bar3 {,} \, \! \quad ~ \$ \% \& \# \_
p.m. :30 dx \hspace{ \left \right \not
"""
PIECES = [*_WRITTEN.split(), " ", "  ", "\n", "\t", "\u200b", "\0"]
DEEP = [
    "{" * 200 + "1" + "}" * 200,
    "(" * 200 + "1" + ")" * 200,
    "[" * 900 + "1" + "]" * 900,
    "-" * 1999 + "1",
    r"\pm" * 600 + "1",
    "2^" * 900 + "2",
    "2^{" * 400 + "2" + "}" * 400,
    r"\sqrt" * 390 + "2",
    r"\frac1" * 330 + "2",
    r"\sin" * 490 + "x",
    r"\sin-" * 390 + "x",
    "1/" * 990 + "1",
    "|" * 1999,
    "||" * 400 + "x" + "||" * 400,
    r"\left|" * 140 + "x" + r"\right|" * 140,
    "5" + "%" * 1990,
    "5" + "!" * 1990,
    "x" + "'" * 1990,
    "x" + "_1" * 990,
    "x" + "^{2}" * 490,
    "5" + r"^\circ" * 300,
    "5" + " cm" * 600,
    r"\{" * 900,
    "{1}" * 600,
    r"\text{" * 280 + "}" * 280,
    r"\mathbf{" * 200 + "}" * 200,
    r"\boxed{" * 200 + "}" * 200,
    r"\begin{pmatrix}" * 60 + "1" + r"\end{pmatrix}" * 60,
    "x if " * 390 + "x",
    r"A\cup " * 300 + "A",
    r"A\setminus " * 150 + "A",
    "f(" * 600 + ")" * 600,
    r"\int " * 390 + "dx",
    r"\int\frac{" * 150 + "dx",
    r"\int\frac{dx}{" * 130 + "x" + "}" * 130,
    r"\sum_{k=1}" * 190 + "k",
    r"\hat{" * 300,
    "$" * 1999,
    "$x" * 990,
]

LONG = [
    "1" + " " * 1990 + "1",
    "." * 1990,
    ". " * 990,
    "1." * 990,
    "1 " * 990,
    "1,234," * 330,
    "1,2," * 490,
    "123," * 490,
    "a" * 1990,
    "ab " * 660,
    "Monday " * 280,
    "Monday, " * 240,
    "5 apples, " * 190,
    "{," * 900,
    "\\" * 1999,
    "\\ " * 990,
    "**" * 990,
    "<" * 1999,
    "x+" * 990 + "x",
    "x*" * 990 + "x",
    "½" * 1990,
    "√" * 1990,
    "²" * 1990,
    "\u33ff" * 1990,
    "\ufdfa" * 1990,
    "元" * 1990,
    r"\text{a}" * 245,
    r"\frac{" * 330,
    "}" * 1990,
    "0." + "12" * 900 + "...",
    r"1.1\overline" * 160,
    "_" * 1990,
    "5_" * 990,
    "5A" * 990 + "_{16}",
    "(B) " * 490,
    "1:" * 990,
    "9 a.m. " * 280,
    "5 (cm" * 390,
    "x\n" * 990,
    r"\frac元" * 280,
    "½ y m " * 330,
    r"\end{pmatrix} { " * 120,
    "2e5" * 660,
    "e " * 990,
    r"\\" * 990,
    r"\begin{cases}" + r"1&\\" * 390,
    r"\begin{aligned}" + "x&=1&" * 380,
    r"\begin{array}" * 150,
]


def _parsed(text: str) -> Tree | None:
    """The tree, if there is one; anything but the two declared errors is an error of the test."""
    try:
        return parse(text)
    except (TooLarge, Unparsable):
        return None


def _depth_and_count(tree: Tree) -> tuple[int, int]:
    level, depth, count = [tree], 0, 0
    while level:
        depth, count = depth + 1, count + len(level)
        level = [child for node in level for child in children(node)]
    return depth, count


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=40))
def test_pieces_of_latex_in_any_order(pieces: list[str]) -> None:
    for text in ("".join(pieces), " ".join(pieces)):
        tree = _parsed(text)
        if tree is not None:
            depth, count = _depth_and_count(tree)
            assert depth <= MAX_DEPTH and count <= MAX_NODES
            assert tree == parse(text) and hash(tree) == hash(parse(text))


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60))
def test_any_text(text: str) -> None:
    _parsed(text)


@pytest.mark.parametrize("text", DEEP + LONG, ids=lambda text: text[:12].encode("unicode_escape").decode())
def test_hostile_texts_end_soon(text: str) -> None:
    assert len(text) <= MAX_CHARS
    assert _is_soon(text)


def _is_soon(text: str) -> bool:
    """Whether some try takes little time; the first may load what the next ones have."""
    return any(_seconds(text) < MOST_SECONDS for _ in range(4))


def _seconds(text: str) -> float:
    start = process_time()
    _parsed(text)
    return process_time() - start


@pytest.mark.parametrize("piece", PIECES)
def test_one_piece_over_and_over(piece: str) -> None:
    for text in (piece * (MAX_CHARS // len(piece)), (piece + " ") * (MAX_CHARS // (len(piece) + 1))):
        assert _is_soon(text)


@pytest.mark.parametrize("text", DEEP, ids=lambda text: text[:12].encode("unicode_escape").decode())
def test_deep_texts_take_little_of_the_stack(text: str) -> None:
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(_frames() + 700)
    try:
        _parsed(text)
    finally:
        sys.setrecursionlimit(limit)


def _frames() -> int:
    frame, count = sys._getframe(), 0
    while frame is not None:
        frame, count = frame.f_back, count + 1  # type: ignore[assignment]
    return count


def test_too_long_a_text() -> None:
    with pytest.raises(TooLarge):
        parse("x" * (MAX_CHARS + 1))


def test_too_many_nodes() -> None:
    with pytest.raises(TooLarge):
        parse("+".join("x" * (MAX_NODES + 1)))
