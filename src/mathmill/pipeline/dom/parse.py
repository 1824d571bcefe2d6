"""HTML to a tree, whatever it holds.

libxml2 drops everything after 256 nested elements without a word; pages nested deeper are flattened
by leaving out the tags beyond a depth, never their text. All passes are linear and not recursive.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

# Elements open at once beyond which tags are left out; libxml2 gives up at 256.
MAX_DEPTH = 200

_VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"]
)
_RAW = r"<(?P<raw>script|style|textarea|title|xmp|iframe|noembed|noframes)\b[^>]{0,4000}>.*?(?:(?=</(?P=raw))|\Z)"
_TAGS = re.compile(
    rf"<!--.*?(?:-->|\Z)|{_RAW}|<(?P<close>/?)(?P<name>[A-Za-z][^\s/>]{{0,80}})[^>]{{0,4000}}>",
    re.DOTALL | re.IGNORECASE,
)
# Characters that no tree may hold (XML 1.0), as themselves and as references; the latter with all beyond Unicode.
_FORBIDDEN_CHARACTERS = re.compile("[\\x00-\\x08\\x0b\\x0e-\\x1f\ud800-\udfff\ufffe\uffff]")
_FORBIDDEN_REFERENCES = re.compile(
    r"&#(?:0*(?:[0-8]|11|1[4-9]|2\d|3[01]|6553[45]|[1-9]\d{7,})(?!\d)"
    r"|x0*(?:[0-8bef]|1[0-9a-f]|fff[ef]|[1-9a-f][0-9a-f]{6,})(?![0-9a-f]));?",
    re.IGNORECASE,
)
# White space to HTML, and no character of XML.
_FORM_FEED_REFERENCES = re.compile(r"&#(?:0*12(?!\d)|x0*c(?![0-9a-f]));?", re.IGNORECASE)
# The document's end is the end of the text; libxml2 forgets what stands behind an early `</html>`.
_EARLY_ENDS = re.compile(r"</(?:html|body|HTML|BODY)\s{0,9}>")
_ANY_TAG = re.compile(r"<!--.*?(?:-->|\Z)|</?[A-Za-z!?][^>]*(?:>|\Z)", re.DOTALL)


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
    """`text` with a space for every form feed, and U+FFFD for every other character that no tree may hold.

    Byte order marks, which mean nothing inside a text, are left out.
    """
    return _FORBIDDEN_CHARACTERS.sub("\ufffd", text.replace("\f", " ").replace("\ufeff", ""))


def _clean(html: str) -> str:
    html = forbidden_replaced(html)
    if "&#" not in html:
        return html
    return _FORBIDDEN_REFERENCES.sub("\ufffd", _FORM_FEED_REFERENCES.sub(" ", html))


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
