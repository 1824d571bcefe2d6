"""What stands beside a page's body, known by tag, role, class, id and style, and which marks are in it.

Marks in boilerplate do not tell where the body is: a formula in a trail of breadcrumbs would make the whole page the
body, one in a reader's comment the comments. Names are those that makers of pages give to elements; no words of a
language are looked at. This decides nothing about the body; `marked` does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from mathmill.pipeline.dom.elements import etree

BOILERPLATE = frozenset({"aside", "dialog", "footer", "nav"})
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
    r"|visually-hidden|viewcode-link|mw-(?:editsection|cite-backlink|jump-link)",
    re.IGNORECASE,
)
_BESIDE_ROLES = frozenset({"banner", "complementary", "contentinfo", "dialog", "navigation", "search"})
_UNSEEN_STYLE = re.compile(r"(?:display\s{0,9}:\s{0,9}none|visibility\s{0,9}:\s{0,9}hidden)", re.IGNORECASE)
MOST_NAMES = 400  # characters of an element's names that are looked at

# What leads to other pages and other places of this one, whatever it holds.
_NEVER_BESIDE = frozenset({"article", "body", "html", "main"})
_LEADS_AWAY_TAGS = frozenset({"menu", "nav"})
_LEADS_AWAY_ROLES = frozenset({"navigation", "search"})
_LEADS_AWAY = re.compile(
    r"(?!(?:category|tag)-|(?:[\w-]*[_-])?(?:has|no|with|without)[_-])(?:[\w-]*[_-])?"
    r"(?:breadcrumbs?|nav|navbar|navigation|pager|pagination|prev-?next|related-?(?:pages|posts?|topics)|sidebar|table-of-contents|toc)(?:[_-](?:bar|inner|links?|list|menu|wrapper))?",
    re.IGNORECASE,
)
_LINK_TO_ITSELF = re.compile(r"(?:[\w-]*[_-])?(?:anchor-?link|hash-?link|headerlink|permalink)", re.IGNORECASE)
_UNSEEN_CLASS = re.compile(r"hidden|screen-reader-text|sr-only|visually-hidden", re.IGNORECASE)
_OF_READERS = re.compile(r"comments?(?:[-_](?:area|list|section|wrapper))?|commentlist|disqus_thread", re.IGNORECASE)
# The share of a page's text from which on an element is more than what stands beside the body.
MOST_BESIDE = 0.3
# As many marks in comments, or in what is unseen, are strays that tell nothing.
MOST_STRAYS = 2


@dataclass(frozen=True, slots=True)
class Beside:
    """Elements that hold marks and lead away from the page's body, and the marks that do not tell where it is."""

    elements: tuple[Any, ...] = ()
    marks: frozenset[str] = frozenset()


def marks_beside(tree: Any, mark: re.Pattern[str], stem: str) -> Beside:
    """Which marks of a tree stand beside its body; `stem` is what each match of `mark` begins with.

    Marks in breadcrumbs, menus and the like never tell where the body is, unseen ones and those in a page's header
    only where there are no others, those of readers' comments where they are more than `MOST_STRAYS`.
    Time is linear in marks times depth.
    """
    kinds: dict[Any, tuple[str, Any]] = {}
    most = MOST_BESIDE * len(tree.text_content())
    marks: dict[str, set[str]] = {"": set(), "away": set(), "readers": set(), "unseen": set()}
    elements: dict[Any, None] = {}
    for text in _texts_with()(tree, stem=stem):
        holder = text.getparent().getparent() if text.is_tail else text.getparent()
        kind, element = _kind_around(holder, kinds, most)
        marks[kind].update(match.group() for match in mark.finditer(text))
        if kind == "away":
            elements[element] = None
    telling, readers, unseen = marks[""], marks["readers"], marks["unseen"]
    if len(readers) > MOST_STRAYS:
        telling, readers = telling | readers, set()
    if not telling and len(unseen) + len(readers) > MOST_STRAYS:
        unseen, readers = set(), set()
    return Beside(tuple(elements), frozenset(marks["away"] | readers | unseen))


def _kind_around(holder: Any, kinds: dict[Any, tuple[str, Any]], most: float) -> tuple[str, Any]:
    """What kind of boilerplate is outermost around an element, itself included, and the element that is it."""
    path = []
    for element in _upwards(holder):
        if element in kinds:
            break
        path.append(element)
    for element in reversed(path):
        parent = element.getparent()
        outer = kinds.get(parent, ("", None)) if parent is not None else ("", None)
        if not outer[0] and (kind := _kind(element)) and len(element.text_content()) <= most:
            outer = (kind, element)
        kinds[element] = outer
    return kinds[holder]


def _upwards(element: Any) -> Iterator[Any]:
    while element is not None:
        yield element
        element = element.getparent()


def _kind(element: Any) -> str:
    get = element.get
    if element.tag in _NEVER_BESIDE:
        return ""
    if element.tag in _LEADS_AWAY_TAGS or get("role") in _LEADS_AWAY_ROLES:
        return "away"
    if element.tag == "header" or get("role") == "banner" or get("hidden") is not None:
        return "unseen"
    if (style := get("style")) and _UNSEEN_STYLE.search(style):
        return "unseen"
    names = f"{get('class') or ''} {get('id') or ''}"[:MOST_NAMES]
    return _kind_named(names) if names != " " else ""


@lru_cache(4096)
def _kind_named(names: str) -> str:
    words = names.split()
    for kind, pattern in (("away", _LEADS_AWAY), ("unseen", _UNSEEN_CLASS), ("readers", _OF_READERS)):
        if any(map(pattern.fullmatch, words)):
            return kind
    return ""


@cache
def _texts_with() -> Any:
    return etree().XPath("descendant-or-self::text()[contains(., $stem)]")


def is_link_to_itself(element: Any) -> bool:
    """Whether a link is named as the sign behind a heading that leads to it."""
    return _names_link_to_itself((element.get("class") or "")[:MOST_NAMES])


@lru_cache(4096)
def _names_link_to_itself(classes: str) -> bool:
    return any(map(_LINK_TO_ITSELF.fullmatch, classes.split()))


def is_beside(element: Any) -> bool:
    """Whether an element is named as what stands beside a body, or is unseen."""
    get = element.get
    if get("aria-hidden") == "true" or get("role") in _BESIDE_ROLES:
        return True
    if (style := get("style")) and _UNSEEN_STYLE.search(style):
        return True
    return _names_beside((get("class") or "")[:MOST_NAMES], (get("id") or "")[:MOST_NAMES])


@lru_cache(4096)
def _names_beside(classes: str, identity: str) -> bool:
    return bool(_BESIDE_ID.fullmatch(identity)) or any(map(_BESIDE_CLASS.fullmatch, classes.split()))
