"""The engine of a Spark cluster: a job an item for `map`, and the same queries in Spark's SQL.

An item is a job of one task, so that what it does to its worker is its own affair. Spark tries again what a worker or a
node took with it when it died. An item that ends its own Python process each time is a Failure; one that lost whole
executors may only have been beside another that ends them, and is tried once more with nothing beside it.
"""

from __future__ import annotations

import os
import pickle
import secrets
import shutil
import socket
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from mathmill.data.engine import Failure, WorkerDied
from mathmill.data.errors import ConfigError, MathmillError
from mathmill.data.files import writing
from mathmill.data.runs import code_version
from mathmill.pipeline.engines.spark_query import join_parts, plan, staged_parts, write_parts
from mathmill.pipeline.engines.spark_session import TRIES, SparkSession, first_line, start_spark
from mathmill.pipeline.engines.spark_worker import answers, packed

I = TypeVar("I")  # noqa: E741
R = TypeVar("R")

# How Spark tells deaths apart, in the message of a job that it gave up.
_PROCESS_DIED, _EXECUTOR_DIED, _SPARK_ENDED = "Python worker exited", "ExecutorLostFailure", "shut down"
_PLACES, _STAY_SECONDS = 256, 0.1  # items at most by which nodes are met, and how long each keeps its slot


class ExecutorDied(WorkerDied):
    """Whole executors ended, each time, while they worked on an item."""


class SparkEngine:
    """Spark on `address`, or on this machine; `workers` items at a time, `memory_mb` megabytes for each executor."""

    def __init__(self, workers: int | None, memory_mb: int, address: str) -> None:
        self._workers = workers
        self._memory_mb = memory_mb
        self._address = address
        self._session: SparkSession | None = None

    def map(self, function: Callable[[I], R], items: Iterable[I]) -> Iterator[tuple[I, R | Failure]]:
        """See `Engine.map`. As many items are in flight as there are slots; these are counted again and again.

        Raises:
            ConfigError: pyspark or Java is missing, or a node has other code.
            MathmillError: Spark does not start, has ended, or has no executor for ten minutes.
        """
        suspects: list[I] = []
        for item, result in self._run(function, iter(items)):
            if isinstance(result, Failure) and isinstance(result.error, ExecutorDied):
                suspects.append(item)
            else:
                yield item, result
        for item in suspects:
            yield from self._run(function, iter([item]))

    def _run(self, function: Callable[[I], R], waiting: Iterator[I]) -> Iterator[tuple[I, R | Failure]]:
        session = self._started()
        running: dict[Future[R | Failure], I] = {}
        done: list[tuple[I, R | Failure]] = []
        try:
            while True:
                room = max(self._room(session) - len(running), 0)
                for _, item in zip(range(room), waiting, strict=False):  # in this order: none is lost
                    running[session.calls.submit(_work, session, function, item)] = item
                yield from done  # not before their slots have something else to do
                if not running:
                    return
                done = [(running.pop(future), future.result()) for future in session.finished(running)]
        except BaseException:  # the caller left, or a signal came: nobody wants what is running
            self._cancel(running)
            raise

    def _room(self, session: SparkSession) -> int:
        """How many items may be in flight: one for each slot, so that they begin in order.

        A cluster that grows with what waits has to be given more, and one at least.
        """
        slots = session.slots() * (2 if session.grows else 1)
        return max(min(slots, self._workers or slots), 1)

    def sql(self, query: str, tables: Mapping[str, Path], out: Path) -> None:
        """See `Engine.sql`. Writes one file, `part-0.parquet`, the very bytes that DuckDB would write.

        Raises:
            DiskFull: a disk cannot take the result.
            ConfigError, MathmillError: as `map`; or the nodes do not share the tables' folder.
        """
        session = self._started()
        given, columns = plan(query, tables)
        parts = staged_parts(out)
        with writing(out):
            out.parent.mkdir(parents=True, exist_ok=True)
        written = session.calls.submit(write_parts, session.sql, query, tables, given, parts)
        try:
            while not session.finished([written]):
                pass
            join_parts(parts, written.result(), columns, out, self._memory_mb, self._workers or os.cpu_count() or 1)
        except BaseException:
            self._cancel([written])
            raise
        finally:
            shutil.rmtree(parts, ignore_errors=True)

    def check_folder(self, folder: Path) -> None:
        """See that executors share a folder with this machine, as those of `sql` have to.

        Raises:
            ConfigError: a node does not see what is written here; or as `map`.
            CannotCreate, DiskFull: nothing can be written here.
        """
        session = self._started()
        if session.is_here:
            return
        mark = folder.absolute() / f".seen-{secrets.token_hex(4)}"
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
            mark.touch()
        try:
            many = range(min(2 * max(session.slots(), 1), _PLACES))
            answers = [answer for _, answer in self._run(partial(_blind_host, str(mark)), iter(many))]
        finally:
            mark.unlink(missing_ok=True)
        blind = sorted({str(answer.error) if isinstance(answer, Failure) else answer for answer in answers} - {""})
        if blind:
            raise ConfigError(
                f"Spark's executors have to see the run's tables in {folder}, and do not on {', '.join(blind)}: choose "
                "a folder that all nodes share, for a run in a store by MATHMILL_SCRATCH; or take --engine ray"
            )

    def _started(self) -> SparkSession:
        if self._session is None:
            self._session = start_spark(self._workers, self._memory_mb, self._address)
        return self._session

    def _cancel(self, futures: Iterable[Future[Any]]) -> None:
        """End what runs; what does not end is ended with Spark itself."""
        if self._session is not None and not self._session.cancel(list(futures)):
            self.close()

    def close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.cancel([])
            session.stop()


def _blind_host(mark: str, number: int) -> str:
    """The name of this node, if it does not see a file; "" if it does.

    The file's path is a string: as a path of a run in a store it would become one of this worker's own.
    """
    time.sleep(_STAY_SECONDS * bool(number))  # so that others go elsewhere
    return "" if Path(mark).exists() else socket.gethostname()


def _work(session: SparkSession, function: Callable[[I], R], item: I) -> R | Failure:
    """The result of a job of one item."""
    from py4j.protocol import Py4JError, Py4JJavaError

    try:
        parcel = packed(function, item, "" if session.is_here else code_version())
    except (pickle.PicklingError, TypeError, AttributeError) as error:
        return Failure(error)
    try:
        (answer,) = session.context.parallelize([parcel], 1).mapPartitions(answers).collect()
    except Py4JJavaError as error:
        said = str(error.java_exception.getMessage())
        if _SPARK_ENDED in said:
            raise session.gone(RuntimeError(said)) from error
        return Failure(_death(said))
    except (Py4JError, OSError) as error:
        raise session.gone(error) from error
    kind, value = pickle.loads(answer)  # noqa: S301  # from our own worker
    if kind == "other_code":
        host, version = value
        raise ConfigError(
            f"{host} has another mathmill ({version}) than this machine ({code_version()}): "
            "install the same on all nodes"
        )
    if kind == "error":
        return Failure(value)
    result: R = value
    return result


def _death(said: str) -> Exception:
    """What a job's message says of its item."""
    if _EXECUTOR_DIED in said:
        return ExecutorDied(f"its executor was lost {TRIES} times, also when it ran alone (memory, a crash, or a node)")
    if _PROCESS_DIED in said:
        return WorkerDied(f"its worker process was killed {TRIES} times (memory, or a crash)")
    lines = [line for line in said.splitlines() if line.strip()]
    told = next((line for line in reversed(lines) if "Error" in line and not line.startswith("\tat")), said)
    return MathmillError(f"Spark could not have it worked on: {first_line(RuntimeError(told))}")
