"""Pretraining: a model goes on, or begins, with texts (`mathmill train pretrain`). Here they are read."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from mathmill.train.batch.examples import Encoder
from mathmill.train.recipe import PretrainRecipe
from mathmill.train.sources.feed import TrainingData
from mathmill.train.sources.mix import held_out_of, read_mix
from mathmill.train.sources.texts import text_shards

_PROMPT = "Theorem 1."  # of a card: texts have no other
_TEXTS = 20_000  # of each part, of which a tokenizer is made: more hardly change it


def data(recipe: PretrainRecipe, encoder: Encoder) -> TrainingData:
    """The texts of a recipe, none of which but those held out is read yet. Raises what `read_mix` does."""
    rows = recipe.rows
    feed = read_mix(recipe.mix, encoder, recipe.seed, rows.length, rows.packed, recipe.window)
    stores = held_out_of(recipe.mix, encoder, recipe.seed)
    held_out = {name: store.rows(rows.length, rows.packed) for name, store in stores.items()}
    facts = {"parts": [{"part": part.name, "weight": part.weight} for part in recipe.mix]}
    return TrainingData(feed, held_out, feed.fingerprint, facts, [part.name for part in recipe.mix], _PROMPT)


def texts(recipe: PretrainRecipe) -> Iterator[str]:
    """What a tokenizer is made of: the first texts of each part."""
    for part in recipe.mix:
        yield from islice((page.text for shard in text_shards(part.pages) for page in shard.read()), _TEXTS)
