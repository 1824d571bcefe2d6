"""HTML to a tree whatever it holds, and the tree's visible text with its blocks kept.

The plain text is what extraction falls back to, navigation and all. On a page with mathematics the formulas
tell where the body is: `marked_body` finds the element around them and clears it, for a tenth of what a body
finder takes. It is no body finder for other pages.
libxml2 drops everything after 256 nested elements without a word; pages nested deeper are flattened
by leaving out the tags beyond a depth, never their text. All passes are linear and not recursive.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from copy import copy
from functools import cache, lru_cache
from itertools import islice
from typing import Any

# Elements open at once beyond which tags are left out; libxml2 gives up at 256.
MAX_DEPTH = 200

_BLOCKS = frozenset([
    "address", "article", "aside", "blockquote", "body", "br", "caption", "center", "dd", "details", "dir",
    "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "frame", "h1", "h2", "h3", "h4", "h5",
    "h6", "header", "hr", "html", "legend", "li", "main", "menu", "nav", "noscript", "ol", "optgroup", "option",
    "p", "pre", "section", "select", "summary", "table", "tbody", "tfoot", "thead", "title", "tr", "ul",
])  # fmt: skip
BOILERPLATE = frozenset({"aside", "dialog", "footer", "nav"})
_CELLS = frozenset({"td", "th"})
_BREAKING = _BLOCKS | _CELLS
# Blocks with an empty line around them.
_PARAGRAPHS = frozenset({"blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "p", "pre", "table"})
# `head` is not among them: where a page forgets to end it, libxml2 puts the body there.
_HIDDEN = frozenset(
    ["title", "iframe", "math", "noembed", "noframes", "object", "script", "style", "svg", "template", "textarea"]
)
_VERBATIM = frozenset({"pre", "listing", "xmp"})
_VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"]
)
_RAW = r"<(?P<raw>script|style|textarea|title|xmp|iframe|noembed|noframes)\b[^>]{0,4000}>.*?(?:(?=</(?P=raw))|\Z)"
_TAGS = re.compile(
    rf"<!--.*?(?:-->|\Z)|{_RAW}|<(?P<close>/?)(?P<name>[A-Za-z][^\s/>]{{0,80}})[^>]{{0,4000}}>",
    re.DOTALL | re.IGNORECASE,
)
# Characters that no tree may hold (XML 1.0), as themselves and as references.
_FORBIDDEN_CHARACTERS = re.compile("[\\x00-\\x08\\x0b\\x0e-\\x1f\ud800-\udfff\ufffe\uffff]")
_FORBIDDEN_REFERENCES = re.compile(
    r"&#(?:0{0,9}(?:[0-8]|11|1[4-9]|2\d|3[01]|6553[45])|x0{0,9}(?:[0-8bef]|1[0-9a-f]|fff[ef]))(?![0-9a-f]);?",
    re.IGNORECASE,
)
# The document's end is the end of the text; libxml2 forgets what stands behind an early `</html>`.
_EARLY_ENDS = re.compile(r"</(?:html|body|HTML|BODY)\s{0,9}>")
# What a page's body never is; with these gone, the rest of a page is its body and some boilerplate.
_CLUTTER = (
    *BOILERPLATE,
    *("audio", "button", "canvas", "fieldset", "form", "head", "iframe", "input", "label", "link", "math", "menu"),
    *("meta", "noscript", "object", "script", "select", "style", "svg", "template", "textarea", "title", "video"),
)
_FORMATTING = (
    *("abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font", "hgroup", "i"),
    *("img", "ins", "kbd", "mark", "nobr", "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup"),
    *("tbody", "thead", "time", "tt", "u", "var", "wbr"),
)
# Names (class or id) that the makers of pages give to the element around the body.
_BODY_NAME = re.compile(
    r"(?:(?:article|blog|body|doc|docs|e|entry|main|md|mw|page|post|ptx|story|text)[_-]{0,2})?"
    r"(?:article|body|content|contents|main|parser-output|text)(?:[_-]{1,2}(?:area|body|inner|main|text|wrap|wrapper))?"
    r"|document|entry|markdown(?:-body)?|post",
    re.IGNORECASE,
)
# Names of what stands beside a body, or inside it between its paragraphs.
_BESIDE = (
    r"breadcrumbs?|byline|comments?|copyright|disqus_thread|footer|nav|navbar|navigation|newsletter|pager|pagination"
    r"|respond|searchbox|sidebar|social|subscribe|table-of-contents|toc|MathJax_(?:Message|Preview)"
)
_BESIDE_ID = re.compile(_BESIDE, re.IGNORECASE)
_BESIDE_CLASS = re.compile(
    rf"{_BESIDE}|(?!(?:category|tag)-)(?:[\w-]*[_-])?(?:anchor-link|breadcrumbs?|footer|hash-?link|headerlink|navbar"
    r"|navigation|newsletter|pagination|permalink|prev-?next|related-?(?:pages|posts?|topics)|share-?buttons?|sharing|sidebar)(?:[_-][\w-]*)?"
    r"|comments?-(?:area|list|section|wrapper)|comment-?list|copybtn|gutter|hidden|linenos?|menu|meta|noprint"
    r"|(?:article|entry|post)-(?:copyright|footer|info|meta|nav|tags)|screen-reader-text|sr-only|tag-(?:links|list)|tags"
    r"|visually-hidden|viewcode-link",
    re.IGNORECASE,
)
_BESIDE_ROLES = frozenset({"banner", "complementary", "contentinfo", "dialog", "navigation", "search"})
_NAMED = (
    *("a", "details", "div", "dl", "figure", "h1", "h2", "h3", "h4", "h5", "header", "li", "ol", "p", "section"),
    *("table", "td", "ul"),
)
_UNSEEN_STYLE = re.compile(r"(?:display\s{0,9}:\s{0,9}none|visibility\s{0,9}:\s{0,9}hidden)", re.IGNORECASE)
MOST_NAMES = 400  # characters of an element's names that are looked at
# Shares of the formulas that the body holds, of the page's text if its name says body, if it says nothing.
MARKED_SHARE = 0.95
NAMED_SHARE, NAMELESS_SHARE = 0.5, 0.8
# Around a body without a title, an element with one is the body if it has no more text than this against it.
TITLED_SHARE = 1.1
# Boilerplate inside a body is at most this share of its text, a list of links has at least this share of links.
BESIDE_SHARE, LINKED_SHARE = 0.3, 0.75
_ANY_TAG = re.compile(r"<!--.*?(?:-->|\Z)|</?[A-Za-z!?][^>]*(?:>|\Z)", re.DOTALL)
_SPACES = re.compile(r"[ \t\r\n\f\v]+")


def parse(html: str) -> Any | None:
    """The tree of a page (an lxml `html` element), comments left out; None where there is no element at all."""
    etree, lxml_html = _lxml()
    html = _EARLY_ENDS.sub("", _clean(html))
    tree, too_deep = _parse(html)
    if too_deep:
        tree, too_deep = _parse(flatten(html))
    if tree is None or too_deep:
        tree = lxml_html.Element("html")
        body = etree.SubElement(tree, "body")
        etree.SubElement(body, "p").text = _without_tags(html)
    return tree


def forbidden_replaced(text: str) -> str:
    """`text` with U+FFFD for every character that no tree may hold."""
    return _FORBIDDEN_CHARACTERS.sub("\ufffd", text)


def _clean(html: str) -> str:
    html = forbidden_replaced(html)
    return _FORBIDDEN_REFERENCES.sub("\ufffd", html) if "&#" in html else html


def flatten(html: str, depth: int = MAX_DEPTH) -> str:
    """`html` without the tags that would open an element more than `depth` deep, and without their ends."""
    kept: list[str] = []
    open_now, left_out, last = 0, 0, 0
    for tag in _TAGS.finditer(html):
        name = tag.group("name")
        if name is None or name.lower() in _VOID or tag.group().endswith("/>"):
            continue
        if not tag.group("close"):
            open_now += 1
            drop = open_now > depth
            left_out += drop
        else:
            drop = left_out > 0
            left_out -= drop
            open_now = max(0, open_now - 1)
        if drop:
            kept.append(html[last : tag.start()])
            last = tag.end()
    kept.append(html[last:])
    return "".join(kept)


def visible_text(tree: Any, leaving_out: frozenset[str] = frozenset()) -> str:
    """What a reader sees: blocks on lines of their own, list items behind `- `, cells apart by tabs, `pre` as it is.

    `leaving_out` names further elements that do not count, such as `BOILERPLATE`.
    """
    lines = _Lines()
    unseen = _HIDDEN | leaving_out
    hidden = verbatim = 0
    etree, _ = _lxml()
    for event, element in etree.iterwalk(tree, events=("start", "end")):
        tag, start = element.tag, event == "start"
        if tag in unseen:
            hidden += 1 if start else -1
        elif tag in _VERBATIM:
            verbatim += 1 if start else -1
        if tag in _BREAKING:
            lines.at_tag(tag, start)
        text = element.text if start else element.tail if element is not tree else None
        if text and not hidden:
            lines.add(text, bool(verbatim))
    return _tidy("".join(lines.parts))


class _Lines:
    """Text and the line breaks between its blocks; a break is written when text follows it."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.breaks = 0
        self.item = False
        self.cell = False

    def at_tag(self, tag: str, start: bool) -> None:
        """A block begins or ends: note what stands between the text so far and the next."""
        if tag in _CELLS or (tag == "tr" and start):
            if not start:
                self.parts.append("\t")
            elif self.breaks:
                self.parts.append("\n" * self.breaks)
            self.breaks = 0
            self.cell = start and tag != "tr"
        elif tag == "br":
            self.breaks += start
        else:
            self.breaks = max(self.breaks, 2 if tag in _PARAGRAPHS else 1)
            if tag == "li":
                self.item = start

    def add(self, text: str, verbatim: bool) -> None:
        parts = self.parts
        if not verbatim:
            text = _SPACES.sub(" ", text)
            if self.breaks or not parts or parts[-1][-1] in " \n":
                text = text.lstrip(" ")
            if not text:
                return
        if self.breaks and not self.cell:  # a cell's first block goes on in the cell's line
            parts.append("\n" * self.breaks)
        self.breaks, self.cell = 0, False
        if self.item:
            parts.append("- ")
            self.item = False
        parts.append(text)


def marked_chain(tree: Any, mark: str) -> list[tuple[Any, int]]:
    """The elements that hold at least `MARKED_SHARE` of the marks in a tree, outermost first, each with its size.

    Each is a child of the one before, beginning with `tree`. A size is of text, in characters without blanks.
    Time is linear in text times depth.
    """
    text = tree.text_content()
    enough = MARKED_SHARE * text.count(mark)
    chain = [(tree, _size(text))]
    while True:
        for child in chain[-1][0]:
            text = child.text_content()
            if len(text) >= enough and text.count(mark) >= enough:
                chain.append((child, _size(text)))
                break
        else:
            return chain


def _size(text: str) -> int:
    return len(text) - sum(map(text.count, " \n\t"))


def marked_body(tree: Any, mark: str) -> Any | None:
    """A copy of the element that is the body of a page whose formulas are marked, without boilerplate and formatting.

    None where no element is surely the body: it has to hold nearly all marks, and half of the text if it is named
    as bodies are, else most of it. `tree` stays as it is.
    """
    etree, _ = _lxml()
    marks = tree.text_content().count(mark)
    tree = copy(tree)
    etree.strip_elements(tree, *_CLUTTER, with_tail=False)
    for span in _unseen_spans()(tree):
        if mark not in span.text_content():
            span.tag = "script"
    etree.strip_elements(tree, "script", with_tail=False)
    etree.strip_tags(tree, *_FORMATTING)
    if tree.text_content().count(mark) < MARKED_SHARE * marks:
        return None
    chain = marked_chain(tree, mark)
    at = _body_at(chain)
    if at is None:
        return None
    body, size = chain[at]
    _clear_of_boilerplate(body, mark, size)
    return body


def _body_at(chain: Sequence[tuple[Any, int]]) -> int | None:
    """Which element of a `marked_chain` is the body: the innermost that is large enough, and its title."""
    outermost = next((i for i, (element, _) in enumerate(chain) if element.tag not in ("html", "body")), len(chain))
    for i in range(len(chain) - 1, outermost - 1, -1):
        element, size = chain[i]
        if size >= (NAMED_SHARE if _is_named_body(element) else NAMELESS_SHARE) * chain[0][1]:
            wider = (j for j in range(i, outermost - 1, -1) if chain[j][1] <= TITLED_SHARE * size)
            return next((j for j in wider if chain[j][0].find(".//h1") is not None), i)
    return None


def _is_named_body(element: Any) -> bool:
    if element.tag in ("main", "article") or element.get("role") == "main" or element.get("itemprop") == "articleBody":
        return True
    return _names_body(f"{element.get('class') or ''} {element.get('id') or ''}"[:MOST_NAMES])


@lru_cache(4096)
def _names_body(names: str) -> bool:
    return any(map(_BODY_NAME.fullmatch, names.split()))


def _clear_of_boilerplate(body: Any, mark: str, size: int) -> None:
    """Take out what is named as boilerplate or is a list of links, if it has no mark and is small against `size`."""
    etree, _ = _lxml()
    for element in body.iter(*_NAMED):
        if element.attrib and element is not body and _is_beside(element):
            text = element.text_content()
            if mark not in text and _size(text) <= BESIDE_SHARE * size:
                element.tag = "script"
    etree.strip_elements(body, "script", with_tail=False)
    linked: dict[Any, int] = {}
    for link in body.iter("a"):
        holder = next(islice(link.iterancestors("ul", "ol"), 1), None)
        if holder is not None:
            linked[holder] = linked.get(holder, 0) + len(link.text_content())
    for holder, length in linked.items():
        text = holder.text_content()
        if length > LINKED_SHARE * _size(text) and mark not in text:
            holder.tag = "script"
    etree.strip_elements(body, "script", with_tail=False)
    etree.strip_tags(body, "a")


def _is_beside(element: Any) -> bool:
    get = element.get
    if get("aria-hidden") == "true" or get("role") in _BESIDE_ROLES:
        return True
    if (style := get("style")) and _UNSEEN_STYLE.search(style):
        return True
    return _names_beside((get("class") or "")[:MOST_NAMES], (get("id") or "")[:MOST_NAMES])


@lru_cache(4096)
def _names_beside(classes: str, identity: str) -> bool:
    return bool(_BESIDE_ID.fullmatch(identity)) or any(map(_BESIDE_CLASS.fullmatch, classes.split()))


@cache
def _unseen_spans() -> Any:
    etree, _ = _lxml()
    return etree.XPath(
        "descendant::span[@aria-hidden='true' or contains(@style, 'display:none') or contains(@style, 'display: none')]"
    )


def _tidy(text: str) -> str:
    lines = (line.rstrip() for line in text.split("\n"))
    kept: list[str] = []
    for line in lines:
        if line.strip() or (kept and kept[-1]):
            kept.append(line if line.strip() else "")
    return "\n".join(kept).strip("\n").strip(" \t")


def _without_tags(html: str) -> str:
    from html import unescape

    return _clean(unescape(_ANY_TAG.sub(" ", html)))


def _parse(html: str) -> tuple[Any | None, bool]:
    """A tree, and whether the parser gave up for depth."""
    etree, lxml_html = _lxml()
    parser = etree.HTMLParser(remove_comments=True, remove_pis=True, encoding="utf-8", collect_ids=False)
    # One class for all elements: lxml.html's own choice by tag is Python code that runs for every element met.
    parser.set_element_class_lookup(etree.ElementDefaultClassLookup(element=lxml_html.HtmlElement))
    try:
        tree = etree.fromstring(html.encode("utf-8"), parser=parser)
    except etree.ParseError:  # an empty document
        return None, False
    return tree, any("depth" in entry.message for entry in list(parser.error_log)[-1:])


@cache
def _lxml() -> tuple[Any, Any]:
    from lxml import etree
    from lxml import html as lxml_html

    return etree, lxml_html
