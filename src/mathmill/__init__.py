"""Turn web crawl dumps into a model that reasons in mathematics."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mathmill.eval.grade import grade
    from mathmill.eval.verdict import Verdict
    from mathmill.eval.verify import verify
    from mathmill.pipeline.archives import read_archive
    from mathmill.pipeline.extraction import Extraction, extract

__version__ = "0.1.0"
__all__ = ["Extraction", "Verdict", "__version__", "extract", "grade", "read_archive", "verify"]

# Loaded when asked for: `import mathmill` stays light.
_HOMES = {
    "Extraction": "mathmill.pipeline.extraction",
    "Verdict": "mathmill.eval.verdict",
    "extract": "mathmill.pipeline.extraction",
    "grade": "mathmill.eval.grade",
    "read_archive": "mathmill.pipeline.archives",
    "verify": "mathmill.eval.verify",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
