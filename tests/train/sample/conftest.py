"""A tiny policy that is right now and then, trained once for the tests of this folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.train.sample.policies import write_policy


@pytest.fixture(scope="session")
def policy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("torch")
    return write_policy(tmp_path_factory.mktemp("policy"))
