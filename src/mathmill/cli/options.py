"""Arguments and options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

RunFolder = Annotated[Path, typer.Argument(metavar="RUN", help="folder of a run")]
Json = Annotated[bool, typer.Option("--json", help="print JSON for programs")]
