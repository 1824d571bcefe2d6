"""The texts of one part of a mix: the shards that they are in, and which of them are held out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from mathmill.data.page_files import Pages, hub_shards, page_shards, read_hub_shard, read_pages, read_shard
from mathmill.data.records import Document
from mathmill.train.batch.examples import Encoder, Example
from mathmill.train.batch.order import permutation
from mathmill.train.sources.drawn import drawn
from mathmill.train.sources.examples_store import ExampleStore, store_of

TRAIN, VALIDATION = "train", "validation"
#: Tokens of a window: 20 MB, and far more than a page or a site's pages side by side.
WINDOW = 4_000_000


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


def held_out_texts(name: str, pages: Pages, cut: Cut, tokens: int) -> ExampleStore | None:
    """Examples that are no part of training, of at most so many tokens but for the last one; None if there are none.

    They are of the share of texts that is held out, or else, of a corpus run, of its validation split.
    """
    if not cut.held_out and not pages.run:
        return None
    shards = text_shards(pages, TRAIN if cut.held_out else VALIDATION)
    order = permutation(drawn(cut.seed, name, "held out"), 0, len(shards)).tolist()
    texts = (each for at in order for each in shards[at].read() if not cut.held_out or cut.is_held_out(each.text))
    made = (example for each in texts for example in cut.encoder.text(each.id, whole_text(each.text)))
    store = store_of(_until(tokens, (example for example in made if isinstance(example, Example))))
    return store if len(store) else None


def _until(tokens: int, examples: Iterator[Example]) -> Iterator[Example]:
    left = tokens
    for example in examples:
        if left <= 0:
            return
        yield example
        left -= len(example)


def whole_text(text: str) -> str:
    """A text without half characters, which no tokenizer takes."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
