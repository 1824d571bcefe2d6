"""The host of an address and the domain that somebody registered, by the public suffix list; without a network.

The list is the one inside the package `publicsuffixlist`, its private part included: `user.github.io` is a domain, as
are two sites of one free host. Hosts have one form however they were written: that of browsers (WHATWG URL Standard,
section 3.5), which is lower case, in punycode, without user, port and the dot of the root.
"""

from __future__ import annotations

import ipaddress
import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

_HOSTS = 1 << 17  # remembered; pages of a crawl come site by site, or from few sites
_LONGEST_HOST = 253  # characters in all (RFC 1035, 2.3.4), of letters, digits and dots
_LONGEST_LABEL = 63
_LONGEST_WRITTEN = 3 * _LONGEST_HOST  # before %41 becomes a; what is longer is not looked at

# A backslash is a slash to browsers, and so ends a host.
_AUTHORITY = re.compile(r"\s*(?:[A-Za-z][A-Za-z0-9+.\-]*:)?[/\\]{2}([^/\\?#]*)")
_DROPPED = str.maketrans("", "", "\t\r\n")  # browsers pass over them wherever they stand
_PLAIN = re.compile(r"[a-z0-9_\-]+(?:\.[a-z0-9_\-]+)*")
_LABEL = re.compile(r"[^\x00-\x20\"#%/:<>?@\[\\\]^`{|}\x7f]+")  # "forbidden domain code points", and quotes
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")


def host_of(url: str) -> str:
    """The host of an address; "" where there is none, or one that no name server could know.

    An IPv6 address keeps its brackets. Addresses without `//` have no host. Nothing is raised, whatever `url` is.
    """
    found = _AUTHORITY.match(url)
    if found is None:
        return ""
    written = found[1].rpartition("@")[2]
    return _normal(written) if len(written) <= _LONGEST_WRITTEN else ""


def registered_domain(url: str) -> str:
    """The domain that was registered for the host of an address: the public suffix and one label before it.

    A host that is an IP address, is itself a public suffix or has none that is known, is its own domain; "" has none.
    """
    host = host_of(url)
    return _domain(host) if host else ""


@lru_cache(_HOSTS)
def _domain(host: str) -> str:
    return _suffixes().privatesuffix(host) or host


@cache
def _suffixes() -> PublicSuffixList:
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList(accept_unknown=False)


@lru_cache(_HOSTS)
def _normal(written: str) -> str:
    """One form of a host with its port; "" if it is none."""
    text = written.translate(_DROPPED).strip()
    if text.startswith("["):
        return _ipv6(text)
    text = text.partition(":")[0].lower().rstrip(".")
    if not _PLAIN.fullmatch(text):
        text = _ascii(unquote(text, errors="replace")).rstrip(".")
    labels = text.split(".")
    if len(text) > _LONGEST_HOST or not all(0 < len(label) <= _LONGEST_LABEL for label in labels):
        return ""
    return _ipv4(text) if _NUMBER.fullmatch(labels[-1]) else text


def _ascii(text: str) -> str:
    """A host in punycode, mapped as browsers do (UTS 46); "" if it holds what no host may."""
    import idna

    try:
        labels = idna.uts46_remap(text, std3_rules=False).split(".")
        if not all(_LABEL.fullmatch(label) for label in labels if label):
            return ""
        # Not by idna's own encoder: it refuses names that are registered and visited, such as those of an emoji.
        return ".".join(
            label if label.isascii() else f"xn--{label.encode('punycode').decode('ascii')}" for label in labels
        )
    except UnicodeError:  # idna's own errors are of it
        return ""


def _ipv4(text: str) -> str:
    """An IPv4 address as it is; "" for what ends in a number and is none, which browsers refuse."""
    try:
        return str(ipaddress.IPv4Address(text))
    except ValueError:
        return ""


def _ipv6(text: str) -> str:
    address, closed, _ = text[1:].partition("]")
    try:
        return f"[{ipaddress.IPv6Address(address).compressed}]" if closed else ""
    except ValueError:
        return ""
