import pytest

from mathmill.pipeline.plan.laws import DOCUMENTS, Size
from mathmill.pipeline.plan.requests import requests_of
from tests.pipeline.plan import made


@pytest.mark.parametrize(("shards", "documents"), [(2, 0), (40, 0), (90_000, 1e6)])
def test_files_lines_and_items_of_shards_are_counted(shards: int, documents: float) -> None:
    found = requests_of(made.sample(), Size(shards, {DOCUMENTS: documents}))
    corpus = 0.001 * documents
    assert found.file_puts == pytest.approx(2 * shards + corpus)
    assert found.ledger_puts == pytest.approx(2 * shards + 1 + corpus)
    assert found.gets == pytest.approx(3 * shards + corpus)
