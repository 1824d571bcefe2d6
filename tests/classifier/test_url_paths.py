"""URLs that name one place have one normal form, and no URL's form can do harm."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mathmill.classifier.url_paths import DEEPEST, LONGEST, host, shown, steps, whole_steps

SAME = {
    "example.org/notes/algebra": (
        "https://example.org/notes/algebra",
        "http://www.example.org/notes/algebra/",
        "HTTPS://WWW.Example.ORG:443/notes/algebra/index.html",
        "https://user:word@example.org//notes/./algebra/?page=2#top",
        "https://example.org/notes/x/../algebra;jsessionid=F00",
        "https://example.org/notes/%61lgebra/index.php",
        "https:\\\\example.org\\notes\\algebra",
        "//example.org/notes/algebra/Default.aspx",
    ),
    "example.org/%E6%95%B0/~x": ("https://example.org/数/~x", "https://example.org/%e6%95%b0/%7Ex/"),
    "example.org": ("https://example.org", "https://www.example.org./index.html?x", "https://example.org/../.."),
    "xn--r8jz45g.jp/a": ("https://例え.jp/a", "https://xn--r8jz45g.jp/a"),
    "example.org/a%2Ab/%22%5C%0A": ("https://example.org/a*b/%22%5c%0a", 'https://example.org/a%2ab/"%5C%0A'),
}


@pytest.mark.parametrize(("form", "url"), [(form, url) for form, urls in SAME.items() for url in urls])
def test_urls_of_one_place_have_one_form(form: str, url: str) -> None:
    assert "/".join(steps(url)) == form


@pytest.mark.parametrize("url", ["", "/path", "https://", "https:///x", "no host at all/", "https://a b/"])
def test_what_has_no_host_has_no_steps(url: str) -> None:
    assert steps(url) == () or "." not in steps(url)[0]


def test_deep_and_long_paths_are_cut() -> None:
    assert len(steps("https://example.org" + "/a" * 10_000)) == DEEPEST + 1
    assert steps(f"https://example.org/a/{'b' * (LONGEST + 1)}/c") == ("example.org", "a")
    assert steps(f"https://example.org/a/{'é' * LONGEST}/c") == ("example.org", "a")
    assert host("https://www.gov.uk/x") == "www.gov.uk"


@given(
    st.text(max_size=80) | st.text("abw./%2fF3A?#@:\\\n\"'*;é\u202e-", max_size=80).map(lambda t: f"http://a.b.org/{t}")
)
def test_a_form_is_its_own_form_and_harmless(url: str) -> None:
    names = whole_steps(url)
    text = "".join(f"{name}/" for name in names)
    assert whole_steps(f"//{text}") == names
    assert text.isascii() and text.isprintable() and not set(text) & set(" \"'\\*?#<>")
    assert steps(url) == () or names[: len(steps(url))] == steps(url)
    assert shown(url).isascii() and shown(url).isprintable() and not set(shown(url)) & set(" \"'\\")


@given(st.from_regex(r"https?://([a-z0-9-]{1,5}\.){1,3}[a-z]{2,4}(/[A-Za-z0-9._-]{1,12}){0,10}/?", fullmatch=True))
def test_the_fast_way_is_the_careful_way(url: str) -> None:
    careful = steps(f"{url}#")
    assert steps(url) == careful or careful == ()  # a name that no server could know
