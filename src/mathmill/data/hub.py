"""A table out of a data set on the hub, through `datasets`, which keeps it on disk for the next time and offline.

Nothing of a data set is run: `datasets` reads Parquet, JSON and CSV files and refuses scripts. HF_ENDPOINT, HF_HOME,
HF_HUB_OFFLINE and HF_TOKEN say what they say to every program that uses it.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mathmill.data.errors import ConfigError, InputMissing
from mathmill.data.sources import Source
from mathmill.data.table_files import MAX_ROWS, Rows, Table

_COMMIT = re.compile(r"[0-9a-f]{40}")
_DIGITS = re.compile(r"(\d+)")
_LONGEST = 300  # characters of what a server or library says, in a message of ours


@dataclass(frozen=True, slots=True)
class HubSet:
    """A split of a data set, by the names that the hub has for them; "" where none was given."""

    hub: str
    config: str
    split: str
    revision: str

    @property
    def address(self) -> str:
        """As an address, so that a folder which happens to have the same name is not read in its place."""
        return f"hf://datasets/{self.hub}"


@contextmanager
def hub_quiet() -> Iterator[None]:
    """No word of the hub's library on each of its retries: what comes of them is an error of ours."""
    logger = logging.getLogger("huggingface_hub")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


def hub_table(source: Source, wanted: Collection[str]) -> Table:
    """The columns that are wanted of a source's data set, its configs one after the other.

    Raises:
        InputMissing: it cannot be reached, is not there, or asks for a login.
        ConfigError: it has no such config or split, or more rows than any benchmark.
    """
    parts = [_part(source, config) for config in source.configs or ("",)]
    if (count := sum(part.num_rows for part in parts)) > MAX_ROWS:
        raise ConfigError(f"{source.hub} has {count:,} rows, more than {MAX_ROWS:,}: choose a smaller split")
    commits = sorted({commit for part in parts for commit in _commits(part)})
    if _COMMIT.fullmatch(source.revision) and set(commits) - {source.revision}:
        # Without a network `datasets` takes what it has kept, of whichever commit that is.
        raise InputMissing(
            f"{source.hub} is kept here as of {commits[0]}, and revision {source.revision} is asked for: "
            "connect, or ask for the one that is here"
        )
    names = tuple(parts[0].column_names)
    chosen = [name for name in names if name in wanted or name == source.order_by]
    place = f"{source.hub}@{','.join(commits) or 'unknown'}/{','.join(source.configs) or 'default'}/{source.split}"
    return Table(f"hub:{place}", names, _rows(parts, chosen, source.order_by))


def _part(source: Source, config: str) -> Any:
    import datasets

    of = HubSet(source.hub, config, source.split, source.revision)
    try:
        with hub_quiet():
            return datasets.load_dataset(of.address, config or None, split=of.split, revision=of.revision or None)
    except hub_failures() as error:
        copy = f"a file, or a folder that holds {source.path}.jsonl.gz"
        own = f"read a copy of your own with --data, `data` in a recipe, or MATHMILL_DATA: {copy}"
        raise hub_error(of, error, own) from error


def hub_failures() -> tuple[type[BaseException], ...]:
    """What `datasets` and the libraries that it reads with raise where a data set cannot be read."""
    import datasets
    from huggingface_hub.errors import HfHubHTTPError

    network: type[BaseException] = HfHubHTTPError.__mro__[1]  # of the library that talks to servers, whichever it is
    return (datasets.exceptions.DatasetsError, OSError, ValueError, RuntimeError, network)


def hub_error(of: HubSet, error: BaseException, other: str) -> InputMissing | ConfigError:
    """The error of ours for one of `hub_failures`; by its words where its type says too little.

    `other` says what to do where nothing of the hub is read.
    """
    said, instead = brief(error), f"or {other}"
    what = f"the data set {of.hub} on the hub"
    if "gated" in said:
        return InputMissing(f"{what} is gated: accept its terms on its page and log in with `hf auth login`, {instead}")
    if isinstance(error, ValueError) and ("BuilderConfig" in said or "Unknown split" in said or "Config name" in said):
        named = f"config {of.config!r}, split {of.split!r}" if of.config else f"split {of.split!r}"
        return ConfigError(f"{what} has no {named} ({said}): name another, {instead}")
    if "scripts are no longer supported" in said:
        return InputMissing(f"{what} is a script, and none is run: {other}")
    if "Revision" in said and "doesn't exist" in said:
        return ConfigError(f"{what} has no revision {of.revision!r}: name another, {instead}")
    if "doesn't exist" in said or "cannot be accessed" in said:
        return InputMissing(
            f"{what} is not there, or not for everybody: check the id, log in with `hf auth login`, {instead}"
        )
    if isinstance(error, ConnectionError) or "reach" in said or "find cache" in said or "offline" in said.lower():
        return InputMissing(f"cannot reach {what}, and no copy is kept here ({said}): connect, {instead}")
    return InputMissing(f"cannot read {what} ({type(error).__name__}: {said}): try again, {instead}")


def brief(error: BaseException) -> str:
    """What an error says, in one line of printable characters and not too long."""
    text = " ".join(str(error).split()) or type(error).__name__
    return "".join(character for character in text if character.isprintable())[:_LONGEST]


def _commits(part: Any) -> set[str]:
    """The commits that a loaded part is of: `datasets` keeps each in a folder named so."""
    folders = {Path(file["filename"]).parent.name for file in part.cache_files}
    return {name for name in folders if _COMMIT.fullmatch(name)}


def _rows(parts: list[Any], chosen: list[str], order_by: str) -> Rows:
    rows = (row for part in parts for row in part.select_columns(chosen))
    ordered = sorted(rows, key=lambda row: _natural(row, order_by)) if order_by else rows
    for number, row in enumerate(ordered, 1):
        yield f"row {number}", row


def _natural(row: Mapping[str, Any], column: str) -> list[tuple[int, str]]:
    """A key under which `chal-9` is before `chal-10`."""
    return [(int(piece), "") if piece.isdecimal() else (-1, piece) for piece in _DIGITS.split(str(row.get(column, "")))]
