"""Turn web crawl dumps into a model that reasons in mathematics."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mathmill.pipeline.archives import read_archive
    from mathmill.pipeline.extraction import Extraction, extract

__version__ = "0.1.0"
__all__ = ["Extraction", "__version__", "extract", "read_archive"]

# Loaded when asked for: `import mathmill` stays light.
_HOMES = {
    "Extraction": "mathmill.pipeline.extraction",
    "extract": "mathmill.pipeline.extraction",
    "read_archive": "mathmill.pipeline.archives",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
