r"""The ways in which the made-up web writes a formula.

A `Markup` takes LaTeX and gives HTML, once for formulas in a line and once for displayed ones. A page uses one of
them throughout, as the pages of one site do. `frequency` is how often the made-up web uses it: typed TeX is
common, the rest is rare, as on the real web. `FURTHER` are ways of single programs and sites, which the made-up web
does not use; extraction is measured on them apart.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from urllib.parse import quote

from mathmill.demo.formula import Node, asciimath, glyphs, mathml, parse, sup_sub

Writer = Callable[[str, bool], str]


@dataclass(frozen=True, slots=True)
class Markup:
    """One way of writing formulas: what the page's head needs, and `write(latex, display)` to HTML."""

    name: str
    head: str
    write: Writer
    frequency: int = 1


MATHML_NAMESPACE = 'xmlns="http://www.w3.org/1998/Math/MathML"'
CONFIG_MATHJAX2 = """<script type="text/x-mathjax-config">
MathJax.Hub.Config({tex2jax: {inlineMath: [['$','$'], ['\\\\(','\\\\)']], processEscapes: true}});
</script>
<script async src="https://cdn.example/mathjax/2.7.9/MathJax.js?config=TeX-AMS_HTML"></script>"""
PLAIN_MATHJAX2 = '<script async src="https://cdn.example/mathjax/2.7.9/MathJax.js?config=TeX-MML-AM_CHTML"></script>'
CONFIG_MATHJAX3 = """<script>
window.MathJax = {tex: {inlineMath: [['$', '$'], ['\\\\(', '\\\\)']]}, svg: {fontCache: 'global'}};
</script>
<script async src="https://cdn.example/mathjax@3/es5/tex-svg.js" id="MathJax-script"></script>"""
CONFIG_KATEX = """<link rel="stylesheet" href="https://cdn.example/katex@0.16/katex.min.css">
<script defer src="https://cdn.example/katex@0.16/contrib/auto-render.min.js"
 onload="renderMathInElement(document.body, {delimiters: [
 {left: '$$', right: '$$', display: true}, {left: '$', right: '$', display: false}]});"></script>"""
CONFIG_ASCIIMATH = """<script type="text/x-mathjax-config">
MathJax.Hub.Config({extensions: ["asciimath2jax.js"], jax: ["input/AsciiMath", "output/HTML-CSS"],
 asciimath2jax: {delimiters: [['`','`']]}});
</script>
<script async src="https://cdn.example/mathjax/2.7.9/MathJax.js?config=AM_HTMLorMML"></script>"""
STYLE_KATEX = '<link rel="stylesheet" href="https://cdn.example/katex@0.16/katex.min.css">'


def split_math(text: str) -> list[tuple[str, str]]:
    """Cut a text at its formulas: pairs of `text`, `inline` or `display` and the words or LaTeX."""
    pieces = []
    for number, part in enumerate(re.split(r"\$\$(.*?)\$\$|\$(.*?)\$", text)):
        kind = ("text", "display", "inline")[number % 3]
        if part:
            pieces.append((kind, part))
    return pieces


def write_html(text: str, markup: Markup) -> str:
    """A text with formulas between dollar signs as HTML in one markup."""
    return "".join(
        escape(part, quote=False) if kind == "text" else markup.write(part, kind == "display")
        for kind, part in split_math(text)
    )


def _dollar(latex: str, display: bool) -> str:
    text = escape(latex, quote=False)
    return f"$${text}$$" if display else f"${text}$"


def _dollar_raw_less(latex: str, display: bool) -> str:
    text = latex.replace(" < ", "<")
    return f"$${text}$$" if display else f"${text}$"


def _dollar_escaped_less(latex: str, display: bool) -> str:
    return _dollar(latex.replace(" < ", "<"), display)


def _parentheses(latex: str, display: bool) -> str:
    text = escape(latex, quote=False)
    return f"\\[{text}\\]" if display else f"\\({text}\\)"


def _short_div(latex: str, display: bool) -> str:
    return f"<div>{_parentheses(latex, True)}</div>" if display else _parentheses(latex, False)


def _align(latex: str, display: bool) -> str:
    if not display:
        return _dollar(latex, False)
    return f"\\begin{{align}}\n{escape(latex.replace(' = ', ' &= ', 1), quote=False)}\n\\end{{align}}"


def _script(latex: str, display: bool) -> str:
    mode = "; mode=display" if display else ""
    return f'<script type="math/tex{mode}">{latex}</script>'


def _script_asciimath(latex: str, display: bool) -> str:
    script = f'<script type="math/asciimath">{asciimath(parse(latex))}</script>'
    return f"<div>{script}</div>" if display else script


def _script_mathml(latex: str, display: bool) -> str:
    return f'<script type="math/mml">{_mathml(latex, display)}</script>'


def _math_element(inner: str, display: bool, attributes: str = "") -> str:
    return f'<math {MATHML_NAMESPACE} display="{"block" if display else "inline"}"{attributes}>{inner}</math>'


def _mathml(latex: str, display: bool) -> str:
    return _math_element(mathml(parse(latex)), display)


def _annotated(latex: str, display: bool) -> str:
    note = f'<annotation encoding="application/x-tex">{escape(latex, quote=False)}</annotation>'
    return _math_element(f"<semantics><mrow>{mathml(parse(latex))}</mrow>{note}</semantics>", display)


def _alttext(latex: str, display: bool) -> str:
    return _math_element(mathml(parse(latex)), display, f' alttext="{escape(latex)}"')


def _mathjax2(latex: str, display: bool) -> str:
    number = hashlib.blake2b(latex.encode(), digest_size=3).hexdigest()

    def leaf(node: Node) -> str:
        kind = {"number": "mn", "operator": "mo"}.get(node.kind, "mi")
        return f'<span class="{kind}" style="font-family: MathJax_Main;">{escape(node.text)}</span>'

    shown = f'<span class="math"><span class="mrow">{glyphs(parse(latex), leaf)}</span></span>'
    frame = f'<span class="MathJax" id="MathJax-Element-{number}-Frame">{shown}</span>'
    if display:
        frame = f'<div class="MathJax_Display">{frame}</div>'
    script = _script(latex, display).replace("<script ", f'<script id="MathJax-Element-{number}" ')
    return f'<span class="MathJax_Preview"></span>{frame}{script}'


def _katex(latex: str, display: bool) -> str:
    def leaf(node: Node) -> str:
        kind = {"number": "mord", "operator": "mbin", "space": "mspace"}.get(node.kind, "mord mathnormal")
        return f'<span class="{kind}">{escape(node.text)}</span>'

    shown = (
        f'<span class="katex"><span class="katex-mathml">{_annotated(latex, display)}</span>'
        f'<span class="katex-html" aria-hidden="true"><span class="base"><span class="strut"></span>'
        f"{glyphs(parse(latex), leaf)}</span></span></span>"
    )
    return f'<span class="katex-display">{shown}</span>' if display else shown


def _chtml(latex: str, display: bool) -> str:
    def leaf(node: Node) -> str:
        tag = {"number": "mjx-mn", "operator": "mjx-mo"}.get(node.kind, "mjx-mi")
        letters = "".join(f'<mjx-c class="mjx-c{ord(letter):X}"></mjx-c>' for letter in node.text)
        return f'<{tag} class="mjx-n">{letters}</{tag}>'

    return (
        f'<mjx-container class="MathJax" jax="CHTML"{" display=true" if display else ""}>'
        f'<mjx-math aria-hidden="true">{glyphs(parse(latex), leaf)}</mjx-math>'
        f'<mjx-assistive-mml unselectable="on" display="{"block" if display else "inline"}">'
        f"{_mathml(latex, display)}</mjx-assistive-mml></mjx-container>"
    )


def _mediawiki(latex: str, display: bool) -> str:
    digest = hashlib.sha1(latex.encode(), usedforsecurity=False).hexdigest()
    tex = escape(f"{{\\displaystyle {latex}}}")
    mode = "display" if display else "inline"
    note = f'<annotation encoding="application/x-tex">{tex}</annotation>'
    inner = f'<semantics><mstyle displaystyle="true">{mathml(parse(latex))}</mstyle>{note}</semantics>'
    return (
        f'<span class="mwe-math-element"><span class="mwe-math-mathml-{mode} mwe-math-mathml-a11y" '
        f'style="display: none;">{_math_element(inner, display, f" alttext={chr(34)}{tex}{chr(34)}")}</span>'
        f'<img src="https://wikimedia.org/api/rest_v1/media/math/render/svg/{digest}" '
        f'class="mwe-math-fallback-image-{mode}" aria-hidden="true" alt="{tex}"></span>'
    )


def _image(source: str, latex: str, display: bool, kind: str, alt: str | None = None) -> str:
    image = f'<img class="{kind}" src="{escape(source)}" alt="{escape(latex if alt is None else alt)}">'
    return f"<p>{image}</p>" if display else image


def _img_tex(latex: str, display: bool) -> str:
    digest = hashlib.blake2b(latex.encode(), digest_size=6).hexdigest()
    return _image(f"/images/eq-{digest}.png", latex, display, "tex")


def _wordpress(latex: str, display: bool) -> str:
    text = f"\\displaystyle {latex}" if display else latex
    return _image(f"https://s0.wp.com/latex.php?latex={quote(text)}&bg=ffffff&fg=000&s=0", text, display, "latex")


def _codecogs(latex: str, display: bool) -> str:
    return _image(f"https://latex.codecogs.com/png.latex?{quote(latex)}", latex, display, "formula", "formula")


def _mimetex(latex: str, display: bool) -> str:
    return _image(f"/cgi-bin/mimetex.cgi?{quote(latex)}", latex, display, "eq", "")


def _data_latex(latex: str, display: bool) -> str:
    tag = "div" if display else "span"
    return f'<{tag} class="math-rendered" data-latex="{escape(latex)}"></{tag}>'


def _data_expr(latex: str, display: bool) -> str:
    return f'<code data-math-formula="true" data-expr="{escape(latex)}">{escape(latex)}</code>'


def _math_container(latex: str, display: bool) -> str:
    return f'<span class="math-container">{_dollar(latex, display)}</span>'


def _tex_tags(latex: str, display: bool) -> str:
    text = escape(latex, quote=False)
    return f"[tex]{text}[/tex]" if display else f"[itex]{text}[/itex]"


def _sup_sub(latex: str, display: bool) -> str:
    text = re.sub(" +", " ", sup_sub(parse(latex)).replace(",", ", ")).strip()
    return f'<p class="formula">{text}</p>' if display else text


def _layout_table(latex: str, display: bool) -> str:
    if not display:
        return _dollar(latex, False)
    number = int.from_bytes(hashlib.blake2b(latex.encode(), digest_size=2).digest()) % 40 + 1
    return (
        f'<table class="equation" width="100%"><tr><td></td><td align="center">{_dollar(latex, True)}</td>'
        f'<td align="right">({number})</td></tr></table>'
    )


def _svg(latex: str, display: bool) -> str:
    title = escape(latex)
    picture = f'<svg role="img" aria-label="{title}" viewBox="0 0 90 20"><title>{title}</title><path d="M0 0h9"/></svg>'
    return f"<div>{picture}</div>" if display else picture


def _noscript(latex: str, display: bool) -> str:
    lazy = '<img class="latex lazy" src="data:image/gif;base64,R0lGODlhAQABAAAAACw=" data-src="/tex/eq.png" alt="">'
    return f"{lazy}<noscript>{_image('/tex/eq.png', latex, False, 'latex')}</noscript>"


def _asciimath_backticks(latex: str, display: bool) -> str:
    return f"`{escape(asciimath(parse(latex)), quote=False)}`"


def _doxygen(latex: str, display: bool) -> str:
    number = int.from_bytes(hashlib.blake2b(latex.encode(), digest_size=2).digest())
    if display:
        image = f'<img class="formulaDsp" alt="\\[ {escape(latex)} \\]" src="form_{number}.png">'
        return f'<p class="formulaDsp">\n{image}</p>'
    return f'<img class="formulaInl" alt="${escape(latex)}$" src="form_{number}.png">'


def _sphinx(latex: str, display: bool) -> str:
    tag = "div" if display else "span"
    return f'<{tag} class="math notranslate nohighlight">{_parentheses(latex, display)}</{tag}>'


def _distill(latex: str, display: bool) -> str:
    return f"<d-math{' block' if display else ''}>{escape(latex, quote=False)}</d-math>"


def _github(latex: str, display: bool) -> str:
    kind, style = ("display", "block") if display else ("inline", "inline-block")
    return f'<math-renderer class="js-{kind}-math" style="display: {style}">{_dollar(latex, display)}</math-renderer>'


def _zhihu(latex: str, display: bool) -> str:
    shown = f'<span class="MathJax_SVG"><svg viewBox="0 0 9 9"></svg></span><script type="math/tex;">{latex}</script>'
    return f'<span class="ztext-math" data-eeimg="1" data-tex="{escape(latex)}">{shown}</span>'


def _zhihu_image(latex: str, display: bool) -> str:
    source = escape(f"https://www.zhihu.com/equation?tex={quote(latex)}")
    return f'<img src="{source}" alt="{escape(latex)}" eeimg="1">'


def _google_chart(latex: str, display: bool) -> str:
    return _image(f"https://chart.googleapis.com/chart?cht=tx&chl={quote(latex)}", latex, display, "chart", "")


def _upmath(latex: str, display: bool) -> str:
    return _image(f"https://i.upmath.me/svg/{quote(latex)}", latex, display, "", "")


def _quicklatex(latex: str, display: bool) -> str:
    source = f"/wp-content/ql-cache/quicklatex.com-{hashlib.md5(latex.encode(), usedforsecurity=False).hexdigest()}.png"
    title = 'title="Rendered by QuickLaTeX.com"'
    if not display:
        kind = "ql-img-inline-formula quicklatex-auto-format"
        return f'<img src="{source}" class="{kind}" alt="{escape(latex)}" {title}>'
    kind, sides = "ql-img-displayed-equation quicklatex-auto-format", '<span class="ql-right-eqno"> &nbsp; </span>'
    image = f'<img src="{source}" class="{kind}" alt="\\[{escape(latex)}\\]" {title}>'
    return f'<p class="ql-center-displayed-equation">{sides}{image}</p>'


def _prefixed_mathml(latex: str, display: bool) -> str:
    prefixed = re.sub(r"<(/?)", r"<\1mml:", _mathml(latex, display))
    return prefixed.replace("xmlns=", "xmlns:mml=")


def _mathjax2_svg(latex: str, display: bool) -> str:
    element = _mathml(latex, display)
    assistive = f'<span class="MJX_Assistive_MathML" role="presentation">{element}</span>'
    shown = f'<svg role="img" aria-hidden="true" viewBox="0 0 9 9"><path d="M0 0h9"></path></svg>{assistive}'
    frame = f'<span class="MathJax_SVG" tabindex="0" data-mathml="{escape(element)}" role="presentation">{shown}</span>'
    return f'<div class="MathJax_SVG_Display">{frame}</div>' if display else frame


def _quill(latex: str, display: bool) -> str:
    shown = f'<span contenteditable="false">{_katex(latex, False)}</span>'
    return f'<span class="ql-formula" data-value="{escape(latex)}">\ufeff{shown}\ufeff</span>'


def _wiris(latex: str, display: bool) -> str:
    coded = _mathml(latex, False).replace('"', "¨").replace("&", "§").replace("<", "«").replace(">", "»")
    return f'<img class="Wirisformula" src="/wiris/cache.png" data-mathml="{coded}" alt="formula" role="math">'


MARKUPS: tuple[Markup, ...] = (
    Markup("dollar", CONFIG_MATHJAX2, _dollar, 12),
    Markup("dollar_mathjax3", CONFIG_MATHJAX3, _dollar, 8),
    Markup("dollar_katex", CONFIG_KATEX, _dollar, 6),
    Markup("raw_less", CONFIG_MATHJAX2, _dollar_raw_less, 2),
    Markup("escaped_less", CONFIG_MATHJAX2, _dollar_escaped_less, 2),
    Markup("parentheses", PLAIN_MATHJAX2, _parentheses, 8),
    Markup("short_div", PLAIN_MATHJAX2, _short_div, 3),
    Markup("align", CONFIG_MATHJAX2, _align, 3),
    Markup("script", PLAIN_MATHJAX2, _script, 5),
    Markup("script_asciimath", PLAIN_MATHJAX2, _script_asciimath),
    Markup("script_mathml", PLAIN_MATHJAX2, _script_mathml),
    Markup("mathjax2", PLAIN_MATHJAX2, _mathjax2, 4),
    Markup("katex", STYLE_KATEX, _katex, 5),
    Markup("mathml", "", _mathml),
    Markup("mathml_annotation", "", _annotated, 2),
    Markup("alttext", "", _alttext, 2),
    Markup("mediawiki", "", _mediawiki, 4),
    Markup("mathjax3", "", _chtml),
    Markup("img_tex", "", _img_tex),
    Markup("wordpress", "", _wordpress, 2),
    Markup("codecogs", "", _codecogs),
    Markup("mimetex", "", _mimetex),
    Markup("data_latex", "", _data_latex),
    Markup("data_expr", "", _data_expr),
    Markup("math_container", CONFIG_MATHJAX2, _math_container, 4),
    Markup("tex_tags", PLAIN_MATHJAX2, _tex_tags),
    Markup("sup_sub", "", _sup_sub),
    Markup("layout_table", CONFIG_MATHJAX2, _layout_table, 2),
    Markup("svg", "", _svg),
    Markup("noscript", "", _noscript),
)
FURTHER: tuple[Markup, ...] = (
    Markup("asciimath_backticks", CONFIG_ASCIIMATH, _asciimath_backticks),
    Markup("doxygen", "", _doxygen),
    Markup("sphinx", PLAIN_MATHJAX2, _sphinx),
    Markup("distill", "", _distill),
    Markup("github", "", _github),
    Markup("zhihu", "", _zhihu),
    Markup("zhihu_image", "", _zhihu_image),
    Markup("google_chart", "", _google_chart),
    Markup("upmath", "", _upmath),
    Markup("quicklatex", "", _quicklatex),
    Markup("prefixed_mathml", "", _prefixed_mathml),
    Markup("mathjax2_svg", "", _mathjax2_svg),
    Markup("quill", STYLE_KATEX, _quill),
    Markup("wiris", "", _wiris),
)
BY_NAME = {markup.name: markup for markup in (*MARKUPS, *FURTHER)}
