"""Normal forms are Unicode's, and cost no more than a text is long."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from mathmill.data.normal_forms import normal_form
from tests.effort import within


@given(st.text(max_size=60))
def test_short_texts_have_the_form_of_unicode(text: str) -> None:
    assert normal_form("NFC", text) == unicodedata.normalize("NFC", text)
    assert normal_form("NFKC", text) == unicodedata.normalize("NFKC", text)


def test_long_runs_of_marks_keep_every_mark() -> None:
    text = "a" + "\u0301\u0323" * 500 + "b"
    found = normal_form("NFC", text)
    assert sorted(unicodedata.normalize("NFD", found)) == sorted(unicodedata.normalize("NFD", text))
    assert found.startswith("\u1ea1"), "what stands next to the letter goes with it"


def test_a_megabyte_of_marks_takes_no_longer_than_other_text() -> None:
    within(5.0, lambda: "a" + "\u0301\u0323" * 500_000, lambda text: normal_form("NFKC", text))
