"""`mathmill demo run` on a small web: every part of it is shown, and mathematics alone is kept."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mathmill.data.errors import CannotCreate
from mathmill.data.runs import check_outputs
from mathmill.demo import tour
from mathmill.pipeline.engines import choice
from tests.warm import InlineEngine


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tour, "PAGES", 100)
    monkeypatch.setattr(choice, "LocalEngine", InlineEngine)
    monkeypatch.setattr(tour, "LocalEngine", InlineEngine)


def test_the_tour_shows_all_of_its_parts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run/of-mine.txt").touch()
    with pytest.raises(CannotCreate, match="no run of mathmill's: name another folder"):
        tour.take_tour(tmp_path, 1)
    (tmp_path / "run/of-mine.txt").rename(tmp_path / "of-mine.txt")
    (tmp_path / "run").rmdir()
    capsys.readouterr()
    tour.take_tour(tmp_path, 1)
    said = capsys.readouterr().out
    assert re.findall(r"^(\d)\. ", said, re.MULTILINE) == list("123456")
    assert "made up 100 pages in 4 archives" in said
    mathematics, other = (
        re.search(rf"^{name} +(\d+) +(\d+)$", said, re.MULTILINE) for name in ("mathematics", "anything else")
    )
    assert mathematics and other
    assert int(mathematics[2]) > 0.8 * int(mathematics[1]) > 0
    assert int(other[2]) == 0 < int(other[1])
    assert len(re.findall(r"^https?://\S+  \(\w+, \d+ formulas\)$", said, re.MULTILINE)) == 3
    assert check_outputs(tmp_path / "run") == []
