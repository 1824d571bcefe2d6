from __future__ import annotations

import pytest

from mathmill.pipeline.formulas.renderers import CODE, EVERY_CLASS, Pair, Renderer, renderer_of
from tests.effort import within

LIBRARY = "<script src='https://cdn.example/mathjax/tex-mml-chtml.js'></script>"
KATEX = "<script src='https://cdn.example/katex/auto-render.min.js'></script>"

# configuration, whether inline dollars count, delimiters of the page's own
DELIMITERS = [
    ("MathJax = {tex: {inlineMath: [['$', '$'], ['\\\\(', '\\\\)']]}}", True, ()),
    ('MathJax.Hub.Config({tex2jax: {inlineMath: [["\\\\(","\\\\)"]]}})', False, ()),
    ("MathJax = {tex: {inlineMath: [/* ours */ ['$', '$'], // and\n ['\\\\(', '\\\\)']]}}", True, ()),
    ("MathJax = {tex: {inlineMath: [['[;', ';]'], ['@', '@']]}}", False,
     (Pair("[;", ";]", False), Pair("@", "@", False))),
    ("MathJax = {tex: {displayMath: [['$$', '$$'], ['\\\\[', '\\\\]']]}}", None, ()),
    ("MathJax = {tex: {displayMath: [['%%', '%%']]}}", None, (Pair("%%", "%%", True),)),
    ("jsMath = {processSingleDollars: 1}", True, ()),
    ('renderMathInElement(document.body, {delimiters: [{left: "$$", right: "$$", display: true}, '
     '{left: "$", right: "$", display: false}]})', True, ()),
    ('renderMathInElement(document.body, {delimiters: [{left: "\\\\(", right: "\\\\)", display: false}]})', False, ()),
    ("renderMathInElement(b, {'delimiters': [{'display': true, 'left': '~~', 'right': '~~'}]})", None,
     (Pair("~~", "~~", True),)),
    ("MathJax = {tex: {inlineMath: {'[+]': [['$', '$']]}}}", True, ()),
    ('MathJax = {tex: {inlineMath: {"[-]": [["\\\\(", "\\\\)"]], "[+]": [["@", "@"]]}}}', False,
     (Pair("@", "@", False),)),
    ("MathJax = {tex: {inlineMath: [['$', '$'], ['@', '@']]}}; MathJax.tex.inlineMath = {'[-]': [['$', '$']]}", False,
     (Pair("@", "@", False),)),
    ("MathJax = {tex: {displayMath: {'[+]': [['%%', '%%']]}}}", None, (Pair("%%", "%%", True),)),
    # two calls: of one name the last list holds, other names stay
    ("MathJax.Hub.Config({tex2jax: {inlineMath: [['$', '$']]}}); MathJax.Hub.Config({tex2jax: {preview: 'none'}});",
     True, ()),
    ("MathJax.Hub.Config({tex2jax: {inlineMath: [['$', '$']]}});</script><script type='text/x-mathjax-config'>"
     "MathJax.Hub.Config({tex2jax: {inlineMath: [['\\\\(', '\\\\)']], displayMath: [['##', '##']]}});", False,
     (Pair("##", "##", True),)),
    # standard delimiters with another meaning
    ("MathJax = {tex: {inlineMath: [['$$', '$$']], displayMath: [['$$$', '$$$']]}}", False,
     (Pair("$$", "$$", False), Pair("$$$", "$$$", True))),
    ("MathJax = {tex: {inlineMath: [['$$$', '$$$']], displayMath: [['$$$$$$', '$$$$$$']]}}", False,
     (Pair("$$$", "$$$", False), Pair("$" * 6, "$" * 6, True))),
    # a forgotten escape makes a bare bracket of the string, which no page means
    ("MathJax = {tex: {inlineMath: [['\\(', '\\)']], displayMath: [['\\[', '\\]']]}}", False, ()),
    # KaTeX reads with every list that it is called with
    ("renderMathInElement(a, {delimiters: [{left: '$', right: '$', display: false}]});"
     "renderMathInElement(b, {delimiters: [{left: '\\\\(', right: '\\\\)', display: false}]})", True, ()),
    ("renderMathInElement(b,{delimiters:[{left:'@@',right:'@@',display:!0}]})", None, (Pair("@@", "@@", True),)),
    ("new Vue({delimiters: ['[[', ']]'], math: 1})", None, ()),
    ("MathJax = {tex: {inlineMath: [['$', '$'", True, ()),
    ("MathJax = {tex: {inlineMath: [['', '']]}}", None, ()),
]  # fmt: skip


@pytest.mark.parametrize(("script", "dollar", "pairs"), DELIMITERS)
def test_delimiters_are_read_from_the_configuration(script: str, dollar: bool | None, pairs: tuple[Pair, ...]) -> None:
    found = renderer_of(f"<script>{script}</script>{LIBRARY}{KATEX}")
    assert (found.loaded, found.dollar, found.pairs) == (True, dollar, pairs)


def test_an_attribute_can_configure() -> None:
    page = (
        "<script src='auto-render.js' onload='renderMathInElement(document.body, "
        "{delimiters: [{left: &quot;$&quot;, right: &quot;$&quot;, display: false}]})'></script>"
    )
    assert renderer_of(page).dollar is True


def test_a_page_without_a_renderer_permits_nothing() -> None:
    assert renderer_of("<script>x = {inlineMath: [['$', '$']]}</script>") == Renderer()


@pytest.mark.parametrize(
    ("script", "ignored", "processed"),
    [
        ("MathJax = {options: {ignoreHtmlClass: 'tex2jax_ignore|no-math', processHtmlClass: 'yes-math'}}",
         {"tex2jax_ignore", "no-math"}, {"yes-math"}),
        ("MathJax.Hub.Config({tex2jax: {ignoreClass: '.*', processClass: 'mathjax'}})", {EVERY_CLASS}, {"mathjax"}),
        ("MathJax = {options: {ignoreHtmlClass: '(a+)+$|plain'}}", {"plain"}, set()),
        ("renderMathInElement(b, {ignoredClasses: ['raw', 'code-like']})", {"raw", "code-like"}, set()),
    ],
)  # fmt: skip
def test_classes_are_words_and_never_foreign_patterns(script: str, ignored: set[str], processed: set[str]) -> None:
    found = renderer_of(f"<script>{script}</script>{LIBRARY}")
    assert found.ignored - Renderer().ignored == ignored - Renderer().ignored
    assert found.processed - Renderer().processed == processed


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ("MathJax = {}", CODE),
        ("MathJax = {options: {skipHtmlTags: ['script', 'pre']}}", {"pre"}),
        ("MathJax = {options: {skipHtmlTags: {'[-]': ['code']}}}", {"pre"}),
        ("MathJax.Hub.Config({tex2jax: {skipTags: ['script', 'code', 'pre']}})", CODE),
        ("MathJax = {options: {skipHtmlTags: {'[-]': ['code', 'pre'], '[+]': ['kbd']}}}", set()),
        ("MathJax = {options: {skipHtmlTags: {'[-]': ['script', 'textarea']}}}", CODE),
        ('renderMathInElement(b, {"ignoredTags": ["kbd", "code"]})', {"code"}),
    ],
)
def test_elements_to_skip(script: str, code: set[str]) -> None:
    found = renderer_of(f"<script>{script}</script>{LIBRARY}").skipped
    assert found & CODE == code
    assert "script" in found


def test_elements_are_added() -> None:
    script = "MathJax = {options: {skipHtmlTags: {'[+]': ['kbd', 'LI']}}}"
    assert renderer_of(f"<script>{script}</script>{LIBRARY}").skipped == Renderer().skipped | {"kbd", "li"}


# configuration, standard delimiters that its lists leave out
LEFT_OUT = [
    ("MathJax = {}", set()),
    ("MathJax = {tex: {inlineMath: [['$', '$']]}}", {"\\("}),
    ("MathJax = {tex: {inlineMath: {'[+]': [['$', '$']]}}}", set()),
    ("MathJax = {tex: {displayMath: {'[-]': [['$$', '$$']]}}}", {"$$"}),
    ("MathJax = {tex: {inlineMath: [['\\\\(', '\\\\)']], displayMath: [['\\\\[', '\\\\]']]}}", {"$$"}),
    ("renderMathInElement(b, {delimiters: [{left: '$$', right: '$$', display: true}]})", {"\\(", "\\["}),
]


@pytest.mark.parametrize(("script", "doubted"), LEFT_OUT)
def test_delimiters_that_a_page_leaves_out(script: str, doubted: set[str]) -> None:
    assert renderer_of(f"<script>{script}</script>{LIBRARY}").doubted == doubted


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("MathJax = {tex: {processEnvironments: false}}", False),
        ("MathJax.Hub.Config({tex2jax: {'processEnvironments':!1}})", False),
        ("MathJax = {tex: {processEnvironments: true, processRefs: false, processEscapes: false}}", True),
        ("MathJax.Hub.Config({tex2jax: {processEnvironments: false}});"
         "MathJax.Hub.Config({tex2jax: {processEnvironments: true}})", True),
        ("MathJax = {}", True),
    ],
)  # fmt: skip
def test_environments_without_delimiters(script: str, expected: bool) -> None:
    assert renderer_of(f"<script>{script}</script>{LIBRARY}").environments is expected


# script tags, whether TeX is read, whether AsciiMath is
COMPONENTS = [
    ("<script src='/MathJax.js?config=TeX-AMS_HTML'></script>", True, False),
    ("<script src='/MathJax.js?config=TeX-AMS-MML_HTMLorMML-full'></script>", True, False),
    ("<script src='/MathJax.js?config=AM_HTMLorMML'></script>", False, True),
    ("<script src='/MathJax.js?delayStartupUntil=x&config=AM_CHTML,Safe'></script>", False, True),
    ("<script src='/MathJax.js?config=AM_CHTML&amp;config=TeX-AMS_CHTML'></script>", True, True),
    ("<script src='/MathJax.js?config=MML_SVG'></script>", False, False),
    ("<script src='/MathJax.js?config=MML_CHTML'></script>"
     "<script>MathJax.Hub.Config({extensions: ['tex2jax.js'], tex2jax: {}})</script>", True, False),
    ("<script src='/MathJax.js?config=default'></script>", True, False),
    ("<script src='/MathJax.js?config=local/local'></script>", True, False),
    ("<script src='/mathjax@3/es5/tex-mml-chtml.js'></script>", True, False),
    ("<script src='/mathjax@4/tex-svg-nofont.js'></script>", True, False),
    ("<script src='/mathjax@3/es5/mml-chtml.js'></script>", False, False),
    ("<script src='/mathjax@3/es5/mml-chtml.js'></script><script src='/katex/auto-render.js'></script>", True, False),
    ("<script>MathJax = {loader: {load: ['input/asciimath', 'output/chtml']}}</script>"
     "<script src='/mathjax@3/es5/startup.js'></script>", True, True),
]  # fmt: skip


@pytest.mark.parametrize(("head", "tex", "asciimath"), COMPONENTS)
def test_combined_components(head: str, tex: bool, asciimath: bool) -> None:
    found = renderer_of(head)
    assert (found.loaded, bool(found.asciimath)) == (tex, asciimath)
    assert (found.dollar, found.doubted) == (None, frozenset())


LOADS = "<script src='/MathJax.js?config=TeX-MML-AM_CHTML'></script>"
STANDALONE = "<script src='/ASCIIMathML.js'></script>"
# page, what opens and closes AsciiMath
OWN_ASCIIMATH = [
    (LOADS, ["``"]),
    (f"<script>MathJax.Hub.Config({{asciimath2jax: {{delimiters: [['`','`'], ['@','@']]}}}})</script>{LOADS}",
     ["``", "@@"]),
    (f"<script>MathJax.Hub.Config({{asciimath2jax: {{delimiters: [['{{!','!}}']]}}}})</script>{LOADS}", ["{!!}"]),
    (f"<script>MathJax = {{asciimath: {{delimiters: {{'[+]': [['$','$']]}}}}}}</script>{LOADS}", ["``", "$$"]),
    (f"<script>MathJax = {{asciimath: {{delimiters: [['$','$']]}}, tex: {{inlineMath: [['$','$']]}}}}</script>{LOADS}",
     []),
    (f"{STANDALONE}<script>var AMdelimiter1 = '@';</script>", ["@@", "amath endamath"]),
    (f"{STANDALONE}<script>AMdelimiter2 = \"$\"; AMescape2 = '\\\\$'</script>", ["``", "$$", "amath endamath"]),
    (f"{STANDALONE}<script>AMusedelimiter2 = false; AMdelimiter1='~'</script>", ["~~", "amath endamath"]),
    (f"{STANDALONE}<script>var translateASCIIMath = false; AMdocumentId = 'x'</script>", []),
    ("<script>AMdelimiter1 = '@'</script>", []),
]  # fmt: skip


@pytest.mark.parametrize(("page", "expected"), OWN_ASCIIMATH)
def test_delimiters_of_asciimath(page: str, expected: list[str]) -> None:
    assert [pair.left + pair.right for pair in renderer_of(page).asciimath] == expected


def test_the_element_of_asciimath() -> None:
    page = f"{STANDALONE}<script>var AMdocumentId = 'wikitext' // of the wiki</script>"
    assert renderer_of(page).asciimath_within == "wikitext"
    assert renderer_of(STANDALONE).asciimath_within == ""


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("<script src='MathJax.js?config=TeX-MML-AM_CHTML'></script>", True),
        ("<script src='MathJax.js?config=TeX-AMS_CHTML'></script>", False),
        ("<script src='ASCIIMathML.js'></script>", True),
        ("<script>MathJax = {loader: {load: ['input/asciimath']}}</script>", True),
        ("<p>AsciiMath and mathjax are words here.</p>", False),
    ],
)
def test_backticks_are_asciimath_where_it_is_loaded(head: str, expected: bool) -> None:
    assert bool(renderer_of(head).asciimath) is expected


@pytest.mark.parametrize(
    "unit",
    [
        "inlineMath: [", "inlineMath: ['", "<script onload=", "delimiters:[{left:'", "//", "/*", "asciimath:{",
        "asciimath:{delimiters:[", "skipTags:{'[+]':[", "AMdelimiter1='", "config=AM", "/tex-", "inlineMath:{'[-]':",
    ],
)  # fmt: skip
def test_time_is_linear(unit: str) -> None:
    page = f"mathjax <script>Math {unit * (300_000 // len(unit))}</script>"
    within(20, lambda: page, renderer_of)
