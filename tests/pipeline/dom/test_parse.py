from __future__ import annotations

import re

import pytest

from mathmill.pipeline.dom.parse import MAX_DEPTH, flatten, parse


def text_of(html: str) -> str:
    tree = parse(html)
    assert tree is not None
    return re.sub(r"\s+", "", tree.text_content())


def test_flatten_keeps_all_text() -> None:
    html = "<div>a" * 400 + "</div>b" * 400
    assert text_of(flatten(html)) == text_of(html) == "a" * 400 + "b" * 400


def test_flatten_leaves_a_page_as_deep_as_allowed() -> None:
    html = "<div>" * MAX_DEPTH + "a" + "</div>" * MAX_DEPTH
    assert flatten(html) == html
    assert flatten(f"<div>{html}</div>").count("<div>") == MAX_DEPTH


# what a page is, its text
PAGES = [
    ("<p>a</p></body></html><p>b</p>", "ab"),
    ("<html><head></head></html><body><p>a</p></body>", "a"),
    ("a<!-- b -->c", "ac"),
    ("<p>a<?b?>c", "ac"),
    ("a", "a"),
    ("", ""),
    ("<!-- a", ""),
]


@pytest.mark.parametrize(("html", "text"), PAGES)
def test_text_of_pages(html: str, text: str) -> None:
    assert text_of(html) == text
