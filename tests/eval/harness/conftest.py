"""Problems for benchmarks."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.eval.harness.replay import write_problems


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_problems(tmp_path / "data")
