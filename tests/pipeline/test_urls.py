from __future__ import annotations

import gzip
import json
import time
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mathmill.pipeline.urls import canonical_url
from tests.shared import CRAWL, needs_crawl

#: Rule, the name, addresses that have it.
SAME = [
    ("scheme", "https://a.org/x", ["http://a.org/x", "HTTPS://a.org/x", "//a.org/x", " http://a.org/x\n"]),
    ("www", "https://a.org/x", ["http://www.a.org/x", "http://www.www.a.org/x"]),
    ("www before a site of a free host", "https://u.github.io/x", ["https://www.u.github.io/x"]),
    ("www is the domain", "https://www.com/x", ["http://www.com/x"]),
    (
        "port",
        "https://a.org/x",
        ["http://a.org:80/x", "https://a.org:443/x", "https://a.org:0443/x", "http://a.org:/x"],
    ),
    ("other port", "https://a.org:8080/x", ["http://a.org:8080/x", "https://u:p@a.org:8080/x"]),
    ("port of IPv6", "https://[::1]:81/", ["http://[0:0::1]:81/"]),
    ("user", "https://a.org/x", ["http://user:pass@a.org/x", "http://b.org@a.org/x"]),
    ("host", "https://xn--bcher-kva.de/x", ["http://B\u00dcCHER.de/x", "http://xn--bcher-kva.de./x"]),
    ("percent", "https://a.org/~u/%C3%A9%2F", ["http://a.org/%7eu/%c3%a9%2f", "http://a.org/~u/\u00e9%2F"]),
    (
        "percent in a query",
        "https://a.org/x?q=1%2B1+%3D+2",
        ["http://a.org/x?q=1%2b1%20%3d%202", "//a.org/x?q=1%2B1+=+2"],
    ),
    ("dots", "https://a.org/b/c", ["http://a.org/./a/../b/c", "http://a.org/../b/c"]),
    ("slashes", "https://a.org/b/c", ["http://a.org//b///c", "http:\\\\a.org\\b\\c"]),
    ("no path", "https://a.org/", ["http://a.org", "http://a.org?", "http://a.org/#top"]),
    ("utm", "https://a.org/x", ["http://a.org/x?utm_source=rss&utm_medium=a", "http://a.org/x?UTM_Campaign=1&utm_id="]),
    ("clicks", "https://a.org/x?id=1", [f"http://a.org/x?{k}=Ab1&id=1" for k in ("fbclid", "gclid", "msclkid", "_ga")]),
    ("mails", "https://a.org/x", ["http://a.org/x?mc_cid=1&mc_eid=2", "http://a.org/x?_hsenc=p2&_hsmi=1"]),
    (
        "place of the link",
        "https://a.org/x",
        ["http://a.org/x?ref=home", "http://a.org/x?source=rss&via=news.site.com"],
    ),
    ("place in a shop", "https://a.org/x?id=5", ["http://a.org/x?spm=a2c4e.11153940.0.0&id=5"]),
    ("replies", "https://a.org/x", ["http://a.org/x?replytocom=12#respond", "http://a.org/x?showComment=1234#c1"]),
    ("session", "https://a.org/x?t=1", ["http://a.org/x?t=1&PHPSESSID=abc", "http://a.org/x?t=1&jsessionid=1"]),
    (
        "token",
        "https://a.org/x",
        ["http://a.org/x?sid=6d4a2943090f9727f05d62369c249c92", "http://a.org/x?s=7avi5kekk4lplei99qg5682ur4"],
    ),
    (
        "session in a path",
        "https://a.org/x?t=1",
        ["http://a.org/x;jsessionid=12AB?t=1", "http://a.org/(S(abcdefghij0123456789klmn))/x?t=1"],
    ),
    ("parameters", "https://a.org/x?a=1&b=2", ["http://a.org/x?b=2&a=1", "http://a.org/x?&b=2&&a=1"]),
    ("fragment", "https://a.org/x", ["http://a.org/x#section-2", "http://a.org/x#"]),
    ("route", "https://a.org/x#!/topic/1", ["http://www.a.org/x#!/topic/1"]),
    (
        "index",
        "https://a.org/d",
        [f"http://a.org/d/{n}" for n in ("index.html", "index.htm", "index.php", "Default.aspx", "")],
    ),
    ("index with a query", "https://a.org/?p=5", ["http://a.org/index.php?p=5", "http://a.org/?p=5"]),
    (
        "amp",
        "https://a.org/2020/05/a-b",
        [
            "http://a.org/2020/05/a-b/amp/",
            "http://amp.a.org/2020/05/a-b",
            "http://a.org/2020/05/a-b?amp",
            "http://a.org/2020/05/a-b?amp=1",
        ],
    ),
    (
        "amp of a file",
        "https://a.org/x.html",
        ["http://a.org/x.html/amp", "http://a.org/x.amp.html", "http://a.org/x.html?outputType=amp"],
    ),
    (
        "amp cache",
        "https://a.org/x?a=1",
        ["https://a-org.cdn.ampproject.org/c/s/a.org/x?a=1", "https://www.google.com/amp/s/a.org/x?a=1"],
    ),
    (
        "telephones",
        "https://en.wikipedia.org/wiki/X",
        ["http://en.m.wikipedia.org/wiki/X", "http://en.wikipedia.org/wiki/X?useformat=mobile"],
    ),
    (
        "print",
        "https://a.org/x",
        ["http://a.org/x?print=1", "http://a.org/x?printable=yes", "http://a.org/x?view=print"],
    ),
    (
        "blog",
        "https://b.blogspot.com/2010/01/x.html",
        ["http://b.blogspot.de/2010/01/x.html?m=1", "http://b.blogspot.co.uk/2010/01/x.html?m=0"],
    ),
    ("blog under its own domain", "https://b.org/2010/01/x.html", ["http://b.org/2010/01/x.html?m=1"]),
    (
        "question",
        "https://math.stackexchange.com/questions/12",
        [
            "https://math.stackexchange.com/questions/12/is-it-so/34#34",
            "https://math.stackexchange.com/q/12/999",
            "http://math.stackexchange.com/questions/12/?lq=1&noredirect=1",
        ],
    ),
    (
        "question elsewhere",
        "https://mathoverflow.net/questions/12",
        ["https://mathoverflow.net/q/12", "https://mathoverflow.net/questions/12/title?rq=1"],
    ),
    ("answer by its number alone", "https://mathoverflow.net/a/34", ["https://mathoverflow.net/a/34/999"]),
    (
        "topic",
        "https://artofproblemsolving.com/community/h123",
        [
            "https://artofproblemsolving.com/community/c6h123p456",
            "http://www.artofproblemsolving.com/community/c7h123_imo_2001",
        ],
    ),
    (
        "thread",
        "https://forum.org/threads/12345?a=1",
        ["https://forum.org/threads/an-integral.12345/?a=1", "https://forum.org/threads/integral-solved.12345?a=1"],
    ),
    (
        "thread of phpBB",
        "https://forum.org/viewtopic.php?t=12",
        [
            "http://forum.org/viewtopic.php?f=3&t=12&sid=6d4a2943090f9727f05d62369c249c92",
            "http://forum.org/viewtopic.php?t=12&hilit=integral",
        ],
    ),
    (
        "article",
        "https://blog.csdn.net/u/article/details/12",
        ["https://blog.csdn.net/u/article/details/12?ops_request_misc=x&request_id=1"],
    ),
    (
        "mirror",
        "https://arxiv.org/abs/1706.03762",
        [
            "http://export.arxiv.org/abs/1706.03762",
            "http://xxx.lanl.gov/abs/1706.03762",
            "http://de.arxiv.org/abs/1706.03762",
        ],
    ),
    (
        "archive",
        "https://a.org/x?id=1",
        [
            "https://web.archive.org/web/20200102030405/http://www.a.org/x?id=1",
            "https://web.archive.org/web/20200102030405id_/https://a.org:443/x?id=1&utm_source=b",
            "http://arquivo.pt/wayback/20100102030405/http://a.org/x?id=1",
            "https://web.archive.org/web/2020/http://a.org/x?id=1",
            "https://web.archive.org/web/20200102030405/http://arquivo.pt/wayback/20100102030405/http://a.org/x?id=1",
        ],
    ),
]

#: Pages that are different ones.
APART = [
    [
        "http://a.org/c/threads/pthread_create.3",
        "http://a.org/c/threads/pthread_join.3",
        "http://a.org/threads/intro-1.1",
    ],
    ["http://a.org/threads/intro-1.1", "http://a.org/threads/advanced-2.1"],
    ["http://a.org/report?source=foo.com", "http://a.org/report?source=bar.org", "http://a.org/report"],
    ["http://a.org/?s=calculus1problems2", "http://a.org/?s=algebra12345problems", "http://a.org/"],
    ["http://a.org/x?session=spring2020lectures1", "http://a.org/x"],
    ["http://a.org/x?id=1", "http://a.org/x?id=2", "http://a.org/x", "http://a.org/x?id=1&id=2"],
    ["http://a.org/?p=1", "http://a.org/?p=2", "http://a.org/?page=1", "http://a.org/?page=2", "http://a.org/?q=1"],
    ["http://a.org/x?q=1%2B1", "http://a.org/x?q=1+1", "http://a.org/x?q=11", "http://a.org/x?q=1-1"],
    ["http://a.org/x?keyword=a", "http://a.org/x?keyword=b", "http://a.org/x?uid=1", "http://a.org/x?uid=2"],
    ["http://a.org/x?source=1", "http://a.org/x?source=2", "http://a.org/x?from=2001", "http://a.org/x?from=2002"],
    ["http://a.org/x?ref=master", "http://a.org/x?ref=v2", "http://a.org/x?ref=thm.12", "http://a.org/x?ref=thm.13"],
    ["http://a.org/index.php?ref=home", "http://a.org/index.php?ref=menu", "http://a.org/view.php?ref=home"],
    [
        "http://a.org/x?sid=12",
        "http://a.org/x?sid=13",
        "http://a.org/x?sid=04/02/1",
        "http://a.org/x?sid=1234567890123456",
    ],
    ["http://a.org/?s=euler-number-of-sphere", "http://a.org/?s=gauss-number-of-sphere", "http://a.org/?s=sphere"],
    ["http://a.org/x?session=spring2020", "http://a.org/x?session=fall2020"],
    ["http://a.org/x?mbid=1", "http://a.org/x?mbid=2", "http://a.org/x?eid=1", "http://a.org/x?gallery=1"],
    ["http://a.org/x?lang=de", "http://a.org/x?lang=en", "http://a.org/x?version=1", "http://a.org/x?oldid=3"],
    ["http://a.org/x?m=1", "http://a.org/x?m=2", "http://a.org/x"],
    ["http://a.org/x?view=list", "http://a.org/x?view=grid", "http://a.org/x?print=2", "http://a.org/x"],
    ["http://a.org/X", "http://a.org/x", "http://a.org/x.html", "http://a.org/x.php"],
    ["http://a.org/a%2Fb", "http://a.org/a/b", "http://a.org/a%252Fb"],
    ["http://a.org/glossary", "http://a.org/glossary/amp", "http://a.org/glossary/ohm", "http://a.org/amp.html"],
    ["http://a.org/docs/15/x", "http://a.org/docs/16/x", "http://a.org/en/x", "http://a.org/x"],
    ["http://a.org/x#!/1", "http://a.org/x#!/2", "http://a.org/x#/1", "http://a.org/x"],
    ["http://a.org/index.php/x", "http://a.org/index.php/y", "http://a.org/index2.html", "http://a.org/indexes.html"],
    ["http://a.org/", "http://b.a.org/", "http://www2.a.org/", "http://mobile.a.org/", "http://a.org:8080/"],
    ["http://u.github.io/", "http://v.github.io/", "http://m.github.io/", "http://github.io/"],
    ["http://a.blogspot.com/", "http://b.blogspot.com/", "http://b.blogspot.com/?m=3"],
    [
        "https://math.stackexchange.com/questions/1",
        "https://math.stackexchange.com/questions/2",
        "https://mathoverflow.net/questions/1",
        "https://math.stackexchange.com/a/1",
        "https://math.stackexchange.com/questions/1?page=2",
        "https://math.stackexchange.com/questions/tagged/integration",
        "https://math.meta.stackexchange.com/questions/1",
        "https://math.stackexchange.com/questions",
    ],
    ["https://www.zhihu.com/question/1/answer/2", "https://www.zhihu.com/question/1/answer/3"],
    [
        "https://f.org/threads/a.1",
        "https://f.org/threads/a.1/page-2",
        "https://f.org/threads/a.2",
        "https://f.org/threads/a.1/post-5",
    ],
    [
        "https://f.org/viewtopic.php?f=1&t=2",
        "https://f.org/viewtopic.php?f=1&t=3",
        "https://f.org/viewtopic.php?p=2",
        "https://f.org/viewtopic.php?f=1",
        "https://f.org/viewtopic.php?f=1&t=2&start=15",
    ],
    ["https://arxiv.org/abs/1", "https://arxiv.org/abs/1v2", "https://info.arxiv.org/abs/1", "https://arxiv.org/pdf/1"],
    [
        "https://web.archive.org/web/20200102030405/http://a.org/",
        "https://web.archive.org/web/20200102030405/http://b.org/",
        "https://web.archive.org/about",
        "https://a.org/proxy?u=http://b.org/",
    ],
    ["http://google.com/amp/s/", "http://google.com/amp/settings", "http://google.com/"],
]

#: Addresses of nothing, which are their own names.
OTHERS = [
    "",
    "x",
    "a.org/x",
    "mailto:a@b.org",
    "data:text/html,x",
    "http:",
    "http://",
    "http:///x",
    "http://[::1/x",
    "http://%00/x",
    "http://a..b/x",
    "ftp://a.org/x",
    "dns:a.org",
    "urn:uuid:1",
]


@pytest.mark.parametrize(("name", "addresses"), [row[1:] for row in SAME], ids=[row[0] for row in SAME])
def test_addresses_of_one_page(name: str, addresses: list[str]) -> None:
    assert {url: canonical_url(url) for url in addresses} == dict.fromkeys(addresses, name)
    assert canonical_url(name) == name


@pytest.mark.parametrize("addresses", APART, ids=[row[0] for row in APART])
def test_addresses_of_different_pages(addresses: list[str]) -> None:
    names = {url: canonical_url(url) for url in addresses}
    assert len(set(names.values())) == len(addresses), names


@pytest.mark.parametrize("text", OTHERS)
def test_what_is_no_address_is_its_own_name(text: str) -> None:
    assert canonical_url(text) == text


PIECES = [
    "http://",
    "https:/",
    "//",
    "www.",
    "m.",
    "a.org",
    "[::1]",
    ":80",
    ":443",
    "@",
    "/",
    "\\",
    "/amp",
    ".amp",
    ".html",
    "/index.html",
    "/index.php",
    "?",
    "&",
    "=",
    "#",
    "#!",
    ";jsessionid=1",
    "/(S(abcdefghij0123456789))",
    "%",
    "%2F",
    "%2f",
    "%C3",
    "..",
    "/./",
    "/web/2020/",
    "/20200102030405/",
    "/20200102030405id_/",
    "web.archive.org",
    "google.com/amp/s/",
    "x.cdn.ampproject.org/c/s/",
    "utm_source=1",
    "ref=home",
    "sid=6d4a2943090f9727f05d62369c249c92",
    "amp=1",
    "b.blogspot.de",
    "/2010/01/x.html",
    "m=1",
    "mathoverflow.net",
    "/q/1",
    "/questions/1/x",
    "/threads/x.1",
    "/page-2",
    "xxx.lanl.gov",
    "\t",
    "\n",
    " ",
    "\x00",
    "\u00e9",
    "\ud800",
    "\u3002",
    "a-b-c",
    "a",
]


@given(
    st.one_of(
        st.text(),
        st.lists(st.sampled_from(PIECES)).map("".join),
        st.lists(st.sampled_from(PIECES)).map(lambda some: "http://a.org" + "".join(some)),
    )
)
def test_a_name_is_its_own_name_and_nothing_raises(url: str) -> None:
    name = canonical_url(url)
    assert canonical_url(name) == name


@pytest.mark.parametrize(
    "piece",
    [
        "/",
        "-",
        "a/../",
        "?a=1",
        "&a=1",
        "http://a.org/",
        "/20200102030405/http://a.org",
        "%",
        ".amp",
        "/index.html",
        ";sid=",
        "/(S(",
    ],
)
def test_hostile_addresses_cost_no_time(piece: str) -> None:
    began = time.process_time()
    for length in (8_000, 4_000_000):
        canonical_url(("http://a.org/" + piece * (length // len(piece) + 1))[:length])
    assert time.process_time() - began < 0.5


@needs_crawl
def test_on_the_crawl_all_listed_addresses_merge_and_no_page_is_lost() -> None:
    with gzip.open(CRAWL / "dups.jsonl.gz") as lines:
        groups = [json.loads(line) for line in lines]
    with gzip.open(CRAWL / "labels.jsonl.gz") as lines:
        pages = [json.loads(line)["url"] for line in lines]
    exact = [g["urls"] for g in groups if g["kind"] == "exact" and not any("in the source" in how for how in g["how"])]
    assert [len({canonical_url(url) for url in urls}) for urls in exact] == [1] * 359
    named: dict[str, set[str]] = {}
    for url in pages:
        named.setdefault(canonical_url(url), set()).add(url)
    merged = {frozenset(pair) for urls in named.values() for pair in combinations(sorted(urls), 2)}
    listed = {frozenset(pair) for group in groups for pair in combinations(sorted(group["urls"]), 2)}
    # The others were read: one page each under two addresses, its text changed by more than the list's bound.
    assert (len(merged), len(merged - listed)) == (742, 23)
