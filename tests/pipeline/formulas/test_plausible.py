from __future__ import annotations

import pytest

from mathmill.pipeline.formulas.plausible import (
    hashed,
    is_definition,
    is_money,
    is_reference,
    is_strong,
    is_sure_hashed,
    is_tight,
    looks_like_asciimath,
    looks_like_tex,
)
from tests.effort import assert_linear

# what stands between two dollars, the character behind, whether it is an amount and prose
MONEY = [
    ("5 and ", "1", True),
    ("5 and ", "", True),
    ("5", "0", True),
    ("5.00 ", "", True),
    ("1,299 or ", "", True),
    ("5k to ", "1", True),
    ("10m/", "2", True),
    ("5 million dollars, and ", "", True),
    ("20-", "3", True),
    ("3.50 each (", "7", True),
    ("12.5bn, ", "", True),
    ("words without a single sign of any kind", "", True),
    ("x", "", False),
    ("5", "", False),
    ("42", "", False),
    ("5x", "", False),
    ("2^{10}", "", False),
    ("5 \\times 3", "", False),
    ("5 + x", "", False),
    ("7 mod 3", "", False),
    ("10 \\text{ apples and pears}", "", False),
    ("2n", "", False),
    ("3/4", "", False),
    ("5=x", "", False),
    ("1, 2", "", False),
    ("0.5", "", False),
    # the dollar behind stands as one that opens a formula
    ("5 (or so) if ", "x", True),
    ("5 a month if ", "x", True),
    ("5USD and ", "\\", True),
    ("5\u201310 for ", "n", True),
    ("100+ ", "|", True),
    ("3.50 each (", "x", True),
    ("5) in all. ", "$", True),
    ("5 and \\(x^2\\) or ", "y", True),
    ("5 \\begin{align}u\\end{align} and ", "y", True),
    ("7 \\$5 ", "x", True),
    ("5\u5143\uff0c\u7136\u540e", "x", True),
    ("5\u5143", "\uff0c", False),
    ("5 \\cdot x ", "i", False),
    ("5!", "", False),
]


@pytest.mark.parametrize(("between", "behind", "money"), MONEY)
def test_money(between: str, behind: str, money: bool) -> None:
    assert is_money(between, behind) == money


@pytest.mark.parametrize(
    ("between", "before", "money"),
    [(" and then ", "5", True), (" per head, ", "0", True), (" and then ", "n", False), (" \\cdot x", "5", False)],
)
def test_a_dollar_behind_its_amount(between: str, before: str, money: bool) -> None:
    assert is_money(between, "x", before) == money


@pytest.mark.parametrize(
    ("latex", "reference"),
    [
        ("\\eqref{eq:1}", True),
        (" (\\ref{a}) ", True),
        ("\\ref{a}, \\ref{b}", True),
        ("\\autoref{sec:a}~\\cref {x}", True),
        ("x \\ref{a}", False),
        ("\\href{a}", False),
        ("ref", False),
        ("\\prefix{a}", False),
        ("", False),
    ],
)
def test_references(latex: str, reference: bool) -> None:
    assert is_reference(latex) == reference


@pytest.mark.parametrize(
    ("between", "behind", "tight"),
    [
        ("x", "", True),
        ("x", ".", True),
        ("x ", "y", False),
        (" x", "", False),
        ("HOME/", "P", False),
        ("a", "$", False),
    ],
)
def test_dollars_right_at_a_formula(between: str, behind: str, tight: bool) -> None:
    assert is_tight(between, behind) == tight


DEFINITIONS = [
    "\\newcommand{\\R}{\\mathbb{R}}",
    "\\newcommand\\R{\\mathbb{R}}",
    "\\newcommand{\\b}[1]{(#1)}",
    "\\newcommand{\\b}[2][x]{(#1, #2)}",
    "\\renewcommand*{\\b}{x}",
    "\\def\\x{1}",
    "\\def\\x#1#2{#1 + #2}",
    "\\gdef\\x{1}\\let\\y\\x",
    "\\let\\a=\\b",
    "\\DeclareMathOperator{\\tr}{tr}",
    "\\DeclareMathOperator*{\\argmax}{arg\\,max}",
    "\\newenvironment{a}{\\begin{b}}{\\end{b}}",
    "\\require{AMScd}",
    "\\usepackage[a]{b}",
    "  \\def\\x{1} \n \\def\\y{{2}} ".strip(),
    "\\newcommand{\\set}[1]{\\{#1\\}}",
    "\\providecommand{\\x}{y}",
]
FORMULAS = [
    "x",
    "",
    "\\define{x}",
    "\\def\\x{1} \\x",
    "\\newcommand{\\R}{\\mathbb{R}} x \\in \\R",
    "x \\def\\x{1}",
    "\\letter",
    "\\require{cancel} \\cancel{x}",
]


@pytest.mark.parametrize("latex", DEFINITIONS)
def test_definitions_typeset_nothing(latex: str) -> None:
    assert is_definition(latex)


@pytest.mark.parametrize("latex", FORMULAS)
def test_what_typesets_something_is_no_definition(latex: str) -> None:
    assert not is_definition(latex)


# text, whether it looks like TeX, whether it can be nothing else
TEX = [
    ("x", True, False),
    ("x_1", True, True),
    ("\\alpha", True, True),
    ("n", True, False),
    ("x'", True, False),
    ("x2", True, False),
    ("\u03b1", True, False),
    ("x + y", True, False),
    ("x=1", True, False),
    ("2 < 3", True, False),
    ("f(x)^2", True, True),
    ("\\{1\\}", True, True),
    ("e^{-x}", True, True),
    ("\\text{if } x", True, True),
    (" x ", False, False),
    ("HOME", False, False),
    ("the words of prose", False, False),
    ("PATH and more", False, False),
    ("x " * 60, False, False),
    ("one two three four five six seven eight nine ten x_1", False, False),
    ("", False, False),
]


@pytest.mark.parametrize(("text", "looks", "strong"), TEX)
def test_tex(text: str, looks: bool, strong: bool) -> None:
    assert looks_like_tex(text) == looks
    assert is_strong(text) == strong


ASCIIMATH = [
    ("x^2", True),
    ("sum_(i=1)^n i^3=((n(n+1))/2)^2", True),
    ("x", True),
    ("alpha", True),
    ("sin x", True),
    ("frac{a}{b}", True),
    ("git commit message please", False),
    ("x\n\ny", False),
    ("some quoted words (here)", False),
    ("x" * 301, False),
]


@pytest.mark.parametrize(("text", "looks"), ASCIIMATH)
def test_asciimath(text: str, looks: bool) -> None:
    assert looks_like_asciimath(text) == looks


HOSTILE = [
    "5 ",
    "5,",
    "5.",
    " ",
    "\\def\\x",
    "\\def\\x{",
    "[",
    "\\newcommand[",
    "{",
    "x_",
    "\\",
    "a ",
    "\\let\\a=",
    "#1",
    "5m ",
]


@pytest.mark.parametrize("unit", HOSTILE)
def test_time_is_linear(unit: str) -> None:
    def ask_all(text: str) -> None:
        for ask in (is_definition, looks_like_tex, is_strong, looks_like_asciimath):
            ask("\\def" + text)
            ask(text)
            ask("5" + text)
        is_money(text, "")
        is_money("5" + text, "x")
        is_reference("\\ref{a}" + text)

    assert_linear(5_000, 40_000, 0.2, lambda count: unit * count, ask_all)


# A text, and what stands in it between hashes that may be AsciiMath.
HASHED = [
    ("#x^2=4#? (#x#) #sqrt(x+1)#, #5/2# or #pi#.", ["x^2=4", "x", "sqrt(x+1)", "5/2", "pi"]),
    ('#color(red)(x) = 2# and #"H"_2"O"#', ["color(red)(x) = 2", '"H"_2"O"']),
    ("#12 and #13, #12# and#13#, #math #science, #art#, # x #", ["12"]),
    ("## Title ##, ##x^2##, C# or F#, #fff; #000; a#x=1#, /#x=1#, &#x=1#, #x=1#y", []),
    ("#define x=1 and #include, #form.name=1#, #话题#, #x{color: red}#", []),
    ("#so many words# #x=1#", ["x=1"]),
]


@pytest.mark.parametrize(("text", "expected"), HASHED)
def test_between_hashes(text: str, expected: list[str]) -> None:
    assert [found[1] for found in hashed(text)] == expected


@pytest.mark.parametrize(
    ("text", "sure"), [("x^2", True), ("y=1", True), ("sqrt(2)", True), ("x", False), ("1/2", False)]
)
def test_sure_between_hashes(text: str, sure: bool) -> None:
    assert is_sure_hashed(text) is sure


@pytest.mark.parametrize("unit", ["#", "#a", " #a ", " #x=1#", " #" + "a " * 99, '#"', "#text(", " #a=\n"])
def test_time_between_hashes_is_linear(unit: str) -> None:
    def sure(text: str) -> int:
        return sum(is_sure_hashed(found[1]) for found in hashed(text))

    assert_linear(20_000, 200_000, 0.1, lambda size: unit * (size // len(unit)), sure)
