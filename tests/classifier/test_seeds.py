from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from mathmill.classifier.features import Features
from mathmill.classifier.line_files import read_lines
from mathmill.classifier.recipe import Positives
from mathmill.classifier.seeds import LINES, TABLE, draw_seeds
from mathmill.data.errors import ConfigError
from mathmill.data.page_files import Pages
from mathmill.data.tables import table_rows

ROWS = [{"url": f"https://site{at % 3}.org/{at}", "text": f"theorem number {at}"} for at in range(30)]


def draw(folder: Path, rows: list[dict[str, Any]], **more: Any) -> tuple[list[str], list[str], dict[str, Any]]:
    """Addresses and lines that were drawn, and the counts."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "pages.jsonl"
    file.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    away = more.pop("away", ())
    _, facts = draw_seeds(Positives(pages=Pages(files=(str(file),)), **more), Features(), 0, away, folder)
    urls = [row["url"] for row in table_rows(folder / TABLE, ["url"])]
    assert sorted(path.name for path in folder.iterdir()) == ["pages.jsonl", TABLE, LINES]
    return urls, list(read_lines(folder / LINES)), facts["seeds"]


def test_all_are_taken_where_there_are_few(tmp_path: Path) -> None:
    urls, lines, counts = draw(tmp_path, ROWS)
    assert urls == [row["url"] for row in ROWS]
    assert len(lines) == 30
    assert counts == {"read": 30, "held_out": 0, "empty": 0, "drawn": 30}


def test_a_draw_is_the_same_in_any_order_and_takes_an_address_once(tmp_path: Path) -> None:
    urls, lines, _ = draw(tmp_path / "a", ROWS, count=10)
    again, others, _ = draw(tmp_path / "b", [*ROWS[::-1], *ROWS[:5]], count=10)
    assert len(urls) == 10
    assert dict(zip(urls, lines, strict=True)) == dict(zip(again, others, strict=True))


def test_no_domain_takes_over(tmp_path: Path) -> None:
    rows = ROWS + [{"url": f"https://big.com/{at}", "text": "a proof"} for at in range(50)]
    urls, _, _ = draw(tmp_path, rows, per_domain=4)
    assert sum("big.com" in url for url in urls) == 4
    assert len(urls) == 16


def test_held_out_domains_and_pages_without_text_are_passed_over(tmp_path: Path) -> None:
    rows = [*ROWS, {"url": "https://site1.org/empty", "text": " \n"}]
    urls, _, counts = draw(tmp_path, rows, away=frozenset({"site0.org"}))
    assert not any("site0.org" in url or "empty" in url for url in urls)
    assert counts == {"read": 31, "held_out": 10, "empty": 1, "drawn": 20}


def test_nothing_left_to_draw(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="of 10 pages of the seed set 10 are of held-out domains"):
        draw(tmp_path, ROWS[::3], away=frozenset({"site0.org"}))
