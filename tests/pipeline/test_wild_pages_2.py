"""Pages as generators of documents and hosts of code deliver them; see `test_wild_pages` for how they are judged."""

from __future__ import annotations

import pytest

from tests.pipeline.test_wild_pages import Wild, assert_shows, named

PAGES = [
    Wild("LeetCode", "1 <= n <= 10⁵",
         "<p><strong>Constraints:</strong></p><ul><li><code>1 &lt;= n &lt;= 10<sup>5</sup></code></li></ul>"),
    Wild("Codeforces", r"Let $n$ and $a_i$ be. … $$\sum a_i \le 10^5$$",
         '<div class="problem-statement"><div class="header"><div class="title">A. Sum</div><div '
         'class="time-limit"><div class="property-title">time limit per test</div>2 seconds</div></div><div>'
         r"<p>Let $$$n$$$ and $$$a_i$$$ be.</p><p>$$$$$$\sum a_i \le 10^5$$$$$$</p></div></div>", unseen="$$$",
         head="<script type='text/x-mathjax-config'>MathJax.Hub.Config({tex2jax: {inlineMath: [['$$$','$$$']], "
         "displayMath: [['$$$$$$','$$$$$$']]}});</script>@MATHJAX2@"),
    Wild("Codeforces of old", r"Let $a_i \le 10^5$ be.",
         '<div class="problem-statement"><p>Let <span class="tex-span"><i>a</i><sub class="lower-index"><i>i'
         '</i></sub> ≤ 10<sup class="upper-index">5</sup></span> be.</p></div>'),
    Wild("AtCoder", r"Let $N$ and $A_i$ be. … $1 \leq N \leq 10^5$",
         '<div id="task-statement"><span class="lang"><span class="lang-en"><p>Let <var>N</var> and <var>A_i'
         r"</var> be.</p><ul><li><var>1 \leq N \leq 10^5</var></li></ul></span></span></div>"),
    Wild("HackerRank", r"Let $a_i \le 10^5$ be.",
         '<p>Let <span style="font-size: 100%; display: inline-block;" class="MathJax_SVG" '
         'id="MathJax-Element-1-Frame"><svg role="img" aria-labelledby="MathJax-SVG-1-Title"><title '
         r'id="MathJax-SVG-1-Title">a_i \le 10^5</title><g><use xlink:href="#E1"></use></g></svg></span> be.</p>'),
    Wild("Project Euler", r"Let $x^2$ be. … $$\frac{1}{2}$$",
         r'<div class="problem_content" role="problem"><p>Let $x^2$ be.</p>$$\frac{1}{2}$$<p>It costs less.</p>'
         "</div>",
         head=r"<script>MathJax = {tex: {inlineMath: [['$', '$'], ['\\(', '\\)']]}};</script>@MATHJAX3@"),
    Wild("GitHub", r"Let $x^2$ be. … $$\frac{1}{2}$$",
         '<p dir="auto">Let <math-renderer class="js-inline-math" style="display: inline-block" '
         'data-static-url="https://g.example/static" data-run-id="5d41">$x^2$</math-renderer> be.</p>'
         r'<math-renderer class="js-display-math" style="display: block" data-run-id="5d41">$$\frac{1}{2}$$'
         "</math-renderer>"),
    Wild("GitHub of 2021", "Let $x^2$ be.",
         '<p>Let <img src="https://render.githubusercontent.com/render/math?math=x%5E2&amp;mode=inline" '
         'alt="x"> be.</p>'),
    Wild("GitLab", r"Let $x^2$ be. … $$a = \frac{1}{2}$$",
         '<p>Let <code data-math-style="inline" class="code math js-render-math">x^2</code> be.</p><pre '
         'data-canonical-lang="math" lang="math" data-math-style="display" class="code math js-render-math">'
         r'<code><span id="LC1" class="line" lang="math">a = \frac{1}{2}</span></code></pre>'),
    Wild("GitLab two lines", r"$$a = \\ \frac{1}{2}$$",
         '<pre class="code highlight js-render-math" lang="math" data-math-style="display"><code><span id="LC1" '
         'class="line" lang="math">a = \\\\</span>\n<span id="LC2" class="line" lang="math">\\frac{1}{2}</span>'
         "</code></pre>"),
    Wild("Gitea", r"Let $x^2$ be. … $$\frac{1}{2}$$",
         '<p>Let <code class="language-math is-loading">x^2</code> be.</p><pre class="code-block is-loading">'
         '<code class="chroma language-math display">\\frac{1}{2}\n</code></pre>'),
    Wild("Qiita", r"Let $x^2$ be, $y_0$ too. … $$\frac{1}{2}$$",
         '<p>Let $x^2$ be, $y_0$ too.</p><div class="code-frame" data-lang="math"><div class="highlight"><pre>'
         "<code>\\frac{1}{2}\n</code></pre></div></div>"),
    Wild("Zenn", r"Let $x^2$ be, $n$ and $\alpha$. … $$\frac{1}{2}$$",
         '<p>Let <embed-katex><eq class="zenn-katex">x^2</eq></embed-katex> be, <embed-katex><eq '
         r'class="zenn-katex">n</eq></embed-katex> and <embed-katex><eq class="zenn-katex">\alpha</eq>'
         r'</embed-katex>.</p><section class="zenn-katex"><eqn><embed-katex display-mode="1">\frac{1}{2}'
         "</embed-katex></eqn></section>"),
    Wild("R documentation", r"Let $\theta$ and $x^2$ be, of length $n$; call f(x_1). … $$f(x) = \frac{1}{2}$$",
         r'<p>Let <code class="reqn">\theta</code> and <code class="reqn">x^2</code> be, of length <code '
         'class="reqn">n</code>; call <code>f(x_1)</code>.</p><p style="text-align: center;"><code '
         r'class="reqn">f(x) = \frac{1}{2}</code></p>'),
    Wild("Zhihu", r"Let $x^2$ be, $y_0$ too. … $$\frac{1}{2}$$",
         '<p>Let <img src="https://www.zhihu.com/equation?tex=x%5E2" alt="x^2" eeimg="1"> be, <span '
         'class="ztext-math" data-eeimg="1" data-tex="y_0">y_0</span> too.</p><p><span class="ztext-math" '
         r'data-eeimg="1" data-tex="\frac{1}{2}\\">\frac{1}{2}\\</span></p>'),
    Wild("CSDN", "Let $x^2$ be.",
         '<p>Let <span class="katex--inline"><span class="katex"><span class="katex-mathml"> \n x \n 2 \n x^2 '
         "\n </span>@GLYPHS@</span></span> be.</p>"),
    Wild("CSDN tex math", "Let $x^2$ be. … $$x^2$$",
         '<p>Let <span class="katex--inline">@KATEX@</span> be.</p><span class="katex--display">@KATEX_BLOCK@'
         "</span>"),
    Wild("cnblogs", r"Let $x^2$ be. … $$\frac{1}{2}$$",
         r'<div id="cnblogs_post_body" class="blogpost-body"><p>Let <span class="math inline">\(x^2\)</span> '
         r'be.</p><div class="math display">\[\frac{1}{2} \]</div></div>'),
    Wild("Habr", r"Let $x^2$ be, $n$ too. … $$\frac{1}{2}$$",
         '<p>Let <img class="formula inline" source="x^2" alt="$x^2$" data-tex="inline" '
         'src="https://h.example/getpro/habr/post_images/5d4/1.svg"> be, <img class="formula inline" source="n" '
         'alt="n" src="https://h.example/upload_files/5d4/2.svg"> too.</p><p><img class="formula" '
         r'source="\frac{1}{2}" alt="\frac{1}{2}" src="https://h.example/upload_files/5d4/1.svg"></p>'),
    Wild("ASCIIMathML", r"Let $x^2$ be, $\sqrt{4} = 2$ too.",
         "<p>Let `x^2` be, `sqrt(4)=2` too.</p>",
         head='<script src="/js/ASCIIMathML.js"></script>'),
    Wild("references for backslashes", r"Let $x^2$ be, $$\frac{1}{2}$$",
         "<p>Let &#92;(x^2&#92;) be, &#36;&#36;&#92;frac{1}{2}&#36;&#36;</p>",
         head="@MATHJAX3@"),
    Wild("comrak", r"Let $x^2$ be. … $$\frac{1}{2}$$",
         r'<p>Let <span data-math-style="inline">x^2</span> be. <span data-math-style="display">\frac{1}{2}'
         "</span></p>"),
    Wild("texmath", "Let $x^2$ be. … $$x^2$$",
         "<p>Let <eq>@KATEX@</eq> be.</p><section><eqn>@KATEX_BLOCK@</eqn></section>"),
    Wild("remark-math", r"Let $x^2$ be. … $$\frac{1}{2}$$",
         '<p>Let <code class="language-math math-inline">x^2</code> be.</p><pre><code class="language-math '
         r'math-display">\frac{1}{2}</code></pre>'),
    Wild("remark-math of old", r"Let $x^2$ be. … $$\frac{1}{2}$$",
         r'<p>Let <span class="math math-inline">x^2</span> be.</p><div class="math math-display">\frac{1}{2}'
         "</div>"),
    Wild("PDF to HTML", "Let x be such that … it is bounded.",
         '<div class="pf w0 h0"><div class="t m0 x1 h2 y1 ff1">Let <span class="ff2">x</span><span class="_ '
         '_0"> </span>be such that</div><div class="t m0 x1 h2 y2 ff1">it is bounded.</div></div>'),
    Wild("Overleaf", r"\[ x^2 \] … It gives $x^2$.",
         r"<p>Write it so:</p><pre><code>\[ x^2 \]</code></pre><p>It gives \(x^2\).</p>",
         head="@MATHJAX3@"),
    Wild("Notion SSR", "$$x^2$$",
         '<div class="notion-equation-block" data-block-id="1"><div contenteditable="false"><div>@KATEX_BLOCK@'
         "</div></div></div>"),
    Wild("GitHub README image", r"$$\frac{1}{2}$$",
         '<p><a target="_blank" rel="noopener noreferrer" href="https://camo.githubusercontent.com/5d41/68747470'
         r'"><img src="https://camo.githubusercontent.com/5d41/68747470" alt="\frac{1}{2}" '
         r'data-canonical-src="https://latex.codecogs.com/svg.latex?\frac{1}{2}" style="max-width: 100%;"></a>'
         "</p>"),
    Wild("GitHub README image no alt", "Let $x^2$ be.",
         '<p>Let <img src="https://camo.githubusercontent.com/5d41/68747470" alt="eq" '
         'data-canonical-src="https://latex.codecogs.com/svg.latex?x%5E2" style="max-width: 100%;"> be.</p>'),
    Wild("Wiris editor annotation", "Let $x^2$ be.",
         '<p>Let <math @XMLNS@><semantics>@SQUARE@<annotation encoding="LaTeX">x^2</annotation></semantics>'
         "</math> be.</p>"),
    Wild("MathML alttext words", "Let $x^2$ be.",
         '<p>Let <math @XMLNS@ alttext="x squared">@SQUARE@</math> be.</p>', unseen="squared"),
    Wild("Cloudflare Rocket", "Let $x^2$ be.",
         r"<p>Let \(x^2\) be.</p>",
         head='<script type="5d41-text/javascript" src="https://cdn.example/mathjax@3/es5/tex-svg.js"></script>'),
    Wild("pandoc mathjax", r"Let $x^2$ be. $$\frac{1}{2}$$",
         r'<p>Let <span class="math inline">\(x^2\)</span> be. <span class="math display">\[\frac{1}{2}\]'
         "</span></p>"),
    Wild("pandoc katex", r"Let $x^2$ be, $n$ too. … $$\frac{1}{2}$$ … So $\alpha=1$.",
         '<p>Let <span class="math inline">x^2</span> be, <span class="math inline">n</span> too. <span '
         r'class="math display">\frac{1}{2}</span> So <span class="math inline">\alpha=1</span>.</p>'),
    Wild("pandoc plain", "Let $x^2$ be",
         '<p>Let <span class="math inline"><em>x</em><sup>2</sup></span> be, <span class="math inline"><em>n'
         "</em></span> too.</p>"),
    Wild("pandoc webtex", r"Let $x^2$ be. … $$\frac{1}{2}$$",
         '<p>Let <img style="vertical-align:middle" src="https://latex.codecogs.com/png.latex?x%5E2" alt="x^2" '
         'title="x^2" class="math inline" /> be. <img style="vertical-align:middle" '
         r'src="https://latex.codecogs.com/png.latex?%5Cdisplaystyle%20%5Cfrac%7B1%7D%7B2%7D" alt="\frac{1}{2}" '
         r'title="\frac{1}{2}" class="math display" /></p>'),
    Wild("GladTeX", r"Let $x^2$ be. … $$\frac{1}{2}$$",
         '<p>Let <img src="eqn000.svg" alt="x^2" class="inlinemath" style="vertical-align: -2px" /> be. <img '
         r'src="eqn001.svg" alt="\frac{1}{2}" class="displaymath" /></p>'),
    Wild("pandoc mathml", "Let $x^2$ be.",
         "<p>Let @ANNOTATED@ be.</p>"),
    Wild("Sphinx mathjax", r"Let $x^2$ be. … $$\frac{1}{2}$$ (1)",
         r'<p>Let <span class="math notranslate nohighlight">\(x^2\)</span> be.</p><div class="math notranslate '
         'nohighlight" id="equation-e1"><span class="eqno">(1)<a class="headerlink" href="#equation-e1" '
         r'title="Permalink to this equation">¶</a></span>\[\frac{1}{2}\]</div>', unseen="¶"),
    Wild("Sphinx imgmath", r"Let $x^2$ be. … $$a = \frac{1}{2}$$ (1)",
         '<p>Let <img class="math" src="_images/math/@HASH@.png" alt="x^2" style="vertical-align: -1px"/> be.'
         '</p><div class="math" id="equation-e1"><p><span class="eqno">(1)<a class="headerlink" '
         r'href="#equation-e1">¶</a></span><img src="_images/math/@HASH@0.png" alt="a = \frac{1}{2}"/></p></div>'),
    Wild("jsMath", r"Let $x^2$ be, $n$ and $\alpha$ too. … $$\frac{1}{2}$$",
         r'<p>Let <span class="math">x^2</span> be, <span class="math">n</span> and <span class="math">\alpha'
         r'</span> too.</p><div class="math">\frac{1}{2}</div>',
         head='<script src="/jsMath/easy/load.js"></script>'),
    Wild("Arithmatex", r"Let $x^2$ be. … $$\frac{1}{2}$$",
         r'<p>Let <span class="arithmatex">\(x^2\)</span> be.</p><div class="arithmatex">\[\frac{1}{2}\]</div>',
         head='<script>window.MathJax = {options: {ignoreHtmlClass: ".*|", processHtmlClass: "arithmatex"}};'
         "</script>@MATHJAX3@"),
    Wild("Arithmatex preview", r"Let $x^2$ be. … $$\frac{1}{2}$$",
         '<p>Let <span class="arithmatex"><span class="MathJax_Preview">x^2</span><script type="math/tex">x^2'
         '</script></span> be.</p><div class="arithmatex"><div class="MathJax_Preview">\n\\frac{1}{2}\n</div>\n'
         '<script type="math/tex; mode=display">\n\\frac{1}{2}\n</script></div>'),
    Wild("kramdown", "Let $x^2$ be. … $$a &= b < c$$",
         '<p>Let <script type="math/tex">x^2</script> be.</p><script type="math/tex; mode=display">% '
         "<![CDATA[\na &= b < c %]]></script>"),
    Wild("Hugo ToMath", "Let $x^2$ be.",
         '<p>Let <span class="katex">@ANNOTATED@</span> be.</p>'),
    Wild("KaTeX full", "Let $x^2$ be. … $$x^2$$",
         "<p>Let @KATEX@ be.</p>@KATEX_BLOCK@"),
    Wild("KaTeX glyphs only", "Let $x^2$ be. … $$x^2$$",
         '<p>Let <span class="katex">@GLYPHS@</span> be.</p><span class="katex-display"><span '
         'class="katex">@GLYPHS@</span></span>'),
    Wild("KaTeX error", r"Let $\foo + x^2$ be.",
         '<p>Let <span class="katex-error" title="ParseError: KaTeX parse error: Undefined control sequence: '
         r'\foo at position 1: \foo" style="color:#cc0000">\foo + x^2</span> be.</p>', unseen="ParseError"),
    Wild("Docusaurus", "Let $x^2$ be. … $$x^2$$",
         '<div class="theme-doc-markdown markdown"><p>Let @KATEX@ be.<a href="#a" class="hash-link" '
         'aria-label="Direct link">\u200b</a></p><div class="math math-display">@KATEX_BLOCK@</div></div>'),
    Wild("VitePress MathJax", "Let $x^2$ be.",
         '<p>Let <mjx-container class="MathJax" jax="SVG" style="direction: ltr; position: relative;"><svg '
         'style="overflow: visible;" xmlns="http://www.w3.org/2000/svg" width="2.282ex" role="img" '
         'focusable="false" viewBox="0 -833.9 1008.6 844.9" aria-hidden="true"><g stroke="currentColor"><g '
         'data-mml-node="math"><g data-mml-node="msup"></g></g></g></svg><mjx-assistive-mml unselectable="on" '
         'display="inline"><math @XMLNS@>@SQUARE@</math></mjx-assistive-mml></mjx-container> be.</p>'),
    Wild("Quarto", r"Let $x^2$ be. … $$a = \frac{1}{2}$$ (1) … So.",
         r'<p>Let <span class="math inline">\(x^2\)</span> be. <span id="eq-a"><span class="math '
         'display">\\[\na = \\frac{1}{2}\n\\tag{1}\\]</span></span> So.</p>'),
    Wild("bookdown", r"Let $x^2$ be. … $$\begin{equation} a = \frac{1}{2} \end{equation}$$ (1.1)",
         r'<p>Let <span class="math inline">\(x^2\)</span> be.</p><p><span class="math display" '
         'id="eq:a">\\[\\begin{equation}\na = \\frac{1}{2}\n\\tag{1.1}\n\\end{equation}\\]</span></p>'),
    Wild("nbconvert", r"Let $x^2$ be. … $$\frac{1}{2}$$ … s = ' … Out[1]: … $z^{3}$",
         '<div class="jp-Cell jp-MarkdownCell jp-Notebook-cell"><div class="jp-RenderedHTMLCommon '
         'jp-RenderedMarkdown jp-MarkdownOutput" data-mime-type="text/markdown"><p>Let $x^2$ be.'
         '</p>\n$$\\frac{1}{2}$$\n</div></div><div class="jp-Cell jp-CodeCell"><div class="jp-InputPrompt '
         'jp-InputArea-prompt">In\xa0[1]:</div><div class="highlight hl-ipython3"><pre><span></span><span '
         'class="n">s</span> <span class="o">=</span> <span class="s1">&#39;$5&#39;</span></pre></div><div '
         'class="jp-OutputPrompt jp-OutputArea-prompt">Out[1]:</div><div class="jp-RenderedLatex '
         'jp-OutputArea-output" data-mime-type="text/latex">\n$\\displaystyle z^{3}$\n</div></div>',
         head="<script type='text/x-mathjax-config'>MathJax.Hub.Config({tex2jax: {inlineMath: [ ['$','$'], "
         r"['\\(','\\)'] ], displayMath: [ ['$$','$$'] ]}});</script>@MATHJAX2@"),
    Wild("MyST amsmath", r"$$\begin{equation} a=1 \end{equation}$$ (2)",
         '<div class="amsmath math notranslate nohighlight" id="equation-5d41"><span class="eqno">(2)<a '
         'class="headerlink" href="#equation-5d41" title="Permalink">#</a>'
         "</span>\\[\\begin{equation}\na=1\n\\end{equation}\\]</div>"),
    Wild("PreTeXt", r"Let $x^2$ be. … $$\begin{equation} a=1 \end{equation}$$ (1.2.1)",
         '<div id="latex-macros" class="hidden-content process-math" style="display:none"><span '
         r'class="process-math">\(\newcommand{\N}{\mathbb N}\)</span></div><div class="para logical" id="p-1">'
         r'<div class="para">Let <span class="process-math">\(x^2\)</span> be.</div><div class="displaymath '
         'process-math" data-contains-math-knowls="" id="md-1">\n\\begin{equation}\na=1\\tag{1.2.1}\n\\end{equat'
         'ion}\n</div></div><div class="autopermalink" data-description="Paragraph"><a href="#p-1" title="Copy '
         'heading and permalink for Paragraph">🔗</a></div>', unseen="newcommand",
         head=r'<script>window.MathJax = {tex: {inlineMath: [["\\(","\\)"]], tags: "none"}, options: '
         '{ignoreHtmlClass: "tex2jax_ignore|ignore-math", processHtmlClass: "process-math"}};'
         "</script>@MATHJAX3@"),
    Wild("Doxygen images", r"Let $x^2$ be. … $$\frac{1}{2}$$",
         '<p>Let <img class="formulaInl" alt="$x^2$" src="form_0.png"/> be. </p><p class="formulaDsp"><img '
         r'class="formulaDsp" alt="\[ \frac{1}{2} \]" src="form_1.png"/></p>'),
    Wild("Doxygen SVG", "Let $x^2$ be.",
         '<p>Let <object class="formulaInl" type="image/svg+xml" data="form_0.svg">$x^2$</object> be. </p>'),
    Wild("Asciidoctor", r"Let $x^2$ be. … $$\frac{1}{2}$$",
         r'<div class="paragraph"><p>Let \(x^2\) be.</p></div><div class="stemblock"><div '
         'class="content">\n\\[\\frac{1}{2}\\]\n</div></div>',
         head="@MATHJAX2@"),
    Wild("Asciidoctor asciimath", r"Let $x^2$ be. … $$\sqrt{4} = 2$$",
         r'<div class="paragraph"><p>Let \$x^2\$ be.</p></div><div class="stemblock"><div '
         'class="content">\n\\$sqrt(4) = 2\\$\n</div></div>',
         head='<script type="text/x-mathjax-config">MathJax.Hub.Config({messageStyle: "none", tex2jax: '
         r'{inlineMath: [["\\(", "\\)"]], displayMath: [["\\[", "\\]"]], ignoreClass: '
         r'"nostem|nolatexmath"}, asciimath2jax: {delimiters: [["\\$", "\\$"]], ignoreClass: '
         '"nostem|noasciimath"}});</script><script src="https://cdn.example/mathjax/2.7.9/MathJax.js?config='
         'TeX-MML-AM_HTMLorMML"></script>'),
    Wild("Org", r"Let $x^2$ be. … $$\begin{equation} a=1 \end{equation}$$ 1 … So.",
         '<p>Let \\(x^2\\) be.</p><div class="equation-container">\n<span '
         'class="equation">\n\\begin{equation}\na=1\n\\end{equation}\n</span>\n<span '
         'class="equation-number">\n1\n</span>\n</div><p>So.</p>',
         head="@MATHJAX3@"),
    Wild("Org dvipng", "be, $x^2$ too.",
         '<p>Let <img src="ltxpng/a_5d41402abc.png" alt="a_5d41402abc.png" /> be, <img '
         'src="ltximg/a_@HASH@.png" alt="$x^2$" /> too.</p>', unseen="ltxpng"),
    Wild("eLyXer", "Let $x^2 = 1$ be.",
         '<div class="Unindented">Let <span class="formula"><i>x</i><sup>2</sup> = 1</span> be.</div>'),
    Wild("LaTeX2HTML", r"Let $x^2$ be. … $$\frac{1}{2}$$",
         '<P>Let <!-- MATH\n $x^2$\n -->\n<IMG WIDTH="21" HEIGHT="18" ALIGN="BOTTOM" BORDER="0" SRC="img1.gif" '
         'ALT="$x^2$"> be.</P><P></P><DIV ALIGN="CENTER"><!-- MATH\n '
         '\\begin{displaymath}\n\\frac{1}{2}\n\\end{displaymath}\n -->\n\n<IMG WIDTH="57" HEIGHT="42" '
         r'BORDER="0" SRC="img2.gif" ALT="\begin{displaymath}&#10;\frac{1}{2}&#10;\end{displaymath}"></DIV>'),
    Wild("LaTeX2HTML numbered", r"$$a = \frac{1}{2}$$ (1)",
         '<DIV ALIGN="CENTER"><A NAME="eq:1"></A><TABLE CELLPADDING="0" WIDTH="100%" ALIGN="CENTER"><TR '
         'VALIGN="MIDDLE"><TD NOWRAP ALIGN="CENTER"><SPAN CLASS="MATH"><IMG WIDTH="97" HEIGHT="61" '
         r'ALIGN="MIDDLE" BORDER="0" SRC="img3.png" ALT="$\displaystyle a = \frac{1}{2}$"></SPAN></TD><TD '
         'NOWRAP CLASS="eqno" WIDTH="10" ALIGN="RIGHT">(<SPAN CLASS="arabic">1</SPAN>)</TD></TR></TABLE></DIV>'
         '<BR CLEAR="ALL"><P></P>'),
    Wild("LaTeX2HTML comment alone", "Let $x^2$ be.",
         '<P>Let <!-- MATH: $x^2$ --><IMG WIDTH="21" HEIGHT="18" ALIGN="BOTTOM" SRC="img1.gif" '
         'ALT="tex2html_wrap_inline12"> be.</P>', unseen="tex2html"),
    Wild("HeVeA", "Let $x^2 = 1$ be.",
         '<p>Let <span style="font-style:italic">x</span><sup>2</sup> = 1 be.</p>'),
    Wild("TtH", "Let $x^2+y_0 = 1$ be.",
         "<p>Let <i>x</i><sup>2</sup>+<i>y</i><sub>0</sub> = 1 be.</p>"),
    Wild("tex4ht", "Let $x^2$ be. … $$a=1$$",
         '<!--l. 12--><p class="noindent">Let <!--l. 12--><math @XMLNS@ display="inline"><msup><mrow><mi>x</mi>'
         "</mrow><mrow><mn>2</mn></mrow></msup></math> be. <!--tex4ht:inline--></p><!--l. 14--><p "
         'class="indent"><math @XMLNS@ display="block"><mi>a</mi><mo class="MathClass-rel">=</mo><mn>1</mn>'
         "</math></p>"),
    Wild("tex4ht letters", "Let $x^2 = 1$ be.",
         '<p class="noindent">Let <span class="cmmi-10">x</span><sup><span class="cmr-7">2</span></sup> <span '
         'class="cmr-10">= 1 be.</span></p>'),
    Wild("tex4ht equation", r"$$a = \frac{1}{2}$$ (1)",
         '<table class="equation"><tr><td><a id="x1-2r1"></a><center class="math-display"><img src="main0x.png" '
         r'alt="a = \frac{1}{2}" class="math-display"></center></td><td class="equation-label">(1)</td></tr>'
         "</table>"),
    Wild("Docutils", r"Let $x^2$ be. … $$\frac{1}{2}$$",
         '<p>Let <tt class="math">x^2</tt> be.</p><pre class="math">\n\\frac{1}{2}\n</pre>'),
    Wild("Docutils HTML", "Let $x^2$ be.",
         '<p>Let <span class="formula"><i>x</i><sup>2</sup></span> be.</p>'),
    Wild("tex4ht powers of ten", "It is 10⁵ metres.",
         '<p class="noindent">It is 10<sup><span class="cmr-7">5</span></sup> metres.</p>'),
    Wild("HTML-only and MathML KaTeX in one page", "Let $x^2$ and $x^2$ be.",
         '<p>Let <span class="katex">@ANNOTATED@</span> and <span class="katex">@GLYPHS@</span> be.</p>'),
]  # fmt: skip


@pytest.mark.parametrize("page", named(PAGES))
def test_formulas_stand_once_in_their_place(page: Wild) -> None:
    assert_shows(page)
