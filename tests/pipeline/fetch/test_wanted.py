"""Which addresses a pattern means, and where in the index they are looked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from mathmill.data.errors import ConfigError, InputMissing
from mathmill.pipeline.fetch.surt import after, host_key, least
from mathmill.pipeline.fetch.wanted import reviewed, typed
from tests.pipeline.fetch.crawl_server import surt

ADDRESSES = [
    "https://example.org/",
    "http://www.example.org/index.html",
    "https://example.org/algebra",
    "https://example.org/algebra/",
    "https://example.org/Algebra/rings",
    "https://example.org/algebra/rings?page=2",
    "https://example.org/algebraic/curves",
    "https://example.org/a%C3%A9/b",
    "https://math.example.org/algebra/rings",
    "https://a.b.example.org/x",
    "https://myexample.org/algebra/rings",
    "https://example.org.evil.net/algebra/rings",
    "https://example.net/algebra/rings",
    "https://xn--bcher-kva.example/x",
    "https://lesen.xn--bcher-kva.example/x",
]


@pytest.mark.parametrize(
    ("pattern", "meant"),
    [
        ("example.org/*", [0, 1, 2, 3, 4, 5, 6, 7]),
        ("https://www.example.org/*", [0, 1, 2, 3, 4, 5, 6, 7]),
        ("*.example.org", [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
        ("*.example.org/*", [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
        ("*.Example.ORG", [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
        ("*.bücher.example", [13, 14]),
        ("*.XN--BCHER-KVA.example/*", [13, 14]),
        ("example.org/algebra/*", [2, 3, 5]),
        ("example.org/Algebra/*", [4]),
        ("example.org/algebra*", [2, 3, 5, 6]),
        ("example.org/algebra", [2, 3]),
        ("example.org/algebra/rings?page=2", [5]),
        ("example.org/algebra/rings", []),
        ("example.org/aé/*", [7]),
        ("example.org", [0, 1]),
        ("EXAMPLE.org/", [0, 1]),
        ("a.b.example.org/*", [9]),
    ],
)
def test_patterns_mean_what_they_say(pattern: str, meant: list[int]) -> None:
    wanted = typed([pattern])
    assert [number for number, url in enumerate(ADDRESSES) if wanted.accepts(url)] == meant
    for number in meant:
        # The index of the archived page keeps `index.html`: it is found below its folder, and not by the page alone.
        key = f"{surt(ADDRESSES[number])} "
        if not key.endswith("index.html ") or pattern.endswith(("*", "*.example.org")):
            assert key.startswith(wanted.beginnings), key


@pytest.mark.parametrize(
    "pattern",
    ["", "*", "*.", "org/*", "*.org*x", "example.org*", "*.example.org/algebra/*", "example.org/*/rings", "/algebra/*"],
)
def test_what_is_no_pattern_is_told(pattern: str) -> None:
    with pytest.raises(ConfigError, match=r"no pattern of addresses|does not end with"):
        typed([pattern])


@pytest.mark.parametrize("pattern", ["example.org:8443/*", "*.example.org:80", "https://example.org:443"])
def test_a_port_is_refused_in_words(pattern: str) -> None:
    with pytest.raises(ConfigError, match="names a port: leave it out"):
        typed([pattern])
    assert typed(["example.org/a:80/*"]).accepts("https://example.org/a:80/x")


def test_beginnings_within_others_are_left_out() -> None:
    assert least(["org,example)/a/b", "org,example)/a", "org,example)/b", "org,example)/a"]) == [
        "org,example)/a",
        "org,example)/b",
    ]
    assert typed(["*.example.org", "math.example.org/algebra/*"]).beginnings == ("org,example)", "org,example,")


@pytest.mark.parametrize(
    ("host", "key"),
    [("www.example.org", "org,example"), ("www2.example.org", "org,example"), ("165.22.100.0", "0,100,22,165")],
)
def test_hosts_are_turned_round(host: str, key: str) -> None:
    assert host_key(host) == key


def test_the_key_after_all_that_begin_so() -> None:
    assert b"org,example)/a " < after(b"org,example)/a") <= b"org,example)/b"
    assert after(b"org,example)") == b"org,example*"


PATTERNS = """
version = 1
reviewed = true
[[pattern]]
domain = "example.org"
prefix = "example.org/algebra/"
decision = "accept"
[[pattern]]
domain = "example.org"
prefix = "example.org/algebra/rings/"
decision = "reject"
[[pattern]]
domain = "myexample.org"
prefix = "*.myexample.org/"
decision = "accept"
[[pattern]]
domain = "example.net"
prefix = "example.net/"
decision = "reject"
"""


def test_a_file_of_patterns_means_what_a_round_obeys(tmp_path: Path) -> None:
    path = tmp_path / "patterns.toml"
    path.write_text(PATTERNS)
    wanted = reviewed(path)
    assert [number for number, url in enumerate(ADDRESSES) if wanted.accepts(url)] == [2, 3, 10]
    assert wanted.beginnings == ("org,example)/algebra", "org,myexample)", "org,myexample,")
    path.write_text(PATTERNS.replace('"accept"', '"reject"'))
    with pytest.raises(ConfigError, match="accepts no pattern"):
        reviewed(path)
    with pytest.raises(InputMissing, match="no patterns at"):
        reviewed(tmp_path / "none.toml")
