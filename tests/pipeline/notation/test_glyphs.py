from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree, html

from mathmill.pipeline.notation import mathml
from mathmill.pipeline.notation.glyphs import MAX_DEPTH, MAX_ELEMENTS, read_glyphs
from tests.effort import assert_linear
from tests.pipeline.notation.glyphs_cases import CASES

LATEX = [
    ("MathJax 3 CHTML", r"\sqrt[3]{x+1}", r"\sqrt[3]{x+1}"),
    ("MathJax 2 CommonHTML", r"\binom{n}{k}", r"\binom{n}{k}"),
    ("MathJax 3 SVG", r"\frac{a}{b}", r"\frac{a}{b}"),
    ("MathJax 2 HTML-CSS", "x_1^2", "x_1^2"),
    ("KaTeX 0.19", r"\sum_{i} a_i", r"\sum_i a_i"),
]

X = '<mjx-mi><mjx-c class="mjx-c1D465"></mjx-c></mjx-mi>'
UNREADABLE = [
    ("nothing", "<span>x</span>"),
    ("no glyphs", "<mjx-container><mjx-math></mjx-math></mjx-container>"),
    ("a box that MathJax does not make", f"<mjx-math><mjx-new>{X}</mjx-new></mjx-math>"),
    ("a glyph without a code", "<mjx-math><mjx-mi><mjx-c></mjx-c></mjx-mi></mjx-math>"),
    ("a code that is no character", '<mjx-math><mjx-mi><mjx-c class="mjx-cFFFFFF"></mjx-c></mjx-mi></mjx-math>'),
    ("a code of a private area", '<mjx-math><mjx-mi><mjx-c class="mjx-cE001"></mjx-c></mjx-mi></mjx-math>'),
    ("scripts without their box", f"<mjx-math><mjx-msup>{X}{X}</mjx-msup></mjx-math>"),
    ("a fraction without its lower half", f"<mjx-math><mjx-mfrac><mjx-num>{X}</mjx-num></mjx-mfrac></mjx-math>"),
    ("an error", f"<mjx-math><mjx-merror>{X}</mjx-merror></mjx-math>"),
    ("words beside boxes", f"<mjx-math><mjx-mrow>and {X}</mjx-mrow></mjx-math>"),
    ("a picture", '<svg><g><path d="M0 0"></path></g></svg>'),
    ("SVG that names nothing", '<svg><g><use xlink:href="#E1-MJMATHI-78"></use></g></svg>'),
    ("a stack that is none", '<span class="katex-html"><span class="mfrac"><span>x</span></span></span>'),
    (
        "a drawing not known",
        '<span class="katex-html"><span class="delimsizing"><svg><path d="M9"></path></svg></span></span>',
    ),
]


def inner(math: Any) -> str:
    """The MathML in a `math` element."""
    return "".join(etree.tostring(child, encoding="unicode") for child in math)


@pytest.mark.parametrize("case", CASES, ids=[f"{case[0]} {case[1]}" for case in CASES])
def test_reads_what_renderers_make(case: tuple[str, str, bool, str, str]) -> None:
    _, _, display, markup, expected = case
    container = html.fromstring(markup)
    before = etree.tostring(container)
    math = read_glyphs(container)
    assert math is not None
    assert inner(math) == expected
    assert math.get("display") == ("block" if display else None)
    assert etree.tostring(container) == before


@pytest.mark.parametrize(("renderer", "formula", "expected"), LATEX)
def test_gives_the_latex(renderer: str, formula: str, expected: str) -> None:
    markup = next(case[3] for case in CASES if case[:2] == (renderer, formula))
    assert mathml.to_latex(read_glyphs(html.fromstring(markup))) == expected


@pytest.mark.parametrize("markup", [markup for _, markup in UNREADABLE], ids=[name for name, _ in UNREADABLE])
def test_leaves_what_it_does_not_understand(markup: str) -> None:
    assert read_glyphs(html.fromstring(markup)) is None


def test_display_is_told_by_what_is_around() -> None:
    page = html.fromstring(
        '<p><span class="katex-display"><span class="katex"><span class="katex-html">'
        '<span class="mord mathnormal">x</span></span></span></span></p>'
    )
    math = read_glyphs(page[0][0])
    assert math is not None and math.get("display") == "block"


def test_reads_namespaced_svg() -> None:
    markup = next(case[3] for case in CASES if case[:2] == ("MathJax 3 SVG", r"\frac{a}{b}"))
    svg = markup[markup.index("<svg") : markup.index("</mjx-container>")]
    svg = svg.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"', 1)
    math = read_glyphs(etree.fromstring(svg))
    assert math is not None and inner(math) == "<mfrac><mi>a</mi><mi>b</mi></mfrac>"


def test_invisible_boxes_of_katex_stay_invisible() -> None:
    hidden = '<span class="mord mathnormal" style="color:transparent;">x</span>'
    math = read_glyphs(html.fromstring(f'<span class="katex-html">{hidden}<span class="mord">1</span></span>'))
    assert math is not None and inner(math) == "<mrow><mphantom><mi>x</mi></mphantom><mn>1</mn></mrow>"


def test_time_is_linear() -> None:
    assert_linear(2_500, 20_000, 0.2, lambda count: html.fromstring(f"<mjx-math>{X * count}</mjx-math>"), read_glyphs)


@pytest.mark.parametrize(
    "markup",
    [
        f"<mjx-math>{X * (MAX_ELEMENTS // 2)}</mjx-math>",
        '<span class="katex-html">' + '<span class="mord mathnormal">x</span>' * 100_000 + "</span>",
        "<mjx-math>" + "<mjx-mrow>" * 200 + X + "</mjx-mrow>" * 200 + "</mjx-math>",
        '<span class="katex-html">' + '<span class="mord">' * 200 + "x" + "</span>" * 200 + "</span>",
    ],
)
def test_too_much_is_no_formula(markup: str) -> None:
    assert read_glyphs(html.fromstring(markup)) is None


def test_a_sparse_table_is_not_filled() -> None:
    def column(tops: list[int]) -> str:
        boxes = "".join(f'<span style="top:-{top}em;"><span class="mord">1</span></span>' for top in tops)
        return (
            '<span class="col-align-c"><span class="vlist-t"><span class="vlist-r"><span class="vlist">'
            f"{boxes}</span></span></span></span>"
        )

    columns = column(list(range(3_000))) + column([1]) * 3_000
    markup = f'<span class="katex-html"><span class="mtable">{columns}</span></span>'
    assert read_glyphs(html.fromstring(markup)) is None


@pytest.mark.parametrize("box", ["mjx-mrow", "mjx-msqrt", "mjx-msup", "mjx-munder", "mjx-mtd", "mjx-TeXAtom"])
def test_deep_boxes_end(box: str) -> None:
    depth = MAX_DEPTH - 4
    read_glyphs(etree.fromstring("<mjx-math>" + f"<{box}>" * depth + X + f"</{box}>" * depth + "</mjx-math>"))


TAGS = [
    *[
        "math",
        "mi",
        "mn",
        "mo",
        "mtext",
        "mspace",
        "mrow",
        "TeXAtom",
        "msub",
        "msup",
        "msubsup",
        "munder",
        "mover",
        "munderover",
        "mfrac",
        "frac",
        "num",
        "den",
    ],
    *[
        "dbox",
        "dtable",
        "row",
        "line",
        "msqrt",
        "mroot",
        "sqrt",
        "surd",
        "root",
        "box",
        "base",
        "over",
        "under",
        "script",
        "spacer",
        "mtable",
        "table",
        "itable",
    ],
    *[
        "mtr",
        "mlabeledtr",
        "mtd",
        "labels",
        "c",
        "stretchy-v",
        "ext",
        "utext",
        "menclose",
        "ustrike",
        "mphantom",
        "mmultiscripts",
        "scripts",
        "prescripts",
    ],
]
CLASSES = [
    *(f"mjx-{tag}" for tag in TAGS),
    *["mjx-char", "mjx-stack", "mjx-sub", "mjx-sup", "mjx-op", "mjx-numerator", "mjx-denominator", "mjx-delim-v"],
    *[
        "katex-html",
        "base",
        "strut",
        "mord",
        "mathnormal",
        "mbin",
        "mrel",
        "mop",
        "mopen",
        "mclose",
        "minner",
        "msupsub",
        "vlist-t",
        "vlist-r",
        "vlist",
    ],
    *[
        "pstrut",
        "mfrac",
        "frac-line",
        "sqrt",
        "root",
        "accent",
        "op-limits",
        "mtable",
        "col-align-c",
        "vertical-separator",
        "delimsizing",
        "text",
    ],
    *[
        "x-arrow",
        "mover",
        "munder",
        "overline",
        "underline",
        "tag",
        "llap",
        "rlap",
        "fbox",
        "hline",
        "svg-align",
        "stretchy",
        "mspace",
    ],
    *["math", "mrow", "mi", "mo", "msubsup", "munderover", "mtd", "texatom"],
]
STYLES = ["", "top:-2.5em;", "top:-3em;", "height:3em;", "position: absolute; top: -4em;", "color:transparent"]
TEXTS = ["", "", "x", "12", "∑", "(", "⎛", "\ue020", "\ue150", " ", "and"]
KINDS = [
    "math",
    "mi",
    "mo",
    "mrow",
    "msub",
    "msubsup",
    "mfrac",
    "msqrt",
    "mroot",
    "mtable",
    "mtr",
    "mtd",
    "menclose",
    "text",
]


def node(children: st.SearchStrategy[list[Any]]) -> st.SearchStrategy[Any]:
    """An element with children, as a renderer might have made it had it gone mad."""

    def made(tag: str, cls: str, style: str, text: str, kind: str, inside: list[Any]) -> Any:
        element = etree.Element(tag)
        for name, value in (("class", cls), ("style", style), ("data-mml-node", kind), ("data-c", text and "1D465")):
            if value:
                element.set(name, value)
        element.text = text
        element.extend([deepcopy(child) for child in inside])
        return element

    tags = st.sampled_from([*(f"mjx-{tag}" for tag in TAGS), "span", "span", "g", "svg", "use", "path", "rect"])
    words = st.one_of(st.sampled_from(["", "mjx-c28", "mjx-c1D465"]), st.sampled_from(CLASSES))
    return st.builds(
        made,
        tags,
        words,
        st.sampled_from(STYLES),
        st.sampled_from(TEXTS),
        st.sampled_from(["", "", *KINDS]),
        children,
    )


TREES = st.recursive(node(st.just([])), lambda inside: node(st.lists(inside, max_size=4)), max_leaves=25)


@settings(max_examples=150, deadline=None)
@given(TREES, st.sampled_from(["mjx-math", "svg", "katex-html", "math"]))
def test_any_tree_ends_in_mathml_or_none(tree: Any, root: str) -> None:
    outer = etree.Element(root) if "-m" in root or root == "svg" else etree.Element("span", {"class": root})
    if root == "svg":
        tree.set("data-mml-node", "math")
    outer.append(tree)
    math = read_glyphs(outer)
    assert math is None or isinstance(mathml.to_latex(math), str)


PARTS = [(case[3], read_glyphs(html.fromstring(case[3]))) for case in CASES]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(PARTS), st.data())
def test_damaged_markup_never_raises(part: tuple[str, Any], data: st.DataObject) -> None:
    tree = html.fromstring(part[0])
    nodes = list(tree.iter())
    for _ in range(data.draw(st.integers(1, 3))):
        victim = nodes[data.draw(st.integers(0, len(nodes) - 1))]
        other = nodes[data.draw(st.integers(0, len(nodes) - 1))]
        what = data.draw(st.sampled_from(["drop", "copy", "class", "text"]))
        above = victim.getparent()
        if what == "drop" and above is not None:
            above.remove(victim)
        elif what == "copy":
            victim.append(deepcopy(other))
        elif what == "class":
            victim.set("class", other.get("class") or "mord")
        else:
            victim.text = "y"
    math = read_glyphs(tree)
    assert math is None or isinstance(mathml.to_latex(math), str)
