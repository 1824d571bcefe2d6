"""Other graders: math-verify, or any function of a completion and a gold answer, in a process of its own.

    python -m mathmill.eval.harness.graders math-verify|MODULE:FUNCTION

serves `Outside`, in messages as those of proof workers: `{"completion": .., "gold": ..}`, answered by `{"pays": ..}` or
`{"raised": NAME}`. A grader that hangs or dies on hostile text costs one verdict, and one that stops itself by signals,
as math-verify does, has the main thread that it needs.

math-verify reads completions with its own defaults (LaTeX, then plain expressions) and its own time limits. The gold
gets dollars unless it brings delimiters, and of a completion that has GSM8K's `####`, which math-verify does not know,
it gets what follows the last one.
"""

from __future__ import annotations

import importlib
import importlib.util
import logging
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any

from mathmill.data.errors import ConfigError
from mathmill.eval.proof.messages import Garbled, receive, send

Grader = Callable[[str, str], bool]
MATH_VERIFY = "math-verify"

#: Seconds on the clock for one completion, above the ten that math-verify allows itself, and for the start.
PATIENCE, START = 20.0, 180.0
_MEMORY = 4 * 2**30  # bytes of address space of the process
_DELIMITERS = ("$", r"\(", r"\[", r"\boxed")


class Refused(Exception):
    """A grader gave no verdict on a completion; the message says why in a word or two."""


def check_grader(name: str) -> None:
    """Make sure that there is a grader of this name, without loading it.

    Raises:
        ConfigError: there is none, with what to install or to write.
    """
    module, colon, function = name.partition(":")
    if name == MATH_VERIFY:
        if importlib.util.find_spec("math_verify") is None:
            raise ConfigError(
                "math-verify is not installed: pip install math-verify, or name another as MODULE:FUNCTION"
            )
    elif not colon or not all(part.isidentifier() for part in module.split(".")) or not function.isidentifier():
        raise ConfigError(f"no grader {name!r}: write {MATH_VERIFY}, or MODULE:FUNCTION of a function of yours")


def load_grader(name: str) -> Grader:
    """The grader of this name, in this process; math-verify works in the main thread only.

    Raises:
        ConfigError: there is none, or what is there is no function.
    """
    check_grader(name)
    if name == MATH_VERIFY:
        return _math_verify()
    module, _, function = name.partition(":")
    try:
        found = getattr(importlib.import_module(module), function)
    except ImportError as error:
        raise ConfigError(
            f"no grader {name}: {error}; modules are looked for in this folder and in PYTHONPATH"
        ) from error
    except AttributeError:
        raise ConfigError(f"no grader {name}: the module has no {function}") from None
    if not callable(found):
        raise ConfigError(f"no grader {name}: it is no function")
    grader: Grader = found
    return grader


def _math_verify() -> Grader:
    from math_verify import parse, verify

    logging.getLogger("math_verify").setLevel(logging.CRITICAL)

    def grade(completion: str, gold: str) -> bool:
        _, mark, behind = completion.rpartition("####")
        wanted = parse(gold if any(mark in gold for mark in _DELIMITERS) else f"${gold}$")
        return bool(verify(wanted, parse(f"${behind.strip()}$" if mark else completion)))

    return grade


class Outside:
    """A grader in another process, started when it is first asked and again after one that it did not survive.

    Raises:
        ConfigError: there is no such grader.
    """

    def __init__(self, name: str, patience: float = PATIENCE) -> None:
        check_grader(name)
        self.name, self._patience = name, patience
        self._process: subprocess.Popen[bytes] | None = None

    def __call__(self, completion: str, gold: str) -> bool:
        """Its verdict.

        Raises:
            Refused: it raised something, died, or took too long.
            ConfigError: it cannot be loaded, or does not answer true or false.
        """
        process = self._started()
        assert process.stdin is not None
        try:
            send(process.stdin.fileno(), {"completion": completion, "gold": gold})
            reply = self._reply(self._patience)
        except BrokenPipeError:
            reply = {"raised": "died"}
        except BaseException:  # an interrupt: what comes later must not be taken for the next reply
            self.close()
            raise
        if "wrong" in reply:
            raise ConfigError(f"the grader {self.name} {reply['wrong']}")
        if "raised" in reply:
            if reply["raised"] in ("died", "timed out"):
                self.close()
            raise Refused(str(reply["raised"]))
        return bool(reply["pays"])

    def close(self) -> None:
        """End its process, with what that started."""
        if self._process is None:
            return
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for pipe in filter(None, (self._process.stdin, self._process.stdout)):
            pipe.close()
        self._process = None

    def __enter__(self) -> Outside:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            command = [sys.executable, "-W", "ignore", "-m", "mathmill.eval.harness.graders", self.name]
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            reply = self._reply(START)
            if "ready" not in reply:
                self.close()
                raise ConfigError(
                    f"the grader {self.name} {reply.get('wrong', 'does not start')}; see why with: "
                    f"python -m mathmill.eval.harness.graders {self.name} < /dev/null"
                )
        return self._process

    def _reply(self, seconds: float) -> dict[str, Any]:
        assert self._process is not None
        assert self._process.stdout is not None
        end = time.monotonic() + seconds
        try:
            reply = receive(self._process.stdout.fileno(), end)
        except Garbled:
            reply = None
        return reply if reply is not None else {"raised": "died" if time.monotonic() < end else "timed out"}


def _serve(name: str) -> int:
    """Answer on standard output until standard input ends."""
    requests, replies = os.dup(0), os.dup(1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)  # what a grader prints is no reply
    try:
        grader = load_grader(name)
    except ConfigError as error:
        print(error, file=sys.stderr)
        send(replies, {"wrong": f"cannot be loaded: {error}"})
        return error.exit_code
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    memory = _MEMORY if hard == resource.RLIM_INFINITY else min(_MEMORY, hard)
    resource.setrlimit(resource.RLIMIT_AS, (memory, hard))
    send(replies, {"ready": True})
    while (asked := receive(requests)) is not None:
        send(replies, _answer(grader, asked["completion"], asked["gold"]))
    return 0


def _answer(grader: Grader, completion: str, gold: str) -> dict[str, Any]:
    try:
        pays = grader(completion, gold)
    except BaseException as error:  # noqa: BLE001 - its verdict, which is named; timeouts of math-verify are no Exception
        return {"raised": type(error).__name__}
    if pays not in (True, False):
        return {"wrong": f"has to answer true or false, and answered {str(pays)[:80]!r}"}
    return {"pays": bool(pays)}


if __name__ == "__main__":
    sys.exit(_serve(*sys.argv[1:]))
