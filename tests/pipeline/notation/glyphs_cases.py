"""What renderers make of formulas of ours, for the tests of `glyphs`.

Each case: renderer, formula, whether it is displayed, its markup less what only places and measures (and paths), and
the MathML that stands in the `math` element read out of it.
"""

from __future__ import annotations

# fmt: off
CASES = [
    (
        "MathJax 3 CHTML",
        r"\sum_{i=1}^n i^2",
        True,
        '<mjx-container class="MathJax" jax="CHTML" display="true"><mjx-math display="true" class=" MJX-TEX"><m'
        'jx-munderover><mjx-over><mjx-mi class="mjx-i"><mjx-c class="mjx-c1D45B TEX-I"></mjx-c></mjx-mi></mjx-o'
        'ver><mjx-box><mjx-munder><mjx-row><mjx-base><mjx-mo class="mjx-lop"><mjx-c class="mjx-c2211 TEX-S2"></'
        'mjx-c></mjx-mo></mjx-base></mjx-row><mjx-row><mjx-under><mjx-texatom texclass="ORD"><mjx-mi class="mjx'
        '-i"><mjx-c class="mjx-c1D456 TEX-I"></mjx-c></mjx-mi><mjx-mo class="mjx-n"><mjx-c class="mjx-c3D"></mj'
        'x-c></mjx-mo><mjx-mn class="mjx-n"><mjx-c class="mjx-c31"></mjx-c></mjx-mn></mjx-texatom></mjx-under><'
        '/mjx-row></mjx-munder></mjx-box></mjx-munderover><mjx-msup><mjx-mi class="mjx-i"><mjx-c class="mjx-c1D'
        '456 TEX-I"></mjx-c></mjx-mi><mjx-script><mjx-mn class="mjx-n"><mjx-c class="mjx-c32"></mjx-c></mjx-mn>'
        '</mjx-script></mjx-msup></mjx-math></mjx-container>',
        '<mrow><munderover><mo>∑</mo><mrow><mi>i</mi><mo>=</mo><mn>1</mn></mrow><mi>n</mi></munderover><msup><m'
        'i>i</mi><mn>2</mn></msup></mrow>',
    ),
    (
        "MathJax 3 CHTML",
        r"\left. \frac{df}{dx} \right|_{x=0}",
        False,
        '<mjx-container class="MathJax" jax="CHTML"><mjx-math class=" MJX-TEX"><mjx-msub><mjx-mrow><mjx-mo clas'
        's="mjx-n"></mjx-mo><mjx-mfrac><mjx-frac><mjx-num><mjx-nstrut></mjx-nstrut><mjx-mrow><mjx-mi class="mjx'
        '-i"><mjx-c class="mjx-c1D451 TEX-I"></mjx-c></mjx-mi><mjx-mi class="mjx-i"><mjx-c class="mjx-c1D453 TE'
        'X-I"></mjx-c></mjx-mi></mjx-mrow></mjx-num><mjx-dbox><mjx-dtable><mjx-line></mjx-line><mjx-row><mjx-de'
        'n><mjx-dstrut></mjx-dstrut><mjx-mrow><mjx-mi class="mjx-i"><mjx-c class="mjx-c1D451 TEX-I"></mjx-c></m'
        'jx-mi><mjx-mi class="mjx-i"><mjx-c class="mjx-c1D465 TEX-I"></mjx-c></mjx-mi></mjx-mrow></mjx-den></mj'
        'x-row></mjx-dtable></mjx-dbox></mjx-frac></mjx-mfrac><mjx-mo class="mjx-n"><mjx-stretchy-v class="mjx-'
        'c7C"><mjx-ext><mjx-c></mjx-c></mjx-ext><mjx-mark></mjx-mark></mjx-stretchy-v></mjx-mo></mjx-mrow><mjx-'
        'script><mjx-texatom texclass="ORD"><mjx-mi class="mjx-i"><mjx-c class="mjx-c1D465 TEX-I"></mjx-c></mjx'
        '-mi><mjx-mo class="mjx-n"><mjx-c class="mjx-c3D"></mjx-c></mjx-mo><mjx-mn class="mjx-n"><mjx-c class="'
        'mjx-c30"></mjx-c></mjx-mn></mjx-texatom></mjx-script></mjx-msub></mjx-math></mjx-container>',
        '<msub><mrow><mrow/><mfrac><mrow><mi>d</mi><mi>f</mi></mrow><mrow><mi>d</mi><mi>x</mi></mrow></mfrac><m'
        'o>|</mo></mrow><mrow><mi>x</mi><mo>=</mo><mn>0</mn></mrow></msub>',
    ),
    (
        "MathJax 3 CHTML",
        r"\sqrt[3]{x+1}",
        True,
        '<mjx-container class="MathJax" jax="CHTML" display="true"><mjx-math display="true" class=" MJX-TEX"><m'
        'jx-mroot><mjx-root><mjx-mn class="mjx-n"><mjx-c class="mjx-c33"></mjx-c></mjx-mn></mjx-root><mjx-sqrt>'
        '<mjx-surd><mjx-mo class="mjx-n"><mjx-c class="mjx-c221A"></mjx-c></mjx-mo></mjx-surd><mjx-box><mjx-mro'
        'w><mjx-mi class="mjx-i"><mjx-c class="mjx-c1D465 TEX-I"></mjx-c></mjx-mi><mjx-mo class="mjx-n"><mjx-c '
        'class="mjx-c2B"></mjx-c></mjx-mo><mjx-mn class="mjx-n"><mjx-c class="mjx-c31"></mjx-c></mjx-mn></mjx-m'
        'row></mjx-box></mjx-sqrt></mjx-mroot></mjx-math></mjx-container>',
        '<mroot><mrow><mi>x</mi><mo>+</mo><mn>1</mn></mrow><mn>3</mn></mroot>',
    ),
    (
        "MathJax 3 CHTML",
        r"E = mc^2 \tag{1}",
        True,
        '<mjx-container class="MathJax" jax="CHTML" display="true"><mjx-math display="true" class=" MJX-TEX"><m'
        'jx-mtable side="right"><mjx-table><mjx-itable><mjx-mlabeledtr><mjx-mtd><mjx-mi class="mjx-i"><mjx-c cl'
        'ass="mjx-c1D438 TEX-I"></mjx-c></mjx-mi><mjx-mo class="mjx-n"><mjx-c class="mjx-c3D"></mjx-c></mjx-mo>'
        '<mjx-mi class="mjx-i"><mjx-c class="mjx-c1D45A TEX-I"></mjx-c></mjx-mi><mjx-msup><mjx-mi class="mjx-i"'
        '><mjx-c class="mjx-c1D450 TEX-I"></mjx-c></mjx-mi><mjx-script><mjx-mn class="mjx-n"><mjx-c class="mjx-'
        'c32"></mjx-c></mjx-mn></mjx-script></mjx-msup><mjx-tstrut></mjx-tstrut></mjx-mtd></mjx-mlabeledtr></mj'
        'x-itable></mjx-table><mjx-labels><mjx-itable align="right"><mjx-mtr><mjx-mtd><mjx-mtext class="mjx-n">'
        '<mjx-c class="mjx-c28"></mjx-c><mjx-c class="mjx-c31"></mjx-c><mjx-c class="mjx-c29"></mjx-c></mjx-mte'
        'xt><mjx-tstrut></mjx-tstrut></mjx-mtd></mjx-mtr></mjx-itable></mjx-labels></mjx-mtable></mjx-math></mj'
        'x-container>',
        '<mtable><mlabeledtr><mtd><mtext>(1)</mtext></mtd><mtd><mi>E</mi><mo>=</mo><mi>m</mi><msup><mi>c</mi><m'
        'n>2</mn></msup></mtd></mlabeledtr></mtable>',
    ),
    (
        "MathJax 3 CHTML",
        r"\mathcal{L}(x)",
        False,
        '<mjx-container class="MathJax" jax="CHTML"><mjx-math class=" MJX-TEX"><mjx-texatom texclass="ORD"><mjx'
        '-mi class="mjx-cal mjx-i"><mjx-c class="mjx-c4C TEX-C"></mjx-c></mjx-mi></mjx-texatom><mjx-mo class="m'
        'jx-n"><mjx-c class="mjx-c28"></mjx-c></mjx-mo><mjx-mi class="mjx-i"><mjx-c class="mjx-c1D465 TEX-I"></'
        'mjx-c></mjx-mi><mjx-mo class="mjx-n"><mjx-c class="mjx-c29"></mjx-c></mjx-mo></mjx-math></mjx-containe'
        'r>',
        '<mrow><mi mathvariant="-tex-calligraphic">L</mi><mo>(</mo><mi>x</mi><mo>)</mo></mrow>',
    ),
    (
        "MathJax 4 CHTML",
        r"\hat x",
        True,
        '<mjx-container class="MathJax" jax="CHTML" display="true"><mjx-math display="true" class="NCM-N"><mjx-'
        'texatom texclass="ORD"><mjx-mover><mjx-over><mjx-mo><mjx-c class="mjx-c2C6">ˆ</mjx-c></mjx-mo></mjx-ov'
        'er><mjx-base><mjx-mi><mjx-c class="mjx-c1D465">𝑥</mjx-c></mjx-mi></mjx-base></mjx-mover></mjx-texatom>'
        '</mjx-math></mjx-container>',
        '<mover><mi>x</mi><mo>ˆ</mo></mover>',
    ),
    (
        "MathJax 3 CHTML",
        r"\underline{a+b}",
        False,
        '<mjx-container class="MathJax" jax="CHTML"><mjx-math class=" MJX-TEX"><mjx-munder><mjx-row><mjx-base><'
        'mjx-mrow><mjx-mi class="mjx-i"><mjx-c class="mjx-c1D44E TEX-I"></mjx-c></mjx-mi><mjx-mo class="mjx-n">'
        '<mjx-c class="mjx-c2B"></mjx-c></mjx-mo><mjx-mi class="mjx-i"><mjx-c class="mjx-c1D44F TEX-I"></mjx-c>'
        '</mjx-mi></mjx-mrow></mjx-base></mjx-row><mjx-row><mjx-under><mjx-mo class="mjx-n"><mjx-box><mjx-stret'
        'chy-h class="mjx-c2013"><mjx-ext><mjx-c></mjx-c></mjx-ext></mjx-stretchy-h></mjx-box></mjx-mo></mjx-un'
        'der></mjx-row></mjx-munder></mjx-math></mjx-container>',
        '<munder><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow><mo>–</mo></munder>',
    ),
    (
        "MathJax 2 CommonHTML",
        r"x_1^2",
        True,
        '<span class="mjx-chtml MJXc-display"><span class="mjx-math"><span class="mjx-mrow"><span class="mjx-ms'
        'ubsup"><span class="mjx-base"><span class="mjx-mi"><span class="mjx-char MJXc-TeX-math-I">x</span></sp'
        'an></span><span class="mjx-stack"><span class="mjx-sup"><span class="mjx-mn"><span class="mjx-char MJX'
        'c-TeX-main-R">2</span></span></span><span class="mjx-sub"><span class="mjx-mn"><span class="mjx-char M'
        'JXc-TeX-main-R">1</span></span></span></span></span></span></span></span>',
        '<msubsup><mi>x</mi><mn>1</mn><mn>2</mn></msubsup>',
    ),
    (
        "MathJax 2 CommonHTML",
        r"\binom{n}{k}",
        False,
        '<span class="mjx-chtml"><span class="mjx-math"><span class="mjx-mrow"><span class="mjx-mrow"><span cla'
        'ss="mjx-TeXmathchoice"><span class="mjx-mstyle"><span class="mjx-mrow"><span class="mjx-texatom"><span'
        ' class="mjx-mrow"><span class="mjx-mo"><span class="mjx-char MJXc-TeX-size1-R">(</span></span></span><'
        '/span></span></span></span><span class="mjx-mfrac"><span class="mjx-box MJXc-stacked"><span class="mjx'
        '-numerator"><span class="mjx-mi"><span class="mjx-char MJXc-TeX-math-I">n</span></span></span><span cl'
        'ass="mjx-denominator"><span class="mjx-mi"><span class="mjx-char MJXc-TeX-math-I">k</span></span></spa'
        'n></span><span class="mjx-vsize"></span></span><span class="mjx-TeXmathchoice"><span class="mjx-mstyle'
        '"><span class="mjx-mrow"><span class="mjx-texatom"><span class="mjx-mrow"><span class="mjx-mo"><span c'
        'lass="mjx-char MJXc-TeX-size1-R">)</span></span></span></span></span></span></span></span></span></spa'
        'n></span>',
        '<mrow><mo>(</mo><mfrac linethickness="0"><mi>n</mi><mi>k</mi></mfrac><mo>)</mo></mrow>',
    ),
    (
        "MathJax 2 CommonHTML",
        r"\begin{pmatrix} a & b \\ c & d \end{pmatrix}",
        True,
        '<span class="mjx-chtml MJXc-display"><span class="mjx-math"><span class="mjx-mrow"><span class="mjx-mr'
        'ow"><span class="mjx-mo"><span class="mjx-char MJXc-TeX-size3-R">(</span></span><span class="mjx-mtabl'
        'e"><span class="mjx-table"><span class="mjx-mtr"><span class="mjx-mtd"><span class="mjx-mrow"><span cl'
        'ass="mjx-mi"><span class="mjx-char MJXc-TeX-math-I">a</span></span><span class="mjx-strut"></span></sp'
        'an></span><span class="mjx-mtd"><span class="mjx-mrow"><span class="mjx-mi"><span class="mjx-char MJXc'
        '-TeX-math-I">b</span></span><span class="mjx-strut"></span></span></span></span><span class="mjx-mtr">'
        '<span class="mjx-mtd"><span class="mjx-mrow"><span class="mjx-mi"><span class="mjx-char MJXc-TeX-math-'
        'I">c</span></span><span class="mjx-strut"></span></span></span><span class="mjx-mtd"><span class="mjx-'
        'mrow"><span class="mjx-mi"><span class="mjx-char MJXc-TeX-math-I">d</span></span><span class="mjx-stru'
        't"></span></span></span></span></span></span><span class="mjx-mo"><span class="mjx-char MJXc-TeX-size3'
        '-R">)</span></span></span></span></span></span>',
        '<mrow><mo>(</mo><mtable><mtr><mtd><mi>a</mi></mtd><mtd><mi>b</mi></mtd></mtr><mtr><mtd><mi>c</mi></mtd'
        '><mtd><mi>d</mi></mtd></mtr></mtable><mo>)</mo></mrow>',
    ),
    (
        "MathJax 3 SVG",
        r"x_1^2",
        True,
        '<mjx-container class="MathJax" jax="SVG" display="true"><svg style="vertical-align: -0.559ex;"><g tran'
        'sform="scale(1,-1)"><g data-mml-node="math"><g data-mml-node="msubsup"><g data-mml-node="mi"><use data'
        '-c="1D465" xlink:href="#MJX-705-TEX-I-1D465"></use></g><g data-mml-node="mn" transform="translate(605,'
        '413) scale(0.707)"><use data-c="32" xlink:href="#MJX-705-TEX-N-32"></use></g><g data-mml-node="mn" tra'
        'nsform="translate(605,-247) scale(0.707)"><use data-c="31" xlink:href="#MJX-705-TEX-N-31"></use></g></'
        'g></g></g></svg></mjx-container>',
        '<msubsup><mi>x</mi><mn>1</mn><mn>2</mn></msubsup>',
    ),
    (
        "MathJax 3 SVG",
        r"\sqrt{2}",
        False,
        '<mjx-container class="MathJax" jax="SVG"><svg style="vertical-align: -0.225ex;"><g transform="scale(1,'
        '-1)"><g data-mml-node="math"><g data-mml-node="msqrt"><g transform="translate(853,0)"><g data-mml-node'
        '="mn"><path data-c="32"></path></g></g><g data-mml-node="mo" transform="translate(0,100.5)"><path data'
        '-c="221A"></path></g><rect x="853" y="840.5"></rect></g></g></g></svg></mjx-container>',
        '<msqrt><mn>2</mn></msqrt>',
    ),
    (
        "MathJax 4 SVG",
        r"n!",
        True,
        '<mjx-container class="MathJax" jax="SVG" display="true"><svg style="vertical-align: -0.025ex;"><g tran'
        'sform="scale(1,-1)"><g data-mml-node="math"><g data-mml-node="mi"><use data-c="1D45B" xlink:href="#MJX'
        '-963-NCM-I-1D45B"></use></g><g data-mml-node="mo" transform="translate(600,0)"><use data-c="21" xlink:'
        'href="#MJX-963-NCM-N-21"></use></g></g></g></svg></mjx-container>',
        '<mrow><mi>n</mi><mo>!</mo></mrow>',
    ),
    (
        "MathJax 3 SVG",
        r"\begin{pmatrix} a & b \\ c & d \end{pmatrix}",
        True,
        '<mjx-container class="MathJax" jax="SVG" display="true"><svg style="vertical-align: -2.149ex;"><g tran'
        'sform="scale(1,-1)"><g data-mml-node="math"><g data-mml-node="mrow"><g data-mml-node="mo" transform="t'
        'ranslate(0 -0.5)"><use data-c="28" xlink:href="#MJX-765-TEX-S3-28"></use></g><g data-mml-node="mtable"'
        ' transform="translate(736,0)"><g data-mml-node="mtr" transform="translate(0,700)"><g data-mml-node="mt'
        'd"><g data-mml-node="mi"><use data-c="1D44E" xlink:href="#MJX-765-TEX-I-1D44E"></use></g></g><g data-m'
        'ml-node="mtd" transform="translate(1574.5,0)"><g data-mml-node="mi"><use data-c="1D44F" xlink:href="#M'
        'JX-765-TEX-I-1D44F"></use></g></g></g><g data-mml-node="mtr" transform="translate(0,-700)"><g data-mml'
        '-node="mtd" transform="translate(48,0)"><g data-mml-node="mi"><use data-c="1D450" xlink:href="#MJX-765'
        '-TEX-I-1D450"></use></g></g><g data-mml-node="mtd" transform="translate(1529,0)"><g data-mml-node="mi"'
        '><use data-c="1D451" xlink:href="#MJX-765-TEX-I-1D451"></use></g></g></g></g><g data-mml-node="mo" tra'
        'nsform="translate(2785,0) translate(0 -0.5)"><use data-c="29" xlink:href="#MJX-765-TEX-S3-29"></use></'
        'g></g></g></g></svg></mjx-container>',
        '<mrow><mo>(</mo><mtable><mtr><mtd><mi>a</mi></mtd><mtd><mi>b</mi></mtd></mtr><mtr><mtd><mi>c</mi></mtd'
        '><mtd><mi>d</mi></mtd></mtr></mtable><mo>)</mo></mrow>',
    ),
    (
        "MathJax 3 SVG",
        r"\mathcal{L}(x)",
        False,
        '<mjx-container class="MathJax" jax="SVG"><svg style="vertical-align: -0.566ex;"><g transform="scale(1,'
        '-1)"><g data-mml-node="math"><g data-mml-node="TeXAtom"><g data-mml-node="mi"><use data-c="4C" xlink:h'
        'ref="#MJX-822-TEX-C-4C"></use></g></g><g data-mml-node="mo" transform="translate(690,0)"><use data-c="'
        '28" xlink:href="#MJX-822-TEX-N-28"></use></g><g data-mml-node="mi" transform="translate(1079,0)"><use '
        'data-c="1D465" xlink:href="#MJX-822-TEX-I-1D465"></use></g><g data-mml-node="mo" transform="translate('
        '1651,0)"><use data-c="29" xlink:href="#MJX-822-TEX-N-29"></use></g></g></g></svg></mjx-container>',
        '<mrow><mi mathvariant="-tex-calligraphic">L</mi><mo>(</mo><mi>x</mi><mo>)</mo></mrow>',
    ),
    (
        "MathJax 3 SVG",
        r"\frac{a}{b}",
        False,
        '<mjx-container class="MathJax" jax="SVG"><svg style="vertical-align: -0.798ex;"><g transform="scale(1,'
        '-1)"><g data-mml-node="math"><g data-mml-node="mfrac"><g data-mml-node="mi" transform="translate(220,3'
        '94) scale(0.707)"><use data-c="1D44E" xlink:href="#MJX-714-TEX-I-1D44E"></use></g><g data-mml-node="mi'
        '" transform="translate(255.4,-345) scale(0.707)"><use data-c="1D44F" xlink:href="#MJX-714-TEX-I-1D44F"'
        '></use></g><rect x="120" y="220"></rect></g></g></g></svg></mjx-container>',
        '<mfrac><mi>a</mi><mi>b</mi></mfrac>',
    ),
    (
        "MathJax 2 HTML-CSS",
        r"x_1^2",
        True,
        '<div class="MathJax_Display"><span class="MathJax"><nobr><span class="math"><span style="position:rela'
        'tive;height:0px;"><span style="position:absolute;top:-0.999em;"><span class="mrow"><span class="msubsu'
        'p"><span style="position:relative;height:0px;"><span style="position:absolute;top:-4.006em;"><span cla'
        'ss="mi" style="font-family:MathJax_Math-italic;">x</span><span style="height:4.012em;"></span></span><'
        'span style="position:absolute;top:-4.36em;"><span class="mn" style="font-family:MathJax_Main;">2</span'
        '><span style="height:4.012em;"></span></span><span style="position:absolute;top:-3.712em;"><span class'
        '="mn" style="font-family:MathJax_Main;">1</span><span style="height:4.012em;"></span></span></span></s'
        'pan></span><span style="height:1.005em;"></span></span></span><span style="height:1.316em;"></span></s'
        'pan></nobr></span></div>',
        '<msubsup><mi>x</mi><mn>1</mn><mn>2</mn></msubsup>',
    ),
    (
        "KaTeX 0.19",
        r"x_1^2",
        True,
        '<span class="katex-display"><span class="katex"><span class="katex-html"><span class="katex-base"><spa'
        'n class="mord"><span class="mord mathnormal">x</span><span class="msupsub"><span class="vlist-t vlist-'
        't2"><span class="vlist-r"><span class="vlist"><span style="top:-2.453em;"><span class="pstrut" style="'
        'height:2.7em;"></span><span class="katex-sizing reset-size6 size3"><span class="mord">1</span></span><'
        '/span><span style="top:-3.113em;"><span class="pstrut" style="height:2.7em;"></span><span class="katex'
        '-sizing reset-size6 size3"><span class="mord">2</span></span></span></span></span><span class="vlist-r'
        '"><span class="vlist"><span></span></span></span></span></span></span></span></span></span></span>',
        '<msubsup><mi>x</mi><mn>1</mn><mn>2</mn></msubsup>',
    ),
    (
        "KaTeX 0.19",
        r"\dfrac{x+1}{y}",
        False,
        '<span class="katex"><span class="katex-html"><span class="katex-base"><span class="mord"><span class="'
        'mopen nulldelimiter"></span><span class="mfrac"><span class="vlist-t vlist-t2"><span class="vlist-r"><'
        'span class="vlist"><span style="top:-2.314em;"><span class="pstrut" style="height:3em;"></span><span c'
        'lass="mord"><span class="mord mathnormal">y</span></span></span><span style="top:-3.23em;"><span class'
        '="pstrut" style="height:3em;"></span><span class="frac-line"></span></span><span style="top:-3.677em;"'
        '><span class="pstrut" style="height:3em;"></span><span class="mord"><span class="mord mathnormal">x</s'
        'pan><span class="mspace"></span><span class="mbin">+</span><span class="mspace"></span><span class="mo'
        'rd">1</span></span></span></span></span><span class="vlist-r"><span class="vlist"><span></span></span>'
        '</span></span></span><span class="mclose nulldelimiter"></span></span></span></span></span>',
        '<mfrac><mrow><mi>x</mi><mo>+</mo><mn>1</mn></mrow><mi>y</mi></mfrac>',
    ),
    (
        "KaTeX 0.19",
        r"\sum_{i} a_i",
        True,
        '<span class="katex-display"><span class="katex"><span class="katex-html"><span class="katex-base"><spa'
        'n class="mop op-limits"><span class="vlist-t vlist-t2"><span class="vlist-r"><span class="vlist"><span'
        ' style="top:-1.8723em;"><span class="pstrut" style="height:3.05em;"></span><span class="katex-sizing r'
        'eset-size6 size3"><span class="mord"><span class="mord mathnormal">i</span></span></span></span><span '
        'style="top:-3.05em;"><span class="pstrut" style="height:3.05em;"></span><span><span class="mop op-symb'
        'ol large-op">∑</span></span></span></span></span><span class="vlist-r"><span class="vlist"><span></spa'
        'n></span></span></span></span><span class="mspace"></span><span class="mord"><span class="mord mathnor'
        'mal">a</span><span class="msupsub"><span class="vlist-t vlist-t2"><span class="vlist-r"><span class="v'
        'list"><span style="top:-2.55em;"><span class="pstrut" style="height:2.7em;"></span><span class="katex-'
        'sizing reset-size6 size3"><span class="mord mathnormal">i</span></span></span></span></span><span clas'
        's="vlist-r"><span class="vlist"><span></span></span></span></span></span></span></span></span></span><'
        '/span>',
        '<mrow><munder><mo>∑</mo><mi>i</mi></munder><msub><mi>a</mi><mi>i</mi></msub></mrow>',
    ),
    (
        "KaTeX 0.16",
        r"\sqrt[n]{a^n + b^n}",
        False,
        '<span class="katex"><span class="katex-html"><span class="base"><span class="mord sqrt"><span class="r'
        'oot"><span class="vlist-t"><span class="vlist-r"><span class="vlist"><span style="top:-2.9447em;"><spa'
        'n class="pstrut" style="height:2.5em;"></span><span class="sizing reset-size6 size1"><span class="mord'
        '"><span class="mord mathnormal">n</span></span></span></span></span></span></span></span><span class="'
        'vlist-t vlist-t2"><span class="vlist-r"><span class="vlist"><span class="svg-align" style="top:-3em;">'
        '<span class="pstrut" style="height:3em;"></span><span class="mord"><span class="mord"><span class="mor'
        'd mathnormal">a</span><span class="msupsub"><span class="vlist-t"><span class="vlist-r"><span class="v'
        'list"><span style="top:-2.989em;"><span class="pstrut" style="height:2.7em;"></span><span class="sizin'
        'g reset-size6 size3"><span class="mord mathnormal">n</span></span></span></span></span></span></span><'
        '/span><span class="mspace"></span><span class="mbin">+</span><span class="mspace"></span><span class="'
        'mord"><span class="mord mathnormal">b</span><span class="msupsub"><span class="vlist-t"><span class="v'
        'list-r"><span class="vlist"><span style="top:-2.989em;"><span class="pstrut" style="height:2.7em;"></s'
        'pan><span class="sizing reset-size6 size3"><span class="mord mathnormal">n</span></span></span></span>'
        '</span></span></span></span></span></span><span style="top:-2.8506em;"><span class="pstrut" style="hei'
        'ght:3em;"></span><span class="hide-tail" style="height:1.08em;"><svg><path></path></svg></span></span>'
        '</span></span><span class="vlist-r"><span class="vlist"><span></span></span></span></span></span></spa'
        'n></span></span>',
        '<mroot><mrow><msup><mi>a</mi><mi>n</mi></msup><mo>+</mo><msup><mi>b</mi><mi>n</mi></msup></mrow><mi>n<'
        '/mi></mroot>',
    ),
    (
        "KaTeX 0.19",
        r"\begin{matrix} 1 & 2 \\ 3 & 4 \end{matrix}",
        False,
        '<span class="katex"><span class="katex-html"><span class="katex-base"><span class="mord"><span class="'
        'mtable"><span class="col-align-c"><span class="vlist-t vlist-t2"><span class="vlist-r"><span class="vl'
        'ist"><span style="top:-3.61em;"><span class="pstrut" style="height:3em;"></span><span class="mord"><sp'
        'an class="mord">1</span></span></span><span style="top:-2.41em;"><span class="pstrut" style="height:3e'
        'm;"></span><span class="mord"><span class="mord">3</span></span></span></span></span><span class="vlis'
        't-r"><span class="vlist"><span></span></span></span></span></span><span class="arraycolsep" style="wid'
        'th:0.5em;"></span><span class="arraycolsep" style="width:0.5em;"></span><span class="col-align-c"><spa'
        'n class="vlist-t vlist-t2"><span class="vlist-r"><span class="vlist"><span style="top:-3.61em;"><span '
        'class="pstrut" style="height:3em;"></span><span class="mord"><span class="mord">2</span></span></span>'
        '<span style="top:-2.41em;"><span class="pstrut" style="height:3em;"></span><span class="mord"><span cl'
        'ass="mord">4</span></span></span></span></span><span class="vlist-r"><span class="vlist"><span></span>'
        '</span></span></span></span></span></span></span></span></span>',
        '<mtable><mtr><mtd><mn>1</mn></mtd><mtd><mn>2</mn></mtd></mtr><mtr><mtd><mn>3</mn></mtd><mtd><mn>4</mn>'
        '</mtd></mtr></mtable>',
    ),
    (
        "KaTeX 0.19",
        r"x \text{ and } y",
        False,
        '<span class="katex"><span class="katex-html"><span class="katex-base"><span class="mord mathnormal">x<'
        '/span><span class="mord text"><span class="mord"> and </span></span><span class="mord mathnormal">y</s'
        'pan></span></span></span>',
        '<mrow><mi>x</mi><mtext> and </mtext><mi>y</mi></mrow>',
    ),
    (
        "KaTeX 0.19",
        r"\log_2 n",
        False,
        '<span class="katex"><span class="katex-html"><span class="katex-base"><span class="mop"><span class="m'
        'op">lo<span>g</span></span><span class="msupsub"><span class="vlist-t vlist-t2"><span class="vlist-r">'
        '<span class="vlist"><span style="top:-2.4559em;"><span class="pstrut" style="height:2.7em;"></span><sp'
        'an class="katex-sizing reset-size6 size3"><span class="mord">2</span></span></span></span></span><span'
        ' class="vlist-r"><span class="vlist"><span></span></span></span></span></span></span><span class="mspa'
        'ce"></span><span class="mord mathnormal">n</span></span></span></span>',
        '<mrow><msub><mi>log</mi><mn>2</mn></msub><mi>n</mi></mrow>',
    ),
    (
        "KaTeX 0.10",
        r"\hat x",
        False,
        '<span class="katex"><span class="katex-html"><span class="base"><span class="mord accent"><span class='
        '"vlist-t"><span class="vlist-r"><span class="vlist"><span style="top:-3em;"><span class="pstrut" style'
        '="height:3em;"></span><span class="mord mathdefault">x</span></span><span style="top:-3em;"><span clas'
        's="pstrut" style="height:3em;"></span><span class="accent-body">^</span></span></span></span></span></'
        'span></span></span></span>',
        '<mover accent="true"><mi>x</mi><mo>^</mo></mover>',
    ),
    (
        "KaTeX 0.19",
        r"E = mc^2 \tag{1}",
        True,
        '<span class="katex-display"><span class="katex"><span class="katex-html"><span class="katex-base"><spa'
        'n class="mord mathnormal">E</span><span class="mspace"></span><span class="mrel">=</span><span class="'
        'mspace"></span></span><span class="katex-base"><span class="mord mathnormal">m</span><span class="mord'
        '"><span class="mord mathnormal">c</span><span class="msupsub"><span class="vlist-t"><span class="vlist'
        '-r"><span class="vlist"><span style="top:-3.113em;"><span class="pstrut" style="height:2.7em;"></span>'
        '<span class="katex-sizing reset-size6 size3"><span class="mord">2</span></span></span></span></span></'
        'span></span></span></span><span class="katex-tag"><span class="mord text"><span class="mord">(</span><'
        'span class="mord"><span class="mord">1</span></span><span class="mord">)</span></span></span></span></'
        'span></span>',
        '<mtable><mlabeledtr><mtd><mtext>(1)</mtext></mtd><mtd><mi>E</mi><mo>=</mo><mi>m</mi><msup><mi>c</mi><m'
        'n>2</mn></msup></mtd></mlabeledtr></mtable>',
    ),
    (
        "KaTeX 0.19",
        r"\not= \not\in",
        False,
        '<span class="katex"><span class="katex-html"><span class="katex-base"><span class="mrel"><span class="'
        'mord katex-vbox"><span class="katex-thinbox"><span class="rlap"><span class="katex-inner"><span class='
        '"mord"><span class="mrel"></span></span></span><span class="katex-fix"></span></span></span></span></'
        'span><span class="mspace nobreak"></span><span class="mrel">=</span></span><span class="katex-base"><s'
        'pan class="mrel"><span class="mord katex-vbox"><span class="katex-thinbox"><span class="rlap"><span cl'
        'ass="katex-inner"><span class="mord"><span class="mrel"></span></span></span><span class="katex-fix">'
        '</span></span></span></span></span><span class="mspace nobreak"></span><span class="mrel">∈</span></sp'
        'an></span></span>',
        '<mrow><mo>≠</mo><mo>∉</mo></mrow>',
    ),
]
# fmt: on
