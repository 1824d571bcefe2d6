from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mathmill.data.domains import host_of, registered_domain
from tests.effort import within


@pytest.mark.parametrize(
    ("url", "host", "domain"),
    [
        ("https://math.stackexchange.com/questions/1?x=//b.org#c", "math.stackexchange.com", "stackexchange.com"),
        ("http://User:p@ss@WWW.Example.CO.UK:8080/", "www.example.co.uk", "example.co.uk"),
        ("https://blog.someone.github.io/x", "blog.someone.github.io", "someone.github.io"),  # the private part
        ("https://github.io/", "github.io", "github.io"),  # is itself a public suffix
        ("http://a.b.city.kobe.jp/", "a.b.city.kobe.jp", "city.kobe.jp"),  # an exception of the list
        ("http://a.b.c.kobe.jp/", "a.b.c.kobe.jp", "b.c.kobe.jp"),  # a wildcard of it
        ("http://localhost:80/", "localhost", "localhost"),
        ("http://wiki.corp.unknownsuffix/", "wiki.corp.unknownsuffix", "wiki.corp.unknownsuffix"),
        ("http://x_y.example.org./", "x_y.example.org", "example.org"),
        ("//cdn.example.org/a", "cdn.example.org", "example.org"),
        ("ftp://ftp.hu-berlin.de/pub", "ftp.hu-berlin.de", "hu-berlin.de"),
        ("\n https://exa\tmple.org/", "example.org", "example.org"),
        ("http:\\\\example.org\\x", "example.org", "example.org"),
        ("http://example.org\\@other.org/", "example.org", "example.org"),  # where a browser goes
        ("http://192.0.2.7:81/x", "192.0.2.7", "192.0.2.7"),
        ("http://[2001:DB8::0:1]:81/x", "[2001:db8::1]", "[2001:db8::1]"),
        ("http://www.BÜCHER.example.de/", "www.xn--bcher-kva.example.de", "example.de"),
        ("http://bücher.de/", "xn--bcher-kva.de", "xn--bcher-kva.de"),
        ("http://b%C3%BCcher.de/", "xn--bcher-kva.de", "xn--bcher-kva.de"),
        ("http://XN--BCHER-KVA.de/", "xn--bcher-kva.de", "xn--bcher-kva.de"),
        ("http://日本。jp/", "xn--wgv71a.jp", "xn--wgv71a.jp"),
        ("http://www.食狮.公司.cn/", "www.xn--85x722f.xn--55qx5d.cn", "xn--85x722f.xn--55qx5d.cn"),
        ("http://www.xn--85x722f.xn--55qx5d.cn/", "www.xn--85x722f.xn--55qx5d.cn", "xn--85x722f.xn--55qx5d.cn"),
        ("http://straße.de/", "xn--strae-oqa.de", "xn--strae-oqa.de"),
        ("http://i❤.ws/", "xn--i-7iq.ws", "xn--i-7iq.ws"),
    ],
)
def test_hosts_and_domains(url: str, host: str, domain: str) -> None:
    assert (host_of(url), registered_domain(url)) == (host, domain)


@pytest.mark.parametrize(
    "url",
    [
        *("", "/", "//", "example.org/x", "mailto:a@example.org", "data:text/html,//a.org", "http:///x", "http://:80/"),
        *("http://user@:80/", "http://a..b/", "http://./", "http://a b.org/", "http://\x00.org/", "http://a%00.org/"),
        *("http://a%2fb.org/", "http://%ff.org/", "http://\ud800.org/", "http://[::1/", "http://[x]/", "http://[]/"),
        *("http://256.1.1.1/", "http://1.2.3/", f"http://{'a' * 10_000}.org/", f"http://{'a.' * 200}org/"),
        *(f"http://{'a' * 64}.org/", f"http://{'ü' * 200}.org/", f"http://{'ü' * 10_000}.org/", "1http://a.org/"),
    ],
)
def test_what_no_host_is(url: str) -> None:
    assert host_of(url) == registered_domain(url) == ""


HOSTILE = st.text(
    st.sampled_from("aZ0.-_:/\\@[]%?#ü。\u00ad\u200d１❤\ud800\t \x00x2fİß") | st.characters(codec=None), max_size=40
)


@given(st.sampled_from(["http://", "//", "https://a.", ""]), HOSTILE)
def test_nothing_is_raised_and_a_host_stays_what_it_is(start: str, rest: str) -> None:
    host = host_of(start + rest)
    assert host_of(f"https://{host}:443/") == host
    assert host == host.lower() and host.isascii()
    assert f".{host}".endswith(f".{registered_domain(start + rest)}")


def test_a_million_addresses_take_seconds() -> None:
    urls = [f"https://www.site{number % 5_000}.co.uk/path/{number}.html" for number in range(50_000)]
    found = within(1.0, lambda: urls, lambda them: {registered_domain(url) for url in them})
    assert len(found) == 5_000


def test_time_is_linear_in_what_is_no_address() -> None:
    long = ["//" + "@" * 1_000_000, " " * 1_000_000, "a+" * 500_000, "//" + "." * 1_000_000, "http:" + "/" * 1_000_000]
    assert within(1.0, lambda: long, lambda urls: [host_of(url) for url in urls]) == [""] * len(long)
