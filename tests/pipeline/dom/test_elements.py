from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from mathmill.pipeline.dom.elements import has_one_child, remains_in, remove


def tree_of(markup: str) -> Any:
    return html.fromstring(f"<html><body>{markup}</body></html>").find("body")


def test_has_one_child() -> None:
    assert [has_one_child(tree_of(each)) for each in ("a", "<b></b>", "a<b></b>c", "<b></b><i></i>")] == [
        False, True, True, False,
    ]  # fmt: skip


@given(st.lists(st.sampled_from(["<b>1</b>", "<i>2<u>3</u></i>", "word ", "<br>"]), max_size=8), st.data())
def test_removing_keeps_all_text_around(parts: list[str], data: st.DataObject) -> None:
    tree = tree_of(f"<div>{''.join(parts)}</div>")
    elements = list(tree[0])
    if not elements:
        return
    element = data.draw(st.sampled_from(elements))
    before, inner = tree.text_content(), element.text_content()
    others = [each for each in elements if each is not element]
    remove(element)
    assert not remains_in(tree, element)
    assert list(tree[0]) == others
    assert tree.text_content() in {before[:at] + before[at + len(inner) :] for at in range(len(before) + 1)}


def test_remains_in_a_tree_until_an_ancestor_goes() -> None:
    tree = tree_of("<div><p><b></b></p></div>")
    element = tree.find(".//b")
    assert remains_in(tree, element)
    remove(tree[0])
    assert not remains_in(tree, element)
