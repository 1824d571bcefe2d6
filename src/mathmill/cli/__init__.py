"""The front door: one command tree, which is the folder tree.

Each file beside this one holds the commands of one folder. They only parse, call and print, in under 25 lines; stdout
is for results (`--json` for programs), stderr for progress and errors. Nothing heavy is imported before one runs.
"""

from __future__ import annotations

import contextlib
import signal
import sys
import traceback
from types import FrameType
from typing import Annotated

import typer

from mathmill import __version__
from mathmill.cli.classifier import classifier_app
from mathmill.cli.data import data_app, runs_app
from mathmill.cli.demo import demo_app
from mathmill.cli.engine import engine_app
from mathmill.cli.eval import eval_app
from mathmill.cli.fetch import fetch
from mathmill.cli.options import Json, RunFolder
from mathmill.cli.pipeline import pipeline_app
from mathmill.cli.train import train_app
from mathmill.data.errors import DiskFull, MathmillError, Stopped
from mathmill.data.terminal import check_output, drop_output, one_line

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Turn web crawl dumps into a model that reasons in mathematics.",
)
app.add_typer(pipeline_app, name="pipeline")
app.add_typer(data_app, name="data")
app.add_typer(runs_app, name="runs")
app.add_typer(classifier_app, name="classifier")
app.add_typer(eval_app, name="eval")
app.add_typer(train_app, name="train")
app.add_typer(demo_app, name="demo")
app.add_typer(engine_app, name="engine")
app.command("fetch")(fetch)


@app.command("explain")
def explain(
    run: RunFolder,
    page: Annotated[
        str, typer.Argument(metavar="URL", help="address of the page, in this or another spelling, or a Document's id")
    ],
    as_json: Json = False,
) -> None:
    """Tell what happened to a page and why, value against threshold."""
    from mathmill.pipeline.show import show_explanation

    show_explanation(run, page, as_json)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"mathmill {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[bool, typer.Option("--version", callback=_print_version, is_eager=True)] = False,
) -> None:
    pass


def _stop(signum: int, frame: FrameType | None) -> None:
    """Raise in the main thread, once: a second signal must not cut the clean-up short."""
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)
    name = signal.Signals(signum).name
    raise Stopped(f"stopped by {name}, the same command goes on", signum)


# What a command ends with when its reader goes away, as in `... | head -1`: the shell says the same of any Unix tool
# that SIGPIPE ends. The signal itself stays ignored, since it would also come from the pipes to page processes.
_READER_GONE = 128 + signal.SIGPIPE


def main() -> None:
    """Run a command and end with its exit code; an error of the tree is one line on stderr."""
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, _stop)
    check_output()
    try:
        try:
            _call()
        finally:
            sys.stdout.flush()  # the interpreter would do it too late to tell
    except MathmillError as error:
        with contextlib.suppress(DiskFull, Stopped):  # stderr may fail as well; the exit code says it then
            if error.exit_code != _READER_GONE:
                print(f"mathmill: {one_line(error)}", file=sys.stderr)
        drop_output()
        sys.exit(error.exit_code)


def _call() -> None:
    """Let typer run the command that was asked for.

    Raises:
        MathmillError: what the command raised.
        SystemExit: it is through; 70 after a bug, whose traceback was printed.
    """
    try:
        app()
    except MathmillError:
        raise
    except Exception:  # noqa: BLE001  # not a result: it ends the program
        traceback.print_exc()
        print("mathmill: this is a bug; please report it with the lines above", file=sys.stderr)
        sys.exit(MathmillError.exit_code)
