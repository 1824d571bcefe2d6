from __future__ import annotations

from typing import Any

import pytest
from lxml import etree, html

from mathmill.pipeline.formulas.islands import drop_rendered_before, is_displayed, outermost, replace, stands_alone


def tree_of(markup: str) -> Any:
    return html.fromstring(f"<html><body>{markup}</body></html>").find("body")


def target(tree: Any) -> Any:
    return tree.xpath("//*[@id='t']")[0]


def written(tree: Any) -> str:
    return str(etree.tostring(tree, encoding="unicode", method="html")).removeprefix("<body>").removesuffix("</body>")


# markup, the class or tag of the outermost element that shows the formula, whether it is displayed
OUTERMOST = [
    ("<p><math id=t></math></p>", "math", False),
    ("<span class=katex><span class=katex-mathml><math id=t></math></span></span>", "katex", False),
    ("<span class=katex-display><span class=katex><math id=t></math></span></span>", "katex-display", True),
    ("<div class='x katex-display y'><math id=t></math></div>", "x katex-display y", True),
    ("<mjx-container display=true><mjx-math><math id=t></math></mjx-math></mjx-container>", "mjx-container", True),
    ("<span class=katex><math id=t></math><math></math></span>", "math", False),
    ("<span class=katex><b><math id=t></math></b></span>", "math", False),
    ("<div><math id=t display=block></math></div>", "math", True),
    ("<div><math id=t mode=display></math></div>", "math", True),
    ("<span class=mwe-math-element><span class=mwe-math-mathml-display><math id=t></math></span></span>",
     "mwe-math-element", True),
    ("<span class='mjpage mjpage__block'><span class=mjx-chtml><b id=t></b></span></span>",
     "mjpage mjpage__block", True),
]  # fmt: skip


@pytest.mark.parametrize(("markup", "name", "display"), OUTERMOST)
def test_outermost_shows_this_formula_only(markup: str, name: str, display: bool) -> None:
    whole, met = outermost(target(tree_of(markup)))
    assert name in (whole.get("class"), whole.tag)
    assert ("display" in met) == display


def test_display_is_said_by_the_element_itself() -> None:
    said = ("class=equation", "display=block", "data-math-style=display", "data-katex-display=true", "display-mode=1")
    markups = [f"<b id=t {attribute}></b>" for attribute in said]
    assert all(is_displayed(target(tree_of(markup))) for markup in markups)
    unsaid = ("class=equations display=inline", "data-display=false", "display-mode=0")
    assert not any(is_displayed(target(tree_of(f"<b id=t {attribute}></b>"))) for attribute in unsaid)


# markup, whether the target is all that its block shows
ALONE = [
    ("<p><b id=t></b></p>", True),
    ("<p> <b id=t></b> . </p>", True),
    ("<div><i><b id=t></b></i></div>", True),
    ("<div><br><b id=t></b><br></div>", True),
    ("<b id=t></b>", True),
    ("<p>x <b id=t></b></p>", False),
    ("<p><b id=t></b> x</p>", False),
    ("<p><b id=t></b><i></i></p>", False),
    ("<p>x <i><b id=t></b></i></p>", False),
    ("<table><tr><td><b id=t></b></td></tr></table>", False),
    ("<ul><li><b id=t></b></li></ul>", False),
    ("<h1><b id=t></b></h1>", False),
]


@pytest.mark.parametrize(("markup", "alone"), ALONE)
def test_stands_alone(markup: str, alone: bool) -> None:
    assert stands_alone(target(tree_of(markup))) == alone


# what stands before a script, what is left of it, whether something was rendered
RENDERED = [
    ("<span class=MathJax_Preview>x</span>", "", True),
    ("<span class=MathJax_Preview>x</span><span class=MathJax>x</span>", "", True),
    ("<span class=MathJax_Preview>x</span>\n<span class=MathJax>x</span>\n", "\n\n", True),
    ("a <span class=MathJax>x</span>", "a ", True),
    ("<span class=MathJax>x</span> a ", '<span class="MathJax">x</span> a ', False),
    ("<b>x</b>", "<b>x</b>", False),
    ("<b>x</b><span class=MathJax>x</span>", "<b>x</b>", True),
    ("", "", False),
]


@pytest.mark.parametrize(("before", "left", "rendered"), RENDERED)
def test_what_was_rendered_of_a_script_goes(before: str, left: str, rendered: bool) -> None:
    tree = tree_of(f"<p>{before}<script id=t></script>behind</p>")
    assert drop_rendered_before(target(tree)) == rendered
    assert written(tree) == f'<p>{left}<script id="t"></script>behind</p>'


# what a displayed formula stands in, whether its placeholder becomes a paragraph
REPLACED = [("div", True), ("blockquote", True), ("section", True), ("p", False), ("span", False), ("h2", False)]


@pytest.mark.parametrize(("around", "paragraph"), REPLACED)
def test_a_placeholder_takes_the_place_of_an_element(around: str, paragraph: bool) -> None:
    for display in (True, False):
        tree = tree_of(f"<{around}>a <b id=t class=x>y<i>z</i></b> c</{around}>")
        replace(target(tree), "token", display)
        tag = "p" if paragraph and display else "span"
        assert written(tree) == f"<{around}>a <{tag}>token</{tag}> c</{around}>"
