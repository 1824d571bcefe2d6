"""The commands of `mathmill engine`: where work is done."""

from __future__ import annotations

from typing import Annotated

import typer

from mathmill.cli.options import Address, EngineName, Json, Workers

engine_app = typer.Typer(no_args_is_help=True, help="Where work is done: this machine or a cluster.")


@engine_app.callback()
def _group() -> None:
    pass


@engine_app.command("check")
def engine_check(
    engine: EngineName = "local",
    address: Address = "",
    workers: Workers = None,
    memory: Annotated[int, typer.Option(min=64, metavar="MB", help="of the query")] = 512,
    out: Annotated[
        str, typer.Option(metavar="FOLDER", help="of runs, here or s3://: whether every node sees and writes it")
    ] = "",
    as_json: Json = False,
) -> None:
    """Say what an engine has, and prove it with a small job. Exit code 2 if nodes differ, 70 if the job goes wrong."""
    from mathmill.pipeline.engines.check.report import show_check
    from mathmill.pipeline.engines.choice import EngineChoice

    show_check(EngineChoice(engine, workers, memory, address), out, as_json)
