"""What `extract` takes, and what becomes of what stands beside a body."""

from __future__ import annotations

from typing import Any

import pytest

import mathmill


@pytest.mark.parametrize(("page", "named"), [(None, "NoneType"), (3, "int"), (["<p>"], "list"), (object, "type")])
def test_a_page_is_bytes_or_characters(page: Any, named: str) -> None:
    with pytest.raises(TypeError, match=rf"a page's bytes or characters, not {named}: read the page first"):
        mathmill.extract(page)


@pytest.mark.parametrize("argument", ["url", "content_type"])
def test_what_is_known_of_a_page_is_characters(argument: str) -> None:
    wrong: Any = {argument: b"text/html"}
    with pytest.raises(TypeError, match=f"takes {argument} as characters or None, not bytes: "):
        mathmill.extract("<p>words", **wrong)
    right: Any = {argument: None}
    assert mathmill.extract("<p>words", **right).text == "words"
