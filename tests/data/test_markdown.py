"""Cards hold foreign text, and stay tables whatever it is."""

from __future__ import annotations

from mathmill.data.markdown import fact_lines, foreign, table_lines


def test_a_table_has_a_line_a_row() -> None:
    assert list(table_lines(("site", "pages"), [("a.example", 1234), (foreign("x|y\n<b>"), None)])) == [
        "| site | pages |",
        "|---|---|",
        "| a.example | 1,234 |",
        "| x\\|y \\<b\\> |  |",
    ]


def test_facts_are_told_in_a_line_each() -> None:
    facts = {"pages_read": 1000, "by": {"a": 1, "b": []}, "on": True}
    assert list(fact_lines(facts)) == ["- pages read: 1,000", "- by: a 1, b none", "- on: True"]


def test_foreign_text_is_cut() -> None:
    assert len(foreign("a" * 10_000)) == 200
