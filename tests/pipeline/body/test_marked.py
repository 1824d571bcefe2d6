from __future__ import annotations

import re

import pytest

from mathmill.pipeline.body.marked import marked_body, marked_chain
from mathmill.pipeline.dom.parse import parse
from mathmill.pipeline.extraction import extract_html
from tests.pipeline.lessons import MATHJAX, PROSE, lesson_around

MARK = re.compile("MARK")
# Formulas enough to tell where the body is.
MARKS = "<p>Let \\(a\\), \\(b\\) and \\(c\\) be given.</p>"
# what stands in or beside the article, whether its words GONE are left out
AROUND = [
    ("<nav>GONE</nav>", True),
    ("<div class='post-meta'>GONE</div>", True),
    ("<div class='md-sidebar__inner'>GONE</div>", True),
    ("<ul class=share-buttons><li>GONE</li></ul>", True),
    ("<section id=comments><p>GONE</p></section>", True),
    ("<form><label>GONE</label><input></form>", True),
    ("<ul><li><a href=1>GONE and</a></li><li><a href=2>GONE again</a></li></ul>", True),
    ("<p>Seen<span aria-hidden=true>GONE</span></p>", True),
    ("<p style='display: none'>GONE</p>", True),
    ("<h2>Seen<a class=headerlink href='#x'>GONE</a></h2>", True),
    ("<table><tr><td class=gutter>GONE</td><td>code</td></tr></table>", True),
    ("<div class=breadcrumbs><a href=/>GONE</a> and \\(d\\)</div>", True),
    ("<ul class=pagination><li>GONE \\(d\\), <li>\\(e\\)</ul>", True),
    ("<p>Seen.</p><span class=post-comments>GONE</span>", True),
    ("<p>Seen <small class=byline>GONE</small> <time class=entry-date>GONE</time></p>", True),
    ("<h2>Places</h2><ul><li><a href='#a'>GONE and</a></li><li><a href='#b'>GONE again</a></li></ul>", True),
    ("<div class=more><h3>More</h3><ul><li><a href=1>GONE and</a></li><li><a href=2>GONE</a></li></ul></div>", True),
    ("<h2>See also</h2><ul><li><a href=1>GONE and</a></li><li><a href=2>GONE again</a></li></ul>", False),
    (
        "<section><h2>Read</h2><p>This:</p><ol><li><a href=1>GONE</a><ul><li><a href=2>GONE</a></ul></ol></section>",
        False,
    ),
    ("<div class='comment-list'><p>GONE? No: \\(d\\) is mathematics.</p></div>", False),
    ("<h2 id=comments-on-the-proof>GONE</h2>", False),
    ("<div class='post tag-comments category-sidebar-notes'><p>GONE</p></div>", False),
    ("<p style='display: flex'><span style='display:flex'>GONE</span></p>", False),
    ("<ul><li>See <a href=1>GONE</a> for the other half of what is shown here.</li></ul>", False),
    ("<pre><code><span class=k>GONE</span></code></pre>", False),
]


@pytest.mark.parametrize(("markup", "gone"), AROUND)
def test_formulas_tell_the_body_and_boilerplate_goes(markup: str, gone: bool) -> None:
    html = lesson_around(MARKS + markup, MATHJAX)
    extraction = extract_html(html)
    assert extraction.method == "formulas"
    assert ("GONE" not in extraction.text) is gone
    assert extraction.text.startswith("# Bounds\n\nA function that")
    assert "Let $a$, $b$ and $c$ be given." in extraction.text
    assert "Home" not in extraction.text


def test_a_body_without_a_name_needs_most_of_the_text() -> None:
    html = "<html><head>{}</head><body><div>{}</div><div>{}</div></body></html>"
    body = MARKS + f"<p>{PROSE}</p>"
    assert extract_html(html.format(MATHJAX, body, "<p>Short.</p>")).method == "formulas"
    assert extract_html(html.format(MATHJAX, body, f"<p>{PROSE}</p>")).method != "formulas"
    named = html.replace("<div>", "<div class=content>", 1)
    assert extract_html(named.format(MATHJAX, body, f"<p>{PROSE[:200]}</p>")).method == "formulas"


def test_a_body_takes_its_title_in_and_no_more() -> None:
    title, after = "<header><h1>Bounds</h1></header>", "<div><p>Read also what follows.</p></div>"
    body = f"<div class=post-content>{MARKS}<p>{PROSE}</p><p>{PROSE}</p></div>"
    html = f"<html><head>{MATHJAX}</head><body><div><div>{title}{body}</div>{after}</div></body></html>"
    text = extract_html(html).text
    assert text.startswith("# Bounds\n\nLet $a$")
    assert "Read also" not in text
    assert extract_html(html.replace(title, "")).text.startswith("Let $a$")


def test_finding_the_body_leaves_the_tree_alone() -> None:
    tree = parse(lesson_around(MARKS.replace("\\(", "MARK") + "<aside>beside</aside>"))
    assert tree is not None
    before = tree.text_content()
    body = marked_body(tree, MARK, "MARK")
    assert body is not None
    assert body.tag == "article"
    assert tree.text_content() == before


def test_a_chain_goes_down_to_what_holds_nearly_all_marks() -> None:
    tree = parse("<div><p>before</p><section><p>MARK a b</p><p>MARK</p></section></div>")
    assert tree is not None
    assert [(element.tag, size) for element, size in marked_chain(tree, MARK)] == [
        ("html", 16),
        ("body", 16),
        ("div", 16),
        ("section", 10),
    ]


# what stands around an article with three formulas, and whether its formula x^2 stays in the text
OUTSIDE = [
    ("<div class=breadcrumbs><a href=/>Home</a> <a href=/x>About \\(x^2\\)</a></div>", "", False),
    ("<div id=nav-bar>\\(x^2\\)</div>", "", False),
    ("<header><a href=/>Site</a><p>All about \\(x^2\\)</p></header>", "", False),
    ("<header><h1>Bounds of \\(x^2\\) again</h1></header>", "", True),
    ("<div style='display: none'>\\(\\newcommand{\\R}{\\mathbb R} x^2\\)</div>", "", False),
    ("<div hidden>words and \\(x^2\\)</div>", "", False),
    ("", "<div id=comments><p>But \\(x^2\\) is odd.</p></div>", False),
    ("", "<div id=comments><p>But \\(x^2\\), \\(y\\) and \\(z\\) are odd.</p></div>", True),
    ("", "<div class=with-toc><p>But \\(x^2\\) is odd.</p></div>", True),
]


@pytest.mark.parametrize(("before", "behind", "stays"), OUTSIDE)
def test_formulas_in_boilerplate_do_not_tell_where_the_body_is(before: str, behind: str, stays: bool) -> None:
    title = "" if "<h1>" in before else "<h1>Bounds</h1>"
    html = (
        f"<html><head><title>Bounds of $x^2$ again | Site</title>{MATHJAX}</head><body><div class=top>Top of all</div>"
        f"{before}<div><article>{title}<p>{PROSE}</p><p>{PROSE}</p>{MARKS}</article></div>{behind}</body></html>"
    )
    extraction = extract_html(html)
    assert extraction.method == "formulas"
    assert extraction.found == len(extraction.formulas) + extraction.in_boilerplate
    assert ("x^2" in extraction.text) is stays
    assert extraction.in_boilerplate == (not stays)
    if not behind or not stays:
        assert extraction.text.startswith("# Bounds")
        assert "Top of all" not in extraction.text


@pytest.mark.parametrize("stray", [
    "<div id=comments><div class=comment><p>But \\(x^2\\) is odd.</p></div></div>",
    "<div style='display:none'>\\(\\newcommand{\\R}{\\mathbb R}\\R^n\\)</div>",
    "<div hidden>words \\(x^2\\)</div>",
    "<div class=breadcrumbs><a href=/>Home</a> <a href=/x>About \\(x^2\\)</a></div>",
])  # fmt: skip
def test_a_page_whose_only_formula_is_a_stray_is_a_page_without(stray: str) -> None:
    html = (
        "<html><head><title>Bounds</title>{}</head><body><div class=top>Top of all</div><article><h1>Bounds</h1>"
        f"<p>{PROSE}</p><p>{PROSE}Again.</p></article>{{}}<div>All rights</div></body></html>"
    )
    extraction = extract_html(html.format(MATHJAX, stray))
    assert extraction.text == extract_html(html.format("", "")).text
    assert (extraction.found, extraction.in_boilerplate, extraction.method) == (1, 1, "trafilatura")


def test_formulas_that_only_readers_wrote_are_a_text_if_they_are_many() -> None:
    comments = "".join(f"<div class=comment><p>Let \\(x_{i}\\) be. {PROSE}</p></div>" for i in range(4))
    html = f"<html><head>{MATHJAX}</head><body><article><p>{PROSE}</p></article><div>{comments}</div></body></html>"
    assert len(extract_html(html).formulas) == 4
