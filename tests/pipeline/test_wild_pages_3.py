"""Pages of science, its publishers and wikis as they deliver them; see `test_wild_pages` for how they are judged."""

from __future__ import annotations

import pytest

from tests.pipeline.test_wild_pages import Wild, assert_shows, named

PAGES = [
    Wild("Project Gutenberg", "Let $x^2$ be.",
         '<p>Let <img style="vertical-align: -0.439ex; width: 9.664ex;" src="images/1.svg" alt=" " '
         'data-tex="x^2"> be.</p>'),
    Wild("Copernicus", "Let $x^2$ be. … $$a=1$$ (1)",
         '<p>Let <span class="inline-formula"><math @XMLNS@ id="M1" display="inline" overflow="scroll" '
         'dspmath="mathml">@SQUARE@</math><span><svg:svg xmlns:svg="http://www.w3.org/2000/svg" width="20pt" '
         'class="svg-formula" dspmath="mathimg" md5hash="@HASH@"><svg:image '
         'xmlns:xlink="http://www.w3.org/1999/xlink" xlink:href="acp-1-ie00001.svg" width="20pt" '
         'src="acp-1-ie00001.png"/></svg:svg></span></span> be.</p><div class="disp-formula" '
         'content-type="numbered"><math @XMLNS@ id="M2" display="block" overflow="scroll" dspmath="mathml">'
         '<mtable displaystyle="true"><mlabeledtr id="Ch1.E1"><mtd><mtext>(1)</mtext></mtd><mtd><mrow><mi>a'
         "</mi><mo>=</mo><mn>1</mn></mrow></mtd></mlabeledtr></mtable></math></div>"),
    Wild("EDP", "Let $x^2$ be, too.",
         '<p>Let <img src="/articles/a-eq1.png" alt="$ x^2 $" class="img-inline"> be, <img '
         'src="/articles/a-eq2.png" alt="equation"> too.</p>'),
    Wild("ar5iv", "Let $x^{2}$ be. … $$x^{2}$$ (1)",
         '<p class="ltx_p">Let @LATEXML@ be.<span class="ltx_note ltx_role_footnote"><sup '
         'class="ltx_note_mark">1</sup><span class="ltx_note_outer"><span class="ltx_note_content"><sup '
         'class="ltx_note_mark">1</sup>A note.</span></span></span></p><table id="S1.E1" class="ltx_equation '
         'ltx_eqn_table"><tbody><tr class="ltx_equation ltx_eqn_row ltx_align_baseline"><td class="ltx_eqn_cell '
         'ltx_eqn_center_padleft"></td><td class="ltx_eqn_cell ltx_align_center">@LATEXML_BLOCK@</td><td '
         'class="ltx_eqn_cell ltx_eqn_center_padright"></td><td rowspan="1" class="ltx_eqn_cell ltx_eqn_eqno '
         'ltx_align_middle ltx_align_right"><span class="ltx_tag ltx_tag_equation ltx_align_right">(1)</span>'
         "</td></tr></tbody></table>", unseen="italic_x … superscript"),
    Wild("DLMF", "$$x^{2}$$ 5.2.1",
         '<table id="E1" class="ltx_equation ltx_eqn_table"><tr class="ltx_equation ltx_eqn_row '
         'ltx_align_baseline"><td class="ltx_eqn_cell ltx_eqn_eqno"><span class="ltx_tag '
         'ltx_tag_equation">5.2.1</span></td><td class="ltx_eqn_cell ltx_align_center">@LATEXML_BLOCK@</td>'
         "</tr></table>"),
    Wild("nLab", "Let $x^2$ be. … $$x^2$$ (1)",
         '<p>Let <math @XMLNS@ class="maruku-mathml" display="inline"><semantics>@SQUARE@<annotation '
         'encoding="application/x-tex">x^2</annotation></semantics></math> be.</p><div class="maruku-equation" '
         'id="eq:a"><span class="maruku-eq-number">(1)</span><math @XMLNS@ class="maruku-mathml" '
         'display="block"><semantics>@SQUARE@<annotation encoding="application/x-tex">x^2</annotation>'
         "</semantics></math></div>"),
    Wild("ScienceDirect", "Let $x^2$ be … $$a=1$$ (1) … so.",
         '<div class="u-margin-s-bottom">Let <span class="math"><math><msup is=true><mi>x</mi><mn>2</mn></msup>'
         '</math></span> be <span class="display"><span id="fd1" class="formula"><span class="label">(1)</span>'
         '<span class="math"><math><mi is="true">a</mi><mo is="true">=</mo><mn is="true">1</mn></math></span>'
         "</span></span>so.</div>"),
    Wild("ScienceDirect of old", "Let $x^2$ be.",
         '<p>Let <span id="mmlsi1" class="mathmlsrc"><span class="formulatext stixSupport mathImg" '
         'data-mathURL="/science?_ob=MathURL" title="Click to view the MathML source">x<sup>2</sup></span><span '
         'class="mathContainer hidden"><span class="mathCode"><math altimg="si1.gif">@SQUARE@</math></span>'
         "</span></span> be.</p>"),
    Wild("Elsevier MathJax", "Let $x^2$ be.",
         '<p>Let <span class="math"><span class="MathJax_Preview" style="color: inherit;"></span><span '
         'class="MathJax_SVG" id="MathJax-Element-1-Frame" data-mathml="&lt;math&gt;&lt;msup&gt;&lt;mi&gt;x&lt;/'
         'mi&gt;&lt;mn&gt;2&lt;/mn&gt;&lt;/msup&gt;&lt;/math&gt;" role="presentation"><svg role="img"><g></g>'
         '</svg><span class="MJX_Assistive_MathML" role="presentation"><math>@SQUARE@</math></span></span>'
         '<script type="math/mml" id="MathJax-Element-1"><math>@SQUARE@</math></script></span> be.</p>'),
    Wild("Springer", r"Let $x^2$ be. … $$\begin{aligned} a=1 \end{aligned}$$ (1)",
         r'<p>Let <span class="mathjax-tex">\(x^2\)</span> be.</p><div id="Equ1" class="c-article-equation">'
         r'<div class="c-article-equation__content"><span class="mathjax-tex">$$\begin{aligned} a=1 '
         '\\end{aligned}$$</span></div><div class="c-article-equation__number">\n(1)\n</div></div>',
         head="@MATHJAX3@"),
    Wild("SpringerLink of old", r"$$a=\frac{1}{2}$$ (1)",
         '<div id="Equ1" class="Equation EquationMathjax"><div class="EquationContent"><span '
         r'class="mathjax-tex">$$a=\frac{1}{2}$$</span></div><div class="EquationNumber">(1)</div></div>',
         head="@MATHJAX3@"),
    Wild("Wiley", "Let $x^2$ be … $$a=1$$ (1)",
         '<p>Let <span class="fallback__mathEquation" data-altimg="/cms/asset/a1.png"></span><math @XMLNS@ '
         'display="inline" altimg="urn:x-wiley:1:media:a1" location="graphic/a1.png">@SQUARE@</math> be</p><div '
         'class="inline-equation" id="e1"><span class="fallback__mathEquation" data-altimg="/cms/asset/a2.png">'
         '</span><math @XMLNS@ display="block" altimg="urn:x-wiley:1:media:a2"><mi>a</mi><mo>=</mo><mn>1</mn>'
         '</math><span class="inline-equation__label">(1)</span></div>'),
    Wild("IEEE", r"Let $x^2$ be $$\begin{equation*} a=1 \end{equation*}$$ (1) so.",
         '<p>Let <inline-formula><tex-math notation="LaTeX">$x^2$</tex-math></inline-formula> be <disp-formula '
         r'id="deqn1"><tex-math notation="LaTeX">\begin{equation*} a=1 \tag{1} \end{equation*}</tex-math>'
         "</disp-formula> so.</p>"),
    Wild("JATS document", "Let $x^2$ be.",
         r'<p>Let <inline-formula><alternatives><tex-math id="M1">\documentclass[12pt]{minimal} '
         r'\usepackage{amsmath} \begin{document}$$x^2$$\end{document}</tex-math><mml:math id="M2"><mml:msup>'
         '<mml:mi>x</mml:mi><mml:mn>2</mml:mn></mml:msup></mml:math><inline-graphic href="a.gif">'
         "</inline-graphic></alternatives></inline-formula> be.</p>", unseen="usepackage"),
    Wild("MDPI", "Let $x^2$ be … $$a=1$$ (1) … so.",
         '<div class="html-p">Let <math display="inline"><semantics>@SQUARE@</semantics></math> be<div '
         'class="html-disp-formula-info" id="FD1-x"><div class="f"><math display="block"><semantics><mrow><mi>a'
         '</mi><mo>=</mo><mn>1</mn></mrow></semantics></math></div><div class="l"><label>(1)</label></div>'
         "</div>so.</div>"),
    Wild("PMC", "Let $x^2$ be … $$a=1$$ (1)",
         '<p>Let <math id="M1" display="inline">@SQUARE@</math> be</p><table class="disp-formula p" id="FD1">'
         '<tr><td class="formula"><math id="M2" display="block"><mi>a</mi><mo>=</mo><mn>1</mn></math></td><td '
         'class="label">(1)</td></tr></table>'),
    Wild("MathType annotation", "Let $x^2$ be.",
         "<p>Let <math @XMLNS@><semantics><mrow>@SQUARE@</mrow><annotation "
         "encoding='MathType-MTEF'>MathType@MTEF@5@5@+=feaagKart1ev2aaatCvAUfeBSjuyZL2yd9gz</annotation>"
         "</semantics></math> be.</p>", unseen="MTEF"),
    Wild("Mathpix", "Let $x^2$ be.",
         '<div>Let <span class="math-inline "><mathml style="display: none;"><math @XMLNS@>@SQUARE@</math>'
         '</mathml><mathmlword style="display: none;"><math @XMLNS@>@SQUARE@</math></mathmlword><asciimath '
         'style="display: none;">x^(2)</asciimath><latex style="display: none">x^2</latex><mjx-container '
         'class="MathJax" jax="SVG"><svg xmlns="http://www.w3.org/2000/svg" width="2.3ex"><g '
         'data-mml-node="math"><g data-mml-node="msup"></g></g></svg></mjx-container></span> be.</div>',
         unseen="x^(2)"),
    Wild("Typora", r"Let $x^2$ be. … $$\frac{1}{2}$$",
         '<p>Let <span class="MathJax_Preview"></span><span class="MathJax_SVG" id="MathJax-Element-2-Frame" '
         'tabindex="-1" style="font-size: 100%; display: inline-block;"><svg width="2.2ex" role="img"><g></g>'
         '</svg></span><script type="math/tex" id="MathJax-Element-2">x^2</script> be.</p><div '
         'contenteditable="false" spellcheck="false" class="mathjax-block md-end-block md-math-block '
         'md-rawblock" id="mathjax-n5" cid="n5" mdtype="math_block"><div class="md-rawblock-container '
         'md-math-container" tabindex="-1"><div class="MathJax_SVG_Display" style="text-align: center;"><span '
         'class="MathJax_SVG" id="MathJax-Element-3-Frame"><svg role="img"><g></g></svg></span></div><script '
         r'type="math/tex; mode=display" id="MathJax-Element-3">\frac{1}{2}</script></div></div>'),
    Wild("Notion", "Let $x^2$ be. … $$x^2$$",
         '<p id="1">Let <style>@import url("https://cdn.example/KaTeX/0.13.2/katex.min.css")</style><span '
         'data-token-index="0" contenteditable="false" class="notion-text-equation-token" '
         'style="user-select:all"><span></span><span>@KATEX@</span><span>\ufeff</span></span> be.</p><figure '
         'id="2" class="equation"><style>@import url("https://cdn.example/KaTeX/0.13.2/katex.min.css")</style>'
         '<div class="equation-container">@KATEX_BLOCK@</div></figure>', unseen="import"),
    Wild("Word", "Let $x^2$ be.",
         "<p class=MsoNormal>Let <!--[if gte msEquation 12]><m:oMath><m:sSup><m:sSupPr><span "
         "style='font-family:\"Cambria Math\"'><m:ctrlPr></m:ctrlPr></span></m:sSupPr><m:e><i><span "
         "style='font-family:\"Cambria Math\"'><m:r>x</m:r></span></i></m:e><m:sup><i><span "
         "style='font-family:\"Cambria Math\"'><m:r>2</m:r></span></i></m:sup></m:sSup></m:oMath><![endif]-->"
         '<![if !msEquation]><span style="position:relative"><img width=14 height=19 '
         'src="a.files/image001.png"></span><![endif]> be.</p>'),
    Wild("DocBook", "Let $x^2$ be. … $$a=1$$",
         '<p>Let <span class="inlineequation"><math @XMLNS@>@SQUARE@</math></span> be.</p><div '
         'class="equation"><a name="e1"></a><p class="title"><b>Equation 1.</b></p><div '
         'class="equation-contents"><math @XMLNS@ display="block"><mi>a</mi><mo>=</mo><mn>1</mn></math></div>'
         "</div>"),
    Wild("EPUB", "Let $x^2$ be.",
         '<p>Let <m:math xmlns:m="http://www.w3.org/1998/Math/MathML" alttext="x^2"><m:msup><m:mi>x</m:mi>'
         "<m:mn>2</m:mn></m:msup></m:math> be.</p>"),
    Wild("Temml", "Let $x^2$ be. … $$x^2$$",
         '<p>Let <math class="temml"><semantics>@SQUARE@<annotation encoding="application/x-tex">x^2'
         '</annotation></semantics></math> be.</p><math class="tml-display" style="display:block math;" '
         'display="block"><semantics>@SQUARE@<annotation encoding="application/x-tex">x^2</annotation>'
         "</semantics></math>"),
    Wild("Wikipedia", "Let $x^{2}$ be. … Use … So.",
         '<p>Let <span class="mwe-math-element mwe-math-element-inline"><span class="mwe-math-mathml-inline '
         r'mwe-math-mathml-a11y" style="display: none;"><math @XMLNS@ alttext="{\displaystyle x^{2}}">'
         r'<semantics><mrow>@SQUARE@</mrow><annotation encoding="application/x-tex">{\displaystyle x^{2}}'
         '</annotation></semantics></math></span><img src="https://wikimedia.org/api/rest_v1/media/math/render/s'
         'vg/@HASH@" class="mwe-math-fallback-image-inline mw-invert skin-invert" aria-hidden="true" '
         r'style="vertical-align: -0.338ex;" alt="{\displaystyle x^{2}}"></span> be.<sup id="cite_ref-1" '
         'class="reference"><a href="#cite_note-1">[1]</a></sup></p><div class="mw-heading mw-heading2"><h2 '
         'id="Use">Use</h2><span class="mw-editsection"><span class="mw-editsection-bracket">[</span><a '
         'href="/e">edit</a><span class="mw-editsection-bracket">]</span></span></div><p>So.</p>', unseen="[edit]"),
    Wild("Wikipedia mobile lazy", "Let $x^{2}$ be.",
         '<p>Let <span class="mwe-math-element"><span class="mwe-math-mathml-inline mwe-math-mathml-a11y" '
         'style="display: none;"><math @XMLNS@ alttext="x"><semantics>@SQUARE@<annotation '
         r'encoding="application/x-tex">{\displaystyle x^{2}}</annotation></semantics></math></span><noscript>'
         '<img src="https://wikimedia.org/api/rest_v1/media/math/render/svg/@HASH@" '
         r'class="mwe-math-fallback-image-inline" alt="{\displaystyle x^{2}}"></noscript><span '
         'class="lazy-image-placeholder" style="width: 2.3ex;" '
         r'data-src="https://wikimedia.org/api/rest_v1/media/math/render/svg/@HASH@" data-alt="{\displaystyle '
         'x^{2}}" data-class="mwe-math-fallback-image-inline">&nbsp;</span></span> be.</p>'),
    Wild("Parsoid image", "Let $x^2$ be.",
         '<p>Let <span class="mwe-math-element" typeof="mw:Extension/math" about="#mwt1" '
         'data-mw=\'{"name":"math","attrs":{},"body":{"extsrc":"x^2"}}\'><img '
         'class="mwe-math-fallback-image-inline" src="https://wikimedia.org/api/rest_v1/media/math/render/svg/5d'
         '41402a" alt="x^2"></span> be.</p>'),
    Wild("MediaWiki texhtml", "Let $x^2 + y = 1$ be.",
         '<p>Let <span class="texhtml"><i>x</i><sup>2</sup> + <i>y</i> = 1</span> be.</p>'),
    Wild("MediaWiki of old", r"Let $x^2$ be. … $$\frac{1}{2}$$",
         '<p>Let <img class="tex" alt="x^2" src="//upload.wikimedia.org/math/5/d/4/5d41402a.png" /> be.</p><dl>'
         r'<dd><img class="tex" alt="\frac{1}{2}" src="/images/math/a/b/c/abc.png" /></dd></dl>'),
    Wild("Wikidot", r"Let $x^2$ be. … $$\begin{align} a=1 \end{align}$$ (1) … So.",
         '<p>Let <span class="math-inline">$x^2$</span> be.</p><span class="equation-number">(1)</span><div '
         r'class="math-equation" id="equation-1">\begin{align} a=1 \end{align}</div><p>So.</p>',
         head="@MATHJAX3@"),
    Wild("Encyclopedia of Math", "Let $x^2$ be. … $$a=1$$ (1) … $$b=2$$ (2)",
         '<p>Let $x^2$ be.</p><table class="eq" style="width:100%;"> <tr><td '
         r'style="width:94%;text-align:center;" valign="top">$$\tag{1} a=1 $$</td> </tr></table><table '
         'class="eq" style="width:100%;"><tr><td valign="top" style="width:94%;text-align:center;">$$b=2$$</td> '
         '<td valign="top" style="width:5%;text-align:right;">(2)</td></tr></table>',
         head="<script>MathJax={tex:{inlineMath:[['$','$']]}};</script>@MATHJAX3@"),
    Wild("MathWorld", "Let $x^2+y^2$ be … $$x^2+y^2=r^2.$$ (1)",
         '<p>Let <img src="/images/equations/Circle/Inline1.svg" class="inlineformula" width="20" height="14" '
         'alt="x^2+y^2"> be</p><div><table width="100%" align="center" cellspacing="0" cellpadding="0" '
         'style="padding-left: 50px"><tr><td align="left"><img '
         'src="/images/equations/Circle/NumberedEquation1.svg" class="numberedequation" alt=" x^2+y^2=r^2. ">'
         '</td><td align="right" width="3"><div id="eqn1" class="eqnum">(1)</div></td></tr></table></div>'),
    Wild("Fandom", "Let $x^2$ be.",
         '<p>Let <span class="mwe-math-element"><img src="https://services.fandom.com/mathoid-facade/v1/media/ma'
         'th/render/svg/5d41402abc" class="mwe-math-fallback-image-inline" aria-hidden="true" '
         r'alt="{\displaystyle x^2}"></span> be.</p>'),
    Wild("OEIS", "a(n) = n^2*(n+1)/2. … x*(1+2*x)/(1-x)^4.",
         "<pre>a(n) = n^2*(n+1)/2.\nG.f.: x*(1+2*x)/(1-x)^4.</pre>"),
    Wild("Dr. Math", "x + 1 ------- = 2 3",
         "<pre>Date: 01/02/99\n\n   x + 1\n  ------- = 2\n     3\n</pre>"),
    Wild("NumBlk", "$$x^{2}$$ (1)",
         '<table role="presentation" style="border-collapse:collapse; margin:0 0 0 1.6em; border:none;"><tbody>'
         '<tr><td style="vertical-align:middle; border:none; padding:0;" class="nowrap">@WIKIPEDIA@</td><td '
         'style="vertical-align:middle; width:99%; border:none; padding:0;"><p style="margin:0; font-size:4pt"> '
         '</p></td><td style="vertical-align:middle; border:none; padding:0;" class="nowrap">(<b id="math_1">1'
         "</b>)</td></tr></tbody></table>"),
    Wild("Wikipedia indented", "$$x^{2}$$",
         "<dl><dd>@WIKIPEDIA@.</dd></dl>"),
    Wild("HandWiki", "Let $x^2$ be.",
         r"<p>Let [math]\displaystyle{ x^2 }[/math] be.</p>",
         head="@MATHJAX3@"),
    Wild("math element with TeX", r"Let $\frac{1}{2}$ be.",
         r"<p>Let <math>\frac{1}{2}</math> be.</p>"),
    Wild("escaped math tags", r"Let $\frac{1}{2}$ be, $x^2$ too.",
         r"<p>Let &lt;math&gt;\frac{1}{2}&lt;/math&gt; be, &lt;math&gt;x^2&lt;/math&gt; too.</p>"),
    Wild("SnuggleTeX", "Let $x^2$ be.",
         '<p>Let <math @XMLNS@><semantics>@SQUARE@<annotation encoding="SnuggleTeX">$x^2$</annotation>'
         "</semantics></math> be.</p>"),
    Wild("StarMath", "Let $x^2$ be.",
         '<p>Let <math @XMLNS@><semantics>@SQUARE@<annotation encoding="StarMath 5.0">{x}^{2}</annotation>'
         "</semantics></math> be.</p>"),
    Wild("Springer abstract", "Let $x^2$ be.",
         '<p class="a-plus-plus">Let <span class="a-plus-plus inline-equation id-i-eq1"><span '
         'class="a-plus-plus equation-source format-t-e-x">$$x^2$$</span></span> be.</p>',
         head="@MATHJAX3@"),
    Wild("Springer inline image", "Let $x^2$ be.",
         '<p>Let <span class="InlineEquation" id="IEq1"><img src="/a_IEq1_HTML.gif" alt="$$x^2$$" /></span> be.'
         "</p>"),
    Wild("Cambridge", "Let $x^2$ be, $y_0$ too.",
         '<p>Let <span class="inline-formula"><span class="alternatives"><img class="aop-lazy-load-image" '
         'data-src="/a/inline1.png" data-mimesubtype="png" alt="$x^2$"><span class="mathjax-tex-wrapper" '
         'data-mathjax-type="texmath"><span class="tex-math mathjax-tex-math"> $x^2$ </span></span></span>'
         "</span> be, $y_0$ too.</p>",
         head="<script>MathJax.Hub.Config({tex2jax:{inlineMath:[['$','$']]}});</script>@MATHJAX2@"),
    Wild("IOP", r"Let $x^2$ be. … $$\begin{equation}a=1\end{equation}$$ (1)",
         '<p>Let <span class="inline-eqn"><span class="tex"><span class="texImage"><img '
         'src="https://i.example/1.gif" alt="$x^2$" align="top"></span><script type="math/tex">x^2</script>'
         '</span></span> be.</p><div class="display-eqn"><span class="tex"><span class="texImage"><img '
         'src="https://i.example/2.gif" alt="Equation (1)"></span><script type="math/tex; '
         r'mode=display">\begin{equation}a=1\tag{1}\end{equation}</script></span></div>', unseen="Equation"),
    Wild("OUP", "Let $x^2$ be.",
         '<p>Let <span class="inline-formula no-formula-id">$x^2$</span> be.</p>',
         head="<script>MathJax.Hub.Config({tex2jax:{inlineMath:[['$','$'],['|$','$|']]}});</script>@MATHJAX2@"),
    Wild("OUP bars", "Let $x^2$ be, $y$ too.",
         '<p>Let <span class="inline-formula no-formula-id">|$x^2$|</span> be, |$y$| too.</p>', unseen="|",
         head=r"<script>MathJax.Hub.Config({tex2jax:{inlineMath:[['|$','$|'],['\\(','\\)']],displayMath:[['$$','$"
         r"$'],['\\[','\\]']]}});</script>@MATHJAX2@"),
    Wild("arXiv abstract", "On $k$-forms … Let $X$ be a variety over $k$ of dimension $n$.",
         '<h1 class="title mathjax"><span class="descriptor">Title:</span>On $k$-forms</h1><blockquote '
         'class="abstract mathjax"><span class="descriptor">Abstract:</span>Let $X$ be a variety over $k$ of '
         "dimension $n$.</blockquote>",
         head='<script src="/static/browse/0.3.4/js/mathjaxToggle.min.js" type="text/javascript"></script>'),
    Wild("XHTML and MathML", r"Let $ax\le\alpha$ be.",
         "<p>Let <math @XMLNS@><mrow><mi>a</mi><mo>&InvisibleTimes;</mo><mi>x</mi><mo>&le;</mo><mi>&alpha;</mi>"
         "</mrow></math> be.</p>"),
    Wild("ScienceDirect div", "$$a=1$$ (1) … holds.",
         '<p>So <div class="formula" id="fd1"><span class="label">(1)</span><div class="math"><math><mi '
         'is="true">a</mi><mo is="true">=</mo><mn is="true">1</mn></math></div></div>holds.</p>'),
    Wild("LaTeXML images", "Let $x^{2}$ be.",
         '<p>Let <img src="mi/mi1.png" id="p1.m1" class="ltx_Math" alt="x^{2}" width="20" height="19"> be.</p>'),
    Wild("MathPlayer", "Let $x^2$ be.",
         '<object id="MathPlayer" classid="clsid:32F66A20-7614-11D4-BD11-00104BD3F987"></object><?import '
         'namespace="m" implementation="#MathPlayer" ?><p>Let <m:math display="inline"><m:msup><m:mi>x</m:mi>'
         "<m:mn>2</m:mn></m:msup></m:math> be.</p>"),
    Wild("SVG Typora mjx", "Let $x^2$ be.",
         '<p>Let <mjx-container class="MathJax" jax="SVG"><svg role="img"><g data-mml-node="math"><g '
         'data-mml-node="mi" data-latex="x"></g></g></svg><mjx-assistive-mml unselectable="on" '
         'display="inline"><math @XMLNS@>@SQUARE@</math></mjx-assistive-mml></mjx-container><script '
         'type="math/tex">x^2</script> be.</p>'),
    Wild("Wikipedia math in heading", "The case $n=2$ … So.",
         '<h2>The case <span class="mwe-math-element"><img src="https://wikimedia.org/api/rest_v1/media/math/ren'
         r'der/svg/5d41402abc" class="mwe-math-fallback-image-inline" alt="{\displaystyle n=2}"></span></h2>'
         "<p>So.</p>"),
    Wild("Wikipedia fraction", "Then ⁠1/2⁠ of it is left.",
         '<p>Then ⁠<span class="sfrac tion"><span class="num">1</span><span class="sr-only">/</span><span '
         'class="den">2</span></span>⁠ of it is left.</p>'),
    Wild("Wikipedia fraction beside formulas", "Let $x^2$ be. Then 1/2 of it is left.",
         r'<p>Let \(x^2\) be. Then <span class="sfrac tion"><span class="num">1</span><span class="sr-only">/'
         '</span><span class="den">2</span></span> of it is left.</p>',
         head="@MATHJAX3@"),
    Wild("Wikipedia fraction in texhtml", "Let $x^2 = a/b$ be.",
         '<p>Let <span class="texhtml"><i>x</i><sup>2</sup> = <span class="sfrac tion"><span class="num"><i>a'
         '</i></span><span class="sr-only">/</span><span class="den"><i>b</i></span></span></span> be.</p>'),
    Wild("disp-formula label", "$$a=1$$ (1)",
         '<div class="disp-formula" id="E1"><math @XMLNS@ display="block"><mi>a</mi><mo>=</mo><mn>1</mn></math>'
         "<label>(1)</label></div>"),
]  # fmt: skip


@pytest.mark.parametrize("page", named(PAGES))
def test_formulas_stand_once_in_their_place(page: Wild) -> None:
    assert_shows(page)
