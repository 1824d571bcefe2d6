from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mathmill.pipeline.formulas.delimited import Formula, find_spans, formula, grammar
from mathmill.pipeline.formulas.plausible import is_definition
from mathmill.pipeline.formulas.renderers import Pair

# text, inline dollars on, page has a renderer, expected (LaTeX, display)
CASES = [
    (r"a \(x+1\) b", False, True, [("x+1", False)]),
    (r"a \[x+1\] b", False, True, [("x+1", True)]),
    ("a $$x+1$$ b", False, True, [("x+1", True)]),
    ("a $x$ b $y$ c", True, True, [("x", False), ("y", False)]),
    ("a $x$ b", False, True, []),
    ("$a$$b$", True, True, [("a", False), ("b", False)]),
    (r"$\text{if $x$ then}$", True, True, [(r"\text{if $x$ then}", False)]),
    (r"\$5 and $x$", True, True, [("x", False)]),
    ("it costs $5 and $10 more", True, True, []),
    ("it costs $5, or $6 a piece", True, True, []),
    ("from $5 to 6$", True, True, []),
    ("$5$ apples and $3.5$ pears", True, True, [("5", False), ("3.5", False)]),
    ("over $0,1$ and $\\infty$", True, True, [("0,1", False), ("\\infty", False)]),
    ("from $5.99/$6.99 to $5, $6 or $7.", True, True, []),
    (r"$10 \cdot 2$", True, True, [(r"10 \cdot 2", False)]),
    ("US$ 40 million, C$ 50 million", True, False, []),
    ("set $HOME and $PATH please", True, False, []),
    ("the $n$ and $x_1$", True, False, [("n", False), ("x_1", False)]),
    (r"grep '\(a word here or there\)'", False, False, []),
    (r"grep '\(a word here or there\)'", False, True, [("a word here or there", False)]),
    (
        r"\begin{align} a &= b \\ c &= d \end{align}",
        False,
        True,
        [(r"\begin{align} a &= b \\ c &= d \end{align}", True)],
    ),
    (r"\begin{math}x\end{math}", False, True, [("x", False)]),
    (r"\begin{document}x\end{document}", False, True, []),
    (
        r"\begin{array}{c}\begin{array}{c}1\end{array}\end{array}",
        False,
        True,
        [(r"\begin{array}{c}\begin{array}{c}1\end{array}\end{array}", True)],
    ),
    (r"$$ a \\[2mm] b $$", False, True, [(r"a \\[2mm] b", True)]),
    (r"\(\newcommand{\R}{\mathbb{R}}\) and \(\R\)", False, True, [(r"\R", False)]),
    ("one $ here\n\nand one $ there", True, True, []),
    (r"\( never closed $x$", True, True, [("x", False)]),
    ("$a<b$ and $a<c$", True, True, [("a<b", False), ("a<c", False)]),
    ("$$$$ and $$ $$", True, True, []),
]


@pytest.mark.parametrize(("text", "dollar", "renderer", "expected"), CASES)
def test_delimited_formulas(text: str, dollar: bool, renderer: bool, expected: list[tuple[str, bool]]) -> None:
    found = [span.formula for span in find_spans(text, dollar, renderer) if span.formula]
    assert [(f.latex, f.display) for f in found] == expected


@pytest.mark.parametrize(
    ("latex", "expected"),
    [
        (r"\newcommand{\R}{\mathbb{R}}", True),
        (r"\newcommand\R{\mathbb{R}} \def\half{1/2}", True),
        (r"\newcommand{\jump}[1]{\left[ #1 \right]}", True),
        (r"\DeclareMathOperator*{\argmax}{arg\,max}", True),
        (r"\def\a{b} x", False),
        (r"\require{cancel}", True),
        ("x", False),
        ("", False),
    ],
)
def test_definitions_are_no_formulas(latex: str, expected: bool) -> None:
    assert is_definition(latex) is expected


def test_latex_with_a_dollar_gets_other_delimiters() -> None:
    assert Formula("x", False, "dollar").delimited() == "$x$"
    assert Formula("x", True, "bracket").delimited() == "$$x$$"
    assert Formula(r"\text{$x$}", False, "paren").delimited() == r"\(\text{$x$}\)"


@given(st.text("$\\()[]{}ab5 \n<&", max_size=120), st.booleans(), st.booleans())
def test_spans_are_in_order_and_apart(text: str, dollar: bool, renderer: bool) -> None:
    last = 0
    for span in find_spans(text, dollar, renderer):
        assert last <= span.start < span.end <= len(text)
        assert span.formula is None or span.formula.latex
        last = span.end


@pytest.mark.parametrize(
    "unit",
    ["$", "$$", "\\(", "\\[", "\\begin{align}", "{", "\\({", "$a ", "\\( } \\) {", "\\", "$5 or ", "\n", "$x\n \n"],
)
def test_time_is_linear(unit: str) -> None:
    text = unit * (400_000 // len(unit))
    start = time.process_time()
    find_spans(text, dollar=True, trusted=True)
    assert time.process_time() - start < 5


# text, inline dollars on, expected (LaTeX, display, source)
OTHER_DELIMITERS = [
    ("[tex]x+1[/tex] and [itex]y[/itex]", False, [("x+1", True, "tex_tag"), ("y", False, "tex_tag")]),
    ("[latex]x^2[/latex]", False, [("x^2", False, "tex_tag")]),
    ("[math]x^2[/math] but [math]this or that[/math]", False, [("x^2", False, "tex_tag")]),
    ("WordPress has $latex x+1$ here", False, [("x+1", False, "wordpress_dollar")]),
    ("GitLab has $`x+1`$ here", True, [("x+1", False, "dollar")]),
    ("Let [;x+1;] be", False, [("x+1", False, "own_delimiters")]),
    ("Let @@x+1@@ be", False, [("x+1", True, "own_delimiters")]),
    ("Let `x^2/3` be, `int main(void)` or `words in a row` not", False, [("\\frac{x^2}{3}", False, "asciimath")]),
]


@pytest.mark.parametrize(("text", "dollar", "expected"), OTHER_DELIMITERS)
def test_delimiters_beyond_tex(text: str, dollar: bool, expected: list[tuple[str, bool, str]]) -> None:
    own = grammar((Pair("[;", ";]", False), Pair("@@", "@@", True)), asciimath=True)
    found = [span.formula for span in find_spans(text, dollar, trusted=False, delimiters=own) if span.formula]
    assert [(f.latex, f.display, f.source) for f in found] == expected


def test_a_formula_is_cleaned_and_its_number_kept_apart() -> None:
    made = formula("{\\displaystyle x + {y}\\tag{3}}", True, "annotation")
    assert made == Formula("x + {y}", True, "annotation", number="(3)")
    assert made.delimited() == "$$x + {y}$$ (3)"
    assert formula("\\newcommand{\\R}{\\mathbb{R}}", True, "annotation") is None
    assert formula(" ", False, "annotation") is None
    unbalanced = formula("\\left( x", False, "annotation")
    assert unbalanced is not None
    assert not unbalanced.balanced
