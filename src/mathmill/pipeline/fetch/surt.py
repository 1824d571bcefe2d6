"""Keys of addresses as the index of a crawl has them: `https://www.example.org/a/B?x=1` is `org,example)/a/b?x=1`.

The index is sorted by them, so that all addresses of a host, of a domain or below a path lie side by side. Its keys are
made by rules for sessions, escapes and parameters that are not repeated here: what is made is the beginning that the
keys of all wanted addresses share, and whoever reads there looks at each address itself. A line of the index goes on
with a space behind its key, which a beginning may take in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_WWW = re.compile(r"^www\d*\.")
_PLAIN = re.compile(r"[a-z0-9._~/-]*")  # what stands in a key as it does in a path


def host_key(host: str) -> str:
    """`www.math.example.org` as `org,example,math`."""
    return ",".join(reversed(_WWW.sub("", host, count=1).split(".")))


def path_beginning(names: Sequence[str]) -> str:
    """What the keys of all addresses below (host, segment, ...) begin with, and those of some others."""
    path = "/".join(names[1:]).lower()
    plain = _PLAIN.match(path)
    return f"{host_key(names[0])})/{plain[0] if plain else ''}"


def page_beginning(names: Sequence[str], query: bool) -> str:
    """What the keys of one page begin with, up to the end of its path; further where the path is not plain."""
    begins = path_beginning(names)
    whole = len(begins) == len(f"{host_key(names[0])})/" + "/".join(names[1:]))
    return begins + ("?" if query else " ") if whole else begins


def domain_beginnings(domain: str) -> tuple[str, str]:
    """What the keys of all addresses on a domain and on the hosts in it begin with."""
    key = host_key(domain)
    return f"{key})", f"{key},"


def least(beginnings: Iterable[str]) -> list[str]:
    """The beginnings without those that lie within another, sorted."""
    kept: list[str] = []
    for each in sorted(set(beginnings)):
        if not kept or not each.startswith(kept[-1]):
            kept.append(each)
    return kept


def after(beginning: bytes) -> bytes:
    """The first key that is greater than all that begin so; `beginning` is not empty and does not end with 0xFF."""
    return beginning[:-1] + bytes([beginning[-1] + 1])
