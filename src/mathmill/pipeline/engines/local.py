"""The engine of one machine: a pool of processes for `map`, DuckDB for `sql`; no server."""

from __future__ import annotations

import multiprocessing
import multiprocessing.process
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import TypeVar

from mathmill.data.engine import Failure, WorkerDied
from mathmill.pipeline.engines.duck import query_to_folder
from mathmill.pipeline.engines.sending import sendable

I = TypeVar("I")  # noqa: E741
R = TypeVar("R")

_SPAWN = multiprocessing.get_context("spawn")


class LocalEngine:
    """`workers` processes, and DuckDB within `memory_mb` megabytes, spilling beside its output."""

    def __init__(self, workers: int, memory_mb: int = 2048) -> None:
        # Arrow's own allocator keeps what it was given back: a quarter of a worker's memory (benchmarks.dedup memory).
        os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
        self._workers = workers
        self._memory_mb = memory_mb
        self._pool: ProcessPoolExecutor | None = None

    def map(self, function: Callable[[I], R], items: Iterable[I]) -> Iterator[tuple[I, R | Failure]]:
        """See `Engine.map`. At most two items a worker are in flight, so a long list costs no memory.

        When a worker dies its pool is lost with all that was in flight; which item killed it is not
        known. Each of them runs again alone, and only one that kills its worker alone is a Failure.
        """
        waiting = iter(items)
        suspects: deque[I] = deque()
        while True:
            yield from self._run_together(function, waiting, suspects)
            if not suspects:
                return
            while suspects:
                item = suspects.popleft()
                yield item, self._run_alone(function, item)

    def _run_together(
        self, function: Callable[[I], R], waiting: Iterator[I], suspects: deque[I]
    ) -> Iterator[tuple[I, R | Failure]]:
        """Run items until none is left or the pool breaks; what was in flight then goes to `suspects`."""
        pool = self._pool = self._pool or self._new_pool(self._workers)
        running: dict[Future[R], I] = {}
        try:
            while True:
                for item in waiting:
                    running[pool.submit(_called, function, item)] = item
                    if len(running) >= 2 * self._workers:
                        break
                if not running:
                    return
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    item = running[future]
                    result = _result(future)  # raises BrokenProcessPool while `running` still lists the item
                    del running[future]
                    yield item, result
        except BrokenProcessPool:
            suspects.extend(running.values())
            self._stop_pool()
        except BaseException:  # the caller left, or a signal came: nobody wants what is running
            self._stop_pool()
            raise

    def _run_alone(self, function: Callable[[I], R], item: I) -> R | Failure:
        pool = self._pool = self._new_pool(1)
        try:
            return _result(pool.submit(_called, function, item))
        except BrokenProcessPool:
            return Failure(WorkerDied("its worker process was killed, also when it ran alone (memory, or a crash)"))
        finally:
            self._stop_pool()  # of one worker: the next items get as many as there may be

    def _new_pool(self, workers: int) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(workers, mp_context=_SPAWN, initializer=_belong_to_the_driver)

    def _stop_pool(self) -> None:
        """End the workers now: what they had not committed is done again by the next run."""
        pool, self._pool = self._pool, None
        if pool is None:
            return
        for process in (pool._processes or {}).values():  # public only from Python 3.14 on (kill_workers)
            process.kill()
        pool.shutdown(wait=True, cancel_futures=True)

    def sql(self, query: str, tables: Mapping[str, Path], out: Path) -> None:
        """See `Engine.sql`. Writes one file, `part-0.parquet`, in the order that the query gives.

        Raises:
            DiskFull: the output or the spill folder cannot take the result.
        """
        query_to_folder(query, tables, out, self._memory_mb, self._workers)

    def close(self) -> None:
        self._stop_pool()


def _called(function: Callable[[I], R], item: I) -> R:
    """What a worker does; an error that cannot be sent would break the pool."""
    try:
        return function(item)
    except Exception as error:  # noqa: BLE001  # it is raised again
        raise sendable(error) from None


def _result(future: Future[R]) -> R | Failure:
    error = future.exception()
    if error is None:
        return future.result()
    if isinstance(error, BrokenProcessPool) or not isinstance(error, Exception):
        raise error
    return Failure(error)


def _belong_to_the_driver() -> None:
    """Leave Ctrl-C, which reaches the whole process group, to the driver; and do not outlive it.

    A worker whose driver was killed would go on writing into a folder that is no longer locked.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    driver = multiprocessing.parent_process()
    assert driver is not None
    threading.Thread(target=_end_with, args=(driver,), daemon=True).start()


def _end_with(driver: multiprocessing.process.BaseProcess) -> None:
    driver.join()
    os._exit(1)
