"""A coroutine's results as a plain generator; it runs in a thread of its own, and goes on while they are used."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterable
from queue import SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")


def stream(
    produce: Callable[[Callable[[T], Awaitable[None]]], Coroutine[Any, Any, None]], ahead: int
) -> Generator[T, None, None]:
    """What `produce(put)` puts, as it comes; `put` waits once `ahead` items were not taken yet.

    What it raises is raised behind what it put before. Closing the generator cancels it, and returns when it has ended.
    """
    items: SimpleQueue[tuple[T] | BaseException | None] = SimpleQueue()
    room = asyncio.Semaphore(ahead)
    loop = asyncio.new_event_loop()

    async def put(item: T) -> None:
        await room.acquire()
        items.put((item,))

    task = loop.create_task(produce(put))
    thread = threading.Thread(target=_run, args=(loop, task, items), name="mathmill-requests", daemon=True)
    thread.start()
    try:
        while (item := items.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item[0]
            _tell(loop, room.release)
    finally:
        _tell(loop, task.cancel)
        thread.join()


def _run(loop: asyncio.AbstractEventLoop, task: asyncio.Task[None], items: SimpleQueue[Any]) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_until_complete(task)
    except BaseException as error:  # noqa: BLE001  # handed over to the other thread, and raised there
        items.put(error)
    else:
        items.put(None)
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.run_until_complete(loop.shutdown_default_executor())
        asyncio.set_event_loop(None)
        loop.close()


def _tell(loop: asyncio.AbstractEventLoop, what: Callable[[], Any]) -> None:
    try:
        loop.call_soon_threadsafe(what)
    except RuntimeError:
        if not loop.is_closed():  # it has ended, and nothing is left to tell
            raise


async def together(work: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """What all of them return, in order; if one fails, the others are cancelled and have ended when it is raised."""
    tasks = [asyncio.ensure_future(each) for each in work]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
