"""Sources that do harm on purpose; a module of its own, since every page process imports it."""

from __future__ import annotations

import ctypes
import itertools
import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from mathmill.data.config import Config
from mathmill.data.records import Document, Dropped
from mathmill.pipeline.recipe import PipelineRecipe


def _segfault() -> None:
    ctypes.string_at(0)


def _spin() -> None:
    while True:
        pass


def _eat() -> None:
    bytearray(4 << 30)


def _exit() -> None:
    os._exit(3)


DEEDS = {"segfault": _segfault, "spin": _spin, "eat": _eat, "exit": _exit}


@dataclass(frozen=True)
class Numbers:
    """Numbers up to `n`; at those named in `deeds` something bad happens instead."""

    n: int
    deeds: dict[int, str]

    def __call__(self, skip: int, count: int | None) -> Iterator[int]:
        return self._numbers(itertools.islice(range(skip, self.n), count))

    def _numbers(self, numbers: Iterator[int]) -> Iterator[int]:
        for number in numbers:
            if number in self.deeds:
                DEEDS[self.deeds[number]]()
            yield number


@dataclass(frozen=True)
class Sleeper:
    """Waits for ever without using the processor."""

    def __call__(self, skip: int, count: int | None) -> Iterator[int]:
        return self._sleep()

    def _sleep(self) -> Iterator[int]:
        time.sleep(3600)
        yield 0


@dataclass(frozen=True)
class Faulty:
    """Raises in the place that `when` names."""

    when: str

    def __call__(self, skip: int, count: int | None) -> Iterator[int]:
        if self.when == "opening":
            raise LookupError("no such thing")
        if self.when == "dying":
            os._exit(1)
        return self._fail()

    def _fail(self) -> Iterator[int]:
        yield 0
        raise LookupError("no such thing")


class Bites(Config):
    """A stage that does what a page's path names: a crash, an endless loop, a hunger, a bug."""

    use: Literal["bites"] = "bites"

    def __call__(self, documents: Iterable[Document]) -> Iterator[Document | Dropped]:
        for document in documents:
            deed = document.url.rsplit("/", 1)[-1]
            if deed == "stumble":
                raise LookupError("slipped")
            DEEDS.get(deed, _nothing)()
            yield document.with_text("some text")


class BitingRecipe(PipelineRecipe):
    """A recipe of that one stage."""

    stages: tuple[Bites, ...] = (Bites(),)  # type: ignore[assignment]


def _nothing() -> None:
    pass
