"""What a fetch is told that decides what comes of it, and, apart from that, how the archives of a run come."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from pydantic import Field, NonNegativeInt, PositiveInt, field_validator, model_validator

from mathmill.data.config import Config
from mathmill.data.errors import ConfigError
from mathmill.data.storage import is_address
from mathmill.pipeline.fetch.crawls import Kind, check_crawl
from mathmill.pipeline.fetch.servers import LEAST_RATE, RATE, Access

MIMES = ("text/html", "application/xhtml+xml")


class _OfCrawl(Config):
    crawl: str
    seed: NonNegativeInt = Field(default=0, description="of the draw")

    @field_validator("crawl")
    @classmethod
    def _is_a_crawl(cls, crawl: str) -> str:
        try:
            return check_crawl(crawl)
        except ConfigError as error:
            raise ValueError(str(error)) from None


class ArchivesRecipe(_OfCrawl):
    """Whole archives of a crawl, drawn by lot."""

    kind: Kind = "warc"
    shards: PositiveInt | None = Field(default=None, description="how many")
    bytes: PositiveInt | None = Field(default=None, description="as many as fit, in the order of the draw")

    @model_validator(mode="after")
    def _one_measure(self) -> Self:
        if (self.shards is None) == (self.bytes is None):
            raise ValueError("say either how many archives or how many bytes: --shards N or --bytes 50GB")
        return self


class RecordsRecipe(_OfCrawl):
    """Single records of a crawl, by address."""

    index: tuple[str, ...] = Field(default=(), description="patterns of addresses")
    patterns: Path | None = Field(default=None, description="file of patterns that a classifier's round wrote")
    mimes: tuple[str, ...] = MIMES
    most: PositiveInt = Field(default=100_000, description="records; of more that many are drawn by lot")

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if bool(self.index) == bool(self.patterns):
            raise ValueError("say which addresses: --index PATTERN or --patterns FILE, one of them")
        return self


class Fetching(Config):
    """How archives of a crawl come to the run that reads them: where from, how fast, and whether they stay."""

    mirror: str = Field(default="", description="in the place of Common Crawl's own hosts: https://HOST, s3://BUCKET")
    keep: str = Field(default="", description="folder in which archives stay, and are looked for")
    rate: float = Field(default=RATE, ge=LEAST_RATE, description="requests a second that a worker may begin")

    @field_validator("mirror")
    @classmethod
    def _is_a_server(cls, mirror: str) -> str:
        try:
            Access(mirror).check()
        except ConfigError as error:
            raise ValueError(str(error)) from None
        return mirror

    @field_validator("keep")
    @classmethod
    def _is_a_folder(cls, keep: str) -> str:
        if is_address(keep):
            raise ValueError("archives stay in a folder of the machine, not under an address")
        return str(Path(keep).absolute()) if keep else ""  # workers may be elsewhere
