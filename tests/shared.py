"""Where the shared evaluation data lies, for the tests and benchmarks that read it.

It is other people's text and never part of the repository: without it these tests skip.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("MATHMILL_SHARED", Path(__file__).resolve().parents[2] / "shared"))
CRAWL = SHARED / "crawl"

needs_crawl = pytest.mark.skipif(
    not CRAWL.is_dir(), reason=f"no evaluation data at {CRAWL}; set MATHMILL_SHARED to its folder"
)

BENCHMARKS = SHARED / "benchmarks"

needs_benchmarks = pytest.mark.skipif(
    not BENCHMARKS.is_dir(), reason=f"no benchmarks at {BENCHMARKS}; set MATHMILL_SHARED to the folder above"
)
