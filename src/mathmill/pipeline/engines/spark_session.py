"""Spark started and stopped: a Java process below this one, and what it is told."""

from __future__ import annotations

import contextlib
import math
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Collection
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from concurrent.futures import TimeoutError as TooSlow
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from mathmill.data.errors import ConfigError, MathmillError
from mathmill.data.store.kept_files import scratch_folder
from mathmill.pipeline.engines.reach import silence

T = TypeVar("T")

TRIES = 4  # of an item, and of a part of a query, whose worker dies
_START_SECONDS = 600.0  # for Java, the cluster's manager and the first executor, each
_STOP_SECONDS = 60.0
_CALL_SECONDS = 120.0  # for an answer of Java's to a small question
_BEAT_SECONDS, _BLINK_SECONDS = 1.0, 0.1  # between looks at the cluster, and at what is being cancelled
_LEAST_MB = 512  # of memory with which Spark starts at all
_SHOWN = 2_000  # characters of Java's last words
_STANDALONE = "spark://"
_THIS_MACHINE = re.compile(r"local(\[[^,\]]*\])?")

#: What results and peace hang on, whatever else is configured.
_FIXED = {
    "spark.app.name": "mathmill",
    "spark.log.level": "ERROR",
    "spark.ui.enabled": "false",
    "spark.ui.liveUpdate.period": "0",  # what runs is counted at once
    "spark.ui.showConsoleProgress": "false",
    "spark.task.maxFailures": str(TRIES),
    "spark.speculation": "false",  # an item is worked on once at a time
    "spark.python.worker.reuse": "true",
    "spark.python.task.killTimeout": "200ms",
    "spark.executorEnv.ARROW_DEFAULT_MEMORY_POOL": "system",  # as on the engine of one machine
    "spark.sql.ansi.enabled": "true",  # a sum that overflows is an error
    "spark.sql.ansi.doubleQuotedIdentifiers": "true",
    "spark.sql.catalogImplementation": "in-memory",
}


@dataclass(slots=True)
class SparkSession:
    """A running Spark, and the threads that talk to it.

    A signal that comes in the middle of a call to Java would be taken for a broken connection, so the main thread makes
    none: it waits for calls that are made here.
    """

    calls: ThreadPoolExecutor
    context: Any  # pyspark.SparkContext
    sql: Any  # pyspark.sql.SparkSession
    java: subprocess.Popen[bytes] | None  # None where spark-submit started this process
    log: Path
    folder: tempfile.TemporaryDirectory[str]
    grows: bool  # Spark asks for executors as work waits for them
    _slots: int = 0
    _looked: float = -math.inf  # when the cluster was last looked at
    _lived: float = field(default_factory=time.monotonic)  # when it last had an executor

    @property
    def is_here(self) -> bool:
        """Whether all work is done on this machine."""
        return str(self.context.master).startswith("local")

    def slots(self) -> int:
        """How many items can be worked on at a time, as of the last second: 0 while there is no executor.

        Raises:
            MathmillError: Spark has ended, or has no executor for ten minutes.
        """
        now = time.monotonic()
        if now - self._looked < _BEAT_SECONDS:
            return self._slots
        try:
            self._slots = self.calls.submit(_count_slots, self.context).result(_CALL_SECONDS)
        except (TooSlow, Exception) as error:
            raise self.gone(error) from error
        self._looked = now
        if self._slots:
            self._lived = now
        if now - self._lived > _START_SECONDS:
            raise MathmillError(
                f"{self.context.master} has had no executor for us for {_START_SECONDS / 60:.0f} minutes: see that "
                "workers are there, with a core and the memory of --memory free"
            )
        return self._slots

    def finished(self, futures: Collection[Future[T]]) -> set[Future[T]]:
        """Those of some calls that are done; waits until there is one, or a second. Raises as `slots` does."""
        self.slots()
        return wait(futures, _BEAT_SECONDS, FIRST_COMPLETED).done

    def cancel(self, futures: Collection[Future[Any]]) -> bool:
        """End all jobs, with those that these calls are about to begin; whether all is quiet on the executors."""
        end = time.monotonic() + _STOP_SECONDS
        with contextlib.suppress(TooSlow, Exception):  # Java is gone, and with it the executors
            while time.monotonic() < end:
                self.calls.submit(self.context.cancelAllJobs).result(_CALL_SECONDS)
                if not wait(futures, _BLINK_SECONDS).not_done and not self.calls.submit(_busy, self.context).result():
                    return True
        return False

    def gone(self, error: BaseException) -> MathmillError:
        """What to say where Java or the cluster does not answer; `error` is how that was noticed."""
        words = self.log.read_text("utf-8", "replace")[-_SHOWN:].strip() if self.log.exists() else ""
        return MathmillError(
            f"Spark on {self.context.master} has ended ({first_line(error)}): see to the cluster, then run the same "
            f"command again, which goes on. Its last words: {words}"
        )

    def stop(self) -> None:
        """End Spark: its executors, and Java below this process."""
        with contextlib.suppress(TooSlow, Exception):  # Java may be gone, or hang; it is killed below
            self.calls.submit(self.context.stop).result(_STOP_SECONDS)
        _end(self.java)
        _forget_gateway()
        self.calls.shutdown(wait=True)
        self.folder.cleanup()


def _count_slots(context: Any) -> int:
    spark = context._jsc.sc()  # what Python has no words for
    return int(spark.maxNumConcurrentTasks(spark.resourceProfileManager().defaultResourceProfile()))


def _busy(context: Any) -> bool:
    return any(each.numRunningTasks() for each in context._jsc.sc().statusTracker().getExecutorInfos())


def start_spark(workers: int | None, memory_mb: int, address: str) -> SparkSession:
    """Start Spark on the master `address`; without one on what Spark's own configuration says, else on this machine.

    Raises:
        ConfigError: pyspark or Java is missing, or the address is none of a master that answers.
        MathmillError: Spark or its cluster does not answer; the message holds its last words.
    """
    _check_reachable(address)
    folder = tempfile.TemporaryDirectory(prefix="mathmill-spark-")
    log = Path(folder.name) / "java.log"
    calls = ThreadPoolExecutor(1 << 14, thread_name_prefix="spark")  # started only as they are needed
    gateway = None
    try:
        launched = calls.submit(_launch, memory_mb, log)
        gateway = launched.result(_START_SECONDS)
        began = calls.submit(_make_context, gateway, partial(_settings, workers, memory_mb, address, folder.name))
        context, sql, grows = began.result(_START_SECONDS)
    except BaseException as error:
        _end(gateway.proc if gateway else None)
        _forget_gateway()
        calls.shutdown(wait=False, cancel_futures=True)
        words = log.read_text("utf-8", "replace")[-_SHOWN:].strip() if log.exists() else ""
        folder.cleanup()
        if not isinstance(error, Exception) or isinstance(error, MathmillError):
            raise
        raise MathmillError(
            f"Spark does not start on {address or 'this machine'} ({first_line(error)}): see that its address is "
            f"right and that it has memory and cores free. Its last words: {words}"
        ) from error
    return SparkSession(calls, context, sql, gateway.proc, log, folder, grows)


def _check_reachable(address: str) -> None:
    try:
        import pyspark  # noqa: F401
    except ImportError as error:
        raise ConfigError("--engine spark needs pyspark: run pip install 'mathmill[spark]'") from error
    home = os.environ.get("JAVA_HOME")  # before PATH, as Spark does
    if not ((Path(home) / "bin/java").exists() if home else shutil.which("java")):
        looked = f"in JAVA_HOME={home}" if home else "in PATH, and JAVA_HOME is not set"
        raise ConfigError(
            f"--engine spark finds no Java {looked}: install a Java runtime 17 or 21, and put java into PATH or name "
            "its folder as JAVA_HOME"
        )
    if address.startswith("sc://"):
        raise ConfigError(f"{address} is of Spark Connect, which runs no functions on shards: name the master itself")
    if address.startswith(_STANDALONE):
        silent = [silence(head) for head in address.removeprefix(_STANDALONE).split(",")]
        if all(silent):
            raise ConfigError(
                f"no Spark answers at {address} ({silent[0]}): start its master, or check the address "
                "(spark://HOST:PORT, the port is 7077 by default)"
            )


def _launch(memory_mb: int, log: Path) -> Any:
    """Start Java; whatever it prints goes into the log."""
    from pyspark import SparkConf
    from pyspark.java_gateway import launch_gateway

    early = SparkConf(loadDefaults=False)
    early.set("spark.driver.memory", f"{max(memory_mb, _LEAST_MB)}m")  # later is too late
    with log.open("wb") as file:
        return launch_gateway(early, popen_kwargs={"stdout": file, "stderr": file})  # type: ignore[no-untyped-call]


def _settings(workers: int | None, memory_mb: int, address: str, folder: str, settings: Any) -> None:
    """Complete what Spark read from its own files."""
    master = address or settings.get("spark.master", "local")
    for name, value in _FIXED.items():
        settings.set(name, value)
    settings.set("spark.sql.warehouse.dir", f"{folder}/warehouse")
    settings.setIfMissing("spark.local.dir", str(scratch_folder()))
    if _THIS_MACHINE.fullmatch(master):
        settings.setMaster(f"local[{workers or os.cpu_count() or 1},{TRIES}]")
        for name in ("spark.driver.host", "spark.driver.bindAddress"):
            settings.set(name, "127.0.0.1")
        return
    settings.setMaster(master)
    settings.setIfMissing("spark.executor.memory", f"{max(memory_mb, _LEAST_MB)}m")
    if workers:
        settings.setIfMissing("spark.cores.max", str(workers))


def _make_context(gateway: Any, complete: Any) -> tuple[Any, Any, bool]:
    """Spark's context, its session of SQL, and whether it grows; in a thread of ours it leaves the signals alone."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # of pandas, which is not used
        from pyspark import SparkConf, SparkContext
        from pyspark.sql import SparkSession

        SparkContext._ensure_initialized(gateway=gateway)
        settings = SparkConf(_jvm=SparkContext._jvm)
        complete(settings)
        context = SparkContext(conf=settings, gateway=gateway)
        sql = SparkSession(context)
    context.pythonExec = os.environ.get("PYSPARK_PYTHON") or sys.executable
    return context, sql, settings.get("spark.dynamicAllocation.enabled") == "true"


def _end(java: subprocess.Popen[bytes] | None) -> None:
    if java is None:
        return
    if java.stdin:
        java.stdin.close()  # Java ends with it
    try:
        java.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        java.kill()
        java.wait()


def _forget_gateway() -> None:
    """Let the next one of this process start a Java of its own."""
    from pyspark import SparkContext

    if SparkContext._gateway is not None:
        with contextlib.suppress(Exception):  # its Java has ended
            SparkContext._gateway.shutdown()
    SparkContext._gateway = SparkContext._jvm = SparkContext._active_spark_context = None


def first_line(error: BaseException) -> str:
    """What an error says, in a line; one of a Java that has ended cannot be asked."""
    from py4j.protocol import Py4JError

    try:
        said = str(error).strip()  # of an error in Java, a call to it
    except (OSError, Py4JError):
        said = ""
    return (said or type(error).__name__).splitlines()[0]
