"""Settings of the whole suite."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.data.store.s3_server import BUCKET, S3Server, s3_server

# Continuous integration draws the same examples each time, so that a change is judged by what it changed; at home
# every run looks further.
settings.register_profile("ci", derandomize=True, deadline=None)
settings.register_profile("home", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "home")

# Models and tables in tests are too small for more than one thread: threads that wait for each other on a busy machine
# make them a hundred times slower. Here, before torch is imported, and in every process that tests start.
os.environ["OMP_NUM_THREADS"] = "1"

# Tests start processes by the hundred: where the environment forbids to keep compiled modules, each compiles them anew.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# A Java of the tests lives for seconds: without its second compiler and its threads for garbage it takes half as many.
os.environ["JDK_JAVA_OPTIONS"] = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:-UsePerfData"

# A shell that starts the suite in the background leaves SIGINT ignored, here and in every process that tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Clients of an s3 server leave connections open, as it does, and say so when they are collected.
_LEFT_OPEN = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::DeprecationWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest test: at the end one process would be at it while the others have nothing left to do."""
    items.sort(key=lambda item: item.path.name != "test_readme.py")
    with_store = {item.path for item in items if "s3" in getattr(item, "fixturenames", ())}
    for item in items:
        if item.path in with_store:
            item.add_marker(_LEFT_OPEN)


def pytest_collection_finish() -> None:
    """Keep what thousands of collected tests hold out of garbage collection, whose pauses tests of time would see."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Server]:
    """An s3 server with an empty bucket, and an environment in which clients find it, for the tests of a file."""
    pytest.importorskip("moto", reason="needs moto")
    with s3_server() as started:
        yield started


@pytest.fixture
def address(s3: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An address for a run that no other test uses; copies of it lie in a folder of the test's own.

    It ends in `run`: a run's card bears its name, so those that are to have the same bytes have to be named alike.
    """
    from mathmill.data.store import mounts
    from mathmill.data.store.kept_files import SCRATCH

    monkeypatch.setenv(SCRATCH, str(tmp_path / "scratch"))
    monkeypatch.setattr(mounts, "_mounts", {})
    return f"{BUCKET}/{tmp_path.name}/run"
