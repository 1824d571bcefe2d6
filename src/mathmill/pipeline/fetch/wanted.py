"""Which addresses are asked for: patterns as one types them, or the file of patterns that a classifier's round wrote.

example.org/algebra/*      all below this path
example.org/algebra*       all whose path begins so
*.example.org              all on the domain and on the hosts in it
example.org/algebra        this page
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mathmill.classifier.decisions import Decisions
from mathmill.classifier.patterns import ANY_HOST
from mathmill.classifier.review import read_review
from mathmill.classifier.url_paths import host, steps, whole_steps
from mathmill.data.errors import ConfigError
from mathmill.pipeline.fetch.surt import domain_beginnings, least, page_beginning, path_beginning

_SCHEME = re.compile(r"https?://", re.IGNORECASE)
_HOST_ALONE = re.compile(r"[^/\\?#@]+/?")
_PORT = re.compile(r"[^/\\?#]*:\d+(?:[/\\?#].*)?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Where in the index to look, and which of the addresses there are meant."""

    beginnings: tuple[str, ...]  # of keys; none lies within another
    accepts: Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class _Typed:
    """One pattern: the steps of an address, joined, that others are compared with."""

    text: str
    beginnings: tuple[str, ...]
    domain: str = ""  # of any host
    page: bool = False  # this address alone
    query: str = ""

    def accepts(self, url: str) -> bool:
        names = steps(url)
        if not names:
            return False
        if self.domain:
            return names[0] == self.domain or names[0].endswith(f".{self.domain}")
        place = "/".join(names) + "/"
        if self.page:
            return place == self.text and _query(url) == self.query
        return place.startswith(self.text)


def typed(patterns: Sequence[str]) -> Wanted:
    """What patterns on the command line ask for.

    Raises:
        ConfigError: one is no pattern.
    """
    each = [_read(pattern) for pattern in patterns]
    beginnings = least(beginning for one in each for beginning in one.beginnings)
    return Wanted(tuple(beginnings), lambda url: any(one.accepts(url) for one in each))


def reviewed(path: Path) -> Wanted:
    """What a file of patterns asks for: pages that an accepted pattern decides about.

    Raises:
        InputMissing: there is no such file.
        ConfigError: it is wrong, or accepts nothing.
    """
    decisions = Decisions(read_review(path))
    prefixes = [pattern.prefix for pattern in decisions.patterns if pattern.decision == "accept"]
    if not prefixes:
        raise ConfigError(f"{path} accepts no pattern, so that nothing is asked for: accept some in it")
    return Wanted(tuple(least(_beginnings(prefixes))), decisions.accepts)


def _beginnings(prefixes: Iterable[str]) -> Iterable[str]:
    for prefix in prefixes:
        if prefix.startswith(ANY_HOST):
            yield from domain_beginnings(prefix[len(ANY_HOST) :].strip("/"))
        else:
            yield path_beginning(prefix.strip("/").split("/"))


def _read(pattern: str) -> _Typed:
    bare = _SCHEME.sub("", pattern.strip(), count=1)
    any_host = bare.startswith("*.")
    rest = bare.removeprefix("*.")
    begins, star, behind = rest.partition("*")
    names = whole_steps(f"//{begins}")
    if _PORT.fullmatch(begins):
        raise ConfigError(
            f"{pattern[:200]!r} names a port: leave it out. Pages at other ports than the usual ones are not looked for"
        )
    if not names or behind or "." not in names[0] or (any_host and not _HOST_ALONE.fullmatch(begins)):
        raise ConfigError(
            f"{pattern[:200]!r} is no pattern of addresses: write HOST/PATH/*, *.DOMAIN for all its hosts, or the "
            "address of one page"
        )
    if any_host:
        domain = host(f"//{begins}").removeprefix("www.")
        return _Typed("", domain_beginnings(domain), domain=domain)
    if star and "/" not in begins:
        raise ConfigError(f"{pattern[:200]!r}: a host does not end with *: write {begins.strip('.')[:100]}/*")
    if star:
        text = "/".join(names) + ("/" if begins.endswith("/") else "")
        return _Typed(text, (path_beginning(names),))
    query = _query(begins)
    place = "/".join(steps(f"//{begins}")) + "/"
    return _Typed(place, (page_beginning(names, bool(query)),), page=True, query=query)


def _query(url: str) -> str:
    return url.partition("#")[0].partition("?")[2]
