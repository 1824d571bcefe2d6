"""Coroutines behind plain generators."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable

import pytest

from mathmill.eval.models.stream import stream, together

Put = Callable[[int], Awaitable[None]]


async def count(put: Put) -> None:
    for number in range(10):
        await put(number)


def test_items_come_in_order_and_nothing_is_left() -> None:
    before = threading.active_count()
    assert list(stream(count, ahead=3)) == list(range(10))
    assert threading.active_count() == before


def test_it_runs_while_items_are_used_and_not_further_ahead_than_allowed() -> None:
    put_so_far = []

    async def produce(put: Put) -> None:
        for number in range(10):
            await put(number)
            put_so_far.append(number)

    items = stream(produce, ahead=3)
    next(items)
    for _ in range(100):
        if len(put_so_far) == 3:
            break
        threading.Event().wait(0.01)
    assert put_so_far == [0, 1, 2]
    items.close()


def test_what_is_raised_comes_behind_what_was_put() -> None:
    async def produce(put: Put) -> None:
        await put(1)
        raise KeyError("broken")

    items = stream(produce, ahead=3)
    assert next(items) == 1
    with pytest.raises(KeyError, match="broken"):
        next(items)


def test_closing_cancels_and_waits() -> None:
    ended = []

    async def produce(put: Put) -> None:
        await put(1)
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(True)

    items = stream(produce, ahead=3)
    next(items)
    items.close()
    assert ended


def test_a_failure_cancels_the_others() -> None:
    ended = []

    async def wait() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(True)

    async def fail() -> None:
        await asyncio.sleep(0.01)
        raise ValueError("one")

    async def both() -> None:
        await together([wait(), fail()])

    with pytest.raises(ValueError, match="one"):
        asyncio.run(both())
    assert ended == [True]
