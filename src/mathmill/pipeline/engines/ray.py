"""The engine of a Ray cluster: a plain task an item for `map`, the local engine's DuckDB in one task for `sql`.

Ray only places the tasks. What is tried again, and how often, is decided here: an item that raised is a Failure at
once; one whose worker died runs again when all others are done, on a node where no other is, and is a Failure if it
dies again; one whose node went away is put to work again elsewhere.
"""

from __future__ import annotations

import pickle
import sys
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Generic, TypeVar

from mathmill.data.engine import Failure, WorkerDied
from mathmill.data.errors import ConfigError, MathmillError
from mathmill.data.progress import duration
from mathmill.data.runs import code_version
from mathmill.data.terminal import counted
from mathmill.pipeline.engines.cluster_worker import answer
from mathmill.pipeline.engines.duck import query_to_folder
from mathmill.pipeline.engines.ray_cluster import Node, OtherCode, RayCluster, join

I = TypeVar("I")  # noqa: E741
R = TypeVar("R")

_BEAT_SECONDS = 5.0  # between looks at the cluster
_PATIENCE_SECONDS = 600.0  # for a cluster to have room for an item at all: one that grows needs minutes
_CANCEL_SECONDS = 20.0
_TELL_SECONDS = 60.0  # between words about an item that is tried again alone
_ASK_SECONDS = 120.0  # for a node to start a worker and answer
_NODES = 10  # that may go away below an item


@dataclass(slots=True)
class _Attempt(Generic[I]):
    item: I
    nodes_lost: int = 0
    node: str = ""  # the id of the one that it has to run on; "" of any


class RayEngine:
    """Ray at `address` ("": see `ray_cluster.join`), `workers` items at a time, `memory_mb` megabytes for a query."""

    def __init__(self, workers: int | None, memory_mb: int, address: str) -> None:
        self._workers = workers
        self._memory_mb = memory_mb
        self._address = address
        self._cluster: RayCluster | None = None
        self._flights: list[_Flight[Any, Any]] = []

    def map(self, function: Callable[[I], R], items: Iterable[I]) -> Iterator[tuple[I, R | Failure]]:
        """See `Engine.map`. At most two items a slot are in flight; slots are counted again as nodes come and go.

        Raises:
            ConfigError: Ray is missing, no cluster answers, or a node has other code.
            MathmillError: the cluster has no core for ten minutes, or Ray failed.
        """
        return self._run(function, items, {"num_cpus": 1})

    def _run(
        self, function: Callable[[I], R], items: Iterable[I], needs: dict[str, float]
    ) -> Iterator[tuple[I, R | Failure]]:
        """All items together, and then those that may have killed their worker again, with nothing beside them."""
        suspects: list[I] = []
        with self._flight(function, needs, is_apart=False) as flight, closing(flight.over(items)) as results:
            for attempt, result in results:
                if isinstance(result, Failure) and isinstance(result.error, WorkerDied) and attempt.nodes_lost < _NODES:
                    suspects.append(attempt.item)
                else:
                    yield attempt.item, result
        with self._flight(function, needs, is_apart=True) as flight, closing(flight.over(suspects)) as results:
            for attempt, result in results:
                yield attempt.item, result

    @contextmanager
    def _flight(
        self, function: Callable[[I], R], needs: Mapping[str, float], is_apart: bool
    ) -> Iterator[_Flight[I, R]]:
        """A flight that `close` ends as well."""
        flight = _Flight(self._joined(), function, needs, self._workers, is_apart)
        self._flights.append(flight)
        try:
            yield flight
        finally:
            self._flights.remove(flight)

    def sql(self, query: str, tables: Mapping[str, Path], out: Path) -> None:
        """See `Engine.sql`. One task, on a node that gives `memory_mb` megabytes; tried again as an item of `map`.

        Raises:
            DiskFull: the output or the spill folder cannot take the result.
            ConfigError: no node has so much memory; or as `map`.
        """
        self.check_memory()
        needs: dict[str, float] = {"num_cpus": 1}
        if self._joined().address:
            needs["memory"] = self._memory_mb << 20
        work = partial(_query, tables=dict(tables), out=out, memory_mb=self._memory_mb, threads=self._workers)
        for _, result in self._run(work, [query], needs):
            if isinstance(result, Failure):
                raise result.error

    def check_memory(self) -> None:
        """See that a node has room for a query.

        Raises:
            ConfigError: no node has so much memory; or as `map`.
        """
        cluster = self._joined()
        if not cluster.address:
            return
        largest = max((node.memory for node in cluster.nodes()), default=0) >> 20
        if largest < self._memory_mb:
            raise ConfigError(
                f"no node of the cluster gives {self._memory_mb:,} MB to a query, the largest {largest:,} MB: name "
                "less with --memory (a query spills beyond it), or add a larger node"
            )

    def on_each_node(self, function: Callable[[Node], R]) -> list[tuple[Node, R | Failure]]:
        """What the function gives on each node that is alive, whatever code is there and however busy it is.

        A node that cannot load the function is asked which code it has: a Failure of `OtherCode` where it says so.

        Raises:
            ConfigError: as `map`.
        """
        cluster = self._joined()
        dumps = cluster.ray.cloudpickle.dumps
        answers = self._asked("", {node: dumps((function, node)) for node in cluster.nodes()})
        failed = {node: b"" for node, told in answers.items() if _is_answered_wrongly(told)}
        for node, told in self._asked(code_version(), failed).items():
            if isinstance(told, Failure) and isinstance(told.error, OtherCode):
                answers[node] = told
        return list(answers.items())

    def _asked(self, version: str, work: Mapping[Node, bytes]) -> dict[Node, Any]:
        """What each node answers to its work, which runs however busy the node is."""
        cluster = self._joined()
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        answers: dict[Node, Any] = {}
        for node, parcel in work.items():
            there = {"num_cpus": 0, "scheduling_strategy": NodeAffinitySchedulingStrategy(node.id, soft=False)}
            task = cluster.ray.remote(answer).options(max_retries=0, **there)
            answers[node] = task.remote(version, str(Path.cwd()), parcel).future()
        wait(answers.values(), timeout=_ASK_SECONDS)
        return {node: _told(future) for node, future in answers.items()}

    def _joined(self) -> RayCluster:
        if self._cluster is None:
            self._cluster = join(self._workers, self._address)
        return self._cluster

    def close(self) -> None:
        cluster, self._cluster = self._cluster, None
        if cluster is not None:
            for flight in self._flights:
                flight.cancel()
            cluster.leave()


class _Flight(Generic[I, R]):
    """Items on their way: what is at work, and what is to be put to work again."""

    def __init__(
        self,
        cluster: RayCluster,
        function: Callable[[I], R],
        needs: Mapping[str, float],
        workers: int | None,
        is_apart: bool,
    ) -> None:
        self._cluster = cluster
        self._ray = cluster.ray
        self._function = function
        self._needs = needs
        self._workers = workers
        self._is_apart = is_apart  # one item a node
        self._version = code_version() if cluster.address else ""
        self._home = str(Path.cwd())
        self._task = cluster.ray.remote(answer)
        self._anywhere = self._task.options(max_retries=0, **needs)
        self._running: dict[Future[bytes], tuple[_Attempt[I], Any]] = {}  # by its answer; with Ray's reference to that
        self._again: deque[_Attempt[I]] = deque()
        self._fitting: list[Node] = []
        self._gone: set[str] = set()  # nodes that died below an item: the head lists them for a while yet
        self._room = 0
        self._looked = self._fitted = -float("inf")
        self._news = self._told = time.monotonic()  # when an item came back, and when somebody was last told of one

    def over(self, items: Iterable[I]) -> Generator[tuple[_Attempt[I], R | Failure], None, None]:
        """Work on all items; a Failure of `WorkerDied` is of the first death."""
        waiting = iter(items)
        try:
            while True:
                self._look()
                yield from self._start(waiting)
                if not self._running:
                    return
                # Not Ray's own wait: what a signal's handler raises would come out of that as another error.
                done = wait(self._running, timeout=_BEAT_SECONDS, return_when=FIRST_COMPLETED).done
                self._tell(bool(done))
                for future in done or self._overlooked():
                    attempt, _ = self._running.pop(future)
                    result = self._result(future, attempt)
                    if result is not None:
                        yield attempt, result[0]
        finally:  # also if the caller left, or a signal came: nobody wants what is running
            self.cancel()

    def _overlooked(self) -> list[Future[bytes]]:
        """Answers that have come although Ray did not say so, as was seen of large ones on a busy machine."""
        futures = {reference: future for future, (_, reference) in self._running.items()}
        there, _ = self._ray.wait(list(futures), num_returns=len(futures), timeout=0)
        found = []
        for reference in there:
            answered: Future[bytes] = Future()
            try:
                answered.set_result(self._ray.get(reference, timeout=_ASK_SECONDS))
            except self._ray.exceptions.RayError as error:
                answered.set_exception(error)
            self._running[answered] = self._running.pop(futures[reference])
            found.append(answered)
        return found

    def _tell(self, is_news: bool) -> None:
        """Say now and then what is waited for where an item is bound to a node: others may hold all cores there."""
        now = time.monotonic()
        if is_news:
            self._news = self._told = now
        if not self._is_apart or now - self._told < _TELL_SECONDS:
            return
        self._told = now
        hosts = {node.id: node.host for node in self._fitting}
        places = sorted(hosts.get(attempt.node, "a node to come") for attempt, _ in self._running.values())
        print(
            f"ray: {counted(len(places), 'item')} whose worker died, tried again alone on {', '.join(places)}: nothing "
            f"came for {duration(now - self._news)}. At work, or waiting for a core that another job holds there: see "
            "`ray status`",
            file=sys.stderr,
            flush=True,
        )

    def _look(self) -> None:
        """See what the cluster has now, and whether there is hope."""
        now = time.monotonic()
        if now - self._looked < _BEAT_SECONDS:
            return
        if self._looked < 0:
            self._fitted = now
        nodes = [node for node in self._cluster.nodes() if node.id not in self._gone]
        memory = self._needs.get("memory", 0)
        self._fitting = [node for node in nodes if node.cpus >= self._needs["num_cpus"] and node.memory >= memory]
        room = len(self._fitting) if self._is_apart else 2 * sum(node.cpus for node in nodes)
        # One at least, for there are clusters that grow with what waits.
        self._looked, self._room = now, max(min(room, self._workers or room), 1)
        if self._fitting:
            self._fitted = now
        elif now - self._fitted > _PATIENCE_SECONDS:
            minutes, megabytes = _PATIENCE_SECONDS / 60, int(memory) >> 20
            raise MathmillError(
                f"for {minutes:.0f} minutes the cluster at {self._cluster.address} had no node that gives "
                f"{self._needs['num_cpus']} core and {megabytes:,} MB to work: see `ray status`, then run the same "
                "command again; it goes on where it was"
            )

    def _start(self, waiting: Iterator[I]) -> Iterator[tuple[_Attempt[I], Failure]]:
        """Put items to work, as many as there is room for; gives those that cannot be sent."""
        while len(self._running) < self._room and (node := self._place()) is not None:
            if self._again:
                attempt = self._again.popleft()
            else:
                try:
                    attempt = _Attempt(next(waiting))
                except StopIteration:
                    return
            try:
                work = self._ray.cloudpickle.dumps((self._function, attempt.item))
            except (pickle.PicklingError, TypeError, AttributeError) as error:
                yield attempt, Failure(error)
                continue
            attempt.node = node
            reference = self._on(node).remote(self._version, self._home, work)
            self._running[reference.future()] = attempt, reference

    def _place(self) -> str | None:
        """The id of the node for the next item, "" where any will do, None while it has to wait for one to itself."""
        if not self._is_apart:
            return ""
        taken = {attempt.node for attempt, _ in self._running.values()}
        free = [node.id for node in self._fitting if node.id not in taken]
        if free and "" not in taken:
            return free[0]
        return None if taken else ""  # a cluster without a node may get one for what waits

    def _on(self, node: str) -> Any:
        """Ray's function for an item, on a node."""
        if not node:
            return self._anywhere
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        there = NodeAffinitySchedulingStrategy(node, soft=False)
        return self._task.options(max_retries=0, scheduling_strategy=there, **self._needs)

    def _result(self, future: Future[bytes], attempt: _Attempt[I]) -> tuple[R | Failure] | None:
        """What an item came to; None if it is tried again."""
        errors = self._ray.exceptions
        try:
            kind, value = pickle.loads(future.result())  # noqa: S301  # from our own worker
        except (errors.NodeDiedError, errors.ObjectLostError, errors.TaskUnschedulableError):
            attempt.nodes_lost += 1
            if attempt.node:
                self._gone.add(attempt.node)
                self._fitting = [node for node in self._fitting if node.id != attempt.node]
            if attempt.nodes_lost < _NODES:
                self._again.append(attempt)
                return None
            return (Failure(WorkerDied(f"the node that it ran on went away, {_NODES} times")),)
        except errors.OutOfMemoryError:
            return (
                Failure(WorkerDied("Ray ended its worker, for its node ran out of memory, also when it ran alone")),
            )
        except (errors.WorkerCrashedError, errors.TaskCancelledError):
            return (Failure(WorkerDied("its worker process was killed, also when it ran alone (memory, or a crash)")),)
        except errors.RayTaskError as error:
            raise ConfigError(
                f"a node of the cluster cannot run mathmill ({_last_line(error)}): install the same version on all "
                "nodes, and look with `mathmill engine check`"
            ) from error
        except errors.RayError as error:
            raise MathmillError(f"Ray failed ({_last_line(error)}): see `ray status`, then run again") from error
        if kind == "other_code":
            host, version = value
            raise ConfigError(
                f"{host} has mathmill {version}, this machine {code_version()}: install the same on all nodes, and "
                "look with `mathmill engine check`"
            )
        return (Failure(value) if kind == "error" else value,)

    def cancel(self) -> None:
        """End what runs, and wait until it has ended."""
        if not self._running or not self._ray.is_initialized():
            return
        references = [reference for _, reference in self._running.values()]
        for reference in references:
            with suppress(ValueError, self._ray.exceptions.RayError):  # it is done, or Ray has gone away
                self._ray.cancel(reference, force=True)
        self._ray.wait(references, num_returns=len(references), timeout=_CANCEL_SECONDS)
        self._running.clear()


def _is_answered_wrongly(told: Any) -> bool:
    return isinstance(told, Failure) and not isinstance(told.error, TimeoutError)


def _told(future: Future[bytes]) -> Any:
    """What a node answered, or a Failure that says why it did not."""
    try:
        kind, value = pickle.loads(future.result(0))  # noqa: S301  # from our own worker
    except TimeoutError:
        return Failure(TimeoutError(f"it gave no answer for {_ASK_SECONDS:.0f} seconds: see Ray's logs there"))
    except Exception as error:  # noqa: BLE001  # Ray's, or that of a node without mathmill: the node is not in order
        return Failure(MathmillError(_last_line(error)))
    if kind == "other_code":
        return Failure(OtherCode(value[1]))
    return Failure(value) if kind == "error" else value


def _query(query: str, tables: Mapping[str, Path], out: Path, memory_mb: int, threads: int | None) -> None:
    """The query on the node where the task came to."""
    query_to_folder(query, tables, out, memory_mb, threads)


def _last_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__
