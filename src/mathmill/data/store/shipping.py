"""An engine for a run whose folder lies in a store: workers read from there and write there, and share no file system.

The function and the tasks are what they are for a folder of this machine. Their paths below the run's folder are
`Place`s, so they arrive at a worker as paths of a scratch folder of its own (`mathmill.data.store.mounts`). When the
function has returned, the files that it published there are put into the store, unless the driver lost its lock
meanwhile, and the scratch folder is emptied; what failed puts nothing. Progress that workers note in the folder is seen
by nobody.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from mathmill.data.engine import Engine, Failure
from mathmill.data.errors import CannotCreate, OutOfReach
from mathmill.data.store.mounts import look_anew, mount_of, working
from mathmill.data.store.store import Entry

I = TypeVar("I")  # noqa: E741
R = TypeVar("R")


def shipping(engine: Engine, folder: Path) -> Engine:
    """The engine for work in a run's folder: itself where the folder is of this machine."""
    return engine if mount_of(folder) is None else ShippingEngine(engine, folder)


class ShippingEngine:
    """`inner`, for work in a mounted folder."""

    def __init__(self, inner: Engine, folder: Path) -> None:
        self._inner = inner
        self._folder = folder

    def map(self, function: Callable[[I], R], items: Iterable[I]) -> Iterator[tuple[I, R | Failure]]:
        """See `Engine.map`. What workers put is noted, so that it need not be looked for."""
        mount = mount_of(self._folder)
        assert mount is not None
        # Workers may have looked into the store before: they look anew for each map, whose tables do not change.
        shipped = _Shipped(function, self._folder, secrets.token_hex(8))
        for item, result in self._inner.map(shipped, items):
            if isinstance(result, Failure):
                yield item, result
                continue
            for name, entry in result.put.items():
                mount.receive(name, entry)
            yield item, result.value

    def sql(self, query: str, tables: Mapping[str, Path], out: Path) -> None:
        """See `Engine.sql`. Tables are fetched to where the query runs; its own is put if that is not here."""
        self._inner.sql(query, tables, out)
        mount = mount_of(out)
        if mount is not None and not mount.fresh_files(out):
            mount.forget(mount.name(out))
            mount.disown(mount.name(out))

    def close(self) -> None:
        """See `Engine.close`."""
        self._inner.close()


@dataclass(frozen=True, slots=True)
class _Result(Generic[R]):
    value: R
    put: dict[str, Entry]  # by name in the store


@dataclass(frozen=True, slots=True)
class _Shipped(Generic[I, R]):
    """The function as a worker calls it."""

    function: Callable[[I], R]
    folder: Path
    time: str  # another one for each map

    def __call__(self, item: I) -> _Result[R]:
        look_anew(self.folder, self.time)
        try:
            with working(self.folder) as put:
                value = self.function(item)
        except OutOfReach as error:  # not the item's fault: all others would wait as long, and in vain
            raise CannotCreate(str(error)) from error
        return _Result(value, put)
