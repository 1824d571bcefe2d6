from __future__ import annotations

import pytest

from mathmill.pipeline.body.marked import marked_body, marked_chain
from mathmill.pipeline.dom.parse import parse
from mathmill.pipeline.extraction import extract_html
from tests.pipeline.lessons import PROSE, lesson_around
from tests.pipeline.test_extract import MATHJAX

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
    body = marked_body(tree, "MARK")
    assert body is not None
    assert body.tag == "article"
    assert tree.text_content() == before


def test_a_chain_goes_down_to_what_holds_nearly_all_marks() -> None:
    tree = parse("<div><p>before</p><section><p>MARK a b</p><p>MARK</p></section></div>")
    assert tree is not None
    assert [(element.tag, size) for element, size in marked_chain(tree, "MARK")] == [
        ("html", 16),
        ("body", 16),
        ("div", 16),
        ("section", 10),
    ]
