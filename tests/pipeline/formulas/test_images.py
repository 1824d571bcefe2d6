from __future__ import annotations

from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mathmill.demo.markup import BY_NAME
from mathmill.pipeline.dom.parse import parse
from mathmill.pipeline.formulas.images import image_formula, url_formula
from tests.effort import assert_linear

# address, expected LaTeX, display, source
URLS = [
    (r"https://latex.codecogs.com/png.image?\dpi{110}x^2", "x^2", False, "image_codecogs"),
    (r"https://latex.codecogs.com/gif.latex?\inline&space;\fn_cm&space;a&plus;b", "a+b", False, "image_codecogs"),
    (r"//latex.codecogs.com/svg.latex?%5Cbg_white%20%5Clarge%20a%20+%20b", "a + b", False, "image_codecogs"),
    (r"http://latex.codecogs.com/svg.download?a&b&ssl=1", "a&b", False, "image_codecogs"),
    (r"https://latex.codecogs.com/svg.image?\inline&space;\displaystyle&space;n", r"\displaystyle n", False,
     "image_codecogs"),
    (r"https://latex.codecogs.com/svg.image?\large%20large_n", "large_n", False, "image_codecogs"),
    ("https://www.codecogs.com/eqnedit.php?latex=%5Cpi", r"\pi", False, "image_codecogs"),
    ("https://s0.wp.com/latex.php?latex=8+%5Ctimes+8&bg=ffffff&fg=000000&s=0&c=20201002", r"8 \times 8", False,
     "image_wordpress"),
    ("https://s1.wp.com/latex.php?zoom=2&latex=%5Cdisplaystyle+a%2Bb&#038;bg=fff&amp;fg=000", r"\displaystyle a+b",
     True, "image_wordpress"),
    ("https://i0.wp.com/s0.wp.com/latex.php?latex=x_1&bg=ffffff&ssl=1", "x_1", False, "image_wordpress"),
    ("https://s0.wp.com/latex.php?latex=a+%26lt%3B+b&s=0", "a < b", False, "image_wordpress"),
    (r"/cgi-bin/mimetex.cgi?\Large x^2+y", "x^2+y", False, "image_mimetex"),
    (r"http://www.forkosh.com/mathtex.cgi?\dpi{120}\png\frac12", r"\frac12", False, "image_mimetex"),
    ("http://a.example/cgi-bin/mathtex.cgi?%24%24x%24%24", "x", True, "image_mimetex"),
    ("https://chart.googleapis.com/chart?cht=tx&chs=1x0&chf=bg,s,FFFFFF00&chco=000000&chl=a%5E2%2Bb", "a^2+b", False,
     "image_google_chart"),
    ("http://chart.apis.google.com/chart?cht=tx:nowrap&chl=%5Cpi", r"\pi", False, "image_google_chart"),
    ("https://render.githubusercontent.com/render/math?math=x%20%3D%201&mode=display", "x = 1", True, "image_github"),
    ("https://www.zhihu.com/equation?tex=log_2+N", "log_2 N", False, "image_zhihu"),
    ("https://www.zhihu.com/equation?tex=a%20+%20b%5C%5C", "a + b", True, "image_zhihu"),
    ("https://i.upmath.me/svg/x%5E2%20%2B%201", "x^2 + 1", False, "image_upmath"),
    ("https://tex.s2cms.ru/png/%5Cdisplaystyle%20x", r"\displaystyle x", True, "image_upmath"),
    ("https://math.now.sh?from=%5Calpha", r"\alpha", False, "image_url"),
    ("https://math.vercel.app/?inline=%5Calpha&color=black", r"\alpha", False, "image_url"),
    ("http://www.sciweavers.org/tex2img.php?eq=%5Cfrac%7Ba%7D%7Bb%7D&bc=White&fc=Black&im=jpg", r"\frac{a}{b}", False,
     "image_url"),
    ("https://tex.z-dn.net/?f=x%5E%7B2%7D%2B1", "x^{2}+1", False, "image_url"),
    ("https://tex.z-dn.net/?f=x+%5Ccdot+y", r"x \cdot y", False, "image_url"),
    ("http://www.texify.com/img/%5Cnormalsize%5C%21x%5E2.gif", "x^2", False, "image_url"),
    ("https://pics.example/render?formula=%5Csqrt%7B2%7D", r"\sqrt{2}", False, "image_url"),
    ("https://pics.example/latex?eq=x%5E2", "x^2", False, "image_url"),
    ("https://proxy.example/?url=https%3A%2F%2Flatex.codecogs.com%2Fgif.latex%3Fx%255E2&w=9", "x^2", False,
     "image_codecogs"),
    ("https://web.archive.org/web/2012im_/http://latex.codecogs.com/gif.latex?x%5E2", "x^2", False, "image_codecogs"),
    ("https://s0.wp.com/latex.php?latex=%255Cpi%255E2&bg=fff", r"\pi^2", False, "image_wordpress"),
    ("https://s0.wp.com/latex.php?latex=%E9t%E9&bg=fff", "\u00e9t\u00e9", False, "image_wordpress"),
    ("https://s0.wp.com/latex.php?latex=50%5C%25+%2B+1%25&bg=fff", r"50\% + 1%", False, "image_wordpress"),
    ("https://s0.wp.com/latex.php?latex=a%00%EF%BF%BFb&bg=fff", "a b", False, "image_wordpress"),
]  # fmt: skip
NO_FORMULA_URLS = [
    "",
    "logo.png",
    "data:image/gif;base64,R0lGODlhAQABAAAAACw=",
    "https://pics.example/latex-gloves.jpg?formula=new_style",
    "https://shop.example/img?eq=wood_floor&tex=oak",
    "https://tex.z-dn.net/logo.png?f=x%5E2",
    "https://z-dn.net/?f=cover",
    "https://chart.googleapis.com/chart?cht=p3&chl=Hello|World",
    "https://latex.codecogs.com/png.latex?",
    "https://s0.wp.com/latex.php?latex=&bg=fff",
    "https://www.zhihu.com/equation?tex=%20",
    "http://[::1/latex",
    "https://wikimedia.org/api/rest_v1/media/math/render/svg/b2f61ca7838709fb",
    "https://latex.codecogs.com/png.latex?" + "x" * 30_000,
]


@pytest.mark.parametrize(("url", "latex", "display", "source"), URLS)
def test_addresses_spell_formulas(url: str, latex: str, display: bool, source: str) -> None:
    formula = url_formula(url)
    assert formula is not None
    assert (formula.latex, formula.display, formula.source) == (latex, display, source)


@pytest.mark.parametrize("url", NO_FORMULA_URLS)
def test_other_addresses_spell_none(url: str) -> None:
    assert url_formula(url) is None


def shown(markup: str) -> Any:
    tree = parse(markup)
    assert tree is not None
    return image_formula(next(tree.iter("img", "object", "embed", "input")))


# markup, expected LaTeX, display, source
IMAGES = [
    ('<img class="tex" src="/i/1.png" alt="x^2">', "x^2", False, "image_alt"),
    ('<img class="latex" src="/i/1.png" alt="$x$">', "x", False, "image_alt"),
    ('<img class="formulaInl" alt="$ a_1 $" src="form_1.png">', "a_1", False, "image_alt"),
    ('<p class="formulaDsp"><img class="formulaDsp" alt="\\[ a = b \\]" src="form_2.png"></p>', "a = b", True,
     "image_alt"),
    ('<img class="formulaInl" alt="\\f$ a_1 \\f$" src="form_1.png">', "a_1", False, "image_alt"),
    ('<IMG WIDTH="12" ALIGN="MIDDLE" SRC="img3.png" ALT="$ \\alpha$">', r"\alpha", False, "image_alt"),
    ('<IMG SRC="img3.png" ALT="$5.5$">', "5.5", False, "image_alt"),
    ('<IMG SRC="img4.png" ALT="\\begin{displaymath}a = \\mbox{the sum}\\end{displaymath}">', r"a = \mbox{the sum}",
     True, "image_alt"),
    ('<IMG SRC="img4.png" ALT="\\begin{eqnarray*}a &amp;=&amp; b\\end{eqnarray*}">',
     r"\begin{eqnarray*}a &=& b\end{eqnarray*}", True, "image_alt"),
    ('<span class="math"><img src="_images/math/0123456789abcdef0123456789abcdef01234567.png" alt="rank"></span>',
     "rank", False, "image_alt"),
    ('<div class="math"><p><span class="eqno">(1)</span><img src="_images/math/0a.png" alt="f(x)"></p></div>', "f(x)",
     True, "image_alt"),
    ('<img src="https://wikimedia.org/api/rest_v1/media/math/render/svg/09b" class="mwe-math-fallback-image-inline"'
     ' alt="{\\displaystyle f}">', r"{\displaystyle f}", False, "image_wikimedia"),
    ('<img src="https://wikimedia.org/api/rest_v1/media/math/render/svg/09b" class="mwe-math-fallback-image-display"'
     ' alt="{\\displaystyle f}">', r"{\displaystyle f}", True, "image_wikimedia"),
    ('<img src="//latex.artofproblemsolving.com/1/2/3.png" class="latex" alt="$x+y$">', "x+y", False, "image_aops"),
    ('<img src="//latex.artofproblemsolving.com/1/2/3.png" class="latexcenter" alt="\\[x+y\\]">', "x+y", True,
     "image_aops"),
    ('<img src="https://a.example/wp-content/ql-cache/quicklatex.com-1_l3.png" class="ql-img-inline-formula"'
     ' alt="x" title="Rendered by QuickLaTeX.com">', "x", False, "image_quicklatex"),
    ('<img src="https://quicklatex.com/cache3/1_l3.png" class="ql-img-displayed-equation" alt="\\[x\\]">', "x", True,
     "image_quicklatex"),
    ('<img class="texrender" title="\\frac{1}{2}" alt="\\frac{1}{2}" src="https://m.example/filter/tex/pix.php/0a.gif">',
     r"\frac{1}{2}", False, "image_moodle"),
    ('<img src="http://www.zhihu.com/equation?tex=x_iin+RD" alt="x_i\\in R^D">', r"x_i\in R^D", False, "image_zhihu"),
    ('<img src="https://www.zhihu.com/equation?tex=%5Cfrac%7B1%7D%7B2%7D" alt="frac{1}{2}">', r"\frac{1}{2}", False,
     "image_zhihu"),
    ('<img src="https://s0.wp.com/latex.php?latex=a+b&bg=fff" alt="a+b" class="latex">', "a+b", False,
     "image_wordpress"),
    ('<img src="https://s0.wp.com/latex.php?latex=a+b&bg=fff" alt="formula" class="latex">', "a b", False,
     "image_wordpress"),
    ('<img src="data:image/gif;base64,R0lGOD" data-src="https://s0.wp.com/latex.php?latex=x&amp;bg=fff">', "x", False,
     "image_wordpress"),
    ('<img src="blank.gif" data-srcset="https://s0.wp.com/latex.php?latex=x%5E3&amp;bg=fff 2x, b.png 1x">', "x^3",
     False, "image_wordpress"),
    ('<img src="spacer.png" data-actualsrc="//www.zhihu.com/equation?tex=x">', "x", False, "image_zhihu"),
    ('<object data="https://latex.codecogs.com/svg.latex?x" type="image/svg+xml"></object>', "x", False,
     "image_codecogs"),
    ('<object data="eq.svg" type="image/svg+xml" class="math">x^2</object>', "x^2", False, "image_alt"),
    ('<input type="image" src="/cgi-bin/mimetex.cgi?x">', "x", False, "image_mimetex"),
    ('<img src="eq.png" alt="\\frac{a}{b}">', r"\frac{a}{b}", False, "image_alt"),
    ('<img src="eq.png" aria-label="\\int_0^1 f">', r"\int_0^1 f", False, "image_alt"),
    ('<img class="tex" align="center" src="eq.png" alt="x">', "x", True, "image_alt"),
    ('<img src="eq.png" alt="[tex]x[/tex]">', "x", False, "image_alt"),
    ('<img src="https://camo.example/5d/68" alt="eq" data-canonical-src="https://latex.codecogs.com/svg.latex?x%5E2">',
     "x^2", False, "image_codecogs"),
    ('<span class="InlineEquation"><img src="a.gif" alt="$$x^2$$"></span>', "x^2", False, "image_alt"),
    ('<span class="inline-formula"><b><img src="a.gif" alt="$$x^2$$"></b></span>', "x^2", False, "image_alt"),
    ('<div class="displaymath"><img class="math inline" src="a.gif" alt="x^2"></div>', "x^2", False, "image_alt"),
    ('<span class="InlineEquation"><img class="tex-display" src="a.gif" alt="x^2"></span>', "x^2", True, "image_alt"),
    ('<span class="Equation"><img src="a.gif" alt="$$x^2$$"></span>', "x^2", True, "image_alt"),
    ('<img src="mi1.png" class="ltx_Math" alt="x^{2}">', "x^{2}", False, "image_alt"),
    ('<img class="equation_image" src="/e/1" alt="LaTeX: x" data-equation-content="x^2 ">', "x^2", False, "image_alt"),
    ('<img class="equation_image" src="/e/1" alt="LaTeX: n">', "n", False, "image_alt"),
    ('<img src="/e/1" alt="two thirds" data-equation-content="n">', "n", False, "image_alt"),
    ('<img src="/e/1" alt="LaTeX: \\frac{1}{2}">', r"\frac{1}{2}", False, "image_alt"),
]  # fmt: skip
NO_IMAGES = [
    '<img src="a.jpg" alt="Save $5">',
    '<img src="a.jpg" alt="$5 off, now $3">',
    '<img src="a.jpg" alt="From $5 to the top of $HOME$">',
    '<img src="a.jpg" alt="C:\\Users\\alpha">',
    '<img src="a.jpg" alt="^_^">',
    '<img src="a.jpg" alt="o^o" class="emoji">',
    '<img src="a.jpg" alt="x">',
    '<img src="a.jpg" alt="A plot of y = x^2 and its tangent">',
    '<img src="a.jpg" alt="plot.png" class="math">',
    '<img src="a.jpg" alt="Equation 3" class="equation">',
    '<img src="a.jpg" alt="Equation (1)" class="tex">',
    '<img src="a.jpg" alt="Eq. (1)" class="equation">',
    '<img src="a.jpg" alt="equation (A.12b)." class="math">',
    '<img src="a.jpg" alt="Formula [2\u20133]" class="formula">',
    '<img src="a.jpg" alt="Eqn. 4.2" class="math">',
    '<img src="a.jpg" alt="LaTeX: introduction">',
    '<img src="a.jpg" alt="LaTeX: a system for documents" class="tex">',
    '<img src="img1.gif" alt="tex2html_wrap_inline12" class="math">',
    '<img src="a.jpg" alt="A boat" class="inline math">',
    '<img src="a.jpg" alt="Teacher" class="math">',
    '<img src="a.jpg" alt="" class="latex">',
    '<img src="a.jpg" class="latex">',
    '<img src="latex-logo.png" alt="LaTeX logo">',
    '<img src="img4.png" alt="\\begin{figure}\\includegraphics{a}\\end{figure}">',
    '<input type="image" src="buy.png" alt="Buy">',
    '<object data="film.swf">Please install a plug-in</object>',
]


@pytest.mark.parametrize(("markup", "latex", "display", "source"), IMAGES)
def test_images_of_formulas(markup: str, latex: str, display: bool, source: str) -> None:
    formula = shown(f"<p>so {markup} is</p>" if "<p" not in markup and "<div" not in markup else markup)
    assert formula is not None
    assert (formula.latex, formula.display, formula.source) == (latex, display, source)


@pytest.mark.parametrize("alt", ["Equation x = 1", "eq_1 = 2", "e (1)"])
def test_an_equation_that_is_not_only_counted_stays(alt: str) -> None:
    assert shown(f'<p>so <img class="tex" src="a.png" alt="{alt}"> is</p>') is not None


@pytest.mark.parametrize("markup", NO_IMAGES)
def test_other_images(markup: str) -> None:
    assert shown(f"<p>so {markup} is</p>") is None


@pytest.mark.parametrize(
    "name",
    ["img_tex", "wordpress", "codecogs", "mimetex", "doxygen", "zhihu_image", "google_chart", "upmath", "quicklatex"],
)
@pytest.mark.parametrize("latex", ["x^{2}+y", r"\frac{a+b}{2} \le 5", "n", "100", r"\sqrt{x-1} = 3"])
def test_the_demos_images_come_back(name: str, latex: str) -> None:
    formula = shown(BY_NAME[name].write(latex, False))
    assert formula is not None
    assert formula.latex == latex


TEX = st.text("abxyz0123 +-=^_{}\\()<>&,.?/#\u03b1\u00e9", min_size=1, max_size=40).map(str.strip).filter(
    lambda latex: latex and not latex.startswith("\\") and not latex.endswith("\\") and "  " not in latex
)  # fmt: skip


@given(TEX)
def test_services_give_back_what_they_were_given(latex: str) -> None:
    for url in (
        f"https://s0.wp.com/latex.php?latex={quote_plus(latex)}&bg=fff&fg=000",
        f"https://www.zhihu.com/equation?tex={quote(latex, safe='')}",
        f"https://latex.codecogs.com/svg.image?{quote(latex, safe='')}",
    ):
        formula = url_formula(url)
        assert formula is not None
        assert formula.latex == latex


@given(st.text(max_size=80), st.text(max_size=80), st.text(max_size=30))
def test_any_attributes_are_read(src: str, alt: str, names: str) -> None:
    image = parse("<img>").find(".//img")  # type: ignore[union-attr]
    for name, value in (("src", "latex.php?latex=" + src), ("alt", alt), ("class", names)):
        image.set(name, "".join(c for c in value if c.isprintable()))
    image_formula(image)


@pytest.mark.parametrize(
    "unit",
    ["&amp;", "amp;", "http://a/", "=http%3A%2F%2F", "&w=", "\\inline ", "%25", "$", "\\(", "\\begin{array}", "{"],
)
def test_time_is_linear(unit: str) -> None:
    def markup(size: int) -> str:
        long = unit * (size // len(unit))
        source = f"https://latex.codecogs.com/a.latex?{long}"
        return f'<img class="tex" src="{source}" data-src="latex.php?{long}" alt="{long}">'

    assert_linear(1_900, 19_000, 0.05, markup, shown)
