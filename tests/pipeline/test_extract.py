from __future__ import annotations

import pickle
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mathmill.data.records import CONTENT_TYPE, HTML, TRACE, Document, Dropped
from mathmill.pipeline.extract import Extract, Extraction, extract_html
from mathmill.pipeline.plain import flatten, marked_body, parse, visible_text
from tests.shared import CRAWL, needs_crawl

PROSE = (
    "A function that is continuous on a closed interval is bounded there, and it attains its bounds. "
    "The proof divides the interval again and again, and follows the half on which the claim would fail. "
    "What is left is a point, and at this point the function is bounded, which is the contradiction sought. "
)
MATHJAX = '<script src="https://cdn.example/mathjax/tex-mml-chtml.js"></script>'
DOLLARS = "<script>MathJax = {tex: {inlineMath: [['$', '$'], ['\\\\(', '\\\\)']]}};</script>" + MATHJAX
NO_DOLLARS = "<script>MathJax = {tex: {inlineMath: [['\\\\(', '\\\\)']]}}</script>"
KATEX = (
    '<span class="katex"><span class="katex-mathml"><math><semantics><mrow><mi>{t}</mi></mrow>'
    '<annotation encoding="application/x-tex">{t}</annotation></semantics></math></span>'
    '<span class="katex-html" aria-hidden="true"><span class="mord">glyphs</span></span></span>'
)
WIKI = (
    '<span class="mwe-math-element"><span class="mwe-math-mathml-inline" style="display: none;">'
    '<math alttext="{{\\displaystyle {t}}}"><semantics><mi>x</mi><annotation encoding="application/x-tex">'
    "{{\\displaystyle {t}}}</annotation></semantics></math></span>"
    '<img src="x.svg" class="mwe-math-fallback-image-inline" alt="{{\\displaystyle {t}}}"></span>'
)
MATHML = (
    '<math display="block"><semantics><mi>x</mi><annotation encoding="application/x-tex">{t}</annotation>'
    "</semantics></math>"
)
MATHJAX2 = (
    '<span class="MathJax_Preview">preview</span><span class="MathJax" id="MathJax-Element-1-Frame"><nobr>glyphs</nobr>'
    '</span><script type="math/tex" id="MathJax-Element-1">{t}</script>'
)
# source, head, markup with {t} for the LaTeX, whether it is display
SOURCES = [
    ("dollar", DOLLARS, "${t}$", False),
    ("paren", MATHJAX, "\\({t}\\)", False),
    ("double_dollar", MATHJAX, "$${t}$$", True),
    ("bracket", MATHJAX, "\\[{t}\\]", True),
    ("script_tex", "", '<script type="math/tex">{t}</script>', False),
    ("script_tex_display", "", '<script type="math/tex; mode=display">{t}</script>', True),
    ("mathjax2", MATHJAX, MATHJAX2, False),
    ("katex", "", KATEX, False),
    ("katex", "", '<span class="katex-display">' + KATEX + "</span>", True),
    ("mwe_math", "", WIKI, False),
    ("annotation", "", MATHML, True),
    ("alttext", "", '<math alttext="{t}"><mi>x</mi></math>', False),
]


def page(body: str, head: str = "") -> str:
    return (
        f"<!DOCTYPE html><html><head><title>Bounds</title>{head}</head><body><nav><a href='/'>Home</a></nav>"
        f"<article><h1>Bounds</h1><p>{PROSE}</p>{body}<p>{PROSE}</p></article></body></html>"
    )


def latex(extraction: Extraction) -> list[str]:
    return [formula.latex for formula in extraction.formulas]


@pytest.mark.parametrize(("source", "head", "markup", "display"), SOURCES)
def test_each_source_comes_back_once(source: str, head: str, markup: str, display: bool) -> None:
    extraction = extract_html(page(f"<p>Let {markup.format(t='x^{2}+y')} be given.</p>", head))
    assert [(f.latex, f.display, f.source) for f in extraction.formulas] == [("x^{2}+y", display, source)]
    assert extraction.text.count("x^{2}+y") == 1
    assert "glyphs" not in extraction.text
    assert "zqf" not in extraction.text
    assert "Let $" in extraction.text or "Let\n$" in extraction.text


# body, head, expected formulas
CASES = [
    ("<p>If $a<b$ then $c<d$ holds.</p>", DOLLARS, ["a<b", "c<d"]),
    ("<p>If $a<b and c>d$ then so.</p>", DOLLARS, ["a<b and c>d"]),
    ("<p>If $x&lt;y$ then \\(0<i<n\\) so.</p>", DOLLARS, ["x<y", "0<i<n"]),
    ("<p>As \\(a<b + c<d\\) and <b>bold</b> or $n<p$ <i>italic</i>.</p>", DOLLARS, ["a<b + c<d", "n<p"]),
    ("<p>Not $x_1$ and $x_2$ but \\(y\\).</p>", NO_DOLLARS, ["y"]),
    (f"<p><span class=katex-block>{KATEX.format(t='a')} and {KATEX.format(t='b')}</span></p>", "", ["a", "b"]),
    ("<p>For $0<i \\le n$ so.</p>", DOLLARS, ["0<i \\le n"]),
    ("<div>\\[e = mc^2\\]</div>", MATHJAX, ["e = mc^2"]),
    ("<p>so\n\\begin{align}\n a &= b \\\\\n c &= d\n\\end{align}\nthus</p>", MATHJAX,
     ["\\begin{align}  a &= b \\\\  c &= d \\end{align}"]),
    ("<p>$$a<br>+b$$ and<br>then</p>", MATHJAX, ["a +b"]),
    ("<p>It costs $5 and $10.</p>", DOLLARS, []),
    ("<p>It costs $5 and $10, for $n$ of them.</p>", DOLLARS, ["n"]),
    ("<pre>$x$ \\(y\\)</pre><p><code>$z$</code> and <span class=tex2jax_ignore>$w$</span></p>", DOLLARS, []),
    ("<p>Dollars $a_1$ and $x^2$ speak for themselves, as does $n$.</p>", "", ["a_1", "x^2", "n"]),
    ("<p>One may pay $5 for the $HOME edition.</p>", "", []),
    ("<figure><img src=a.png><figcaption>The case \\(k=3\\).</figcaption></figure>", MATHJAX, ["k=3"]),
    ("<ul><li>first \\(a\\)</li><li>second \\(b\\)</li></ul>", MATHJAX, ["a", "b"]),
    ("<table><tr><td>\\(a\\)</td><td>\\(b\\)</td></tr><tr><td>1</td><td>2</td></tr></table>", MATHJAX, ["a", "b"]),
    ("<p>\\(\\newcommand{\\R}{\\mathbb{R}}\\)In \\(\\R\\) it is.</p>", MATHJAX, ["\\R"]),
]  # fmt: skip


@pytest.mark.parametrize(("body", "head", "expected"), CASES)
def test_cases(body: str, head: str, expected: list[str]) -> None:
    extraction = extract_html(page(body, head))
    assert latex(extraction) == expected
    assert extraction.found == len(expected)
    assert PROSE.strip()[:80] in extraction.text


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
    html = page(MARKS + markup, MATHJAX)
    extraction = extract_html(html)
    assert extraction.method == "formulas"
    assert ("GONE" not in extraction.text) is gone
    assert extraction.text.startswith("Bounds\n\nA function that")
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
    assert text.startswith("Bounds\n\nLet $a$")
    assert "Read also" not in text
    assert extract_html(html.replace(title, "")).text.startswith("Let $a$")


def test_finding_the_body_leaves_the_tree_alone() -> None:
    tree = parse(page(MARKS.replace("\\(", "MARK") + "<aside>beside</aside>"))
    assert tree is not None
    before = tree.text_content()
    body = marked_body(tree, "MARK")
    assert body is not None
    assert body.tag == "article"
    assert tree.text_content() == before


# markup, its visible text
LAYOUT = [
    ("<p>a<br>b</p><p>c</p>", "a\nb\n\nc"),
    ("<ul><li>a</li> <li><p>b</p></li><li></li></ul>after", "- a\n\n- b\n\nafter"),
    ("<ol><li>a<ul><li>b</li></ul></li><li>c</li></ol>", "- a\n- b\n- c"),
    ("<table><tr><th>a</th><th>b</th></tr><tr><td><p>1</p></td><td>2</td></tr></table>", "a\tb\n1\t2"),
    ("<table><tr><td></td><td>b</td></tr></table>", "\tb"),
    ("<div>a</div>  <div> b  c </div>", "a\nb c"),
    ("<p>a <b> b</b></p>", "a b"),
    ("<pre>a\n  b</pre>c", "a\n  b\n\nc"),
    ("<h1>a</h1>b", "a\n\nb"),
]


@pytest.mark.parametrize(("markup", "text"), LAYOUT)
def test_layout_of_visible_text(markup: str, text: str) -> None:
    assert visible_text(parse(markup)) == text.strip(" \t")


def test_neighbours_stay_apart() -> None:
    text = extract_html(page("<p>The \\(a\\)\\(b\\) and x\\(c\\)2 are.</p>", MATHJAX)).text
    assert "$a$ $b$ and x $c$ 2 are." in text


def test_all_articles_of_a_listing_keep_their_formulas() -> None:
    post = "<div class=post><h2>Post {i}</h2><div><p>{p} Here \\(x_{{{i}}}\\) and \\(y_{{{i}}}\\).</p></div></div>"
    posts = "".join(post.format(i=i, p=PROSE) for i in range(6))
    html = f"<html><head>{MATHJAX}</head><body><div id=main>{posts}</div></body></html>"
    extraction = extract_html(html)
    assert latex(extraction) == [f"{v}_{{{i}}}" for i in range(6) for v in "xy"]


ATOM = st.sampled_from(["x", "y_1", "\\alpha", "\\frac{a}{b}", "n^{2}", "a<b", "\\sqrt{2}", "f(t)", "A \\cup B", "1"])
LATEX = st.lists(ATOM, min_size=2, max_size=5).map(" + ".join)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([s for s in SOURCES if s[0] != "dollar"]), LATEX), min_size=1, max_size=12))
def test_generated_formulas_come_back_in_order(chosen: list[tuple[tuple[str, str, str, bool], str]]) -> None:
    body = []
    for i, ((_, _, markup, _), tex) in enumerate(chosen):
        numbered = f"{tex} + k_{{{i}}}"
        raw = "script" in markup or "\\(" in markup or "$" in markup or "\\[" in markup
        formula = markup.format(t=numbered if raw else numbered.replace("<", "&lt;"))
        body.append(f"<p>In step {i} we meet {formula} once more.</p>")
    extraction = extract_html(page("".join(body), MATHJAX))
    assert latex(extraction) == [f"{tex} + k_{{{i}}}" for i, (_, tex) in enumerate(chosen)]
    assert [f.source for f in extraction.formulas] == [source for (source, _, _, _), _ in chosen]
    assert extraction.found == len(chosen)


MARKUP = st.lists(
    st.sampled_from(
        ["<p>", "</p>", "<div>", "</div>", "<nav>", "</nav>", "<br>", "<table>", "<td>", "<li>", "<pre>", "</pre>",
         "$x_1$", "\\(y\\)", "$$z$$", "<", "$", "{", "&#1;", "&#xfffe;", "\0", "\x01", "word ", "zqf0z", "<math>",
         "<script type='math/tex'>a", "</script>", "</html>", "<!--", "-->", "<span class=katex>", "</span>", "5",
         "<figure>", "<a href='", "'>"]
    ),
    max_size=40,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(MARKUP)
def test_accounting_adds_up_on_any_markup(parts: list[str]) -> None:
    extraction = extract_html("".join(parts))
    assert extraction.found == len(extraction.formulas) + extraction.in_boilerplate
    assert 0 <= extraction.rescued <= len(extraction.formulas)
    extraction.text.encode("utf-8")
    assert "\0" not in extraction.text


@pytest.mark.parametrize(
    "html",
    [
        "<div>" * 3000 + "<p>SENTINEL</p>" + "</div>" * 3000,
        "<div>" * 300 + "<p>inside</p>" + "</div>" * 300 + "<p>SENTINEL</p>",
        "<p>a&#1;b\x01c\0d</p><p>SENTINEL</p>",
        "<p>&#xD800;&#xFFFE;\ufffe</p><p>SENTINEL</p>",
        "<html><head></head></html><body><p>SENTINEL</p></body>",
        "SENTINEL",
        "<p>SENTINEL",
        "<table><tr><td>SENTINEL",
        "<form><p>SENTINEL</p></form>",
        "<script></script><td>SENTINEL",
        "<title>t</title><main>SENTINEL</main>",
    ],
)
def test_visible_text_is_never_lost(html: str) -> None:
    assert "SENTINEL" in extract_html(html).text


@pytest.mark.parametrize("html", ["", " ", "<p></p>", "<!-- SENTINEL -->", "<script>SENTINEL</script>", "<style>x"])
def test_nothing_visible_gives_nothing(html: str) -> None:
    assert extract_html(html).text == ""


HOSTILE = [
    "<div>", "<b>", "<a <a ", "<!--", "&", "<script>", "$", "\\(", "<table><tr><td>", "<div>\\(a\\)", "$x<br>", "zqf ",
    "<p>$x", '<script type="math/tex">x</script>', "<span class=MathJax></span> ", "<math alttext=x></math>",
    "\\({\\displaystyle ", "<div class=sidebar>\\(a\\)", "<ul><li><a>x</a>\\(a\\)", "<main>\\(a\\)x", "<br>\\(a\\)",
    "<span style='display:none'>x</span>\\(a\\)", f"<div class='{'comments-' * 40}'>\\(a\\)</div>",
]  # fmt: skip


@pytest.mark.parametrize("unit", HOSTILE)
def test_hostile_repetition_ends(unit: str) -> None:
    start = time.process_time()
    extraction = extract_html(MATHJAX + unit * (100_000 // len(unit)))
    assert extraction.found == len(extraction.formulas) + extraction.in_boilerplate
    assert time.process_time() - start < 5


def test_a_long_page_is_cut() -> None:
    extraction = extract_html("<p>" + PROSE * 50, page_chars=1000)
    assert extraction.cut
    assert 0 < len(extraction.text) <= 1000


def test_flatten_keeps_all_text() -> None:
    html = "<div>a" * 400 + "</div>b" * 400
    assert "".join(visible_text(parse(flatten(html))).split()) == "a" * 400 + "b" * 400


def document(html: str, content_type: str = "text/html") -> Document:
    return Document("0", "", "https://a.example/", {HTML: html, CONTENT_TYPE: content_type})


def run(html: str, content_type: str = "text/html", **config: Any) -> Document | Dropped:
    (result,) = pickle.loads(pickle.dumps(Extract(**config)))([document(html, content_type)])
    assert isinstance(result, Document | Dropped)
    return result


def test_stage_sets_text_and_meta() -> None:
    result = run(page("<p>Let \\(a\\) and $$b$$ be.</p>", MATHJAX))
    assert isinstance(result, Document)
    assert HTML not in result.meta
    assert "Let $a$ and $$b$$ be." in result.text
    assert result.meta["title"] == "Bounds"
    assert (result.meta["formulas"], result.meta["formula_sources"]) == (2, {"paren": 1, "double_dollar": 1})
    assert result.meta["extraction"] == "formulas"
    trace = result.meta[TRACE]["extract"]
    assert trace["formulas_found"] == trace["formulas_restored"] + trace["formulas_in_boilerplate"] == 2
    without = run(page(f"<p>{PROSE}</p>"))
    assert isinstance(without, Document)
    assert without.meta["extraction"] == "trafilatura"


def test_stage_drops_a_page_without_text() -> None:
    result = run("<html><script>x</script></html>")
    assert isinstance(result, Dropped)
    assert (result.stage, result.reason) == ("extract", "no_text")
    assert HTML not in result.document.meta


def test_plain_text_is_taken_as_it_is() -> None:
    text = "if a<b then\n\n  $x_1$ and $x_2$ for $5"
    result = run(text, "text/plain")
    assert isinstance(result, Document)
    assert result.text == text
    assert result.meta["formula_sources"] == {"dollar": 2}
    assert result.meta["extraction"] == "plain"


@needs_crawl
@pytest.mark.slow
@pytest.mark.parametrize("name", ["deep-nesting", "pathological", "one-line-50mb", "invalid-utf8"])
def test_broken_archives_end_with_their_good_pages(name: str) -> None:
    from warcio.archiveiterator import ArchiveIterator

    from mathmill.pipeline.decode import decode_html

    with (CRAWL / "broken" / f"{name}.warc.gz").open("rb") as stream:
        for record in ArchiveIterator(stream):
            if record.rec_type == "response":
                body = record.content_stream().read()
                text = extract_html(decode_html(body).html).text
                assert ("SENTINEL" in text) == (b"SENTINEL" in body or b"S\0E\0N\0T\0" in body)
