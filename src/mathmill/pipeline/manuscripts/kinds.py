"""What kind of text a record of a crawl is: HTML, or a manuscript (a notebook, TeX, Markdown, plain text).

Told by media type, address and first characters. Nothing is read here (`read` does), and nothing heavy imported.
"""

from __future__ import annotations

import re
from typing import Literal
from urllib.parse import urlsplit

Kind = Literal["html", "notebook", "tex", "markdown", "text"]

HEAD_CHARS = 4_096  # of a text that tell its kind

_TYPES: dict[str, Kind] = {
    "text/html": "html",
    "application/xhtml+xml": "html",
    "application/x-ipynb+json": "notebook",
    "application/x-tex": "tex",
    "application/x-latex": "tex",
    "application/tex": "tex",
    "text/x-tex": "tex",
    "text/x-latex": "tex",
    "text/markdown": "markdown",
    "text/x-markdown": "markdown",
    "text/x-web-markdown": "markdown",
    "text/x-rst": "text",
    "text/prs.fallenstein.rst": "text",
}
_PLAIN, _JSON = "text/plain", "application/json"
# Types that servers send for files whose kind they do not know.
VAGUE_TYPES = frozenset(
    {"", "application/octet-stream", "application/unknown", "unknown/unknown", "*/*", "content/unknown"}
)
_ENDINGS: dict[str, Kind] = {
    "ipynb": "notebook",
    "tex": "tex",
    "latex": "tex",
    "ltx": "tex",
    "md": "markdown",
    "markdown": "markdown",
    "mdown": "markdown",
    "mkd": "markdown",
    "qmd": "markdown",
    "rmd": "markdown",
    "txt": "text",
    "text": "text",
    "rst": "text",
}
# Files that tell machines about a site.
_SERVICE_FILES = frozenset({"robots.txt", "ads.txt", "app-ads.txt", "security.txt", "sitemap.txt", "urllist.txt"})
_ENDING = re.compile(r"\.([A-Za-z][A-Za-z0-9_+-]{0,9})\Z")
_HTML_HEAD = re.compile(
    r"\s*+(?:<\?xml[^>]{0,200}>\s*+)?(?:<!--.{0,500}?-->\s*+)*(?:<!doctype\s+html|<html[\s>])", re.I | re.S
)
_ANY_TAG = re.compile(r"\s*+<(?:[A-Za-z][\w-]{0,20}[\s>/]|!--|!doctype|\?xml)", re.IGNORECASE)
_TEX_HEAD = re.compile(
    r"(?:\s*+%[^\n]*+\n)*+\s*+\\(?:documentclass|documentstyle|begin\{document\}|(?:NeedsTeX|Requi)\w++)"
)
_NOTEBOOK_HEAD = re.compile(r"\s*+\{\s*+\"(?:cells|metadata|nbformat|nbformat_minor|worksheets)\"\s*+:")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def kind_of(content_type: str | None, url: str, head: str) -> Kind:
    """What a record's text is, by its media type, its address's ending and its first characters.

    A type that names one kind is believed. Servers send `.ipynb`, `.tex` and `.md` as plain text or as
    octets: there the address decides, then the text's look. What nothing tells is HTML, or text if so announced.
    """
    media = media_type(content_type)
    if media in _TYPES:
        return _TYPES[media]
    if media not in VAGUE_TYPES and media not in (_PLAIN, _JSON) and "/" in media:
        return "html"
    head = head[:HEAD_CHARS].removeprefix("\ufeff")
    if _HTML_HEAD.match(head):
        return "html"
    kind = _ENDINGS.get(ending(url))
    if _NOTEBOOK_HEAD.match(head) or (kind == "notebook" and head.lstrip().startswith("{")):
        return "notebook"
    if media == _JSON:
        return "html"
    if media != _PLAIN and _ANY_TAG.match(head) and kind != "markdown":
        return "html"
    if kind in ("tex", "markdown"):
        return kind
    if _TEX_HEAD.match(head):
        return "tex"
    return "text" if kind == "text" or media == _PLAIN else "html"


def is_manuscript(content_type: str, url: str, beginning: bytes) -> bool:
    """Whether a record that is no HTML is a manuscript; `beginning` is of its body, a kilobyte is enough.

    Plain text counts where its address ends in nothing or in what text files end in: programs and tables are
    sent as plain text too. Types that say little count only with an address that ends as manuscripts do.
    """
    media = media_type(content_type)
    if _TYPES.get(media, "html") != "html":
        return True
    end = ending(url)
    if media == _JSON or end == "ipynb":
        return end == "ipynb" and media in (_JSON, _PLAIN, *VAGUE_TYPES) and beginning.lstrip().startswith(b"{")
    if media not in VAGUE_TYPES and media != _PLAIN:
        return False
    if end not in _ENDINGS and (end or media != _PLAIN):
        return False
    return _file_name(url).lower() not in _SERVICE_FILES and not _CONTROL.search(beginning.decode("latin-1"))


def media_type(content_type: str | None) -> str:
    """The media type of a Content-Type header as sent, in lower case and without its parameters."""
    return (content_type or "").partition(";")[0].partition(",")[0].strip().lower()


def ending(url: str) -> str:
    """What an address's path ends in behind its last dot, in lower case; "" where that is no name of a kind."""
    found = _ENDING.search(_file_name(url))
    return found[1].lower() if found else ""


def _file_name(url: str) -> str:
    try:
        path = urlsplit(url).path
    except ValueError:  # an address with half a bracket
        path = url.partition("?")[0].partition("#")[0]
    return path.rpartition("/")[2]
