"""Arguments and options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from mathmill.data.store.mounts import run_folder

RunFolder = Annotated[Path, typer.Argument(metavar="RUN", parser=run_folder, help="of a run; a folder or s3://..")]
RunsFolder = Annotated[Path, typer.Argument(metavar="FOLDER", parser=run_folder, help="of runs; a folder or s3://..")]
DrawSeed = Annotated[int, typer.Option(help="of the draw")]
Json = Annotated[bool, typer.Option("--json", help="print JSON for programs")]
Workers = Annotated[
    int | None, typer.Option(min=1, metavar="N", help="shards at a time", show_default="as many as there are cores")
]
EngineName = Annotated[Literal["local", "ray", "spark"], typer.Option("--engine", help="where the work is done")]
Address = Annotated[
    str, typer.Option("--address", metavar="ADDRESS", help="of a cluster that runs: of Ray's head, of Spark's master")
]
