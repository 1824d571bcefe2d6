"""Which engine a command works on: of this machine, or of a cluster. It decides where work is done and nothing else."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from mathmill.data.engine import Engine
from mathmill.data.errors import ConfigError
from mathmill.pipeline.engines.local import LocalEngine

LOCAL, RAY, SPARK = KINDS = ("local", "ray", "spark")


@runtime_checkable
class SharesFolders(Protocol):
    """An engine whose nodes read tables where the driver has them."""

    def check_folder(self, folder: Path) -> None:
        """See that all nodes see a folder. Raises ConfigError."""
        ...


@runtime_checkable
class ReservesMemory(Protocol):
    """An engine whose queries need a node with the memory of the choice free."""

    def check_memory(self) -> None:
        """See that there is such a node. Raises ConfigError."""
        ...


@dataclass(frozen=True, slots=True)
class EngineChoice:
    """What the command line says of its engine."""

    kind: str = LOCAL  # one of KINDS
    workers: int | None = None  # shards at a time; None: as many as there are cores
    memory_mb: int = 2048  # of a query over all pages
    address: str = ""  # of a cluster that runs: of Ray's head, of Spark's master


def make_engine(choice: EngineChoice) -> Engine:
    """The engine that was chosen; a cluster is met when there is work.

    Raises:
        ConfigError: the choice says what its engine does not have, or a library is missing.
    """
    if choice.kind == LOCAL:
        if choice.address:
            raise ConfigError("--address names a cluster: say --engine ray or --engine spark as well")
        return LocalEngine(choice.workers or os.cpu_count() or 1, choice.memory_mb)
    if choice.kind == RAY:
        from mathmill.pipeline.engines.ray import RayEngine

        return RayEngine(choice.workers, choice.memory_mb, choice.address)
    from mathmill.pipeline.engines.spark import SparkEngine

    return SparkEngine(choice.workers, choice.memory_mb, choice.address)
