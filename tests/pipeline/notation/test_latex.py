from __future__ import annotations

import re
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mathmill.demo.lessons import LESSONS
from mathmill.demo.markup import split_math
from mathmill.demo.problems import generate_problems
from mathmill.pipeline.notation.latex import MAX_PASSES, _cleaned, clean
from tests.effort import assert_linear

# LaTeX as pages have it, as we keep it
CASES = [
    ("", ""),
    ("x", "x"),
    (" x\n", "x"),
    # what stands around the whole
    (r"{\displaystyle x^{2}}", "x^{2}"),
    (r"{\displaystyle {\textstyle x}}", "x"),
    (r"{\displaystyle a}+{b}", r"{\displaystyle a}+{b}"),
    (r"{\displaystyle {\begin{matrix}a\end{matrix}}}", r"\begin{matrix}a\end{matrix}"),
    (r"\displaystyle x", "x"),
    (r"\displaystyle{x}", "x"),
    (r"\displaystyle {a}+{b}", "{a}+{b}"),
    (r"$\displaystyle \sum_{i}$", r"\sum_{i}"),
    (r"\frac{\displaystyle a}{b}", r"\frac{\displaystyle a}{b}"),
    ("{x}", "{x}"),
    ("$x$", "x"),
    ("$$x$$", "x"),
    (r"\(x\)", "x"),
    (r"\[ x \]", "x"),
    (r"\begin{displaymath}x\end{displaymath}", "x"),
    (r"$\color{red}{$x$}$", "x"),
    (r"$$\[ x \]$$", "x"),
    (r"\($x$\)", "x"),
    (r"\(x\) + \(y\)", r"\(x\) + \(y\)"),
    ("$x$ and $y$", "$x$ and $y$"),
    (r"\text{if $x$}", r"\text{if $x$}"),
    ("$x", "$x"),
    ("% <![CDATA[\na<b %]]>", "a<b"),
    ("% <![CDATA[ a<b %]]>", "a<b"),
    ("//<![CDATA[\na<b\n//]]>", "a<b"),
    ("<![CDATA[x]]>", "x"),
    # lines and comments
    ("a\n\n\nb", "a b"),
    ("a\r\nb\rc", "a b c"),
    ("a % note\nb", "a b"),
    ("\\alpha%\nb", r"\alpha b"),
    ("a % note {\nb", "a b"),
    ("a % note \\\nb", "a b"),
    ("a % note", "a"),
    (r"{a % b} c", r"{a \% b} c"),
    (r"\frac{50%}{x}", r"\frac{50\%}{x}"),
    (r"50\% x", r"50\% x"),
    ("a\\\nb", r"a\ b"),
    ("a\xa0b\u200bc\x00d\ud800", "a bcd"),
    (r"x\ ", "x"),
    # references to characters
    ("a &lt; b &amp;lt; c &amp;amp;gt; d", "a < b < c > d"),
    (r"a &amp;= b \\ c &= d", r"a &= b \\ c &= d"),
    ("f&#39;(x)&nbsp;&#x3D; 1", "f'(x) = 1"),
    (r"\text{&quot;a&quot;}", r'\text{"a"}'),
    (r"A \& B&#97;", r"A \& B&#97;"),
    ("a &lt b", "a &lt b"),
    # colours, styles, links
    (r"\color{red}{x+1}", "x+1"),
    (r"\color{red} x", "x"),
    (r"\color[rgb]{1,0,0} x", "x"),
    (r"{\color{red} x} + 1", "x + 1"),
    (r"\frac{\color{red}x}{y}", r"\frac{x}{y}"),
    (r"\frac{\color{red}{x}}{y}", r"\frac{x}{y}"),
    (r"\frac\textcolor{red}{ab}{y}", r"\frac{ab}{y}"),
    (r"a + \color{red}{b+c}^2", "a + {b+c}^2"),
    (r"x^\textcolor{red}{12}", "x^{12}"),
    (r"a = \textcolor{blue}{b} + c", "a = b + c"),
    (r"a \le \textcolor{blue}{b} + c", r"a \le b + c"),
    (r"1 + \textcolor{red}{a \over b} + 1", r"1 + {a \over b} + 1"),
    (r"\textcolor{red}{\textcolor{blue}{\alpha}}b", r"\alpha b"),
    (r"\textcolor[rgb]{1,0,0}{x}", "x"),
    (r"\definecolor{a}{rgb}{1,0,0}\color{a}x", "x"),
    (r"\pagecolor{white}x", "x"),
    (r"\style{color:red}{x}\class{a}{y}\cssId{b}{z}", "xyz"),
    (r"\htmlClass{a}{x}\htmlId{b}{y}\htmlData{c=d}{z}\htmlStyle{e}{t}", "xyzt"),
    (r"\bbox[5px,border:2px solid red]{x = 1}", "x = 1"),
    (r"\href{http://a.example/b%20c_d#e}{x}", "x"),
    ("\\href{http://a.example/b%20c}{x} %\n+ 1", "x + 1"),
    (r"\colorbox{yellow}{$x = 1$}", "x = 1"),
    (r"\colorbox{yellow}{if so}", r"\text{if so}"),
    (r"\fcolorbox{red}{white}{$x$} + 1", "x + 1"),
    (r"\require{cancel} \cancel{x}", r"\cancel{x}"),
    (r"\large x", "x"),
    (r"{\Large x} + \text{\small so}", r"x + \text{so}"),
    (r"a + \small{\text{so}}", r"a + \text{so}"),
    (r"\smallint \largesse", r"\smallint \largesse"),
    (r"\unicode{x2200}x\unicode{8712}\unicode{x25}", r"∀x∈\%"),
    (r"\unicode[Times]{x41}\unicode{oops}", r"A\unicode{oops}"),
    (r"\mmlToken{mo}[stretchy='false']{+}\mmlToken{mi}{ab}\mmlToken{mtext}{if}", r"+\mathrm{ab}\text{if}"),
    (r"\color", ""),
    (r"\color{red", "{red"),
    (r"\hspace*{1em}x\hspace{2pt}", r"\hspace*{1em}x\hspace{2pt}"),
    (r"\textcolor[HTML]{ff0000}{x} + \color[HTML]{00ff00}{y}", "x + y"),
    (r"{\textstyle \sum_i x_i}", r"\sum_i x_i"),
    (r"{\displaystyle\textstyle x}", "x"),
    (r"a + {\textstyle b}", r"a + {\textstyle b}"),
    (r"\bbox[yellow]{\bbox[5px]{x}}", "x"),
    (r"\bbox{x}^2", "{x}^2"),
    (r"\class{a}{\cssId{b}{\style{c}{x + y}}}_i", "{x + y}_i"),
    (r"\href{#eq}{\textcolor{blue}{x}} = \href{https://a.example/?a=b&c_d}{y}", "x = y"),
    (r"\require{AMScd}\require{cancel}x", "x"),
    (r"\hypertarget{a}{x} \hyperlink{a}{y} \phantomsection z", "x y z"),
    (r"\setcounter{equation}{3} x \numberwithin{equation}{section} \refstepcounter{equation}", "x"),
    (r"\setlength{\arraycolsep}{2pt} x \vspace{2mm} \allowdisplaybreaks", "x"),
    (r"\rowcolor{red} a \\ \cellcolor{blue} b", r"a \\ b"),
    (r"\tiny x", "x"),
    (r"{\normalsize\color{red} x}", "x"),
    (r"\displaystyle\color{red}{\large x}", "x"),
    (r"\boxed{x} \cancel{y} \fbox{z}", r"\boxed{x} \cancel{y} \fbox{z}"),
    # ends of rows, labels
    (r"x \label{eq:a}", "x"),
    (r"\begin{align} a &= b \nonumber \\ c &= d \\ \end{align}", r"\begin{align} a &= b \\ c &= d \end{align}"),
    (r"\begin{align}a&=b\notag\\[2mm]\end{align}", r"\begin{align}a&=b \end{align}"),
    (r"\begin{array}{c}a \\ \hline\end{array}", r"\begin{array}{c}a \\ \hline\end{array}"),
    (r"a \\ b \\", r"a \\ b"),
    (r"\begin{cases}a\end{cases}", r"\begin{cases}a\end{cases}"),
    # left alone
    (r"\newcommand{\R}{\mathbb{R}} x \in \R", r"\newcommand{\R}{\mathbb{R}} x \in \R"),
    (r"\verb|%{$| \{ \}", r"\verb|%{$| \{ \}"),
    (r"\left.\frac{a}{b}\right|_{x=0}", r"\left.\frac{a}{b}\right|_{x=0}"),
    (r"x \eqref{a} \hbox{ if }", r"x \eqref{a} \hbox{ if }"),
]

NUMBERS = [
    (r"x = 1 \tag{3}", "x = 1", "(3)"),
    (r"x = 1 \tag*{(3)}", "x = 1", "(3)"),
    (r"\tag{$*$} x", "x", "(*)"),
    (r"x \tag{\textbf{2.1} a}", "x", "(2.1 a)"),
    (r"a \tag{3} \\ b \tag{4}", r"a \\ b", "(3), (4)"),
    (r"a \tag{3} \label{eq:a}\tag{3}", "a", "(3)"),
    (r"x \eqno(3)", "x", "(3)"),
    (r"$$x \eqno{(3.1)}$$", "x", "(3.1)"),
    (r"x \leqno \hbox{(A)}", "x", "(A)"),
    (r"\begin{matrix}a \eqno(1)\end{matrix} b", r"\begin{matrix}a \end{matrix} b", "(1)"),
    (r"{\color{red} x \eqno(3)} + 1", "x + 1", "(3)"),
    (r"x \tag{}", "x", ""),
    (r"x \tag", "x", ""),
    (r"x \tag 4", "x", "(4)"),
    (r"\tag 2.1a x", "x", "(2.1a)"),
    (r"x \tag y", "x y", ""),
    (r"x \tag{\ast}", "x", "(*)"),
    (r"x \tag*{[3]}", "x", "[3]"),
    (r"x \leqno(4)", "x", "(4)"),
    (r"x \eqno{\rm (3a)}", "x", "(3a)"),
    (
        r"\begin{align} a \tag{1} \\ b \notag \\ c \tag{2} \end{align}",
        r"\begin{align} a \\ b \\ c \end{align}",
        "(1), (2)",
    ),
    (
        r"\begin{multline} a \nonumber \\ b \label{x}\tag{A} \end{multline}",
        r"\begin{multline} a \\ b \end{multline}",
        "(A)",
    ),
]

BALANCED = [
    ("{x}", True),
    ("{x", False),
    ("x}", False),
    ("}{", False),
    (r"\{x", True),
    (r"\left(x\right)", True),
    (r"\left(x", False),
    (r"{\left(x}\right)", False),
    (r"\leftarrow", True),
    (r"\begin{matrix}a\end{matrix}", True),
    (r"\begin{matrix}a\end{pmatrix}", False),
    (r"\begin {matrix}a\end{matrix}", True),
    (r"a \end{matrix}", False),
    (r"\text{a { b}", False),
    (r"\verb|{|", True),
    ("x\\", False),
    (r"a \\ b \\\{", True),
    (r"\color{red}{x", False),
    (r"\left.\frac{a}{b}\right|_{x=0}", True),
    (r"\left\{ x \right.", True),
    (r"\left\{ x", False),
    (r"\left{ x \right}", False),
    (r"\left(a \middle| b\right)", True),
    (r"a \middle| b", False),
    (r"\left({a \middle| b}\right)", False),
    (r"\left(\left[x\right)\right]", True),
    (r"\left(\left[x\right)", False),
    (r"\right) x \left(", False),
    (r"\begin{array}{c} a", False),
    (r"\begin{array}{c} a \\ b \end{array}", True),
    (r"\begin{array}{c} a \left( \end{array} \right)", False),
    (r"\begin{a}\begin{b}\end{a}\end{b}", False),
    (r"\begin{align*} a \end{align}", False),
    (r"\{ x \}", True),
    (r"\{ x", True),
    (r"{\{ x}", True),
    (r"\\{x}", True),
    (r"\\{x", False),
    (r"\verb|{| \verb+}+ \verb!{! \verb*|}|", True),
    (r'\verb"{" \verb/{/ \verb={=', True),
    (r"\verb|x| {", False),
    (r"\text{a $x$ b}", True),
    (r"\text{a ${x$ b}", False),
    ("a % {\nb", True),
    ("a { % }\nb", False),
    (r"50\% {x}", True),
    (r"\bigl( x", True),
    (r"\lbrace x", True),
    (r"\lefteqn{x} \rightarrow", True),
]


@pytest.mark.parametrize(("latex", "expected"), CASES)
def test_clean(latex: str, expected: str) -> None:
    assert clean(latex).latex == expected
    assert clean(expected).latex == expected


@pytest.mark.parametrize(("latex", "expected", "number"), NUMBERS)
def test_numbers_stand_outside(latex: str, expected: str, number: str) -> None:
    cleaned = clean(latex)
    assert (cleaned.latex, cleaned.number) == (expected, number)


@pytest.mark.parametrize(("latex", "balanced"), BALANCED)
def test_balance(latex: str, balanced: bool) -> None:
    assert clean(latex).balanced is balanced


@cache
def demo_formulas() -> tuple[str, ...]:
    texts = [paragraph for _, paragraphs in LESSONS.values() for paragraph in paragraphs]
    texts += [text for problem in generate_problems(60, seed=5) for text in (problem.question, *problem.solution)]
    formulas = {" ".join(part.split()) for text in texts for kind, part in split_math(text) if kind != "text"}
    return tuple(sorted(formulas))


DECORATIONS = [
    "%s", " %s\n", "{\\displaystyle %s}", "\\displaystyle %s", "\\displaystyle{%s}", "$%s$", "$$%s$$", "\\(%s\\)",
    "\\[ %s \\]", "$\\displaystyle %s$", "%% <![CDATA[\n%s %%]]>", "<![CDATA[%s]]>", "%s %% a note", "%% a note\n%s",
    "\\color{red}{%s}", "\\color{red} %s", "{\\color{red} %s}", "\\textcolor{red}{%s}", "\\textcolor[rgb]{1,0,0}{%s}",
    "\\style{color:red}{%s}", "\\class{a}{%s}", "\\cssId{a}{%s}", "\\bbox[5px]{%s}",
    "\\href{https://a.example/b%%20c}{%s}", "\\htmlId{a}{%s}", "\\large %s", "{\\small %s}", "\\colorbox{red}{$%s$}",
    "\\fcolorbox{red}{blue}{$%s$}", "\\require{cancel}%s", "%s \\tag{3}", "%s\\tag*{(3)}", "%s \\label{eq:a}",
    "\\label{a} %s", "%s \\nonumber", "%s \\eqno(3)", "%s \\\\", "%s \\\\[2mm]", "\\definecolor{a}{rgb}{1,0,0} %s",
    "\\begin{math}%s\\end{math}", "%s\\ ", "\n\n%s\n\n",
]  # fmt: skip


@pytest.mark.parametrize("decoration", DECORATIONS)
def test_every_formula_comes_out_of_its_decoration(decoration: str) -> None:
    formulas = demo_formulas()
    assert len(formulas) > 300
    for latex in formulas[:: 1 + DECORATIONS.index(decoration) % 3]:
        cleaned = clean(decoration % latex)
        assert (cleaned.latex, cleaned.balanced) == (latex, True)
        assert cleaned.number == ("(3)" if "(3)" in decoration or "{3}" in decoration else "")


@given(st.sampled_from(demo_formulas()), st.lists(st.sampled_from(DECORATIONS[2:]), max_size=3))
def test_no_mathematics_is_lost_in_nested_decorations(latex: str, decorations: list[str]) -> None:
    wrapped = latex
    for decoration in decorations:
        wrapped = decoration % wrapped
    bare = "".join(latex.split()).replace("{", "").replace("}", "")
    assert bare in "".join(clean(wrapped).latex.split()).replace("{", "").replace("}", "")


ATOMS = [
    "x",
    "1",
    "+",
    "=",
    r"\alpha",
    r"\{",
    r"\}",
    r"\%",
    " ",
    r"\\",
    "&",
    r"\quad ",
    r"\verb|{|",
    r"\text{a $x$ b}",
    r"\bigl( ",
]


def _wrapped(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    around = st.sampled_from(
        [
            "{%s}",
            r"\frac{%s}{2}",
            r"\left( %s \right)",
            r"\left\{ %s \right.",
            r"\left. %s \middle| 1 \right|",
            r"\begin{matrix} %s \end{matrix}",
            r"\sqrt[3]{%s}",
            "x_{%s}",
        ]
    )
    joined = st.lists(inner, min_size=1, max_size=3).map("".join)
    return st.tuples(around, joined).map(lambda pair: pair[0].replace("%s", pair[1]))


@given(st.lists(st.recursive(st.sampled_from(ATOMS), _wrapped, max_leaves=12), max_size=4).map("".join), st.data())
def test_balanced_formulas_are_balanced_and_no_more_without_one_brace(latex: str, data: st.DataObject) -> None:
    assert clean(f"x {latex} y").balanced
    braces = [
        match.start()
        for match in re.finditer(r"\\.|[{}]", re.sub(r"\\verb\|.\|", "#" * 8, latex))
        if match.end() - match.start() == 1
    ]
    if braces:
        at = data.draw(st.sampled_from(braces))
        assert not clean(f"x {latex[:at]}{latex[at + 1 :]} y").balanced


PIECES = [
    "{", "}", "[", "]", "$", "$$", "\\(", "\\)", "\\[", "\\]", "%", "\n", " ", "\\", "\\\\", "&", "&lt;", "&amp;",
    "lt;", "^", "_", "\\color", "\\color{red}", "\\textcolor{red}", "\\style{a}{b}", "\\large", "\\tag{3}",
    "\\tag*{4}", "\\eqno(3)", "\\label{a}", "\\displaystyle", "{\\displaystyle ", "\\left", "\\right", "\\begin{a}",
    "\\end{a}", "\\begin", "\\end", "{a}", "\\verb|", "|", "\\unicode{x25}", "\\unicode", "{x41}",
    "\\mmlToken{mi}{ab}", "\\colorbox{a}", "{$x$}", "<![CDATA[", "]]>", "\\bbox[a]", "\\over", "\\alpha", "b", "*",
    "[2mm]", "\\ ", "'", "#60;", "\\def", "\\nonumber", "\\href{a}{b}", "<", "+",
]  # fmt: skip


@settings(max_examples=400)
@given(st.lists(st.sampled_from(PIECES), max_size=25).map("".join))
def test_cleaning_twice_is_cleaning_once(latex: str) -> None:
    once = clean(latex)
    again = clean(once.latex)
    assert (again.latex, again.balanced) == (once.latex, once.balanced)
    assert "\\verb" in latex or not any(blank in once.latex for blank in ("\n", "\t", "  ", "\0"))


@given(
    st.lists(st.sampled_from([*PIECES, *"xy12+=^_{}", "\\frac", "\\sum"]), max_size=6).map("".join)
    | st.text("\\{}a b]<>!-", max_size=12)
)
def test_the_short_cut_changes_nothing(latex: str) -> None:
    assert clean(latex) == _cleaned(latex)


def test_the_short_cut_changes_nothing_of_the_demo() -> None:
    for latex in demo_formulas():
        assert clean(latex) == _cleaned(latex)


@settings(max_examples=200)
@given(st.text(max_size=80))
def test_any_text_is_cleaned(latex: str) -> None:
    once = clean(latex).latex
    assert clean(once).latex == once
    once.encode()


def test_one_look_is_enough_for_what_pages_have() -> None:
    assert MAX_PASSES > 2
    nested = "\\textcolor{red}{" * 20 + "x" + "}" * 20
    assert clean(nested).latex == "x"


HOSTILE = [
    "{", "}", "{}", "\\color{", "\\color{red}{", "\\textcolor{a}{b}", "{\\displaystyle ", "\\displaystyle{", "$",
    "$$", "\\[", "\\left(", "\\begin{a}", "\\end{a}", "\\\\ \\end{a}", "\\\\", " \\\\", "%", "%\n", "%{", "&amp;",
    "&", "&#", "&amp;amp", "\\tag{", "\\tag{1}", "\\eqno", "\\eqno(", "\\unicode{", "\\mmlToken{", "\\mmlToken{mi}{",
    "\\colorbox{a}{$", "\\color[", "\\verb|", "\\verb", "\\unicode[", "<![CDATA[", "]]>", "%]]>", "\\", "\\ ", "\n",
    " ", "\\href{", "\\style{a}", "[", "'", "{\\color{red}", "\\begin{", "\\\\[", "\\alpha", "a", "^{", "\\large",
    "\\bbox[", "&#000", "\\href{%", "\\href%{", "\0", "\\begin    ",
]  # fmt: skip


@pytest.mark.parametrize("unit", HOSTILE)
def test_hostile_input_takes_linear_time(unit: str) -> None:
    def text(size: int) -> str:
        closers = "}" * (size // len(unit) if "{" in unit and "begin" not in unit else 0)
        return unit * (size // len(unit)) + "x" + closers

    assert_linear(2_000, 32_000, 0.05, text, clean)
