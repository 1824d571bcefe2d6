from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mathmill.pipeline.extraction import extract_html
from mathmill.pipeline.formulas.text_runs import text_formulas
from tests.pipeline.lessons import lesson_around

LOADED = "<script src=mathjax.js></script>"


def configured(options: str) -> str:
    return f"<script>MathJax = {{{options}}};</script>{LOADED}"


DOLLARS = configured("tex: {inlineMath: [['$', '$'], ['\\\\(', '\\\\)']]}")
KATEX = '<script src=auto-render.js onload="renderMathInElement(document.body, {{delimiters: [{}], {}}})"></script>'
SIDES = "{left: '$$', right: '$$', display: true}, {left: '@(', right: '@)', display: false}"

# head, body, formulas and whether they are displayed
PAGES = [
    (configured("tex: {inlineMath: [['@', '@']], displayMath: [['##', '##']]}"), "<p>@x@ and ##y##, not $z$</p>",
     [("x", False), ("y", True)]),
    (configured("tex: {inlineMath: [['<m>', '</m>']]}"), "<p>&lt;m>x&lt;/m> is</p>", [("x", False)]),
    (KATEX.format(SIDES, "ignoredTags: ['kbd']"), "<p>@(x@) and $$y$$ in <kbd>@(z@)</kbd> but $u$</p>",
     [("x", False), ("y", True)]),
    (KATEX.format(SIDES, "ignoredClasses: ['raw']"), "<p>@(x@) <span class='a raw'>@(z@)</span></p>", [("x", False)]),
    (configured("tex: {inlineMath: [['$', '$']]}, options: {ignoreHtmlClass: 'no|raw'}"),
     "<p>$x$ <i class=raw>$y$</i> <i class=no>$z$ <b class=mathjax_process>$u$</b></i></p>",
     [("x", False), ("u", False)]),
    (configured("tex: {inlineMath: [['$', '$']]}, options: {ignoreHtmlClass: '.*', processHtmlClass: 'yes'}"),
     "<p class=no>$x$</p><p class=yes>$y$</p>", [("y", False)]),
    (configured("tex: {inlineMath: [['$', '$']]}, options: {skipHtmlTags: {'[-]': ['pre', 'code']}}"),
     "<p><code>$x$</code></p>", [("x", False)]),
    (DOLLARS, "<p><code>$x$</code> <textarea>$y$</textarea> <kbd>$z$</kbd></p>", [("z", False)]),
    (DOLLARS, "<div class=tex2jax_ignore>$x$ <b class=tex2jax_process>$y$</b></div>", [("y", False)]),
    (DOLLARS, "<p>$x<br>+ 1$ and $y</p><p>$ z</p>", [("x + 1", False)]),
    (DOLLARS, "<p>&#36;x&#36; &dollar;y&dollar; &bsol;(z&bsol;) &#92;[u&#92;]</p>",
     [("x", False), ("y", False), ("z", False), ("u", True)]),
    (DOLLARS, "<p>\\$5 and \\$6, $x$ \\\\(y\\\\)</p>", [("x", False)]),
    (DOLLARS, "<p>$\\text{if $y$ holds}$ and $$\\mbox{$z$}$$</p>",
     [("\\text{if $y$ holds}", False), ("\\mbox{$z$}", True)]),
    (DOLLARS, "<p>$x$$y$ and $$z$$$$u$$</p>", [("x", False), ("y", False), ("z", True), ("u", True)]),
    (LOADED, "<p>$x$ but \\(y\\) and $$z$$</p>", [("y", False), ("z", True)]),
    (DOLLARS, "<p>\\begin{align}x\\end{align} \\begin{math}y\\end{math} \\begin{proof}z\\end{proof}</p>",
     [("\\begin{align}x\\end{align}", True), ("y", False)]),
    (DOLLARS, "<p>\\(\\def\\R{\\mathbb{R}}\\)$$\\newcommand{\\a}{b} \\providecommand{\\c}{d}$$ $x \\in \\R$</p>",
     [("x \\in \\R", False)]),
    (DOLLARS, "<p>$5 and $6, $1,000; $x$ or US$7 for $n$.</p>", [("x", False), ("n", False)]),
    ("", "<p>$x_1$ and $y^2$ cost $5 or $6 with $HOME and $PATH.</p>", [("x_1", False), ("y^2", False)]),
    ("", "<p>[tex]x[/tex] [itex]y[/itex] [latex]z[/latex] [math]u^2[/math]</p>",
     [("x", False), ("y", False), ("z", False), ("u^2", False)]),
    ("", "<p>$latex x$ and $latex \\displaystyle y$</p>", [("x", False), ("\\displaystyle y", False)]),
    # a word in brackets is displayed where it has a paragraph or a line between breaks; the source's lines are none
    ("", "<p>[tex]x[/tex]</p><p>so<br>[tex]y[/tex].<br/>and\n[tex]z[/tex]\nis</p><p><b>So</b> [tex]u[/tex]</p>",
     [("x", True), ("y", True), ("z", False), ("u", False)]),
    ("", "<ul><li>[tex]x[/tex]</li></ul><p>[tex]y[/tex]<i>so</i></p>a<hr>[tex]z[/tex]<hr>"
     "<p>[tex]\\begin{align}u\\end{align}[/tex] is</p>",
     [("x", False), ("y", False), ("z", True), ("\\begin{align}u\\end{align}", True)]),
    ("", "<p>{eq}x<y{/eq} is, &lt;math>z&lt;u^2&lt;/math>, &#60;math&#62;n&#60;/math&#62;</p>",
     [("x<y", False), ("z<u^2", False), ("n", False)]),
    # AsciiMath between hashes
    ("<meta name=math>", "<p>Is #x^2=4#? #sqrt(4)=2#, for #x# or #-2#, #x &lt; 3# (#[0,1]#), not #12 or #13, #if#nor#,"
     " ##z=1##, C# and F# x</p><a href='#a=b#'>#top</a> <code>#u=1#</code>",
     [("x^2 = 4", False), ("\\sqrt{4} = 2", False), ("x", False), ("-2", False), ("x < 3", False),
      ("[0, 1]", False)]),
    ("<meta name=math>", "<p>#form.name=1# and #url.id^2#, /#a=b#, http://a.b/#x=1#, #1 = #2, #f=#0, #x=1#</p>", []),
    (configured("tex: {inlineMath: [['##', '##']]}"), "<p>##x## #y=1# #z=1#</p>", [("x", False)]),
    ("<script src=ASCIIMathML.js></script>", "<p>amath x/2 endamath, amath of many words endamath, amathematics</p>",
     [("\\frac{x}{2}", False)]),
    ("<script src='/MathJax.js?config=AM_HTMLorMML'></script>", "<p>amath x/2 endamath</p>", []),
    # arXiv
    ("<script src=mathjaxToggle.min.js></script>", "<p class='a mathjax'>$X$ <span>$n$</span></p><p>$y$ \\(z_1\\)</p>",
     [("X", False), ("n", False)]),
    # a class that says inline
    (LOADED, "<p>a <span class='b inline-equation'><span class=equation-source>$$x$$</span></span></p>"
     "<p>b <span class=InlineEquation>\\[y\\]</span></p><p>c <span class=equation>$$z$$</span></p>",
     [("x", False), ("y", False), ("z", True)]),
    # MathJax 4 adds to its own lists and takes away from them
    (configured("tex: {inlineMath: {'[+]': [['$', '$']]}}"), "<p>$x$ and \\(y\\), $5 and $z$</p>",
     [("x", False), ("y", False), ("z", False)]),
    (configured("tex: {inlineMath: {'[+]': [['$', '$']], '[-]': [['\\\\(', '\\\\)']]}}"),
     "<p>$x$ but \\(two words\\)</p>", [("x", False)]),
    (configured("tex: {inlineMath: {'[+]': [['$', '$']]}}, options: {skipHtmlTags: {'[+]': ['kbd'], '[-]': ['code']}}"),
     "<p><kbd>$x$</kbd> <code>$y$</code></p>", [("y", False)]),
    (configured("tex: {inlineMath: [['$', '$']], processEnvironments: false}"),
     "<p>$x$ \\begin{align}y\\end{align} $\\begin{matrix}z\\end{matrix}$</p>",
     [("x", False), ("\\begin{matrix}z\\end{matrix}", False)]),
    # a class that has a renderer look at an element also has it look into code, but not into a text field
    (configured("tex: {inlineMath: [['$', '$']]}, options: {processHtmlClass: 'yes'}"),
     "<p><code class='a yes'>$x$</code> <code>$y$</code> <textarea class=yes>$z$</textarea></p>", [("x", False)]),
    (configured("tex: {inlineMath: [['$', '$']]}, options: {ignoreHtmlClass: '.*|', processHtmlClass: 'arithmatex'}"),
     "<p>$x$ <span class=arithmatex>$y$</span></p>", [("y", False)]),
    # several calls of MathJax 2
    ("<script type='text/x-mathjax-config'>MathJax.Hub.Config({tex2jax: {inlineMath: [['$', '$']]}});"
     "MathJax.Hub.Config({TeX: {Macros: {R: '{\\\\bf R}'}}});</script>"
     "<script type='text/x-mathjax-config'>MathJax.Hub.Config({tex2jax: {skipTags: ['script']}});</script>" + LOADED,
     "<p>$x$ <code>$y$</code></p>", [("x", False), ("y", False)]),
    # without TeX among what is loaded a delimiter may be anything
    ("<script src='/MathJax.js?config=AM_HTMLorMML'></script>", "<p>`x/2` \\(two words\\) \\(y_1\\)</p>",
     [("\\frac{x}{2}", False), ("y_1", False)]),
    ("<script src='/MathJax.js?config=TeX-AMS_HTML'></script>", "<p>\\(two words\\) `x/2`</p>", [("two words", False)]),
    ("<script>MathJax.Hub.Config({asciimath2jax: {delimiters: [['{!','!}']]}})</script>"
     "<script src='/MathJax.js?config=AM_CHTML'></script>", "<p>{!x/2!} and `y/2`</p>", [("\\frac{x}{2}", False)]),
    ("<script>AMdocumentId = 'notes'</script><script src=ASCIIMathML.js></script>",
     "<p>`a/b`</p><div id=notes><p>`x/2`</p></div>", [("\\frac{x}{2}", False)]),
    ("<script>AMdocumentId = 'wikitext'</script><script src=ASCIIMathML.js></script>", "<p>`x/2`</p>",
     [("\\frac{x}{2}", False)]),
    # three dollars where the configuration names them, or the page plainly uses them
    (configured("tex: {inlineMath: [['$$$', '$$$']], displayMath: [['$$$$$$', '$$$$$$']]}"),
     "<p>$$$n$$$ and $$$$$$k$$$$$$</p>", [("n", False), ("k", True)]),
    (LOADED, "<p>$$$n$$$ is $$$10^9$$$, $$$$$$k$$$$$$</p>", [("n", False), ("10^9", False), ("k", True)]),
    ("", "<p>$$$ Italian $$$ French $$$</p>", []),
    (configured("tex: {inlineMath: [['$$', '$$']]}"), "<p>$$x$$</p>", [("x", False)]),
    ("", "<p>[TEX]x[/TEX] [Latex]y[/latex] [MATH]u^2[/Math], $`v_1`$</p>",
     [("x", False), ("y", False), ("u^2", False), ("v_1", False)]),
    (DOLLARS, "<p>It costs $5 and then $x^2$ or \\$6 and $y$ a month.</p>", [("x^2", False), ("y", False)]),
    (DOLLARS, "<p>By \\(\\eqref{eq:1}\\) and $(\\ref{b})$ we have $x$.</p>", [("x", False)]),
    (DOLLARS, "<p>\u200b$x$\ufeff and $\u200by\u200b$ and\u00a0$z$\u00a0is</p>",
     [("x", False), ("y", False), ("z", False)]),
]  # fmt: skip


@pytest.mark.parametrize(("head", "body", "expected"), PAGES)
def test_a_page_gets_what_its_renderer_would_typeset(head: str, body: str, expected: list[tuple[str, bool]]) -> None:
    extraction = extract_html(lesson_around(body, head))
    found = [(formula.latex.removeprefix("\\displaystyle "), formula.display) for formula in extraction.formulas]
    assert found == [(latex.removeprefix("\\displaystyle "), display) for latex, display in expected]
    assert extraction.found == len(expected)


def test_a_reference_stays_as_text() -> None:
    extraction = extract_html(lesson_around("<p>By \\(\\eqref{eq:1}\\) and $(\\ref{b})$ we have $x$.</p>", DOLLARS))
    assert "By \\eqref{eq:1} and (\\ref{b}) we have $x$." in extraction.text


def test_an_escaped_dollar_stays_escaped() -> None:
    """A bare one would read as the beginning of a formula beside those that the text marks with dollars."""
    extraction = extract_html(lesson_around("<p>It is \\$5 for $x$ and \\$6 for $y$.</p>", DOLLARS))
    assert "It is \\$5 for $x$ and \\$6 for $y$." in extraction.text


PIECES = st.sampled_from(
    ["<br>", "<wbr>", "\\(x_{%d}\\)", "\\[y_{%d}\\]", "words ", "<b>bold</b> ", "<!-- c -->", "\n", "\\(", "a"]
)


@settings(max_examples=100)
@given(st.lists(PIECES, max_size=20))
def test_words_and_formulas_keep_their_order(parts: list[str]) -> None:
    parts = [part % i if "%" in part else part for i, part in enumerate(parts)]
    extraction = extract_html(lesson_around(f"<p>start {''.join(parts)} end</p>", LOADED))
    if "\\(" not in parts:
        wanted = [part[2:-2] for part in parts if part.startswith("\\")]
        assert [formula.latex for formula in extraction.formulas] == wanted
        assert extraction.text.count("words") == parts.count("words ")
        assert extraction.text.count("bold") == parts.count("<b>bold</b> ")
        at = [extraction.text.index(formula.delimited()) for formula in extraction.formulas]
        assert at == sorted(at)


@given(st.text(alphabet="$\\()[]{}x_1 ab\n`", max_size=60))
def test_plain_text_never_raises(text: str) -> None:
    assert all(formula.latex for formula in text_formulas(text))
