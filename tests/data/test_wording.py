"""What typesetting leaves no trace, and that tokens are found where they stand."""

from __future__ import annotations

import html
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mathmill.data.wording import WORD, are_other_signs, canonical, signs_of, spans_of, tokens_of, weight_of, words_of


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("She sells\n 1,000  eggs.", "**She** sells 1000 eggs!"),
        ("1,234,567.5 km", r"$1{,}234{,}567.5\,\text{km}$"),
        ("2 000 eggs", "2000 eggs"),
        (r"$\left(\frac{1}{2}\right)^2$", r"\( (\dfrac 12)^2 \)"),
        (r"\frac12", "\u00bd"),
        (r"\tfrac{1}{2}", "1/2"),
        (r"\frac ab", r"\frac{a}{b}"),
        (r"\binom52", r"\binom{5}{2}"),
        ("3\u00bd", r"3\frac{1}{2}"),
        ("2*x**3", r"2 \times x^3"),
        ("x\u00b2 \u2264 9 \u00d7 3", r"x^{2} \leq 9 \cdot 3"),
        ("10\u00b2", "10^2"),
        (r"\text{Find } \boxed{7}", "find 7"),
        (r"\begin{align*} x &= 2 \\ y \end{align*}", "x = 2, y"),
        (r"\left( x \right) \times\,3", "x 3"),
        ("What is left of the text?", "what is left OF THE text"),
        ("48/2 = <<48/2=24>>24 clips", "48/2 = 24 clips"),
        ("48/2 = &lt;&lt;48/2=24&gt;&gt;24 clips", "48/2 = 24 clips"),
        ("\uff11\uff12 \ufb01sh", "12 fish"),
        ("STRASSE", "stra\u00dfe"),
        (r"30^\circ", "30\u00b0"),
        ("a\u00a0b\u200a-\u2003c", "a b - c"),
        ("prob\u00adlem of\u200b ten", "problem of ten"),
        ("\U0001d465 + \U0001d7d8\U0001d7d9", "x + 01"),
        (r"\varphi \alpha", "\u03c6\u03b1"),
        (r"\tan\alpha = 2\pi r", "tan\u03b1 = 2\u03c0r"),
        ("\u039c\u03ac\u03b8\u03b7\u03bc\u03b1", "\u03bc\u03b1\u03b8\u03b7\u03bc\u03b1"),
        (r"\angle ABC \in \triangle", "\u2220ABC \u2208 \u25b3"),
        (r"a \equiv b \pmod{7}", "a \u2261 b (mod 7)"),
        ("caf\u00e9", "cafe\u0301"),
        ("caf\u00e9", "caf&eacute;"),
        ("Janet&#8217;s \u201cducks\u201d", 'Janet\'s "ducks"'),
        ("Janet&amp;rsquo;s ducks", "Janet's ducks"),
        ("x &amp;amp;lt; 3", "x < 3"),
        ("x<sup>2</sup> is <b class='a'>big</b><br/>now", "x^2 is big now"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "a b 1 2"),
        ("> *Quoted*\n> `text`", "quoted text"),
        ("$$x$$ \\[y\\] \\(z\\)", "$x$ $y$ $z$"),
        ("\u09e7\u09e8 \u0995\u09bf", "12 \u0995\u09bf"),
        ("\u0e27\u0e31\u0e19\u200b\u0e19\u0e35\u0e49", "\u0e27\u0e31\u0e19\u0e19\u0e35\u0e49"),
        ("\u304c\u5c0f\n\u660e", "\u304b\u3099\u5c0f\u660e"),
    ],
)
def test_the_same_stream(one: str, other: str) -> None:
    assert words_of(one) == words_of(other)
    assert words_of(one)


@pytest.mark.parametrize(
    ("text", "tokens", "words"),
    [
        ("", [], 0),
        ("  \n$$ ()", [], 0),
        ("Ann has 35 pears", ["ann", "has", "35", "pears"], 3),
        ("x1y", ["x", "1", "y"], 1),
        ("2+2=4", ["2", "2", "4"], 1),
        ("12345", ["12", "345"], 1),
        ("123456", ["123", "456"], 1),
        (r"\sin x", ["sin", "x"], 1),
        ("\u5c0f\u660e\u67095\u4e2a", ["\u5c0f", "\u660e", "\u6709", "5", "\u4e2a"], 2),
        ("\u0e27\u0e31\u0e19\u0e19\u0e35\u0e49 3", ["\u0e27\u0e31", "\u0e19", "\u0e19\u0e35\u0e49", "3"], 1),
        ("\u0995\u09bf \u09e7\u09e8", ["\u0995\u09bf", "12"], 1),
        ("\uc0ac\uacfc \uc138 \uac1c", ["\uc0ac\uacfc", "\uc138", "\uac1c"], 2),
    ],
)
def test_tokens(text: str, tokens: list[str], words: int) -> None:
    assert [token.decode() for token in words_of(text)] == tokens
    assert sum(map(weight_of, words_of(text))) // WORD == words


_PARTS = st.sampled_from(
    [
        "a",
        "Word",
        "\\",
        "\\begin{cases}",
        "\\\u00e9",
        "12",
        "3456789",
        " ",
        "\n",
        "\\frac12",
        "frac ab",
        "&lt;",
        "&amp;amp;frac12;",
        "<b>",
        "<<2=2>>",
        "<",
        "\u00bd",
        "\u00b2",
        "\u5c0f",
        "\u304b\u3099",
        "\u0e27\u0e31",
        "\u0995\u09bf",
        "e\u0301",
        "\u200b",
        "\u00df",
        "\u1100\u1161",
        "\U0001d465",
        "\u2260",
        "\ud800",
        "\u01c4",
        "\u0345",
        "\u03a3",
        "\u09e7",
        "&#x41;",
        "\x00",
    ]
)


@given(st.lists(_PARTS | st.text(max_size=3), max_size=25).map("".join))
@example("\u0f71\u0f72" * 3 + "\u0344")
@example("x\u0301\u0327y &#768; &#x1100;&#x1161;")
def test_spans_are_those_of_the_tokens(text: str) -> None:
    spans = spans_of(text)
    assert len(spans) == len(tokens_of(text))
    ends = 0
    for start, end in spans:
        assert 0 <= start < end <= len(text)
        assert end >= ends
        ends = end


def test_a_span_holds_its_token() -> None:
    text = "Ann&rsquo;s 1,234 <b>caf\u00e9s</b> = \u5c0f\u660e \\dfrac{1}{2}"
    assert [text[slice(*span)] for span in spans_of(text)] == [
        "Ann", "s", "1", "234", "caf\u00e9s", "\u5c0f", "\u660e", "\\dfrac", "1", "2",
    ]  # fmt: skip


@given(st.text(max_size=40))
def test_an_escaped_text_is_the_same(text: str) -> None:
    plain = text.replace("&", " ").replace("<", " ")
    assert tokens_of(html.escape(html.escape(plain))) == tokens_of(plain)


@pytest.mark.parametrize(
    ("text", "signs"),
    [
        ("What is $3+4$?", {"plus"}),
        ("What is 3 - 4?", {"minus"}),
        ("What is $x-3$?", {"minus"}),
        ("What is \u22123?", {"minus"}),
        ("a well-known 10-foot pole \u2013 it is --- long", {"dash"}),
        (r"\frac12", {"over"}),
        ("1/2 + 3&divide;4", {"over", "plus"}),
    ],
)
def test_signs(text: str, signs: set[str]) -> None:
    assert signs_of(text) == signs


@pytest.mark.parametrize(
    ("one", "other", "differ"),
    [("3 + 4", "3 - 4", True), ("3 + 4", "3 4", True), ("3 - 4", "3 \u2013 4", False), ("1/2 + 3", "\u00bd+3", False)],
)
def test_other_signs(one: str, other: str, differ: bool) -> None:
    assert are_other_signs(signs_of(one), signs_of(other)) is differ


@pytest.mark.parametrize(
    "hostile",
    [
        "\\begin{" * 50_000,
        "&" * 300_000,
        "&amp;" * 60_000,
        "<" * 300_000,
        "<b " * 100_000,
        "<<" * 150_000,
        "9" * 300_000,
        "frac " * 60_000,
        "\u0316\u0301" * 150_000,
        "e\u0301" * 150_000,
        "\ufdfa" * 30_000,
        "x" * 300_000,
        "\u5c0f" * 100_000,
        "\ud800" * 300_000,
    ],
)
def test_hostile_texts_take_no_time(hostile: str) -> None:
    began = time.process_time()
    tokens_of(hostile)
    assert time.process_time() - began < 2


def test_every_token_has_a_weight() -> None:
    assert [weight_of(token) for token in (b"word", b"x", b"12", b"sin", canonical(b"\\alpha"), "\u03c0".encode())] == [
        4,
        2,
        2,
        2,
        2,
        2,
    ]
    assert [
        weight_of(token.encode()) for token in ("\u5c0f", "\u0e27\u0e31", "\u0e27", "\u0441\u043b\u043e\u0432\u043e")
    ] == [2, 1, 1, 4]
