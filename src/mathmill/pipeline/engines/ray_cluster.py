"""A Ray cluster as the engine sees it: joined or started, its nodes, and its silence.

Ray's own words go to its log files. Nothing is sent to anybody, and no dashboard is served by a Ray that was started
here.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from mathmill.data.errors import ConfigError
from mathmill.data.terminal import counted
from mathmill.pipeline.engines.reach import silence

_STORE_BYTES = 100 << 20  # of Ray's store of objects: receipts are small
_TOKEN_MODE = "RAY_AUTH_MODE"
_QUIET: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}


@dataclass(frozen=True, slots=True)
class Node:
    """A node that is alive."""

    id: str
    host: str
    cpus: int  # that it gives to work
    memory: int  # bytes that it gives to work


class OtherCode(ConfigError):
    """A node has mathmill, and another one than this machine: `version`."""

    def __init__(self, version: str) -> None:
        super().__init__(version)
        self.version = version


@dataclass(frozen=True, slots=True)
class RayCluster:
    """A cluster that this process is joined to."""

    ray: ModuleType
    address: str  # "" of one of its own on this machine
    is_ours: bool  # this process joined it, and leaves it

    def nodes(self) -> list[Node]:
        """The nodes that are alive now, sorted by name."""
        alive = [node for node in self.ray.nodes() if node["Alive"]]
        found = [
            Node(
                node["NodeID"],
                node["NodeManagerHostname"] or node["NodeManagerAddress"],
                int(node["Resources"].get("CPU", 0)),
                int(node["Resources"].get("memory", 0)),
            )
            for node in alive
        ]
        return sorted(found, key=lambda node: (node.host, node.id))

    def leave(self) -> None:
        """End what this process has at work there; a Ray of its own ends as a whole."""
        if self.is_ours and self.ray.is_initialized():
            self.ray.shutdown()


def join(workers: int | None, address: str) -> RayCluster:
    """Join the cluster at `address`, or that of RAY_ADDRESS, or the one that runs on this machine; else start one here.

    Says on stderr which it is.

    Raises:
        ConfigError: Ray is not installed, or no cluster answers at the address, or it refuses.
    """
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")  # for workers of a Ray that is started here
    ray = _imported()
    if ray.is_initialized():  # by whoever calls us
        return RayCluster(ray, ray.get_runtime_context().gcs_address, is_ours=False)
    where = _found(address)
    with _own_signals():
        if where:
            _follow_token(where)
            _call(ray, where, {"address": where})
        else:
            cores = workers or os.cpu_count() or 1
            started = {"num_cpus": cores, "include_dashboard": False, "object_store_memory": _STORE_BYTES}
            _call(ray, "this machine", {"address": "local", **started})
    cluster = RayCluster(ray, where, is_ours=True)
    nodes = cluster.nodes()
    what = f"{counted(len(nodes), 'node')}, {counted(sum(node.cpus for node in nodes), 'core')}"
    place = f"the cluster at {where}" if where else "one of its own on this machine"
    print(f"ray: {place}, {what}", file=sys.stderr, flush=True)
    return cluster


def _imported() -> ModuleType:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_IGNORE_UNHANDLED_ERRORS", "1")  # of what was given up: we looked at what we wanted
    try:
        import ray
        from ray._private import worker
    except ImportError as error:
        raise ConfigError(f"--engine ray needs Ray ({error}): pip install 'mathmill[ray]'") from error
    worker._worker_logs_enabled = False  # else deaths of workers are told on stdout, which is for results
    return ray


def _found(address: str) -> str:
    """The head's `host:port`, seen to take connections; "" to start a Ray here."""
    named = address or os.environ.get("RAY_ADDRESS", "")
    if named == "local":
        return ""
    if not named or named == "auto":
        running = _running_here()
        if named and not running:
            raise ConfigError("no Ray runs on this machine: start one with `ray start --head`, or name its address")
        return running
    if "://" in named:
        raise ConfigError(
            f"{named} is an address for Ray's client, which sees no folder of the cluster: run the command on a node "
            "of the cluster, and name the head as HOST:PORT (6379 as a rule)"
        )
    if problem := silence(named):
        raise ConfigError(
            f"no Ray answers at {named} ({problem}): start its head with `ray start --head`, check the address "
            "(HOST:PORT, the port is 6379 by default), or name none to work on this machine"
        )
    return named


def _running_here() -> str:
    """The head that `ray start` on this machine noted, if it still lives."""
    temporary = os.environ.get("RAY_TMPDIR") or os.environ.get("TMPDIR") or tempfile.gettempdir()
    try:
        noted = Path(temporary, "ray", "ray_current_cluster").read_text(encoding="utf-8").strip()
    except OSError:
        return ""
    return "" if silence(noted) else noted


def _follow_token(where: str) -> None:
    """Show a head of this machine the token that `ray start` took by itself, if there is one; else it would refuse.

    A head elsewhere is shown none unasked, as Ray itself does it.
    """
    if _TOKEN_MODE in os.environ or not _is_noted_here(where):
        return
    with contextlib.suppress(ImportError):  # a Ray that knows no tokens
        from ray._private.authentication import authentication_token_setup

        setup: Any = authentication_token_setup
        if setup.AuthenticationTokenLoader.instance().has_token(ignore_auth_mode=True):
            setup._enable_token_auth()  # Ray read RAY_AUTH_MODE when it was imported


def _is_noted_here(where: str) -> bool:
    """Whether it is the head that `ray start` noted on this machine, under whatever name of it."""
    host, _, port = where.rpartition(":")
    noted_host, _, noted_port = _running_here().rpartition(":")
    try:
        number = socket.gethostbyname(host)
    except OSError:
        return False
    return port == noted_port and (number == noted_host or number.startswith("127."))


def _call(ray: ModuleType, where: str, arguments: dict[str, Any]) -> None:
    try:
        ray.init(**arguments, **_QUIET)
    except (RuntimeError, ValueError, ConnectionError, ray.exceptions.RayError) as error:
        said = next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
        raise ConfigError(f"cannot work with Ray at {where}: {said}{_remedy(said)}") from error
    except SystemExit as error:  # Ray ends a process that gets no answer
        raise ConfigError(f"what answers at {where} is no head of a Ray like this one ({ray.__version__})") from error


def _remedy(said: str) -> str:
    if "Failed to connect" not in said:
        return ""
    return (
        ", though something answers there. A head that found ~/.ray/auth_token asks for that token: set "
        f"{_TOKEN_MODE}=token here, and see that ~/.ray/auth_token or RAY_AUTH_TOKEN is the same as there"
    )


@contextlib.contextmanager
def _own_signals() -> Iterator[None]:
    """Keep SIGTERM as it is: Ray would take it, and end the command without a word."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
