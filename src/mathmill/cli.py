"""The front door: one command tree, which is the folder tree.

Commands only parse, call and print; each is under 25 lines. stdout is for results (`--json` for
programs), stderr for progress and errors. Nothing heavy is imported before a command runs.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import traceback
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from mathmill import __version__
from mathmill.data.errors import ConfigError, DiskFull, MathmillError, Stopped
from mathmill.data.terminal import check_output, drop_output, one_line
from mathmill.eval.app import eval_app

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Turn web crawl dumps into a model that reasons in mathematics.",
)
pipeline_app = typer.Typer(no_args_is_help=True, help="Crawl to corpus.")
data_app = typer.Typer(no_args_is_help=True, help="Look into a corpus.")
runs_app = typer.Typer(no_args_is_help=True, help="The runs in a folder, and whether they are sound.")
demo_app = typer.Typer(no_args_is_help=True, help="A small made-up web to try everything on.")
app.add_typer(pipeline_app, name="pipeline")
app.add_typer(data_app, name="data")
app.add_typer(runs_app, name="runs")
app.add_typer(eval_app, name="eval")
app.add_typer(demo_app, name="demo")

RunFolder = Annotated[Path, typer.Argument(metavar="RUN", help="folder of a run")]
Json = Annotated[bool, typer.Option("--json", help="print JSON for programs")]


@pipeline_app.command("run")
def pipeline_run(
    recipe: Annotated[Path, typer.Argument(metavar="RECIPE", help="TOML file, such as recipes/corpus.toml")],
    out: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="folder of the run; default runs/NAME-OF-RECIPE")
    ] = None,
    archives: Annotated[
        list[str] | None,
        typer.Option("--input", metavar="ARCHIVE", help="path, quoted glob, https:// or s3://; may be repeated"),
    ] = None,
    workers: Annotated[int, typer.Option(min=1, metavar="N", help="archives at a time")] = os.cpu_count() or 1,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="over the recipe, as stages.language.keep='[\"en\"]'"),
    ] = None,
    error_budget: Annotated[
        float, typer.Option(min=0, max=1, metavar="SHARE", help="of pages or bytes that may fail")
    ] = 0.01,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="check everything, change nothing")] = False,
    as_json: Json = False,
) -> None:
    """Make a corpus of mathematics from web archives. Killed at any moment, the same command goes on."""
    from mathmill.pipeline.commands import check_plan, load, run
    from mathmill.pipeline.show import show_plan, show_result

    folder = out or Path("runs") / recipe.stem
    resolved = load(recipe, archives or [], settings or [])
    if dry_run:
        show_plan(check_plan(resolved, folder), as_json)
    else:
        show_result(run(resolved, folder, workers, error_budget), as_json)


@pipeline_app.command("check")
def pipeline_check(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="archives: paths, globs, https:// or s3://")],
    as_json: Json = False,
) -> None:
    """Say what archives hold and what is lost in them. Exit code 65 if anything is."""
    from mathmill.pipeline.show import show_archives

    show_archives(files, as_json)


@pipeline_app.command("extract")
def pipeline_extract(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="HTML, .ipynb, .tex or .md file, or - for standard input")
    ],
    as_json: Json = False,
    jsonl: Annotated[
        bool,
        typer.Option(
            "--jsonl",
            help='FILE holds lines {"url", "html"}, may be .gz or .zst; prints lines {"url", "text", "formulas"}',
        ),
    ] = False,
    workers: Annotated[int, typer.Option(min=1, metavar="N", help="processes, with --jsonl")] = 1,
) -> None:
    """Print the text of a page, with its formulas as $...$ and $$...$$."""
    from mathmill.pipeline.show import show_extracted_lines, show_extraction

    if jsonl and as_json:
        raise ConfigError(
            "--json and --jsonl do not go together: with --jsonl all that is printed is JSON, a line a page"
        )
    if jsonl:
        show_extracted_lines(file, workers)
    else:
        show_extraction(file, as_json)


@app.command("explain")
def explain(
    run: RunFolder,
    url: Annotated[str, typer.Argument(metavar="URL", help="address of the page as the crawl has it")],
    as_json: Json = False,
) -> None:
    """Tell what happened to a page and why, value against threshold."""
    from mathmill.pipeline.show import show_explanation

    show_explanation(run, url, as_json)


@runs_app.command("ls")
def runs_ls(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="folder of runs")] = Path("runs"),
    as_json: Json = False,
) -> None:
    """List the runs in a folder."""
    from mathmill.data.show import show_runs

    show_runs(folder, as_json)


@runs_app.command("show")
def runs_show(run: RunFolder, as_json: Json = False) -> None:
    """Show a run's recipe, inputs, counts and funnel."""
    from mathmill.pipeline.show import show_run

    show_run(run, as_json)


@runs_app.command("check")
def runs_check(run: RunFolder, as_json: Json = False) -> None:
    """Rehash everything that a run wrote. Exit code 65 if anything differs."""
    from mathmill.data.show import show_check

    show_check(run, as_json)


@data_app.command("sample")
def data_sample(
    run: RunFolder,
    n: Annotated[int, typer.Option("-n", min=1, help="pages")] = 3,
    seed: Annotated[int, typer.Option(help="of the draw")] = 0,
    characters: Annotated[int, typer.Option(min=0, help="of each text; 0 for all")] = 1200,
    as_json: Json = False,
) -> None:
    """Print a random sample of the pages that were kept."""
    from mathmill.data.show import show_sample

    show_sample(run, n, seed, characters, as_json)


@data_app.command("stats")
def data_stats(run: RunFolder, as_json: Json = False) -> None:
    """Count a corpus: pages, characters, formulas, languages, sites."""
    from mathmill.data.show import show_stats

    show_stats(run, as_json)


@data_app.command("dropped")
def data_dropped(
    run: RunFolder,
    outcome: Annotated[str | None, typer.Option(help="dropped, errored or lost")] = None,
    stage: Annotated[str | None, typer.Option(help="examples of this stage only")] = None,
    reason: Annotated[str | None, typer.Option(help="examples of this reason only")] = None,
    n: Annotated[int, typer.Option("-n", min=0, help="examples")] = 5,
    seed: Annotated[int, typer.Option(help="of the draw")] = 0,
    as_json: Json = False,
) -> None:
    """Count what did not make it by stage and reason, with examples."""
    from mathmill.data.show import show_dropped

    chosen = {"outcome": outcome, "stage": stage, "reason": reason}
    show_dropped(run, {name: value for name, value in chosen.items() if value}, n, seed, as_json)


@demo_app.command("world")
def demo_world(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER")],
    pages: Annotated[int, typer.Option(min=50, help="pages to make up")] = 600,
    shards: Annotated[int, typer.Option(min=1, help="archives to write them to")] = 4,
    seed: int = 0,
) -> None:
    """Write a made-up web of mathematics and other pages as WARC shards, with its truth beside it."""
    from mathmill.demo.tour import make_world

    make_world(folder, pages, shards, seed)


@demo_app.command("run")
def demo_run(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="folder to work in")] = Path("runs/demo"),
    workers: Annotated[int, typer.Option(min=1)] = os.cpu_count() or 1,
) -> None:
    """The main job end to end on the made-up web: pages in, corpus out, with a look at both."""
    from mathmill.demo.tour import take_tour

    take_tour(folder, workers)


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


if __name__ == "__main__":
    main()
