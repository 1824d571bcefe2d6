"""Pages as the platforms and tools of the web deliver them: blogs, forums, courses, editors.

Each is a small page of ours after the markup that one of them sends; what is looked at is the text that comes out:
every formula once, in its place, inline or displayed, its number behind it, no leftovers of the markup. The
generators of documents are in `test_wild_pages_2`, science and wikis in `test_wild_pages_3`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pytest

from mathmill.pipeline.extraction import extract
from tests.pipeline.lessons import lesson_around

_FORMULA = re.compile(r"\$\$(.+?)\$\$|\$(.+?)\$")
# Markup that many pages share, by the names under which they hold it; what holds others comes before them.
PIECES = {
    "MATHJAX3": '<script src="https://cdn.example.org/npm/mathjax@3/es5/tex-mml-chtml.js"></script>',
    "MATHJAX2": '<script src="/mathjax/MathJax.js?config=TeX-AMS_HTML"></script>',
    "LATEXML_BLOCK": '<math class="ltx_Math" alttext="x^{2}" display="block">@LATEXML_PARTS@</math>',
    "LATEXML": '<math id="p1.m1" class="ltx_Math" alttext="x^{2}" display="inline">@LATEXML_PARTS@</math>',
    "LATEXML_PARTS": (
        '<semantics><msup><mi>x</mi><mn>2</mn></msup><annotation-xml encoding="MathML-Content"><apply>'
        '<csymbol cd="ambiguous">superscript</csymbol><ci>x</ci><cn type="integer">2</cn></apply></annotation-xml>'
        '<annotation encoding="application/x-tex">x^{2}</annotation><annotation encoding="application/x-llamapun">'
        "italic_x start_POSTSUPERSCRIPT 2 end_POSTSUPERSCRIPT</annotation></semantics>"
    ),
    "WIKIPEDIA": (
        '<span class="mwe-math-element mwe-math-element-inline"><span style="display: none;" '
        r'class="mwe-math-mathml-inline mwe-math-mathml-a11y"><math @XMLNS@ alttext="{\displaystyle x^{2}}">'
        r'<semantics>@SQUARE@<annotation encoding="application/x-tex">{\displaystyle x^{2}}</annotation>'
        '</semantics></math></span>'
        '<img src="https://wikimedia.org/api/rest_v1/media/math/render/svg/@HASH@" aria-hidden="true" '
        r'class="mwe-math-fallback-image-inline" alt="{\displaystyle x^{2}}"></span>'
    ),
    "KATEX_BLOCK": '<span class="katex-display">@KATEX@</span>',
    "KATEX": '<span class="katex"><span class="katex-mathml">@ANNOTATED@</span>@GLYPHS@</span>',
    "GLYPHS": (
        '<span class="katex-html" aria-hidden="true"><span class="base"><span class="strut" style="height:0.8141em;">'
        '</span><span class="mord"><span class="mord mathnormal">x</span><span class="msupsub"><span class="vlist-t">'
        '<span class="vlist-r"><span class="vlist" style="height:0.8141em;">'
        '<span style="top:-3.063em;margin-right:0.05em;"><span class="pstrut" style="height:2.7em;">'
        '</span><span class="sizing reset-size6 size3 mtight">'
        '<span class="mord mtight">2</span></span></span></span></span></span></span></span></span></span>'
    ),
    "ANNOTATED": (
        '<math @XMLNS@><semantics><mrow>@SQUARE@</mrow>'
        '<annotation encoding="application/x-tex">x^2</annotation></semantics></math>'
    ),
    "SQUARE": "<msup><mi>x</mi><mn>2</mn></msup>",
    "XMLNS": 'xmlns="http://www.w3.org/1998/Math/MathML"',
    "HASH": "5d41402abc4b2a76b9719d911017c592",
}  # fmt: skip


@dataclass(frozen=True)
class Wild:
    """A platform's page: what its text has to show, pieces apart by ` … `, and what must not be left in it."""

    name: str
    shown: str
    body: str
    unseen: str = ""
    head: str = ""


def assert_shows(page: Wild) -> None:
    """The formulas in what is shown are all there are, in this order, and stand where they are shown."""
    extraction = extract(lesson_around(_filled(page.body), _filled(page.head)))
    wanted = [(block or inline, bool(block)) for block, inline in _FORMULA.findall(page.shown)]
    assert [(formula.latex, formula.display) for formula in extraction.formulas] == wanted
    text, at = " ".join(extraction.text.split()), 0
    for piece in page.shown.split(" … "):
        assert piece in text[at:]
        at = text.index(piece, at) + len(piece)
    assert not [leftover for leftover in page.unseen.split(" … ") if leftover and leftover in text]


def named(pages: Iterable[Wild]) -> list[Any]:
    """The pages as parameters of a test."""
    return [pytest.param(page, id=page.name) for page in pages]


def _filled(markup: str) -> str:
    for name, piece in PIECES.items():
        markup = markup.replace(f"@{name}@", piece)
    return markup


PAGES = [
    Wild("Jetpack", r"Let $x^2+y$ be. … $$\sum_n n$$",
         '<p>Let <img src="https://s0.wp.com/latex.php?latex=x%5E2%2By&#038;bg=ffffff&#038;fg=444444&#038;s=0&#0'
         '38;c=20201002" srcset="https://s0.wp.com/latex.php?latex=x%5E2%2By&#038;bg=ffffff&#038;fg=444444&#038;'
         's=0&#038;c=20201002&#038;zoom=4.5 4x" alt="x^2+y" class="latex" /> be.</p><p align="center"><img '
         'src="https://s0.wp.com/latex.php?latex=%5Cdisplaystyle+%5Csum_n+n&#038;bg=ffffff" '
         'alt="&#92;displaystyle &#92;sum_n n" class="latex" /></p>'),
    Wild("Jetpack numbered", r"$$a=\frac{1}{2}$$ (1)",
         '<p align="center"><img src="https://s0.wp.com/latex.php?latex=%5Cdisplaystyle+a%3D%5Cfrac%7B1%7D%7B2%7'
         'D+%5C+%5C+%5C+%5C+%5C+%281%29&#038;bg=ffffff" alt="&#92;displaystyle a=&#92;frac{1}{2} &#92; &#92; '
         '&#92; &#92; &#92; (1)" class="latex" /></p>'),
    Wild("WordPress dollar", r"Let $\alpha^2$ be, and $x<1$ too.",
         r"<p>Let $latex \alpha^2$ be, and $latex x&lt;1&amp;s=2$ too.</p>"),
    Wild("QuickLaTeX inline", "Let $x^2$ be.",
         '<p>Let <img src="https://b.example/wp-content/ql-cache/quicklatex.com-@HASH@_l3.png" '
         'class="ql-img-inline-formula quicklatex-auto-format" alt="&#120;&#94;&#50;" title="Rendered by '
         'QuickLaTeX.com" height="15" width="16" style="vertical-align: 0px;"/> be.</p>'),
    Wild("QuickLaTeX numbered", r"$$a=\frac{1}{2}$$ (1)",
         '<p class="ql-center-displayed-equation" style="line-height: 39px;"><span class="ql-right-eqno"> (1) '
         '</span><span class="ql-left-eqno"> &nbsp; </span><img '
         'src="https://b.example/wp-content/ql-cache/quicklatex.com-@HASH@_l3.png" height="39" width="100" '
         'class="ql-img-displayed-equation quicklatex-auto-format" alt="&#92;&#98;egin{equation} '
         'a=&#92;frac{1}{2} &#92;&#101;nd{equation}" title="Rendered by QuickLaTeX.com"/></p>'),
    Wild("QuickLaTeX unnumbered", r"$$a=\frac{1}{2}$$",
         '<p class="ql-center-displayed-equation" style="line-height: 39px;"><span class="ql-right-eqno"> '
         '&nbsp; </span><span class="ql-left-eqno"> &nbsp; </span><img '
         'src="https://b.example/wp-content/ql-cache/quicklatex.com-@HASH@_l3.png" height="39" width="100" '
         'class="ql-img-displayed-equation quicklatex-auto-format" alt="&#92;&#91;a=&#92;frac{1}{2}&#92;&#93;" '
         'title="Rendered by QuickLaTeX.com"/></p>'),
    Wild("KaTeX plugin", r"Let $x^2$ be. … $$\frac{1}{2}$$",
         '<p>Let <span class="katex-eq" data-katex-display="false">x^2</span> be.</p><span class="katex-eq" '
         r'data-katex-display="true">\frac{1}{2}</span>'),
    Wild("WP-KaTeX plugin", r"Let $x^2$ be. … $$\frac{1}{2}$$",
         '<p>Let <span class="wp-katex-eq" data-display="false">x^2</span> be.</p><p><span class="wp-katex-eq" '
         r'data-display="true">\frac{1}{2}</span></p>'),
    Wild("WordPress core math block", "Let $x^2$ be. … $$x^2$$",
         '<p>Let <math data-latex="x^2">@SQUARE@</math> be.</p><div class="wp-block-math"><math '
         'display="block"><semantics>@SQUARE@<annotation encoding="application/x-tex">x^2</annotation>'
         "</semantics></math></div>"),
    Wild("Substack", r"Then … $$a = \frac{1}{2}$$ … holds.",
         '<p>Then</p><div class="latex-rendered" data-attrs="{&quot;persistentExpression&quot;:&quot;a = '
         r'\\frac{1}{2}&quot;,&quot;id&quot;:&quot;ABCDEFGHIJ&quot;}" data-component-name="LatexBlockToDOM">'
         "</div><p>holds.</p>", unseen="persistent"),
    Wild("Blogger", r"Let $x^2$ be. … $$\frac{1}{2}$$ … So it is.",
         '<div class="post-body entry-content"><div dir="ltr" style="text-align: left;">Let $x^2$ be.<br /><br '
         r'/>$$\frac{1}{2}$$<br />So it is.</div></div><div class="post-footer">Posted by Ann at 10:00 No '
         "comments</div>", unseen="Posted by",
         head="<script>MathJax.Hub.Config({tex2jax:{inlineMath:[['$','$']]}});</script>@MATHJAX2@"),
    Wild("dev.to", "$$x^2$$ … Let $x^2$ be.",
         '<div class="katex-element"><span class="katex-display">@KATEX@</span></div><p>Let <span '
         'class="katex-element">@KATEX@</span> be.</p>'),
    Wild("LessWrong", r"Let $x^2$ be. … $$\mathbf{\mu}$$",
         '<p>Let <span><span class="mjpage"><span class="mjx-chtml"><span class="mjx-math" aria-label="x^2">'
         '<span class="mjx-mrow" aria-hidden="true"><span class="mjx-msubsup"><span class="mjx-base"><span '
         'class="mjx-mi"><span class="mjx-char MJXc-TeX-math-I" style="padding-top: 0.225em; padding-bottom: '
         '0.298em;">x</span></span></span><span class="mjx-sup" style="font-size: 70.7%; vertical-align: '
         '0.513em; padding-left: 0px; padding-right: 0.071em;"><span class="mjx-mn" style=""><span '
         'class="mjx-char MJXc-TeX-main-R" style="padding-top: 0.372em; padding-bottom: 0.372em;">2</span>'
         '</span></span></span></span></span></span></span></span> be.</p><p><span class="mjpage '
         'mjpage__block"><span class="mjx-chtml MJXc-display" style="text-align: center;"><span '
         r'class="mjx-math" aria-label="\mathbf{\mu}"><span class="mjx-mrow" aria-hidden="true"><span '
         'class="mjx-mi"><span class="mjx-char MJXc-TeX-math-I">μ</span></span></span></span></span></span></p>'),
    Wild("mathjax-node SVG", r"Let $x_n$ be. … $$\frac{1}{2}$$",
         '<p>Let <span class="mjpage"><svg xmlns="http://www.w3.org/2000/svg" width="2.3ex" role="img" '
         'aria-labelledby="MathJax-SVG-1-Title"><title id="MathJax-SVG-1-Title">x_n</title><defs '
         'aria-hidden="true"><path id="E1" d="M52 289Q59"></path></defs><g><use xlink:href="#E1"></use></g>'
         '</svg></span> be.</p><p><span class="mjpage mjpage__block"><svg role="img" '
         r'aria-labelledby="MathJax-SVG-2-Title"><title id="MathJax-SVG-2-Title">\frac{1}{2}</title><g><use '
         'xlink:href="#E1"></use></g></svg></span></p>'),
    Wild("AoPS", "Let $x^2$ be. … $$a+b.$$",
         '<p>Let <img src="//latex.artofproblemsolving.com/8/e/4/8e4.png" class="latex" alt="$x^2$" '
         'style="vertical-align: 0px" width="16" height="14"> be.</p><p><img '
         r'src="//latex.artofproblemsolving.com/8/f/4/8f4.png" class="latexcenter" alt="\[a+b.\]" width="16" '
         'height="14"></p>'),
    Wild("Physics Forums", r"Let $x^2$ be. … $$\frac{1}{2}$$ … $$y_0$$",
         r'<div class="bbWrapper">Let ##x^2## be.<br />$$\frac{1}{2}$$<br />[tex]y_0[/tex]</div>', unseen="##",
         head='<script>MathJax = {tex: {inlineMath: [["##","##"],["[itex]","[/itex]"]], displayMath: '
         '[["$$","$$"],["[tex]","[/tex]"]]}};</script>@MATHJAX3@'),
    Wild("dxdy", "Let $x^2$ be.",
         '<div class="postbody">Let <img src="https://dxdy-01.example/f/0/0/1/001e82.png" '
         'style="vertical-align: -2px; border: none;" alt="$x^2$" title="$x^2$" class="latexsvg"/> be.</div>'),
    Wild("Brainly tags", r"Let $x^2$ be, $\frac{1}{2}$ too.",
         r"<p>Let [tex]x^2[/tex] be, [tex]\frac{1}{2}[/tex] too.</p>"),
    Wild("Brainly images", "Let $x^{2}$ be, $t$ too.",
         '<p>Let <img src="https://tex.z-dn.net/?f=x%5E%7B2%7D" title="x^{2}" alt="x^{2}" '
         'class="latex-formula"> be, <img src="https://tex.z-dn.net/?f=t" title="t" alt="t" '
         'class="latex-formula"> too.</p>'),
    Wild("GeeksforGeeks", r"Let $x^2$ be, $\frac{1}{2}$ too.",
         r"<p>Let [Tex]x^2 [/Tex] be, [Tex]\frac{1}{2}[/Tex] too.</p>"),
    Wild("Socratic", r"solve $x^2 = 4$? … Take $\sqrt{4} = 2$ of both.",
         "<h1>How do you solve #x^2=4#?</h1><div class='answer'><p>Take #sqrt(4)=2# of both.</p></div>"),
    Wild("Study.com", r"Let $x^2$ be, $\frac{1}{2}$ too.",
         r"<p>Let {eq}x^2{/eq} be, {eq}\displaystyle \frac{1}{2}{/eq} too.</p>", unseen="{eq}",
         head="@MATHJAX3@"),
    Wild("Discourse", r"Let $x^2$ be, $\alpha$ and $n$. … $$\frac{1}{2}$$ … So.",
         r'<div class="post"><p>Let <span class="math">x^2</span> be, <span class="math">\alpha</span> and '
         '<span class="math">n</span>.</p>\n<div class="math">\n\\frac{1}{2}\n</div><p>So.</p></div>'),
    Wild("Discourse asciimath", "Let $x^2$ be.",
         '<p>Let <span class="asciimath">x^2</span> be.</p>'),
    Wild("Quora tags", r"Let $x^2$ be, $\frac{1}{2}$ too.",
         r"<p>Let [math]x^2[/math] be, [math]\frac{1}{2}[/math] too.</p>"),
    Wild("MathQuill", r"Let $x^2$ be, $\frac{1}{2}$ too.",
         '<p>Let <span class="mathquill-embedded-latex">x^2</span> be, <span '
         r'class="mathquill-embedded-latex">\frac{1}{2}</span> too.</p>'),
    Wild("vBulletin codecogs", "Let $x^2+y$ be.",
         '<div id="post_message_1">Let <img src="http://latex.codecogs.com/gif.latex?x^2+y" border="0" '
         'alt="x^2+y" title="x^2+y" class="tex" /> be.<br /></div>'),
    Wild("mimeTeX", "Let $x^2$ be.",
         '<p>Let <img src="/cgi-bin/mimetex.cgi?x^2" alt="x^2" align="middle" border="0"> be.</p>'),
    Wild("Moodle MathJax", r"Let $x^2$ be. … $$\frac{1}{2}$$",
         '<div class="no-overflow"><p>Let <span class="filter_mathjaxloader_equation"><span '
         r'class="nolink">\(x^2\)</span></span> be. <span class="filter_mathjaxloader_equation"><span '
         r'class="nolink">\[ \frac{1}{2} \]</span></span></p></div>'),
    Wild("Moodle TeX filter", "Let $x^2$ be, $y_0$ too.",
         '<p>Let <img class="texrender" title="x^2" alt="x^2" '
         'src="https://m.example/filter/tex/pix.php/5d41402a.gif" /> be, <span class="MathJax_Preview">y_0'
         '</span><script type="math/tex">y_0</script> too.</p>'),
    Wild("Moodle dollars", "Let … $$x^2$$ … be.",
         '<p>Let <span class="filter_mathjaxloader_equation">$$x^2$$</span> be.</p>'),
    Wild("Canvas", r"Let $x^2$ be, $\frac{1}{2}$ too.",
         '<p>Let <img class="equation_image" title="x^2" src="/equation_images/x%255E2?scale=1" alt="LaTeX: '
         'x^2" data-equation-content="x^2" data-ignore-a11y-check="" /> be, <img class="equation_image" '
         r'title="\frac{1}{2}" src="https://c.example/equation_images/%255Cfrac%257B1%257D%257B2%257D?scale=1" '
         r'alt="LaTeX: \frac{1}{2}" data-equation-content="\frac{1}{2}" /> too.</p>', unseen="LaTeX"),
    Wild("Canvas with MathML", r"Let $t$ be, $\alpha$ too.",
         '<p>Let <img class="equation_image" title="t" src="/equation_images/t" alt="LaTeX: t" '
         r'data-equation-content="t" /> be, <img class="equation_image" alt="\alpha" title="\alpha" '
         r'data-equation-content="\alpha" src="/equation_images/%255Calpha"><span class="hidden-readable"><math '
         "@XMLNS@><mi>α</mi></math></span> too.</p>"),
    Wild("Wiris", "Let $x^2$ be.",
         '<p>Let <img class="Wirisformula" src="/lib/editor/wiris/showimage.php?formula=5d41402a&amp;cw=16" '
         'alt="x squared" data-mathml="«math xmlns=¨http://www.w3.org/1998/Math/MathML¨»«msup»«mi»x«/mi»«mn»2«/m'
         'n»«/msup»«/math»" role="math" align="middle" /> be.</p>', unseen="squared"),
    Wild("Blackboard", "Let $x^2$ be.",
         '<p>Let <img alt="&lt;math xmlns=&quot;http://www.w3.org/1998/Math/MathML&quot;&gt;&lt;msup&gt;&lt;mi&g'
         't;x&lt;/mi&gt;&lt;mn&gt;2&lt;/mn&gt;&lt;/msup&gt;&lt;/math&gt;" src="/eq/1.gif" class="Wirisformula" '
         'data-mathml="&lt;math xmlns=&quot;http://www.w3.org/1998/Math/MathML&quot;&gt;&lt;msup&gt;&lt;mi&gt;x&'
         'lt;/mi&gt;&lt;mn&gt;2&lt;/mn&gt;&lt;/msup&gt;&lt;/math&gt;"> be.</p>'),
    Wild("edX", r"Let $x^2$ be. … $$\frac{1}{2}$$",
         r"<p>Let [mathjaxinline]x^2[/mathjaxinline] be. [mathjax]\frac{1}{2}[/mathjax]</p>", unseen="[math",
         head='<script type="text/x-mathjax-config">MathJax.Hub.Config({tex2jax: {inlineMath: '
         "[[\"\\\\(\",\"\\\\)\"],['[mathjaxinline]','[/mathjaxinline]']], displayMath: "
         "[[\"\\\\[\",\"\\\\]\"],['[mathjax]','[/mathjax]']]}});</script>@MATHJAX2@"),
    Wild("CK-12", r"Let $x^2+y$ be. … $$\frac{1}{2}$$",
         '<p>Let <img class="x-ck12-math" src="/flx/math/inline/x%5E2%2By" alt="x^2+y" id="x-ck12-1"> be.</p><p '
         'class="x-ck12-block-math"><img class="x-ck12-block-math" src="/flx/math/block/%5Cfrac%7B1%7D%7B2%7D" '
         r'alt="\frac{1}{2}"></p>'),
    Wild("Varsity Tutors", r"Let $f(x)=x^2$ be, $\frac{1}{2}$ too.",
         '<p>Let <img src="https://vt.example/vt-vtwa/uploads/formula_image/image/86/gif.latex" alt="f(x)=x^2" '
         'title="f(x)=x^2" style="display: inline; vertical-align: middle;"> be, <img '
         r'src="https://vt.example/vt-vtwa/uploads/formula_image/image/87/gif.latex" alt="\frac{1}{2}" '
         r'title="\frac{1}{2}"> too.</p>'),
    Wild("BYJU'S", r"Let $\begin{array}{l}\frac{1}{2}\end{array}$ be.",
         r"<p>Let \(\begin{array}{l}\frac{1}{2}\end{array} \) be.</p>",
         head="@MATHJAX3@"),
    Wild("CKEditor", "Let $x^2$ be.",
         r'<p>Let <span class="math-tex">\(x^2\)</span> be.</p>'),
    Wild("Quill", "Let $x^2$ be.",
         '<p>Let <span class="ql-formula" data-value="x^2">\ufeff<span contenteditable="false">@KATEX@'
         "</span>\ufeff</span> be.</p>"),
    Wild("Tiptap", r"Let $x^2$ be. … $$\frac{1}{2}$$",
         '<p>Let <span data-type="inline-math" data-latex="x^2"></span> be.</p><div data-type="block-math" '
         r'data-latex="\frac{1}{2}"></div>'),
    Wild("OpenStax", "Let $x^2$ be, $y^2$ too. … $$x^2$$ 1.1",
         '<p>Let <span data-math="x^2">x^2</span> be, <m:math xmlns:m="http://www.w3.org/1998/Math/MathML">'
         '<m:msup><m:mi>y</m:mi><m:mn>2</m:mn></m:msup></m:math> too.</p><div data-type="equation" id="eq1">'
         '<math @XMLNS@ display="block">@SQUARE@</math><div class="os-equation-number"><span '
         'class="os-number">1.1</span></div></div>'),
    Wild("LibreTexts", r"Theorem $\PageIndex{1}$ Let $x^2$ be. … $$\frac{1}{2}$$",
         '<section class="mt-content-container"><div class="box-theorem"><p class="boxtitle">Theorem '
         r"\(\PageIndex{1}\)</p><p>Let \(x^2\) be.</p></div><p>\[\frac{1}{2} \label{1.1}\]</p></section>",
         unseen="label",
         head="@MATHJAX3@"),
    Wild("Paul's notes", r"Let $x^2$ be. … $$\frac{1}{2}$$ … Then $y = 3$.",
         r'<div class="content-page"><p>Let \(x^2\) be.</p>\[\frac{1}{2}\]<div class="soln-wrap"><span '
         r'class="soln-title-link">Show Solution</span><div id="soln1" class="soln-content">Then \(y = 3\).'
         "</div></div></div>",
         head="@MATHJAX3@"),
    Wild("Maths is Fun", r"Then $\frac{x + 1}{2}$ is it.",
         '<p>Then <span class="intbl"><em>x + 1</em><strong>2</strong></span> is it.</p>', unseen="12"),
    Wild("Lumen", "Let $x^2$ be, $n$ too.",
         "<p>Let [latex]x^2[/latex] be, [latex]n[/latex] too.</p>",
         head="@MATHJAX2@"),
    Wild("Google chart", "Let $x^2$ be.",
         '<p>Let <img src="https://www.google.com/chart?cht=tx&amp;chf=bg,s,FFFFFF00&amp;chco=000000&amp;chl=x%5'
         'E2" /> be.</p>'),
    Wild("AMP", r"Let $x^2$ be. … $$\frac{1}{2}$$",
         r'<p>Let <amp-mathml layout="container" inline data-formula="\(x^2\)"></amp-mathml> be.</p><amp-mathml '
         r'layout="container" data-formula="\[\frac{1}{2}\]"></amp-mathml>'),
    Wild("KaTeX auto-render", r"Let $x^2$ be. … $$\frac{1}{2}$$",
         r"<p>Let $x^2$ be.</p><p>$$\frac{1}{2}$$</p>",
         head='<script defer src="/katex/contrib/auto-render.min.js" onload="renderMathInElement(document.body, '
         "{delimiters: [{left: '$$', right: '$$', display: true}, {left: '$', right: '$', display: "
         'false}]});"></script>'),
    Wild("s9e forum", "Let $x^2$ be.",
         '<p>Let <span class="katex-inline" data-katex-options=\'{}\'>x^2<script defer="" '
         "src=\"https://cdn.example/katex.min.js\">if(typeof katex!=='undefined')katex.render(x)</script>"
         "</span> be.</p>"),
    Wild("UEditor Kity", "Let $x^2$ be.",
         '<p>Let <img class="kfformula" src="data:image/png;base64,iVBORw0KGgo=" data-latex="x^2"/> be.</p>'),
    Wild("MathQuill rendered", r"Let $\frac{a}{b}$ be.",
         '<p>Let <span class="mathquill-embedded-latex mathquill-rendered-math"><span '
         r'class="selectable">$\frac{a}{b}$</span><span class="fraction non-leaf"><span class="numerator">'
         '<var>a</var></span><span class="denominator"><var>b</var></span><span '
         'style="display:inline-block;width:0">&nbsp;</span></span></span> be.</p>'),
    Wild("Wiris CAS SVG", "Let $x^2$ be.",
         '<p>Let <img align="middle" class="Wirisformula" alt="x squared" role="math" '
         'src="data:image/svg+xml;charset=utf8,%3Csvg%20xmlns%3D%22http%3A%2F%2Fwww.w3.org%2F2000%2Fsvg%22%20xml'
         "ns%3Awrs%3D%22http%3A%2F%2Fwww.wiris.com%2Fxml%2Fmathml-extension%22%3E%3C!--MathML%3A%20%3Cmath%20xml"
         "ns%3D%22http%3A%2F%2Fwww.w3.org%2F1998%2FMath%2FMathML%22%3E%3Cmsup%3E%3Cmi%3Ex%3C%2Fmi%3E%3Cmn%3E2%3C"
         '%2Fmn%3E%3C%2Fmsup%3E%3C%2Fmath%3E--%3E%3C%2Fsvg%3E"> be.</p>', unseen="squared"),
    Wild("Zenn display 2", r"$$\frac{1}{2}$$",
         r'<section class="zenn-katex"><embed-katex display-mode="1"><eqn>\frac{1}{2}</eqn></embed-katex>'
         "</section>"),
    Wild("KaTeX block pre", r"$$\frac{1}{2}$$",
         r'<div class="wp-block-katex-display-block katex-eq" data-katex-display="true"><pre>\frac{1}{2}</pre>'
         "</div>"),
    Wild("Blogger codecogs", "Let $x^2$ be.",
         '<div class="separator">Let <a href="https://www.codecogs.com/eqnedit.php?latex=x^2" target="_blank">'
         '<img src="https://latex.codecogs.com/gif.latex?x^2" title="x^2" /></a> be.</div>'),
    Wild("Ghost code injection", r"Let $x^2$ be. … $$\begin{aligned} a &= 1 \\ b &= 2 \end{aligned}$$",
         r"<p>Let $x^2$ be.</p><p>$$\begin{aligned} a &amp;= 1 \\ b &amp;= 2 \end{aligned}$$</p>",
         head='<script>document.addEventListener("DOMContentLoaded", function() '
         '{renderMathInElement(document.body, {delimiters: [{left: "$$", right: "$$", display: true}, '
         '{left: "$", right: "$", display: false}]});});</script><script src="katex.min.js"></script>'),
    Wild("Physics Forums preview", "Let $x^2$ be. … So $y$ is.",
         '<div class="bbCodeQuote"><div class="bbCodeBlock-title">Ann said:</div><div>Let ##x^2## be.</div>'
         "</div><div>So ##y## is.</div>", unseen="##",
         head='<script>MathJax = {tex: {inlineMath: [["##","##"]]}};</script>@MATHJAX3@'),
    Wild("Bilibili", r"Let $x^2$ be, $\frac{1}{2}$ too.",
         '<p>Let <img type="latex" class="latex" src="//api.bilibili.com/x/web-frontend/mathjax/tex?formula=x%5E'
         '2" alt="x^2"> be, <img type="latex" src="//api.bilibili.com/x/web-frontend/mathjax/tex?formula=%5Cfrac'
         '%7B1%7D%7B2%7D" alt=""> too.</p>'),
    Wild("Jianshu", r"Let $n$ be. … $$\frac{1}{2}$$",
         '<p>Let <img class="math-inline" src="https://math.jianshu.com/math?formula=n" alt="n" mathimg="1"> '
         'be.</p><p><img class="math-block" src="https://math.jianshu.com/math?formula=%5Cfrac%7B1%7D%7B2%7D" '
         r'alt="\frac{1}{2}" mathimg="1"></p>'),
    Wild("Juejin", "Let $x^2$ be, $n$ too.",
         '<p>Let <img src="https://juejin.cn/equation?tex=x%5E2" alt="x^2"> be, <img '
         'src="https://juejin.cn/equation?tex=n" alt="n"> too.</p>'),
    Wild("Hatena", "Let $x^2$ be.",
         '<p>Let <img src="https://chart.apis.google.com/chart?cht=tx&chl=%20%5Cdisplaystyle%20x%5E2" alt=" '
         r'\displaystyle x^2"/> be.</p>'),
    Wild("Maths is Fun, powers", "So $a^2 + b^2 = c^2$ is.",
         '<p>So <span class="large">a<sup>2</sup> + b<sup>2</sup> = c<sup>2</sup></span> is.</p>'),
    Wild("ASCIIMathML amath", "Let $x^2$ be.",
         "<p>Let amath x^2 endamath be.</p>", unseen="amath",
         head='<script src="/js/ASCIIMathML.js"></script>'),
    Wild("Brainly image address", "Let $x^{2}$ be.",
         '<p>Let <img src="https://tex.z-dn.net/?f=x%5E%7B2%7D"> be.</p>'),
    Wild("Stack Exchange", r"Let $x^2$ be. … $$\frac{1}{2}$$ … So. … Try $y_0$ first. … Put $z=1$.",
         '<div id="content"><div id="mainbar"><div id="question" class="question"><div class="votecell '
         'post-layout--left"><div class="js-voting-container"><div class="js-vote-count">17</div></div></div>'
         '<div class="postcell post-layout--right"><div class="s-prose js-post-body" itemprop="text"><p>Let '
         r'<span class="math-container">$x^2$</span> be. <span class="math-container">$$\frac{1}{2}$$</span> '
         'So.</p></div><div class="comments js-comments-container"><ul class="comments-list js-comments-list">'
         '<li class="comment js-comment"><div class="comment-text js-comment-text-and-form"><div '
         'class="comment-body"><span class="comment-copy">Try <span class="math-container">$y_0$</span> first.'
         '</span> – <a class="comment-user">Bob</a></div></div></li></ul></div></div></div><div id="answers">'
         '<div class="answer js-answer"><div class="s-prose js-post-body"><p>Put <span '
         'class="math-container">$z=1$</span>.</p></div></div></div></div><div id="sidebar" class="show-votes" '
         'role="complementary"><div id="hot-network-questions" class="module tex2jax_ignore"><h4>Hot Network '
         'Questions</h4><ul><li><a href="/q">Why is $w$ red?</a></li></ul></div></div></div>', unseen="red?",
         head="<script type='text/x-mathjax-config'>MathJax.Hub.Config({'tex2jax': {preview: 'none', inlineMath: "
         r"[ ['$','$'], ['\\\\(','\\\\)'] ] }});</script>@MATHJAX2@"),
]  # fmt: skip


@pytest.mark.parametrize("page", named(PAGES))
def test_formulas_stand_once_in_their_place(page: Wild) -> None:
    assert_shows(page)
