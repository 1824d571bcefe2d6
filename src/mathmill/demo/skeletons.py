"""What stands around an article on the made-up web: navigation, advertising, comments, footers.

Five kinds of sites, each with its own habit of naming things, as an extractor meets them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from random import Random
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Frame:
    """What a skeleton needs to know: the site's host, the page's title, language, head and article as HTML."""

    host: str
    title: str
    language: str
    head: str
    article: str


Skeleton = Callable[[Random, Frame], str]

_TEASERS = (
    "Ten places you must see this summer", "How we paid off our house", "Subscribe to our newsletter",
    "The best shoes for wide feet", "This trick saves you hours every week", "Win a holiday for two",
    "Compare insurance in one minute", "Free delivery until Sunday",
)  # fmt: skip
_COMMENTS = (
    "Great post, thank you!", "I think there is a typo in the second line.", "First!", "Could you write more?",
    "My teacher explained it in another way, but this helped.", "Bookmarked for later.", "Thanks for sharing.",
    "Does anybody know a good book on this?", "I disagree, but it is well written.",
)  # fmt: skip
_AUTHORS = ("mara", "old_tom", "j.arno", "prind", "sofia", "kenab", "guest1207", "lindworm")


def _document(frame: Frame, body: str) -> str:
    return (
        f'<!DOCTYPE html>\n<html lang="{frame.language}">\n<head>\n{frame.head}\n'
        f"<title>{escape(frame.title)} - {frame.host}</title>\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<link rel="stylesheet" href="/static/site.css">\n</head>\n'
        f"<body>\n{body}\n</body>\n</html>\n"
    )


def _links(names: tuple[str, ...]) -> str:
    return "".join(f'<li><a href="/{name.lower().replace(" ", "-")}">{name}</a></li>' for name in names)


def _footer(rng: Random, frame: Frame) -> str:
    rights = f"&copy; {rng.randint(2009, 2024)} {frame.host}. All rights reserved. Privacy. Imprint."
    return f'<footer class="site-footer"><p>{rights}</p></footer>'


def _comments(rng: Random, most: int) -> str:
    items = "".join(
        f'<li class="comment"><b>{rng.choice(_AUTHORS)}</b> <p>{escape(text, quote=False)}</p></li>'
        for text in rng.sample(_COMMENTS, rng.randint(0, most))
    )
    return f'<section id="comments" class="comments"><h3>Comments</h3><ul>{items}</ul></section>'


def blog(rng: Random, frame: Frame) -> str:
    """A header menu, the post, a sidebar with teasers, comments."""
    teasers = "".join(f'<div class="ad">{text}</div>' for text in rng.sample(_TEASERS, 3))
    day, month = rng.randint(1, 28), rng.randint(1, 12)
    return _document(
        frame,
        f'<header><nav><ul class="menu">{_links(("Home", "Archive", "About", "Contact"))}</ul></nav></header>\n'
        f'<main><article class="post hentry"><h1 class="entry-title">{escape(frame.title)}</h1>\n'
        f'<p class="meta">Posted by {rng.choice(_AUTHORS)} on {day}.{month}.{rng.randint(2009, 2024)}</p>\n'
        f'<div class="entry-content">\n{frame.article}\n</div></article>\n{_comments(rng, 5)}</main>\n'
        f'<aside class="sidebar"><h3>Popular</h3>{teasers}</aside>\n{_footer(rng, frame)}',
    )


def encyclopaedia(rng: Random, frame: Frame) -> str:
    """The page furniture of a wiki: tabs, edit links, categories."""
    return _document(
        frame,
        '<div id="mw-navigation"><ul>'
        f"{_links(('Main page', 'Random article', 'Recent changes', 'Donate'))}</ul></div>\n"
        f'<div id="content" class="mw-body" role="main"><h1 id="firstHeading">{escape(frame.title)}</h1>\n'
        '<div id="siteSub">From the free encyclopaedia</div>\n'
        f'<div id="mw-content-text"><div class="mw-parser-output">\n{frame.article}\n</div></div>\n'
        '<div class="printfooter">Retrieved from the web</div>'
        f'<div id="catlinks">Categories: {rng.choice(("Stubs", "Articles to expand", "Basic topics"))}</div></div>\n'
        f'<div id="footer">This page was last edited on {rng.randint(1, 28)} May {rng.randint(2012, 2024)}.</div>',
    )


def question_answer(rng: Random, frame: Frame) -> str:
    """A forum with votes, user cards and related questions."""
    related = "".join(f'<li><a href="/q/{rng.randint(1000, 9999)}">{text}</a></li>' for text in rng.sample(_TEASERS, 3))
    return _document(
        frame,
        f'<div class="topbar"><a href="/">{frame.host}</a> <a href="/ask">Ask</a> <a href="/tags">Tags</a></div>\n'
        f'<div id="question-header"><h1><a href="#">{escape(frame.title)}</a></h1>'
        f"<div>Asked {rng.randint(2, 11)} years ago. Viewed {rng.randint(20, 9000)} times.</div></div>\n"
        f'<div id="mainbar"><div class="votecell">{rng.randint(0, 40)}</div>\n'
        f'<div class="postcell">\n{frame.article}\n</div>\n'
        f'<div class="user-info">answered by {rng.choice(_AUTHORS)}, {rng.randint(1, 9999)} points</div></div>\n'
        f'<div id="sidebar"><h4>Related</h4><ul>{related}</ul></div>\n{_footer(rng, frame)}',
    )


def lecture_notes(rng: Random, frame: Frame) -> str:
    """A bare page of a department, as written by hand many years ago."""
    week = rng.randint(1, 14)
    return _document(
        frame,
        f'<table width="100%" border="0"><tr><td><a href="week{week - 1}.html">Previous</a></td><td>Week {week}</td>'
        f'<td align="right"><a href="week{week + 1}.html">Next</a></td></tr></table>\n'
        f"<h1>{escape(frame.title)}</h1>\n{frame.article}\n<hr>\n"
        f"<address>Department of Studies, room {rng.randint(100, 420)}. Office hours by appointment.</address>",
    )


def textbook(rng: Random, frame: Frame) -> str:
    """An online book with a table of contents on the left and buttons below."""
    chapters = "".join(
        f'<li class="toctree-l1"><a href="/chapter-{number}">Chapter {number}</a></li>' for number in range(1, 8)
    )
    number = f"{rng.randint(1, 9)}.{rng.randint(1, 9)}"
    return _document(
        frame,
        f'<div class="book-summary"><nav role="navigation"><ul>{chapters}</ul></nav></div>\n'
        f'<div class="book-body"><div class="page-inner"><section class="normal" id="section">\n'
        f'<h1><span class="header-section-number">{number}</span> {escape(frame.title)}</h1>\n{frame.article}\n'
        f'</section></div></div>\n<div class="navigation"><a rel="prev" href="#">Back</a>'
        f' <a rel="next" href="#">On</a></div>\n{_footer(rng, frame)}',
    )


SKELETONS: Mapping[str, Skeleton] = MappingProxyType(
    {
        "blog": blog,
        "encyclopaedia": encyclopaedia,
        "question_answer": question_answer,
        "lecture_notes": lecture_notes,
        "textbook": textbook,
    }
)

_SCRIPT = """<script>
window.dataLayer = window.dataLayer || []; var price = "$" + 19.99, cost = {low: "$5", high: "$10"};
if (window.jQuery) { $(function () { $(".menu").toggle(price < 20 && cost.low); }); }
</script>"""
_BANNER = (
    '<div id="cookie-consent" class="cookie-banner" role="dialog"><p>We use cookies to make this site better. '
    '<a href="/cookies">Learn more</a></p><button>Accept all</button><button>Reject</button></div>'
)


def crowd(rng: Random, html: str) -> str:
    """A page with more around its article, as on sites that live on it.

    Scripts that are full of dollar signs, a cookie banner, advertisements with prices, related links.
    """
    low = rng.randint(2, 9)
    offer = f"Premium from ${low} to ${low + rng.randint(3, 30)} a month, or ${low * 10}.99 for a whole year!"
    related = "".join(
        f"<li><a href='/read/{rng.randint(100, 999)}'>{text}</a></li>" for text in rng.sample(_TEASERS, 4)
    )
    before = f'{_SCRIPT}\n{_BANNER}\n<div class="ad advert banner-ad"><a href="/offer">{offer}</a></div>\n'
    after = (
        f'<div class="related-posts"><h3>You may also like</h3><ul>{related}</ul></div>\n'
        f'<div class="newsletter"><form><label>Your address <input type="email"></label></form></div>\n{_SCRIPT}\n'
    )
    return html.replace("<body>\n", f"<body>\n{before}", 1).replace("</body>", f"{after}</body>", 1)
