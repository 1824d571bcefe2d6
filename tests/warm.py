"""The command line in a process that has its modules loaded already.

To start a run costs seconds: the command, its workers and the server of page processes each load heavy modules, for
work that takes a tenth of one. Here a command is a process all the same, with a process group, streams and an exit code
of its own, and so is each page process; but they are forked from the one server of the test process, and the work of
the engine's workers is done in the command itself. Tests of what the command's start or its workers do call it as
people do (`cold`).
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from mathmill.data.engine import Failure
from mathmill.pipeline import isolate
from mathmill.pipeline.engines.local import LocalEngine

COMMAND = [sys.executable, "-m", "mathmill.cli"]

# The server starts with the first page process or command, after all tests were collected and this was imported.
isolate._PRELOAD.extend(
    f"mathmill.{name}"
    for name in (
        "cli",
        "data.show",
        "pipeline.commands",
        "pipeline.show",
        "pipeline.decontaminate.effect",
        "pipeline.dedup.near_clusters",
        "pipeline.dedup.near_streams",
        "pipeline.harvest.collect",
        "pipeline.harvest.show",
    )
)
isolate._PRELOAD.extend(["duckdb", "pandas", "pyarrow.dataset", "publicsuffixlist"])


class InlineEngine:
    """An engine whose work is done by the process that asks for it, one item at a time."""

    def __init__(self, workers: int, memory_mb: int = 2048) -> None:
        self._local = LocalEngine(1, memory_mb)

    def map(self, function: Callable[[Any], Any], items: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
        for item in items:
            result: Any
            try:
                result = function(item)
            except Exception as error:  # noqa: BLE001  # as the engine does
                result = Failure(error)
            yield item, result

    def sql(self, query: str, tables: Mapping[str, Path], out: Path) -> None:
        self._local.sql(query, tables, out)

    def close(self) -> None:
        self._local.close()


def cold(
    *arguments: str | Path, cwd: Path | None = None, stdin: str = "", environment: Mapping[str, str] | None = None
) -> tuple[int, str, str]:
    """Exit code, output and errors of a command as people start it."""
    done = subprocess.run(
        [*COMMAND, *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, **(environment or {})},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=120,
        start_new_session=True,
    )
    return done.returncode, done.stdout, done.stderr


def warm(
    *arguments: str | Path,
    cwd: Path | None = None,
    stdin: str | bytes = b"",
    stdout: str = "",
    environment: Mapping[str, str] | None = None,
    timeout: float = 120,
) -> tuple[int, str, str]:
    """Exit code, output and errors of a command in a process that is forked with its modules loaded.

    `stdout` is a file to print to, if the output is not to be returned.
    """
    with tempfile.TemporaryDirectory() as folder:
        streams = Path(folder)
        (streams / "0").write_bytes(stdin.encode() if isinstance(stdin, str) else stdin)
        (streams / "1").symlink_to(stdout) if stdout else (streams / "1").touch()
        (streams / "2").touch()
        given = [*map(str, arguments)], streams, cwd or Path.cwd(), {**os.environ, **(environment or {})}
        process = isolate._forkserver().Process(target=_run, args=given)
        process.start()
        process.join(timeout)
        if process.exitcode is None:
            os.killpg(process.pid or 0, signal.SIGKILL)
            raise TimeoutError(f"{arguments} still runs after {timeout} seconds")
        out, err = ("" if stdout and name == "1" else (streams / name).read_text() for name in "12")
        return process.exitcode, out, err


def _run(arguments: list[str], streams: Path, cwd: Path, environment: dict[str, str]) -> None:
    os.setsid()
    for descriptor, flags in enumerate([os.O_RDONLY, os.O_WRONLY, os.O_WRONLY]):
        opened = os.open(streams / str(descriptor), flags)
        os.dup2(opened, descriptor)
        os.close(opened)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", buffering=1, closefd=False)  # noqa: SIM115
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["mathmill", *arguments]

    from mathmill.cli import main
    from mathmill.pipeline.engines import choice

    choice.LocalEngine = InlineEngine  # type: ignore[assignment, attr-defined]
    isolate._forkserver = lambda: get_context("fork")  # type: ignore[assignment]
    main()
