"""Tuning: a model learns from Examples what to answer (`mathmill train sft`). Here they are read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mathmill.train.batch.examples import Encoder, Example
from mathmill.train.batch.order import Sampler
from mathmill.train.recipe import SftRecipe
from mathmill.train.sources.feed import TrainingData
from mathmill.train.sources.rows import row_tables
from mathmill.train.sources.settings import TuningSource
from mathmill.train.sources.tuning import TuningFeed, read_tuning


def data(recipe: SftRecipe, encoder: Encoder) -> TrainingData:
    """All Examples of a recipe. Raises what `read_tuning` does."""
    rows = recipe.rows
    tuning = read_tuning(recipe.sources, encoder, recipe.seed, recipe.held_out, recipe.template)
    feed = TuningFeed(tuning.examples, Sampler(recipe.seed, tuning.examples.lengths, rows.length, rows.packed))
    held_out = {"": tuning.held_out.rows(rows.length, rows.packed)} if tuning.held_out else {}
    names = [_name(each) for each in recipe.sources]
    prompt = _prompt(tuning.examples[0], encoder.tokenizer)
    return TrainingData(feed, held_out, tuning.fingerprint, tuning.counts, names, prompt)


def texts(recipe: SftRecipe) -> Iterator[str]:
    """What a tokenizer is made of: all texts in the rows."""
    for source in recipe.sources:
        for table in row_tables(source):
            for _, row in table.rows:
                yield from _texts_in(row)


def _prompt(example: Example, tokenizer: Any) -> str:
    """What stands before the first trained token, if a person could write it: a template's turns are not."""
    given = list(example.input_ids[: example.trained.index(True)])
    if given[:1] == [tokenizer.bos_token_id]:
        given = given[1:]
    if not set(given).isdisjoint(tokenizer.all_special_ids):
        return ""
    text: str = tokenizer.decode(given)
    return text


def _name(source: TuningSource) -> str:
    """What a card, whose reader has another machine, calls a source."""
    files = source.files or (str(source.run),)
    return source.name or source.hub or source.problems or ", ".join(Path(name).name for name in files)


def _texts_in(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _texts_in(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts_in(each)
