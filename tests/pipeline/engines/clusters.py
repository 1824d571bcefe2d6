"""Clusters of several nodes on this machine, started and stopped by tests."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

ROOT = Path(__file__).resolve().parents[3]
STORE_BYTES = 80 << 20  # the least that Ray takes


@contextmanager
def ray_folder() -> Iterator[None]:
    """Let Ray keep its files in a folder of its own, where nothing else on this machine looks for a cluster.

    Not below pytest's: Ray makes sockets there, whose paths must be short.
    """
    paths = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))  # functions of tests for workers
    with (
        tempfile.TemporaryDirectory(prefix="ray-", ignore_cleanup_errors=True) as folder,
        mock.patch.dict(os.environ, {"RAY_TMPDIR": folder, "RAY_USAGE_STATS_ENABLED": "0", "PYTHONPATH": paths}),
    ):
        os.environ.pop("RAY_ADDRESS", None)
        yield


@contextmanager
def ray_cluster(*cores: int) -> Iterator[Any]:
    """A `ray.cluster_utils.Cluster` with a node for each number of cores; the first is the head."""
    from ray.cluster_utils import Cluster

    with ray_folder():
        cluster: Any = Cluster(shutdown_at_exit=True)
        try:
            for number in cores:
                add_node(cluster, number)
            yield cluster
        finally:
            cluster.shutdown()


def add_node(cluster: Any, cores: int, **more: Any) -> Any:
    """A further node."""
    return cluster.add_node(num_cpus=cores, object_store_memory=STORE_BYTES, include_dashboard=False, **more)
