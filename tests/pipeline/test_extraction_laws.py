"""What holds of every page: formulas once and in order, placeholders accounted for, nothing made out of nothing."""

from __future__ import annotations

import re
from html import escape
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mathmill
from mathmill.demo.markup import CONFIG_MATHJAX2, FURTHER, MARKUPS, Markup
from mathmill.demo.skeletons import SKELETONS, Frame, crowd
from mathmill.demo.unrelated import KINDS, make_unrelated
from mathmill.pipeline.extraction import Extraction, extract, extract_html
from tests.pipeline.lessons import MATHJAX, PROSE, lesson_around
from tests.shared import CRAWL, needs_crawl

PLACEHOLDER = re.compile(r"zq(?:[0-9a-f]{12})?f\d+z")
# These say what a formula is by their surroundings or by their page's configuration, and have tests of their own.
ALONE = {"sup_sub", "asciimath_backticks"}
MIXED = [markup for markup in (*MARKUPS, *FURTHER) if markup.name not in ALONE]
# A page that names delimiters of its own and loads AsciiMath beside TeX.
OWN_CONFIG = """<script type="text/x-mathjax-config">
MathJax.Hub.Config({extensions: ["tex2jax.js", "asciimath2jax.js"], jax: ["input/TeX", "input/AsciiMath"],
 tex2jax: {inlineMath: [['$','$'], ['\\\\(','\\\\)'], ['@@','@@'], ['[;',';]']],
           displayMath: [['$$','$$'], ['\\\\[','\\\\]'], ['%%%','%%%']]},
 asciimath2jax: {delimiters: [['`','`']]}});
</script>
<script async src="https://cdn.example/mathjax/2.7.9/MathJax.js?config=TeX-AMS_HTML"></script>"""
OWN = [
    Markup("at_signs", OWN_CONFIG, lambda tex, display: f"%%%{escape(tex)}%%%" if display else f"@@{escape(tex)}@@"),
    Markup("semicolons", OWN_CONFIG, lambda tex, _: f"[;{escape(tex)};]"),
    *(markup for markup in MARKUPS if markup.name == "asciimath_backticks"),
]
# Formulas in the notation that every markup of the demo can write; {i} makes each its own.
SHAPES = [
    "x_{{{i}}} + {i} = y", "\\frac{{a}}{{{i}}} - b^{{2}}", "\\alpha + n^{{{i}}}", "\\sqrt{{{i}}} = c",
    "{i} x = k^{{2}} + 1",
    "a_{{{i}}} < b",
]  # fmt: skip


def letters(latex: str) -> str:
    """LaTeX without braces, blanks and alignment, in which the makers of MathML and TeX differ."""
    latex = re.sub(
        r"\\displaystyle|\\begin\{align\}|\\end\{align\}|\\lt\b", lambda m: "<" if "lt" in m[0] else "", latex
    )
    return re.sub(r"[{}\s&]", "", latex)


def assert_accounted(extraction: Extraction) -> None:
    assert extraction.found == len(extraction.formulas) + extraction.in_boilerplate
    assert 0 <= extraction.rescued + extraction.reanchored <= len(extraction.formulas)
    for text in (extraction.text, extraction.title, *(f"{f.latex} {f.number}" for f in extraction.formulas)):
        assert not PLACEHOLDER.search(text)
        text.encode("utf-8")


Chosen = list[tuple[Markup, str, bool]]  # markup, shape, whether it is displayed


def choices(markups: list[Markup]) -> st.SearchStrategy[Chosen]:
    each = st.tuples(st.sampled_from(markups), st.sampled_from(SHAPES), st.booleans())
    return st.lists(each, min_size=2, max_size=8)


CHOSEN = choices(MIXED)
CONFIGURED = st.one_of(
    st.tuples(st.just(CONFIG_MATHJAX2), CHOSEN), st.tuples(st.just(OWN_CONFIG), choices([*MIXED, *OWN * 8]))
)


@settings(max_examples=100, deadline=None)
@given(CONFIGURED, st.sampled_from(sorted(SKELETONS)), st.booleans(), st.integers(0, 99))
def test_formulas_of_many_markups_come_once_and_in_order(
    configured: tuple[str, Chosen], skeleton: str, crowded: bool, seed: int
) -> None:
    head, chosen = configured
    wanted = [shape.format(i=i + 3) for i, (_, shape, _) in enumerate(chosen)]
    article = "".join(
        f"<p>In step {i} we look at</p>{markup.write(tex, True)}<p>and go on. {PROSE}</p>"
        if display
        else f"<p>In step {i} we look at {markup.write(tex, False)} and go on. {PROSE}</p>"
        for i, ((markup, _, display), tex) in enumerate(zip(chosen, wanted, strict=True))
    )
    rng = Random(seed)
    html = SKELETONS[skeleton](rng, Frame("a.example", "Steps", "en", head, article))
    extraction = extract_html(crowd(rng, html) if crowded else html, "https://a.example/steps")
    assert [letters(formula.latex) for formula in extraction.formulas] == [letters(tex) for tex in wanted]
    assert all(formula.balanced for formula in extraction.formulas)
    assert_accounted(extraction)
    positions = [extraction.text.find(f"In step {i} we look at") for i in range(len(chosen))]
    assert -1 not in positions
    assert positions == sorted(positions)


@settings(max_examples=80, deadline=None)
@given(CHOSEN)
def test_what_was_extracted_gives_the_same_again(chosen: Chosen) -> None:
    body = ""
    for i, (markup, shape, display) in enumerate(chosen):
        formula = markup.write(shape.format(i=i + 3), display)
        body += (
            f"<p>In step {i} we look at{f'</p><div>{formula}</div><p>' if display else f' {formula} '}and go on.</p>"
        )
    once = extract_html(lesson_around(body, CONFIG_MATHJAX2))
    wanted = [(formula.latex, formula.display) for formula in once.formulas]
    assert len(wanted) == len(chosen)
    wrapped = "".join(f"<p>{escape(block)}</p>" for block in once.text.split("\n\n"))
    ways = [extract(once.text, content_type="text/markdown"), extract_html(lesson_around(wrapped, CONFIG_MATHJAX2))]
    if sum(not display for _, display in wanted) != 1:  # one pair of dollars alone is not believed in plain text
        ways.append(extract(once.text, content_type="text/plain"))
    for again in ways:
        assert [(formula.latex, formula.display) for formula in again.formulas] == wanted


def is_subsequence(some: list[str], of: list[str]) -> bool:
    rest = iter(of)
    return all(each in rest for each in some)


ADDED = st.tuples(st.sampled_from([*MIXED, *OWN]), st.booleans(), st.integers(0, 12))


@settings(max_examples=100, deadline=None)
@given(st.data(), st.sampled_from(["", CONFIG_MATHJAX2, OWN_CONFIG]), ADDED)
def test_one_more_formula_takes_no_other_away(data: st.DataObject, head: str, added: tuple[Markup, bool, int]) -> None:
    formulas = [
        f"<p>In step {i} we look at {markup.write(shape.format(i=i + 3), display)} and go on.</p>"
        for i, (markup, shape, display) in enumerate(data.draw(CHOSEN))
    ]
    parts = data.draw(st.permutations([*formulas, *data.draw(st.lists(st.sampled_from(NOTHINGS), max_size=3))]))
    markup, display, place = added
    more = f"<p>Then we see {markup.write('z_{99} = w', display)} as well.</p>"
    before = extract_html(lesson_around("".join(parts), head))
    after = extract_html(lesson_around("".join([*parts[:place], more, *parts[place:]]), head))
    assert is_subsequence([formula.latex for formula in before.formulas], [formula.latex for formula in after.formulas])
    assert after.found >= before.found


TEXT_MARKS = [("\\(", "\\)"), ("$", "$"), ("\\[", "\\]"), ("$$", "$$")]
BESIDE = [
    markup
    for markup in MIXED
    if markup.name in {"mathml", "annotated", "alttext", "img_tex", "codecogs", "mimetex", "svg"}
]


@pytest.mark.parametrize("markup", BESIDE, ids=lambda markup: markup.name)
@pytest.mark.parametrize("marks", TEXT_MARKS, ids="".join)
@pytest.mark.parametrize(
    "page",
    [
        "<p>Let {text}{twin} be.</p>",
        "<p>Let {text} {twin} be.</p>",
        "<p>Let <span class=math>{text}{twin}</span> be.</p>",
        "<p>Let <span>{text}</span>{twin} be.</p>",
        "<p>Let <span style='display: none'>{text}</span>{twin} be.</p>",
    ],
)
def test_a_formula_in_text_and_its_twin_beside_it_come_once(markup: Markup, marks: tuple[str, str], page: str) -> None:
    for shape in SHAPES:
        tex = shape.format(i=3)
        text, twin = f"{marks[0]}{escape(tex)}{marks[1]}", markup.write(tex, False)
        extraction = extract_html(lesson_around(page.format(text=text, twin=twin), CONFIG_MATHJAX2))
        assert [letters(formula.latex) for formula in extraction.formulas] == [letters(tex)]
        other = extract_html(lesson_around(f"<p>Let {text} and {twin} or {twin} be.</p>", CONFIG_MATHJAX2))
        assert len(other.formulas) == 3


def test_a_twin_before_its_text_comes_once() -> None:
    for markup in BESIDE:
        page = f"<p>Let {markup.write('x_{3} + 3 = y', False)}\\(x_{{3}} + 3 = y\\) be.</p>"
        assert len(extract_html(lesson_around(page, CONFIG_MATHJAX2)).formulas) == 1


# What pages are full of and is no formula, each a stretch of a body.
NOTHINGS = [
    "<p>It costs $5, or $10 for two; $3.50 each ($7 in all).</p>",
    "<p>US$20-$30, A$5 and $1,299.00 (was $1,499). From $5k to $10m.</p>",
    "<pre>export PATH=$HOME/bin:$PATH\necho \"$USER\" $1 $2</pre>",
    "<p>Set $HOME and $PATH, then run <code>${x}</code> and $(date).</p>",
    "<table><tr><th>Year</th><th>Sales</th></tr><tr><td>2001</td><td>$12</td></tr><tr><td>2002</td><td>$14</td></tr></table>",
    "<p>Water is H<sub>2</sub>O, and CO<sub>2</sub> is in the air; SO<sub>4</sub><sup>2-</sup> and Na<sup>+</sup>.</p>",
    "<p>As was said<sup>1</sup> and doubted<sup>2, 3</sup>, on the 4<sup>th</sup> of May<sup>[5]</sup>.</p>",
    "<p>Acme<sup>TM</sup> and Brand<sup>&reg;</sup> paint covers 20 m<sup>2</sup>.</p>",
    "<p><svg aria-label='Facebook' class=icon><title>f</title></svg><svg aria-label=x><title>x</title></svg> share</p>",
    "<p><img class=emoji alt=':-)' src='e.png'><img alt='x' src='close.png'> <img alt='a_b_c.jpg' src='a_b_c.jpg'></p>",
    "<p>Files in C:\\new\\table\\[2020] and \\\\server\\share\\(old).</p>",
    "<p>Emoji \U0001f600 and arrows \u2192 go; \u00bd a cup, 5 \u00d7 4 inches, 20 \u00b0C.</p>",
    "<p>Regular \\(a|b\\), \\[0-9\\]+ and \\d+ \\w* say more.</p>",
    "<div class='math-lovers formula'>Formula one cars use latex gloves.</div>",
    "<p data-value=5 data-math=true data-formula=none data-tex=''>Buttons.</p>",
    "<div class=equation>Nothing to see here, move along please.</div>",
    "<p><a href='?tex=1&latex=2'>Download</a> and mail $$$ or $$ cash $$ today.</p>",
    "<p>a<b>b</b> if x<y or so, 3 < 4, A&lt;B&gt;.</p>",
    "<p>[math] and [tex] and [/math]</p>",
]  # fmt: skip


@settings(max_examples=120, deadline=None)
@given(st.lists(st.sampled_from(NOTHINGS), min_size=1, max_size=6), st.sampled_from(["", MATHJAX]))
def test_nothing_is_made_of_nothing(parts: list[str], head: str) -> None:
    if head:  # a renderer believes whatever stands between its own delimiters
        parts = [part for part in parts if not any(mark in part for mark in ("\\(", "\\[", "$$", "[math]"))]
    extraction = extract_html(lesson_around("".join(parts), head))
    assert extraction.formulas == ()
    assert extraction.found == 0


# Beside formulas in `\\(..\\)`, other short ones without a renderer are taken for their siblings.
@pytest.mark.parametrize("part", [part for part in NOTHINGS if "\\(" not in part])
def test_each_nothing_beside_true_formulas_stays_nothing(part: str) -> None:
    body = f"<p>True are \\(x^2\\) and \\(y_1\\).</p>{part}<p>True is \\(z\\).</p>"
    extraction = extract_html(lesson_around(body))
    assert [formula.latex for formula in extraction.formulas if formula.source == "paren"] == ["x^2", "y_1", "z"]
    assert len(extraction.formulas) == 3


# Words of money, code, patterns, paths and shells; {n} and {m} are numbers, {w} and {v} words.
WORDS = st.sampled_from(["home", "path", "x", "a", "sum", "log", "new", "value", "PATH", "HOME", "i"])
WITHOUT = [
    "It costs ${n} or ${n}.{m:02} a {w}, and ${m}k for {n} {w}s.",
    "US${n}-${m}, A${n}; ({w} ${n}, {v} ${m}).",
    "From ${n} million to ${m} million (${n}M/${m}M) in {w}.",
    "Save ${n}! {w} was $ {m} and is $ {n} now.",
    "Run <code>{w} ${v} | grep '^[{w}]$'</code> and ${w} or ${v}{n}.",
    "Set ${w}=${v}/{w} and ${{{v}}}, then $({w} {v}).",
    '<pre>for {w} in $*; do\n echo ${w} "${{{v}}}" $1 $2 {n}\ndone</pre>',
    "In C:\\{w}\\{v}\\[{n}]\\({m}) and \\\\{w}\\{v}.",
    "Files /usr/{w}/{v}_{n}.{w} and ~/{w}-{m}/{v}.py hold them.",
    "Match {w}$, ({w}|{v})*, \\d{{{n}}} and [a-z]+$ at {v}.",
    "<code>s/\\({w}\\)/\\{v}/g</code> or s/\\(my {w}\\)/x/.",
    "Call {w}({v}) or <code>{w}[{n}] = {v}; {w}_{v} += {m}</code>.",
    "@{w} {{{v}}} #{w} {n}% *{v}* `{v}`.",
    "The {w} of {n}x{m} is {n} cm, {m}th, {n}e-{m} or {n}/{m}.",
    "Score {n}-{m} ({n}:{m}), tel. +{n} ({m}) {n}-{m}.",
    "<code>$this-&gt;{w} = $_{v}[{n}];</code> $.{v}() and jQuery $('{w}').",
    "{w} &lt; {v} &amp;&amp; {n} &gt; {m} ? {w} : {v}",
]
SENTENCES = st.tuples(st.sampled_from(WITHOUT), st.integers(1, 999), st.integers(1, 99), WORDS, WORDS)


@settings(max_examples=100, deadline=None)
@given(st.lists(SENTENCES, min_size=1, max_size=12), st.booleans())
def test_prose_code_and_money_hold_no_formula(chosen: list[tuple[str, int, int, str, str]], together: bool) -> None:
    written = [sentence.format(n=n, m=m, w=w, v=v) for sentence, n, m, w, v in chosen]
    body = f"<p>{' '.join(written)}</p>" if together else "".join(f"<p>{each}</p>" for each in written)
    extraction = extract_html(lesson_around(body))
    assert extraction.formulas == ()
    assert extraction.found == 0


@pytest.mark.parametrize(
    "text",
    [
        "Set $home=$user_name/home and ${user_name}. Set $my_path=$user_name/x and $user_name/y.",
        "Call $.user_name() and jQuery $('main'), then $.user_name() and jQuery $('user_name').",
        "Use $user_name or $my_path, or $log_649 and $log_650 or $my_path and so on.",
        "Search for s/\\(my user_name\\)/x/ in it.",
    ],
)
def test_names_with_underscores_are_no_formulas(text: str) -> None:
    assert extract_html(lesson_around(f"<p>{text}</p>")).formulas == ()


@pytest.mark.parametrize("kind", KINDS)
def test_pages_about_other_things_have_no_formula(kind: str) -> None:
    for seed in range(6):
        rng = Random(seed)
        text = make_unrelated(rng, kind)
        frame = Frame("a.example", text.title, "en", text.head, "".join(text.blocks))
        for skeleton in SKELETONS.values():
            extraction = extract_html(crowd(rng, skeleton(rng, frame)))
            assert extraction.formulas == ()
            assert extraction.found == 0


GROUPS = st.recursive(
    st.sampled_from(["x", "\\alpha", "1", "\\{", "\\}", "\\left(", "\\right)", "\\%", "y'"]),
    lambda inner: st.lists(inner, min_size=1, max_size=3).map(lambda parts: "{" + " ".join(parts) + "}"),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None)
@given(GROUPS)
def test_balanced_formulas_stay_so(latex: str) -> None:
    latex = latex.replace("\\left(", "(").replace("\\right)", ")")
    extraction = extract_html(lesson_around(f"<p>Let \\(f_1 + {escape(latex)}\\) be.</p>", MATHJAX))
    assert len(extraction.formulas) == 1
    assert extraction.formulas[0].balanced


# ways to write one page
SPELLINGS = [
    "<p>Let \\(x^2\\) and <span data-latex='y_1'></span> be.</p>",
    "<P>Let \\(x^2\\) and <SPAN DATA-LATEX='y_1'></SPAN> be.</P>",
    "<p class=a id=b>Let \\(x^2\\) and <span id='c' data-latex=y_1 class=d></span> be.",
    "<p>Let &#92;(x^2&#x5c;) and <span data-latex='&#121;&lowbar;1'></span> be.</p>",
    "<p>Let &bsol;(x&Hat;2&bsol;) and <span data-latex='y&#95;1'/></span> be.</p>",
    "<p>Let&nbsp;\\(x^2\\)&nbsp;and <span\n\tdata-latex = 'y_1' ></span >&nbsp;be.</p>",
    "<p>\r\nLet \r\n\\(x^2\\)\r\nand <span\r\ndata-latex='y_1'></span>\r\nbe.\r\n</p>",
    "<p>Let \\(\u200bx^2\ufeff\\) and <span data-latex='y_1'>\u200b</span> be.</p>",
    "<p>Let <!-- a $ comment -->\\(x^2\\) and <span data-latex='y_1'><!-- \\( --></span> be.</p>",
    "<p>Let \\( x^2 \\) and <span data-latex=' y_1 '></span> be.</p>",
    "<p>Let <b>\\(x^2\\)</b> and <i><span data-latex='y_1'></span></i> be.</p>",
    "<div>Let \\(x^2\\) and <span data-latex='y_1'></span> be.</div>",
]


@pytest.mark.parametrize("head", [MATHJAX, ""])
@pytest.mark.parametrize("body", SPELLINGS)
def test_spelling_of_the_markup_does_not_matter(body: str, head: str) -> None:
    body += "<p>Also \\(z^2\\).</p>"
    for page in (lesson_around(body, head), lesson_around(body, head).replace("\n", "\r\n")):
        extraction = extract_html(page)
        assert [(f.latex, f.source) for f in extraction.formulas] == [
            ("x^2", "paren"), ("y_1", "data_latex"), ("z^2", "paren"),
        ]  # fmt: skip
        words = " ".join(extraction.text.split())
        assert re.search(r"Let[\s*]*\$x\^2\$[\s*]*and[\s*]*\$y_1\$[\s*]*be\.", words)


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "utf-16", "windows-1252", "iso-8859-15", "utf-16-le"])
def test_the_charset_of_the_bytes_does_not_matter(charset: str) -> None:
    body = "<p>Für \\(x^2 < \\alpha\\) gilt $$\\sum_{i} a_i$$ schön, <math><mi>é</mi><mo>+</mo><mn>1</mn></math>.</p>"
    page = lesson_around(body, MATHJAX)
    wanted = extract(page)
    assert len(wanted.formulas) == 3
    assert extract(page.encode(charset), content_type=f"text/html; charset={charset}") == wanted
    marked = page.replace("<head>", f'<head><meta charset="{charset}">')
    if charset not in ("utf-16", "utf-16-le"):  # a meta element of these is not believed
        assert extract(marked.encode(charset)) == extract(marked)


PIECES = st.sampled_from(
    ["<p>", "</p>", "<P ", "<div class=math>", "</div>", "<span class='katex'>", "</span>", "<math>", "</math>", "<mi>",
     "<img class=tex alt='x_1'>", "<noscript>", "</noscript>", "<svg aria-label='x_1'>", "</svg>",
     "<script type='math/tex'>",
     "</script>", "$x_1$", "\\(y\\)", "\\[z\\]", "$$", "\\begin{align}", "\\end{align}", "<", ">", "&", "&#36;",
     "\0", "\ud800",
     "<sup>2</sup>", "x<sub>1</sub>", "<table><tr><td>", "</table>", "(1)", "<li>", "<pre>", "</pre>",
     "<code class=math>",
     "<mjx-container>", "</mjx-container>", "<span data-latex='x^2'>", "<span class=MathJax_Preview>", "zqf0z", "zqf",
     "<!--",
     "-->", "<title>", "</title>", "<d-math>", "</d-math>", "<figure>", "<figcaption>", "<h2>", "words of prose ",
     "{", "}",
     "<annotation encoding='application/x-tex'>", "<br>", "</body>", "<frameset>", "<template>", "<a href=x>"]
)  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(st.lists(PIECES, max_size=30), st.sampled_from(["", MATHJAX, CONFIG_MATHJAX2]))
def test_any_markup_is_accounted_for(parts: list[str], head: str) -> None:
    page = head + "".join(parts)
    extraction = extract_html(page)
    assert extraction.found == len(extraction.formulas) + extraction.in_boilerplate
    if "zqf" not in page:
        assert_accounted(extraction)
    for formula in extraction.formulas:
        assert formula.delimited() in extraction.text


@settings(max_examples=60, deadline=None)
@given(
    st.one_of(st.binary(max_size=400), st.text(max_size=400)),
    st.sampled_from([None, "text/html", "text/markdown", "x"]),
)
def test_nothing_raises(page: bytes | str, content_type: str | None) -> None:
    mathmill.extract(page, content_type=content_type)


@needs_crawl
@pytest.mark.slow
def test_truncated_and_mutated_real_pages_are_accounted_for() -> None:
    from warcio.archiveiterator import ArchiveIterator

    rng = Random(0)
    tried = 0
    with (CRAWL / "mathmill-dev-00005.warc.gz").open("rb") as stream:
        for record in ArchiveIterator(stream):
            if record.rec_type != "response" or rng.random() > 0.04:
                continue
            body = bytearray(record.content_stream().read()[:150_000])
            if b"math" not in body or tried == 60:
                continue
            tried += 1
            for _ in range(len(body) // 500):
                body[rng.randrange(len(body))] = rng.randrange(256)
            assert_accounted(extract(bytes(body[: rng.randrange(len(body))])))
    assert tried > 20
