"""A domain is mathematics by the lower bound of its share and its number of pages."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mathmill.classifier.domains import DomainRule, PageRow, count_kept, read_domains
from mathmill.data.stats import wilson_interval
from mathmill.pipeline.engines.local import LocalEngine
from tests.classifier.counted import count_domains

COUNTS = {"math.org": (50, 20), "news.com": (1000, 100), "small.org": (9, 9), "edge.org": (10, 4), "none.org": (30, 0)}


def pages() -> list[PageRow]:
    made = [
        PageRow(0, f"https://{domain}/{number}", domain, number < kept)
        for domain, (n, kept) in COUNTS.items()
        for number in range(n)
    ]
    return [page._replace(row=row) for row, page in enumerate([*made, PageRow(0, "about:", "", True)])]


def test_the_rule_looks_at_the_lower_bound_and_at_enough_pages() -> None:
    counts = {count.domain: count for count in count_domains(pages(), DomainRule())}
    assert {domain for domain, count in counts.items() if count.is_math} == {"math.org", "edge.org"}
    assert counts["news.com"].share == pytest.approx(0.1) and counts["news.com"].low < 0.1
    assert counts["edge.org"].low == pytest.approx(wilson_interval(4, 10, 1.96)[0])
    assert "" not in counts


def test_the_query_says_the_same_as_rows_at_hand(tmp_path: Path) -> None:
    rows = pages()
    (tmp_path / "scores").mkdir()
    for part, some in enumerate((rows[::2], rows[1::2])):
        columns = {"domain": [row.domain for row in some], "logit": [5 if row.kept else 4 for row in some]}
        pq.write_table(pa.table(columns), tmp_path / "scores" / f"{part}.parquet")
    reduce = count_kept(cut=5)
    engine = LocalEngine(workers=1)
    try:
        engine.sql(reduce.query, {"scores": tmp_path / "scores"}, tmp_path / reduce.name)
    finally:
        engine.close()
    assert read_domains(tmp_path / reduce.name, DomainRule()) == count_domains(reversed(rows), DomainRule())
