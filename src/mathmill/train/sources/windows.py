"""The texts of a part as windows of rows, with little in memory.

An epoch reads the shards in an order drawn by the seed; a shard's texts come as they stand in it. Their Examples are
gathered until a window is full, and put in a drawn order and into rows there.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass

from mathmill.data.errors import ConfigError
from mathmill.data.records import Document
from mathmill.train.batch.examples import DroppedExample, Example
from mathmill.train.batch.order import permutation
from mathmill.train.batch.packing import pack
from mathmill.train.sources.drawn import drawn
from mathmill.train.sources.examples_store import ExampleStore, StoreBuilder
from mathmill.train.sources.texts import Cut, TextShard, whole_text

# Texts that are tokenised together: as many threads may work on them.
_TEXTS, _CHARACTERS = 256, 1 << 20
# Held while a tokenizer reads: several parts have one tokenizer, which must not be asked by two threads at once.
_TOKENIZING = threading.Lock()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a window begins: an epoch, the number of a shard in its order, a text, and an Example of it."""

    epoch: int = 0
    shard: int = 0
    text: int = 0
    example: int = 0


@dataclass(frozen=True, slots=True)
class Window:
    """Examples in rows, by their numbers; `end` is where the next window begins.

    `dropped` counts texts of which nothing was made, by reason.
    """

    begin: Place
    end: Place
    store: ExampleStore
    rows: Sequence[tuple[int, ...]]
    dropped: Counter[str]


class WindowReader:
    """Reads windows, one after the other or from any place; one thread at a time."""

    def __init__(self, name: str, shards: Sequence[TextShard], cut: Cut) -> None:
        self._name, self._shards, self._cut = name, shards, cut
        self._here: Place | None = None
        self._made: Iterator[tuple[Example | DroppedExample, Place]] = iter(())

    def window(self, place: Place, stop: Callable[[], bool] = lambda: False) -> Window | None:
        """The window from a place on; where its epoch has no more, the first of the next. None once `stop` says so.

        Raises:
            ConfigError: there is no text in any shard.
            InputMissing, DamagedInput: a shard is not there any more, or not whole.
        """
        builder, dropped, first = StoreBuilder(), Counter[str](), place
        end = self._gather(place, builder, dropped, stop)
        if end.epoch > place.epoch and not len(builder):
            if place == Place(place.epoch):
                raise ConfigError(f"there is no text to train on in {self._name}: {self._why(dropped)}")
            first = end
            end = self._gather(end, builder, dropped, stop)
        if stop():
            return None
        self._here = end
        return self._ordered(first, end, builder.store(), dropped)

    def _gather(self, place: Place, builder: StoreBuilder, dropped: Counter[str], stop: Callable[[], bool]) -> Place:
        """Take Examples from a place on until a window is full or the epoch ends; the place behind them."""
        if self._here != place or place == Place(place.epoch):
            self._made = self._read(place)
        self._here = None  # what fails in the middle is begun anew
        tokens = 0
        for made, behind in self._made:
            if stop():
                return place
            if isinstance(made, DroppedExample):
                dropped[made.reason] += 1
                continue
            builder.add(made)
            tokens += len(made)
            if tokens >= self._cut.window:
                return behind
        return Place(place.epoch + 1)

    def _ordered(self, begin: Place, end: Place, store: ExampleStore, dropped: Counter[str]) -> Window:
        seed = drawn(self._cut.seed, self._name, "window", *asdict(begin).values())
        order = permutation(seed, begin.epoch, len(store)).tolist()
        rows: Iterable[tuple[int, ...]] = ((number,) for number in order)
        if self._cut.packed:
            rows = pack(order, store.lengths, self._cut.length)
        return Window(begin, end, store, list(rows), dropped)

    def _read(self, place: Place) -> Iterator[tuple[Example | DroppedExample, Place]]:
        """All that is made of texts from a place to the end of its epoch, with the place behind each."""
        seed = drawn(self._cut.seed, self._name, "shards")
        order = permutation(seed, place.epoch, len(self._shards)).tolist()
        for at in range(place.shard, len(order)):
            here = place if at == place.shard else Place(place.epoch, at)
            for number, parts in self._parts(self._shards[order[at]], here.text):
                skipped = here.example if number == here.text else 0
                for nth, made in enumerate(parts):
                    if nth >= skipped:
                        yield made, Place(place.epoch, at, number, nth + 1)

    def _parts(self, shard: TextShard, first: int) -> Iterator[tuple[int, Iterator[Example | DroppedExample]]]:
        """Number and Examples of each text of a shard from the `first` on."""
        texts = ((at, each) for at, each in enumerate(shard.read()) if at >= first)
        trained = ((at, each) for at, each in texts if not self._cut.is_held_out(each.text))
        for some in _batches(trained):
            with _TOKENIZING:
                made = self._cut.encoder.texts([(each.id, whole_text(each.text)) for _, each in some])
            for (at, _), parts in zip(some, made, strict=True):
                yield at, parts

    def _why(self, dropped: Counter[str]) -> str:
        told = ", ".join(f"{reason} {count:,}" for reason, count in dropped.items())
        return f"of its {len(self._shards):,} shards all texts are dropped or held out ({told or 'there is none'})"


def _batches(texts: Iterator[tuple[int, Document]]) -> Iterator[list[tuple[int, Document]]]:
    some: list[tuple[int, Document]] = []
    size = 0
    for text in texts:
        some.append(text)
        size += len(text[1].text)
        if size >= _CHARACTERS or len(some) == _TEXTS:
            yield some
            some, size = [], 0
    if some:
        yield some
