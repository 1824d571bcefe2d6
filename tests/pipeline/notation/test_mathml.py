from __future__ import annotations

import re

import pytest
from lxml import etree

from mathmill.demo import formula
from mathmill.demo.problems import generate_problems
from mathmill.pipeline.notation.mathml import label, read, to_latex

FRACTION = "<mfrac><mn>1</mn><mn>2</mn></mfrac>"
ROWS = "<mtr><mtd><mi>a</mi></mtd><mtd><mi>b</mi></mtd></mtr><mtr><mtd><mi>c</mi></mtd><mtd><mi>d</mi></mtd></mtr>"
TABLE = f"<mtable>{ROWS}</mtable>"
ABCD = r"a & b \\ c & d"
LIMITS = "<mrow><mi>i</mi><mo>=</mo><mn>1</mn></mrow><mi>n</mi>"
# what a habit writes inside `math`, what it is
CASES = [
    # letters, numbers, operators
    ("<mi>x</mi><mo>=</mo><mn>2</mn>", "x=2"),
    ("<mi>α</mi><mi>x</mi>", r"\alpha x"),
    ("<mi>sin</mi><mo>&#8289;</mo><mi>x</mi>", r"\sin x"),
    ("<mi>l</mi><mi>o</mi><mi>g</mi>", "log"),
    ("<mo>lim</mo>", r"\lim"),
    ("<mi>lim&#8201;sup</mi>", r"\limsup"),
    ("<mi>rank</mi><mo>&#8289;</mo><mi>A</mi>", r"\operatorname{rank}A"),
    ("<mi>eigval</mi>", r"\mathrm{eigval}"),
    ("<mi>x</mi><mo>≤</mo><mn>20</mn>", r"x\le 20"),
    ("<mo>−</mo><mi>x</mi>", "-x"),
    ("<mn>0</mn><mo>.</mo><mn>5</mn>", "0.5"),
    ("<mn><mn>1</mn><mn>2</mn></mn>", "12"),
    ("<mo><mo>(</mo></mo><mi>a</mi><mo><mo>)</mo></mo>", "(a)"),
    ("<mn>2</mn><mo>&#8290;</mo><mi>x</mi>", "2x"),
    ("<mn>2</mn><mo>&#8290;</mo><mn>3</mn>", r"2\cdot 3"),
    ("<mo>&InvisibleTimes;</mo><mi>x</mi>", "x"),
    ("<mi>a</mi><mo>∉</mo><mi>B</mi>", r"a\notin B"),
    ("<mi>a</mi><mo>=&#824;</mo><mi>b</mi>", r"a\not=b"),
    ("<mi>a</mi><mo>≢</mo><mi>b</mi>", r"a\not\equiv b"),
    ("<mi>x&#770;</mi>", r"\hat{x}"),
    ("<mi>ẋ</mi>", r"\dot{x}"),
    ("<mi>速度</mi>", r"\text{速度}"),
    ("<mn>50</mn><mo>%</mo>", r"50\%"),
    ("<mi>a_b#c$</mi>", r"a\_b\#c\$"),
    ("<mo>&amp;</mo><mo>{</mo><mo>\\</mo><mi>x</mi>", r"\&\{\backslash x"),
    ("<mn>½</mn>", r"\frac{1}{2}"),
    ("<mi>x²</mi>", "x^2"),
    ("<mn>90</mn><mo>°</mo>", r"90^\circ"),
    ("<msup><mn>90</mn><mo>∘</mo></msup>", r"90^\circ"),
    ("<mi>n</mi><mo>!</mo>", "n!"),
    ("<mi>a</mi><mo>&lt;=</mo><mi>b</mi>", r"a\le b"),
    # alphabets
    ("<mi>ℝ</mi><mo>⊂</mo><mi>ℂ</mi>", r"\mathbb{R}\subset\mathbb{C}"),
    ("<mi>𝐱</mi><mi>𝛼</mi><mi>𝜶</mi>", r"\mathbf{x}\alpha\boldsymbol{\alpha}"),
    ("<mi>ℒ</mi><mi>𝔤</mi><mi>𝚝</mi><mi>𝚞</mi>", r"\mathcal{L}\mathfrak{g}\mathtt{tu}"),
    ('<mi mathvariant="bold">v</mi><mi mathvariant="bold-italic">v</mi>', r"\mathbf{v}\boldsymbol{v}"),
    ('<mi mathvariant="double-struck">R</mi>', r"\mathbb{R}"),
    ('<mi data-mjx-variant="-tex-calligraphic" mathvariant="script">L</mi>', r"\mathcal{L}"),
    ('<mi class="MJX-tex-caligraphic" mathvariant="script">F</mi>', r"\mathcal{F}"),
    ('<mstyle mathvariant="bold"><mi>x</mi><mi>β</mi></mstyle>', r"\mathbf{x}\boldsymbol{\beta}"),
    ('<mi mathvariant="normal">d</mi><mi>x</mi>', r"\mathrm{d}x"),
    ('<mi mathvariant="normal">m</mi><mi mathvariant="normal">o</mi>', r"\mathrm{mo}"),
    ('<mi mathvariant="normal">Γ</mi><mi mathvariant="normal">∞</mi>', r"\Gamma\infty"),
    # text and spaces
    ("<mi>x</mi><mtext> if </mtext><mi>y</mi>", r"x\text{ if }y"),
    ("<mtext>100% of {a_b} &amp; $5</mtext>", r"\text{100\% of \{a\_b\} \& \$5}"),
    ("<mtext><mrow><mtext>'</mtext><mtext>x</mtext></mrow></mtext>", r"\text{'x}"),
    ("<mtext>a <b>bold</b> word</mtext>", r"\text{a bold word}"),
    ("<ms>hi</ms>", r'\text{"hi"}'),
    ('<mi>a</mi><mspace width="1em"/><mi>b</mi><mspace width="2em"/><mi>c</mi>', r"a\quad b\qquad c"),
    ('<mi>a</mi><mspace width="thinmathspace"/><mi>b</mi><mspace width="-0.1667em"/><mi>c</mi>', r"a\,b\!c"),
    ('<mi>a</mi><mspace width="0.2222em"/><mi>b</mi><mspace width="0.2778em"/><mi>c</mi>', r"a\:b\;c"),
    # fractions and roots
    (FRACTION, r"\frac{1}{2}"),
    (f'<mi>x</mi><mo>+</mo><mstyle displaystyle="true">{FRACTION}</mstyle>', r"x+\dfrac{1}{2}"),
    (f'<mstyle displaystyle="true">{FRACTION}</mstyle>', r"\frac{1}{2}"),
    ('<mo>(</mo><mfrac linethickness="0"><mi>n</mi><mi>k</mi></mfrac><mo>)</mo>', r"\binom{n}{k}"),
    ('<mfenced><mfrac linethickness="0px"><mi>n</mi><mi>k</mi></mfrac></mfenced>', r"\binom{n}{k}"),
    ('<mfrac linethickness="0"><mi>n</mi><mi>k</mi></mfrac>', r"{n \atop k}"),
    ('<mfrac bevelled="true"><mn>1</mn><mn>2</mn></mfrac>', "1/2"),
    ("<msqrt><mi>a</mi><mo>+</mo><mi>b</mi></msqrt>", r"\sqrt{a+b}"),
    ("<mroot><mi>x</mi><mn>3</mn></mroot>", r"\sqrt[3]{x}"),
    # scripts
    ("<msup><mi>x</mi><mn>2</mn></msup><mn>3</mn>", "x^2 3"),
    ("<msup><mi>x</mi><mn>10</mn></msup>", "x^{10}"),
    ("<msub><mi>x</mi><mi>α</mi></msub><mi>y</mi>", r"x_\alpha y"),
    ("<msubsup><mi>x</mi><mi>i</mi><mn>2</mn></msubsup>", "x_i^2"),
    ("<msup><msub><mi>x</mi><mi>i</mi></msub><mn>2</mn></msup>", "x_i^2"),
    ("<msup><msup><mi>x</mi><mi>a</mi></msup><mi>b</mi></msup>", "{x^a}^b"),
    ("<msup><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow><mn>2</mn></msup>", "{a+b}^2"),
    ("<msup><mrow><mo>(</mo><mi>a</mi><mo>)</mo></mrow><mn>2</mn></msup>", "(a)^2"),
    ("<mo>(</mo><mi>a</mi><msup><mo>)</mo><mn>2</mn></msup>", "(a)^2"),
    ("<msup><mi>f</mi><mo>′</mo></msup><mo>(</mo><mi>x</mi><mo>)</mo>", "f'(x)"),
    ("<msup><mi>f</mi><mrow><mo>′</mo><mo>′</mo></mrow></msup>", "f''"),
    ("<msup><mi>f</mi><mo>″</mo></msup>", "f''"),
    ("<mi>f</mi><mo>'</mo>", "f'"),
    ("<msup><mi>w</mi><mrow><mo>′</mo><mi>J</mi></mrow></msup>", "w'^J"),
    ("<msup><mi>x</mi><mn>2</mn></msup><mo>′</mo>", "x^2{}'"),
    ("<msup><mi>sin</mi><mn>2</mn></msup><mi>x</mi>", r"\sin^2 x"),
    ("<msup><mrow/><mn>2</mn></msup>", "{}^2"),
    (
        "<mmultiscripts><mi>U</mi><none/><none/><mprescripts/><mn>92</mn><mn>238</mn></mmultiscripts>",
        "{}_{92}^{238}U",
    ),
    ("<mmultiscripts><mi>T</mi><mi>i</mi><none/><none/><mi>j</mi></mmultiscripts>", "T_i{}^j"),
    ("<msup><mi>x</mi><mi>n</mi></msup><mo>²</mo>", "x^n{}^2"),
    ("<msub><mi>σ</mi><mo>min</mo></msub>", r"\sigma_{\min}"),
    ("<msub><msub><mi>lim</mi><mi>a</mi></msub><mi>b</mi></msub>", r"{\lim_a}_b"),
    ("<msup><msub><mo>∫</mo><mi>a</mi></msub><mi>b</mi></msup>", r"\int_a^b"),
    # under and over
    (f"<munderover><mo>∑</mo>{LIMITS}</munderover><mi>i</mi>", r"\sum_{i=1}^n i"),
    (f"<msubsup><mo>∑</mo>{LIMITS}</msubsup>", r"\sum_{i=1}^n"),
    ("<munder><mi>lim</mi><mrow><mi>x</mi><mo>→</mo><mn>0</mn></mrow></munder><mi>f</mi>", r"\lim_{x\to 0}f"),
    ("<munder><mi>argmax</mi><mi>x</mi></munder>", r"\operatorname*{argmax}_x"),
    ('<mover accent="true"><mi>x</mi><mo>^</mo></mover>', r"\hat{x}"),
    ("<mover><mrow><mi>a</mi><mi>b</mi></mrow><mo>^</mo></mover>", r"\widehat{ab}"),
    ("<mover><mi>x</mi><mo>¯</mo></mover>", r"\bar{x}"),
    ('<mover><mi>x</mi><mo stretchy="true">‾</mo></mover>', r"\overline{x}"),
    ('<mover><mi>v</mi><mo stretchy="false">→</mo></mover>', r"\vec{v}"),
    ("<mover><mrow><mi>A</mi><mi>B</mi></mrow><mo>→</mo></mover>", r"\overrightarrow{AB}"),
    ("<mover><mi>x</mi><mo>˙</mo></mover><mover><mi>x</mi><mo>¨</mo></mover>", r"\dot{x}\ddot{x}"),
    ("<mover><mi>x</mi><mo>~</mo></mover>", r"\tilde{x}"),
    ("<munder><mi>x</mi><mo>_</mo></munder>", r"\underline{x}"),
    (
        "<munder><munder><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow><mo>⏟</mo></munder><mi>n</mi></munder>",
        r"\underbrace{a+b}_n",
    ),
    ("<mover><mover><mi>a</mi><mo>⏞</mo></mover><mtext>two</mtext></mover>", r"\overbrace{a}^{\text{two}}"),
    ("<mi>A</mi><mover><mo>→</mo><mi>f</mi></mover><mi>B</mi>", r"A\xrightarrow{f}B"),
    ("<munderover><mo>→</mo><mi>g</mi><mi>f</mi></munderover>", r"\xrightarrow[g]{f}"),
    ("<mover><mo>=</mo><mtext>def</mtext></mover>", r"\overset{\text{def}}{=}"),
    ("<munder><mi>x</mi><mi>y</mi></munder>", r"\underset{y}{x}"),
    # fences
    ("<mrow><mo>(</mo><mi>x</mi><mo>)</mo></mrow>", "(x)"),
    (f"<mrow><mo>(</mo>{FRACTION}<mo>)</mo></mrow>", r"\left(\frac{1}{2}\right)"),
    (f'<mo stretchy="false">(</mo>{FRACTION}<mo stretchy="false">)</mo>', r"(\frac{1}{2})"),
    ('<mrow><mo fence="true">(</mo><mi>x</mi><mo fence="true">)</mo></mrow>', r"\left(x\right)"),
    (
        '<mrow data-mjx-texclass="INNER"><mo data-mjx-texclass="OPEN">[</mo><mi>x</mi>'
        '<mo data-mjx-texclass="CLOSE">]</mo></mrow>',
        r"\left[x\right]",
    ),
    (
        f'<mrow><mo fence="true"></mo>{FRACTION}<msub><mo fence="true">|</mo><mi>x</mi></msub></mrow>',
        r"\left.\frac{1}{2}\right|_x",
    ),
    (f"<mrow><mo>|</mo>{FRACTION}<mo>|</mo></mrow>", r"\left|\frac{1}{2}\right|"),
    ("<mo>‖</mo><mi>x</mi><mo>‖</mo><mo>⌊</mo><mi>y</mi><mo>⌋</mo>", r"\|x\|\lfloor y\rfloor"),
    ("<mo>⟨</mo><mi>x</mi><mo>,</mo><mi>y</mi><mo>⟩</mo>", r"\langle x,y\rangle"),
    ("<mo>{</mo><mi>x</mi><mo>|</mo><mi>y</mi><mo>}</mo>", r"\{x|y\}"),
    ("<mo>[</mo><mn>0</mn><mo>,</mo><mn>1</mn><mo>)</mo>", "[0,1)"),
    ("<mi>a</mi><mo>∣</mo><mi>b</mi>", r"a\mid b"),
    ("<mfenced><mi>a</mi><mi>b</mi></mfenced>", "(a,b)"),
    ('<mfenced open="[" close="]" separators=";|"><mi>a</mi><mi>b</mi><mi>c</mi></mfenced>', "[a;b|c]"),
    (f'<mfenced open="|" close="|">{FRACTION}</mfenced>', r"\left|\frac{1}{2}\right|"),
    (
        "<mi>a</mi><mo>≡</mo><mi>b</mi><mo>(</mo><mi>mod</mi><mspace width='0.3em'/><mi>n</mi><mo>)</mo>",
        r"a\equiv b\pmod{n}",
    ),
    # tables
    (f"<mo>(</mo>{TABLE}<mo>)</mo>", rf"\begin{{pmatrix}} {ABCD} \end{{pmatrix}}"),
    (f"<mfenced open='[' close=']'>{TABLE}</mfenced>", rf"\begin{{bmatrix}} {ABCD} \end{{bmatrix}}"),
    (f"<mrow><mo>|</mo>{TABLE}<mo>|</mo></mrow>", rf"\begin{{vmatrix}} {ABCD} \end{{vmatrix}}"),
    (f"<mrow><mo>‖</mo>{TABLE}<mo>‖</mo></mrow>", rf"\begin{{Vmatrix}} {ABCD} \end{{Vmatrix}}"),
    (f"<mrow><mo>{{</mo>{TABLE}<mo>}}</mo></mrow>", rf"\begin{{Bmatrix}} {ABCD} \end{{Bmatrix}}"),
    (f"<mi>f</mi><mo>=</mo><mrow><mo>{{</mo>{TABLE}</mrow>", rf"f=\begin{{cases}} {ABCD} \end{{cases}}"),
    (f"<mfenced open='{{' close=''>{TABLE}</mfenced>", rf"\begin{{cases}} {ABCD} \end{{cases}}"),
    (f'<mtable columnalign="right left">{ROWS}</mtable>', r"\begin{aligned} a &b \\ c &d \end{aligned}"),
    (TABLE, rf"\begin{{matrix}} {ABCD} \end{{matrix}}"),
    (f'<mtable columnalign="left">{ROWS}</mtable>', rf"\begin{{array}}{{ll}} {ABCD} \end{{array}}"),
    (
        f'<mtable columnlines="solid" rowlines="solid" frame="solid">{ROWS}</mtable>',
        r"\begin{array}{|c|c|} \hline a & b \\ \hline c & d \\ \hline \end{array}",
    ),
    ("<mtable><mtr><mtd><mi>x</mi></mtd></mtr></mtable>", "x"),
    (
        "<mtable><mlabeledtr><mtd><mtext>(1)</mtext></mtd><mtd><mi>x</mi></mtd></mlabeledtr></mtable>",
        "x",
    ),
    (
        "<munder><mo>∑</mo><mtable><mtr><mtd><mi>i</mi></mtd></mtr><mtr><mtd><mi>j</mi></mtd></mtr></mtable></munder>",
        r"\sum_{\substack{i \\ j}}",
    ),
    (
        "<mtable><mtr><mtd><mi>a</mi><mo>+</mo></mtd></mtr><mtr><mtd><mi>b</mi></mtd></mtr></mtable>",
        "a+b",
    ),
    (
        '<mtable columnalign="right left"><mtr><mtd><mi>a</mi></mtd><mtd><mi></mi><mo>=</mo><mi>b</mi></mtd></mtr>'
        "<mtr><mtd></mtd><mtd><mrow></mrow><mo>=</mo><mi>c</mi></mtd></mtr></mtable>",
        r"\begin{aligned} a &=b \\ &=c \end{aligned}",
    ),
    (
        '<mrow><mo fence="true">{</mo><mtable columnalign="left left"><mtr><mtd><mstyle scriptlevel="0" '
        'displaystyle="false"><mfrac><mn>1</mn><mn>2</mn></mfrac></mstyle></mtd><mtd><mtext>if&#160;</mtext></mtd></mtr>'
        "</mtable></mrow>",
        r"\begin{cases} \frac{1}{2} & \text{if } \end{cases}",
    ),
    # the rest
    ("<mi>L</mi><mspace width='0.1667em'/><mi>cos</mi><mspace width='0.1667em'/><mi>ψ</mi>", r"L\cos\psi"),
    ("<mi>a</mi><mi>mod</mi><mi>b</mi>", r"a\bmod b"),
    ("<mo>∫</mo><mi>x</mi><mi>dx</mi>", r"\int xdx"),
    ("<mtext>𝑤𝑜𝑟𝑑</mtext>", r"\text{word}"),
    ('<mo minsize="1.2em" stretchy="true">(</mo><mi>x</mi><mo minsize="1.2em" stretchy="true">)</mo>', "(x)"),
    ('<menclose notation="box"><mi>x</mi></menclose>', r"\boxed{x}"),
    ('<menclose notation="updiagonalstrike"><mi>x</mi></menclose>', r"\cancel{x}"),
    ('<menclose notation="top"><mi>x</mi></menclose>', r"\overline{x}"),
    ("<mphantom><mi>x</mi></mphantom><mi>y</mi>", "y"),
    ("<mi>y</mi><mphantom><mi>x</mi></mphantom><mi>z</mi>", r"y\phantom{x}z"),
    ('<maction selection="2"><mi>a</mi><mi>b</mi></maction>', "b"),
    ("<merror><mtext>x</mtext></merror>", r"\text{x}"),
    ("<semantics><mi>x</mi><annotation>junk</annotation></semantics>", "x"),
    (
        '<semantics><apply><plus/><ci>a</ci></apply><annotation-xml encoding="MathML-Presentation"><mi>x</mi>'
        "</annotation-xml></semantics>",
        "x",
    ),
    ("x + 1", "x+1"),
    ("<span><mi>x</mi></span>", "x"),
    # broken
    ("<mfrac><mi>a</mi></mfrac>", "a"),
    ("<mfrac></mfrac>", ""),
    ("<msup></msup>", ""),
    ("<msup><mi>x</mi></msup>", "x"),
    ("<msup><mi>x</mi><mn>2</mn><mi>y</mi></msup>", "x^2y"),
    ("<mi></mi><mo>&#8290;</mo>", ""),
    # content
    ("<apply><plus/><ci>a</ci><apply><times/><cn>2</cn><ci>b</ci></apply></apply>", "a+2b"),
    ("<apply><times/><apply><plus/><ci>a</ci><ci>b</ci></apply><ci>c</ci></apply>", "(a+b)c"),
    ("<apply><minus/><ci>a</ci></apply>", "-a"),
    ("<apply><eq/><ci>x</ci><apply><divide/><cn>1</cn><ci>y</ci></apply></apply>", r"x=\frac{1}{y}"),
    ("<apply><power/><apply><sin/><ci>x</ci></apply><cn>2</cn></apply>", r"(\sin x)^2"),
    ("<apply><root/><degree><cn>3</cn></degree><ci>x</ci></apply>", r"\sqrt[3]{x}"),
    (
        "<apply><int/><bvar><ci>x</ci></bvar><lowlimit><cn>0</cn></lowlimit><uplimit><infinity/></uplimit>"
        "<apply><exp/><ci>x</ci></apply></apply>",
        r"\int_0^\infty e^{x}\,dx",
    ),
    (
        "<apply><sum/><bvar><ci>i</ci></bvar><lowlimit><cn>1</cn></lowlimit><uplimit><ci>n</ci></uplimit><ci>i</ci></apply>",
        r"\sum_{i=1}^n i",
    ),
    (
        "<apply><diff/><bvar><ci>x</ci><degree><cn>2</cn></degree></bvar><apply><ci>f</ci><ci>x</ci></apply></apply>",
        r"\frac{d^2f(x)}{dx^2}",
    ),
    ("<matrix><matrixrow><cn>1</cn><cn>2</cn></matrixrow></matrix>", r"\begin{pmatrix} 1 & 2 \end{pmatrix}"),
    ("<set><ci>a</ci><ci>b</ci></set>", r"\{a,b\}"),
    ('<interval closure="closed-open"><cn>0</cn><cn>1</cn></interval>', "[0,1)"),
    (
        "<piecewise><piece><cn>0</cn><apply><lt/><ci>x</ci><cn>0</cn></apply></piece><otherwise><ci>x</ci></otherwise>"
        "</piecewise>",
        r"\begin{cases} 0 & x<0 \\ x & \text{otherwise} \end{cases}",
    ),
    ('<cn type="rational">1<sep/>2</cn>', r"\frac{1}{2}"),
]
_TOKEN = re.compile(
    r"\\(left|right|middle)\s*(\\[A-Za-z]+|\\.|.)|\\(begin|end)\{([a-zA-Z]+)\}|\\[A-Za-z]+|\\.|[{}]", re.DOTALL
)


def math(inner: str) -> str:
    return f"<math>{inner}</math>"


def convert(inner: str) -> str:
    found = read(math(inner))
    assert found is not None
    return to_latex(found)


def assert_balanced(latex: str) -> None:
    """Braces, environments and growing fences open and close in order."""
    stack: list[str] = []
    for match in _TOKEN.finditer(latex):
        sized, delimiter, bound, name = match.group(1, 2, 3, 4)
        word = match.group()
        if sized == "left" or bound == "begin" or word == "{":
            stack.append("left" if sized else name or "{")
            assert not sized or delimiter not in "{} ", latex
        elif sized == "middle":
            assert stack and stack[-1] == "left", latex
        elif sized == "right" or bound == "end" or word == "}":
            assert stack and stack.pop() == ("left" if sized else name or "{"), latex
    assert not stack, latex
    assert not latex.endswith("\\") or latex.endswith("\\\\"), latex


@pytest.mark.parametrize(("inner", "expected"), CASES)
def test_habits(inner: str, expected: str) -> None:
    latex = convert(inner)
    assert latex == expected
    assert_balanced(latex)


@pytest.mark.parametrize(
    ("inner", "expected"), [case for case in CASES if "span" not in case[0] and "x + 1" not in case[0]]
)
def test_namespaces_and_prefixes_make_no_difference(inner: str, expected: str) -> None:
    prefixed = re.sub(r"<(/?)(?=[a-z])", r"<\1m:", math(inner)).replace("&InvisibleTimes;", "\u2062")
    document = prefixed.replace("<m:math", '<m:math xmlns:m="http://www.w3.org/1998/Math/MathML"', 1)
    assert to_latex(etree.fromstring(document)) == expected
    found = read(prefixed)
    assert found is not None
    assert to_latex(found) == expected


def test_upper_case_and_comments() -> None:
    tree = etree.fromstring("<MATH><MI>x<!-- a --></MI><!-- b --><?pi c?><MO>+</MO><MN>1</MN></MATH>")
    assert to_latex(tree) == "x+1"


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("<math><mi>x</mi></math>", "x"),
        ("&lt;math&gt;&lt;mi&gt;x&lt;/mi&gt;&lt;/math&gt;", "x"),
        ('<?xml version="1.0"?><m:math xmlns:m="u"><m:mi>x</m:mi></m:math>', "x"),
        ("some <b>text</b>", None),
        ("", None),
        ("math", None),
        ("<math><mi>x", "x"),
        ("\x00<math><mi>\ud800x</mi></math>", "x"),
    ],
)
def test_reading_text(markup: str, expected: str | None) -> None:
    found = read(markup)
    assert (None if found is None else to_latex(found).replace("\ufffd", "")) == expected


@pytest.mark.parametrize(
    ("inner", "expected"),
    [
        ("<mtable><mlabeledtr><mtd><mtext>(1.2)</mtext></mtd><mtd><mi>x</mi></mtd></mlabeledtr></mtable>", "(1.2)"),
        (
            '<mtable width="100%"><mtr><mtd></mtd><mtd><mi>x</mi></mtd><mtd></mtd><mtd>(3)</mtd></mtr></mtable>',
            "(3)",
        ),
        ('<mtable><mtr><mtd><mi>x</mi></mtd><mtd class="tml-tag">(4)</mtd></mtr></mtable>', "(4)"),
        (TABLE, ""),
    ],
)
def test_numbers_of_equations(inner: str, expected: str) -> None:
    found = read(math(inner))
    assert found is not None
    assert label(found) == expected
    if expected:
        assert to_latex(found) == "x"


@pytest.mark.parametrize("seed", range(2))
def test_formulas_of_the_demo_come_back(seed: int) -> None:
    for problem in generate_problems(200, seed=seed):
        for text in (problem.question, *problem.solution):
            for latex in text.replace("$$", "$").split("$")[1::2]:
                tree = formula.parse(latex)
                again = convert(formula.mathml(tree))
                assert formula.parse(again) == tree, (latex, again)
