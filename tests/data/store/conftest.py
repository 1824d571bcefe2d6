"""A mounted folder for each test."""

from __future__ import annotations

from pathlib import Path

import pytest

from mathmill.data.store.kept_files import SCRATCH
from mathmill.data.store.mount import Mount
from mathmill.data.store.store import Store
from tests.data.store.s3_server import BUCKET, S3Server


@pytest.fixture
def mount(s3: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Mount:
    monkeypatch.setenv(SCRATCH, str(tmp_path))
    return Mount(tmp_path, Store(f"{BUCKET}/{tmp_path.name}"), is_scratch=False)
