"""The texts of one part of a mix as rows, epoch after epoch, with little in memory.

An epoch reads the shards in an order drawn by the seed; a shard's texts come as they stand in it. Their Examples are
gathered until a window is full, and put in a drawn order and into rows there. A place is the first text of a window and
how many of its rows were given, so that going on reads one shard up to there and one window again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from typing import Any

from mathmill.data.errors import ConfigError
from mathmill.data.page_files import Pages, hub_shards, page_shards, read_hub_shard, read_pages, read_shard
from mathmill.data.records import Document
from mathmill.train.batch.examples import DroppedExample, Encoder, Example
from mathmill.train.batch.order import permutation
from mathmill.train.batch.packing import pack
from mathmill.train.sources.drawn import drawn
from mathmill.train.sources.examples_store import ExampleStore, StoreBuilder, store_of
from mathmill.train.sources.feed import Row

TRAIN, VALIDATION = "train", "validation"
#: Tokens of a window: 20 MB, and far more than a page or a site's pages side by side.
WINDOW = 4_000_000
# Texts that are tokenised together: as many threads may work on them.
_TEXTS, _CHARACTERS = 256, 1 << 20


@dataclass(frozen=True, slots=True)
class TextShard:
    """One of the files that texts are in; `read` gives all of them, in its order."""

    name: str
    read: Callable[[], Iterator[Document]]


def text_shards(pages: Pages, split: str = TRAIN) -> list[TextShard]:
    """The shards of a part, by name; those of a corpus run that are of a split. Raises what `page_shards` does."""
    if pages.most is not None and not pages.run:
        return [TextShard("first", lambda: read_pages(pages))]
    if pages.hub:
        return [
            TextShard(address, lambda address=address: read_hub_shard(address, pages))  # type: ignore[misc]
            for address in hub_shards(pages)
        ]
    shards = page_shards(pages)
    if pages.run:
        shards = [shard for shard in shards if shard.name.startswith(f"{VALIDATION}-") == (split == VALIDATION)]
    found = [
        TextShard(shard.name, lambda shard=shard: read_shard(shard, pages))  # type: ignore[misc]
        for shard in shards
    ]
    if pages.most is None:
        return found
    return [TextShard("first", lambda: islice((each for shard in found for each in shard.read()), pages.most))]


@dataclass(frozen=True, slots=True)
class Cut:
    """How texts become rows. `held_out` is the share of texts that are none of training."""

    encoder: Encoder
    length: int
    packed: bool = True
    seed: int = 0
    held_out: float = 0.0
    window: int = WINDOW

    def is_held_out(self, text: str) -> bool:
        """By what it says, so that copies are on one side."""
        if not self.held_out:
            return False
        return drawn(self.seed, "held out", text) < self.held_out * 2.0**64


@dataclass(frozen=True, slots=True)
class Place:
    """Where a window begins: an epoch, the number of a shard in its order, a text, and an Example of it."""

    epoch: int = 0
    shard: int = 0
    text: int = 0
    example: int = 0


@dataclass(slots=True)
class _Window:
    """The Examples of a window in rows, of which `given` were taken; `end` is where the next one begins."""

    begin: Place
    end: Place
    store: ExampleStore
    rows: list[tuple[int, ...]]
    given: int = 0


class TextRows:
    """The rows of a part, without an end."""

    def __init__(self, name: str, shards: Sequence[TextShard], cut: Cut) -> None:
        self.name = name
        self.tokens = 0  # targets in all rows that were given
        self.dropped: Counter[str] = Counter()  # texts that nothing was made of, as they were read here
        self._shards, self._cut = shards, cut
        self._window: _Window | None = None
        self._begin(Place())

    def take(self) -> Row:
        """The next row.

        Raises:
            ConfigError: there is no text in any shard.
            InputMissing, DamagedInput: a shard is not there any more, or not whole.
        """
        window = self._window or self._fill(self._here)
        while window.given == len(window.rows):
            window = self._fill(window.end)
        row = tuple(window.store[number] for number in window.rows[window.given])
        window.given += 1
        self.tokens += sum(sum(example.trained) for example in row)
        return row

    @property
    def epoch(self) -> float:
        """How often all shards were read, with a fraction."""
        if self._window is None:
            return self._here.epoch + self._here.shard / len(self._shards)
        begin, end = self._window.begin, self._window.end
        share = self._window.given / len(self._window.rows)
        first, last = (place.epoch + place.shard / len(self._shards) for place in (begin, end))
        return first + (last - first) * share

    def state(self) -> dict[str, Any]:
        window = self._window
        place = window.begin if window else self._here
        given = window.given if window else 0
        return {**asdict(place), "rows": given, "tokens": self.tokens, "shards": len(self._shards)}

    def load(self, state: Mapping[str, Any]) -> None:
        """Go on where `state` was taken.

        Raises:
            ConfigError: it was taken of other texts.
        """
        place = Place(**{name: state[name] for name in ("epoch", "shard", "text", "example")})
        if state["shards"] != len(self._shards):
            raise self._other(f"shards {state['shards']} are now {len(self._shards)}")
        self._begin(place)
        self._window = None
        if state["rows"]:
            window = self._fill(place)
            if window.begin != place or state["rows"] > len(window.rows):
                raise self._other(f"a window of at least {state['rows']} rows has {len(window.rows)}")
            window.given = state["rows"]
        self.tokens = state["tokens"]

    def _other(self, what: str) -> ConfigError:
        return ConfigError(
            f"the texts of {self.name} are not those of the checkpoint ({what}): train into a new folder"
        )

    def _begin(self, place: Place) -> None:
        self._here, self._examples = place, self._read(place)

    def _fill(self, place: Place) -> _Window:
        """The window from a place on; where its epoch has no more, the first of the next."""
        if self._here != place:
            self._begin(place)
        builder, tokens, end = StoreBuilder(), 0, place
        for example, behind in self._examples:
            builder.add(example)
            tokens += len(example)
            end = behind
            if tokens >= self._cut.window:
                break
        else:
            if not len(builder) and place == Place(place.epoch):
                raise ConfigError(f"there is no text to train on in {self.name}: {self._why()}")
            end = Place(place.epoch + 1)
            self._begin(end)
            if not len(builder):
                return self._fill(end)
        self._here = end
        self._window = self._ordered(place, end, builder.store())
        return self._window

    def _ordered(self, begin: Place, end: Place, store: ExampleStore) -> _Window:
        seed = drawn(self._cut.seed, self.name, "window", *asdict(begin).values())
        order = permutation(seed, begin.epoch, len(store)).tolist()
        lengths = store.lengths
        rows: Iterable[tuple[int, ...]] = ((number,) for number in order)
        if self._cut.packed:
            rows = pack(order, lengths, self._cut.length)
        return _Window(begin, end, store, list(rows))

    def _read(self, place: Place) -> Iterator[tuple[Example, Place]]:
        """All Examples from a place to the end of its epoch."""
        seed = drawn(self._cut.seed, self.name, "shards")
        order = permutation(seed, place.epoch, len(self._shards)).tolist()
        for at in range(place.shard, len(order)):
            here = place if at == place.shard else Place(place.epoch, at)
            for number, made in self._made(self._shards[order[at]], here.text):
                skipped = here.example if number == here.text else 0
                for nth, example in enumerate(made):
                    if isinstance(example, DroppedExample):
                        self.dropped[example.reason] += 1
                    elif nth >= skipped:
                        yield example, Place(place.epoch, at, number, nth + 1)

    def _made(self, shard: TextShard, first: int) -> Iterator[tuple[int, Iterator[Example | DroppedExample]]]:
        """Number and Examples of each text of a shard from the `first` on."""
        texts = ((at, each) for at, each in enumerate(shard.read()) if at >= first)
        trained = ((at, each) for at, each in texts if not self._cut.is_held_out(each.text))
        for some in _batches(trained):
            made = self._cut.encoder.texts([(each.id, _whole(each.text)) for _, each in some])
            for (at, _), examples in zip(some, made, strict=True):
                yield at, examples

    def _why(self) -> str:
        dropped = ", ".join(f"{reason} {count:,}" for reason, count in self.dropped.items())
        return f"of its {len(self._shards):,} shards all texts are dropped or held out ({dropped or 'there is none'})"


def held_out_texts(name: str, pages: Pages, cut: Cut, tokens: int) -> ExampleStore | None:
    """Examples that are no part of training, of at most so many tokens but for the last one; None if there are none.

    They are of the share of texts that is held out, or else, of a corpus run, of its validation split.
    """
    if not cut.held_out and not pages.run:
        return None
    shards = text_shards(pages, TRAIN if cut.held_out else VALIDATION)
    order = permutation(drawn(cut.seed, name, "held out"), 0, len(shards)).tolist()
    texts = (each for at in order for each in shards[at].read() if not cut.held_out or cut.is_held_out(each.text))
    made = (example for each in texts for example in cut.encoder.text(each.id, _whole(each.text)))
    store = store_of(_until(tokens, (example for example in made if isinstance(example, Example))))
    return store if len(store) else None


def _until(tokens: int, examples: Iterator[Example]) -> Iterator[Example]:
    left = tokens
    for example in examples:
        if left <= 0:
            return
        yield example
        left -= len(example)


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


def _whole(text: str) -> str:
    """A text without half characters, which no tokenizer takes."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
