from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest
from lxml import etree

from mathmill.pipeline.body.found import find_body
from mathmill.pipeline.body.structure import to_text
from mathmill.pipeline.decode import decode_html
from mathmill.pipeline.dom.parse import parse
from tests.effort import assert_linear, within
from tests.shared import CRAWL, needs_crawl

PROSE = (
    "A function that is continuous on a closed interval is bounded there, and it attains its bounds. "
    "The proof divides the interval again and again, and follows the half on which the claim would fail. "
)
CODE = (
    "def halves(f, a, b):\n    while b - a > e:\n        c = (a + b) / 2\n\n        a, b = (a, c) if f(c) else (c, b)"
)
HIGHLIGHTED = CODE.replace("def", '<span class="k">def</span>').replace("while", '<span class="k">while</span>')


def page(body: str) -> Any:
    return parse(
        "<html><head><title>Bounds</title></head><body><nav><ul><li><a href=/>Home</a></li></ul></nav>"
        f"<article><h1>Bounds</h1><p>{PROSE}</p>{body}<p>{PROSE}</p></article><footer>All rights</footer></body></html>"
    )


def found(body: str) -> str:
    """What stands between the two paragraphs of prose."""
    tree = find_body(page(body), "https://example.org/")
    assert tree is not None
    before, inside, after = to_text(tree).split(PROSE.strip())
    assert before == "# Bounds\n\n"
    assert not after
    return inside.strip("\n")


# markup, its text in the body found
CASES = [
    ("<h2>Again</h2><p>So it is said.</p>", "## Again\n\nSo it is said."),
    ("<ul><li>one zqf0z</li><li>two<ul><li>three</li></ul></li></ul>", "- one zqf0z\n- two\n  - three"),
    ("<ol><li>one</li><li>two</li></ol>", "1. one\n2. two"),
    ("<dl><dt>bound</dt><dd>what is not passed</dd></dl>", "bound\n: what is not passed"),
    ("<blockquote><p>It is <i>said</i> so.</p></blockquote>", "> It is said so."),
    ("<p>one<br>two</p>", "one\ntwo"),
    ("<table><tr><th>n</th><th>f(n)</th></tr><tr><td>1</td><td>zqf0z</td></tr></table>",
     "| n | f(n) |\n| --- | --- |\n| 1 | zqf0z |"),
    ("<table><tr><th>n<th>f<tr><td rowspan=2>1<td>2<tr><td>3</table>",
     "| n | f |\n| --- | --- |\n| 1 | 2 |\n|  | 3 |"),
    ("<p>So <code>f(x)</code> and <a href=x>a link</a> it is.</p>", "So f(x) and a link it is."),
    (f"<pre>{CODE}</pre>", f"```\n{CODE}\n```"),
    (f"<div class=highlight><pre><code>{HIGHLIGHTED}</code></pre></div>", f"```\n{CODE}\n```"),
    (f"<figure><pre>{CODE}</pre></figure>", f"```\n{CODE}\n```"),
    (
        "<figure class=highlight><table><tr><td class=gutter><pre>1\n2\n3\n4\n5</pre></td><td class=code>"
        f"<pre>{CODE}</pre></td></tr></table></figure>",
        f"```\n{CODE}\n```",
    ),
    (f"<ul><li>as in<pre>{CODE}</pre></li></ul>", None),
    ("<dl><dt>bounds</dt><dd><table><tr><th>n<th>f<tr><td>1<td>zqf0z</table></dd></dl>",
     "bounds\n\n| n | f |\n| --- | --- |\n| 1 | zqf0z |"),
    ("<pre>a</pre><p>zqc0z</p>", "```\na\n```\n\nzqc0z"),
]  # fmt: skip


@pytest.mark.parametrize(("markup", "text"), CASES)
def test_structure_of_the_body_found(markup: str, text: str | None) -> None:
    if text is None:
        assert [line.strip() for line in CODE.split("\n")] == [s.strip() for s in found(markup).split("\n")][-6:-1]
    else:
        assert found(markup) == text


def test_tree_stays_as_it_is() -> None:
    tree = page(f"<pre>{HIGHLIGHTED}</pre><p>So <span>it</span> is.</p>")
    before = etree.tostring(tree)
    find_body(tree, "")
    assert etree.tostring(tree) == before


def test_headings_and_lists_between_gathered_paragraphs_come_back() -> None:
    """Where no element is known as the body, trafilatura gathers paragraphs alone."""
    menu = "<ul><li><a href=/a>One</a></li><li><a href=/b>Two</a></li></ul>"
    tree = parse(
        f"<body><h1>Site</h1>{menu}<unknown><h1>Bounds</h1><p>{PROSE}</p><ol><li>halve</li><li>choose</li></ol>"
        f"<section><h2>Proof</h2><div><h3>First part</h3><p>{PROSE}Again.</p></div></section>"
        f"<h2>Links</h2>{menu}</unknown>"
    )
    body = find_body(tree, "")
    assert body is not None
    assert to_text(body) == (
        f"# Bounds\n\n{PROSE.strip()}\n\n1. halve\n2. choose\n\n## Proof\n\n### First part\n\n{PROSE}Again."
    )


def test_lists_of_paragraphs_stand_once() -> None:
    items = "".join(f"<li><p>{PROSE}{word}.</p></li>" for word in ("One", "Two"))
    body = find_body(parse(f"<body><unknown><p>{PROSE}</p><ul>{items}</ul><p>{PROSE}Three.</p></unknown>"), "")
    assert body is not None
    assert to_text(body).count("One.") == 1


def test_page_without_a_body() -> None:
    assert find_body(parse("<html><body><p><img src=a.png></p></body></html>"), "") is None


@pytest.mark.parametrize("markup", ["<pre>" * 150 + "a", "<p>" + "<pre>a</pre>" * 5_000, "<figure>" * 150 + "<pre>a"])
def test_hostile_code(markup: str) -> None:
    within(10, lambda: page(markup), lambda tree: find_body(tree, ""))


# what a page has many of between its words; trafilatura by itself takes the square of their number
TEXTLESS = [
    "<script>var a = 1;</script>", "<style>a {}</style>", "<noscript> </noscript>", "<iframe></iframe>",
    "<svg><path d=M0></svg>", "<input>", "<button>go</button>", "<option>one",
]  # fmt: skip


@pytest.mark.parametrize("markup", TEXTLESS)
def test_time_is_linear_in_elements_without_text(markup: str) -> None:
    start, unit = "<body><article><h1>Bounds</h1>", f"{markup} some words stand here "
    assert_linear(1_000, 10_000, 2, lambda count: parse(start + unit * count), lambda tree: find_body(tree, ""))


@pytest.mark.parametrize("markup", TEXTLESS)
def test_words_behind_elements_without_text_stay(markup: str) -> None:
    if markup.endswith(">"):
        assert found(f"<p>Before {markup} behind.</p>") == "Before behind."


def test_an_article_that_only_a_script_holds() -> None:
    tree = parse(
        f'<body><script>var a;</script><script type="application/ld+json">{{"articleBody": "{PROSE * 2}"}}</script>'
        "<div>Home</div></body>"
    )
    body = find_body(tree, "")
    assert body is not None
    assert to_text(body).startswith(PROSE[:60])


def test_signs_that_lead_to_themselves_go() -> None:
    assert found("<p>f(x)<a class=headerlink href='#x'>\u00b6</a></p>") == "f(x)"
    assert found("<p>As <a class=permalink href=x>linked</a> it is said.</p>") == "As linked it is said."


@needs_crawl
def test_finds_what_trafilatura_writes() -> None:
    """On real pages the words of trafilatura's own text are there, and few others: headings and lists given back."""
    import trafilatura

    from mathmill.data.records import BODY, CONTENT_TYPE, Document
    from mathmill.pipeline.archives import read_archive
    from mathmill.pipeline.pages import page as page_of
    from mathmill.pipeline.warc import LostSpan

    alike = held = looked_at = 0
    for record in read_archive(sorted(CRAWL.glob("*.warc.gz"))[0]):
        document = None if isinstance(record, LostSpan) else page_of(record, "")
        if not isinstance(document, Document) or len(document.meta[BODY]) > 60_000:
            continue
        tree = parse(decode_html(document.meta[BODY], document.meta[CONTENT_TYPE]).html)
        if tree is None:
            continue
        theirs = trafilatura.extract(tree, url=document.url, include_comments=False, fast=True) or ""
        body = find_body(tree, document.url)
        ours = to_text(body) if body is not None else ""
        looked_at += 1
        words, expected = (Counter(re.findall(r"[^\W\d]+", text)) for text in (ours, theirs))
        common = (words & expected).total()
        held += common >= 0.95 * expected.total()
        alike += 2 * common >= 0.95 * (words.total() + expected.total())
        if looked_at == 60:
            break
    assert held >= 0.9 * looked_at
    assert alike >= 0.8 * looked_at
