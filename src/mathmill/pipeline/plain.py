"""HTML to a tree whatever it holds, and the tree's visible text with its blocks kept.

The plain text is what extraction falls back to. It is not an article finder: navigation stays in.
libxml2 drops everything after 256 nested elements without a word; pages nested deeper are flattened
by leaving out the tags beyond a depth, never their text. All passes are linear and not recursive.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

# Elements open at once beyond which tags are left out; libxml2 gives up at 256.
MAX_DEPTH = 200

_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "br",
        "caption",
        "center",
        "dd",
        "details",
        "dir",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "frame",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "html",
        "legend",
        "li",
        "main",
        "menu",
        "nav",
        "noscript",
        "ol",
        "optgroup",
        "option",
        "p",
        "pre",
        "section",
        "select",
        "summary",
        "table",
        "tbody",
        "tfoot",
        "thead",
        "title",
        "tr",
        "ul",
    ]
)
BOILERPLATE = frozenset({"aside", "dialog", "footer", "nav"})
_CELLS = frozenset({"td", "th"})
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
    """What a reader sees: blocks on lines of their own, table cells apart by tabs, `pre` as it stands.

    `leaving_out` names further elements that do not count, such as `BOILERPLATE`.
    """
    parts: list[str] = []
    unseen = _HIDDEN | leaving_out
    hidden = verbatim = 0
    etree, _ = _lxml()
    for event, element in etree.iterwalk(tree, events=("start", "end")):
        tag, start = element.tag, event == "start"
        step = 1 if start else -1
        hidden += step * (tag in unseen)
        verbatim += step * (tag in _VERBATIM)
        if tag in _BLOCKS:
            parts.append("\n\n" if tag == "p" else "\n")
        elif tag in _CELLS and not start:
            parts.append("\t")
        text = element.text if start else element.tail if element is not tree else None
        if text and not hidden:
            text = text if verbatim else _SPACES.sub(" ", text)
            parts.append(text.lstrip(" ") if not verbatim and parts and parts[-1].endswith("\n") else text)
    return _tidy("".join(parts))


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
