"""What a Python process of Spark does with an item; it knows nothing of Spark."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from mathmill.pipeline.engines.cluster_worker import answer


def packed(function: Callable[[Any], Any], item: Any, version: str) -> bytes:
    """An item and the function for it, as `answers` takes them; functions of a script travel with their code.

    `version` is what the worker's `code_version` has to be; "" if it surely has this machine's files.
    """
    from pyspark import cloudpickle

    work = cloudpickle.dumps((function, item))  # type: ignore[no-untyped-call]
    return pickle.dumps((sys.path, version, str(Path.cwd()), work))


def answers(parcels: Iterator[bytes]) -> Iterator[bytes]:
    """The answer, as `cluster_worker.answer` gives it, to the one item of a job."""
    (parcel,) = parcels  # read to the end: Spark uses only such a process again
    path, version, home, work = pickle.loads(parcel)  # noqa: S301  # from our own driver
    sys.path.extend(each for each in path if each not in sys.path)
    yield answer(version, home, work)
