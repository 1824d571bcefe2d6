"""The body of a page with mathematics: the element around its formulas, and that element without boilerplate.

Where formulas are marked in a page's tree, they tell where the body is, for a tenth of what a body finder takes.
This is no body finder for other pages, and none for a page whose formulas stand in several places: it says
None rather than guess. It knows marks, not formulas, and makes no text; `structure` does.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from copy import copy
from functools import cache, lru_cache
from itertools import islice
from typing import Any

from mathmill.pipeline.body.code_blocks import settle_code
from mathmill.pipeline.dom.elements import HEADINGS, etree

BOILERPLATE = frozenset({"aside", "dialog", "footer", "nav"})
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
# What a body never is, however much of a short page's text it holds.
_NO_BODY = frozenset({"blockquote", "dd", "dl", "dt", "h1", "h2", "h3", "h4", "li", "ol", "p", "pre", "tr", "ul"})
_TITLE_NAME = re.compile(r"(?:article|entry|page|post)[-_]{1,2}title\b", re.IGNORECASE)
MOST_TITLE = 200  # characters of a title that stands before its body
# Names of what stands beside a body, or inside it between its paragraphs.
_BESIDE = (
    r"breadcrumbs?|byline|comments?|copyright|disqus_thread|footer|nav|navbar|navigation|newsletter|pager|pagination"
    r"|respond|searchbox|sidebar|social|subscribe|table-of-contents|toc|cookie[\w-]*|gdpr[\w-]*|adverts?|advertisement|MathJax_(?:Message|Preview)"
)
_BESIDE_ID = re.compile(_BESIDE, re.IGNORECASE)
_BESIDE_CLASS = re.compile(
    rf"{_BESIDE}|(?!(?:category|tag)-)(?:[\w-]*[_-])?(?:anchor-link|breadcrumbs?|footer|hash-?link|headerlink|navbar"
    r"|navigation|newsletter|pagination|permalink|prev-?next|related-?(?:pages|posts?|topics)|share-?buttons?|sharing|sidebar)(?:[_-][\w-]*)?"
    r"|comments?-(?:area|list|section|wrapper)|comment-?list|copybtn|gutter|hidden|linenos?|menu|meta|noprint"
    r"|(?:article|entry|post)[-_](?:comments|copyright|date|footer|info|meta|nav|tags|time)|social-share[\w-]*"
    r"|screen-reader-text|sr-only|tag-(?:links|list)|tags"
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
# Links from which on a division may be nothing but links, and what it then does not hold.
LEAST_LINKS = 4
_OF_TEXT = ("dd", "h1", "h2", "h3", "h4", "h5", "h6", "p", "pre", "table")


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


def marked_root(tree: Any, mark: str) -> Any:
    """The smallest element that holds nearly all of the marks."""
    return marked_chain(tree, mark)[-1][0]


def _size(text: str) -> int:
    return len(text) - sum(map(text.count, " \n\t"))


def marked_body(tree: Any, mark: str) -> Any | None:
    """A copy of the element that is the body of a page whose formulas are marked, without boilerplate and formatting.

    None where no element is surely the body: it has to hold nearly all marks, and half of the text if it is named
    as bodies are, else most of it. `tree` stays as it is.
    """
    marks = tree.text_content().count(mark)
    tree = copy(tree)
    settle_code(tree)
    page_title = _words(tree.find(".//title"))
    etree().strip_elements(tree, *_CLUTTER, with_tail=False)
    for span in tree.iter("span"):
        if span.get("class") == "classifier":  # Sphinx's style sheet writes the colon
            span.text = f" : {span.text or ''}"
    for span in _unseen_spans()(tree):
        if mark not in span.text_content():
            span.tag = "script"
    etree().strip_elements(tree, "script", with_tail=False)
    etree().strip_tags(tree, *_FORMATTING)
    if tree.text_content().count(mark) < MARKED_SHARE * marks:
        return None
    chain = marked_chain(tree, mark)
    at = _body_at(chain)
    if at is None:
        return None
    body, size = chain[at]
    title = _title_before(tree, body, page_title)
    _clear_of_boilerplate(body, mark, size)
    if title is not None:
        body.insert(0, title)
        title.tail, body.text = body.text, None
    return body


def _body_at(chain: Sequence[tuple[Any, int]]) -> int | None:
    """Which element of a `marked_chain` is the body: the innermost that is large enough, and its title."""
    outermost = next((i for i, (element, _) in enumerate(chain) if element.tag not in ("html", "body")), len(chain))
    for i in range(len(chain) - 1, outermost - 1, -1):
        element, size = chain[i]
        if element.tag in _NO_BODY:
            continue
        if size >= (NAMED_SHARE if _is_named_body(element) else NAMELESS_SHARE) * chain[0][1]:
            wider = (j for j in range(i, outermost - 1, -1) if chain[j][1] <= TITLED_SHARE * size)
            return next((j for j in wider if chain[j][0].find(".//h1") is not None), i)
    # Formulas that stand in several children of `body` itself: the page has no element around its text.
    return len(chain) - 1 if chain[-1][0].tag == "body" else None


def _title_before(tree: Any, body: Any, page_title: str) -> Any | None:
    """A copy of the article's title where it stands before its body, which does not begin with a heading of its own."""
    if _begins_with_heading(body):
        return None
    found = None
    for element in tree.iter("h1", "h2", body.tag):
        if element is body:
            break
        if element.tag != body.tag and _is_title(element, page_title):
            found = element
    if found is None:
        return None
    title = copy(found)
    title.tag = "h1"
    return title


def _begins_with_heading(body: Any) -> bool:
    for element in body.iter():
        if element.tag in HEADINGS:
            return True
        if (element.text or "").strip():
            return False
    return False


def _is_title(heading: Any, page_title: str) -> bool:
    """Whether a heading is the title of the page's article: the page is called so, or its name says it."""
    words = _words(heading)
    if not words or len(words) > MOST_TITLE:
        return False
    named = _TITLE_NAME.search((heading.get("class") or "")[:MOST_NAMES]) or heading.get("itemprop") == "headline"
    return page_title.startswith(words) or bool(named)


def _words(element: Any | None) -> str:
    return " ".join(element.text_content().split()) if element is not None else ""


def _is_named_body(element: Any) -> bool:
    if element.tag in ("main", "article") or element.get("role") == "main" or element.get("itemprop") == "articleBody":
        return True
    return _names_body(f"{element.get('class') or ''} {element.get('id') or ''}"[:MOST_NAMES])


@lru_cache(4096)
def _names_body(names: str) -> bool:
    return any(map(_BODY_NAME.fullmatch, names.split()))


def _clear_of_boilerplate(body: Any, mark: str, size: int) -> None:
    """Take out what is named as boilerplate or is a list of links, if it has no mark and is small against `size`."""
    for element in body.iter(*_NAMED):
        if element.attrib and element is not body and _is_beside(element):
            text = element.text_content()
            if mark not in text and _size(text) <= BESIDE_SHARE * size:
                element.tag = "script"
    etree().strip_elements(body, "script", with_tail=False)
    linked: dict[Any, list[int]] = {}
    for link in body.iter("a"):
        holder = next(islice(link.iterancestors("ul", "ol", "div"), 1), None)
        if holder is not None:
            linked.setdefault(holder, []).append(len(link.text_content()))
    for holder, lengths in linked.items():
        if holder.tag == "div" and not _may_be_links(holder, body, len(lengths)):
            continue
        text = holder.text_content()
        if sum(lengths) > LINKED_SHARE * _size(text) and mark not in text:
            holder.tag = "script"
    etree().strip_elements(body, "script", with_tail=False)
    etree().strip_tags(body, "a")


def _may_be_links(block: Any, body: Any, links: int) -> bool:
    """Whether a division may be a bar of links: with paragraphs or headings it is a section of the text."""
    return block is not body and links >= LEAST_LINKS and next(block.iter(*_OF_TEXT), None) is None


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
    return etree().XPath(
        "descendant::span[@aria-hidden='true' or contains(@style, 'display:none') or contains(@style, 'display: none')]"
    )
