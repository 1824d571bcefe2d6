"""The command `mathmill fetch`: a crawl brought here."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from mathmill.cli.options import DrawSeed, Json
from mathmill.data.errors import ConfigError
from mathmill.data.storage import local_folder

_Texts = list[str] | None


def fetch(
    crawl: Annotated[
        str, typer.Argument(metavar="[CRAWL]", help="such as CC-MAIN-2024-10; without it all are listed")
    ] = "",
    shards: Annotated[int | None, typer.Option(min=1, metavar="N", help="archives, drawn by lot")] = None,
    size: Annotated[
        str | None, typer.Option("--bytes", metavar="SIZE", help="archives that fit, such as 50GB, drawn by lot")
    ] = None,
    index: Annotated[
        _Texts,
        typer.Option(metavar="PATTERN", help="records by address: 'math.example.org/*', '*.example.org'; repeatable"),
    ] = None,
    patterns: Annotated[
        Path | None, typer.Option(metavar="FILE", help="records under the accepted patterns of a classifier's round")
    ] = None,
    kind: Annotated[str | None, typer.Option(help="of archives: warc, wet or wat", show_default="warc")] = None,
    mime: Annotated[_Texts, typer.Option(metavar="TYPE", help="of records; repeatable", show_default="HTML")] = None,
    most: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="records, by lot where there are more", show_default="100000")
    ] = None,
    seed: DrawSeed = 0,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            parser=local_folder,
            help="folder of the run; default runs/archives-CRAWL or runs/records-CRAWL",
        ),
    ] = None,
    mirror: Annotated[
        str, typer.Option(metavar="ADDRESS", help="in the place of Common Crawl: https://HOST or s3://BUCKET")
    ] = "",
    by: Annotated[
        Literal["files", "server"], typer.Option(help="ask the index by reading its files, or its server")
    ] = "files",
    rate: Annotated[float, typer.Option(min=0.001, metavar="N", help="requests a second at most")] = 5.0,
    parallel: Annotated[int, typer.Option(min=1, max=64, metavar="N", help="requests side by side")] = 4,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="say what would be fetched, change nothing")] = False,
    as_json: Json = False,
) -> None:
    """Fetch archives, or single records, of a crawl of Common Crawl's. Killed, the same command goes on."""
    from mathmill.pipeline.fetch.servers import Access
    from mathmill.pipeline.fetch.show import Manner, show_crawls, show_fetch

    access = Access(mirror, rate)
    what = {"kind": kind, "shards": shards, "bytes": size, "index": tuple(index or ()), "patterns": patterns}
    asked = {**what, "mimes": tuple(mime or ()), "most": most}
    if not any(asked.values()) and not crawl:
        show_crawls(access, as_json)
        return
    if not crawl and not (index or patterns):
        raise ConfigError("name a crawl, such as CC-MAIN-2024-10; `mathmill fetch` lists them")
    show_fetch(crawl, {**asked, "seed": seed}, Manner(out, access, parallel, by, dry_run, as_json))
