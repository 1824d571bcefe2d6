from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from mathmill.pipeline.dom.parse import parse
from mathmill.pipeline.notation.mathml import label, to_latex
from mathmill.pipeline.notation.omml import to_mathml
from tests.effort import assert_linear
from tests.pipeline.notation.test_mathml import assert_balanced

SPACE = "http://schemas.openxmlformats.org/officeDocument/2006/math"
CONTROL = "<span style='font-style:italic'><m:ctrlPr></m:ctrlPr></span>"


def run(text: str, properties: str = "") -> str:
    """A run as Word saves it in a page."""
    said = f"<m:rPr>{properties}</m:rPr>" if properties else ""
    return f"<i><span style='font-family:\"Cambria Math\"'><m:r>{said}{text}</m:r></span></i>"


def val(name: str, value: str) -> str:
    return f'<m:{name} m:val="{value}"/>'


def upright(text: str) -> str:
    return run(text, val("scr", "roman") + val("sty", "p"))


def made(name: str, properties: str = "", **parts: str) -> str:
    """A construct; an underscore behind a part's name is not of the name."""
    inner = "".join(f"<m:{part.rstrip('_')}>{held}</m:{part.rstrip('_')}>" for part, held in parts.items())
    return f"<m:{name}><m:{name}Pr>{properties}{CONTROL}</m:{name}Pr>{inner}</m:{name}>"


def several(name: str, *parts: str, properties: str = "") -> str:
    inner = "".join(f"<m:e>{part}</m:e>" for part in parts)
    return f"<m:{name}><m:{name}Pr>{properties}</m:{name}Pr>{inner}</m:{name}>"


def fenced(inner: str, left: str, right: str) -> str:
    return several("d", inner, properties=val("begChr", left) + val("endChr", right))


def matrix(*rows: tuple[str, ...], properties: str = "") -> str:
    lines = ("<m:mr>" + "".join(f"<m:e>{cell}</m:e>" for cell in cells) + "</m:mr>" for cells in rows)
    return f"<m:m><m:mPr>{properties}</m:mPr>{''.join(lines)}</m:m>"


A, B, X = run("a"), run("b"), run("x")
SQUARES = (A, B), (run("c"), run("d"))
COLUMNS = "<m:mcs><m:mc><m:mcPr><m:count m:val='2'/><m:mcJc m:val='left'/></m:mcPr></m:mc></m:mcs>"
HALF = made("f", num=A, den=B)
NO_LINE = made("f", val("type", "noBar"), num=run("n"), den=run("k"))
HIDDEN = val("hideTop", "on") + val("hideBot", "1") + val("hideLeft", "true") + val("hideRight", "on")
OVER = val("pos", "top") + val("vertJc", "bot")

# what an equation holds, its LaTeX
CASES = [
    # runs
    (X, "x"),
    ("<m:r><m:t>x</m:t></m:r>", "x"),
    ("<m:r>\n <m:t>x</m:t>\n</m:r>", "x"),
    (run("2x+1=0"), "2x+1=0"),
    (run("3.14r"), "3.14r"),
    (run("mc"), "mc"),
    (upright("d"), r"\mathrm{d}"),
    (upright("Area"), r"\mathrm{Area}"),
    (upright("3"), "3"),
    (run("v", val("sty", "b")), r"\mathbf{v}"),
    (run("v", val("sty", "bi")), r"\boldsymbol{v}"),
    (run("R", val("scr", "double-struck") + val("sty", "p")), r"\mathbb{R}"),
    (run("𝔹", val("scr", "double-struck")), r"\mathbb{B}"),
    (run("ℝ"), r"\mathbb{R}"),
    (run("A", val("scr", "script")), r"\mathcal{A}"),
    (run("A", val("scr", "script") + val("sty", "b")), r"\boldsymbol{\mathcal{A}}"),
    (run("g", val("scr", "fraktur")), r"\mathfrak{g}"),
    (run("T", val("scr", "sans-serif")), r"\mathsf{T}"),
    (run("ab", val("scr", "monospace")), r"\mathtt{ab}"),
    (run(" if ", "<m:nor/>") + X, r"\text{ if }x"),
    (run("sin x"), r"\sin x"),
    (run("si") + run("n") + run("θ"), r"\sin\theta"),
    (run("for all x"), r"for\;all\;x"),
    (run("∀x∈ℝ, f′≤∞"), r"\forall x\in\mathbb{R},f'\le\infty"),
    (run("𝑥+𝛼·½"), r"x+\alpha\cdot\frac{1}{2}"),
    (run("x\u0304"), r"\bar{x}"),
    (run("площадь"), r"\text{площадь}"),
    (run("a,...,b"), r"a,\ldots,b"),
    (run("{n}%#"), r"\{n\}\%\#"),
    (run("x\u2003y\xa0z"), r"x\quad yz"),
    ("<m:r><m:rPr><m:sty m:val=p/></m:rPr>ab</m:r>", r"\mathrm{ab}"),
    # fractions and roots
    (HALF, r"\frac{a}{b}"),
    (made("f", val("type", "bar"), num=A, den=B), r"\frac{a}{b}"),
    (made("f", val("type", "lin"), num=A, den=B), "a/b"),
    (made("f", val("type", "skw"), num=A, den=B), "a/b"),
    (made("f", val("type", "lin"), num=run("a+b"), den=B), r"\frac{a+b}{b}"),
    (NO_LINE, r"{n \atop k}"),
    (several("d", NO_LINE), r"\binom{n}{k}"),
    (made("rad", val("degHide", "on"), deg="", e=X), r"\sqrt{x}"),
    (made("rad", val("degHide", "1"), deg=run("2"), e=X), r"\sqrt{x}"),
    (made("rad", val("degHide", "off"), deg=run("3"), e=X), r"\sqrt[3]{x}"),
    ("<m:rad><m:radPr><m:degHide/></m:radPr><m:deg/><m:e>" + X + "</m:e></m:rad>", r"\sqrt{x}"),
    # scripts
    (made("sSup", e=X, sup=run("2")), "x^2"),
    (made("sSub", e=X, sub=run("i+1")), "x_{i+1}"),
    (made("sSubSup", e=X, sub=run("i"), sup=run("2")), "x_i^2"),
    (made("sPre", sub=run("n"), sup=run("m"), e=run("X")), "{}_n^mX"),
    (made("sSup", e=made("sSub", e=X, sub=run("1")), sup=run("2")), "x_1^2"),
    (made("sSup", e=several("d", run("a+b")), sup=run("2")), "(a+b)^2"),
    # n-ary operators
    (made("nary", val("chr", "∑") + val("limLoc", "undOvr"), sub=run("i=1"), sup=run("n"), e=A), r"\sum_{i=1}^n a"),
    (made("nary", val("limLoc", "subSup"), sub=run("0"), sup=run("1"), e=run("xdx")), r"\int_0^1 xdx"),
    (made("nary", val("subHide", "on") + val("supHide", "on"), sub="", sup="", e=X), r"\int x"),
    (made("nary", val("chr", "∬") + val("supHide", "1"), sub=run("D"), sup="", e=run("f")), r"\iint_D f"),
    (made("nary", val("chr", "∏") + val("subHide", "0"), sub=run("k"), sup="", e=X), r"\prod_k x"),
    (made("nary", val("chr", "∑"), sub=several("eqArr", run("i&lt;n"), run("j&lt;m")), sup="", e=A),
     r"\sum_{\substack{i<n \\ j<m}}a"),
    # delimiters
    (several("d", run("x+1")), "(x+1)"),
    (several("d", HALF), r"\left(\frac{a}{b}\right)"),
    (several("d", A, B, properties=val("sepChr", ",")), "(a,b)"),
    (several("d", A, B, properties=val("begChr", "⟨") + val("endChr", "⟩")), r"\langle a|b\rangle"),
    (fenced(X, "|", "|"), "|x|"),
    (fenced(run("0,1"), "]", "["), "]0,1["),
    (fenced(X, "⌊", "⌋"), r"\lfloor x\rfloor"),
    (fenced(HALF, "", "|"), r"\left.\frac{a}{b}\right|"),
    (fenced(several("eqArr", run("x&amp;=1"), run("y&amp;=2")), "{", ""), r"\begin{cases} x &=1 \\ y &=2 \end{cases}"),
    (fenced(several("eqArr", A, B), "{", ""), r"\begin{cases} a \\ b \end{cases}"),
    # functions and limits
    (made("func", fName=upright("log"), e=X), r"\log x"),
    (made("func", fName=upright("sinc"), e=several("d", X)), r"\operatorname{sinc}(x)"),
    (made("func", fName=made("sSup", e=upright("cos"), sup=run("-1")), e=X), r"\cos^{-1}x"),
    (made("func", fName=made("limLow", e=upright("lim"), lim=run("x→0")), e=run("f")), r"\lim_{x\to 0}f"),
    (made("func", fName="log", e=X), r"\log x"),
    (made("limUpp", e=run("="), lim=upright("def")), r"\overset{\mathrm{def}}{=}"),
    (made("limLow", e=X, lim=run("n")), r"\underset{n}{x}"),
    # marks
    (made("acc", e=X), r"\hat{x}"),
    (made("acc", val("chr", "\u20d7"), e=run("v")), r"\vec{v}"),
    (made("acc", val("chr", "\u0303"), e=run("ab")), r"\widetilde{ab}"),
    (made("acc", val("chr", "\u0307"), e=X), r"\dot{x}"),
    (made("bar", val("pos", "top"), e=run("x+y")), r"\overline{x+y}"),
    (made("bar", e=X), r"\underline{x}"),
    (made("groupChr", e=run("a+b")), r"\underbrace{a+b}"),
    (made("limLow", e=made("groupChr", e=run("a+b")), lim=run("n")), r"\underbrace{a+b}_n"),
    (made("limUpp", e=made("groupChr", val("chr", "⏞") + OVER, e=run("a+b")), lim=run("n")), r"\overbrace{a+b}^n"),
    (made("groupChr", val("chr", "⏞") + val("pos", "top"), e=run("a")), r"\overbrace{a}"),
    (made("groupChr", val("chr", "→") + val("vertJc", "bot"), e=run("f")), r"\xrightarrow{f}"),
    (made("groupChr", val("chr", "→") + val("pos", "top"), e=run("f")), r"\xrightarrow[f]{}"),
    (made("groupChr", val("chr", "→") + OVER, e=run("AB")), r"\overrightarrow{AB}"),
    # boxes and spaces
    (made("box", val("opEmu", "on"), e=run("=")), "="),
    (made("borderBox", e=X), r"\boxed{x}"),
    (made("borderBox", HIDDEN + val("strikeBLTR", "on"), e=X), r"\cancel{x}"),
    (made("borderBox", HIDDEN + val("strikeBLTR", "1") + val("strikeTLBR", "1"), e=X), r"\xcancel{x}"),
    (made("borderBox", HIDDEN, e=X), "x"),
    (A + made("phant", val("show", "off"), e=X) + B, r"a\phantom{x}b"),
    (A + made("phant", val("show", "off") + val("zeroWid", "on"), e=X) + B, "ab"),
    (made("phant", val("zeroAsc", "on"), e=X), "x"),
    # tables
    (matrix(*SQUARES), r"\begin{matrix} a & b \\ c & d \end{matrix}"),
    (several("d", matrix(*SQUARES)), r"\begin{pmatrix} a & b \\ c & d \end{pmatrix}"),
    (fenced(matrix(*SQUARES), "[", "]"), r"\begin{bmatrix} a & b \\ c & d \end{bmatrix}"),
    (fenced(matrix(*SQUARES), "|", "|"), r"\begin{vmatrix} a & b \\ c & d \end{vmatrix}"),
    (matrix(*SQUARES, properties=COLUMNS), r"\begin{array}{ll} a & b \\ c & d \end{array}"),
    (several("eqArr", A, B), r"\begin{gathered} a \\ b \end{gathered}"),
    (several("eqArr", A + run("&amp;=c"), run("&amp;=d")), r"\begin{aligned} a &=c \\ &=d \end{aligned}"),
    (several("eqArr", run("x&amp;=1")), "x=1"),
    # what is malformed
    ("", ""),
    ("<m:f><m:num>" + X + "</m:num></m:f>", r"\frac{x}{}"),
    ("<m:rad><m:radPr><m:degHide m:val='on'></m:degHide></m:radPr><m:deg><m:e>" + X + "</m:e></m:deg></m:rad>" + A,
     r"\sqrt{x}a"),
    ("<m:sSup><m:e>" + X + "</m:e><m:sup>" + A + "</m:sup><m:e>" + B + "</m:e></m:sSup>", "x^ab"),
    ("<m:r>x" + HALF + "y</m:r>", r"x\frac{a}{b}y"),
    ("<m:unheard><m:num>" + X + "</m:num></m:unheard>", "x"),
    ("<m:acc><m:accPr><m:chr/></m:accPr><m:e>" + X + "</m:e></m:acc>", "x"),
]  # fmt: skip


def in_page(markup: str) -> Any:
    """The equation in `markup` as the parser of pages leaves it."""
    tree = parse(f"<p>{markup}</p>")
    assert tree is not None
    return next(tree.iter("m:omathpara", "m:omath"))


def in_document(markup: str) -> Any:
    return etree.fromstring(f'<x xmlns:m="{SPACE}">{markup}</x>')[0]


@pytest.mark.parametrize(("held", "latex"), CASES)
def test_constructs(held: str, latex: str) -> None:
    markup = f"<m:oMath>{held}</m:oMath>"
    math = to_mathml(in_page(markup))
    assert to_latex(math) == latex
    assert math.get("display") is None
    if "m:val=p" not in held:
        assert to_latex(to_mathml(in_document(markup))) == latex


# the equations of a paragraph, their LaTeX
PARAGRAPHS = [
    ([X], "x"),
    ([X, ""], "x"),
    ([A, B], r"\begin{gathered} a \\ b \end{gathered}"),
    ([A + run("=b", "<m:aln/>"), run("=c", "<m:aln/>")], r"\begin{aligned} a &=b \\ &=c \end{aligned}"),
    ([], ""),
]


@pytest.mark.parametrize(("equations", "latex"), PARAGRAPHS)
def test_paragraphs_are_displayed(equations: list[str], latex: str) -> None:
    held = "".join(f"<m:oMath>{one}</m:oMath>" for one in equations)
    alignment = "<m:oMathParaPr><m:jc m:val='left'/></m:oMathParaPr>"
    math = to_mathml(in_page(f"<m:oMathPara>{alignment}{held}</m:oMathPara>"))
    assert (to_latex(math), math.get("display")) == (latex, "block")


def test_the_number_of_an_equation() -> None:
    numbered = several("eqArr", run("E=m#") + several("d", run("1.2")), properties=val("maxDist", "1"))
    math = to_mathml(in_page(f"<m:oMathPara><m:oMath>{numbered}</m:oMath></m:oMathPara>"))
    assert (to_latex(math), label(math)) == ("E=m", "(1.2)")
    counted = to_mathml(in_page(f"<m:oMath>{several('eqArr', run('#A'))}</m:oMath>"))
    assert (to_latex(counted), label(counted)) == (r"\#A", "")


def test_the_element_stays_as_it_is() -> None:
    math = in_page(f"<m:oMath>{made('sSup', e=X, sup=HALF)}</m:oMath>")
    before = etree.tostring(math)
    to_mathml(math)
    assert etree.tostring(math) == before


NAMES = [
    "acc", "bar", "box", "borderBox", "d", "e", "eqArr", "f", "fName", "func", "groupChr", "den", "deg", "lim",
    "limLow", "limUpp", "m", "mr", "nary", "num", "oMath", "oMathPara", "phant", "r", "rad", "sPre", "sSub", "sSubSup",
    "sSup", "sub", "sup", "t", "rPr", "mPr", "chr", "begChr", "mcs",
]  # fmt: skip
WORDS = ["", "x", "2", "(", "]", "{", "|", "∑", "&", "#", "sin", "if so", "′", "\u0304", "漢", "\\", "$", "\u2061"]


def equations() -> st.SearchStrategy[Any]:
    def build(name: str, text: str, children: list[Any], value: str, tail: str) -> Any:
        made = etree.Element(f"{{{SPACE}}}{name}")
        made.text, made.tail = text, tail
        if value:
            made.set(f"{{{SPACE}}}val", value)
        made.extend(children)
        return made

    def node(children: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        return st.builds(
            build, st.sampled_from(NAMES), st.sampled_from(WORDS), st.lists(children, max_size=4),
            st.sampled_from(["", "", "on", "off", "{", "]", "⏞", "9999999999999999999"]), st.sampled_from(["", "y"]),
        )  # fmt: skip

    return st.recursive(node(st.builds(etree.Element, st.just(f"{{{SPACE}}}r"))), node, max_leaves=25)


@settings(deadline=None, max_examples=100)
@given(equations())
def test_any_tree_gives_balanced_latex(math: Any) -> None:
    before = etree.tostring(math)
    assert_balanced(to_latex(to_mathml(math)))
    assert etree.tostring(math) == before


@pytest.mark.parametrize("name", ["d", "f", "func", "nary", "sSup", "m", "eqArr", "rad", "e", "r", "oMath"])
def test_depth_is_no_matter(name: str) -> None:
    for inner in ("e", "sup", "num", "fName"):
        opened = f"<m:{name}><m:{inner}>" * 500
        closed = f"</m:{inner}></m:{name}>" * 500
        math = etree.fromstring(
            f'<m:oMath xmlns:m="{SPACE}">{opened}<m:r>x</m:r>{closed}</m:oMath>', etree.XMLParser(huge_tree=True)
        )
        assert_balanced(to_latex(to_mathml(math)))


REPEATED = [
    X, HALF, run("x+1=sin y "), run("&amp;"), run("a\u0304\u0304\u0304\u0304\u0304\u0304"), "<m:e>x</m:e>",
    "<m:mr><m:e>x</m:e></m:mr>", "<m:fPr><m:type/></m:fPr>", "<m:oMath>x</m:oMath>", val("chr", "x"),
]  # fmt: skip


@pytest.mark.parametrize("around", ["oMath", "d", "eqArr", "m", "sSup", "rPr"])
@pytest.mark.parametrize("unit", REPEATED)
def test_time_is_linear(unit: str, around: str) -> None:
    assert_linear(400, 3_200, 0.05, lambda count: in_document(f"<m:{around}>{unit * count}</m:{around}>"), to_mathml)
