from pathlib import Path

import orjson
import pytest

from mathmill.data.ledger import Ledger
from mathmill.data.runs import load_manifest
from mathmill.pipeline.plan.laws import DOCUMENTS, Size
from mathmill.pipeline.plan.requests import requests_of
from tests.pipeline.plan import made
from tests.pipeline.test_passes_run import QUESTION, RECIPE, write_web
from tests.warm import warm


@pytest.mark.parametrize(("shards", "documents"), [(2, 0), (40, 0), (90_000, 1e6)])
def test_files_lines_and_items_of_shards_are_counted(shards: int, documents: float) -> None:
    found = requests_of(made.sample(), Size(shards, {DOCUMENTS: documents}))
    corpus = 0.001 * documents
    assert found.file_puts == pytest.approx(2 * shards + corpus)
    assert found.ledger_puts == pytest.approx(2 * shards + 1 + corpus)
    assert found.gets == pytest.approx(3 * shards + corpus)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("recipe", "files", "lines"),
    [(RECIPE.partition("[[passes]]")[0], 3, 2), (RECIPE, 24, 16)],
    ids=["stages alone", "all passes"],
)
def test_a_store_is_asked_for_what_a_run_here_writes(tmp_path: Path, recipe: str, files: int, lines: int) -> None:
    """What `benchmarks.store_requests` counts at a server: 3 and 24 files an archive, 2 and 15 lines put together."""
    counts = []
    for archives in (3, 6):
        folder = tmp_path / str(archives)
        write_web(folder / "web", archives)
        (folder / "recipe.toml").write_text(recipe)
        (folder / "exam.jsonl").write_bytes(orjson.dumps({"question": QUESTION, "answer": "1428"}) + b"\n")
        code, _, err = warm("pipeline", "run", "recipe.toml", "--out", "run", "--workers", "2", cwd=folder)
        assert code == 0, err
        counts.append((len(load_manifest(folder / "run")["outputs"]), len(Ledger(folder / "run").lines)))
    (few_files, few_lines), (many_files, many_lines) = counts
    assert ((many_files - few_files) / 3, (many_lines - few_lines) / 3) == (files, lines)
