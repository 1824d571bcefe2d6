"""One normal form of URLs, so that a pattern and the pages under it are compared step by step.

A URL becomes its *steps*: the host, then the segments of its path. What tells no place apart is left out: scheme, user,
port, `www.`, case of the host, query, fragment, session ids, empty and dot segments, a trailing slash, `index.html` and
its like. Percent-encoding is RFC 3986's normal form, with everything but printable ASCII encoded, so that the steps of
a hostile URL hold no control character, quote, backslash, blank or character of another script: a prefix can be
printed, quoted and compared as it is. A literal `*` is encoded, too: in a prefix it stands for any host of a domain.

Steps end before a segment of more than `LONGEST` characters and after `DEEPEST` segments: what lies deeper is told
apart no further. The query is not looked at: most of its keys are those of sessions and advertising, and a page that
is told from others by its query alone, as in old forums, is taken with all of them or left with them.
"""

from __future__ import annotations

import re
from urllib.parse import quote, unquote_to_bytes

from mathmill.data.domains import host_of

LONGEST = 100  # characters of a segment
DEEPEST = 8  # segments of a path
_MOST = 4_000  # characters of a URL that are looked at

# What is in normal form already but for its index page, nearly all pages: three times as fast as taking it apart.
_PLAIN = re.compile(
    r"https?://((?:(?!xn--)[a-z0-9-]{1,63}\.){1,3}[a-z]{2,12})((?:/[A-Za-z0-9_~!$&()+,=:@-][A-Za-z0-9._~!$&()+,=:@-]*)*)/?"
)
_BEFORE_HOST = re.compile(r"\s*(?:(?:[A-Za-z][A-Za-z0-9+.-]{0,20}:)?//)?")
_SESSION = re.compile(r";(?:jsessionid|phpsessid|sid)=.*", re.IGNORECASE | re.DOTALL)
_INDEX = re.compile(r"(?:index|default)\.(?:x?html?|shtml|php[0-9]?|aspx?|jsp|cgi)", re.IGNORECASE)
_NOT_ENCODED = re.compile("%(?![0-9A-Fa-f]{2})")
_SAFE = "~!$&()+,=:@;"  # of a segment, beside letters, digits and `_.-`
_SHOWN = "%:/?#[]@!$&()*+,;=~"  # of a whole URL


def steps(url: str) -> tuple[str, ...]:
    """(host, segment, ...) in normal form; () where there is no host. Linear in the URL's length."""
    plain = _PLAIN.fullmatch(url) if len(url) <= _MOST else None
    if plain is None:
        names = whole_steps(url)
        return (names[0], *_cut(list(names[1:]))) if names else ()
    return (_without_www(plain[1]), *_cut(plain[2].split("/")[1:]))


def whole_steps(url: str) -> tuple[str, ...]:
    """The same with `index.html` and all that lies deep: what a prefix names."""
    authority, path = _parts(url[:_MOST])
    found = _host(authority)
    if not found:
        return ()
    segments: list[str] = []
    for raw in path:
        segment = _segment(raw)
        if segment == "..":
            del segments[-1:]
        elif segment not in ("", "."):
            segments.append(segment)
    return (_without_www(found), *segments)


def is_cut(names: tuple[str, ...]) -> bool:
    """Whether no page has steps as long as these."""
    return len(names) > DEEPEST + 1 or any(len(name) > LONGEST for name in names[1:])


def host(url: str) -> str:
    """The host in normal form with its `www.`; "" where there is none."""
    return _host(_parts(url[:_MOST])[0])


def shown(url: str, longest: int = 200) -> str:
    """The URL as it can be shown and quoted anywhere: printable ASCII without quote, backslash or blank, cut."""
    text = quote(url[:longest].encode("utf-8", "surrogatepass"), safe=_SHOWN)
    return text if len(text) <= longest and len(url) <= longest else f"{text[: longest - 3]}..."


def _parts(url: str) -> tuple[str, list[str]]:
    """The authority and the raw segments. Browsers read a backslash as a slash."""
    before = re.split(r"[?#]", url, maxsplit=1)[0].replace("\\", "/")
    begin = _BEFORE_HOST.match(before)
    authority, *path = before[begin.end() if begin else 0 :].split("/")
    return authority, path


def _host(authority: str) -> str:
    """The host as pages have it in their tables, with what is not for a host encoded, such as `*`."""
    return quote(host_of(f"//{authority}"), safe="[:]")


def _without_www(name: str) -> str:
    rest = name.removeprefix("www.")
    return rest if "." in rest else name


def _segment(raw: str) -> str:
    return _SESSION.sub("", quote(_decoded(raw), safe=_SAFE))


def _decoded(text: str) -> bytes:
    return unquote_to_bytes(_NOT_ENCODED.sub("%25", text).encode("utf-8", "surrogatepass"))


def _cut(segments: list[str]) -> list[str]:
    """The segments that count."""
    while segments and _INDEX.fullmatch(segments[-1]):
        segments.pop()
    for position, segment in enumerate(segments[:DEEPEST]):
        if len(segment) > LONGEST:
            return segments[:position]
    return segments[:DEEPEST]
