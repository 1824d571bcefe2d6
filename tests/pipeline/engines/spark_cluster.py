"""A standalone cluster of Spark on this machine: a master and workers, each a process that a test may kill."""

from __future__ import annotations

import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

_SECONDS = 120.0  # for a process to begin or to end, on a busy machine


@dataclass(slots=True)
class SparkCluster:
    """The master's address and the workers, in the order in which they were added."""

    address: str
    folder: Path
    master: subprocess.Popen[bytes]
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def add_worker(self, cores: int) -> subprocess.Popen[bytes]:
        """Start a worker; comes back when the master knows it."""
        before = self._log().count("Registering worker")
        work = self.folder / f"worker-{len(self.workers)}"
        options = ("--cores", cores, "--memory", "1500m", "--work-dir", work, "--webui-port", 0, "--host", "127.0.0.1")
        self.workers.append(_start(self.folder, "worker.Worker", *options, self.address))
        _until(lambda: self._log().count("Registering worker") > before)
        return self.workers[-1]

    def stop(self) -> None:
        for process in (*self.workers, self.master):
            process.terminate()
        for process in (*self.workers, self.master):
            try:
                process.wait(_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _log(self) -> str:
        return (self.folder / "master.Master.log").read_text("utf-8", "replace")


@contextmanager
def spark_cluster(*cores: int) -> Iterator[SparkCluster]:
    """A cluster with a worker for each number of cores; what is started in the meantime meets it on the loopback."""
    around = {"SPARK_LOCAL_IP": "127.0.0.1", "SPARK_DAEMON_MEMORY": "256m"}
    with (
        tempfile.TemporaryDirectory(prefix="spark-", ignore_cleanup_errors=True) as name,
        mock.patch.dict(os.environ, around),
    ):
        folder, port = Path(name), _free_port()
        master = _start(folder, "master.Master", "--host", "127.0.0.1", "--port", port, "--webui-port", 0)
        cluster = SparkCluster(f"spark://127.0.0.1:{port}", folder, master)
        try:
            _until(lambda: "Starting Spark master" in cluster._log())
            for number in cores:
                cluster.add_worker(number)
            yield cluster
        finally:
            cluster.stop()


def parent(pid: int) -> int:
    """The process that started another."""
    return int(_stat(pid)[1])


def children(pid: int) -> list[int]:
    """The processes that a process started and that still run."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and _runs(int(folder.name)) and _stat(int(folder.name))[1] == str(pid):
            found.append(int(folder.name))
    return found


def below(pid: int) -> list[int]:
    """The processes that a process started, with all that these did."""
    return [each for child in children(pid) for each in (child, *below(child))]


def gone(pids: Sequence[int]) -> None:
    """Wait until no process of some is left."""
    _until(lambda: not any(_runs(pid) for pid in pids))


def _runs(pid: int) -> bool:
    return _stat(pid)[0] not in "ZX"


def _stat(pid: int) -> tuple[str, str]:
    """State and parent of a process; "X" of one that is no more."""
    try:
        state, parent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:2]
    except (FileNotFoundError, ProcessLookupError):
        return "X", "0"
    return state, parent


def _start(folder: Path, what: str, *options: object) -> subprocess.Popen[bytes]:
    import pyspark

    home = Path(pyspark.__file__).parent
    with (folder / f"{what}.log").open("ab") as log:
        return subprocess.Popen(
            [home / "bin/spark-class", f"org.apache.spark.deploy.{what}", *map(str, options)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={**os.environ, "SPARK_HOME": str(home)},
            start_new_session=True,
        )


def _until(holds: object) -> None:
    assert callable(holds)
    deadline = time.monotonic() + _SECONDS
    while not holds():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.05)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
