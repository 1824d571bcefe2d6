"""Only hosts that are allowed are asked, and none at an address of a local network."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from mathmill.data.errors import ConfigError
from mathmill.pipeline.fetch.hosts import Hosts, is_public
from mathmill.pipeline.fetch.troubles import Trouble

MIRROR = "http://127.0.0.1:8000"


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://data.commoncrawl.org/crawl-data/x", True),
        ("https://DATA.commoncrawl.org:443/x", True),
        ("https://index.commoncrawl.org/collinfo.json", True),
        ("http://data.commoncrawl.org/x", False),  # not over https
        ("https://data.commoncrawl.org:8443/x", False),
        ("https://data.commoncrawl.org.example.org/x", False),
        ("https://commoncrawl.org/x", False),
        ("https://user@data.commoncrawl.org/x", False),
        ("https://data.commoncrawl.org@example.org/x", False),
        ("ftp://data.commoncrawl.org/x", False),
        ("file:///etc/passwd", False),
        ("https:///x", False),
        ("https://[::1/x", False),
        (f"{MIRROR}/x", True),
        ("http://127.0.0.1/x", False),  # another port than the one that was named
        ("https://127.0.0.1:8000/x", False),
        ("http://localhost:8000/x", False),  # another name than the one that was named
    ],
)
def test_hosts_are_allowed_as_they_are_named(url: str, allowed: bool) -> None:
    hosts = Hosts((MIRROR,))
    if allowed:
        assert hosts.check(url).path
        return
    with pytest.raises(ConfigError):
        hosts.check(url)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("52.216.1.1", True),
        ("2600:9000::1", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),  # where clouds keep credentials
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:169.254.169.254", False),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b::34d8:101", True),
        ("64:ff9b:1::7f00:1", False),
        ("64:ff9b:1::34d8:101", False),
        ("::127.0.0.1", False),
        ("::52.216.1.1", False),
        ("fec0::1", False),
        ("2002:7f00:1::", False),
        ("2001:0:4136:e378:8000:63bf:80ff:fffe", False),
    ],
)
def test_addresses_of_local_networks_are_told(address: str, public: bool) -> None:
    assert is_public(address) == public


def _resolving(*addresses: str) -> Any:
    return lambda host, port, **_: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in addresses]


def test_a_public_name_at_a_local_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", _resolving("127.0.0.1", "169.254.169.254"))
    with pytest.raises(ConfigError, match=r"data\.commoncrawl\.org is at 169\.254\.169\.254, an address of a local"):
        Hosts((MIRROR,)).connect("https://data.commoncrawl.org/x", 1)


def test_only_the_local_address_of_several_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def connect(_: socket.socket, address: Any) -> None:
        asked.append(address)
        raise OSError("refused")

    monkeypatch.setattr(socket, "getaddrinfo", _resolving("10.0.0.1", "52.216.1.1"))
    monkeypatch.setattr(socket.socket, "connect", connect)
    with pytest.raises(ConfigError, match="local network"):
        Hosts().connect("https://data.commoncrawl.org/x", 1)
    assert asked == [("52.216.1.1", 443)]


def test_a_name_that_is_not_known_is_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: Any, **__: Any) -> Any:
        raise socket.gaierror("not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(Trouble, match="cannot be found"):
        Hosts().connect("https://data.commoncrawl.org/x", 1)
