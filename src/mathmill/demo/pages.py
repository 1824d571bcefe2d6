"""The pages of the made-up web: which ones there are, what is on them, and what is wrong with them.

A page knows the truth about itself, for the tests and benchmarks that compare what a pipeline made of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from random import Random
from types import MappingProxyType

from mathmill.demo.articles import (
    MATHEMATICS_KINDS,
    Article,
    make_foreign_mathematics,
    make_foreign_plain,
    make_mathematics,
    make_plain,
)
from mathmill.demo.languages import LANGUAGES
from mathmill.demo.markup import BY_NAME, MARKUPS
from mathmill.demo.skeletons import SKELETONS, Frame
from mathmill.demo.transport import Transport, draw_transport, encode_page
from mathmill.demo.unrelated import KINDS

# What goes wrong with the text of a page. None of it may cost a reader the rest of the page.
FLAWS = ("nul", "control_reference", "surrogate_reference", "deep_nesting", "invalid_bytes", "cut_off_html")

_SITES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "blog": ("counting-rods.example", "chalkandtalk.example", "www.evenings.example"),
        "encyclopaedia": ("en.allknown.example", "handbook.example"),
        "question_answer": ("ask.homework.example", "forum.sumsandmore.example"),
        "lecture_notes": ("www.lindmouth-college.example", "maths.uni-varrow.example"),
        "textbook": ("openbook.example", "learn.stepwise.example"),
    }
)
_PLAIN_SITES: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = MappingProxyType(
    {
        "recipe": (("blog",), ("kitchen-table.example", "soupseason.example")),
        "news": (("blog", "encyclopaedia"), ("northbrook-herald.example", "eastham-post.example")),
        "shop": (("blog",), ("shop.goodkettle.example", "outdoor-barn.example")),
        "software": (("textbook", "encyclopaedia"), ("docs.stashd.example", "wiki.cronlet.example")),
        "travel": (("blog",), ("slowtrains.example",)),
        "sport": (("blog",), ("varrow-fc.example", "northbrook-herald.example")),
        "forum": (("question_answer",), ("ask.household.example",)),
        "mathjax_unused": (("blog",), ("counting-rods.example", "www.evenings.example")),
        "foreign_plain": (("blog", "encyclopaedia"), ("reisen.example", "dimanche.example", "vecher.example")),
    }
)


@dataclass(frozen=True, slots=True)
class Page:
    """One HTML page as its server sends it, and the truth about it.

    `is_math` tells whether it is about mathematics. `markup` is how its formulas are written, "" without formulas.
    `duplicate` is `exact` or `near` where the page copies the one at `duplicate_of`, else "". `flaw` is one of `FLAWS`
    or "".
    """

    url: str
    kind: str
    is_math: bool
    article: Article
    skeleton: str
    markup: str
    transport: Transport
    body: bytes
    flaw: str = ""
    duplicate: str = ""
    duplicate_of: str = ""


def make_page(seed: int, number: int, kind: str, ordinal: int) -> Page:
    """Draw the page with a number in the crawl, the `ordinal`-th of its kind, which is one of `PAGE_KINDS`.

    Raises:
        KeyError: there is no such kind.
    """
    rng = Random(f"{seed}/page/{number}")
    if kind in MATHEMATICS_KINDS:
        article = make_mathematics(rng, kind)
    elif kind == "foreign_lesson":
        article = make_foreign_mathematics(rng, LANGUAGES[ordinal % len(LANGUAGES)])
    elif kind == "foreign_plain":
        article = make_foreign_plain(LANGUAGES[ordinal % len(LANGUAGES)], ordinal // len(LANGUAGES))
    else:
        article = make_plain(rng, kind)
    skeleton, host = _site(rng, kind)
    is_math = kind in MATHEMATICS_KINDS or kind == "foreign_lesson"
    markup = rng.choices(MARKUPS, [markup.frequency for markup in MARKUPS])[0].name if is_math else ""
    transport = draw_transport(rng, article.language, ordinal // len(LANGUAGES))
    url = f"https://{host}/{kind.replace('_', '-')}/{article.topic.replace('_', '-')}-{number}"
    return _built(rng, Page(url, kind, is_math, article, skeleton, markup, transport, b""), host)


PAGE_KINDS = (*MATHEMATICS_KINDS, "foreign_lesson", *KINDS, "foreign_plain")


def _site(rng: Random, kind: str) -> tuple[str, str]:
    if kind in _PLAIN_SITES:
        skeletons, hosts = _PLAIN_SITES[kind]
        return rng.choice(skeletons), rng.choice(hosts)
    skeleton = "question_answer" if kind == "question" else rng.choice([s for s in _SITES if s != "question_answer"])
    return skeleton, rng.choice(_SITES[skeleton])


def _built(rng: Random, page: Page, host: str) -> Page:
    # A page without formulas has nothing to write in a markup; any one does.
    markup = BY_NAME[page.markup or "parentheses"]
    head = "\n".join(filter(None, (page.transport.head(), page.article.head, markup.head if page.markup else "")))
    frame = Frame(host, page.article.title, page.article.language, head, page.article.html(markup))
    return replace(page, body=encode_page(SKELETONS[page.skeleton](rng, frame), page.transport))


def exact_copy(page: Page, number: int) -> Page:
    """The same bytes at another address, as mirrors and session ids make them."""
    separator = ("?sid=", "?print=1&v=", "/index.html?r=")[number % 3]
    return replace(page, url=f"{page.url}{separator}{number}", duplicate="exact", duplicate_of=page.url)


def near_copy(seed: int, page: Page, number: int) -> Page:
    """The same article on another site, with other things around it."""
    rng = Random(f"{seed}/copy/{number}")
    skeleton = rng.choice([name for name in SKELETONS if name != page.skeleton])
    host = f"mirror{number % 3}.example"
    copy = replace(
        page, url=f"https://{host}/copy/{number}", skeleton=skeleton, transport=Transport("utf-8", "both", "gzip")
    )
    return replace(_built(rng, copy, host), duplicate="near", duplicate_of=page.url)


def with_flaw(page: Page, flaw: str) -> Page:
    """The page with something wrong in its bytes; `flaw` is one of `FLAWS`.

    Raises:
        KeyError: there is no such flaw.
    """
    # All of these patterns are ASCII, so the charset must be one that keeps ASCII as it is.
    page = replace(page, transport=replace(page.transport, charset="utf-8", declared="header"), body=_as_utf8(page))
    before, mark, after = page.body.partition(b"</h1>")
    nested = b"<div>" * 3000 + b"</div>" * 3000
    body = {
        "nul": page.body.replace(b"</p>", b"\0 .</p>"),
        "control_reference": page.body.replace(b"</p>", b"&#1; .</p>"),
        "surrogate_reference": page.body.replace(b"</p>", b"&#xD800; .</p>"),
        "deep_nesting": before + mark + nested + after,
        "invalid_bytes": page.body.replace(b"</p>", b"\xff\xfe\xc3 .</p>"),
        "cut_off_html": page.body[: max(page.body.rfind(b"</p>"), page.body.rfind(b"</li>"))],
    }[flaw]
    return replace(page, body=body, flaw=flaw)


def _as_utf8(page: Page) -> bytes:
    text = page.body.decode(page.transport.charset)
    return text.replace(page.transport.head(), "").encode()
