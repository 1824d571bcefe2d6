"""Which servers may be asked, and at which addresses they may be.

A listing or an index names files, and a redirect names a place: none of them can lead elsewhere than to the hosts that
are allowed, and a name that resolves to an address of the local network is refused. What counts is the address that is
connected to, not one looked up before.
"""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from mathmill.data.errors import ConfigError
from mathmill.pipeline.fetch.troubles import Trouble

DATA = "https://data.commoncrawl.org"  # the files of all crawls
INDEX = "https://index.commoncrawl.org"  # the list of crawls, and the server that looks addresses up

_PORTS = {"http": 80, "https": 443}
_LEAST_SECONDS = 2.0  # for one of many addresses: what is lost on the way is sent again after one
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
# Addresses of IPv4 in the old manner, of a translator of the own network, and of a site: Python takes some for public.
_LOCAL = tuple(ipaddress.ip_network(each) for each in ("::/96", "64:ff9b:1::/48", "fec0::/10"))

Origin = tuple[str, str, int]  # scheme, host, port


@dataclass(frozen=True, slots=True)
class Hosts:
    """Common Crawl's two hosts over https, and those that the user named (`given`, addresses) as they were named."""

    given: tuple[str, ...] = ()

    def check(self, url: str) -> SplitResult:
        """The parts of an address that may be asked.

        Raises:
            ConfigError: its host is not allowed, or not in this way.
        """
        if origin_of(url) not in {origin_of(each) for each in (DATA, INDEX, *self.given)}:
            raise ConfigError(
                f"{url[:200]} is at a host that is not asked: only data.commoncrawl.org and index.commoncrawl.org are, "
                "over https, and the mirror that is named"
            )
        return urlsplit(url)

    def connect(self, url: str, seconds: float) -> socket.socket:
        """A connection to the host of `url`, which `check` let pass; its addresses share the seconds.

        Raises:
            ConfigError: all its addresses are of a local network, and it was not named by the user.
            Trouble: it cannot be reached.
        """
        origin = origin_of(url)
        named = origin in {origin_of(each) for each in self.given}
        _, host, port = origin
        refused, failed = "", f"no address of {host} is known"
        found = _addresses(host, port)
        for family, address in found:
            if not named and not is_public(str(address[0])):
                refused = str(address[0])
                continue
            connection = socket.socket(family, socket.SOCK_STREAM)
            connection.settimeout(min(seconds, max(_LEAST_SECONDS, seconds / len(found))))
            try:
                connection.connect(address)
            except OSError as error:
                connection.close()
                failed = f"cannot connect to {host} ({error})"
                continue
            return connection
        if refused:
            raise ConfigError(
                f"{host} is at {refused}, an address of a local network, and is not asked there: name the server as "
                "the mirror if that is meant"
            )
        raise Trouble(failed, unmet=True)


def origin_of(url: str) -> Origin:
    """Scheme, host and port of an address.

    Raises:
        ConfigError: it is no http or https address, or carries a user's name.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ConfigError(f"{url[:200]!r} is no address ({error}): write https://HOST") from error
    if parts.scheme not in _PORTS or not parts.hostname or parts.username is not None:
        raise ConfigError(f"{url[:200]!r} is no address of a server: write https://HOST or s3://BUCKET")
    return parts.scheme, parts.hostname.lower(), port or _PORTS[parts.scheme]


def is_public(address: str) -> bool:
    """Whether an IP address is one of the public network, also where it carries another in itself."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if any(ip in network for network in _LOCAL):
            return False
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast


def _addresses(host: str, port: int) -> list[tuple[socket.AddressFamily, tuple[str, int]]]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Trouble(f"the address of {host} cannot be found ({error})", unmet=True) from error
    # Of IPv6 an address has two more members, which `connect` takes as well.
    return [(family, address) for family, _, _, _, address in found]  # type: ignore[misc]
