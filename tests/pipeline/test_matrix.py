"""Every way of writing formulas, in every kind of page, judged by the strict rule of the benchmark."""

from __future__ import annotations

import pytest

from benchmarks.matrix_pages import FURTHER_ROWS, ROWS, Row, make_page
from benchmarks.matrix_rules import judge_strict
from mathmill.demo.skeletons import SKELETONS
from mathmill.pipeline.extraction import extract_html


@pytest.mark.parametrize("row", [*ROWS, *FURTHER_ROWS], ids=lambda row: row.name)
def test_each_formula_stands_once_in_order_in_its_place(row: Row) -> None:
    for skeleton in SKELETONS:
        page = make_page(row, skeleton, seed=1, number=0)
        verdict = judge_strict(page, row, extract_html(page.html, "https://sums.example/notes/1").text)
        assert verdict.passed, f"{skeleton}: {verdict.reason}"
