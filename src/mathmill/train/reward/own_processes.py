"""A user's reward as the training sees it: processes that call it, each of which is killed where a call hangs."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any

from mathmill.data.errors import ConfigError
from mathmill.data.problem_rows import Problem
from mathmill.eval.proof.messages import Garbled, receive, send

_START_SECONDS = 300.0  # on the clock: its module may load a model
_STOP_SECONDS = 30.0  # for a thread to notice that the process which it asked was killed
_SOURCE = str(Path(__file__).resolve().parents[3])


class OwnReward:
    """Calls a function in processes of its own, from any number of threads. Use as a context manager, or `close`.

    The first process is started at once, so that what is wrong with the module is told before anything is drawn.

    Raises:
        ConfigError: as `load_own`; or a process cannot be started, or does not load the module in time.
    """

    def __init__(self, name: str, seconds: float, processes: int = 1) -> None:
        self.name, self._seconds, self._processes = name, seconds, processes
        self._lock = threading.Lock()
        self._all: list[_Process] = []
        self._closed = False
        self._places: queue.Queue[_Process | None] = queue.Queue()  # None: to be started when it is needed
        self._places.put(self._started())
        for _ in range(processes - 1):
            self._places.put(None)

    def __call__(self, problem: Problem, completion: str) -> float | None:
        """The reward of a completion.

        Raises:
            ConfigError: as `call_own`; or the call took too long, its process died, or this was closed.
        """
        process = self._places.get()
        try:
            process = process or self._started()
            reply = process.ask(problem, completion, self._seconds)
        except BaseException:  # an interrupt too: what it replies later must not be taken for the next reply
            self._forget(process)
            process = None
            raise
        finally:
            self._places.put(process)
        if "error" in reply:
            raise ConfigError(str(reply["error"]))
        reward: float | None = reply["reward"]
        return reward

    def _started(self) -> _Process:
        with self._lock:
            if self._closed:
                raise ConfigError(f"the reward {self.name!r} was stopped")
            process = _Process(self.name)
            self._all.append(process)
        try:
            process.wait_until_ready()
        except BaseException:
            self._forget(process)
            raise
        return process

    def _forget(self, process: _Process | None) -> None:
        if process is None:
            return
        process.kill()
        process.release()
        with self._lock:
            if process in self._all:
                self._all.remove(process)

    @property
    def pids(self) -> list[int]:
        """The process numbers of those that run."""
        return [process.pid for process in self._all]

    def close(self) -> None:
        """Kill all processes; calls under way raise. May be called again."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            processes = list(self._all)
        for process in processes:
            process.kill()
        # A thread that asks holds a place and clears it away itself, since it still reads from the pipes.
        for _ in range(self._processes):
            self._forget(self._places.get(timeout=_STOP_SECONDS))
        for _ in range(self._processes):
            self._places.put(None)

    def __enter__(self) -> OwnReward:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Process:
    """One that serves `own_server`; asked and released by one thread at a time, killed by any."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._killing = threading.Lock()
        paths = [_SOURCE, *filter(None, [os.environ.get("PYTHONPATH")])]
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "mathmill.train.reward.own_server", name],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                bufsize=0,
                start_new_session=True,  # a group of its own, with what it starts; no interrupts from a terminal
                env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
            )
        except OSError as error:
            raise ConfigError(f"the reward {name!r}: no process can be started for it ({error.strerror})") from error
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._requests, self._replies = self._process.stdin, self._process.stdout

    @property
    def pid(self) -> int:
        return self._process.pid

    def wait_until_ready(self) -> None:
        """Wait until it has loaded the function.

        Raises:
            ConfigError: it could not, or died, or took too long.
        """
        reply = self._reply(_START_SECONDS, "while it was imported")
        if "error" in reply:
            raise ConfigError(str(reply["error"]))

    def ask(self, problem: Problem, completion: str, seconds: float) -> dict[str, Any]:
        """Its reply.

        Raises:
            ConfigError: it died, or took too long.
        """
        fields = {"id": problem.id, "question": problem.question, "gold": problem.gold, "meta": dict(problem.meta)}
        on = f"on the problem {problem.id}"
        try:
            send(self._requests.fileno(), {"problem": fields, "completion": completion})
        except OSError:
            raise ConfigError(f"the reward {self._name!r}: its process was dead before it was called {on}") from None
        return self._reply(seconds, on)

    def _reply(self, seconds: float, on: str) -> dict[str, Any]:
        deadline = time.monotonic() + seconds
        try:
            reply = receive(self._replies.fileno(), deadline)
        except Garbled:
            reply = None
        if reply is not None:
            return reply
        if time.monotonic() >= deadline:
            raise ConfigError(
                f"the reward {self._name!r} took more than {seconds:g} s {on}: make it quicker, or give it more time "
                "with `seconds`"
            )
        raise ConfigError(f"the reward {self._name!r}: its process died {on}; what it said last is on standard error")

    def kill(self) -> None:
        """End it with all that it started, at once. May be called again."""
        with self._killing:
            if self._process.returncode is None:
                # The group by its leader's number, which is not given to another before the leader is waited for.
                try:
                    os.killpg(self._process.pid, signal.SIGKILL)
                except (ProcessLookupError, PermissionError):
                    self._process.kill()
                self._process.wait()

    def release(self) -> None:
        """Close the pipes, once nobody reads from them."""
        self._requests.close()
        self._replies.close()
