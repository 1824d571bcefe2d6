"""Pages of a data set on the hub, read over the network while they are used; nothing of it is kept on disk.

`datasets` says which files are a split, and of which commit; nothing of a data set is run. The files are read here, a
range at a time, and not by its `streaming=True`: that one leaves threads behind when only the first pages are taken,
which can abort the interpreter at its end (seen with datasets 5.2 and pyarrow 26), and by its constants it goes on
asking a server that died for nine minutes.
"""

from __future__ import annotations

import io
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from mathmill.data.errors import ConfigError, InputMissing
from mathmill.data.hub import HubSet, hub_error, hub_failures, hub_quiet
from mathmill.data.page_tables import page_table
from mathmill.data.table_files import Table

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_COMMIT = re.compile(r"@([0-9a-f]{40})/")
_BLOCK = 8 << 20  # bytes of JSON lines fetched at once
_OTHER = "download its files and name them with `files`"


@dataclass(frozen=True, slots=True)
class HubFiles:
    """The files of a split, in its order, as addresses (hf://..); and the commit that they are of."""

    commit: str
    addresses: tuple[str, ...]


@lru_cache(maxsize=8)  # of one process: what is fingerprinted is what is read, whoever pushes to the hub in between
def hub_files(of: HubSet) -> HubFiles:
    """The files of a split of a data set.

    Raises:
        InputMissing: it cannot be reached, is not there, is a script, or asks for a login.
        ConfigError: it has no such config, split or revision, or its files are neither Parquet nor JSON lines.
    """
    import datasets
    from datasets.packaged_modules.json.json import JsonConfig
    from datasets.packaged_modules.parquet.parquet import ParquetConfig

    if datasets.config.HF_HUB_OFFLINE:
        raise InputMissing(
            f"the data set {of.hub} on the hub is read over the network, and HF_HUB_OFFLINE says there is none: "
            f"unset it, or {_OTHER}"
        )
    try:
        with hub_quiet():
            builder = datasets.load_dataset_builder(of.address, of.config or None, revision=of.revision or None)
    except hub_failures() as error:
        raise hub_error(of, error, _OTHER) from error
    splits = {str(split): tuple(files) for split, files in (builder.config.data_files or {}).items()}
    if of.split not in splits:
        raise ConfigError(f"the data set {of.hub} on the hub has no split {of.split!r}: it has {', '.join(splits)}")
    files = splits[of.split]
    commits = {found[1] for file in files if (found := _COMMIT.search(file))}
    if not isinstance(builder.config, JsonConfig | ParquetConfig) or any("::" in file for file in files):
        raise ConfigError(
            f"the data set {of.hub} on the hub is neither Parquet nor JSON lines (the first file is {files[0]}): "
            "write its pages as such, and name them with `files`"
        )
    if len(commits) != 1:
        raise InputMissing(f"the data set {of.hub} on the hub names files elsewhere ({files[0]}): {_OTHER}")
    return HubFiles(commits.pop(), files)


def hub_tables(of: HubSet, wanted: Collection[str]) -> Iterator[Table]:
    """The table of each file of a split, good until the next is taken; raises what `hub_table_at` does."""
    for address in hub_files(of).addresses:
        with hub_table_at(of, address, wanted) as table:
            yield table


@contextmanager
def hub_table_at(of: HubSet, address: str, wanted: Collection[str]) -> Iterator[Table]:
    """The table in one of the `hub_files`. Its rows raise what this does.

    Raises:
        InputMissing: the file cannot be reached, or no more.
        DamagedInput: it is damaged.
    """
    with hub_file(of, address) as file:
        yield page_table(address, file, wanted)


@contextmanager
def hub_file(of: HubSet, address: str) -> Iterator[BinaryIO]:
    """One of the `hub_files`, which is fetched while it is read.

    Raises:
        InputMissing: it cannot be reached; so does reading it.
    """
    from huggingface_hub import HfFileSystem

    # Readers of Parquet know which bytes they want; those of lines want them all.
    cache = {"cache_type": "none"} if address.endswith(".parquet") else {"cache_type": "readahead"}
    try:
        with hub_quiet():
            file = HfFileSystem().open(address, "rb", block_size=_BLOCK, **cache)
    except hub_failures() as error:
        raise hub_error(of, error, _OTHER) from error
    with file:
        yield cast(BinaryIO, _Remote(of, file))


class _Remote(io.RawIOBase):
    """A file on the hub whose failures are ours; the library below makes each request up to six times, in 23 s."""

    def __init__(self, of: HubSet, file: Any) -> None:
        self._of = of
        self._file = file

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return int(self._file.seek(offset, whence))

    def tell(self) -> int:
        return int(self._file.tell())

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer)
        try:
            with hub_quiet():
                data = self._file.read(len(view))
        except hub_failures() as error:
            raise hub_error(self._of, error, _OTHER) from error
        view[: len(data)] = data
        return len(data)
